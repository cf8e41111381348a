//! The ways to reach a registrant: planned each, proved each, carried by hand.

use jiff::SignedDuration;
use savin_shared::pii::{Pii, Secret};

use super::carrying::doors;
use super::{
    about, accepted, address, ask, carry_all, claim, claim_by, code, each, each_with, fact, finish,
    pass, plan, portal, session, ticket, view,
};
use crate::ids::{NoticeId, RegistrantId};
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::phone::PhoneNumber;
use crate::notification::postal::{PostalAddress, PostalLines};
use crate::vault::Vault;
use crate::vault::client::Port as _;
use crate::vault::command::{
    Choices, ContactCommand, Content, Later, MaskedContact, Message, NoticeRow, PlannerCommand,
    PortalAnswer, PortalCommand, Room, StaffAnswer, StaffCommand, TaskCommand, Ticket, TryOutcome,
};
use crate::work::task::TaskKind;

pub(super) fn phone(text: &str) -> Contact {
    Contact::Telephone(PhoneNumber::parse(text).unwrap())
}

pub(super) fn postal(street: &str) -> Contact {
    let part = |text: &str| Pii::new(text.to_owned());
    let lines = PostalLines {
        street: part(street),
        city: part("Jackson"),
        state: part("MS"),
        zip: part("39201"),
        ..PostalLines::default()
    };
    Contact::Letter(PostalAddress::parse(&lines).unwrap())
}

pub(super) fn register_by(
    vault: &Vault,
    contacts: Vec<Contact>,
    to: Option<RegistrantId>,
) -> RegistrantId {
    let register = StaffCommand::Register {
        contacts,
        to,
        about: about(1),
        choices: Choices::default(),
    };
    let StaffAnswer::Registered(registrant) = ask(vault, register) else {
        panic!("registered")
    };
    registrant
}

fn begin(vault: &Vault, contacts: Vec<Contact>) -> Ticket {
    let begin = PortalCommand::BeginRegistration {
        contacts,
        wishes: about(1).into(),
        choices: Choices::default(),
    };
    ticket(portal(vault, begin))
}

/// Lists the notices that wait for a person, by channel.
fn by_hand(vault: &Vault) -> Vec<NoticeRow> {
    let StaffAnswer::Notices(rows) = ask(vault, StaffCommand::Notices { limit: 99 }) else {
        panic!("notices")
    };
    let mut rows: Vec<_> = rows.into_iter().filter(|row| row.is_by_hand).collect();
    rows.sort_by_key(|row| row.channel);
    rows
}

fn hand_out(vault: &Vault, notice: NoticeId) -> Option<Message> {
    let notice = notice.as_bytes()[..4].to_vec();
    let StaffAnswer::Message(message) = ask(vault, StaffCommand::Message { notice }) else {
        panic!("a message")
    };
    message.map(|message| *message)
}

fn handed_code(vault: &Vault, notice: NoticeId) -> Secret<String> {
    let Some(Content::Code(code)) = hand_out(vault, notice).map(|message| message.content) else {
        panic!("a code")
    };
    code
}

pub(super) fn tasks(vault: &Vault) -> usize {
    let list = TaskCommand::List {
        kind: Some(TaskKind::ByHand),
        limit: 99,
    };
    let StaffAnswer::Tasks(tasks) = ask(vault, StaffCommand::Tasks(list)) else {
        panic!("tasks")
    };
    tasks.len()
}

fn changed(vault: &Vault, command: StaffCommand) -> bool {
    matches!(ask(vault, command), StaffAnswer::Changed(true))
}

#[test]
fn plans_each_fact_in_every_way_that_was_chosen() {
    each("vault_ways", |vault, _| {
        let email = Contact::Email(address("avery@example.test"));
        let ways = vec![email, phone("601-555-0123"), postal("12 Elm St")];
        register_by(vault, ways, None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let messages = claim(vault);
        assert_eq!(messages.len(), 1, "the door of e-mail carries its own");
        assert_eq!(messages[0].to.channel(), Channel::Email);
        let waiting = by_hand(vault);
        let channels: Vec<_> = waiting.iter().map(|row| row.channel).collect();
        assert_eq!(channels, [Channel::Telephone, Channel::Letter]);
        assert_eq!(tasks(vault), 2);
        let call = hand_out(vault, waiting[0].notice).unwrap();
        assert_eq!(call.to, phone("601-555-0123"));
        assert!(matches!(call.content, Content::Fact(_)));
        // Nobody was reached, and it stays with a person; then she was told.
        let carried = |outcome| StaffCommand::Carried {
            notice: waiting[0].notice,
            outcome,
        };
        let detail = "no answer".to_owned();
        assert!(changed(vault, carried(TryOutcome::Deferred { detail })));
        assert_eq!((tasks(vault), by_hand(vault).len()), (2, 2));
        assert!(changed(vault, carried(accepted())));
        assert_eq!((tasks(vault), by_hand(vault).len()), (1, 1));
        assert!(!changed(vault, carried(accepted())), "it waits no more");
    });
}

#[test]
fn tells_nothing_where_a_further_way_is_not_proved() {
    each("vault_further", |vault, _| {
        let email = Contact::Email(address("avery@example.test"));
        let ticket = begin(vault, vec![phone("601-555-0123"), email]);
        assert!(by_hand(vault).is_empty(), "nobody is called for a stranger");
        let code = code(vault);
        let confirm = PortalCommand::ConfirmRegistration { ticket, code };
        assert_eq!(portal(vault, confirm), PortalAnswer::Done);
        let sent = by_hand(vault);
        assert_eq!(sent.len(), 1, "the code of the telephone");
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert_eq!(by_hand(vault).len(), 1, "and no fact");
        carry_all(vault);
        let session = session(vault, "avery@example.test");
        let contact = view(vault, &session).contacts[1].contact;
        let prove = |code: Secret<String>| PortalCommand::Prove {
            session: session.clone(),
            contact,
            code,
        };
        let right = handed_code(vault, sent[0].notice);
        let wrong = Secret::new("1".to_owned());
        assert_eq!(portal(vault, prove(wrong)), PortalAnswer::Wrong);
        assert_eq!(portal(vault, prove(right)), PortalAnswer::Done);
        plan(vault, 1, 2, vec![fact(2, 1)]);
        let told = by_hand(vault);
        assert_eq!(told.len(), 2, "the fact goes there from now on");
        let unreach = PortalCommand::Unreach {
            session: session.clone(),
            contact,
        };
        assert_eq!(portal(vault, unreach), PortalAnswer::Done);
        assert!(hand_out(vault, told[0].notice).is_some(), "for three days");
        pass(SignedDuration::from_hours(72));
        ask(vault, PlannerCommand::Escalate);
        assert!(hand_out(vault, told[0].notice).is_none());
        assert!(hand_out(vault, told[1].notice).is_none());
        carry_all(vault);
        let session = self::session(vault, "avery@example.test");
        assert_eq!(view(vault, &session).contacts.len(), 1);
    });
}

#[test]
fn adds_a_telephone_once_it_is_proved_and_tries_first_what_she_says() {
    each("vault_moved", |vault, _| {
        let email = Contact::Email(address("avery@example.test"));
        let registrant = register_by(vault, vec![email, phone("601-555-0123")], None);
        let session = session(vault, "avery@example.test");
        let reach = PortalCommand::Reach {
            session: session.clone(),
            contact: phone("601-555-0199"),
        };
        for _ in 0..2 {
            assert_eq!(portal(vault, reach.clone()), PortalAnswer::Done);
        }
        let contacts = view(vault, &session).contacts;
        assert_eq!(contacts.len(), 3);
        let sent = by_hand(vault);
        assert_eq!(sent.len(), 1, "one code, however often it is asked");
        let code = handed_code(vault, sent[0].notice);
        let prove = PortalCommand::Prove {
            session: session.clone(),
            contact: contacts[2].contact,
            code,
        };
        assert_eq!(portal(vault, prove), PortalAnswer::Done);
        let shown: Vec<_> = view(vault, &session).contacts;
        let numbers =
            |shown: &[MaskedContact]| [shown[1].address.clone(), shown[2].address.clone()];
        assert_eq!(numbers(&shown), ["•••23", "•••99"]);
        assert!(shown[2].is_proved);
        let contact = shown[2].contact;
        let prefer = PortalCommand::Prefer {
            session: session.clone(),
            contact,
        };
        assert_eq!(portal(vault, prefer), PortalAnswer::Done);
        assert_eq!(numbers(&view(vault, &session).contacts), ["•••99", "•••23"]);
        // A third has room, and takes the place of one that was never proved; a fourth has none.
        for number in ["601-555-0150", "601-555-0151"] {
            let reach = PortalCommand::Reach {
                session: session.clone(),
                contact: phone(number),
            };
            assert_eq!(portal(vault, reach), PortalAnswer::Done);
        }
        let shown: Vec<_> = view(vault, &session).contacts;
        assert_eq!(shown.len(), 4);
        assert_eq!(shown[3].address, "•••51");
        register_by(vault, vec![phone("601-555-0151")], Some(registrant));
        let reach = PortalCommand::Reach {
            session: session.clone(),
            contact: phone("601-555-0152"),
        };
        assert_eq!(portal(vault, reach), PortalAnswer::Wrong);
    });
}

#[test]
fn takes_a_registration_that_has_a_telephone_only() {
    each("vault_phone", |vault, _| {
        let ticket = begin(vault, vec![phone("601-555-0123")]);
        assert!(claim(vault).is_empty());
        let sent = by_hand(vault);
        pass(SignedDuration::from_hours(30));
        let code = handed_code(vault, sent[0].notice);
        let confirm = PortalCommand::ConfirmRegistration { ticket, code };
        assert_eq!(portal(vault, confirm), PortalAnswer::Done);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert_eq!(by_hand(vault).len(), 2);
        assert!(claim(vault).is_empty());
    });
}

#[test]
fn takes_the_code_of_a_letter_from_staff_days_later() {
    each("vault_letter", |vault, _| {
        begin(vault, vec![postal("12 Elm St")]);
        let sent = by_hand(vault)[0].notice;
        let code = handed_code(vault, sent);
        pass(SignedDuration::from_hours(24 * 9));
        // Others register, and what was never proved is forgotten: this one can still be.
        begin(vault, vec![phone("601-555-0123")]);
        let prove = |code| StaffCommand::Prove { notice: sent, code };
        assert!(!changed(vault, prove(Secret::new("1".to_owned()))));
        assert!(changed(vault, prove(code.clone())));
        assert!(changed(vault, prove(code)), "and twice does no harm");
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let letters = by_hand(vault);
        let letters = letters.iter().filter(|row| row.channel == Channel::Letter);
        assert_eq!(letters.count(), 2);
        pass(SignedDuration::from_secs(1));
        begin(vault, vec![postal("14 Elm St")]);
        let late = by_hand(vault);
        let late = late.iter().max_by_key(|row| row.planned_at).unwrap().notice;
        let code = handed_code(vault, late);
        pass(SignedDuration::from_hours(24 * 31));
        let prove = StaffCommand::Prove { notice: late, code };
        assert!(!changed(vault, prove), "too late");
    });
}

#[test]
fn joins_by_e_mail_and_by_no_shared_telephone() {
    each("vault_shared", |vault, _| {
        let one = register_by(vault, vec![phone("601-555-0123")], None);
        let other = register_by(vault, vec![phone("601-555-0123")], None);
        assert_ne!(one, other, "a shelter's telephone");
        let known = register_by(vault, vec![postal("12 Elm St")], Some(one));
        assert_eq!(known, one, "staff says whose");
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert_eq!(by_hand(vault).len(), 3);
        let nobody = StaffCommand::Register {
            contacts: vec![postal("12 Elm St")],
            to: Some(RegistrantId::from_bytes([9; 16])),
            about: about(1),
            choices: Choices::default(),
        };
        vault.handle(nobody.command()).unwrap_err();
    });
}

#[test]
fn a_second_e_mail_address_opens_the_door_and_belongs_to_one_registration() {
    each("vault_two_mails", |vault, _| {
        let email = |text| Contact::Email(address(text));
        let both = vec![email("avery@example.test"), email("sample@example.test")];
        let one = register_by(vault, both, None);
        let other = register_by(vault, vec![email("other@example.test")], None);
        assert_ne!(one, other);
        let session = session(vault, "sample@example.test");
        let shown = view(vault, &session).contacts;
        assert_eq!(shown.len(), 2);
        let own = session.clone();
        let unreach = |contact| PortalCommand::Unreach {
            session: own.clone(),
            contact,
        };
        portal(vault, unreach(shown[0].contact));
        portal(vault, unreach(shown[1].contact));
        // Both are told that the first one goes.
        carry_all(vault);
        pass(SignedDuration::from_hours(72));
        ask(vault, PlannerCommand::Escalate);
        let session = self::session(vault, "sample@example.test");
        assert_eq!(
            view(vault, &session).contacts.len(),
            1,
            "by the last one she comes in"
        );
        // Another's address cannot be proved, nor given by staff.
        let reach = PortalCommand::Reach {
            session: session.clone(),
            contact: email("other@example.test"),
        };
        assert_eq!(portal(vault, reach), PortalAnswer::Done);
        let code = code(vault);
        let contact = view(vault, &session).contacts[1].contact;
        let prove = PortalCommand::Prove {
            session: session.clone(),
            contact,
            code,
        };
        assert_eq!(portal(vault, prove), PortalAnswer::Wrong);
        assert_eq!(view(vault, &session).contacts.len(), 1);
        let mixed = StaffCommand::Register {
            contacts: vec![email("sample@example.test"), email("other@example.test")],
            to: None,
            about: about(1),
            choices: Choices::default(),
        };
        vault.handle(mixed.command()).unwrap_err();
    });
}

#[test]
fn staff_orders_and_removes_what_she_says_but_leaves_her_one() {
    each("vault_staff_contacts", |vault, _| {
        let numbers = vec![phone("601-555-0123"), phone("601-555-0199")];
        let registrant = register_by(vault, numbers, None);
        let list = || {
            let list = ContactCommand::List { registrant };
            let StaffAnswer::Contacts(shown) = ask(vault, StaffCommand::Contacts(list)) else {
                panic!("contacts")
            };
            shown
        };
        let second = list()[1].contact;
        let first = StaffCommand::Contacts(ContactCommand::First {
            registrant,
            contact: second,
        });
        assert!(changed(vault, first));
        assert_eq!(list()[0].contact, second);
        let remove = |contact| {
            StaffCommand::Contacts(ContactCommand::Remove {
                registrant,
                contact,
            })
        };
        assert!(changed(vault, remove(second)));
        assert_eq!(list().len(), 1);
        vault
            .handle(remove(list()[0].contact).command())
            .unwrap_err();
    });
}

#[test]
fn writes_no_more_to_where_a_letter_came_back_from_until_she_gives_an_address_anew() {
    each_with("vault_came_back", doors, |vault, _| {
        let ways = vec![
            Contact::Email(address("ada@example.test")),
            postal("12 Elm St"),
        ];
        register_by(vault, ways, None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        carry_all(vault);
        let letter = claim_by(vault, Channel::Letter, Room::all(9)).remove(0);
        let detail = String::new();
        finish(vault, &letter, TryOutcome::Spooled { detail });
        let back = |notice| StaffCommand::Heard {
            notice,
            later: Later::Returned {
                detail: String::new(),
            },
        };
        assert!(changed(vault, back(letter.notice)));
        let open = session(vault, "ada@example.test");
        let shown = || {
            let mut contacts = view(vault, &open).contacts.into_iter();
            contacts.find(|one| one.channel == Channel::Letter).unwrap()
        };
        assert!(shown().came_back_at.is_some() && !shown().is_proved);
        plan(vault, 1, 2, vec![fact(2, 1)]);
        assert!(claim_by(vault, Channel::Letter, Room::all(9)).is_empty());
        // She says that it is right all the same: a code goes there once more.
        let reach = || PortalCommand::Reach {
            session: open.clone(),
            contact: postal("12 Elm St"),
        };
        assert_eq!(portal(vault, reach()), PortalAnswer::Done);
        assert!(shown().came_back_at.is_none() && !shown().is_proved);
        let coded = claim_by(vault, Channel::Letter, Room::all(9)).remove(0);
        let Content::Code(code) = &coded.content else {
            panic!("a code")
        };
        let prove = PortalCommand::Prove {
            session: open.clone(),
            contact: shown().contact,
            code: code.clone(),
        };
        assert_eq!(portal(vault, prove), PortalAnswer::Done);
        assert!(shown().is_proved);
        plan(vault, 2, 3, vec![fact(3, 1)]);
        let next = claim_by(vault, Channel::Letter, Room::all(9)).remove(0);
        let detail = String::new();
        finish(vault, &next, TryOutcome::Spooled { detail });
        // A letter to an address that is another's place by now says nothing of that one.
        let moved = PortalCommand::Reach {
            session: open.clone(),
            contact: postal("7 Oak St"),
        };
        assert_eq!(portal(vault, moved), PortalAnswer::Done);
        let coded = claim_by(vault, Channel::Letter, Room::all(9)).remove(0);
        let Content::Code(code) = &coded.content else {
            panic!("a code")
        };
        let of_oak = view(vault, &open).contacts;
        let of_oak = of_oak
            .iter()
            .find(|one| one.channel == Channel::Letter && !one.is_proved);
        let prove = PortalCommand::Prove {
            session: open.clone(),
            contact: of_oak.unwrap().contact,
            code: code.clone(),
        };
        assert_eq!(portal(vault, prove), PortalAnswer::Done);
        assert!(changed(vault, back(next.notice)));
        assert!(shown().is_proved && shown().came_back_at.is_none());
    });
}
