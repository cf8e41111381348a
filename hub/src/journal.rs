//! Journals beside the databases: files of sealed entries that outlive a database, and say nothing to whoever has no key.
//!
//! Each line is one entry: durable before it takes effect, encrypted under the key of orders, and chained to the one
//! before by a hash that anybody can check.

pub mod signed;

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use savin_shared::hash::{Hash, hex, unhex};
use thiserror::Error;

use crate::private_file;
use crate::store::StoreError;
use crate::store::registry::expunged::OrderKey;

/// How often a journal is opened again that was written anew meanwhile.
const OPENINGS_MAX: u32 = 100;

/// What a journal is of.
pub trait Entry: Sized {
    /// The file, in the data folder and in a backup.
    const FILE: &'static str;
    /// The first line: the form of the file.
    const FORM: &'static str;
    /// For what entries are encrypted.
    const PURPOSE: &'static str;
    /// What becomes of a file of which a line was changed.
    const MEND: &'static str;

    /// Returns when it was written.
    fn at(&self) -> Timestamp;

    /// Writes it.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] when it cannot be written.
    fn encode(&self) -> Result<Vec<u8>, StoreError>;

    /// Reads it.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for bytes that are none.
    fn decode(bytes: &[u8]) -> Result<Self, StoreError>;
}

/// The journal of a hub, or a copy of one.
#[derive(Debug, Clone)]
pub struct Journal<E> {
    file: PathBuf,
    of: PhantomData<E>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain<E> {
    /// Its lines.
    pub lines: Vec<Line>,
    /// Bytes of a last line that is not whole: nothing of it took effect, and the next entry takes its place.
    pub torn: u64,
    whole: u64,
    of: PhantomData<E>,
}

impl<E: Entry> Journal<E> {
    /// Names the journal of a data folder, or of a backup's.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self {
            file: folder.join(E::FILE),
            of: PhantomData,
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
    pub fn read(&self) -> Result<Chain<E>, JournalError> {
        match fs::read(&self.file) {
            Ok(bytes) => self.chain(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Chain::default()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Adds entries, and returns once they are durable. Others that write wait meanwhile.
    ///
    /// # Errors
    /// Returns [`JournalError`] as [`Self::read`] does, or when it cannot be written: of a single entry it then holds
    /// nothing that counts.
    pub fn append(&self, key: &OrderKey, entries: &[E]) -> Result<(), JournalError> {
        let failed = |cause| self.failed(cause);
        let is_new = !self.file.exists();
        // Held until the file is closed.
        let mut file = self.locked().map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let mut chain = self.chain(&bytes)?;
        let mut text = String::new();
        if chain.whole == 0 {
            text.push_str(E::FORM);
            text.push('\n');
        }
        for entry in entries {
            let line = chain.next(key, entry)?;
            text.push_str(&line.text());
            chain.lines.push(line);
        }
        file.set_len(chain.whole).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
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
    pub fn write(&self, chain: &Chain<E>) -> Result<(), JournalError> {
        private_file::write(&self.file, chain.text().as_bytes()).map_err(|cause| self.failed(cause))
    }

    /// Writes it anew as another list of its entries, while others that write wait; returns how many it has less.
    ///
    /// # Errors
    /// Returns [`JournalError`] as [`Self::read`] does, for an entry of another key, or when it cannot be written; what
    /// was there is then still whole.
    pub fn rewrite(
        &self,
        key: &OrderKey,
        change: impl FnOnce(Vec<E>) -> Vec<E>,
    ) -> Result<usize, JournalError> {
        if !self.file.exists() {
            return Ok(0);
        }
        let failed = |cause| self.failed(cause);
        let mut file = self.locked().map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let before = self.chain(&bytes)?;
        let kept = change(before.entries(key)?);
        let less = before.lines.len().saturating_sub(kept.len());
        if less == 0 {
            return Ok(0);
        }
        let mut after = Chain::default();
        for entry in &kept {
            let line = after.next(key, entry)?;
            after.lines.push(line);
        }
        self.write(&after)?;
        Ok(less)
    }

    /// Opens the file for whoever writes, alone.
    fn locked(&self) -> io::Result<File> {
        for _ in 0..OPENINGS_MAX {
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(&self.file)?;
            file.lock()?;
            // Whoever waited while it was written anew holds a file that nobody reads any more.
            if is_at(&file, &self.file)? {
                return Ok(file);
            }
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    fn failed(&self, cause: io::Error) -> JournalError {
        JournalError::File {
            file: self.file.clone(),
            cause,
        }
    }

    fn chain(&self, bytes: &[u8]) -> Result<Chain<E>, JournalError> {
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
                    text == E::FORM
                } else {
                    chain.take(text)
                };
            if !is_whole {
                if !is_last {
                    return Err(JournalError::Damaged {
                        file: self.file.clone(),
                        line: chain.lines.len() as u64 + if is_first { 1 } else { 2 },
                        mend: E::MEND,
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

/// Says whether a path still names an open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    match fs::metadata(path) {
        Ok(there) => Ok(there.ino() == file.metadata()?.ino()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
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

impl<E> Default for Chain<E> {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            torn: 0,
            whole: 0,
            of: PhantomData,
        }
    }
}

impl<E: Entry> Chain<E> {
    /// Opens every entry.
    ///
    /// # Errors
    /// Returns [`JournalError::Entry`] for one that this key did not write in this place.
    pub fn entries(&self, key: &OrderKey) -> Result<Vec<E>, JournalError> {
        let mut before = origin::<E>();
        let mut entries = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let number = line.number;
            let broken = |cause| broken::<E>(number, cause);
            let bytes = key
                .unclose(E::PURPOSE, &place(&before, number, line.at), &line.sealed)
                .map_err(broken)?;
            entries.push(E::decode(&bytes).map_err(broken)?);
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
                && line.hash == hash::<E>(&self.last(), line.number, line.at, &line.sealed)
        });
        let is_taken = line.is_some();
        self.lines.extend(line);
        is_taken
    }

    fn next(&self, key: &OrderKey, entry: &E) -> Result<Line, JournalError> {
        let (number, at) = (self.lines.len() as u64 + 1, entry.at());
        let broken = |cause| broken::<E>(number, cause);
        let before = self.last();
        let place = place(&before, number, at);
        let bytes = entry.encode().map_err(broken)?;
        let sealed = key.close(E::PURPOSE, &place, bytes).map_err(broken)?;
        Ok(Line {
            number,
            at,
            hash: hash::<E>(&before, number, at, &sealed),
            sealed,
        })
    }

    fn last(&self) -> Hash {
        self.lines.last().map_or_else(origin::<E>, |line| line.hash)
    }

    fn text(&self) -> String {
        let lines: String = self.lines.iter().map(Line::text).collect();
        format!("{}\n{lines}", E::FORM)
    }
}

/// What comes before the first line.
fn origin<E: Entry>() -> Hash {
    Hash::tagged(E::FORM, &[])
}

fn hash<E: Entry>(before: &Hash, number: u64, at: Timestamp, sealed: &[u8]) -> Hash {
    Hash::tagged(E::FORM, &[&place(before, number, at), sealed])
}

/// To what an entry is bound: its number, its time, and everything before.
fn place(before: &Hash, number: u64, at: Timestamp) -> Vec<u8> {
    let mut bytes = before.as_bytes().to_vec();
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(&at.as_microsecond().to_be_bytes());
    bytes
}

const fn broken<E: Entry>(number: u64, cause: StoreError) -> JournalError {
    JournalError::Entry {
        file: E::FILE,
        number,
        cause,
    }
}

/// Why a journal cannot be used.
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
    #[error("line {line} of {} is not what was written: {mend}", file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What to do about it.
        mend: &'static str,
    },
    /// An entry is another key's.
    #[error("entry {number} of {file} does not open: is this the hub's orders.key?")]
    Entry {
        /// Which journal.
        file: &'static str,
        /// Which.
        number: u64,
        /// Why.
        #[source]
        cause: StoreError,
    },
}
