//! Turning e-mail off by the link in a message.

use super::carrying::{call, doors};
use super::contacts::{phone, register_by};
use super::{
    about, address, ask, claim, claim_by, each, each_with, fact, finish, plan, portal, session,
    view,
};
use crate::notification::change::Changed;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::mark::Mark;
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, Content, MaskedContact, Message, PortalAnswer, PortalCommand, Room, StaffAnswer,
    StaffCommand, TaskCommand, Ticket,
};
use crate::work::task::TaskKind;

const WHO: &str = "avery@example.test";

fn email() -> Contact {
    Contact::Email(address(WHO))
}

/// Registers, is told of an event, and returns the message's mark for stopping.
fn told(vault: &Vault, contacts: Vec<Contact>) -> Mark {
    register_by(vault, contacts, None);
    plan(vault, 0, 1, vec![fact(1, 1)]);
    claim(vault).first().unwrap().marks.stop
}

fn click(vault: &Vault, mark: Mark) -> PortalAnswer {
    portal(vault, PortalCommand::Silence { mark })
}

pub(super) fn unreachable(vault: &Vault) -> usize {
    let list = TaskCommand::List {
        kind: Some(TaskKind::Unreachable),
        limit: 99,
    };
    let StaffAnswer::Tasks(tasks) = ask(vault, StaffCommand::Tasks(list)) else {
        panic!("tasks")
    };
    tasks.len()
}

fn shown(vault: &Vault, session: &Ticket) -> MaskedContact {
    let contacts = view(vault, session).contacts;
    let mut emails = contacts
        .into_iter()
        .filter(|contact| contact.channel == Channel::Email);
    emails.next().unwrap()
}

#[test]
fn turns_off_the_way_and_nothing_that_she_asked_for() {
    each("vault_silence", |vault, _| {
        let mark = told(vault, vec![email(), phone("601-555-0123")]);
        assert_eq!(click(vault, mark), PortalAnswer::Done);
        assert_eq!(click(vault, mark), PortalAnswer::Done, "twice is once");
        assert_eq!(unreachable(vault), 0, "she is called");
        plan(vault, 1, 2, vec![fact(2, 1)]);
        assert!(claim(vault).is_empty(), "nothing goes out by e-mail");
        let StaffAnswer::Notices(rows) = ask(vault, StaffCommand::Notices { limit: 99 }) else {
            panic!("notices")
        };
        let calls = rows.iter().filter(|row| row.channel == Channel::Telephone);
        assert_eq!(calls.count(), 3, "both facts, and that: {rows:?}");
        // The address still opens the door, behind which it is turned on again.
        let session = session(vault, WHO);
        let contact = shown(vault, &session);
        assert!(contact.is_proved && contact.is_silenced, "{contact:?}");
        let resume = PortalCommand::Resume {
            session: session.clone(),
            contact: contact.contact,
        };
        assert_eq!(portal(vault, resume), PortalAnswer::Done);
        assert!(!shown(vault, &session).is_silenced);
        plan(vault, 2, 3, vec![fact(3, 1)]);
        assert_eq!(claim(vault).len(), 2, "that it is on, and the fact");
    });
}

#[test]
fn asks_a_person_where_no_other_way_is_left() {
    each("vault_silence_last", |vault, _| {
        let mark = told(vault, vec![email()]);
        assert_eq!(click(vault, mark), PortalAnswer::Done);
        assert_eq!(unreachable(vault), 1);
        assert_eq!(click(vault, mark), PortalAnswer::Done);
        assert_eq!(unreachable(vault), 1, "asked once");
        let session = session(vault, WHO);
        assert_eq!(view(vault, &session).about.len(), 1, "{:?}", about(1));
    });
}

#[test]
fn believes_no_mark_that_it_did_not_give_out_for_that() {
    each("vault_silence_forged", |vault, _| {
        register_by(vault, vec![email()], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let marks = claim(vault).first().unwrap().marks;
        let guessed = Mark {
            tag: [0; 10],
            ..marks.stop
        };
        // Where the message comes back is written in every copy of it.
        for wrong in [guessed, marks.back] {
            assert_eq!(click(vault, wrong), PortalAnswer::Refused);
        }
        let session = session(vault, WHO);
        assert!(!shown(vault, &session).is_silenced);
    });
}

#[test]
fn turns_off_the_one_address_that_the_message_went_to_and_says_so_at_the_others() {
    each_with("vault_silence_one", doors, |vault, _| {
        let other = Contact::Email(address("avery.too@example.test"));
        let mark = told(vault, vec![email(), other.clone(), phone("601-555-0123")]);
        plan(vault, 1, 2, vec![fact(2, 1)]);
        assert_eq!(click(vault, mark), PortalAnswer::Done);
        // One after the other, in whichever order.
        let mut calls = Vec::new();
        while let Some(called) = claim_by(vault, Channel::Telephone, Room::all(9)).pop() {
            finish(vault, &called, call(CallOutcome::NoAnswer));
            calls.push(called);
        }
        let is_change = |message: &&Message| matches!(&message.content, Content::Change(_));
        assert_eq!(
            calls.iter().filter(is_change).count(),
            1,
            "the first fact is told by telephone at once, too"
        );
        let mails = claim(vault);
        assert!(mails.iter().all(|mail| mail.to == other), "{mails:?}");
        let changes: Vec<_> = mails.iter().filter(is_change).collect();
        assert_eq!(changes.len(), 1);
        let Content::Change(change) = &changes[0].content else {
            panic!("a change")
        };
        assert_eq!(change.what, Changed::MailOff);
        assert_eq!(mails.len(), 2, "and the second fact is told there");
        assert_eq!(unreachable(vault), 0);
        // The same message's link does nothing at the other address.
        assert_eq!(click(vault, mark), PortalAnswer::Done);
        let session = session(vault, "avery.too@example.test");
        let off = view(vault, &session).contacts;
        assert_eq!(off.iter().filter(|one| one.is_silenced).count(), 1);
    });
}
