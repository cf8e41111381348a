//! The bounds, whatever comes.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use savin_shared::event::EventCode;

use super::budget::{Account, Budget, Level, Span, keeps_back};
use super::money::Money;
use super::{Bounds, NUMBER_SPAN, Rates, Waits};
use crate::notification::channel::Channel;
use crate::notification::outcome::{Follows, Outcome};
use crate::notification::rules::{Rules, rank};

fn start() -> Timestamp {
    "2026-06-01T20:00:00Z".parse().unwrap()
}

fn account(allowed: Option<u64>, raised: u64, spent: u64) -> Account {
    Account {
        span: Span::Day,
        name: "2026-06-01".to_owned(),
        allowed: allowed.map(Money::from_cents),
        raised: Money::from_cents(raised),
        spent: Money::from_cents(spent),
    }
}

#[test]
fn says_each_reason_in_other_words() {
    let mut said = std::collections::BTreeSet::new();
    for waits in Waits::ALL {
        assert_eq!(Waits::parse(waits.as_str()), Some(waits));
        assert!(said.insert(waits.plain()));
    }
}

#[test]
fn a_spent_budget_keeps_back_nothing_that_says_somebody_is_out() {
    let spent = [account(Some(100), 0, 100)];
    let rules = Rules::shipped().unwrap();
    let cent = Money::from_cents(1);
    let kept = |code| keeps_back(&spent, rank(code, rules.decided(code).unwrap()), cent).is_some();
    for code in [
        EventCode::Escaped,
        EventCode::EscapeSuspected,
        EventCode::MistakenRelease,
        EventCode::Correction,
        EventCode::Released,
        EventCode::Absconded,
    ] {
        assert!(!kept(code), "{code}");
    }
    for code in [
        EventCode::Booked,
        EventCode::HearingSet,
        EventCode::TransferInState,
    ] {
        assert!(kept(code), "{code}");
    }
    assert!(
        keeps_back(&spent, 0, cent).is_some(),
        "a code by telephone waits"
    );
    assert!(
        keeps_back(&spent, 9, Money::ZERO).is_none(),
        "what costs nothing never waits"
    );
}

#[test]
fn a_budget_is_near_before_it_is_spent() {
    let budget = Budget::default();
    let level = |spent| account(Some(1_000), 0, spent).level(&budget, Money::from_cents(2));
    assert_eq!(level(799), Level::Within);
    assert_eq!(level(800), Level::Near);
    assert_eq!(level(998), Level::Near);
    assert_eq!(level(999), Level::Spent, "no try has room in the last cent");
    let raised = account(Some(1_000), 1_000, 1_000);
    assert_eq!(raised.level(&budget, Money::ZERO), Level::Within);
    assert_eq!(
        account(None, 0, 9_999).level(&budget, Money::ZERO),
        Level::Within
    );
}

#[test]
fn days_and_months_are_those_of_the_zone() {
    let zone = TimeZone::get("America/Chicago").unwrap();
    let at: Timestamp = "2026-12-01T04:30:00Z".parse().unwrap();
    assert_eq!(Span::Day.name(&zone, at), "2026-11-30");
    assert_eq!(Span::Month.name(&zone, at), "2026-11");
    let december: Timestamp = "2026-12-01T06:00:00Z".parse().unwrap();
    assert_eq!(Span::Day.next(&zone, at), december);
    assert_eq!(Span::Month.next(&zone, at), december);
    assert_eq!(Span::Month.name(&zone, december), "2026-12");
}

#[test]
fn a_call_costs_each_minute_that_is_begun_and_nothing_where_nobody_answered() {
    let rates = Rates::default();
    let cost = |outcome, seconds| {
        rates.after(
            Channel::Telephone,
            outcome,
            SignedDuration::from_secs(seconds),
        )
    };
    assert_eq!(cost(Outcome::Answered, 61), Money::from_cents(4));
    assert_eq!(cost(Outcome::Machine, 0), Money::from_cents(2));
    for outcome in [
        Outcome::Busy,
        Outcome::NoAnswer,
        Outcome::NotTried,
        Outcome::Unallocated,
    ] {
        assert_eq!(cost(outcome, 50), Money::ZERO, "{outcome}");
    }
    let letter = |outcome| rates.after(Channel::Letter, outcome, SignedDuration::ZERO);
    assert_eq!(letter(Outcome::Spooled), rates.letter);
    assert_eq!(letter(Outcome::Deferred), Money::ZERO);
}

proptest! {
    #[test]
    fn no_number_is_called_more_often_in_any_day(
        most in 1..6_u32, more in 0..6_u32,
        wishes in proptest::collection::vec((0..20_000_i64, any::<bool>()), 1..80),
    ) {
        let bounds = Bounds { calls_a_day: most, escape_calls_a_day: most + more, ..Bounds::default() };
        let mut now = start();
        let mut called: Vec<(Timestamp, bool)> = Vec::new();
        for (wait, is_escape) in wishes {
            now += SignedDuration::from_secs(wait);
            let since = now - NUMBER_SPAN;
            let within: Vec<_> = called.iter().rev().map(|(at, _)| *at).filter(|at| *at > since).collect();
            match bounds.number_until(if is_escape { 1 } else { 4 }, &within) {
                None => called.push((now, is_escape)),
                Some(until) => prop_assert!(until > now, "a bound always lies ahead"),
            }
        }
        for (at, _) in &called {
            let day = called.iter().filter(|(other, _)| other <= at && *other > *at - NUMBER_SPAN);
            prop_assert!(day.count() <= usize::try_from(most + more).unwrap());
        }
        let mut at_ordinary = called.iter().enumerate().filter(|(_, (_, is_escape))| !is_escape);
        let is_within = at_ordinary.all(|(place, (at, _))| {
            let day = called[..=place].iter().filter(|(other, _)| *other > *at - NUMBER_SPAN);
            day.count() <= usize::try_from(most).unwrap()
        });
        prop_assert!(is_within, "an escape has more room, and nothing else takes it");
    }

    #[test]
    fn nothing_that_waits_for_a_decision_is_spent_beyond_the_budget(
        limit in 0..2_000_u64, raised in 0..500_u64,
        tries in proptest::collection::vec((0..8_u8, 0..90_u64), 0..200),
    ) {
        let mut accounts = [account(Some(limit), raised, 0)];
        let mut beyond = false;
        for (rank, cents) in tries {
            let cost = Money::from_cents(cents);
            if keeps_back(&accounts, rank, cost).is_some() {
                prop_assert!(!(1..=4).contains(&rank));
                continue;
            }
            accounts[0].spent = accounts[0].spent.plus(cost);
            beyond |= (1..=4).contains(&rank);
            prop_assert!(beyond || accounts[0].spent <= accounts[0].limit().unwrap());
        }
    }

    #[test]
    fn what_uses_up_no_try_costs_nothing(seconds in 0..10_000_i64, outcome in 0..14_usize) {
        let outcome = Outcome::ALL[outcome];
        let took = SignedDuration::from_secs(seconds);
        for channel in Channel::ALL {
            let cost = Rates::default().after(channel, outcome, took);
            prop_assert!(outcome.follows() != Follows::Unused || cost == Money::ZERO);
        }
    }
}
