//! What agents could not see, and when.

use savin_shared::clock::ObservedAt;
use savin_shared::delta::GapReason;
use savin_shared::ids::{AgentId, Epoch, FeedName, Seq};

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::count;

/// A time in which a feed could not be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Who could not see it.
    pub agent: AgentId,
    /// The delta that said so.
    pub at: (Epoch, Seq),
    /// Which feed.
    pub feed: FeedName,
    /// Since when.
    pub from: ObservedAt,
    /// Until when.
    pub to: ObservedAt,
    /// Why.
    pub reason: GapReason,
}

/// Stores gaps.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn insert(tx: &mut Tx<'_>, gaps: &[Gap]) -> Result<(), StoreError> {
    let lists: Vec<_> = gaps
        .iter()
        .map(|gap| {
            vec![
                gap.agent.as_bytes().into(),
                gap.at.0.as_bytes().into(),
                count(gap.at.1.0),
                gap.feed.as_str().into(),
                gap.from.micros().into(),
                gap.to.micros().into(),
                gap.reason.code().into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO observation_gap (agent_id, epoch, seq, feed, gap_from, gap_to, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &lists,
    )
}
