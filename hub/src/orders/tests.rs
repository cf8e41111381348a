//! An expunction, and a look for anything of the person in every table, sealed value, batch and file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use savin_shared::delta::Origin;
use savin_shared::envelope::{self, portable};
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotRow};
use savin_shared::ids::{OffenderId, PersonNumber, StateId};
use savin_shared::pii::Pii;
use savin_shared::record::custody::Custody;
use savin_shared::record::{Record, RecordBody};
use savin_shared::sign::SigningKey;
use savin_shared::world::World;

use super::carrying::carry_out;
use super::journal::Journal;
use super::{Databases, finish};
use crate::evidence::leaf;
use crate::ids::{EventPosition, OrderId, PersonId, RegistrantId};
use crate::intake::replay::Judging;
use crate::intake::testing::{
    BOND, IN, Jail, ORDERS, assert_durable, events, load, moment, name, now, random, send_one,
};
use crate::intake::{full_state, repair};
use crate::notification::address::EmailAddress;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::{Elsewhere, Fact};
use crate::notification::rules::Rules;
use crate::store::conn::Tx;
use crate::store::evidence::{self, Checked};
use crate::store::registry::court_order::{self, NewOrder, OrderKind, Scope};
use crate::store::registry::decision::{self, Choice, Decision, DecisionId};
use crate::store::registry::event::Event;
use crate::store::registry::rules::{self, Adopted, Proposal};
use crate::store::registry::staff::{self, StaffRow};
use crate::store::registry::step;
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::registry::{SCHEMA as REGISTRY, agent, event};
use crate::store::testing::{Contents, contents, places};
use crate::store::value::Value;
use crate::store::vault::SCHEMA as VAULT;
use crate::store::{Place, Store};
use crate::vault::Vault;
use crate::vault::client::Port;
use crate::vault::command::{
    Choices, CourierAnswer, CourierCommand, PlannerCommand, Room, StaffAnswer, StaffCommand,
    Subscribed, TaskCommand, TryOutcome,
};
use crate::vault::keyring::Keyring;
use crate::vault::sealed::DataKey;
use crate::work::role::Role;
use crate::work::versions::TableName;

mod again;
mod elsewhere;

/// Whatever gives the person away.
const TRACES: [&str; 10] = [
    "quixotry",
    "zephyrine",
    "bk-90417",
    "pq77191",
    "k88123",
    "sid-66120",
    "cr-55512",
    "1971-11-23",
    "11/23/1971",
    "z.q.",
];

#[expect(clippy::disallowed_methods, reason = "nothing here sets deadlines")]
fn monotonic() -> Instant {
    Instant::now()
}

/// A hub with a jail, a person among others, and somebody who asked about the person and was told.
struct Hub {
    registry: Store,
    vault: Vault,
    vault_store: Store,
    keys: Keyring,
    places: [Place; 2],
    key_file: PathBuf,
    journal: Journal,
    files: Vec<PathBuf>,
    jail: Jail,
    person: PersonId,
    registrant: RegistrantId,
}

fn each(name: &str, test: impl Fn(Hub)) {
    let folder = tempfile::tempdir().unwrap();
    let vaults = places(folder.path(), &format!("{name}_vault"));
    for (number, places) in places(folder.path(), name).iter().zip(&vaults).enumerate() {
        let keys = folder.path().join(format!("{number}.keys"));
        test(Hub::new(places, &keys));
    }
}

/// A journal of its own beside a file of keys.
fn journal(keys: &Path) -> Journal {
    let folder = keys.with_extension("journal");
    std::fs::create_dir_all(&folder).unwrap();
    Journal::of(&folder)
}

fn ask<P: Port>(vault: &Vault, command: P) -> P::Answer {
    P::answer(vault.handle(command.command()).unwrap()).unwrap()
}

impl Hub {
    fn new((registry, vault): (&Place, &Place), keys: &Path) -> Self {
        let places = [registry.clone(), vault.clone()];
        let files = places.iter().filter_map(|place| match place {
            Place::File(path) => Some(path.clone()),
            Place::Server { .. } => None,
        });
        let files = files.collect();
        let world = World {
            wall: now,
            monotonic,
            random,
        };
        let registry = Store::open(registry, &REGISTRY).unwrap();
        let vault_store = Store::open(vault, &VAULT).unwrap();
        let vault = Vault::open(vault_store.clone(), keys, world).unwrap();
        let mut jail = Jail::new(&registry, 1);
        // Enough that pages split, before and after the person.
        for numbers in [1..60, 60..120] {
            let booked = numbers.map(|number| {
                let record = jail.record(&number.to_string(), IN);
                jail.lists(Origin::Live, &record)
            });
            let mut bodies: Vec<_> = booked.collect();
            let record = person_record(&jail, IN);
            bodies.push(jail.lists(Origin::Live, &record));
            let batch = jail.batch(bodies);
            assert_durable(&send_one(&registry, &jail, &batch), &jail);
        }
        let person = load(&registry, &jail, "BK-90417").person;
        let StaffAnswer::Registered(registrant) = ask(&vault, registration(person)) else {
            panic!("a registrant")
        };
        let mut hub = Self {
            keys: Keyring::load(keys).unwrap().unwrap(),
            registry,
            vault,
            vault_store,
            places,
            key_file: keys.to_owned(),
            journal: journal(keys),
            files,
            jail,
            person,
            registrant,
        };
        hub.release();
        hub.work();
        hub
    }

    const fn databases(&self) -> Databases<'_> {
        Databases {
            registry: &self.registry,
            vault: &self.vault,
            key: &ORDERS,
            journal: &self.journal,
        }
    }

    fn send(&mut self, body: Vec<u8>) {
        let batch = self.jail.batch(vec![body]);
        assert_durable(&send_one(&self.registry, &self.jail, &batch), &self.jail);
    }

    /// The jail lets the person go, and whoever asked is told.
    fn release(&mut self) {
        let body = self.jail.tells(&person_record(&self.jail, BOND));
        self.send(body);
        let read = |tx: &mut Tx<'_>| event::after(tx, EventPosition(0), 1_000);
        let known = self.registry.read_now("events", read).unwrap();
        let (position, released) = known.last().unwrap();
        let fact = Fact {
            name: Some("Zephyrine Quixotry".to_owned()),
            ..fact_of(released, *position)
        };
        let plan = PlannerCommand::Plan {
            from: EventPosition(0),
            to: *position,
            facts: vec![fact],
        };
        ask(&self.vault, plan);
        let claim = CourierCommand::Claim {
            channel: Channel::Email,
            room: Room::all(9),
        };
        let CourierAnswer::Messages(messages) = ask(&self.vault, claim) else {
            panic!("messages")
        };
        let [message] = messages.try_into().unwrap();
        let finish = CourierCommand::Finish {
            notice: message.notice,
            claim: message.claim,
            outcome: TryOutcome::Accepted {
                detail: "250 queued, Zephyrine".to_owned(),
            },
        };
        ask(&self.vault, finish);
    }

    /// Staff writes about the person wherever staff can write.
    fn work(&self) {
        let record = load(&self.registry, &self.jail, "BK-90417").record;
        let key = SigningKey::from_seed(&[5; 32]).unwrap();
        let task = NewTask {
            kind: TaskKind::Other,
            subject: "record/x".to_owned(),
            facility: None,
            person: Some(self.person),
            other: None,
            record: Some(record),
            event: None,
            urgency: 2,
            due_at: None,
            note: "Zephyrine Quixotry, born 11/23/1971: ask".to_owned(),
        };
        let row = StaffRow {
            key: key.verifying_key(),
            name: "lead".to_owned(),
            role: Role::Supervisor,
            added_at: now(),
            added_by: "lead".to_owned(),
            removed_at: None,
            removed_by: None,
        };
        let about_task = signed(&key, "task/1", "done", "she is the mother");
        let other = signed(&key, "vault-task/9", "done", "about Quixotry, Zephyrine");
        let unrelated = signed(&key, "task/900", "done", "nothing of anybody");
        let write = move |tx: &mut Tx<'_>| {
            staff::add(tx, &row)?;
            task::open(tx, std::slice::from_ref(&task), now())?;
            for decision in [&about_task, &other, &unrelated] {
                decision::record(tx, decision)?;
            }
            tx.execute(
                "INSERT INTO import (import_id, agency_id, kind, feed, file_name, file_hash, listed,
                     added, changed, missing, set_aside, agent_id, epoch, first_seq, last_seq,
                     received_at, decision_id, staff_name)
                 VALUES (1, 'MS001', 'court', 'court', 'quixotry_zephyrine.csv', $1, 0, 0, 0, 0, 0,
                     $1, $1, 1, 1, 0, 1, 'lead')",
                crate::values![[0_u8; 16].as_slice()],
            )?;
            Ok(())
        };
        self.registry.write_now("work", write).unwrap();
        self.passing();
    }

    /// What people wrote in passing: why a table was changed, why an agent was quarantined, what a task about
    /// somebody else notes.
    fn passing(&self) {
        let key = SigningKey::from_seed(&[6; 32]).unwrap();
        let chief = StaffRow {
            key: key.verifying_key(),
            name: "chief".to_owned(),
            role: Role::Admin,
            added_at: now(),
            added_by: "chief".to_owned(),
            removed_at: None,
            removed_by: None,
        };
        let reason = "after what Zephyrine Quixotry did";
        let (name, body) = (
            TableName::Notification,
            include_str!("../../data/notification_rules.csv"),
        );
        let choice = Choice {
            kind: name.adoption(),
            subject: "rules/notification/1",
            choice: &name.choice(1, body),
            note: reason,
        };
        let signed = Decision::sign(choice, "chief", now(), &key);
        let version = move |decision| Adopted {
            number: 1,
            body: body.to_owned(),
            changes: String::new(),
            reason: reason.to_owned(),
            adopted_at: now(),
            after: EventPosition(0),
            decision,
        };
        let write = move |tx: &mut Tx<'_>| {
            staff::add(tx, &chief)?;
            let decision = decision::record(tx, &signed)?;
            rules::adopt(tx, name, &version(decision))?;
            let proposal = Proposal {
                number: 1,
                body: body.to_owned(),
                reason: reason.to_owned(),
                proposed_at: now(),
                decision,
            };
            rules::propose(tx, name, &proposal)?;
            tx.execute(
                "UPDATE agent SET state_reason = 'sent Quixotry, Zephyrine twice'",
                &[],
            )?;
            task::open(
                tx,
                &[NewTask::of(
                    (TaskKind::Other, "other/1".to_owned()),
                    2,
                    "like K88123 before".to_owned(),
                )],
                now(),
            )
        };
        self.registry.write_now("passing", write).unwrap();
    }

    fn scope(&self) -> Scope {
        let person = self.person;
        let find = move |tx: &mut Tx<'_>| Scope::find(tx, person, &[]);
        self.registry.read_now("scope", find).unwrap()
    }

    fn expunge(&self) -> OrderId {
        let scope = self.scope();
        let order = NewOrder {
            kind: OrderKind::Expunge,
            number: "26-0118".to_owned(),
            court: "Hinds".to_owned(),
        };
        let key = SigningKey::from_seed(&[5; 32]).unwrap();
        let choice = Choice {
            kind: "expunge",
            subject: "order 26-0118 of Hinds",
            choice: "expunge 1",
            note: "",
        };
        let decided = Decision::sign(choice, "lead", now(), &key);
        let order = self.databases().give(&scope, &order, &decided, now());
        let order = order.unwrap();
        let carried = carry_out(self.databases(), now()).unwrap();
        assert!(!carried.destroyed[&order].is_empty());
        order
    }

    /// Says where anything of the person is found.
    fn found(&self) -> Vec<String> {
        let mut found = Vec::new();
        let key = self.data_key();
        for (name, store) in [("registry", &self.registry), ("vault", &self.vault_store)] {
            for (table, Contents { columns, rows }) in contents(store) {
                for (row, column, value) in cells(&columns, &rows) {
                    let shown = match value {
                        Value::Text(text) => text.clone(),
                        Value::Bytes(bytes) => self.readable(key.as_ref(), column, bytes),
                        Value::Null | Value::Integer(_) => continue,
                    };
                    found.extend(
                        traces(&shown)
                            .map(|trace| format!("{name}.{table}.{column}, row {row}: {trace}")),
                    );
                }
            }
        }
        for row in self.states() {
            let text = String::from_utf8_lossy(&row).into_owned();
            found.extend(traces(&text).map(|trace| format!("registry.intake_state.rows: {trace}")));
        }
        for file in self.files.iter().flat_map(|file| beside(file)) {
            let bytes = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
            found.extend(traces(&bytes).map(|trace| format!("{}: {trace}", file.display())));
        }
        found
    }

    /// Lists every row of a state that is kept.
    fn states(&self) -> Vec<Vec<u8>> {
        let read = |tx: &mut Tx<'_>| {
            let mut rows = Vec::new();
            for taken in step::after(tx, 0, 1_000)? {
                for (chunk, _) in step::parts(tx, taken.number)? {
                    rows.extend(chunk.unpack().unwrap().into_iter().map(|row| row.row));
                }
            }
            Ok(rows)
        };
        self.registry.read_now("states", read).unwrap()
    }

    fn data_key(&self) -> Option<DataKey> {
        let registrant = self.registrant;
        let read = move |tx: &mut Tx<'_>| crate::store::vault::registrant::load(tx, registrant);
        let row = self.vault_store.read_now("key", read).unwrap()?;
        self.keys.unwrap(&row.wrapped_key).ok()
    }

    /// Writes out what bytes hold: a batch's deltas, or a sealed value.
    fn readable(&self, key: Option<&DataKey>, column: &str, bytes: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        if column == "sealed" {
            let batch = portable::decode(bytes).unwrap();
            let deltas = envelope::open(&batch, &self.jail.speaker.batch_key).unwrap();
            for body in deltas.into_iter().filter_map(|(_, body)| body) {
                text.push_str(&String::from_utf8_lossy(&body));
            }
        }
        for place in [
            "notice", "label", "request", "task", "answer", "follow", "held",
        ] {
            let opened =
                key.map(|key| key.open::<serde_json::Value>(place, self.registrant, bytes));
            if let Some(Ok(opened)) = opened {
                text.push_str(&opened.to_string());
            }
        }
        text
    }

    fn calls(&self) -> (usize, usize) {
        let list = |tx: &mut Tx<'_>| task::open_ones(tx, Some(TaskKind::CourtOrder), 9);
        let agencies = self.registry.read_now("tasks", list).unwrap();
        let kind = Some(TaskKind::CourtOrder);
        let list = StaffCommand::Tasks(TaskCommand::List { kind, limit: 9 });
        let StaffAnswer::Tasks(registrants) = ask(&self.vault, list) else {
            panic!("tasks")
        };
        (agencies.len(), registrants.len())
    }

    /// Says whether the digest of what the mirror really lists is the jail's.
    fn mirrors(&self) -> bool {
        let agent = self.jail.speaker.agent;
        let read = move |tx: &mut Tx<'_>| repair::standing(tx, agent, &ORDERS);
        let (_, digest) = self.registry.read_now("standing", read).unwrap().unwrap();
        digest == self.jail.digest
    }

    fn take_state(&self) {
        let jail = &self.jail;
        let rows: Vec<SnapshotRow> = jail.rows.iter().map(|(.., row)| row.clone()).collect();
        let begin = SnapshotBegin::sign(
            jail.speaker.agent,
            jail.end,
            rows.len() as u64,
            jail.digest.root(),
            &jail.key,
        );
        let state = full_state::open(&jail.speaker, &begin, rows.clone()).unwrap();
        let take = move |tx: &mut Tx<'_>| full_state::take(tx, &state, moment(now()));
        assert_eq!(self.registry.write_now("state", take).unwrap(), Ok(()));
        let buckets: Vec<u8> = (0..=u8::MAX).collect();
        let repair = repair::open(&jail.speaker, &begin, buckets, rows).unwrap();
        let take = move |tx: &mut Tx<'_>| repair::take(tx, &repair, moment(now()));
        let repaired = self.registry.write_now("repair", take).unwrap();
        assert_eq!(repaired, repair::Repaired::Done);
    }
}

/// What is told of a release.
fn fact_of(event: &Event, position: EventPosition) -> Fact {
    Fact {
        event: event.event,
        position,
        person: event.person,
        code: event.code.code(),
        urgency: 2,
        name: None,
        facility: "Test Jail".to_owned(),
        from_facility: None,
        still_held_at: None,
        elsewhere: Elsewhere::default(),
        corrects: None,
        effective_at: None,
        observed_at: now(),
        received_at: now(),
        found_late: false,
        followed: None,
        details: event.details.clone(),
    }
}

fn registration(person: PersonId) -> StaffCommand {
    StaffCommand::Register {
        contacts: vec![Contact::Email(
            EmailAddress::parse("ada@home.example").unwrap(),
        )],
        to: None,
        about: Subscribed {
            person,
            label: "Z.Q.".to_owned(),
        },
        choices: Choices::default(),
    }
}

fn person_record(jail: &Jail, state: savin_shared::record::custody::CustodyState) -> Record {
    let mut record = jail.record("BK-90417", state);
    let subject = &mut record.subject;
    subject.name = Some(name("QUIXOTRY", "ZEPHYRINE"));
    subject.person_number = Some(PersonNumber::new("PQ77191").unwrap());
    subject.offender_id = Some(OffenderId::new("K88123").unwrap());
    subject.state_id = Some(StateId::new("SID-66120").unwrap());
    subject.birth_date = Some(Pii::new(jiff::civil::date(1971, 11, 23)));
    if let RecordBody::Custody(custody) = &mut record.body {
        **custody = Custody {
            case_numbers: vec!["CR-55512".to_owned()],
            ..*custody.clone()
        };
    }
    record
}

fn signed(key: &SigningKey, subject: &str, choice: &str, note: &str) -> Decision {
    let choice = Choice {
        kind: "task-done",
        subject,
        choice,
        note,
    };
    Decision::sign(choice, "lead", now(), key)
}

fn cells<'a>(
    columns: &'a [String],
    rows: &'a [Vec<Value>],
) -> impl Iterator<Item = (usize, &'a str, &'a Value)> {
    rows.iter().enumerate().flat_map(|(number, row)| {
        let cells = columns.iter().zip(row);
        cells.map(move |(column, value)| (number, column.as_str(), value))
    })
}

fn traces(text: &str) -> impl Iterator<Item = &'static str> {
    let text = text.to_lowercase();
    TRACES.into_iter().filter(move |trace| text.contains(trace))
}

/// Lists a database's file and whatever lies beside it under its name.
fn beside(file: &Path) -> Vec<PathBuf> {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let entries = std::fs::read_dir(file.parent().unwrap()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with(&name)
        })
        .collect()
}

#[test]
fn leaves_nothing_of_whom_a_court_ordered_to_be_expunged() {
    each("expunge_nothing", |hub| {
        hub.take_state();
        let before = hub.found();
        for place in [
            "person_face",
            "batch_log",
            "intake_state",
            "notice",
            "subscription",
            "decision",
            "import",
        ] {
            let is_there = before
                .iter()
                .any(|found| found.contains(&format!(".{place}.")));
            assert!(is_there, "the look finds nothing in {place}: {before:#?}");
        }
        let all = (contents(&hub.registry), contents(&hub.vault_store));
        let gone = hub.databases().rehearse(&hub.scope(), now()).unwrap();
        for (what, many) in [
            ("record", 1),
            ("delta or row of a state in the log", 7),
            ("what a notice says", 1),
            ("subscription", 1),
            ("words of a decision", 3),
            ("reason, note or name of a file", 5),
        ] {
            assert!(gone.contains(&(what, many)), "{what}: {gone:?}");
        }
        assert_eq!(all, (contents(&hub.registry), contents(&hub.vault_store)));

        hub.expunge();
        hub.databases().compact().unwrap();
        assert_eq!(hub.found(), Vec::<String>::new());
        assert_eq!(hub.calls(), (1, 1), "the jail and the registrant");
        // Everybody else is there, and what was decided of others still verifies.
        assert_eq!(events(&hub.registry).len(), 119);
        assert_eq!(hub.replayed(), [], "made anew without the person");
        let unrelated = move |tx: &mut Tx<'_>| decision::load(tx, DecisionId(3));
        hub.registry.read_now("decision", unrelated).unwrap();
        // A table that counts goes on counting, whatever was written beside it.
        let shipped = Rules::shipped().unwrap();
        let count = move |tx: &mut Tx<'_>| rules::notification(tx, &shipped);
        hub.registry.read_now("rules", count).unwrap();
        let deciding = |tx: &mut Tx<'_>| {
            let version = rules::deciding(tx, TableName::Notification, EventPosition(1))?.unwrap();
            Ok((decision::who(tx, version.decision)?, version.reason))
        };
        let (who, reason) = hub.registry.read_now("deciding", deciding).unwrap();
        assert_eq!((who.as_str(), reason.as_str()), ("chief", "expunged"));
    });
}

#[test]
fn the_evidence_of_an_expunction_verifies_and_says_by_which_order() {
    each("expunge_evidence", |hub| {
        let checkpoint = |store: &Store| {
            let checked = store.read_now("check", evidence::check).unwrap();
            let Checked::Whole(checkpoint) = checked else {
                panic!("{checked:?}")
            };
            checkpoint
        };
        let before = [&hub.registry, &hub.vault_store].map(checkpoint);
        let position = hub.scope().events[0].0;
        let order = hub.expunge();
        for (store, before) in [&hub.registry, &hub.vault_store].into_iter().zip(before) {
            checkpoint(store);
            let at = store.read_now("at", move |tx| evidence::at(tx, before.size));
            assert_eq!(at.unwrap(), before, "what was published holds");
        }
        let find = |subject: String| {
            let find = move |tx: &mut Tx<'_>| evidence::find(tx, &subject);
            hub.registry.read_now("leaf", find).unwrap().unwrap()
        };
        assert_eq!(find(leaf::event_subject(position)).salt, None);
        let said = find(leaf::court_order_subject(order, "expunge")).content;
        assert!(said.contains("decision 5\n"), "{said}");
        assert!(said.contains(&format!("events {} ", position.0)), "{said}");
        let last = hub.registry.read_now("last", event::last).unwrap();
        assert!(
            last > hub.scope_of_nobody(),
            "places of events are given once"
        );
    });
}

impl Hub {
    /// Returns the place of the last event that is left.
    fn scope_of_nobody(&self) -> EventPosition {
        let read = |tx: &mut Tx<'_>| event::after(tx, EventPosition(0), 1_000);
        let left = self.registry.read_now("events", read).unwrap();
        left.last().unwrap().0
    }
}

#[test]
fn nothing_comes_back_of_what_the_jail_sends_again_and_no_digest_differs() {
    each("expunge_again", |mut hub| {
        hub.expunge();
        assert!(hub.mirrors());
        // A change of the row, a state, a repair of every bucket.
        let mut changed = person_record(&hub.jail, IN);
        changed.subject.aliases = vec![name("QUIXOTRY", "ZEPH")];
        let body = hub.jail.lists(Origin::Live, &changed);
        hub.send(body);
        let body = hub.jail.tells(&person_record(&hub.jail, BOND));
        hub.send(body);
        assert!(hub.mirrors());
        hub.take_state();
        assert!(hub.mirrors());
        hub.databases().compact().unwrap();
        assert_eq!(hub.found(), Vec::<String>::new());
        assert_eq!(hub.calls().0, 1, "the jail still lists it");
        assert_eq!(events(&hub.registry).len(), 119);

        assert_eq!(hub.replayed(), [], "made anew with what was sent since");

        // The jail removes it: from one list by a delta, from the other by a state.
        let body = hub.jail.misses("BK-90417");
        hub.send(body);
        assert_eq!(hub.calls().0, 1);
        let moves = savin_shared::ids::FeedName::new("moves").unwrap();
        let key = changed.key();
        hub.jail.unlist(&moves, &key);
        hub.take_state();
        assert!(hub.mirrors());
        assert_eq!(hub.calls().0, 0, "nobody lists it any more");
        assert_eq!(hub.replayed(), [], "made anew when nobody lists it");
    });
}

#[test]
fn goes_on_after_an_interruption_between_the_two_databases() {
    each("expunge_interrupted", |hub| {
        let scope = hub.scope();
        let what = hub.databases().expunction(OrderId(1), &scope).unwrap();
        let order = NewOrder {
            kind: OrderKind::Expunge,
            number: "26-0118".to_owned(),
            court: "Hinds".to_owned(),
        };
        let covered = scope.covered(OrderKind::Expunge, &ORDERS);
        let give =
            move |tx: &mut Tx<'_>| court_order::seal(tx, &covered, &order, DecisionId(1), now());
        let order = hub.registry.write_now("order", give).unwrap();
        hub.databases().destroy_in_vault(what, false).unwrap();
        // Here the program ended.
        assert!(finish(hub.databases(), now()).unwrap().contains_key(&order));
        hub.databases().compact().unwrap();
        assert_eq!(hub.found(), Vec::<String>::new());
        assert!(
            finish(hub.databases(), now()).unwrap().is_empty(),
            "it is done"
        );
        assert_eq!(hub.replayed(), []);
        let of_agency = hub.jail.speaker.agency.clone();
        let read = move |tx: &mut Tx<'_>| agent::of_agency(tx, &of_agency);
        assert_eq!(hub.registry.read_now("agents", read).unwrap().len(), 1);
    });
}

#[test]
fn a_row_or_a_step_that_is_changed_is_found_after_an_expunction() {
    each("expunge_changed", |hub| {
        hub.take_state();
        hub.expunge();
        let change = |sql: &'static str| {
            let write = move |tx: &mut Tx<'_>| tx.execute(sql, &[]);
            assert_eq!(hub.registry.write_now("change", write).unwrap(), 1, "{sql}");
        };
        let replayed = hub.replay(Judging::Again).unwrap();
        assert_eq!(replayed.differences, []);
        let counted = replayed.counted;
        // Two listings, a release, and two rows each of a state and of a repair.
        assert_eq!(counted.erased, 7);
        // Those who came before the person was destroyed are taken as they were placed.
        assert_eq!((counted.judged, counted.taken), (0, 119));

        change("UPDATE record SET sealed_by = 'nobody' WHERE number = '7'");
        let differences = hub.replayed();
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert_eq!(differences[0].table, "record");
        change("UPDATE record SET sealed_by = '' WHERE number = '7'");
        assert_eq!(hub.replayed(), []);

        change("DELETE FROM batch_log WHERE first_seq = 1");
        assert!(hub.replay(Judging::No).is_err(), "a batch is gone");
        change(
            "UPDATE intake_expunged SET sealed_left =
                 (SELECT sealed_entry FROM expunged_listing ORDER BY feed LIMIT 1)",
        );
        assert!(hub.replay(Judging::No).is_err(), "what is left is another");
    });
}
