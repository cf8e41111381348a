//! The journal: one SQLite file that the agent owns, and the only SQL in the agent.
//!
//! A capture is one transaction: shadow, batches, chain head, digest, history and cursor together,
//! durable before anything is sent. Another process of the same program may open the file too (to
//! show it, or to release a hold), so nothing in it is cached between transactions.

pub mod canary;
pub mod contact;
pub mod dark;
pub mod emergency;
pub mod feed;
pub mod hold;
mod migrate;
pub mod mode;
pub mod own;
pub mod position;
pub mod receipt;
pub mod shadow;
pub mod shape;
pub mod spool;

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use savin_shared::chain::{Position, Salt};
use savin_shared::delta::{self, Change, Delta, DeltaError};
use savin_shared::digest::Digest;
use savin_shared::envelope::{EnvelopeError, SealedBatch};
use savin_shared::fault::Fault;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, Epoch, FeedName, RecordKey};
use thiserror::Error;
use tracing::trace;

use crate::diff::Told;
use crate::mapping::shape::Shape;
use crate::mapping::standing::Standing;
use crate::signer::Signer;
use feed::{Ended, Export, FeedState, Passage};
use hold::HoldUpdate;
use position::Standpoint;

/// How long a write waits for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

/// Memory for pages of the journal, in KiB: little, since the system keeps the file's pages anyway.
const CACHE_KIB: i64 = 256;

/// The open journal.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
}

/// One change on its way into the journal.
#[derive(Debug, Clone)]
pub struct Step {
    /// Of which record; `None` where the delta is about the feed itself.
    pub key: Option<RecordKey>,
    /// What the row means for custody from now on.
    pub standing: Standing,
    /// The delta.
    pub delta: Delta,
}

/// The changes of a capture, in order. Each is made when it is stored, so that a first list of a large
/// jail is in memory once.
pub struct Steps<'a>(Box<dyn Iterator<Item = Step> + 'a>);

impl<'a> Steps<'a> {
    /// Takes changes as they are made.
    pub fn made(steps: impl Iterator<Item = Step> + 'a) -> Self {
        Self(Box::new(steps))
    }

    /// No change.
    #[must_use]
    pub fn none() -> Self {
        Self::made(std::iter::empty())
    }
}

impl fmt::Debug for Steps<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Steps")
    }
}

/// Everything that a capture changes, to be stored at once or not at all.
#[derive(Debug)]
pub struct Capture<'a> {
    /// Whose.
    pub feed: &'a FeedName,
    /// Where the journal stood when it was read, if the changes were found by comparing with it.
    pub follows: Option<Position>,
    /// The changes, in order.
    pub steps: Steps<'a>,
    /// How the feed stands afterwards.
    pub state: FeedState,
    /// The export that was taken, if one was.
    pub export: Option<Export>,
    /// Transactions that were told, by their fingerprints.
    pub told: Vec<Told>,
    /// Who came to the roster and who left it, and on which day.
    pub passage: Option<(jiff::civil::Date, Passage)>,
    /// How many more custodies have ended by explicit word.
    pub ended: Ended,
    /// What becomes of the feed's hold.
    pub hold: HoldUpdate,
    /// What the export looks like.
    pub shape: Option<Shape>,
    /// Fresh randomness for the salts.
    pub secret: Salt,
    /// The wall clock.
    pub at: Timestamp,
}

impl Journal {
    /// Opens an agent's journal, and makes it where there is none.
    ///
    /// # Errors
    /// Returns [`JournalError`] when the file cannot be used, belongs to another agent or is newer
    /// than this program.
    pub fn open(path: &Path, agent: AgentId, epoch: Epoch) -> Result<Self, JournalError> {
        make_private(path).map_err(JournalError::File)?;
        Self::prepared(Connection::open(path)?, agent, epoch)
    }

    /// Makes a journal that is gone with this process.
    ///
    /// # Errors
    /// Returns [`JournalError::Database`] when there is no memory for it.
    pub fn scratch(agent: AgentId, epoch: Epoch) -> Result<Self, JournalError> {
        Self::prepared(Connection::open_in_memory()?, agent, epoch)
    }

    /// Opens a journal to look at it; the agent may be running.
    ///
    /// # Errors
    /// Returns [`JournalError`] when there is none or it cannot be read.
    pub fn look(path: &Path) -> Result<Self, JournalError> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(BUSY)?;
        Ok(Self { connection })
    }

    /// Copies a journal into memory, to try something on it that leaves no trace; the agent may be
    /// running.
    ///
    /// # Errors
    /// Returns [`JournalError`] when there is none, it cannot be read, or belongs to another agent.
    pub fn trial(path: &Path, agent: AgentId, epoch: Epoch) -> Result<Self, JournalError> {
        let journal = Self::look(path)?;
        let mut copy = Connection::open_in_memory()?;
        let every_page = -1;
        if Backup::new(&journal.connection, &mut copy)?.step(every_page)? != StepResult::Done {
            return Err(JournalError::Busy);
        }
        Self::prepared(copy, agent, epoch)
    }

    fn prepared(
        mut connection: Connection,
        agent: AgentId,
        epoch: Epoch,
    ) -> Result<Self, JournalError> {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.set_prepared_statement_cache_capacity(64);
        migrate::migrate(&mut connection)?;
        let mut journal = Self { connection };
        journal.write(|tx| {
            let standpoint = position::load_or_begin(tx, agent, epoch)?;
            if standpoint.agent == agent {
                Ok(())
            } else {
                Err(JournalError::OtherAgent)
            }
        })?;
        Ok(journal)
    }

    /// Moves all of the write-ahead log into the file and empties it. After a sync that failed, what
    /// only the system's cache holds could be read and sent as if it were durable: so the first
    /// connection of a start does this before anything is sent.
    ///
    /// # Errors
    /// Returns [`JournalError`] when the log cannot be moved; nothing may then be sent.
    pub fn settle(&mut self) -> Result<(), JournalError> {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy: bool = self.connection.query_row(sql, [], |row| row.get(0))?;
        if is_busy {
            return Err(JournalError::Busy);
        }
        Ok(())
    }

    /// Waits this long for another connection that writes.
    #[cfg(test)]
    pub(crate) fn set_busy(&self, wait: Duration) {
        self.connection.busy_timeout(wait).unwrap();
    }

    /// Stores a capture in a transaction of its own and returns its sealed batches.
    ///
    /// # Errors
    /// Returns [`JournalError`]; after [`JournalError::CommitUnknown`] the process must end, and
    /// after [`JournalError::Moved`] the source must be read again.
    pub fn commit(
        &mut self,
        signer: &Signer,
        capture: Capture<'_>,
    ) -> Result<Vec<SealedBatch>, JournalError> {
        self.write(|tx| store(tx, signer, capture))
    }

    /// Reads within one transaction, so that all of it is from one moment.
    ///
    /// # Errors
    /// Returns what the closure returns, or [`JournalError::Database`].
    pub fn read<T>(
        &mut self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let tx = self.connection.transaction()?;
        read(&tx)
    }

    /// Writes within one transaction: all of it is durable when this returns, or nothing is stored.
    ///
    /// # Errors
    /// Returns what the closure returns, or [`JournalError::CommitUnknown`] when the commit itself
    /// failed in another way than a full disk.
    pub fn write<T>(
        &mut self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = write(&tx)?;
        // Two lines around every commit: whoever kills this process to see what is lost can tell by
        // the log whether it was inside.
        trace!("Committing");
        match tx.commit() {
            Ok(()) => {
                trace!("Committed");
                Ok(value)
            }
            Err(error) if is_full(&error) => Err(JournalError::Database(error)),
            Err(error) => Err(JournalError::CommitUnknown(error)),
        }
    }
}

/// Lets only the owner read the file, for it holds names; SQLite gives the files beside it the same
/// permissions. A file that is there is not opened: to close it would give up the locks that another
/// connection of this process has on it.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        #[cfg(unix)]
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(path, owner)
        }
        #[cfg(not(unix))]
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Stores a capture and returns its sealed batches.
///
/// # Errors
/// Returns [`JournalError`]; nothing is then to be committed.
pub fn store(
    tx: &Transaction<'_>,
    signer: &Signer,
    mut capture: Capture<'_>,
) -> Result<Vec<SealedBatch>, JournalError> {
    let standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
    if capture.follows.is_some_and(|end| end != standpoint.end) {
        return Err(JournalError::Moved);
    }
    let steps = std::mem::replace(&mut capture.steps, Steps::none());
    let batches = append(tx, standpoint, signer, steps, &capture)?;
    feed::store(tx, capture.feed, &capture.state)?;
    if let Some(export) = &capture.export {
        feed::remember_export(tx, capture.feed, export, capture.at)?;
    }
    feed::remember_told(tx, capture.feed, &capture.told, capture.at)?;
    if let Some((day, passage)) = capture.passage {
        feed::count_passage(tx, capture.feed, day, passage)?;
    }
    feed::count_ended(tx, capture.feed, capture.ended, capture.at)?;
    hold::update(tx, capture.feed, &capture.hold, capture.at)?;
    if let Some(shape) = &capture.shape {
        // As long as something waits, a person has yet to look.
        let is_accepted = hold::load(tx, capture.feed)?.is_none();
        shape::put(tx, capture.feed, shape, is_accepted)?;
    }
    Ok(batches)
}

/// Adds a capture's deltas to shadow, digest, chain and spool.
fn append(
    tx: &Transaction<'_>,
    mut standpoint: Standpoint,
    signer: &Signer,
    steps: Steps<'_>,
    capture: &Capture<'_>,
) -> Result<Vec<SealedBatch>, JournalError> {
    let batches = {
        let digest = RefCell::new(&mut standpoint.digest);
        let bodies = steps.0.map(|step| {
            shade(tx, &mut digest.borrow_mut(), capture.feed, &step)?;
            let body = delta::encode(&step.delta)?;
            Ok::<_, JournalError>(body)
        });
        let root = || digest.borrow().root();
        signer.seal(standpoint.end, bodies, root, capture.secret, capture.at)?
    };
    let Some(last) = batches.last() else {
        return Ok(batches);
    };
    standpoint.end = last.header.after();
    for batch in &batches {
        spool::insert(tx, batch)?;
    }
    position::store(tx, &standpoint)?;
    Ok(batches)
}

/// Applies one change to the shadow and its digest.
fn shade(
    tx: &Transaction<'_>,
    digest: &mut Digest,
    feed: &FeedName,
    step: &Step,
) -> Result<(), JournalError> {
    let Some(key) = &step.key else { return Ok(()) };
    let name = savin_shared::digest::key_hash(feed, key);
    if let Some(before) = shadow::hash_of(tx, feed, key)? {
        digest.remove(&name, &before);
    }
    match &step.delta.change {
        Change::Upsert {
            row,
            coverage,
            evidence,
        } => {
            digest.add(&name, &row.hash());
            shadow::put(tx, feed, key, row, step.standing, (*coverage, *evidence))
        }
        Change::NoLongerListed(_) | Change::Withheld(_) => shadow::remove(tx, feed, key),
        Change::ObservationGap { .. } => Ok(()),
    }
}

/// Why the journal could not be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// SQLite refused.
    #[error("the journal's database refused")]
    Database(#[from] rusqlite::Error),
    /// The commit itself failed: what is durable is not known, and the process must end.
    #[error("the journal's commit failed, so that nothing is known of what is durable")]
    CommitUnknown(#[source] rusqlite::Error),
    /// The file cannot be made or kept to its owner.
    #[error("the journal's file cannot be used")]
    File(#[source] io::Error),
    /// The room that is kept back on the disk is used up.
    #[error("less than 5 MiB are free where the state folder lies")]
    NoRoom,
    /// Another process reads the journal and does not let go of it.
    #[error("another program does not let go of the journal")]
    Busy,
    /// Another process of this program changed the journal after it was read.
    #[error("the journal was changed while the source was compared with it")]
    Moved,
    /// What the file holds is not what this program wrote.
    #[error("the journal is damaged: {0}")]
    Damaged(&'static str),
    /// The file belongs to another agent.
    #[error("the journal belongs to another agent: move it away or enrol again with --replace")]
    OtherAgent,
    /// The file was written by a newer program.
    #[error("the journal was written by a newer version of this program")]
    Newer,
    /// A delta could not be written.
    #[error("a delta could not be written")]
    Delta(#[from] DeltaError),
    /// A batch could not be sealed or read.
    #[error("a batch could not be sealed or read")]
    Envelope(#[from] EnvelopeError),
}

impl JournalError {
    /// Says whether the disk has no room, so that a person has to make some.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::NoRoom => true,
            Self::Database(error) => is_full(error),
            Self::CommitUnknown(_)
            | Self::File(_)
            | Self::Busy
            | Self::Moved
            | Self::Damaged(_)
            | Self::OtherAgent
            | Self::Newer
            | Self::Delta(_)
            | Self::Envelope(_) => false,
        }
    }

    /// Returns what is to be done about it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::NoRoom | Self::Busy | Self::Moved => Fault::Retry,
            Self::Database(error) if is_passing(error) => Fault::Retry,
            Self::OtherAgent | Self::Newer | Self::File(_) => Fault::Reject,
            Self::Database(_)
            | Self::CommitUnknown(_)
            | Self::Damaged(_)
            | Self::Delta(_)
            | Self::Envelope(_) => Fault::Broken,
        }
    }
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::CannotOpen
        )
    )
}

/// Reads 32 stored bytes as a hash.
fn stored_hash(bytes: &[u8]) -> Result<Hash, JournalError> {
    Hash::from_slice(bytes).ok_or(JournalError::Damaged("a hash is not 32 bytes long"))
}

/// Reads a stored number that is never negative.
fn stored_count(value: i64) -> Result<u64, JournalError> {
    u64::try_from(value).map_err(|_| JournalError::Damaged("a count is negative"))
}

/// Writes a count as SQLite's integer.
fn storable(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Reads stored microseconds as a time.
fn stored_time(micros: i64) -> Result<Timestamp, JournalError> {
    Timestamp::from_microsecond(micros).map_err(|_| JournalError::Damaged("a time does not exist"))
}

#[cfg(test)]
mod tests;
