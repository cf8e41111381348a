//! Reaching her without harm, her PIN, and what counts as a confirmation.

use jiff::SignedDuration;
use savin_shared::pii::{Pii, Secret};

use super::carrying::{call, calls, counts, doors, escape, row};
use super::contacts::{phone, postal, register_by};
use super::{accepted, ask, claim_by, each_with, fact, finish, pass, plan, portal, session, view};
use crate::ids::RegistrantId;
use crate::notification::care::{Care, Excepted, Quiet, Voicemail};
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::mark::{LetterCode, Mark};
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, CourierAnswer, CourierCommand, Later, Message, PinVerdict, PortalAnswer,
    PortalCommand, Room, StaffAnswer, StaffCommand,
};

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

pub(super) fn keep(vault: &Vault, registrant: RegistrantId, care: Option<Care>, pin: Option<&str>) {
    let keep = StaffCommand::Care {
        registrant,
        care,
        pin: pin.map(secret),
    };
    assert!(matches!(ask(vault, keep), StaffAnswer::Changed(true)));
}

pub(super) fn check(vault: &Vault, message: &Message, said: &str) -> PinVerdict {
    let check = CourierCommand::Check {
        notice: message.notice,
        claim: message.claim,
        said: secret(said),
    };
    let CourierAnswer::Pin(verdict) = ask(vault, check) else {
        panic!("a verdict")
    };
    verdict
}

/// A registrant who is called, with a PIN.
fn called(vault: &Vault) -> RegistrantId {
    let registrant = register_by(vault, vec![phone("601-555-0123")], None);
    keep(vault, registrant, None, Some("4821"));
    registrant
}

#[test]
fn keeps_quiet_hours_but_for_what_she_excepted() {
    each_with("vault_quiet", doors, |vault, _| {
        // The test's clock says 20:26 in the vault's zone.
        let registrant = called(vault);
        let care = Care {
            quiet: Some(Quiet::parse("20:00-07:00").unwrap()),
            excepted: Excepted::Escapes,
            voicemail: Voicemail::Neutral,
            code_word: Some(Pii::new("heron".to_owned())),
        };
        keep(vault, registrant, Some(care), None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert!(calls(vault, 9).is_empty(), "she is not called at night");
        plan(vault, 1, 2, vec![escape(2, 1)]);
        let urgent = calls(vault, 9);
        assert_eq!(urgent.len(), 1, "but for an escape");
        let care = urgent[0].call.as_ref().unwrap();
        assert_eq!(care.voicemail, Voicemail::Neutral);
        assert!(care.has_pin && care.code_word == Some(Pii::new("heron".to_owned())));
        finish(vault, &urgent[0], call(CallOutcome::Unallocated));
        pass(SignedDuration::from_hours(10));
        assert!(calls(vault, 9).is_empty());
        pass(SignedDuration::from_mins(34));
        let morning = calls(vault, 9);
        assert_eq!(morning.len(), 1);
        let row = row(vault, morning[0].notice);
        assert_eq!((row.attempts, row.tries), (1, 1), "waiting was no try");
    });
}

#[test]
fn confirms_a_call_only_by_the_right_pin_in_that_call() {
    each_with("vault_pin", doors, |vault, _| {
        called(vault);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let first = calls(vault, 9).remove(0);
        assert_eq!(check(vault, &first, "4812"), PinVerdict::Wrong);
        // A door that says so by itself is not believed.
        finish(vault, &first, call(CallOutcome::Confirmed));
        let after = row(vault, first.notice);
        assert_eq!(
            (after.state.as_str(), after.outcome.as_deref()),
            ("planned", Some("answered"))
        );
        pass(SignedDuration::from_mins(30));
        let second = calls(vault, 9).remove(0);
        assert_eq!(check(vault, &second, "4821"), PinVerdict::Right);
        assert_eq!(
            row(vault, first.notice).state,
            "trying",
            "she has not heard it yet"
        );
        finish(vault, &second, call(CallOutcome::Confirmed));
        assert_eq!(row(vault, first.notice).state, "confirmed");
        pass(SignedDuration::from_hours(24));
        assert!(
            calls(vault, 9).is_empty(),
            "what is confirmed is not told again"
        );
        let late = CourierCommand::Heard {
            notice: first.notice,
            later: Later::Bounced {
                detail: String::new(),
            },
        };
        assert!(!counts(vault, late), "and stays so");
    });
}

#[test]
fn looks_at_few_pins_and_never_locks_her_out() {
    each_with("vault_pins", doors, |vault, _| {
        called(vault);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        for _ in 0..3 {
            let message = calls(vault, 9).remove(0);
            for _ in 0..3 {
                assert_eq!(check(vault, &message, "0001"), PinVerdict::Wrong);
            }
            assert_eq!(
                check(vault, &message, "4821"),
                PinVerdict::Closed,
                "three a call"
            );
            finish(vault, &message, call(CallOutcome::Busy));
            pass(SignedDuration::from_mins(10));
        }
        let message = calls(vault, 9).remove(0);
        assert_eq!(
            check(vault, &message, "4821"),
            PinVerdict::Closed,
            "too many within an hour"
        );
        finish(vault, &message, call(CallOutcome::Answered));
        pass(SignedDuration::from_mins(60));
        let message = calls(vault, 9).remove(0);
        assert_eq!(check(vault, &message, "4821"), PinVerdict::Right);
    });
}

#[test]
fn confirms_a_mail_by_its_mark_and_a_letter_by_its_code() {
    each_with("vault_seen", doors, |vault, _| {
        let email = Contact::Email(super::address("avery@example.test"));
        register_by(vault, vec![email, postal("12 Elm St")], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let mail = claim_by(vault, Channel::Email, Room::all(9)).remove(0);
        finish(vault, &mail, accepted());
        let letter = claim_by(vault, Channel::Letter, Room::all(9)).remove(0);
        assert_eq!(
            row(vault, mail.notice).state,
            "accepted",
            "taken is not confirmed"
        );
        let wrong = Mark {
            notice: mail.notice,
            ..mail.marks.stop
        };
        let seen = |mark| portal(vault, PortalCommand::Seen { mark });
        assert_eq!(seen(wrong), PortalAnswer::Refused);
        assert_eq!(row(vault, mail.notice).state, "accepted");
        assert_eq!(seen(mail.marks.seen), PortalAnswer::Done);
        assert_eq!(seen(mail.marks.seen), PortalAnswer::Done);
        assert_eq!(row(vault, mail.notice).state, "confirmed");

        let typed = |code| portal(vault, PortalCommand::SeenLetter { code });
        let other = LetterCode::new(letter.notice, &[9; 32]);
        assert_eq!(typed(other), PortalAnswer::Refused);
        assert_eq!(typed(letter.marks.letter), PortalAnswer::Done);
        assert_eq!(row(vault, letter.notice).state, "confirmed");
    });
}

#[test]
fn keeps_what_she_says_in_her_session() {
    each_with("vault_care", doors, |vault, _| {
        let email = Contact::Email(super::address("avery@example.test"));
        register_by(vault, vec![email], None);
        let session = session(vault, "avery@example.test");
        let shown = view(vault, &session);
        assert!(shown.care == Care::default() && !shown.has_pin);
        let care = Care {
            voicemail: Voicemail::Neutral,
            ..Care::default()
        };
        let keep = PortalCommand::Care {
            session: session.clone(),
            care: care.clone(),
        };
        assert_eq!(portal(vault, keep), PortalAnswer::Done);
        let set = PortalCommand::SetPin {
            session: session.clone(),
            pin: secret("4821"),
        };
        assert_eq!(portal(vault, set), PortalAnswer::Done);
        let shown = view(vault, &session);
        assert!(shown.care == care && shown.has_pin);
    });
}

#[test]
fn rings_in_quiet_hours_with_a_code_that_she_asked_for_a_moment_ago() {
    each_with("vault_quiet_code", doors, |vault, _| {
        let by_email = vec![Contact::Email(super::address("avery@example.test"))];
        let registrant = register_by(vault, by_email, None);
        let care = Care {
            quiet: Some(Quiet::parse("20:00-07:00").unwrap()),
            ..Care::default()
        };
        keep(vault, registrant, Some(care), None);
        let session = session(vault, "avery@example.test");
        let reach = PortalCommand::Reach {
            session,
            contact: phone("601-555-0123"),
        };
        portal(vault, reach);
        let asked = calls(vault, 9);
        assert_eq!(asked.len(), 1, "she sits beside it");
        finish(vault, &asked[0], call(CallOutcome::NoAnswer));
        pass(SignedDuration::from_mins(30));
        assert!(
            calls(vault, 9).is_empty(),
            "and half an hour later she may not"
        );
    });
}
