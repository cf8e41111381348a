//! Finding persons for the public: by words of a name in any order, or by a number.

use crate::ids::PersonId;
use crate::names::WORDS_MAX;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::Value;
use crate::values;

/// Up to how many persons a word is counted to find the rarest: beyond, it is as common as a name.
const COUNTED_MAX: i64 = 128;

/// Pairs of letters on two keys of a telephone, at most.
const PAIRS_MAX: usize = 16;

/// Words of names that are compared with what was spelled on keys.
const STARTING_MAX: i64 = 20_000;

/// Finds persons whose names hold every word, or whose number one of them is, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find(
    tx: &mut Tx<'_>,
    words: &[String],
    persons_max: usize,
) -> Result<Vec<PersonId>, StoreError> {
    let mut found = by_number(tx, &words.concat())?;
    for person in by_words(tx, words, persons_max)? {
        if !found.contains(&person) {
            found.push(person);
        }
    }
    found.truncate(persons_max);
    Ok(found)
}

/// Walks the persons of the rarest word, the newest first, and asks by key for the other words.
///
/// Each is asked as a value: as `EXISTS` SQLite joins it by the index of persons, whose entries of many
/// persons lie far apart, and takes four times as long.
fn by_words(
    tx: &mut Tx<'_>,
    words: &[String],
    persons_max: usize,
) -> Result<Vec<PersonId>, StoreError> {
    let counted = match words {
        [word] => vec![word.as_str()],
        several => by_rarity(tx, several)?,
    };
    let Some(rarest) = counted.first() else {
        return Ok(Vec::new());
    };
    // The statement asks for as many words as there may be; the rarest fills the places of none.
    let missing = WORDS_MAX.saturating_sub(counted.len());
    let mut values: Vec<Value> = counted
        .iter()
        .chain(std::iter::repeat_n(rarest, missing))
        .take(WORDS_MAX)
        .map(|word| (*word).into())
        .collect();
    values.push(i64::try_from(persons_max).unwrap_or(i64::MAX).into());
    tx.query(
        "SELECT n.person_id FROM name_word n WHERE n.word = $1
             AND (SELECT 1 FROM name_word o WHERE o.word = $2 AND o.person_id = n.person_id) = 1
             AND (SELECT 1 FROM name_word o WHERE o.word = $3 AND o.person_id = n.person_id) = 1
             AND (SELECT 1 FROM name_word o WHERE o.word = $4 AND o.person_id = n.person_id) = 1
             AND (SELECT 1 FROM name_word o WHERE o.word = $5 AND o.person_id = n.person_id) = 1
             AND (SELECT 1 FROM name_word o WHERE o.word = $6 AND o.person_id = n.person_id) = 1
             AND (SELECT 1 FROM name_word o WHERE o.word = $7 AND o.person_id = n.person_id) = 1
             AND (SELECT 1 FROM name_word o WHERE o.word = $8 AND o.person_id = n.person_id) = 1
         ORDER BY n.person_id DESC LIMIT $9",
        &values,
    )?
    .iter()
    .map(|row| Ok(PersonId::from_bytes(row.array(0)?)))
    .collect()
}

/// Returns words in the order of how many persons have each, the rarest first.
fn by_rarity<'a>(tx: &mut Tx<'_>, words: &'a [String]) -> Result<Vec<&'a str>, StoreError> {
    let ask = |sql: &'static str, tx: &mut Tx<'_>, asked: Vec<Vec<Value>>| {
        let found = tx.query_many(sql, &asked)?;
        let counts = found.iter().map(|rows| {
            let counts = rows.iter().map(|row| row.integer(0));
            counts.sum::<Result<i64, StoreError>>()
        });
        counts.collect::<Result<Vec<i64>, StoreError>>()
    };
    let few = ask(
        "SELECT count(*) FROM (SELECT 1 FROM name_word WHERE word = $1 LIMIT $2) counted",
        tx,
        words
            .iter()
            .map(|word| vec![word.as_str().into(), COUNTED_MAX.into()])
            .collect(),
    )?;
    let many = ask(
        "SELECT persons FROM name_count WHERE part IN ('surname', 'given') AND word = $1",
        tx,
        words
            .iter()
            .map(|word| vec![word.as_str().into()])
            .collect(),
    )?;
    let mut counted: Vec<(i64, &str)> = words
        .iter()
        .zip(few.into_iter().zip(many))
        .map(|(word, (few, many))| {
            // What many have and is no name, as "junior", is the last to walk by.
            let count = match many {
                _ if few < COUNTED_MAX => few,
                0 => i64::MAX,
                many => many.max(few),
            };
            (count, word.as_str())
        })
        .collect();
    counted.sort_unstable();
    Ok(counted.into_iter().map(|(_, word)| word).collect())
}

/// Finds words of names that begin with one of these pairs of letters, each with who has it; `None`
/// where they are too many.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn starting(
    tx: &mut Tx<'_>,
    pairs: &[String],
) -> Result<Option<Vec<(String, PersonId)>>, StoreError> {
    let Some(first) = pairs.first() else {
        return Ok(Some(Vec::new()));
    };
    // The statement asks for as many pairs as two keys have; the first fills the places of none.
    let missing = PAIRS_MAX.saturating_sub(pairs.len());
    let pairs = pairs.iter().chain(std::iter::repeat_n(first, missing));
    let mut values: Vec<Value> = pairs
        .take(PAIRS_MAX)
        .map(|pair| pair.as_str().into())
        .collect();
    values.push((STARTING_MAX + 1).into());
    let rows = tx.query(
        "SELECT word, person_id FROM name_word
         WHERE substr(word, 1, 2) IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
             $15, $16)
         ORDER BY word, person_id LIMIT $17",
        &values,
    )?;
    if i64::try_from(rows.len()).unwrap_or(i64::MAX) > STARTING_MAX {
        return Ok(None);
    }
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), PersonId::from_bytes(row.array(1)?))))
        .collect::<Result<_, StoreError>>()
        .map(Some)
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
