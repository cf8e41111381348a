//! A copy of a database that is a file, as Access has: its engine would write a lock file beside the
//! original. A copy during which the original was written to is not read.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::sources::database::error::DatabaseError;

/// How often a copy is begun before the look is given up.
const TRIES: u32 = 5;

/// When a copy is one that a process left behind which was killed: a look takes seconds.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// Bytes that are compared at a time.
const BLOCK_BYTES: usize = 64 * 1024;

/// What is copied, and where to.
#[derive(Debug, Clone)]
pub struct CopySettings {
    /// The jail system's file.
    pub file: PathBuf,
    /// The agent's own copy, in a folder of the agent alone; it is there during a look only.
    pub copy: PathBuf,
}

impl CopySettings {
    /// Returns what changes whenever the file is written to: its size, its time and which file it is.
    pub(super) fn sign(&self) -> Result<String, DatabaseError> {
        let known = fs::metadata(&self.file).map_err(DatabaseError::File)?;
        sign(&known).map_err(DatabaseError::File)
    }

    /// Copies the file while nobody writes to it.
    pub(super) fn make(&self) -> Result<(), DatabaseError> {
        for _ in 0..TRIES {
            if self.try_make().map_err(DatabaseError::File)? {
                return Ok(());
            }
        }
        self.remove();
        Err(DatabaseError::Restless {
            file: self.file.clone(),
            tries: TRIES,
        })
    }

    /// Removes the copy: it holds what the jail's file holds.
    pub(super) fn remove(&self) {
        // Not there, or in use still: then the next copy replaces it.
        let _left = fs::remove_file(&self.copy);
    }

    /// Copies once; says whether the file stayed the same meanwhile.
    fn try_make(&self) -> io::Result<bool> {
        if let Some(folder) = self.copy.parent() {
            private_folder(folder)?;
            remove_old(folder)?;
        }
        let before = sign(&fs::metadata(&self.file)?)?;
        let mut from = fs::File::open(&self.file)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        io::copy(&mut from, &mut options.open(&self.copy)?)?;
        // A share's clock is coarse: the bytes are compared too.
        let is_same = are_equal(&self.file, &self.copy)?;
        Ok(is_same && sign(&fs::metadata(&self.file)?)? == before)
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes what killed processes left behind.
fn remove_old(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let written = entry.metadata().and_then(|known| known.modified());
        let age = written.ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > LEFT_BEHIND) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn sign(known: &fs::Metadata) -> io::Result<String> {
    #[cfg(unix)]
    let id = {
        use std::os::unix::fs::MetadataExt as _;
        known.ino()
    };
    #[cfg(not(unix))]
    let id = 0;
    Ok(format!("{} {:?} {id}", known.len(), known.modified()?))
}

fn are_equal(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (fs::File::open(one)?, fs::File::open(other)?);
    let block = u64::try_from(BLOCK_BYTES).unwrap_or(u64::MAX);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        one.by_ref().take(block).read_to_end(&mut left)?;
        other.by_ref().take(block).read_to_end(&mut right)?;
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_for_itself_alone_and_cleans_up() {
        let folder = tempfile::tempdir().unwrap();
        let copy = CopySettings {
            file: folder.path().join("jail.mdb"),
            copy: folder.path().join("state").join("jail.mdb"),
        };
        assert!(copy.sign().is_err());
        fs::write(&copy.file, vec![7; 3 * BLOCK_BYTES / 2]).unwrap();
        let sign = copy.sign().unwrap();
        copy.make().unwrap();
        assert_eq!(fs::read(&copy.copy).unwrap(), fs::read(&copy.file).unwrap());
        assert_eq!(copy.sign().unwrap(), sign);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&copy.copy).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(&copy.file, "shorter").unwrap();
        assert_ne!(copy.sign().unwrap(), sign);
        copy.make().unwrap();
        assert_eq!(fs::read(&copy.copy).unwrap(), b"shorter");
        copy.remove();
        assert!(!copy.copy.exists());
        // One of a process that was killed long ago, and one of another that is at work.
        let (old, new) = (
            copy.copy.with_file_name("old"),
            copy.copy.with_file_name("new"),
        );
        fs::write(&old, "").unwrap();
        fs::write(&new, "").unwrap();
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        fs::File::options()
            .write(true)
            .open(&old)
            .and_then(|file| file.set_modified(long_ago))
            .unwrap();
        copy.make().unwrap();
        assert!(!old.exists() && new.exists());
    }
}
