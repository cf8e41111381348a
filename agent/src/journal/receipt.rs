//! The hub's receipts, kept for as long as the agency wants its proof.

use rusqlite::{Transaction, params};
use savin_shared::chain::Position;
use savin_shared::ids::{Epoch, Seq};
use savin_shared::receipt::{Receipt, decode, encode};

use super::position::{self};
use super::{JournalError, spool, storable};

/// Keeps a receipt and moves the acknowledged position, if it is for this journal's history.
/// Returns whether it is.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn keep(tx: &Transaction<'_>, receipt: &Receipt) -> Result<bool, JournalError> {
    let mut standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
    let at = receipt.position;
    let genesis = Position::genesis(standpoint.agent, standpoint.end.epoch);
    let is_ours = at.epoch == standpoint.end.epoch
        && (at == genesis || at == standpoint.end || spool::holds(tx, &at)?);
    if !is_ours {
        return Ok(false);
    }
    let bytes = encode(receipt).map_err(savin_shared::delta::DeltaError::from)?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO receipt (epoch, seq, receipt) VALUES (?1, ?2, ?3)
         ON CONFLICT (epoch, seq) DO NOTHING",
    )?;
    statement.execute(params![at.epoch.as_bytes(), storable(at.seq.0), bytes])?;
    if at.seq > standpoint.acked {
        standpoint.acked = at.seq;
        position::store(tx, &standpoint)?;
    }
    Ok(true)
}

/// Loads the first receipt that covers a delta, if there is one yet.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn covering(
    tx: &Transaction<'_>,
    epoch: Epoch,
    seq: Seq,
) -> Result<Option<Receipt>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT receipt FROM receipt WHERE epoch = ?1 AND seq >= ?2 ORDER BY seq LIMIT 1",
    )?;
    let mut rows = statement.query(params![epoch.as_bytes(), storable(seq.0)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let bytes = row.get_ref(0)?.as_blob().unwrap_or_default();
    let receipt = decode(bytes).map_err(|_| JournalError::Damaged("a receipt"))?;
    Ok(Some(receipt))
}

/// Loads receipts, the newest first, older than a delta where one is named.
///
/// # Errors
/// Returns [`JournalError`] when they cannot be read.
pub fn newest(
    tx: &Transaction<'_>,
    before: Option<Seq>,
    receipts_max: u32,
) -> Result<Vec<Receipt>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT receipt FROM receipt WHERE seq < ?1 ORDER BY rowid DESC LIMIT ?2",
    )?;
    let before = storable(before.map_or(u64::MAX, |seq| seq.0));
    let mut rows = statement.query(params![before, receipts_max])?;
    let mut receipts = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_blob().unwrap_or_default();
        receipts.push(decode(bytes).map_err(|_| JournalError::Damaged("a receipt"))?);
    }
    Ok(receipts)
}
