//! Destroying what a court ordered to be expunged, in every table of the registry that holds anything of it.

pub mod naming;
mod words;

use std::collections::BTreeSet;

use jiff::Timestamp;
use savin_shared::digest::key_hash;

use super::court_order::{self, OrderRow, Scope};
use super::decision;
use super::expunged::{self, Entry, OrderKey, Place};
use super::record::RecordRow;
use super::{agent, face, listing, person, record};
use crate::ids::{PersonId, RecordId};
use crate::matching::{Identifier, identifiers};
use crate::registry::traces::Traces;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;
use savin_shared::ids::AgencyId;
use savin_shared::record::Record;

/// How much of which table is gone.
pub type Gone = Vec<(&'static str, u64)>;

/// What is destroyed of a record, in this order. An event's leaf stays, and loses what opens it.
const OF_RECORD: [(&str, &str); 14] = [
    (
        "agency_link",
        "DELETE FROM agency_link WHERE notice_id IN
             (SELECT notice_id FROM agency_notice WHERE record_id = $1)",
    ),
    (
        "agency_attempt",
        "DELETE FROM agency_attempt WHERE notice_id IN
             (SELECT notice_id FROM agency_notice WHERE record_id = $1)",
    ),
    (
        "agency_notice",
        "DELETE FROM agency_notice WHERE record_id = $1",
    ),
    ("clock", "DELETE FROM clock WHERE record_id = $1"),
    (
        "instruction",
        "DELETE FROM instruction
         WHERE event_position IN (SELECT position FROM event WHERE record_id = $1)",
    ),
    (
        "salt of an event's leaf",
        "UPDATE evidence_leaf SET salt = NULL WHERE salt IS NOT NULL AND subject IN
             (SELECT 'event/' || CAST(position AS TEXT) FROM event WHERE record_id = $1)",
    ),
    (
        "task",
        "DELETE FROM task WHERE record_id = $1
             OR event_position IN (SELECT position FROM event WHERE record_id = $1)",
    ),
    (
        "person_doubt",
        "DELETE FROM person_doubt WHERE record_id = $1",
    ),
    (
        "person_merge_record",
        "DELETE FROM person_merge_record WHERE record_id = $1",
    ),
    (
        "court_order_record",
        "DELETE FROM court_order_record WHERE record_id = $1",
    ),
    (
        "event_elsewhere",
        "DELETE FROM event_elsewhere
         WHERE position IN (SELECT position FROM event WHERE record_id = $1)",
    ),
    ("event", "DELETE FROM event WHERE record_id = $1"),
    (
        "record_version",
        "DELETE FROM record_version WHERE record_id = $1",
    ),
    ("record", "DELETE FROM record WHERE record_id = $1"),
];

/// What is destroyed of a person of whom no record is left, and of whoever was joined to it.
pub(super) const OF_PERSON: [(&str, &str); 10] = [
    ("conviction", "DELETE FROM conviction WHERE person_id = $1"),
    (
        "task",
        "DELETE FROM task WHERE person_id = $1 OR other_id = $1",
    ),
    (
        "person_doubt",
        "DELETE FROM person_doubt WHERE person_id = $1 OR other_id = $1",
    ),
    (
        "person_apart",
        "DELETE FROM person_apart WHERE one_id = $1 OR other_id = $1",
    ),
    (
        "person_merge_record",
        "DELETE FROM person_merge_record WHERE merge_id IN
             (SELECT merge_id FROM person_merge WHERE person_id = $1 OR into_id = $1)",
    ),
    (
        "person_merge_identifier",
        "DELETE FROM person_merge_identifier WHERE merge_id IN
             (SELECT merge_id FROM person_merge WHERE person_id = $1 OR into_id = $1)",
    ),
    (
        "person_merge",
        "DELETE FROM person_merge WHERE person_id = $1 OR into_id = $1",
    ),
    (
        "person_identifier",
        "DELETE FROM person_identifier WHERE person_id = $1",
    ),
    ("name_word", "DELETE FROM name_word WHERE person_id = $1"),
    ("person", "DELETE FROM person WHERE person_id = $1"),
];

/// Returns what gives away whom an order covers, and nobody of whom something stays.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn traces(tx: &mut Tx<'_>, scope: &Scope) -> Result<Traces, StoreError> {
    let gone = histories(tx, &scope.records)?;
    let stays = histories(tx, &scope.others)?;
    let of = |all: &[(AgencyId, Vec<Record>)]| Traces::of(all.iter().flat_map(|(_, all)| all));
    Ok(of(&gone).without(&of(&stays)))
}

/// Destroys what an order covers; the log of batches is another's to erase. Returns how much of what.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn expunge(
    tx: &mut Tx<'_>,
    scope: &Scope,
    order: &OrderRow,
    key: &OrderKey,
    now: Timestamp,
) -> Result<Gone, StoreError> {
    let traces = traces(tx, scope)?;
    let numbers = own_numbers(tx, scope)?;
    let subjects = subjects(tx, scope)?;
    let before = naming::of_before(tx, scope)?;
    let mut gone = Gone::new();
    let named = naming::take_out(tx, &scope.numbers(), &before)?;
    count(
        &mut gone,
        "what an event of another booking says of it",
        named,
    );
    count(&mut gone, "listing", unlist(tx, scope, order, key)?);
    for (table, statement) in OF_RECORD {
        for record in scope.numbers() {
            count(&mut gone, table, tx.execute(statement, values![record.0])?);
        }
    }
    for number in &numbers {
        let key = person::key(number);
        for (table, statement) in [
            (
                "person_identifier",
                "DELETE FROM person_identifier WHERE kind = $1 AND scope = $2 AND value = $3",
            ),
            (
                "person_merge_identifier",
                "DELETE FROM person_merge_identifier WHERE kind = $1 AND scope = $2 AND value = $3",
            ),
        ] {
            count(&mut gone, table, tx.execute(statement, &key)?);
        }
    }
    let persons = forget(tx, scope)?;
    gone.extend(persons);
    tx.execute("DELETE FROM name_count WHERE persons <= 0", values![])?;
    let words = decision::erase_words(tx, order.order, &|subject, text| {
        subjects.contains(subject)
            || names_any(subject, &scope.everyone, scope)
            || traces.are_in(text)
    })?;
    count(&mut gone, "words of a decision", words);
    count(
        &mut gone,
        "reason, note or name of a file",
        words::erase(tx, &traces)?,
    );
    for agency in agencies(scope) {
        court_order::ask_agency(tx, order.order, &agency, now)?;
    }
    Ok(gone)
}

/// Learns the person anew from what stays, or forgets who it was.
fn forget(tx: &mut Tx<'_>, scope: &Scope) -> Result<Gone, StoreError> {
    let mut gone = Gone::new();
    face::relearn(tx, &scope.everyone)?;
    if scope.others.is_empty() {
        for (table, statement) in OF_PERSON {
            for person in &scope.everyone {
                let persons = tx.execute(statement, values![person.as_bytes()])?;
                count(&mut gone, table, persons);
            }
        }
    } else {
        // Why it was joined may say what is gone.
        for person in &scope.everyone {
            tx.execute(
                "UPDATE person_merge SET why = '' WHERE person_id = $1 OR into_id = $1",
                values![person.as_bytes()],
            )?;
        }
    }
    Ok(gone)
}

fn count(gone: &mut Gone, table: &'static str, many: u64) {
    match gone.iter_mut().find(|(known, _)| *known == table) {
        Some((_, known)) => *known += many,
        None => gone.push((table, many)),
    }
}

/// Returns whose records these are, each once.
#[must_use]
pub fn agencies(scope: &Scope) -> BTreeSet<AgencyId> {
    scope
        .records
        .iter()
        .map(|(agency, _)| agency.clone())
        .collect()
}

/// Loads everything that records ever said.
fn histories(
    tx: &mut Tx<'_>,
    records: &[(AgencyId, RecordRow)],
) -> Result<Vec<(AgencyId, Vec<Record>)>, StoreError> {
    records
        .iter()
        .map(|(agency, row)| Ok((agency.clone(), record::history(tx, row.record)?)))
        .collect()
}

/// Returns the numbers that what goes ever bore.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn numbers(tx: &mut Tx<'_>, scope: &Scope) -> Result<BTreeSet<Identifier>, StoreError> {
    Ok(numbers_of(&histories(tx, &scope.records)?))
}

/// Returns the numbers of a person that only what goes ever bore.
fn own_numbers(tx: &mut Tx<'_>, scope: &Scope) -> Result<BTreeSet<Identifier>, StoreError> {
    let gone = numbers(tx, scope)?;
    let stays = numbers_of(&histories(tx, &scope.others)?);
    Ok(gone.difference(&stays).cloned().collect())
}

fn numbers_of(histories: &[(AgencyId, Vec<Record>)]) -> BTreeSet<Identifier> {
    let each = histories.iter();
    each.flat_map(|(agency, records)| {
        records
            .iter()
            .flat_map(|record| identifiers(agency, record))
    })
    .collect()
}

/// Returns what decisions about what goes are called.
fn subjects(tx: &mut Tx<'_>, scope: &Scope) -> Result<BTreeSet<String>, StoreError> {
    let mut subjects: BTreeSet<String> = scope
        .events
        .iter()
        .map(|(at, _)| format!("event/{}", at.0))
        .collect();
    let mut add = |rows: Vec<crate::store::value::Row>| -> Result<(), StoreError> {
        for row in rows {
            subjects.insert(format!("task/{}", row.integer(0)?));
        }
        Ok(())
    };
    for record in scope.numbers() {
        add(tx.query(
            "SELECT task_id FROM task WHERE record_id = $1
                 OR event_position IN (SELECT position FROM event WHERE record_id = $1)
             ORDER BY task_id",
            values![record.0],
        )?)?;
    }
    let persons = scope.everyone.iter().filter(|_| scope.others.is_empty());
    for person in persons {
        add(tx.query(
            "SELECT task_id FROM task WHERE person_id = $1 OR other_id = $1 ORDER BY task_id",
            values![person.as_bytes()],
        )?)?;
    }
    Ok(subjects)
}

/// Says whether a decision is about persons of whom one goes.
fn names_any(subject: &str, persons: &[PersonId], scope: &Scope) -> bool {
    let is_named = |person: &PersonId| subject.contains(&person.to_string());
    scope.others.is_empty() && persons.iter().any(is_named)
}

/// Takes what goes out of every list of its agencies, and keeps what their digests need.
fn unlist(
    tx: &mut Tx<'_>,
    scope: &Scope,
    order: &OrderRow,
    key: &OrderKey,
) -> Result<u64, StoreError> {
    let records: BTreeSet<RecordId> = scope.numbers().into_iter().collect();
    let mut many = 0;
    for (agency, row) in &scope.records {
        let known = &row.known.record;
        let stone = key.tombstone(agency, &known.key());
        expunged::put(tx, agency, &stone, order.order)?;
    }
    for agency in agencies(scope) {
        for agent in agent::of_agency(tx, &agency)? {
            let listed = listing::of_agent(tx, agent.agent)?.into_iter();
            let gone: Vec<_> = listed
                .filter(|(_, listing)| records.contains(&listing.record))
                .collect();
            for (listed, listing) in &gone {
                let place = Place {
                    agent: listed.agent,
                    feed: listed.feed.clone(),
                    tombstone: key.tombstone(&agency, &listed.key),
                };
                let entry = Entry {
                    name: key_hash(&listed.feed, &listed.key),
                    row_hash: listing.row_hash,
                };
                expunged::list(tx, key, &place, &entry)?;
            }
            let keys: Vec<_> = gone.iter().map(|(listed, _)| listed).collect();
            listing::remove_many(tx, &keys)?;
            many += gone.len() as u64;
        }
    }
    Ok(many)
}
