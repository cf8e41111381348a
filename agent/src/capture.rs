//! A capture: one export or one query's rows, mapped, compared, judged and stored at once.
//!
//! The doors read the source and hand its bytes or rows over; everything from there to the signed
//! batch is here, synchronous, and the same for a live feed, a replay and a test.

pub mod canary;
pub mod emergency;
mod history;
mod holding;
mod read;
pub mod refusal;
pub mod release;
pub mod report;
pub mod rows;
mod sight;
mod strangers;

use jiff::{SignedDuration, Timestamp};
use savin_shared::chain::{Position, Salt};
use savin_shared::clock::ObservedAt;
use savin_shared::delta::{Delta, DeltaError, Origin};
use savin_shared::fault::Fault;
use savin_shared::hash::Hash;
use savin_shared::ids::{FacilityCode, FeedName};
use thiserror::Error;

use crate::diff::{Class, Difference};
use crate::format::open::open;
use crate::guard::{self, History, Verdict};
use crate::journal::feed::{Ended, Export, FeedState, Passage};
use crate::journal::hold::{self, HoldUpdate};
use crate::journal::{Capture, Journal, JournalError, Step, Steps, feed, position};
use crate::mapping::profile::{Mode, Profile};
use crate::mapping::tally::Tally;
use crate::signer::Signer;
use history::{Exported, history, looks};
use read::{Read, ReadError, read};
use refusal::Refusal;
use report::{Outcome, Report};
use rows::Rows;
use sight::{gap_step, sight};

/// One feed: a declared source of a facility.
#[derive(Debug, Clone)]
pub struct Feed {
    /// Its name.
    pub name: FeedName,
    /// Whose it is.
    pub facility: FacilityCode,
    /// How its rows are read.
    pub profile: Profile,
    /// How often what it holds usually changes. After twice as long without an export, or without
    /// the agent looking, what is found was found late, and that is said.
    pub cadence: SignedDuration,
}

/// When something is captured, and the randomness that it needs.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The wall clock.
    pub at: Timestamp,
    /// The date of the export: its file's, or now for a database.
    pub exported_at: Timestamp,
    /// Whether it was there before the agent was ever level with the source: transactions in it from
    /// before the agent began to look are history and no news.
    pub is_history: bool,
    /// Fresh randomness for the salts.
    pub secret: Salt,
}

/// Why a capture failed; what was refused is no failure but an outcome.
#[derive(Debug, Error)]
pub enum CaptureError {
    /// The journal could not be used.
    #[error("failed to use the journal")]
    Journal(#[from] JournalError),
    /// A record could not be written.
    #[error("failed to write a record")]
    Delta(#[from] DeltaError),
    /// The booking database could not be read; later may work.
    #[error("failed to read the booking database")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The export folder could not be read; later may work.
    #[error("failed to read the export folder")]
    Folder(#[source] std::io::Error),
}

impl CaptureError {
    /// Returns what is to be done about it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Journal(error) => error.fault(),
            Self::Delta(_) => Fault::Broken,
            Self::Database(_) | Self::Folder(_) => Fault::Retry,
        }
    }
}

/// How far ahead of the agent's clock the date of an export may lie.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Takes a file.
///
/// # Errors
/// Returns [`CaptureError`] when the journal cannot be used; a bad file is an outcome.
pub fn take_file(
    journal: &mut Journal,
    signer: &Signer,
    feed: &Feed,
    file: (&str, &[u8]),
    now: Now,
) -> Result<Report, CaptureError> {
    let (name, bytes) = file;
    let content = Hash::of(bytes);
    let export = Export {
        content,
        name: name.to_owned(),
        exported_at: now.exported_at,
    };
    let (before, taken_at) = journal.read(|tx| {
        Ok((
            feed::load(tx, &feed.name)?,
            feed::taken_before(tx, &feed.name, &content)?,
        ))
    })?;
    if now.exported_at.duration_since(now.at) > AHEAD {
        let refusal = Refusal::Future {
            exported_at: now.exported_at,
            now: now.at,
        };
        return refuse(journal, signer, feed, before, refusal, now);
    }
    let is_last = before
        .as_ref()
        .is_some_and(|state| state.last_content == Some(content));
    if is_last || (feed.profile.mode == Mode::Transactions && taken_at.is_some()) {
        return repeat(journal, signer, feed, before, now);
    }
    let mut opened = match open(bytes, &feed.profile.layout) {
        Ok(opened) => opened,
        Err(error) => return refuse(journal, signer, feed, before, Refusal::Format(error), now),
    };
    match opened.rows() {
        Ok(mut rows) => take_rows(journal, signer, feed, &mut rows, Some(export), now),
        Err(error) => refuse(journal, signer, feed, before, Refusal::Format(error), now),
    }
}

/// Takes rows, of a file whose export is named or of a database.
///
/// # Errors
/// Returns [`CaptureError`] when the journal or the database cannot be used.
pub fn take_rows(
    journal: &mut Journal,
    signer: &Signer,
    feed: &Feed,
    rows: &mut dyn Rows,
    export: Option<Export>,
    now: Now,
) -> Result<Report, CaptureError> {
    let (follows, before) = journal.read(|tx| {
        let standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
        Ok((standpoint.end, feed::load(tx, &feed.name)?))
    })?;
    let read = match read(journal, feed, rows, now) {
        Ok(read) => read,
        Err(ReadError::Refused(refusal)) => {
            return refuse(journal, signer, feed, before, refusal, now);
        }
        Err(ReadError::Failed(error)) => return Err(error),
    };
    if let Some(refusal) = admission(feed, &read) {
        return refuse(journal, signer, feed, before, refusal, now);
    }
    let mut history = history(journal, feed, before.as_ref(), export.as_ref(), now)?;
    history.strangers = strangers::strangers(journal, &feed.name, &read.diff)?;
    let looks = looks(journal, &feed.name, &read)?;
    history.looks = looks.beside;
    let taking = Taking {
        feed,
        follows,
        before: before.as_ref(),
        history,
        looks,
        export,
        now,
    };
    Ok(taking.store(journal, signer, read)?)
}

/// An export that was admitted, with what is needed to judge and store it.
struct Taking<'a> {
    feed: &'a Feed,
    /// Where the journal stood when everything that it holds was read.
    follows: Position,
    before: Option<&'a FeedState>,
    history: History,
    looks: Exported,
    export: Option<Export>,
    now: Now,
}

impl Taking<'_> {
    /// Judges the changes and stores what passes and what is held, all at once.
    fn store(
        self,
        journal: &mut Journal,
        signer: &Signer,
        mut read: Read,
    ) -> Result<Report, JournalError> {
        let (feed, now) = (self.feed, self.now);
        let is_changed = !read.diff.differences.is_empty();
        let told = std::mem::take(&mut read.diff.transactions);
        let sealed = std::mem::take(&mut read.diff.sealed);
        let listed = read.diff.listed;
        let verdict = guard::judge(read.diff, &self.history);
        let mut report = Report {
            outcome: Outcome::Taken,
            rows: read.rows,
            listed,
            dropped: read.dropped,
            tally: read.tally,
            counts: report::count(&verdict.passed),
            held: verdict.held.len() as u64,
            reasons: verdict.reasons.clone(),
            looks_other: self.looks.other.clone(),
            batches: Vec::new(),
        };
        let is_roster = feed.profile.mode == Mode::Roster;
        let is_compared = !self.history.is_first_roster;
        let is_taken = !verdict.is_doubted;
        let is_evacuated = self.history.mode == guard::Mode::Evacuation;
        let passage = self.passage(&verdict);
        let is_end = |d: &&Difference| d.class == Class::Ended && !d.is_history;
        let mut ended = Ended {
            held: verdict.ended_held,
            ..Ended::default()
        };
        for difference in verdict.passed.iter().filter(is_end) {
            ended.passed += 1;
            ended.given.count(&difference.change);
        }
        let state = self.state_after(&verdict, &report.tally, is_changed);
        let sight = sight(feed, self.before, now);
        let export = self.export.clone().filter(|_| is_taken);
        let hold = self.hold_update(&verdict, sealed, sight.origin());
        let gap = is_taken.then(|| gap_step(feed, sight, now)).flatten();
        let passed = verdict.passed.into_iter();
        let steps = passed.map(|d| step(feed, d, sight.origin(), now.at));
        let capture = Capture {
            feed: &feed.name,
            follows: Some(self.follows),
            steps: Steps::made(gap.into_iter().chain(steps)),
            state,
            export,
            told,
            // An evacuation says nothing of what is usual.
            passage: (is_roster && is_compared && is_taken && !is_evacuated)
                .then(|| (feed.profile.times.day(now.exported_at), passage)),
            ended: if is_compared { ended } else { Ended::default() },
            hold,
            // Where there is no row, nothing is seen of what the columns hold.
            shape: (is_roster && read.rows > 0).then_some(self.looks.shape),
            secret: now.secret,
            at: now.at,
        };
        report.batches = journal.commit(signer, capture)?;
        Ok(report)
    }

    fn state_after(&self, verdict: &Verdict, tally: &Tally, is_changed: bool) -> FeedState {
        let passed = &verdict.passed;
        let added = passed.iter().filter(|difference| difference.added).count() as u64;
        let removed = passed
            .iter()
            .filter(|d| matches!(d.class, Class::Absent | Class::Withheld))
            .count() as u64;
        let listed = self
            .history
            .listed
            .saturating_add(added)
            .saturating_sub(removed);
        if let Some(before) = self.before.filter(|_| verdict.is_doubted) {
            // What the feed said last is still the last that is believed of it.
            let reason = verdict.reasons.first().map(ToString::to_string);
            return FeedState {
                seen_at: self.now.at,
                listed,
                refusal: reason.filter(|_| !self.history.waiting.is_empty()),
                ..before.clone()
            };
        }
        let exported_at = Some(self.now.exported_at);
        let before = self.before;
        FeedState {
            began_at: before.map_or(self.now.at, |state| state.began_at),
            seen_at: self.now.at,
            captured_at: Some(self.now.at),
            changed_at: match before.and_then(|state| state.changed_at) {
                Some(changed_at) if !is_changed => Some(changed_at),
                Some(_) | None => exported_at,
            },
            exported_at: before.and_then(|state| state.exported_at).max(exported_at),
            listed,
            refusal: None,
            set_aside: self.set_aside(tally),
            last_content: self.export.as_ref().map(|export| export.content),
            is_level: before.is_some_and(|state| state.is_level),
        }
    }
}

impl Taking<'_> {
    fn passage(&self, verdict: &Verdict) -> Passage {
        let count = |is: fn(&Difference) -> bool| verdict.passed.iter().filter(|d| is(d)).count();
        Passage {
            day: guard::Day {
                lost: count(guard::is_loss) as u64,
                admitted: count(|difference| difference.class == Class::New) as u64,
                listed: self.history.listed,
                span: self.history.span_today,
            },
            approved: 0,
        }
    }

    fn set_aside(&self, tally: &Tally) -> Option<String> {
        let name = self.export.as_ref().map_or("query", |export| &export.name);
        let said = tally
            .set_aside()
            .map(|rows| format!("{name} at {:.0}: {rows}", self.now.at));
        let before = self.before.and_then(|state| state.set_aside.clone());
        match self.feed.profile.mode {
            Mode::Roster => said,
            Mode::Transactions => said.or(before),
        }
    }
}

/// Says that an export came again, byte for byte: if another was doubted since, the doubt is over.
fn repeat(
    journal: &mut Journal,
    signer: &Signer,
    feed: &Feed,
    before: Option<FeedState>,
    now: Now,
) -> Result<Report, CaptureError> {
    if let Some(mut state) = before {
        state.seen_at = now.at;
        state.exported_at = state.exported_at.max(Some(now.exported_at));
        state.refusal = None;
        let hold = journal.read(|tx| hold::load(tx, &feed.name))?;
        let is_doubt = hold.is_some_and(|hold| guard::doubts_export(&hold.code));
        let hold = if is_doubt {
            HoldUpdate::Clear
        } else {
            HoldUpdate::Keep
        };
        note(journal, signer, feed, (state, hold), now)?;
    }
    Ok(Report::nothing(Outcome::Repeat))
}

/// Says why nothing was taken.
fn refuse(
    journal: &mut Journal,
    signer: &Signer,
    feed: &Feed,
    before: Option<FeedState>,
    refusal: Refusal,
    now: Now,
) -> Result<Report, CaptureError> {
    let mut state = before.unwrap_or_else(|| FeedState::begin(now.at));
    state.seen_at = now.at;
    state.refusal = Some(refusal.to_string());
    note(journal, signer, feed, (state, HoldUpdate::Keep), now)?;
    Ok(Report::nothing(Outcome::Refused(refusal)))
}

fn note(
    journal: &mut Journal,
    signer: &Signer,
    feed: &Feed,
    (state, hold): (FeedState, HoldUpdate),
    now: Now,
) -> Result<(), JournalError> {
    let capture = Capture {
        feed: &feed.name,
        follows: None,
        steps: Steps::none(),
        state,
        export: None,
        told: Vec::new(),
        passage: None,
        ended: Ended::default(),
        hold,
        shape: None,
        secret: now.secret,
        at: now.at,
    };
    journal.commit(signer, capture).map(|_| ())
}

/// Looks whether an export can be compared at all.
fn admission(feed: &Feed, read: &Read) -> Option<Refusal> {
    let diff = &read.diff;
    let contradicting = diff.conflicts.len() as u64;
    if guard::is_beyond_accident(contradicting, read.rows) {
        return Some(Refusal::DuplicateKeys {
            keys: contradicting,
        });
    }
    let lists_nobody = diff.listed == 0 && diff.sealed.is_empty();
    // What was set aside may be everybody that it lists.
    let is_as_usual = feed.profile.layout.may_be_empty && read.tally.set_aside().is_none();
    let is_roster = feed.profile.mode == Mode::Roster;
    (is_roster && lists_nobody && !is_as_usual).then_some(Refusal::NoRows)
}

fn step(feed: &Feed, difference: Difference, origin: Origin, at: Timestamp) -> Step {
    let feed = feed.name.clone();
    let origin = if difference.is_history {
        Origin::Baseline
    } else {
        origin
    };
    let change = difference.change;
    let delta = Delta {
        observed_at: ObservedAt(at),
        feed,
        origin,
        change,
    };
    Step {
        key: Some(difference.key),
        standing: difference.standing,
        delta,
    }
}

#[cfg(test)]
mod tests;
