//! A SQLite booking database, opened read-only and never written to.
//!
//! `PRAGMA data_version` on a connection that stays open says at the cost of microseconds whether
//! another program wrote; the query then runs in one read transaction. A full read at least hourly
//! is the safety net.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use crate::capture::CaptureError;
use crate::capture::rows::{Rows, RowsError};
use crate::format::cells::Cells;

/// How long a read waits for the jail system's own writes.
const BUSY: Duration = Duration::from_secs(2);

/// Which database, and what is read from it.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// The file; its write-ahead log must lie beside it.
    pub path: PathBuf,
    /// The query or view.
    pub query: String,
    /// How often everything is read though nothing seems to have changed.
    pub full_read: Duration,
}

/// A watched database.
#[derive(Debug)]
pub struct Database {
    settings: DatabaseSettings,
    connection: Option<Connection>,
    version: Option<i64>,
    read_at: Option<Instant>,
}

impl Database {
    /// Watches a database.
    #[must_use]
    pub const fn new(settings: DatabaseSettings) -> Self {
        Self {
            settings,
            connection: None,
            version: None,
            read_at: None,
        }
    }

    /// Returns which database it is.
    #[must_use]
    pub const fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }

    /// Reads the query's rows if anything was written since the last read, or a full read is due.
    /// The rows are all of one moment.
    ///
    /// # Errors
    /// Returns what the database or the reader returns; the next call reads again.
    pub fn read_if_changed<T, E: From<rusqlite::Error>>(
        &mut self,
        now: Instant,
        read: impl FnOnce(&mut dyn Rows) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let outcome = self.try_read(now, read);
        if outcome.is_err() {
            // A database that was moved or replaced is found again by opening it anew.
            self.connection = None;
            self.version = None;
        }
        outcome
    }

    fn try_read<T, E: From<rusqlite::Error>>(
        &mut self,
        now: Instant,
        read: impl FnOnce(&mut dyn Rows) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.open()?,
        };
        let connection = self.connection.insert(connection);
        let version = data_version(connection)?;
        let is_due = self
            .read_at
            .is_none_or(|at| now.duration_since(at) >= self.settings.full_read);
        if self.version == Some(version) && !is_due {
            return Ok(None);
        }
        let tx = connection.transaction()?;
        let mut statement = tx.prepare(&self.settings.query)?;
        let columns = statement
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let cells = Vec::new();
        let rows = statement.query([])?;
        let value = read(&mut DatabaseRows {
            columns,
            rows,
            cells,
            number: 0,
        })?;
        self.version = Some(version);
        self.read_at = Some(now);
        Ok(Some(value))
    }

    fn open(&self) -> Result<Connection, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.settings.path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }
}

struct DatabaseRows<'a> {
    columns: Vec<String>,
    rows: rusqlite::Rows<'a>,
    cells: Vec<Option<String>>,
    number: u64,
}

impl Rows for DatabaseRows<'_> {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next_row(&mut self) -> Result<Option<(u64, &dyn Cells)>, RowsError> {
        let Some(row) = self.rows.next()? else {
            return Ok(None);
        };
        self.number += 1;
        self.cells.clear();
        for place in 0..self.columns.len() {
            self.cells.push(text(row, place)?);
        }
        Ok(Some((self.number, &self.cells)))
    }
}

impl From<rusqlite::Error> for RowsError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Box::new(error))
    }
}

impl From<rusqlite::Error> for CaptureError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Box::new(error))
    }
}

fn text(row: &Row<'_>, place: usize) -> Result<Option<String>, rusqlite::Error> {
    Ok(match row.get_ref(place)? {
        ValueRef::Null | ValueRef::Blob(_) => None,
        ValueRef::Integer(value) => Some(value.to_string()),
        ValueRef::Real(value) => Some(value.to_string()),
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    })
}

fn data_version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    let mut statement =
        connection.prepare_cached("SELECT data_version FROM pragma_data_version")?;
    statement.query_row([], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rusqlite::Connection;

    use super::{Database, DatabaseSettings};
    use crate::capture::rows::{Rows, RowsError};

    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for invented deadlines"
    )]
    fn origin() -> Instant {
        Instant::now()
    }

    fn all(rows: &mut dyn Rows) -> Result<Vec<Vec<Option<String>>>, RowsError> {
        let width = rows.columns().len();
        let mut all = Vec::new();
        while let Some((_, cells)) = rows.next_row()? {
            all.push(
                (0..width)
                    .map(|place| cells.cell(place).map(str::to_owned))
                    .collect(),
            );
        }
        Ok(all)
    }

    #[test]
    fn reads_again_only_when_another_program_wrote_or_an_hour_has_passed() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("booking.sqlite");
        let jail = Connection::open(&path).unwrap();
        jail.execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE booking (no INTEGER, bail REAL, name TEXT);
             INSERT INTO booking VALUES (1, 2.5, NULL);",
        )
        .unwrap();
        let mut database = Database::new(DatabaseSettings {
            path,
            query: "SELECT no, bail, name FROM booking".to_owned(),
            full_read: Duration::from_secs(3600),
        });
        let start = origin();
        let after = |seconds| start + Duration::from_secs(seconds);
        let first = database.read_if_changed(start, all).unwrap().unwrap();
        assert_eq!(
            first,
            [[Some("1".to_owned()), Some("2.5".to_owned()), None]]
        );
        assert!(database.read_if_changed(after(1), all).unwrap().is_none());
        jail.execute("INSERT INTO booking VALUES (2, 0, 'x')", [])
            .unwrap();
        assert_eq!(
            database
                .read_if_changed(after(2), all)
                .unwrap()
                .unwrap()
                .len(),
            2
        );
        assert!(database.read_if_changed(after(3), all).unwrap().is_none());
        assert_eq!(
            database
                .read_if_changed(after(3700), all)
                .unwrap()
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn never_writes_to_the_jails_database() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("booking.sqlite");
        let jail = Connection::open(&path).unwrap();
        jail.execute_batch("CREATE TABLE booking (no INTEGER)")
            .unwrap();
        let mut database = Database::new(DatabaseSettings {
            path,
            query: "INSERT INTO booking VALUES (1) RETURNING no".to_owned(),
            full_read: Duration::from_secs(3600),
        });
        assert!(database.read_if_changed(origin(), all).is_err());
    }

    #[test]
    fn finds_a_database_again_that_was_away() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("booking.sqlite");
        let mut database = Database::new(DatabaseSettings {
            path: path.clone(),
            query: "SELECT no FROM booking".to_owned(),
            full_read: Duration::from_secs(3600),
        });
        let start = origin();
        assert!(database.read_if_changed(start, all).is_err());
        let jail = Connection::open(&path).unwrap();
        jail.execute_batch("CREATE TABLE booking (no INTEGER)")
            .unwrap();
        assert!(database.read_if_changed(start, all).unwrap().is_some());
    }
}
