//! What opens the leaf of an event: what it says by itself, and what it says of another booking.

use jiff::Timestamp;
use savin_shared::hash::Hash;
use serde::{Deserialize, Serialize};

use super::{Salt, time};

/// What an event says, as its leaf commits to it. Whom it is about is not in it: that is by the
/// record, and persons are joined and parted later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventOpening {
    /// Its place in the order in which events became known.
    pub position: i64,
    /// What happened.
    pub code: String,
    /// By which record of the registry.
    pub record: i64,
    /// Which state of it.
    pub version: i64,
    /// Where.
    pub facility: String,
    /// How the agent came to see it.
    pub origin: String,
    /// When the agency says that it happened.
    pub effective_at: Option<Timestamp>,
    /// When the agency says that it wrote it down.
    pub entered_at: Option<Timestamp>,
    /// When the agent saw it.
    pub observed_at: Timestamp,
    /// When the hub made it durable.
    pub received_at: Timestamp,
    /// The position of the event that it takes back, if it does.
    pub corrects: Option<i64>,
    /// Its particulars, as JSON.
    pub details: String,
}

impl EventOpening {
    /// Commits to it.
    #[must_use]
    pub fn commitment(&self, salt: &Salt) -> Hash {
        let optional = |at: Option<Timestamp>| at.map(time).unwrap_or_default();
        let numbers = [self.position, self.record, self.version].map(i64::to_be_bytes);
        let times = [
            optional(self.effective_at),
            optional(self.entered_at),
            time(self.observed_at),
            time(self.received_at),
        ];
        let corrects = self.corrects.map(|corrects| corrects.to_string());
        let corrects = corrects.unwrap_or_default();
        let words = [
            &self.code,
            &self.facility,
            &self.origin,
            &corrects,
            &self.details,
        ];
        let mut parts: Vec<&[u8]> = vec![salt, numbers.as_flattened()];
        parts.extend(times.iter().chain(words).map(String::as_bytes));
        Hash::tagged("savin/event-commitment/1", &parts)
    }
}

/// What an event says of another booking of its person, to which its leaf commits apart from all else: by an order about
/// that booking it is destroyed, and the event is still proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElsewhereOpening {
    /// The record of the other booking.
    pub record: i64,
    /// Where that holds the person.
    pub facility: String,
}

impl ElsewhereOpening {
    /// Commits to it.
    #[must_use]
    pub fn commitment(&self, salt: &Salt) -> Hash {
        let record = self.record.to_be_bytes();
        let parts: [&[u8]; 3] = [salt, &record, self.facility.as_bytes()];
        Hash::tagged("savin/event-elsewhere/1", &parts)
    }
}
