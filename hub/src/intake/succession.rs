//! A new agent of an agency takes a roster over from the one before: after its first whole roster,
//! what only the old agent still lists is listed no longer.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::clock::ObservedAt;
use savin_shared::delta::Origin;
use savin_shared::ids::{Epoch, FeedName, Seq};

use super::course::Course;
use super::movement::{Movement, MovementChange};
use super::settle::settle;
use super::{Moment, Speaker};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::agent::{self, Agent};
use crate::store::registry::{listing, position, record};

/// A whole roster of an agent that may have replaced another.
#[derive(Debug, Clone)]
pub(super) struct Succession<'a> {
    pub(super) speaker: &'a Speaker,
    pub(super) feed: &'a FeedName,
    pub(super) epoch: Epoch,
    pub(super) seq: Seq,
    pub(super) observed_at: ObservedAt,
}

impl Succession<'_> {
    /// Says whether an agent spoke for the same places before.
    fn follows(&self, other: &Agent, own: &Agent) -> bool {
        let shares = |facility| self.speaker.facilities.contains(facility);
        other.agent != own.agent
            && other.enrolled_at <= own.enrolled_at
            && other.facilities.iter().any(shares)
    }
}

/// Takes rosters over from agents that were enrolled before; their digests follow their listings.
pub(super) fn succeed(
    tx: &mut Tx<'_>,
    successions: &[Succession<'_>],
    (moment, course): (Moment, &mut Course<'_>),
) -> Result<(), StoreError> {
    let mut done = BTreeSet::new();
    for succession in successions {
        let agent = succession.speaker.agent;
        if done.insert((agent, succession.feed)) {
            take_over(tx, succession, (moment, course))?;
        }
    }
    Ok(())
}

fn take_over(
    tx: &mut Tx<'_>,
    succession: &Succession<'_>,
    (moment, course): (Moment, &mut Course<'_>),
) -> Result<(), StoreError> {
    let speaker = succession.speaker;
    let agents = agent::of_agency(tx, &speaker.agency)?;
    let Some(own) = agents.iter().find(|agent| agent.agent == speaker.agent) else {
        return Ok(());
    };
    for before in agents.iter().filter(|other| succession.follows(other, own)) {
        let keys: Vec<_> = listing::roster_of(tx, before.agent, succession.feed)?
            .into_iter()
            .map(|key| (speaker.agency.clone(), key))
            .collect();
        let rows = record::load_many(tx, &keys)?;
        let of_ours = keys.into_iter().zip(rows).filter_map(|((_, key), row)| {
            let facility = row?.known.record.facility;
            speaker.facilities.contains(&facility).then_some(key)
        });
        let movements: Vec<Movement<'_>> = of_ours
            .map(|key| Movement {
                speaker,
                lister: before.agent,
                feed: succession.feed,
                epoch: succession.epoch,
                seq: succession.seq,
                observed_at: succession.observed_at,
                origin: Origin::Rebaseline,
                change: MovementChange::NoLongerListed(key),
            })
            .collect();
        let durable = position::load(tx, before.agent)?;
        let Some(durable) = durable.filter(|_| !movements.is_empty()) else {
            continue;
        };
        let mut positions = BTreeMap::from([(before.agent, durable)]);
        settle(tx, &movements, &mut positions, (moment, course))?;
        let positions: Vec<_> = positions.iter().map(|(agent, at)| (*agent, at)).collect();
        position::store_many(tx, &positions)?;
    }
    Ok(())
}
