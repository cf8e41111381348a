//! The agencies' daily tests of the line, and when each came out at its end.

use jiff::{SignedDuration, Timestamp};
use savin_shared::ids::AgentId;

use crate::ids::NoticeId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;

/// How long a test is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A test on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewCanary {
    /// The notice that carries it.
    pub notice: NoticeId,
    /// Whose it is.
    pub agent: AgentId,
    /// When it was made.
    pub made_at: Timestamp,
}

/// How an agent's tests stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CanaryStanding {
    /// Whose.
    pub agent: AgentId,
    /// When the last one that came out was made.
    pub made_at: Option<Timestamp>,
    /// When that came out.
    pub told_at: Option<Timestamp>,
    /// Since when the oldest one that is under way was planned.
    pub waiting_since: Option<Timestamp>,
}

/// Notes tests that were planned, and forgets old ones.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn plan(tx: &mut Tx<'_>, canaries: &[NewCanary], now: Timestamp) -> Result<(), StoreError> {
    if canaries.is_empty() {
        return Ok(());
    }
    let lists: Vec<_> = canaries
        .iter()
        .map(|canary| {
            vec![
                canary.notice.as_bytes().into(),
                canary.agent.as_bytes().into(),
                time(canary.made_at),
                time(now),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO canary (notice_id, agent_id, made_at, planned_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (notice_id) DO NOTHING",
        &lists,
    )?;
    let before = now.checked_sub(KEPT).unwrap_or(Timestamp::UNIX_EPOCH);
    tx.execute("DELETE FROM canary WHERE planned_at < $1", &[time(before)])
        .map(|_| ())
}

/// Notes that a notice came out at the end of the line, if it carries a test.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn told(tx: &mut Tx<'_>, notice: NoticeId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE canary SET told_at = coalesce(told_at, $2) WHERE notice_id = $1",
        &[notice.as_bytes().into(), time(now)],
    )
    .map(|_| ())
}

/// Returns how each agent's tests stand.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn standings(tx: &mut Tx<'_>) -> Result<Vec<CanaryStanding>, StoreError> {
    tx.query(
        "SELECT agent_id, max(CASE WHEN told_at IS NOT NULL THEN made_at END), max(told_at),
             min(CASE WHEN told_at IS NULL THEN planned_at END)
         FROM canary GROUP BY agent_id ORDER BY agent_id",
        &[],
    )?
    .iter()
    .map(|row| {
        Ok(CanaryStanding {
            agent: AgentId::from_bytes(row.array(0)?),
            made_at: row.optional_time(1)?,
            told_at: row.optional_time(2)?,
            waiting_since: row.optional_time(3)?,
        })
    })
    .collect()
}
