//! What would be joined, taken back, asked and doubted if everybody were compared now, and carrying it out by
//! somebody's decision. What a person decided of two persons is left as it is.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::deciding::take;
use super::linking::{Linking, identity};
use crate::ids::PersonId;
use crate::linkage::face::Identity;
use crate::linkage::judging::{Verdict, Why};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::decision::DecisionId;
use crate::store::registry::merge::{self, Merge};
use crate::store::registry::record::RecordRow;
use crate::store::registry::step::Step;
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::registry::{face, relinked};

/// Records of one person that are compared with each other.
const RECORDS_MAX: usize = 12;

/// How soon staff looks at what came of a comparison: nobody waits for it.
const URGENCY: u8 = 3;

/// What would be otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A joining that the hub made would not be made any more: who was joined, and to whom.
    Part(PersonId, PersonId, i64),
    /// Two persons would be joined.
    Join(PersonId, PersonId),
    /// Staff would be asked about two persons.
    Ask(PersonId, PersonId, Why),
    /// A record of one person would not be joined any more.
    Doubt(PersonId),
}

/// What was made of a page of persons.
#[derive(Debug, Default)]
pub struct Relinked {
    /// What was carried out: joinings, and joinings that were taken back.
    pub done: Vec<Change>,
    /// The last person of the page; nobody after the last page.
    pub last: Option<PersonId>,
}

/// What was made of a page of a decision that is taken back.
#[derive(Debug, Default)]
pub struct TakenBack {
    /// Joinings that were taken back, and persons that were joined again.
    pub done: Vec<Change>,
    /// Joinings that stand because something came on top of them.
    pub left: Vec<Change>,
    /// Where the next page begins; nothing after the last.
    pub next: Option<Place>,
}

/// How far taking back is: the joinings before this number are still to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Among what was joined.
    Joined(i64),
    /// Among what was parted.
    Parted(i64),
}

impl Place {
    /// Where taking back begins.
    pub const START: Self = Self::Joined(i64::MAX);
}

impl Change {
    /// Says whether relinking itself does this; anything else it asks staff.
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Part(..) | Self::Join(..))
    }

    fn touches(self) -> [PersonId; 2] {
        match self {
            Self::Part(one, other, _) | Self::Join(one, other) | Self::Ask(one, other, _) => {
                [one, other]
            }
            Self::Doubt(one) => [one, one],
        }
    }
}

/// Compares a page of persons, and returns what would change with the last of them.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn changes(
    tx: &mut Tx<'_>,
    after: Option<PersonId>,
    persons_max: u32,
) -> Result<(BTreeSet<Change>, Option<PersonId>), StoreError> {
    let page = face::page(tx, after, persons_max)?;
    let known: Vec<Identity> = face::identities(tx, &page)?.into_values().collect();
    let linking = Linking::load(tx, &known, &page)?;
    let mut changes = BTreeSet::new();
    for &person in &page {
        let choice = linking.choose_for(person, &[]);
        changes.extend(choice.joined.map(|other| {
            let (one, other) = (person.min(other), person.max(other));
            Change::Join(one, other)
        }));
        changes.extend(choice.reviews.into_iter().take(1).map(|(other, why)| {
            let (one, other) = (person.min(other), person.max(other));
            Change::Ask(one, other, why)
        }));
        changes.extend(doubted(tx, &linking, person)?);
    }
    Ok((changes, page.last().copied()))
}

/// Compares a page of persons and carries out what would change: each person is touched once, so that what
/// follows from it shows the next time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn relink(
    tx: &mut Tx<'_>,
    (after, persons_max): (Option<PersonId>, u32),
    decision: DecisionId,
    now: Timestamp,
) -> Result<Relinked, StoreError> {
    let (changes, last) = changes(tx, after, persons_max)?;
    let mut touched = BTreeSet::new();
    let (mut parts, mut joins, mut tasks) = (Vec::new(), Vec::new(), Vec::new());
    let mut done = Vec::new();
    for change in changes {
        let persons = change.touches();
        if persons.iter().any(|person| touched.contains(person)) {
            continue;
        }
        match change {
            Change::Part(_, _, merge) => parts.push(merge),
            Change::Join(into, person) => joins.push((person, into, why(tx, person, into)?)),
            Change::Ask(one, other, why) => {
                let note = format!("{}: savin-hub persons review {one} {other}", why.as_str());
                let subject = merge::subject(one, other);
                tasks.push(asked((one, Some(other)), subject, note));
            }
            Change::Doubt(one) => {
                let note = format!(
                    "A record would stand alone: savin-hub persons show {one}, then persons split \
                     {one} --record NUMBER, or end the task"
                );
                tasks.push(asked((one, None), format!("persons/{one}"), note));
            }
        }
        if change.is_done() {
            touched.extend(persons);
            done.push(change);
        }
    }
    task::open(tx, &tasks, now)?;
    if !done.is_empty() {
        let step = Step::Relink {
            parts,
            joins,
            decision: decision.0,
        };
        take(tx, &step, now)?;
    }
    Ok(Relinked { done, last })
}

/// Takes back a page of what a decision to compare anew has done: joinings first, the newest first.
///
/// The two of a joining are kept apart from then on, and the two of one that was taken back are one, since now a
/// person decides it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn take_back(
    tx: &mut Tx<'_>,
    of: DecisionId,
    place: Place,
    decision: DecisionId,
    now: Timestamp,
) -> Result<TakenBack, StoreError> {
    let mut back = TakenBack::default();
    let found = match place {
        Place::Joined(before) => relinked::joined_by(tx, of, before)?,
        Place::Parted(before) => relinked::parted_by(tx, of, before)?,
    };
    for found in &found {
        let (person, into) = (found.joining.person, found.joining.into);
        let (change, step) = match place {
            Place::Joined(_) => (
                Change::Part(person, into, found.merge),
                Step::Undo {
                    merge: found.merge,
                    decision: decision.0,
                },
            ),
            Place::Parted(_) => (
                Change::Join(into, person),
                Step::Merge {
                    person,
                    into,
                    why: found.joining.why.clone(),
                    decision: decision.0,
                },
            ),
        };
        let is_as_it_was = merge::current(tx, into)? == into
            && (matches!(place, Place::Joined(_)) || merge::current(tx, person)? == person);
        if is_as_it_was {
            take(tx, &step, now)?;
            back.done.push(change);
        } else {
            back.left.push(change);
        }
    }
    back.next = match (place, found.last()) {
        (Place::Joined(_), Some(last)) => Some(Place::Joined(last.merge)),
        (Place::Joined(_), None) => Some(Place::Parted(i64::MAX)),
        (Place::Parted(_), Some(last)) => Some(Place::Parted(last.merge)),
        (Place::Parted(_), None) => None,
    };
    Ok(back)
}

/// Returns what is doubted of a person: a joining of the hub that would not be made any more, or a record
/// that would stand alone. Nothing where somebody decided that two are one.
fn doubted(
    tx: &mut Tx<'_>,
    linking: &Linking,
    person: PersonId,
) -> Result<Option<Change>, StoreError> {
    let records = merge::with_agencies(tx, person)?;
    let each: Vec<(RecordRow, Identity)> = records
        .into_iter()
        .take(RECORDS_MAX)
        .map(|(agency, row)| {
            let identity = identity(&agency, &row.known.record);
            (row, identity)
        })
        .collect();
    let is_alone = each
        .iter()
        .any(|(one, _)| is_strange(linking, &each, |row| row.record == one.record));
    if !is_alone {
        return Ok(None);
    }
    let mut own: Vec<Merge> = Vec::new();
    for merge in merge::of_person(tx, person)? {
        if merge.undone_at.is_some() {
            continue;
        }
        if relinked::is_decided(tx, &merge)? {
            return Ok(None);
        }
        own.push(merge);
    }
    for merge in own.iter().filter(|merge| merge.joining.into == person) {
        let moved = merge::moved(tx, merge)?;
        if is_strange(linking, &each, |row| moved.contains(&row.record)) {
            let joining = &merge.joining;
            return Ok(Some(Change::Part(
                joining.person,
                joining.into,
                merge.merge,
            )));
        }
    }
    Ok(Some(Change::Doubt(person)))
}

/// Says whether some of a person's records would not be joined with the others.
fn is_strange(
    linking: &Linking,
    each: &[(RecordRow, Identity)],
    is_one: impl Fn(&RecordRow) -> bool,
) -> bool {
    let (mut ones, mut others) = (Identity::default(), Identity::default());
    for (row, identity) in each {
        let side = if is_one(row) { &mut ones } else { &mut others };
        side.faces.extend(identity.faces.clone());
        side.identifiers.extend(identity.identifiers.clone());
    }
    let is_compared = !ones.faces.is_empty() && !others.faces.is_empty();
    is_compared && linking.judge_pair(&ones, &others).verdict != Verdict::Join
}

/// Writes why two are joined: comparisons and weights.
fn why(tx: &mut Tx<'_>, person: PersonId, into: PersonId) -> Result<String, StoreError> {
    let known = face::identities(tx, &[person])?;
    let own = known.get(&person).cloned().unwrap_or_default();
    let linking = Linking::load(tx, std::slice::from_ref(&own), &[person, into])?;
    Ok(linking.why(&own, into))
}

/// Asks staff about what no comparison decides.
fn asked((one, other): (PersonId, Option<PersonId>), subject: String, note: String) -> NewTask {
    NewTask {
        kind: TaskKind::IdentityDoubt,
        subject,
        facility: None,
        person: Some(one),
        other,
        record: None,
        event: None,
        urgency: URGENCY,
        due_at: None,
        note,
    }
}
