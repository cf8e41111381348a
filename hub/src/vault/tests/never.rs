//! Wrong numbers: who may end calls to a telephone, and who may not (T03, T05).

use jiff::SignedDuration;

use super::care::{check, keep};
use super::carrying::{call, calls, doors, escape};
use super::contacts::{phone, register_by};
use super::line::{HERS, OTHER, PIN, line, number, registered, signed_in};
use super::silence::unreachable;
use super::{accepted, address, ask, claim, each_with, fact, finish, pass, plan, portal, session};
use crate::notification::change::Changed;
use crate::notification::contact::Contact;
use crate::notification::words::Language;
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, ContactCommand, Content, CourierAnswer, CourierCommand, LineCommand, Message,
    PinVerdict, PortalAnswer, PortalCommand, StaffAnswer, StaffCommand, TaskCommand, TryOutcome,
};
use crate::work::task::TaskKind;

const EMAIL: &str = "avery@example.test";

/// Says that it is the wrong number; returns whether that number is called with it no more.
fn said_wrong(vault: &Vault, message: &Message) -> bool {
    let notice = message.notice;
    let noted = ask(vault, CourierCommand::WrongNumber { notice });
    matches!(noted, CourierAnswer::Noted(true))
}

fn wrong(vault: &Vault, message: &Message) {
    assert!(said_wrong(vault, message));
}

/// Says in the call of a notice that it is the wrong number, as the courier notes it.
fn doubted(vault: &Vault, message: &Message) {
    wrong(vault, message);
    let detail = String::new();
    finish(vault, message, TryOutcome::Refused { detail });
}

fn changes(vault: &Vault) -> Vec<Changed> {
    let of = |message: Message| match message.content {
        Content::Change(change) => Some(change.what),
        Content::Fact(_) | Content::News | Content::Code(_) => None,
    };
    claim(vault).into_iter().filter_map(of).collect()
}

fn doubts(vault: &Vault) -> usize {
    let list = TaskCommand::List {
        kind: Some(TaskKind::ByHand),
        limit: 99,
    };
    let StaffAnswer::Tasks(tasks) = ask(vault, StaffCommand::Tasks(list)) else {
        panic!("tasks")
    };
    let is_doubt = |subject: &String| subject.starts_with("wrong-number/");
    let subjects = tasks.into_iter().map(|task| task.subject);
    subjects.filter(is_doubt).count()
}

fn reach(vault: &Vault) {
    let reach = PortalCommand::Reach {
        session: session(vault, EMAIL),
        contact: phone(OTHER),
    };
    assert_eq!(portal(vault, reach), PortalAnswer::Done);
}

#[test]
fn a_stranger_ends_the_calls_and_she_and_staff_are_told() {
    each_with("never_stranger", doors, |vault, _| {
        register_by(vault, vec![Contact::Email(address(EMAIL))], None);
        reach(vault);
        let code = calls(vault, 9).remove(0);
        wrong(vault, &code);
        let detail = String::new();
        finish(vault, &code, TryOutcome::Refused { detail });
        assert_eq!(changes(vault), [Changed::NeverCalled]);
        assert_eq!(doubts(vault), 1);
        // Nobody makes it ring again, whoever gives it: on a page or by telephone.
        reach(vault);
        let about = super::about(2);
        let register = LineCommand::Register {
            number: number(OTHER),
            pin: super::line::secret(PIN),
            about,
            language: Language::En,
        };
        assert_eq!(
            line(vault, register),
            PortalAnswer::Done,
            "as for any other"
        );
        assert!(calls(vault, 9).is_empty());
        let allow = || {
            let number = number(OTHER);
            let allow = StaffCommand::Contacts(ContactCommand::Allow { number });
            matches!(ask(vault, allow), StaffAnswer::Changed(true))
        };
        assert!(allow());
        assert!(!allow());
        registered(vault, OTHER, PIN, 3);
    });
}

#[test]
fn whoever_holds_her_telephone_ends_no_calls_to_it() {
    each_with("never_hers", doors, |vault, _| {
        let email = Contact::Email(address(EMAIL));
        let who = register_by(vault, vec![phone(HERS), email], None);
        keep(vault, who, None, Some(PIN));
        let forgot = LineCommand::Forgot {
            number: number(HERS),
            language: Language::En,
        };
        line(vault, forgot.clone());
        let code = calls(vault, 9).remove(0);
        wrong(vault, &code);
        finish(vault, &code, call(CallOutcome::Answered));
        assert_eq!(changes(vault), [Changed::WrongNumber]);
        assert_eq!(doubts(vault), 1);
        line(vault, forgot);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        for _ in 0..2 {
            // It is called all the same, with the code and with the news.
            let message = calls(vault, 9).remove(0);
            finish(vault, &message, call(CallOutcome::NoAnswer));
        }
    });
}

#[test]
fn whoever_takes_the_call_of_a_notice_ends_it_at_that_number_and_in_no_other_way() {
    each_with("never_notice", doors, |vault, _| {
        let email = Contact::Email(address(EMAIL));
        let who = register_by(vault, vec![phone(HERS), email], None);
        keep(vault, who, None, Some(PIN));
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let called = calls(vault, 9).remove(0);
        doubted(vault, &called);
        let mail = claim(vault);
        let held = |one: &&Message| matches!(&one.content, Content::Change(change) if change.what == Changed::NumberHeld);
        assert_eq!(
            mail.iter().filter(held).count(),
            1,
            "she is told in her other way"
        );
        assert_eq!(mail.len(), 2, "and of the news itself");
        assert_eq!(doubts(vault), 1, "a person asks her");
        assert_eq!(
            unreachable(vault),
            1,
            "and sees that the call reached nobody"
        );
        // What comes next rings there no more: a person is asked for each.
        plan(vault, 1, 2, vec![fact(2, 1)]);
        assert!(calls(vault, 9).is_empty());
        assert_eq!(unreachable(vault), 2);
        // But an escape does: whoever pressed a key must not keep that from her.
        plan(vault, 2, 3, vec![escape(3, 1)]);
        let urgent = calls(vault, 9).remove(0);
        assert_eq!(check(vault, &urgent, PIN), PinVerdict::Right);
        finish(vault, &urgent, call(CallOutcome::Confirmed));
        // There she has answered for it herself.
        plan(vault, 3, 4, vec![fact(4, 1)]);
        assert_eq!(calls(vault, 9).len(), 1);
    });
}

#[test]
fn her_next_number_is_called_at_once_and_staff_or_she_takes_it_back() {
    each_with("never_next", doors, |vault, _| {
        let who = register_by(vault, vec![phone(HERS), phone(OTHER)], None);
        keep(vault, who, None, Some(PIN));
        plan(vault, 0, 1, vec![escape(1, 1)]);
        let called = calls(vault, 9).remove(0);
        assert_eq!(called.to, phone(HERS));
        doubted(vault, &called);
        pass(SignedDuration::from_mins(1));
        for is_change in [false, true] {
            // The news itself, and then the change.
            let next = calls(vault, 9);
            assert_eq!(next.len(), 1);
            assert_eq!(next[0].to, phone(OTHER));
            let told = matches!(next[0].content, Content::Change(_));
            assert_eq!(told, is_change);
            finish(vault, &next[0], accepted());
        }
        assert_eq!(unreachable(vault), 0, "the ladder goes on");
        let allow = StaffCommand::Contacts(ContactCommand::Allow {
            number: number(HERS),
        });
        assert!(matches!(ask(vault, allow), StaffAnswer::Changed(true)));
        plan(vault, 1, 2, vec![fact(2, 1)]);
        let again = calls(vault, 9).remove(0);
        assert_eq!(again.to, phone(HERS));
        doubted(vault, &again);
        let keep = LineCommand::Keep {
            session: signed_in(vault, HERS, PIN),
        };
        assert_eq!(line(vault, keep), PortalAnswer::Done);
        plan(vault, 2, 3, vec![fact(3, 1)]);
        let calls = calls(vault, 9);
        assert!(calls.iter().any(|call| call.to == phone(HERS)));
    });
}

#[test]
fn her_only_way_is_called_on_and_a_shelter_is_for_all_others() {
    each_with("never_only", doors, |vault, _| {
        let only = register_by(vault, vec![phone(HERS)], None);
        keep(vault, only, None, Some(PIN));
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let called = calls(vault, 9).remove(0);
        assert!(!said_wrong(vault, &called));
        finish(vault, &called, call(CallOutcome::Answered));
        assert_eq!(doubts(vault), 1, "a person asks her");
        pass(SignedDuration::from_mins(30));
        let again = calls(vault, 9).remove(0);
        finish(vault, &again, call(CallOutcome::Unallocated));
        // Another at the same number, who is told by mail too.
        let email = Contact::Email(address(EMAIL));
        register_by(vault, vec![phone(HERS), email], None);
        plan(vault, 1, 2, vec![fact(2, 1)]);
        let held = [1, 2].map(|_| {
            let called = calls(vault, 9);
            assert_eq!(called.len(), 1, "one after the other");
            let held = said_wrong(vault, &called[0]);
            finish(vault, &called[0], call(CallOutcome::Answered));
            held
        });
        assert_eq!(held.iter().filter(|held| **held).count(), 1);
    });
}
