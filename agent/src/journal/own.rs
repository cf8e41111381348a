//! What the agent says in a feed of its own: stored as a capture is, though no source said it.

use jiff::Timestamp;
use rusqlite::Transaction;
use savin_shared::chain::Salt;
use savin_shared::delta::Change;
use savin_shared::envelope::SealedBatch;
use savin_shared::ids::FeedName;

use super::feed::{Ended, FeedState};
use super::hold::HoldUpdate;
use super::{Capture, JournalError, Step, Steps, feed, shadow};
use crate::signer::Signer;

/// Stores words of the agent's own within a transaction, and returns their sealed batches.
///
/// # Errors
/// Returns [`JournalError`]; nothing is then to be committed.
pub fn store(
    tx: &Transaction<'_>,
    signer: &Signer,
    name: &FeedName,
    steps: Vec<Step>,
    (at, secret): (Timestamp, Salt),
) -> Result<Vec<SealedBatch>, JournalError> {
    let before = feed::load(tx, name)?;
    let mut listed = before.as_ref().map_or(0, |state| state.listed);
    for step in &steps {
        let Some(key) = &step.key else { continue };
        let is_listed = shadow::hash_of(tx, name, key)?.is_some();
        match step.delta.change {
            Change::Upsert { .. } => listed += u64::from(!is_listed),
            Change::NoLongerListed(_) | Change::Withheld(_) => {
                listed = listed.saturating_sub(u64::from(is_listed));
            }
            Change::ObservationGap { .. } => {}
        }
    }
    let state = FeedState {
        seen_at: at,
        captured_at: Some(at),
        changed_at: Some(at),
        exported_at: Some(at),
        listed,
        ..before.unwrap_or_else(|| FeedState::begin(at))
    };
    let capture = Capture {
        feed: name,
        follows: None,
        steps: Steps::made(steps.into_iter()),
        state,
        export: None,
        told: Vec::new(),
        passage: None,
        ended: Ended::default(),
        hold: HoldUpdate::Keep,
        shape: None,
        secret,
        at,
    };
    super::store(tx, signer, capture)
}
