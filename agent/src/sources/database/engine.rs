//! What an engine does for itself; everything else is the same for all of them.

use std::fmt;
use std::time::Instant;

use super::error::DatabaseError;
use super::table::Table;

/// One booking database that is asked.
pub(super) trait Engine: fmt::Debug + Send {
    /// Returns a sign that costs no question and changes whenever the data may have; none where there
    /// is no such sign.
    fn sign(&mut self) -> Result<Option<String>, DatabaseError> {
        Ok(None)
    }

    /// Begins a look, and connects where there is no connection: until `end` all answers are of one
    /// moment, where the engine can do that, and nothing can be written.
    fn begin(&mut self, now: Instant) -> Result<(), DatabaseError>;

    /// Asks.
    fn ask(&mut self, sql: &str) -> Result<Table, DatabaseError>;

    /// Ends the look: the database keeps nothing for it.
    fn end(&mut self) -> Result<(), DatabaseError>;

    /// Drops the connection, whatever state it is in.
    fn close(&mut self);
}
