//! How changes came to be seen: as they happened, in the first full roster, or after a gap.

use jiff::Timestamp;
use savin_shared::clock::ObservedAt;
use savin_shared::delta::{Change, Delta, GapReason, Origin};

use super::{Feed, Now};
use crate::journal::Step;
use crate::journal::feed::FeedState;
use crate::mapping::profile::Mode;
use crate::mapping::standing::Standing;

/// How the changes of a capture came to be seen.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sight {
    Usual(Origin),
    Gap {
        from: Timestamp,
        to: Timestamp,
        reason: GapReason,
    },
}

impl Sight {
    /// Returns the origin of each change.
    pub(super) const fn origin(self) -> Origin {
        match self {
            Self::Usual(origin) => origin,
            Self::Gap { .. } => Origin::FoundLate,
        }
    }
}

/// Finds out how the changes of a capture came to be seen.
pub(super) fn sight(feed: &Feed, before: Option<&FeedState>, now: Now) -> Sight {
    let first = match feed.profile.mode {
        Mode::Roster => Origin::Baseline,
        Mode::Transactions => Origin::Live,
    };
    let Some(before) = before.filter(|state| state.captured_at.is_some()) else {
        return Sight::Usual(first);
    };
    let patience = feed.cadence.saturating_mul(2);
    let is_gap = |from: Timestamp, to: Timestamp| to.duration_since(from) > patience;
    let gap = |from: Timestamp, to: Timestamp, reason| Sight::Gap { from, to, reason };
    match before.exported_at {
        Some(last) if is_gap(last, now.exported_at) => {
            // The agent looked in the meantime and found nothing, or it did not look.
            let reason = if is_gap(before.seen_at, now.at) {
                GapReason::AgentDown
            } else {
                GapReason::SourceDark
            };
            gap(last, now.exported_at, reason)
        }
        Some(_) | None => Sight::Usual(Origin::Live),
    }
}

/// Says that for a while nothing could be seen, if so.
pub(super) fn gap_step(feed: &Feed, sight: Sight, now: Now) -> Option<Step> {
    let Sight::Gap { from, to, reason } = sight else {
        return None;
    };
    let (from, to) = (ObservedAt(from), ObservedAt(to));
    let delta = Delta {
        observed_at: ObservedAt(now.at),
        feed: feed.name.clone(),
        origin: Origin::Live,
        change: Change::ObservationGap { from, to, reason },
    };
    Some(Step {
        key: None,
        standing: Standing::Open,
        delta,
    })
}
