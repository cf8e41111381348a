//! Deadlines on both engines, by a clock that the test moves.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_shared::clock::{EffectiveAt, Moment};
use savin_shared::ids::FacilityCode;
use savin_shared::record::Record;
use savin_shared::record::court_event::Schedule;
use savin_shared::record::hearing::Hearing;
use savin_shared::record::{RecordBody, custody::Custody};

use super::{agencies, follow};
use crate::clocks::table::{Recipient, Table};
use crate::clocks::{ClockState, Step};
use crate::ids::EventPosition;
use crate::intake::testing::{BOND, IN, Jail, each, now, send_one};
use crate::places::Facility;
use crate::store::Store;
use crate::store::registry::clock::{self, ClockRow};
use crate::store::registry::facility;
use crate::store::registry::task::{self, TaskKind, TaskRow};

fn zone() -> TimeZone {
    TimeZone::get("America/Chicago").unwrap()
}

fn followed(store: &Store) {
    let table = Table::shipped().unwrap();
    while store
        .write_now("follow", {
            let table = table.clone();
            move |tx| follow(tx, &table, &zone())
        })
        .unwrap()
    {}
}

/// Does what is due by then about clocks that are no registrant's.
fn tended(store: &Store, at: Timestamp) {
    let table = Table::shipped().unwrap();
    store
        .write_now("tend", move |tx| {
            for row in clock::to_look_at(tx, at, 100)? {
                let rule = table.rule(&row.clock);
                if rule.is_none_or(|rule| rule.recipient != Recipient::Victim) {
                    agencies(tx, rule, &row, at)?;
                }
            }
            Ok(())
        })
        .unwrap();
}

fn clocks(store: &Store, state: ClockState) -> Vec<ClockRow> {
    store
        .read_now("clocks", move |tx| {
            clock::due_between(tx, state, (Timestamp::MIN, Timestamp::MAX), 100)
        })
        .unwrap()
}

fn named(store: &Store, state: ClockState) -> Vec<String> {
    let rows = clocks(store, state).into_iter();
    rows.map(|row| row.clock).collect()
}

fn open_tasks(store: &Store) -> Vec<TaskRow> {
    store
        .read_now("tasks", |tx| {
            task::open_ones(tx, Some(TaskKind::Clock), 100)
        })
        .unwrap()
}

fn days(days: i64) -> Timestamp {
    now()
        .checked_add(SignedDuration::from_hours(24 * days))
        .unwrap()
}

fn hearing(jail: &Jail, starts: Timestamp, schedule: Schedule) -> Record {
    Record {
        body: RecordBody::Hearing(Hearing {
            hearing_number: jail.record("H1", IN).number().clone(),
            hearing_type: Some("Parole".to_owned()),
            location: None,
            starts_at: Some(EffectiveAt(Moment::exact(starts))),
            schedule,
            decision: None,
            decided_at: None,
        }),
        ..jail.record("1", IN)
    }
}

fn releasing(jail: &Jail, at: Option<Timestamp>) -> Record {
    let mut record = jail.record("1", IN);
    let number = record.number().clone();
    record.body = RecordBody::Custody(Box::new(Custody {
        scheduled_release_at: at.map(|at| EffectiveAt(Moment::exact(at))),
        ..Custody::new(number, IN)
    }));
    record
}

fn is_prison(store: &Store, jail: &Jail) {
    let code: FacilityCode = jail.speaker.facilities[0].clone();
    let prison = Facility {
        code,
        name: "Test Prison".to_owned(),
        kind: "state-prison".to_owned(),
        county: "Hinds".to_owned(),
        city: None,
        phone: None,
        verified: true,
    };
    store
        .write_now("facility", move |tx| facility::put(tx, &prison))
        .unwrap();
}

/// A prison says that somebody is to be released in a hundred days.
fn schedules_a_release(store: &Store, jail: &mut Jail) {
    is_prison(store, jail);
    let bodies = vec![
        jail.tells(&releasing(jail, None)),
        jail.tells(&releasing(jail, Some(days(100)))),
    ];
    let batch = jail.batch(bodies);
    send_one(store, jail, &batch);
    followed(store);
}

#[test]
fn starts_a_clock_with_a_hearing_and_ends_it_when_it_is_moved_or_called_off() {
    each("clock_hearing", |store| {
        let mut jail = Jail::new(store, 1);
        let first = jail.tells(&hearing(&jail, days(90), Schedule::Set));
        let batch = jail.batch(vec![first]);
        send_one(store, &jail, &batch);
        followed(store);
        let running = clocks(store, ClockState::Running);
        assert_eq!(running.len(), 1);
        assert_eq!(running[0].clock, "hearing-victim");
        assert_eq!(running[0].due_at, days(60));
        assert_eq!(running[0].look_at, Some(days(53)));
        let moved = jail.tells(&hearing(&jail, days(100), Schedule::Set));
        let batch = jail.batch(vec![moved]);
        send_one(store, &jail, &batch);
        followed(store);
        assert_eq!(clocks(store, ClockState::Void).len(), 1);
        assert_eq!(clocks(store, ClockState::Running)[0].due_at, days(70));
        let off = jail.tells(&hearing(&jail, days(100), Schedule::Cancelled));
        let batch = jail.batch(vec![off]);
        send_one(store, &jail, &batch);
        followed(store);
        followed(store);
        assert_eq!(clocks(store, ClockState::Void).len(), 2);
        assert_eq!(clocks(store, ClockState::Running), []);
    });
}

#[test]
fn brings_a_release_to_a_person_before_its_deadline_and_says_that_it_was_missed() {
    each("clock_release", |store| {
        let mut jail = Jail::new(store, 1);
        schedules_a_release(store, &mut jail);
        let mut running = named(store, ClockState::Running);
        running.sort();
        let all = [
            "parole-release-victim",
            "release-agencies",
            "sentence-end-victim",
        ];
        assert_eq!(running, all);
        tended(store, days(77));
        assert_eq!(open_tasks(store), [], "it is too early");
        tended(store, days(78));
        let tasks = open_tasks(store);
        assert_eq!(tasks.len(), 1);
        assert_eq!(tasks[0].about.due_at, Some(days(85)));
        assert!(tasks[0].about.note.contains("47-5-177"), "{tasks:?}");
        // By the half of the time that is left the supervisor has it.
        let later = days(82);
        let escalated = store.write_now("escalate", move |tx| task::escalate(tx, later, 10));
        assert_eq!(escalated.unwrap().len(), 1);
        tended(store, days(84));
        assert_eq!(named(store, ClockState::Missed), [] as [String; 0]);
        tended(store, days(85));
        assert_eq!(named(store, ClockState::Missed), ["release-agencies"]);
        assert_eq!(
            open_tasks(store).len(),
            1,
            "a missed one is still to be done"
        );
    });
}

#[test]
fn ends_the_clocks_of_a_release_with_the_release() {
    each("clock_released", |store| {
        let mut jail = Jail::new(store, 1);
        schedules_a_release(store, &mut jail);
        tended(store, days(80));
        assert_eq!(open_tasks(store).len(), 1);
        let released = jail.tells(&jail.record("1", BOND));
        let batch = jail.batch(vec![released]);
        send_one(store, &jail, &batch);
        followed(store);
        assert_eq!(open_tasks(store), [], "nothing is left to do");
        assert_eq!(clocks(store, ClockState::Void).len(), 3);
        let running = clocks(store, ClockState::Running);
        assert_eq!(running.len(), 1);
        assert_eq!(running[0].clock, "release-victim");
        assert_eq!(running[0].step, Step::Warn);
    });
}

#[test]
fn asks_a_person_once_where_an_agency_leaves_too_little_time() {
    each("clock_late", |store| {
        let mut jail = Jail::new(store, 1);
        for (number, days_left) in [(1, 20), (2, 10)] {
            let mut record = hearing(&jail, days(days_left), Schedule::Set);
            if let RecordBody::Hearing(hearing) = &mut record.body {
                hearing.hearing_number = jail.record(&format!("H{number}"), IN).number().clone();
            }
            let told = jail.tells(&record);
            let batch = jail.batch(vec![told]);
            send_one(store, &jail, &batch);
        }
        followed(store);
        assert_eq!(named(store, ClockState::Late), ["hearing-victim"; 2]);
        let tasks = open_tasks(store);
        assert_eq!(tasks.len(), 1);
        assert_eq!(tasks[0].about.event, None::<EventPosition>);
    });
}
