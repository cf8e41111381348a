//! What is told of a place and not of a person: that there is no word from it, and that there is again.
//! Whoever asked for somebody who may be held there is told once, however many she asked for.

use jiff::Timestamp;
use savin_shared::event::EventCode;

use crate::ids::EventPosition;
use crate::notification::fact::Fact;
use crate::notification::rules::Urgency;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::event::{self, Event};
use crate::store::registry::telling::facility_name;
use crate::store::registry::{facility, merge, record};

/// Says whether an event is about a place.
pub(super) const fn is_of_place(code: EventCode) -> bool {
    matches!(code, EventCode::FeedStale | EventCode::FeedRestored)
}

/// Gathers what could be told of an event about a place: one fact for each person who may be held there,
/// all of the one event.
pub(super) fn facts(
    tx: &mut Tx<'_>,
    urgency: Urgency,
    position: EventPosition,
    event: &Event,
) -> Result<Vec<Fact>, StoreError> {
    let Some((place, Some(agency))) = facility::load(tx, &event.facility)? else {
        return Ok(Vec::new());
    };
    let stale = match event.corrects {
        Some(at) => event::id_at(tx, at)?,
        None => None,
    };
    // Of a place that is back, also whoever was learnt since to have left it: she was told of it too.
    let since = match stale {
        Some(_) => event.effective_at.unwrap_or(Timestamp::MAX),
        None => Timestamp::MAX,
    };
    let mut persons = Vec::new();
    for person in record::persons_at(tx, &agency, &place.code, since)? {
        persons.extend(merge::everyone(tx, person)?);
    }
    let name = facility_name(tx, &event.facility)?;
    Ok(persons
        .into_iter()
        .map(|person| Fact {
            event: event.event,
            position,
            person,
            code: event.code.code(),
            urgency: urgency.0,
            name: None,
            facility: name.clone(),
            from_facility: None,
            still_held_at: None,
            elsewhere: Default::default(),
            corrects: stale,
            effective_at: event.effective_at,
            observed_at: event.observed_at.timestamp(),
            received_at: event.received_at.timestamp(),
            found_late: false,
            followed: None,
            details: event.details.clone(),
        })
        .collect())
}
