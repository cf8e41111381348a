//! How fresh what is known of each facility is, its cadence, and every change of it.

use jiff::{SignedDuration, Timestamp};
use savin_shared::ids::FacilityCode;

use super::facility;
use crate::freshness::standing::{Grade, RHYTHM_DAYS, Standing, Why};
use crate::ids::EventPosition;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, optional_time, time};
use crate::values;

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// How a facility stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityStanding {
    /// Which.
    pub facility: FacilityCode,
    /// How.
    pub standing: Standing,
    /// The event that told that there is no word from it, until one tells that it is back.
    pub told: Option<EventPosition>,
}

/// One change of a grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of which facility.
    pub facility: FacilityCode,
    /// When.
    pub at: Timestamp,
    /// To what.
    pub grade: Grade,
    /// Why.
    pub why: Why,
}

/// Loads how every facility stands that was ever heard, by its code.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<FacilityStanding>, StoreError> {
    tx.query(
        "SELECT facility_code, grade, why, since, as_of, confirmed_at, silent_since, blocked_since,
             wholly_blocked_since, well_since, told_position, counted_from, looked_at,
             listening_since
         FROM facility_freshness ORDER BY facility_code",
        &[],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Loads how each of these facilities stands, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_each(
    tx: &mut Tx<'_>,
    facilities: &[&FacilityCode],
) -> Result<Vec<Option<FacilityStanding>>, StoreError> {
    let lists: Vec<_> = facilities
        .iter()
        .map(|facility| vec![facility.as_str().into()])
        .collect();
    tx.query_many(
        "SELECT facility_code, grade, why, since, as_of, confirmed_at, silent_since, blocked_since,
             wholly_blocked_since, well_since, told_position, counted_from, looked_at,
             listening_since
         FROM facility_freshness WHERE facility_code = $1",
        &lists,
    )?
    .iter()
    .map(|rows| rows.first().map(read).transpose())
    .collect()
}

/// Stores how facilities stand.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put_many(tx: &mut Tx<'_>, standings: &[FacilityStanding]) -> Result<(), StoreError> {
    let lists: Vec<_> = standings
        .iter()
        .map(|known| {
            let standing = &known.standing;
            vec![
                known.facility.as_str().into(),
                standing.grade.as_str().into(),
                standing.why.as_str().into(),
                time(standing.since),
                optional_time(standing.as_of),
                time(standing.confirmed_at),
                optional_time(standing.silent_since),
                optional_time(standing.blocked_since),
                optional_time(standing.wholly_blocked_since),
                optional_time(standing.well_since),
                known.told.map(|position| position.0).into(),
                time(standing.counted_from),
                time(standing.looked_at),
                time(standing.listening_since),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO facility_freshness (facility_code, grade, why, since, as_of, confirmed_at,
             silent_since, blocked_since, wholly_blocked_since, well_since, told_position,
             counted_from, looked_at, listening_since)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (facility_code) DO UPDATE SET grade = $2, why = $3, since = $4, as_of = $5,
             confirmed_at = $6, silent_since = $7, blocked_since = $8, wholly_blocked_since = $9,
             well_since = $10, told_position = $11, counted_from = $12, looked_at = $13,
             listening_since = $14",
        &lists,
    )
}

/// Notes a pause that a confirmation has ended.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn note_pause(
    tx: &mut Tx<'_>,
    facility: &FacilityCode,
    pause: SignedDuration,
    now: Timestamp,
) -> Result<(), StoreError> {
    let pause = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
    let day = now.as_microsecond().div_euclid(DAY_US);
    tx.execute(
        "INSERT INTO facility_rhythm (facility_code, day, longest_us) VALUES ($1, $2, $3)
         ON CONFLICT (facility_code, day) DO UPDATE SET longest_us = $3
         WHERE facility_rhythm.longest_us < $3",
        values![facility.as_str(), day, pause],
    )
    .map(|_| ())
}

/// Returns the longest pauses of a facility's last days, the newest first. Today's do not count: the day
/// is not over.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn pauses(
    tx: &mut Tx<'_>,
    facility: &FacilityCode,
    now: Timestamp,
) -> Result<Vec<SignedDuration>, StoreError> {
    let today = now.as_microsecond().div_euclid(DAY_US);
    let days = i64::try_from(RHYTHM_DAYS).unwrap_or(i64::MAX);
    tx.query(
        "SELECT longest_us FROM facility_rhythm WHERE facility_code = $1 AND day < $2
         ORDER BY day DESC LIMIT $3",
        values![facility.as_str(), today, days],
    )?
    .iter()
    .map(|row| Ok(SignedDuration::from_micros(row.integer(0)?)))
    .collect()
}

/// Notes that a grade has changed.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn note_change(tx: &mut Tx<'_>, change: &Change) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO freshness_change (facility_code, changed_at, grade, why)
         VALUES ($1, $2, $3, $4) ON CONFLICT (facility_code, changed_at) DO NOTHING",
        &[
            change.facility.as_str().into(),
            time(change.at),
            change.grade.as_str().into(),
            change.why.as_str().into(),
        ],
    )
    .map(|_| ())
}

/// Lists the changes of a facility's grade before a time, the newest of them, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn changes_of(
    tx: &mut Tx<'_>,
    facility: &FacilityCode,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Change>, StoreError> {
    let rows = tx.query(
        "SELECT facility_code, changed_at, grade, why FROM freshness_change
         WHERE facility_code = $1 AND changed_at < $2 ORDER BY changed_at DESC LIMIT $3",
        &[
            facility.as_str().into(),
            time(before),
            i64::from(limit).into(),
        ],
    )?;
    rows.iter().rev().map(change).collect()
}

/// Lists the newest changes of grades.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn changes(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Change>, StoreError> {
    tx.query(
        "SELECT facility_code, changed_at, grade, why FROM freshness_change
         ORDER BY changed_at DESC, facility_code LIMIT $1",
        values![i64::from(limit)],
    )?
    .iter()
    .map(change)
    .collect()
}

fn change(row: &Row) -> Result<Change, StoreError> {
    Ok(Change {
        facility: facility::code(row.text(0)?)?,
        at: row.time(1)?,
        grade: grade(row.text(2)?)?,
        why: why(row.text(3)?)?,
    })
}

fn read(row: &Row) -> Result<FacilityStanding, StoreError> {
    Ok(FacilityStanding {
        facility: facility::code(row.text(0)?)?,
        standing: Standing {
            grade: grade(row.text(1)?)?,
            why: why(row.text(2)?)?,
            since: row.time(3)?,
            as_of: row.optional_time(4)?,
            confirmed_at: row.time(5)?,
            silent_since: row.optional_time(6)?,
            blocked_since: row.optional_time(7)?,
            wholly_blocked_since: row.optional_time(8)?,
            well_since: row.optional_time(9)?,
            counted_from: row.time(11)?,
            looked_at: row.time(12)?,
            listening_since: row.time(13)?,
        },
        told: row.optional_integer(10)?.map(EventPosition),
    })
}

fn grade(word: &str) -> Result<Grade, StoreError> {
    Grade::parse(word).ok_or(StoreError::Damaged("a facility's grade"))
}

fn why(word: &str) -> Result<Why, StoreError> {
    Why::parse(word).ok_or(StoreError::Damaged("why a facility is not fresh"))
}
