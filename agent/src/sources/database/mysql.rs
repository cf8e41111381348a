//! MySQL and MariaDB, by the synchronous client in pure Rust.
//!
//! A look is one read-only transaction with a consistent snapshot. The time zone of the session is the
//! server's, as the jail system itself has it: a `TIMESTAMP` is read as the jail sees it. The client is
//! built without TLS, for which it wants another library than ours, so that the server must be here.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use mysql::consts::ColumnType;
use mysql::prelude::Queryable as _;
use mysql::{Column, Conn, Error, OptsBuilder, Row, Value};
use tracing::warn;

use super::access::{Access, Server};
use super::engine::Engine;
use super::error::DatabaseError;
use super::table::Table;

/// How long the network may take beyond what the server is allowed.
const GRACE: Duration = Duration::from_secs(5);

/// How many seconds a look waits for a lock of the jail system.
const LOCK_S: u64 = 2;

/// The character set of what is no text.
const BINARY: u16 = 63;

/// Rights beyond reading, as `SHOW GRANTS` writes them.
const WRITES: [&str; 8] = [
    "ALL PRIVILEGES",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "ALTER",
    "SUPER",
];

/// A MySQL or MariaDB server.
#[derive(Debug)]
pub(super) struct Mysql {
    access: Access,
    timeout: Duration,
    connection: Option<Conn>,
    /// The questions that were found to be one each, on this connection.
    known: BTreeSet<String>,
    has_warned: bool,
}

impl Mysql {
    /// Asks a server; a question may take so long.
    pub(super) const fn new(access: Access, timeout: Duration) -> Self {
        Self {
            access,
            timeout,
            connection: None,
            known: BTreeSet::new(),
            has_warned: false,
        }
    }

    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Conn) -> Result<T, Error>,
    ) -> Result<T, DatabaseError> {
        let Some(connection) = &mut self.connection else {
            return Err(DatabaseError::Unreachable {
                server: self.access.server.label(),
                reason: "not connected".to_owned(),
            });
        };
        work(connection).map_err(|error| failed(&self.access, self.timeout, error))
    }

    fn connect(&mut self) -> Result<(), DatabaseError> {
        let options = options(&self.access, self.timeout)?;
        let connection = Conn::new(options);
        let connection = connection.map_err(|error| failed(&self.access, self.timeout, error))?;
        self.connection = Some(connection);
        let (seconds, milliseconds) = (self.timeout.as_secs().max(1), self.timeout.as_millis());
        let grants: Vec<String> = self.with(|connection| {
            let version: Option<String> = connection.query_first("SELECT VERSION()")?;
            let limit = if version.is_some_and(|version| version.contains("MariaDB")) {
                format!("max_statement_time = {seconds}")
            } else {
                format!("max_execution_time = {milliseconds}")
            };
            let lock = LOCK_S.min(seconds);
            connection.query_drop(format!(
                "SET SESSION {limit}, lock_wait_timeout = {lock}, innodb_lock_wait_timeout = {lock}"
            ))?;
            connection.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
            connection.query_drop("SET SESSION TRANSACTION READ ONLY")?;
            connection.query("SHOW GRANTS")
        })?;
        if could_write(&grants) && !self.has_warned {
            warn!(
                user = self.access.user,
                "The login could write to the booking database: make one that can only read"
            );
            self.has_warned = true;
        }
        Ok(())
    }
}

impl Engine for Mysql {
    fn begin(&mut self, _: Instant) -> Result<(), DatabaseError> {
        const BEGIN: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
        let begin = |connection: &mut Conn| connection.query_drop(BEGIN);
        if self.connection.is_some() && self.with(begin).is_ok() {
            return Ok(());
        }
        // The first look, or the server ended the connection since the last one.
        self.close();
        self.connect()?;
        self.with(begin)
    }

    fn ask(&mut self, sql: &str) -> Result<Table, DatabaseError> {
        if !self.known.contains(sql) {
            // Refuses several statements in one.
            self.with(|connection| {
                let prepared = connection.prep(sql)?;
                connection.close(prepared)
            })?;
            self.known.insert(sql.to_owned());
        }
        self.with(|connection| {
            let mut answer = connection.query_iter(sql)?;
            let Some(rows) = answer.iter() else {
                return Ok(Err(DatabaseError::NoColumns));
            };
            let columns = rows.columns();
            let columns: Vec<Column> = columns.as_ref().to_vec();
            let names = columns.iter().map(|column| column.name_str().into_owned());
            let mut table = Table::new(names.collect());
            for row in rows {
                if let Err(too_large) = table.add(cells(&columns, &row?)) {
                    return Ok(Err(too_large.into()));
                }
            }
            Ok(Ok(table))
        })?
    }

    fn end(&mut self) -> Result<(), DatabaseError> {
        self.with(|connection| connection.query_drop("COMMIT"))
    }

    fn close(&mut self) {
        self.connection = None;
        self.known.clear();
    }
}

fn cells<'a>(columns: &'a [Column], row: &'a Row) -> impl Iterator<Item = Option<Cow<'a, str>>> {
    columns
        .iter()
        .enumerate()
        .map(|(place, column)| match row.as_ref(place)? {
            Value::NULL => None,
            Value::Bytes(bytes) => text(column, bytes),
            // Not sent in answers that are text.
            value @ (Value::Int(_)
            | Value::UInt(_)
            | Value::Float(_)
            | Value::Double(_)
            | Value::Date(..)
            | Value::Time(..)) => {
                Some(Cow::Owned(value.as_sql(true).trim_matches('\'').to_owned()))
            }
        })
}

/// Returns a value as text: none for what is no text, such as pictures.
fn text<'a>(column: &Column, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
    let is_binary = column.character_set() == BINARY;
    let kind = column.column_type();
    if kind == ColumnType::MYSQL_TYPE_BIT {
        let number = bytes
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        return Some(Cow::Owned(number.to_string()));
    }
    let is_blob = [
        ColumnType::MYSQL_TYPE_BLOB,
        ColumnType::MYSQL_TYPE_TINY_BLOB,
        ColumnType::MYSQL_TYPE_MEDIUM_BLOB,
        ColumnType::MYSQL_TYPE_LONG_BLOB,
        ColumnType::MYSQL_TYPE_GEOMETRY,
    ]
    .contains(&kind);
    if is_binary && is_blob {
        return None;
    }
    if is_binary {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    Some(String::from_utf8_lossy(bytes))
}

fn options(access: &Access, timeout: Duration) -> Result<OptsBuilder, DatabaseError> {
    let wait = Some(timeout.saturating_add(GRACE));
    let password = access.password()?;
    let options = OptsBuilder::new()
        .user(Some(&access.user))
        .pass(password.as_ref().map(|password| password.reveal().as_str()))
        .db_name(Some(&access.database))
        .prefer_socket(false)
        .stmt_cache_size(0)
        .tcp_connect_timeout(Some(GRACE))
        .read_timeout(wait)
        .write_timeout(wait);
    Ok(match &access.server {
        Server::Socket(path) => options.socket(Some(path.to_string_lossy())),
        Server::Host { name, port } => {
            let options = options.ip_or_hostname(Some(name.as_str()));
            match port {
                Some(port) => options.tcp_port(*port),
                None => options,
            }
        }
    })
}

fn could_write(grants: &[String]) -> bool {
    grants.iter().any(|grant| {
        let grant = grant.to_uppercase();
        let rights = grant.split(" ON ").next().unwrap_or_default();
        WRITES.iter().any(|right| rights.contains(right))
    })
}

fn failed(access: &Access, timeout: Duration, error: Error) -> DatabaseError {
    match error {
        Error::MySqlError(said) => match said.code {
            // No lock, cancelled for its time (MySQL, MariaDB), cancelled.
            1205 | 3024 | 1969 | 1317 => DatabaseError::TimedOut(timeout),
            1292 | 1366 => DatabaseError::refused("22007", ""),
            code => {
                let code = format!("{} ({code})", said.state);
                DatabaseError::refused(&code, &said.message)
            }
        },
        Error::IoError(cause)
            if matches!(cause.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) =>
        {
            DatabaseError::TimedOut(timeout)
        }
        // A value that could not be read is not quoted.
        Error::FromValueError(_) | Error::FromRowError(_) => {
            unreachable(access, "an answer of another kind than was asked for")
        }
        error @ (Error::IoError(_)
        | Error::CodecError(_)
        | Error::DriverError(_)
        | Error::UrlError(_)) => unreachable(access, &error.to_string()),
    }
}

fn unreachable(access: &Access, reason: &str) -> DatabaseError {
    DatabaseError::Unreachable {
        server: access.server.label(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::could_write;

    #[test]
    fn tells_a_login_that_could_write() {
        let says = |grants: &[&str]| {
            let grants: Vec<String> = grants.iter().map(|grant| (*grant).to_owned()).collect();
            could_write(&grants)
        };
        assert!(!says(&[
            "GRANT USAGE ON *.* TO `reader`@`%`",
            "GRANT SELECT, SHOW VIEW ON `jail`.`update_view` TO `reader`@`%`",
        ]));
        assert!(says(&["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost`"]));
        assert!(says(&["GRANT SELECT, UPDATE ON `jail`.* TO `clerk`@`%`"]));
    }
}
