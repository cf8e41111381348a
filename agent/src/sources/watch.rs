//! One task a feed: wakes up, looks, captures, and hands fresh batches to the uplink.

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
use crate::capture::report::{Outcome, Report};
use crate::capture::{CaptureError, Feed, Now, take_file, take_rows};
use crate::journal::feed::{self, FeedState};
use crate::journal::{Journal, JournalError};
use crate::mapping::profile::Mode;
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
    complained: Option<String>,
}

impl FeedTask {
    /// Makes a feed's task.
    #[must_use]
    pub fn new(feed: Feed, source: Source, poll: Duration, shared: Shared) -> Self {
        Self {
            feed: Arc::new(feed),
            source: Some(source),
            poll,
            shared,
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
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return Ok(()),
                () = tokio::time::sleep(self.poll) => {}
                hint = hints.recv(), if hints_open => hints_open = hint.is_some(),
            }
        }
    }

    async fn look(&mut self) -> Result<(), CaptureError> {
        let Some(source) = self.source.take() else {
            return Ok(());
        };
        let (feed, shared) = (Arc::clone(&self.feed), self.shared.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let mut source = source;
            let outcome = look(&mut source, &feed, &shared);
            (source, outcome)
        })
        .await;
        match looked {
            Ok((source, outcome)) => {
                self.source = Some(source);
                outcome?;
                self.complained = None;
                Ok(())
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
        match failure.fault() {
            Fault::Retry => {
                warn!(feed = %self.feed.name, reason = %text, "Source not readable, trying again");
            }
            Fault::Reject | Fault::Broken => {
                error!(feed = %self.feed.name, reason = %text, "Capture failed");
            }
        }
        self.complained = Some(text);
    }
}

fn look(source: &mut Source, feed: &Feed, shared: &Shared) -> Result<(), CaptureError> {
    match source {
        Source::Folder(folder) => look_at_folder(folder, feed, shared),
        Source::Database(database) => look_at_database(database, feed, shared),
    }
}

fn look_at_folder(folder: &mut Folder, feed: &Feed, shared: &Shared) -> Result<(), CaptureError> {
    let now = (shared.world.monotonic)();
    let profile = &feed.profile;
    let listing = folder.settled(&profile.times, &profile.export_date, now);
    let mut settled = match listing {
        Ok(settled) => settled,
        Err(error) => return Err(CaptureError::Folder(error)),
    };
    if settled.is_empty() && profile.mode == Mode::Roster {
        return Ok(());
    }
    let mut journal = lock(&shared.journal);
    let before = journal.read(|tx| feed::load(tx, &feed.name))?;
    let was_level = before.as_ref().is_some_and(|state| state.is_level);
    if profile.mode == Mode::Roster {
        skip_superseded(
            folder,
            &mut settled,
            before.and_then(|state| state.exported_at),
        );
    }
    for (name, exported_at) in settled {
        let found = folder
            .read(&name, exported_at)
            .map_err(CaptureError::Folder)?;
        let Some(found) = found else { continue };
        let now = Now {
            at: (shared.world.wall)(),
            exported_at,
            is_history: !was_level && folder.was_there_first(&name),
            secret: (shared.world.random)(),
        };
        let file = (found.name.as_str(), found.bytes.as_slice());
        let report = take_file(&mut journal, &shared.signer, feed, file, now)?;
        folder.mark_taken(&name);
        announce(feed, &name, report, shared);
    }
    if profile.mode == Mode::Transactions && !was_level && folder.is_level() {
        note_level(&mut journal, feed, (shared.world.wall)())?;
    }
    Ok(())
}

/// Leaves rosters alone that a newer one has made worthless: all but the newest at the very first
/// look, and those from before the last one that was taken.
fn skip_superseded(
    folder: &mut Folder,
    settled: &mut Vec<(String, Timestamp)>,
    last: Option<Timestamp>,
) {
    let newest = settled.last().map(|(_, exported_at)| *exported_at);
    let from = last.or(newest).unwrap_or(Timestamp::MIN);
    settled.retain(|(name, exported_at)| {
        let is_wanted = *exported_at >= from;
        if !is_wanted {
            folder.mark_taken(name);
        }
        is_wanted
    });
}

fn look_at_database(
    database: &mut Database,
    feed: &Feed,
    shared: &Shared,
) -> Result<(), CaptureError> {
    let mut journal = lock(&shared.journal);
    let now = (shared.world.monotonic)();
    let before = journal.read(|tx| feed::load(tx, &feed.name))?;
    let is_level = before.is_some_and(|state| state.is_level);
    let is_history = feed.profile.mode == Mode::Transactions && !is_level;
    let report = database.read_if_changed(now, |rows| {
        let at = (shared.world.wall)();
        let now = Now {
            at,
            exported_at: at,
            is_history,
            secret: (shared.world.random)(),
        };
        take_rows(&mut journal, &shared.signer, feed, rows, None, now)
    })?;
    match report {
        Some(report) => {
            if is_history {
                note_level(&mut journal, feed, (shared.world.wall)())?;
            }
            announce(feed, "query", report, shared);
        }
        None => note_seen(&mut journal, feed, (shared.world.wall)())?,
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
            for remark in report.tally.remarks() {
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
    for batch in report.batches {
        // When the queue is full, the uplink finds the batch in the journal.
        if shared.fresh.try_send(batch).is_err() {
            break;
        }
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

/// Notes that the source was looked at, now and then: heartbeats say how old what is known is.
fn note_seen(journal: &mut Journal, feed: &Feed, at: Timestamp) -> Result<(), JournalError> {
    let state = journal.read(|tx| feed::load(tx, &feed.name))?;
    let Some(mut state) = state.filter(|state| at.duration_since(state.seen_at) >= SEEN) else {
        return Ok(());
    };
    state.seen_at = at;
    journal.write(|tx| feed::store(tx, &feed.name, &state))
}

/// Notes that everything that was there when the agent first looked is taken, unless the last of it was
/// refused. What comes from now on is news, even after a restart.
fn note_level(journal: &mut Journal, feed: &Feed, at: Timestamp) -> Result<(), JournalError> {
    let state = journal.read(|tx| feed::load(tx, &feed.name))?;
    let mut state = state.unwrap_or_else(|| FeedState::begin(at));
    if state.refusal.is_some() {
        return Ok(());
    }
    state.is_level = true;
    journal.write(|tx| feed::store(tx, &feed.name, &state))
}

/// Locks the journal; a panic elsewhere left no transaction open.
fn lock(journal: &Mutex<Journal>) -> std::sync::MutexGuard<'_, Journal> {
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
mod tests {
    use savin_shared::delta::{self, Origin};
    use savin_shared::envelope::open;
    use savin_shared::ids::{AgentId, Epoch, FacilityCode, FeedName};
    use savin_shared::sign::SigningKey;

    use super::*;
    use crate::mapping::profile::Profile;
    use crate::sources::folder::FolderSettings;

    const MOVEMENTS: &str = "
name = 'movements'
kind = 'custody'
mode = 'transactions'
zone = 'America/Chicago'
export_date = '%Y%m%d'
[columns]
record_number = 'no'
status = 'status'
status_at = 'at'
[values.status]
REL = 'OutOfCustody'
";

    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for invented deadlines"
    )]
    fn monotonic() -> std::time::Instant {
        std::time::Instant::now()
    }

    fn wall() -> Timestamp {
        Timestamp::from_second(1_790_000_000).unwrap()
    }

    /// An agent on a folder of movements, begun anew with the journal that is there.
    fn begun(
        folder: &Path,
        journal: Journal,
    ) -> (Folder, Feed, Shared, mpsc::Receiver<SealedBatch>) {
        let (fresh, batches) = mpsc::channel(9);
        let shared = Shared {
            journal: Arc::new(Mutex::new(journal)),
            signer: Arc::new(Signer::new(
                agent(),
                SigningKey::from_seed(&[3; 32]).unwrap(),
            )),
            fresh,
            world: World {
                wall,
                monotonic,
                random: || [4; 16],
            },
        };
        let feed = Feed {
            name: FeedName::new("movements").unwrap(),
            facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
            profile: Profile::parse(MOVEMENTS).unwrap(),
            cadence: SignedDuration::from_hours(24),
        };
        let folder = Folder::new(FolderSettings {
            path: folder.to_owned(),
            files: "*.csv".to_owned(),
            settle: Duration::ZERO,
        });
        (folder, feed, shared, batches)
    }

    fn agent() -> AgentId {
        AgentId::from_bytes([1; 16])
    }

    fn origins(shared: &Shared, batches: &mut mpsc::Receiver<SealedBatch>) -> Vec<Origin> {
        let key = shared.signer.key().verifying_key();
        let mut origins = Vec::new();
        while let Ok(batch) = batches.try_recv() {
            for (_, body) in open(&batch, &key).unwrap() {
                origins.push(delta::decode(&body.unwrap()).unwrap().origin);
            }
        }
        origins
    }

    fn put(folder: &Path, number: u32) {
        let text = format!("no,status,at\n{number},REL,2026-01-02 10:00\n");
        std::fs::write(folder.join(format!("2026010{number}.csv")), text).unwrap();
    }

    #[test]
    fn tells_what_came_after_the_first_look_and_not_what_was_there_before() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path();
        let journal = path.join("journal.sqlite");
        let opened = || Journal::open(&journal, agent(), Epoch::from_bytes([2; 16])).unwrap();
        put(path, 1);
        put(path, 2);
        let (mut folder, feed, shared, mut batches) = begun(path, opened());
        look_at_folder(&mut folder, &feed, &shared).unwrap();
        assert_eq!(origins(&shared, &mut batches), [Origin::Baseline; 2]);
        put(path, 3);
        look_at_folder(&mut folder, &feed, &shared).unwrap();
        assert_eq!(origins(&shared, &mut batches), [Origin::Live]);
        // What came while it was down is news to an agent that had been level.
        drop((folder, shared));
        put(path, 4);
        let (mut folder, feed, shared, mut batches) = begun(path, opened());
        look_at_folder(&mut folder, &feed, &shared).unwrap();
        assert_eq!(origins(&shared, &mut batches), [Origin::Live]);
    }

    #[test]
    fn is_level_with_an_empty_folder_at_once() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path();
        let journal = path.join("journal.sqlite");
        let opened = || Journal::open(&journal, agent(), Epoch::from_bytes([2; 16])).unwrap();
        let (mut folder, feed, shared, _) = begun(path, opened());
        look_at_folder(&mut folder, &feed, &shared).unwrap();
        drop((folder, shared));
        put(path, 1);
        let (mut folder, feed, shared, mut batches) = begun(path, opened());
        look_at_folder(&mut folder, &feed, &shared).unwrap();
        assert_eq!(origins(&shared, &mut batches), [Origin::Live]);
    }

    /// Long enough for an event that is on its way.
    const ON_ITS_WAY: Duration = Duration::from_millis(300);

    #[tokio::test]
    async fn looking_at_a_folder_is_no_hint_and_writing_to_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("roster.csv");
        std::fs::write(&file, "a").unwrap();
        let (hint, mut hints) = mpsc::channel(1);
        let _watcher = watcher(folder.path(), hint).expect("this system tells");

        for entry in std::fs::read_dir(folder.path()).unwrap() {
            std::fs::read(entry.unwrap().path()).unwrap();
        }
        let looked = tokio::time::timeout(ON_ITS_WAY, hints.recv()).await;
        assert!(looked.is_err(), "a look woke the task up");

        std::fs::write(&file, "b").unwrap();
        assert_eq!(hints.recv().await, Some(()));
    }
}
