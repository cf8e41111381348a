//! What a notice needs besides its event: the record as it was, and what facilities are called.

use savin_shared::ids::FacilityCode;
use savin_shared::record::Record;

use super::event::Event;
use super::{facility, record};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// What is behind an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Background {
    /// The record as it was after the event.
    pub record: Record,
    /// Whether it has been sealed since: then nobody is told.
    pub is_sealed: bool,
}

/// Loads what is behind an event; `None` where its record is gone.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn background(tx: &mut Tx<'_>, event: &Event) -> Result<Option<Background>, StoreError> {
    let row = tx.query_optional(
        "SELECT v.body, r.sealed_by FROM record_version v
         JOIN record r ON r.record_id = v.record_id
         WHERE v.record_id = $1 AND v.version = $2",
        values![event.record.0, event.version],
    )?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Background {
        record: record::body(row.text(0)?)?,
        is_sealed: !row.text(1)?.is_empty(),
    }))
}

/// Returns what a facility is called, or its code where it is not in the list.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn facility_name(tx: &mut Tx<'_>, code: &FacilityCode) -> Result<String, StoreError> {
    let loaded = facility::load(tx, code)?;
    Ok(loaded.map_or_else(|| code.to_string(), |(facility, _)| facility.name))
}
