//! What a person's page is made of, from records that came in as records come in.

use savin_shared::delta::{Change, Coverage, Evidence, Origin};
use savin_shared::event::EventCode as Code;
use savin_shared::ids::{FeedName, RecordNumber};
use savin_shared::record::protective_order::{ProtectiveOrder, Service};
use savin_shared::record::{Record, RecordBody};

use super::{EVENTS_MAX, Person, load};
use crate::ids::PersonId;
use crate::intake::testing::{self, BOND, IN, Jail, each, encoded, name, send_one};
use crate::store::Store;

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
        for record in [
            jail.record("1", IN),
            other_record(&jail, "1", "2", "SEALED"),
        ] {
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
    });
}

#[test]
fn calls_a_person_by_the_newest_record() {
    each("page_names", |store| {
        let mut jail = Jail::new(store, 1);
        let mut newest = other_record(&jail, "1", "2", "ZOE");
        newest.subject.aliases = vec![name("ALIAS", "ABE")];
        for record in [jail.record("1", IN), newest] {
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
