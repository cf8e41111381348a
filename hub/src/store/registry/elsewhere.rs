//! What events say of another booking of their person: where that holds whoever they say was let go.
//!
//! It is kept apart from what an event says by itself, and the event's leaf commits to it apart: an order to expunge the
//! other booking destroys it, and the event is proved as before.

use std::collections::BTreeMap;

use savin_shared::event::EventCode;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgencyId, FacilityCode, RecordKey};

use super::event::{self, Event};
use super::{agency, facility, listing, record};
use crate::evidence::leaf::{self, ElsewhereOpening, Leaf, Salt};
use crate::ids::{EventPosition, RecordId};
use crate::registry::details::Details;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, Value};
use crate::values;

/// What an event says of another booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// That it holds the person.
    Said(Box<Said>),
    /// It was taken out by order: the event says what is its own.
    TakenOut,
}

/// That another booking holds the person, and what the event says without that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The other booking.
    pub record: RecordId,
    /// Where it holds the person.
    pub facility: FacilityCode,
    /// What the event says by itself.
    pub own: Own,
}

/// What an event says by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// What happened.
    pub code: EventCode,
    /// Where.
    pub facility: FacilityCode,
    /// Its particulars.
    pub details: Details,
}

/// What events say of other bookings, by their places.
pub type Apart = BTreeMap<EventPosition, Elsewhere>;

/// What is kept of what an event says of another booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it says.
    pub elsewhere: Elsewhere,
    /// The salt of its commitment, which goes with what it says.
    pub salt: Option<Salt>,
    /// What the event's leaf commits to.
    pub commitment: Hash,
}

impl Own {
    /// Takes what an event says, before anything is said of another booking.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            code: event.code,
            facility: event.facility.clone(),
            details: event.details.clone(),
        }
    }

    /// Returns the event as it is by itself.
    #[must_use]
    pub fn event(&self, event: &Event) -> Event {
        Event {
            code: self.code,
            facility: self.facility.clone(),
            details: self.details.clone(),
            ..event.clone()
        }
    }
}

impl Said {
    /// Returns what the event's leaf commits to apart.
    #[must_use]
    pub fn opening(&self) -> ElsewhereOpening {
        ElsewhereOpening {
            record: self.record.0,
            facility: self.facility.to_string(),
        }
    }
}

impl Kept {
    /// Makes it of what an event says, under a salt.
    #[must_use]
    pub fn new(elsewhere: Elsewhere, salt: Salt) -> Self {
        match &elsewhere {
            Elsewhere::Said(said) => Self {
                commitment: said.opening().commitment(&salt),
                salt: Some(salt),
                elsewhere,
            },
            // Only a registry that is made anew has it so from the first, and that has no evidence.
            Elsewhere::TakenOut => Self {
                commitment: Hash::from_bytes([0; 32]),
                salt: None,
                elsewhere,
            },
        }
    }

    /// Returns the event as it is by itself.
    #[must_use]
    pub fn own(&self, event: &Event) -> Event {
        match &self.elsewhere {
            Elsewhere::Said(said) => said.own.event(event),
            Elsewhere::TakenOut => event.clone(),
        }
    }
}

/// Returns an event's leaf, by what is kept of what it says of another booking.
///
/// # Errors
/// Returns [`StoreError::Damaged`] when its particulars cannot be written.
pub fn leaf_of(
    (position, event): (EventPosition, &Event),
    kept: Option<&Kept>,
    salt: Salt,
) -> Result<Leaf, StoreError> {
    let Some(kept) = kept else {
        return Ok(leaf::event(event.event, &event.opening(position)?, salt));
    };
    let opening = kept.own(event).opening(position)?;
    Ok(leaf::event_elsewhere(
        event.event,
        &opening,
        salt,
        &kept.commitment,
    ))
}

/// Keeps what events say of other bookings.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, all: &BTreeMap<EventPosition, Kept>) -> Result<(), StoreError> {
    let lists = all
        .iter()
        .map(|(position, kept)| {
            let mut list: Vec<Value> = vec![position.0.into()];
            match &kept.elsewhere {
                Elsewhere::Said(said) => {
                    let details = serde_json::to_string(&said.own.details)
                        .map_err(|_| StoreError::Damaged("an event cannot be written"))?;
                    list.extend([
                        said.record.0.into(),
                        said.facility.as_str().into(),
                        said.own.code.code().into(),
                        said.own.facility.as_str().into(),
                        details.into(),
                    ]);
                }
                Elsewhere::TakenOut => list.extend([const { Value::Null }; 5]),
            }
            list.push(kept.salt.map_or(Value::Null, |salt| salt.as_slice().into()));
            list.push(kept.commitment.as_bytes().into());
            Ok(list)
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    tx.execute_many(
        "INSERT INTO event_elsewhere (position, record_id, facility_code, own_code, own_facility,
             own_details, salt, commitment)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &lists,
    )
}

/// Loads what an event says of another booking.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of(tx: &mut Tx<'_>, position: EventPosition) -> Result<Option<Kept>, StoreError> {
    Ok(of_each(tx, &[position])?.pop().flatten())
}

/// Loads what each of these events says of another booking.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_each(
    tx: &mut Tx<'_>,
    positions: &[EventPosition],
) -> Result<Vec<Option<Kept>>, StoreError> {
    let lists: Vec<_> = positions.iter().map(|at| values![at.0].to_vec()).collect();
    let found = tx.query_many(
        "SELECT record_id, facility_code, own_code, own_facility, own_details, salt, commitment
         FROM event_elsewhere WHERE position = $1",
        &lists,
    )?;
    let each = found.iter();
    each.map(|rows| rows.first().map(read).transpose())
        .collect()
}

/// Lets events say nothing of other bookings that are kept from the public.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn shown(
    tx: &mut Tx<'_>,
    events: Vec<(EventPosition, Event)>,
) -> Result<Vec<(EventPosition, Event)>, StoreError> {
    let positions: Vec<_> = events.iter().map(|(position, _)| *position).collect();
    let mut shown = Vec::with_capacity(events.len());
    for ((position, event), kept) in events.into_iter().zip(of_each(tx, &positions)?) {
        let event = match kept {
            Some(kept) if !is_public(tx, &kept)? => kept.own(&event),
            Some(_) | None => event,
        };
        shown.push((position, event));
    }
    Ok(shown)
}

/// Returns what an event says to whoever may know nothing of bookings that are kept from the public; nothing where
/// there is no such event.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn shown_at(tx: &mut Tx<'_>, position: EventPosition) -> Result<Option<Event>, StoreError> {
    let event = event::at(tx, position)?.map(|event| (position, event));
    let shown = shown(tx, event.into_iter().collect())?;
    Ok(shown.into_iter().next().map(|(_, event)| event))
}

/// Says whether an event is about a record that a court has told to nobody.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_sealed(tx: &mut Tx<'_>, event: &Event) -> Result<bool, StoreError> {
    let rows = record::numbered(tx, &[event.record])?;
    Ok(rows.iter().any(|row| row.known.is_sealed_by_order()))
}

/// Says whether the public may know of the booking of which an event says something.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_public(tx: &mut Tx<'_>, kept: &Kept) -> Result<bool, StoreError> {
    let Elsewhere::Said(said) = &kept.elsewhere else {
        return Ok(false);
    };
    let rows = record::numbered(tx, &[said.record])?;
    Ok(rows.iter().any(|row| row.known.is_public()))
}

/// Lists the events that say that a record holds their person, each with what it says by itself.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn naming(tx: &mut Tx<'_>, record: RecordId) -> Result<Vec<(EventPosition, Own)>, StoreError> {
    let rows = tx.query(
        "SELECT position FROM event_elsewhere WHERE record_id = $1 ORDER BY position",
        values![record.0],
    )?;
    let positions = rows.iter().map(|row| row.integer(0).map(EventPosition));
    let positions = positions.collect::<Result<Vec<_>, _>>()?;
    let kept = of_each(tx, &positions)?.into_iter();
    let own = |kept: Option<Kept>| match kept?.elsewhere {
        Elsewhere::Said(said) => Some(said.own),
        Elsewhere::TakenOut => None,
    };
    let named = positions.into_iter().zip(kept);
    Ok(named
        .filter_map(|(position, kept)| Some((position, own(kept)?)))
        .collect())
}

/// Takes a record out of what is kept, with what opens it; the commitments stay.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn take_out(tx: &mut Tx<'_>, record: RecordId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE event_elsewhere SET record_id = NULL, facility_code = NULL, own_code = NULL,
             own_facility = NULL, own_details = NULL, salt = NULL
         WHERE record_id = $1",
        values![record.0],
    )
    .map(|_| ())
}

/// Returns of each of these records whose it is and what it is called there; nothing where it is gone.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn names(
    tx: &mut Tx<'_>,
    records: &[RecordId],
) -> Result<Vec<Option<(AgencyId, RecordKey)>>, StoreError> {
    let lists: Vec<_> = records.iter().map(|record| vec![record.0.into()]).collect();
    tx.query_many(
        "SELECT agency_id, kind, number FROM record WHERE record_id = $1",
        &lists,
    )?
    .iter()
    .map(|rows| {
        let row = rows.first();
        row.map(|row| Ok((agency::id(row.text(0)?)?, listing::key(row, 1)?)))
            .transpose()
    })
    .collect()
}

fn read(row: &Row) -> Result<Kept, StoreError> {
    let damaged = StoreError::Damaged;
    let elsewhere = match row.optional_integer(0)? {
        None => Elsewhere::TakenOut,
        Some(record) => Elsewhere::Said(Box::new(Said {
            record: RecordId(record),
            facility: facility::code(row.text(1)?)?,
            own: Own {
                code: EventCode::from_code(row.code(2)?).ok_or(damaged("an event's code"))?,
                facility: facility::code(row.text(3)?)?,
                details: serde_json::from_str(row.text(4)?)
                    .map_err(|_| damaged("an event's details"))?,
            },
        })),
    };
    let salt = row.optional_bytes(5)?.map(TryInto::try_into).transpose();
    Ok(Kept {
        elsewhere,
        salt: salt.map_err(|_| damaged("the salt of a leaf"))?,
        commitment: Hash::from_bytes(row.array(6)?),
    })
}
