//! What was asked to stop, and goes on for a while.

use jiff::Timestamp;

use crate::ids::{FollowId, RegistrantId, SubscriptionId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};
use crate::values;

/// What somebody asked to be told no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stops {
    /// Everything: she is forgotten.
    Everything,
    /// One person.
    Person(SubscriptionId),
    /// One case or protective order.
    Followed(FollowId),
}

impl Stops {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Person(_) => "person",
            Self::Followed(_) => "followed",
        }
    }

    /// Returns the bytes of the entry; none for everything.
    #[must_use]
    pub fn entry(&self) -> &[u8] {
        match self {
            Self::Everything => &[],
            Self::Person(entry) => entry.as_bytes(),
            Self::Followed(entry) => entry.as_bytes(),
        }
    }

    fn read(kind: &str, entry: &[u8]) -> Option<Self> {
        match kind {
            "everything" => Some(Self::Everything),
            "person" => SubscriptionId::from_slice(entry).map(Self::Person),
            "followed" => FollowId::from_slice(entry).map(Self::Followed),
            _ => None,
        }
    }
}

/// What stops when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopping {
    /// Of whom.
    pub registrant: RegistrantId,
    /// What she is told no more.
    pub what: Stops,
    /// When.
    pub stops_at: Timestamp,
}

/// Notes that something stops; what stops already stops when it was to. Returns whether it is new.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, row: Stopping) -> Result<bool, StoreError> {
    let inserted = tx.execute(
        "INSERT INTO stopping (registrant_id, subscription_id, kind, stops_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (registrant_id, subscription_id) DO NOTHING",
        &[
            row.registrant.as_bytes().into(),
            row.what.entry().into(),
            row.what.kind().into(),
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
        "SELECT registrant_id, subscription_id, kind, stops_at FROM stopping
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
        "SELECT registrant_id, subscription_id, kind, stops_at FROM stopping
         WHERE stops_at <= $1 ORDER BY stops_at, registrant_id, subscription_id LIMIT $2",
        &[time(now), i64::from(limit).into()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Forgets that something was to stop, since it has.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn over(tx: &mut Tx<'_>, stop: Stopping) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM stopping WHERE registrant_id = $1 AND subscription_id = $2",
        values![stop.registrant.as_bytes(), stop.what.entry()],
    )
    .map(|_| ())
}

/// Lets everything of a registrant go on that was to stop.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn keep(tx: &mut Tx<'_>, registrant: RegistrantId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM stopping WHERE registrant_id = $1",
        values![registrant.as_bytes()],
    )
    .map(|_| ())
}

/// Lets a registrant go on being told of a person for whom she asks anew: neither that nor everything is to stop.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn asked_anew(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    person_link: &[u8; 32],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM stopping WHERE registrant_id = $1
         AND (kind = 'everything' OR subscription_id IN (
             SELECT subscription_id FROM subscription
             WHERE registrant_id = $1 AND person_link = $2))",
        values![registrant.as_bytes(), person_link],
    )
    .map(|_| ())
}

/// Lets a registrant go on being told of a case or an order for which she asks anew likewise.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn followed_anew(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    entry: FollowId,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM stopping
         WHERE registrant_id = $1 AND (kind = 'everything' OR subscription_id = $2)",
        values![registrant.as_bytes(), entry.as_bytes()],
    )
    .map(|_| ())
}

fn read(row: &Row) -> Result<Stopping, StoreError> {
    let what = Stops::read(row.text(2)?, row.bytes(1)?);
    Ok(Stopping {
        registrant: RegistrantId::from_bytes(row.array(0)?),
        what: what.ok_or(StoreError::Damaged("what is to stop"))?,
        stops_at: row.time(3)?,
    })
}
