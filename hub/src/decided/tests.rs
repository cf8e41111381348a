//! The journal of decisions beside a registry: begun, completed, cut and damaged.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use savin_shared::delta::Origin;
use savin_shared::ids::AgentId;
use savin_shared::sign::SigningKey;
use tempfile::TempDir;

use super::entry::{About, Act, Decided, Entry};
use super::{Journal, begin, complete, erase, forget_old, note, since};
use crate::ids::{EventId, EventPosition, OrderId};
use crate::intake::testing::{IN, Jail, ORDERS, each, send_one};
use crate::journal::Entry as _;
use crate::journal::signed::Signed;
use crate::store::Store;
use crate::store::conn::Tx;
use crate::store::registry::decision::{self, Choice, Decision};
use crate::store::registry::staff::{self, StaffRow};
use crate::store::registry::{event, instruction};
use crate::work::role::Role;

fn now() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().unwrap()
}

fn before(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32]).unwrap()
}

fn signed(kind: &'static str, subject: &str, choice: &str, at: Timestamp) -> Decision {
    let choice = Choice {
        kind,
        subject,
        choice,
        note: "said so",
    };
    Decision::sign(choice, "chief", at, &key(1))
}

fn decided(decision: Decision, about: About) -> Act {
    let signed = Signed {
        decision,
        role: Role::Admin,
    };
    Act::Decided(Box::new(Decided { signed, about }))
}

/// Adds the chief, who decides in these tests.
fn chief(store: &Store) {
    let row = StaffRow {
        key: key(1).verifying_key(),
        name: "chief".to_owned(),
        role: Role::Admin,
        added_at: before(24 * 90),
        added_by: "chief".to_owned(),
        removed_at: None,
        removed_by: None,
    };
    store
        .write_now("staff", move |tx| staff::add(tx, &row))
        .unwrap();
}

fn record(store: &Store, decision: &Decision) {
    let decision = decision.clone();
    let record = move |tx: &mut Tx<'_>| decision::record(tx, &decision);
    store.write_now("decision", record).unwrap();
}

fn journal() -> (TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::of(folder.path());
    (folder, journal)
}

fn entries(journal: &Journal) -> Vec<Entry> {
    journal.read().unwrap().entries(&ORDERS).unwrap()
}

#[test]
fn has_what_was_decided_since_a_moment_and_says_from_when_on() {
    let (_folder, journal) = journal();
    assert_eq!(since(&journal, &ORDERS, now()).unwrap(), None);
    begin(&journal, &ORDERS, before(3)).unwrap();
    begin(&journal, &ORDERS, before(2)).unwrap();
    let (agent, events) = (
        AgentId::from_bytes([4; 16]),
        vec![EventId::from_bytes([5; 16])],
    );
    let acts = [
        decided(
            signed("person-merge", "persons/a+b", "merge", before(2)),
            About::Words,
        ),
        decided(
            signed("correction", "event/7", "correct 1", before(1)),
            About::Events(events),
        ),
        decided(
            signed("staff-add", "staff/blake", "operator x", before(1)),
            About::Staff(key(2).verifying_key()),
        ),
        Act::Revoked(agent),
    ];
    for act in &acts {
        note(&journal, &ORDERS, act.clone(), before(1)).unwrap();
    }
    let text = std::fs::read_to_string(journal.file()).unwrap();
    assert!(
        !text.contains("persons/a+b") && text.starts_with(Entry::FORM),
        "{text}"
    );
    let found = since(&journal, &ORDERS, before(1)).unwrap().unwrap();
    assert_eq!(found.begun_at, before(3));
    assert_eq!(found.revoked, [agent]);
    let of_journal = found.decisions.into_iter();
    let of_journal: Vec<Act> = of_journal
        .map(|made| Act::Decided(Box::new(made)))
        .collect();
    assert_eq!(of_journal, acts[..3]);
    let later = since(&journal, &ORDERS, now()).unwrap().unwrap();
    assert_eq!((later.decisions.len(), later.revoked.len()), (0, 0));
}

#[test]
fn a_damaged_one_is_moved_aside_and_stops_no_decision() {
    let (_folder, journal) = journal();
    let merge = || {
        decided(
            signed("person-merge", "persons/a+b", "merge", now()),
            About::Words,
        )
    };
    for _ in 0..3 {
        assert_eq!(note(&journal, &ORDERS, merge(), now()).unwrap(), None);
    }
    let text = std::fs::read_to_string(journal.file()).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.remove(1);
    std::fs::write(journal.file(), lines.join("\n") + "\n").unwrap();
    let aside = note(&journal, &ORDERS, merge(), now()).unwrap();
    let aside = aside.as_deref().map(Path::exists);
    assert_eq!((aside, entries(&journal).len()), (Some(true), 1));
}

#[test]
fn takes_from_the_registry_what_it_lacks_with_what_its_words_do_not_say() {
    each("decided_complete", |store| {
        let (_folder, journal) = journal();
        chief(store);
        let mut jail = Jail::new(store, 1);
        let booked = jail.record("1", IN);
        let body = jail.lists(Origin::Live, &booked);
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        let first = |tx: &mut Tx<'_>| event::after(tx, EventPosition(0), 1);
        let known = store.read_now("events", first).unwrap();
        let (position, booked) = known.into_iter().next().unwrap();
        let merge = signed("person-merge", "persons/a+b", "merge", before(24 * 60));
        let correct = signed("correction", "event/2", "correct 1", before(2));
        let new = key(2).verifying_key();
        let choice = format!("operator {}", new.fingerprint());
        let add = signed("staff-add", "staff/blake", &choice, before(1));
        let seal = signed("seal", "order 1 of Hinds", "seal 1", before(1));
        for decision in [&merge, &correct, &add, &seal] {
            record(store, decision);
        }
        let (by, blake) = (
            correct.clone(),
            StaffRow {
                key: new,
                name: "blake".to_owned(),
                role: Role::Operator,
                added_at: before(1),
                added_by: "chief".to_owned(),
                removed_at: None,
                removed_by: None,
            },
        );
        store
            .write_now("effects", move |tx| {
                staff::add(tx, &blake)?;
                let by = decision::record(tx, &by)?;
                instruction::correct(tx, &[position], by, before(2))
            })
            .unwrap();
        assert_eq!(
            complete(&journal, &ORDERS, store, now()).unwrap(),
            (2, None)
        );
        let found = since(&journal, &ORDERS, before(24 * 90)).unwrap().unwrap();
        let expected = [
            (correct, About::Events(vec![booked.event])),
            (add, About::Staff(new)),
        ];
        let found = found.decisions.into_iter();
        let found: Vec<_> = found
            .map(|made| (made.signed.decision, made.about))
            .collect();
        assert_eq!(
            found, expected,
            "nothing of weeks ago, nor what the orders' journal has"
        );
        assert_eq!(
            complete(&journal, &ORDERS, store, now()).unwrap(),
            (0, None)
        );
    });
}

#[test]
fn drops_what_a_court_had_destroyed_and_what_no_registry_took() {
    each("decided_erase", |store| {
        let (_folder, journal) = journal();
        chief(store);
        let kept = signed("person-merge", "persons/a+b", "merge", before(3));
        let destroyed = signed("person-merge", "persons/c+d", "merge", now());
        let refused = signed("import", "import/1", "x", before(2));
        let on_its_way = signed("import", "import/2", "x", now());
        for decision in [&kept, &destroyed, &refused, &on_its_way] {
            let act = decided(decision.clone(), About::Words);
            note(&journal, &ORDERS, act, decision.decided_at).unwrap();
        }
        for decision in [&kept, &destroyed] {
            record(store, decision);
        }
        assert_eq!(erase(&journal, &ORDERS, store, before(2)).unwrap(), 0);
        let erased = |tx: &mut Tx<'_>| {
            decision::erase_words(tx, OrderId(1), &|subject, _| subject == "persons/c+d")
        };
        assert_eq!(store.write_now("erase", erased).unwrap(), 1);
        assert_eq!(erase(&journal, &ORDERS, store, now()).unwrap(), 2);
        let left = since(&journal, &ORDERS, before(9)).unwrap().unwrap();
        let left = left.decisions.into_iter();
        let left: Vec<_> = left.map(|made| made.signed.decision).collect();
        assert_eq!(left, [kept, on_its_way]);
    });
}

#[test]
fn keeps_the_weeks_that_a_backup_may_be_old() {
    let (_folder, journal) = journal();
    begin(&journal, &ORDERS, before(24 * 50)).unwrap();
    for days in [49, 30, 1] {
        let at = before(24 * days);
        let act = decided(signed("import", "import/1", "x", at), About::Words);
        note(&journal, &ORDERS, act, at).unwrap();
    }
    assert_eq!(forget_old(&journal, &ORDERS, before(24 * 6)).unwrap(), 0);
    forget_old(&journal, &ORDERS, now()).unwrap();
    let found = since(&journal, &ORDERS, before(24 * 90)).unwrap().unwrap();
    assert_eq!(
        (found.begun_at, found.decisions.len()),
        (before(24 * 45), 2)
    );
    forget_old(&journal, &ORDERS, now()).unwrap();
    assert_eq!(entries(&journal).len(), 3);
}
