//! Wrong numbers: who may end calls to a telephone, and who may not (T03, T05).

use super::care::keep;
use super::carrying::{call, calls, doors};
use super::contacts::{phone, register_by};
use super::line::{HERS, OTHER, PIN, line, number, registered};
use super::{address, ask, claim, each_with, fact, finish, plan, portal, session};
use crate::notification::change::Changed;
use crate::notification::contact::Contact;
use crate::notification::words::Language;
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, ContactCommand, Content, CourierAnswer, CourierCommand, LineCommand, Message,
    PortalAnswer, PortalCommand, StaffAnswer, StaffCommand, TaskCommand, TryOutcome,
};
use crate::work::task::TaskKind;

const EMAIL: &str = "avery@example.test";

fn wrong(vault: &Vault, message: &Message) {
    let notice = message.notice;
    let noted = ask(vault, CourierCommand::WrongNumber { notice });
    assert!(matches!(noted, CourierAnswer::Noted(true)));
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
        assert!(calls(vault, 9).len() >= 2, "it is called all the same");
    });
}
