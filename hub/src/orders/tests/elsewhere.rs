//! One of two bookings is expunged: nothing that is kept of the other says where that one was.

use std::collections::BTreeSet;

use savin_shared::event::EventCode;
use savin_shared::ids::OffenderId;
use savin_shared::record::Record;
use savin_shared::record::custody::{CustodyState, ReleaseReason};

use super::super::Databases;
use super::super::carrying::carry_out;
use super::{Hub, ask, cells, each, fact_of, registration};
use crate::ids::{OrderId, PersonId};
use crate::intake::testing::{BOND, IN, Jail, ORDERS, assert_durable, events, load, now, send_one};
use crate::notification::fact::{Elsewhere, Fact, HeldBy};
use crate::store::Store;
use crate::store::conn::Tx;
use crate::store::registry::court_order::{NewOrder, OrderKind, Scope};
use crate::store::registry::decision::DecisionId;
use crate::store::registry::event::{self, Event};
use crate::store::registry::{elsewhere, merge, person};
use crate::store::testing::{contents, forget_apart};
use crate::store::value::Value;
use crate::store::vault::watermark;
use crate::vault::command::PlannerCommand;

/// What the second jail is called.
const PLACE: &str = "Other County Jail";

/// A person whom two jails hold, and of whom only the first's booking stays.
struct Two {
    hub: Hub,
    other: Jail,
}

impl Two {
    fn new(hub: Hub) -> Self {
        let other = Jail::new(&hub.registry, 2);
        let mut two = Self { hub, other };
        let booked = two.first(IN);
        two.hub.tell(&booked);
        let booked = two.second(IN);
        two.other_tells(&booked);
        two
    }

    fn first(&self, state: CustodyState) -> Record {
        same(self.hub.jail.record("A-1", state))
    }

    fn second(&self, state: CustodyState) -> Record {
        same(self.other.record("B-1", state))
    }

    fn other_tells(&mut self, record: &Record) {
        let body = self.other.tells(record);
        let batch = self.other.batch(vec![body]);
        assert_durable(
            &send_one(&self.hub.registry, &self.other, &batch),
            &self.other,
        );
    }

    /// The first jail lets the person go, and the second booking is expunged.
    fn release_and_expunge(&mut self, state: CustodyState) -> (Event, OrderId) {
        let released = self.first(state);
        self.hub.tell(&released);
        let told = self.last_of_first();
        (told, self.expunge())
    }

    fn last_of_first(&self) -> Event {
        let record = load(&self.hub.registry, &self.hub.jail, "A-1").record;
        let mut all = events(&self.hub.registry);
        all.retain(|event| event.record == record);
        all.pop().unwrap()
    }

    fn expunge(&self) -> OrderId {
        self.order(OrderKind::Expunge, "expunge")
    }
}

impl Two {
    /// Tells whoever asked about the person of the last event, with where the second booking holds the person.
    fn tell_registrant(&self) {
        self.tell_with(true);
    }

    /// Tells it, as an older program did where it is not to note by which booking the person is held.
    fn tell_with(&self, is_noted: bool) {
        let hub = &self.hub;
        let row = load(&hub.registry, &hub.jail, "A-1");
        ask(&hub.vault, registration(row.person));
        let event = self.last_of_first();
        let at = event.event;
        let find = move |tx: &mut Tx<'_>| event::position_of(tx, at);
        let position = hub.registry.read_now("position", find).unwrap().unwrap();
        let key = self.second(IN).key();
        let held_by = HeldBy {
            booking: ORDERS.tombstone(&self.other.speaker.agency, &key),
            place: PLACE.to_owned(),
        };
        let from = hub.vault_store.read_now("watermark", watermark::load);
        let fact = Fact {
            person: row.person,
            still_held_at: Some(PLACE.to_owned()),
            elsewhere: Elsewhere {
                held_by: Vec::from_iter(is_noted.then_some(held_by)),
                ..Elsewhere::default()
            },
            ..fact_of(&event, position)
        };
        let plan = PlannerCommand::Plan {
            from: from.unwrap(),
            to: position,
            facts: vec![fact],
        };
        ask(&hub.vault, plan);
    }

    /// Says in which of the vault's columns the second booking's place stands.
    fn vault_names(&self) -> BTreeSet<String> {
        let key = self.hub.data_key();
        let mut naming = BTreeSet::new();
        for (table, rows) in contents(&self.hub.vault_store) {
            for (_, column, value) in cells(&rows.columns, &rows.rows) {
                let Value::Bytes(bytes) = value else { continue };
                if self
                    .hub
                    .readable(key.as_ref(), column, bytes)
                    .contains(PLACE)
                {
                    naming.insert(format!("{table}.{column}"));
                }
            }
        }
        naming
    }

    fn order(&self, kind: OrderKind, word: &'static str) -> OrderId {
        let row = load(&self.hub.registry, &self.other, "B-1");
        let find = move |tx: &mut Tx<'_>| Scope::find(tx, row.person, &[row.record]);
        let scope = self.hub.registry.read_now("scope", find).unwrap();
        let order = NewOrder {
            kind,
            number: "26-0119".to_owned(),
            court: "Hinds".to_owned(),
        };
        let signed = self.hub.sign(word, "");
        let databases: Databases<'_> = self.hub.databases();
        let given = databases.give(&scope, &order, &signed, now()).unwrap();
        carry_out(databases, now()).unwrap();
        given
    }

    /// Returns what the public page has of the first booking's last event.
    fn shown(&self) -> Event {
        let record = load(&self.hub.registry, &self.hub.jail, "A-1").record;
        let read = move |tx: &mut Tx<'_>| {
            let newest = event::of_records(tx, &[record], 1)?;
            elsewhere::shown(tx, newest)
        };
        let shown = self.hub.registry.read_now("shown", read).unwrap();
        shown.into_iter().next().unwrap().1
    }
}

impl Hub {
    fn tell(&mut self, record: &Record) {
        let body = self.jail.tells(record);
        self.send(body);
    }
}

fn same(mut record: Record) -> Record {
    record.subject.offender_id = Some(OffenderId::new("K70007").unwrap());
    record
}

/// Says in which tables a place is named, but where everybody sees that it is one: who is enrolled there, and the
/// decision that names it.
fn naming(store: &Store, place: &str) -> Vec<String> {
    let mut naming = Vec::new();
    for (table, rows) in contents(store) {
        if ["agent", "agency", "facility", "feed", "evidence_leaf"].contains(&table.as_str()) {
            continue;
        }
        for (column, value) in rows
            .rows
            .iter()
            .flat_map(|row| rows.columns.iter().zip(row))
        {
            let text = match value {
                Value::Text(text) => text.clone(),
                Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Value::Null | Value::Integer(_) => continue,
            };
            if text.contains(place) {
                naming.push(format!("{table}.{column}"));
            }
        }
    }
    naming
}

#[test]
fn no_release_of_another_booking_says_where_an_expunged_one_was() {
    each("expunge_elsewhere", |hub| {
        let mut two = Two::new(hub);
        let (told, _) = two.release_and_expunge(BOND);
        assert_eq!(told.details.still_held_at.as_deref(), Some("JAIL-2"));
        let kept = two.last_of_first();
        assert_eq!(kept.event, told.event);
        assert_eq!(kept.code, EventCode::Released);
        assert_eq!(kept.details.still_held_at, None);
        assert_eq!(naming(&two.hub.registry, "JAIL-2"), Vec::<String>::new());
        assert_eq!(two.hub.replayed(), []);
    });
}

#[test]
fn no_transfer_says_where_an_expunged_booking_was() {
    for (state, name) in [
        (CustodyState::TransferredOut, "expunge_moved"),
        (
            CustodyState::OutOfCustody(ReleaseReason::ToOtherAgency),
            "expunge_handed_over",
        ),
    ] {
        each(name, |hub| {
            let mut two = Two::new(hub);
            let (told, _) = two.release_and_expunge(state);
            assert_eq!(told.code, EventCode::TransferInState);
            assert_eq!(told.facility.as_str(), "JAIL-2");
            let kept = two.last_of_first();
            assert_eq!(kept.facility.as_str(), "JAIL-1");
            assert_eq!(kept.details.to_facility, None);
            assert_eq!(naming(&two.hub.registry, "JAIL-2"), Vec::<String>::new());
            assert_eq!(two.hub.replayed(), []);
        });
    }
}

#[test]
fn no_notice_of_another_booking_says_where_an_expunged_one_was() {
    each("expunge_elsewhere_told", |hub| {
        let mut two = Two::new(hub);
        let released = two.first(BOND);
        two.hub.tell(&released);
        two.tell_registrant();
        assert_eq!(two.vault_names().len(), 1, "{:?}", two.vault_names());
        two.expunge();
        assert_eq!(two.vault_names(), BTreeSet::new());
        // She may take the person to be held, and of the release from there she will not hear.
        assert_eq!(two.hub.calls(), (1, 1), "the jail and the registrant");
    });
}

#[test]
fn a_sealed_booking_is_not_named_by_another_until_the_seal_is_lifted() {
    each("seal_elsewhere", |hub| {
        let mut two = Two::new(hub);
        let moved = two.first(CustodyState::TransferredOut);
        two.hub.tell(&moved);
        assert_eq!(two.shown().facility.as_str(), "JAIL-2");
        let order = two.order(OrderKind::Seal, "seal");
        let shown = two.shown();
        assert_eq!(shown.facility.as_str(), "JAIL-1");
        assert_eq!(shown.details.to_facility, None);
        two.hub.lift(order).unwrap();
        assert_eq!(two.shown().facility.as_str(), "JAIL-2");
        assert_eq!(two.hub.replayed(), []);
    });
}

#[test]
fn a_vault_of_before_says_nothing_of_an_expunged_booking_once_it_is_put_back() {
    each("expunge_elsewhere_older", |hub| {
        let mut two = Two::new(hub);
        let released = two.first(BOND);
        two.hub.tell(&released);
        two.tell_with(false);
        let backup = two.hub.backup();
        two.expunge();
        assert_eq!(two.vault_names(), BTreeSet::new());
        two.hub.restore(&backup, [false, true]);
        assert_eq!(two.vault_names().len(), 1, "the copy has it");
        assert_eq!(two.hub.start().again, 1);
        assert_eq!(two.vault_names(), BTreeSet::new());
    });
}

#[test]
fn no_event_of_whoever_was_parted_since_says_where_an_expunged_booking_was() {
    for (is_first_parted, name) in [(true, "expunge_parted"), (false, "expunge_parted_from")] {
        each(name, |hub| {
            let mut two = Two::new(hub);
            let released = two.first(BOND);
            two.hub.tell(&released);
            forget_apart(&two.hub.registry).unwrap();
            assert_ne!(naming(&two.hub.registry, "JAIL-2"), Vec::<String>::new());
            let first = load(&two.hub.registry, &two.hub.jail, "A-1");
            let second = load(&two.hub.registry, &two.other, "B-1");
            let parted = if is_first_parted { first } else { second };
            let to = PersonId::from_bytes([0x77; 16]);
            let part = move |tx: &mut Tx<'_>| {
                person::insert_many(tx, &[to], now())?;
                let (pair, records) = ((parted.person, to), [parted.record]);
                merge::part(tx, pair, &records, DecisionId(1), now())
            };
            two.hub.registry.write_now("part", part).unwrap();
            two.expunge();
            assert_eq!(naming(&two.hub.registry, "JAIL-2"), Vec::<String>::new());
        });
    }
}
