//! The budget: what may be spent in a day and in a month, and what goes on when it is spent.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::money::Money;

/// The share of a budget at which a person is warned, unless it is set: in hundredths.
const WARN_PERCENT: u64 = 80;

/// The rank down to which what is told goes on when the budget is spent: escapes, corrections, mistaken releases,
/// and that somebody gets out (urgency 1 and 2 of the notification rules). A code is not among them.
const GOES_ON: std::ops::RangeInclusive<u8> = 1..=4;

/// What may be spent. Without a sum there is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// In a day.
    pub day: Option<Money>,
    /// In a month.
    pub month: Option<Money>,
    /// At how many hundredths of it a person is warned.
    pub warn_percent: u64,
    /// What calls that come in, with those to operators, may cost in a day before a person is called. It keeps nobody back, and what they
    /// cost is not taken from the sums above: whoever calls to cost money would silence the hub.
    pub incoming_day: Option<Money>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            day: Some(Money::from_cents(50_000)),
            month: Some(Money::from_cents(1_000_000)),
            warn_percent: WARN_PERCENT,
            incoming_day: Some(Money::from_cents(10_000)),
        }
    }
}

/// A time for which there is a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// A day, in the hub's zone.
    Day,
    /// A month.
    Month,
}

impl Span {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Day, Self::Month];

    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// Returns the one of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.as_str() == word)
    }

    /// Names the one in which a time is: `2026-11-29`, `2026-11`.
    #[must_use]
    pub fn name(self, zone: &TimeZone, at: Timestamp) -> String {
        let date = zone.to_datetime(at).date();
        match self {
            Self::Day => date.to_string(),
            Self::Month => format!("{:04}-{:02}", date.year(), date.month()),
        }
    }

    /// Returns when the next one begins.
    #[must_use]
    pub fn next(self, zone: &TimeZone, at: Timestamp) -> Timestamp {
        let date = zone.to_datetime(at).date();
        let first = match self {
            Self::Day => date.tomorrow(),
            Self::Month => date.last_of_month().tomorrow(),
        };
        let begins = |date: Date| date.to_zoned(zone.clone());
        first
            .and_then(begins)
            .map_or(Timestamp::MAX, |first| first.timestamp())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How much of a budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Less than the share at which a person is warned.
    Within,
    /// That share.
    Near,
    /// All of it.
    Spent,
}

impl Level {
    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Within => "within",
            Self::Near => "near",
            Self::Spent => "spent",
        }
    }
}

/// The budget of one day or month, and what is spent of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Of a day or a month.
    pub span: Span,
    /// Of which.
    pub name: String,
    /// What the settings allow; nothing where they set no bound.
    pub allowed: Option<Money>,
    /// What a person allowed besides.
    pub raised: Money,
    /// What is spent, with what is set aside for tries under way.
    pub spent: Money,
}

impl Account {
    /// Returns all that may be spent; nothing where there is no bound.
    #[must_use]
    pub fn limit(&self) -> Option<Money> {
        self.allowed.map(|allowed| allowed.plus(self.raised))
    }

    /// Says whether a try that costs so much is within the budget.
    #[must_use]
    pub fn has_room(&self, cost: Money) -> bool {
        self.limit()
            .is_none_or(|limit| self.spent.plus(cost) <= limit)
    }

    /// Returns how much of it is spent; all, where the cheapest try has no room in it any more.
    #[must_use]
    pub fn level(&self, budget: &Budget, least: Money) -> Level {
        let Some(limit) = self.limit() else {
            return Level::Within;
        };
        if self.spent >= limit || !self.has_room(least) {
            Level::Spent
        } else if self.spent >= limit.percent(budget.warn_percent) {
            Level::Near
        } else {
            Level::Within
        }
    }
}

/// Returns which budget keeps a try back that costs so much; nothing where it is made. What tells that somebody is
/// out is never kept back.
#[must_use]
pub fn keeps_back(accounts: &[Account], rank: u8, cost: Money) -> Option<&Account> {
    if cost == Money::ZERO || GOES_ON.contains(&rank) {
        return None;
    }
    accounts.iter().find(|account| !account.has_room(cost))
}
