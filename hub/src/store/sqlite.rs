//! The SQLite driver: WAL, `synchronous = FULL`, one writer and a few readers.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};
use savin_shared::fault::Fault;

use super::StoreError;
use super::conn::{Access, Driver, Engine};
use super::value::{Row, Value};

/// How long a write waits for another process: a command beside the running hub.
const BUSY: Duration = Duration::from_secs(10);

/// Statements that stay prepared.
const STATEMENTS_MAX: usize = 256;

/// Pages of the write-ahead log before it is copied into the file; larger writes less and reads
/// slower.
const CHECKPOINT_PAGES: u32 = 4_000;

/// How much of a file that is thrown away is kept in memory by its writer, in KiB: what is made anew row
/// by row touches every part of every index all the time.
const SCRATCH_KIB: i32 = 256 * 1024;

/// A connection to a SQLite file.
#[derive(Debug)]
pub struct SqliteDriver {
    connection: Connection,
    translated: HashMap<&'static str, String>,
    is_scratch: bool,
}

impl SqliteDriver {
    /// Opens a file.
    ///
    /// # Errors
    /// Returns [`StoreError::Sqlite`] when it cannot be opened or is damaged.
    pub fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        let connection = connect(path).map_err(StoreError::Sqlite)?;
        prepare(&connection, access).map_err(StoreError::Sqlite)?;
        if access == Access::Write {
            prove(&connection, path)?;
        }
        Ok(Self::of(connection, false))
    }

    /// Opens a file that is thrown away: nothing of it has to survive a crash.
    ///
    /// # Errors
    /// Returns [`StoreError::Sqlite`] when it cannot be opened.
    pub fn scratch(path: &Path, access: Access) -> Result<Self, StoreError> {
        let connection = connect(path).map_err(StoreError::Sqlite)?;
        prepare_scratch(&connection, access).map_err(StoreError::Sqlite)?;
        Ok(Self::of(connection, true))
    }

    /// Opens a file that nobody works on, to look into it: it stays byte by byte as it is.
    ///
    /// # Errors
    /// Returns [`StoreError::Sqlite`] when it cannot be opened.
    pub fn look(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(StoreError::Sqlite)?;
        Ok(Self::of(connection, false))
    }

    fn of(connection: Connection, is_scratch: bool) -> Self {
        Self {
            connection,
            translated: HashMap::new(),
            is_scratch,
        }
    }

    fn with_statement<T>(
        &mut self,
        sql: &'static str,
        work: impl FnOnce(&mut rusqlite::CachedStatement<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        let text = self.translated.entry(sql).or_insert_with(|| translate(sql));
        let mut statement = self
            .connection
            .prepare_cached(text)
            .map_err(StoreError::Sqlite)?;
        work(&mut statement).map_err(StoreError::Sqlite)
    }
}

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // The same plan whatever the values are: else a statement is prepared anew for each list of values in which one is
    // a limit or a pattern.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn prepare_scratch(connection: &Connection, access: Access) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    // What is made anew is compared row by row with a file in which they were checked.
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "cache_size", -SCRATCH_KIB)?;
    connection.pragma_update(None, "query_only", access == Access::Read)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(())
}

fn prepare(connection: &Connection, access: Access) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", -64 * 1024)?;
    // What is forgotten is overwritten: a wrapped key that stays in a free page is not gone.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "query_only", access == Access::Read)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(())
}

/// Copies the log into the file: after a crash nothing may be acknowledged before the log proves to
/// be readable whole.
fn prove(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let is_busy: bool = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(StoreError::Sqlite)?;
    if is_busy {
        return Err(StoreError::Place(format!(
            "{} is held by another program: its log cannot be copied into it",
            path.display()
        )));
    }
    Ok(())
}

impl Driver for SqliteDriver {
    fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    fn is_scratch(&self) -> bool {
        self.is_scratch
    }

    fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        let sql = match access {
            Access::Read => "BEGIN",
            Access::Write => "BEGIN IMMEDIATE",
        };
        self.with_statement(sql, |statement| statement.execute([]).map(|_| ()))
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        match self.with_statement("COMMIT", |statement| statement.execute([]).map(|_| ())) {
            Ok(()) => Ok(()),
            Err(error) => {
                // A transaction that is left open would be in the way of the next one.
                let _rolled_back = self.roll_back();
                if error.fault() == Fault::Retry {
                    return Err(error);
                }
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                Err(StoreError::CommitUnknown(cause.unwrap_or_default()))
            }
        }
    }

    fn roll_back(&mut self) -> Result<(), StoreError> {
        self.with_statement("ROLLBACK", |statement| statement.execute([]).map(|_| ()))
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection
            .execute_batch(sql)
            .map_err(StoreError::Sqlite)
    }

    fn compact(&mut self) -> Result<(), StoreError> {
        // The write-ahead log goes with the pages: it holds both what was and what is.
        self.batch("VACUUM")?;
        let is_busy: bool = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(StoreError::Sqlite)?;
        if is_busy {
            return Err(StoreError::Place(
                "somebody reads from the database all the time: its log cannot be emptied"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn execute_many(&mut self, sql: &'static str, lists: &[Vec<Value>]) -> Result<u64, StoreError> {
        self.with_statement(sql, |statement| {
            let changed = lists.iter().map(|values| {
                let changed = statement.execute(rusqlite::params_from_iter(values))?;
                Ok(changed as u64)
            });
            changed.sum()
        })
    }

    fn query_many(
        &mut self,
        sql: &'static str,
        lists: &[Vec<Value>],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        self.with_statement(sql, |statement| {
            let columns = statement.column_count();
            let mut answers = Vec::with_capacity(lists.len());
            for values in lists {
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                let mut answer = Vec::new();
                while let Some(row) = rows.next()? {
                    let values = (0..columns).map(|place| value(row, place));
                    answer.push(Row::new(values.collect::<Result<_, _>>()?));
                }
                answers.push(answer);
            }
            Ok(answers)
        })
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

fn value(row: &rusqlite::Row<'_>, place: usize) -> Result<Value, rusqlite::Error> {
    Ok(match row.get_ref(place)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return Err(rusqlite::Error::InvalidQuery),
    })
}

/// Writes `$n` as `?n`: SQLite numbers `$n` by first appearance and would swap values silently.
fn translate(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut is_quoted = false;
    for c in sql.chars() {
        is_quoted ^= c == '\'';
        text.push(if c == '$' && !is_quoted { '?' } else { c });
    }
    text
}

/// Says whether an error may be gone the next time.
pub(super) fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Says whether a file is damaged, or is no database.
pub(super) fn is_damaged(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Says whether a transaction lost against another and can simply be run again.
pub(super) fn is_lost_race(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::{SqliteDriver, translate};
    use crate::store::conn::{Access, Driver as _};
    use crate::store::value::Value;

    #[test]
    fn prepares_no_statement_anew_for_other_values() {
        const SQL: &str = "SELECT name FROM sqlite_schema WHERE name LIKE $1 LIMIT $2";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.sqlite");
        let mut driver = SqliteDriver::open(&path, Access::Write).unwrap();
        let lists: Vec<Vec<Value>> = (1_i64..9)
            .map(|most| vec![format!("{most}%").into(), most.into()])
            .collect();
        driver.query_many(SQL, &lists).unwrap();
        let prepared = driver.connection.prepare_cached(&translate(SQL)).unwrap();
        assert_eq!(prepared.get_status(StatementStatus::Run), 8);
        assert_eq!(prepared.get_status(StatementStatus::RePrepare), 0);
    }

    #[test]
    fn numbers_values_by_their_number_and_not_by_appearance() {
        assert_eq!(translate("SELECT $2, '$1', $1"), "SELECT ?2, '$1', ?1");
    }
}
