//! Reading a registry and its steps ahead of whoever takes them again, and checking what was signed.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};

use jiff::Timestamp;
use savin_shared::digest::Digest;
use savin_shared::envelope::portable;
use savin_shared::frame::snapshot::SnapshotRow;
use savin_shared::ids::AgentId;

use super::super::course::KeptEvent;
use super::super::ruling::{self, RULES};
use super::outcome::{Cause, ReplayError};
use crate::evidence::leaf;
use crate::ids::{EventPosition, OrderId};
use crate::intake::full_state::{self, FullState};
use crate::intake::repair::{self, Repair};
use crate::intake::{Opened, Speaker, open};
use crate::store::conn::Tx;
use crate::store::registry::agent::Agent;
use crate::store::registry::court_order;
use crate::store::registry::elsewhere;
use crate::store::registry::event::{self, Event};
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::left::{self, Expunction, Left};
use crate::store::registry::log::{self, LogPlace};
use crate::store::registry::placing::{self, Placings};
use crate::store::registry::replica::{self, Adopted, Ground, Summing, TABLES, Table};
use crate::store::registry::shadow::{self, Of, Shadow};
use crate::store::registry::step::{self, Step, Taken};
use crate::store::{StoreError, evidence};

/// Steps that are read together.
const STEPS_AT_ONCE: u32 = 64;

/// A step with everything that is needed to take it again.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) number: i64,
    pub(super) at: Timestamp,
    pub(super) work: Work,
    /// What it decided, where its program kept that.
    pub(super) placings: Option<Placings>,
    /// Which events followed, where other rules than this program's said so.
    pub(super) kept: Option<Vec<KeptEvent>>,
}

#[derive(Debug)]
pub(super) enum Work {
    Batches(Vec<Opened>),
    State(Box<FullState>),
    Repair(Box<Repair>),
    Decided(Step),
    Noted(Box<Event>, EventPosition),
    Weights(Adopted),
    Expunged(Box<Left>, OrderId),
}

/// What the reader of the first registry sends.
#[derive(Debug)]
pub(super) enum Message {
    /// What the new one begins with, how many steps there are, and what was expunged.
    Ground(Option<Ground>, u64, Vec<Expunction>),
    /// The next steps.
    Steps(Vec<Prepared>),
    /// A step that does not hold: nothing follows.
    Failed(ReplayError),
}

/// What the reader of the first registry found once the other was made.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) rows: Vec<(&'static str, u64)>,
    /// Rows of buckets that differ.
    pub(super) buckets: Vec<(&'static Table, u8, Rows)>,
}

/// Rows of a table by their keys, as texts.
pub(super) type Rows = BTreeMap<String, Vec<String>>;

/// Reads every step of the first registry ahead of whoever takes it again, sums its tables up meanwhile, and
/// loads the first bucket of each that differs.
pub(super) fn read(
    (tx, key): (&mut Tx<'_>, &OrderKey),
    sender: SyncSender<Message>,
    asked: &Receiver<Vec<Digest>>,
) -> Result<Found, StoreError> {
    let ended = |_| StoreError::Closed;
    let ground = Ground::read(tx)?;
    let speakers: BTreeMap<AgentId, Speaker> = ground
        .iter()
        .flat_map(|ground| &ground.agents)
        .map(|agent| (agent.agent, speaker(agent)))
        .collect();
    let expunctions = left::all(tx, key)?;
    let unknown = court_order::expunctions(tx)?.saturating_sub(expunctions.len() as u64);
    let older = expunctions.iter().filter(|one| one.since == 0).count();
    if unknown + older as u64 > 0 {
        let failed = ReplayError::Expunged(unknown + older as u64);
        sender.send(Message::Failed(failed)).map_err(ended)?;
        return Ok(Found::default());
    }
    let message = Message::Ground(ground, step::count(tx)?, expunctions.clone());
    sender.send(message).map_err(ended)?;
    let (mut last, mut summing) = (0, Summing::default());
    loop {
        let page = step::after(tx, last, STEPS_AT_ONCE)?;
        let Some(end) = page.last() else { break };
        last = end.number;
        let mut prepared = Vec::with_capacity(page.len());
        for taken in page {
            let number = taken.number;
            match prepare(tx, (&speakers, &expunctions, key), taken)? {
                Ok(step) => prepared.push(step),
                Err(cause) => {
                    let failed = ReplayError::Step {
                        step: number,
                        cause,
                    };
                    sender.send(Message::Failed(failed)).map_err(ended)?;
                    return Ok(Found::default());
                }
            }
        }
        summing_until_taken(tx, &sender, Message::Steps(prepared), &mut summing)?;
    }
    drop(sender);
    let theirs = summing.finish(tx)?;
    let Ok(ours) = asked.recv() else {
        return Ok(Found::default());
    };
    let mut found = Found::default();
    for (table, (theirs, ours)) in TABLES.iter().zip(theirs.iter().zip(&ours)) {
        found.rows.push((table.name, theirs.rows()));
        if let Some(&bucket) = theirs.differing(ours).first() {
            let rows = table.bucket(tx, bucket)?;
            found.buckets.push((table, bucket, rows));
        }
    }
    Ok(found)
}

/// Sends a message, and sums up tables for as long as there is no room for it.
fn summing_until_taken(
    tx: &mut Tx<'_>,
    sender: &SyncSender<Message>,
    message: Message,
    summing: &mut Summing,
) -> Result<(), StoreError> {
    let mut left = message;
    loop {
        left = match sender.try_send(left) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Disconnected(_)) => return Err(StoreError::Closed),
            Err(TrySendError::Full(message)) => message,
        };
        if !summing.advance(tx)? {
            return sender.send(left).map_err(|_| StoreError::Closed);
        }
    }
}

fn speaker(agent: &Agent) -> Speaker {
    Speaker {
        agent: agent.agent,
        agency: agent.agency.clone(),
        facilities: agent.facilities.clone(),
        batch_key: agent.batch_key,
    }
}

/// Gathers what a step needs, and checks what was signed.
fn prepare(
    tx: &mut Tx<'_>,
    (speakers, expunctions, key): (&BTreeMap<AgentId, Speaker>, &[Expunction], &OrderKey),
    taken: Taken,
) -> Result<Result<Prepared, Cause>, StoreError> {
    let (number, at) = (taken.number, taken.at);
    let work = match taken.step {
        Step::Batches(names) => {
            let kept = log::named(tx, &names)?;
            let mut opened = Ok(Vec::with_capacity(kept.len()));
            for (name, (bytes, shadows)) in names.iter().zip(&kept) {
                let place = LogPlace {
                    agent: name.0,
                    epoch: name.1,
                    first: name.2,
                };
                let shadows = shadow::open(key, Of::Batch(&place), shadows.as_deref())?;
                let one = reopened(speakers, bytes, shadows);
                opened = opened.and_then(|mut all| {
                    all.push(one?);
                    Ok(all)
                });
            }
            opened.map(Work::Batches)
        }
        Step::FullState { agent, begin } => rows(tx, (number, agent), key)?.and_then(|rows| {
            let state = full_state::open_left(known(speakers, agent)?, &begin, rows)?;
            Ok(Work::State(Box::new(state)))
        }),
        Step::Repair {
            agent,
            begin,
            buckets,
        } => rows(tx, (number, agent), key)?.and_then(|rows| {
            let repair = repair::open_left(known(speakers, agent)?, &begin, buckets, rows)?;
            Ok(Work::Repair(Box::new(repair)))
        }),
        Step::Noted(position) => {
            let position = EventPosition(position);
            let event = event::at(tx, position)?.ok_or(Cause::Event);
            event.map(|event| Work::Noted(Box::new(event), position))
        }
        Step::Expunged { order } => {
            let found = expunctions.iter().find(|one| one.step == number);
            let found = found.ok_or(Cause::Expunction);
            found.map(|one| Work::Expunged(Box::new(one.left.clone()), OrderId(order)))
        }
        Step::Weights(table) => Ok(Work::Weights(replica::adopted(tx, table)?)),
        decided @ (Step::Merge { .. }
        | Step::Undo { .. }
        | Step::Part { .. }
        | Step::Apart { .. }
        | Step::Seal { .. }
        | Step::Lift { .. }
        | Step::Relink { .. }
        | Step::Order { .. }) => Ok(Work::Decided(decided)),
    };
    let placings = placing::of_step(tx, number)?;
    let kept = match kept_events(tx, placings.as_ref())? {
        Ok(kept) => kept,
        Err(cause) => return Ok(Err(cause)),
    };
    Ok(work.map(|work| Prepared {
        number,
        at,
        work,
        placings,
        kept,
    }))
}

/// Loads the events that followed of a step by other rules than this program's, each as its leaf in the evidence says.
fn kept_events(
    tx: &mut Tx<'_>,
    then: Option<&Placings>,
) -> Result<Result<Option<Vec<KeptEvent>>, Cause>, StoreError> {
    let is_other = |then: &&Placings| ruling::number(&then.judge) != Some(RULES);
    let Some(then) = then.filter(is_other) else {
        return Ok(Ok(None));
    };
    let mut kept = Vec::new();
    for (position, _) in (then.first_event..)
        .zip(&then.events)
        .filter(|(_, record)| **record != 0)
    {
        let position = EventPosition(position);
        let logged = evidence::find(tx, &leaf::event_subject(position))?;
        let (event, logged) = match (event::at(tx, position)?, logged) {
            (Some(event), Some(logged)) => (event, logged),
            (Some(_), None) => return Ok(Err(Cause::Evidence(position.0))),
            (None, Some(_)) => return Ok(Err(Cause::Event)),
            // It was known before, and nothing followed.
            (None, None) => continue,
        };
        let apart = elsewhere::of(tx, position)?;
        // Without its salt it was destroyed by order, and says what was left of it.
        if let Some(salt) = logged.salt {
            let leaf = elsewhere::leaf_of((position, &event), apart.as_ref(), salt)?;
            if !leaf.is_logged_as(&logged.content) {
                return Ok(Err(Cause::Evidence(position.0)));
            }
        }
        let apart = apart.map(|apart| apart.elsewhere);
        kept.push((position, event, apart));
    }
    Ok(Ok(Some(kept)))
}

fn known(speakers: &BTreeMap<AgentId, Speaker>, agent: AgentId) -> Result<&Speaker, Cause> {
    speakers.get(&agent).ok_or(Cause::Agent(agent))
}

fn reopened(
    speakers: &BTreeMap<AgentId, Speaker>,
    bytes: &[u8],
    shadows: Vec<Shadow>,
) -> Result<Opened, Cause> {
    let batch = portable::decode(bytes)?;
    let opened = open(known(speakers, batch.header.agent)?, batch)?;
    Ok(Opened { shadows, ..opened })
}

/// The rows of a state, and what is kept of those that were destroyed.
type StateRows = (Vec<SnapshotRow>, Vec<Shadow>);

fn rows(
    tx: &mut Tx<'_>,
    (number, agent): (i64, AgentId),
    key: &OrderKey,
) -> Result<Result<StateRows, Cause>, StoreError> {
    let (mut rows, mut all) = (Vec::new(), Vec::new());
    for (chunk, shadows) in step::parts(tx, number)? {
        all.extend(shadow::open(key, Of::State(agent), shadows.as_deref())?);
        match chunk.unpack() {
            Ok(unpacked) => rows.extend(unpacked),
            Err(cause) => return Ok(Err(cause.into())),
        }
    }
    Ok(Ok((rows, all)))
}

impl Prepared {
    /// Says that it does not hold.
    pub(super) const fn failed(&self, cause: Cause) -> ReplayError {
        ReplayError::Step {
            step: self.number,
            cause,
        }
    }
}

impl Work {
    /// Returns how many deltas or rows there are, and how many of them were erased.
    pub(super) fn size(&self) -> (u64, u64) {
        match self {
            Self::Batches(batches) => {
                let deltas = || batches.iter().flat_map(|opened| &opened.deltas);
                let erased = deltas().filter(|delta| delta.content.is_none()).count();
                (deltas().count() as u64, erased as u64)
            }
            Self::State(state) => state.len(),
            Self::Repair(repair) => repair.len(),
            Self::Decided(_) | Self::Noted(..) | Self::Weights(_) | Self::Expunged(..) => (0, 0),
        }
    }
}
