//! Records that a court ordered to be sealed, and that arrive for the first time, or again after an older copy
//! of the registry was put back: each is sealed as it arrives, and nothing is learnt of it.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::ids::{AgencyId, RecordKey};

use super::Moment;
use super::workspace::AgencyKey;
use crate::ids::{OrderId, PersonId, RecordId};
use crate::registry::known::{Known, Sealer};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::{face, merge, sealed};

/// Which of the records that arrive are sealed by which orders, and which of them did arrive.
#[derive(Debug, Default)]
pub(super) struct Sealed {
    orders: BTreeMap<AgencyKey, Vec<OrderId>>,
    arrived: Vec<(OrderId, RecordId)>,
    persons: BTreeSet<PersonId>,
}

impl Sealed {
    /// Looks up records that are not known; agencies of which nothing is sealed cost one question.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        records: impl Iterator<Item = AgencyKey>,
        moment: Moment,
    ) -> Result<Self, StoreError> {
        let mut by_agency: BTreeMap<AgencyId, BTreeSet<RecordKey>> = BTreeMap::new();
        for (agency, record) in records {
            by_agency.entry(agency).or_default().insert(record);
        }
        let mut found = Self::default();
        for (agency, records) in by_agency {
            if !sealed::is_any(tx, &agency)? {
                continue;
            }
            let stones: Vec<_> = records
                .iter()
                .map(|record| moment.orders.tombstone(&agency, record))
                .collect();
            let orders = records.into_iter().zip(sealed::find(tx, &stones)?);
            let sealed = orders.filter(|(_, orders)| !orders.is_empty());
            let sealed = sealed.map(|(record, orders)| ((agency.clone(), record), orders));
            found.orders.extend(sealed);
        }
        Ok(found)
    }

    /// Seals a record that is new, where an order says so.
    pub(super) fn seal(&self, key: &AgencyKey, known: &mut Known) {
        let orders = self.orders.get(key).into_iter().flatten();
        known
            .sealed_by
            .extend(orders.map(|order| Sealer::Order(*order)));
    }

    /// Notes that a record arrived, and whom it is about.
    pub(super) fn arrived(&mut self, key: &AgencyKey, record: RecordId, person: PersonId) {
        if let Some(orders) = self.orders.get(key) {
            self.arrived
                .extend(orders.iter().map(|order| (*order, record)));
            self.persons.insert(person);
        }
    }

    /// Notes what the orders cover since, and forgets what was learnt of it, once everything is written.
    pub(super) fn settle(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        sealed::cover(tx, &self.arrived)?;
        for person in self.persons {
            let person = merge::current(tx, person)?;
            face::relearn(tx, &[person])?;
        }
        Ok(())
    }
}
