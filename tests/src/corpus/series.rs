//! Long series of days, judged by the guard alone: how often it is wrong about absences in an ordinary
//! year, and how soon it finds a feed that loses its rows.
//!
//! The journal is left out, so that thousands of years are looked at in a minute.

use std::collections::{BTreeMap, BTreeSet};

use savin_agent::guard::{DAYS_MAX, Day, History, absence_limit, drift};

use crate::corpus::jail::{Jail, Size};
use crate::dice::Dice;

/// Days of history before a year or a decay begins.
const HISTORY: usize = DAYS_MAX;

/// How a feed loses its rows.
#[derive(Debug)]
pub struct Decay {
    per_mille: usize,
    dice: Dice,
    hidden: BTreeSet<u32>,
}

impl Decay {
    /// Begins to lose so many of a thousand rows each day.
    #[must_use]
    pub fn new(per_mille: usize, seed: u64) -> Self {
        Self {
            per_mille,
            dice: Dice::new(seed.wrapping_mul(77).wrapping_add(5)),
            hidden: BTreeSet::new(),
        }
    }

    /// Returns what the feed shows of the jail today.
    pub fn shown(&mut self, jail: &Jail) -> Jail {
        let mut shown = jail.clone();
        shown.listed.retain(|inmate| {
            if self.dice.below(1000) < self.per_mille {
                self.hidden.insert(inmate.booking);
            }
            !self.hidden.contains(&inmate.booking)
        });
        shown
    }
}

/// What the guard knows of a jail whose absences it judges, day by day.
struct Watch {
    history: History,
    /// Each booking on the list, and whether its custody has ended.
    listed: BTreeMap<u32, bool>,
}

/// Why a day was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Mass,
    Drift,
}

impl Watch {
    fn new(jail: &Jail) -> Self {
        Self {
            history: History {
                days_since_decision: usize::MAX,
                days_since_change: 1,
                is_roster: true,
                ..History::default()
            },
            listed: bookings(jail),
        }
    }

    /// Judges a day, and lets a person pass it whatever was found.
    fn day(&mut self, jail: &Jail) -> Option<Held> {
        let now = bookings(jail);
        let before = &self.listed;
        let is_lost = |(booking, ended): &(&u32, &bool)| !**ended && !now.contains_key(booking);
        let day = Day {
            lost: before.iter().filter(is_lost).count() as u64,
            admitted: now.keys().filter(|key| !before.contains_key(key)).count() as u64,
            listed: before.len() as u64,
            span: 1,
        };
        let history = &mut self.history;
        history.listed = day.listed;
        let held = if day.lost > absence_limit(history) {
            Some(Held::Mass)
        } else {
            (day.lost > 0 && drift(history, day).is_some()).then_some(Held::Drift)
        };
        history.days_since_decision = match held {
            Some(_) => 0,
            None => history.days_since_decision.saturating_add(1),
        };
        history.days.insert(0, day);
        history.days.truncate(DAYS_MAX);
        self.listed = now;
        held
    }
}

fn bookings(jail: &Jail) -> BTreeMap<u32, bool> {
    let pair = |inmate: &crate::corpus::jail::Inmate| (inmate.booking, inmate.status.has_ended());
    jail.listed.iter().map(pair).collect()
}

/// Lets a jail and its watch come to know each other.
fn known(size: Size, says_releases: bool, seed: u64) -> (Jail, Watch) {
    let mut jail = Jail::new(size, says_releases, seed);
    let mut watch = Watch::new(&jail);
    for _ in 0..HISTORY {
        jail.next_day();
        watch.day(&jail);
    }
    (jail, watch)
}

/// How often absences were held in ordinary years, by the limit of a day and by drift.
#[must_use]
pub fn false_holds(size: Size, says_releases: bool, seeds: std::ops::Range<u64>) -> (u64, u64) {
    let (mut mass, mut drifts) = (0, 0);
    for seed in seeds {
        let (mut jail, mut watch) = known(size, says_releases, seed);
        for _ in 0..365 {
            jail.next_day();
            match watch.day(&jail) {
                Some(Held::Mass) => mass += 1,
                Some(Held::Drift) => drifts += 1,
                None => {}
            }
        }
    }
    (mass, drifts)
}

/// After how many days decaying feeds were held: in the middle, and how many of a hundred within twelve
/// and within 28 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The day on which half of them were, if half were within 28 days.
    pub middle: Option<usize>,
    /// Of a hundred, within twelve days.
    pub within_12: usize,
    /// Of a hundred, within 28 days.
    pub within_28: usize,
}

/// Lets feeds decay.
#[must_use]
pub fn found(
    size: Size,
    says_releases: bool,
    per_mille: usize,
    seeds: std::ops::Range<u64>,
) -> Found {
    let mut days: Vec<usize> = Vec::new();
    let mut all = 0;
    for seed in seeds {
        all += 1;
        let (mut jail, mut watch) = known(size, says_releases, seed.wrapping_add(9_001));
        watch.history.days_since_decision = usize::MAX;
        let mut decay = Decay::new(per_mille, seed);
        let mut held = (1..=28).filter(|_| {
            jail.next_day();
            watch.day(&decay.shown(&jail)).is_some()
        });
        days.extend(held.next());
    }
    days.sort_unstable();
    let within = |limit: usize| days.iter().filter(|day| **day <= limit).count() * 100 / all.max(1);
    Found {
        middle: days.get(all / 2).copied(),
        within_12: within(12),
        within_28: within(28),
    }
}
