//! What could be told of events: what is behind them is loaded for all together, so that a server is asked a few
//! times and not a few times for each.

use savin_shared::delta::Origin;
use savin_shared::event::EventCode;
use savin_shared::ids::FacilityCode;
use savin_shared::record::{Record, RecordBody};

use super::places;
use crate::ids::{EventPosition, PersonId};
use crate::names::shown;
use crate::notification::fact::Fact;
use crate::notification::follow::{FollowKind, Followed};
use crate::notification::rules::Urgency;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::event::{self, Event};
use crate::store::registry::telling::{self, Background, FacilityNames, Holder};
use crate::store::registry::{merge, record};

/// What is behind an event.
struct Behind {
    background: Background,
    /// Its person, as whoever that was ever known.
    everyone: Vec<PersonId>,
    /// Who holds the person, where the event says that it was let go.
    holder: Option<Holder>,
}

/// Gathers what could be told of events, once for each person as who an event's person was ever known:
/// whoever asked before two were found to be one asked about either.
pub(super) fn of(
    tx: &mut Tx<'_>,
    told: Vec<(Urgency, EventPosition, Event)>,
) -> Result<Vec<Fact>, StoreError> {
    let behind = behind(tx, &told)?;
    let mut names = FacilityNames::default();
    let mut facts = Vec::with_capacity(told.len());
    for ((urgency, position, event), behind) in told.into_iter().zip(behind) {
        if places::is_of_place(event.code) {
            facts.extend(places::facts(tx, urgency, position, &event)?);
            continue;
        }
        let Some(behind) = behind else { continue };
        let everyone = behind.everyone.clone().into_iter();
        let fact = fact(tx, (urgency, position, event), behind, &mut names)?;
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
    let let_go: Vec<&Event> = events
        .iter()
        .copied()
        .filter(|event| is_let_go(event))
        .collect();
    let mut holders = telling::holders(tx, &let_go)?.into_iter();
    let mut behind = Vec::with_capacity(events.len());
    for (event, (background, everyone)) in events.iter().zip(backgrounds.into_iter().zip(everyone))
    {
        let holder = if is_let_go(event) {
            holders.next().flatten()
        } else {
            None
        };
        let background = background.filter(|background| is_told(background, event.code));
        behind.push(background.map(|background| Behind {
            background,
            everyone,
            holder,
        }));
    }
    Ok(behind)
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

/// Gathers what could be told of an event.
fn fact(
    tx: &mut Tx<'_>,
    (urgency, position, event): (Urgency, EventPosition, Event),
    behind: Behind,
    names: &mut FacilityNames,
) -> Result<Fact, StoreError> {
    let record = behind.background.record;
    let from_facility = event.details.from_facility.as_deref();
    let from_facility = from_facility
        .and_then(|code| FacilityCode::new(code).ok())
        .map(|code| names.of(tx, &code))
        .transpose()?;
    let still_held_at = behind
        .holder
        .map(|holder| telling::holder_name(tx, &event, &holder))
        .transpose()?;
    // What is taken back in the very transaction that stored it had no number yet.
    let mut corrects = event.corrects;
    if event.code == EventCode::Correction {
        corrects = corrects.max(event::last_end_before(tx, event.record, position)?);
    }
    let corrects = corrects.map(|at| event::id_at(tx, at)).transpose()?;
    let facility = names.of(tx, &event.facility)?;
    Ok(Fact {
        event: event.event,
        position,
        person: event.person,
        code: event.code.code(),
        urgency: urgency.0,
        name: record.subject.name.as_ref().map(shown),
        from_facility,
        still_held_at,
        corrects: corrects.flatten(),
        effective_at: event.effective_at,
        observed_at: event.observed_at.timestamp(),
        received_at: event.received_at.timestamp(),
        found_late: event.origin == Origin::FoundLate,
        followed: followed(&record, &facility),
        facility,
        details: event.details,
    })
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
