//! What agencies go on sending of records that were expunged: it comes into neither registry nor log, the
//! digests of their lists go on holding, and staff tells the agency.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::delta::Change;
use savin_shared::digest::{Digest, bucket_of, key_hash};
use savin_shared::envelope::{self, SealedBatch, portable};
use savin_shared::frame::snapshot::SnapshotChunk;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgencyId, AgentId, FeedName, RecordKey, Seq};

use super::erasing::without_rows;
use super::movement::{Movement, MovementChange};
use super::workspace::AgencyKey;
use super::{Moment, Opened, OpenedDelta};
use crate::ids::OrderId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::court_order;
use crate::store::registry::expunged::{self, Entry, OrderKey, Place};
use crate::store::registry::log::LogPlace;
use crate::store::registry::position::Durable;
use crate::store::registry::shadow::{self, Of, Shadow};
use crate::store::registry::step::Part;

/// Which of the records that arrive were expunged, and by which order.
#[derive(Debug, Default)]
pub struct Expunged(BTreeMap<AgencyKey, OrderId>);

impl Expunged {
    /// Looks up records; agencies of which nothing was ever expunged cost one question.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn load(
        tx: &mut Tx<'_>,
        key: &OrderKey,
        records: impl Iterator<Item = (AgencyId, RecordKey)>,
    ) -> Result<Self, StoreError> {
        let mut by_agency: BTreeMap<AgencyId, BTreeSet<RecordKey>> = BTreeMap::new();
        for (agency, record) in records {
            by_agency.entry(agency).or_default().insert(record);
        }
        let mut found = BTreeMap::new();
        for (agency, records) in by_agency {
            if !expunged::is_any(tx, &agency)? {
                continue;
            }
            let stones: Vec<_> = records
                .iter()
                .map(|record| key.tombstone(&agency, record))
                .collect();
            for (record, order) in records.into_iter().zip(expunged::find(tx, &stones)?) {
                found.extend(order.map(|order| ((agency.clone(), record), order)));
            }
        }
        Ok(Self(found))
    }

    /// Says whether a record was expunged.
    #[must_use]
    pub fn holds(&self, record: &(AgencyId, RecordKey)) -> bool {
        self.0.contains_key(record)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Keeps the digests of what movements say of expunged records, and asks staff to tell their agencies.
/// Returns the movements of all others.
pub(super) fn settle<'a, 'b>(
    tx: &mut Tx<'_>,
    movements: &'a [Movement<'b>],
    positions: &mut BTreeMap<AgentId, Durable>,
    moment: Moment,
) -> Result<Vec<&'a Movement<'b>>, StoreError> {
    let records = movements.iter().map(Movement::agency_key);
    let expunged = Expunged::load(tx, &moment.orders, records)?;
    if expunged.is_empty() {
        return Ok(movements.iter().collect());
    }
    let mut others = Vec::with_capacity(movements.len());
    let mut said: BTreeSet<(OrderId, AgencyId)> = BTreeSet::new();
    let mut listed: BTreeMap<AgentId, BTreeMap<Place, Entry>> = BTreeMap::new();
    for movement in movements {
        let record = movement.agency_key();
        let Some(order) = expunged.0.get(&record) else {
            others.push(movement);
            continue;
        };
        let place = Place {
            agent: movement.lister,
            feed: movement.feed.clone(),
            tombstone: moment.orders.tombstone(&record.0, &record.1),
        };
        let name = key_hash(movement.feed, &record.1);
        let of_lister = match listed.entry(movement.lister) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(expunged::of_agent(tx, &moment.orders, movement.lister)?)
            }
        };
        let digest = positions.get_mut(&movement.lister).map(|at| &mut at.digest);
        let before = of_lister.remove(&place);
        let after = match &movement.change {
            MovementChange::Row { hash, .. } => Some(Entry {
                name,
                row_hash: *hash,
            }),
            MovementChange::NoLongerListed(_) | MovementChange::Withheld(_) => None,
        };
        if let Some(digest) = digest {
            replace(digest, before.as_ref(), after.as_ref());
        }
        match after {
            Some(entry) => {
                expunged::list(tx, &moment.orders, &place, &entry)?;
                of_lister.insert(place, entry);
            }
            None => expunged::unlist(tx, &place)?,
        }
        said.insert((*order, record.0));
    }
    for (order, agency) in said {
        court_order::ask_agency(tx, order, &agency, moment.now)?;
    }
    Ok(others)
}

fn replace(digest: &mut Digest, before: Option<&Entry>, after: Option<&Entry>) {
    if let Some(before) = before {
        digest.remove(&before.name, &before.row_hash);
    }
    if let Some(after) = after {
        digest.add(&after.name, &after.row_hash);
    }
}

/// Adds to the digest of what the mirror lists what an agent lists of expunged records.
pub(super) fn add(
    tx: &mut Tx<'_>,
    key: &OrderKey,
    agent: AgentId,
    digest: &mut Digest,
) -> Result<(), StoreError> {
    for entry in expunged::of_agent(tx, key, agent)?.values() {
        digest.add(&entry.name, &entry.row_hash);
    }
    Ok(())
}

/// What is no longer listed of expunged records, by a state or some of its buckets: its digest without it.
pub(super) fn retain(
    tx: &mut Tx<'_>,
    (agent, agency): (AgentId, &AgencyId),
    (listed, buckets): (&BTreeSet<Hash>, Option<&[u8]>),
    digest: &mut Digest,
    moment: Moment,
) -> Result<(), StoreError> {
    let mut gone = Vec::new();
    for (place, entry) in expunged::of_agent(tx, &moment.orders, agent)? {
        let is_told = buckets.is_none_or(|buckets| buckets.contains(&bucket_of(&entry.name)));
        if is_told && !listed.contains(&entry.name) {
            digest.remove(&entry.name, &entry.row_hash);
            expunged::unlist(tx, &place)?;
            gone.push(place.tombstone);
        }
    }
    for order in expunged::find(tx, &gone)?.into_iter().flatten() {
        court_order::ask_agency(tx, order, agency, moment.now)?;
    }
    Ok(())
}

/// Keeps the digests of what was destroyed as they were while it was not: by what is kept of its deltas and rows.
pub(super) fn settle_shadows(
    tx: &mut Tx<'_>,
    (agent, shadows): (AgentId, &[Shadow]),
    positions: &mut BTreeMap<AgentId, Durable>,
    key: &OrderKey,
) -> Result<(), StoreError> {
    let Some(durable) = positions.get_mut(&agent).filter(|_| !shadows.is_empty()) else {
        return Ok(());
    };
    let mut listed = expunged::of_agent(tx, key, agent)?;
    for shadow in shadows {
        let (place, after) = shadow.read(agent)?;
        let before = listed.remove(&place);
        replace(&mut durable.digest, before.as_ref(), after.as_ref());
        match after {
            Some(entry) => {
                expunged::list(tx, key, &place, &entry)?;
                listed.insert(place, entry);
            }
            None => expunged::unlist(tx, &place)?,
        }
    }
    Ok(())
}

/// A batch as it may be logged.
#[derive(Debug)]
pub(super) struct Loggable {
    pub(super) batch: SealedBatch,
    pub(super) sealed: Vec<u8>,
    /// What is kept of what was taken out of it, sealed.
    pub(super) shadows: Option<Vec<u8>>,
}

/// A batch as it may be logged, where that is not as it came: without what was expunged, and without the
/// secret that would open what was erased of its capture.
pub(super) fn erased(
    tx: &mut Tx<'_>,
    opened: &Opened,
    moment: Moment,
) -> Result<Option<Loggable>, StoreError> {
    let agency = &opened.speaker.agency;
    if !expunged::is_any(tx, agency)? {
        return Ok(None);
    }
    let keys = opened.deltas.iter().filter_map(record_of);
    let records = keys.map(|(_, key, _)| (agency.clone(), key));
    let expunged = Expunged::load(tx, &moment.orders, records)?;
    let (mut seqs, mut shadows) = (BTreeSet::new(), Vec::new());
    for delta in &opened.deltas {
        let Some((feed, key, hash)) = record_of(delta) else {
            continue;
        };
        if expunged.holds(&(agency.clone(), key.clone())) {
            seqs.insert(delta.seq);
            shadows.push(Shadow::of(&moment.orders, agency, (feed, &key), hash));
        }
    }
    let (batch, sealed) = without(&opened.batch, &seqs)?;
    let header = &batch.header;
    let place = LogPlace {
        agent: header.agent,
        epoch: header.span.epoch,
        first: header.span.first,
    };
    let shadows = shadow::seal(&moment.orders, Of::Batch(&place), &shadows)?;
    Ok(Some(Loggable {
        batch,
        sealed,
        shadows,
    }))
}

/// The parts of a state as they may be kept: without the rows of what was expunged.
pub(super) fn kept(
    tx: &mut Tx<'_>,
    key: &OrderKey,
    (agent, agency): (AgentId, &AgencyId),
    (rows, parts): (impl Iterator<Item = RecordKey>, &[SnapshotChunk]),
) -> Result<Vec<Part>, StoreError> {
    let expunged = Expunged::load(tx, key, rows.map(|record| (agency.clone(), record)))?;
    let parts = parts.iter().map(|part| (part.clone(), None));
    if expunged.is_empty() {
        return Ok(parts.collect());
    }
    let is_gone = |record: &RecordKey| expunged.holds(&(agency.clone(), record.clone()));
    parts
        .map(|part| {
            let left = without_rows((&part, agent), (agency, key), is_gone)?;
            Ok(left.map_or(part, |(left, _)| left))
        })
        .collect()
}

/// Erases deltas of a batch, and parts every other from the secret of its capture.
pub(super) fn without(
    batch: &SealedBatch,
    seqs: &BTreeSet<Seq>,
) -> Result<(SealedBatch, Vec<u8>), StoreError> {
    let damaged = |_| StoreError::Damaged("a batch cannot be erased");
    let batch = envelope::erase_where(batch, |seq| seqs.contains(&seq)).map_err(damaged)?;
    let bytes = portable::encode(&batch).map_err(damaged)?;
    Ok((batch, bytes))
}

/// Returns of which record in which list a delta is, and the hash of its row where it has one.
fn record_of(delta: &OpenedDelta) -> Option<(&FeedName, RecordKey, Option<Hash>)> {
    let (delta, record) = delta.content.as_ref()?;
    let (record, hash) = match (&delta.change, record) {
        (Change::Upsert { row, .. }, Some(record)) => (record.key(), Some(row.hash())),
        (Change::NoLongerListed(key) | Change::Withheld(key), _) => (key.clone(), None),
        (Change::Upsert { .. } | Change::ObservationGap { .. }, _) => return None,
    };
    Some((&delta.feed, record, hash))
}
