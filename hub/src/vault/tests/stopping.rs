//! Stopping on a page: with her PIN, told wherever she is told, and taken back within three days.

use jiff::SignedDuration;

use super::care::keep;
use super::carrying::{calls, doors};
use super::contacts::{phone, postal, register_by};
use super::line::{HERS, PIN, secret};
use super::{
    accepted, ask, claim_by, each_with, fact, finish, pass, plan, portal, register, session, view,
    wait_out,
};
use crate::ids::RegistrantId;
use crate::notification::change::Changed;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::Disclosure;
use crate::vault::Vault;
use crate::vault::command::{
    Content, PlannerCommand, PortalAnswer, PortalCommand, Room, Stops, Ticket,
};

const EMAIL: &str = "avery@example.test";

/// Somebody who is told in all three ways, with a PIN.
fn told(vault: &Vault) -> RegistrantId {
    let email = Contact::Email(super::address(EMAIL));
    let who = register_by(vault, vec![phone(HERS), email, postal("12 Elm St")], None);
    keep(vault, who, None, Some(PIN));
    who
}

fn stop(vault: &Vault, session: &Ticket, what: Stops, pin: Option<&str>) -> PortalAnswer {
    let stop = PortalCommand::Stop {
        session: session.clone(),
        what,
        pin: pin.map(secret),
    };
    portal(vault, stop)
}

fn take_back(vault: &Vault, session: &Ticket) {
    let session = session.clone();
    assert_eq!(
        portal(vault, PortalCommand::Keep { session }),
        PortalAnswer::Done
    );
}

/// Takes what waits in every way and has it told; returns what was said of changes.
fn changes(vault: &Vault) -> Vec<(Channel, Changed)> {
    let mut told = Vec::new();
    for channel in Channel::ALL {
        for message in claim_by(vault, channel, Room::all(9)) {
            if let Content::Change(change) = &message.content {
                assert!(change.until.is_some());
                told.push((channel, change.what));
            }
            finish(vault, &message, accepted());
        }
    }
    told
}

#[test]
fn asks_for_the_pin_tells_all_her_ways_and_goes_on_for_three_days() {
    each_with("stop_page", doors, |vault, _| {
        told(vault);
        let page = session(vault, EMAIL);
        let all = Stops::Everything;
        assert_eq!(stop(vault, &page, all, None), PortalAnswer::PinWanted);
        assert_eq!(stop(vault, &page, all, Some("9753")), PortalAnswer::Wrong);
        assert!(changes(vault).is_empty());
        assert_eq!(view(vault, &page).ends_at, None);
        for _ in 0..2 {
            assert_eq!(stop(vault, &page, all, Some(PIN)), PortalAnswer::Done);
        }
        let expected = Channel::ALL.map(|channel| (channel, Changed::Stop));
        assert_eq!(changes(vault), expected, "told once, in each way");
        assert!(view(vault, &page).ends_at.is_some());
        pass(SignedDuration::from_hours(71));
        ask(vault, PlannerCommand::Escalate);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert_eq!(calls(vault, 9).len(), 1, "she is told until then");
        pass(SignedDuration::from_hours(1));
        ask(vault, PlannerCommand::Escalate);
        plan(vault, 1, 2, vec![fact(2, 1)]);
        assert!(calls(vault, 9).is_empty());
    });
}

#[test]
fn takes_everything_back_with_one_click() {
    each_with("stop_undo", doors, |vault, _| {
        told(vault);
        let page = session(vault, EMAIL);
        let entry = view(vault, &page).about[0].entry;
        for what in [Stops::Person(entry), Stops::Everything] {
            assert_eq!(stop(vault, &page, what, Some(PIN)), PortalAnswer::Done);
        }
        changes(vault);
        take_back(vault, &page);
        let shown = view(vault, &page);
        assert_eq!((shown.ends_at, shown.about[0].ends_at), (None, None));
        wait_out(vault);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert_eq!(calls(vault, 9).len(), 1);
    });
}

#[test]
fn goes_on_where_she_asks_anew() {
    each_with("stop_anew", doors, |vault, _| {
        for person in [1, 2] {
            register(vault, EMAIL, person, Disclosure::Full);
            changes(vault);
            pass(SignedDuration::from_secs(1));
        }
        let page = session(vault, EMAIL);
        for entry in view(vault, &page).about {
            let what = Stops::Person(entry.entry);
            assert_eq!(stop(vault, &page, what, None), PortalAnswer::Done);
        }
        let everything = stop(vault, &page, Stops::Everything, None);
        assert_eq!(everything, PortalAnswer::Done);
        let told = changes(vault);
        assert_eq!(told.len(), 3, "nobody without a PIN is asked for one");
        register(vault, EMAIL, 2, Disclosure::Full);
        let shown = view(vault, &page);
        let ends: Vec<_> = shown
            .about
            .iter()
            .map(|one| one.ends_at.is_some())
            .collect();
        assert_eq!((shown.ends_at, ends), (None, vec![true, false]));
        wait_out(vault);
        let page = session(vault, EMAIL);
        assert_eq!(view(vault, &page).about.len(), 1);
    });
}

#[test]
fn looks_at_so_many_wrong_pins_and_lets_the_right_one_count_an_hour_later() {
    each_with("stop_guess", doors, |vault, _| {
        told(vault);
        let page = session(vault, EMAIL);
        let all = Stops::Everything;
        for _ in 0..9 {
            assert_eq!(stop(vault, &page, all, Some("9753")), PortalAnswer::Wrong);
        }
        for said in ["9753", PIN] {
            assert_eq!(stop(vault, &page, all, Some(said)), PortalAnswer::TooOften);
        }
        assert_eq!(view(vault, &page).ends_at, None);
        pass(SignedDuration::from_mins(61));
        let page = session(vault, EMAIL);
        assert_eq!(stop(vault, &page, all, Some(PIN)), PortalAnswer::Done);
    });
}

#[test]
fn looks_at_no_more_wrong_pins_where_many_are_sent_at_once() {
    each_with("stop_race", doors, |vault, _| {
        told(vault);
        let page = session(vault, EMAIL);
        let all = Stops::Everything;
        let guess = || stop(vault, &page, all, Some("9753"));
        let answers: Vec<_> = std::thread::scope(|scope| {
            let guesses: Vec<_> = (0..16).map(|_| scope.spawn(guess)).collect();
            let answers = guesses.into_iter().map(|guess| guess.join().unwrap());
            answers.collect()
        });
        let wrong = answers.iter().filter(|one| **one == PortalAnswer::Wrong);
        assert_eq!(wrong.count(), 9, "{answers:?}");
    });
}

#[test]
fn stops_nothing_for_a_stranger_or_of_somebody_else() {
    each_with("stop_stranger", doors, |vault, _| {
        register(vault, EMAIL, 1, Disclosure::Full);
        register(vault, "other@example.test", 1, Disclosure::Full);
        let hers = view(vault, &session(vault, EMAIL)).about[0].entry;
        let guess = Ticket(secret("a guess"));
        let refused = stop(vault, &guess, Stops::Everything, None);
        assert_eq!(refused, PortalAnswer::Refused);
        let other = session(vault, "other@example.test");
        let what = Stops::Person(hers);
        assert_eq!(stop(vault, &other, what, None), PortalAnswer::Done);
        assert!(changes(vault).is_empty());
        wait_out(vault);
        let hers = session(vault, EMAIL);
        assert_eq!(view(vault, &hers).about.len(), 1);
    });
}
