//! A full state: applied as the difference to what is known, in one transaction. It corrects the
//! status and tells nobody of a release without a person.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::chain::Position;
use savin_shared::clock::{ObservedAt, ReceivedAt};
use savin_shared::delta::{Coverage, Evidence, Origin};
use savin_shared::digest::{Digest, key_hash};
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotRow};
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, FeedName};
use savin_shared::record::{Record, portable, row_hash};

use super::settle::{Movement, MovementChange, settle};
use super::succession::{Succession, succeed};
use super::{Moment, Refusal, Speaker};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::listing::{self, Listing, ListingKey};
use crate::store::registry::log;
use crate::store::registry::position::{self, Durable};

/// A full state whose signature and rows have been checked.
#[derive(Debug, Clone)]
pub struct FullState {
    /// Whose.
    pub speaker: Speaker,
    /// The place on the chain whose state it is.
    pub position: Position,
    digest: Digest,
    rows: Vec<StateRow>,
}

#[derive(Debug, Clone)]
struct StateRow {
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
    let forged = || Refusal::Envelope(savin_shared::envelope::EnvelopeError::Chain);
    begin
        .verify(speaker.agent, &speaker.batch_key)
        .map_err(|_| forged())?;
    let mut digest = Digest::default();
    let mut opened = Vec::with_capacity(rows.len());
    for row in rows {
        let record = portable::decode(&row.row)?;
        if !speaker.facilities.contains(&record.facility) {
            return Err(Refusal::OtherFacility(record.facility));
        }
        let hash = row_hash(&row.row);
        digest.add(&key_hash(&row.feed, &record.key()), &hash);
        let unknown = savin_shared::delta::DeltaError::UnknownCode;
        opened.push(StateRow {
            coverage: Coverage::from_code(row.coverage).ok_or(unknown("coverage"))?,
            evidence: Evidence::from_code(row.evidence).ok_or(unknown("evidence"))?,
            feed: row.feed,
            hash,
            record,
        });
    }
    if opened.len() as u64 != begin.rows || digest.root() != begin.state_digest {
        return Err(forged());
    }
    Ok(FullState {
        speaker: speaker.clone(),
        position: begin.position,
        digest,
        rows: opened,
    })
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
    let agent = state.speaker.agent;
    if is_behind(tx, agent, &state.position)? {
        return Ok(Err(Refusal::Behind));
    }
    apply(tx, state, moment)?;
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

fn apply(tx: &mut Tx<'_>, state: &FullState, moment: Moment) -> Result<(), StoreError> {
    let agent = state.speaker.agent;
    let before: BTreeMap<ListingKey, Listing> = listing::of_agent(tx, agent)?.into_iter().collect();
    let mut digest = Digest::default();
    for (key, listing) in &before {
        digest.add(&key_hash(&key.feed, &key.key), &listing.row_hash);
    }
    let mut movements = Vec::new();
    let mut listed = BTreeSet::new();
    for row in &state.rows {
        let key = ListingKey {
            agent,
            feed: row.feed.clone(),
            key: row.record.key(),
        };
        if before
            .get(&key)
            .is_none_or(|listing| listing.row_hash != row.hash)
        {
            movements.push(movement(
                state,
                &row.feed,
                moment,
                MovementChange::Row {
                    record: &row.record,
                    hash: row.hash,
                    coverage: row.coverage,
                    evidence: row.evidence,
                },
            ));
        }
        listed.insert(key);
    }
    for key in before.keys().filter(|key| !listed.contains(key)) {
        let change = MovementChange::NoLongerListed(key.key.clone());
        movements.push(movement(state, &key.feed, moment, change));
    }
    let received_at = ReceivedAt(moment.now);
    let durable = Durable {
        position: state.position,
        received_at,
        digest,
    };
    let mut positions = BTreeMap::from([(agent, durable)]);
    settle(tx, &movements, &mut positions, moment)?;
    let Some(durable) = positions.get(&agent) else {
        return Ok(());
    };
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
    succeed(tx, &successions, moment)
}

fn movement<'a>(
    state: &'a FullState,
    feed: &'a FeedName,
    moment: Moment,
    change: MovementChange<'a>,
) -> Movement<'a> {
    Movement {
        speaker: &state.speaker,
        lister: state.speaker.agent,
        feed,
        epoch: state.position.epoch,
        seq: state.position.seq,
        observed_at: ObservedAt(moment.now),
        origin: Origin::Rebaseline,
        change,
    }
}
