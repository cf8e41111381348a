//! A group of batches from any agents, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::chain::{Admission, Position, admit};
use savin_shared::clock::{ObservedAt, ReceivedAt};
use savin_shared::delta::{Change, Origin};
use savin_shared::digest::Digest;
use savin_shared::frame::live::NackReason;
use savin_shared::ids::{AgentId, Seq};

use super::course::Course;
use super::expunged;
use super::movement::{Movement, MovementChange};
use super::settle::settle;
use super::succession::{Succession, succeed};
use super::{Moment, Opened, OpenedDelta};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::agent;
use crate::store::registry::gap::{self, Gap};
use crate::store::registry::log::{self, Logged, LoggedAt};
use crate::store::registry::position::{self, Durable};
use crate::store::registry::step::{self, Step};

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable, now or since before: everything up to this position is.
    Durable {
        /// Up to where.
        position: Position,
        /// When the last of it became so.
        received_at: ReceivedAt,
        /// Whether the state after it differs from the one that the agent signed.
        digest_differs: bool,
    },
    /// It changed nothing.
    Refused {
        /// Why.
        reason: NackReason,
        /// The first delta that is wanted next.
        expected: Seq,
    },
    /// It changed nothing: its agent's word is not taken any more.
    Barred,
}

/// Takes a group of batches, each agent's in the order in which they arrived.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses; nothing of the group is then stored.
pub fn take(tx: &mut Tx<'_>, group: &[Opened], moment: Moment) -> Result<Vec<Outcome>, StoreError> {
    take_on(tx, group, moment, Course::default())
}

/// Takes a group on its course.
pub(super) fn take_on(
    tx: &mut Tx<'_>,
    group: &[Opened],
    moment: Moment,
    course: Course<'_>,
) -> Result<Vec<Outcome>, StoreError> {
    let received_at = ReceivedAt(moment.now);
    let agents = agents(group.iter());
    let mut positions = load_positions(tx, &agents)?;
    let mut active = load_active(tx, &agents)?;
    let mut outcomes = Vec::with_capacity(group.len());
    let mut accepted: Vec<&Opened> = Vec::new();
    for opened in group {
        let agent = opened.speaker.agent;
        if !active.contains(&agent) {
            outcomes.push(Outcome::Barred);
            continue;
        }
        let span = &opened.batch.header.span;
        let durable = positions
            .entry(agent)
            .or_insert_with(|| begin(agent, opened));
        let is_known = span.epoch == durable.position.epoch && span.last <= durable.position.seq;
        let logged = if is_known {
            log::logged_at(tx, agent, span.epoch, span.last)?
        } else {
            LoggedAt::Nothing
        };
        let expected = durable.position.seq.next();
        let refused = |reason, expected| Outcome::Refused { reason, expected };
        let admission = match logged {
            LoggedAt::Inside => Admission::Fork,
            LoggedAt::End(head) => admit(&durable.position, span, Some(head)),
            LoggedAt::Nothing => admit(&durable.position, span, None),
        };
        outcomes.push(match admission {
            Admission::Next => {
                durable.position = opened.batch.header.after();
                durable.received_at = received_at;
                accepted.push(opened);
                as_durable(durable)
            }
            Admission::Repeat => as_durable(durable),
            Admission::Gap { expected } => refused(NackReason::Gap, expected),
            Admission::OtherEpoch => refused(NackReason::Rebaseline, expected),
            Admission::Fork => {
                agent::quarantine(tx, agent, "a batch contradicts what is durable")?;
                active.remove(&agent);
                refused(NackReason::Fork, expected)
            }
        });
    }
    store(tx, &accepted, &mut positions, (moment, course))?;
    compare_digests(&mut outcomes, group, &positions);
    Ok(outcomes)
}

fn load_positions(
    tx: &mut Tx<'_>,
    agents: &[AgentId],
) -> Result<BTreeMap<AgentId, Durable>, StoreError> {
    let durable = position::load_many(tx, agents)?;
    Ok(agents
        .iter()
        .copied()
        .zip(durable)
        .filter_map(|(agent, durable)| Some((agent, durable?)))
        .collect())
}

fn load_active(tx: &mut Tx<'_>, agents: &[AgentId]) -> Result<BTreeSet<AgentId>, StoreError> {
    let active = agent::are_active(tx, agents)?;
    let taken = agents.iter().zip(active).filter(|(_, active)| *active);
    Ok(taken.map(|(agent, _)| *agent).collect())
}

/// Lists whose batches these are.
fn agents<'a>(group: impl Iterator<Item = &'a Opened>) -> Vec<AgentId> {
    let mut agents: Vec<AgentId> = group.map(|opened| opened.speaker.agent).collect();
    agents.sort();
    agents.dedup();
    agents
}

/// An agent that was never heard begins where its epoch does.
fn begin(agent: AgentId, opened: &Opened) -> Durable {
    Durable {
        position: Position::genesis(agent, opened.batch.header.span.epoch),
        received_at: ReceivedAt(jiff::Timestamp::UNIX_EPOCH),
        digest: Digest::default(),
    }
}

const fn as_durable(durable: &Durable) -> Outcome {
    Outcome::Durable {
        position: durable.position,
        received_at: durable.received_at,
        digest_differs: false,
    }
}

/// Stores accepted batches, what they change and where the agents stand afterwards.
fn store(
    tx: &mut Tx<'_>,
    accepted: &[&Opened],
    positions: &mut BTreeMap<AgentId, Durable>,
    (moment, mut course): (Moment, Course<'_>),
) -> Result<(), StoreError> {
    let received_at = ReceivedAt(moment.now);
    let mut erased = Vec::with_capacity(accepted.len());
    for opened in accepted {
        erased.push(expunged::erased(tx, opened, moment)?);
    }
    let logged: Vec<Logged<'_>> = accepted
        .iter()
        .zip(&erased)
        .map(|(opened, erased)| match erased {
            Some(left) => Logged {
                batch: &left.batch,
                sealed: &left.sealed,
                shadows: left.shadows.as_deref(),
            },
            None => Logged {
                batch: &opened.batch,
                sealed: &opened.sealed,
                shadows: None,
            },
        })
        .collect();
    log::append(tx, &logged, received_at)?;
    let mut gaps = Vec::new();
    let mut movements = Vec::new();
    for opened in accepted {
        collect(opened, &mut movements, &mut gaps);
    }
    for opened in accepted {
        let of = (opened.speaker.agent, opened.shadows.as_slice());
        expunged::settle_shadows(tx, of, positions, &moment.orders)?;
    }
    settle(tx, &movements, positions, (moment, &mut course))?;
    succeed(tx, &successions(accepted), (moment, &mut course))?;
    gap::insert(tx, &gaps)?;
    let changed: Vec<(AgentId, &Durable)> = agents(accepted.iter().copied())
        .into_iter()
        .filter_map(|agent| Some((agent, positions.get(&agent)?)))
        .collect();
    position::store_many(tx, &changed)?;
    if accepted.is_empty() {
        return Ok(());
    }
    let named = accepted.iter().map(|opened| {
        let header = &opened.batch.header;
        (header.agent, header.span.epoch, header.span.first)
    });
    let step = Step::Batches(named.collect());
    step::append_placed(tx, (&step, &[]), course.finish()?, moment.now)
}

/// Returns the first rosters that are whole now: the digest stands at the end of a capture.
fn successions<'a>(accepted: &[&'a Opened]) -> Vec<Succession<'a>> {
    let whole = accepted
        .iter()
        .filter(|opened| opened.batch.header.state_digest.is_some());
    let contents = whole.flat_map(|opened| {
        let content = |delta: &'a OpenedDelta| Some((delta.seq, &delta.content.as_ref()?.0));
        let deltas = opened.deltas.iter().filter_map(content);
        deltas.map(move |(seq, delta)| (*opened, seq, delta))
    });
    contents
        .filter(|(_, _, delta)| delta.origin == Origin::Baseline)
        .map(|(opened, seq, delta)| Succession {
            speaker: &opened.speaker,
            feed: &delta.feed,
            epoch: opened.batch.header.span.epoch,
            seq,
            observed_at: delta.observed_at,
        })
        .collect()
}

fn collect<'a>(opened: &'a Opened, movements: &mut Vec<Movement<'a>>, gaps: &mut Vec<Gap>) {
    let epoch = opened.batch.header.span.epoch;
    for OpenedDelta { seq, content } in &opened.deltas {
        let Some((delta, record)) = content else {
            continue;
        };
        let change = match (&delta.change, record) {
            (
                Change::Upsert {
                    row,
                    coverage,
                    evidence,
                },
                Some(record),
            ) => MovementChange::Row {
                record,
                hash: row.hash(),
                coverage: *coverage,
                evidence: *evidence,
            },
            (Change::NoLongerListed(key), _) => MovementChange::NoLongerListed(key.clone()),
            (Change::Withheld(key), _) => MovementChange::Withheld(key.clone()),
            (Change::ObservationGap { from, to, reason }, _) => {
                gaps.push(gap_of(opened, (epoch, *seq), delta, (*from, *to, *reason)));
                continue;
            }
            // `open` reads the record of every row.
            (Change::Upsert { .. }, None) => continue,
        };
        movements.push(Movement {
            speaker: &opened.speaker,
            lister: opened.speaker.agent,
            feed: &delta.feed,
            epoch,
            seq: *seq,
            observed_at: delta.observed_at,
            origin: delta.origin,
            change,
        });
    }
}

fn gap_of(
    opened: &Opened,
    at: (savin_shared::ids::Epoch, Seq),
    delta: &savin_shared::delta::Delta,
    (from, to, reason): (ObservedAt, ObservedAt, savin_shared::delta::GapReason),
) -> Gap {
    Gap {
        agent: opened.speaker.agent,
        at,
        feed: delta.feed.clone(),
        from,
        to,
        reason,
    }
}

/// Compares the state after the last accepted batch of each agent with the one that it signed.
fn compare_digests(
    outcomes: &mut [Outcome],
    group: &[Opened],
    positions: &BTreeMap<AgentId, Durable>,
) {
    for (outcome, opened) in outcomes.iter_mut().zip(group) {
        let header = &opened.batch.header;
        let Some(durable) = positions.get(&opened.speaker.agent) else {
            continue;
        };
        if let Outcome::Durable { digest_differs, .. } = outcome
            && header.after() == durable.position
            && let Some(signed) = header.state_digest
        {
            *digest_differs = durable.digest.root() != signed;
        }
    }
}
