//! A named person lets the changes pass that the guard holds.

use jiff::Timestamp;
use jiff::civil::Date;
use savin_shared::chain::Salt;
use savin_shared::delta::{Change, Origin};
use savin_shared::envelope::SealedBatch;
use savin_shared::ids::FeedName;

use crate::diff::Class;
use crate::journal::hold::{Held, HoldUpdate};
use crate::journal::{Capture, Journal, JournalError, feed, hold};
use crate::signer::Signer;

/// Stores the changes that a feed holds as believed, and returns how many there were.
///
/// # Errors
/// Returns [`JournalError`] when the journal cannot be used.
pub fn release(
    journal: &mut Journal,
    signer: &Signer,
    name: &FeedName,
    day: Date,
    (at, secret): (Timestamp, Salt),
) -> Result<(u64, Vec<SealedBatch>), JournalError> {
    let (held, state) = journal.read(|tx| Ok((hold::changes(tx, name)?, feed::load(tx, name)?)))?;
    let Some(mut state) = state.filter(|_| !held.is_empty()) else {
        return Ok((0, Vec::new()));
    };
    let count = held.len() as u64;
    let is_loss = |held: &&Held| matches!(held.class, Class::Absent | Class::TurnedUnknown);
    let lost = held.iter().filter(is_loss).count() as u64;
    let ended = held
        .iter()
        .filter(|held| held.class == Class::Ended)
        .count() as u64;
    let removed = held
        .iter()
        .filter(|held| matches!(held.step.delta.change, Change::NoLongerListed(_)))
        .count() as u64;
    let added = held.iter().filter(|held| held.class == Class::New).count() as u64;
    state.listed = state.listed.saturating_add(added).saturating_sub(removed);
    let steps = held
        .into_iter()
        .map(|held| {
            let mut step = held.step;
            step.delta.origin = Origin::ReleasedHold;
            step
        })
        .collect();
    let batches = journal.commit(
        signer,
        &Capture {
            feed: name,
            steps,
            state,
            export: None,
            told: Vec::new(),
            lost: Some((day, lost)),
            ended,
            hold: HoldUpdate::Clear,
            secret,
            at,
        },
    )?;
    Ok((count, batches))
}
