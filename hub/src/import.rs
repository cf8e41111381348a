//! Files that a court, a prosecutor, the Parole Board or the keeper of a registry gives to the hub itself.
//!
//! They are read and mapped as an agent does it, signed by the importer of their agency, and taken in
//! through the same log, with the same receipts (section 2).

pub mod importer;
pub mod kind;
pub mod reading;
pub mod taking;
pub mod undo;

use savin_shared::event::EventCode;
use savin_shared::ids::RecordKey;

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::event;
use crate::store::registry::import::ImportRow;

/// What an import changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Records that the file lists.
    pub listed: u64,
    /// Records that were listed before.
    pub listed_before: u64,
    /// Records that were not listed before.
    pub added: Vec<RecordKey>,
    /// Records that were listed otherwise.
    pub changed: Vec<RecordKey>,
    /// Records that are listed no longer.
    pub missing: Vec<RecordKey>,
    /// Records that became sealed.
    pub sealed: Vec<RecordKey>,
    /// Records that several rows describe differently, with the places of those rows: they stay as they
    /// were.
    pub contradicting: Vec<(RecordKey, Vec<u64>)>,
    /// Records that are missing and are not counted so, since rows without a key may be theirs.
    pub unsure: u64,
    /// What follows, by code: how many events.
    pub events: Vec<(EventCode, u64)>,
    /// Whether it is the first of its feed, and so the state of things and no news.
    pub is_first: bool,
}

/// What became of a file, or of an undoing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What it changes.
    pub changes: Changes,
    /// The import, where it changed anything and was not only tried.
    pub import: Option<ImportRow>,
}

/// Counts the events after a place in their order.
fn events_since(
    tx: &mut Tx<'_>,
    from: crate::ids::EventPosition,
) -> Result<Vec<(EventCode, u64)>, StoreError> {
    let mut counts = std::collections::BTreeMap::new();
    let mut at = from;
    loop {
        let events = event::after(tx, at, 1_000)?;
        let Some((last, _)) = events.last() else {
            return Ok(counts.into_iter().collect());
        };
        at = *last;
        for (_, event) in &events {
            *counts.entry(event.code).or_insert(0) += 1;
        }
    }
}

#[cfg(test)]
mod tests;
