//! Some buckets of a state, sent again: applied as the difference to what is known in them, in one
//! transaction. Like a full state it corrects the status and tells nobody without a person.

use std::collections::BTreeMap;

use savin_shared::chain::Position;
use savin_shared::clock::ReceivedAt;
use savin_shared::digest::{Digest, bucket_of, key_hash};
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotRow};
use savin_shared::hash::Hash;
use savin_shared::ids::AgentId;

use super::course::Course;
use super::expunged;
use super::full_state::{Sent, StateRow, entries, forged, movements, opened_row};
use super::settle::settle;
use super::{Moment, Refusal, Speaker};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::expunged::{Entry, OrderKey, of_agent as expunged_of_agent};
use crate::store::registry::listing::{self, Listing, ListingKey};
use crate::store::registry::position::{self, Durable};
use crate::store::registry::shadow::Shadow;
use crate::store::registry::step::{self, Step};

/// Buckets whose signature and rows have been checked.
#[derive(Debug, Clone)]
pub struct Repair {
    speaker: Speaker,
    position: Position,
    state_digest: Hash,
    buckets: Vec<u8>,
    rows: Vec<StateRow>,
    shadows: Vec<Shadow>,
    sent: Sent,
}

impl Repair {
    /// Returns how many rows it has, with those that were destroyed, and how many these are.
    pub(super) const fn len(&self) -> (u64, u64) {
        let gone = self.shadows.len() as u64;
        (self.rows.len() as u64 + gone, gone)
    }
}

/// What became of a repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repaired {
    /// The mirror is what the agent signed.
    Done,
    /// The agent has gone on meanwhile: nothing was changed, and it is compared again.
    Moved,
    /// The mirror would still be another one: nothing was changed, and the whole state is wanted.
    Differs,
}

/// Returns where an agent durably stands, with the digest of what the mirror really lists: the one that
/// is kept beside it knows nothing of what was changed behind it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn standing(
    tx: &mut Tx<'_>,
    agent: AgentId,
    key: &OrderKey,
) -> Result<Option<(Position, Digest)>, StoreError> {
    let Some(durable) = position::load(tx, agent)? else {
        return Ok(None);
    };
    let listed = listing::of_agent(tx, agent)?;
    let mut digest = digest_of(listed.iter());
    expunged::add(tx, key, agent, &mut digest)?;
    Ok(Some((durable.position, digest)))
}

fn digest_of<'a>(listed: impl Iterator<Item = &'a (ListingKey, Listing)>) -> Digest {
    let mut digest = Digest::default();
    for (key, listing) in listed {
        digest.add(&key_hash(&key.feed, &key.key), &listing.row_hash);
    }
    digest
}

/// Checks a repair: that its speaker signed it, and that its rows belong to its buckets.
///
/// # Errors
/// Returns [`Refusal`]; it then changes nothing.
pub fn open(
    speaker: &Speaker,
    begin: &SnapshotBegin,
    buckets: Vec<u8>,
    rows: Vec<SnapshotRow>,
) -> Result<Repair, Refusal> {
    open_left(speaker, begin, buckets, (rows, Vec::new()))
}

/// Checks what is left of a repair of which rows were destroyed.
pub(super) fn open_left(
    speaker: &Speaker,
    begin: &SnapshotBegin,
    buckets: Vec<u8>,
    (rows, shadows): (Vec<SnapshotRow>, Vec<Shadow>),
) -> Result<Repair, Refusal> {
    begin
        .verify(speaker.agent, &speaker.batch_key)
        .map_err(|_| forged())?;
    let sent = Sent::new(begin, &rows)?;
    let mut opened = Vec::with_capacity(rows.len());
    for row in rows {
        let row = opened_row(speaker, row)?;
        if !buckets.contains(&bucket_of(&row.name())) {
            return Err(forged());
        }
        opened.push(row);
    }
    Ok(Repair {
        speaker: speaker.clone(),
        position: begin.position,
        state_digest: begin.state_digest,
        buckets,
        rows: opened,
        shadows,
        sent,
    })
}

/// Applies a repair.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses; nothing is then stored.
pub fn take(tx: &mut Tx<'_>, repair: &Repair, moment: Moment) -> Result<Repaired, StoreError> {
    take_on(tx, repair, moment, Course::default())
}

/// Applies a repair on its course.
pub(super) fn take_on(
    tx: &mut Tx<'_>,
    repair: &Repair,
    moment: Moment,
    mut course: Course<'_>,
) -> Result<Repaired, StoreError> {
    let agent = repair.speaker.agent;
    let durable = position::load(tx, agent)?.filter(|hub| hub.position == repair.position);
    let Some(durable) = durable else {
        return Ok(Repaired::Moved);
    };
    let listed = listing::of_agent(tx, agent)?;
    let mut expected = digest_of(listed.iter());
    let of_expunged = expunged_of_agent(tx, &moment.orders, agent)?;
    for entry in of_expunged.values() {
        expected.add(&entry.name, &entry.row_hash);
    }
    let digest = expected.clone();
    for entry in of_expunged.values() {
        if repair.buckets.contains(&bucket_of(&entry.name)) {
            expected.remove(&entry.name, &entry.row_hash);
        }
    }
    let mut before: BTreeMap<ListingKey, Listing> = BTreeMap::new();
    for (key, listing) in listed {
        let name = key_hash(&key.feed, &key.key);
        if repair.buckets.contains(&bucket_of(&name)) {
            expected.remove(&name, &listing.row_hash);
            before.insert(key, listing);
        }
    }
    for row in &repair.rows {
        expected.add(&row.name(), &row.hash());
    }
    let shadows: Vec<Entry> = entries(agent, &repair.shadows).collect();
    for entry in &shadows {
        expected.add(&entry.name, &entry.row_hash);
    }
    if expected.root() != repair.state_digest {
        return Ok(Repaired::Differs);
    }
    let of = (&repair.speaker, repair.position);
    let movements = movements(of, &before, &repair.rows, moment);
    let durable = Durable {
        received_at: ReceivedAt(moment.now),
        digest,
        ..durable
    };
    let mut positions = BTreeMap::from([(agent, durable)]);
    expunged::settle_shadows(tx, (agent, &repair.shadows), &mut positions, &moment.orders)?;
    settle(tx, &movements, &mut positions, (moment, &mut course))?;
    if let Some(durable) = positions.get_mut(&agent) {
        let names = shadows.iter().map(|entry| entry.name);
        let listed = repair
            .rows
            .iter()
            .map(StateRow::name)
            .chain(names)
            .collect();
        let (whose, told) = ((agent, &repair.speaker.agency), Some(&*repair.buckets));
        expunged::retain(tx, whose, (&listed, told), &mut durable.digest, moment)?;
    }
    match positions.get(&agent) {
        Some(durable) if durable.digest.root() == repair.state_digest => {
            position::store_many(tx, &[(agent, durable)])?;
            note(tx, repair, moment, course)?;
            Ok(Repaired::Done)
        }
        Some(_) | None => Err(StoreError::Damaged(
            "the mirror differs from the repair that it was set to",
        )),
    }
}

/// Notes the step of a repair.
fn note(
    tx: &mut Tx<'_>,
    repair: &Repair,
    moment: Moment,
    course: Course<'_>,
) -> Result<(), StoreError> {
    let agent = repair.speaker.agent;
    let step = Step::Repair {
        agent,
        begin: repair.sent.begin.clone(),
        buckets: repair.buckets.clone(),
    };
    let rows = repair.rows.iter().map(StateRow::key);
    let sent = (rows, repair.sent.chunks.as_slice());
    let of = (agent, &repair.speaker.agency);
    let parts = expunged::kept(tx, &moment.orders, of, sent)?;
    step::append_placed(tx, (&step, &parts), course.finish()?, moment.now)
}
