//! Custody as several agencies tell it: late, out of order, at odds with one another, and within one
//! look at the source.

use savin_shared::clock::{EffectiveAt, Moment};
use savin_shared::delta::{Coverage, Evidence, Origin};
use savin_shared::event::EventCode as Code;
use savin_shared::ids::{FacilityCode, OffenderId};
use savin_shared::record::court_event::Schedule;
use savin_shared::record::custody::{Custody, CustodyState, DispositionKind, ReleaseReason};
use savin_shared::record::hearing::Hearing;
use savin_shared::record::{Record, RecordBody};

use crate::intake::testing::{
    BOND, IN, Jail, charged, codes, each, events, load, now, send, send_one,
};
use crate::store::Store;
use crate::store::registry::task::{self, TaskKind, TaskRow};

const HANDED_OVER: CustodyState = CustodyState::OutOfCustody(ReleaseReason::ToOtherAgency);

/// A booking of one person whom every agency knows by the MDOC number.
fn same(jail: &Jail, number: &str, state: CustodyState) -> Record {
    let mut record = jail.record(number, state);
    record.subject.offender_id = Some(OffenderId::new("K100").unwrap());
    record
}

fn with(mut record: Record, change: impl FnOnce(&mut Custody)) -> Record {
    if let RecordBody::Custody(custody) = &mut record.body {
        change(custody);
    }
    record
}

fn since(record: Record, time: &str) -> Record {
    let at = EffectiveAt(Moment::exact(time.parse().unwrap()));
    with(record, |custody| custody.status_at = Some(at))
}

fn state(store: &Store, jail: &Jail, number: &str) -> CustodyState {
    let row = load(store, jail, number);
    row.known.record.custody().unwrap().state
}

fn tasks(store: &Store) -> Vec<TaskRow> {
    open_ones(store, TaskKind::ReleaseCheck)
}

fn open_ones(store: &Store, kind: TaskKind) -> Vec<TaskRow> {
    let open = move |tx: &mut crate::store::conn::Tx<'_>| task::open_ones(tx, Some(kind), 100);
    store.read_now("tasks", open).unwrap()
}

fn tell(store: &Store, jail: &mut Jail, records: &[Record]) {
    let bodies = records.iter().map(|record| jail.tells(record)).collect();
    let batch = jail.batch(bodies);
    send_one(store, jail, &batch);
}

fn list(store: &Store, jail: &mut Jail, record: &Record) {
    let body = jail.lists(Origin::Baseline, record);
    let batch = jail.batch(vec![body]);
    send_one(store, jail, &batch);
}

#[test]
fn tells_a_booking_and_a_release_that_one_look_at_the_source_found() {
    each("custody_one_poll", |store| {
        let mut jail = Jail::new(store, 1);
        let booked = since(jail.record("1", IN), "2026-06-15T08:00:00Z");
        let released = since(jail.record("1", BOND), "2026-06-15T08:40:00Z");
        tell(store, &mut jail, &[booked, released]);
        assert_eq!(codes(store), [Code::Booked, Code::Released]);
        assert_eq!(events(store)[1].details.still_held_at, None);
        // A list that never held the person says nothing of either.
        let listed = jail.record("2", IN);
        list(store, &mut jail, &listed);
        assert_eq!(codes(store).len(), 2);
        // A list in which a booking first appears as ended: only what it says.
        let record = jail.record("3", BOND);
        let what = (Coverage::Full, Evidence::Status);
        let body = jail.row("jms", Origin::Live, &record, what);
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        assert_eq!(codes(store)[2..], [Code::Released]);
    });
}

#[test]
fn tells_a_late_release_once_and_with_where_the_person_is_now() {
    each("custody_late", |store| {
        let mut jail = Jail::new(store, 1);
        let at = |jail: &Jail, state, time: &str| since(jail.record("1", state), time);
        let booked = at(&jail, IN, "2026-06-15T01:00:00Z");
        let released = at(&jail, BOND, "2026-06-15T08:00:00Z");
        let back = at(&jail, IN, "2026-06-15T10:00:00Z");
        tell(store, &mut jail, std::slice::from_ref(&booked));
        tell(store, &mut jail, &[back.clone(), released.clone()]);
        assert_eq!(codes(store), [Code::Booked, Code::Released]);
        let place = Some("JAIL-1".to_owned());
        assert_eq!(events(store)[1].details.still_held_at, place);
        assert_eq!(state(store, &jail, "1"), IN);
        // Another feed follows with the same release.
        let body = jail.row(
            "other-moves",
            Origin::Live,
            &released,
            (Coverage::Partial, Evidence::Transaction),
        );
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        assert_eq!(codes(store).len(), 2);
        assert_eq!(state(store, &jail, "1"), IN);
    });
}

#[test]
fn calls_it_a_transfer_when_the_receiver_spoke_first() {
    receives("custody_receiver", HANDED_OVER);
    // Of whom the sender says only that somebody was moved, it is known to where.
    receives("custody_moved", CustodyState::TransferredOut);
}

fn receives(name: &str, handed_over: CustodyState) {
    each(name, |store| {
        let (mut sender, mut receiver) = (Jail::new(store, 1), Jail::new(store, 2));
        let held = same(&sender, "1", IN);
        list(store, &mut sender, &held);
        let booked = same(&receiver, "7", IN);
        tell(store, &mut receiver, &[booked]);
        let handed_over = same(&sender, "1", handed_over);
        tell(store, &mut sender, &[handed_over]);
        assert_eq!(codes(store), [Code::Booked, Code::TransferInState]);
        let transfer = &events(store)[1];
        assert_eq!(transfer.facility.as_str(), "JAIL-2");
        assert_eq!(transfer.details.from_facility.as_deref(), Some("JAIL-1"));
        assert_eq!(transfer.details.to_facility.as_deref(), Some("JAIL-2"));
        assert_eq!(transfer.details.still_held_at, None);
        assert!(!transfer.details.is_moved_away());
        assert!(tasks(store).is_empty());
    });
}

#[test]
fn says_whom_to_ask_when_two_agencies_differ_about_one_place() {
    each("custody_housed_at", |store| {
        let (mut county, mut state_) = (Jail::new(store, 1), Jail::new(store, 2));
        let held = same(&county, "1", IN);
        list(store, &mut county, &held);
        // MDOC lists the person as housed at the county's jail.
        let jail = FacilityCode::new("JAIL-1").unwrap();
        state_.speaker.facilities.push(jail.clone());
        let mut housed = same(&state_, "77", IN);
        housed.facility = jail;
        list(store, &mut state_, &housed);
        let released = same(&county, "1", BOND);
        tell(store, &mut county, &[released]);
        assert_eq!(codes(store), [Code::Released]);
        let place = Some("JAIL-1".to_owned());
        assert_eq!(events(store)[0].details.still_held_at, place);
        let open = tasks(store);
        assert_eq!(open.len(), 1);
        assert!(open[0].about.note.contains("still held there"));
        assert_eq!(open[0].about.event.map(|event| event.0), Some(1));
        // A place of its own comes before one that the other agency only speaks of.
        let mut prison = Jail::new(store, 3);
        let held = same(&prison, "5", IN);
        list(store, &mut prison, &held);
        let again = same(&county, "1", IN);
        tell(store, &mut county, &[again]);
        let released = same(&county, "1", BOND);
        tell(store, &mut county, &[released]);
        let last = events(store).pop().unwrap();
        assert_eq!(last.details.still_held_at.as_deref(), Some("JAIL-3"));
    });
}

#[test]
fn keeps_each_agencys_word_of_a_person_whom_two_hold() {
    each("custody_two", |store| {
        let (mut first, mut second) = (Jail::new(store, 1), Jail::new(store, 2));
        let (one, other) = (same(&first, "1", IN), same(&second, "2", IN));
        let bodies = (
            first.lists(Origin::Live, &one),
            second.lists(Origin::Live, &other),
        );
        let (batch, beside) = (first.batch(vec![bodies.0]), second.batch(vec![bodies.1]));
        send(store, &[(&first, &batch), (&second, &beside)]);
        assert_eq!(codes(store), [Code::Booked, Code::Booked]);
        let person = load(store, &first, "1").person;
        assert_eq!(load(store, &second, "2").person, person);
        // Missing from one list is no word of the other, and no release.
        let body = first.misses("1");
        let batch = first.batch(vec![body]);
        send_one(store, &first, &batch);
        assert_eq!(state(store, &first, "1"), CustodyState::NoLongerListed);
        assert_eq!(state(store, &second, "2"), IN);
        let gone = same(&second, "2", BOND);
        tell(store, &mut second, &[gone]);
        let last = events(store).pop().unwrap();
        assert_eq!(last.code, Code::Released);
        assert_eq!(last.details.still_held_at, None);
    });
}

#[test]
fn asks_the_sheriff_about_the_release_of_whoever_is_wanted() {
    each("custody_hold", |store| {
        let mut jail = Jail::new(store, 1);
        let held = |record| {
            with(record, |custody| {
                custody.holds = vec!["RANKIN COUNTY".to_owned()];
            })
        };
        let (wanted, free) = (held(jail.record("1", IN)), jail.record("2", IN));
        tell(store, &mut jail, &[wanted, free]);
        let (wanted, free) = (jail.record("1", BOND), jail.record("2", BOND));
        tell(store, &mut jail, &[wanted, free]);
        let open = tasks(store);
        assert_eq!(open.len(), 1);
        assert!(open[0].about.note.contains("holds or wants"));
        assert_eq!(open[0].about.record, Some(load(store, &jail, "1").record));
        assert_eq!(open[0].opened_at, now());
        // What a full state brings to light is no release of today.
        let late = held(jail.record("3", BOND));
        let what = (Coverage::Full, Evidence::Status);
        let body = jail.row("jms", Origin::Rebaseline, &late, what);
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        assert_eq!(tasks(store).len(), 1);
    });
}

#[test]
fn asks_the_sheriff_about_the_release_of_whoever_waits_for_a_disposition() {
    each("custody_disposition", |store| {
        let mut jail = Jail::new(store, 1);
        let dropped = CustodyState::OutOfCustody(ReleaseReason::ChargesDropped);
        let open = [
            Some(DispositionKind::Open),
            Some(DispositionKind::Dismissed),
        ];
        let done = [
            Some(DispositionKind::NolleProsequi),
            Some(DispositionKind::Dismissed),
        ];
        let numbers = ["1", "2", "3"];
        let booked = numbers.map(|number| charged(jail.record(number, IN), &open));
        for record in &booked {
            list(store, &mut jail, record);
        }
        // One with a charge that nothing has become of, one without, and one on bond.
        let released = [
            charged(jail.record("1", dropped), &open),
            charged(jail.record("2", dropped), &done),
            charged(jail.record("3", BOND), &open),
        ];
        tell(store, &mut jail, &released);
        let asked = tasks(store);
        assert_eq!(asked.len(), 1);
        assert!(
            asked[0]
                .about
                .note
                .contains("1 of 2 charges have no disposition")
        );
        assert_eq!(asked[0].about.record, Some(load(store, &jail, "1").record));
        let kept = load(store, &jail, "2").known.record;
        assert_eq!(kept, released[1], "the registry keeps what became of each");
    });
}

#[test]
fn asks_when_a_hearing_is_that_was_told_without_its_day() {
    each("custody_undated", |store| {
        let mut jail = Jail::new(store, 1);
        let at = |jail: &Jail, number, starts_at: Option<&str>, schedule| Record {
            body: RecordBody::Hearing(Hearing {
                hearing_number: jail.record(number, IN).number().clone(),
                hearing_type: Some("Parole".to_owned()),
                location: None,
                starts_at: starts_at.map(|at| EffectiveAt(Moment::exact(at.parse().unwrap()))),
                schedule,
                decision: None,
                decided_at: None,
            }),
            ..jail.record("1", IN)
        };
        let asked = |store: &Store| open_ones(store, TaskKind::Other).len();
        let undated = at(&jail, "H1", None, Schedule::Set);
        tell(store, &mut jail, &[undated]);
        assert_eq!(codes(store), [Code::HearingSet], "it is told all the same");
        assert_eq!(asked(store), 1);
        let dated = at(&jail, "H1", Some("2026-09-01T15:00:00Z"), Schedule::Set);
        tell(store, &mut jail, &[dated]);
        assert_eq!(asked(store), 0, "it has its day now");
        let undated = at(&jail, "H2", None, Schedule::Set);
        tell(store, &mut jail, &[undated]);
        assert_eq!(asked(store), 1);
        let off = at(&jail, "H2", None, Schedule::Cancelled);
        tell(store, &mut jail, &[off]);
        assert_eq!(asked(store), 0, "it is off");
    });
}

#[test]
fn asks_the_jail_about_whoever_is_missing_until_it_says() {
    each("custody_missing", |store| {
        let mut jail = Jail::new(store, 1);
        let numbers = ["1", "2", "3", "4"];
        for number in numbers {
            let held = jail.record(number, IN);
            list(store, &mut jail, &held);
        }
        let missing = |store: &Store| -> Vec<String> {
            let open = open_ones(store, TaskKind::NoLongerListed).into_iter();
            open.map(|task| task.about.subject).collect()
        };
        let bodies = numbers.map(|number| jail.misses(number)).to_vec();
        let batch = jail.batch(bodies);
        send_one(store, &jail, &batch);
        assert_eq!(missing(store).len(), 4);
        let subject = format!("record/{}", load(store, &jail, "4").record.0);
        // One is listed again, of one a movement says why, and one was missing for a moment only.
        let back = jail.record("1", IN);
        let body = jail.lists(Origin::Live, &back);
        let gone = jail.record("2", BOND);
        let bodies = vec![body, jail.tells(&gone), {
            let again = jail.record("3", IN);
            jail.lists(Origin::Live, &again)
        }];
        let batch = jail.batch(bodies);
        send_one(store, &jail, &batch);
        assert_eq!(missing(store), std::slice::from_ref(&subject));
        let bodies = vec![jail.misses("1"), {
            let again = jail.record("1", IN);
            jail.lists(Origin::Live, &again)
        }];
        let batch = jail.batch(bodies);
        send_one(store, &jail, &batch);
        assert_eq!(missing(store), [subject]);
    });
}
