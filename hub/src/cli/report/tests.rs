//! Reports over a hub with a hearing that nobody confirmed.

use jiff::{SignedDuration, Timestamp};
use savin_shared::event::EventCode;
use savin_shared::ids::{FacilityCode, OffenderId};
use savin_shared::record::custody::CustodyState;

use super::hearings::{hearings, overdue};
use super::latency::latency;
use super::standing::{feeds, undelivered};
use super::text;
use super::told::told;
use crate::app;
use crate::cli::testing::{configured, run};
use crate::clocks::{ClockState, Step};
use crate::config::Config;
use crate::ids::{EventId, EventPosition, PersonId, RecordId};
use crate::intake::testing::{IN, Jail, load, now, random, send_one};
use crate::notification::address::EmailAddress;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::Fact;
use crate::registry::details::Details;
use crate::store::Store;
use crate::store::conn::Tx;
use crate::store::registry::clock::{self, ClockRow};
use crate::store::registry::court_order::{self, Covered, NewOrder, OrderKind};
use crate::store::registry::decision::DecisionId;
use crate::store::registry::event::{self, Event};
use crate::vault::Vault;
use crate::vault::command::{
    Choices, Command, CourierCommand, PlannerCommand, Room, StaffCommand, Subscribed,
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn heard(now: Timestamp) -> Event {
    Event {
        event: EventId::from_bytes([1; 16]),
        code: EventCode::HearingSet,
        person: PersonId::from_bytes([2; 16]),
        record: RecordId(1),
        version: 1,
        facility: FacilityCode::new("MS049-JAIL").unwrap(),
        origin: savin_shared::delta::Origin::Live,
        effective_at: None,
        entered_at: None,
        observed_at: savin_shared::clock::ObservedAt(now),
        received_at: savin_shared::clock::ReceivedAt(now),
        corrects: None,
        details: Details {
            scheduled_at: Some(now + DAY * 20),
            ..Details::default()
        },
    }
}

fn late(event: &Event, now: Timestamp) -> ClockRow {
    ClockRow {
        clock: "hearing-victim".to_owned(),
        position: EventPosition(1),
        event: event.event,
        code: event.code,
        record: event.record,
        person: event.person,
        facility: event.facility.clone(),
        version: "test".to_owned(),
        started_at: now,
        opens_at: None,
        warns_at: now,
        due_at: now - DAY * 10,
        state: ClockState::Late,
        step: Step::Warn,
        look_at: None,
        ended_at: Some(now),
    }
}

#[test]
fn finds_what_was_overlooked_and_says_of_whom_by_pseudonym() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let store = app::open_registry(&config).unwrap();
    let vault = app::open_vault(&config).unwrap();
    let now = (app::world().wall)();
    let event = heard(now);
    let (row, fact) = (late(&event, now), fact(&event, now));
    store
        .write_now("event", move |tx| {
            event::append(tx, &event, random)?;
            clock::start(tx, std::slice::from_ref(&row))
        })
        .unwrap();
    let nobody = hearings(&store, &vault, (now, 30)).unwrap();
    assert_eq!(nobody.rows.len(), 0, "nobody registered");
    let register = StaffCommand::Register {
        contacts: vec![Contact::Email(
            EmailAddress::parse("avery@example.test").unwrap(),
        )],
        to: None,
        about: Subscribed {
            person: PersonId::from_bytes([2; 16]),
            label: "A.S.".to_owned(),
        },
        choices: Choices::default(),
    };
    vault.handle(Command::Staff(register)).unwrap();
    let plan = PlannerCommand::Plan {
        from: EventPosition(0),
        to: EventPosition(1),
        facts: vec![fact],
    };
    vault.handle(Command::Planner(plan)).unwrap();
    let found = hearings(&store, &vault, (now, 30)).unwrap();
    assert_eq!(found.rows.len(), 1);
    assert_eq!(text(&found.rows[0][0]), "MS049-JAIL");
    assert_eq!(hearings(&store, &vault, (now, 10)).unwrap().rows.len(), 0);
    let counted = found.by_facility();
    assert_eq!(text(&counted.rows[0][1]), "1");
    assert_eq!(overdue(&store, &vault, now).unwrap().rows.len(), 1);
    assert_eq!(feeds(&store, now).unwrap().rows.len(), 0);
    let waiting = |at| undelivered(&store, &vault, (at, 1)).unwrap();
    assert_eq!(waiting(now).rows.len(), 0);
    let waiting = waiting(now + DAY);
    assert_eq!(waiting.rows.len(), 1);
    counts_a_try_as_not_confirmed(&config, (&store, &vault), now);
    let all: String = waiting.rows.concat().iter().map(text).collect();
    assert!(
        !all.contains("avery") && all.contains("MS049-JAIL"),
        "{all}"
    );
    drop((store, vault));
    for name in "hearings clocks undelivered feeds canaries latency".split(' ') {
        for form in ["", " --csv", " --json", " --by-facility"] {
            assert!(
                run(folder.path(), &format!("report {name}{form}")),
                "{name}"
            );
        }
    }
    let told = ["report told --event 1 --csv", "report told --event 1"];
    assert!(told.iter().all(|line| run(folder.path(), line)));
    for refused in ["report told", "report told --event 2", "report other"] {
        assert!(!run(folder.path(), refused), "{refused}");
    }
}

fn counts_a_try_as_not_confirmed(
    config: &Config,
    (store, vault): (&Store, &Vault),
    now: Timestamp,
) {
    let tried = || {
        let told = latency(config, (store, vault), (now + DAY, 30)).unwrap();
        let row: Vec<_> = told.rows[0].iter().map(text).collect();
        [0, 1, 2, 7, 12].map(|column| row[column].clone())
    };
    assert_eq!(tried(), ["MS049-JAIL", "1", "0", "0", "0"]);
    let claim = CourierCommand::Claim {
        channel: Channel::Email,
        room: Room::all(9),
    };
    vault.handle(Command::Courier(claim)).unwrap();
    assert_eq!(tried(), ["MS049-JAIL", "1", "1", "0", "1"]);
    let found = told(store, vault, EventPosition(1)).unwrap();
    assert_eq!(found.rows.len(), 1, "she alone was told");
    let row: Vec<_> = found.rows[0].iter().map(text).collect();
    assert_eq!(row[..2], ["MS049-JAIL", "HearingSet"]);
    assert!(!row[7].is_empty() && !row[8].is_empty(), "tried: {row:?}");
    assert_eq!(row[11..], ["", ""], "and not confirmed");
    assert!(told(store, vault, EventPosition(9)).is_err());
}

fn fact(event: &Event, now: Timestamp) -> Fact {
    Fact {
        event: event.event,
        position: EventPosition(1),
        person: event.person,
        code: event.code.code(),
        urgency: 4,
        name: None,
        facility: "Test Jail".to_owned(),
        from_facility: None,
        still_held_at: None,
        elsewhere: Default::default(),
        corrects: None,
        effective_at: None,
        observed_at: now,
        received_at: now,
        found_late: false,
        followed: None,
        details: event.details.clone(),
    }
}

#[test]
fn shows_nothing_of_a_sealed_booking() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let store = app::open_registry(&config).unwrap();
    let vault = app::open_vault(&config).unwrap();
    let (mut one, mut other) = (Jail::new(&store, 1), Jail::new(&store, 2));
    let same = |jail: &Jail, state| {
        let mut record = jail.record("7", state);
        record.subject.offender_id = Some(OffenderId::new("K100").unwrap());
        record
    };
    let say = |jail: &mut Jail, state| {
        let body = jail.tells(&same(jail, state));
        let batch = jail.batch(vec![body]);
        send_one(&store, jail, &batch);
    };
    say(&mut one, IN);
    say(&mut other, IN);
    say(&mut one, CustodyState::TransferredOut);
    let shown = |at: i64| {
        let read = move |tx: &mut Tx<'_>| super::shown(tx, EventPosition(at));
        let shown = store.read_now("shown", read).unwrap().unwrap();
        (shown.place().to_owned(), shown.what().to_owned())
    };
    let transfer = ("JAIL-2".to_owned(), "TransferInState".to_owned());
    assert_eq!(shown(3), transfer);
    let sealed = load(&store, &other, "7").record;
    let seal = move |tx: &mut Tx<'_>| {
        let covered = Covered {
            records: vec![sealed],
            named: Vec::new(),
        };
        let order = NewOrder {
            kind: OrderKind::Seal,
            number: "26-0118".to_owned(),
            court: "Hinds".to_owned(),
        };
        court_order::seal(tx, &covered, &order, DecisionId(1), now())
    };
    store.write_now("seal", seal).unwrap();
    assert_eq!(shown(3).0, "JAIL-1");
    assert_eq!(shown(2), ("sealed".to_owned(), "sealed".to_owned()));
    assert_eq!(shown(1).0, "JAIL-1");
    let (store, vault) = (&store, &vault);
    let reported = told(store, vault, EventPosition(3)).unwrap();
    assert!(reported.rows.is_empty(), "nobody asked");
}
