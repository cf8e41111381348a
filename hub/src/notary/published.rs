//! What was published of a log: the newest checkpoint, and the last one of each day, so that an older
//! state of the database can be told from another one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use savin_shared::hash::Hash;

use super::keys::{Keys, published};
use super::{Log, NotaryError};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::NoteKey;
use crate::private_file;

/// The ending of a file that holds a checkpoint.
const ENDING: &str = "checkpoint";

/// The name of the newest one.
const NEWEST: &str = "newest";

/// What begins the name of one that the database no longer reaches.
const LOST: &str = "lost-";

/// A checkpoint in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What was published.
    pub checkpoint: Checkpoint,
    /// Where.
    pub file: PathBuf,
}

/// How a log stands to what was published of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It continues it, or nothing was published yet.
    Continues,
    /// It ends before: a backup was put back. What it holds is what was published.
    Shorter(Published),
}

/// The folder of what was published of one log.
#[derive(Debug)]
pub struct Publication<'a> {
    log: Log,
    key: &'a NoteKey,
    folder: PathBuf,
}

impl<'a> Publication<'a> {
    /// Names the folder of a log.
    #[must_use]
    pub fn new(data: &Path, log: Log, keys: &'a Keys) -> Self {
        Self {
            log,
            key: keys.public(log),
            folder: published(data, log),
        }
    }

    /// Publishes a signed checkpoint.
    ///
    /// # Errors
    /// Returns [`NotaryError::File`] when it cannot be written.
    pub fn publish(&self, note: &str, now: Timestamp) -> Result<(), NotaryError> {
        let day = now.to_zoned(TimeZone::UTC).date().to_string();
        fs::create_dir_all(&self.folder).map_err(|cause| NotaryError::File {
            file: self.folder.clone(),
            cause,
        })?;
        for name in [day.as_str(), NEWEST] {
            let file = self.file(name);
            private_file::write(&file, note.as_bytes())
                .map_err(|cause| NotaryError::File { file, cause })?;
        }
        Ok(())
    }

    /// Opens a copy of a checkpoint that lies elsewhere, if it is there.
    ///
    /// # Errors
    /// Returns [`NotaryError`] when the file cannot be read, or is not what this key signed.
    pub fn copied(&self, file: &Path) -> Result<Option<Published>, NotaryError> {
        self.read(file)
    }

    /// Returns the newest checkpoint, if one was published.
    ///
    /// # Errors
    /// Returns [`NotaryError`] when its file cannot be read, or is not what this key signed.
    pub fn newest(&self) -> Result<Option<Published>, NotaryError> {
        self.read(&self.file(NEWEST))
    }

    /// Compares a log with what was published of it; `root_at` is its root at a size within it. What
    /// was published is read before the log's size: a hub that runs beside this stores first and
    /// publishes then, so that its log is never behind what it published.
    ///
    /// # Errors
    /// Returns [`NotaryError::Rewritten`] when it is another one, and others when something cannot
    /// be read.
    pub fn compare(
        &self,
        size: impl FnOnce() -> Result<u64, NotaryError>,
        root_at: impl Fn(u64) -> Result<Hash, NotaryError>,
    ) -> Result<Standing, NotaryError> {
        let Some(newest) = self.newest()? else {
            return Ok(Standing::Continues);
        };
        let size = size()?;
        let is_shorter = newest.checkpoint.size > size;
        let within = if is_shorter {
            self.last_within(size)?
        } else {
            Some(newest.clone())
        };
        if let Some(Published { checkpoint, file }) = within {
            let found = root_at(checkpoint.size)?;
            if found != checkpoint.root {
                return Err(NotaryError::Rewritten {
                    log: self.log,
                    published: checkpoint,
                    found,
                    file,
                });
            }
        }
        Ok(if is_shorter {
            Standing::Shorter(newest)
        } else {
            Standing::Continues
        })
    }

    /// Puts the checkpoints aside that the log no longer reaches, so that it can go on from where it
    /// ends; they are kept, since somebody else may hold them.
    ///
    /// # Errors
    /// Returns [`NotaryError::File`] when one cannot be moved.
    pub fn set_aside(&self, size: u64) -> Result<(), NotaryError> {
        for file in self.files()? {
            let Some(published) = self.read(&file)? else {
                continue;
            };
            let lost = published.checkpoint.size;
            if lost > size {
                let to = self.file(&format!("{LOST}{lost}"));
                fs::rename(&file, &to).map_err(|cause| NotaryError::File { file, cause })?;
            }
        }
        Ok(())
    }

    /// Lists the checkpoints that the log no longer reaches.
    ///
    /// # Errors
    /// Returns [`NotaryError::File`] when the folder cannot be read.
    pub fn lost(&self) -> Result<Vec<PathBuf>, NotaryError> {
        let mut files = self.all()?;
        files.retain(|file| is_lost(file));
        Ok(files)
    }

    /// Returns the largest checkpoint of a day within a size.
    fn last_within(&self, size: u64) -> Result<Option<Published>, NotaryError> {
        let mut best: Option<Published> = None;
        for file in self.files()? {
            let Some(found) = self.read(&file)? else {
                continue;
            };
            let before = best.as_ref().map_or(0, |best| best.checkpoint.size);
            if (before..=size).contains(&found.checkpoint.size) {
                best = Some(found);
            }
        }
        Ok(best)
    }

    /// Lists the checkpoints that count.
    fn files(&self) -> Result<Vec<PathBuf>, NotaryError> {
        let mut files = self.all()?;
        files.retain(|file| !is_lost(file));
        Ok(files)
    }

    fn all(&self) -> Result<Vec<PathBuf>, NotaryError> {
        let failed = |cause| NotaryError::File {
            file: self.folder.clone(),
            cause,
        };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.{ENDING}"))
    }

    fn read(&self, file: &Path) -> Result<Option<Published>, NotaryError> {
        let file = file.to_owned();
        let note = match fs::read_to_string(&file) {
            Ok(note) => note,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(NotaryError::File { file, cause }),
        };
        match Checkpoint::open(&note, self.key) {
            Ok(checkpoint) => Ok(Some(Published { checkpoint, file })),
            Err(cause) => Err(NotaryError::Checkpoint { file, cause }),
        }
    }
}

fn is_lost(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with(LOST))
}

/// Returns where the newest checkpoint of a log is published.
#[must_use]
pub fn newest_file(data: &Path, log: Log) -> PathBuf {
    published(data, log).join(format!("{NEWEST}.{ENDING}"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use savin_shared::hash::Hash;

    use super::{Publication, Standing};
    use crate::evidence::checkpoint::Checkpoint;
    use crate::notary::keys::for_tests;
    use crate::notary::{Log, NotaryError};

    fn root(size: u64) -> Hash {
        Hash::of(&size.to_be_bytes())
    }

    fn at(day: &str) -> Timestamp {
        format!("2026-06-{day}T12:00:00Z").parse().unwrap()
    }

    #[test]
    fn tells_a_log_that_goes_on_from_one_that_was_put_back_and_one_that_was_rewritten() {
        let folder = tempfile::tempdir().unwrap();
        let keys = for_tests(folder.path());
        let publication = Publication::new(folder.path(), Log::Vault, &keys);
        let compare = |size| publication.compare(|| Ok(size), |size| Ok(root(size)));
        assert_eq!(compare(0).unwrap(), Standing::Continues);
        for (size, day) in [(10, "01"), (20, "01"), (30, "02"), (40, "03")] {
            let checkpoint = Checkpoint {
                size,
                root: root(size),
            };
            let note = checkpoint.sign(keys.of(Log::Vault)).unwrap();
            publication.publish(&note, at(day)).unwrap();
        }
        assert_eq!(compare(40).unwrap(), Standing::Continues);
        assert_eq!(compare(50).unwrap(), Standing::Continues);
        let Standing::Shorter(lost) = compare(25).unwrap() else {
            panic!("shorter")
        };
        assert_eq!(lost.checkpoint.size, 40);
        let other = |size| publication.compare(|| Ok(size), |_| Ok(Hash::of(b"other")));
        for size in [50, 25] {
            let refused = other(size).unwrap_err();
            assert!(
                matches!(refused, NotaryError::Rewritten { .. }),
                "{refused}"
            );
            assert!(refused.to_string().contains("rewritten"), "{refused}");
        }
        // Before the first checkpoint of a day there is nothing to compare with.
        assert!(matches!(other(5), Ok(Standing::Shorter(_))));
        publication.set_aside(25).unwrap();
        assert_eq!(publication.newest().unwrap(), None);
        assert_eq!(publication.lost().unwrap().len(), 2);
        assert_eq!(compare(25).unwrap(), Standing::Continues);
    }

    #[test]
    fn is_not_misled_by_a_hub_that_publishes_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let keys = for_tests(folder.path());
        let publication = Publication::new(folder.path(), Log::Vault, &keys);
        let publish = |size| {
            let checkpoint = Checkpoint {
                size,
                root: root(size),
            };
            let note = checkpoint.sign(keys.of(Log::Vault)).unwrap();
            publication.publish(&note, at("01")).unwrap();
        };
        publish(10);
        let size = || {
            // The log has grown to 20 only after its size was read, and that is published at once.
            publish(20);
            Ok(10)
        };
        let standing = publication.compare(size, |size| Ok(root(size))).unwrap();
        assert_eq!(standing, Standing::Continues);
    }

    #[test]
    fn takes_no_checkpoint_of_another_log_or_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys = for_tests(folder.path());
        let checkpoint = Checkpoint {
            size: 1,
            root: root(1),
        };
        let note = checkpoint.sign(keys.of(Log::Registry)).unwrap();
        let publication = Publication::new(folder.path(), Log::Vault, &keys);
        publication.publish(&note, at("01")).unwrap();
        let refused = publication.newest().unwrap_err();
        assert!(
            matches!(refused, NotaryError::Checkpoint { .. }),
            "{refused}"
        );
    }
}
