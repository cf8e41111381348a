//! The agent's answers to a comparison of digests: what it lists, bucket by bucket.

use savin_shared::delta::Row;
use savin_shared::digest::{bucket_of, key_hash};
use savin_shared::frame::reconcile::Reconcile;
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotChunk};
use savin_shared::limits::{FRAME_BYTES_MAX, REPAIR_ROWS_MAX};
use savin_shared::session::agent::AgentSession;
use tokio::task::block_in_place;
use tracing::info;

use super::{DriveError, Driver};
use crate::journal::{JournalError, position, shadow};
use crate::uplink::streams::StreamError;

/// Bytes of rows that a repair may carry, well within a frame.
const REPAIR_BYTES_MAX: usize = FRAME_BYTES_MAX as usize / 2;

impl Driver {
    /// Sends the digest of what is listed.
    pub(super) fn send_standing(&mut self, session: &mut AgentSession) -> Result<(), DriveError> {
        let standpoint = self.standpoint()?;
        session.standing(standpoint.end, &standpoint.digest);
        Ok(())
    }

    /// Sends what is listed in some buckets, under a signature over the whole state.
    pub(super) fn send_repair(
        &mut self,
        buckets: Vec<u8>,
        session: &mut AgentSession,
    ) -> Result<(), DriveError> {
        let journal = &mut self.journal;
        let (standpoint, mut rows) = block_in_place(|| {
            journal.read(|tx| {
                let standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
                Ok((standpoint, shadow::rows(tx)?))
            })
        })?;
        let count = rows.len() as u64;
        rows.retain(|row| {
            let key = Row::from_bytes(row.row.clone())
                .record()
                .map(|record| record.key());
            key.is_ok_and(|key| buckets.contains(&bucket_of(&key_hash(&row.feed, &key))))
        });
        let bytes: usize = rows.iter().map(|row| row.row.len()).sum();
        if rows.len() as u64 > REPAIR_ROWS_MAX || bytes > REPAIR_BYTES_MAX {
            session.repair(Reconcile::Declined);
            return Ok(());
        }
        info!(
            rows = rows.len(),
            buckets = buckets.len(),
            "Sending again what the hub has differently"
        );
        let root = standpoint.digest.root();
        let (agent, end) = (standpoint.agent, standpoint.end);
        let begin = SnapshotBegin::sign(agent, end, count, root, self.parts.signer.key());
        let chunks = SnapshotChunk::pack_all(&rows).map_err(StreamError::Frame)?;
        session.repair(Reconcile::Repair {
            begin,
            buckets,
            chunks,
        });
        Ok(())
    }
}
