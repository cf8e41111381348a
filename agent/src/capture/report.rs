//! What a capture did, for the log, the replay and the tests.

use std::collections::BTreeMap;

use savin_shared::envelope::SealedBatch;

use super::refusal::Refusal;
use crate::diff::{Class, Difference};
use crate::guard::HoldReason;
use crate::mapping::tally::Tally;

/// What became of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken, as far as the guard let it pass.
    Taken,
    /// It is byte for byte the one that was taken last.
    Repeat,
    /// It changed nothing.
    Refused(Refusal),
}

/// What a capture did.
#[derive(Debug)]
pub struct Report {
    /// What became of the export.
    pub outcome: Outcome,
    /// Rows that were read.
    pub rows: u64,
    /// Records that the export lists.
    pub listed: u64,
    /// Columns that nothing was taken from.
    pub dropped: Vec<String>,
    /// What was counted while mapping.
    pub tally: Tally,
    /// Changes that were believed, by class.
    pub counts: BTreeMap<Class, u64>,
    /// Changes that wait for a person.
    pub held: u64,
    /// Why.
    pub reasons: Vec<HoldReason>,
    /// How the export looks other than the one that was accepted last.
    pub looks_other: Vec<String>,
    /// The batches that were sealed.
    pub batches: Vec<SealedBatch>,
}

impl Report {
    /// Reports an outcome that changed nothing.
    #[must_use]
    pub fn nothing(outcome: Outcome) -> Self {
        Self {
            outcome,
            rows: 0,
            listed: 0,
            dropped: Vec::new(),
            tally: Tally::default(),
            counts: BTreeMap::new(),
            held: 0,
            reasons: Vec::new(),
            looks_other: Vec::new(),
            batches: Vec::new(),
        }
    }

    /// Returns how many changes of a class were believed.
    #[must_use]
    pub fn count(&self, class: Class) -> u64 {
        self.counts.get(&class).copied().unwrap_or(0)
    }
}

/// Counts changes by class.
#[must_use]
pub fn count(differences: &[Difference]) -> BTreeMap<Class, u64> {
    let mut counts = BTreeMap::new();
    for difference in differences {
        *counts.entry(difference.class).or_default() += 1;
    }
    counts
}
