//! The journal of courts' orders: a file beside the databases, so that an order outlives them.
//!
//! Each line is one entry: written and made durable before it takes effect, encrypted under the key of
//! orders, and chained to the one before by a hash that anybody can check. What a database lacks of it, since
//! an older copy was put back or a program ended in between, is carried out anew.

pub mod entry;

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use savin_shared::hash::{Hash, hex, unhex};
use thiserror::Error;

use self::entry::Entry;
use crate::private_file;
use crate::store::StoreError;
use crate::store::registry::expunged::OrderKey;

/// The file, in the data folder and in a backup.
pub const JOURNAL_FILE: &str = "orders.journal";

/// The first line: the form of the file.
const FORM: &str = "savin/orders-journal/1";

/// For what entries are encrypted.
const PURPOSE: &str = "savin/orders-journal/1|";

/// The journal of a hub, or a copy of one.
#[derive(Debug, Clone)]
pub struct Journal {
    file: PathBuf,
}

/// One entry, as its line has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The how-manieth it is, from 1.
    pub number: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The entry, encrypted.
    sealed: Vec<u8>,
    /// The hash of it and of all before.
    hash: Hash,
}

/// What a journal holds, its chain checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// Its lines.
    pub lines: Vec<Line>,
    /// Bytes of a last line that is not whole: nothing of it took effect, and the next entry takes its place.
    pub torn: u64,
    whole: u64,
}

impl Journal {
    /// Names the journal of a data folder, or of a backup's.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self {
            file: folder.join(JOURNAL_FILE),
        }
    }

    /// Returns where it is.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Reads it and checks its chain; one that is not there is empty.
    ///
    /// # Errors
    /// Returns [`JournalError`] when it cannot be read, is of another form, or a line before the last does not
    /// hold.
    pub fn read(&self) -> Result<Chain, JournalError> {
        match fs::read(&self.file) {
            Ok(bytes) => self.chain(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Chain::default()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Adds an entry, and returns once it is durable. Others that write wait meanwhile.
    ///
    /// # Errors
    /// Returns [`JournalError`] as [`Self::read`] does, or when it cannot be written; it then holds nothing
    /// of the entry that counts.
    pub fn append(&self, key: &OrderKey, entry: &Entry) -> Result<(), JournalError> {
        let failed = |cause| self.failed(cause);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let is_new = !self.file.exists();
        let mut file = options.open(&self.file).map_err(failed)?;
        // Held until the file is closed.
        file.lock().map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let chain = self.chain(&bytes)?;
        let line = chain.next(key, entry)?;
        file.set_len(chain.whole).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        let text = if chain.whole == 0 {
            format!("{FORM}\n{}", line.text())
        } else {
            line.text()
        };
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        if is_new {
            private_file::sync_folder(&self.file).map_err(failed)?;
        }
        Ok(())
    }

    /// Writes a whole journal, as a copy or in the place of another.
    ///
    /// # Errors
    /// Returns [`JournalError`] when it cannot be written; what was there is then still whole.
    pub fn write(&self, chain: &Chain) -> Result<(), JournalError> {
        private_file::write(&self.file, chain.text().as_bytes()).map_err(|cause| self.failed(cause))
    }

    fn failed(&self, cause: io::Error) -> JournalError {
        JournalError::File {
            file: self.file.clone(),
            cause,
        }
    }

    fn chain(&self, bytes: &[u8]) -> Result<Chain, JournalError> {
        let mut chain = Chain::default();
        let mut left = bytes;
        let mut is_first = true;
        while !left.is_empty() {
            let end = left.iter().position(|byte| *byte == b'\n');
            let (text, after) = end
                .and_then(|end| left.split_at_checked(end))
                .map_or((left, None), |(text, rest)| (text, rest.get(1..)));
            let is_last = after.is_none_or(<[u8]>::is_empty);
            let text = std::str::from_utf8(text).unwrap_or_default();
            let is_whole = after.is_some()
                && if is_first {
                    text == FORM
                } else {
                    chain.take(text)
                };
            if !is_whole {
                if !is_last {
                    return Err(JournalError::Damaged {
                        file: self.file.clone(),
                        line: chain.lines.len() as u64 + if is_first { 1 } else { 2 },
                    });
                }
                chain.torn = left.len() as u64;
                return Ok(chain);
            }
            chain.whole += text.len() as u64 + 1;
            is_first = false;
            left = after.unwrap_or_default();
        }
        Ok(chain)
    }
}

impl Line {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mut next = || words.next();
        let line = Self {
            number: next()?.parse().ok()?,
            at: Timestamp::from_microsecond(next()?.parse().ok()?).ok()?,
            sealed: unhex(next()?)?,
            hash: Hash::from_slice(&unhex(next()?)?)?,
        };
        next().is_none().then_some(line)
    }

    fn text(&self) -> String {
        format!(
            "{} {} {} {}\n",
            self.number,
            self.at.as_microsecond(),
            hex(&self.sealed),
            hex(self.hash.as_bytes())
        )
    }
}

impl Chain {
    /// Opens every entry.
    ///
    /// # Errors
    /// Returns [`JournalError::Entry`] for one that this key did not write in this place.
    pub fn entries(&self, key: &OrderKey) -> Result<Vec<Entry>, JournalError> {
        let mut before = origin();
        let mut entries = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let number = line.number;
            let broken = |cause| JournalError::Entry { number, cause };
            let bytes = key
                .unclose(PURPOSE, &place(&before, number, line.at), &line.sealed)
                .map_err(broken)?;
            entries.push(Entry::decode(&bytes).map_err(broken)?);
            before = line.hash;
        }
        Ok(entries)
    }

    /// Says whether it begins with all of another.
    #[must_use]
    pub fn continues(&self, other: &Self) -> bool {
        self.lines.starts_with(&other.lines)
    }

    /// Returns how many of its entries another does not have.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> usize {
        let lacking = self.lines.iter().filter(|line| !other.lines.contains(line));
        lacking.count()
    }

    /// Takes a line that follows; says whether it does.
    fn take(&mut self, text: &str) -> bool {
        let line = Line::parse(text).filter(|line| {
            line.number == self.lines.len() as u64 + 1
                && line.hash == hash(&self.last(), line.number, line.at, &line.sealed)
        });
        let is_taken = line.is_some();
        self.lines.extend(line);
        is_taken
    }

    fn next(&self, key: &OrderKey, entry: &Entry) -> Result<Line, JournalError> {
        let number = self.lines.len() as u64 + 1;
        let broken = |cause| JournalError::Entry { number, cause };
        let before = self.last();
        let place = place(&before, number, entry.at);
        let bytes = entry.encode().map_err(broken)?;
        let sealed = key.close(PURPOSE, &place, bytes).map_err(broken)?;
        Ok(Line {
            number,
            at: entry.at,
            hash: hash(&before, number, entry.at, &sealed),
            sealed,
        })
    }

    fn last(&self) -> Hash {
        self.lines.last().map_or_else(origin, |line| line.hash)
    }

    fn text(&self) -> String {
        let lines: String = self.lines.iter().map(Line::text).collect();
        format!("{FORM}\n{lines}")
    }
}

/// What comes before the first line.
fn origin() -> Hash {
    Hash::tagged(FORM, &[])
}

fn hash(before: &Hash, number: u64, at: Timestamp, sealed: &[u8]) -> Hash {
    Hash::tagged(FORM, &[&place(before, number, at), sealed])
}

/// To what an entry is bound: its number, its time, and everything before.
fn place(before: &Hash, number: u64, at: Timestamp) -> Vec<u8> {
    let mut bytes = before.as_bytes().to_vec();
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(&at.as_microsecond().to_be_bytes());
    bytes
}

/// Why the journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("failed to use {}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A line before the last was changed.
    #[error(
        "line {line} of {} is not what was written: put the copy of the newest backup in its place, and \
         what it lacks is added from the registry",
        file.display()
    )]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: u64,
    },
    /// An entry is another key's.
    #[error("entry {number} of the journal of orders does not open: is this the hub's orders.key?")]
    Entry {
        /// Which.
        number: u64,
        /// Why.
        #[source]
        cause: StoreError,
    },
}

#[cfg(test)]
mod tests;
