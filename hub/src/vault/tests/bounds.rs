//! The bounds, on both engines: what waits for them, for how long and why, and that nothing is lost or used up.

use jiff::SignedDuration;
use savin_shared::event::EventCode;

use super::carrying::{call, calls, doors, escape, row};
use super::contacts::{phone, register_by};
use super::{ask, beside, claim_by, each_with, fact, finish, pass, plan, portal, told_code, wall};
use crate::notification::bounds::budget::{Budget, Level, Span};
use crate::notification::bounds::money::Money;
use crate::notification::bounds::{Bounds, Waits};
use crate::notification::channel::Channel;
use crate::notification::fact::Fact;
use crate::store::Store;
use crate::store::vault::{SCHEMA, called};
use crate::vault::Vault;
use crate::vault::command::{
    BudgetCommand, BudgetView, CallOutcome, Command, CourierCommand, LineCommand, Message,
    PortalAnswer, PortalCommand, Room, StaffAnswer, StaffCommand, TryOutcome,
};
use crate::vault::means::Means;

fn with(bounds: Bounds) -> Means {
    Means { bounds, ..doors() }
}

fn cents(cents: u64) -> Money {
    Money::from_cents(cents)
}

/// A budget of so many cents a day, at 10 cents for each minute.
fn costly(day: u64) -> Means {
    let mut bounds = Bounds::default();
    bounds.rates.call_minute = cents(10);
    bounds.rates.letter = cents(10);
    bounds.budget = Budget {
        day: Some(cents(day)),
        month: None,
        ..Budget::default()
    };
    with(bounds)
}

fn budget(vault: &Vault, command: BudgetCommand) -> BudgetView {
    let StaffAnswer::Budget(view) = ask(vault, StaffCommand::Budget(command)) else {
        panic!("a budget")
    };
    view
}

fn spent(vault: &Vault) -> (Money, Level) {
    let view = budget(vault, BudgetCommand::Show);
    (view.accounts[0].account.spent, view.accounts[0].level)
}

fn hearing(event: u8) -> Fact {
    Fact {
        code: EventCode::HearingSet.code(),
        urgency: 4,
        ..fact(event, 1)
    }
}

fn down() -> TryOutcome {
    TryOutcome::NotTried {
        detail: "no trunk answers".to_owned(),
    }
}

fn told(messages: &[Message]) -> Vec<EventCode> {
    messages.iter().map(told_code).collect()
}

#[test]
fn one_number_is_called_so_often_in_a_day_whatever_it_is_about() {
    let means = || {
        with(Bounds {
            calls_a_day: 3,
            escape_calls_a_day: 5,
            ..Bounds::default()
        })
    };
    each_with("vault_number_bound", means, |vault, _| {
        register_by(vault, vec![phone("601-555-0123")], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let first = calls(vault, 9).remove(0);
        finish(vault, &first, call(CallOutcome::Busy));
        let began = wall();
        plan(vault, 1, 2, vec![fact(2, 1)]);
        for _ in 0..2 {
            let message = calls(vault, 1).remove(0);
            finish(vault, &message, call(CallOutcome::NoAnswer));
            pass(SignedDuration::from_mins(30));
        }
        for _ in 0..20 {
            assert!(calls(vault, 9).is_empty(), "the fourth within a day");
            pass(SignedDuration::from_hours(1));
        }
        let waits = row(vault, first.notice);
        assert_eq!(waits.state, "planned", "nothing has ended");
        assert_eq!(waits.waits, Some(Waits::Number));
        assert_eq!(
            (waits.attempts, waits.tries),
            (2, 2),
            "and no try is used up"
        );
        // An escape has more room.
        plan(vault, 2, 3, vec![escape(3, 1)]);
        let escaped = calls(vault, 9);
        assert_eq!(told(&escaped), [EventCode::Escaped]);
        finish(vault, &escaped[0], call(CallOutcome::NoAnswer));
        pass(SignedDuration::from_mins(15));
        let again = calls(vault, 9);
        assert_eq!(told(&again), [EventCode::Escaped]);
        finish(vault, &again[0], call(CallOutcome::NoAnswer));
        pass(SignedDuration::from_mins(15));
        assert!(calls(vault, 9).is_empty(), "an escape has a bound, too");
        // With the day the first call is out of the count, and so on.
        let day = SignedDuration::from_hours(24);
        pass(day - wall().duration_since(began) + SignedDuration::from_secs(1));
        assert_eq!(told(&calls(vault, 9)), [EventCode::Escaped]);
    });
}

#[test]
fn another_of_her_numbers_is_called_where_one_was_called_too_often() {
    let means = || {
        with(Bounds {
            calls_a_day: 1,
            ..Bounds::default()
        })
    };
    each_with("vault_number_other", means, |vault, _| {
        let numbers = ["601-555-0123", "601-555-0199"].map(phone);
        register_by(vault, numbers.to_vec(), None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let first = calls(vault, 9).remove(0);
        assert!(first.to == numbers[0]);
        finish(vault, &first, call(CallOutcome::NoAnswer));
        plan(vault, 1, 2, vec![fact(2, 1)]);
        let second = calls(vault, 9).remove(0);
        assert!(second.to == numbers[1], "the first was called today");
    });
}

#[test]
fn a_bound_on_a_number_outlives_a_restart_and_a_registration() {
    let means = || {
        with(Bounds {
            calls_a_day: 1,
            ..Bounds::default()
        })
    };
    each_with("vault_number_restart", means, |vault, place| {
        register_by(vault, vec![phone("601-555-0123")], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        finish(
            vault,
            &calls(vault, 9).remove(0),
            call(CallOutcome::NoAnswer),
        );
        let after = beside(vault, place, None);
        register_by(&after, vec![phone("(601) 555 0123")], None);
        plan(&after, 1, 2, vec![fact(2, 1)]);
        assert!(calls(&after, 9).is_empty(), "whoever names the number");
    });
}

#[test]
fn a_trunk_that_is_down_uses_up_no_bound_and_costs_nothing() {
    let means = || Means {
        bounds: Bounds {
            calls_a_day: 2,
            escape_calls_a_day: 2,
            ..costly(1_000).bounds
        },
        ..doors()
    };
    each_with("vault_down_bound", means, |vault, _| {
        register_by(vault, vec![phone("601-555-0123")], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        for _ in 0..20 {
            let message = calls(vault, 9).remove(0);
            assert_eq!(spent(vault).0, cents(10), "set aside");
            finish(vault, &message, down());
            assert_eq!(spent(vault).0, Money::ZERO, "and taken back");
            pass(SignedDuration::from_secs(30));
        }
        let message = calls(vault, 9).remove(0);
        finish(vault, &message, call(CallOutcome::NoAnswer));
        assert_eq!(row(vault, message.notice).tries, 1);
        pass(SignedDuration::from_mins(30));
        assert_eq!(calls(vault, 9).len(), 1, "that was the first call");
    });
}

#[test]
fn no_more_calls_begin_in_a_second_than_all_workers_may() {
    let means = || {
        with(Bounds {
            calls_per_second: 5,
            ..Bounds::default()
        })
    };
    each_with("vault_pace_bound", means, |vault, place| {
        for number in 0..10 {
            register_by(vault, vec![phone(&format!("601-555-010{number}"))], None);
        }
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let other = beside(vault, place, None);
        assert_eq!(calls(vault, 3).len(), 3);
        assert_eq!(calls(&other, 9).len(), 1, "one of five is kept for escapes");
        assert!(calls(vault, 9).is_empty());
        plan(vault, 1, 2, vec![escape(2, 1)]);
        assert_eq!(told(&calls(&other, 9)), [EventCode::Escaped]);
        assert!(calls(vault, 9).is_empty());
        pass(SignedDuration::from_secs(1));
        assert_eq!(calls(vault, 9).len(), 5, "escapes take what is kept");
    });
}

#[test]
fn workers_share_lines() {
    let means = || {
        with(Bounds {
            lines: Some(3),
            ..Bounds::default()
        })
    };
    each_with("vault_line_bound", means, |vault, place| {
        for number in 0..5 {
            register_by(vault, vec![phone(&format!("601-555-010{number}"))], None);
        }
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let first = calls(vault, 9);
        assert_eq!(first.len(), 2, "one of three is kept");
        pass(SignedDuration::from_secs(5));
        assert!(calls(vault, 9).is_empty());
        finish(vault, &first[0], call(CallOutcome::NoAnswer));
        assert_eq!(calls(vault, 9).len(), 1);
        let store = Store::open(place, &SCHEMA).unwrap();
        let now = wall();
        let under_way = store.read_now("lines", move |tx| called::under_way(tx, now));
        assert_eq!(under_way.unwrap(), 2);
    });
}

#[test]
fn a_spent_budget_keeps_back_what_can_wait_until_a_person_allows_more() {
    each_with(
        "vault_budget",
        || costly(50),
        |vault, _| {
            register_by(vault, vec![phone("601-555-0123")], None);
            plan(vault, 0, 1, vec![fact(1, 1)]);
            let long = calls(vault, 9).remove(0);
            pass(SignedDuration::from_secs(190));
            finish(vault, &long, call(CallOutcome::Answered));
            assert_eq!(
                spent(vault),
                (cents(40), Level::Near),
                "four minutes have begun"
            );
            plan(vault, 1, 2, vec![hearing(2), hearing(3)]);
            let hearings = calls(vault, 9);
            assert_eq!(told(&hearings), [EventCode::HearingSet]);
            assert_eq!(spent(vault), (cents(50), Level::Spent));
            finish(vault, &hearings[0], call(CallOutcome::Answered));
            assert!(calls(vault, 9).is_empty());
            let view = budget(vault, BudgetCommand::Show);
            assert_eq!((view.kept_back, view.accounts[0].by[0].tries), (1, 2));
            // What says that somebody is out goes on, beyond the budget.
            pass(SignedDuration::from_mins(30));
            plan(vault, 2, 3, vec![escape(4, 1)]);
            for code in [EventCode::Escaped, EventCode::Released] {
                let out = calls(vault, 9);
                assert_eq!(told(&out), [code]);
                finish(vault, &out[0], call(CallOutcome::Answered));
            }
            assert_eq!(spent(vault).0, cents(70));
            assert!(calls(vault, 9).is_empty());
            let raise = BudgetCommand::Raise {
                span: Span::Day,
                amount: cents(100),
            };
            assert_eq!(budget(vault, raise).accounts[0].level, Level::Within);
            let next = calls(vault, 9);
            assert_eq!(told(&next), [EventCode::HearingSet], "at once");
            assert_eq!(
                row(vault, next[0].notice).attempts,
                1,
                "it was never tried in vain"
            );
            assert_eq!(row(vault, next[0].notice).waits, None);
            assert_eq!(budget(vault, BudgetCommand::Show).kept_back, 0);
        },
    );
}

#[test]
fn a_new_day_has_a_budget_of_its_own_and_a_call_that_nobody_took_costs_nothing() {
    each_with(
        "vault_budget_day",
        || costly(10),
        |vault, _| {
            register_by(vault, vec![phone("601-555-0123")], None);
            plan(vault, 0, 1, vec![hearing(1)]);
            let first = calls(vault, 9).remove(0);
            finish(vault, &first, call(CallOutcome::NoAnswer));
            assert_eq!(spent(vault).0, Money::ZERO);
            plan(vault, 1, 2, vec![hearing(2)]);
            let second = calls(vault, 9).remove(0);
            finish(vault, &second, call(CallOutcome::Answered));
            assert_eq!(spent(vault), (cents(10), Level::Spent));
            pass(SignedDuration::from_hours(2));
            assert!(calls(vault, 9).is_empty());
            assert_eq!(row(vault, first.notice).waits, Some(Waits::Budget));
            let now = wall();
            let midnight = Span::Day.next(&vault.means.zone, now);
            pass(midnight.duration_since(now));
            assert_eq!(calls(vault, 9).len(), 1);
        },
    );
}

#[test]
fn letters_wait_for_the_budget_and_none_is_lost() {
    each_with(
        "vault_budget_letters",
        || costly(25),
        |vault, _| {
            let postal = |number| super::contacts::postal(&format!("{number} Elm St"));
            for number in 1..5 {
                register_by(vault, vec![postal(number)], None);
            }
            plan(vault, 0, 1, vec![hearing(1)]);
            let letters = |vault| claim_by(vault, Channel::Letter, Room::all(9));
            let first = letters(vault);
            assert_eq!(first.len(), 2, "no third is within 25 cents");
            let detail = "batch 7".to_owned();
            finish(vault, &first[0], TryOutcome::Spooled { detail });
            let detail = "the printer is out of paper".to_owned();
            finish(vault, &first[1], TryOutcome::Deferred { detail });
            assert_eq!(spent(vault).0, cents(10), "what was not made costs nothing");
            let raise = BudgetCommand::Raise {
                span: Span::Day,
                amount: cents(100),
            };
            budget(vault, raise);
            pass(SignedDuration::from_mins(1));
            assert_eq!(letters(vault).len(), 3);
        },
    );
}

#[test]
fn calls_that_came_in_and_those_to_operators_are_priced_apart_and_keep_nobody_back() {
    let means = || {
        let mut bounds = Bounds::default();
        bounds.rates.incoming_minute = cents(3);
        bounds.rates.operator_minute = cents(7);
        bounds.rates.call_minute = cents(10);
        bounds.budget = Budget {
            day: Some(cents(10)),
            incoming_day: Some(cents(26)),
            ..Budget::default()
        };
        with(bounds)
    };
    each_with("vault_incoming", means, |vault, place| {
        let over = |seconds| {
            let command = LineCommand::Over {
                took: SignedDuration::from_secs(seconds),
            };
            let shown = None;
            let answer = portal(vault, PortalCommand::Line { shown, command });
            assert!(matches!(answer, PortalAnswer::Done), "{answer:?}");
        };
        for seconds in [0, 59, 61] {
            over(seconds);
        }
        let view = budget(vault, BudgetCommand::Show).incoming;
        let day = &view.day;
        assert_eq!((day.calls, day.minutes, day.amount), (3, 4, cents(12)));
        // One talked with an operator for 61 s in her own call, another in the call of a notice.
        let took = SignedDuration::from_secs(61);
        let command = LineCommand::Talked { took };
        let shown = None;
        portal(vault, PortalCommand::Line { shown, command });
        let view = budget(vault, BudgetCommand::Show).incoming;
        assert_eq!((view.today(), view.is_over()), (cents(26), false));
        let took = SignedDuration::ZERO;
        let talked = Command::Courier(CourierCommand::Talked { took });
        vault.handle(talked).unwrap();
        let view = budget(vault, BudgetCommand::Show).incoming;
        let day = &view.operators_day;
        assert_eq!((day.calls, day.minutes, day.amount), (2, 3, cents(21)));
        assert!(view.is_over());
        over(1);
        assert!(budget(vault, BudgetCommand::Show).incoming.is_over());
        // What is told has all of its own budget, and another node sees the same sums.
        register_by(vault, vec![phone("601-555-0123")], None);
        plan(vault, 0, 1, vec![hearing(1)]);
        assert_eq!(calls(vault, 9).len(), 1);
        let other = beside(vault, place, None);
        let seen = budget(&other, BudgetCommand::Show).incoming;
        assert_eq!((seen.day.calls, seen.month.amount), (4, cents(15)));
        pass(SignedDuration::from_hours(24));
        let next = budget(vault, BudgetCommand::Show).incoming;
        assert_eq!((next.day.calls, next.month.calls), (0, 4));
        let operators = (next.operators_day.calls, next.operators_month.calls);
        assert_eq!(operators, (0, 2));
    });
}
