//! PostgreSQL, by `tokio-postgres` on a runtime of its own: a look blocks its own thread and no other.
//!
//! A look is one `REPEATABLE READ READ ONLY` transaction, so that cursor and query speak of the same
//! moment and nothing can be written. Values are taken as the server writes them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Runtime;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::Type;
use tokio_postgres::{
    Client, Config, Connection, Error, NoTls, SimpleQueryMessage, SimpleQueryRow, Socket,
};
use tracing::warn;

use super::access::{Access, Server};
use super::engine::Engine;
use super::error::DatabaseError;
use super::table::Table;
use super::tls::Tls;

/// How long the network may take beyond what the server is allowed.
const GRACE: Duration = Duration::from_secs(5);

/// How long a look waits for a lock of the jail system.
const LOCK: Duration = Duration::from_secs(2);

/// Whether the login could write anywhere outside the server's own tables.
const COULD_WRITE: &str = "\
    SELECT rolsuper OR EXISTS (
        SELECT FROM pg_catalog.pg_class AS relation
        JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
        WHERE relation.relkind IN ('r', 'p')
          AND namespace.nspname NOT LIKE 'pg\\_%' AND namespace.nspname <> 'information_schema'
          AND pg_catalog.has_table_privilege(relation.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
    FROM pg_catalog.pg_roles WHERE rolname = current_user";

/// A PostgreSQL server.
pub(super) struct Postgres {
    access: Access,
    timeout: Duration,
    runtime: Option<Runtime>,
    session: Option<Session>,
    has_warned: bool,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Postgres")
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A runtime may not wait for its end inside of another.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A connection, and what is known of the questions that were asked on it.
struct Session {
    client: Client,
    columns: BTreeMap<String, Vec<Column>>,
}

/// A column of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Column {
    name: String,
    kind: Kind,
}

/// How a value's text is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// Written with the hours only of its offset, which is none.
    Moment,
    /// Not text at all: pictures and fingerprints.
    Bytes,
}

impl Postgres {
    /// Asks a server; a question may take so long.
    pub(super) const fn new(access: Access, timeout: Duration) -> Self {
        Self {
            access,
            timeout,
            runtime: None,
            session: None,
            has_warned: false,
        }
    }

    /// Drives a future to its end, for so long.
    fn drive<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let (Some(runtime), Some(session)) = (&self.runtime, &mut self.session) else {
            return Err(unreachable(&self.access, "not connected"));
        };
        let limit = self.timeout.saturating_add(GRACE);
        let outcome = runtime.block_on(async { tokio::time::timeout(limit, work(session)).await });
        outcome.unwrap_or(Err(DatabaseError::TimedOut(limit)))
    }

    fn command(&mut self, sql: &'static str) -> Result<(), DatabaseError> {
        let (access, timeout) = (self.access.clone(), self.timeout);
        self.drive(async |session| {
            let done = session.client.batch_execute(sql).await;
            done.map_err(|error| failed(&access, timeout, &error))
        })
    }

    fn connect(&mut self) -> Result<(), DatabaseError> {
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(DatabaseError::File)?,
        };
        let runtime = self.runtime.insert(runtime);
        let config = config(&self.access)?;
        let limit = self.timeout.saturating_add(GRACE);
        let client = match &self.access.ca_file {
            Some(file) => {
                let connecting = config.connect(Tls::trusting(file)?);
                connected(runtime, limit, connecting)
            }
            None => connected(runtime, limit, config.connect(NoTls)),
        };
        let client = client.map_err(|failure| match failure {
            Some(error) => failed(&self.access, self.timeout, &error),
            None => DatabaseError::TimedOut(limit),
        })?;
        self.session = Some(Session {
            client,
            columns: BTreeMap::new(),
        });
        let setup = format!(
            "SET default_transaction_read_only = on; SET statement_timeout = {}; \
             SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; \
             SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET client_encoding = 'UTF8'",
            self.timeout.as_millis(),
            LOCK.min(self.timeout).as_millis(),
            limit.as_millis(),
        );
        let (access, timeout) = (self.access.clone(), self.timeout);
        let could_write = self.drive(async |session| {
            let failed = |error| failed(&access, timeout, &error);
            session.client.batch_execute(&setup).await.map_err(failed)?;
            let answer = session.client.simple_query(COULD_WRITE).await;
            Ok(answer.map_err(failed)?.iter().any(
                |message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("t")),
            ))
        })?;
        if could_write && !self.has_warned {
            warn!(
                user = self.access.user,
                "The login could write to the booking database: make one that can only read"
            );
            self.has_warned = true;
        }
        Ok(())
    }
}

impl Engine for Postgres {
    fn begin(&mut self, _: Instant) -> Result<(), DatabaseError> {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        if self.session.is_some() && self.command(BEGIN).is_ok() {
            return Ok(());
        }
        // The first look, or the server ended the connection since the last one.
        self.close();
        self.connect()?;
        self.command(BEGIN)
    }

    fn ask(&mut self, sql: &str) -> Result<Table, DatabaseError> {
        let (access, timeout) = (self.access.clone(), self.timeout);
        self.drive(async |session| {
            let failed = |error| failed(&access, timeout, &error);
            if !session.columns.contains_key(sql) {
                // Also refuses several statements in one.
                let prepared = session.client.prepare(sql).await.map_err(failed)?;
                let columns = prepared.columns().iter().map(|column| Column {
                    name: column.name().to_owned(),
                    kind: Kind::of(column.type_()),
                });
                session.columns.insert(sql.to_owned(), columns.collect());
            }
            let columns = session.columns.get(sql).map_or(&[][..], Vec::as_slice);
            let answer = session.client.simple_query_raw(sql).await.map_err(failed)?;
            let mut answer = pin!(answer);
            let mut table = None;
            while let Some(message) = answer.try_next().await.map_err(failed)? {
                if let SimpleQueryMessage::RowDescription(described) = &message {
                    let names = described.iter().map(|column| column.name().to_owned());
                    let names: Vec<String> = names.collect();
                    if !names.iter().eq(columns.iter().map(|column| &column.name)) {
                        return Err(DatabaseError::OtherColumns);
                    }
                    table = Some(Table::new(names));
                } else if let (SimpleQueryMessage::Row(row), Some(table)) = (&message, &mut table) {
                    table.add(cells(columns, row))?;
                }
            }
            table.ok_or(DatabaseError::NoColumns)
        })
    }

    fn end(&mut self) -> Result<(), DatabaseError> {
        self.command("COMMIT")
    }

    fn close(&mut self) {
        self.session = None;
    }
}

impl Kind {
    fn of(kind: &Type) -> Self {
        match *kind {
            Type::BYTEA => Self::Bytes,
            Type::TIMESTAMPTZ => Self::Moment,
            _ => Self::Text,
        }
    }
}

fn cells<'a>(
    columns: &'a [Column],
    row: &'a SimpleQueryRow,
) -> impl Iterator<Item = Option<Cow<'a, str>>> {
    columns.iter().enumerate().map(|(place, column)| {
        let text = row.try_get(place).ok().flatten()?;
        match column.kind {
            Kind::Text => Some(Cow::Borrowed(text)),
            Kind::Moment => Some(Cow::Owned(format!("{text}:00"))),
            Kind::Bytes => None,
        }
    })
}

fn config(access: &Access) -> Result<Config, DatabaseError> {
    let mut config = Config::new();
    config
        .user(&access.user)
        .dbname(&access.database)
        .application_name("savin-agent")
        .connect_timeout(GRACE)
        .ssl_mode(if access.ca_file.is_some() {
            SslMode::Require
        } else {
            SslMode::Disable
        });
    match &access.server {
        Server::Socket(folder) => config.host(folder.to_string_lossy()),
        Server::Host { name, port } => {
            if let Some(port) = port {
                config.port(*port);
            }
            config.host(name)
        }
    };
    if let Some(password) = access.password()? {
        config.password(password.reveal());
    }
    Ok(config)
}

/// Connects and leaves the connection to the runtime, which drives it whenever something is asked.
fn connected<S>(
    runtime: &Runtime,
    limit: Duration,
    connecting: impl Future<Output = Result<(Client, Connection<Socket, S>), Error>>,
) -> Result<Client, Option<Error>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    runtime.block_on(async {
        let connected = tokio::time::timeout(limit, connecting).await;
        let (client, connection) = connected.map_err(|_| None)?.map_err(Some)?;
        // What it fails with, the next question says.
        let _driven = runtime.spawn(async { connection.await.is_ok() });
        Ok(client)
    })
}

fn unreachable(access: &Access, reason: &str) -> DatabaseError {
    DatabaseError::Unreachable {
        server: access.server.label(),
        reason: reason.to_owned(),
    }
}

fn failed(access: &Access, timeout: Duration, error: &Error) -> DatabaseError {
    let Some(said) = error.as_db_error() else {
        let cause = std::error::Error::source(error);
        let reason = cause.map_or_else(|| error.to_string(), ToString::to_string);
        return unreachable(access, &reason);
    };
    match said.code().code() {
        // Cancelled for its time, or a lock that was not to be had.
        "57014" | "55P03" => DatabaseError::TimedOut(timeout),
        code => DatabaseError::refused(code, said.message()),
    }
}
