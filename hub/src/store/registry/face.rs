//! What records say of who persons are, the keys by which these are found, and how many have a name.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::hash::Hash;

use super::person;
use super::record;
use crate::ids::PersonId;
use crate::linkage::comparing::compare;
use crate::linkage::face::{Face, Identity};
use crate::linkage::frequency::{Frequencies, Part};
use crate::linkage::judging::{Judged, judge};
use crate::linkage::keys::{Key, NAMESAKES_MAX, PERSONS_MAX, keys};
use crate::linkage::weights::Weights;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::Value;
use crate::values;

/// Faces of one person that are kept; more are other ways to write the same.
const FACES_MAX: usize = 12;

/// The part under which everybody is counted.
const EVERYBODY: &str = "all";

/// Adds faces that persons did not have, with their keys, and counts what they are called.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn add_many(tx: &mut Tx<'_>, faces: &[(PersonId, Face)]) -> Result<(), StoreError> {
    let mut persons: Vec<PersonId> = faces.iter().map(|(person, _)| *person).collect();
    persons.sort();
    persons.dedup();
    let mut known: BTreeMap<PersonId, Identity> = of_many(tx, &persons)?.into_iter().collect();
    let mut changes = Changes::default();
    for (person, face) in faces {
        let identity = known.entry(*person).or_default();
        if identity.faces.contains(face) || identity.faces.len() >= FACES_MAX {
            continue;
        }
        changes.count(&identity.counted_words(), -1);
        changes.everybody += i64::from(identity.faces.is_empty());
        identity.faces.push(face.clone());
        changes.count(&identity.counted_words(), 1);
        changes.faces.push((*person, face.clone()));
    }
    changes.write(tx)
}

/// Learns anew who a person is from the records that it has now: after some were moved, sealed or erased.
/// What a court ordered to be sealed teaches nothing.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn relearn(tx: &mut Tx<'_>, persons: &[PersonId]) -> Result<(), StoreError> {
    for &person in persons {
        let mut changes = Changes::default();
        for (_, before) in of_many(tx, &[person])? {
            changes.count(&before.counted_words(), -1);
            changes.everybody -= 1;
            let keys: BTreeSet<i64> = values_of(&before.faces);
            let lists: Vec<Vec<Value>> = keys
                .into_iter()
                .map(|key| vec![key.into(), person.as_bytes().into()])
                .collect();
            tx.execute_many(
                "DELETE FROM person_key WHERE key = $1 AND person_id = $2",
                &lists,
            )?;
        }
        tx.execute(
            "DELETE FROM person_face WHERE person_id = $1",
            values![person.as_bytes()],
        )?;
        tx.execute(
            "DELETE FROM name_word WHERE person_id = $1",
            values![person.as_bytes()],
        )?;
        changes.write(tx)?;
    }
    learn(tx, persons)
}

/// Learns who persons are from the records that they have, beside what was learnt before. What a court ordered to be
/// sealed teaches nothing.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn learn(tx: &mut Tx<'_>, persons: &[PersonId]) -> Result<(), StoreError> {
    for &person in persons {
        let rows = record::of_person(tx, person)?;
        let taught = || rows.iter().filter(|row| !row.known.is_sealed_by_order());
        let records = || taught().map(|row| &row.known.record);
        let faces: Vec<(PersonId, Face)> = records()
            .filter(|record| !record.synthetic)
            .map(Face::of)
            .filter(|face| !face.is_blank())
            .map(|face| (person, face))
            .collect();
        add_many(tx, &faces)?;
        let names = records().flat_map(|record| {
            let subject = &record.subject;
            subject.name.iter().chain(&subject.aliases)
        });
        let names: Vec<_> = names.map(|name| (person, name)).collect();
        person::name_many(tx, &names)?;
    }
    Ok(())
}

/// Loads the faces and numbers of persons; whoever has no face is left out.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_many(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
) -> Result<Vec<(PersonId, Identity)>, StoreError> {
    let lists: Vec<Vec<Value>> = persons
        .iter()
        .map(|person| vec![person.as_bytes().into()])
        .collect();
    let found = tx.query_many(
        "SELECT body FROM person_face WHERE person_id = $1 ORDER BY face_hash",
        &lists,
    )?;
    let mut identities = Vec::new();
    for (person, rows) in persons.iter().zip(&found) {
        let faces = rows
            .iter()
            .map(|row| read(row.text(0)?))
            .collect::<Result<Vec<_>, _>>()?;
        if !faces.is_empty() {
            identities.push((
                *person,
                Identity {
                    faces,
                    identifiers: Vec::new(),
                },
            ));
        }
    }
    Ok(identities)
}

/// Loads everything that is known of persons: faces and numbers.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn identities(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
) -> Result<BTreeMap<PersonId, Identity>, StoreError> {
    let mut identities: BTreeMap<PersonId, Identity> = of_many(tx, persons)?.into_iter().collect();
    for (person, identifier) in person::identifiers_of(tx, persons)? {
        let identity = identities.entry(person).or_default();
        identity.identifiers.push(identifier);
    }
    Ok(identities)
}

/// Lists persons after one, in the order of their identifiers.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn page(
    tx: &mut Tx<'_>,
    after: Option<PersonId>,
    persons_max: u32,
) -> Result<Vec<PersonId>, StoreError> {
    let after = after.unwrap_or(PersonId::from_bytes([0; 16]));
    tx.query(
        "SELECT DISTINCT person_id FROM person_face WHERE person_id > $1
         ORDER BY person_id LIMIT $2",
        values![after.as_bytes(), i64::from(persons_max)],
    )?
    .iter()
    .map(|row| Ok(PersonId::from_bytes(row.array(0)?)))
    .collect()
}

/// Judges whether two persons are one, by all that is known of both.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn judged(
    tx: &mut Tx<'_>,
    weights: &Weights,
    one: PersonId,
    other: PersonId,
) -> Result<Judged, StoreError> {
    let mut identities = identities(tx, &[one, other])?;
    let mut identity = |person| identities.remove(&person).unwrap_or_default();
    let (one, other) = (identity(one), identity(other));
    let frequencies = frequencies(tx, &one.counted_words())?;
    let compared = compare(&one, &other, weights, &frequencies);
    Ok(judge(compared, weights, frequencies.population))
}

/// Finds who shares keys, in the order of the keys. A whole name that many have finds nobody.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find_many(tx: &mut Tx<'_>, keys: &[Key]) -> Result<Vec<Vec<PersonId>>, StoreError> {
    let lists: Vec<Vec<Value>> = keys
        .iter()
        .map(|key| {
            let most = if key.is_name {
                NAMESAKES_MAX + 1
            } else {
                PERSONS_MAX
            };
            vec![key.value.into(), i64::from(most).into()]
        })
        .collect();
    let found = tx.query_many(
        "SELECT person_id FROM person_key WHERE key = $1 ORDER BY person_id DESC LIMIT $2",
        &lists,
    )?;
    keys.iter()
        .zip(&found)
        .map(|(key, rows)| {
            let namesakes = usize::try_from(NAMESAKES_MAX).unwrap_or(usize::MAX);
            if key.is_name && rows.len() > namesakes {
                return Ok(Vec::new());
            }
            rows.iter()
                .map(|row| Ok(PersonId::from_bytes(row.array(0)?)))
                .collect()
        })
        .collect()
}

/// Loads how many persons there are, and how many have each of these words in their names.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn frequencies(tx: &mut Tx<'_>, words: &[(Part, String)]) -> Result<Frequencies, StoreError> {
    let mut lists: Vec<Vec<Value>> = vec![vec![EVERYBODY.into(), "".into()]];
    lists.extend(
        words
            .iter()
            .map(|(part, word)| vec![part.as_str().into(), word.as_str().into()]),
    );
    let found = tx.query_many(
        "SELECT persons FROM name_count WHERE part = $1 AND word = $2",
        &lists,
    )?;
    let mut counts = Vec::new();
    for rows in &found {
        let persons = rows.first().map_or(Ok(0), |row| row.integer(0))?;
        counts.push(u32::try_from(persons).unwrap_or(0));
    }
    let mut counts = counts.into_iter();
    let population = counts.next().unwrap_or(0);
    Ok(Frequencies {
        population,
        persons: words.iter().cloned().zip(counts).collect(),
    })
}

/// What is to be written of faces.
#[derive(Debug, Default)]
struct Changes {
    faces: Vec<(PersonId, Face)>,
    words: BTreeMap<(Part, String), i64>,
    everybody: i64,
}

impl Changes {
    fn count(&mut self, words: &[(Part, String)], by: i64) {
        for word in words {
            *self.words.entry(word.clone()).or_default() += by;
        }
    }

    fn write(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let mut faces = Vec::new();
        let mut all_keys: BTreeSet<(i64, PersonId)> = BTreeSet::new();
        for (person, face) in &self.faces {
            let body = serde_json::to_string(face)
                .map_err(|_| StoreError::Damaged("a face cannot be written"))?;
            let hash = Hash::tagged("savin/face/1", &[body.as_bytes()]);
            let hash = hash.as_bytes().first_chunk::<8>().copied();
            faces.push(vec![
                person.as_bytes().into(),
                i64::from_be_bytes(hash.unwrap_or_default()).into(),
                body.into(),
            ]);
            all_keys.extend(keys(face).into_iter().map(|key| (key.value, *person)));
        }
        tx.execute_many(
            "INSERT INTO person_face (person_id, face_hash, body) VALUES ($1, $2, $3)
             ON CONFLICT (person_id, face_hash) DO NOTHING",
            &faces,
        )?;
        let lists: Vec<Vec<Value>> = all_keys
            .into_iter()
            .map(|(key, person)| vec![key.into(), person.as_bytes().into()])
            .collect();
        tx.execute_many(
            "INSERT INTO person_key (key, person_id) VALUES ($1, $2)
             ON CONFLICT (key, person_id) DO NOTHING",
            &lists,
        )?;
        let everybody = (EVERYBODY, String::new(), self.everybody);
        let words = self.words.into_iter();
        let words = words.map(|((part, word), by)| (part.as_str(), word, by));
        let lists: Vec<Vec<Value>> = std::iter::once(everybody)
            .chain(words)
            .filter(|(_, _, by)| *by != 0)
            .map(|(part, word, by)| vec![part.into(), word.into(), by.into()])
            .collect();
        tx.execute_many(
            "INSERT INTO name_count (part, word, persons) VALUES ($1, $2, $3)
             ON CONFLICT (part, word) DO UPDATE SET persons = name_count.persons + $3",
            &lists,
        )
    }
}

fn values_of(faces: &[Face]) -> BTreeSet<i64> {
    let keys = faces.iter().flat_map(keys);
    keys.map(|key| key.value).collect()
}

fn read(body: &str) -> Result<Face, StoreError> {
    serde_json::from_str(body).map_err(|_| StoreError::Damaged("a face"))
}
