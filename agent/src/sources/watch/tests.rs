//! Looks at real folders, with an invented clock.

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

use savin_shared::ids::{AgentId, Epoch, FacilityCode, FeedName};
use savin_shared::sign::SigningKey;

use super::super::folder::{EXPORT_BYTES_MAX, FolderSettings};
use super::*;
use crate::journal::feed::FeedState;
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
        #[expect(
            clippy::disallowed_methods,
            reason = "an origin for invented deadlines"
        )]
        let monotonic = std::time::Instant::now;
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
                world: World {
                    wall,
                    monotonic,
                    random: || [4; 16],
                },
            },
        }
    }

    fn look(&mut self) -> Result<(), CaptureError> {
        look_at_folder(&mut self.folder, &self.feed, &self.shared)
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
