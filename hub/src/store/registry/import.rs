//! Files that were imported, and which part of their importer's chain each became.

use jiff::Timestamp;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgencyId, AgentId, Epoch, FeedName, Seq};

use super::agency;
use super::decision::DecisionId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, count, time};
use crate::values;

/// The number of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImportId(pub i64);

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its number.
    pub id: ImportId,
    /// Whose word it is.
    pub agency: AgencyId,
    /// What kind of file it was.
    pub kind: String,
    /// In which feed.
    pub feed: FeedName,
    /// What the file was called.
    pub file_name: String,
    /// The hash of the file.
    pub file_hash: Hash,
    /// Records that the file lists.
    pub listed: u64,
    /// Records that were not listed before.
    pub added: u64,
    /// Records that were listed otherwise.
    pub changed: u64,
    /// Records that are listed no longer, or are sealed.
    pub missing: u64,
    /// Rows that were set aside.
    pub set_aside: u64,
    /// The importer that signed it.
    pub agent: AgentId,
    /// Its chain.
    pub epoch: Epoch,
    /// The first delta.
    pub first: Seq,
    /// The last delta.
    pub last: Seq,
    /// When it became durable.
    pub received_at: Timestamp,
    /// The decision by which it was taken.
    pub decision: DecisionId,
    /// Who decided.
    pub staff: String,
    /// The import that it undoes, if it does.
    pub undoes: Option<ImportId>,
    /// The import that undid it, if one did.
    pub undone_by: Option<ImportId>,
}

/// Takes the number of the next import.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn next(tx: &mut Tx<'_>) -> Result<ImportId, StoreError> {
    Ok(ImportId(tx.take_numbers("import", 1)?))
}

/// Adds an import, and notes with the one that it undoes that it is undone.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn insert(tx: &mut Tx<'_>, import: &ImportRow) -> Result<(), StoreError> {
    tx.execute_one(
        "import",
        "INSERT INTO import (import_id, agency_id, kind, feed, file_name, file_hash, listed, added,
             changed, missing, set_aside, agent_id, epoch, first_seq, last_seq, received_at,
             decision_id, staff_name, undoes, undone_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
             NULL)",
        &[
            import.id.0.into(),
            import.agency.as_str().into(),
            import.kind.as_str().into(),
            import.feed.as_str().into(),
            import.file_name.as_str().into(),
            import.file_hash.as_bytes().into(),
            count(import.listed),
            count(import.added),
            count(import.changed),
            count(import.missing),
            count(import.set_aside),
            import.agent.as_bytes().into(),
            import.epoch.as_bytes().into(),
            count(import.first.0),
            count(import.last.0),
            time(import.received_at),
            import.decision.0.into(),
            import.staff.as_str().into(),
            import.undoes.map(|undone| undone.0).into(),
        ],
    )?;
    let Some(undone) = import.undoes else {
        return Ok(());
    };
    tx.execute_one(
        "import",
        "UPDATE import SET undone_by = $2 WHERE import_id = $1 AND undone_by IS NULL",
        values![undone.0, import.id.0],
    )
}

/// Loads an import.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(tx: &mut Tx<'_>, id: ImportId) -> Result<Option<ImportRow>, StoreError> {
    let row = tx.query_optional(
        "SELECT import_id, agency_id, kind, feed, file_name, file_hash, listed, added, changed,
             missing, set_aside, agent_id, epoch, first_seq, last_seq, received_at, decision_id,
             staff_name, undoes, undone_by
         FROM import WHERE import_id = $1",
        values![id.0],
    )?;
    row.as_ref().map(read).transpose()
}

/// Loads the newest import of a feed that still counts.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn last_of(
    tx: &mut Tx<'_>,
    agency: &AgencyId,
    feed: &FeedName,
) -> Result<Option<ImportRow>, StoreError> {
    let row = tx.query_optional(
        "SELECT import_id, agency_id, kind, feed, file_name, file_hash, listed, added, changed,
             missing, set_aside, agent_id, epoch, first_seq, last_seq, received_at, decision_id,
             staff_name, undoes, undone_by
         FROM import
         WHERE agency_id = $1 AND feed = $2 AND undoes IS NULL AND undone_by IS NULL
         ORDER BY import_id DESC LIMIT 1",
        values![agency.as_str(), feed.as_str()],
    )?;
    row.as_ref().map(read).transpose()
}

/// Lists imports, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn newest(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<ImportRow>, StoreError> {
    tx.query(
        "SELECT import_id, agency_id, kind, feed, file_name, file_hash, listed, added, changed,
             missing, set_aside, agent_id, epoch, first_seq, last_seq, received_at, decision_id,
             staff_name, undoes, undone_by
         FROM import ORDER BY import_id DESC LIMIT $1",
        values![i64::from(limit)],
    )?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &Row) -> Result<ImportRow, StoreError> {
    let feed = FeedName::new(row.text(3)?).map_err(|_| StoreError::Damaged("a feed's name"))?;
    Ok(ImportRow {
        id: ImportId(row.integer(0)?),
        agency: agency::id(row.text(1)?)?,
        kind: row.text(2)?.to_owned(),
        feed,
        file_name: row.text(4)?.to_owned(),
        file_hash: Hash::from_bytes(row.array(5)?),
        listed: row.count(6)?,
        added: row.count(7)?,
        changed: row.count(8)?,
        missing: row.count(9)?,
        set_aside: row.count(10)?,
        agent: AgentId::from_bytes(row.array(11)?),
        epoch: Epoch::from_bytes(row.array(12)?),
        first: Seq(row.count(13)?),
        last: Seq(row.count(14)?),
        received_at: row.time(15)?,
        decision: DecisionId(row.integer(16)?),
        staff: row.text(17)?.to_owned(),
        undoes: row.optional_integer(18)?.map(ImportId),
        undone_by: row.optional_integer(19)?.map(ImportId),
    })
}
