//! What a feed usually does, as the journal knows it, for the guard to be fitted to.

use std::collections::BTreeSet;

use savin_shared::ids::FeedName;

use super::read::Read;
use super::{Feed, Now};
use crate::guard::{self, History, HoldReason};
use crate::journal::feed::{Export, FeedState};
use crate::journal::{Journal, JournalError, feed, hold, mode, shape};
use crate::mapping::profile::Mode;
use crate::mapping::shape::Shape;

/// What an export looks like.
pub(super) struct Exported {
    /// The export, with the kinds of values that were seen before.
    pub(super) shape: Shape,
    /// How that is other than what was accepted last, in sentences.
    pub(super) other: Vec<String>,
    /// The same for the guard.
    pub(super) beside: guard::Looks,
}

/// Compares what an export looks like with what was accepted last.
pub(super) fn looks(
    journal: &mut Journal,
    feed: &FeedName,
    read: &Read,
) -> Result<Exported, JournalError> {
    let shape = &read.shape;
    let known = journal.read(|tx| shape::accepted(tx, feed))?;
    let Some(known) = known.filter(|_| read.rows > 0) else {
        return Ok(Exported {
            shape: shape.clone(),
            other: Vec::new(),
            beside: guard::Looks::Alike,
        });
    };
    let since = shape.since(&known);
    Ok(Exported {
        shape: shape.clone().with_kinds_of(&known),
        other: since.sentences(),
        beside: if since.has_other_columns() {
            guard::Looks::Other
        } else {
            guard::Looks::Alike
        },
    })
}

/// Looks whether a roster's file is one from the past.
fn doubt(
    journal: &mut Journal,
    feed: &Feed,
    before: Option<&FeedState>,
    export: Option<&Export>,
) -> Result<Option<HoldReason>, JournalError> {
    let Some(export) = export.filter(|_| feed.profile.mode == Mode::Roster) else {
        return Ok(None);
    };
    let exported_at = export.exported_at;
    if let Some(last) = before
        .and_then(|state| state.exported_at)
        .filter(|l| exported_at < *l)
    {
        return Ok(Some(HoldReason::Older { exported_at, last }));
    }
    let taken_at = journal.read(|tx| feed::taken_before(tx, &feed.name, &export.content))?;
    Ok(taken_at.map(|taken_at| HoldReason::ServedAgain { taken_at }))
}

/// Gathers what is known of a feed's past.
pub(super) fn history(
    journal: &mut Journal,
    feed: &Feed,
    before: Option<&FeedState>,
    export: Option<&Export>,
    now: Now,
) -> Result<History, JournalError> {
    let day = feed.profile.times.day(now.exported_at);
    let (past, ended, (waiting, hold), mode) = journal.read(|tx| {
        let (today, days) = feed::days(tx, &feed.name, day)?;
        let decided = hold::last_released(tx, &feed.name)?.map(|at| feed.profile.times.day(at));
        let days_since = match decided {
            Some(decided) => feed::loss_days_between(tx, &feed.name, (decided, day))?,
            None => usize::MAX,
        };
        Ok((
            (today, days, days_since),
            (
                feed::ended(tx, &feed.name, now.at)?,
                feed::busiest(tx, &feed.name, now.at)?,
                feed::given(tx, &feed.name, now.at)?,
            ),
            (hold::waiting(tx, &feed.name)?, hold::load(tx, &feed.name)?),
            mode::load(tx, &feed.name, now.at)?,
        ))
    })?;
    let (today, days, days_since_decision) = past;
    let ((ended_in_window, held_in_window), ended_busiest, given) = ended;
    let last_change = before.and_then(|state| state.changed_at);
    let since_change = last_change.map(|last| now.exported_at.duration_since(last).as_hours());
    Ok(History {
        days,
        lost_today: today.lost,
        admitted_today: today.admitted,
        span_today: today.span,
        listed: before.map_or(0, |state| state.listed),
        days_since_change: since_change
            .and_then(|hours| u64::try_from((hours + 12) / 24).ok())
            .unwrap_or(0)
            .max(1),
        ended_in_window,
        held_in_window,
        ended_busiest,
        given,
        is_first_roster: feed.profile.mode == Mode::Roster
            && before.is_none_or(|state| state.captured_at.is_none()),
        is_roster: feed.profile.mode == Mode::Roster,
        days_since_decision,
        strangers: BTreeSet::new(),
        looks: guard::Looks::Alike,
        mode: mode.map_or(guard::Mode::Normal, |said| said.mode),
        doubt: doubt(journal, feed, before, export)?,
        hold: hold.map(|hold| hold.code),
        waiting,
    })
}
