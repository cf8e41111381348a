//! What a transaction has loaded and changed so far, so that each row is read and written once.

use std::collections::BTreeMap;

use savin_shared::clock::{ObservedAt, ReceivedAt};
use savin_shared::delta::Origin;
use savin_shared::ids::{AgencyId, AgentId, Epoch, RecordKey, Seq};
use savin_shared::record::Record;

use crate::ids::RecordId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::listing::{self, Listing, ListingKey};
use crate::store::registry::record::{self, RecordRow, Version};

/// Which record of which agency.
pub(super) type AgencyKey = (AgencyId, RecordKey);

/// A listing as it is, and whether it was changed.
#[derive(Debug)]
struct ListingSlot {
    listing: Option<Listing>,
    is_changed: bool,
}

/// A record as it is, and what has to be written of it.
#[derive(Debug)]
pub(super) struct RecordSlot {
    pub(super) row: Option<RecordRow>,
    pub(super) is_new: bool,
    pub(super) is_changed: bool,
}

/// A state of a record, to be added to its history.
#[derive(Debug)]
pub(super) struct OwnedVersion {
    pub(super) record: RecordId,
    pub(super) version: i64,
    pub(super) body: Record,
    pub(super) observed_at: ObservedAt,
    pub(super) source: (AgentId, Epoch, Seq),
    pub(super) origin: Origin,
    pub(super) corrects: Option<i64>,
}

/// Everything that a transaction has loaded and changed.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    listings: BTreeMap<ListingKey, ListingSlot>,
    records: BTreeMap<AgencyKey, RecordSlot>,
    pub(super) versions: Vec<OwnedVersion>,
}

impl Workspace {
    /// Loads listings and records by their keys, each once.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        mut listing_keys: Vec<ListingKey>,
        mut record_keys: Vec<AgencyKey>,
    ) -> Result<Self, StoreError> {
        listing_keys.sort();
        listing_keys.dedup();
        record_keys.sort();
        record_keys.dedup();
        let listings = listing::load_many(tx, &listing_keys)?;
        let records = record::load_many(tx, &record_keys)?;
        let listing_slot = |listing| ListingSlot {
            listing,
            is_changed: false,
        };
        let record_slot = |row: Option<RecordRow>| RecordSlot {
            is_new: row.is_none(),
            is_changed: false,
            row,
        };
        Ok(Self {
            listings: listing_keys
                .into_iter()
                .zip(listings.into_iter().map(listing_slot))
                .collect(),
            records: record_keys
                .into_iter()
                .zip(records.into_iter().map(record_slot))
                .collect(),
            versions: Vec::new(),
        })
    }

    pub(super) fn listing(&self, key: &ListingKey) -> Option<Listing> {
        self.listings.get(key).and_then(|slot| slot.listing)
    }

    pub(super) fn set_listing(&mut self, key: ListingKey, listing: Option<Listing>) {
        self.listings.insert(
            key,
            ListingSlot {
                listing,
                is_changed: true,
            },
        );
    }

    pub(super) fn record(&mut self, key: &AgencyKey) -> Option<&mut RecordSlot> {
        self.records.get_mut(key)
    }

    /// Writes everything that was changed.
    pub(super) fn flush(self, tx: &mut Tx<'_>, received_at: ReceivedAt) -> Result<(), StoreError> {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for ((agency, _), slot) in &self.records {
            match &slot.row {
                Some(row) if slot.is_new => new.push((agency, row)),
                Some(row) if slot.is_changed => changed.push(row),
                Some(_) | None => {}
            }
        }
        record::insert_many(tx, &new)?;
        record::update_many(tx, &changed)?;
        let versions: Vec<Version<'_>> = self
            .versions
            .iter()
            .map(|version| Version {
                record: version.record,
                version: version.version,
                body: &version.body,
                observed_at: version.observed_at,
                received_at,
                source: version.source,
                origin: version.origin,
                corrects: version.corrects,
            })
            .collect();
        record::append_versions(tx, &versions)?;
        let (mut put, mut removed) = (Vec::new(), Vec::new());
        for (key, slot) in self.listings.iter().filter(|(_, slot)| slot.is_changed) {
            match slot.listing {
                Some(listing) => put.push((key, listing)),
                None => removed.push(key),
            }
        }
        listing::put_many(tx, &put)?;
        listing::remove_many(tx, &removed)
    }
}
