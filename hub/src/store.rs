//! The only SQL in the hub, once, for two engines: embedded SQLite and PostgreSQL.
//!
//! `store.write("name", |tx| ...)` runs a synchronous, repeatable closure in one transaction on a
//! worker thread; `store.read` does the same on a reader. Nothing above this module knows which
//! engine it is.

pub mod added;
pub mod backup;
pub mod conn;
pub mod doom;
pub mod evidence;
pub mod migrate;
pub mod postgres;
pub mod queue;
pub mod registry;
pub mod sqlite;
pub mod testing;
pub mod value;
pub mod vault;
mod worker;

use std::path::{Path, PathBuf};
use std::time::Duration;

use savin_shared::fault::Fault;
use thiserror::Error;
use tracing::{debug, trace};

use conn::{Access, Driver, Engine, Tx};
use doom::Doom;
use migrate::Schema;
use postgres::PostgresDriver;
use sqlite::SqliteDriver;
use worker::Pool;

/// Transactions that may wait for a worker; beyond, callers wait.
const WAITING_MAX: usize = 256;

/// Threads that read, for SQLite, and that read or write, for PostgreSQL.
const READERS: usize = 2;

/// How long a transaction that lost against another waits before the first repetition; the tenth
/// waits ten times as long.
const ASIDE: Duration = Duration::from_millis(2);

/// How often a transaction is repeated that lost against another.
const REPEATS_MAX: u32 = 20;

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An SQLite file.
    File(PathBuf),
    /// A PostgreSQL server, by its URL, and the schema in it.
    Server {
        /// `postgres://user@host/database`.
        url: String,
        /// The schema.
        schema: String,
    },
}

impl Place {
    /// Returns which engine is there.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self {
            Self::File(_) => Engine::Sqlite,
            Self::Server { .. } => Engine::Postgres,
        }
    }
}

/// An open database.
#[derive(Debug, Clone)]
pub struct Store {
    engine: Engine,
    writers: Pool,
    readers: Pool,
    doom: Doom,
}

impl Store {
    /// Opens a database and brings it to this program's version.
    ///
    /// # Errors
    /// Returns [`StoreError`] when it cannot be opened or is newer than this program.
    pub fn open(place: &Place, schema: &'static Schema) -> Result<Self, StoreError> {
        let mut first = connect(place, Access::Write)?;
        migrate::migrate(first.as_mut(), schema)?;
        let mut writers = vec![first];
        if matches!(place, Place::Server { .. }) {
            for _ in 1..READERS {
                writers.push(connect(place, Access::Write)?);
            }
        }
        let readers = (0..READERS)
            .map(|_| connect(place, Access::Read))
            .collect::<Result<Vec<_>, StoreError>>()?;
        Self::start(writers, readers)
    }

    /// Makes a database in a file that is thrown away: it is quicker, it may be lost in a crash, and it
    /// keeps no evidence.
    ///
    /// # Errors
    /// Returns [`StoreError`] when it cannot be made.
    pub fn scratch(path: &Path, schema: &'static Schema) -> Result<Self, StoreError> {
        let mut writer = SqliteDriver::scratch(path, Access::Write)?;
        migrate::migrate(&mut writer, schema)?;
        let readers = (0..READERS)
            .map(|_| Ok::<Box<dyn Driver>, _>(Box::new(SqliteDriver::scratch(path, Access::Read)?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        Self::start(vec![Box::new(writer)], readers)
    }

    fn start(
        writers: Vec<Box<dyn Driver>>,
        readers: Vec<Box<dyn Driver>>,
    ) -> Result<Self, StoreError> {
        let doom = Doom::default();
        Ok(Self {
            engine: writers.first().ok_or(StoreError::Closed)?.engine(),
            writers: Pool::start(writers, WAITING_MAX, &doom)?,
            readers: Pool::start(readers, WAITING_MAX, &doom)?,
            doom,
        })
    }

    /// Returns which engine it is, for what status pages say.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// Returns what tells when the process must end because of this database.
    #[must_use]
    pub const fn doom(&self) -> &Doom {
        &self.doom
    }

    /// Runs a closure in one writing transaction; it may run again when it lost against another.
    /// What it returns is durable.
    ///
    /// # Errors
    /// Returns what the closure returns, or why the transaction failed.
    pub async fn write<T, F>(&self, name: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let doom = self.doom.clone();
        self.writers
            .run(move |driver| transact(driver, &doom, (name, Access::Write), work))
            .await?
    }

    /// Runs a closure in one reading transaction.
    ///
    /// # Errors
    /// Returns what the closure returns, or why the transaction failed.
    pub async fn read<T, F>(&self, name: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let doom = self.doom.clone();
        self.readers
            .run(move |driver| transact(driver, &doom, (name, Access::Read), work))
            .await?
    }

    /// The same as [`Store::write`] for callers that may wait: commands and tests.
    ///
    /// # Errors
    /// Returns what the closure returns, or why the transaction failed.
    pub fn write_now<T, F>(&self, name: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let doom = self.doom.clone();
        self.writers
            .run_now(move |driver| transact(driver, &doom, (name, Access::Write), work))?
    }

    /// Runs a closure as [`Store::write_now`] does and keeps nothing of it: what it returns is what would be.
    ///
    /// # Errors
    /// Returns what the closure returns, or why the transaction failed.
    pub fn rehearse_now<T, F>(&self, name: &'static str, mut work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let doom = self.doom.clone();
        self.writers.run_now(move |driver| {
            doom.check()?;
            trace!(transaction = name, "Rehearsing");
            driver.begin(Access::Write)?;
            let outcome = work(&mut Tx::new(driver));
            driver.roll_back()?;
            outcome
        })?
    }

    /// Writes the database anew without whatever was deleted from it: until then pages may hold what
    /// stood in them before.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses, or others read from it all the time.
    pub fn compact_now(&self) -> Result<(), StoreError> {
        self.writers.run_now(|driver| driver.compact())?
    }

    /// Has a server look again at tables that have outgrown what it knows of them; returns how many.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the server refuses.
    pub async fn analyze(&self) -> Result<u64, StoreError> {
        self.readers.run(|driver| driver.analyze()).await?
    }

    /// The same as [`Store::analyze`] for callers that may wait.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the server refuses.
    pub fn analyze_now(&self) -> Result<u64, StoreError> {
        self.readers.run_now(|driver| driver.analyze())?
    }

    /// The same as [`Store::read`] for callers that may wait: commands and tests.
    ///
    /// # Errors
    /// Returns what the closure returns, or why the transaction failed.
    pub fn read_now<T, F>(&self, name: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let doom = self.doom.clone();
        self.readers
            .run_now(move |driver| transact(driver, &doom, (name, Access::Read), work))?
    }
}

fn connect(place: &Place, access: Access) -> Result<Box<dyn Driver>, StoreError> {
    Ok(match place {
        Place::File(path) => Box::new(SqliteDriver::open(path, access)?),
        Place::Server { url, schema } => Box::new(PostgresDriver::open(url, schema)?),
    })
}

fn transact<T>(
    driver: &mut dyn Driver,
    doom: &Doom,
    (name, access): (&'static str, Access),
    mut work: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut repeats = 0;
    loop {
        doom.check()?;
        match attempt(driver, name, access, &mut work) {
            Err(error) if error.is_lost_race() && repeats < REPEATS_MAX => {
                repeats += 1;
                debug!(transaction = name, repeats, "Repeating a transaction");
                // Whoever lost steps aside, and longer each time, so that the others get done.
                std::thread::park_timeout(ASIDE * repeats);
            }
            Err(error) => {
                doom.note(&error);
                return Err(error);
            }
            Ok(value) => return Ok(value),
        }
    }
}

fn attempt<T>(
    driver: &mut dyn Driver,
    name: &'static str,
    access: Access,
    work: &mut impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    driver.begin(access)?;
    match work(&mut Tx::new(driver)) {
        Ok(value) if access == Access::Read => {
            // Nothing was changed, so that nothing can be unknown of it.
            let _ended = driver.roll_back();
            Ok(value)
        }
        Ok(value) => {
            // Two lines around every commit: whoever kills this process to see what is lost can
            // tell by the log whether it was inside.
            trace!(transaction = name, "Committing");
            driver.commit()?;
            trace!(transaction = name, "Committed");
            Ok(value)
        }
        Err(error) => {
            // The first error is the one to report.
            let _rolled_back = driver.roll_back();
            Err(error)
        }
    }
}

/// Why the store could not do something.
#[derive(Debug, Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("SQLite refused")]
    Sqlite(#[source] rusqlite::Error),
    /// PostgreSQL refused.
    #[error("PostgreSQL refused")]
    Postgres(#[source] tokio_postgres::Error),
    /// PostgreSQL was reached and does not answer.
    #[error("PostgreSQL does not answer")]
    Silent,
    /// The commit itself failed: what is durable is not known, and the process must end.
    #[error("the commit failed, so that nothing is known of what is durable: {0}")]
    CommitUnknown(String),
    /// A row holds what this program did not write.
    #[error("a stored row is damaged: {0}")]
    Damaged(&'static str),
    /// A statement changed another number of rows than it must.
    #[error("a statement changed {found} rows where {expected} were meant: {what}")]
    Count {
        /// Of which statement.
        what: &'static str,
        /// How many were meant.
        expected: u64,
        /// How many it were.
        found: u64,
    },
    /// The database was written by a newer program.
    #[error("the database is at version {found}, and this program knows only {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// This program's.
        known: i64,
    },
    /// A migration that was applied has changed since.
    #[error("migration {0} is not the one that was applied to this database")]
    Migration(&'static str),
    /// The place of the database is not usable.
    #[error("{0}")]
    Place(String),
    /// Whoever asks may not, or asks for what does not stand: nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// The worker threads are gone, or must not go on: the process must end.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Returns what is to be done about it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Sqlite(error) if sqlite::is_passing(error) => Fault::Retry,
            Self::Postgres(error) if postgres::is_passing(error) => Fault::Retry,
            Self::Silent => Fault::Retry,
            Self::Newer { .. } | Self::Place(_) | Self::Refused(_) => Fault::Reject,
            Self::Sqlite(_)
            | Self::Postgres(_)
            | Self::CommitUnknown(_)
            | Self::Damaged(_)
            | Self::Count { .. }
            | Self::Migration(_)
            | Self::Closed => Fault::Broken,
        }
    }

    fn is_lost_race(&self) -> bool {
        match self {
            Self::Postgres(error) => postgres::is_lost_race(error),
            Self::Sqlite(error) => sqlite::is_lost_race(error),
            Self::Silent
            | Self::CommitUnknown(_)
            | Self::Damaged(_)
            | Self::Count { .. }
            | Self::Newer { .. }
            | Self::Migration(_)
            | Self::Place(_)
            | Self::Refused(_)
            | Self::Closed => false,
        }
    }
}

#[cfg(test)]
mod tests;
