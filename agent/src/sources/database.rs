//! A booking database: a declared query, asked read-only, in one moment of the database, at a cadence.
//!
//! A file of SQLite says by itself at the cost of microseconds whether somebody wrote (`sqlite`). All
//! others are asked (`polled`): by the county's cheap cursor query, or by the query itself and a
//! comparison. What differs from engine to engine is behind [`engine::Engine`]; whatever has no pure
//! Rust client is asked by a helper process through ODBC, whose crash the agent survives.

pub mod access;
mod engine;
mod error;
mod mysql;
pub mod odbc;
mod polled;
mod postgres;
pub mod query;
mod scrub;
mod sqlite;
mod table;
mod tls;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use access::Access;
use engine::Engine;
pub use error::DatabaseError;
use mysql::Mysql;
use odbc::{Odbc, OdbcSettings};
use polled::Polled;
use postgres::Postgres;
use sqlite::Sqlite;
pub use table::Table;

/// Which database, and what is read from it.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// Which.
    pub place: Place,
    /// The query or view.
    pub query: String,
    /// A cheap query whose answer changes whenever the other's does; SQLite needs none.
    pub cursor: Option<String>,
    /// How often everything is read though nothing seems to have changed.
    pub full_read: Duration,
    /// How long one look may take before it is given up; SQLite is not bounded.
    pub timeout: Duration,
}

/// Where a database is, by its engine.
#[derive(Debug, Clone)]
pub enum Place {
    /// A SQLite file; its write-ahead log must lie beside it.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres(Access),
    /// A MySQL or MariaDB server.
    Mysql(Access),
    /// Anything that has an ODBC driver.
    Odbc(OdbcSettings),
}

/// A watched database.
#[derive(Debug)]
pub struct Database(Watched);

#[derive(Debug)]
enum Watched {
    Sqlite(Box<Sqlite>),
    Polled(Box<Polled>),
}

impl Database {
    /// Watches a database.
    #[must_use]
    pub fn new(settings: DatabaseSettings) -> Self {
        let timeout = settings.timeout;
        let engine: Box<dyn Engine> = match settings.place.clone() {
            Place::Sqlite(path) => {
                let file = Sqlite::new(path, settings.query, settings.full_read);
                return Self(Watched::Sqlite(Box::new(file)));
            }
            Place::Postgres(access) => Box::new(Postgres::new(access, timeout)),
            Place::Mysql(access) => Box::new(Mysql::new(access, timeout)),
            Place::Odbc(odbc) => Box::new(Odbc::new(odbc, timeout)),
        };
        Self(Watched::Polled(Box::new(Polled::new(engine, settings))))
    }

    /// Reads the query's rows if they may have changed since the last read, or a full read is due.
    /// Whoever cannot use the rows says so with `forget`.
    ///
    /// # Errors
    /// Returns [`DatabaseError`]; the next call reads again.
    pub fn read_if_changed(&mut self, now: Instant) -> Result<Option<Table>, DatabaseError> {
        match &mut self.0 {
            Watched::Sqlite(file) => file.read_if_changed(now),
            Watched::Polled(server) => server.read_if_changed(now),
        }
    }

    /// Forgets what was read, so that the next call reads again, and on a new connection.
    pub fn forget(&mut self) {
        match &mut self.0 {
            Watched::Sqlite(file) => file.forget(),
            Watched::Polled(server) => server.forget(),
        }
    }
}
