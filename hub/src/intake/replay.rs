//! The registry made anew from the log: every step of the intake taken again in its order, into an empty
//! database, and the two compared row by row.
//!
//! Signatures and chains are checked once more. The first registry is read in one transaction, as it stands then.

mod outcome;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use jiff::Timestamp;
use savin_shared::digest::Digest;
use savin_shared::envelope::portable;
use savin_shared::frame::snapshot::SnapshotRow;
use savin_shared::ids::AgentId;

pub use self::outcome::{Cause, Difference, How, Progress, ReplayError, Replayed};
use super::batches::{self, Outcome};
use super::full_state::{self, FullState};
use super::repair::{self, Repair, Repaired};
use super::{Moment, Opened, Speaker, deciding, open};
use crate::ids::EventPosition;
use crate::store::conn::Tx;
use crate::store::registry::agent::Agent;
use crate::store::registry::event::{self, Event};
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::replica::{self, Adopted, Ground, TABLES, Table};
use crate::store::registry::step::{self, Step, Taken};
use crate::store::registry::{court_order, log};
use crate::store::{Store, StoreError};

/// Steps that are read together.
const STEPS_AT_ONCE: u32 = 16;

/// Groups of steps that wait to be taken again: reading and checking run ahead by so many.
const WAITING_MAX: usize = 8;

/// Rows that differ and are named, of each table.
const NAMED_MAX: usize = 5;

/// A step with everything that is needed to take it again.
#[derive(Debug)]
struct Prepared {
    number: i64,
    at: Timestamp,
    work: Work,
}

#[derive(Debug)]
enum Work {
    Batches(Vec<Opened>),
    State(Box<FullState>),
    Repair(Box<Repair>),
    Decided(Step),
    Noted(Box<Event>, EventPosition),
    Weights(Adopted),
}

/// What the reader of the first registry sends.
#[derive(Debug)]
enum Message {
    /// What the new one begins with, and how many steps there are.
    Ground(Option<Ground>, u64),
    /// The next steps.
    Steps(Vec<Prepared>),
    /// A step that does not hold: nothing follows.
    Failed(ReplayError),
}

/// What the reader of the first registry found once the other was made.
#[derive(Debug, Default)]
struct Found {
    rows: Vec<(&'static str, u64)>,
    /// Rows of buckets that differ.
    buckets: Vec<(&'static Table, u8, Rows)>,
}

/// Rows of a table by their keys, as texts.
type Rows = BTreeMap<String, Vec<String>>;

/// Makes a registry anew in an empty one, and compares them. The key is the one by which the first knows
/// again what courts ordered to be sealed.
///
/// # Errors
/// Returns [`ReplayError`] when a step does not hold, or a database fails.
pub fn verify(
    live: &Store,
    fresh: &Store,
    key: &OrderKey,
    mut told: impl FnMut(Progress),
) -> Result<Replayed, ReplayError> {
    let expunctions = live.read_now("expunctions", court_order::expunctions)?;
    if expunctions > 0 {
        return Err(ReplayError::Expunged(expunctions));
    }
    let (sender, messages) = sync_channel(WAITING_MAX);
    let (ask, asked) = sync_channel(1);
    let mut channels = Some((sender, asked));
    let (outcome, read) = std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            live.read_now("replay", move |tx| match channels.take() {
                Some((sender, asked)) => read(tx, sender, &asked),
                None => Err(StoreError::Closed),
            })
        });
        let outcome = take_all((fresh, *key), &messages, &mut told).and_then(|taken| {
            let sums = fresh.read_now("sums", sums)?;
            ask.send(sums).map_err(|_gone| ReplayError::Ended)?;
            Ok(taken)
        });
        // A reader that still waits ends with these.
        drop((messages, ask));
        (outcome, reading.join())
    });
    let read = read.map_err(|_panicked| ReplayError::Ended)?;
    // The reader's own failure says more than that it ended.
    let (progress, erased) = match (outcome, read.as_ref()) {
        (Err(ReplayError::Ended), Err(_)) => {
            read?;
            return Err(ReplayError::Ended);
        }
        (outcome, _) => outcome?,
    };
    let Found { rows, buckets } = read?;
    let mut differences = Vec::new();
    for (table, bucket, theirs) in buckets {
        let ours = fresh.read_now("bucket", move |tx| table.bucket(tx, bucket))?;
        differences.extend(compare(table, &theirs, &ours));
    }
    Ok(Replayed {
        progress,
        erased,
        rows,
        differences,
    })
}

/// Sums up every table.
fn sums(tx: &mut Tx<'_>) -> Result<Vec<Digest>, StoreError> {
    TABLES.iter().map(|table| table.digest(tx)).collect()
}

/// Names the first rows of a bucket that differ between the registry and the one that was made anew.
fn compare(table: &'static Table, theirs: &Rows, ours: &Rows) -> Vec<Difference> {
    let keys: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    let how = |key: &String| match (theirs.get(key), ours.get(key)) {
        (Some(theirs), Some(ours)) if theirs == ours => None,
        (Some(theirs), Some(ours)) => Some(How::Columns(table.differing(theirs, ours))),
        (Some(_), None) => Some(How::Unfounded),
        (None, _) => Some(How::Missing),
    };
    let differing = keys.into_iter().filter_map(|key| {
        Some(Difference {
            table: table.name,
            key: key.clone(),
            how: how(key)?,
        })
    });
    differing.take(NAMED_MAX).collect()
}

/// Reads every step of the first registry ahead of whoever takes it again, sums its tables up, and loads
/// the first bucket of each that differs.
fn read(
    tx: &mut Tx<'_>,
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
    let message = Message::Ground(ground, step::count(tx)?);
    sender.send(message).map_err(ended)?;
    let mut last = 0;
    loop {
        let page = step::after(tx, last, STEPS_AT_ONCE)?;
        let Some(end) = page.last() else { break };
        last = end.number;
        let mut prepared = Vec::with_capacity(page.len());
        for taken in page {
            let number = taken.number;
            match prepare(tx, &speakers, taken)? {
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
        sender.send(Message::Steps(prepared)).map_err(ended)?;
    }
    drop(sender);
    let theirs = sums(tx)?;
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
    speakers: &BTreeMap<AgentId, Speaker>,
    taken: Taken,
) -> Result<Result<Prepared, Cause>, StoreError> {
    let (number, at) = (taken.number, taken.at);
    let work = match taken.step {
        Step::Batches(names) => {
            let sealed = log::named(tx, &names)?;
            let opened: Result<Vec<Opened>, Cause> = sealed
                .iter()
                .map(|bytes| {
                    let batch = portable::decode(bytes)?;
                    let speaker = known(speakers, batch.header.agent)?;
                    Ok(open(speaker, batch)?)
                })
                .collect();
            opened.map(Work::Batches)
        }
        Step::FullState { agent, begin } => rows(tx, number)?.and_then(|rows| {
            let state = full_state::open(known(speakers, agent)?, &begin, rows)?;
            Ok(Work::State(Box::new(state)))
        }),
        Step::Repair {
            agent,
            begin,
            buckets,
        } => rows(tx, number)?.and_then(|rows| {
            let repair = repair::open(known(speakers, agent)?, &begin, buckets, rows)?;
            Ok(Work::Repair(Box::new(repair)))
        }),
        Step::Noted(position) => {
            let position = EventPosition(position);
            let event = event::at(tx, position)?.ok_or(Cause::Event);
            event.map(|event| Work::Noted(Box::new(event), position))
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
    Ok(work.map(|work| Prepared { number, at, work }))
}

fn known(speakers: &BTreeMap<AgentId, Speaker>, agent: AgentId) -> Result<&Speaker, Cause> {
    speakers.get(&agent).ok_or(Cause::Agent(agent))
}

fn rows(tx: &mut Tx<'_>, number: i64) -> Result<Result<Vec<SnapshotRow>, Cause>, StoreError> {
    let mut rows = Vec::new();
    for chunk in step::parts(tx, number)? {
        match chunk.unpack() {
            Ok(unpacked) => rows.extend(unpacked),
            Err(cause) => return Ok(Err(cause.into())),
        }
    }
    Ok(Ok(rows))
}

/// Takes every step again, in its order, and returns how many there were and what was erased of them.
fn take_all(
    (fresh, key): (&Store, OrderKey),
    messages: &Receiver<Message>,
    told: &mut impl FnMut(Progress),
) -> Result<(Progress, u64), ReplayError> {
    let Ok(Message::Ground(ground, of)) = messages.recv() else {
        return Err(ReplayError::Ended);
    };
    let mut progress = Progress {
        steps: 0,
        of,
        deltas: 0,
    };
    let mut erased = 0;
    let Some(ground) = ground else {
        return Ok((progress, erased));
    };
    if ground.origin.after_event != EventPosition(0) {
        return Err(ReplayError::Begun(ground.origin.after_event.0));
    }
    fresh.write_now("ground", move |tx| ground.lay(tx))?;
    while let Ok(message) = messages.recv() {
        let steps = match message {
            Message::Steps(steps) => Arc::new(steps),
            Message::Failed(failure) => return Err(failure),
            Message::Ground(..) => return Err(ReplayError::Ended),
        };
        let again = Arc::clone(&steps);
        fresh.write_now("replay", move |tx| {
            for step in again.iter() {
                if let Err(cause) = take(tx, step, key)? {
                    let step = step.number;
                    return Ok(Err(ReplayError::Step { step, cause }));
                }
            }
            Ok(Ok(()))
        })??;
        progress.steps += steps.len() as u64;
        for (deltas, gone) in steps.iter().map(|step| step.work.size()) {
            progress.deltas += deltas;
            erased += gone;
        }
        told(progress);
    }
    if progress.steps == progress.of {
        Ok((progress, erased))
    } else {
        Err(ReplayError::Ended)
    }
}

impl Work {
    /// Returns how many deltas or rows there are, and how many of them were erased.
    fn size(&self) -> (u64, u64) {
        match self {
            Self::Batches(batches) => {
                let deltas = || batches.iter().flat_map(|opened| &opened.deltas);
                let erased = deltas().filter(|delta| delta.content.is_none()).count();
                (deltas().count() as u64, erased as u64)
            }
            Self::State(state) => (state.len(), 0),
            Self::Repair(repair) => (repair.len(), 0),
            Self::Decided(_) | Self::Noted(..) | Self::Weights(_) => (0, 0),
        }
    }
}

/// The salts of events that are made anew: their evidence is not what is compared.
const fn no_salt() -> [u8; 16] {
    [0; 16]
}

/// Takes one step again.
fn take(tx: &mut Tx<'_>, step: &Prepared, key: OrderKey) -> Result<Result<(), Cause>, StoreError> {
    let moment = Moment {
        now: step.at,
        random: no_salt,
        orders: key,
    };
    let is_same = match &step.work {
        Work::Batches(batches) => {
            let outcomes = batches::take(tx, batches, moment)?;
            let is_durable = |outcome: &Outcome| matches!(outcome, Outcome::Durable { .. });
            outcomes.iter().all(is_durable)
        }
        Work::State(state) => match full_state::take(tx, state, moment)? {
            Ok(()) => true,
            Err(refusal) => return Ok(Err(refusal.into())),
        },
        Work::Repair(repair) => repair::take(tx, repair, moment)? == Repaired::Done,
        Work::Decided(decided) => {
            deciding::carry_out(tx, decided, step.at)?;
            true
        }
        Work::Noted(event, position) => {
            event::append(tx, std::slice::from_ref(event), no_salt)?;
            event::position_of(tx, event.event)? == Some(*position)
        }
        Work::Weights(adopted) => {
            replica::adopt(tx, adopted)?;
            true
        }
    };
    Ok(if is_same {
        Ok(())
    } else {
        Err(Cause::Otherwise)
    })
}

#[cfg(test)]
mod tests;
