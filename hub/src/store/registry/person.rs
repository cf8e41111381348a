//! Persons, what they are called, and by whom.

use std::collections::BTreeSet;

use jiff::Timestamp;
use savin_shared::record::subject::PersonName;

use super::record;
use crate::ids::{PersonId, RecordId};
use crate::matching::{Identifier, IdentifierKind};
use crate::names::{self, name_words};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Value, time};

/// Finds the persons that identifiers name, in the order of the identifiers.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find_many(
    tx: &mut Tx<'_>,
    identifiers: &[Identifier],
) -> Result<Vec<Option<PersonId>>, StoreError> {
    let lists: Vec<_> = identifiers.iter().map(key).collect();
    tx.query_many(
        "SELECT person_id FROM person_identifier WHERE kind = $1 AND scope = $2 AND value = $3",
        &lists,
    )?
    .iter()
    .map(|rows| {
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        Ok(Some(PersonId::from_bytes(row.array(0)?)))
    })
    .collect()
}

/// Adds persons.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn insert_many(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
    now: Timestamp,
) -> Result<(), StoreError> {
    let lists: Vec<_> = persons
        .iter()
        .map(|person| vec![person.as_bytes().into(), time(now)])
        .collect();
    tx.execute_many(
        "INSERT INTO person (person_id, created_at) VALUES ($1, $2)",
        &lists,
    )
}

/// Says whether there ever was such a person.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn exists(tx: &mut Tx<'_>, person: PersonId) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM person WHERE person_id = $1",
        &[person.as_bytes().into()],
    )?;
    Ok(row.is_some())
}

/// Lists everybody after a person, in the order in which they became known.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn after(
    tx: &mut Tx<'_>,
    person: Option<PersonId>,
    persons_max: u32,
) -> Result<Vec<PersonId>, StoreError> {
    let after = person.unwrap_or(PersonId::from_bytes([0; 16]));
    let rows = tx.query(
        "SELECT person_id FROM person WHERE person_id > $1 ORDER BY person_id LIMIT $2",
        &[after.as_bytes().into(), i64::from(persons_max).into()],
    )?;
    rows.iter()
        .map(|row| Ok(PersonId::from_bytes(row.array(0)?)))
        .collect()
}

/// Lists who became known last, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn newest(tx: &mut Tx<'_>, persons_max: u32) -> Result<Vec<PersonId>, StoreError> {
    let rows = tx.query(
        "SELECT person_id FROM person ORDER BY person_id DESC LIMIT $1",
        &[i64::from(persons_max).into()],
    )?;
    rows.iter()
        .map(|row| Ok(PersonId::from_bytes(row.array(0)?)))
        .collect()
}

/// Says whom identifiers name; one that names somebody already keeps naming them.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn identify_many(
    tx: &mut Tx<'_>,
    identifiers: &[(Identifier, PersonId)],
) -> Result<(), StoreError> {
    let lists: Vec<_> = identifiers
        .iter()
        .map(|(identifier, person)| {
            let mut values = key(identifier);
            values.push(person.as_bytes().into());
            values
        })
        .collect();
    tx.execute_many(
        "INSERT INTO person_identifier (kind, scope, value, person_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (kind, scope, value) DO NOTHING",
        &lists,
    )
}

/// Loads what identifies persons.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn identifiers_of(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
) -> Result<Vec<(PersonId, Identifier)>, StoreError> {
    let lists: Vec<_> = persons
        .iter()
        .map(|person| vec![person.as_bytes().into()])
        .collect();
    let found = tx.query_many(
        "SELECT kind, scope, value FROM person_identifier WHERE person_id = $1
         ORDER BY kind, scope, value",
        &lists,
    )?;
    let mut identifiers = Vec::new();
    for (person, rows) in persons.iter().zip(&found) {
        for row in rows {
            let kind = IdentifierKind::parse(row.text(0)?);
            let identifier = Identifier {
                kind: kind.ok_or(StoreError::Damaged("an identifier's kind"))?,
                scope: row.text(1)?.to_owned(),
                value: row.text(2)?.to_owned(),
            };
            identifiers.push((*person, identifier));
        }
    }
    Ok(identifiers)
}

/// Returns those of these records of which it is in doubt about whom they are.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn doubtful(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<BTreeSet<RecordId>, StoreError> {
    let lists: Vec<_> = records.iter().map(|record| vec![record.0.into()]).collect();
    let found = tx.query_many(
        "SELECT 1 FROM person_doubt WHERE record_id = $1 LIMIT 1",
        &lists,
    )?;
    let doubted = records.iter().zip(&found);
    Ok(doubted
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(record, _)| *record)
        .collect())
}

/// Notes that persons share an identifier: somebody has to look.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn doubt(
    tx: &mut Tx<'_>,
    doubts: &[(PersonId, PersonId, RecordId)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let lists: Vec<_> = doubts
        .iter()
        .map(|(person, other, record)| {
            vec![
                person.as_bytes().into(),
                other.as_bytes().into(),
                record.0.into(),
                time(now),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO person_doubt (person_id, other_id, record_id, noticed_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT (record_id, person_id, other_id) DO NOTHING",
        &lists,
    )
}

/// Notes the words by which persons are found.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn name_many(tx: &mut Tx<'_>, names: &[(PersonId, &PersonName)]) -> Result<(), StoreError> {
    let lists: Vec<_> = names
        .iter()
        .flat_map(|(person, name)| {
            name_words(name)
                .into_iter()
                .map(|word| vec![word.into(), person.as_bytes().into()])
        })
        .collect();
    tx.execute_many(
        "INSERT INTO name_word (word, person_id) VALUES ($1, $2)
         ON CONFLICT (word, person_id) DO NOTHING",
        &lists,
    )
}

/// Loads what a person is publicly called, by the newest record first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn names(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<PersonName>, StoreError> {
    let rows = record::of_person(tx, person)?;
    let public = rows.iter().filter(|row| row.known.is_public());
    Ok(names::of_records(public.map(|row| &row.known.record)))
}

/// Lists the columns by which an identifier is found.
pub(super) fn key(identifier: &Identifier) -> Vec<Value> {
    vec![
        identifier.kind.as_str().into(),
        identifier.scope.as_str().into(),
        identifier.value.as_str().into(),
    ]
}
