//! How each agent's feeds stood at its last heartbeat.

use jiff::Timestamp;
use savin_shared::frame::heartbeat::FeedBeat;
use savin_shared::ids::{AgentId, FacilityCode};

use super::facility;
use crate::ids::RecordId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, count, time};
use crate::values;

/// How a feed stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// Whose.
    pub agent: AgentId,
    /// Its name.
    pub feed: String,
    /// Of which facility.
    pub facility: FacilityCode,
    /// Up to when what it lists is known to be so.
    pub as_of: Option<Timestamp>,
    /// When what it holds last changed.
    pub source_changed_at: Option<Timestamp>,
    /// Records that it lists.
    pub listed: u64,
    /// Why its changes are held, if they are.
    pub held: Option<String>,
    /// When the heartbeat came.
    pub heard_at: Timestamp,
}

/// Stores what a heartbeat said of an agent's feeds; where it does not say up to when, what an
/// earlier one said stays.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(
    tx: &mut Tx<'_>,
    agent: AgentId,
    beats: &[FeedBeat],
    at: Timestamp,
) -> Result<(), StoreError> {
    let lists: Vec<_> = beats
        .iter()
        .map(|beat| {
            vec![
                agent.as_bytes().into(),
                beat.feed.as_str().into(),
                beat.facility.as_str().into(),
                beat.as_of_us.into(),
                beat.source_changed_us.into(),
                count(beat.rows),
                beat.held.as_deref().into(),
                time(at),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO feed (agent_id, feed, facility_code, as_of, source_changed_at, listed,
             held, heard_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (agent_id, feed) DO UPDATE SET facility_code = $3,
             as_of = coalesce($4, feed.as_of), source_changed_at = $5, listed = $6, held = $7, heard_at = $8",
        &lists,
    )
}

/// Loads the feeds that may speak of each of these records, each name once, by whoever was heard with it last; in
/// the order of the records.
///
/// They are those of its agency's active agents for its facility: a feed speaks of more facilities
/// than the one that its heartbeat names, and an agent that was replaced speaks no more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_records(
    tx: &mut Tx<'_>,
    records: &[(RecordId, &FacilityCode)],
) -> Result<Vec<Vec<FeedRow>>, StoreError> {
    let lists: Vec<_> = records
        .iter()
        .map(|(record, _)| vec![record.0.into()])
        .collect();
    let found = tx.query_many(
        "SELECT f.agent_id, f.feed, f.facility_code, f.as_of, f.source_changed_at, f.listed, f.held,
             f.heard_at, a.facilities
         FROM record r
         JOIN agent a ON a.agency_id = r.agency_id AND a.state = 'active'
         JOIN feed f ON f.agent_id = a.agent_id
         WHERE r.record_id = $1 ORDER BY f.heard_at DESC, f.feed, f.agent_id",
        &lists,
    )?;
    let found = found.iter().zip(records);
    found
        .map(|(rows, (_, facility))| speaking(rows, facility))
        .collect()
}

/// Reads the feeds that may speak of a facility.
fn speaking(rows: &[Row], facility: &FacilityCode) -> Result<Vec<FeedRow>, StoreError> {
    let mut feeds: Vec<FeedRow> = Vec::new();
    for row in rows {
        let may_speak = facility::codes(row.text(8)?)?.contains(facility);
        let feed = read(row)?;
        if may_speak && !feeds.iter().any(|newer| newer.feed == feed.feed) {
            feeds.push(feed);
        }
    }
    Ok(feeds)
}

/// Loads every feed of agents that were not revoked, by facility.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<FeedRow>, StoreError> {
    tx.query(
        "SELECT f.agent_id, f.feed, f.facility_code, f.as_of, f.source_changed_at, f.listed, f.held,
             f.heard_at
         FROM feed f JOIN agent a ON a.agent_id = f.agent_id
         WHERE a.state <> 'revoked' ORDER BY f.facility_code, f.feed, f.agent_id",
        values![],
    )?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &Row) -> Result<FeedRow, StoreError> {
    Ok(FeedRow {
        agent: AgentId::from_bytes(row.array(0)?),
        feed: row.text(1)?.to_owned(),
        facility: facility::code(row.text(2)?)?,
        as_of: row.optional_time(3)?,
        source_changed_at: row.optional_time(4)?,
        listed: row.count(5)?,
        held: row.optional_text(6)?.map(str::to_owned),
        heard_at: row.time(7)?,
    })
}
