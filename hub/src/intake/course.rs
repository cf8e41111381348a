//! The course of one step of the intake: what it decides beyond what was signed, and, where the registry is made
//! anew, what was decided then.

use std::collections::BTreeMap;
use std::sync::Mutex;

use savin_shared::ids::{AgencyId, FacilityCode};
use savin_shared::record::Record;

use super::ruling;
use crate::ids::{EventPosition, PersonId, RecordId};
use crate::matching::identifiers;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::elsewhere::{Apart, Elsewhere};
use crate::store::registry::event::Event;
use crate::store::registry::left::Met;
use crate::store::registry::merge::Moved;
use crate::store::registry::placing::{Held, HeldBy, Placings};
use crate::store::registry::telling;

/// What is decided, and what was.
#[derive(Debug, Default)]
pub(super) struct Course<'a> {
    then: Option<&'a Placings>,
    is_judged: bool,
    pub(super) now: Placings,
    /// Numbers that are looked for, where something was expunged.
    met: Option<&'a Mutex<Met>>,
    /// How many records were placed.
    placed: usize,
    /// Whether whoever was made and joined then is so now.
    is_begun: bool,
    /// The events of a step that other rules took, as they were kept, and how many of them stand.
    kept: Option<(&'a [KeptEvent], usize)>,
    /// Whom a record was about when it became a version.
    persons: BTreeMap<(RecordId, i64), PersonId>,
}

/// An event in its place, with what it says of another booking.
pub(super) type KeptEvent = (EventPosition, Event, Option<Elsewhere>);

/// Events in their places, with what they say of other bookings.
pub(super) type Followed = (Vec<EventPosition>, Vec<Event>, Apart);

/// A booking that holds whoever an event says was let go.
#[derive(Debug)]
pub(super) enum Holder {
    /// This one; where it was not kept then which, that is not said.
    Booking(FacilityCode, Option<RecordId>),
    /// One that was destroyed by order since.
    TakenOut,
}

impl<'a> Course<'a> {
    /// Takes a step again with what it decided, where that is known. Where it is judged, everything is decided once
    /// more and must come out the same.
    pub(super) fn again(then: Option<&'a Placings>, is_judged: bool, met: &'a Mutex<Met>) -> Self {
        Self {
            then,
            is_judged,
            met: Some(met),
            ..Self::default()
        }
    }

    /// Takes a step of other rules again: what it decided and which events followed, as it was kept.
    pub(super) fn kept(then: &'a Placings, events: &'a [KeptEvent], met: &'a Mutex<Met>) -> Self {
        Self {
            kept: Some((events, 0)),
            ..Self::again(Some(then), false, met)
        }
    }

    /// Notes whom a record is about as it becomes a version.
    pub(super) fn about(&mut self, version: (RecordId, i64), person: PersonId) {
        if self.kept.is_some() {
            self.persons.insert(version, person);
        }
    }

    /// Returns the events that followed by other rules of the records so far, each of whoever its record is about;
    /// nothing where this program's rules say which follow.
    pub(super) fn followed(&mut self) -> Option<Followed> {
        let (kept, done) = self.kept.as_mut()?;
        let rest = kept.get(*done..).unwrap_or_default();
        let persons = &self.persons;
        let person = |event: &Event| persons.get(&(event.record, event.version)).copied();
        let mut apart = Apart::new();
        let now = rest.iter().map_while(|(place, event, elsewhere)| {
            let person = person(event)?;
            apart.extend(elsewhere.clone().map(|elsewhere| (*place, elsewhere)));
            let event = event.clone();
            Some((*place, Event { person, ..event }))
        });
        let (places, events): (Vec<_>, Vec<_>) = now.unzip();
        *done += places.len();
        Some((places, events, apart))
    }

    /// Meets the numbers of a record, where some are looked for.
    pub(super) fn meet(&self, agency: &AgencyId, record: &Record) {
        let met = self.met.map(Mutex::lock).and_then(Result::ok);
        if let Some(mut met) = met.filter(|met| met.is_looking()) {
            met.meet(identifiers(agency, record));
        }
    }

    /// Returns what was decided, where that is taken as it is.
    pub(super) fn taken(&self) -> Option<&'a Placings> {
        self.then.filter(|_| !self.is_judged)
    }

    /// Says whether somebody was made or joined then, and is not yet, whatever is left of the movements by which.
    pub(super) fn is_waiting(&self) -> bool {
        let then = self.taken().filter(|_| !self.is_begun);
        then.is_some_and(|then| then.made > 0 || !then.joined.is_empty())
    }

    /// Returns what was decided, where that is taken as it is, and whether the step begins with it.
    pub(super) fn begin(&mut self) -> Option<(&'a Placings, bool)> {
        let then = self.taken()?;
        Some((then, !std::mem::replace(&mut self.is_begun, true)))
    }

    /// Says whether numbers were given before.
    pub(super) const fn is_again(&self) -> bool {
        self.then.is_some()
    }

    /// Returns the number of the first person that was made.
    pub(super) fn first_person(&self) -> Option<i64> {
        self.then.map(|then| then.first_person)
    }

    /// Returns the number of the record that is placed next, where that was given before.
    ///
    /// # Errors
    /// Returns [`StoreError::Refused`] where none was placed then.
    pub(super) fn next_record(&self) -> Result<Option<RecordId>, StoreError> {
        let Some(then) = self.then else {
            return Ok(None);
        };
        let placing = then.placed.get(self.placed);
        let placing = placing.ok_or_else(|| refused("fewer records were placed then"))?;
        Ok(Some(RecordId(placing.record)))
    }

    /// Notes that a record was placed.
    pub(super) const fn placed(&mut self) {
        self.placed += 1;
    }

    /// Gives events their places: the next ones, or those that they had.
    pub(super) fn places(
        &mut self,
        tx: &mut Tx<'_>,
        events: &[Event],
    ) -> Result<Vec<EventPosition>, StoreError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let records = events.iter().map(|event| event.record.0);
        let Some(then) = self.then else {
            let first = tx.take_numbers("event", events.len() as u64)?;
            if self.now.events.is_empty() {
                self.now.first_event = first;
            }
            self.now.events.extend(records);
            return Ok((first..).take(events.len()).map(EventPosition).collect());
        };
        self.now.first_event = then.first_event;
        let mut places = Vec::with_capacity(events.len());
        for record in records {
            let rest = then.events.get(self.now.events.len()..).unwrap_or_default();
            let gone = rest.iter().take_while(|record| **record == 0).count();
            if rest.get(gone) != Some(&record) {
                return Err(refused("an event came of another record then"));
            }
            self.now.events.resize(self.now.events.len() + gone, 0);
            places.push(EventPosition(then.first_event + self.next_event()));
            self.now.events.push(record);
        }
        Ok(places)
    }

    fn next_event(&self) -> i64 {
        i64::try_from(self.now.events.len()).unwrap_or(i64::MAX)
    }

    /// Returns which bookings hold those of whom these events say that they were let go.
    pub(super) fn holders(
        &mut self,
        tx: &mut Tx<'_>,
        let_go: &[(&Event, EventPosition)],
    ) -> Result<Vec<Option<Holder>>, StoreError> {
        let first = self.now.first_event;
        let place = |at: &EventPosition| u32::try_from(at.0 - first).unwrap_or(u32::MAX);
        let then = |at: &EventPosition| {
            let mut held = self.then.iter().flat_map(|then| &then.held);
            held.find(|held| held.event == place(at))
        };
        if self.taken().is_some() {
            let held = let_go.iter().map(|(_, at)| then(at).map(taken).transpose());
            return held.collect();
        }
        let events: Vec<_> = let_go.iter().map(|(event, _)| *event).collect();
        let (mut held, mut noted) = (Vec::with_capacity(events.len()), Vec::new());
        for (holders, (_, at)) in telling::holders(tx, &events)?.into_iter().zip(let_go) {
            let holder = holders.told.into_iter().next();
            let is_known = then(at).is_none_or(|then| then.by != HeldBy::Unknown);
            let record = holder.as_ref().filter(|_| is_known);
            let record = record.map(|holder| holder.record);
            noted.extend(holder.iter().map(|holder| Held {
                event: place(at),
                facility: holder.facility.to_string(),
                by: record.map_or(HeldBy::Unknown, |record| HeldBy::Record(record.0)),
            }));
            held.push(holder.map(|holder| Holder::Booking(holder.facility, record)));
        }
        self.now.held.extend(noted);
        Ok(held)
    }

    /// Returns which records were moved as a joining was taken back, where that is taken as it is.
    pub(super) fn moved(&self, merge: i64) -> Option<Moved> {
        let moved = &self.taken()?.moved;
        let (_, records) = moved.iter().find(|(of, _)| *of == merge)?;
        Some(records.iter().copied().map(RecordId).collect())
    }

    /// Notes which records were moved as a joining was taken back.
    pub(super) fn took_back(&mut self, merge: i64, records: &Moved) {
        let records = records.iter().map(|record| record.0).collect();
        self.now.moved.push((merge, records));
    }

    /// Returns what was decided, once everything of the step is done.
    ///
    /// # Errors
    /// Returns [`StoreError::Refused`] where it was otherwise then.
    pub(super) fn finish(mut self) -> Result<Placings, StoreError> {
        if self.now.judge.is_empty() {
            self.now.judge = ruling::name();
        }
        let Some(then) = self.then else {
            return Ok(self.now);
        };
        // By what persons were joined is not said any more of whom something was expunged later.
        for (now, then) in self.now.joined.iter_mut().zip(&then.joined) {
            if then.why.is_empty() {
                now.why.clear();
            }
        }
        let is_same = if self.is_judged {
            self.now == *then
        } else if let Some((kept, done)) = self.kept {
            self.placed == then.placed.len() && done == kept.len()
        } else {
            let rest = then.events.get(self.now.events.len()..);
            let is_none_left = rest.is_some_and(|rest| rest.iter().all(|record| *record == 0));
            self.placed == then.placed.len() && is_none_left
        };
        if is_same {
            Ok(self.now)
        } else {
            Err(refused(
                "it was decided otherwise then, by the same rules and the same table of weights, or what was decided was \
                 changed",
            ))
        }
    }
}

/// Takes what was decided.
fn taken(held: &Held) -> Result<Holder, StoreError> {
    let record = match held.by {
        HeldBy::TakenOut => return Ok(Holder::TakenOut),
        HeldBy::Record(record) => Some(RecordId(record)),
        HeldBy::Unknown => None,
    };
    let facility = FacilityCode::new(&held.facility);
    let facility = facility.map_err(|_| StoreError::Damaged("a facility in a step"))?;
    Ok(Holder::Booking(facility, record))
}

pub(super) fn refused(why: &str) -> StoreError {
    StoreError::Refused(why.to_owned())
}
