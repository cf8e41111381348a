//! Looks at real folders, with an invented clock.

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

use savin_shared::delta::{self, Origin};
use savin_shared::envelope::open;
use savin_shared::ids::{AgentId, Epoch, FacilityCode, FeedName};
use savin_shared::sign::SigningKey;

use super::super::database::{DatabaseSettings, Place};
use super::super::folder::{EXPORT_BYTES_MAX, FolderSettings};
use super::*;
use crate::journal::feed::FeedState;
use crate::journal::position;
use crate::mapping::profile::Profile;

/// Long enough for an event that is on its way.
const ON_ITS_WAY: Duration = Duration::from_millis(300);

const ROSTER: &str = "name = 'roster'\nkind = 'custody'\nmode = 'roster'\n\
                      zone = 'America/Chicago'\n[columns]\nrecord_number = 'no'\n";

thread_local! {
    static SECONDS: Cell<i64> = const { Cell::new(1_780_000_000) };
}

fn wall() -> Timestamp {
    Timestamp::from_second(SECONDS.get()).unwrap()
}

fn pass(seconds: i64) {
    SECONDS.set(SECONDS.get() + seconds);
}

fn monotonic() -> fn() -> std::time::Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for invented deadlines"
    )]
    std::time::Instant::now
}

struct Jail {
    _files: tempfile::TempDir,
    folder: Folder,
    feed: Feed,
    shared: Shared,
}

impl Jail {
    fn new(profile: &str, files: tempfile::TempDir) -> Self {
        let agent = AgentId::from_bytes([1; 16]);
        let key = SigningKey::from_seed(&[3; 32]).unwrap();
        let journal = Journal::scratch(agent, Epoch::from_bytes([2; 16])).unwrap();
        Self {
            folder: Folder::new(FolderSettings {
                path: files.path().to_owned(),
                files: "*.csv".to_owned(),
                settle: Duration::ZERO,
            }),
            _files: files,
            feed: Feed {
                name: FeedName::new("roster").unwrap(),
                facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
                profile: Profile::parse(profile).unwrap(),
                cadence: SignedDuration::from_hours(24),
            },
            shared: Shared {
                journal: Arc::new(Mutex::new(journal)),
                signer: Arc::new(Signer::new(agent, key)),
                fresh: mpsc::channel(8).0,
                reserve: Reserve::of(std::path::Path::new("nowhere")),
                world: World {
                    wall,
                    monotonic: monotonic(),
                    random: || [4; 16],
                },
            },
        }
    }

    fn look(&mut self) -> Result<(), CaptureError> {
        look_at_folder(&mut self.folder, &self.feed, &self.shared)
    }

    fn deltas(&self) -> u64 {
        let mut journal = lock(&self.shared.journal);
        let standpoint = journal.read(|tx| Ok(position::load(tx)?.unwrap()));
        standpoint.unwrap().end.seq.0
    }

    fn state(&self) -> Option<FeedState> {
        let mut journal = lock(&self.shared.journal);
        journal.read(|tx| feed::load(tx, &self.feed.name)).unwrap()
    }
}

/// Writes a file that says that it was written this many seconds before now.
fn export(folder: &Path, name: &str, text: &str, age: u64) -> fs::File {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    let written = SystemTime::from(wall()) - Duration::from_secs(age);
    file.set_modified(written).unwrap();
    file
}

#[tokio::test]
async fn looking_at_a_folder_is_no_hint_and_writing_to_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roster.csv");
    fs::write(&file, "a").unwrap();
    let (hint, mut hints) = mpsc::channel(1);
    let _watcher = watcher(folder.path(), hint).expect("this system tells");

    for entry in fs::read_dir(folder.path()).unwrap() {
        fs::read(entry.unwrap().path()).unwrap();
    }
    let looked = tokio::time::timeout(ON_ITS_WAY, hints.recv()).await;
    assert!(looked.is_err(), "a look woke the task up");

    fs::write(&file, "b").unwrap();
    assert_eq!(hints.recv().await, Some(()));
}

#[test]
fn one_file_that_cannot_be_read_keeps_no_other_back() {
    let files = tempfile::tempdir().unwrap();
    let huge = export(files.path(), "huge.csv", "", 0);
    huge.set_len(EXPORT_BYTES_MAX + 1).unwrap();
    huge.set_modified(SystemTime::from(wall()) - Duration::from_secs(60))
        .unwrap();
    export(files.path(), "later.csv", "no\n1\n2\n", 30);
    let mut jail = Jail::new(
        &ROSTER.replace("'roster'\nzone", "'transactions'\nzone"),
        files,
    );
    let failed = jail.look().unwrap_err();
    assert!(chain(&failed).contains("huge.csv"), "{}", chain(&failed));
    assert!(jail.state().unwrap().captured_at.is_some());
}

#[test]
fn notes_that_a_source_is_away_until_it_is_back() {
    let files = tempfile::tempdir().unwrap();
    let (path, away) = (files.path().to_owned(), files.path().with_extension("away"));
    let jail = Jail::new(ROSTER, files);
    let (feed, shared) = (jail.feed, jail.shared);
    let mut source = Source::Folder(jail.folder);
    let noted = || {
        let mut journal = lock(&shared.journal);
        journal.read(|tx| dark::load(tx, &feed.name)).unwrap()
    };
    look(&mut source, &feed, &shared).unwrap();
    assert_eq!(noted(), None);

    fs::rename(&path, &away).unwrap();
    let since = wall();
    look(&mut source, &feed, &shared).unwrap_err();
    pass(60);
    look(&mut source, &feed, &shared).unwrap_err();
    let dark = noted().unwrap();
    assert_eq!(dark.since, since);
    assert!(dark.reason.contains("export folder"), "{}", dark.reason);

    fs::rename(&away, &path).unwrap();
    look(&mut source, &feed, &shared).unwrap();
    assert_eq!(noted(), None);
}

#[test]
fn notes_a_look_at_a_folder_in_which_nothing_has_changed() {
    let files = tempfile::tempdir().unwrap();
    export(files.path(), "roster.csv", "no\n1\n", 30);
    let mut jail = Jail::new(ROSTER, files);
    jail.look().unwrap();
    pass(3600);
    jail.look().unwrap();
    assert_eq!(jail.state().unwrap().seen_at, wall());
}

fn database(path: std::path::PathBuf, full_read: Duration) -> Database {
    Database::new(DatabaseSettings {
        place: Place::Sqlite(path),
        query: "SELECT no FROM booking".to_owned(),
        cursor: None,
        full_read,
        timeout: Duration::from_secs(1),
    })
}

#[test]
fn a_look_at_an_unchanged_database_leaves_no_gap() {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("booking.sqlite");
    let booking = rusqlite::Connection::open(&path).unwrap();
    booking
        .execute_batch("CREATE TABLE booking (no INTEGER); INSERT INTO booking VALUES (1), (2)")
        .unwrap();
    let mut database = database(path, Duration::from_secs(7 * 86_400));
    let mut jail = Jail::new(ROSTER, files);
    jail.feed.cadence = SignedDuration::from_mins(10);
    for minutes in [0, 10, 10, 10] {
        pass(minutes * 60);
        look_at_database(&mut database, &jail.feed, &jail.shared).unwrap();
    }
    booking
        .execute("INSERT INTO booking VALUES (3)", [])
        .unwrap();
    pass(60);
    look_at_database(&mut database, &jail.feed, &jail.shared).unwrap();
    assert_eq!(jail.deltas(), 3, "and no gap");
    assert_eq!(jail.state().unwrap().exported_at, Some(wall()));
    booking
        .execute("INSERT INTO booking VALUES (4)", [])
        .unwrap();
    pass(3600);
    look_at_database(&mut database, &jail.feed, &jail.shared).unwrap();
    assert_eq!(jail.deltas(), 5, "and the gap of an hour");
}

#[test]
fn a_database_that_cannot_be_read_is_dark_though_the_agent_looks() {
    let files = tempfile::tempdir().unwrap();
    export(files.path(), "roster.csv", "no\n1\n", 30);
    let mut jail = Jail::new(ROSTER, files);
    jail.look().unwrap();
    let taken = jail.state().unwrap();
    pass(3600);
    let nowhere = "/nowhere/booking.sqlite".into();
    let mut source = Source::Database(database(nowhere, Duration::from_secs(3600)));
    assert!(look(&mut source, &jail.feed, &jail.shared).is_err());
    let state = jail.state().unwrap();
    assert_eq!(state.seen_at, wall());
    assert_eq!(state.exported_at, taken.exported_at);
}

#[test]
fn says_once_that_an_older_roster_is_left_alone() {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().to_owned();
    export(&path, "monday.csv", "no\n1\n", 60);
    export(&path, "tuesday.csv", "no\n1\n2\n", 30);
    let mut jail = Jail::new(ROSTER, files);
    let said = logged(|| {
        jail.look().unwrap();
        jail.look().unwrap();
    });
    assert_eq!(said.matches("Older roster left alone").count(), 1, "{said}");
    assert!(said.contains("monday.csv"), "{said}");
    // What was taken before the agent started anew was not left alone.
    export(&path, "wednesday.csv", "no\n1\n2\n3\n", 10);
    jail.look().unwrap();
    fs::remove_file(path.join("monday.csv")).unwrap();
    jail.folder = Folder::new(jail.folder.settings().clone());
    let said = logged(|| jail.look().unwrap());
    assert!(!said.contains("left alone"), "{said}");
}

fn logged(act: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::with_default(subscriber, act);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

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

/// An agent on a folder of movements, begun anew with the journal that is there.
fn begun(folder: &Path, journal: Journal) -> (Folder, Feed, Shared, mpsc::Receiver<SealedBatch>) {
    let (fresh, batches) = mpsc::channel(9);
    let shared = Shared {
        journal: Arc::new(Mutex::new(journal)),
        signer: Arc::new(Signer::new(
            agent(),
            SigningKey::from_seed(&[3; 32]).unwrap(),
        )),
        fresh,
        reserve: Reserve::of(std::path::Path::new("nowhere")),
        world: World {
            wall,
            monotonic: monotonic(),
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
    fs::write(folder.join(format!("2026010{number}.csv")), text).unwrap();
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
