//! Ladders as the vault follows them: from way to way, and an end only by a confirmation.

use jiff::SignedDuration;
use savin_shared::event::EventCode;
use savin_shared::pii::Pii;

use super::care::{check, keep};
use super::carrying::{call, calls, counts, doors, escape, row};
use super::contacts::{phone, postal, register_by};
use super::silence::unreachable;
use super::{accepted, address, ask, claim, claim_by, each_with, fact, finish, pass, plan, portal};
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::Fact;
use crate::notification::ladder::{Ladders, SHIPPED};
use crate::store::vault::carrying::Room;
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, CourierCommand, Later, Message, PinVerdict, PortalAnswer, PortalCommand,
    StaffAnswer, StaffCommand, TaskCommand, TryOutcome,
};
use crate::vault::means::Means;
use crate::work::task::TaskKind;

fn letters(vault: &Vault) -> Vec<Message> {
    claim_by(vault, Channel::Letter, Room::all(9))
}

fn every_way() -> Vec<Contact> {
    let email = Contact::Email(address("avery@example.test"));
    vec![email, phone("601-555-0123"), postal("12 Elm St")]
}

fn seen(vault: &Vault, message: &Message) {
    let seen = PortalCommand::Seen {
        mark: message.marks.seen,
    };
    assert_eq!(portal(vault, seen), PortalAnswer::Done);
}

#[test]
fn a_confirmation_ends_the_same_news_in_her_other_ways_and_nothing_else() {
    each_with("vault_elsewhere", doors, |vault, _| {
        register_by(vault, every_way(), None);
        plan(vault, 0, 2, vec![fact(1, 1), escape(2, 1)]);
        let mails = claim(vault);
        for mail in &mails {
            finish(vault, mail, accepted());
        }
        let first = calls(vault, 1).remove(0);
        finish(vault, &first, call(CallOutcome::NoAnswer));
        let escaped = &mails[0];
        assert_eq!(super::told_code(escaped), EventCode::Escaped);
        seen(vault, escaped);
        assert_eq!(row(vault, first.notice).state, "elsewhere");
        // The release waits on: it says something else.
        let waiting = calls(vault, 9);
        assert_eq!(waiting.len(), 1);
        assert_eq!(super::told_code(&waiting[0]), EventCode::Released);
        assert_eq!(letters(vault).len(), 1, "no letter of the escape is made");
        finish(vault, &waiting[0], call(CallOutcome::NoAnswer));
        pass(SignedDuration::from_hours(48));
        assert_eq!(calls(vault, 9).len(), 1, "and goes on");
    });
}

#[test]
fn what_is_under_way_or_printed_when_she_confirms_is_its_last_try() {
    each_with("vault_under_way", doors, |vault, _| {
        register_by(vault, every_way(), None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let mail = claim(vault).remove(0);
        finish(vault, &mail, accepted());
        let letter = letters(vault).remove(0);
        let detail = "batch 7".to_owned();
        finish(vault, &letter, TryOutcome::Spooled { detail });
        let (notice, later) = (letter.notice, Later::Printed);
        assert!(counts(vault, CourierCommand::Heard { notice, later }));
        let under_way = calls(vault, 9).remove(0);
        seen(vault, &mail);
        assert_eq!(row(vault, letter.notice).state, "printed");
        assert_eq!(row(vault, under_way.notice).state, "trying");
        finish(vault, &under_way, call(CallOutcome::Machine));
        assert_eq!(row(vault, under_way.notice).state, "elsewhere");
        pass(SignedDuration::from_hours(48));
        assert!(calls(vault, 9).is_empty());
    });
}

#[test]
fn a_door_that_died_tries_nothing_again_that_was_confirmed_meanwhile() {
    each_with("vault_died", doors, |vault, _| {
        register_by(vault, every_way(), None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let mail = claim(vault).remove(0);
        finish(vault, &mail, accepted());
        let lost = calls(vault, 9).remove(0);
        seen(vault, &mail);
        pass(SignedDuration::from_mins(6));
        assert!(calls(vault, 9).is_empty(), "its lease is over");
        assert_eq!(row(vault, lost.notice).state, "elsewhere");
        assert_eq!(row(vault, lost.notice).attempts, 1);
    });
}

#[test]
fn the_next_way_begins_at_once_where_one_has_ended_without_her() {
    let means = || {
        let later = "[release.letter]\nbegins = \"0s\"";
        let later = SHIPPED
            .replace(later, "[release.letter]\nbegins = \"12h\"")
            .replace(
                "[transfer.letter]\nbegins = \"0s\"",
                "[transfer.letter]\nbegins = \"12h\"",
            )
            .replace(
                "[court.letter]\nbegins = \"0s\"",
                "[court.letter]\nbegins = \"12h\"",
            );
        let ladders = Ladders::parse(&later).unwrap();
        Means { ladders, ..doors() }
    };
    each_with("vault_next_way", means, |vault, _| {
        register_by(
            vault,
            vec![phone("601-555-0123"), postal("12 Elm St")],
            None,
        );
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let first = calls(vault, 9).remove(0);
        finish(vault, &first, call(CallOutcome::NoAnswer));
        assert!(letters(vault).is_empty(), "its turn is in twelve hours");
        pass(SignedDuration::from_mins(30));
        let again = calls(vault, 9).remove(0);
        finish(vault, &again, call(CallOutcome::Unallocated));
        assert_eq!(letters(vault).len(), 1);
        assert_eq!(unreachable(vault), 1);
        // What is planned for its own turn comes then, whatever became of the other way.
        plan(vault, 1, 2, vec![fact(2, 1)]);
        assert!(letters(vault).is_empty());
        pass(SignedDuration::from_hours(12));
        assert_eq!(letters(vault).len(), 2, "one of them after its lease");
    });
}

#[test]
fn calls_go_on_more_slowly_until_a_person_has_told_her() {
    each_with("vault_slower", doors, |vault, _| {
        let her = register_by(
            vault,
            vec![phone("601-555-0123"), postal("12 Elm St")],
            None,
        );
        keep(vault, her, None, Some("4821"));
        plan(vault, 0, 1, vec![fact(1, 1)]);
        for number in 1..=6 {
            assert_eq!(unreachable(vault), 0, "after {number}");
            let message = calls(vault, 9).remove(0);
            finish(vault, &message, call(CallOutcome::NoAnswer));
            pass(SignedDuration::from_mins(30));
        }
        assert_eq!(unreachable(vault), 1);
        assert!(calls(vault, 9).is_empty(), "two hours from now on");
        for _ in 0..5 {
            pass(SignedDuration::from_hours(2));
            let message = calls(vault, 9).remove(0);
            finish(vault, &message, call(CallOutcome::NoAnswer));
        }
        let list = TaskCommand::List {
            kind: Some(TaskKind::Unreachable),
            limit: 9,
        };
        let StaffAnswer::Tasks(tasks) = ask(vault, StaffCommand::Tasks(list)) else {
            panic!("tasks")
        };
        let done = |choice: &str| TaskCommand::Done {
            task: tasks[0].task,
            choice: choice.to_owned(),
            decision: 1,
        };
        let told = ask(vault, StaffCommand::Tasks(done("told")));
        assert!(matches!(told, StaffAnswer::Changed(true)));
        pass(SignedDuration::from_hours(48));
        assert!(calls(vault, 9).is_empty());
        assert!(letters(vault).is_empty(), "and no letter says it again");
    });
}

#[test]
fn a_task_that_is_done_without_telling_her_ends_no_calls() {
    each_with("vault_not_told", doors, |vault, _| {
        register_by(vault, vec![phone("601-555-0123")], None);
        plan(vault, 0, 1, vec![escape(1, 1)]);
        for _ in 0..8 {
            let message = calls(vault, 9).remove(0);
            finish(vault, &message, call(CallOutcome::NoAnswer));
            pass(SignedDuration::from_mins(15));
        }
        assert_eq!(unreachable(vault), 1);
        let done = TaskCommand::Done {
            task: 1,
            choice: "done".to_owned(),
            decision: 1,
        };
        let done = ask(vault, StaffCommand::Tasks(done));
        assert!(matches!(done, StaffAnswer::Changed(true)));
        pass(SignedDuration::from_mins(45));
        assert_eq!(calls(vault, 9).len(), 1);
    });
}

#[test]
fn an_escape_is_called_about_sooner_than_a_hearing() {
    each_with("vault_pace", doors, |vault, _| {
        register_by(vault, vec![phone("601-555-0123")], None);
        let hearing = Fact {
            code: EventCode::HearingSet.code(),
            urgency: 4,
            ..fact(2, 1)
        };
        plan(vault, 0, 2, vec![escape(1, 1), hearing]);
        for expected in [EventCode::Escaped, EventCode::HearingSet] {
            let called = calls(vault, 9);
            assert_eq!(called.len(), 1, "a number takes one call at a time");
            assert_eq!(super::told_code(&called[0]), expected);
            finish(vault, &called[0], call(CallOutcome::NoAnswer));
        }
        pass(SignedDuration::from_mins(15));
        let again = calls(vault, 9);
        assert_eq!(again.len(), 1);
        assert_eq!(super::told_code(&again[0]), EventCode::Escaped);
        assert_eq!(
            check(vault, &again[0], "1"),
            PinVerdict::Closed,
            "she has no PIN"
        );
        pass(SignedDuration::from_mins(104));
        let again = calls(vault, 9);
        assert_eq!(again.len(), 1, "the escape, after its lease");
        finish(vault, &again[0], call(CallOutcome::NoAnswer));
        pass(SignedDuration::from_mins(1));
        assert_eq!(calls(vault, 9).len(), 1, "the hearing, after two hours");
    });
}

#[test]
fn calls_go_to_each_of_her_numbers_in_turn() {
    each_with("vault_in_turn", doors, |vault, _| {
        let numbers = ["601-555-0123", "601-555-0199"].map(phone);
        register_by(vault, numbers.to_vec(), None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let next = |outcome| {
            let message = calls(vault, 9).remove(0);
            finish(vault, &message, call(outcome));
            message.to
        };
        assert!(next(CallOutcome::NoAnswer) == numbers[0]);
        assert!(calls(vault, 9).is_empty());
        pass(SignedDuration::from_mins(1));
        assert!(next(CallOutcome::Machine) == numbers[1]);
        pass(SignedDuration::from_mins(29));
        assert!(next(CallOutcome::Unallocated) == numbers[0]);
        assert_eq!(unreachable(vault), 0, "another number is left");
        pass(SignedDuration::from_mins(60));
        assert!(calls(vault, 9).is_empty(), "a machine answered there");
        pass(SignedDuration::from_mins(31));
        assert!(next(CallOutcome::Unallocated) == numbers[1]);
        assert_eq!(unreachable(vault), 1);
    });
}

#[test]
fn a_mail_that_comes_back_goes_to_her_other_address_at_once() {
    each_with("vault_other_mail", doors, |vault, _| {
        let mails =
            ["avery@example.test", "sample@example.test"].map(|at| Contact::Email(address(at)));
        register_by(vault, mails.to_vec(), None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let first = claim(vault).remove(0);
        assert!(first.to == mails[0]);
        finish(vault, &first, accepted());
        pass(SignedDuration::from_hours(2));
        assert!(claim(vault).is_empty());
        let bounced = |detail: &str| CourierCommand::Heard {
            notice: first.notice,
            later: Later::Bounced {
                detail: detail.to_owned(),
            },
        };
        assert!(counts(vault, bounced("5.1.1 avery@example.test unknown")));
        pass(SignedDuration::from_secs(30));
        let second = claim(vault).remove(0);
        assert!(second.to == mails[1]);
        assert_eq!(unreachable(vault), 0);
        finish(vault, &second, accepted());
        assert!(counts(vault, bounced("5.1.1 sample@example.test unknown")));
        assert_eq!(row(vault, first.notice).state, "refused");
        assert_eq!(unreachable(vault), 1);
        let shown = row(vault, first.notice).address;
        assert!(shown != Pii::new("sample@example.test".to_owned()));
    });
}
