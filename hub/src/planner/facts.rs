//! What could be told of events: what is behind them is loaded for all together, so that a server is asked a few
//! times and not a few times for each.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::delta::Origin;
use savin_shared::event::EventCode;
use savin_shared::ids::FacilityCode;
use savin_shared::record::{Record, RecordBody};

use super::places;
use crate::ids::{EventPosition, PersonId, RecordId};
use crate::names::shown;
use crate::notification::fact::{self, BookingHash, Fact, HeldBy, OwnWord};
use crate::notification::follow::{FollowKind, Followed};
use crate::notification::rules::Urgency;
use crate::registry::details::Details;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::elsewhere::{self, Elsewhere, Own, Said};
use crate::store::registry::event::{self, Event};
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::telling::{self, Background, FacilityNames, Holder, Holders};
use crate::store::registry::{merge, record};

/// What is behind an event.
struct Behind {
    background: Background,
    /// Its person, as whoever that was ever known.
    everyone: Vec<PersonId>,
    /// Who holds the person, where the event says that it was let go.
    holders: Holders,
    /// What it says by itself, where it says something of another booking.
    own: Option<(BookingHash, Own)>,
    /// The booking that it tells.
    booked: Option<BookingHash>,
}

/// Gathers what could be told of events, once for each person as who an event's person was ever known:
/// whoever asked before two were found to be one asked about either.
pub(super) fn of(
    tx: &mut Tx<'_>,
    told: Vec<(Urgency, EventPosition, Event)>,
    orders: &OrderKey,
) -> Result<Vec<Fact>, StoreError> {
    let behind = behind(tx, &told, orders)?;
    let mut names = FacilityNames::default();
    let mut facts = Vec::with_capacity(told.len());
    for ((urgency, position, event), behind) in told.into_iter().zip(behind) {
        if places::is_of_place(event.code) {
            facts.extend(places::facts(tx, urgency, position, &event)?);
            continue;
        }
        let Some(behind) = behind else { continue };
        let everyone = behind.everyone.clone().into_iter();
        let told = (urgency, position, event);
        let fact = fact(tx, told, (behind, orders), &mut names)?;
        facts.extend(everyone.map(|person| Fact {
            person,
            ..fact.clone()
        }));
    }
    Ok(facts)
}

/// Loads what is behind each event; nothing where it is of a place, was sealed since, or made up.
fn behind(
    tx: &mut Tx<'_>,
    told: &[(Urgency, EventPosition, Event)],
    orders: &OrderKey,
) -> Result<Vec<Option<Behind>>, StoreError> {
    let events: Vec<&Event> = told.iter().map(|(.., event)| event).collect();
    let backgrounds = telling::backgrounds(tx, &events)?;
    let records: Vec<_> = events.iter().map(|event| event.record).collect();
    let persons: Vec<_> = record::persons_of(tx, &records)?
        .into_iter()
        .zip(&events)
        .map(|(person, event)| person.unwrap_or(event.person))
        .collect();
    let everyone = merge::everyone_of_each(tx, &persons)?;
    let is_gone = |event: &&Event| is_let_go(event) || is_moved(event);
    let let_go: Vec<&Event> = events.iter().copied().filter(is_gone).collect();
    let mut holders = telling::holders(tx, &let_go)?.into_iter();
    let mut others = others(tx, told, orders)?.into_iter();
    let mut behind = Vec::with_capacity(events.len());
    for (event, (background, everyone)) in events.iter().zip(backgrounds.into_iter().zip(everyone))
    {
        let (own, booked) = others.next().unwrap_or_default();
        let mut holders = if is_gone(event) {
            holders.next().unwrap_or_default()
        } else {
            Holders::default()
        };
        if !is_let_go(event) {
            // A move says itself where the person is.
            holders.told.clear();
        }
        let background = background.filter(|background| is_told(background, event.code));
        behind.push(background.map(|background| Behind {
            background,
            everyone,
            holders,
            own,
            booked,
        }));
    }
    Ok(behind)
}

/// What an event says without another booking, and the booking that it tells itself.
type Other = (Option<(BookingHash, Own)>, Option<BookingHash>);

/// Finds of each event by which other booking it says where the person is, and which booking it tells.
fn others(
    tx: &mut Tx<'_>,
    told: &[(Urgency, EventPosition, Event)],
    orders: &OrderKey,
) -> Result<Vec<Other>, StoreError> {
    let positions: Vec<_> = told.iter().map(|(_, position, _)| *position).collect();
    let said = elsewhere::of_each(tx, &positions)?.into_iter();
    let said: Vec<Option<Box<Said>>> = said
        .map(|kept| match kept?.elsewhere {
            Elsewhere::Said(said) => Some(said),
            Elsewhere::TakenOut => None,
        })
        .collect();
    let records = told.iter().zip(&said).filter_map(|((.., event), said)| {
        let is_booking = event.code == EventCode::Booked;
        let other = said.as_ref().map(|said| said.record);
        other.or(is_booking.then_some(event.record))
    });
    let records: BTreeSet<RecordId> = records.collect();
    let records: Vec<_> = records.into_iter().collect();
    let names = elsewhere::names(tx, &records)?;
    let booking = |(agency, key)| orders.tombstone(&agency, &key);
    let bookings: BTreeMap<RecordId, BookingHash> = records
        .into_iter()
        .zip(names)
        .filter_map(|(record, name)| Some((record, booking(name?))))
        .collect();
    let other = |((.., event), said): (&(Urgency, EventPosition, Event), Option<Box<Said>>)| {
        let own = said.and_then(|said| Some((*bookings.get(&said.record)?, said.own)));
        let is_booking = event.code == EventCode::Booked;
        let booked = bookings.get(&event.record).copied();
        (own, booked.filter(|_| is_booking))
    };
    Ok(told.iter().zip(said).map(other).collect())
}

/// Says whether anything is told of an event: of a daily test only its end comes out, at the monitored line, and no
/// registrant is told.
fn is_told(background: &Background, code: EventCode) -> bool {
    let is_kept = background.record.synthetic && code != EventCode::Released;
    !background.is_sealed && !is_kept
}

/// Says whether it is to be looked up where the person is now before an event is told: the registry may have learnt
/// more since, and what it learnt then may have changed.
const fn is_let_go(event: &Event) -> bool {
    let noted = event.details.still_held_at.is_some();
    noted || matches!(event.code, EventCode::Released | EventCode::Discharged)
}

/// Says whether it is a move to where another booking may hold the person.
const fn is_moved(event: &Event) -> bool {
    matches!(
        event.code,
        EventCode::TransferInState | EventCode::TransferOutOfState
    )
}

/// Gathers what could be told of an event.
fn fact(
    tx: &mut Tx<'_>,
    (urgency, position, event): (Urgency, EventPosition, Event),
    (behind, orders): (Behind, &OrderKey),
    names: &mut FacilityNames,
) -> Result<Fact, StoreError> {
    let record = behind.background.record;
    let from_facility = from(tx, &event.details, names)?;
    let mut held_by = held_by(tx, &event, (&behind.holders.told, orders))?;
    let still_held_at = held_by.first().map(|held| held.place.clone());
    // What is taken back in the very transaction that stored it had no number yet.
    let mut corrects = event.corrects;
    if event.code == EventCode::Correction {
        corrects = corrects.max(event::last_end_before(tx, event.record, position)?);
    }
    let corrects = corrects.map(|at| event::id_at(tx, at)).transpose()?;
    let facility = names.of(tx, &event.facility)?;
    held_by.extend(behind.booked.map(|booking| HeldBy {
        booking,
        place: facility.clone(),
    }));
    let own = match behind.own {
        Some((booking, own)) => Some(Box::new(OwnWord {
            booking,
            code: own.code.code(),
            facility: names.of(tx, &own.facility)?,
            from_facility: from(tx, &own.details, names)?,
            details: own.details,
        })),
        None => None,
    };
    Ok(Fact {
        event: event.event,
        position,
        person: event.person,
        code: event.code.code(),
        urgency: urgency.0,
        name: record.subject.name.as_ref().map(shown),
        from_facility,
        still_held_at,
        elsewhere: fact::Elsewhere {
            held_by,
            own,
            hidden_by: behind.holders.hidden_by,
        },
        corrects: corrects.flatten(),
        effective_at: event.effective_at,
        observed_at: event.observed_at.timestamp(),
        received_at: event.received_at.timestamp(),
        found_late: matches!(event.origin, Origin::FoundLate | Origin::Rebaseline),
        followed: followed(&record, &facility),
        facility,
        details: event.details,
    })
}

/// Returns what the facility before is called.
fn from(
    tx: &mut Tx<'_>,
    details: &Details,
    names: &mut FacilityNames,
) -> Result<Option<String>, StoreError> {
    let code = details.from_facility.as_deref();
    let code = code.and_then(|code| FacilityCode::new(code).ok());
    code.map(|code| names.of(tx, &code)).transpose()
}

/// Names the bookings that hold whoever an event says was let go, and their places.
pub(super) fn held_by(
    tx: &mut Tx<'_>,
    event: &Event,
    (holders, orders): (&[Holder], &OrderKey),
) -> Result<Vec<HeldBy>, StoreError> {
    let name = |holder: &Holder| {
        Ok(HeldBy {
            booking: orders.tombstone(&holder.agency, &holder.key),
            place: telling::holder_name(tx, event, holder)?,
        })
    };
    holders.iter().map(name).collect()
}

/// Returns by what those who follow a case, or asked for an order, are found. A court that does not name
/// itself is the facility that speaks.
#[must_use]
pub fn followed(record: &Record, facility: &str) -> Option<Followed> {
    let (kind, number, court) = match &record.body {
        RecordBody::CourtEvent(event) => (
            FollowKind::Case,
            event.case_number.as_deref()?,
            event.court.as_deref(),
        ),
        RecordBody::ProtectiveOrder(order) => (
            FollowKind::Order,
            order.order_number.as_str(),
            order.court.as_deref(),
        ),
        RecordBody::Custody(_)
        | RecordBody::Hearing(_)
        | RecordBody::Supervision(_)
        | RecordBody::SexOffender(_) => return None,
    };
    Some(Followed {
        kind,
        number: number.to_owned(),
        court: court.unwrap_or(facility).to_owned(),
    })
}
