//! What a named person decides about persons: that two are one, that two are two, and whose records are.
//!
//! Each decision is a step of the intake, and is carried out from that step: now, and whenever the
//! registry is made anew. So are courts' orders then.

use jiff::Timestamp;
use savin_shared::ids::{AgencyId, IdError};

use super::course::Course;
use crate::ids::{OrderId, PersonId, RecordId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::court_order::{self, Covered, NewOrder, OrderKind};
use crate::store::registry::decision::{self, Decision, DecisionId};
use crate::store::registry::merge::{self, Joining};
use crate::store::registry::step::{self, Step};
use crate::store::registry::{person, telling};

/// Records a decision that two are one, carries it out, and returns who remains: whoever was known first.
///
/// # Errors
/// Returns [`StoreError::Refused`] when nobody is known as one of them, or they are one already; other
/// errors when the database refuses.
pub fn merge(
    tx: &mut Tx<'_>,
    (one, other): (PersonId, PersonId),
    signed: &Decision,
    now: Timestamp,
) -> Result<PersonId, StoreError> {
    let decision = decision::record(tx, signed)?;
    let (one, other) = (current(tx, one)?, current(tx, other)?);
    let into = one.min(other);
    take(
        tx,
        &Step::Merge {
            person: one.max(other),
            into,
            why: signed.note.clone(),
            decision: decision.0,
        },
        now,
    )?;
    Ok(into)
}

/// Two persons who are two people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parting {
    /// The one.
    pub one: PersonId,
    /// The other.
    pub other: PersonId,
    /// Whether the other is somebody new.
    pub is_new: bool,
    /// Records of the one that are the other's; without any, nothing is moved.
    pub records: Vec<RecordId>,
}

/// Records a decision that two are two people and carries it out: by taking a joining back, by moving
/// records from the one to the other, or by saying so.
///
/// Returns from whom records went to whom, where they did.
///
/// # Errors
/// Returns [`StoreError::Refused`] when nobody is known as one of them, the records are not the one's,
/// or they are one by more than one joining; other errors when the database refuses.
pub fn split(
    tx: &mut Tx<'_>,
    parting: &Parting,
    signed: &Decision,
    now: Timestamp,
) -> Result<Option<(PersonId, PersonId)>, StoreError> {
    let decision = decision::record(tx, signed)?.0;
    let (one, other) = (parting.one, parting.other);
    if !parting.records.is_empty() {
        let to = if parting.is_new {
            other
        } else {
            current(tx, other)?
        };
        let from = current(tx, one)?;
        let step = Step::Part {
            from,
            to,
            is_new: parting.is_new,
            records: parting.records.iter().map(|record| record.0).collect(),
            decision,
        };
        take(tx, &step, now)?;
        return Ok(Some((from, to)));
    }
    let joined = merge::of_person(tx, other)?
        .into_iter()
        .chain(merge::of_person(tx, one)?);
    let between = |merge: &merge::Merge| {
        let pair = (merge.joining.person, merge.joining.into);
        merge.undone_at.is_none() && (pair == (one, other) || pair == (other, one))
    };
    if let Some(merge) = joined.into_iter().find(between) {
        let parted = (merge.joining.into, merge.joining.person);
        let merge = merge.merge;
        take(tx, &Step::Undo { merge, decision }, now)?;
        return Ok(Some(parted));
    }
    let (one, other) = (current(tx, one)?, current(tx, other)?);
    if one == other {
        return Err(StoreError::Refused(
            "they are one by more than one joining: `savin-hub persons show` lists them; take the \
             last back first"
                .to_owned(),
        ));
    }
    let step = Step::Apart {
        one,
        other,
        decision,
    };
    take(tx, &step, now)?;
    Ok(None)
}

pub(super) fn take(tx: &mut Tx<'_>, step: &Step, now: Timestamp) -> Result<(), StoreError> {
    let mut course = Course::default();
    carry_out(tx, step, now, &mut course)?;
    step::append_placed(tx, (step, &[]), course.finish()?, now)
}

/// Carries out the step of a decision; nothing for a step that is none.
///
/// # Errors
/// Returns [`StoreError`] as the functions of [`mod@merge`] do.
pub(super) fn carry_out(
    tx: &mut Tx<'_>,
    step: &Step,
    now: Timestamp,
    course: &mut Course<'_>,
) -> Result<(), StoreError> {
    match step {
        Step::Merge {
            person,
            into,
            why,
            decision,
        } => {
            let joining = Joining {
                person: *person,
                into: *into,
                why: why.clone(),
                decision: Some(DecisionId(*decision)),
            };
            merge::join(tx, &joining, now)?;
            telling::ask_to_tell(tx, *into, now)
        }
        Step::Undo { merge, decision } => undo(tx, *merge, (DecisionId(*decision), now), course),
        Step::Part {
            from,
            to,
            is_new,
            records,
            decision,
        } => {
            if *is_new {
                person::insert_many(tx, &[*to], now)?;
            }
            let part = if course.taken().is_some() {
                merge::part_left
            } else {
                merge::part
            };
            let records: Vec<RecordId> = records.iter().copied().map(RecordId).collect();
            part(tx, (*from, *to), &records, DecisionId(*decision), now)
        }
        Step::Apart {
            one,
            other,
            decision,
        } => merge::keep_apart(tx, (*one, *other), DecisionId(*decision), now),
        Step::Seal { .. } | Step::Order { .. } => match Ordered::of(step)? {
            Some(ordered) => {
                let Ordered {
                    covered,
                    order,
                    decision,
                } = ordered;
                court_order::seal(tx, &covered, &order, decision, now).map(|_| ())
            }
            None => Ok(()),
        },
        Step::Lift { order, decision } => {
            court_order::lift(tx, OrderId(*order), DecisionId(*decision), now).map(|_| ())
        }
        Step::Relink {
            parts,
            joins,
            decision,
        } => relink(tx, (parts, joins), (DecisionId(*decision), now), course),
        Step::Batches(_)
        | Step::FullState { .. }
        | Step::Repair { .. }
        | Step::Noted(_)
        | Step::Weights(_)
        | Step::Expunged { .. } => Ok(()),
    }
}

fn undo(
    tx: &mut Tx<'_>,
    merge: i64,
    (decision, now): (DecisionId, Timestamp),
    course: &mut Course<'_>,
) -> Result<(), StoreError> {
    let given = course.moved(merge);
    let merge = merge::load(tx, merge)?;
    let moved = merge::undo(tx, &merge, given, decision, now)?;
    course.took_back(merge.merge, &moved);
    Ok(())
}

/// Carries out what the hub made of comparing persons anew.
fn relink(
    tx: &mut Tx<'_>,
    (parts, joins): (&[i64], &[(PersonId, PersonId, String)]),
    (decision, now): (DecisionId, Timestamp),
    course: &mut Course<'_>,
) -> Result<(), StoreError> {
    for merge in parts {
        let merge = merge::load(tx, *merge)?;
        let given = course.moved(merge.merge);
        let moved = merge::take_back(tx, &merge, given, decision, now)?;
        course.took_back(merge.merge, &moved);
    }
    for (person, into, why) in joins {
        let joining = Joining {
            person: *person,
            into: *into,
            why: why.clone(),
            decision: Some(decision),
        };
        merge::join(tx, &joining, now)?;
        telling::ask_to_tell(tx, *into, now)?;
    }
    Ok(())
}

/// A court's order as a step has it.
struct Ordered {
    covered: Covered,
    order: NewOrder,
    decision: DecisionId,
}

impl Ordered {
    /// Reads it; nothing of a step that is no order.
    fn of(step: &Step) -> Result<Option<Self>, StoreError> {
        let (kind, records, named, about, decision) = match step {
            Step::Seal {
                person: _,
                records,
                number,
                court,
                decision,
            } => (OrderKind::Seal, records, &[][..], (number, court), decision),
            Step::Order {
                kind,
                records,
                named,
                number,
                court,
                decision,
            } => {
                let kind = OrderKind::parse(kind)?;
                (kind, records, named.as_slice(), (number, court), decision)
            }
            Step::Batches(_)
            | Step::FullState { .. }
            | Step::Repair { .. }
            | Step::Merge { .. }
            | Step::Undo { .. }
            | Step::Part { .. }
            | Step::Apart { .. }
            | Step::Noted(_)
            | Step::Weights(_)
            | Step::Lift { .. }
            | Step::Relink { .. }
            | Step::Expunged { .. } => return Ok(None),
        };
        let named = named
            .iter()
            .map(|(id, stone)| Ok((AgencyId::new(id)?, *stone)))
            .collect::<Result<Vec<_>, IdError>>();
        Ok(Some(Self {
            covered: Covered {
                records: records.iter().copied().map(RecordId).collect(),
                named: named.map_err(|_| StoreError::Damaged("an agency in a step"))?,
            },
            order: NewOrder {
                kind,
                number: about.0.clone(),
                court: about.1.clone(),
            },
            decision: DecisionId(*decision),
        }))
    }
}

/// Returns who a person is now, where there is one.
fn current(tx: &mut Tx<'_>, person: PersonId) -> Result<PersonId, StoreError> {
    if !person::exists(tx, person)? {
        return Err(StoreError::Refused(format!(
            "nobody is known as {person}: see `savin-hub persons review`"
        )));
    }
    merge::current(tx, person)
}
