//! Movements folded into the registry: what every delta and every row of a full state becomes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use savin_shared::clock::{EffectiveAt, ReceivedAt};
use savin_shared::digest::key_hash;
use savin_shared::event::EventCode;
use savin_shared::ids::{AgentId, FacilityCode};
use savin_shared::record::custody::ReleaseReason;

use super::Moment;
use super::checks;
use super::course::{Course, Holder};
use super::expunged;
use super::learnt::Learnt;
use super::movement::{Movement, MovementChange};
use super::people::People;
use super::recorded::Recorded;
use super::sealed::Sealed;
use super::workspace::{OwnedVersion, Workspace};
use crate::ids::{EventId, EventPosition, RecordId};
use crate::registry::derive::Derived;
use crate::registry::fold::{Arrival, Folded, fold};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::elsewhere::{Apart, Elsewhere, Own, Said};
use crate::store::registry::event::{self, Event};
use crate::store::registry::listing::Listing;
use crate::store::registry::position::Durable;
use crate::store::registry::record::RecordRow;

/// Folds movements in their order, keeps each agent's digest, and writes everything.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    movements: &[Movement<'_>],
    positions: &mut BTreeMap<AgentId, Durable>,
    (moment, course): (Moment, &mut Course<'_>),
) -> Result<(), StoreError> {
    let movements = expunged::settle(tx, movements, positions, moment)?;
    let movements = movements.as_slice();
    if movements.is_empty() && !course.is_waiting() {
        return Ok(());
    }
    let of = |movement: &&Movement<'_>| movement.listing_key();
    let listing_keys = movements.iter().map(of).collect();
    let record_keys: Vec<_> = movements
        .iter()
        .map(|movement| movement.agency_key())
        .collect();
    let mut workspace = Workspace::load(tx, listing_keys, record_keys)?;
    let mut settlement = Settlement {
        placer: placer(tx, movements, &mut workspace, (moment, course))?,
        next_record: numbers_for_new_records(tx, movements, &mut workspace, course)?,
        events: Vec::new(),
        missing: BTreeMap::new(),
        sealed: sealed(tx, movements, &mut workspace, moment)?,
        received_at: ReceivedAt(moment.now),
    };
    for &movement in movements {
        mirror(movement, &workspace, positions);
        settlement.take(tx, movement, (&mut workspace, course))?;
    }
    settlement.placer.learnt().write(tx, moment.now)?;
    workspace.flush(tx, settlement.received_at)?;
    settlement.placer.learnt().join(tx, moment.now)?;
    if let Placer::Judging(people) = settlement.placer {
        people.note(&mut course.now);
        people.ask(tx)?;
    }
    settlement.sealed.settle(tx)?;
    if let Some((places, events, apart)) = course.followed() {
        return event::put(tx, (&places, &events, &apart), moment.random);
    }
    let places = course.places(tx, &settlement.events)?;
    let apart = look_again(tx, (&mut settlement.events, &places), course)?;
    event::put(tx, (&places, &settlement.events, &apart), moment.random)?;
    checks::open(tx, &settlement.events, moment)?;
    checks::ask_about_missing(tx, &settlement.events, &settlement.missing, moment)
}

/// Looks with each release where the person is, as everything stands once the transaction is through:
/// held by another booking, at the same or another facility, which is noted with the event. A release, or a
/// move to where nobody said, to another agency that holds the person already is a transfer to there. Returns what
/// events say of other bookings by that.
fn look_again(
    tx: &mut Tx<'_>,
    (events, places): (&mut [Event], &[EventPosition]),
    course: &mut Course<'_>,
) -> Result<Apart, StoreError> {
    let is_asked = |event: &Event| {
        let is_release = matches!(event.code, EventCode::Released | EventCode::Discharged);
        let is_end = is_release || event.details.is_moved_away();
        is_end && event.details.still_held_at.is_none()
    };
    let let_go: Vec<_> = events
        .iter()
        .zip(places.iter().copied())
        .filter(|(event, _)| is_asked(event))
        .collect();
    let holders = course.holders(tx, &let_go)?;
    let let_go = events.iter_mut().zip(places.iter().copied());
    let let_go = let_go.filter(|(event, _)| is_asked(event));
    let mut apart = Apart::new();
    for ((event, place), holder) in let_go.zip(holders) {
        let (facility, record) = match holder {
            None => continue,
            Some(Holder::TakenOut) => {
                apart.insert(place, Elsewhere::TakenOut);
                continue;
            }
            Some(Holder::Booking(facility, record)) => (facility, record),
        };
        // What the same booking says again is no other's to take out.
        if let Some(record) = record.filter(|record| *record != event.record) {
            let (own, facility) = (Own::of(event), facility.clone());
            let said = Said {
                record,
                facility,
                own,
            };
            apart.insert(place, Elsewhere::Said(Box::new(said)));
        }
        held_at(event, facility);
    }
    Ok(apart)
}

/// Notes with an event that a booking holds the person.
fn held_at(event: &mut Event, holder: FacilityCode) {
    let is_moved_away = event.details.is_moved_away();
    let handed_over = is_moved_away
        || event.details.reason.as_deref() == Some(ReleaseReason::ToOtherAgency.as_str());
    if handed_over && holder != event.facility {
        event.code = EventCode::TransferInState;
        event.details.state = event.details.state.take().filter(|_| !is_moved_away);
        event.details.from_facility = Some(event.facility.to_string());
        event.details.to_facility = Some(holder.to_string());
        event.facility = holder;
    } else {
        event.details.still_held_at = Some(holder.to_string());
    }
}

/// Who says whom records are about.
enum Placer<'a> {
    /// Whoever may be meant is looked up and compared.
    Judging(Box<People>),
    /// It is taken as it was decided.
    Recorded(Recorded<'a>),
}

impl Placer<'_> {
    const fn learnt(&self) -> &Learnt {
        match self {
            Self::Judging(people) => people.learnt(),
            Self::Recorded(recorded) => recorded.learnt(),
        }
    }
}

/// Looks up whom the records name that are new, or whose person reads differently now.
fn placer<'a>(
    tx: &mut Tx<'_>,
    movements: &[&Movement<'_>],
    workspace: &mut Workspace,
    (moment, course): (Moment, &mut Course<'a>),
) -> Result<Placer<'a>, StoreError> {
    if let Some(then) = course.begin() {
        return Ok(Placer::Recorded(Recorded::load(tx, then, moment)?));
    }
    let (mut wanted, mut persons) = (Vec::new(), Vec::new());
    for movement in movements {
        let MovementChange::Row { record, .. } = movement.change else {
            continue;
        };
        let agency = &movement.speaker.agency;
        let slot = workspace.record(&(agency.clone(), record.key()));
        let known = slot.and_then(|slot| slot.row.as_ref());
        let reads_otherwise = |row: &RecordRow| {
            !row.known.is_sealed_by_order() && row.known.record.subject != record.subject
        };
        if known.is_none_or(reads_otherwise) {
            wanted.push((agency, record));
            persons.extend(known.map(|row| row.person));
        }
    }
    let of = (course.first_person(), moment);
    let people = People::load(tx, &wanted, persons, of)?;
    Ok(Placer::Judging(Box::new(people)))
}

/// Looks which of the records that are new a court ordered to be sealed.
fn sealed(
    tx: &mut Tx<'_>,
    movements: &[&Movement<'_>],
    workspace: &mut Workspace,
    moment: Moment,
) -> Result<Sealed, StoreError> {
    let mut new = Vec::new();
    for movement in movements {
        let key = movement.agency_key();
        if workspace.record(&key).is_none_or(|slot| slot.row.is_none()) {
            new.push(key);
        }
    }
    Sealed::load(tx, new.into_iter(), moment)
}

/// Takes as many record numbers as there may be new records.
fn numbers_for_new_records(
    tx: &mut Tx<'_>,
    movements: &[&Movement<'_>],
    workspace: &mut Workspace,
    course: &Course<'_>,
) -> Result<i64, StoreError> {
    if course.is_again() {
        return Ok(0);
    }
    let mut new = 0;
    for movement in movements {
        let slot = workspace.record(&movement.agency_key());
        new += u64::from(slot.is_none_or(|slot| slot.row.is_none()));
    }
    if new == 0 {
        Ok(0)
    } else {
        tx.take_numbers("record", new)
    }
}

/// Keeps the digest of what the agent lists.
fn mirror(
    movement: &Movement<'_>,
    workspace: &Workspace,
    positions: &mut BTreeMap<AgentId, Durable>,
) {
    let Some(durable) = positions.get_mut(&movement.lister) else {
        return;
    };
    let key = movement.listing_key();
    let name = key_hash(&key.feed, &key.key);
    if let Some(before) = workspace.listing(&key) {
        durable.digest.remove(&name, &before.row_hash);
    }
    if let MovementChange::Row { hash, .. } = &movement.change {
        durable.digest.add(&name, hash);
    }
}

struct Settlement<'a> {
    placer: Placer<'a>,
    /// The number of the next new record, where none was given before.
    next_record: i64,
    events: Vec<Event>,
    /// Of records that were missing from a list, before or since: whether they are now.
    missing: BTreeMap<RecordId, bool>,
    sealed: Sealed,
    received_at: ReceivedAt,
}

impl Settlement<'_> {
    fn take(
        &mut self,
        tx: &mut Tx<'_>,
        movement: &Movement<'_>,
        (workspace, course): (&mut Workspace, &mut Course<'_>),
    ) -> Result<(), StoreError> {
        let listing_key = movement.listing_key();
        let listing = workspace.listing(&listing_key);
        let agency_key = (movement.speaker.agency.clone(), listing_key.key.clone());
        let Some(slot) = workspace.record(&agency_key) else {
            return Ok(());
        };
        let before = slot.row.take();
        let arrival = Arrival {
            feed: movement.feed,
            origin: movement.origin,
            before: listing.map(|listing| listing.word),
            change: movement.arrival_change(before.as_ref()),
        };
        let Some(mut folded) = fold(before.as_ref().map(|row| &row.known), arrival) else {
            // Absence of what was never known; only the listing, if any, goes.
            slot.row = before;
            workspace.set_listing(listing_key, None);
            return Ok(());
        };
        if before.is_none() {
            self.sealed.seal(&agency_key, &mut folded.after);
        }
        let row = self.row_after(movement, before.as_ref(), &folded, course)?;
        if before.is_none() {
            self.sealed.arrived(&agency_key, row.record, row.person);
        }
        let is_missing = row.known.is_missing();
        if is_missing
            || before
                .as_ref()
                .is_some_and(|before| before.known.is_missing())
        {
            self.missing.insert(row.record, is_missing);
        }
        course.about((row.record, row.version), row.person);
        slot.is_changed = true;
        slot.row = Some(row.clone());
        let listing = match (&movement.change, folded.word) {
            (MovementChange::Row { hash, .. }, Some(word)) => Some(Listing {
                row_hash: *hash,
                record: row.record,
                word,
            }),
            (_, _) => None,
        };
        workspace.set_listing(listing_key, listing);
        if folded.is_changed {
            let corrects = folded.derived.iter().any(|derived| derived.corrects);
            workspace.versions.push(OwnedVersion {
                record: row.record,
                version: row.version,
                body: row.known.record.clone(),
                observed_at: movement.observed_at,
                source: (movement.speaker.agent, movement.epoch, movement.seq),
                origin: movement.origin,
                corrects: before.filter(|_| corrects).map(|before| before.version),
            });
        }
        self.tell(tx, movement, &row, folded.derived)
    }

    fn row_after(
        &mut self,
        movement: &Movement<'_>,
        before: Option<&RecordRow>,
        folded: &Folded,
        course: &mut Course<'_>,
    ) -> Result<RecordRow, StoreError> {
        let record = match before {
            Some(before) => before.record,
            None => course.next_record()?.unwrap_or_else(|| self.number()),
        };
        let after = &folded.after.record;
        course.meet(&movement.speaker.agency, after);
        // Whom a sealed record is about was decided before, and nothing is learnt from it.
        let stays = before.is_some_and(|before| {
            before.known.is_sealed_by_order() || before.known.record.subject == after.subject
        });
        let person = match before {
            Some(before) if stays => before.person,
            before => {
                course.placed();
                let agency = &movement.speaker.agency;
                match &mut self.placer {
                    Placer::Judging(people) => people.place(agency, after, record, before),
                    Placer::Recorded(recorded) => recorded.place(agency, after, record, before)?,
                }
            }
        };
        let version = before.map_or(0, |before| before.version) + i64::from(folded.is_changed);
        Ok(RecordRow {
            record,
            person,
            version,
            known: folded.after.clone(),
        })
    }

    const fn number(&mut self) -> RecordId {
        self.next_record += 1;
        RecordId(self.next_record - 1)
    }

    fn tell(
        &mut self,
        tx: &mut Tx<'_>,
        movement: &Movement<'_>,
        row: &RecordRow,
        derived: Vec<Derived>,
    ) -> Result<(), StoreError> {
        let record = &row.known.record;
        let key = row.record.0.to_be_bytes();
        for (ordinal, mut derived) in (0_u8..).zip(derived) {
            derived.details.effective_is_day =
                derived.effective_at.is_some_and(EffectiveAt::is_day);
            let (agent, epoch, seq) = (movement.speaker.agent, movement.epoch, movement.seq);
            let effective_at = derived.effective_at.map(EffectiveAt::timestamp);
            if derived.is_overtaken && self.is_told(tx, row, derived.code, effective_at)? {
                continue;
            }
            derived.details.canary_of = record.synthetic.then(|| agent.to_string());
            let corrects = match (derived.corrects, derived.takes_back) {
                (true, Some(code)) => event::last_with(tx, row.record, code)?,
                (true, None) => self.corrected(tx, row)?,
                (false, _) => None,
            };
            let is_date = record.custody().is_none();
            if is_date && derived.code == EventCode::Correction && corrects.is_none() {
                // What was never told is taken back without a word.
                continue;
            }
            self.events.push(Event {
                event: EventId::derive(agent, epoch, seq, &key, ordinal),
                code: derived.code,
                person: row.person,
                record: row.record,
                version: row.version,
                facility: record.facility.clone(),
                origin: movement.origin,
                effective_at,
                entered_at: record.entered_at.map(|at| at.timestamp()),
                observed_at: movement.observed_at,
                received_at: self.received_at,
                corrects,
                details: derived.details,
            });
        }
        Ok(())
    }

    /// Says whether something that is over was told when it was news, by another feed.
    fn is_told(
        &self,
        tx: &mut Tx<'_>,
        row: &RecordRow,
        code: EventCode,
        effective_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let is_same = |event: &Event| {
            (event.record, event.code, event.effective_at) == (row.record, code, effective_at)
        };
        Ok(self.events.iter().any(is_same) || event::is_known(tx, row.record, code, effective_at)?)
    }

    /// Finds the event that a correction takes back; one of the same transaction has no number yet.
    fn corrected(
        &self,
        tx: &mut Tx<'_>,
        row: &RecordRow,
    ) -> Result<Option<EventPosition>, StoreError> {
        if row.known.record.custody().is_some() {
            event::last_end_of(tx, row.record)
        } else {
            event::last_told_of(tx, row.record)
        }
    }
}

#[cfg(test)]
mod tests;
