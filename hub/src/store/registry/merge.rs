//! Persons that were joined and taken apart again, and what people decided about both. A decision of a
//! person always wins: what somebody joined or parted, the hub leaves so.

mod chain;
mod parting;

use std::collections::BTreeSet;

use jiff::Timestamp;
use savin_shared::ids::AgencyId;

pub use self::parting::{part, part_left};
use super::decision::DecisionId;
use super::task::{self, TaskKind};
use super::{face, person, record};
use crate::ids::{PersonId, RecordId};
use crate::matching::{Identifier, IdentifierKind, identifiers};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, Value, time};
use crate::values;
pub use chain::{current, current_of_each, everyone, everyone_of_each};

/// The kind of task that asks whether two persons are one.
const DOUBT: TaskKind = TaskKind::IdentityDoubt;

/// Two persons to be joined, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joining {
    /// Who is gone then.
    pub person: PersonId,
    /// Who remains.
    pub into: PersonId,
    /// What it rests on: comparisons and weights, or a decider's note.
    pub why: String,
    /// Whose decision it is; the hub's own without.
    pub decision: Option<DecisionId>,
}

/// A joining as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// Its number.
    pub merge: i64,
    /// What was joined.
    pub joining: Joining,
    /// When.
    pub merged_at: Timestamp,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

/// Records that were moved.
pub type Moved = BTreeSet<RecordId>;

/// Lists the joinings into and of a person, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Merge>, StoreError> {
    tx.query(
        "SELECT merge_id, person_id, into_id, why, merged_at, decision_id, undone_at
         FROM person_merge WHERE person_id = $1 OR into_id = $1 ORDER BY merge_id DESC LIMIT 100",
        values![person.as_bytes()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Loads a joining.
///
/// # Errors
/// Returns [`StoreError::Damaged`] when there is none of this number; other errors when the database
/// refuses.
pub fn load(tx: &mut Tx<'_>, merge: i64) -> Result<Merge, StoreError> {
    let row = tx.query_optional(
        "SELECT merge_id, person_id, into_id, why, merged_at, decision_id, undone_at
         FROM person_merge WHERE merge_id = $1",
        values![merge],
    )?;
    read(&row.ok_or(StoreError::Damaged("there is no such joining"))?)
}

/// Joins two persons: records, numbers and names of the one become the other's, doubts between them
/// end, and what was moved is kept.
///
/// # Errors
/// Returns [`StoreError::Refused`] when the one was joined already, or both are one; other errors when
/// the database refuses.
pub fn join(tx: &mut Tx<'_>, joining: &Joining, now: Timestamp) -> Result<(), StoreError> {
    let (gone, into) = (joining.person, joining.into);
    if gone == into || current(tx, gone)? != gone || current(tx, into)? != into {
        return Err(StoreError::Refused(
            "one of them was joined to another already: see `savin-hub persons show`".to_owned(),
        ));
    }
    let merge = tx.take_numbers("person_merge", 1)?;
    tx.execute_one(
        "person_merge",
        "INSERT INTO person_merge (merge_id, person_id, into_id, why, merged_at, decision_id)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            merge.into(),
            gone.as_bytes().into(),
            into.as_bytes().into(),
            joining.why.as_str().into(),
            time(now),
            joining.decision.map(|decision| decision.0).into(),
        ],
    )?;
    tx.execute(
        "INSERT INTO person_merge_record (merge_id, record_id)
         SELECT $1, record_id FROM record WHERE person_id = $2",
        values![merge, gone.as_bytes()],
    )?;
    tx.execute(
        "INSERT INTO person_merge_identifier (merge_id, kind, scope, value)
         SELECT $1, kind, scope, value FROM person_identifier WHERE person_id = $2",
        values![merge, gone.as_bytes()],
    )?;
    tx.execute(
        "UPDATE record SET person_id = $2 WHERE person_id = $1",
        values![gone.as_bytes(), into.as_bytes()],
    )?;
    tx.execute(
        "UPDATE person_identifier SET person_id = $2 WHERE person_id = $1",
        values![gone.as_bytes(), into.as_bytes()],
    )?;
    settle(tx, gone, into)?;
    inherit_apart(tx, gone, into)?;
    move_doubts(tx, gone, into)?;
    let asked = subject(gone, into);
    match joining.decision {
        Some(decision) => task::done_about(tx, (DOUBT, &asked), "merge", decision, now)?,
        None => task::close(tx, DOUBT, &asked, "joined by the hub", now).map(|_| ())?,
    }
    face::relearn(tx, &[gone, into])
}

/// Takes a joining back, and keeps the two apart from then on.
///
/// # Errors
/// Returns [`StoreError`] as [`take_back`] does.
pub fn undo(
    tx: &mut Tx<'_>,
    merge: &Merge,
    given: Option<Moved>,
    decision: DecisionId,
    now: Timestamp,
) -> Result<Moved, StoreError> {
    let records = take_back(tx, merge, given, decision, now)?;
    let pair = (merge.joining.person, merge.joining.into);
    keep_apart(tx, pair, decision, now)?;
    Ok(records)
}

/// Takes a joining back: what was moved goes to whom it belonged, and so does what came since by a
/// number that was moved. Returns the records; where they are given, they are these.
///
/// Nobody says that they are two: the hub may join them again.
///
/// # Errors
/// Returns [`StoreError::Refused`] when it was undone already, or its person was joined further; other
/// errors when the database refuses.
pub fn take_back(
    tx: &mut Tx<'_>,
    merge: &Merge,
    given: Option<Moved>,
    decision: DecisionId,
    now: Timestamp,
) -> Result<Moved, StoreError> {
    let (gone, into) = (merge.joining.person, merge.joining.into);
    if merge.undone_at.is_some() || current(tx, into)? != into {
        return Err(StoreError::Refused(
            "whom it was joined to was joined further, or it was undone: see `savin-hub persons \
             show`"
                .to_owned(),
        ));
    }
    let rows = tx.query(
        "SELECT kind, scope, value FROM person_merge_identifier WHERE merge_id = $1
         ORDER BY kind, scope, value",
        values![merge.merge],
    )?;
    let numbers = rows
        .iter()
        .map(identifier)
        .collect::<Result<BTreeSet<_>, _>>()?;
    let records = match given {
        Some(given) => given,
        None => belonging(tx, merge, &numbers)?,
    };
    tx.execute_one(
        "person_merge",
        "UPDATE person_merge SET undone_at = $2, undone_by = $3 WHERE merge_id = $1",
        &[merge.merge.into(), time(now), decision.0.into()],
    )?;
    let all: Vec<RecordId> = records.iter().copied().collect();
    move_records(tx, (into, gone), &all, &numbers)?;
    Ok(records)
}

/// Returns what a joining moved, and what came since by one of these numbers.
fn belonging(
    tx: &mut Tx<'_>,
    merge: &Merge,
    numbers: &BTreeSet<Identifier>,
) -> Result<Moved, StoreError> {
    let mut records = moved(tx, merge)?;
    for (agency, row) in with_agencies(tx, merge.joining.into)? {
        let own = identifiers(&agency, &row.known.record);
        if own.iter().any(|number| numbers.contains(number)) {
            records.insert(row.record);
        }
    }
    Ok(records)
}

/// Lists the records that a joining moved.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn moved(tx: &mut Tx<'_>, merge: &Merge) -> Result<Moved, StoreError> {
    tx.query(
        "SELECT record_id FROM person_merge_record WHERE merge_id = $1 ORDER BY record_id",
        values![merge.merge],
    )?
    .iter()
    .map(|row| Ok(RecordId(row.integer(0)?)))
    .collect()
}

/// Returns under what the question whether two persons are one is asked and answered.
#[must_use]
pub fn subject(one: PersonId, other: PersonId) -> String {
    format!("persons/{}+{}", one.min(other), one.max(other))
}

/// Notes that two are two people, and ends the doubts between them.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn keep_apart(
    tx: &mut Tx<'_>,
    (one, other): (PersonId, PersonId),
    decision: DecisionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    settle(tx, one, other)?;
    task::done_about(tx, (DOUBT, &subject(one, other)), "split", decision, now)?;
    let (one, other) = (one.min(other), one.max(other));
    tx.execute(
        "INSERT INTO person_apart (one_id, other_id, decision_id, decided_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT (one_id, other_id) DO NOTHING",
        &[
            one.as_bytes().into(),
            other.as_bytes().into(),
            decision.0.into(),
            time(now),
        ],
    )
    .map(|_| ())
}

/// Lists from whom persons are kept apart, each pair in both directions.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn apart_from(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
) -> Result<BTreeSet<(PersonId, PersonId)>, StoreError> {
    let lists: Vec<Vec<Value>> = persons
        .iter()
        .map(|person| vec![person.as_bytes().into()])
        .collect();
    let found = tx.query_many(
        "SELECT one_id, other_id FROM person_apart WHERE one_id = $1 OR other_id = $1
         ORDER BY one_id, other_id LIMIT 1000",
        &lists,
    )?;
    let mut apart = BTreeSet::new();
    for row in found.iter().flatten() {
        let (one, other) = (row.array(0)?, row.array(1)?);
        let (one, other) = (PersonId::from_bytes(one), PersonId::from_bytes(other));
        apart.insert((one, other));
        apart.insert((other, one));
    }
    Ok(apart)
}

/// Keeps whoever a person was joined to apart from whom that person is kept apart.
fn inherit_apart(tx: &mut Tx<'_>, gone: PersonId, into: PersonId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO person_apart (one_id, other_id, decision_id, decided_at)
         SELECT CASE WHEN x.other < $2 THEN x.other ELSE $2 END,
             CASE WHEN x.other < $2 THEN $2 ELSE x.other END, x.decision_id, x.decided_at
         FROM (SELECT CASE WHEN one_id = $1 THEN other_id ELSE one_id END AS other, decision_id,
                 decided_at
             FROM person_apart WHERE one_id = $1 OR other_id = $1) x
         WHERE x.other <> $2 ON CONFLICT (one_id, other_id) DO NOTHING",
        values![gone.as_bytes(), into.as_bytes()],
    )
    .map(|_| ())
}

/// Ends the doubts and the decisions to keep apart between two persons.
fn settle(tx: &mut Tx<'_>, one: PersonId, other: PersonId) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM person_doubt WHERE (person_id = $1 AND other_id = $2)
             OR (person_id = $2 AND other_id = $1)",
        "DELETE FROM person_apart WHERE (one_id = $1 AND other_id = $2)
             OR (one_id = $2 AND other_id = $1)",
    ] {
        tx.execute(statement, values![one.as_bytes(), other.as_bytes()])?;
    }
    Ok(())
}

/// Hands the doubts about one person on to another.
fn move_doubts(tx: &mut Tx<'_>, from: PersonId, to: PersonId) -> Result<(), StoreError> {
    for statement in [
        "INSERT INTO person_doubt (person_id, other_id, record_id, noticed_at)
         SELECT $2, other_id, record_id, noticed_at FROM person_doubt WHERE person_id = $1
         ON CONFLICT (record_id, person_id, other_id) DO NOTHING",
        "INSERT INTO person_doubt (person_id, other_id, record_id, noticed_at)
         SELECT person_id, $2, record_id, noticed_at FROM person_doubt WHERE other_id = $1
         ON CONFLICT (record_id, person_id, other_id) DO NOTHING",
        "DELETE FROM person_doubt WHERE (person_id = $1 OR other_id = $1) AND $1 <> $2",
    ] {
        tx.execute(statement, values![from.as_bytes(), to.as_bytes()])?;
    }
    Ok(())
}

fn move_records(
    tx: &mut Tx<'_>,
    (from, to): (PersonId, PersonId),
    records: &[RecordId],
    numbers: &BTreeSet<Identifier>,
) -> Result<(), StoreError> {
    let lists: Vec<Vec<Value>> = records
        .iter()
        .map(|record| {
            let record: Value = record.0.into();
            vec![record, from.as_bytes().into(), to.as_bytes().into()]
        })
        .collect();
    tx.execute_many(
        "UPDATE record SET person_id = $3 WHERE record_id = $1 AND person_id = $2",
        &lists,
    )?;
    tx.execute_many(
        "INSERT INTO person_doubt (person_id, other_id, record_id, noticed_at)
         SELECT $3, other_id, record_id, noticed_at FROM person_doubt
             WHERE record_id = $1 AND person_id = $2 AND other_id <> $3
         ON CONFLICT (record_id, person_id, other_id) DO NOTHING",
        &lists,
    )?;
    tx.execute_many(
        "DELETE FROM person_doubt WHERE record_id = $1 AND person_id = $2 AND person_id <> $3",
        &lists,
    )?;
    let lists: Vec<Vec<Value>> = numbers
        .iter()
        .map(|number| {
            let mut values = person::key(number);
            values.extend([from.as_bytes().into(), to.as_bytes().into()]);
            values
        })
        .collect();
    tx.execute_many(
        "UPDATE person_identifier SET person_id = $5
         WHERE kind = $1 AND scope = $2 AND value = $3 AND person_id = $4",
        &lists,
    )?;
    face::relearn(tx, &[from, to])
}

/// Loads the records of a person with whose they are, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn with_agencies(
    tx: &mut Tx<'_>,
    person: PersonId,
) -> Result<Vec<(AgencyId, record::RecordRow)>, StoreError> {
    let rows = record::of_person(tx, person)?.into_iter();
    rows.map(|row| Ok((record::agency_of(tx, row.record)?, row)))
        .collect()
}

fn identifier(row: &Row) -> Result<Identifier, StoreError> {
    Ok(Identifier {
        kind: IdentifierKind::parse(row.text(0)?)
            .ok_or(StoreError::Damaged("an identifier's kind"))?,
        scope: row.text(1)?.to_owned(),
        value: row.text(2)?.to_owned(),
    })
}

pub(super) fn read(row: &Row) -> Result<Merge, StoreError> {
    Ok(Merge {
        merge: row.integer(0)?,
        joining: Joining {
            person: PersonId::from_bytes(row.array(1)?),
            into: PersonId::from_bytes(row.array(2)?),
            why: row.text(3)?.to_owned(),
            decision: row.optional_integer(5)?.map(DecisionId),
        },
        merged_at: row.time(4)?,
        undone_at: row.optional_time(6)?,
    })
}
