//! The few things that a repository function asks of either engine.

use super::StoreError;
use super::value::{Row, Value};

/// Which engine a database is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Embedded SQLite.
    Sqlite,
    /// PostgreSQL, or what speaks like it.
    Postgres,
}

impl Engine {
    /// Returns its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Whether a transaction writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It only reads.
    Read,
    /// It writes.
    Write,
}

/// One connection of either engine.
pub trait Driver: Send {
    /// Returns which engine it is.
    fn engine(&self) -> Engine;

    /// Says whether the database is thrown away in the end: nobody asks it for evidence.
    fn is_scratch(&self) -> bool {
        false
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// Returns what the engine returns.
    fn begin(&mut self, access: Access) -> Result<(), StoreError>;

    /// Makes the transaction durable.
    ///
    /// # Errors
    /// Returns [`StoreError::CommitUnknown`] when it is not known whether it is.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Forgets the transaction.
    ///
    /// # Errors
    /// Returns what the engine returns.
    fn roll_back(&mut self) -> Result<(), StoreError>;

    /// Runs statements without values: a migration.
    ///
    /// # Errors
    /// Returns what the engine returns.
    fn batch(&mut self, sql: &str) -> Result<(), StoreError>;

    /// Writes every table anew without what was deleted from it, outside a transaction.
    ///
    /// # Errors
    /// Returns what the engine returns.
    fn compact(&mut self) -> Result<(), StoreError>;

    /// Has the engine look again at tables that have outgrown what it knows of them, outside a transaction;
    /// returns how many. An embedded engine needs none of it: its statements leave no choice.
    ///
    /// # Errors
    /// Returns what the engine returns.
    fn analyze(&mut self) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// Runs one statement for each list of values and returns how many rows they changed.
    ///
    /// # Errors
    /// Returns what the engine returns.
    fn execute_many(&mut self, sql: &'static str, lists: &[Vec<Value>]) -> Result<u64, StoreError>;

    /// Asks one question for each list of values.
    ///
    /// # Errors
    /// Returns what the engine returns.
    fn query_many(
        &mut self,
        sql: &'static str,
        lists: &[Vec<Value>],
    ) -> Result<Vec<Vec<Row>>, StoreError>;
}

/// One open transaction.
pub struct Tx<'a> {
    driver: &'a mut dyn Driver,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Tx")
            .field("engine", &self.driver.engine())
            .finish_non_exhaustive()
    }
}

impl<'a> Tx<'a> {
    pub(super) fn new(driver: &'a mut dyn Driver) -> Self {
        Self { driver }
    }

    /// Runs a statement and returns how many rows it changed.
    ///
    /// # Errors
    /// Returns what the engine returns.
    pub fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, StoreError> {
        self.driver.execute_many(sql, &[values.to_vec()])
    }

    /// Runs a statement that must change exactly one row.
    ///
    /// # Errors
    /// Returns [`StoreError::Count`] when it changed another number.
    pub fn execute_one(
        &mut self,
        what: &'static str,
        sql: &'static str,
        values: &[Value],
    ) -> Result<(), StoreError> {
        match self.execute(sql, values)? {
            1 => Ok(()),
            found => Err(StoreError::Count {
                what,
                expected: 1,
                found,
            }),
        }
    }

    /// Runs one statement for each list of values.
    ///
    /// # Errors
    /// Returns what the engine returns.
    pub fn execute_many(
        &mut self,
        sql: &'static str,
        lists: &[Vec<Value>],
    ) -> Result<(), StoreError> {
        if lists.is_empty() {
            return Ok(());
        }
        self.driver.execute_many(sql, lists).map(|_| ())
    }

    /// Asks a question.
    ///
    /// # Errors
    /// Returns what the engine returns.
    pub fn query(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut answers = self.driver.query_many(sql, &[values.to_vec()])?;
        Ok(answers.pop().unwrap_or_default())
    }

    /// Asks a question that has one answer or none.
    ///
    /// # Errors
    /// Returns what the engine returns.
    pub fn query_optional(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, values)?.into_iter().next())
    }

    /// Asks one question for each list of values; the answers are in the same order.
    ///
    /// # Errors
    /// Returns what the engine returns.
    pub fn query_many(
        &mut self,
        sql: &'static str,
        lists: &[Vec<Value>],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        if lists.is_empty() {
            return Ok(Vec::new());
        }
        self.driver.query_many(sql, lists)
    }

    /// Takes numbers from a counter, which serialises all who do so until they commit: whoever
    /// reads on by these numbers never passes one that is not visible yet.
    ///
    /// # Errors
    /// Returns what the engine returns.
    pub fn take_numbers(&mut self, counter: &'static str, many: u64) -> Result<i64, StoreError> {
        let row = self.query_optional(
            "INSERT INTO counter (name, next) VALUES ($1, 1 + $2)
             ON CONFLICT (name) DO UPDATE SET next = counter.next + $2
             RETURNING next",
            crate::values![counter, i64::try_from(many).unwrap_or(i64::MAX)],
        )?;
        let next = row.ok_or(StoreError::Damaged("a counter"))?.integer(0)?;
        Ok(next.saturating_sub(i64::try_from(many).unwrap_or(i64::MAX)))
    }

    /// Returns which engine it is, for the few questions that each must be asked in its own words.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.driver.engine()
    }

    /// Says whether the database is thrown away in the end: nobody asks it for evidence.
    #[must_use]
    pub fn is_scratch(&self) -> bool {
        self.driver.is_scratch()
    }
}
