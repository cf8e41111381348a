//! What an order covers: the records of a person, as they stand when it is looked.

use savin_shared::ids::AgencyId;

use super::{OrderKind, refused};
use crate::ids::{EventId, EventPosition, PersonId, RecordId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::expunged::{OrderKey, Tombstone};
use crate::store::registry::record::RecordRow;
use crate::store::registry::{event, merge, person};

/// Events of one record that an order reaches; nobody's booking has as many.
const EVENTS_MAX: u32 = 100_000;

/// What an order covers.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The person, as known now.
    pub person: PersonId,
    /// The person and all who were joined to it: by each of them somebody may have asked.
    pub everyone: Vec<PersonId>,
    /// The records that it covers, with whose they are.
    pub records: Vec<(AgencyId, RecordRow)>,
    /// The person's other records.
    pub others: Vec<(AgencyId, RecordRow)>,
    /// The events of what it covers, in their order.
    pub events: Vec<(EventPosition, EventId)>,
}

/// On what an order is carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    /// Records that are known.
    pub records: Vec<RecordId>,
    /// Records that are known by keyed hashes when they arrive, with whose they are.
    pub named: Vec<(AgencyId, Tombstone)>,
}

impl Scope {
    /// Finds what an order about a person covers: these records, or all without one.
    ///
    /// # Errors
    /// Returns [`StoreError::Refused`] when there is no such person, or a record is not the person's;
    /// other errors when the database refuses.
    pub fn find(tx: &mut Tx<'_>, asked: PersonId, only: &[RecordId]) -> Result<Self, StoreError> {
        if !person::exists(tx, asked)? {
            return Err(refused(
                "nobody is known by that identifier: it stands in the address of the person's page",
            ));
        }
        let person = merge::current(tx, asked)?;
        let all = merge::with_agencies(tx, person)?;
        let (records, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|(_, row)| only.is_empty() || only.contains(&row.record));
        if records.is_empty() || (!only.is_empty() && records.len() != only.len()) {
            return Err(refused(
                "a record is not this person's: `savin-hub persons show` lists them by number",
            ));
        }
        Ok(Self {
            person,
            everyone: merge::everyone(tx, person)?,
            events: events_of(tx, &numbers(&records))?,
            records,
            others,
        })
    }

    /// Returns the persons of whom nothing is left without what it covers.
    #[must_use]
    pub fn gone(&self) -> Vec<PersonId> {
        if self.others.is_empty() {
            self.everyone.clone()
        } else {
            Vec::new()
        }
    }

    /// Returns it as it is carried out: to seal it, with the keyed hashes by which records of it that arrive
    /// again are known.
    #[must_use]
    pub fn covered(&self, kind: OrderKind, key: &OrderKey) -> Covered {
        Covered {
            records: self.numbers(),
            named: match kind {
                OrderKind::Seal => self.named(key),
                // What is destroyed gets its own when it is.
                OrderKind::Expunge => Vec::new(),
            },
        }
    }

    /// Returns the keyed hashes of the records that it covers, with whose they are.
    #[must_use]
    pub fn named(&self, key: &OrderKey) -> Vec<(AgencyId, Tombstone)> {
        let stone = |(agency, row): &(AgencyId, RecordRow)| {
            let stone = key.tombstone(agency, &row.known.record.key());
            (agency.clone(), stone)
        };
        self.records.iter().map(stone).collect()
    }

    /// Returns the numbers of the records that it covers.
    #[must_use]
    pub fn numbers(&self) -> Vec<RecordId> {
        numbers(&self.records)
    }
}

fn numbers(records: &[(AgencyId, RecordRow)]) -> Vec<RecordId> {
    records.iter().map(|(_, row)| row.record).collect()
}

pub(super) fn events_of(
    tx: &mut Tx<'_>,
    records: &[RecordId],
) -> Result<Vec<(EventPosition, EventId)>, StoreError> {
    let events = event::of_records(tx, records, EVENTS_MAX)?;
    let mut events: Vec<_> = events
        .iter()
        .map(|(at, event)| (*at, event.event))
        .collect();
    events.sort();
    Ok(events)
}
