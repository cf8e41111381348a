//! What a step of the intake decided beyond what was signed: whom each record is about, who was joined, and which
//! numbers were given.
//!
//! A registry that is made anew takes it from here, whatever would be decided by then.

use std::collections::BTreeSet;

use jiff::Timestamp;
use savin_shared::codec::Codec;
use serde::{Deserialize, Serialize};

use crate::ids::PersonId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// Whom a placement names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whom {
    /// Somebody whom this step made, the how-manieth.
    Made(u32),
    /// Somebody who was known.
    Known(PersonId),
}

/// Where a record went: one that was new, or whose person reads otherwise since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placing {
    /// The number of the record.
    pub record: i64,
    /// Whom it taught its names, its face and its numbers.
    pub taught: Whom,
    /// Whom it is about, where that person was joined to another by it.
    pub person: Option<Whom>,
    /// Which of its numbers name whom it taught since: a bit each, in their order.
    pub names: u64,
    /// Who was made of numbers that contradict what was known, and which these are.
    pub stranger: Option<(Whom, u64)>,
    /// Who else it may be about.
    pub doubts: Vec<Whom>,
}

/// Two persons whom the hub made one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Who is gone since.
    pub person: Whom,
    /// Who remains.
    pub into: Whom,
    /// By what they were compared.
    pub why: String,
}

/// That a booking held somebody of whom an event says that custody had ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The event, by its place in the list of the step.
    pub event: u32,
    /// Where.
    pub facility: String,
    /// By which booking.
    pub by: HeldBy,
}

/// By which booking somebody was held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeldBy {
    /// An older program did not keep it.
    #[default]
    Unknown,
    /// By this record.
    Record(i64),
    /// By one that was destroyed by order.
    TakenOut,
}

/// As older programs kept it.
type HeldBefore = (u32, String);

/// Everything that a step decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placings<H = Held> {
    /// By which table of weights, of which program; nothing where nobody was placed.
    pub judge: String,
    /// The number of the first person that was made.
    pub first_person: i64,
    /// How many were made.
    pub made: u32,
    /// Where records went, in the order in which they came.
    pub placed: Vec<Placing>,
    /// Who was joined, in that order.
    pub joined: Vec<Joined>,
    /// The place of the first event.
    pub first_event: i64,
    /// Of which record each event is; 0 where it was destroyed by order.
    pub events: Vec<i64>,
    /// Of these, releases of whoever a booking held all the same.
    pub held: Vec<H>,
    /// Joinings that were taken back, with the records that were moved.
    pub moved: Vec<(i64, Vec<i64>)>,
}

/// As it is stored: variants are only ever appended.
#[derive(Debug, Serialize, Deserialize)]
enum Stored {
    One(Placings<HeldBefore>),
    Two(Placings),
}

impl From<Stored> for Placings {
    fn from(stored: Stored) -> Self {
        let before = match stored {
            Stored::Two(placings) => return placings,
            Stored::One(before) => before,
        };
        let held = |(event, facility)| Held {
            event,
            facility,
            by: HeldBy::Unknown,
        };
        Self {
            judge: before.judge,
            first_person: before.first_person,
            made: before.made,
            placed: before.placed,
            joined: before.joined,
            first_event: before.first_event,
            events: before.events,
            held: before.held.into_iter().map(held).collect(),
            moved: before.moved,
        }
    }
}

/// Placements and events of one part, so that each is read within what a codec may claim.
const PART_MAX: usize = 2_000;

/// Keeps what a step decided.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(tx: &mut Tx<'_>, step: i64, placings: Placings) -> Result<(), StoreError> {
    let lists = (0_i64..)
        .zip(parts(placings))
        .map(|(part, placings)| {
            let body = Codec::Bincode2.encode(&Stored::Two(placings));
            let body = body.map_err(|_| StoreError::Damaged("placements cannot be written"))?;
            Ok(vec![step.into(), part.into(), body.into()])
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    tx.execute_many(
        "INSERT INTO intake_placing (step, part, body) VALUES ($1, $2, $3)",
        &lists,
    )
}

/// Keeps what a step decided in place of what was kept.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn rewrite(tx: &mut Tx<'_>, step: i64, placings: Placings) -> Result<(), StoreError> {
    tx.execute("DELETE FROM intake_placing WHERE step = $1", values![step])?;
    put(tx, step, placings)
}

/// What is destroyed of placements.
#[derive(Debug, Clone, Default)]
pub struct Leaving {
    /// The numbers of records.
    pub records: BTreeSet<i64>,
    /// Of whom it is not to be said by what they were joined.
    pub persons: Vec<PersonId>,
    /// Events of other records that name one of these, of before it was kept which record holds somebody.
    pub naming: BTreeSet<i64>,
}

impl Placings {
    /// Says whether a record came with the step, and whether there is anything of it or of these persons.
    #[must_use]
    pub fn holds(&self, leaving: &Leaving, key: &PersonKey) -> (bool, bool) {
        let is_gone = |record: &i64| leaving.records.contains(record);
        let is_placed = self.placed.iter().any(|placing| is_gone(&placing.record));
        let is_joined = self
            .joined
            .iter()
            .any(|joined| self.tells(joined, leaving, key));
        let is_moved = self
            .moved
            .iter()
            .any(|(_, records)| records.iter().any(is_gone));
        let is_held = self.held.iter().any(|held| self.names(held, leaving));
        let is_of_event = self.events.iter().any(is_gone);
        let is_there = is_placed || is_joined || is_moved || is_held || is_of_event;
        (is_placed, is_there)
    }

    /// Destroys what is of records, and by what persons were joined; numbers that were given stay so.
    pub fn erase(&mut self, leaving: &Leaving, key: &PersonKey) {
        let is_gone = |record: &i64| leaving.records.contains(record);
        let told: Vec<bool> = self
            .joined
            .iter()
            .map(|joined| self.tells(joined, leaving, key))
            .collect();
        for (joined, _) in self.joined.iter_mut().zip(told).filter(|(_, tells)| *tells) {
            joined.why.clear();
        }
        let mut held = std::mem::take(&mut self.held);
        held.retain(|held| held.by != HeldBy::Unknown || !self.names(held, leaving));
        for held in held.iter_mut().filter(|held| self.names(held, leaving)) {
            held.facility.clear();
            held.by = HeldBy::TakenOut;
        }
        self.placed.retain(|placing| !is_gone(&placing.record));
        for record in self.events.iter_mut().filter(|record| is_gone(record)) {
            *record = 0;
        }
        let events = &self.events;
        let is_left =
            |event: u32| events.get(usize::try_from(event).unwrap_or(usize::MAX)) != Some(&0);
        held.retain(|held| is_left(held.event));
        self.held = held;
        for (_, records) in &mut self.moved {
            records.retain(|record| !is_gone(record));
        }
    }

    /// Says whether it names a booking that goes.
    fn names(&self, held: &Held, leaving: &Leaving) -> bool {
        match held.by {
            HeldBy::Record(record) => leaving.records.contains(&record),
            HeldBy::Unknown => {
                let position = self.first_event.saturating_add(i64::from(held.event));
                leaving.naming.contains(&position)
            }
            HeldBy::TakenOut => false,
        }
    }

    fn tells(&self, joined: &Joined, leaving: &Leaving, key: &PersonKey) -> bool {
        [joined.person, joined.into]
            .into_iter()
            .any(|whom| leaving.persons.contains(&key.who(self, whom)))
    }
}

/// By what the persons whom a step made are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonKey {
    /// The registry's key.
    pub key: [u8; 16],
    /// When the step was taken.
    pub at: Timestamp,
}

impl PersonKey {
    /// Returns whom a placement of these names.
    #[must_use]
    pub fn who(&self, placings: &Placings, whom: Whom) -> PersonId {
        match whom {
            Whom::Known(person) => person,
            Whom::Made(made) => {
                let number = placings.first_person.saturating_add(i64::from(made));
                PersonId::numbered(&self.key, self.at, number)
            }
        }
    }
}

/// Loads what a step decided; nothing of one that an older program took.
///
/// # Errors
/// Returns [`StoreError`] when it is damaged or the database refuses.
pub fn of_step(tx: &mut Tx<'_>, step: i64) -> Result<Option<Placings>, StoreError> {
    let mut whole: Option<Placings> = None;
    for row in tx.query(
        "SELECT body FROM intake_placing WHERE step = $1 ORDER BY part",
        values![step],
    )? {
        let part = Codec::Bincode2.decode::<Stored>(row.bytes(0)?);
        let part = part.map_err(|_| StoreError::Damaged("placements of a step"))?;
        let part = Placings::from(part);
        match &mut whole {
            None => whole = Some(part),
            Some(whole) => {
                whole.placed.extend(part.placed);
                whole.events.extend(part.events);
            }
        }
    }
    Ok(whole)
}

/// Cuts placements: the first part has everything of which there is one.
fn parts(mut whole: Placings) -> Vec<Placings> {
    let (mut placed, mut events) = (whole.placed.split_off(0), whole.events.split_off(0));
    let mut parts = vec![whole];
    loop {
        let rest = (cut(&mut placed), cut(&mut events));
        if let Some(last) = parts.last_mut() {
            (last.placed, last.events) = (placed, events);
        }
        (placed, events) = rest;
        if placed.is_empty() && events.is_empty() {
            return parts;
        }
        parts.push(Placings::default());
    }
}

fn cut<T>(all: &mut Vec<T>) -> Vec<T> {
    all.split_off(all.len().min(PART_MAX))
}

#[cfg(test)]
mod tests {
    use super::{Held, HeldBy, Placing, Placings, Whom, of_step, put};
    use crate::intake::testing::{each, now};
    use crate::store::registry::step::{self, Step};

    #[test]
    fn keeps_what_a_step_of_any_size_decided() {
        each("placing", |store| {
            let whole = Placings {
                judge: "a table".to_owned(),
                first_person: 7,
                made: 5_000,
                placed: (0..5_000)
                    .map(|made| Placing {
                        record: i64::from(made),
                        taught: Whom::Made(made),
                        person: None,
                        names: 3,
                        stranger: None,
                        doubts: Vec::new(),
                    })
                    .collect(),
                first_event: 9,
                events: (0..9_000).collect(),
                held: vec![Held {
                    event: 8_999,
                    facility: "JAIL-1".to_owned(),
                    by: HeldBy::Record(7),
                }],
                ..Placings::default()
            };
            let kept = whole.clone();
            let read = store
                .write_now("placing", move |tx| {
                    step::append(tx, &Step::Noted(1), now())?;
                    put(tx, 1, whole.clone())?;
                    Ok((of_step(tx, 1)?, of_step(tx, 2)?))
                })
                .unwrap();
            assert_eq!(read, (Some(kept), None));
        });
    }
}
