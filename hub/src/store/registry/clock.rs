//! Deadlines that events started, and up to which event they were looked for.

use jiff::Timestamp;
use savin_shared::event::EventCode;
use savin_shared::ids::FacilityCode;

use super::facility;
pub use crate::clocks::{ClockState, Step};
use crate::ids::{EventId, EventPosition, PersonId, RecordId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, optional_time, time};
use crate::values;

/// A clock as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRow {
    /// What it is called.
    pub clock: String,
    /// The place of the event that started it.
    pub position: EventPosition,
    /// The event.
    pub event: EventId,
    /// What happened.
    pub code: EventCode,
    /// By which record.
    pub record: RecordId,
    /// To whom.
    pub person: PersonId,
    /// Where.
    pub facility: FacilityCode,
    /// The version of the table that started it.
    pub version: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// When its window opens, where it has one.
    pub opens_at: Option<Timestamp>,
    /// When it comes to a person.
    pub warns_at: Timestamp,
    /// When it has passed.
    pub due_at: Timestamp,
    /// Where it stands.
    pub state: ClockState,
    /// What is next to be done about it.
    pub step: Step,
    /// When that is to be done; never for one that has ended.
    pub look_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Starts clocks; one that was started by the same event stays as it is.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn start(tx: &mut Tx<'_>, clocks: &[ClockRow]) -> Result<(), StoreError> {
    let lists: Vec<_> = clocks
        .iter()
        .map(|row| {
            vec![
                row.clock.as_str().into(),
                row.position.0.into(),
                row.event.as_bytes().into(),
                row.code.code().into(),
                row.record.0.into(),
                row.person.as_bytes().into(),
                row.facility.as_str().into(),
                row.version.as_str().into(),
                time(row.started_at),
                optional_time(row.opens_at),
                time(row.warns_at),
                time(row.due_at),
                row.state.as_str().into(),
                row.step.as_str().into(),
                optional_time(row.look_at),
                optional_time(row.ended_at),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO clock (clock, event_position, event_id, code, record_id, person_id,
             facility_code, version, started_at, opens_at, warns_at, due_at, state, step, look_at,
             ended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (clock, event_position) DO NOTHING",
        &lists,
    )
}

/// Lists the clocks of a record that run.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn running_of(tx: &mut Tx<'_>, record: RecordId) -> Result<Vec<ClockRow>, StoreError> {
    tx.query(
        "SELECT clock, event_position, event_id, code, record_id, person_id, facility_code, version,
             started_at, opens_at, warns_at, due_at, state, step, look_at, ended_at
         FROM clock WHERE record_id = $1 AND state = 'running'
         ORDER BY event_position, clock LIMIT 1000",
        values![record.0],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists running clocks about which something is to be done by now, the oldest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn to_look_at(
    tx: &mut Tx<'_>,
    now: Timestamp,
    clocks_max: u32,
) -> Result<Vec<ClockRow>, StoreError> {
    tx.query(
        "SELECT clock, event_position, event_id, code, record_id, person_id, facility_code, version,
             started_at, opens_at, warns_at, due_at, state, step, look_at, ended_at
         FROM clock WHERE look_at <= $1 ORDER BY look_at, event_position, clock LIMIT $2",
        &[time(now), i64::from(clocks_max).into()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists clocks in a state whose deadline is between two times, the first first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn due_between(
    tx: &mut Tx<'_>,
    state: ClockState,
    (from, to): (Timestamp, Timestamp),
    clocks_max: u32,
) -> Result<Vec<ClockRow>, StoreError> {
    tx.query(
        "SELECT clock, event_position, event_id, code, record_id, person_id, facility_code, version,
             started_at, opens_at, warns_at, due_at, state, step, look_at, ended_at
         FROM clock WHERE state = $1 AND due_at BETWEEN $2 AND $3
         ORDER BY due_at, event_position, clock LIMIT $4",
        &[
            state.as_str().into(),
            time(from),
            time(to),
            i64::from(clocks_max).into(),
        ],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Says what is next to be done about a running clock, and when.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn next(
    tx: &mut Tx<'_>,
    row: &ClockRow,
    step: Step,
    look_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE clock SET step = $3, look_at = $4
         WHERE clock = $1 AND event_position = $2 AND state = 'running'",
        &[
            row.clock.as_str().into(),
            row.position.0.into(),
            step.as_str().into(),
            time(look_at),
        ],
    )
    .map(|_| ())
}

/// Ends a running clock; returns whether it ran.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn end(
    tx: &mut Tx<'_>,
    row: &ClockRow,
    state: ClockState,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE clock SET state = $3, ended_at = $4, look_at = NULL
         WHERE clock = $1 AND event_position = $2 AND state = 'running'",
        &[
            row.clock.as_str().into(),
            row.position.0.into(),
            state.as_str().into(),
            time(now),
        ],
    )?;
    Ok(changed == 1)
}

/// Ends the clocks that an event started which was taken back.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn void_of_event(
    tx: &mut Tx<'_>,
    position: EventPosition,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE clock SET state = 'void', ended_at = $2, look_at = NULL
         WHERE event_position = $1 AND state = 'running'",
        &[position.0.into(), time(now)],
    )
    .map(|_| ())
}

/// Counts clocks by name, facility and state.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn count(tx: &mut Tx<'_>) -> Result<Vec<(String, FacilityCode, ClockState, u64)>, StoreError> {
    tx.query(
        "SELECT clock, facility_code, state, count(*) FROM clock
         GROUP BY clock, facility_code, state ORDER BY clock, facility_code, state",
        values![],
    )?
    .iter()
    .map(|row| {
        let facility = facility::code(row.text(1)?)?;
        Ok((
            row.text(0)?.to_owned(),
            facility,
            state(row, 2)?,
            row.count(3)?,
        ))
    })
    .collect()
}

/// Returns up to which event clocks were looked for.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn position(tx: &mut Tx<'_>) -> Result<EventPosition, StoreError> {
    let row = tx.query_optional(
        "SELECT position FROM progress WHERE name = 'clocks'",
        values![],
    )?;
    Ok(EventPosition(row.map_or(Ok(0), |row| row.integer(0))?))
}

/// Notes up to which event clocks were looked for.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn advance(tx: &mut Tx<'_>, position: EventPosition) -> Result<(), StoreError> {
    tx.execute_one(
        "progress",
        "INSERT INTO progress (name, position) VALUES ('clocks', $1)
         ON CONFLICT (name) DO UPDATE SET position = $1",
        values![position.0],
    )
}

fn state(row: &Row, place: usize) -> Result<ClockState, StoreError> {
    ClockState::parse(row.text(place)?).ok_or(StoreError::Damaged("a clock's state"))
}

fn read(row: &Row) -> Result<ClockRow, StoreError> {
    let damaged = StoreError::Damaged;
    Ok(ClockRow {
        clock: row.text(0)?.to_owned(),
        position: EventPosition(row.integer(1)?),
        event: EventId::from_bytes(row.array(2)?),
        code: EventCode::from_code(row.code(3)?).ok_or(damaged("an event's code"))?,
        record: RecordId(row.integer(4)?),
        person: PersonId::from_bytes(row.array(5)?),
        facility: facility::code(row.text(6)?)?,
        version: row.text(7)?.to_owned(),
        started_at: row.time(8)?,
        opens_at: row.optional_time(9)?,
        warns_at: row.time(10)?,
        due_at: row.time(11)?,
        state: state(row, 12)?,
        step: Step::parse(row.text(13)?).ok_or(damaged("a clock's step"))?,
        look_at: row.optional_time(14)?,
        ended_at: row.optional_time(15)?,
    })
}
