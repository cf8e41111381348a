//! The full state of an agent's shadow, in chunks, under one signature over its digest.

use serde::{Deserialize, Serialize};

use super::{FrameError, from_inner, inner};
use crate::chain::Position;
use crate::envelope::pack::{PackedBodies, compress, expand};
use crate::envelope::portable::{halves, joined};
use crate::hash::Hash;
use crate::ids::{AgentId, FeedName};
use crate::limits::{CHUNK_BYTES, CHUNK_ROWS_MAX};
use crate::sign::{SignError, SignatureAlgorithm, SigningKey, VerifyingKey};

/// A full state follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotBegin {
    /// The place on the chain whose state it is.
    pub position: Position,
    /// How many rows follow.
    pub rows: u64,
    /// The digest's root over them.
    pub state_digest: Hash,
    algorithm: u8,
    signature: ([u8; 32], [u8; 32]),
}

impl SnapshotBegin {
    /// Signs the announcement of a state.
    #[must_use]
    pub fn sign(
        agent: AgentId,
        position: Position,
        rows: u64,
        state_digest: Hash,
        key: &SigningKey,
    ) -> Self {
        let algorithm = SignatureAlgorithm::Ed25519.code();
        let mut begin = Self {
            position,
            rows,
            state_digest,
            algorithm,
            signature: ([0; 32], [0; 32]),
        };
        begin.signature = halves(&key.sign(&begin.signed_bytes(agent)));
        begin
    }

    /// Checks the agent's signature. Rows that sum up to the digest are then its rows.
    ///
    /// # Errors
    /// Returns [`SignError::Signature`] when it is not the agent's.
    pub fn verify(&self, agent: AgentId, key: &VerifyingKey) -> Result<(), SignError> {
        key.verify(&self.signed_bytes(agent), &joined(self.signature))
    }

    fn signed_bytes(&self, agent: AgentId) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(160);
        bytes.extend_from_slice(b"savin/snapshot/1\0");
        bytes.push(self.algorithm);
        bytes.extend_from_slice(agent.as_bytes());
        bytes.extend_from_slice(self.position.epoch.as_bytes());
        bytes.extend_from_slice(&self.position.seq.0.to_be_bytes());
        bytes.extend_from_slice(self.position.head.as_bytes());
        bytes.extend_from_slice(&self.rows.to_be_bytes());
        bytes.extend_from_slice(self.state_digest.as_bytes());
        bytes
    }
}

/// Some rows of the state, compressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotChunk {
    /// Counts from zero.
    pub index: u32,
    unpacked_bytes: u32,
    #[serde(with = "serde_bytes")]
    packed: Vec<u8>,
}

/// One row of the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRow {
    /// In which feed.
    pub feed: FeedName,
    /// The code of a [`crate::delta::Coverage`].
    pub coverage: u8,
    /// The code of a [`crate::delta::Evidence`].
    pub evidence: u8,
    /// The record's portable bytes.
    #[serde(with = "serde_bytes")]
    pub row: Vec<u8>,
}

impl SnapshotChunk {
    /// Packs a whole state into chunks, each within its bounds.
    ///
    /// # Errors
    /// Returns [`FrameError`] when a chunk cannot be packed.
    pub fn pack_all(rows: &[SnapshotRow]) -> Result<Vec<Self>, FrameError> {
        let mut bytes = 0;
        let parts = rows.chunk_by(move |_, next| {
            bytes += next.row.len();
            let fits = bytes <= CHUNK_BYTES;
            if !fits {
                bytes = 0;
            }
            fits
        });
        let parts = parts.flat_map(|part| part.chunks(CHUNK_ROWS_MAX));
        (0..)
            .zip(parts)
            .map(|(index, part)| Self::pack(index, part))
            .collect()
    }

    /// Packs rows.
    ///
    /// # Errors
    /// Returns [`FrameError`] for more than [`CHUNK_ROWS_MAX`] rows or too many bytes.
    pub fn pack(index: u32, rows: &[SnapshotRow]) -> Result<Self, FrameError> {
        if rows.len() > CHUNK_ROWS_MAX {
            return Err(FrameError::TooLarge);
        }
        let block = compress(&inner(&rows)?).map_err(|_| FrameError::TooLarge)?;
        Ok(Self {
            index,
            unpacked_bytes: block.unpacked_bytes,
            packed: block.packed,
        })
    }

    /// Unpacks the rows.
    ///
    /// # Errors
    /// Returns [`FrameError`] when the block is damaged or holds too many rows.
    pub fn unpack(self) -> Result<Vec<SnapshotRow>, FrameError> {
        let block = PackedBodies {
            unpacked_bytes: self.unpacked_bytes,
            packed: self.packed,
        };
        let rows: Vec<SnapshotRow> =
            from_inner(&expand(&block).map_err(|_| FrameError::TooLarge)?)?;
        if rows.len() > CHUNK_ROWS_MAX {
            Err(FrameError::TooLarge)
        } else {
            Ok(rows)
        }
    }
}

/// All rows were sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotEnd {
    /// How many chunks there were.
    pub chunks: u32,
}

#[cfg(test)]
mod tests {
    use super::{SnapshotChunk, SnapshotRow};
    use crate::ids::FeedName;
    use crate::limits::CHUNK_ROWS_MAX;

    fn rows(count: usize, bytes: usize) -> Vec<SnapshotRow> {
        let feed = FeedName::new("roster").unwrap();
        vec![
            SnapshotRow {
                feed,
                coverage: 1,
                evidence: 1,
                row: vec![7; bytes]
            };
            count
        ]
    }

    #[test]
    fn packs_any_state_within_the_bounds() {
        for (count, bytes) in [
            (0, 1),
            (1, 60_000),
            (2_000, 200),
            (1_100, 900),
            (20, 60_000),
        ] {
            let chunks = SnapshotChunk::pack_all(&rows(count, bytes)).unwrap();
            assert!(
                chunks
                    .iter()
                    .zip(0..)
                    .all(|(chunk, index)| chunk.index == index)
            );
            let unpacked: Vec<_> = chunks.into_iter().map(|c| c.unpack().unwrap()).collect();
            assert!(unpacked.iter().all(|rows| rows.len() <= CHUNK_ROWS_MAX));
            assert_eq!(unpacked.concat(), rows(count, bytes));
        }
    }
}
