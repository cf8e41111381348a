//! The rules of ladders: what never happens, whatever became of the tries.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{Ladders, Pressing, SHIPPED, Step, Tried};
use crate::notification::channel::Channel;
use crate::notification::outcome::{Follows, Outcome};

fn start() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn step(pressing: Pressing, channel: Channel) -> Step {
    Ladders::shipped().unwrap().step(pressing, channel).clone()
}

/// Follows a ladder through these outcomes; returns at which number each call went out, and after how
/// many minutes.
fn follow(step: &Step, points: &[u8], outcomes: &[Outcome]) -> Vec<(u8, i64)> {
    let (mut tried, mut told) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        let Some(next) = step.next(points, &tried, start()) else {
            break;
        };
        told.push((next.point, next.at.duration_since(start()).as_mins()));
        tried.push(Tried {
            point: next.point,
            outcome: *outcome,
            at: next.at,
        });
    }
    told
}

#[test]
fn calls_each_number_in_turn_and_each_again_after_its_own_wait() {
    let step = step(Pressing::Release, Channel::Telephone);
    let outcomes = [
        Outcome::NoAnswer,
        Outcome::Machine,
        Outcome::NoAnswer,
        Outcome::Busy,
        Outcome::NoAnswer,
    ];
    // The first again after half an hour each, the second, where a machine answered, after two hours.
    assert_eq!(
        follow(&step, &[1, 2], &outcomes),
        [(1, 0), (2, 1), (1, 30), (1, 60), (1, 70)]
    );
    assert_eq!(follow(&step, &[1], &outcomes[..2]), [(1, 0), (1, 30)]);
}

#[test]
fn goes_to_the_next_number_at_once_where_one_is_not_in_use() {
    let step = step(Pressing::Escape, Channel::Telephone);
    let outcomes = [Outcome::Unallocated, Outcome::NoAnswer, Outcome::NoAnswer];
    assert_eq!(follow(&step, &[1, 2], &outcomes), [(1, 0), (2, 0), (2, 15)]);
    assert_eq!(follow(&step, &[1], &outcomes).len(), 1, "none is left");
}

#[test]
fn calls_the_same_number_once_the_line_is_up_and_counts_no_try() {
    let step = step(Pressing::Release, Channel::Telephone);
    let down = [Outcome::NotTried; 40];
    let told = follow(&step, &[1, 2], &down);
    assert!(told.iter().all(|(_, minutes)| *minutes <= 20), "{told:?}");
    let tried = [1, 2].map(|point| Tried {
        point,
        outcome: Outcome::NotTried,
        at: start(),
    });
    let tried = tried.repeat(20);
    assert!(!step.next(&[1, 2], &tried, start()).unwrap().is_tired);
}

#[test]
fn begins_with_the_first_way_that_she_chose() {
    let later = SHIPPED.replace(
        "[court.letter]\nbegins = \"0s\"",
        "[court.letter]\nbegins = \"2h\"",
    );
    let ladders = Ladders::parse(&later).unwrap();
    let begins = |chosen: &[Channel]| ladders.begins(Pressing::Court, Channel::Letter, chosen);
    assert_eq!(begins(&[Channel::Letter]), SignedDuration::ZERO);
    let both = [Channel::Telephone, Channel::Letter];
    assert_eq!(begins(&both), SignedDuration::from_hours(2));
}

#[test]
fn refuses_a_table_that_leaves_her_alone_or_tells_an_escape_last() {
    let refused = |from: &str, to: &str| {
        let changed = SHIPPED.replacen(from, to, 1);
        assert_ne!(changed, SHIPPED);
        Ladders::parse(&changed).unwrap_err().to_string()
    };
    let wrong = refused("machine = \"1h\"", "machine = \"30h\"");
    assert_eq!(
        wrong,
        "escape.telephone: machine is a length of time from 30s to 24h"
    );
    let wrong = refused("no-answer = \"15m\"", "no-answer = \"40m\"");
    assert!(wrong.starts_with("release.telephone: no-answer"), "{wrong}");
    let wrong = refused("tries = 8", "tries = 0");
    assert!(wrong.contains("tries is a number"), "{wrong}");
    let wrong = refused("busy = \"5m\"", "buzy = \"5m\"");
    assert!(wrong.contains("buzy"), "{wrong}");
}

#[test]
fn knows_how_pressing_each_rank_is() {
    let of = |ranks: [u8; 3]| ranks.map(Pressing::of);
    assert_eq!(of([1, 1, 1]), [Pressing::Escape; 3]);
    assert_eq!(of([0, 2, 4]), [Pressing::Release; 3]);
    assert_eq!(
        of([5, 6, 200]),
        [Pressing::Transfer, Pressing::Court, Pressing::Court]
    );
    for pressing in Pressing::ALL {
        assert_eq!(Pressing::parse(pressing.as_str()), Some(pressing));
    }
}

fn tries() -> impl Strategy<Value = Vec<Tried<u8>>> {
    let one = (0..4_u8, 0..Outcome::ALL.len(), 0..300_i64);
    proptest::collection::vec(one, 0..40).prop_map(|tries| {
        let mut at = start();
        let made = tries.into_iter().map(|(point, outcome, minutes)| {
            at += SignedDuration::from_mins(minutes);
            Tried {
                point,
                outcome: Outcome::ALL[outcome],
                at,
            }
        });
        made.collect()
    })
}

proptest! {
    #[test]
    fn there_is_always_a_next_try_while_one_of_her_points_may_work(
        tried in tries(), points in proptest::collection::btree_set(0..4_u8, 0..4),
        pressing in 0..4_usize, channel in 0..3_usize,
    ) {
        let points: Vec<u8> = points.into_iter().collect();
        let step = step(Pressing::ALL[pressing], Channel::ALL[channel]);
        let ended = |point: &u8| tried
            .iter()
            .any(|one| one.point == *point && one.outcome.follows() == Follows::Ended);
        let next = step.next(&points, &tried, start());
        prop_assert_eq!(next.is_none(), points.iter().all(ended));
        if let Some(next) = next {
            // Only what is hers and may work, and never more than a day later: no timer ends it.
            prop_assert!(points.contains(&next.point) && !ended(&next.point));
            let last = tried.last().map_or(start(), |last| last.at);
            prop_assert!(next.at.duration_since(last).as_hours() <= 24);
            // No number is called twice within half a minute.
            let own = tried.iter().rev().find(|one| one.point == next.point);
            if let Some(own) = own {
                prop_assert!(next.at.duration_since(own.at).as_secs() >= 30);
            }
        }
    }

    #[test]
    fn asks_a_person_once_every_number_was_tried_enough(count in 0..20_u32) {
        let step = step(Pressing::Release, Channel::Telephone);
        let tried: Vec<_> = (0..count)
            .map(|number| Tried {
                point: number % 2,
                outcome: Outcome::NoAnswer,
                at: start() + SignedDuration::from_mins(i64::from(number)),
            })
            .collect();
        let next = step.next(&[0, 1], &tried, start()).unwrap();
        prop_assert_eq!(next.is_tired, count >= 12);
    }
}
