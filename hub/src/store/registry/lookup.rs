//! Finding persons for the public: by words of a name in any order, or by a number.

use std::collections::BTreeMap;

use crate::ids::PersonId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// Persons that one word may find before it is too common to search by.
const WORD_MATCHES_MAX: i64 = 5_000;

/// Finds persons whose names hold every word, or whose number one of them is.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find(
    tx: &mut Tx<'_>,
    words: &[String],
    persons_max: usize,
) -> Result<Vec<PersonId>, StoreError> {
    let mut matches: BTreeMap<PersonId, usize> = BTreeMap::new();
    for word in words {
        let rows = tx.query(
            "SELECT person_id FROM name_word WHERE word = $1 ORDER BY person_id LIMIT $2",
            values![word.as_str(), WORD_MATCHES_MAX],
        )?;
        for row in &rows {
            *matches
                .entry(PersonId::from_bytes(row.array(0)?))
                .or_default() += 1;
        }
    }
    let mut found: Vec<PersonId> = matches
        .into_iter()
        .filter(|(_, hits)| *hits == words.len() && !words.is_empty())
        .map(|(person, _)| person)
        .collect();
    found.extend(by_number(tx, &words.concat())?);
    found.dedup();
    found.truncate(persons_max);
    Ok(found)
}

fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Vec<PersonId>, StoreError> {
    if !number.chars().any(|c| c.is_ascii_digit()) {
        return Ok(Vec::new());
    }
    tx.query(
        "SELECT person_id FROM person_identifier
         WHERE kind IN ('offender-id', 'state-id') AND scope = '' AND value = $1
         ORDER BY person_id",
        values![number.to_uppercase()],
    )?
    .iter()
    .map(|row| Ok(PersonId::from_bytes(row.array(0)?)))
    .collect()
}
