//! What a notice needs besides its event: the record as it was, what facilities are called, and where
//! the person is now; and asking staff what is to be told late.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use savin_shared::delta::Origin;
use savin_shared::event::EventCode;
use savin_shared::ids::{AgencyId, FacilityCode, RecordKey};
use savin_shared::record::Record;

use super::event::{self, Event};
use super::record::RecordRow;
use super::task::{self, NewTask, TaskKind};
use super::{agency, facility, person, record};
use crate::ids::{OrderId, PersonId, RecordId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::Row;

/// How far back news of a person who was joined is still told.
const LATE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is behind an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Background {
    /// The record as it was after the event.
    pub record: Record,
    /// Whether it has been sealed since: then nobody is told.
    pub is_sealed: bool,
}

/// Loads what is behind an event; `None` where its record is gone.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn background(tx: &mut Tx<'_>, event: &Event) -> Result<Option<Background>, StoreError> {
    Ok(backgrounds(tx, &[event])?.pop().flatten())
}

/// Loads what is behind each of these events.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn backgrounds(
    tx: &mut Tx<'_>,
    events: &[&Event],
) -> Result<Vec<Option<Background>>, StoreError> {
    let lists: Vec<_> = events
        .iter()
        .map(|event| vec![event.record.0.into(), event.version.into()])
        .collect();
    let found = tx.query_many(
        "SELECT v.body, r.sealed_by FROM record_version v
         JOIN record r ON r.record_id = v.record_id
         WHERE v.record_id = $1 AND v.version = $2",
        &lists,
    )?;
    let read = |row: &Row| {
        Ok(Background {
            record: record::body(row.text(0)?)?,
            is_sealed: !row.text(1)?.is_empty(),
        })
    };
    found
        .iter()
        .map(|rows| rows.first().map(read).transpose())
        .collect()
}

/// What facilities are called, each looked up once.
#[derive(Debug, Default)]
pub struct FacilityNames(BTreeMap<FacilityCode, String>);

impl FacilityNames {
    /// Returns what a facility is called, or its code where it is not in the list.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn of(&mut self, tx: &mut Tx<'_>, code: &FacilityCode) -> Result<String, StoreError> {
        if let Some(name) = self.0.get(code) {
            return Ok(name.clone());
        }
        let name = facility_name(tx, code)?;
        self.0.insert(code.clone(), name.clone());
        Ok(name)
    }
}

/// Returns what a facility is called, or its code where it is not in the list.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn facility_name(tx: &mut Tx<'_>, code: &FacilityCode) -> Result<String, StoreError> {
    Ok(facility::names_of(tx, &[code])?.concat())
}

/// Who holds a person now, by which record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The record.
    pub record: RecordId,
    /// Whose record it is.
    pub agency: AgencyId,
    /// What it is called there.
    pub key: RecordKey,
    /// Where it says that the person is.
    pub facility: FacilityCode,
}

/// Who holds a person now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    /// By bookings that may be told, the one that is told first.
    pub told: Vec<Holder>,
    /// Where there is none: by which orders bookings that hold the person are told to nobody.
    pub hidden_by: Vec<OrderId>,
}

/// Finds the records that say that whoever an event says was let go is held now.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn held_now(tx: &mut Tx<'_>, event: &Event) -> Result<Holders, StoreError> {
    Ok(holders(tx, &[event])?.pop().unwrap_or_default())
}

/// Finds for each of these events the records that say that whoever it says was let go is held now.
///
/// By another booking, at the same or another facility, or by the same one again since. Records that may be about somebody
/// else, and those that nobody is shown, are not told. A place that is not the event's own comes first:
/// where one agency says that somebody is held at another's jail, that jail knows better.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn holders(tx: &mut Tx<'_>, events: &[&Event]) -> Result<Vec<Holders>, StoreError> {
    let records: Vec<_> = events.iter().map(|event| event.record).collect();
    // The record may have become another person's since.
    let persons: Vec<_> = record::persons_of(tx, &records)?
        .into_iter()
        .zip(events)
        .map(|(person, event)| person.unwrap_or(event.person))
        .collect();
    let held = record::holding(tx, &persons)?;
    let records: Vec<_> = held.iter().flatten().map(|row| row.record).collect();
    let doubtful = person::doubtful(tx, &records)?;
    let mut holders = Vec::with_capacity(events.len());
    for (event, rows) in events.iter().zip(held) {
        let sure = rows.iter().filter(|row| !doubtful.contains(&row.record));
        let (mut held, hidden): (Vec<&RecordRow>, Vec<_>) =
            sure.partition(|row| row.known.is_public());
        held.sort_by_key(|row| row.known.record.facility == event.facility);
        let of_event = held.into_iter().map(|row| {
            Ok(Holder {
                record: row.record,
                agency: record::agency_of(tx, row.record)?,
                key: row.known.record.key(),
                facility: row.known.record.facility.clone(),
            })
        });
        let told: Vec<_> = of_event.collect::<Result<_, StoreError>>()?;
        let orders = hidden.iter().flat_map(|row| row.known.orders());
        let hidden_by: BTreeSet<_> = orders.filter(|_| told.is_empty()).collect();
        holders.push(Holders {
            told,
            hidden_by: hidden_by.into_iter().collect(),
        });
    }
    Ok(holders)
}

/// Returns what to call whoever holds a person: the facility, or the agency where it speaks of the very
/// place that let the person go.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn holder_name(tx: &mut Tx<'_>, event: &Event, holder: &Holder) -> Result<String, StoreError> {
    if holder.record == event.record || holder.facility != event.facility {
        return facility_name(tx, &holder.facility);
    }
    let agency = agency::load(tx, &holder.agency)?;
    Ok(agency.map_or_else(|| holder.agency.to_string(), |agency| agency.name))
}

/// Asks staff what is to be told late of a person who was joined: whoever asked about the one was not
/// told what became known of the other in the last days.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn ask_to_tell(tx: &mut Tx<'_>, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
    if tx.is_scratch() {
        return Ok(());
    }
    let since = now.checked_sub(LATE).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut tasks = Vec::new();
    for row in record::of_person(tx, person)? {
        if !row.known.is_public() || row.known.record.synthetic {
            continue;
        }
        let newest = event::of_records(tx, &[row.record], 1)?;
        let newest = newest.into_iter().filter(|(_, event)| {
            let is_news = matches!(event.origin, Origin::Live | Origin::FoundLate);
            let is_told = event.code != EventCode::NoLongerListed;
            is_news && is_told && event.received_at.timestamp() >= since
        });
        tasks.extend(newest.map(|(position, event)| NewTask {
            kind: TaskKind::EventReview,
            subject: format!("event/{}", position.0),
            facility: Some(event.facility),
            person: Some(person),
            other: None,
            record: Some(event.record),
            event: Some(position),
            urgency: 1,
            due_at: None,
            note: format!(
                "{}: its person was found to be one with another. Tell whoever asked about that one?",
                event.code
            ),
        }));
    }
    task::open_once(tx, &tasks, now)
}
