//! The PIN for when somebody makes her enter one: in a call about a notice, in one of hers, and on her page (T03).

use super::care::check;
use super::carrying::{call, calls, doors, row};
use super::contacts::{phone, register_by};
use super::line::{HERS, OTHER, PIN, line, number, secret, sign_in, signed_in, stop};
use super::{
    address, ask, begin_access, claim, each_with, fact, finish, plan, portal, session, view,
};
use crate::ids::RegistrantId;
use crate::notification::care::Care;
use crate::notification::contact::Contact;
use crate::notification::words::Language;
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, LineCommand, PinVerdict, PortalAnswer, PortalCommand, Setting, StaffAnswer,
    StaffCommand, Stops, TaskCommand, Ticket,
};
use crate::work::task::TaskKind;

const EMAIL: &str = "avery@example.test";
const DURESS: &str = "7035";

fn registered(vault: &Vault) -> RegistrantId {
    let email = Contact::Email(address(EMAIL));
    let who = register_by(vault, vec![phone(HERS), email], None);
    super::care::keep(vault, who, None, Some(PIN));
    who
}

fn set(vault: &Vault, session: &Ticket, pin: Option<&str>) -> PortalAnswer {
    let set = PortalCommand::SetDuressPin {
        session: session.clone(),
        pin: pin.map(secret),
    };
    portal(vault, set)
}

/// Somebody with both PINs.
fn with_both(vault: &Vault) -> RegistrantId {
    let who = registered(vault);
    let session = signed_in(vault, HERS, PIN);
    assert_eq!(set(vault, &session, Some(DURESS)), PortalAnswer::Done);
    who
}

/// The tasks that say that somebody makes her enter a PIN.
fn known(vault: &Vault) -> usize {
    let list = TaskCommand::List {
        kind: Some(TaskKind::ByHand),
        limit: 99,
    };
    let StaffAnswer::Tasks(tasks) = ask(vault, StaffCommand::Tasks(list)) else {
        panic!("tasks")
    };
    let subjects = tasks.iter().map(|task| &task.subject);
    subjects
        .filter(|subject| subject.starts_with("duress/"))
        .count()
}

/// Begins a session on her page with a PIN beside the code.
fn on_page(vault: &Vault, pin: Option<&str>) -> PortalAnswer {
    let ticket = begin_access(vault, EMAIL);
    let code = super::code(vault);
    let confirm = match pin {
        None => PortalCommand::ConfirmAccess { ticket, code },
        Some(pin) => PortalCommand::ConfirmAccessByPin {
            ticket,
            code,
            pin: secret(pin),
        },
    };
    portal(vault, confirm)
}

#[test]
fn is_never_her_pin_and_is_told_to_nobody() {
    each_with("duress_set", doors, |vault, _| {
        let email = Contact::Email(address(EMAIL));
        let who = register_by(vault, vec![phone(HERS), email], None);
        let first = session(vault, EMAIL);
        assert_eq!(
            set(vault, &first, Some(DURESS)),
            PortalAnswer::Wrong,
            "no PIN"
        );
        assert_eq!(view(vault, &first).has_duress_pin, None);
        super::care::keep(vault, who, None, Some(PIN));
        assert_eq!(set(vault, &first, Some(PIN)), PortalAnswer::Wrong);
        assert_eq!(view(vault, &first).has_duress_pin, Some(false));
        assert_eq!(set(vault, &first, Some(DURESS)), PortalAnswer::Done);
        assert_eq!(view(vault, &first).has_duress_pin, Some(true));
        assert!(claim(vault).is_empty() && calls(vault, 9).is_empty());
        let pin = |pin: &str| PortalCommand::SetPin {
            session: first.clone(),
            pin: secret(pin),
        };
        assert_eq!(portal(vault, pin(DURESS)), PortalAnswer::Wrong);
        // What staff set for her counts, and is then no other.
        super::care::keep(vault, who, None, Some(DURESS));
        assert_eq!(view(vault, &first).has_duress_pin, Some(false));
        signed_in(vault, HERS, DURESS);
    });
}

#[test]
fn confirms_no_notice_and_brings_it_to_a_person_once() {
    each_with("duress_notice", doors, |vault, _| {
        with_both(vault);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let message = calls(vault, 9).remove(0);
        assert_eq!(check(vault, &message, "1357"), PinVerdict::Wrong);
        assert_eq!(known(vault), 0);
        assert_eq!(check(vault, &message, DURESS), PinVerdict::Duress);
        assert_eq!(check(vault, &message, DURESS), PinVerdict::Duress);
        assert_eq!(known(vault), 1);
        finish(vault, &message, call(CallOutcome::Confirmed));
        let after = row(vault, message.notice);
        assert_eq!(
            (after.state.as_str(), after.outcome.as_deref()),
            ("planned", Some("answered"))
        );
    });
}

#[test]
fn opens_a_call_in_which_there_is_nothing_and_nothing_changes() {
    each_with("duress_call", doors, |vault, _| {
        with_both(vault);
        let PortalAnswer::DuressSession(session) = sign_in(vault, HERS, DURESS) else {
            panic!("a session")
        };
        assert_eq!(known(vault), 1);
        let watch = LineCommand::Watched {
            session: session.clone(),
        };
        let PortalAnswer::Watched(list) = line(vault, watch) else {
            panic!("a list")
        };
        assert!(list.entries.is_empty() && list.ends_at.is_none());
        let commands = [
            LineCommand::Move {
                session: session.clone(),
                number: number(OTHER),
            },
            LineCommand::Set {
                session: session.clone(),
                setting: Setting::Language(Language::Es),
            },
        ];
        for command in commands {
            assert_eq!(line(vault, command), PortalAnswer::Done);
        }
        stop(vault, &session, None);
        assert_eq!(set(vault, &session, None), PortalAnswer::Done);
        let pin = PortalCommand::SetPin {
            session,
            pin: secret("9517"),
        };
        assert_eq!(portal(vault, pin), PortalAnswer::Done);
        assert!(
            claim(vault).is_empty() && calls(vault, 9).is_empty(),
            "nobody is told"
        );
        assert_eq!(sign_in(vault, HERS, "9517"), PortalAnswer::Refused);
        let PortalAnswer::Session(hers) = on_page(vault, Some(PIN)) else {
            panic!("a session")
        };
        let shown = view(vault, &hers);
        assert_eq!(shown.contacts.len(), 2);
        assert_eq!(shown.choices.language, Language::En);
        assert_eq!(shown.has_duress_pin, Some(true));
        let told = LineCommand::Watched { session: hers };
        let PortalAnswer::Watched(list) = line(vault, told) else {
            panic!("a list")
        };
        assert!(list.entries.len() == 1 && list.ends_at.is_none());
    });
}

#[test]
fn shows_an_account_of_nothing_on_her_page() {
    each_with("duress_page", doors, |vault, _| {
        with_both(vault);
        // A mailbox alone shows nothing any more, nor does a wrong PIN, which look alike.
        assert_eq!(on_page(vault, None), PortalAnswer::Refused);
        assert_eq!(on_page(vault, Some("1357")), PortalAnswer::Refused);
        assert_eq!(known(vault), 0);
        let PortalAnswer::Session(made) = on_page(vault, Some(DURESS)) else {
            panic!("a session")
        };
        assert_eq!(known(vault), 1);
        let shown = view(vault, &made);
        assert!(shown.about.is_empty() && shown.followed.is_empty());
        assert_eq!(shown.contacts.len(), 1, "the mailbox by which she came in");
        assert!(shown.care == Care::default() && shown.has_pin);
        assert_eq!(
            shown.has_duress_pin, None,
            "that there are such PINs is not said"
        );
    });
}

/// What a page says, but for which contact is which and whose.
fn looks(vault: &Vault, session: &Ticket) -> String {
    let shown = view(vault, session);
    let contacts: Vec<_> = shown
        .contacts
        .iter()
        .map(|one| (&one.address, one.is_proved, one.is_silenced, one.ends_at))
        .collect();
    let about: Vec<_> = shown
        .about
        .iter()
        .map(|one| (&one.label, one.ends_at))
        .collect();
    let rest = (
        shown.choices.language,
        shown.has_pin,
        shown.has_duress_pin,
        shown.ends_at,
    );
    format!("{contacts:?} {about:?} {} {rest:?}", shown.followed.len())
}

/// Opens her page by her own PIN.
fn opened(vault: &Vault) -> Ticket {
    let PortalAnswer::Session(opened) = on_page(vault, Some(PIN)) else {
        panic!("a session")
    };
    opened
}

fn stop_by(vault: &Vault, session: &Ticket, what: Stops, pin: &str) -> PortalAnswer {
    let stop = PortalCommand::Stop {
        session: session.clone(),
        what,
        pin: Some(secret(pin)),
    };
    portal(vault, stop)
}

#[test]
fn looks_after_a_stop_as_after_one_by_her_own_pin_and_stops_nothing() {
    each_with("duress_stop", doors, |vault, _| {
        with_both(vault);
        // By her own PIN, and taken back: what whoever watches would see.
        let hers = opened(vault);
        let shown = view(vault, &hers);
        let person = Stops::Person(shown.about[0].entry);
        let mut expected = vec![looks(vault, &hers)];
        for what in [person, Stops::Everything] {
            assert_eq!(stop_by(vault, &hers, what, PIN), PortalAnswer::Done);
            expected.push(looks(vault, &hers));
        }
        assert_eq!(claim(vault).len(), 2);
        assert_eq!(calls(vault, 9).len(), 1, "the other after it");
        let keep = |session: &Ticket| {
            let session = session.clone();
            portal(vault, PortalCommand::Keep { session })
        };
        assert_eq!(keep(&hers), PortalAnswer::Done);
        assert_eq!(known(vault), 0);

        let made = opened(vault);
        let none = PortalCommand::Stop {
            session: made.clone(),
            what: person,
            pin: None,
        };
        let mut seen = vec![looks(vault, &made)];
        assert_eq!(portal(vault, none), PortalAnswer::PinWanted);
        assert_eq!(stop_by(vault, &made, person, DURESS), PortalAnswer::Done);
        seen.push(looks(vault, &made));
        assert_eq!(known(vault), 1);
        // Another PIN is still another, and hers stops nothing here any more.
        let everything = Stops::Everything;
        assert_eq!(
            stop_by(vault, &made, everything, "1357"),
            PortalAnswer::Wrong
        );
        assert_eq!(stop_by(vault, &made, everything, PIN), PortalAnswer::Done);
        seen.push(looks(vault, &made));
        assert_eq!(seen, expected);
        assert_eq!(
            stop_by(vault, &made, everything, DURESS),
            PortalAnswer::Done
        );
        assert_eq!(known(vault), 1);
        assert_eq!(looks(vault, &opened(vault)), expected[0], "nothing ends");
        assert_eq!(keep(&made), PortalAnswer::Done);
        assert_eq!(looks(vault, &made), expected[0]);
    });
}

#[test]
fn says_that_a_way_ends_which_goes_on() {
    each_with("duress_unreach", doors, |vault, _| {
        with_both(vault);
        let made = opened(vault);
        let shown = view(vault, &made);
        let person = Stops::Person(shown.about[0].entry);
        assert_eq!(stop_by(vault, &made, person, DURESS), PortalAnswer::Done);
        let ends = |session: &Ticket| {
            let contacts = view(vault, session).contacts;
            contacts.iter().filter(|one| one.ends_at.is_some()).count()
        };
        for contact in shown.contacts {
            let unreach = PortalCommand::Unreach {
                session: made.clone(),
                contact: contact.contact,
            };
            assert_eq!(portal(vault, unreach), PortalAnswer::Done);
        }
        assert_eq!(ends(&made), 1, "the mailbox by which she came in cannot go");
        assert_eq!(ends(&opened(vault)), 0);
        assert!(claim(vault).is_empty() && calls(vault, 9).is_empty());
    });
}

#[test]
fn says_in_a_call_and_on_an_empty_page_that_everything_ends() {
    each_with("duress_ends", doors, |vault, _| {
        with_both(vault);
        let PortalAnswer::DuressSession(call) = sign_in(vault, HERS, DURESS) else {
            panic!("a session")
        };
        stop(vault, &call, None);
        let told = LineCommand::Watched { session: call };
        let PortalAnswer::Watched(list) = line(vault, told) else {
            panic!("a list")
        };
        assert!(list.entries.is_empty() && list.ends_at.is_some());
        let PortalAnswer::Session(page) = on_page(vault, Some(DURESS)) else {
            panic!("a session")
        };
        assert!(view(vault, &page).ends_at.is_none(), "of another session");
        let everything = Stops::Everything;
        assert_eq!(
            stop_by(vault, &page, everything, "1357"),
            PortalAnswer::Wrong
        );
        assert_eq!(
            stop_by(vault, &page, everything, DURESS),
            PortalAnswer::Done
        );
        let shown = view(vault, &page);
        assert!(shown.about.is_empty() && shown.ends_at.is_some());
        assert!(view(vault, &opened(vault)).ends_at.is_none());
    });
}
