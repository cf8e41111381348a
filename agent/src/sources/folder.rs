//! An export folder: which files are there, which have settled, and in which order they are taken.
//!
//! The listing is always polled, since a share sends no events; a listing that vanishes means
//! nothing. A file is read once two looks, far enough apart, found it the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;

use crate::format::pattern::fits;
use crate::mapping::dates::TimeReader;

/// Names that other programs give to files that they are still writing.
const UNFINISHED: [&str; 4] = [".tmp", ".part", ".partial", ".filepart"];

/// Bytes of the largest export that is read into memory.
pub const EXPORT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Where exports appear.
#[derive(Debug, Clone)]
pub struct FolderSettings {
    /// The folder.
    pub path: PathBuf,
    /// Which files in it, with `*` and `?`.
    pub files: String,
    /// How long a file must not change before it is read. Too short reads half a file; too long
    /// delays every notice.
    pub settle: Duration,
}

/// An export that has settled, with its bytes.
#[derive(Debug)]
pub struct Found {
    /// Its file's name.
    pub name: String,
    /// Its date: from its name where the profile says how, else when it was last written.
    pub exported_at: Timestamp,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: SystemTime,
}

#[derive(Debug)]
struct Sighting {
    stamp: Stamp,
    since: Instant,
    taken: bool,
}

/// A watched folder.
#[derive(Debug)]
pub struct Folder {
    settings: FolderSettings,
    sightings: BTreeMap<String, Sighting>,
    /// Files that the first look found and that are not taken; `None` before it.
    found_first: Option<BTreeSet<String>>,
}

impl Folder {
    /// Watches a folder.
    #[must_use]
    pub const fn new(settings: FolderSettings) -> Self {
        Self {
            settings,
            sightings: BTreeMap::new(),
            found_first: None,
        }
    }

    /// Returns where exports appear.
    #[must_use]
    pub const fn settings(&self) -> &FolderSettings {
        &self.settings
    }

    /// Looks at the folder and returns the names of the files that have settled and are not taken,
    /// the oldest first, each with its date.
    ///
    /// # Errors
    /// Returns the error of listing the folder; nothing is concluded from it.
    pub fn settled(
        &mut self,
        times: &TimeReader,
        export_date: &[String],
        now: Instant,
    ) -> io::Result<Vec<(String, Timestamp)>> {
        let mut settled = Vec::new();
        let mut present = BTreeMap::new();
        for entry in fs::read_dir(&self.settings.path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if !is_export(&self.settings.files, &name) {
                continue;
            }
            // A file that another reader moves away between listing and looking is not there.
            let Ok(metadata) = fs::metadata(entry.path()) else {
                continue;
            };
            if metadata.is_file() {
                present.insert(
                    name,
                    Stamp {
                        bytes: metadata.len(),
                        modified: metadata.modified()?,
                    },
                );
            }
        }
        self.sightings.retain(|name, _| present.contains_key(name));
        match &mut self.found_first {
            Some(names) => names.retain(|name| present.contains_key(name)),
            None => self.found_first = Some(present.keys().cloned().collect()),
        }
        for (name, stamp) in present {
            let sighting = self.sightings.entry(name.clone()).or_insert(Sighting {
                stamp,
                since: now,
                taken: false,
            });
            if sighting.stamp != stamp {
                *sighting = Sighting {
                    stamp,
                    since: now,
                    taken: false,
                };
            }
            let is_settled = now.duration_since(sighting.since) >= self.settings.settle;
            if is_settled && !sighting.taken {
                let exported_at = export_time(times, export_date, &name, stamp.modified);
                settled.push((name, exported_at));
            }
        }
        settled.sort_by(|(a, a_at), (b, b_at)| (a_at, a).cmp(&(b_at, b)));
        Ok(settled)
    }

    /// Reads a file that has settled, or returns `None` where it has changed since or is gone.
    ///
    /// # Errors
    /// Returns the error of reading it, or of a file beyond [`EXPORT_BYTES_MAX`].
    pub fn read(&mut self, name: &str, exported_at: Timestamp) -> io::Result<Option<Found>> {
        let path = self.settings.path.join(name);
        let Some(sighting) = self.sightings.get(name) else {
            return Ok(None);
        };
        if sighting.stamp.bytes > EXPORT_BYTES_MAX {
            return Err(io::Error::other(format!(
                "larger than {EXPORT_BYTES_MAX} bytes"
            )));
        }
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = fs::metadata(&path)?;
        let stamp = Stamp {
            bytes: metadata.len(),
            modified: metadata.modified()?,
        };
        let is_same = stamp == sighting.stamp && bytes.len() as u64 == stamp.bytes;
        Ok(is_same.then(|| Found {
            name: name.to_owned(),
            exported_at,
            bytes,
        }))
    }

    /// Says whether a file was there at the first look and was not taken since.
    #[must_use]
    pub fn was_there_first(&self, name: &str) -> bool {
        let found_first = self.found_first.as_ref();
        found_first.is_some_and(|names| names.contains(name))
    }

    /// Says whether everything that the first look found is taken.
    #[must_use]
    pub fn is_level(&self) -> bool {
        self.found_first.as_ref().is_some_and(BTreeSet::is_empty)
    }

    /// Marks a file as done with until it changes.
    pub fn mark_taken(&mut self, name: &str) {
        if let Some(found_first) = &mut self.found_first {
            found_first.remove(name);
        }
        if let Some(sighting) = self.sightings.get_mut(name) {
            sighting.taken = true;
        }
    }
}

/// Returns the date of an export: the day that its name holds, or when it was last written.
#[must_use]
pub fn export_time(
    times: &TimeReader,
    export_date: &[String],
    name: &str,
    modified: SystemTime,
) -> Timestamp {
    let named = times.date_in_name(export_date, name);
    let day = named.and_then(|date| date.to_zoned(times.zone().clone()).ok());
    match day {
        Some(day) => day.timestamp(),
        None => Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH),
    }
}

/// Says whether a name is that of an export that is not still being written.
#[must_use]
pub fn is_export(pattern: &str, name: &str) -> bool {
    let lower = name.to_lowercase();
    let is_unfinished = lower.starts_with("~$")
        || lower.starts_with('.')
        || UNFINISHED.iter().any(|ending| lower.ends_with(ending));
    !is_unfinished && fits(pattern, name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, Instant, SystemTime};

    use jiff::tz::TimeZone;

    use super::{Folder, FolderSettings, is_export};
    use crate::mapping::dates::TimeReader;

    fn times() -> TimeReader {
        TimeReader::new(TimeZone::UTC, Vec::new())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for invented deadlines"
    )]
    fn origin() -> Instant {
        Instant::now()
    }

    fn folder(path: &std::path::Path) -> Folder {
        Folder::new(FolderSettings {
            path: path.to_owned(),
            files: "*.csv".to_owned(),
            settle: Duration::from_secs(2),
        })
    }

    fn names(folder: &mut Folder, now: Instant) -> Vec<String> {
        let settled = folder
            .settled(&times(), &["%Y%m%d".to_owned()], now)
            .unwrap();
        settled.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn takes_a_file_once_it_has_settled_and_again_when_it_changes() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("roster.csv");
        fs::write(&path, "a").unwrap();
        let (mut folder, start) = (folder(temporary.path()), origin());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(names(&mut folder, start).is_empty());
        assert!(names(&mut folder, after(1)).is_empty());
        assert_eq!(names(&mut folder, after(2)), ["roster.csv"]);
        folder.mark_taken("roster.csv");
        assert!(names(&mut folder, after(9)).is_empty());
        fs::write(&path, "longer").unwrap();
        assert!(names(&mut folder, after(10)).is_empty());
        assert_eq!(names(&mut folder, after(12)), ["roster.csv"]);
    }

    #[test]
    fn knows_what_was_there_first_until_it_is_taken() {
        let temporary = tempfile::tempdir().unwrap();
        fs::write(temporary.path().join("old.csv"), "a").unwrap();
        let (mut folder, start) = (folder(temporary.path()), origin());
        assert!(!folder.is_level());
        names(&mut folder, start);
        fs::write(temporary.path().join("new.csv"), "a").unwrap();
        names(&mut folder, start + Duration::from_secs(2));
        assert!(folder.was_there_first("old.csv") && !folder.was_there_first("new.csv"));
        assert!(!folder.is_level());
        folder.mark_taken("old.csv");
        assert!(!folder.was_there_first("old.csv") && folder.is_level());
    }

    #[test]
    fn reads_nothing_that_changed_after_it_was_looked_at() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("roster.csv");
        fs::write(&path, "a").unwrap();
        let (mut folder, start) = (folder(temporary.path()), origin());
        names(&mut folder, start);
        let at = jiff::Timestamp::UNIX_EPOCH;
        assert_eq!(folder.read("roster.csv", at).unwrap().unwrap().bytes, b"a");
        fs::write(&path, "longer").unwrap();
        assert!(folder.read("roster.csv", at).unwrap().is_none());
        fs::remove_file(&path).unwrap();
        assert!(folder.read("roster.csv", at).unwrap().is_none());
    }

    #[test]
    fn orders_by_the_date_in_the_name_then_by_time() {
        let temporary = tempfile::tempdir().unwrap();
        for name in ["b_20260602.csv", "a_20260603.csv", "c_20260601.csv"] {
            fs::write(temporary.path().join(name), "x").unwrap();
        }
        let plain = temporary.path().join("plain.csv");
        fs::write(&plain, "x").unwrap();
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        fs::File::options()
            .write(true)
            .open(&plain)
            .unwrap()
            .set_modified(old)
            .unwrap();
        let (mut folder, start) = (folder(temporary.path()), origin());
        names(&mut folder, start);
        let expected = [
            "plain.csv",
            "c_20260601.csv",
            "b_20260602.csv",
            "a_20260603.csv",
        ];
        assert_eq!(names(&mut folder, start + Duration::from_secs(2)), expected);
    }

    #[test]
    fn concludes_nothing_from_a_listing_that_vanished() {
        let temporary = tempfile::tempdir().unwrap();
        let mut folder = folder(&temporary.path().join("gone"));
        assert!(folder.settled(&times(), &[], origin()).is_err());
    }

    #[test]
    fn leaves_unfinished_files_alone() {
        for name in [
            "~$roster.csv",
            "roster.csv.part",
            ".roster.csv",
            "roster.csv.tmp",
        ] {
            assert!(!is_export("*", name), "{name}");
        }
        assert!(is_export("ROSTER*.csv", "roster_1.CSV"));
        assert!(is_export("r?ster.csv", "roster.csv"));
        assert!(!is_export("roster.csv", "rosters.csv"));
    }
}
