//! Deadlines on both engines, by a clock that the test moves.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_shared::clock::{EffectiveAt, Moment};
use savin_shared::delta::Origin;
use savin_shared::ids::{FacilityCode, OffenderId};
use savin_shared::record::Record;
use savin_shared::record::RecordBody;
use savin_shared::record::court_event::Schedule;
use savin_shared::record::custody::{Custody, CustodyState};
use savin_shared::record::hearing::Hearing;

use super::offices::{look, take_back};
use super::{follow, telling};
use crate::clocks::table::{Recipient, Table};
use crate::clocks::{ClockState, Step};
use crate::ids::{EventPosition, OrderId};
use crate::intake::testing::{BOND, IN, Jail, ORDERS, each, now, send_one};
use crate::notification::channel::Channel;
use crate::notification::office::{Office, OfficeNews, Place};
use crate::notification::rules::Rules;
use crate::places::Facility;
use crate::store::Store;
use crate::store::registry::agency_notice::{self, After, AgencyNotice};
use crate::store::registry::clock::{self, ClockRow};
use crate::store::registry::court_order::{self, NewOrder, OrderKind, Scope};
use crate::store::registry::decision::DecisionId;
use crate::store::registry::facility;
use crate::store::registry::recipient::{self, NewRecipient};
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
                    look(tx, rule, &row, at)?;
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
        let escalated = escalated.unwrap();
        let is_clock = |row: &&TaskRow| row.about.kind == TaskKind::Clock;
        assert_eq!(escalated.iter().filter(is_clock).count(), 1);
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

/// A record that may be about somebody else is told to nobody, by a deadline neither.
#[test]
fn tells_nobody_by_a_deadline_while_it_is_in_doubt_about_whom_the_record_is() {
    each("clock_doubt", |store| {
        let mut jail = Jail::new(store, 1);
        let with = |jail: &Jail, number: &str, id: &str| {
            let mut record = jail.record(number, IN);
            record.subject.person_number = jail.record("1", IN).subject.person_number;
            record.subject.offender_id = Some(OffenderId::new(id).unwrap());
            let number = record.number().clone();
            record.body = RecordBody::Custody(Box::new(Custody {
                scheduled_release_at: Some(EffectiveAt(Moment::exact(days(60)))),
                ..Custody::new(number, IN)
            }));
            record
        };
        let bodies = vec![
            jail.lists(Origin::Baseline, &with(&jail, "1", "K100")),
            jail.lists(Origin::Baseline, &with(&jail, "2", "K200")),
        ];
        let batch = jail.batch(bodies);
        send_one(store, &jail, &batch);
        followed(store);
        let mut told: Vec<_> = clocks(store, ClockState::Running)
            .into_iter()
            .filter(|row| row.clock == "parole-release-victim")
            .map(|row| {
                let rules = Rules::shipped().unwrap();
                let facts = store.read_now("telling", move |tx| {
                    telling(tx, (&rules, &ORDERS), &row, false)
                });
                facts.unwrap().map(|facts| facts.len())
            })
            .collect();
        told.sort_unstable();
        assert_eq!(told, [None, Some(1)]);
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

/// The place of conviction of these tests.
fn jackson() -> Place {
    Place {
        county: "Hinds".to_owned(),
        municipality: "Jackson".to_owned(),
    }
}

fn listed(store: &Store, office: Office, county: &str, channel: Channel) {
    let new = NewRecipient {
        office,
        place: Place {
            county: county.to_owned(),
            ..jackson()
        },
        channel,
        address: "office@county.example".to_owned(),
    };
    store
        .write_now("add", move |tx| {
            recipient::add(tx, &new, DecisionId(1), now())
        })
        .unwrap();
}

/// Says where the person of the scheduled release was convicted.
fn convicted(store: &Store, jail: &Jail) {
    let person = crate::intake::testing::load(store, jail, "1").person;
    store
        .write_now("convict", move |tx| {
            recipient::convict(tx, person, &jackson(), DecisionId(1), now())
        })
        .unwrap();
}

fn told_offices(store: &Store) -> Vec<AgencyNotice> {
    let mut all = store
        .read_now("notices", |tx| agency_notice::newest(tx, 100))
        .unwrap();
    all.sort_by_key(|notice| {
        (
            notice.about.event,
            notice.about.recipient,
            notice.about.news,
        )
    });
    all
}

fn tasks_of_offices(store: &Store) -> Vec<String> {
    let open = |tx: &mut crate::store::conn::Tx<'_>| {
        task::open_ones(tx, Some(TaskKind::AgencyNotice), 100)
    };
    let tasks = store.read_now("tasks", open).unwrap().into_iter();
    tasks.map(|task| task.about.note).collect()
}

/// Lets the mail server take what is due.
fn carried(store: &Store, at: Timestamp) -> usize {
    store
        .write_now("carry", move |tx| {
            let claimed = agency_notice::claim(tx, 10, at, SignedDuration::from_mins(5))?;
            for notice in &claimed {
                assert!(agency_notice::finish(
                    tx,
                    notice,
                    After::Told,
                    "250 ok",
                    at
                )?);
                assert!(!agency_notice::finish(
                    tx,
                    notice,
                    After::Told,
                    "again",
                    at
                )?);
            }
            Ok(claimed.len())
        })
        .unwrap()
}

fn confirmed(store: &Store, notice: &AgencyNotice, at: Timestamp) -> bool {
    let id = notice.notice;
    store
        .write_now("confirm", move |tx| {
            agency_notice::confirm(tx, id, "desk", at)
        })
        .unwrap()
}

#[test]
fn tells_the_offices_of_the_place_of_conviction_and_is_met_when_all_have_confirmed() {
    each("offices_met", |store| {
        let mut jail = Jail::new(store, 1);
        schedules_a_release(store, &mut jail);
        for (office, county) in [
            (Office::Sheriff, "Hinds"),
            (Office::PoliceChief, "Hinds"),
            (Office::Sheriff, "Rankin"),
        ] {
            listed(store, office, county, Channel::Email);
        }
        convicted(store, &jail);
        tended(store, days(70));
        assert_eq!(told_offices(store), [], "it is too early");
        tended(store, days(71));
        let planned = told_offices(store);
        assert_eq!(planned.len(), 2, "Rankin is another county");
        assert_eq!(planned[0].about.due_at, days(85));
        assert_eq!(tasks_of_offices(store), [] as [String; 0]);
        assert_eq!(carried(store, days(72)), 2);
        assert_eq!(carried(store, days(73)), 0, "each is told once");
        tended(store, days(78));
        let asked = open_tasks(store);
        assert!(
            asked[0]
                .about
                .note
                .contains("Sheriff of Hinds County: told"),
            "{asked:?}"
        );
        let told = told_offices(store);
        assert!(confirmed(store, &told[0], days(79)));
        assert!(!confirmed(store, &told[0], days(79)), "once is enough");
        tended(store, days(80));
        assert_eq!(open_tasks(store).len(), 1, "one of two is not enough");
        assert!(confirmed(store, &told[1], days(80)));
        tended(store, days(81));
        assert_eq!(open_tasks(store), []);
        assert_eq!(named(store, ClockState::Met), ["release-agencies"]);
        // The evidence has each step of each.
        let leaves = store
            .read_now("leaves", |tx| crate::store::evidence::leaves(tx, 0, 100))
            .unwrap();
        for kind in ["agency-notice", "attempt", "outcome", "agency-confirmation"] {
            let of = |leaf: &&crate::store::evidence::Logged| {
                leaf.content.starts_with(&format!("savin/{kind}/1"))
            };
            assert_eq!(leaves.iter().filter(of).count(), 2, "{kind}");
        }
    });
}

#[test]
fn asks_a_person_who_is_to_be_told_and_tells_them_once_that_is_known() {
    each("offices_asked", |store| {
        let mut jail = Jail::new(store, 1);
        schedules_a_release(store, &mut jail);
        tended(store, days(71));
        let asked = tasks_of_offices(store);
        assert!(
            asked[0].contains("where the person was convicted"),
            "{asked:?}"
        );
        convicted(store, &jail);
        listed(store, Office::Sheriff, "Hinds", Channel::Letter);
        tended(store, days(72));
        let asked = tasks_of_offices(store);
        assert_eq!(asked.len(), 2, "{asked:?}");
        let letter = asked.iter().find(|note| note.contains("recipients posted"));
        assert!(letter.is_some(), "{asked:?}");
        assert_eq!(carried(store, days(72)), 0, "a person posts it");
        listed(store, Office::PoliceChief, "Hinds", Channel::Email);
        tended(store, days(73));
        let asked = tasks_of_offices(store);
        assert_eq!(asked.len(), 1, "the list is whole: {asked:?}");
        assert_eq!(carried(store, days(73)), 1);
        let sheriff = told_offices(store)[0].clone();
        store
            .write_now("post", move |tx| {
                assert!(agency_notice::posted(tx, &sheriff, "desk", days(74))?);
                assert!(!agency_notice::posted(tx, &sheriff, "desk", days(74))?);
                Ok(())
            })
            .unwrap();
        assert_eq!(told_offices(store)[0].state, "told");
    });
}

#[test]
fn tells_offices_of_another_day_at_once_and_takes_back_a_release_that_is_off() {
    each("offices_moved", |store| {
        let mut jail = Jail::new(store, 1);
        schedules_a_release(store, &mut jail);
        listed(store, Office::Sheriff, "Hinds", Channel::Email);
        listed(store, Office::PoliceChief, "Hinds", Channel::Email);
        convicted(store, &jail);
        tended(store, days(71));
        // The sheriff was told, the police chief was not yet.
        store
            .write_now("carry", |tx| {
                let claimed = agency_notice::claim(tx, 1, days(71), SignedDuration::from_mins(5))?;
                agency_notice::finish(tx, &claimed[0], After::Told, "250", days(71))
            })
            .unwrap();
        let moved = jail.tells(&releasing(&jail, Some(days(200))));
        let batch = jail.batch(vec![moved]);
        send_one(store, &jail, &batch);
        followed(store);
        let states = |store: &Store| -> Vec<_> {
            let all = told_offices(store).into_iter();
            all.map(|notice| (notice.about.event.0, notice.about.news, notice.state))
                .collect()
        };
        let mut before = states(store);
        before.sort();
        let release = OfficeNews::Release;
        assert_eq!(
            before,
            [
                (2, release, "told".to_owned()),
                (2, release, "withdrawn".to_owned()),
                (3, release, "planned".to_owned()),
                (3, release, "planned".to_owned()),
            ],
            "whoever was told of one day hears of the other"
        );
        assert_eq!(carried(store, days(72)), 2);
        let replaces = store.read_now("replaces", |tx| {
            let all = agency_notice::of_event(tx, EventPosition(3))?;
            let mut each = Vec::new();
            for notice in &all {
                each.push(agency_notice::replaces(tx, &notice.about)?);
            }
            Ok(each)
        });
        assert_eq!(replaces.unwrap().iter().filter(|is| **is).count(), 1);
        let off = jail.tells(&jail.record("1", CustodyState::Deceased));
        let batch = jail.batch(vec![off]);
        send_one(store, &jail, &batch);
        followed(store);
        let called_off = |store: &Store| {
            let off = |(_, news, _): &(i64, OfficeNews, String)| *news == OfficeNews::CalledOff;
            states(store).into_iter().filter(off).count()
        };
        assert_eq!(called_off(store), 2, "each hears once that it is not to be");
        // A correction of the same event tells nobody twice.
        store
            .write_now("again", |tx| {
                take_back(tx, EventPosition(3), Some(&mut BTreeSet::new()), days(73))
            })
            .unwrap();
        assert_eq!(called_off(store), 2);
    });
}

#[test]
fn tells_offices_at_once_of_a_release_that_is_announced_too_late() {
    each("offices_late", |store| {
        let mut jail = Jail::new(store, 1);
        is_prison(store, &jail);
        let first = jail.tells(&releasing(&jail, None));
        let batch = jail.batch(vec![first]);
        send_one(store, &jail, &batch);
        listed(store, Office::Sheriff, "Hinds", Channel::Email);
        convicted(store, &jail);
        let soon = jail.tells(&releasing(&jail, Some(days(5))));
        let batch = jail.batch(vec![soon]);
        send_one(store, &jail, &batch);
        followed(store);
        assert!(named(store, ClockState::Late).contains(&"release-agencies".to_owned()));
        assert_eq!(carried(store, now()), 1);
    });
}

/// Seals the person of the scheduled release by a court's order, or lifts the first order.
fn seals(store: &Store, jail: &Jail, is_lifted: bool) {
    let person = crate::intake::testing::load(store, jail, "1").person;
    let order = NewOrder {
        kind: OrderKind::Seal,
        number: "26-0118".to_owned(),
        court: "Hinds".to_owned(),
    };
    let work = move |tx: &mut crate::store::conn::Tx<'_>| {
        if is_lifted {
            return court_order::lift(tx, OrderId(1), DecisionId(2), now()).map(|_| ());
        }
        let covered = Scope::find(tx, person, &[])?.covered(OrderKind::Seal, &ORDERS);
        court_order::seal(tx, &covered, &order, DecisionId(1), now()).map(|_| ())
    };
    store.write_now("seal", work).unwrap();
}

#[test]
fn asks_a_person_whether_offices_may_be_told_of_a_release_that_is_sealed_and_tells_none() {
    each("offices_sealed", |store| {
        let mut jail = Jail::new(store, 1);
        schedules_a_release(store, &mut jail);
        listed(store, Office::Sheriff, "Hinds", Channel::Email);
        listed(store, Office::PoliceChief, "Hinds", Channel::Email);
        convicted(store, &jail);
        seals(store, &jail, false);
        tended(store, days(71));
        assert_eq!(told_offices(store), []);
        let asked = open_tasks(store);
        assert_eq!(asked.len(), 1);
        let note = &asked[0].about.note;
        assert!(
            note.contains("47-5-177") && note.contains("is sealed"),
            "{note}"
        );
        tended(store, days(72));
        assert_eq!(open_tasks(store).len(), 1, "once");
        assert_eq!(
            named(store, ClockState::Met),
            [] as [&str; 0],
            "nobody was told"
        );

        // Another day is announced of what is sealed, and comes to a person at once.
        let body = jail.tells(&releasing(&jail, Some(days(120))));
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        followed(store);
        let running = clocks(store, ClockState::Running);
        assert_eq!(running.len(), 1, "no registrant's deadline runs");
        assert_eq!(running[0].due_at, days(105));
        assert_eq!(open_tasks(store).len(), 1);
        seals(store, &jail, true);
        tended(store, days(91));
        assert_eq!(told_offices(store).len(), 2, "it is sealed no longer");
    });
}
