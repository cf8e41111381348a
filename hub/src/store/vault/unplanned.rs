//! News of which not everybody who asked is planned yet: up to whom, and what it says, sealed.

use crate::ids::EventPosition;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::Row;
use crate::values;

/// What tells one piece of news from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    /// The keyed hash of its event, or of that it was taken back.
    pub event_link: [u8; 32],
    /// What caused it, as in a notice's name.
    pub cause: String,
    /// The keyed hash of the person whom it is about.
    pub person_link: [u8; 32],
}

/// News that is not planned for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplanned {
    /// Which.
    pub which: Which,
    /// In which order it is told among all that waits.
    pub rank: u8,
    /// The place of its event.
    pub position: EventPosition,
    /// The key under which it is sealed, wrapped: it goes with the row.
    pub wrapped_key: Vec<u8>,
    /// What it says, sealed.
    pub sealed_fact: Vec<u8>,
    /// Up to whom it is planned, in the order of registrants; of what takes an event back, up to which notice
    /// of that event.
    pub planned_to: [u8; 16],
}

/// Writes a statement that loads news, and what follows.
macro_rules! unplanned {
    ($rest:literal) => {
        concat!(
            "SELECT event_link, cause, person_link, rank, position, wrapped_key, sealed_fact, planned_to
             FROM unplanned ",
            $rest
        )
    };
}

/// Keeps news of which the rest is planned later; the same once more begins where that says.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, new: &Unplanned) -> Result<(), StoreError> {
    tx.execute_one(
        "unplanned",
        "INSERT INTO unplanned (event_link, cause, person_link, rank, position, wrapped_key,
             sealed_fact, planned_to)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (event_link, cause, person_link) DO UPDATE SET rank = $4, position = $5,
             wrapped_key = $6, sealed_fact = $7, planned_to = $8",
        &[
            (&new.which.event_link).into(),
            new.which.cause.as_str().into(),
            (&new.which.person_link).into(),
            new.rank.into(),
            new.position.0.into(),
            new.wrapped_key.as_slice().into(),
            new.sealed_fact.as_slice().into(),
            (&new.planned_to).into(),
        ],
    )
}

/// Loads the news whose turn it is, the most urgent first and each as it came.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn next(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Unplanned>, StoreError> {
    tx.query(
        unplanned!("ORDER BY rank, position, event_link, cause, person_link LIMIT $1"),
        values![i64::from(limit)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Loads the news about persons, in the order of the links.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_persons(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<Vec<Vec<Unplanned>>, StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    tx.query_many(
        unplanned!("WHERE person_link = $1 ORDER BY rank, position, event_link, cause"),
        &lists,
    )?
    .iter()
    .map(|rows| rows.iter().map(read).collect())
    .collect()
}

/// Loads the news of events, in the order of the links.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_events(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<Vec<Unplanned>, StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    tx.query_many(
        unplanned!("WHERE event_link = $1 ORDER BY cause, person_link"),
        &lists,
    )?
    .iter()
    .flatten()
    .map(read)
    .collect()
}

/// Notes up to whom news is planned.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn advance(tx: &mut Tx<'_>, which: &Which, to: [u8; 16]) -> Result<(), StoreError> {
    tx.execute_one(
        "unplanned",
        "UPDATE unplanned SET planned_to = $4
         WHERE event_link = $1 AND cause = $2 AND person_link = $3",
        values![
            &which.event_link,
            which.cause.as_str(),
            &which.person_link,
            &to
        ],
    )
}

/// Changes what news says to whoever is not planned yet.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn amend(tx: &mut Tx<'_>, which: &Which, sealed_fact: &[u8]) -> Result<(), StoreError> {
    tx.execute_one(
        "unplanned",
        "UPDATE unplanned SET sealed_fact = $4
         WHERE event_link = $1 AND cause = $2 AND person_link = $3",
        values![
            &which.event_link,
            which.cause.as_str(),
            &which.person_link,
            sealed_fact
        ],
    )
}

/// Forgets news: everybody is planned, or nobody else is to be.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn remove(tx: &mut Tx<'_>, which: &Which) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM unplanned WHERE event_link = $1 AND cause = $2 AND person_link = $3",
        values![&which.event_link, which.cause.as_str(), &which.person_link],
    )
    .map(|_| ())
}

/// Drops events of which nobody is to be told any more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn drop_events(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<(), StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    tx.execute_many("DELETE FROM unplanned WHERE event_link = $1", &lists)
}

fn read(row: &Row) -> Result<Unplanned, StoreError> {
    Ok(Unplanned {
        which: Which {
            event_link: row.array(0)?,
            cause: row.text(1)?.to_owned(),
            person_link: row.array(2)?,
        },
        rank: row.code(3)?,
        position: EventPosition(row.integer(4)?),
        wrapped_key: row.bytes(5)?.to_vec(),
        sealed_fact: row.bytes(6)?.to_vec(),
        planned_to: row.array(7)?,
    })
}
