//! Agents of which two programs seem to run with one identity.

use jiff::Timestamp;
use savin_shared::ids::AgentId;

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// What was seen of an agent that may run twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloneRow {
    /// Which agent.
    pub agent: AgentId,
    /// How often a start that had been taken over came back.
    pub returns: u64,
    /// When that was last.
    pub returned_at: Timestamp,
    /// Since when that is an alarm, until a person has looked.
    pub alarm_at: Option<Timestamp>,
}

/// Counts a start that came back; an alarm that stands keeps its time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn count(
    tx: &mut Tx<'_>,
    agent: AgentId,
    at: Timestamp,
    is_alarm: bool,
) -> Result<(), StoreError> {
    let alarm = is_alarm.then_some(at);
    tx.execute_one(
        "agent_clone",
        "INSERT INTO agent_clone (agent_id, returns, returned_at, alarm_at)
         VALUES ($1, 1, $2, $3)
         ON CONFLICT (agent_id) DO UPDATE SET returns = agent_clone.returns + 1,
             returned_at = excluded.returned_at,
             alarm_at = coalesce(agent_clone.alarm_at, excluded.alarm_at)",
        &[agent.as_bytes().into(), time(at), alarm.map(time).into()],
    )
}

/// Ends an alarm, after a person has looked.
///
/// # Errors
/// Returns [`StoreError`] when there is none, or the database refuses.
pub fn clear(tx: &mut Tx<'_>, agent: AgentId) -> Result<(), StoreError> {
    tx.execute_one(
        "agent_clone",
        "UPDATE agent_clone SET alarm_at = NULL WHERE agent_id = $1 AND alarm_at IS NOT NULL",
        values![agent.as_bytes()],
    )
}

/// Lists every agent of which a start came back.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<CloneRow>, StoreError> {
    tx.query(
        "SELECT agent_id, returns, returned_at, alarm_at FROM agent_clone ORDER BY agent_id",
        values![],
    )?
    .iter()
    .map(|row| {
        Ok(CloneRow {
            agent: AgentId::from_bytes(row.array(0)?),
            returns: row.count(1)?,
            returned_at: row.time(2)?,
            alarm_at: row.optional_time(3)?,
        })
    })
    .collect()
}
