//! What a heartbeat says of each feed: how old what it knows is, and why nothing or not everything of it
//! is taken now.

use jiff::Timestamp;
use savin_shared::frame::heartbeat::{FeedBeat, NOT_READABLE};
use savin_shared::ids::FeedName;

use super::FeedLabel;
use crate::journal::canary::{self, Canary};
use crate::journal::feed::FeedState;
use crate::journal::{Journal, JournalError, dark, emergency, feed, hold, mode};

/// Looks at every feed, and at what the jail itself has said.
///
/// # Errors
/// Returns [`JournalError`] when the journal cannot be read.
pub fn feeds(
    journal: &mut Journal,
    labels: &[FeedLabel],
    now: Timestamp,
) -> Result<Vec<FeedBeat>, JournalError> {
    journal.read(|tx| {
        let mut feeds = Vec::with_capacity(labels.len());
        for label in labels {
            let state = feed::load(tx, &label.feed)?;
            let state = state.as_ref();
            let held = hold::load(tx, &label.feed)?.map(|hold| hold.code);
            let refused = state.and_then(|state| state.refusal.as_ref());
            let mode = mode::load(tx, &label.feed, now)?;
            feeds.push(FeedBeat {
                feed: label.feed.clone(),
                facility: label.facility.clone(),
                as_of_us: micros(state.and_then(|state| state.exported_at)),
                source_changed_us: micros(state.and_then(|state| state.changed_at)),
                rows: state.map_or(0, |state| state.listed),
                held: dark::load(tx, &label.feed)?
                    .map(|_| NOT_READABLE.to_owned())
                    .or(held)
                    .or_else(|| refused.map(|_| "refused".to_owned()))
                    .or_else(|| mode.map(|said| said.mode.to_string())),
            });
        }
        feeds.extend(said_itself(emergency::state(tx)?, labels));
        feeds.extend(tested(canary::load(tx)?, labels)?);
        Ok(feeds)
    })
}

/// Says up to when the jail has spoken itself, if it ever did: the status page shows whose word it is.
fn said_itself(said: Option<(FeedName, FeedState)>, labels: &[FeedLabel]) -> Option<FeedBeat> {
    let ((feed, state), first) = said.zip(labels.first())?;
    Some(FeedBeat {
        feed,
        facility: first.facility.clone(),
        as_of_us: micros(state.exported_at),
        source_changed_us: micros(state.changed_at),
        rows: state.listed,
        held: None,
    })
}

/// Says when the line was tested last, and since when that is done each day: where it is switched off,
/// nothing is said of it, and the hub expects nothing.
fn tested(canary: Option<Canary>, labels: &[FeedLabel]) -> Result<Option<FeedBeat>, JournalError> {
    let Some((canary, first)) = canary.zip(labels.first()) else {
        return Ok(None);
    };
    let feed = FeedName::new(canary::FEED).map_err(|_| JournalError::Damaged("a feed's name"))?;
    let released_at = canary.booking.as_ref().and_then(|last| last.released_at);
    Ok(Some(FeedBeat {
        feed,
        facility: first.facility.clone(),
        as_of_us: micros(released_at),
        source_changed_us: micros(Some(canary.armed_at)),
        rows: u64::from(canary.booking.is_some()),
        held: None,
    }))
}

/// Writes a time as frames hold it.
pub(super) fn micros(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::as_microsecond)
}
