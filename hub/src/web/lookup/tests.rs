//! What a person's page is made of, from records that came in as records come in.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use savin_shared::clock::{Certainty, EffectiveAt, Moment};
use savin_shared::delta::{Change, Coverage, Evidence, Origin};
use savin_shared::event::EventCode as Code;
use savin_shared::frame::heartbeat::{FeedBeat, NOT_READABLE};
use savin_shared::ids::{AgentId, FacilityCode, FeedName, RecordNumber};
use savin_shared::pii::Pii;
use savin_shared::record::court_event::Schedule;
use savin_shared::record::hearing::Hearing;
use savin_shared::record::protective_order::{ProtectiveOrder, Service};
use savin_shared::record::{Record, RecordBody};
use savin_shared::world::World;

use super::{EVENTS_MAX, Person, load, lookup, past};
use crate::ids::PersonId;
use crate::intake::testing::{self, BOND, IN, Jail, each, encoded, name, send_one};
use crate::names::words;
use crate::notification::words::Language;
use crate::store::Store;
use crate::store::registry::court_order::{self, NewOrder, OrderKind, Scope};
use crate::store::registry::decision::DecisionId;
use crate::store::registry::feed;
use crate::web::Site;
use crate::web::limit::Limits;
use crate::web::page::Page;
use crate::web::status::StatusLine;

fn page(store: &Store, person: PersonId) -> Option<Person> {
    let load = move |tx: &mut crate::store::conn::Tx<'_>| load(tx, person, EVENTS_MAX);
    store.read_now("person", load).unwrap()
}

/// Another record of the person of a booking, with another name.
fn other_record(jail: &Jail, of: &str, number: &str, called: &str) -> Record {
    let mut record = jail.record(of, IN);
    let number = RecordNumber::new(number).unwrap();
    record.subject.name = Some(name("EXAMPLE", called));
    if let RecordBody::Custody(custody) = &mut record.body {
        custody.booking_number = number;
    }
    record
}

/// An agent says how its feeds are.
fn beats(store: &Store, agent: AgentId, feeds: &[(&str, &str, Option<&str>)], heard: &str) {
    hindered(store, agent, feeds, heard, None);
}

/// The same, with why nothing of them is taken now.
fn hindered(
    store: &Store,
    agent: AgentId,
    feeds: &[(&str, &str, Option<&str>)],
    heard: &str,
    why: Option<&str>,
) {
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let beats: Vec<FeedBeat> = feeds
        .iter()
        .map(|(feed, facility, as_of)| FeedBeat {
            feed: FeedName::new(feed).unwrap(),
            facility: FacilityCode::new(facility).unwrap(),
            as_of_us: as_of.map(|at| time(at).as_microsecond()),
            source_changed_us: None,
            rows: 1,
            held: why.map(str::to_owned),
        })
        .collect();
    let at = time(heard);
    let put = move |tx: &mut crate::store::conn::Tx<'_>| feed::put(tx, agent, &beats, at);
    store.write_now("beat", put).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "a page sets no deadlines")]
fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}

#[test]
fn breaks_no_number_on_a_page_and_takes_nothing_written_for_a_tag() {
    let whole = english().whole("Call 1-800-555-0100 <b> at 9:00 a.m.");
    let number = "<span class=\"whole\">1-800-555-0100</span>";
    let time = "<span class=\"whole\">9:00 a.m.</span>";
    assert_eq!(whole, format!("Call {number} &#60;b&#62; at {time}"));
}

pub(in crate::web) fn english() -> Page {
    let site = Site {
        url: "https://savin.example".to_owned(),
        phone: "1-800-555-0100".to_owned(),
        leave_url: "https://weather.example".to_owned(),
        zone: TimeZone::get("America/Chicago").unwrap(),
        world: World {
            wall: testing::now,
            monotonic,
            random: testing::random,
        },
        limits: Limits::new(Vec::new()),
    };
    Page::new(&Arc::new(site), Language::En, "/")
}

fn status(store: &Store, person: PersonId) -> StatusLine {
    let person = page(store, person).unwrap();
    let status = person.records[0].status(&english(), testing::now());
    status.unwrap()
}

fn send_body(store: &Store, jail: &mut Jail, body: Vec<u8>) {
    let batch = jail.batch(vec![body]);
    send_one(store, jail, &batch);
}

#[test]
fn tells_nobody_of_a_protective_order() {
    each("page_orders", |store| {
        let mut jail = Jail::new(store, 1);
        let booking = jail.record("1", IN);
        let order = Record {
            body: RecordBody::ProtectiveOrder(ProtectiveOrder {
                order_number: RecordNumber::new("V-1").unwrap(),
                court: None,
                service: Service::Attempted,
                service_at: None,
                expires_at: None,
            }),
            subject: other_record(&jail, "1", "2", "ORDERED").subject,
            ..booking.clone()
        };
        let body = jail.lists(Origin::Live, &booking);
        send_body(store, &mut jail, body);
        let person = testing::load(store, &jail, "1").person;
        let body = jail.row(
            "orders",
            Origin::Live,
            &order,
            (Coverage::Full, Evidence::Status),
        );
        send_body(store, &mut jail, body);
        assert_eq!(
            testing::codes(store),
            [Code::Booked, Code::ProtectiveOrderAttempted]
        );
        let page = page(store, person).unwrap();
        let codes: Vec<Code> = page.events.iter().map(|event| event.code).collect();
        assert_eq!(codes, [Code::Booked]);
        assert_eq!(page.names, [name("SAMPLE", "AVERY1")]);
        assert_eq!(page.records.len(), 1);
    });
}

#[test]
fn shows_neither_events_nor_names_of_a_sealed_record() {
    each("page_sealed", |store| {
        let mut jail = Jail::new(store, 1);
        // One birth date: the jail's number is not doubted for another name.
        let born = Some(Pii::new(jiff::civil::date(1985, 3, 12)));
        for mut record in [
            jail.record("1", IN),
            other_record(&jail, "1", "2", "SEALED"),
        ] {
            record.subject.birth_date.clone_from(&born);
            let body = jail.lists(Origin::Live, &record);
            send_body(store, &mut jail, body);
        }
        let released = jail.record("1", BOND);
        let body = jail.tells(&released);
        send_body(store, &mut jail, body);
        let person = testing::load(store, &jail, "1").person;
        assert_eq!(page(store, person).unwrap().events.len(), 3);
        let key = other_record(&jail, "1", "2", "SEALED").key();
        let roster = FeedName::new("roster").unwrap();
        jail.unlist(&roster, &key);
        let body = encoded(roster, Origin::Live, Change::Withheld(key));
        send_body(store, &mut jail, body);
        let page = page(store, person).unwrap();
        let codes: Vec<Code> = page.events.iter().map(|event| event.code).collect();
        assert_eq!(codes, [Code::Released, Code::Booked]);
        assert_eq!(page.names, [name("SAMPLE", "AVERY1")]);
        // Nor does the name that only the sealed record has lead to the page.
        assert!(page.fits(&words("sample")));
        assert!(!page.fits(&words("example sealed")));
    });
}

#[test]
fn shows_no_page_of_whom_a_court_ordered_to_be_sealed() {
    each("page_order", |store| {
        let mut jail = Jail::new(store, 1);
        let body = jail.lists(Origin::Live, &jail.record("1", IN));
        send_body(store, &mut jail, body);
        let person = testing::load(store, &jail, "1").person;
        let order = NewOrder {
            kind: OrderKind::Seal,
            number: "26-0118".to_owned(),
            court: "Hinds".to_owned(),
        };
        let seal = move |tx: &mut crate::store::conn::Tx<'_>| {
            let scope = Scope::find(tx, person, &[])?;
            court_order::seal(
                tx,
                &scope.covered(OrderKind::Seal, &testing::ORDERS),
                &order,
                DecisionId(1),
                testing::now(),
            )
        };
        store.write_now("seal", seal).unwrap();
        let is_found = || {
            let find = |tx: &mut crate::store::conn::Tx<'_>| lookup::find(tx, &words("sample"), 9);
            !store.read_now("find", find).unwrap().is_empty()
        };
        assert!(page(store, person).is_none() && !is_found());
        // Nor after the jail has said something else of it.
        let body = jail.tells(&jail.record("1", BOND));
        send_body(store, &mut jail, body);
        assert!(page(store, person).is_none() && !is_found());
    });
}

#[test]
fn calls_a_person_by_the_newest_record() {
    each("page_names", |store| {
        let mut jail = Jail::new(store, 1);
        let mut newest = other_record(&jail, "1", "2", "ZOE");
        newest.subject.aliases = vec![name("ALIAS", "ABE")];
        for mut record in [jail.record("1", IN), newest] {
            record.subject.birth_date = Some(Pii::new(jiff::civil::date(1985, 3, 12)));
            let body = jail.lists(Origin::Live, &record);
            send_body(store, &mut jail, body);
        }
        let person = testing::load(store, &jail, "1").person;
        let names = [
            name("EXAMPLE", "ZOE"),
            name("SAMPLE", "AVERY1"),
            name("ALIAS", "ABE"),
        ];
        assert_eq!(page(store, person).unwrap().names, names);
    });
}

#[test]
fn says_as_of_when_the_feed_was_whose_word_it_is() {
    each("page_as_of", |store| {
        let mut jail = Jail::new(store, 1);
        let body = jail.lists(Origin::Live, &jail.record("1", IN));
        send_body(store, &mut jail, body);
        let person = testing::load(store, &jail, "1").person;
        let unknown = status(store, person);
        assert_eq!(unknown.as_of, "We do not know up to when this is so.");
        assert!(unknown.is_doubtful);
        // Heard, but what it lists has never been read; the heartbeat names another facility.
        let agent = jail.speaker.agent;
        beats(
            store,
            agent,
            &[("roster", "ELSEWHERE", None)],
            "2026-06-15T11:59:30Z",
        );
        let unread = status(store, person);
        assert_eq!(unread.as_of, "We do not know up to when this is so.");
        assert!(!unread.is_doubtful);
        let feeds = [
            ("roster", "JAIL-1", Some("2026-06-15T06:00:00Z")),
            ("moves", "JAIL-1", Some("2026-06-15T11:59:00Z")),
        ];
        beats(store, agent, &feeds, "2026-06-15T11:59:30Z");
        assert_eq!(
            status(store, person).as_of,
            "As of June 15, 2026, 1:00 a.m."
        );
        let body = jail.tells(&jail.record("1", BOND));
        send_body(store, &mut jail, body);
        assert_eq!(
            status(store, person).as_of,
            "As of June 15, 2026, 6:59 a.m."
        );
    });
}

#[test]
fn says_apart_that_a_place_cannot_be_read_and_that_changes_are_checked() {
    each("page_dark", |store| {
        let mut jail = Jail::new(store, 1);
        let body = jail.lists(Origin::Live, &jail.record("1", IN));
        send_body(store, &mut jail, body);
        let person = testing::load(store, &jail, "1").person;
        let roster = ("roster", "JAIL-1", Some("2026-06-15T06:00:00Z"));
        let agent = jail.speaker.agent;
        let said = |why: Option<&str>| {
            hindered(store, agent, &[roster], "2026-06-15T11:59:30Z", why);
            let status = status(store, person);
            assert_eq!(status.is_doubtful, why.is_some());
            status.heard
        };
        let dark = said(Some(NOT_READABLE));
        assert!(dark.contains("cannot be read right now"), "{dark}");
        let held = said(Some("mass-absence"));
        assert!(held.contains("checked by a person"), "{held}");
        let good = said(None);
        assert!(!good.contains("cannot be read") && !good.contains("checked"));
    });
}

#[test]
fn does_not_doubt_a_place_for_an_agent_that_was_replaced() {
    each("page_replaced", |store| {
        let mut jail = Jail::new(store, 1);
        let body = jail.lists(Origin::Live, &jail.record("1", IN));
        send_body(store, &mut jail, body);
        let person = testing::load(store, &jail, "1").person;
        let roster = ("roster", "JAIL-1", Some("2026-06-15T06:00:00Z"));
        beats(store, jail.speaker.agent, &[roster], "2026-06-01T06:00:00Z");
        assert!(status(store, person).is_doubtful);
        let replacement = jail.replaced(store, 9);
        beats(
            store,
            replacement.speaker.agent,
            &[roster],
            "2026-06-15T11:59:30Z",
        );
        assert!(!status(store, person).is_doubtful);
    });
}

#[test]
fn shows_a_day_without_a_time_as_a_day_until_it_is_over() {
    each("page_days", |store| {
        let mut jail = Jail::new(store, 1);
        let day = EffectiveAt(Moment {
            at: "2026-06-15T05:00:00Z".parse().unwrap(),
            certainty: Certainty::DateOnly,
        });
        let mut booking = jail.record("1", BOND);
        if let RecordBody::Custody(custody) = &mut booking.body {
            custody.released_at = Some(day);
        }
        let hearing = Record {
            body: RecordBody::Hearing(Hearing {
                hearing_number: RecordNumber::new("H-1").unwrap(),
                hearing_type: Some("Parole hearing".to_owned()),
                location: None,
                starts_at: Some(day),
                schedule: Schedule::Set,
                decision: None,
                decided_at: None,
            }),
            ..booking.clone()
        };
        for record in [&hearing, &booking] {
            let body = jail.row(
                "jms",
                Origin::Live,
                record,
                (Coverage::Full, Evidence::Status),
            );
            send_body(store, &mut jail, body);
        }
        let person = testing::load(store, &jail, "1").person;
        let page = page(store, person).unwrap();
        assert!(page.events[0].details.effective_is_day);
        assert_eq!(past(&english(), &page.events[0]), "Released: June 15, 2026");
        let since = &status(store, person).particulars[0];
        assert_eq!(since, "Since June 15, 2026");
        let coming = |now: &str| page.records[1].coming(&english(), now.parse().unwrap());
        let line = "Parole hearing: June 15, 2026";
        assert_eq!(coming("2026-06-15T23:00:00Z").as_deref(), Some(line));
        assert_eq!(coming("2026-06-16T06:00:00Z"), None);
    });
}
