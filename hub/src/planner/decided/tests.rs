//! Corrections from the decision to the messages, with the whole planner on both engines: one event,
//! and the 1,891 people whom routine maintenance once let go in another state.

mod sealed;

use std::sync::Arc;

use jiff::tz::TimeZone;
use savin_shared::delta::Origin;
use savin_shared::event::EventCode;
use savin_shared::sign::SigningKey;
use savin_shared::world::World;
use tokio::sync::{Notify, watch};

use super::super::roll::Roll;
use super::super::{Next, Planner, next};
use crate::clocks::table::Table;
use crate::ids::EventPosition;
use crate::intake::testing::{BOND, IN, Jail, ORDERS, now, random, send_one};
use crate::notification::address::EmailAddress;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::Disclosure;
use crate::notification::rules::Rules;
use crate::notification::words::Language;
use crate::store::Store;
use crate::store::registry::decision::{self, Choice, Decision, DecisionId};
use crate::store::registry::instruction::{self, InstructionKind};
use crate::store::registry::staff::{self, StaffRow};
use crate::store::registry::task::{self, TaskKind};
use crate::store::registry::{SCHEMA as REGISTRY, event};
use crate::store::testing::places;
use crate::store::vault::SCHEMA as VAULT;
use crate::vault::Vault;
use crate::vault::client::start;
use crate::vault::command::{
    Choices, Content, CourierAnswer, CourierCommand, Message, Room, StaffAnswer, StaffCommand,
    Subscribed, ToldCount, TryOutcome,
};
use crate::work::role::Role;

/// How many were said to be released who were not (Oregon, 2015).
const MANY: usize = 1_891;

/// Messages of one claim.
const CLAIM: u32 = 500;

#[expect(
    clippy::disallowed_methods,
    reason = "the planner sets no deadlines here"
)]
fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}

struct Hub {
    planner: Planner,
    staff: crate::vault::client::Client<StaffCommand>,
    courier: crate::vault::client::Client<CourierCommand>,
    store: Store,
    runtime: tokio::runtime::Runtime,
}

/// Runs a test with a hub on each engine.
fn each(name: &str, test: impl Fn(Hub)) {
    let folder = tempfile::tempdir().unwrap();
    let registries = places(folder.path(), &format!("{name}_r"));
    let vaults = places(folder.path(), &format!("{name}_v"));
    for (number, (registry, vault)) in registries.iter().zip(&vaults).enumerate() {
        let store = Store::open(registry, &REGISTRY).unwrap();
        let world = World {
            wall: now,
            monotonic,
            random,
        };
        let keys = folder.path().join(format!("{number}.keys"));
        let vault = Vault::open(Store::open(vault, &VAULT).unwrap(), &keys, world).unwrap();
        let ports = start(vault).unwrap();
        let world = World {
            wall: now,
            monotonic,
            random,
        };
        let planner = Planner {
            store: store.clone(),
            vault: ports.planner,
            rules: Arc::new(Rules::shipped().unwrap()),
            orders: ORDERS,
            clocks: Arc::new(Table::shipped().unwrap()),
            zone: TimeZone::UTC,
            world,
            stored: Arc::new(Notify::new()),
            planned: watch::Sender::new(()),
        };
        let hub = Hub {
            planner,
            staff: ports.staff,
            courier: ports.courier,
            store,
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
        };
        test(hub);
    }
}

impl Hub {
    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn carry_out(&self) {
        self.wait(self.planner.decided()).unwrap();
    }

    /// Plans everything that is known.
    fn plan(&self) {
        let mut position = None;
        let mut roll = Roll::begin((self.planner.world.monotonic)());
        while self
            .wait(self.planner.advance(&mut position, &mut roll))
            .unwrap()
        {}
    }

    fn register(&self, email: &str, position: i64) {
        let at = EventPosition(position);
        let read = move |tx: &mut crate::store::conn::Tx<'_>| event::at(tx, at);
        let event = self.store.read_now("event", read).unwrap().unwrap();
        let register = StaffCommand::Register {
            contacts: vec![Contact::Email(EmailAddress::parse(email).unwrap())],
            to: None,
            about: Subscribed {
                person: event.person,
                label: "A.S.".to_owned(),
            },
            choices: Choices {
                language: Language::En,
                disclosure: Disclosure::Full,
            },
        };
        self.wait(self.staff.ask(register)).unwrap();
    }

    fn claim(&self) -> Vec<Message> {
        let claim = CourierCommand::Claim {
            channel: Channel::Email,
            room: Room::all(CLAIM),
        };
        let CourierAnswer::Messages(messages) = self.wait(self.courier.ask(claim)).unwrap() else {
            panic!("messages")
        };
        messages
    }

    fn finish(&self, message: &Message, outcome: TryOutcome) {
        let finish = CourierCommand::Finish {
            notice: message.notice,
            claim: message.claim,
            outcome,
        };
        self.wait(self.courier.ask(finish)).unwrap();
    }

    /// Carries up to so many messages, and returns what they told and to whom.
    fn carry(&self, limit: usize) -> Vec<(EventCode, String)> {
        let mut told = Vec::new();
        while told.len() < limit {
            let messages = self.claim();
            if messages.is_empty() {
                break;
            }
            for message in messages {
                let detail = "250 ok".to_owned();
                self.finish(&message, TryOutcome::Accepted { detail });
                let Content::Fact(fact) = &message.content else {
                    panic!("a fact")
                };
                told.push((fact.event_code().unwrap(), address_of(&message)));
            }
        }
        told
    }

    fn told(&self, positions: std::ops::RangeInclusive<i64>) -> Vec<ToldCount> {
        let read = move |tx: &mut crate::store::conn::Tx<'_>| {
            let events = positions.clone().map(|at| event::at(tx, EventPosition(at)));
            let events: Result<Vec<_>, _> = events.collect();
            Ok(events?
                .into_iter()
                .flatten()
                .map(|event| event.event)
                .collect())
        };
        let events = self.store.read_now("events", read).unwrap();
        let StaffAnswer::Told(told) = self
            .wait(self.staff.ask(StaffCommand::Told { events }))
            .unwrap()
        else {
            panic!("counts")
        };
        told
    }

    /// Decides as a supervisor that events are to be taken back.
    fn decide(
        &self,
        kind: InstructionKind,
        positions: std::ops::RangeInclusive<i64>,
    ) -> DecisionId {
        let key = SigningKey::from_seed(&[9; 32]).unwrap();
        let row = StaffRow {
            key: key.verifying_key(),
            name: "lead".to_owned(),
            role: Role::Supervisor,
            added_at: now(),
            added_by: "lead".to_owned(),
            removed_at: None,
            removed_by: None,
        };
        let choice = Choice {
            kind: "correction",
            subject: "events/test",
            choice: "correct",
            note: "a load that was not meant",
        };
        let signed = Decision::sign(choice, "lead", now(), &key);
        self.store
            .write_now("decide", move |tx| {
                if staff::active(tx, "lead")?.is_none() {
                    staff::add(tx, &row)?;
                }
                let decision = decision::record(tx, &signed)?;
                if kind == InstructionKind::Correct {
                    let positions: Vec<_> = positions.clone().map(EventPosition).collect();
                    instruction::correct(tx, &positions, decision, now())?;
                    return Ok(decision);
                }
                for position in positions.clone() {
                    instruction::give(tx, kind, EventPosition(position), decision, now())?;
                }
                Ok(decision)
            })
            .unwrap()
    }

    /// Counts the tasks that show a correction until it is done.
    fn corrections_under_way(&self) -> usize {
        let open =
            |tx: &mut crate::store::conn::Tx<'_>| task::open_ones(tx, Some(TaskKind::Other), 10);
        self.store.read_now("tasks", open).unwrap().len()
    }

    fn waiting(&self) -> usize {
        let read = |tx: &mut crate::store::conn::Tx<'_>| instruction::waiting(tx, 10_000);
        self.store.read_now("waiting", read).unwrap().len()
    }
}

/// Lets a jail book so many people, and then say that all of them are released.
fn releases(hub: &Hub, jail: &mut Jail, people: usize) {
    for state in [IN, BOND] {
        let numbers: Vec<_> = (1..=people).map(|number| number.to_string()).collect();
        for numbers in numbers.chunks(500) {
            let bodies = numbers.iter().map(|number| {
                let record = jail.record(number, state);
                if state == IN {
                    jail.lists(Origin::Baseline, &record)
                } else {
                    jail.tells(&record)
                }
            });
            let bodies = bodies.collect();
            let batch = jail.batch(bodies);
            send_one(&hub.store, jail, &batch);
        }
    }
}

#[test]
fn tells_exactly_those_who_were_told_and_withdraws_what_nobody_heard() {
    each("correct_one", |hub| {
        let mut jail = Jail::new(&hub.store, 1);
        releases(&hub, &mut jail, 1);
        let release = event_of(&hub, EventCode::Released);
        for email in [
            "told@example.test",
            "late@example.test",
            "unsent@example.test",
        ] {
            hub.register(email, release);
        }
        hub.plan();
        let messages = hub.claim();
        assert_eq!(messages.len(), 3);
        let find = |email: &str| {
            let is = |message: &&Message| address_of(message) == email;
            messages.iter().find(is).unwrap()
        };
        let detail = || "250 ok".to_owned();
        let told = find("told@example.test");
        hub.finish(told, TryOutcome::Accepted { detail: detail() });
        let refused = find("unsent@example.test");
        hub.finish(refused, TryOutcome::Refused { detail: detail() });
        // The third is under way when it is decided, and put off afterwards: it may have been heard.
        hub.decide(InstructionKind::Correct, release..=release);
        hub.carry_out();
        let late = find("late@example.test");
        hub.finish(late, TryOutcome::Deferred { detail: detail() });
        let mut said = hub.carry(9);
        said.sort();
        let correction = |email: &str| (EventCode::Correction, email.to_owned());
        let both = [
            correction("late@example.test"),
            correction("told@example.test"),
        ];
        assert_eq!(said, both);
        // Again, and again after everything: nobody hears it twice, and the release is not told.
        hub.decide(InstructionKind::Correct, release..=release);
        hub.carry_out();
        hub.plan();
        assert_eq!(hub.carry(9), []);
        assert_eq!(hub.waiting(), 0);
    });
}

#[test]
fn never_tells_what_was_taken_back_before_it_was_planned() {
    each("correct_early", |hub| {
        let mut jail = Jail::new(&hub.store, 1);
        releases(&hub, &mut jail, 1);
        let release = event_of(&hub, EventCode::Released);
        hub.register("avery@example.test", release);
        hub.decide(InstructionKind::Correct, release..=release);
        hub.carry_out();
        assert_eq!(hub.waiting(), 1, "it waits until the planner has passed it");
        assert_eq!(hub.corrections_under_way(), 1);
        hub.plan();
        hub.carry_out();
        assert_eq!(hub.waiting(), 0);
        assert_eq!(hub.corrections_under_way(), 0);
        assert_eq!(hub.carry(9), []);
    });
}

#[test]
fn tells_after_all_what_a_full_state_brought_to_light_once_a_person_says_so() {
    each("tell_after", |hub| {
        let mut jail = Jail::new(&hub.store, 1);
        let held = jail.record("1", IN);
        let gone = jail.record("1", BOND);
        let bodies = vec![
            jail.lists(Origin::Baseline, &held),
            jail.lists(Origin::Rebaseline, &gone),
        ];
        let batch = jail.batch(bodies);
        send_one(&hub.store, &jail, &batch);
        let release = event_of(&hub, EventCode::Released);
        hub.register("avery@example.test", release);
        let rules = Rules::shipped().unwrap();
        let read = move |tx: &mut crate::store::conn::Tx<'_>| {
            next(tx, (&rules, &ORDERS), EventPosition(0))
        };
        let Next { facts, reviews, .. } = hub.store.read_now("next", read).unwrap();
        assert!(facts.is_empty(), "nobody is told by itself");
        assert_eq!(reviews.len(), 1, "the first roster asks for nothing");
        hub.plan();
        assert_eq!(hub.carry(9), []);
        hub.decide(InstructionKind::Tell, release..=release);
        hub.carry_out();
        hub.carry_out();
        let told = [(EventCode::Released, "avery@example.test".to_owned())];
        assert_eq!(hub.carry(9), told);
    });
}

#[test]
fn takes_back_a_false_release_of_1891_people_after_an_escape_and_before_everything_else() {
    each("correct_many", |hub| {
        let mut jail = Jail::new(&hub.store, 1);
        releases(&hub, &mut jail, MANY);
        let first = event_of(&hub, EventCode::Released);
        let last = first + i64::try_from(MANY).unwrap() - 1;
        for (number, position) in (first..=last).enumerate() {
            let email = format!("r{number}@example.test");
            hub.register(&email, position);
        }
        hub.plan();
        // 1,500 were told before somebody noticed.
        assert_eq!(hub.carry(1_500).len(), 1_500);
        let count = ToldCount {
            channel: "email".to_owned(),
            told: 1_500,
            unsent: 391,
        };
        assert_eq!(hub.told(first..=last), [count]);
        // What is told meanwhile: a transfer that is older, and an escape that is newer.
        let other = jail.record("9001", IN);
        let bodies = vec![jail.tells(&other)];
        let batch = jail.batch(bodies);
        send_one(&hub.store, &jail, &batch);
        let booked = event_of(&hub, EventCode::Booked);
        assert!(booked > 0);
        let new = newest(&hub);
        hub.register("booked@example.test", new);
        hub.plan();
        hub.decide(InstructionKind::Correct, first..=last);
        let started = std::time::Duration::from_secs(60);
        let began = monotonic();
        while hub.waiting() > 0 {
            hub.carry_out();
        }
        assert!(began.elapsed() < started, "{:?}", began.elapsed());
        let escaped = jail.record("9001", savin_shared::record::custody::CustodyState::Escaped);
        let bodies = vec![jail.tells(&escaped)];
        let batch = jail.batch(bodies);
        send_one(&hub.store, &jail, &batch);
        hub.plan();
        let said = hub.carry(10_000);
        assert_eq!(said[0].0, EventCode::Escaped);
        assert_eq!(said[said.len() - 1].0, EventCode::Booked);
        let corrections = &said[1..said.len() - 1];
        assert_eq!(corrections.len(), 1_500);
        assert!(
            corrections
                .iter()
                .all(|(code, _)| *code == EventCode::Correction)
        );
        let addresses: std::collections::BTreeSet<_> =
            said.iter().map(|(_, address)| address).collect();
        assert_eq!(addresses.len(), 1_501, "nobody twice");
    });
}

fn address_of(message: &Message) -> String {
    let Contact::Email(address) = &message.to else {
        panic!("an e-mail address")
    };
    address.reveal().clone()
}

/// Returns the place of the first event of a code.
fn event_of(hub: &Hub, code: EventCode) -> i64 {
    let read = |tx: &mut crate::store::conn::Tx<'_>| event::after(tx, EventPosition(0), 10_000);
    let all = hub.store.read_now("events", read).unwrap();
    let mut of_code = all.iter().filter(|(_, event)| event.code == code);
    of_code.next().unwrap().0.0
}

fn newest(hub: &Hub) -> i64 {
    hub.store.read_now("last", event::last).unwrap().0
}
