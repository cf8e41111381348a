//! How fresh what is known of a facility is: by its own cadence, by what keeps its changes back, and by
//! the hub's clock alone.

use jiff::{SignedDuration, Timestamp};

/// Without a heartbeat for so long a facility is late: six are missing.
const SILENT_LATE: SignedDuration = SignedDuration::from_mins(3);

/// After so long a person is called, whatever keeps a facility's word away.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// A facility that is well for so long is back; a moment in between is none.
const BACK_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// A hub that has not looked for so long was away.
const AWAY: SignedDuration = SignedDuration::from_mins(5);

/// How long the hub listens after it was away before anything is said to be worse than it was.
const LISTENS: SignedDuration = SignedDuration::from_mins(10);

/// How often a facility is expected to confirm its list before its own cadence is known.
const USUAL_UNKNOWN: SignedDuration = SignedDuration::from_hours(24);

/// The shortest cadence: one that confirms all the time still has a moment.
const USUAL_MIN: SignedDuration = SignedDuration::from_mins(2);

/// Before its cadence is known, a facility is not said to be dark for the age of its list alone sooner.
const DARK_UNKNOWN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Days of which the longest pauses make the cadence.
pub const RHYTHM_DAYS: usize = 28;

/// Days after which it is known.
const RHYTHM_DAYS_MIN: usize = 3;

/// How fresh it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As ever.
    Fresh,
    /// Longer than usual.
    Late,
    /// So long that a person is called, and the public page says so.
    Stale,
    /// So long that whoever asked for somebody there is told.
    Dark,
}

/// Why it is not fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is.
    Heard,
    /// The agent is not heard.
    Silent,
    /// The agent is heard, and cannot read its source.
    NotReadable,
    /// The agent refuses what the source holds.
    Refused,
    /// The agent holds changes until a person has looked.
    Held,
    /// Everything is well but that the list has not been confirmed for longer than usual.
    Old,
}

/// What an agent says that keeps changes of a feed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocked {
    /// Why.
    pub why: Why,
    /// Whether it keeps back all that the facility sends.
    pub is_whole: bool,
}

/// What is seen of a facility now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    /// When its newest heartbeat came.
    pub heard_at: Timestamp,
    /// What keeps its changes back.
    pub blocked: Option<Blocked>,
    /// Up to when it has confirmed what it lists, by its own clock.
    pub as_of: Option<Timestamp>,
}

/// The moment, and what it is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// The hub's clock.
    pub now: Timestamp,
    /// After how long without a word whoever asked is told.
    pub dark_after: SignedDuration,
    /// The longest pause between two confirmations that is usual there, where it is known.
    pub usual: Option<SignedDuration>,
}

/// How a facility stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How fresh.
    pub grade: Grade,
    /// Why.
    pub why: Why,
    /// Since when.
    pub since: Timestamp,
    /// Up to when it has confirmed what it lists, by its own clock.
    pub as_of: Option<Timestamp>,
    /// When that last moved on, by the hub's clock.
    pub confirmed_at: Timestamp,
    /// From when the age of the list counts: later than that by what the hub was away itself.
    pub counted_from: Timestamp,
    /// When the hub looked last.
    pub looked_at: Timestamp,
    /// Since when it has looked without a break: what it missed is nobody's silence.
    pub listening_since: Timestamp,
    /// Since when it is silent.
    pub silent_since: Option<Timestamp>,
    /// Since when some of its changes are kept back.
    pub blocked_since: Option<Timestamp>,
    /// Since when all of them are.
    pub wholly_blocked_since: Option<Timestamp>,
    /// Since when it is well, after it was not.
    pub well_since: Option<Timestamp>,
}

/// Something that is to be told of a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// There has been no word since then.
    Dark(Timestamp),
    /// It is back, since then.
    Back(Timestamp),
}

impl Grade {
    /// Every grade, the best first.
    pub const ALL: [Self; 4] = [Self::Fresh, Self::Late, Self::Stale, Self::Dark];

    /// Returns its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "Fresh",
            Self::Late => "Late",
            Self::Stale => "Stale",
            Self::Dark => "Dark",
        }
    }

    /// Returns the grade of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.as_str() == word)
    }
}

impl Why {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::Heard,
        Self::Silent,
        Self::NotReadable,
        Self::Refused,
        Self::Held,
        Self::Old,
    ];

    /// Returns its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Heard => "heard",
            Self::Silent => "silent",
            Self::NotReadable => "not-readable",
            Self::Refused => "refused",
            Self::Held => "held",
            Self::Old => "old",
        }
    }

    /// Returns the reason of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == word)
    }
}

impl Standing {
    /// Says how a facility stands, from how it stood and what is seen of it now.
    #[must_use]
    pub fn step(before: Option<&Self>, signs: &Signs, measure: &Measure) -> Self {
        let now = measure.now;
        let known = |of: fn(&Self) -> Option<Timestamp>| before.and_then(of);
        let looked_at = before.map_or(now, |before| before.looked_at);
        let away = now.duration_since(looked_at);
        let listening_since = match before {
            Some(before) if away < AWAY => before.listening_since,
            Some(_) | None => now,
        };
        let is_silent = now.duration_since(signs.heard_at) >= SILENT_LATE;
        let silent_since = is_silent.then(|| {
            let missed = signs.heard_at.max(listening_since);
            known(|standing| standing.silent_since).unwrap_or(missed)
        });
        let is_whole = signs.blocked.is_some_and(|blocked| blocked.is_whole);
        let blocked_since = signs
            .blocked
            .map(|_| known(|standing| standing.blocked_since).unwrap_or(now));
        let wholly_blocked_since =
            is_whole.then(|| known(|standing| standing.wholly_blocked_since).unwrap_or(now));
        let has_moved = before.is_none_or(|before| signs.as_of > before.as_of);
        let (confirmed_at, counted_from) = match before {
            Some(before) if !has_moved => {
                let missed = if away < AWAY {
                    SignedDuration::ZERO
                } else {
                    away
                };
                let counted_from = before.counted_from.checked_add(missed).unwrap_or(now);
                (before.confirmed_at, counted_from)
            }
            Some(_) | None => (now, now),
        };
        let mut standing = Self {
            grade: Grade::Fresh,
            why: Why::Heard,
            since: now,
            as_of: signs.as_of.max(known(|standing| standing.as_of)),
            confirmed_at,
            counted_from,
            looked_at: now,
            listening_since,
            silent_since,
            blocked_since,
            wholly_blocked_since,
            well_since: known(|standing| standing.well_since),
        };
        (standing.grade, standing.why) = standing.seen(signs, measure);
        if let Some(before) = before {
            standing.settle(before);
        }
        standing.well_since =
            (standing.grade <= Grade::Late).then(|| standing.well_since.unwrap_or(now));
        standing
    }

    /// Grades what is seen, the worst first.
    fn seen(&self, signs: &Signs, measure: &Measure) -> (Grade, Why) {
        let age = |since: Timestamp| measure.now.duration_since(since);
        let by_age = |age: SignedDuration| {
            if age >= measure.dark_after {
                Grade::Dark
            } else if age >= STALE_AFTER {
                Grade::Stale
            } else {
                Grade::Late
            }
        };
        let silent = self
            .silent_since
            .map(|since| (by_age(age(since)), Why::Silent));
        let blocked = signs.blocked.map(|blocked| {
            let partly = self
                .blocked_since
                .map_or(Grade::Late, |since| by_age(age(since)));
            let wholly = self
                .wholly_blocked_since
                .map_or(Grade::Late, |since| by_age(age(since)));
            // What a guard holds waits for a person already.
            let least = if blocked.why == Why::Held {
                Grade::Stale
            } else {
                Grade::Late
            };
            (partly.min(Grade::Stale).max(wholly).max(least), blocked.why)
        });
        let old = old(age(self.counted_from), measure).map(|grade| (grade, Why::Old));
        let mut worst = (Grade::Fresh, Why::Heard);
        for seen in [silent, blocked, old].into_iter().flatten() {
            if seen.0 > worst.0 {
                worst = seen;
            }
        }
        worst
    }

    /// Keeps the grade before where nothing shows yet that it is another.
    fn settle(&mut self, before: &Self) {
        let is_worse = self.grade > before.grade;
        let listens = self.looked_at.duration_since(self.listening_since) < LISTENS;
        let is_little_better = self.grade < before.grade && self.grade > Grade::Late;
        if (is_worse && listens) || is_little_better {
            (self.grade, self.why) = (before.grade, before.why);
        }
        if self.grade == before.grade {
            self.since = before.since;
        }
    }

    /// Returns the pause that a confirmation has ended, where it says something about the cadence: what
    /// the hub or the agent missed does not.
    #[must_use]
    pub fn pause(&self, before: &Self) -> Option<SignedDuration> {
        let is_plain = before.silent_since.is_none()
            && before.blocked_since.is_none()
            && before.grade < Grade::Dark
            && before.confirmed_at >= self.listening_since;
        (is_plain && self.confirmed_at > before.confirmed_at)
            .then(|| self.confirmed_at.duration_since(before.confirmed_at))
    }

    /// Returns since when there has been no word.
    #[must_use]
    pub fn last_word(&self) -> Timestamp {
        let since = match self.why {
            Why::Silent => self.silent_since,
            Why::NotReadable | Why::Refused | Why::Held => self.wholly_blocked_since,
            Why::Old | Why::Heard => None,
        };
        since.unwrap_or(self.confirmed_at).min(self.since)
    }

    /// Decides whether something is to be told: once that a facility is dark, and once that it is back.
    #[must_use]
    pub fn news(&self, is_told_dark: bool, now: Timestamp) -> Option<News> {
        match (self.grade, is_told_dark) {
            (Grade::Dark, false) => Some(News::Dark(self.last_word())),
            (Grade::Fresh | Grade::Late, true) => {
                let well_since = self.well_since?;
                let is_back = now.duration_since(well_since) >= BACK_AFTER;
                is_back.then_some(News::Back(well_since))
            }
            (Grade::Fresh | Grade::Late | Grade::Stale, _) | (Grade::Dark, true) => None,
        }
    }
}

/// Grades the age of a list by the cadence of its facility.
fn old(age: SignedDuration, measure: &Measure) -> Option<Grade> {
    let usual = measure.usual.unwrap_or(USUAL_UNKNOWN).max(USUAL_MIN);
    let unknown = if measure.usual.is_none() {
        DARK_UNKNOWN
    } else {
        SignedDuration::ZERO
    };
    let dark = (usual * 3).max(measure.dark_after).max(unknown);
    if age >= dark {
        Some(Grade::Dark)
    } else if age >= usual + usual / 4 + STALE_AFTER {
        Some(Grade::Stale)
    } else if age >= usual + usual / 10 + STALE_AFTER / 2 {
        Some(Grade::Late)
    } else {
        None
    }
}

/// Returns the longest pause that is usual, from the longest of each day: the second longest of all, so
/// that one outage is no habit. Nothing as long as few days are known.
#[must_use]
pub fn usual_pause(longest: &[SignedDuration]) -> Option<SignedDuration> {
    if longest.len() < RHYTHM_DAYS_MIN {
        return None;
    }
    let mut longest = longest.to_vec();
    longest.sort_unstable_by(|one, other| other.cmp(one));
    longest.get(1).copied()
}

#[cfg(test)]
mod tests;
