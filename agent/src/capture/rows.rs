//! Rows of any source, read one at a time, so that a large roster is never in memory twice.

use thiserror::Error;

use crate::format::cells::Cells;
use crate::format::csv::{CsvError, CsvRows};

/// Rows of any source, read one at a time.
pub trait Rows {
    /// Returns the names of the columns.
    fn columns(&self) -> &[String];

    /// Reads the next row: its line or number, and its cells.
    ///
    /// # Errors
    /// Returns [`RowsError`] when the source is not whole; nothing of it is then taken.
    fn next_row(&mut self) -> Result<Option<(u64, &dyn Cells)>, RowsError>;
}

impl Rows for CsvRows<'_> {
    fn columns(&self) -> &[String] {
        CsvRows::columns(self)
    }

    fn next_row(&mut self) -> Result<Option<(u64, &dyn Cells)>, RowsError> {
        match CsvRows::next_row(self)? {
            Some((line, record)) => Ok(Some((line, record))),
            None => Ok(None),
        }
    }
}

/// Why rows could not be read.
#[derive(Debug, Error)]
pub enum RowsError {
    /// The file is not whole.
    #[error(transparent)]
    Csv(#[from] CsvError),
}
