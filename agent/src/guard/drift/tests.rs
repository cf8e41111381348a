//! Drifts that are found, and ordinary years that are none.

use super::{Day, drift};
use crate::guard::{History, Mode};

/// Whole weeks of days, the latest first.
fn weeks(count: usize, week: [u64; 7], admitted: u64, listed: u64) -> Vec<Day> {
    let day = |lost| Day {
        lost,
        admitted,
        listed,
        span: 1,
    };
    week.map(day).repeat(count)
}

/// Puts days before a history, the latest first.
fn history(latest: &[Day], before: Vec<Day>, listed: u64) -> History {
    History {
        days: latest.iter().copied().chain(before).collect(),
        days_since_decision: usize::MAX,
        listed,
        ..History::default()
    }
}

const QUIET: [u64; 7] = [1, 0, 1, 2, 0, 1, 1];

fn day(lost: u64, listed: u64) -> Day {
    Day {
        lost,
        admitted: 1,
        listed,
        span: 1,
    }
}

#[test]
fn finds_a_jail_of_35_that_loses_one_or_two_more_a_day() {
    let before = || weeks(12, QUIET, 1, 35);
    assert_eq!(drift(&history(&[], before(), 35), day(2, 35)), None);
    let latest = [day(3, 30), day(2, 32), day(3, 33), day(3, 35)];
    let found = drift(&history(&latest, before(), 27), day(3, 27)).unwrap();
    assert_eq!((found.days, found.lost, found.admitted), (5, 14, None));
    assert_eq!(found.usual, 4);
    // As many on as many days are nothing where as many are usual.
    let busy = weeks(12, [3, 2, 3, 4, 2, 3, 3], 3, 35);
    assert_eq!(drift(&history(&latest, busy, 27), day(3, 27)), None);
}

#[test]
fn finds_a_jail_of_ten_that_tells_releases_and_loses_three_unsaid() {
    let told = || weeks(12, [0; 7], 0, 10);
    let latest = [day(0, 9), day(1, 10), day(0, 10)];
    assert_eq!(drift(&history(&latest, told(), 9), day(0, 9)), None);
    let found = drift(&history(&latest, told(), 9), day(2, 9)).unwrap();
    assert_eq!((found.days, found.lost, found.usual), (3, 3, 0));
    // As many on one day are no drift: the limit of a day is for them.
    assert_eq!(drift(&history(&[], told(), 10), day(3, 10)), None);
}

#[test]
fn finds_a_list_that_only_shrinks() {
    let before = weeks(12, QUIET, 1, 35);
    let shrinking = weeks(3, QUIET, 0, 28);
    let now = Day {
        admitted: 0,
        ..day(1, 28)
    };
    let found = drift(&history(&shrinking, before.clone(), 28), now).unwrap();
    assert_eq!(found.admitted, Some((0, found.days)));
    // With as many admissions as ever, so few losses are nothing.
    let filled = weeks(3, QUIET, 1, 28);
    assert_eq!(drift(&history(&filled, before, 28), day(1, 28)), None);
}

#[test]
fn expects_more_of_days_on_which_nothing_could_be_seen() {
    let before = || weeks(12, QUIET, 1, 35);
    let dark = |span| {
        let now = Day { span, ..day(4, 35) };
        drift(
            &history(&[day(3, 35), day(3, 35), day(2, 35)], before(), 35),
            now,
        )
    };
    assert!(dark(1).is_some());
    assert_eq!(dark(4), None);
}

#[test]
fn asks_nothing_again_that_a_person_has_seen() {
    let latest = [day(3, 30), day(2, 32), day(3, 33), day(3, 35)];
    let seen = History {
        days_since_decision: 0,
        ..history(&latest, weeks(12, QUIET, 1, 35), 27)
    };
    assert_eq!(drift(&seen, day(3, 27)), None);
    let evacuated = History {
        days_since_decision: usize::MAX,
        mode: Mode::Evacuation,
        ..seen
    };
    assert_eq!(drift(&evacuated, day(3, 27)), None);
}

#[test]
fn knows_no_drift_in_the_first_weeks() {
    let latest = [day(3, 30); 6];
    let young = |days| {
        let mut before = weeks(3, QUIET, 1, 35);
        before.truncate(days);
        drift(&history(&latest, before, 27), day(3, 27))
    };
    assert_eq!(young(20), None);
    assert!(young(21).is_some());
}

#[test]
fn takes_a_day_that_was_not_written_down_for_one_like_today() {
    let latest = [day(3, 0), day(2, 0), day(3, 0), day(3, 0)];
    let found = drift(&history(&latest, weeks(12, QUIET, 1, 0), 35), day(3, 35));
    assert_eq!(found.unwrap().usual, 5);
}

/// Numbers that look like chance and are the same on every machine.
struct Chance(u64);

impl Chance {
    fn hits(&mut self, per_mille: u64) -> bool {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % 1000 < per_mille
    }

    fn count(&mut self, people: u64, per_mille: u64) -> u64 {
        (0..people).filter(|_| self.hits(per_mille)).count() as u64
    }
}

#[test]
fn is_wrong_about_a_jail_less_than_once_a_year() {
    for (people, leaving) in [(35, 23), (10, 25)] {
        let (mut chance, mut listed, mut found) = (Chance(people), people, 0);
        let mut past = history(&[], Vec::new(), people);
        let years = 30;
        for _ in 0..years * 365 {
            let today = Day {
                lost: chance.count(listed, leaving),
                admitted: chance.count(people, leaving),
                listed,
                span: 1,
            };
            past.listed = listed;
            past.days_since_decision = past.days_since_decision.saturating_add(1);
            if today.lost > 0 && drift(&past, today).is_some() {
                (found, past.days_since_decision) = (found + 1, 0);
            }
            past.days.insert(0, today);
            past.days.truncate(super::DAYS_MAX);
            listed = listed + today.admitted - today.lost;
        }
        assert!((1..years).contains(&found), "{people} people: {found}");
    }
}
