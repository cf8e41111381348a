//! The PostgreSQL driver: one connection, statements prepared once, lists of values pipelined.

use std::collections::HashMap;
use std::error::Error;

use futures_util::future::try_join_all;
use tokio::runtime::Runtime;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls, Statement};

use super::StoreError;
use super::conn::{Access, Driver, Engine};
use super::value::{Row, Value};

/// A connection to a PostgreSQL server.
pub struct PostgresDriver {
    runtime: Runtime,
    client: Client,
    statements: HashMap<&'static str, Statement>,
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
        let (client, connection) = runtime
            .block_on(tokio_postgres::connect(url, NoTls))
            .map_err(StoreError::Postgres)?;
        runtime.spawn(async move {
            // A lost connection shows at the next statement.
            let _lost = connection.await;
        });
        let driver = Self {
            runtime,
            client,
            statements: HashMap::new(),
        };
        let setup = format!(
            "SET client_min_messages = warning;
             CREATE SCHEMA IF NOT EXISTS {schema};
             SET search_path TO {schema};
             SET synchronous_commit TO on;"
        );
        driver
            .runtime
            .block_on(driver.client.batch_execute(&setup))
            .map_err(StoreError::Postgres)?;
        Ok(driver)
    }

    fn statement(&mut self, sql: &'static str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.runtime.block_on(self.client.prepare(sql));
        let statement = prepared.map_err(StoreError::Postgres)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
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
        self.command(match access {
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Access::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        })
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        match self.command("COMMIT") {
            // The server answered: it did not commit.
            Err(StoreError::Postgres(error)) if error.as_db_error().is_some() => {
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

    fn execute_many(
        &mut self,
        sql: &'static str,
        lists: &[Vec<Value>],
    ) -> Result<Vec<u64>, StoreError> {
        let statement = self.statement(sql)?;
        let client = &self.client;
        let running = lists
            .iter()
            .map(|values| client.execute_raw(&statement, values));
        self.runtime
            .block_on(try_join_all(running))
            .map_err(StoreError::Postgres)
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

/// Says whether an error may be gone the next time.
pub(super) fn is_passing(error: &tokio_postgres::Error) -> bool {
    error.is_closed() || is_lost_race(error)
}

/// Says whether a transaction lost against another and can simply be run again.
pub(super) fn is_lost_race(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
    })
}
