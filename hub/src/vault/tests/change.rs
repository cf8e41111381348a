//! Telling of a change in how she is told, where she was told before (T03).

use jiff::SignedDuration;

use super::care::keep;
use super::carrying::{call, calls, doors};
use super::contacts::{phone, postal, register_by, tasks};
use super::line::{
    HERS, OTHER, PIN, line, number, prove, registered, said_code, secret, sign_in, signed_in, stop,
};
use super::{
    accepted, address, ask, claim, claim_by, each_with, fact, finish, pass, plan, portal, session,
    view,
};
use crate::ids::{ContactId, RegistrantId};
use crate::notification::care::{Care, Quiet, Voicemail};
use crate::notification::change::Changed;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::words::Language;
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, Choices, Content, LineCommand, Message, PlannerCommand, PortalAnswer,
    PortalCommand, Room, Ticket,
};

const EMAIL: &str = "avery@example.test";

/// Somebody who is told in all three ways, with a PIN.
fn told(vault: &Vault) -> RegistrantId {
    let email = Contact::Email(address(EMAIL));
    let who = register_by(vault, vec![phone(HERS), email, postal("12 Elm St")], None);
    keep(vault, who, None, Some(PIN));
    who
}

/// Moves to another number, as far as its code.
fn moved(vault: &Vault, session: &Ticket, to: &str) {
    let session = session.clone();
    let number = number(to);
    let answer = line(vault, LineCommand::Move { session, number });
    assert_eq!(answer, PortalAnswer::Done);
    let code = said_code(vault, to);
    assert_eq!(prove(vault, to, &code), PortalAnswer::Done);
}

fn changed(message: &Message) -> Changed {
    let Content::Change(change) = &message.content else {
        panic!("a change")
    };
    change.what
}

/// Takes everything that waits, in every way.
fn waiting(vault: &Vault) -> Vec<Message> {
    let every = Channel::ALL.map(|channel| claim_by(vault, channel, Room::all(9)));
    every.into_iter().flatten().collect()
}

/// Takes everything that waits and is of a change, and has it told.
fn told_of(vault: &Vault) -> Vec<(Channel, Changed)> {
    let mut told = Vec::new();
    for message in waiting(vault) {
        told.push((message.to.channel(), changed(&message)));
        finish(vault, &message, accepted());
    }
    told.sort_by_key(|(channel, _)| *channel);
    told
}

fn in_all(what: Changed) -> Vec<(Channel, Changed)> {
    let mut all = Channel::ALL.map(|channel| (channel, what)).to_vec();
    all.sort_by_key(|(channel, _)| *channel);
    all
}

#[test]
fn tells_the_old_number_and_her_other_ways_of_the_new_one() {
    each_with("change_number", doors, |vault, _| {
        let who = told(vault);
        let session = signed_in(vault, HERS, PIN);
        moved(vault, &session, OTHER);
        let messages = waiting(vault);
        assert_eq!(messages.len(), 3);
        for message in &messages {
            assert_eq!(changed(message), Changed::Number);
            assert_ne!(message.to, phone(OTHER), "the new one knows it");
            // One that is told ends no other.
            finish(vault, message, accepted());
        }
        assert!(messages.iter().any(|message| message.to == phone(HERS)));
        assert!(waiting(vault).is_empty(), "each is told once");
        // For three days both are told; whoever has the old one takes it back.
        let session = signed_in(vault, HERS, PIN);
        let answer = line(vault, LineCommand::Keep { session });
        assert_eq!(answer, PortalAnswer::Done);
        pass(SignedDuration::from_hours(80));
        ask(vault, PlannerCommand::Escalate);
        signed_in(vault, HERS, PIN);
        let shown = view(vault, &signed_in(vault, OTHER, PIN));
        assert!(shown.contacts.iter().all(|one| one.ends_at.is_none()));
        assert_eq!(shown.contacts.len(), 4, "{who}");
    });
}

#[test]
fn calls_the_old_number_again_by_the_ladder_and_no_other_number() {
    each_with("change_ladder", doors, |vault, _| {
        let who = register_by(vault, vec![phone(HERS), phone("601-555-0144")], None);
        keep(vault, who, None, Some(PIN));
        let session = signed_in(vault, HERS, PIN);
        stop(vault, &session, None);
        let both = calls(vault, 9);
        assert_eq!(both.len(), 2);
        for message in &both {
            finish(vault, message, call(CallOutcome::NoAnswer));
        }
        pass(SignedDuration::from_mins(29));
        assert!(calls(vault, 9).is_empty());
        pass(SignedDuration::from_mins(1));
        let again = calls(vault, 9);
        let mut to: Vec<_> = again.iter().map(|message| message.notice).collect();
        to.sort();
        let mut before: Vec<_> = both.iter().map(|message| message.notice).collect();
        before.sort();
        assert_eq!(to, before);
        for message in &again {
            let same = both.iter().find(|one| one.notice == message.notice);
            assert_eq!(message.to, same.unwrap().to);
        }
    });
}

#[test]
fn tells_no_contact_that_is_not_proved_and_keeps_quiet_hours() {
    each_with("change_quiet", doors, |vault, _| {
        let who = told(vault);
        // The test's clock says 20:26 in the vault's zone.
        let care = Care {
            quiet: Some(Quiet::parse("20:00-07:00").unwrap()),
            ..Care::default()
        };
        keep(vault, who, Some(care), None);
        let on_page = session(vault, EMAIL);
        let reach = PortalCommand::Reach {
            session: on_page,
            contact: phone("601-555-0144"),
        };
        assert_eq!(portal(vault, reach), PortalAnswer::Done);
        stop(vault, &signed_in(vault, HERS, PIN), None);
        let is_code = |message: &&Message| matches!(message.content, Content::Code(_));
        let now = waiting(vault);
        let (codes, told): (Vec<_>, Vec<_>) = now.iter().partition(is_code);
        assert_eq!(codes.len(), 1, "a code that she asked for just now rings");
        assert_eq!(told.len(), 1, "a letter disturbs nobody");
        assert_eq!(told[0].to.channel(), Channel::Letter);
        finish(vault, told[0], accepted());
        pass(SignedDuration::from_hours(11));
        let morning = waiting(vault);
        let told: Vec<_> = morning.iter().filter(|one| !is_code(one)).collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|told| told.to != phone("601-555-0144")));
    });
}

#[test]
fn tells_of_new_hours_and_of_what_follows_by_the_hours_before() {
    each_with("change_hours", doors, |vault, _| {
        told(vault);
        // Whoever has her mailbox chooses hours in which she would hear of nothing; the test's clock says 20:26.
        let on_page = session(vault, EMAIL);
        let care = PortalCommand::Care {
            session: on_page.clone(),
            care: Care {
                quiet: Some(Quiet::parse("20:00-19:00").unwrap()),
                ..Care::default()
            },
        };
        assert_eq!(portal(vault, care), PortalAnswer::Done);
        pass(SignedDuration::from_mins(10));
        assert_eq!(told_of(vault), in_all(Changed::Hours));
        let set = |session, pin| PortalCommand::SetPin {
            session,
            pin: secret(pin),
        };
        assert_eq!(portal(vault, set(on_page, "7035")), PortalAnswer::Done);
        assert_eq!(told_of(vault), in_all(Changed::Pin));
        // Everything else keeps the new ones at once, and three days later this does.
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let now = waiting(vault);
        assert_eq!(now.len(), 1, "a letter disturbs nobody");
        finish(vault, &now[0], accepted());
        pass(SignedDuration::from_hours(72));
        let on_page = session(vault, EMAIL);
        assert_eq!(portal(vault, set(on_page, "4862")), PortalAnswer::Done);
        assert_eq!(told_of(vault), [(Channel::Letter, Changed::Pin)]);
    });
}

#[test]
fn wakes_nobody_to_tell_of_the_night_that_she_just_chose() {
    each_with("change_night", doors, |vault, _| {
        told(vault);
        let choose = |hours| PortalCommand::Care {
            session: session(vault, EMAIL),
            care: Care {
                quiet: Some(Quiet::parse(hours).unwrap()),
                ..Care::default()
            },
        };
        // The test's clock says 20:26.
        assert_eq!(portal(vault, choose("20:00-07:00")), PortalAnswer::Done);
        pass(SignedDuration::from_mins(10));
        assert_eq!(told_of(vault), [(Channel::Letter, Changed::Hours)]);
        pass(SignedDuration::from_mins(10 * 60 + 30));
        let morning = told_of(vault);
        assert!(morning.iter().all(|(_, what)| *what == Changed::Hours));
        assert_eq!(morning.len(), 2, "{morning:?}");
        // Whoever chooses another night each time gains no second day: it is 20:08 again, and told by the hours before.
        pass(SignedDuration::from_hours(13));
        assert_eq!(portal(vault, choose("20:01-07:00")), PortalAnswer::Done);
        pass(SignedDuration::from_mins(30));
        assert_eq!(told_of(vault), in_all(Changed::Hours));
    });
}

#[test]
fn tells_of_a_stop_a_new_pin_and_what_was_added() {
    each_with("change_others", doors, |vault, _| {
        told(vault);
        let session = signed_in(vault, HERS, PIN);
        stop(vault, &session, None);
        stop(vault, &session, None);
        assert_eq!(told_of(vault), in_all(Changed::Stop), "told once");
        let forgot = LineCommand::Forgot {
            number: number(HERS),
            language: Language::En,
        };
        line(vault, forgot);
        let code = said_code(vault, HERS);
        let PortalAnswer::Session(session) = prove(vault, HERS, &code) else {
            panic!("a session")
        };
        let pin = secret("7035");
        let set = PortalCommand::SetPin { session, pin };
        assert_eq!(portal(vault, set), PortalAnswer::Done);
        assert_eq!(told_of(vault), in_all(Changed::Pin));
        // Whoever has her number and PIN registers for more.
        registered(vault, HERS, "7035", 2);
        let more = told_of(vault);
        let expected = in_all(Changed::More).into_iter();
        let expected: Vec<_> = expected
            .filter(|(channel, _)| *channel != Channel::Telephone)
            .collect();
        assert_eq!(more, expected);
    });
}

#[test]
fn goes_on_telling_for_three_days_what_was_taken_away_on_a_page() {
    each_with("change_unreach", doors, |vault, _| {
        told(vault);
        let on_page = session(vault, EMAIL);
        let shown = view(vault, &on_page).contacts;
        let own = |channel| -> ContactId {
            let one = shown.iter().find(|one| one.channel == channel);
            one.unwrap().contact
        };
        let unreach = |contact| PortalCommand::Unreach {
            session: on_page.clone(),
            contact,
        };
        portal(vault, unreach(own(Channel::Telephone)));
        assert_eq!(told_of(vault), in_all(Changed::WayGone));
        let gone = view(vault, &on_page).contacts;
        assert_eq!(gone.iter().filter(|one| one.ends_at.is_some()).count(), 1);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert_eq!(calls(vault, 9).len(), 1, "it goes on");
        // Asked for once more it stays.
        let reach = PortalCommand::Reach {
            session: on_page.clone(),
            contact: phone(HERS),
        };
        assert_eq!(portal(vault, reach), PortalAnswer::Done);
        let back = view(vault, &on_page).contacts;
        assert!(back.iter().all(|one| one.ends_at.is_none()));
        portal(vault, unreach(own(Channel::Telephone)));
        pass(SignedDuration::from_hours(72));
        ask(vault, PlannerCommand::Escalate);
        assert_eq!(sign_in(vault, HERS, PIN), PortalAnswer::Refused);
    });
}

#[test]
fn has_a_person_ask_where_more_is_changed_than_she_can_be_told_of() {
    each_with("change_many", doors, |vault, _| {
        told(vault);
        let session = signed_in(vault, HERS, PIN);
        for _ in 0..7 {
            stop(vault, &session, None);
            let session = session.clone();
            line(vault, LineCommand::Keep { session });
        }
        assert_eq!(claim(vault).len(), 6);
        assert_eq!(tasks(vault), 1, "a person asks her");
    });
}

#[test]
fn tells_once_of_all_that_is_changed_in_one_sitting() {
    each_with("change_sitting", doors, |vault, _| {
        told(vault);
        let on_page = session(vault, EMAIL);
        let care = |quiet, voicemail| PortalCommand::Care {
            session: on_page.clone(),
            care: Care {
                quiet,
                voicemail,
                ..Care::default()
            },
        };
        let quiet = Some(Quiet::parse("01:00-02:00").unwrap());
        portal(vault, care(quiet, Voicemail::Never));
        pass(SignedDuration::from_mins(4));
        let spanish = Choices {
            language: Language::Es,
            ..view(vault, &on_page).choices
        };
        let change = |choices| PortalCommand::Change {
            session: on_page.clone(),
            choices,
        };
        // What is saved as it was is no change.
        for _ in 0..2 {
            portal(vault, change(spanish));
        }
        portal(vault, care(quiet, Voicemail::Neutral));
        assert!(waiting(vault).is_empty(), "she may change more");
        pass(SignedDuration::from_mins(6));
        let told = waiting(vault);
        assert_eq!(told.len(), 3, "once in each way");
        for message in &told {
            let Content::Change(change) = &message.content else {
                panic!("a change")
            };
            let all: Vec<_> = change.all().collect();
            assert_eq!(all, [Changed::Hours, Changed::Language, Changed::Voicemail]);
            finish(vault, message, accepted());
        }
        // What is changed after it was told is told again.
        portal(vault, care(None, Voicemail::Neutral));
        pass(SignedDuration::from_mins(10));
        assert_eq!(told_of(vault), in_all(Changed::Hours));
    });
}

#[test]
fn writes_to_the_old_address_of_a_new_one_which_goes_on_for_three_days() {
    each_with("change_address", doors, |vault, _| {
        told(vault);
        let on_page = session(vault, EMAIL);
        let reach = PortalCommand::Reach {
            session: on_page.clone(),
            contact: postal("PO Box 117"),
        };
        assert_eq!(portal(vault, reach), PortalAnswer::Done);
        let letter = claim_by(vault, Channel::Letter, Room::all(9)).remove(0);
        let Content::Code(code) = letter.content.clone() else {
            panic!("a code")
        };
        finish(vault, &letter, accepted());
        let shown = view(vault, &on_page).contacts;
        let new = shown.iter().find(|one| !one.is_proved).unwrap().contact;
        let prove = PortalCommand::Prove {
            session: on_page.clone(),
            contact: new,
            code,
        };
        assert_eq!(portal(vault, prove), PortalAnswer::Done);
        let messages = waiting(vault);
        assert_eq!(messages.len(), 3);
        for message in &messages {
            assert_eq!(changed(message), Changed::Address);
            assert_ne!(message.to, postal("PO Box 117"));
            finish(vault, message, accepted());
        }
        let next = |event| {
            plan(
                vault,
                i64::from(event) - 1,
                i64::from(event),
                vec![fact(event, 1)],
            );
            let letter = claim_by(vault, Channel::Letter, Room::all(9)).remove(0);
            finish(vault, &letter, accepted());
            letter.to
        };
        assert_eq!(next(1), postal("12 Elm St"), "for three days as before");
        pass(SignedDuration::from_hours(72));
        ask(vault, PlannerCommand::Escalate);
        assert_eq!(next(2), postal("PO Box 117"));
    });
}
