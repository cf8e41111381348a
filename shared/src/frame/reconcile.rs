//! Anti-entropy: two round trips that find the rows in which two states differ.

use serde::{Deserialize, Serialize};

use crate::hash::Hash;
use crate::ids::FeedName;

/// A step of the comparison. Variants are only ever appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reconcile {
    /// Hub: these are my buckets, as a stored [`crate::digest::Digest`].
    Buckets(#[serde(with = "serde_bytes")] Vec<u8>),
    /// Agent: in the buckets that differ I hold these rows.
    Rows(Vec<RowHash>),
    /// Hub: send me these again.
    Wanted(Vec<RowName>),
}

/// What names a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowName {
    /// In which feed.
    pub feed: FeedName,
    /// The code of a [`crate::record::RecordKind`].
    pub kind: u8,
    /// The number that its agency gave it.
    pub number: String,
}

/// A row by name and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowHash {
    /// Which row.
    pub name: RowName,
    /// The hash of its bytes.
    pub hash: Hash,
}
