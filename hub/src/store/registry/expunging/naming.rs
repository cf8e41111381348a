//! What events of other bookings say of one that goes: where it holds the person.
//!
//! What is kept apart is taken out, and the events are proved as before. Events of older programs say it in one with all
//! else, and lose what opens their leaves.

use std::collections::BTreeSet;

use savin_shared::event::EventCode;
use savin_shared::ids::FacilityCode;
use savin_shared::record::custody::CustodyState;

use super::super::court_order::Scope;
use super::super::elsewhere::{self, Own};
use super::super::event::{self, Event};
use super::super::telling::background;
use super::super::{merge, record};
use super::histories;
use crate::evidence::leaf;
use crate::ids::{EventPosition, RecordId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// Events of one record that are looked at; nobody's booking has as many.
const EVENTS_MAX: u32 = 100_000;

/// What a task about a release says where another booking holds the person at the very place.
pub const STILL_THERE: &str = "another record says that the person is still held there";

/// An event that names a booking that goes, as it is without that.
pub type Naming = (EventPosition, Event);

/// Finds the records whose events may say where what goes holds the person: the person's others, and those of whoever
/// was parted from the person since they said so.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn beside(tx: &mut Tx<'_>, scope: &Scope) -> Result<Vec<RecordId>, StoreError> {
    let mut records: BTreeSet<_> = scope.others.iter().map(|(_, row)| row.record).collect();
    let mut parted = BTreeSet::new();
    for (one, _) in merge::apart_from(tx, &scope.everyone)? {
        parted.insert(merge::current(tx, one)?);
    }
    for person in &scope.everyone {
        for merge in merge::of_person(tx, *person)? {
            if merge.undone_at.is_some() {
                parted.insert(merge::current(tx, merge.joining.person)?);
                parted.insert(merge::current(tx, merge.joining.into)?);
            }
        }
    }
    parted.retain(|person| !scope.everyone.contains(person));
    let parted: Vec<_> = parted.into_iter().collect();
    let rows = record::of_persons(tx, &parted)?;
    records.extend(rows.iter().flatten().map(|row| row.record));
    Ok(records.into_iter().collect())
}

/// Finds the events of older programs that name what goes: those of the records beside it that say of a place of it
/// that it holds the person.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_before(tx: &mut Tx<'_>, scope: &Scope) -> Result<Vec<Naming>, StoreError> {
    let histories = histories(tx, &scope.records)?;
    let records = histories.iter().flat_map(|(_, records)| records);
    let places: BTreeSet<&FacilityCode> = records.map(|record| &record.facility).collect();
    let others = beside(tx, scope)?;
    let events = event::of_records(tx, &others, EVENTS_MAX)?;
    let positions: Vec<_> = events.iter().map(|(position, _)| *position).collect();
    let kept = elsewhere::of_each(tx, &positions)?;
    let mut naming = Vec::new();
    for ((position, event), kept) in events.into_iter().zip(kept) {
        let is_of_place = |code: &str| places.iter().any(|place| place.as_str() == code);
        let names = |code: &Option<String>| code.as_deref().is_some_and(is_of_place);
        if kept.is_some() {
            continue;
        }
        if names(&event.details.still_held_at) {
            let mut own = event;
            own.details.still_held_at = None;
            naming.push((position, own));
        } else if event.code == EventCode::TransferInState
            && names(&event.details.to_facility)
            && is_handed_over(tx, &event)?
        {
            naming.extend(before_handed_over(event).map(|own| (position, own)));
        }
    }
    Ok(naming)
}

/// Says whether a transfer goes by another record than its own, which is still of the place before.
fn is_handed_over(tx: &mut Tx<'_>, event: &Event) -> Result<bool, StoreError> {
    let background = background(tx, event)?;
    Ok(background.is_some_and(|background| background.record.facility != event.facility))
}

/// Returns what a release or a move was before another agency was found to hold the person.
fn before_handed_over(event: Event) -> Option<Event> {
    let mut own = event;
    own.facility = FacilityCode::new(own.details.from_facility.as_deref()?).ok()?;
    own.details.to_facility = None;
    if own.details.reason.is_some() {
        own.code = EventCode::Released;
        own.details.from_facility = None;
    } else {
        own.details.state = Some(CustodyState::TransferredOut.to_string());
    }
    Some(own)
}

/// Takes out of all events what they say of these records; returns of how many.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub(super) fn take_out(
    tx: &mut Tx<'_>,
    records: &[RecordId],
    before: &[Naming],
) -> Result<u64, StoreError> {
    let mut many = before.len() as u64;
    for record in records {
        for (position, own) in elsewhere::naming(tx, *record)? {
            set(tx, position, &own)?;
            many += 1;
        }
        elsewhere::take_out(tx, *record)?;
    }
    for (position, event) in before {
        set(tx, *position, &Own::of(event))?;
        let subject = leaf::event_subject(*position);
        tx.execute(
            "UPDATE evidence_leaf SET salt = NULL WHERE subject = $1",
            values![subject],
        )?;
    }
    Ok(many)
}

/// Lets an event, and what follows from it, say no more than it says by itself.
fn set(tx: &mut Tx<'_>, position: EventPosition, own: &Own) -> Result<(), StoreError> {
    let details = serde_json::to_string(&own.details)
        .map_err(|_| StoreError::Damaged("an event cannot be written"))?;
    let facility = own.facility.as_str();
    tx.execute_one(
        "event",
        "UPDATE event SET code = $2, facility_code = $3, details = $4 WHERE position = $1",
        values![position.0, own.code.code(), facility, details],
    )?;
    for statement in [
        "UPDATE clock SET facility_code = $2 WHERE event_position = $1",
        "UPDATE task SET facility_code = $2 WHERE event_position = $1",
    ] {
        tx.execute(statement, values![position.0, facility])?;
    }
    // A task that says nothing else is gone.
    tx.execute(
        "DELETE FROM task WHERE event_position = $1 AND note = $2",
        values![
            position.0,
            format!("Released, but {STILL_THERE}. Ask the sheriff.")
        ],
    )?;
    tx.execute(
        "UPDATE task SET note = replace(note, $2, '') WHERE event_position = $1",
        values![position.0, format!(", and {STILL_THERE}")],
    )
    .map(|_| ())
}
