//! Room on the disk that is kept back: one file that holds nothing, given up when the disk is full.
//!
//! What is then free is for receipts and for the journal's own housekeeping, and for whoever has to
//! look. Captures wait until the reserve is there again: the source is still the truth.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use tracing::{error, info, warn};

/// How much is kept back. Less would not hold the receipts of a long night; more is taken from the
/// county's disk.
pub const RESERVE_BYTES: u64 = 1024 * 1024;

/// What must be free beside the reserve before it is made again, so that captures do not begin and
/// stop with every few rows.
const MARGIN_BYTES: u64 = 4 * RESERVE_BYTES;

/// Written at once.
const BLOCK: usize = 64 * 1024;

/// The file of the reserve in the state folder.
#[derive(Debug, Clone)]
pub struct Reserve(PathBuf);

impl Reserve {
    /// Names the reserve of a state folder.
    #[must_use]
    pub fn of(state: &Path) -> Self {
        Self(state.join("reserve"))
    }

    /// Says whether captures may go on, and makes the reserve first where there is room for it.
    pub fn is_ready(&self) -> bool {
        if self.0.exists() {
            return true;
        }
        let wanted = RESERVE_BYTES + MARGIN_BYTES;
        if self.free_bytes().is_some_and(|free| free < wanted) {
            return false;
        }
        match self.make() {
            Ok(()) => {
                info!(reserve.bytes = RESERVE_BYTES, "Kept room on the disk back");
                true
            }
            Err(cause) => {
                warn!(reason = %cause, "No room on the disk can be kept back");
                let kind = cause.kind();
                kind != io::ErrorKind::StorageFull && kind != io::ErrorKind::QuotaExceeded
            }
        }
    }

    /// Gives the reserve up, because the disk is full.
    pub fn give_back(&self) {
        match fs::remove_file(&self.0) {
            Ok(()) => error!(
                reserve.bytes = RESERVE_BYTES,
                "Disk full: gave the reserve back, and captures wait until there is room"
            ),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => warn!(reason = %cause, "The reserve cannot be given back"),
        }
    }

    /// Returns how many bytes are free where it lies, where the system says.
    #[must_use]
    pub fn free_bytes(&self) -> Option<u64> {
        disk_free_bytes(&self.0)
    }

    /// Writes what no file system can make smaller.
    fn make(&self) -> io::Result<()> {
        let temporary = self.0.with_extension("new");
        let mut options = fs::File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&temporary).and_then(|mut file| {
            let mut block = vec![0; BLOCK];
            let mut left = RESERVE_BYTES;
            while left > 0 {
                rand::fill(&mut block).map_err(|_| io::Error::other("no randomness"))?;
                file.write_all(&block)?;
                left = left.saturating_sub(BLOCK as u64);
            }
            file.sync_all()
        });
        if written.is_err() {
            // The reason that counts is why it could not be written.
            let _gone = fs::remove_file(&temporary);
        }
        written?;
        fs::rename(&temporary, &self.0)
    }
}

/// Returns how many bytes are free where a file lies or is to lie, where the system says.
#[must_use]
pub fn disk_free_bytes(path: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let known = path.ancestors().find(|folder| folder.is_dir())?;
        let volume = rustix::fs::statvfs(known).ok()?;
        volume.f_bavail.checked_mul(volume.f_frsize)
    }
    #[cfg(not(unix))]
    {
        let _unknown = path;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{RESERVE_BYTES, Reserve, disk_free_bytes};

    #[test]
    fn is_made_where_there_is_room_and_given_back_once() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::of(folder.path());
        assert!(reserve.is_ready());
        let file = folder.path().join("reserve");
        assert_eq!(std::fs::metadata(&file).unwrap().len(), RESERVE_BYTES);
        reserve.give_back();
        reserve.give_back();
        assert!(!file.exists());
        assert!(reserve.is_ready() && file.exists());
    }

    #[cfg(unix)]
    #[test]
    fn knows_what_is_free_below_a_folder_that_is_not_there_yet() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("not/there/yet");
        assert!(disk_free_bytes(&below).unwrap() > 0);
    }
}
