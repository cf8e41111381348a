//! The PostgreSQL driver: one connection, statements prepared once, lists of values pipelined.

mod rows;

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::runtime::Runtime;
use tokio_postgres::config::Host;
use tokio_postgres::error::{DbError, Severity, SqlState};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, Statement};
use tracing::info;

use super::StoreError;
use super::conn::{Access, Driver, Engine};
use super::value::{Row, Value};
use rows::{Insertion, together};

/// How long connecting to the server may take, and as long again until it is ready for work.
const CONNECT: Duration = Duration::from_secs(5);

/// How long to wait after a server that could not be reached.
const PAUSE: Duration = Duration::from_millis(500);

/// The tables that are twice as large as when the server last looked at them: it would go on choosing plans for
/// small ones until its autovacuum comes round, a minute or more after a first roster.
const OUTGROWN: &str = "SELECT c.relname::text FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = current_schema() AND c.relkind = 'r'
         AND pg_relation_size(c.oid)
             > 2 * current_setting('block_size')::bigint * greatest(c.relpages, 8)
     ORDER BY c.relname";

/// A connection to a PostgreSQL server, opened again when it was lost between two transactions.
pub struct PostgresDriver {
    runtime: Runtime,
    config: Config,
    setup: String,
    client: Client,
    /// By their texts, and for how many rows.
    statements: HashMap<(&'static str, usize), Statement>,
}

impl std::fmt::Debug for PostgresDriver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PostgresDriver")
            .finish_non_exhaustive()
    }
}

impl PostgresDriver {
    /// Connects, and makes the schema where there is none.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the server cannot be reached or refuses.
    pub fn open(url: &str, schema: &str) -> Result<Self, StoreError> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
        };
        if !is_name(schema) {
            return Err(StoreError::Place(format!(
                "{schema:?} is not a schema's name"
            )));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::Place(error.to_string()))?;
        let mut config: Config = url.parse().map_err(StoreError::Postgres)?;
        local(&config)?;
        config.connect_timeout(CONNECT);
        let setup = format!(
            "SET client_min_messages = warning;
             SET application_name TO {schema};
             CREATE SCHEMA IF NOT EXISTS {schema};
             SET search_path TO {schema};
             SET synchronous_commit TO on;"
        );
        Ok(Self {
            client: connect(&runtime, &config, &setup)?,
            runtime,
            config,
            setup,
            statements: HashMap::new(),
        })
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        match connect(&self.runtime, &self.config, &self.setup) {
            Ok(client) => {
                self.client = client;
                // They were prepared on the connection that is gone.
                self.statements.clear();
                info!("Connected to PostgreSQL again");
                Ok(())
            }
            Err(failure) => {
                // Whoever asked tries again; not faster than a server can start.
                // Made within the runtime, without which there is no clock to sleep by.
                self.runtime
                    .block_on(async { tokio::time::sleep(PAUSE).await });
                Err(failure)
            }
        }
    }

    fn statement(&mut self, sql: &'static str) -> Result<Statement, StoreError> {
        self.prepared((sql, 1), || sql.to_owned())
    }

    fn prepared(
        &mut self,
        key: (&'static str, usize),
        text: impl FnOnce() -> String,
    ) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(&key) {
            return Ok(statement.clone());
        }
        let prepared = self.runtime.block_on(self.client.prepare(&text()));
        let statement = prepared.map_err(StoreError::Postgres)?;
        self.statements.insert(key, statement.clone());
        Ok(statement)
    }

    /// Inserts rows, many by one statement.
    fn insert(
        &mut self,
        sql: &'static str,
        insertion: Insertion,
        lists: &[Vec<Value>],
    ) -> Result<u64, StoreError> {
        let mut parts = Vec::new();
        for part in together(lists) {
            let values = part.first().map_or(0, Vec::len);
            let text = || insertion.of(part.len(), values);
            parts.push((self.prepared((sql, part.len()), text)?, part.concat()));
        }
        let client = &self.client;
        let running = parts
            .iter()
            .map(|(statement, values)| client.execute_raw(statement, values));
        self.changed(try_join_all(running))
    }

    /// Waits until statements are through, and says how many rows they changed.
    fn changed(
        &self,
        running: impl Future<Output = Result<Vec<u64>, tokio_postgres::Error>>,
    ) -> Result<u64, StoreError> {
        let changed = self.runtime.block_on(running);
        Ok(changed.map_err(StoreError::Postgres)?.iter().sum())
    }

    fn command(&self, sql: &str) -> Result<(), StoreError> {
        self.runtime
            .block_on(self.client.batch_execute(sql))
            .map_err(StoreError::Postgres)
    }
}

impl Driver for PostgresDriver {
    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        let sql = match access {
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Access::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        match self.command(sql) {
            Err(StoreError::Postgres(error)) if is_lost(&error) => {
                self.reopen()?;
                self.command(sql)
            }
            outcome => outcome,
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        match self.command("COMMIT") {
            Err(StoreError::Postgres(error)) if is_refusal(&error) => {
                Err(StoreError::Postgres(error))
            }
            Err(error) => Err(StoreError::CommitUnknown(error.to_string())),
            Ok(()) => Ok(()),
        }
    }

    fn roll_back(&mut self) -> Result<(), StoreError> {
        self.command("ROLLBACK")
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.command(sql)
    }

    fn compact(&mut self) -> Result<(), StoreError> {
        let tables = self.query_many(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()
             ORDER BY tablename",
            &[Vec::new()],
        )?;
        for row in tables.iter().flatten() {
            self.command(&format!("VACUUM FULL {}", row.text(0)?))?;
        }
        Ok(())
    }

    fn analyze(&mut self) -> Result<u64, StoreError> {
        let tables = self.query_many(OUTGROWN, &[Vec::new()])?;
        let mut analyzed = 0;
        for row in tables.iter().flatten() {
            // One that somebody else looks at just now is left to them.
            self.command(&format!("ANALYZE (SKIP_LOCKED) {}", row.text(0)?))?;
            analyzed += 1;
        }
        Ok(analyzed)
    }

    fn execute_many(&mut self, sql: &'static str, lists: &[Vec<Value>]) -> Result<u64, StoreError> {
        if let [_, _, ..] = lists
            && let Some(insertion) = Insertion::read(sql)
        {
            return self.insert(sql, insertion, lists);
        }
        let statement = self.statement(sql)?;
        let client = &self.client;
        let running = lists
            .iter()
            .map(|values| client.execute_raw(&statement, values));
        self.changed(try_join_all(running))
    }

    fn query_many(
        &mut self,
        sql: &'static str,
        lists: &[Vec<Value>],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let statement = self.statement(sql)?;
        let client = &self.client;
        let running = lists.iter().map(|values| {
            let statement = &statement;
            async move {
                let values: Vec<&(dyn ToSql + Sync)> = values
                    .iter()
                    .map(|value| -> &(dyn ToSql + Sync) { value })
                    .collect();
                client.query(statement, &values).await
            }
        });
        let answers = self
            .runtime
            .block_on(try_join_all(running))
            .map_err(StoreError::Postgres)?;
        answers
            .iter()
            .map(|rows| rows.iter().map(row).collect())
            .collect()
    }
}

fn row(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let values = (0..row.len()).map(|place| row.try_get::<_, Value>(place));
    Ok(Row::new(
        values
            .collect::<Result<_, _>>()
            .map_err(StoreError::Postgres)?,
    ))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(value) if *kind == Type::INT4 => i32::try_from(*value)?.to_sql(kind, out),
            Self::Integer(value) => value.to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
            Self::Bytes(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT, Type::BYTEA].contains(kind)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Self::Integer(i64::from_sql(kind, raw)?),
            Type::INT4 => Self::Integer(i64::from(i32::from_sql(kind, raw)?)),
            Type::BYTEA => Self::Bytes(raw.to_vec()),
            _ => Self::Text(String::from_sql(kind, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        [
            Type::INT8,
            Type::INT4,
            Type::TEXT,
            Type::VARCHAR,
            Type::BYTEA,
        ]
        .contains(kind)
    }
}

fn connect(runtime: &Runtime, config: &Config, setup: &str) -> Result<Client, StoreError> {
    let (client, connection) = runtime
        .block_on(config.connect(NoTls))
        .map_err(StoreError::Postgres)?;
    runtime.spawn(async move {
        // A lost connection shows at the next statement.
        let _lost = connection.await;
    });
    let ready = async { tokio::time::timeout(CONNECT, client.batch_execute(setup)).await };
    match runtime.block_on(ready) {
        Ok(outcome) => outcome.map_err(StoreError::Postgres)?,
        Err(_) => return Err(StoreError::Silent),
    }
    Ok(client)
}

/// Refuses a server on another machine: this program speaks to it without TLS, and names and
/// addresses would cross the network in the clear.
fn local(config: &Config) -> Result<(), StoreError> {
    let is_here = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    let other = config.get_hosts().iter().find(|host| !is_here(host));
    if other.is_none() && config.get_hostaddrs().iter().all(IpAddr::is_loopback) {
        return Ok(());
    }
    Err(StoreError::Place(
        "the database server is on another machine, and this program does not speak TLS to it: \
         name a socket or 127.0.0.1 where a tunnel of this machine (stunnel, PgBouncer) listens \
         that does"
            .to_owned(),
    ))
}

/// Says whether the connection is gone.
fn is_lost(error: &tokio_postgres::Error) -> bool {
    let is_ended = |error: &DbError| {
        matches!(
            error.parsed_severity(),
            Some(Severity::Fatal | Severity::Panic)
        )
    };
    error.is_closed()
        || error.source().is_some_and(|cause| cause.is::<io::Error>())
        || error.as_db_error().is_some_and(is_ended)
}

/// Says whether the server answered a commit, and did not commit. One that ends the connection has
/// said nothing: it may have committed before.
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some()
        && !is_lost(error)
        && error.code() != Some(&SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN)
}

/// Says whether an error may be gone the next time: the connection, a race, or what the server lacks
/// for now (class 53).
pub(super) fn is_passing(error: &tokio_postgres::Error) -> bool {
    let lacks = |code: &SqlState| code.code().starts_with("53");
    is_lost(error) || is_lost_race(error) || error.code().is_some_and(lacks)
}

/// Says whether a transaction lost against another and can simply be run again. Of two that append to the
/// evidence at one place the server tells the second sometimes of the key that the first has taken.
pub(super) fn is_lost_race(error: &tokio_postgres::Error) -> bool {
    let is_lost = |code: &SqlState| {
        *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
    };
    let is_taken = |error: &DbError| {
        *error.code() == SqlState::UNIQUE_VIOLATION
            && error
                .constraint()
                .is_some_and(|key| key.starts_with("evidence_"))
    };
    error.code().is_some_and(is_lost) || error.as_db_error().is_some_and(is_taken)
}

#[cfg(test)]
mod tests {
    use savin_shared::fault::Fault;

    use super::{PostgresDriver, local};
    use crate::store::conn::Tx;
    use crate::store::migrate::Schema;
    use crate::store::testing::places;
    use crate::store::{Place, Store};

    /// A database of one table that grows.
    const SCHEMA: Schema = Schema {
        name: "words",
        migrations: &[(
            "0001_word",
            "CREATE TABLE word (word TEXT NOT NULL, number {int} NOT NULL) {strict};",
        )],
    };

    #[test]
    fn goes_to_no_other_machine_without_tls() {
        for here in [
            "postgres://savin@127.0.0.1:5432/savin",
            "postgres://savin@localhost/savin",
            "postgres://savin@[::1]:5432/savin",
            "postgres://savin@%2Fvar%2Frun%2Fpostgresql/savin",
            "host=localhost hostaddr=127.0.0.1 user=savin",
        ] {
            let config = here.parse().unwrap();
            assert!(local(&config).is_ok(), "{here}");
        }
        for elsewhere in [
            "postgres://savin:secret@db.example.test/savin",
            "postgres://savin@10.0.0.7/savin",
            "postgres://savin@127.0.0.1,10.0.0.7/savin",
            "host=localhost hostaddr=10.0.0.7 user=savin",
        ] {
            let config = elsewhere.parse().unwrap();
            let refused = local(&config).unwrap_err().to_string();
            assert!(
                refused.contains("TLS") && !refused.contains("secret"),
                "{refused}"
            );
        }
    }

    #[test]
    fn looks_again_at_a_table_that_has_outgrown_what_the_server_knows_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let [_, place] = places(folder.path(), "outgrown");
        let store = Store::open(&place, &SCHEMA).unwrap();
        let known = || {
            let read = |tx: &mut Tx<'_>| {
                let known = "SELECT greatest(reltuples, 0)::bigint FROM pg_class
                     WHERE oid = 'word'::regclass";
                tx.query_optional(known, &[])?.unwrap().integer(0)
            };
            store.read_now("known", read).unwrap()
        };
        let analyze = || store.analyze_now().unwrap();
        assert_eq!(analyze(), 0, "nothing is there yet");
        let fill = |from: i64, to: i64| {
            let write = move |tx: &mut Tx<'_>| {
                let words: Vec<_> = (from..to)
                    .map(|number| vec![format!("word {number}").into(), number.into()])
                    .collect();
                tx.execute_many("INSERT INTO word (word, number) VALUES ($1, $2)", &words)
            };
            store.write_now("fill", write).unwrap();
        };
        fill(0, 5_000);
        assert_eq!((analyze(), known()), (1, 5_000));
        assert_eq!(analyze(), 0, "it is known");
        fill(5_000, 5_100);
        assert_eq!(analyze(), 0, "a little more changes no plan");
        fill(5_100, 20_000);
        assert_eq!((analyze(), known()), (1, 20_000));
    }

    #[test]
    fn waits_for_a_server_that_cannot_be_reached() {
        let folder = tempfile::tempdir().unwrap();
        let [_, Place::Server { url, schema }] = places(folder.path(), "unreachable") else {
            panic!("a server")
        };
        let mut driver = PostgresDriver::open(&url, &schema).unwrap();
        driver.config = "postgres://savin@127.0.0.1:1/postgres".parse().unwrap();
        let failure = driver.reopen().unwrap_err();
        assert_eq!(failure.fault(), Fault::Retry, "{failure}");
    }
}
