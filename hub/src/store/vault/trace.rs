//! By which records whoever somebody asked about was known, and whom a registry that was put back does not know.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::subscription::SubscriptionRow;
use crate::ids::{RegistrantId, SubscriptionId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// A keyed hash of a person or of a record.
pub type Link = [u8; 32];

/// Returns those of these persons about whom somebody asked.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn asked(tx: &mut Tx<'_>, persons: &[Link]) -> Result<BTreeSet<Link>, StoreError> {
    let lists: Vec<_> = persons.iter().map(|link| vec![link.into()]).collect();
    let found = tx.query_many(
        "SELECT 1 FROM subscription WHERE person_link = $1 LIMIT 1",
        &lists,
    )?;
    let found = persons.iter().zip(&found);
    Ok(found
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(link, _)| *link)
        .collect())
}

/// Returns every person about whom somebody asked.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn all_asked(tx: &mut Tx<'_>) -> Result<BTreeSet<Link>, StoreError> {
    let rows = tx.query(
        "SELECT DISTINCT person_link FROM subscription ORDER BY person_link",
        values![],
    )?;
    rows.iter().map(|row| row.array(0)).collect()
}

/// Loads every subscription to a person, whether or not its registrant is told now.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn subscriptions(tx: &mut Tx<'_>, person: &Link) -> Result<Vec<SubscriptionRow>, StoreError> {
    let rows = tx.query(
        "SELECT subscription_id, registrant_id, sealed_label FROM subscription
         WHERE person_link = $1 ORDER BY registrant_id",
        values![person],
    )?;
    let rows = rows.iter().map(|row| {
        Ok(SubscriptionRow {
            subscription: SubscriptionId::from_bytes(row.array(0)?),
            registrant: RegistrantId::from_bytes(row.array(1)?),
            person_link: *person,
            sealed_label: row.bytes(2)?.to_vec(),
        })
    });
    rows.collect()
}

/// Loads the records by which persons are known, in the order of the persons.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_persons(tx: &mut Tx<'_>, persons: &[Link]) -> Result<Vec<BTreeSet<Link>>, StoreError> {
    let lists: Vec<_> = persons.iter().map(|link| vec![link.into()]).collect();
    let found = tx.query_many(
        "SELECT record_link FROM person_trace WHERE person_link = $1 ORDER BY record_link",
        &lists,
    )?;
    let found = found
        .iter()
        .map(|rows| rows.iter().map(|row| row.array(0)).collect());
    found.collect()
}

/// Keeps by which records persons are known, in place of what was kept of them.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, known: &[(Link, &BTreeSet<Link>)]) -> Result<(), StoreError> {
    let persons: Vec<_> = known
        .iter()
        .map(|(person, _)| vec![person.into()])
        .collect();
    tx.execute_many("DELETE FROM person_trace WHERE person_link = $1", &persons)?;
    let records = known
        .iter()
        .flat_map(|(person, records)| records.iter().map(move |record| (person, record)));
    let lists: Vec<_> = records
        .map(|(person, record)| vec![person.into(), record.into()])
        .collect();
    tx.execute_many(
        "INSERT INTO person_trace (person_link, record_link) VALUES ($1, $2)
         ON CONFLICT (person_link, record_link) DO NOTHING",
        &lists,
    )
}

/// Keeps by which records everybody was known until now, so that each is looked for as it comes again.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn keep(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    // PostgreSQL's grammar wants the condition before a conflict is spoken of, SQLite's as well.
    tx.execute(
        "INSERT INTO lost_trace (record_link, person_link)
         SELECT record_link, person_link FROM person_trace WHERE 1 = 1
         ON CONFLICT (record_link, person_link) DO NOTHING",
        values![],
    )
    .map(|_| ())
}

/// Says whether nothing is kept of anybody about whom nobody asks any more, where nobody is looked for.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_tidy(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM person_trace WHERE NOT EXISTS
             (SELECT 1 FROM subscription s WHERE s.person_link = person_trace.person_link) LIMIT 1",
        values![],
    )?;
    Ok(row.is_none())
}

/// Forgets by which records anybody was known about whom nobody asks any more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn tidy(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM person_trace WHERE NOT EXISTS
             (SELECT 1 FROM subscription s WHERE s.person_link = person_trace.person_link)",
        "DELETE FROM lost_trace WHERE NOT EXISTS
             (SELECT 1 FROM subscription s WHERE s.person_link = lost_trace.person_link)",
        "DELETE FROM lost_person WHERE NOT EXISTS
             (SELECT 1 FROM subscription s WHERE s.person_link = lost_person.person_link)",
    ] {
        tx.execute(statement, values![])?;
    }
    Ok(())
}

/// Forgets a person at once.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn forget(tx: &mut Tx<'_>, person: &Link) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM person_trace WHERE person_link = $1",
        "DELETE FROM lost_trace WHERE person_link = $1",
        "DELETE FROM lost_person WHERE person_link = $1",
    ] {
        tx.execute(statement, values![person])?;
    }
    Ok(())
}

/// Says whether records are looked for.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_looking(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let row = tx.query_optional("SELECT 1 FROM lost_trace LIMIT 1", values![])?;
    Ok(row.is_some())
}

/// Finds of whom these records were before, each person with those of them that were.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn looked_for(
    tx: &mut Tx<'_>,
    records: &BTreeSet<Link>,
) -> Result<BTreeMap<Link, BTreeSet<Link>>, StoreError> {
    let lists: Vec<_> = records.iter().map(|link| vec![link.into()]).collect();
    let found = tx.query_many(
        "SELECT person_link FROM lost_trace WHERE record_link = $1 ORDER BY person_link",
        &lists,
    )?;
    let mut persons: BTreeMap<Link, BTreeSet<Link>> = BTreeMap::new();
    for (record, rows) in records.iter().zip(&found) {
        for row in rows {
            persons.entry(row.array(0)?).or_default().insert(*record);
        }
    }
    Ok(persons)
}

/// Looks for these records no more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn found(tx: &mut Tx<'_>, records: &BTreeSet<Link>) -> Result<(), StoreError> {
    let lists: Vec<_> = records.iter().map(|link| vec![link.into()]).collect();
    tx.execute_many("DELETE FROM lost_trace WHERE record_link = $1", &lists)
}

/// Returns whom the registry does not know, each since when.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn lost(tx: &mut Tx<'_>) -> Result<BTreeMap<Link, Timestamp>, StoreError> {
    let rows = tx.query(
        "SELECT person_link, lost_at FROM lost_person ORDER BY person_link",
        values![],
    )?;
    rows.iter()
        .map(|row| Ok((row.array(0)?, row.time(1)?)))
        .collect()
}

/// Notes that the registry does not know a person.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn lose(tx: &mut Tx<'_>, person: &Link, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO lost_person (person_link, lost_at) VALUES ($1, $2)
         ON CONFLICT (person_link) DO NOTHING",
        &[person.into(), time(now)],
    )
    .map(|_| ())
}

/// Notes that a person is known again.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn know(tx: &mut Tx<'_>, person: &Link) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM lost_person WHERE person_link = $1",
        values![person],
    )
    .map(|_| ())
}

/// Lets a subscription, and what is in doubt and waits about it, be about whom the registry knows now.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn point(tx: &mut Tx<'_>, row: &SubscriptionRow, person: &Link) -> Result<(), StoreError> {
    let is_there = super::subscription::is_told(tx, row.registrant, person)?;
    if is_there {
        super::subscription::remove(tx, row.registrant, row.subscription)?;
    } else {
        tx.execute(
            "UPDATE subscription SET person_link = $2 WHERE subscription_id = $1",
            values![row.subscription.as_bytes(), person],
        )?;
    }
    for statement in [
        "UPDATE parted_doubt SET person_link = $3 WHERE registrant_id = $1 AND person_link = $2",
        "UPDATE held_fact SET person_link = $3 WHERE registrant_id = $1 AND person_link = $2",
    ] {
        tx.execute(
            statement,
            values![row.registrant.as_bytes(), &row.person_link, person],
        )?;
    }
    Ok(())
}

/// Lets what is looked for of one person be looked for as another's.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn follow(tx: &mut Tx<'_>, from: &Link, to: &Link) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO lost_trace (record_link, person_link)
         SELECT record_link, $2 FROM lost_trace WHERE person_link = $1
         ON CONFLICT (record_link, person_link) DO NOTHING",
        values![from, to],
    )?;
    tx.execute(
        "DELETE FROM lost_trace WHERE person_link = $1",
        values![from],
    )
    .map(|_| ())
}
