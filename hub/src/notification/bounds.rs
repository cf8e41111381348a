//! Bounds of what telling may cost and do: calls begun in a second, lines, calls to one number in a day, and money.
//!
//! Data, so that MDOC sets them without a build. A bound that is met puts off what waits and says why; it ends no
//! notice and uses up no try.

pub mod budget;
pub mod money;

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use self::budget::Budget;
use self::money::Money;
use super::channel::Channel;
use super::outcome::{Follows, Outcome};

/// In which time the calls to one number are counted.
pub const NUMBER_SPAN: SignedDuration = SignedDuration::from_hours(24);

/// In which time begun calls are counted.
pub const PACE_SPAN: SignedDuration = SignedDuration::from_secs(1);

/// The bounds of a hub, over all its workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Calls begun in a second, over all trunks and workers; each trunk has its own bound besides.
    pub calls_per_second: u32,
    /// Calls at once over all workers, where they share lines; without it each keeps to those of its trunks.
    pub lines: Option<u32>,
    /// How many lines are kept for escapes and codes, of those of the trunks and of all.
    pub kept: Kept,
    /// Calls to one number within 24 hours, whoever registered it and whatever they are about.
    pub calls_a_day: u32,
    /// The same where somebody escaped.
    pub escape_calls_a_day: u32,
    /// What each way costs.
    pub rates: Rates,
    /// What may be spent.
    pub budget: Budget,
}

/// How many of several places are kept for escapes and codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// A fifth, and three at least, but of few places no more than half.
    Usual,
    /// A fifth, where a place is free again at once.
    Fifth,
    /// So many, but never the last one that is left for everything else.
    Places(u32),
}

impl Kept {
    /// Returns how many of so many places are kept.
    #[must_use]
    pub const fn of(self, places: u32) -> u32 {
        let fifth = places.div_ceil(5);
        let (kept, most) = match self {
            Self::Usual if fifth < KEPT_MIN => (KEPT_MIN, places / 2),
            Self::Usual | Self::Fifth => (fifth, places / 2),
            Self::Places(kept) => (kept, places.saturating_sub(1)),
        };
        if kept < most { kept } else { most }
    }
}

/// How many places are kept where there are several: as many escapes as may come at once.
const KEPT_MIN: u32 = 3;

/// What each way costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// A minute of a call that somebody or something answered; each that is begun counts.
    pub call_minute: Money,
    /// A minute of a call that came in; each that is begun counts.
    pub incoming_minute: Money,
    /// A minute of a call to an operator; each that is begun counts.
    pub operator_minute: Money,
    /// A letter, with its paper and its postage.
    pub letter: Money,
    /// A message.
    pub email: Money,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            calls_per_second: 50,
            lines: None,
            kept: Kept::Usual,
            calls_a_day: 20,
            escape_calls_a_day: 60,
            rates: Rates::default(),
            budget: Budget::default(),
        }
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            call_minute: Money::from_cents(2),
            incoming_minute: Money::from_cents(3),
            operator_minute: Money::from_cents(2),
            letter: Money::from_cents(95),
            email: Money::ZERO,
        }
    }
}

/// Why a notice waits although its ladder may say that it is its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waits {
    /// It is her quiet hours.
    Quiet,
    /// Its ladder says so.
    Turn,
    /// Each of her numbers was called as often as one may be in a day.
    Number,
    /// Another call to her number is under way.
    Rings,
    /// The budget is spent, and a person decides.
    Budget,
}

impl Waits {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Quiet,
        Self::Turn,
        Self::Number,
        Self::Rings,
        Self::Budget,
    ];

    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet-hours",
            Self::Turn => "turn",
            Self::Number => "calls-a-day",
            Self::Rings => "other-call",
            Self::Budget => "budget",
        }
    }

    /// Returns the one of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// Says it as staff reads it.
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Quiet => "it is her quiet hours",
            Self::Turn => "its ladder waits so long after the last try",
            Self::Number => "each of her numbers was called as often as one may be in a day",
            Self::Rings => "another call to her number is under way",
            Self::Budget => {
                "the budget is spent, and a person decides: see `savin-hub notices budget`"
            }
        }
    }
}

impl fmt::Display for Waits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Bounds {
    /// Returns how often one number may be called within 24 hours with what has a rank, see
    /// [`super::rules::rank`].
    #[must_use]
    pub const fn calls_a_day(&self, rank: u8) -> u32 {
        // A code is no escape: whoever asks for many may be after the number.
        if rank == ESCAPE_RANK {
            self.escape_calls_a_day
        } else {
            self.calls_a_day
        }
    }

    /// Returns from when on a number may be called again, by the calls to it within the last 24 hours, the newest
    /// first; nothing where it may be now.
    #[must_use]
    pub fn number_until(&self, rank: u8, called_at: &[Timestamp]) -> Option<Timestamp> {
        let most = usize::try_from(self.calls_a_day(rank)).unwrap_or(usize::MAX);
        let last = called_at.get(most.saturating_sub(1))?;
        Some(last.checked_add(NUMBER_SPAN).unwrap_or(Timestamp::MAX))
    }
}

/// The rank of an escape.
pub const ESCAPE_RANK: u8 = 1;

impl Rates {
    /// Returns what is set aside for a try before it is made: of a call the first minute.
    #[must_use]
    pub const fn before(&self, channel: Channel) -> Money {
        match channel {
            Channel::Telephone => self.call_minute,
            Channel::Letter => self.letter,
            Channel::Email => self.email,
        }
    }

    /// Returns what a try has cost, by what became of it and how long it took. What nobody answered and what was
    /// not taken costs nothing.
    #[must_use]
    pub fn after(&self, channel: Channel, outcome: Outcome, took: SignedDuration) -> Money {
        match (channel, outcome.follows()) {
            (_, Follows::Unused) => Money::ZERO,
            (Channel::Email | Channel::Letter, Follows::Taken) => self.before(channel),
            (Channel::Email | Channel::Letter, Follows::Again | Follows::Ended) => Money::ZERO,
            (Channel::Telephone, Follows::Taken | Follows::Again | Follows::Ended) => {
                if matches!(
                    outcome,
                    Outcome::Busy | Outcome::NoAnswer | Outcome::Unallocated
                ) {
                    return Money::ZERO;
                }
                self.call_minute.times(minutes(took))
            }
        }
    }
}

/// Returns the minutes that a call took, each that was begun.
#[must_use]
pub fn minutes(took: SignedDuration) -> u64 {
    let seconds = u64::try_from(took.as_secs()).unwrap_or_default();
    seconds.div_ceil(60).max(1)
}

#[cfg(test)]
mod tests;
