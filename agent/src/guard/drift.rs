//! Slow drift: a feed that loses rows day by day, too few on any one day to be held for.
//!
//! Two sequential tests (Page's cumulative sums of log likelihood ratios) run over the last weeks, each
//! against the facility's own months before them. Both count the loss of each day for each person who
//! was listed, so that a jail that empties is compared with what an emptier jail usually loses. The
//! second also weighs that fewer people come than usual: a list that only shrinks is a frozen or
//! narrowed query. Where days vary more than chance, each weighs less, by as much as they do; and no day
//! weighs so much that it alone would be a drift.
//!
//! Were each day independent and the usual rate known, neither test would be wrong more often than once
//! in e^[`THRESHOLD`] days; how often they are on generated series is in `tests/README.md`.

use super::{History, Mode};

/// What a roster did on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// How many left it unsaid.
    pub lost: u64,
    /// How many came.
    pub admitted: u64,
    /// How many it listed when the day began; 0 where that was not written down.
    pub listed: u64,
    /// Over how many days this happened: more than one where the source had not changed for long.
    pub span: u64,
}

/// A drift, and what would have been usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drift {
    /// Over how many days, with today.
    pub days: u64,
    /// How many were lost in them.
    pub lost: u64,
    /// How many would be usual.
    pub usual: u64,
    /// How many came in them and how many would be usual, where that is what gave the drift away.
    pub admitted: Option<(u64, u64)>,
}

/// Days over which losses are added up, today apart.
const WINDOW_DAYS: usize = 41;

/// Days of the facility's own history, before those, that say what is usual.
const BASELINE_DAYS: usize = 90;

/// Days of such history below which nothing is usual yet.
const BASELINE_DAYS_MIN: usize = 21;

/// Days that are added up where there is little history.
const WINDOW_DAYS_MIN: usize = 6;

/// Days of history that the guard is given, the latest first.
pub const DAYS_MAX: usize = WINDOW_DAYS + BASELINE_DAYS;

/// The loss that is looked for, as a share of those listed a day beyond the usual.
const SHARE: f64 = 0.05;

/// In a jail in which that share is many, so many people a day, or as many again as usual.
const PEOPLE: f64 = 3.0;

/// The share of usual admissions that a frozen list still shows.
const TRICKLE: f64 = 0.2;

/// The most that a day weighs.
const DAY_MAX: f64 = 4.0;

/// The sum of log likelihood ratios beyond which somebody has to look.
const THRESHOLD: f64 = 5.0;

/// Finds a drift that ends with today, given what is known of today so far.
#[must_use]
pub fn drift(history: &History, today: Day) -> Option<Drift> {
    let window = history.days.len().checked_sub(BASELINE_DAYS_MIN)?;
    if window < WINDOW_DAYS_MIN || history.mode == Mode::Evacuation {
        return None;
    }
    let days: Vec<Day> = history
        .days
        .iter()
        .map(|day| day.filled(history.listed))
        .collect();
    let (recent, before) = days.split_at_checked(window.min(WINDOW_DAYS))?;
    let usual = Usual::of(before.get(..BASELINE_DAYS).unwrap_or(before));
    let excess = usual.excess(history.listed);
    // What a person has looked at and let pass is no drift.
    let recent = recent.get(..history.days_since_decision).unwrap_or(recent);
    let (mut losing, mut frozen) = (Sum::default(), Sum::default());
    for day in recent.iter().rev().chain([&today]) {
        let by_losses = usual.loss_ratio(day, excess);
        losing.add(day, by_losses);
        frozen.add(day, by_losses + usual.admission_ratio(day));
    }
    if losing.value > THRESHOLD {
        Some(usual.drift(&losing, false))
    } else {
        (frozen.value > THRESHOLD).then(|| usual.drift(&frozen, true))
    }
}

impl Day {
    /// Fills in how many were listed where that was not written down.
    const fn filled(self, listed: u64) -> Self {
        match self.listed {
            0 => Self { listed, ..self },
            _ => self,
        }
    }

    /// Returns for how many days how many people could be lost.
    const fn exposed(&self) -> u64 {
        self.listed.saturating_mul(self.span)
    }
}

/// What is usual at a facility.
struct Usual {
    /// The days that say it, together.
    together: Sum,
    /// Losses a day for each person listed.
    lost: f64,
    /// How much more than chance losses vary, at least 1.
    lost_spread: f64,
    /// How much more than chance admissions vary, at least 1.
    admitted_spread: f64,
}

impl Usual {
    fn of(days: &[Day]) -> Self {
        let mut together = Sum::default();
        days.iter().for_each(|day| together.count(day));
        Self {
            // One more than was seen: that nobody was ever lost proves no rate of nothing.
            lost: (number(together.lost) + 1.0) / number(together.exposed.max(1)),
            lost_spread: spread(days, |day| day.lost),
            admitted_spread: spread(days, |day| day.admitted),
            together,
        }
    }

    /// Returns which loss beyond the usual is looked for, a day for each person listed.
    fn excess(&self, listed: u64) -> f64 {
        let many = PEOPLE / number(listed.max(1));
        SHARE.min(self.lost.max(many))
    }

    /// Returns how much a day's losses speak for the excess.
    fn loss_ratio(&self, day: &Day, excess: f64) -> f64 {
        let gain = ((self.lost + excess) / self.lost).ln();
        (number(day.lost) * gain - excess * number(day.exposed())) / self.lost_spread
    }

    /// Returns how much a day's admissions speak for a frozen list.
    fn admission_ratio(&self, day: &Day) -> f64 {
        let usual = number(self.together.admitted) / number(self.together.days.max(1));
        let missing = (1.0 - TRICKLE) * usual * number(day.span);
        let ratio = number(day.admitted) * TRICKLE.ln() + missing;
        ratio / self.admitted_spread
    }

    /// Says what gave a drift away, and what would be usual.
    fn drift(&self, sum: &Sum, is_frozen: bool) -> Drift {
        let together = &self.together;
        let share = |count: u64, of: u64, all: u64| count.saturating_mul(of).div_ceil(all.max(1));
        let came = share(together.admitted, sum.days, together.days);
        Drift {
            days: sum.days,
            lost: sum.lost,
            usual: share(together.lost, sum.exposed, together.exposed),
            admitted: is_frozen.then_some((sum.admitted, came)),
        }
    }
}

/// Days added up; as a cumulative sum they begin anew whenever nothing speaks for a drift.
#[derive(Default)]
struct Sum {
    value: f64,
    days: u64,
    lost: u64,
    admitted: u64,
    exposed: u64,
}

impl Sum {
    fn add(&mut self, day: &Day, ratio: f64) {
        self.value += ratio.min(DAY_MAX);
        if self.value > 0.0 {
            self.count(day);
        } else {
            *self = Self::default();
        }
    }

    fn count(&mut self, day: &Day) {
        self.days = self.days.saturating_add(day.span);
        self.lost = self.lost.saturating_add(day.lost);
        self.admitted = self.admitted.saturating_add(day.admitted);
        self.exposed = self.exposed.saturating_add(day.exposed());
    }
}

/// Returns the variance of a daily count in units of its mean, at least that of pure chance.
fn spread(days: &[Day], count: fn(&Day) -> u64) -> f64 {
    let counts = || days.iter().map(count).map(number);
    let mean = counts().sum::<f64>() / number(days.len() as u64);
    if mean <= 0.0 {
        return 1.0;
    }
    let squares: f64 = counts().map(|count| (count - mean).powi(2)).sum();
    let variance = squares / number((days.len() as u64).saturating_sub(1).max(1));
    (variance / mean).max(1.0)
}

/// Writes a count as a float: exact below four milliards, and none of these is beyond.
fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
