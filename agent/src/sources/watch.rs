//! One task a feed: wakes up, looks, captures, and hands fresh batches to the uplink.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use savin_shared::envelope::SealedBatch;
use savin_shared::fault::Fault;
use savin_shared::world::World;
use tokio::sync::{mpsc, watch};
use tracing::{debug, error, info, warn};

use super::database::Database;
use super::folder::Folder;
use crate::capture::emergency::agree;
use crate::capture::report::{Outcome, Report};
use crate::capture::{CaptureError, Feed, Now, take_file, take_rows};
use crate::journal::dark::{self, Dark};
use crate::journal::feed::{self, FeedState};
use crate::journal::{Journal, JournalError, mode};
use crate::mapping::profile::Mode;
use crate::memory::give_back_now;
use crate::pulse::Beat;
use crate::reserve::Reserve;
use crate::signer::Signer;

/// How often it is noted that a source was looked at and had not changed.
const SEEN: SignedDuration = SignedDuration::from_secs(15);

/// What a feed reads.
#[derive(Debug)]
pub enum Source {
    /// An export folder.
    Folder(Folder),
    /// A booking database.
    Database(Database),
}

/// What every feed's task shares.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The journal; one capture at a time.
    pub journal: Arc<Mutex<Journal>>,
    /// Who signs.
    pub signer: Arc<Signer>,
    /// Fresh batches for the uplink; when it is full, the uplink reads the journal instead.
    pub fresh: mpsc::Sender<SealedBatch>,
    /// The room that is kept back on the journal's disk; captures wait while it is given up.
    pub reserve: Reserve,
    /// The clocks and the randomness.
    pub world: World,
}

/// One feed's task.
#[derive(Debug)]
pub struct FeedTask {
    feed: Arc<Feed>,
    source: Option<Source>,
    poll: Duration,
    shared: Shared,
    beat: Beat,
    complained: Option<String>,
}

impl FeedTask {
    /// Makes a feed's task.
    #[must_use]
    pub fn new(feed: Feed, source: Source, poll: Duration, shared: Shared, beat: Beat) -> Self {
        Self {
            feed: Arc::new(feed),
            source: Some(source),
            poll,
            shared,
            beat,
            complained: None,
        }
    }

    /// Looks at the source until shutdown.
    ///
    /// # Errors
    /// Returns the error after which the process must end; all others are said and tried again.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) -> Result<(), JournalError> {
        let (hint, mut hints) = mpsc::channel::<()>(1);
        let _watcher = match &self.source {
            Some(Source::Folder(folder)) => watcher(&folder.settings().path, hint),
            Some(Source::Database(_)) | None => None,
        };
        let mut hints_open = true;
        loop {
            if let Err(error) = self.look().await {
                if let CaptureError::Journal(error @ JournalError::CommitUnknown(_)) = error {
                    return Err(error);
                }
                self.complain(&error);
            }
            let waiting = async {
                tokio::select! {
                    _ = shutdown.wait_for(|stop| *stop) => true,
                    () = tokio::time::sleep(self.poll) => false,
                    hint = hints.recv(), if hints_open => {
                        hints_open = hint.is_some();
                        false
                    }
                }
            };
            if self.beat.while_waiting(waiting).await {
                return Ok(());
            }
        }
    }

    async fn look(&mut self) -> Result<(), CaptureError> {
        let Some(source) = self.source.take() else {
            return Ok(());
        };
        let (feed, shared) = (Arc::clone(&self.feed), self.shared.clone());
        let reserve = shared.reserve.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let mut source = source;
            let outcome = look(&mut source, &feed, &shared);
            (source, outcome)
        })
        .await;
        match looked {
            Ok((source, outcome)) => {
                self.source = Some(source);
                match &outcome {
                    Ok(()) => self.complained = None,
                    Err(CaptureError::Journal(failure)) if failure.is_disk_full() => {
                        reserve.give_back();
                    }
                    Err(_) => {}
                }
                outcome
            }
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// Says a failure once, not at every poll.
    fn complain(&mut self, failure: &CaptureError) {
        let text = chain(failure);
        if self.complained.as_ref() == Some(&text) {
            return;
        }
        let feed = &self.feed.name;
        match (failure.fault(), failure) {
            (Fault::Retry, CaptureError::Journal(journal)) if journal.is_disk_full() => {
                error!(%feed, reason = %text, "Disk full: nothing is captured until there is room");
            }
            (Fault::Retry, CaptureError::Journal(_)) => {
                warn!(%feed, reason = %text, "Capture not stored, trying again");
            }
            (Fault::Retry, _) => {
                warn!(%feed, reason = %text, "Source not readable, trying again");
            }
            (Fault::Reject | Fault::Broken, _) => {
                error!(%feed, reason = %text, "Capture failed");
            }
        }
        self.complained = Some(text);
    }
}

fn look(source: &mut Source, feed: &Feed, shared: &Shared) -> Result<(), CaptureError> {
    if !shared.reserve.is_ready() {
        return Err(JournalError::NoRoom.into());
    }
    end_mode(&mut lock(&shared.journal), feed, (shared.world.wall)())?;
    let looked = match source {
        Source::Folder(folder) => look_at_folder(folder, feed, shared),
        Source::Database(database) => look_at_database(database, feed, shared),
    };
    let at = (shared.world.wall)();
    for key in agree(&mut lock(&shared.journal), at)? {
        info!(feed = %feed.name, record.number = %key.number,
            "Booking system says what was said at the jail");
    }
    let dark = match &looked {
        Err(failure @ (CaptureError::Folder(_) | CaptureError::Database(_))) => {
            Some(chain(failure))
        }
        // Whether the journal can be used says nothing about the source.
        Err(_) => return looked,
        Ok(()) => None,
    };
    let mut journal = lock(&shared.journal);
    if dark.is_some() {
        // It is the source that is dark: the agent was there.
        note_seen(&mut journal, feed, at, None)?;
    }
    note_dark(&mut journal, feed, at, dark)?;
    looked
}

fn look_at_folder(folder: &mut Folder, feed: &Feed, shared: &Shared) -> Result<(), CaptureError> {
    let now = (shared.world.monotonic)();
    let profile = &feed.profile;
    let mut settled = folder
        .settled(&profile.times, &profile.export_date, now)
        .map_err(CaptureError::Folder)?;
    let mut journal = lock(&shared.journal);
    if settled.is_empty() {
        note_seen(&mut journal, feed, (shared.world.wall)(), None)?;
    }
    let before = journal.read(|tx| feed::load(tx, &feed.name))?;
    let was_level = before.is_some_and(|state| state.is_level);
    drop(journal);
    if profile.mode == Mode::Roster && !settled.is_empty() {
        skip_superseded(folder, feed, &mut settled, shared)?;
    }
    let mut failed = Ok(());
    for (name, exported_at) in settled {
        let is_history = !was_level && folder.was_there_first(&name);
        match take_export(folder, feed, (&name, exported_at), is_history, shared) {
            Err(error @ CaptureError::Journal(_)) => return Err(error),
            // One file that cannot be taken does not stand in the way of the others.
            Err(error) => failed = Err(error),
            Ok(()) => {}
        }
    }
    if profile.mode == Mode::Transactions && !was_level && folder.is_level() {
        note_level(&mut lock(&shared.journal), feed, (shared.world.wall)())?;
    }
    failed
}

fn take_export(
    folder: &mut Folder,
    feed: &Feed,
    (name, exported_at): (&str, Timestamp),
    is_history: bool,
    shared: &Shared,
) -> Result<(), CaptureError> {
    let found = folder.read(name, exported_at).map_err(|error| {
        let named = io::Error::new(error.kind(), format!("{name}: {error}"));
        CaptureError::Folder(named)
    })?;
    let Some(found) = found else { return Ok(()) };
    let now = Now {
        at: (shared.world.wall)(),
        exported_at,
        is_history,
        secret: (shared.world.random)(),
    };
    let file = (found.name.as_str(), found.bytes.as_slice());
    // The journal is taken only now: a slow share keeps no other feed waiting.
    let report = take_file(&mut lock(&shared.journal), &shared.signer, feed, file, now)?;
    folder.mark_taken(name);
    announce(feed, name, report, shared);
    Ok(())
}

/// Leaves rosters alone that a newer one has made worthless: all but the newest at the very first
/// look, and those from before the last one that was taken.
fn skip_superseded(
    folder: &mut Folder,
    feed: &Feed,
    settled: &mut Vec<(String, Timestamp)>,
    shared: &Shared,
) -> Result<(), JournalError> {
    let (last, mut known) = lock(&shared.journal).read(|tx| {
        let state = feed::load(tx, &feed.name)?;
        let mut known = Vec::with_capacity(settled.len());
        for (name, exported_at) in &*settled {
            known.push(feed::was_taken(tx, &feed.name, name, *exported_at)?);
        }
        Ok((state.and_then(|state| state.exported_at), known))
    })?;
    let newest = settled.last().map(|(_, exported_at)| *exported_at);
    let from = last.or(newest).unwrap_or(Timestamp::MIN);
    let mut known = known.drain(..);
    let mut left = Vec::new();
    settled.retain(|(name, exported_at)| {
        let is_known = known.next().unwrap_or(false);
        let is_wanted = *exported_at >= from;
        if !is_wanted {
            folder.mark_taken(name);
            if !is_known {
                left.push(name.clone());
            }
        }
        is_wanted
    });
    if let Some(name) = left.last() {
        warn!(feed = %feed.name, export.name = %name, rosters = left.len(), newest.at = %from,
            "Older roster left alone");
    }
    Ok(())
}

fn look_at_database(
    database: &mut Database,
    feed: &Feed,
    shared: &Shared,
) -> Result<(), CaptureError> {
    let at = (shared.world.wall)();
    let table = database.read_if_changed((shared.world.monotonic)())?;
    // The journal is taken only now: neither the jail's writers nor other feeds wait for this read.
    let mut journal = lock(&shared.journal);
    let Some(mut table) = table else {
        return Ok(note_seen(&mut journal, feed, at, Some(at))?);
    };
    let before = journal.read(|tx| feed::load(tx, &feed.name))?;
    let is_level = before.is_some_and(|state| state.is_level);
    let is_history = feed.profile.mode == Mode::Transactions && !is_level;
    let now = Now {
        at,
        exported_at: at,
        is_history,
        secret: (shared.world.random)(),
    };
    match take_rows(&mut journal, &shared.signer, feed, &mut table, None, now) {
        Ok(report) => {
            if is_history {
                note_level(&mut journal, feed, at)?;
            }
            announce(feed, "query", report, shared);
        }
        Err(error) => {
            database.forget();
            return Err(error);
        }
    }
    Ok(())
}

/// Says what a capture did and hands its batches on.
fn announce(feed: &Feed, name: &str, report: Report, shared: &Shared) {
    match &report.outcome {
        Outcome::Repeat => debug!(feed = %feed.name, export.name = name, "Same export again"),
        Outcome::Refused(refusal) => {
            let (code, reason) = (refusal.code(), refusal.to_string());
            warn!(feed = %feed.name, export.name = name, code, reason, "Export refused");
        }
        Outcome::Taken => {
            for reason in &report.reasons {
                let (code, reason) = (reason.code(), reason.to_string());
                error!(feed = %feed.name, export.name = name, code, reason, held = report.held,
                    "Changes held until a person has looked");
            }
            for remark in report.tally.remarks().into_iter().chain(report.looks_other) {
                warn!(feed = %feed.name, export.name = name, remark, "Export taken with a remark");
            }
            let deltas: u64 = report
                .batches
                .iter()
                .map(|batch| batch.header.deltas())
                .sum();
            if deltas > 0 {
                info!(feed = %feed.name, export.name = name, rows = report.rows, deltas,
                    "Captured changes");
            }
        }
    }
    let is_taken = report.outcome == Outcome::Taken;
    for batch in report.batches {
        // When the queue is full, the uplink finds the batch in the journal.
        if shared.fresh.try_send(batch).is_err() {
            break;
        }
    }
    if is_taken {
        give_back_now();
    }
}

/// Wakes the task up when something happens in a folder, where the system tells; a hint only.
fn watcher(path: &Path, hint: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.map_or(true, |event| is_change(event.kind)) {
            // A hint that is already waiting is enough.
            let _waiting = hint.try_send(());
        }
    });
    let mut watcher = watcher.ok()?;
    watcher.watch(path, RecursiveMode::NonRecursive).ok()?;
    Some(watcher)
}

/// Says whether an event may mean a new or changed file. That somebody looked does not: the agent's
/// own looks would wake it up again without end.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}

/// Ends an evacuation or maintenance whose end has come.
fn end_mode(journal: &mut Journal, feed: &Feed, now: Timestamp) -> Result<(), JournalError> {
    if !journal.read(|tx| mode::is_over(tx, &feed.name, now))? {
        return Ok(());
    }
    if journal.write(|tx| mode::end_if_over(tx, &feed.name, now))? {
        info!(feed = %feed.name, "Mode ended by itself: ordinary times again");
    }
    Ok(())
}

/// Notes that the source was looked at, now and then: so it is known whether the agent was down or
/// the source was dark. An unchanged database shows how things are now, as an export with the date
/// `as_of` would; a folder without a new file does not.
fn note_seen(
    journal: &mut Journal,
    feed: &Feed,
    at: Timestamp,
    as_of: Option<Timestamp>,
) -> Result<(), JournalError> {
    let state = journal.read(|tx| feed::load(tx, &feed.name))?;
    if state.is_none_or(|state| at.duration_since(state.seen_at) < SEEN) {
        return Ok(());
    }
    journal.write(|tx| {
        let Some(mut state) = feed::load(tx, &feed.name)? else {
            return Ok(());
        };
        state.seen_at = at;
        if state.refusal.is_none() {
            state.exported_at = as_of.or(state.exported_at);
        }
        feed::store(tx, &feed.name, &state)
    })
}

/// Notes that the source cannot be read, or that it can be again.
fn note_dark(
    journal: &mut Journal,
    feed: &Feed,
    at: Timestamp,
    reason: Option<String>,
) -> Result<(), JournalError> {
    let known = journal.read(|tx| dark::load(tx, &feed.name))?;
    let since = known.as_ref().map_or(at, |dark| dark.since);
    let dark = reason.map(|reason| Dark { since, reason });
    if dark == known {
        return Ok(());
    }
    journal.write(|tx| dark::store(tx, &feed.name, dark.as_ref()))
}

/// Notes that everything that was there when the agent first looked is taken, unless the last of it was
/// refused. What comes from now on is news, even after a restart.
fn note_level(journal: &mut Journal, feed: &Feed, at: Timestamp) -> Result<(), JournalError> {
    // Another process of this program may be letting a hold pass.
    journal.write(|tx| {
        let state = feed::load(tx, &feed.name)?;
        let mut state = state.unwrap_or_else(|| FeedState::begin(at));
        if state.refusal.is_some() {
            return Ok(());
        }
        state.is_level = true;
        feed::store(tx, &feed.name, &state)
    })
}

/// Locks the journal; a panic elsewhere left no transaction open.
pub(super) fn lock(journal: &Mutex<Journal>) -> std::sync::MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
