//! Staff, decisions and tasks on both engines.

use jiff::{SignedDuration, Timestamp};
use savin_shared::ids::FacilityCode;
use savin_shared::sign::SigningKey;

use super::{NewTask, TaskId, TaskKind, TaskRow};
use super::{
    claim, close, done, ended, escalate, load, open, open_of_record, open_once, open_ones,
};
use crate::ids::{EventPosition, PersonId, RecordId};
use crate::intake::testing::each;
use crate::store::queue::Queue;
use crate::store::registry::decision::{self, Choice, Decision, DecisionId};
use crate::store::registry::duty;
use crate::store::registry::instruction::{self, InstructionKind};
use crate::store::registry::staff::{self, StaffRow};
use crate::store::{Store, StoreError};
use crate::work::role::Role;
use crate::work::task::Level;

fn now() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().unwrap()
}

fn later(minutes: i64) -> Timestamp {
    now()
        .checked_add(SignedDuration::from_mins(minutes))
        .unwrap()
}

fn task(subject: &str, urgency: u8) -> NewTask {
    NewTask {
        kind: TaskKind::EventReview,
        subject: subject.to_owned(),
        facility: Some(FacilityCode::new("JAIL-1").unwrap()),
        person: Some(PersonId::from_bytes([1; 16])),
        other: None,
        record: Some(RecordId(7)),
        event: Some(EventPosition(9)),
        urgency,
        due_at: None,
        note: "look at it".to_owned(),
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).unwrap()
}

fn member(store: &Store, name: &str, role: Role, seed: u8) {
    let row = StaffRow {
        key: key(seed).verifying_key(),
        name: name.to_owned(),
        role,
        added_at: now(),
        added_by: "chief".to_owned(),
        removed_at: None,
        removed_by: None,
    };
    store
        .write_now("staff", move |tx| staff::add(tx, &row))
        .unwrap();
}

fn signed(kind: &'static str, staff: &str, seed: u8) -> Decision {
    let choice = Choice {
        kind,
        subject: "task/1",
        choice: "tell",
        note: "",
    };
    Decision::sign(choice, staff, now(), &key(seed))
}

fn decide(store: &Store, decision: &Decision) -> Result<DecisionId, StoreError> {
    let decision = decision.clone();
    store.write_now("decide", move |tx| decision::record(tx, &decision))
}

fn all(store: &Store) -> Vec<TaskRow> {
    store
        .read_now("tasks", |tx| open_ones(tx, None, 100))
        .unwrap()
}

#[test]
fn keeps_one_open_task_of_a_kind_and_subject() {
    each("task_one", |store| {
        let put = |tasks: Vec<NewTask>, once: bool| {
            store
                .write_now("open", move |tx| {
                    if once {
                        open_once(tx, &tasks, now())
                    } else {
                        open(tx, &tasks, now())
                    }
                })
                .unwrap();
        };
        put(vec![task("event/1", 3), task("event/2", 1)], false);
        put(vec![task("event/1", 1)], false);
        let subjects = |rows: Vec<TaskRow>| -> Vec<(String, u8)> {
            rows.into_iter()
                .map(|row| (row.about.subject, row.about.urgency))
                .collect()
        };
        let expected = [("event/2".to_owned(), 1), ("event/1".to_owned(), 3)];
        assert_eq!(subjects(all(store)), expected);
        assert_eq!(all(store)[1].about, task("event/1", 3));
        let close_it = |tx: &mut crate::store::conn::Tx<'_>| {
            close(tx, TaskKind::EventReview, "event/1", "over", now())
        };
        assert!(store.write_now("close", close_it).unwrap());
        assert!(!store.write_now("close", close_it).unwrap());
        put(vec![task("event/1", 2)], true);
        assert_eq!(all(store).len(), 1, "it was opened once already");
        put(vec![task("event/1", 2)], false);
        assert_eq!(all(store).len(), 2);
        let of_record = store.read_now("of record", |tx| {
            Ok((
                open_of_record(tx, TaskKind::EventReview, RecordId(7))?.len(),
                open_of_record(tx, TaskKind::Clock, RecordId(7))?.len(),
                ended(tx, None, 10)?.len(),
            ))
        });
        assert_eq!(of_record.unwrap(), (2, 0, 1));
    });
}

#[test]
fn brings_what_nobody_does_to_the_next_person_until_there_is_none() {
    each("task_escalates", |store| {
        store
            .write_now("open", |tx| open(tx, &[task("event/1", 1)], now()))
            .unwrap();
        let escalated = |minutes| {
            let rows = store.write_now("escalate", move |tx| escalate(tx, later(minutes), 10));
            let levels: Vec<Level> = rows.unwrap().into_iter().map(|row| row.level).collect();
            levels
        };
        assert!(escalated(14).is_empty());
        assert_eq!(escalated(15), [Level::Supervisor]);
        assert!(escalated(24).is_empty());
        assert_eq!(escalated(31), [Level::DutyOfficer]);
        assert!(escalated(100_000).is_empty());
        let raised = store
            .read_now("raised", |tx| Queue::Registry.raised(tx))
            .unwrap();
        let [raised] = raised[..] else {
            panic!("{raised:?}")
        };
        assert_eq!((raised.level, raised.tasks), (Level::DutyOfficer, 1));
        assert_eq!(raised.came_at, Some(later(31)));
        for minutes in [31, 40] {
            let call = move |tx: &mut crate::store::conn::Tx<'_>| {
                duty::called(tx, Level::DutyOfficer, later(minutes))
            };
            store.write_now("called", call).unwrap();
        }
        let calls = store.read_now("calls", duty::calls).unwrap();
        assert_eq!(calls, [(Level::DutyOfficer, later(40))]);
        let row = &all(store)[0];
        assert_eq!((row.level, row.escalates_at), (Level::DutyOfficer, None));
        assert_eq!(row.state, "open", "a timer settles nothing");
    });
}

#[test]
fn lets_only_staff_decide_and_only_what_the_role_allows() {
    each("task_decides", |store| {
        member(store, "chief", Role::Admin, 1);
        member(store, "desk", Role::Operator, 2);
        member(store, "reader", Role::Auditor, 3);
        let refused = |decision: &Decision| match decide(store, decision) {
            Err(StoreError::Refused(why)) => why,
            other => panic!("{other:?}"),
        };
        let good = signed("task-done", "desk", 2);
        let id = decide(store, &good).unwrap();
        assert_eq!(decide(store, &good).unwrap(), id, "the same is stored once");
        assert!(refused(&signed("task-done", "reader", 3)).contains("auditor"));
        assert!(refused(&signed("correction", "desk", 2)).contains("supervisor"));
        assert!(refused(&signed("task-done", "chief", 2)).contains("not a member"));
        assert!(refused(&signed("task-done", "nobody", 9)).contains("not a member"));
        let forged = Decision {
            choice: "leave".to_owned(),
            ..good.clone()
        };
        assert!(refused(&forged).contains("signature"));
        store
            .write_now("remove", |tx| staff::remove(tx, "desk", "chief", now()))
            .unwrap();
        assert!(refused(&signed("task-claim", "desk", 2)).contains("not a member"));
        let kept = store
            .read_now("kept", move |tx| {
                let newest = decision::newest(tx, 10)?;
                Ok((
                    newest,
                    decision::load(tx, id)?,
                    decision::about(tx, "task/1")?,
                ))
            })
            .unwrap();
        assert!(kept.0.len() == 1 && kept.0[0].is_good, "it still verifies");
        assert_eq!(kept.1, good);
        assert_eq!(kept.2.len(), 1);
        // A new person of the same name has another key, and may be added.
        member(store, "desk", Role::Operator, 5);
        decide(store, &signed("task-done", "desk", 5)).unwrap();
    });
}

#[test]
fn ends_a_task_once_and_by_a_decision() {
    each("task_ends", |store| {
        member(store, "desk", Role::Operator, 2);
        store
            .write_now("open", |tx| open(tx, &[task("event/1", 1)], now()))
            .unwrap();
        let id = all(store)[0].task;
        let decision = decide(store, &signed("task-done", "desk", 2)).unwrap();
        store
            .write_now("claim", move |tx| claim(tx, id, "desk", now()))
            .unwrap();
        assert_eq!(all(store)[0].claimed_by.as_deref(), Some("desk"));
        let end = move |tx: &mut crate::store::conn::Tx<'_>| done(tx, id, "tell", decision, now());
        store.write_now("done", end).unwrap();
        let again = store.write_now("done", end).unwrap_err();
        assert!(again.to_string().contains("no open task"), "{again}");
        let row = store.read_now("load", move |tx| load(tx, id)).unwrap();
        let row = row.unwrap();
        assert_eq!(
            (row.state.as_str(), row.outcome.as_deref(), row.decision),
            ("done", Some("tell"), Some(decision))
        );
        let none = store.read_now("load", |tx| load(tx, TaskId(99))).unwrap();
        assert!(none.is_none());
    });
}

#[test]
fn takes_an_instruction_once_and_corrections_first() {
    each("task_instruction", |store| {
        let give = |kind, event| {
            let decision = DecisionId(1);
            let event = EventPosition(event);
            let write = move |tx: &mut crate::store::conn::Tx<'_>| {
                instruction::give(tx, kind, event, decision, now())
            };
            store.write_now("give", write).unwrap()
        };
        assert!(give(InstructionKind::Tell, 1));
        assert!(give(InstructionKind::Correct, 2));
        assert!(!give(InstructionKind::Correct, 2), "two at once make one");
        let waiting = || {
            let rows = store.read_now("waiting", |tx| instruction::waiting(tx, 10));
            let rows = rows.unwrap().into_iter();
            rows.map(|row| row.event.0).collect::<Vec<_>>()
        };
        assert_eq!(waiting(), [2, 1]);
        store
            .write_now("planned", |tx| {
                instruction::planned(tx, InstructionKind::Correct, EventPosition(2), now())
            })
            .unwrap();
        assert_eq!(waiting(), [1]);
        let found = store.read_now("load", |tx| {
            instruction::load(tx, InstructionKind::Correct, EventPosition(2))
        });
        assert_eq!(found.unwrap().unwrap().planned_at, Some(now()));
    });
}
