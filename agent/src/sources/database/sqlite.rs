//! A SQLite booking database, opened read-only and never written to.
//!
//! `PRAGMA data_version` on a connection that stays open says at the cost of microseconds whether
//! another program wrote; the query then runs in one read transaction, which ends before anything is
//! done with the rows. A full read at least hourly, on a new connection, is the safety net.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Statement};
use tracing::trace;

use super::error::DatabaseError;
use super::table::Table;

/// How long a read waits for the jail system's own writes.
const BUSY: Duration = Duration::from_secs(2);

/// Tells a file from another that took its place under the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    #[cfg(unix)]
    inode: (u64, u64),
    #[cfg(not(unix))]
    created: std::time::SystemTime,
}

impl FileId {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let inode = (metadata.dev(), metadata.ino());
            Ok(Self { inode })
        }
        #[cfg(not(unix))]
        Ok(Self {
            created: metadata.created()?,
        })
    }
}

/// The open file, and what was read from it last.
#[derive(Debug)]
struct Opened {
    connection: Connection,
    file: FileId,
    version: Option<i64>,
}

/// A watched file.
#[derive(Debug)]
pub(super) struct Sqlite {
    path: PathBuf,
    query: String,
    full_read: Duration,
    opened: Option<Opened>,
    read_at: Option<Instant>,
}

impl Sqlite {
    /// Watches a file; its write-ahead log must lie beside it.
    pub(super) const fn new(path: PathBuf, query: String, full_read: Duration) -> Self {
        Self {
            path,
            query,
            full_read,
            opened: None,
            read_at: None,
        }
    }

    /// Reads the query's rows if anything was written since the last read, another file lies there
    /// now, or a full read is due. Whoever cannot use the rows says so with `forget`.
    pub(super) fn read_if_changed(&mut self, now: Instant) -> Result<Option<Table>, DatabaseError> {
        let outcome = self.try_read(now);
        if outcome.is_err() {
            self.forget();
        }
        outcome
    }

    /// Forgets what was read, so that the next call reads again, and by opening the file anew.
    pub(super) fn forget(&mut self) {
        self.opened = None;
    }

    fn try_read(&mut self, now: Instant) -> Result<Option<Table>, DatabaseError> {
        let file = FileId::of(&self.path).map_err(DatabaseError::File)?;
        let is_due = self
            .read_at
            .is_none_or(|at| now.duration_since(at) >= self.full_read);
        let opened = match self.opened.take() {
            Some(opened) if opened.file == file && !is_due => opened,
            // A connection goes on reading the file that it opened, wherever that has gone since.
            Some(_) | None => self.open(file)?,
        };
        let opened = self.opened.insert(opened);
        let version = data_version(&opened.connection)?;
        if opened.version == Some(version) {
            return Ok(None);
        }
        trace!("Reading the source");
        let tx = opened.connection.transaction()?;
        let table = read(&mut tx.prepare(&self.query)?)?;
        tx.finish()?;
        opened.version = Some(version);
        self.read_at = Some(now);
        Ok(Some(table))
    }

    fn open(&self, file: FileId) -> Result<Opened, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(Opened {
            connection,
            file,
            version: None,
        })
    }
}

fn read(statement: &mut Statement<'_>) -> Result<Table, DatabaseError> {
    let names = statement.column_names();
    let mut table = Table::new(names.into_iter().map(str::to_owned).collect());
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let cells = (0..width).map(|place| row.get_ref(place).map(text));
        let cells: Vec<_> = cells.collect::<Result<_, _>>()?;
        table.add(cells.into_iter())?;
    }
    Ok(table)
}

fn text(value: ValueRef<'_>) -> Option<Cow<'_, str>> {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => None,
        ValueRef::Integer(value) => Some(Cow::Owned(value.to_string())),
        ValueRef::Real(value) => Some(Cow::Owned(value.to_string())),
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes)),
    }
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

    use super::{Sqlite, Table};
    use crate::capture::rows::Rows as _;

    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for invented deadlines"
    )]
    fn origin() -> Instant {
        Instant::now()
    }

    fn all(mut table: Table) -> Vec<Vec<Option<String>>> {
        let width = table.columns().len();
        let mut all = Vec::new();
        while let Some((_, cells)) = table.next_row().unwrap() {
            all.push(
                (0..=width)
                    .map(|place| cells.cell(place).map(str::to_owned))
                    .collect(),
            );
        }
        all
    }

    fn watch(path: &std::path::Path) -> Sqlite {
        Sqlite::new(
            path.to_owned(),
            "SELECT no, bail, name FROM booking".to_owned(),
            Duration::from_secs(3600),
        )
    }

    fn rows(database: &mut Sqlite, now: Instant) -> Option<usize> {
        database
            .read_if_changed(now)
            .unwrap()
            .map(|table| all(table).len())
    }

    const BOOKING: &str = "CREATE TABLE booking (no INTEGER, bail REAL, name TEXT);
                           INSERT INTO booking VALUES (1, 2.5, NULL);";

    #[test]
    fn reads_again_only_when_another_program_wrote_or_an_hour_has_passed() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("booking.sqlite");
        let jail = Connection::open(&path).unwrap();
        jail.execute_batch(&format!("PRAGMA journal_mode = WAL; {BOOKING}"))
            .unwrap();
        let mut database = watch(&path);
        let start = origin();
        let after = |seconds| start + Duration::from_secs(seconds);
        let first = all(database.read_if_changed(start).unwrap().unwrap());
        let one = |text: &str| Some(text.to_owned());
        assert_eq!(first, [[one("1"), one("2.5"), None, None]]);
        assert_eq!(rows(&mut database, after(1)), None);
        jail.execute("INSERT INTO booking VALUES (2, 0, 'x')", [])
            .unwrap();
        assert_eq!(rows(&mut database, after(2)), Some(2));
        assert_eq!(rows(&mut database, after(3)), None);
        assert_eq!(rows(&mut database, after(3700)), Some(2));
    }

    #[test]
    fn reads_again_what_could_not_be_used() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("booking.sqlite");
        let jail = Connection::open(&path).unwrap();
        jail.execute_batch(BOOKING).unwrap();
        let (mut database, start) = (watch(&path), origin());
        assert_eq!(rows(&mut database, start), Some(1));
        database.forget();
        assert_eq!(rows(&mut database, start), Some(1));
    }

    #[test]
    fn notices_another_file_under_the_same_name() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("booking.sqlite");
        let made = temporary.path().join("new.sqlite");
        for file in [&path, &made] {
            Connection::open(file)
                .unwrap()
                .execute_batch(BOOKING)
                .unwrap();
        }
        let new = Connection::open(&made).unwrap();
        new.execute("INSERT INTO booking VALUES (2, 0, 'x')", [])
            .unwrap();
        let (mut database, start) = (watch(&path), origin());
        assert_eq!(rows(&mut database, start), Some(1));
        std::fs::rename(&made, &path).unwrap();
        assert_eq!(rows(&mut database, start), Some(2));
    }

    #[test]
    fn keeps_no_lock_on_what_was_read() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("booking.sqlite");
        let jail = Connection::open(&path).unwrap();
        jail.execute_batch(&format!("PRAGMA journal_mode = DELETE; {BOOKING}"))
            .unwrap();
        jail.busy_timeout(Duration::ZERO).unwrap();
        let mut database = watch(&path);
        let table = database.read_if_changed(origin()).unwrap().unwrap();
        jail.execute("DELETE FROM booking", []).unwrap();
        assert_eq!(all(table).len(), 1);
    }

    #[test]
    fn never_writes_to_the_jails_database() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("booking.sqlite");
        let jail = Connection::open(&path).unwrap();
        jail.execute_batch("CREATE TABLE booking (no INTEGER)")
            .unwrap();
        let mut database = Sqlite::new(
            path,
            "INSERT INTO booking VALUES (1) RETURNING no".to_owned(),
            Duration::from_secs(3600),
        );
        assert!(database.read_if_changed(origin()).is_err());
    }

    #[test]
    fn finds_a_database_again_that_was_away() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("booking.sqlite");
        let (mut database, start) = (watch(&path), origin());
        assert!(database.read_if_changed(start).is_err());
        let jail = Connection::open(&path).unwrap();
        jail.execute_batch(BOOKING).unwrap();
        assert_eq!(rows(&mut database, start), Some(1));
    }
}
