//! Up to where each agent's deltas are durable.

use savin_shared::chain::Position;
use savin_shared::clock::ReceivedAt;
use savin_shared::digest::Digest;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, Epoch, Seq};

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, count};

/// Where the hub stands with an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durable {
    /// Up to where its deltas are durable.
    pub position: Position,
    /// When the last of them became so.
    pub received_at: ReceivedAt,
    /// The digest of what the agent lists.
    pub digest: Digest,
}

/// Loads where the hub stands with each of these agents, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load_many(tx: &mut Tx<'_>, agents: &[AgentId]) -> Result<Vec<Option<Durable>>, StoreError> {
    let lists: Vec<_> = agents
        .iter()
        .map(|agent| vec![agent.as_bytes().into()])
        .collect();
    tx.query_many(
        "SELECT epoch, seq, head, received_at, digest FROM agent_position WHERE agent_id = $1",
        &lists,
    )?
    .iter()
    .map(|rows| rows.first().map(read).transpose())
    .collect()
}

/// Loads where the hub stands with an agent.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(tx: &mut Tx<'_>, agent: AgentId) -> Result<Option<Durable>, StoreError> {
    Ok(load_many(tx, &[agent])?.pop().flatten())
}

/// Stores where the hub stands with agents.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn store_many(tx: &mut Tx<'_>, positions: &[(AgentId, &Durable)]) -> Result<(), StoreError> {
    let lists: Vec<_> = positions
        .iter()
        .map(|(agent, durable)| {
            vec![
                agent.as_bytes().into(),
                durable.position.epoch.as_bytes().into(),
                count(durable.position.seq.0),
                durable.position.head.as_bytes().into(),
                durable.received_at.micros().into(),
                durable.digest.to_bytes().into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO agent_position (agent_id, epoch, seq, head, received_at, digest)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (agent_id) DO UPDATE SET epoch = $2, seq = $3, head = $4, received_at = $5,
             digest = $6",
        &lists,
    )
}

fn read(row: &Row) -> Result<Durable, StoreError> {
    let damaged = StoreError::Damaged;
    Ok(Durable {
        position: Position {
            epoch: Epoch::from_bytes(row.array(0)?),
            seq: Seq(row.count(1)?),
            head: Hash::from_bytes(row.array(2)?),
        },
        received_at: ReceivedAt::from_micros(row.integer(3)?).ok_or(damaged("a time"))?,
        digest: Digest::from_bytes(row.bytes(4)?).ok_or(damaged("a digest"))?,
    })
}
