//! A full state: applied as the difference to what is known, in one transaction. It corrects the
//! status and tells nobody of a release without a person.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::chain::Position;
use savin_shared::clock::{ObservedAt, ReceivedAt};
use savin_shared::delta::{Coverage, Evidence, Origin};
use savin_shared::digest::{Digest, key_hash};
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotChunk, SnapshotRow};
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, FeedName, RecordKey};
use savin_shared::record::{Record, portable, row_hash};

use super::course::Course;
use super::expunged;
use super::movement::{Movement, MovementChange};
use super::settle::settle;
use super::succession::{Succession, succeed};
use super::{Moment, Refusal, Speaker};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::expunged::Entry;
use crate::store::registry::listing::{self, Listing, ListingKey};
use crate::store::registry::log;
use crate::store::registry::position::{self, Durable};
use crate::store::registry::shadow::Shadow;
use crate::store::registry::step::{self, Step};

/// A full state whose signature and rows have been checked.
#[derive(Debug, Clone)]
pub struct FullState {
    /// Whose.
    pub speaker: Speaker,
    /// The place on the chain whose state it is.
    pub position: Position,
    digest: Digest,
    rows: Vec<StateRow>,
    shadows: Vec<Shadow>,
    sent: Sent,
}

/// What an agent signed and sent, as the steps of the intake keep it.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) begin: SnapshotBegin,
    pub(super) chunks: Vec<SnapshotChunk>,
}

impl Sent {
    pub(super) fn new(begin: &SnapshotBegin, rows: &[SnapshotRow]) -> Result<Self, Refusal> {
        Ok(Self {
            begin: begin.clone(),
            chunks: SnapshotChunk::pack_all(rows).map_err(|_| forged())?,
        })
    }
}

/// A row of a state, read.
#[derive(Debug, Clone)]
pub(super) struct StateRow {
    feed: FeedName,
    coverage: Coverage,
    evidence: Evidence,
    hash: Hash,
    record: Record,
}

/// Checks a full state: that its speaker signed it and that its rows add up to what was signed.
///
/// # Errors
/// Returns [`Refusal`]; the state then changes nothing.
pub fn open(
    speaker: &Speaker,
    begin: &SnapshotBegin,
    rows: Vec<SnapshotRow>,
) -> Result<FullState, Refusal> {
    open_left(speaker, begin, (rows, Vec::new()))
}

/// Checks what is left of a full state of which rows were destroyed.
pub(super) fn open_left(
    speaker: &Speaker,
    begin: &SnapshotBegin,
    (rows, shadows): (Vec<SnapshotRow>, Vec<Shadow>),
) -> Result<FullState, Refusal> {
    begin
        .verify(speaker.agent, &speaker.batch_key)
        .map_err(|_| forged())?;
    let sent = Sent::new(begin, &rows)?;
    let mut digest = Digest::default();
    let mut opened = Vec::with_capacity(rows.len());
    for row in rows {
        let row = opened_row(speaker, row)?;
        digest.add(&row.name(), &row.hash);
        opened.push(row);
    }
    for entry in entries(speaker.agent, &shadows) {
        digest.add(&entry.name, &entry.row_hash);
    }
    let rows = opened.len() + shadows.len();
    if rows as u64 != begin.rows || digest.root() != begin.state_digest {
        return Err(forged());
    }
    Ok(FullState {
        speaker: speaker.clone(),
        position: begin.position,
        digest,
        rows: opened,
        shadows,
        sent,
    })
}

/// Returns what the digest of a list needs of rows that were destroyed.
pub(super) fn entries(agent: AgentId, shadows: &[Shadow]) -> impl Iterator<Item = Entry> {
    let read = shadows.iter().map(move |shadow| shadow.read(agent));
    read.filter_map(|read| read.ok()?.1)
}

/// Refuses what its speaker has not signed so.
pub(super) const fn forged() -> Refusal {
    Refusal::Envelope(savin_shared::envelope::EnvelopeError::Chain)
}

/// Reads a row of a state, and checks that its speaker may speak for its facility.
pub(super) fn opened_row(speaker: &Speaker, row: SnapshotRow) -> Result<StateRow, Refusal> {
    let record = portable::decode(&row.row)?;
    if !speaker.facilities.contains(&record.facility) {
        return Err(Refusal::OtherFacility(record.facility));
    }
    let unknown = savin_shared::delta::DeltaError::UnknownCode;
    Ok(StateRow {
        coverage: Coverage::from_code(row.coverage).ok_or(unknown("coverage"))?,
        evidence: Evidence::from_code(row.evidence).ok_or(unknown("evidence"))?,
        hash: row_hash(&row.row),
        feed: row.feed,
        record,
    })
}

impl FullState {
    /// Returns how many rows it has, with those that were destroyed, and how many these are.
    pub(super) const fn len(&self) -> (u64, u64) {
        let gone = self.shadows.len() as u64;
        (self.rows.len() as u64 + gone, gone)
    }
}

impl StateRow {
    /// Returns of which record it is.
    pub(super) fn key(&self) -> RecordKey {
        self.record.key()
    }

    /// Returns the hash of what names the row.
    pub(super) fn name(&self) -> Hash {
        key_hash(&self.feed, &self.record.key())
    }

    /// Returns the hash of the row's bytes.
    pub(super) const fn hash(&self) -> Hash {
        self.hash
    }
}

/// Applies a full state; it is refused where the agent's chain is known to be longer or another.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses; nothing is then stored.
pub fn take(
    tx: &mut Tx<'_>,
    state: &FullState,
    moment: Moment,
) -> Result<Result<(), Refusal>, StoreError> {
    take_on(tx, state, moment, Course::default())
}

/// Applies a full state on its course.
pub(super) fn take_on(
    tx: &mut Tx<'_>,
    state: &FullState,
    moment: Moment,
    mut course: Course<'_>,
) -> Result<Result<(), Refusal>, StoreError> {
    let agent = state.speaker.agent;
    if is_behind(tx, agent, &state.position)? {
        return Ok(Err(Refusal::Behind));
    }
    apply(tx, state, (moment, &mut course))?;
    let step = Step::FullState {
        agent,
        begin: state.sent.begin.clone(),
    };
    let rows = state.rows.iter().map(StateRow::key);
    let sent = (rows, state.sent.chunks.as_slice());
    let of = (agent, &state.speaker.agency);
    let parts = expunged::kept(tx, &moment.orders, of, sent)?;
    step::append_placed(tx, (&step, &parts), course.finish()?, moment.now)?;
    Ok(Ok(()))
}

/// Says whether deltas after a position of its epoch are durable, or other ones up to it: the next
/// batches would then stand where the log has others.
fn is_behind(tx: &mut Tx<'_>, agent: AgentId, position: &Position) -> Result<bool, StoreError> {
    let durable = position::load(tx, agent)?.map(|durable| durable.position);
    let is_other = durable.is_some_and(|durable| {
        durable.epoch == position.epoch
            && (durable.seq > position.seq
                || (durable.seq == position.seq && durable.head != position.head))
    });
    let logged = log::end_of(tx, agent, position.epoch)?;
    Ok(is_other || logged.is_some_and(|last| last > position.seq))
}

fn apply(
    tx: &mut Tx<'_>,
    state: &FullState,
    (moment, course): (Moment, &mut Course<'_>),
) -> Result<(), StoreError> {
    let agent = state.speaker.agent;
    let before: BTreeMap<ListingKey, Listing> = listing::of_agent(tx, agent)?.into_iter().collect();
    let mut digest = Digest::default();
    for (key, listing) in &before {
        digest.add(&key_hash(&key.feed, &key.key), &listing.row_hash);
    }
    expunged::add(tx, &moment.orders, agent, &mut digest)?;
    let of = (&state.speaker, state.position);
    let movements = movements(of, &before, &state.rows, moment);
    let received_at = ReceivedAt(moment.now);
    let durable = Durable {
        position: state.position,
        received_at,
        digest,
    };
    let mut positions = BTreeMap::from([(agent, durable)]);
    expunged::settle_shadows(tx, (agent, &state.shadows), &mut positions, &moment.orders)?;
    settle(tx, &movements, &mut positions, (moment, course))?;
    let Some(durable) = positions.get_mut(&agent) else {
        return Ok(());
    };
    let shadows = entries(agent, &state.shadows).map(|entry| entry.name);
    let listed = state
        .rows
        .iter()
        .map(StateRow::name)
        .chain(shadows)
        .collect();
    let whose = (agent, &state.speaker.agency);
    expunged::retain(tx, whose, (&listed, None), &mut durable.digest, moment)?;
    if durable.digest != state.digest {
        return Err(StoreError::Damaged(
            "the mirror differs from the full state it was set to",
        ));
    }
    position::store_many(tx, &[(agent, durable)])?;
    let rosters = state
        .rows
        .iter()
        .filter(|row| row.coverage == Coverage::Full);
    let successions: Vec<Succession<'_>> = rosters
        .map(|row| Succession {
            speaker: &state.speaker,
            feed: &row.feed,
            epoch: state.position.epoch,
            seq: state.position.seq,
            observed_at: ObservedAt(moment.now),
        })
        .collect();
    succeed(tx, &successions, (moment, course))
}

/// Returns what has to change for a mirror to list exactly these rows.
pub(super) fn movements<'a>(
    of: (&'a Speaker, Position),
    before: &'a BTreeMap<ListingKey, Listing>,
    rows: &'a [StateRow],
    moment: Moment,
) -> Vec<Movement<'a>> {
    let mut movements = Vec::new();
    let mut listed = BTreeSet::new();
    for row in rows {
        let key = ListingKey {
            agent: of.0.agent,
            feed: row.feed.clone(),
            key: row.record.key(),
        };
        if before
            .get(&key)
            .is_none_or(|listing| listing.row_hash != row.hash)
        {
            let change = MovementChange::Row {
                record: &row.record,
                hash: row.hash,
                coverage: row.coverage,
                evidence: row.evidence,
            };
            movements.push(movement(of, &row.feed, moment, change));
        }
        listed.insert(key);
    }
    for key in before.keys().filter(|key| !listed.contains(key)) {
        let change = MovementChange::NoLongerListed(key.key.clone());
        movements.push(movement(of, &key.feed, moment, change));
    }
    movements
}

fn movement<'a>(
    (speaker, position): (&'a Speaker, Position),
    feed: &'a FeedName,
    moment: Moment,
    change: MovementChange<'a>,
) -> Movement<'a> {
    Movement {
        speaker,
        lister: speaker.agent,
        feed,
        epoch: position.epoch,
        seq: position.seq,
        observed_at: ObservedAt(moment.now),
        origin: Origin::Rebaseline,
        change,
    }
}
