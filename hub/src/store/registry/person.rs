//! Persons, what they are called, and by whom.

use jiff::Timestamp;
use savin_shared::pii::Pii;
use savin_shared::record::subject::PersonName;

use crate::ids::{PersonId, RecordId};
use crate::matching::Identifier;
use crate::names::name_words;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, Value, time};
use crate::values;

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
         VALUES ($1, $2, $3, $4) ON CONFLICT (person_id, other_id) DO NOTHING",
        &lists,
    )
}

/// Notes what persons are called, and the words by which they are found.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn name_many(tx: &mut Tx<'_>, names: &[(PersonId, &PersonName)]) -> Result<(), StoreError> {
    let part = |part: &Option<Pii<String>>| -> Value {
        part.as_ref()
            .map_or("", |part| part.reveal().as_str())
            .into()
    };
    let lists: Vec<_> = names
        .iter()
        .map(|(person, name)| {
            vec![
                person.as_bytes().into(),
                name.surname.reveal().as_str().into(),
                part(&name.given),
                part(&name.middle),
                part(&name.suffix),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO person_name (person_id, surname, given, middle, suffix)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (person_id, surname, given, middle, suffix) DO NOTHING",
        &lists,
    )?;
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

/// Loads what a person is called.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn names(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<PersonName>, StoreError> {
    tx.query(
        "SELECT surname, given, middle, suffix FROM person_name WHERE person_id = $1
         ORDER BY surname, given, middle, suffix",
        values![person.as_bytes()],
    )?
    .iter()
    .map(name)
    .collect()
}

fn name(row: &Row) -> Result<PersonName, StoreError> {
    let part = |place| -> Result<Option<Pii<String>>, StoreError> {
        let text = row.text(place)?;
        Ok((!text.is_empty()).then(|| Pii::new(text.to_owned())))
    };
    Ok(PersonName {
        surname: Pii::new(row.text(0)?.to_owned()),
        given: part(1)?,
        middle: part(2)?,
        suffix: part(3)?,
    })
}

fn key(identifier: &Identifier) -> Vec<Value> {
    vec![
        identifier.kind.as_str().into(),
        identifier.scope.as_str().into(),
        identifier.value.as_str().into(),
    ]
}
