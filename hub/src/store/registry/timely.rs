//! What an agency sent within a period, and how soon it was durable: for the certificate of section 2.

use jiff::Timestamp;
use savin_shared::delta::{GapReason, Origin};
use savin_shared::ids::{AgencyId, AgentId};

use crate::ids::EventId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};

/// A period: from when, and to before when.
pub type Period = (Timestamp, Timestamp);

/// What an agent sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Signed batches.
    pub batches: u64,
    /// Changes in them.
    pub deltas: u64,
    /// When the last of them became durable.
    pub last_received_at: Option<Timestamp>,
}

/// Something that was seen as it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which event.
    pub event: EventId,
    /// Where.
    pub facility: String,
    /// When the agent saw it.
    pub observed_at: Timestamp,
    /// When it became durable.
    pub received_at: Timestamp,
}

/// A time in which a feed could not be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Which feed.
    pub feed: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Why.
    pub reason: GapReason,
}

/// Counts what an agent sent.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn sent(tx: &mut Tx<'_>, agent: AgentId, (from, to): Period) -> Result<Sent, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*), CAST(coalesce(sum(last_seq - first_seq + 1), 0) AS BIGINT),
             max(received_at)
         FROM batch_log WHERE agent_id = $1 AND received_at >= $2 AND received_at < $3",
        &[agent.as_bytes().into(), time(from), time(to)],
    )?;
    row.map_or(Ok(Sent::default()), |row| {
        Ok(Sent {
            batches: row.count(0)?,
            deltas: row.count(1)?,
            last_received_at: row.optional_time(2)?,
        })
    })
}

/// Lists what was seen as it happened by an agency, in its order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn seen(
    tx: &mut Tx<'_>,
    agency: &AgencyId,
    (from, to): Period,
    events_max: u32,
) -> Result<Vec<Seen>, StoreError> {
    tx.query(
        "SELECT e.event_id, e.facility_code, e.observed_at, e.received_at
         FROM event e JOIN record r ON r.record_id = e.record_id
         WHERE r.agency_id = $1 AND e.origin = $2 AND e.received_at >= $3 AND e.received_at < $4
         ORDER BY e.position LIMIT $5",
        &[
            agency.as_str().into(),
            Origin::Live.code().into(),
            time(from),
            time(to),
            i64::from(events_max).into(),
        ],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists what was seen as it happened by any agency, in its order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn seen_anywhere(
    tx: &mut Tx<'_>,
    (from, to): Period,
    events_max: u32,
) -> Result<Vec<Seen>, StoreError> {
    tx.query(
        "SELECT event_id, facility_code, observed_at, received_at FROM event
         WHERE origin = $1 AND received_at >= $2 AND received_at < $3 ORDER BY position LIMIT $4",
        &[
            Origin::Live.code().into(),
            time(from),
            time(to),
            i64::from(events_max).into(),
        ],
    )?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &Row) -> Result<Seen, StoreError> {
    Ok(Seen {
        event: EventId::from_bytes(row.array(0)?),
        facility: row.text(1)?.to_owned(),
        observed_at: row.time(2)?,
        received_at: row.time(3)?,
    })
}

/// Lists the times in which an agent said that it could not see something, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn unseen(
    tx: &mut Tx<'_>,
    agent: AgentId,
    (from, to): Period,
    gaps_max: u32,
) -> Result<Vec<Unseen>, StoreError> {
    tx.query(
        "SELECT feed, gap_from, gap_to, reason FROM observation_gap
         WHERE agent_id = $1 AND gap_to > $2 AND gap_from < $3
         ORDER BY gap_from, feed LIMIT $4",
        &[
            agent.as_bytes().into(),
            time(from),
            time(to),
            i64::from(gaps_max).into(),
        ],
    )?
    .iter()
    .map(|row| {
        let reason = GapReason::from_code(row.code(3)?);
        Ok(Unseen {
            feed: row.text(0)?.to_owned(),
            from: row.time(1)?,
            to: row.time(2)?,
            reason: reason.ok_or(StoreError::Damaged("a gap's reason"))?,
        })
    })
    .collect()
}
