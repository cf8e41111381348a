//! The registry made anew from the log: every step of the intake taken again in its order, into an empty
//! database, and the two compared row by row.
//!
//! Signatures and chains are checked once more. The first registry is read in one transaction, as it stands then.

mod outcome;
mod reading;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

use savin_shared::digest::Digest;

pub use self::outcome::{
    Cause, Counted, Difference, How, Judging, Progress, ReplayError, Replayed,
};
use self::reading::{Found, Message, Prepared, Rows, Work, read};
use super::batches::{self, Outcome};
use super::course::Course;
use super::repair::Repaired;
use super::ruling;
use super::{Moment, deciding, full_state, repair};
use crate::ids::EventPosition;
use crate::store::conn::Tx;
use crate::store::registry::elsewhere::Apart;
use crate::store::registry::event;
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::left::Met;
use crate::store::registry::replica::{self, TABLES, Table};
use crate::store::registry::weights;
use crate::store::{Store, StoreError};

/// Groups of steps that wait to be taken again: reading and checking run ahead by so many.
const WAITING_MAX: usize = 2;

/// Rows that differ and are named, of each table.
const NAMED_MAX: usize = 5;

/// Makes a registry anew in an empty one, and compares them. The key is the one by which the first knows
/// again what courts ordered to be sealed.
///
/// Whom records are about is taken as it was decided, and decided once more where the same rules with the same table
/// of weights did so; that can be left out. Of a step that other rules took, the events are taken as they were kept,
/// once each was held against its leaf in the evidence.
///
/// # Errors
/// Returns [`ReplayError`] when a step does not hold, or a database fails.
pub fn verify(
    live: &Store,
    fresh: &Store,
    (key, judging): (&OrderKey, Judging),
    mut told: impl FnMut(Progress),
) -> Result<Replayed, ReplayError> {
    let (sender, messages) = sync_channel(WAITING_MAX);
    let (ask, asked) = sync_channel(1);
    let (mut channels, orders) = (Some((sender, asked)), *key);
    let (outcome, read) = std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            live.read_now("replay", move |tx| match channels.take() {
                Some((sender, asked)) => read((tx, &orders), sender, &asked),
                None => Err(StoreError::Closed),
            })
        });
        let outcome = take_all((fresh, *key, judging), &messages, &mut told).and_then(|taken| {
            ask.send(sums(fresh)?).map_err(|_gone| ReplayError::Ended)?;
            Ok(taken)
        });
        // A reader that still waits ends with these.
        drop((messages, ask));
        (outcome, reading.join())
    });
    let read = read.map_err(|_panicked| ReplayError::Ended)?;
    // The reader's own failure says more than that it ended.
    let (progress, counted) = match (outcome, read.as_ref()) {
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
        counted,
        rows,
        differences,
    })
}

/// Sums up every table of the new registry, two at a time.
fn sums(fresh: &Store) -> Result<Vec<Digest>, StoreError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut mine = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(table) = TABLES.get(place) else {
                return Ok(mine);
            };
            let digest = fresh.read_now("sums", |tx| table.digest(tx))?;
            mine.push((place, digest));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let mine: Result<Vec<_>, StoreError> = work();
        let other = other.join().map_err(|_panicked| StoreError::Closed)??;
        Ok::<_, StoreError>([mine?, other].concat())
    })?;
    all.sort_by_key(|(place, _)| *place);
    Ok(all.into_iter().map(|(_, digest)| digest).collect())
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

/// Takes every step again, in its order, and returns how many there were and what is to be said of them.
fn take_all(
    (fresh, key, judging): (&Store, OrderKey, Judging),
    messages: &Receiver<Message>,
    told: &mut impl FnMut(Progress),
) -> Result<(Progress, Counted), ReplayError> {
    let (ground, of, expunctions) = match messages.recv() {
        Ok(Message::Ground(ground, of, expunctions)) => (ground, of, expunctions),
        Ok(Message::Failed(failure)) => return Err(failure),
        Ok(Message::Steps(_)) | Err(_) => return Err(ReplayError::Ended),
    };
    let mut progress = Progress {
        steps: 0,
        of,
        deltas: 0,
    };
    let mut counted = Counted::default();
    let Some(ground) = ground else {
        return Ok((progress, counted));
    };
    if ground.origin.after_event != EventPosition(0) {
        return Err(ReplayError::Begun(ground.origin.after_event.0));
    }
    fresh.write_now("ground", move |tx| ground.lay(tx))?;
    let again = Arc::new(Again {
        key,
        judging,
        holes: expunctions
            .iter()
            .map(|one| (one.since, one.step))
            .collect(),
        met: Mutex::new(Met::new(key, &expunctions)),
    });
    while let Ok(message) = messages.recv() {
        let steps = match message {
            Message::Steps(steps) => Arc::new(steps),
            Message::Failed(failure) => return Err(failure),
            Message::Ground(..) => return Err(ReplayError::Ended),
        };
        let (taken, again) = (Arc::clone(&steps), Arc::clone(&again));
        let before = counted.clone();
        counted = fresh.write_now("replay", move |tx| {
            let mut counted = before.clone();
            for step in taken.iter() {
                match take(tx, step, &again, &mut counted) {
                    Ok(Ok(())) => {}
                    Ok(Err(cause)) => return Ok(Err(step.failed(cause))),
                    Err(StoreError::Refused(why)) => {
                        return Ok(Err(step.failed(Cause::Decided(why))));
                    }
                    Err(failure) => return Err(failure),
                }
            }
            Ok(Ok(counted))
        })??;
        progress.steps += steps.len() as u64;
        for (deltas, gone) in steps.iter().map(|step| step.work.size()) {
            progress.deltas += deltas;
            counted.erased += gone;
        }
        told(progress);
    }
    if progress.steps == progress.of {
        Ok((progress, counted))
    } else {
        Err(ReplayError::Ended)
    }
}

/// The salts of events that are made anew: their evidence is not what is compared.
const fn no_salt() -> [u8; 16] {
    [0; 16]
}

/// By what steps are taken again.
#[derive(Debug)]
struct Again {
    key: OrderKey,
    judging: Judging,
    /// From the step with which something came until the one that destroyed it: what is decided once more in between
    /// may come out otherwise without it.
    holes: Vec<(i64, i64)>,
    met: Mutex<Met>,
}

impl Again {
    /// Returns on which course a step is taken again: whether everything is decided once more.
    fn course<'a>(
        &'a self,
        tx: &mut Tx<'_>,
        step: &'a Prepared,
        counted: &mut Counted,
    ) -> Result<Course<'a>, StoreError> {
        let Some(then) = &step.placings else {
            return Ok(Course::again(None, false, &self.met));
        };
        if let Some(events) = &step.kept {
            let rules = ruling::number(&then.judge).unwrap_or(0);
            *counted.other_rules.entry(rules).or_default() += 1;
            counted.taken += then.placed.len() as u64;
            return Ok(Course::kept(then, events, &self.met));
        }
        let placed = then.placed.len() as u64;
        let is_holed = |(since, until): &(i64, i64)| (*since..*until).contains(&step.number);
        let is_same = placed == 0 || then.judge == ruling::name_with(&weights::load(tx)?);
        let is_whole = !self.holes.iter().any(is_holed);
        let is_judged = is_same && is_whole && self.judging == Judging::Again;
        if is_judged {
            counted.judged += placed;
        } else {
            counted.taken += placed;
        }
        Ok(Course::again(Some(then), is_judged, &self.met))
    }
}

/// Takes one step again.
fn take(
    tx: &mut Tx<'_>,
    step: &Prepared,
    again: &Again,
    counted: &mut Counted,
) -> Result<Result<(), Cause>, StoreError> {
    let mut course = again.course(tx, step, counted)?;
    let moment = Moment {
        now: step.at,
        random: no_salt,
        orders: again.key,
    };
    let is_same = match &step.work {
        Work::Batches(batches) => {
            let outcomes = batches::take_on(tx, batches, moment, course)?;
            let is_durable = |outcome: &Outcome| matches!(outcome, Outcome::Durable { .. });
            outcomes.iter().all(is_durable)
        }
        Work::State(state) => match full_state::take_on(tx, state, moment, course)? {
            Ok(()) => true,
            Err(refusal) => return Ok(Err(refusal.into())),
        },
        Work::Repair(repair) => repair::take_on(tx, repair, moment, course)? == Repaired::Done,
        Work::Decided(decided) => {
            deciding::carry_out(tx, decided, step.at, &mut course)?;
            course.finish()?;
            true
        }
        Work::Noted(event, position) => {
            // Its number is taken, as it was then; where that was, is known.
            tx.take_numbers("event", 1)?;
            let events = std::slice::from_ref(event.as_ref());
            event::put(tx, (&[*position], events, &Apart::new()), no_salt)?;
            event::position_of(tx, event.event)? == Some(*position)
        }
        Work::Expunged(left, order) => {
            if let Ok(met) = again.met.lock() {
                left.carry_out(tx, *order, &met)?;
            }
            true
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
