//! The spool: signed batches in the order of their chain, kept after they are acknowledged.

use rusqlite::{OptionalExtension as _, Transaction, params};
use savin_shared::chain::Position;
use savin_shared::envelope::{SealedBatch, portable};
use savin_shared::ids::{Epoch, Seq};

use super::{JournalError, position, storable, stored_count, stored_hash, stored_time};

/// What waits for an acknowledgement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Deltas.
    pub deltas: u64,
    /// When the oldest of them was sealed.
    pub oldest: Option<jiff::Timestamp>,
}

/// Adds a batch.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn insert(tx: &Transaction<'_>, batch: &SealedBatch) -> Result<(), JournalError> {
    let span = &batch.header.span;
    let mut statement = tx.prepare_cached(
        "INSERT INTO batch (epoch, first_seq, last_seq, head, sealed_at, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    statement.execute(params![
        span.epoch.as_bytes(),
        storable(span.first.0),
        storable(span.last.0),
        span.head.as_bytes(),
        batch.header.sealed_at.as_microsecond(),
        portable::encode(batch)?,
    ])?;
    Ok(())
}

/// Loads batches that follow a delta without a gap; none where the spool does not reach back.
///
/// # Errors
/// Returns [`JournalError`] when they cannot be read.
pub fn after(
    tx: &Transaction<'_>,
    epoch: Epoch,
    after: Seq,
    batches_max: u32,
) -> Result<Vec<SealedBatch>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT sealed FROM batch WHERE epoch = ?1 AND first_seq > ?2
         ORDER BY first_seq LIMIT ?3",
    )?;
    let mut rows = statement.query(params![epoch.as_bytes(), storable(after.0), batches_max])?;
    let mut batches = Vec::new();
    while let Some(row) = rows.next()? {
        let sealed = row.get_ref(0)?.as_blob().unwrap_or_default();
        batches.push(portable::decode(sealed)?);
    }
    let reaches_back = batches
        .first()
        .is_some_and(|batch: &SealedBatch| batch.header.span.first == after.next());
    Ok(if reaches_back { batches } else { Vec::new() })
}

/// Loads batches in the order in which they were sealed, over all epochs: those after a place and
/// sealed no earlier than a time, each with its place.
///
/// # Errors
/// Returns [`JournalError`] when they cannot be read.
pub fn page(
    tx: &Transaction<'_>,
    after: i64,
    sealed_from: jiff::Timestamp,
    batches_max: u32,
) -> Result<Vec<(i64, SealedBatch)>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT rowid, sealed FROM batch WHERE rowid > ?1 AND sealed_at >= ?2
         ORDER BY rowid LIMIT ?3",
    )?;
    let from = sealed_from.as_microsecond();
    let mut rows = statement.query(params![after, from, batches_max])?;
    let mut batches = Vec::new();
    while let Some(row) = rows.next()? {
        let sealed = row.get_ref(1)?.as_blob().unwrap_or_default();
        batches.push((row.get(0)?, portable::decode(sealed)?));
    }
    Ok(batches)
}

/// How far back the spool reaches in an epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Which epoch.
    pub epoch: Epoch,
    /// Deltas at its beginning that are no longer kept.
    pub forgotten: u64,
}

/// Returns how far back the spool reaches in each epoch of which it holds something, the oldest first.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn reach(tx: &Transaction<'_>) -> Result<Vec<Reach>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT epoch, min(first_seq) FROM batch GROUP BY epoch ORDER BY min(rowid)",
    )?;
    let mut rows = statement.query([])?;
    let mut reaches = Vec::new();
    while let Some(row) = rows.next()? {
        let epoch: Vec<u8> = row.get(0)?;
        let first = stored_count(row.get(1)?)?;
        reaches.push(Reach {
            epoch: Epoch::from_slice(&epoch).ok_or(JournalError::Damaged("an epoch"))?,
            forgotten: first.saturating_sub(1),
        });
    }
    Ok(reaches)
}

/// Says whether a position is a batch's end on the journal's chain.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn holds(tx: &Transaction<'_>, position: &Position) -> Result<bool, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT last_seq, head FROM batch WHERE epoch = ?1 AND first_seq <= ?2
             ORDER BY first_seq DESC LIMIT 1",
    )?;
    let seq = storable(position.seq.0);
    let batch: Option<(i64, Vec<u8>)> = statement
        .query_row(params![position.epoch.as_bytes(), seq], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(match batch {
        Some((last_seq, head)) => last_seq == seq && stored_hash(&head)? == position.head,
        None => false,
    })
}

/// Returns what waits for an acknowledgement.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn backlog(tx: &Transaction<'_>, epoch: Epoch, acked: Seq) -> Result<Backlog, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT coalesce(sum(last_seq - first_seq + 1), 0), min(sealed_at) FROM batch
         WHERE epoch = ?1 AND first_seq > ?2",
    )?;
    let (deltas, oldest): (i64, Option<i64>) = statement
        .query_row(params![epoch.as_bytes(), storable(acked.0)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let oldest = oldest.map(stored_time).transpose()?;
    Ok(Backlog {
        deltas: stored_count(deltas)?,
        oldest,
    })
}

/// Forgets acknowledged batches and returns how many.
///
/// These are those sealed before a time, and the oldest of those that together are larger than
/// `bytes_max`. The one at the acknowledged position stays, so that a hub that stands there is found
/// on the chain.
///
/// # Errors
/// Returns [`JournalError`] when they cannot be removed.
pub fn prune(
    tx: &Transaction<'_>,
    sealed_before: jiff::Timestamp,
    bytes_max: u64,
) -> Result<usize, JournalError> {
    let mut standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
    let (epoch, acked) = (standpoint.end.epoch, standpoint.acked);
    let beyond = last_beyond(tx, epoch, acked, bytes_max)?;
    let mut statement = tx.prepare_cached(
        "DELETE FROM batch WHERE epoch = ?1 AND last_seq < ?2 AND (sealed_at < ?3 OR last_seq <= ?4)",
    )?;
    let sealed_before = sealed_before.as_microsecond();
    let removed = statement.execute(params![
        epoch.as_bytes(),
        storable(acked.0),
        sealed_before,
        storable(beyond.0),
    ])?;
    if removed > 0 && standpoint.complete {
        standpoint.complete = false;
        position::store(tx, &standpoint)?;
    }
    let mut statement =
        tx.prepare_cached("DELETE FROM batch WHERE epoch <> ?1 AND sealed_at < ?2")?;
    Ok(removed + statement.execute(params![epoch.as_bytes(), sealed_before])?)
}

/// Returns the last delta of the newest acknowledged batch beyond the size that is kept.
fn last_beyond(
    tx: &Transaction<'_>,
    epoch: Epoch,
    acked: Seq,
    bytes_max: u64,
) -> Result<Seq, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT coalesce(max(last_seq), 0) FROM (
             SELECT last_seq, sum(length(sealed)) OVER (ORDER BY first_seq DESC) AS bytes
             FROM batch WHERE epoch = ?1 AND last_seq <= ?2
         ) AS kept WHERE bytes > ?3",
    )?;
    let (acked, bytes_max) = (storable(acked.0), storable(bytes_max));
    let last = statement.query_row(params![epoch.as_bytes(), acked, bytes_max], |row| {
        row.get(0)
    })?;
    Ok(Seq(stored_count(last)?))
}
