//! What was asked by telephone to stop, and goes on for a while.

use jiff::Timestamp;

use crate::ids::{RegistrantId, SubscriptionId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};
use crate::values;

/// What stops when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopping {
    /// Of whom.
    pub registrant: RegistrantId,
    /// About whom she is told no more; nothing where she is told nothing more at all.
    pub entry: Option<SubscriptionId>,
    /// When.
    pub stops_at: Timestamp,
}

/// Notes that something stops; what stops already stops when it was to. Returns whether it is new.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, row: Stopping) -> Result<bool, StoreError> {
    let entry = row.entry.as_ref().map(|entry| entry.as_bytes().as_slice());
    let inserted = tx.execute(
        "INSERT INTO stopping (registrant_id, subscription_id, stops_at) VALUES ($1, $2, $3)
         ON CONFLICT (registrant_id, subscription_id) DO NOTHING",
        &[
            row.registrant.as_bytes().into(),
            entry.unwrap_or_default().into(),
            time(row.stops_at),
        ],
    )?;
    Ok(inserted == 1)
}

/// Lists what stops of a registrant.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_registrant(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
) -> Result<Vec<Stopping>, StoreError> {
    tx.query(
        "SELECT registrant_id, subscription_id, stops_at FROM stopping
         WHERE registrant_id = $1 ORDER BY subscription_id",
        values![registrant.as_bytes()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists what has come to its end.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn due(tx: &mut Tx<'_>, now: Timestamp, limit: u32) -> Result<Vec<Stopping>, StoreError> {
    tx.query(
        "SELECT registrant_id, subscription_id, stops_at FROM stopping
         WHERE stops_at <= $1 ORDER BY stops_at, registrant_id, subscription_id LIMIT $2",
        &[time(now), i64::from(limit).into()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Forgets what was to stop of a registrant: one entry, or with none everything.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn over(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    entry: Option<SubscriptionId>,
) -> Result<(), StoreError> {
    match entry {
        Some(entry) => tx.execute(
            "DELETE FROM stopping WHERE registrant_id = $1 AND subscription_id = $2",
            values![registrant.as_bytes(), entry.as_bytes()],
        ),
        None => tx.execute(
            "DELETE FROM stopping WHERE registrant_id = $1",
            values![registrant.as_bytes()],
        ),
    }
    .map(|_| ())
}

fn read(row: &Row) -> Result<Stopping, StoreError> {
    let entry = row.bytes(1)?;
    let entry = match entry.len() {
        0 => None,
        _ => Some(
            SubscriptionId::from_slice(entry)
                .ok_or(StoreError::Damaged("a subscription's identifier"))?,
        ),
    };
    Ok(Stopping {
        registrant: RegistrantId::from_bytes(row.array(0)?),
        entry,
        stops_at: row.time(2)?,
    })
}
