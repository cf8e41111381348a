//! The shadow: what each feed listed last.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Transaction, params};
use savin_shared::delta::{Coverage, Evidence, Row};
use savin_shared::frame::snapshot::SnapshotRow;
use savin_shared::hash::Hash;
use savin_shared::ids::{FeedName, RecordKey, RecordNumber};
use savin_shared::record::RecordKind;

use super::{JournalError, stored_hash};
use crate::diff::Shadowed;
use crate::mapping::standing::Standing;

/// Loads what a feed listed last, without the rows themselves.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn load(
    tx: &Transaction<'_>,
    feed: &FeedName,
) -> Result<HashMap<RecordKey, Shadowed>, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT kind, number, hash, standing FROM shadow WHERE feed = ?1")?;
    let mut rows = statement.query([feed.as_str()])?;
    let mut entries = HashMap::new();
    while let Some(row) = rows.next()? {
        let key = key(row.get(0)?, row.get_ref(1)?.as_str().unwrap_or_default())?;
        let hash = stored_hash(row.get_ref(2)?.as_blob().unwrap_or_default())?;
        let standing = Standing::from_code(row.get(3)?);
        entries.insert(key, Shadowed { hash, standing });
    }
    Ok(entries)
}

/// Returns the hash of one row.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn hash_of(
    tx: &Transaction<'_>,
    feed: &FeedName,
    key: &RecordKey,
) -> Result<Option<Hash>, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT hash FROM shadow WHERE feed = ?1 AND kind = ?2 AND number = ?3")?;
    let hash: Option<Vec<u8>> = statement
        .query_row(
            params![feed.as_str(), key.kind.code(), key.number.as_str()],
            |row| row.get(0),
        )
        .optional()?;
    hash.map(|hash| stored_hash(&hash)).transpose()
}

/// Returns one row.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn row_of(
    tx: &Transaction<'_>,
    feed: &FeedName,
    key: &RecordKey,
) -> Result<Option<Row>, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT row FROM shadow WHERE feed = ?1 AND kind = ?2 AND number = ?3")?;
    let bytes: Option<Vec<u8>> = statement
        .query_row(
            params![feed.as_str(), key.kind.code(), key.number.as_str()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(bytes.map(Row::from_bytes))
}

/// Stores one row.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn put(
    tx: &Transaction<'_>,
    feed: &FeedName,
    key: &RecordKey,
    row: &Row,
    standing: Standing,
    (coverage, evidence): (Coverage, Evidence),
) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO shadow (feed, kind, number, hash, standing, coverage, evidence, row)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (feed, kind, number) DO UPDATE SET hash = ?4, standing = ?5, coverage = ?6,
             evidence = ?7, row = ?8",
    )?;
    statement.execute(params![
        feed.as_str(),
        key.kind.code(),
        key.number.as_str(),
        row.hash().as_bytes(),
        standing.code(),
        coverage.code(),
        evidence.code(),
        row.bytes(),
    ])?;
    Ok(())
}

/// Removes one row.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn remove(tx: &Transaction<'_>, feed: &FeedName, key: &RecordKey) -> Result<(), JournalError> {
    let mut statement =
        tx.prepare_cached("DELETE FROM shadow WHERE feed = ?1 AND kind = ?2 AND number = ?3")?;
    statement.execute(params![feed.as_str(), key.kind.code(), key.number.as_str()])?;
    Ok(())
}

/// Returns how many rows a feed lists.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn count(tx: &Transaction<'_>, feed: &FeedName) -> Result<u64, JournalError> {
    let mut statement = tx.prepare_cached("SELECT count(*) FROM shadow WHERE feed = ?1")?;
    super::stored_count(statement.query_row([feed.as_str()], |row| row.get(0))?)
}

/// Returns every row of every feed, in order, as a full state sends them.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn rows(tx: &Transaction<'_>) -> Result<Vec<SnapshotRow>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT feed, coverage, evidence, row FROM shadow ORDER BY feed, kind, number",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let feed: String = row.get(0)?;
        all.push(SnapshotRow {
            feed: FeedName::new(&feed).map_err(|_| JournalError::Damaged("a feed's name"))?,
            coverage: row.get(1)?,
            evidence: row.get(2)?,
            row: row.get(3)?,
        });
    }
    Ok(all)
}

pub(super) fn key(kind: u8, number: &str) -> Result<RecordKey, JournalError> {
    Ok(RecordKey {
        kind: RecordKind::from_code(kind).ok_or(JournalError::Damaged("a record's kind"))?,
        number: RecordNumber::new(number)
            .map_err(|_| JournalError::Damaged("a record's number"))?,
    })
}
