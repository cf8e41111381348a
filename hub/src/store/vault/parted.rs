//! Subscriptions that are in doubt since two people were parted, and what waits for whom each meant.

use crate::ids::RegistrantId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// News that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldFact {
    /// For whom.
    pub registrant: RegistrantId,
    /// The keyed hash of its event.
    pub event_link: [u8; 32],
    /// What caused it, as in a notice's name.
    pub cause: String,
    /// The keyed hash of the person about whom she asked.
    pub person_link: [u8; 32],
    /// The news, sealed under her key.
    pub sealed_fact: Vec<u8>,
}

/// Notes that it is in doubt whom a registrant meant, under the subject of the task that asks.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn doubt(
    tx: &mut Tx<'_>,
    subject: &str,
    registrant: RegistrantId,
    person_link: &[u8; 32],
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO parted_doubt (subject, registrant_id, person_link) VALUES ($1, $2, $3)
         ON CONFLICT (subject) DO NOTHING",
        values![subject, registrant.as_bytes(), person_link],
    )
    .map(|_| ())
}

/// Finds of whom it is in doubt whether she meant these persons, in the order of the links.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn doubted(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<Vec<Vec<RegistrantId>>, StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    tx.query_many(
        "SELECT registrant_id FROM parted_doubt WHERE person_link = $1 ORDER BY registrant_id",
        &lists,
    )?
    .iter()
    .map(|rows| {
        rows.iter()
            .map(|row| Ok(RegistrantId::from_bytes(row.array(0)?)))
            .collect()
    })
    .collect()
}

/// Ends a doubt; returns whose it was and about whom, where there was one and no other stands about both.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn settle(
    tx: &mut Tx<'_>,
    subject: &str,
) -> Result<Option<(RegistrantId, [u8; 32])>, StoreError> {
    let row = tx.query_optional(
        "DELETE FROM parted_doubt WHERE subject = $1 RETURNING registrant_id, person_link",
        values![subject],
    )?;
    let Some(row) = row else { return Ok(None) };
    let (registrant, link) = (RegistrantId::from_bytes(row.array(0)?), row.array(1)?);
    let others = doubted(tx, &[link])?.concat();
    Ok((!others.contains(&registrant)).then_some((registrant, link)))
}

/// Keeps news back; the same a second time changes nothing. Returns whether it is new.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn hold(tx: &mut Tx<'_>, held: &HeldFact) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "INSERT INTO held_fact (registrant_id, event_link, cause, person_link, sealed_fact)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (registrant_id, event_link, cause) DO NOTHING",
        values![
            held.registrant.as_bytes(),
            &held.event_link,
            held.cause.as_str(),
            &held.person_link,
            held.sealed_fact.as_slice(),
        ],
    )?;
    Ok(rows > 0)
}

/// Lists all that waits, for a court's order to be looked through.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<HeldFact>, StoreError> {
    let rows = tx.query(
        "SELECT registrant_id, event_link, cause, person_link, sealed_fact FROM held_fact
         ORDER BY registrant_id, event_link, cause",
        values![],
    )?;
    rows.iter()
        .map(|row| {
            Ok(HeldFact {
                registrant: RegistrantId::from_bytes(row.array(0)?),
                event_link: row.array(1)?,
                cause: row.text(2)?.to_owned(),
                person_link: row.array(3)?,
                sealed_fact: row.bytes(4)?.to_vec(),
            })
        })
        .collect()
}

/// Changes what news says that waits.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn amend(tx: &mut Tx<'_>, held: &HeldFact, sealed_fact: &[u8]) -> Result<(), StoreError> {
    tx.execute_one(
        "held_fact",
        "UPDATE held_fact SET sealed_fact = $4
         WHERE registrant_id = $1 AND event_link = $2 AND cause = $3",
        values![
            held.registrant.as_bytes(),
            &held.event_link,
            held.cause.as_str(),
            sealed_fact,
        ],
    )
}

/// Takes out what waits for a registrant about a person.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn take(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    person_link: &[u8; 32],
) -> Result<Vec<HeldFact>, StoreError> {
    let rows = tx.query(
        "DELETE FROM held_fact WHERE registrant_id = $1 AND person_link = $2
         RETURNING event_link, cause, sealed_fact",
        values![registrant.as_bytes(), person_link],
    )?;
    rows.iter()
        .map(|row| {
            Ok(HeldFact {
                registrant,
                event_link: row.array(0)?,
                cause: row.text(1)?.to_owned(),
                person_link: *person_link,
                sealed_fact: row.bytes(2)?.to_vec(),
            })
        })
        .collect()
}

/// Drops what waits of events that nobody is to be told of any more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn drop_events(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<(), StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    tx.execute_many("DELETE FROM held_fact WHERE event_link = $1", &lists)
}
