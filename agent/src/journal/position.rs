//! Where the journal stands: its chain's end, what is acknowledged, and the digest of its shadow.

use rusqlite::{OptionalExtension as _, Transaction, params};
use savin_shared::chain::Position;
use savin_shared::digest::Digest;
use savin_shared::ids::{AgentId, Epoch, Seq};

use super::{JournalError, storable, stored_count, stored_hash};

/// Where the journal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standpoint {
    /// Whose journal it is.
    pub agent: AgentId,
    /// The end of its chain.
    pub end: Position,
    /// Up to where there is a receipt.
    pub acked: Seq,
    /// Whether its deltas tell the whole state.
    pub complete: bool,
    /// The digest of the shadow.
    pub digest: Digest,
}

/// Loads where the journal stands.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn load(tx: &Transaction<'_>) -> Result<Option<Standpoint>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT agent, epoch, seq, head, acked, complete, digest FROM position WHERE id = 1",
    )?;
    let row = statement
        .query_row([], |row| {
            Ok((
                (
                    row.get::<_, Vec<u8>>(0)?,
                    row.get::<_, Vec<u8>>(1)?,
                    row.get::<_, i64>(2)?,
                ),
                (
                    row.get::<_, Vec<u8>>(3)?,
                    row.get::<_, i64>(4)?,
                    row.get::<_, bool>(5)?,
                ),
                row.get::<_, Vec<u8>>(6)?,
            ))
        })
        .optional()?;
    let Some(((agent, epoch, seq), (head, acked, complete), digest)) = row else {
        return Ok(None);
    };
    let damaged = JournalError::Damaged;
    Ok(Some(Standpoint {
        agent: AgentId::from_slice(&agent).ok_or(damaged("the agent's name"))?,
        end: Position {
            epoch: Epoch::from_slice(&epoch).ok_or(damaged("the epoch"))?,
            seq: Seq(stored_count(seq)?),
            head: stored_hash(&head)?,
        },
        acked: Seq(stored_count(acked)?),
        complete,
        digest: Digest::from_bytes(&digest).ok_or(damaged("the digest"))?,
    }))
}

/// Loads where the journal stands, or begins its first epoch.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read or written.
pub fn load_or_begin(
    tx: &Transaction<'_>,
    agent: AgentId,
    epoch: Epoch,
) -> Result<Standpoint, JournalError> {
    if let Some(standpoint) = load(tx)? {
        return Ok(standpoint);
    }
    let standpoint = Standpoint {
        agent,
        end: Position::genesis(agent, epoch),
        acked: Seq::ZERO,
        complete: true,
        digest: Digest::default(),
    };
    store(tx, &standpoint)?;
    Ok(standpoint)
}

/// Begins a new epoch with the same shadow, after the file was rolled back.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read or written.
pub fn begin_epoch(tx: &Transaction<'_>, epoch: Epoch) -> Result<Standpoint, JournalError> {
    let mut standpoint = load(tx)?.ok_or(JournalError::Damaged("no position"))?;
    standpoint.end = Position::genesis(standpoint.agent, epoch);
    standpoint.acked = Seq::ZERO;
    standpoint.complete = false;
    store(tx, &standpoint)?;
    Ok(standpoint)
}

/// Stores where the journal stands.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn store(tx: &Transaction<'_>, standpoint: &Standpoint) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO position (id, agent, epoch, seq, head, acked, complete, digest)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET epoch = ?2, seq = ?3, head = ?4, acked = ?5,
             complete = ?6, digest = ?7",
    )?;
    statement.execute(params![
        standpoint.agent.as_bytes(),
        standpoint.end.epoch.as_bytes(),
        storable(standpoint.end.seq.0),
        standpoint.end.head.as_bytes(),
        storable(standpoint.acked.0),
        standpoint.complete,
        standpoint.digest.to_bytes(),
    ])?;
    Ok(())
}
