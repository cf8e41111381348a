//! The event log: what happened, in the order in which it became known.

use std::collections::BTreeMap;

use jiff::Timestamp;
use savin_shared::clock::{ObservedAt, ReceivedAt};
use savin_shared::delta::Origin;
use savin_shared::event::EventCode;
use savin_shared::ids::FacilityCode;
use savin_shared::record::custody::CustodyState;

use super::elsewhere::{self, Apart, Kept};
use super::facility;
use crate::evidence::leaf::EventOpening;
use crate::ids::{EventId, EventPosition, PersonId, RecordId};
use crate::registry::details::Details;
use crate::store::conn::Tx;
use crate::store::value::{Row, Value, optional_time, time};
use crate::store::{StoreError, evidence};
use crate::values;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Tells it from every other.
    pub event: EventId,
    /// What happened.
    pub code: EventCode,
    /// To whom.
    pub person: PersonId,
    /// By which record, and which state of it.
    pub record: RecordId,
    /// Which state of the record.
    pub version: i64,
    /// Where.
    pub facility: FacilityCode,
    /// How the agent came to see it.
    pub origin: Origin,
    /// When the agency says that it happened.
    pub effective_at: Option<Timestamp>,
    /// When the agency says that it wrote it down.
    pub entered_at: Option<Timestamp>,
    /// When the agent saw it.
    pub observed_at: ObservedAt,
    /// When the hub made it durable.
    pub received_at: ReceivedAt,
    /// The position of the event that it takes back, if it does.
    pub corrects: Option<EventPosition>,
    /// Its particulars.
    pub details: Details,
}

impl Event {
    /// Returns what its leaf commits to.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] when its particulars cannot be written.
    pub fn opening(&self, position: EventPosition) -> Result<EventOpening, StoreError> {
        let details = serde_json::to_string(&self.details)
            .map_err(|_| StoreError::Damaged("an event cannot be written"))?;
        Ok(EventOpening {
            position: position.0,
            code: self.code.as_str().to_owned(),
            record: self.record.0,
            version: self.version,
            facility: self.facility.to_string(),
            origin: self.origin.as_str().to_owned(),
            effective_at: self.effective_at,
            entered_at: self.entered_at,
            observed_at: self.observed_at.timestamp(),
            received_at: self.received_at.timestamp(),
            corrects: self.corrects.map(|position| position.0),
            details,
        })
    }
}

/// Appends an event after all others, with a leaf for it in the evidence, under a salt of its own.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn append(
    tx: &mut Tx<'_>,
    event: &Event,
    random: fn() -> [u8; 16],
) -> Result<EventPosition, StoreError> {
    let place = EventPosition(tx.take_numbers("event", 1)?);
    let (events, apart) = (std::slice::from_ref(event), &Apart::new());
    put(tx, (&[place], events, apart), random)?;
    Ok(place)
}

/// Puts events into their places, with what they say of other bookings, each with a leaf in the evidence under a salt of
/// its own; without one in a database that is thrown away.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(
    tx: &mut Tx<'_>,
    (places, events, apart): (&[EventPosition], &[Event], &Apart),
    random: fn() -> [u8; 16],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let openings = places
        .iter()
        .zip(events)
        .map(|(position, event)| event.opening(*position))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let lists: Vec<_> = openings
        .iter()
        .zip(events)
        .map(|(opening, event)| {
            vec![
                opening.position.into(),
                event.event.as_bytes().into(),
                event.code.code().into(),
                event.person.as_bytes().into(),
                event.record.0.into(),
                event.version.into(),
                event.facility.as_str().into(),
                event.origin.code().into(),
                optional_time(event.effective_at),
                optional_time(event.entered_at),
                event.observed_at.micros().into(),
                event.received_at.micros().into(),
                event.corrects.map(|position| position.0).into(),
                opening.details.as_str().into(),
            ]
        })
        .collect();
    let stored = tx.query_many(
        "INSERT INTO event (position, event_id, code, person_id, record_id, version, facility_code,
             origin, effective_at, entered_at, observed_at, received_at, corrects, details)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (event_id) DO NOTHING RETURNING position",
        &lists,
    )?;
    let new = || {
        let all = stored.iter().zip(places.iter().copied().zip(events));
        all.filter(|(stored, _)| !stored.is_empty())
            .map(|(_, placed)| placed)
    };
    let said = new().filter_map(|(position, _)| Some((position, apart.get(&position)?.clone())));
    let kept: BTreeMap<_, _> = said
        .map(|(position, elsewhere)| (position, Kept::new(elsewhere, random())))
        .collect();
    elsewhere::put(tx, &kept)?;
    if tx.is_scratch() {
        return Ok(());
    }
    let leaves = new()
        .map(|placed| elsewhere::leaf_of(placed, kept.get(&placed.0), random()))
        .collect::<Result<Vec<_>, StoreError>>()?;
    evidence::append(tx, &leaves)
}

/// Loads the event at a place.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn at(tx: &mut Tx<'_>, position: EventPosition) -> Result<Option<Event>, StoreError> {
    let row = tx.query_optional(
        "SELECT position, event_id, code, person_id, record_id, version, facility_code, origin,
             effective_at, entered_at, observed_at, received_at, corrects, details
         FROM event WHERE position = $1",
        values![position.0],
    )?;
    Ok(row.as_ref().map(read).transpose()?.map(|(_, event)| event))
}

/// Loads the events of a facility that became known within a time, in order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_facility(
    tx: &mut Tx<'_>,
    facility: &FacilityCode,
    (from, to): (Timestamp, Timestamp),
    events_max: u32,
) -> Result<Vec<(EventPosition, Event)>, StoreError> {
    tx.query(
        "SELECT position, event_id, code, person_id, record_id, version, facility_code, origin,
             effective_at, entered_at, observed_at, received_at, corrects, details
         FROM event WHERE facility_code = $1 AND received_at BETWEEN $2 AND $3
         ORDER BY position LIMIT $4",
        &[
            facility.as_str().into(),
            time(from),
            time(to),
            i64::from(events_max).into(),
        ],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Loads the events after a position, in order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn after(
    tx: &mut Tx<'_>,
    position: EventPosition,
    events_max: u32,
) -> Result<Vec<(EventPosition, Event)>, StoreError> {
    tx.query(
        "SELECT position, event_id, code, person_id, record_id, version, facility_code, origin,
             effective_at, entered_at, observed_at, received_at, corrects, details
         FROM event WHERE position > $1 ORDER BY position LIMIT $2",
        values![position.0, i64::from(events_max)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Returns the last position that was given to an event, whether or not the event was expunged since.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn last(tx: &mut Tx<'_>) -> Result<EventPosition, StoreError> {
    let row = tx.query_optional("SELECT next FROM counter WHERE name = 'event'", values![])?;
    let next = row.map_or(Ok(1), |row| row.integer(0))?;
    Ok(EventPosition(next - 1))
}

/// Loads the newest events of each of these records, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_records(
    tx: &mut Tx<'_>,
    records: &[RecordId],
    events_max: u32,
) -> Result<Vec<(EventPosition, Event)>, StoreError> {
    let lists: Vec<_> = records
        .iter()
        .map(|record| vec![record.0.into(), i64::from(events_max).into()])
        .collect();
    let found = tx.query_many(
        "SELECT position, event_id, code, person_id, record_id, version, facility_code, origin,
             effective_at, entered_at, observed_at, received_at, corrects, details
         FROM event WHERE record_id = $1 ORDER BY position DESC LIMIT $2",
        &lists,
    )?;
    let mut events = found
        .iter()
        .flatten()
        .map(read)
        .collect::<Result<Vec<_>, _>>()?;
    events.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
    Ok(events)
}

/// The events that say that custody has ended, and that a correction may take back; a move to where nobody
/// has said is one too.
const ENDS: [EventCode; 7] = [
    EventCode::Escaped,
    EventCode::EscapeSuspected,
    EventCode::TransferOutOfState,
    EventCode::Released,
    EventCode::Discharged,
    EventCode::Died,
    EventCode::MistakenRelease,
];

/// Returns the newest event of a record that said that custody had ended.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn last_end_of(tx: &mut Tx<'_>, record: RecordId) -> Result<Option<EventPosition>, StoreError> {
    last_end_before(tx, record, EventPosition(i64::MAX))
}

/// Returns the newest event of a record before a place that said that custody had ended.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn last_end_before(
    tx: &mut Tx<'_>,
    record: RecordId,
    before: EventPosition,
) -> Result<Option<EventPosition>, StoreError> {
    let mut values: Vec<Value> = vec![record.0.into(), before.0.into()];
    values.extend(ENDS.map(|code| code.code().into()));
    values.push(EventCode::TransferInState.code().into());
    values.push(format!("%\"state\":\"{}\"%", CustodyState::TransferredOut).into());
    let row = tx.query_optional(
        "SELECT position FROM event
         WHERE record_id = $1 AND position < $2
             AND (code IN ($3, $4, $5, $6, $7, $8, $9) OR code = $10 AND details LIKE $11)
         ORDER BY position DESC LIMIT 1",
        &values,
    )?;
    row.map(|row| Ok(EventPosition(row.integer(0)?)))
        .transpose()
}

/// Returns the newest event of a record that told something a correction may take back.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn last_told_of(
    tx: &mut Tx<'_>,
    record: RecordId,
) -> Result<Option<EventPosition>, StoreError> {
    let row = tx.query_optional(
        "SELECT position FROM event WHERE record_id = $1 AND code <> $2
         ORDER BY position DESC LIMIT 1",
        values![record.0, EventCode::Correction.code()],
    )?;
    row.map(|row| Ok(EventPosition(row.integer(0)?)))
        .transpose()
}

/// Returns the newest event of a record with this code.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn last_with(
    tx: &mut Tx<'_>,
    record: RecordId,
    code: EventCode,
) -> Result<Option<EventPosition>, StoreError> {
    let row = tx.query_optional(
        "SELECT position FROM event WHERE record_id = $1 AND code = $2
         ORDER BY position DESC LIMIT 1",
        values![record.0, code.code()],
    )?;
    row.map(|row| Ok(EventPosition(row.integer(0)?)))
        .transpose()
}

/// Says whether an event of a record with this code and time is known already.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_known(
    tx: &mut Tx<'_>,
    record: RecordId,
    code: EventCode,
    effective_at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM event
         WHERE record_id = $1 AND code = $2 AND effective_at = $3 LIMIT 1",
        &[
            record.0.into(),
            code.code().into(),
            optional_time(effective_at),
        ],
    )?;
    Ok(row.is_some())
}

/// Returns where an event stands in the order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn position_of(tx: &mut Tx<'_>, event: EventId) -> Result<Option<EventPosition>, StoreError> {
    let row = tx.query_optional(
        "SELECT position FROM event WHERE event_id = $1",
        values![event.as_bytes()],
    )?;
    row.map(|row| Ok(EventPosition(row.integer(0)?)))
        .transpose()
}

/// Returns the identifier of the event at a place.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn id_at(tx: &mut Tx<'_>, position: EventPosition) -> Result<Option<EventId>, StoreError> {
    let row = tx.query_optional(
        "SELECT event_id FROM event WHERE position = $1",
        values![position.0],
    )?;
    row.map(|row| Ok(EventId::from_bytes(row.array(0)?)))
        .transpose()
}

/// Returns how many events there are of each code.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn count_by_code(tx: &mut Tx<'_>) -> Result<Vec<(EventCode, u64)>, StoreError> {
    tx.query(
        "SELECT code, count(*) FROM event GROUP BY code ORDER BY code",
        values![],
    )?
    .iter()
    .map(|row| {
        let code = EventCode::from_code(row.code(0)?);
        Ok((
            code.ok_or(StoreError::Damaged("an event's code"))?,
            row.count(1)?,
        ))
    })
    .collect()
}

/// Returns how many events there are of each code and origin, apart for records of which it is in
/// doubt about whom they are.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn count_by_certainty(
    tx: &mut Tx<'_>,
) -> Result<Vec<(EventCode, Origin, bool, u64)>, StoreError> {
    tx.query(
        "SELECT code, origin, is_doubtful, count(*) FROM (
             SELECT e.code, e.origin,
                 CASE WHEN EXISTS (SELECT 1 FROM person_doubt d WHERE d.record_id = e.record_id)
                     THEN 1 ELSE 0 END AS is_doubtful
             FROM event e) counted
         GROUP BY code, origin, is_doubtful ORDER BY code, origin, is_doubtful",
        values![],
    )?
    .iter()
    .map(|row| {
        let damaged = StoreError::Damaged;
        let code = EventCode::from_code(row.code(0)?).ok_or(damaged("an event's code"))?;
        let origin = Origin::from_code(row.code(1)?).ok_or(damaged("an event's origin"))?;
        Ok((code, origin, row.integer(2)? != 0, row.count(3)?))
    })
    .collect()
}

fn read(row: &Row) -> Result<(EventPosition, Event), StoreError> {
    let damaged = StoreError::Damaged;
    let event = Event {
        event: EventId::from_bytes(row.array(1)?),
        code: EventCode::from_code(row.code(2)?).ok_or(damaged("an event's code"))?,
        person: PersonId::from_bytes(row.array(3)?),
        record: RecordId(row.integer(4)?),
        version: row.integer(5)?,
        facility: facility::code(row.text(6)?)?,
        origin: Origin::from_code(row.code(7)?).ok_or(damaged("an event's origin"))?,
        effective_at: row.optional_time(8)?,
        entered_at: row.optional_time(9)?,
        observed_at: ObservedAt(row.time(10)?),
        received_at: ReceivedAt(row.time(11)?),
        corrects: row.optional_integer(12)?.map(EventPosition),
        details: serde_json::from_str(row.text(13)?).map_err(|_| damaged("an event's details"))?,
    };
    Ok((EventPosition(row.integer(0)?), event))
}
