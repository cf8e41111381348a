//! What is known of one record.

use std::collections::BTreeSet;

use savin_shared::delta::Evidence;
use savin_shared::ids::FeedName;
use savin_shared::record::{Record, RecordKind};

/// A record as it stands, and on whose word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The record.
    pub record: Record,
    /// The feeds that sealed or protected it: as long as there is one, nobody is shown it.
    pub sealed_by: BTreeSet<FeedName>,
    /// The feed whose word its status is.
    pub status_feed: FeedName,
    /// What that word proves.
    pub status_evidence: Evidence,
    /// How many rosters list it now.
    pub listings: u32,
}

impl Known {
    /// Says whether it is a booking by which the person is held.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let custody = self.record.custody();
        custody.is_some_and(|custody| custody.state.is_held())
    }

    /// Says whether the public may see the record, and learn anything by it. Service of a
    /// protective order is told to whoever asked for the order: the public page would tell the
    /// person it is against.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.sealed_by.is_empty()
            && !self.record.synthetic
            && self.record.kind() != RecordKind::ProtectiveOrder
    }
}
