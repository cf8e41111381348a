//! Taking a file in: what it changes becomes signed batches in the log, in one transaction with the
//! decision of whoever gave it in. The same transaction, given up at its end, is the dry run.

use std::sync::{Arc, Mutex, PoisonError};

use savin_agent::diff::Diff;
use savin_shared::chain::Position;
use savin_shared::clock::ObservedAt;
use savin_shared::delta::{Change, Delta, DeltaError, Origin};
use savin_shared::digest::Digest;
use savin_shared::ids::{AgencyId, Epoch, FacilityCode, FeedName, RecordKey, Seq};
use thiserror::Error;

use super::importer::{Before, Importer, SealError};
use super::kind::ImportKind;
use super::reading::FileRead;
use super::{Changes, Taken, events_since};
use crate::intake::batches::{self, Outcome};
use crate::intake::expunged::Expunged;
use crate::intake::{Moment, Refusal, open};
use crate::store::conn::Tx;
use crate::store::registry::decision::{self, Decision};
use crate::store::registry::import::{self, ImportRow};
use crate::store::registry::{event, facility, listing, position};
use crate::store::{Store, StoreError};

/// A file is smaller by so much than the last if it lists at most this share of its records.
const SMALLER: (u64, u64) = (6, 10);

/// A file to be taken in.
#[derive(Debug, Clone)]
pub struct Request {
    /// What kind it is.
    pub kind: ImportKind,
    /// In which feed it is listed.
    pub feed: FeedName,
    /// The facility that speaks.
    pub facility: FacilityCode,
    /// The file.
    pub file: FileRead,
    /// Whether somebody decided that it may be much smaller than the last.
    pub accepts_smaller: bool,
    /// Whether the first file of a feed is news, and not the state of things.
    pub tells_first: bool,
    /// The decision by which it is taken; without one it is only tried.
    pub decision: Option<Decision>,
}

/// Takes a file in, or tries it.
///
/// # Errors
/// Returns [`TakeError`]; nothing is then changed.
pub fn run(
    store: &Store,
    importer: Importer,
    request: Request,
    moment: Moment,
) -> Result<Taken, TakeError> {
    transact(store, move |tx| take(tx, &importer, &request, moment))
}

/// Runs a transaction of which nothing is kept unless it made an import.
pub(super) fn transact(
    store: &Store,
    mut work: impl FnMut(&mut Tx<'_>) -> Result<Result<Taken, TakeError>, StoreError> + Send + 'static,
) -> Result<Taken, TakeError> {
    let outcome = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&outcome);
    let written = store.write_now("import", move |tx| {
        let taken = work(tx)?;
        let is_kept = taken.as_ref().is_ok_and(|taken| taken.import.is_some());
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
        if is_kept {
            Ok(())
        } else {
            Err(StoreError::Refused("nothing of it is kept".to_owned()))
        }
    });
    let taken = outcome
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    match (written, taken) {
        (Ok(()) | Err(StoreError::Refused(_)), Some(taken)) => taken,
        (Err(failure), _) => Err(failure.into()),
        (Ok(()), None) => Err(StoreError::Closed.into()),
    }
}

/// Compares a file with where its importer stands, and looks whether it may be taken.
fn compared(
    tx: &mut Tx<'_>,
    importer: &Importer,
    request: &Request,
    moment: Moment,
) -> Result<Result<(Before, Diff), TakeError>, StoreError> {
    if !facility::of_agency(tx, &importer.agency)?.contains(&request.facility) {
        return Ok(Err(TakeError::Facility {
            agency: importer.agency.clone(),
            facility: request.facility.clone(),
        }));
    }
    let before = stands(tx, importer, &request.feed, moment)?;
    let diff = match request.file.compare(&before.shadow) {
        Ok(diff) => diff,
        Err(cause) => return Ok(Err(cause.into())),
    };
    let (listed_before, (part, whole)) = (before.shadow.len() as u64, SMALLER);
    let is_smaller = listed_before > 0 && diff.listed * whole <= listed_before * part;
    if is_smaller && !request.accepts_smaller {
        return Ok(Err(TakeError::Smaller {
            before: listed_before,
            listed: diff.listed,
        }));
    }
    Ok(Ok((before, diff)))
}

fn take(
    tx: &mut Tx<'_>,
    importer: &Importer,
    request: &Request,
    moment: Moment,
) -> Result<Result<Taken, TakeError>, StoreError> {
    let (before, diff) = match compared(tx, importer, request, moment)? {
        Ok(compared) => compared,
        Err(refused) => return Ok(Err(refused)),
    };
    let diff = unexpunged(tx, importer, diff, moment)?;
    let listed_before = before.shadow.len() as u64;
    let is_first = import::last_of(tx, &importer.agency, &request.feed)?.is_none();
    let listed = diff.listed;
    let (mut changes, accepted) = sorted(diff);
    let contradicting = changes.contradicting.iter();
    let contradicting: usize = contradicting.map(|(_, places)| places.len()).sum();
    let set_aside = (request.file.problems.len() + contradicting) as u64;
    changes.listed_before = listed_before;
    changes.is_first = is_first && !request.tells_first;
    let origin = if changes.is_first {
        Origin::Baseline
    } else {
        Origin::Live
    };
    let last = event::last(tx)?;
    let span = match enter(
        tx,
        importer,
        &request.feed,
        (accepted, origin),
        before,
        moment,
    )? {
        Ok(span) => span,
        Err(refused) => return Ok(Err(refused)),
    };
    changes.events = events_since(tx, last)?;
    let import = match (&request.decision, span) {
        (Some(decision), Some(span)) => {
            let row = ImportRow {
                id: import::next(tx)?,
                agency: importer.agency.clone(),
                kind: request.kind.as_str().to_owned(),
                feed: request.feed.clone(),
                file_name: request.file.name.clone(),
                file_hash: request.file.hash,
                listed,
                added: changes.added.len() as u64,
                changed: changes.changed.len() as u64,
                missing: (changes.missing.len() + changes.sealed.len()) as u64,
                set_aside,
                agent: importer.agent,
                epoch: span.epoch,
                first: span.first,
                last: span.last,
                received_at: moment.now,
                decision: decision::record(tx, decision)?,
                staff: decision.staff.clone(),
                undoes: None,
                undone_by: None,
            };
            import::insert(tx, &row)?;
            Some(row)
        }
        (Some(_) | None, _) => None,
    };
    Ok(Ok(Taken { changes, import }))
}

/// Leaves out what was expunged: a file that still lists it brings nothing of it into the log.
fn unexpunged(
    tx: &mut Tx<'_>,
    importer: &Importer,
    mut diff: Diff,
    moment: Moment,
) -> Result<Diff, StoreError> {
    let key = |key: &RecordKey| (importer.agency.clone(), key.clone());
    let keys = diff.differences.iter().map(|one| key(&one.key));
    let expunged = Expunged::load(tx, &moment.orders, keys)?;
    diff.differences
        .retain(|one| !expunged.holds(&key(&one.key)));
    Ok(diff)
}

/// Returns where an importer stands: the end of its chain, and what it lists.
pub(super) fn stands(
    tx: &mut Tx<'_>,
    importer: &Importer,
    feed: &FeedName,
    moment: Moment,
) -> Result<Before, StoreError> {
    let durable = position::load(tx, importer.agent)?;
    let shadow = listing::of_agent(tx, importer.agent)?
        .into_iter()
        .filter(|(key, _)| key.feed == *feed)
        .map(|(key, listing)| (key.key, listing.row_hash))
        .collect();
    Ok(match durable {
        Some(durable) => Before {
            position: durable.position,
            digest: durable.digest,
            shadow,
        },
        None => Before {
            position: Position::genesis(importer.agent, Epoch::from_bytes((moment.random)())),
            digest: Digest::default(),
            shadow,
        },
    })
}

/// Sorts what differs. Where rows have no readable key, whoever seems to be missing may be theirs, and
/// stays listed.
fn sorted(diff: Diff) -> (Changes, Vec<Change>) {
    let mut changes = Changes {
        listed: diff.listed,
        contradicting: diff.conflicts.into_iter().collect(),
        ..Changes::default()
    };
    let mut accepted = Vec::new();
    for difference in diff.differences {
        let of = match &difference.change {
            Change::Upsert { .. } if difference.added => &mut changes.added,
            Change::Upsert { .. } => &mut changes.changed,
            Change::Withheld(_) => &mut changes.sealed,
            Change::NoLongerListed(_) if diff.unkeyed > 0 => {
                changes.unsure += 1;
                continue;
            }
            Change::NoLongerListed(_) => &mut changes.missing,
            Change::ObservationGap { .. } => continue,
        };
        of.push(difference.key);
        accepted.push(difference.change);
    }
    (changes, accepted)
}

/// Which part of a chain an import became.
#[derive(Debug, Clone, Copy)]
pub(super) struct ImportSpan {
    pub(super) epoch: Epoch,
    pub(super) first: Seq,
    pub(super) last: Seq,
}

/// Signs changes, and takes them in as an agent's batches are; nothing for none.
pub(super) fn enter(
    tx: &mut Tx<'_>,
    importer: &Importer,
    feed: &FeedName,
    (changes, origin): (Vec<Change>, Origin),
    before: Before,
    moment: Moment,
) -> Result<Result<Option<ImportSpan>, TakeError>, StoreError> {
    let delta = |change| Delta {
        observed_at: ObservedAt(moment.now),
        feed: feed.clone(),
        origin,
        change,
    };
    let deltas: Vec<Delta> = changes.into_iter().map(delta).collect();
    if deltas.is_empty() {
        return Ok(Ok(None));
    }
    let speaker = importer.enter(tx, moment.now)?;
    let from = before.position;
    let sealed = match importer.seal(feed, &deltas, before, (moment.now, (moment.random)())) {
        Ok(sealed) => sealed,
        Err(cause) => return Ok(Err(cause.into())),
    };
    let opened: Result<Vec<_>, Refusal> = sealed
        .into_iter()
        .map(|batch| open(&speaker, batch))
        .collect();
    let opened = match opened {
        Ok(opened) => opened,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let outcomes = batches::take(tx, &opened, moment)?;
    let mut last = from.seq;
    for outcome in outcomes {
        match outcome {
            Outcome::Durable {
                position,
                digest_differs: false,
                ..
            } => last = position.seq,
            Outcome::Durable { .. } => {
                let what = "what an importer lists is not what it signed";
                return Err(StoreError::Damaged(what));
            }
            Outcome::Refused { .. } | Outcome::Barred => return Ok(Err(TakeError::Barred)),
        }
    }
    Ok(Ok(Some(ImportSpan {
        epoch: from.epoch,
        first: from.seq.next(),
        last,
    })))
}

/// Why nothing was taken.
#[derive(Debug, Error)]
pub enum TakeError {
    /// The file lists much less than the last.
    #[error(
        "the file lists {listed} records, and the last listed {before}: find out whether it is whole. If \
         it is, a supervisor takes it with --accept-smaller and the reason"
    )]
    Smaller {
        /// Records that were listed.
        before: u64,
        /// Records that the file lists.
        listed: u64,
    },
    /// The agency does not speak for the facility.
    #[error(
        "{agency} does not speak for {facility}: `savin-hub agency add {agency} --facility {facility}` \
         lets it"
    )]
    Facility {
        /// Which agency.
        agency: AgencyId,
        /// Which facility.
        facility: FacilityCode,
    },
    /// The importer's word is not taken.
    #[error(
        "the importer of this agency is quarantined or revoked: `savin-hub agents` says why, and \
         --reinstate takes its word again"
    )]
    Barred,
    /// Rows of one record are too large.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// The batches cannot be signed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The batches do not hold.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// There is no such import.
    #[error("there is no import {0}: `savin-hub import list` shows them")]
    Unknown(i64),
    /// The import is undone, or undoes another, or a newer one stands on it.
    #[error("import {id} cannot be undone: {why}")]
    NotUndone {
        /// Which.
        id: i64,
        /// Why.
        why: String,
    },
    /// The database refuses.
    #[error("the registry refused")]
    Store(#[from] StoreError),
}
