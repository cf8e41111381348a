//! The vault on both engines, with real keys.

mod bounds;
mod care;
mod carrying;
mod change;
mod clock;
mod contacts;
mod court_order;
mod duress;
mod entering;
mod follow;
mod ladder;
mod line;
mod lost;
mod never;
mod parted;
mod proof;
mod queue;
mod rings;
mod setting;
mod silence;
mod silencing;
mod slices;
mod stopping;
mod together;

use std::cell::{Cell, RefCell};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use savin_shared::event::EventCode;
use savin_shared::pii::Secret;
use savin_shared::world::World;

use super::client::Port;
use super::command::{
    Choices, Content, Counts, CourierAnswer, CourierCommand, MaskedView, Message, PlannerAnswer,
    PlannerCommand, PortalAnswer, PortalCommand, Room, StaffAnswer, StaffCommand, Stops,
    Subscribed, Ticket, TryOutcome,
};
use super::keyring::{Keyring, KeyringError};
use super::means::Means;
use super::{Vault, VaultError};
use crate::ids::{EventId, EventPosition, PersonId, RegistrantId, SubscriptionId, WorkerId};
use crate::notification::address::EmailAddress;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::{Disclosure, Fact};
use crate::notification::words::Language;
use crate::registry::details::Details;
use crate::store::testing::places;
use crate::store::vault::SCHEMA;
use crate::store::vault::registrant::{self, RegistrantRow, RegistrantState};
use crate::store::vault::restoration;
use crate::store::vault::subscription::{self, SubscriptionRow};
use crate::store::{Place, Store, evidence};

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
    static DRAWN: RefCell<Vec<[u8; 16]>> = const { RefCell::new(Vec::new()) };
}

fn wall() -> Timestamp {
    NOW.with(|now| Timestamp::from_second(now.get()).unwrap())
}

fn pass(duration: SignedDuration) {
    NOW.with(|now| now.set(now.get() + duration.as_secs()));
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    DRAWN.with_borrow_mut(|drawn| drawn.push(bytes));
    bytes
}

#[expect(clippy::disallowed_methods, reason = "the vault sets no deadlines")]
fn monotonic() -> Instant {
    Instant::now()
}

fn each(name: &str, test: impl Fn(&Vault, &Place)) {
    each_with(name, Means::default, test);
}

/// Runs a test on each engine, with a vault of these means.
fn each_with(name: &str, means: impl Fn() -> Means, test: impl Fn(&Vault, &Place)) {
    let folder = tempfile::tempdir().unwrap();
    for place in places(folder.path(), name) {
        NOW.with(|now| now.set(1_780_000_000));
        let store = Store::open(&place, &SCHEMA).unwrap();
        let world = World {
            wall,
            monotonic,
            random,
        };
        let vault = Vault::with_keys(store, Keyring::scratch().unwrap(), world);
        test(&vault.unwrap().with_means(means()), &place);
    }
}

/// Opens the same vault beside another, as a worker of its own.
fn beside(vault: &Vault, place: &Place, worker: Option<WorkerId>) -> Vault {
    Vault {
        store: Store::open(place, &SCHEMA).unwrap(),
        keys: std::sync::Arc::clone(&vault.keys),
        means: std::sync::Arc::clone(&vault.means),
        world: vault.world,
        worker,
        slice: vault.slice,
    }
}

#[test]
fn opens_with_its_own_keys_only_and_makes_none_for_a_vault_that_has_begun() {
    let folder = tempfile::tempdir().unwrap();
    for (number, place) in (1..).zip(places(folder.path(), "vault_keys")) {
        let file = folder.path().join(format!("{number}.keys"));
        let open = || {
            let world = World {
                wall,
                monotonic,
                random,
            };
            Vault::open(Store::open(&place, &SCHEMA).unwrap(), &file, world)
        };
        drop(open().unwrap());
        drop(open().unwrap());
        let keys = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let lost = open().unwrap_err();
        assert!(matches!(lost, VaultError::Keyring(KeyringError::Lost)));
        assert!(!file.exists(), "keys were made anew");
        Keyring::make_file(&file).unwrap();
        let other = open().unwrap_err();
        assert!(matches!(other, VaultError::Keyring(KeyringError::Other)));
        std::fs::write(&file, keys).unwrap();
        drop(open().unwrap());
    }
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn by_email(text: &str) -> Vec<Contact> {
    vec![Contact::Email(address(text))]
}

fn person(byte: u8) -> PersonId {
    PersonId::from_bytes([byte; 16])
}

fn about(byte: u8) -> Subscribed {
    Subscribed {
        person: person(byte),
        label: "A.S.".to_owned(),
    }
}

fn ask<P: Port>(vault: &Vault, command: P) -> P::Answer {
    P::answer(vault.handle(command.command()).unwrap()).expect("an answer of the same port")
}

fn portal(vault: &Vault, command: PortalCommand) -> PortalAnswer {
    ask(vault, command)
}

fn claim(vault: &Vault) -> Vec<Message> {
    claim_by(vault, Channel::Email, Room::all(9))
}

fn claim_by(vault: &Vault, channel: Channel, room: Room) -> Vec<Message> {
    let claim = CourierCommand::Claim { channel, room };
    let CourierAnswer::Messages(messages) = ask(vault, claim) else {
        panic!("messages")
    };
    messages
}

fn finish(vault: &Vault, message: &Message, outcome: TryOutcome) {
    let (notice, claim) = (message.notice, message.claim);
    let finish = CourierCommand::Finish {
        notice,
        claim,
        outcome,
    };
    ask(vault, finish);
}

fn accepted() -> TryOutcome {
    TryOutcome::Accepted {
        detail: "250 ok".to_owned(),
    }
}

fn ticket(answer: PortalAnswer) -> Ticket {
    let (PortalAnswer::Begun(ticket) | PortalAnswer::Session(ticket)) = answer else {
        panic!("a ticket, not {answer:?}")
    };
    ticket
}

/// Takes the code out of the one message that waits.
fn code(vault: &Vault) -> Secret<String> {
    let messages = claim(vault);
    assert_eq!(messages.len(), 1, "one code waits");
    finish(vault, &messages[0], accepted());
    let Content::Code(code) = &messages[0].content else {
        panic!("a code")
    };
    code.clone()
}

fn register(vault: &Vault, email: &str, byte: u8, disclosure: Disclosure) -> PortalAnswer {
    let choices = Choices {
        language: Language::Es,
        disclosure,
    };
    let begin = PortalCommand::BeginRegistration {
        contacts: by_email(email),
        wishes: about(byte).into(),
        choices,
    };
    let ticket = ticket(portal(vault, begin));
    let code = code(vault);
    portal(vault, PortalCommand::ConfirmRegistration { ticket, code })
}

fn session(vault: &Vault, email: &str) -> Ticket {
    let begin = PortalCommand::BeginAccess {
        address: address(email),
        language: Language::En,
    };
    let begun = ticket(portal(vault, begin));
    let code = code(vault);
    ticket(portal(
        vault,
        PortalCommand::ConfirmAccess {
            ticket: begun,
            code,
        },
    ))
}

fn fact(event: u8, byte: u8) -> Fact {
    Fact {
        event: EventId::from_bytes([event; 16]),
        position: EventPosition(i64::from(event)),
        person: person(byte),
        code: EventCode::Released.code(),
        urgency: 2,
        name: Some("Avery Sample".to_owned()),
        facility: "Test Jail".to_owned(),
        from_facility: None,
        still_held_at: None,
        elsewhere: Default::default(),
        corrects: None,
        effective_at: None,
        observed_at: wall(),
        received_at: wall(),
        found_late: false,
        followed: None,
        details: Details {
            reason: Some("Bond".to_owned()),
            ..Details::default()
        },
    }
}

fn plan(vault: &Vault, from: i64, to: i64, facts: Vec<Fact>) -> i64 {
    let (from, to) = (EventPosition(from), EventPosition(to));
    let command = PlannerCommand::Plan { from, to, facts };
    let PlannerAnswer::Watermark(position) = ask(vault, command) else {
        panic!("a watermark")
    };
    position.0
}

fn counts(vault: &Vault) -> Counts {
    let StaffAnswer::Counts(counts) = ask(vault, StaffCommand::Counts) else {
        panic!("counts")
    };
    counts
}

fn view(vault: &Vault, session: &Ticket) -> MaskedView {
    let view = PortalCommand::View {
        session: session.clone(),
    };
    let PortalAnswer::View(view) = portal(vault, view) else {
        panic!("a view")
    };
    view
}

/// Lets what was asked to stop go on until it ends.
fn wait_out(vault: &Vault) {
    pass(SignedDuration::from_hours(72));
    ask(vault, PlannerCommand::Escalate);
}

/// Stops everything on her page, and waits until that is so.
fn stop_everything(vault: &Vault, session: Ticket) {
    let stop = PortalCommand::Stop {
        session,
        what: Stops::Everything,
        pin: None,
    };
    assert_eq!(portal(vault, stop), PortalAnswer::Done);
    wait_out(vault);
}

#[test]
fn tells_each_registrant_as_much_as_she_chose() {
    each("vault_levels", |vault, _| {
        for (email, disclosure) in [
            ("full@example.test", Disclosure::Full),
            ("discreet@example.test", Disclosure::Discreet),
            ("silent@example.test", Disclosure::ContentFree),
        ] {
            assert_eq!(register(vault, email, 1, disclosure), PortalAnswer::Done);
        }
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let mut seen = Vec::new();
        for message in claim(vault) {
            assert_eq!(message.language, Language::Es);
            let said = match &message.content {
                Content::Fact(fact) => format!("{:?} {:?}", fact.name, fact.facility),
                Content::News => "news".to_owned(),
                Content::Code(_) | Content::Change(_) => "code".to_owned(),
            };
            seen.push((message.to.stored().reveal().clone(), said));
        }
        seen.sort();
        let expected = [
            ("discreet@example.test", "None \"\""),
            ("full@example.test", "Some(\"Avery Sample\") \"Test Jail\""),
            ("silent@example.test", "news"),
        ];
        assert_eq!(
            seen,
            expected.map(|(email, said)| (email.to_owned(), said.to_owned()))
        );
    });
}

#[test]
fn plans_each_fact_once_however_often_it_is_asked() {
    each("vault_once", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        assert_eq!(plan(vault, 0, 5, vec![fact(1, 1), fact(2, 2)]), 5);
        // The answer was lost: the same request again, then the same event in another request.
        assert_eq!(plan(vault, 0, 5, vec![fact(1, 1)]), 5);
        assert_eq!(plan(vault, 5, 6, vec![fact(1, 1)]), 6);
        let messages = claim(vault);
        assert_eq!(messages.len(), 1);
        assert!(
            claim(vault).is_empty(),
            "a claimed message is nobody else's"
        );
    });
}

/// A fact that takes back an event.
fn correction(event: u8, byte: u8, corrected: u8) -> Fact {
    Fact {
        code: EventCode::Correction.code(),
        corrects: Some(EventId::from_bytes([corrected; 16])),
        ..fact(event, byte)
    }
}

fn told(vault: &Vault) -> Vec<EventCode> {
    claim(vault).iter().map(told_code).collect()
}

/// Returns to which address a message goes.
fn whom(message: &Message) -> String {
    message.to.stored().reveal().clone()
}

/// Returns which event a message tells.
fn told_code(message: &Message) -> EventCode {
    match &message.content {
        Content::Fact(fact) => fact.event_code().unwrap(),
        Content::News | Content::Code(_) | Content::Change(_) => panic!("a fact"),
    }
}

#[test]
fn withdraws_what_is_taken_back_before_anybody_heard_it() {
    each("vault_withdrawn", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        register(vault, "blake@example.test", 2, Disclosure::Full);
        // Of one person the release and its correction in one plan, of the other in two.
        plan(
            vault,
            0,
            2,
            vec![fact(1, 1), correction(2, 1, 1), fact(3, 2)],
        );
        plan(vault, 2, 4, vec![correction(4, 2, 3)]);
        assert_eq!(told(vault), []);
        let states = counts(vault).notices;
        assert!(states.contains(&("withdrawn".to_owned(), 2)), "{states:?}");
        // Whoever may have heard of a release is told that it was none.
        plan(vault, 4, 5, vec![fact(5, 1)]);
        assert_eq!(told(vault), [EventCode::Released]);
        plan(vault, 5, 6, vec![correction(6, 1, 5)]);
        assert_eq!(told(vault), [EventCode::Correction]);
    });
}

#[test]
fn says_that_a_place_is_back_whatever_caused_the_message_that_it_was_silent() {
    each("vault_back", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let silent = Fact {
            code: EventCode::FeedStale.code(),
            ..fact(1, 1)
        };
        // As by a program with other rules, which named the notice otherwise.
        let clock = Some("adopted-later".to_owned());
        let told = Box::new(silent);
        ask(vault, PlannerCommand::Retell { clock, fact: told });
        let message = claim(vault).pop().unwrap();
        finish(vault, &message, accepted());
        register(vault, "never@example.test", 1, Disclosure::Full);
        let back = Fact {
            code: EventCode::FeedRestored.code(),
            corrects: Some(EventId::from_bytes([1; 16])),
            ..fact(2, 1)
        };
        plan(vault, 0, 2, vec![back]);
        let said = claim(vault);
        assert_eq!(
            said.iter().map(whom).collect::<Vec<_>>(),
            ["avery@example.test"]
        );
    });
}

#[test]
fn tells_an_agencys_correction_to_those_who_were_told_and_to_nobody_else() {
    each("vault_corrected", |vault, _| {
        register(vault, "told@example.test", 1, Disclosure::Full);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let release = claim(vault).pop().unwrap();
        finish(vault, &release, accepted());
        // She registered when the release was over, and never heard of it.
        register(vault, "later@example.test", 1, Disclosure::Full);
        // Two who were found to be one: the correction comes for each, and is told once.
        plan(vault, 1, 2, vec![correction(2, 1, 1), correction(2, 2, 1)]);
        let said = claim(vault);
        assert_eq!(said.len(), 1);
        assert_eq!(told_code(&said[0]), EventCode::Correction);
        let Contact::Email(to) = &said[0].to else {
            panic!("an e-mail")
        };
        assert_eq!(to.reveal(), "told@example.test");
        // What nobody was ever told is taken back without a word.
        let unknown = Fact {
            corrects: None,
            ..correction(3, 1, 1)
        };
        plan(vault, 2, 3, vec![unknown, correction(4, 1, 77)]);
        assert_eq!(told(vault), []);
        // A release by mistake is told to everybody, though the release that it was called waits.
        plan(vault, 3, 4, vec![fact(5, 1)]);
        let mistaken = Fact {
            code: EventCode::MistakenRelease.code(),
            ..correction(6, 1, 5)
        };
        plan(vault, 4, 5, vec![mistaken]);
        assert_eq!(told(vault), [EventCode::MistakenRelease; 2]);
    });
}

#[test]
fn has_each_registrant_asked_once_whom_she_meant_when_two_are_parted() {
    each("vault_parted", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        register(vault, "blake@example.test", 2, Disclosure::Full);
        let parted = |from, to| StaffCommand::Parted {
            from: person(from),
            to: person(to),
        };
        let is_asked = |command| {
            let StaffAnswer::Changed(is_asked) = ask(vault, command) else {
                panic!("whether")
            };
            is_asked
        };
        assert!(is_asked(parted(1, 3)));
        assert!(is_asked(parted(1, 3)), "again changes nothing");
        assert!(!is_asked(parted(3, 1)), "nobody asked about that one");
        let kind = Some(crate::work::task::TaskKind::IdentityDoubt);
        let list = crate::vault::command::TaskCommand::List { kind, limit: 10 };
        let StaffAnswer::Tasks(tasks) = ask(vault, StaffCommand::Tasks(list)) else {
            panic!("tasks")
        };
        assert_eq!(tasks.len(), 1);
        let note = tasks[0].note.reveal();
        assert!(note.contains(&person(1).to_string()), "{note}");
        assert!(note.contains(&person(3).to_string()), "{note}");
        let subject = &tasks[0].subject;
        assert!(!subject.contains(&person(1).to_string()), "{subject}");
    });
}

#[test]
fn tells_a_release_with_the_booking_that_came_before_it_was_told() {
    each("vault_amended", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let booked = Fact {
            code: EventCode::Booked.code(),
            facility: "Other Jail".to_owned(),
            ..fact(2, 1)
        };
        plan(vault, 1, 2, vec![booked]);
        let held: Vec<_> = claim(vault)
            .into_iter()
            .map(|message| match message.content {
                Content::Fact(fact) => (fact.event_code().unwrap(), fact.still_held_at),
                Content::News | Content::Code(_) | Content::Change(_) => panic!("a fact"),
            })
            .collect();
        let elsewhere = Some("Other Jail".to_owned());
        assert!(held.contains(&(EventCode::Released, elsewhere)), "{held:?}");
        assert!(held.contains(&(EventCode::Booked, None)), "{held:?}");
    });
}

#[test]
fn tells_of_whoever_was_booked_and_let_go_between_two_looks_as_released() {
    each("vault_ended", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let booked = |event| Fact {
            code: EventCode::Booked.code(),
            ..fact(event, 1)
        };
        let told = |vault: &Vault| {
            let mut codes = told(vault);
            codes.sort_by_key(|code| code.code());
            codes
        };
        plan(vault, 0, 2, vec![booked(1), fact(2, 1)]);
        assert_eq!(told(vault), [EventCode::Released]);
        // Booked again at once, or held somewhere else: that is told.
        plan(vault, 2, 4, vec![fact(3, 1), booked(4)]);
        let both = [EventCode::Booked, EventCode::Released];
        assert_eq!(told(vault), both);
        let elsewhere = Fact {
            still_held_at: Some("Other Jail".to_owned()),
            ..fact(6, 1)
        };
        plan(vault, 4, 6, vec![booked(5), elsewhere]);
        assert_eq!(told(vault), both);
        let other = Fact {
            facility: "Other Jail".to_owned(),
            ..booked(7)
        };
        plan(vault, 6, 8, vec![other, fact(8, 1)]);
        assert_eq!(told(vault), both);
    });
}

#[test]
fn lets_a_daily_test_out_at_the_monitored_line_only() {
    each("vault_canary", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let agent = savin_shared::ids::AgentId::from_bytes([9; 16]);
        let test = |event| {
            let mut test = fact(event, 1);
            test.details.canary_of = Some(agent.to_string());
            test
        };
        let monitor = |email: Option<&str>| {
            let command = StaffCommand::Monitor(email.map(address));
            let StaffAnswer::Changed(is_changed) = ask(vault, command) else {
                panic!("changed")
            };
            is_changed
        };
        let standings = || {
            let StaffAnswer::Canaries(standings) = ask(vault, StaffCommand::Canaries) else {
                panic!("canaries")
            };
            standings
        };
        plan(vault, 0, 1, vec![test(1)]);
        assert!(claim(vault).is_empty(), "there is no line");
        assert!(standings().is_empty());
        // The very address of a registrant may be the line, too: they have nothing to do with each other.
        assert!(monitor(Some("avery@example.test")));
        assert!(!monitor(Some("avery@example.test")));
        plan(vault, 1, 2, vec![test(2), fact(2, 3)]);
        let messages = claim(vault);
        assert_eq!(messages.len(), 1);
        let waiting = standings();
        assert_eq!(waiting[0].agent, agent);
        assert_eq!(
            (waiting[0].told_at, waiting[0].waiting_since),
            (None, Some(wall()))
        );
        finish(vault, &messages[0], accepted());
        let told = standings();
        assert_eq!(
            (told[0].told_at, told[0].waiting_since),
            (Some(wall()), None)
        );
        // What is real goes to her, and not to the line.
        plan(vault, 2, 3, vec![fact(3, 1)]);
        let messages = claim(vault);
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].language, Language::Es);
        finish(vault, &messages[0], accepted());
        assert!(monitor(None));
        plan(vault, 3, 4, vec![test(4)]);
        assert!(claim(vault).is_empty());
    });
}

#[test]
fn plans_again_from_the_end_of_a_registry_that_was_restored() {
    each("vault_rewind", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        assert_eq!(plan(vault, 0, 7, vec![fact(7, 1)]), 7);
        assert_eq!(carry_all(vault), 1);
        let rewind = |last| {
            let last = EventPosition(last);
            let PlannerAnswer::Watermark(at) = ask(vault, PlannerCommand::Rewind { last }) else {
                panic!("a watermark")
            };
            at.0
        };
        assert_eq!(rewind(9), 7, "the registry is ahead, as ever");
        assert_eq!(rewind(5), 5);
        // The event that was told comes again, and one that nobody has heard of in its place.
        assert_eq!(plan(vault, 5, 7, vec![fact(6, 1), fact(7, 1)]), 7);
        assert_eq!(carry_all(vault), 1, "only the new one");
    });
}

#[test]
fn tells_nothing_where_no_address_was_proved() {
    each("vault_unproved", |vault, _| {
        let begin = PortalCommand::BeginRegistration {
            contacts: by_email("avery@example.test"),
            wishes: about(1).into(),
            choices: Choices::default(),
        };
        let begun = ticket(portal(vault, begin));
        let right = code(vault);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert!(claim(vault).is_empty());
        let wrong = || Secret::new("000000".to_owned());
        for _ in 0..5 {
            let confirm = PortalCommand::ConfirmRegistration {
                ticket: begun.clone(),
                code: wrong(),
            };
            if *right.reveal() != "000000" {
                assert_eq!(portal(vault, confirm), PortalAnswer::Refused);
            }
        }
        // After five tries even the right code is refused.
        let confirm = PortalCommand::ConfirmRegistration {
            ticket: begun,
            code: right,
        };
        assert_eq!(portal(vault, confirm), PortalAnswer::Refused);
    });
}

#[test]
fn takes_a_code_once_and_not_for_long() {
    each("vault_codes", |vault, _| {
        let begin = || PortalCommand::BeginRegistration {
            contacts: by_email("avery@example.test"),
            wishes: about(1).into(),
            choices: Choices::default(),
        };
        let late = ticket(portal(vault, begin()));
        let late_code = code(vault);
        pass(SignedDuration::from_mins(31));
        let confirm = PortalCommand::ConfirmRegistration {
            ticket: late,
            code: late_code,
        };
        assert_eq!(portal(vault, confirm), PortalAnswer::Refused);
        let begun = ticket(portal(vault, begin()));
        let right = code(vault);
        let confirm = || PortalCommand::ConfirmRegistration {
            ticket: begun.clone(),
            code: right.clone(),
        };
        assert_eq!(portal(vault, confirm()), PortalAnswer::Done);
        assert_eq!(portal(vault, confirm()), PortalAnswer::Refused);
    });
}

#[test]
fn sends_an_address_few_codes_and_a_stranger_none() {
    each("vault_limits", |vault, _| {
        for round in 0..5 {
            let begin = PortalCommand::BeginRegistration {
                contacts: by_email("Avery@Example.test"),
                wishes: about(1).into(),
                choices: Choices::default(),
            };
            assert!(matches!(portal(vault, begin), PortalAnswer::Begun(_)));
            assert_eq!(claim(vault).len(), usize::from(round < 3), "round {round}");
        }
        let stranger = PortalCommand::BeginAccess {
            address: address("stranger@example.test"),
            language: Language::En,
        };
        let begun = ticket(portal(vault, stranger));
        assert!(claim(vault).is_empty());
        for guess in ["000000", "123456"] {
            let code = Secret::new(guess.to_owned());
            let confirm = PortalCommand::ConfirmAccess {
                ticket: begun.clone(),
                code,
            };
            assert_eq!(portal(vault, confirm), PortalAnswer::Refused);
        }
    });
}

fn begin_access(vault: &Vault, email: &str) -> Ticket {
    let begin = PortalCommand::BeginAccess {
        address: address(email),
        language: Language::En,
    };
    ticket(portal(vault, begin))
}

fn confirm_access(vault: &Vault, ticket: &Ticket, code: &str) -> PortalAnswer {
    let confirm = PortalCommand::ConfirmAccess {
        ticket: ticket.clone(),
        code: Secret::new(code.to_owned()),
    };
    portal(vault, confirm)
}

#[test]
fn takes_no_guess_of_a_code_that_was_not_sent() {
    each("vault_unsent", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let sent = begin_access(vault, "avery@example.test");
        let drawn = drawn_code();
        let right = code(vault);
        assert!(right == drawn, "the search works");
        begin_access(vault, "avery@example.test");
        code(vault);
        let unsent = begin_access(vault, "avery@example.test");
        assert!(claim(vault).is_empty(), "the limit of an hour is reached");
        let refused = confirm_access(vault, &unsent, drawn_code().reveal());
        assert_eq!(refused, PortalAnswer::Refused);
        assert!(matches!(
            confirm_access(vault, &sent, right.reveal()),
            PortalAnswer::Session(_)
        ));
    });
}

/// Returns the code that was drawn last, sent or not: what follows is drawn on the store's thread.
fn drawn_code() -> Secret<String> {
    let drawn = DRAWN.with_borrow(|drawn| drawn[drawn.len() - 1]);
    Secret::new(format!("{:06}", u128::from_be_bytes(drawn) % 1_000_000))
}

/// Carries what is due; returns how many messages that were.
fn carry_all(vault: &Vault) -> usize {
    let messages = claim(vault);
    for message in &messages {
        finish(vault, message, accepted());
    }
    messages.len()
}

#[test]
fn sends_her_a_code_again_however_often_a_stranger_asks() {
    each("vault_crowded", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let mut sent = 0;
        for _ in 0..13 {
            pass(SignedDuration::from_mins(10));
            begin_access(vault, "avery@example.test");
            sent += carry_all(vault);
        }
        assert!(sent >= 6, "{sent} codes in two hours");
    });
}

#[test]
fn takes_few_guesses_a_day_over_all_codes_of_an_address() {
    each("vault_guesses", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        for _ in 0..4 {
            pass(SignedDuration::from_mins(61));
            let begun = begin_access(vault, "avery@example.test");
            let right = code(vault);
            let wrong = if right.reveal() == "000000" {
                "1"
            } else {
                "000000"
            };
            for _ in 0..5 {
                assert_eq!(confirm_access(vault, &begun, wrong), PortalAnswer::Refused);
            }
        }
        pass(SignedDuration::from_mins(61));
        let begun = begin_access(vault, "avery@example.test");
        let right = code(vault);
        let refused = confirm_access(vault, &begun, right.reveal());
        assert_eq!(refused, PortalAnswer::Refused, "the twenty-first try");
        pass(SignedDuration::from_hours(24));
        session(vault, "avery@example.test");
    });
}

#[test]
fn sends_an_address_ten_codes_a_day() {
    each("vault_day", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let mut sent = 1;
        for _ in 0..20 {
            pass(SignedDuration::from_mins(61));
            begin_access(vault, "avery@example.test");
            sent += carry_all(vault);
        }
        assert_eq!(sent, 10);
    });
}

#[test]
fn keeps_one_registration_for_one_address() {
    each("vault_joined", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        register(vault, "AVERY@example.test", 2, Disclosure::Discreet);
        register(vault, "avery@example.test", 1, Disclosure::Discreet);
        let session = session(vault, "avery@example.test");
        let view = view(vault, &session);
        assert_eq!(view.about.len(), 2);
        // The newer language, and the level that says less: she may have forgotten the first.
        assert_eq!(view.choices.disclosure, Disclosure::Discreet);
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let choices = self::view(vault, &session).choices;
        assert_eq!(choices.disclosure, Disclosure::Discreet);
        assert_eq!(view.contacts[0].address, "a•••@e•••");
        plan(vault, 0, 2, vec![fact(1, 1), fact(2, 2)]);
        assert_eq!(claim(vault).len(), 2);
    });
}

#[test]
fn changes_drops_and_stops_in_a_session() {
    each("vault_session", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        pass(SignedDuration::from_secs(1));
        register(vault, "avery@example.test", 2, Disclosure::Full);
        let ticket = session(vault, "avery@example.test");
        let choices = Choices {
            language: Language::En,
            disclosure: Disclosure::ContentFree,
        };
        let change = PortalCommand::Change {
            session: ticket.clone(),
            choices,
        };
        assert_eq!(portal(vault, change), PortalAnswer::Done);
        assert_eq!(view(vault, &ticket).choices, choices);
        let stops = |what| PortalCommand::Stop {
            session: ticket.clone(),
            what,
            pin: None,
        };
        let about = view(vault, &ticket).about;
        // A page that is sent twice drops nobody else.
        for _ in 0..2 {
            let drop = stops(Stops::Person(about[0].entry));
            assert_eq!(portal(vault, drop), PortalAnswer::Done);
        }
        assert_eq!(carry_all(vault), 1, "she is told so once");
        assert!(view(vault, &ticket).about[0].ends_at.is_some());
        wait_out(vault);
        assert_eq!(carry_all(vault), 1, "and of what she chose");
        let ticket = session(vault, "avery@example.test");
        assert_eq!(view(vault, &ticket).about, about[1..]);
        plan(vault, 0, 2, vec![fact(1, 1), fact(2, 2)]);
        let stop = PortalCommand::Stop {
            session: ticket.clone(),
            what: Stops::Everything,
            pin: None,
        };
        assert_eq!(portal(vault, stop), PortalAnswer::Done);
        wait_out(vault);
        assert!(
            claim(vault).is_empty(),
            "what was planned for her is stopped"
        );
        assert!(
            !counts(vault)
                .notices
                .iter()
                .any(|(state, _)| state == "planned")
        );
        let after = PortalCommand::View { session: ticket };
        assert_eq!(portal(vault, after), PortalAnswer::Refused);
    });
}

#[test]
fn ends_a_session_when_she_leaves_or_does_nothing() {
    each("vault_leave", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let left = session(vault, "avery@example.test");
        portal(
            vault,
            PortalCommand::Leave {
                session: left.clone(),
            },
        );
        assert_eq!(
            portal(vault, PortalCommand::View { session: left }),
            PortalAnswer::Refused
        );
        let idle = session(vault, "avery@example.test");
        pass(SignedDuration::from_mins(16));
        assert_eq!(
            portal(vault, PortalCommand::View { session: idle }),
            PortalAnswer::Refused
        );
    });
}

#[test]
fn tries_again_later_and_never_after_a_refusal() {
    each("vault_tries", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let first = claim(vault);
        let deferred = TryOutcome::Deferred {
            detail: "451 avery@example.test must wait".to_owned(),
        };
        finish(vault, &first[0], deferred);
        assert!(claim(vault).is_empty());
        let StaffAnswer::Notices(rows) = ask(vault, StaffCommand::Notices { limit: 9 }) else {
            panic!("notices");
        };
        let row = rows.iter().find(|row| row.about.is_some()).unwrap();
        let answer = row.answer.as_ref().map(|answer| answer.reveal().as_str());
        assert_eq!(answer, Some("451 a•••@e••• must wait"));
        pass(SignedDuration::from_mins(1));
        let second = claim(vault);
        assert_eq!(second.len(), 1);
        // A worker that was paused past its lease finds its claim void.
        pass(SignedDuration::from_mins(3));
        let third = claim(vault);
        assert_eq!(third.len(), 1);
        finish(
            vault,
            &second[0],
            TryOutcome::Refused {
                detail: "stale".to_owned(),
            },
        );
        finish(vault, &third[0], accepted());
        let states = counts(vault).notices;
        assert_eq!(
            states,
            [("accepted".to_owned(), 2)],
            "the code and the fact"
        );
        let StaffAnswer::Notices(rows) = ask(vault, StaffCommand::Notices { limit: 9 }) else {
            panic!("notices");
        };
        let row = rows.iter().find(|row| row.about.is_some()).unwrap();
        assert_eq!((row.attempts, row.about.as_deref()), (3, Some("Released")));
    });
}

#[test]
fn puts_aside_what_cannot_be_read_and_tells_everybody_else() {
    each("vault_damaged", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let (keys, now) = (std::sync::Arc::clone(&vault.keys), wall());
        // A registrant whose key was damaged, and who is to be told first.
        let lost = RegistrantId::from_bytes([0; 16]);
        let damage = move |tx: &mut crate::store::conn::Tx<'_>| {
            let row = RegistrantRow {
                registrant: lost,
                wrapped_key: vec![7; 40],
                state: RegistrantState::Active,
                sealed_choices: vec![7; 40],
            };
            registrant::insert(tx, &row, now)?;
            let row = SubscriptionRow {
                subscription: SubscriptionId::from_bytes([7; 16]),
                registrant: lost,
                person_link: keys.person_link(person(1)),
                sealed_label: vec![7; 40],
            };
            subscription::put(tx, &row, now)
        };
        vault.store.write_now("damage", damage).unwrap();
        assert_eq!(plan(vault, 0, 1, vec![fact(1, 1)]), 1);
        let messages = claim(vault);
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].to.stored().reveal(), "avery@example.test");
        finish(vault, &messages[0], accepted());
        assert!(claim(vault).is_empty());
        let notices = counts(vault).notices;
        assert!(notices.contains(&("broken".to_owned(), 1)), "{notices:?}");
        let StaffAnswer::Notices(rows) = ask(vault, StaffCommand::Notices { limit: 9 }) else {
            panic!("notices");
        };
        assert_eq!(rows.len(), 3, "staff sees it too");
    });
}

#[test]
fn registers_at_once_what_staff_has_verified() {
    each("vault_staff", |vault, _| {
        for byte in [1, 1, 2] {
            let register = StaffCommand::Register {
                contacts: by_email("paper@example.test"),
                to: None,
                about: about(byte),
                choices: Choices::default(),
            };
            ask(vault, register);
        }
        plan(vault, 0, 2, vec![fact(1, 1), fact(2, 2)]);
        assert_eq!(claim(vault).len(), 2);
    });
}

#[test]
fn holds_nothing_in_its_file_that_a_thief_could_read() {
    each("vault_thief", |vault, place| {
        register(vault, "quokka@example.test", 0xC5, Disclosure::Full);
        plan(vault, 0, 1, vec![fact(7, 0xC5)]);
        claim(vault);
        let Place::File(path) = place else { return };
        let mut bytes = std::fs::read(path).unwrap();
        bytes.extend(std::fs::read(path.with_extension("sqlite-wal")).unwrap_or_default());
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(holds(b"registrant"), "the search works");
        for secret in [
            "quokka",
            "QUOKKA",
            "example.test",
            "Sample",
            "A.S.",
            "Released",
        ] {
            assert!(!holds(secret.as_bytes()), "{secret} is in the file");
        }
        assert!(!holds(&[0xC5; 16]), "the person is in the file");
        assert!(!holds(&[7; 16]), "the event is in the file");
    });
}

#[test]
fn leaves_nothing_of_her_key_in_the_file_once_she_stops() {
    each("vault_erased", |vault, place| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let StaffAnswer::Notices(rows) = ask(vault, StaffCommand::Notices { limit: 1 }) else {
            panic!("notices")
        };
        let load =
            move |tx: &mut crate::store::conn::Tx<'_>| registrant::load(tx, rows[0].registrant);
        let wrapped = vault.store.read_now("her key", load).unwrap().unwrap();
        let Place::File(path) = place else { return };
        let holds_key = || {
            // Opening copies the log into the file.
            drop(Store::open(place, &SCHEMA).unwrap());
            let bytes = std::fs::read(path).unwrap();
            bytes
                .windows(wrapped.wrapped_key.len())
                .any(|window| window == wrapped.wrapped_key)
        };
        assert!(holds_key(), "the search works");
        let session = session(vault, "avery@example.test");
        stop_everything(vault, session);
        assert!(!holds_key());
    });
}

#[test]
fn logs_each_notice_and_try_and_nothing_of_who_was_told_what() {
    each("vault_evidence", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let before = leaves(vault).len();
        plan(vault, 0, 5, vec![fact(1, 1)]);
        plan(vault, 5, 6, vec![fact(1, 1)]);
        assert_eq!(carry_all(vault), 1);
        let leaves = leaves(vault).split_off(before);
        let kinds: Vec<_> = leaves
            .iter()
            .map(|leaf| leaf.lines().next().unwrap())
            .collect();
        assert_eq!(
            kinds,
            ["savin/notice/1", "savin/attempt/1", "savin/outcome/1"]
        );
        let who = DRAWN.with_borrow(Clone::clone);
        for leaf in leaves {
            assert!(
                !leaf.contains("avery") && !leaf.contains("250 ok"),
                "{leaf}"
            );
            let event = EventId::from_bytes([1; 16]).to_string();
            assert!(!leaf.contains(&event), "{leaf}");
            for id in &who {
                assert!(
                    !leaf.contains(&RegistrantId::from_bytes(*id).to_string()),
                    "{leaf}"
                );
            }
        }
    });
}

fn leaves(vault: &Vault) -> Vec<String> {
    let leaves = vault
        .store
        .read_now("leaves", |tx| evidence::leaves(tx, 0, 1000));
    leaves
        .unwrap()
        .into_iter()
        .map(|leaf| leaf.content)
        .collect()
}

#[test]
fn says_after_a_restoration_that_what_is_told_may_be_known() {
    each("vault_restored", |vault, place| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let made_at = wall();
        let restored_at = made_at + SignedDuration::from_hours(24);
        let store = Store::open(place, &SCHEMA).unwrap();
        store
            .write_now("restored", move |tx| {
                restoration::note(tx, made_at, restored_at)
            })
            .unwrap();
        let seen = |event, at| Fact {
            observed_at: at,
            ..fact(event, 1)
        };
        let after = restored_at + SignedDuration::from_secs(1);
        let found = |event, at, effective_at| Fact {
            effective_at,
            found_late: true,
            ..seen(event, at)
        };
        let months_later = restored_at + SignedDuration::from_hours(60 * 24);
        let facts = [
            (seen(1, made_at), true),
            (seen(2, after), false),
            // Found in a whole list: it happened before, after, or nobody knows when.
            (found(3, after, Some(made_at)), true),
            (found(4, after, Some(after)), false),
            (found(5, after, None), true),
            (found(6, months_later, None), false),
        ];
        for (to, (fact, may_repeat)) in (1..).zip(facts) {
            let said = format!("{fact:?}");
            plan(vault, to - 1, to, vec![fact]);
            let told: Vec<bool> = claim(vault)
                .iter()
                .map(|message| message.may_repeat)
                .collect();
            assert_eq!(told, [may_repeat], "{said}");
        }
    });
}

#[test]
fn keeps_who_was_forgotten_by_her_pseudonym_alone() {
    each("vault_forgotten", |vault, place| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let since = wall();
        pass(SignedDuration::from_mins(5));
        let session = session(vault, "avery@example.test");
        stop_everything(vault, session);

        let store = Store::open(place, &SCHEMA).unwrap();
        let gone = store
            .read_now("forgotten", move |tx| {
                restoration::forgotten_since(tx, since)
            })
            .unwrap();
        assert_eq!(gone.len(), 1);
        assert_eq!(gone[0].1, wall());
    });
}
