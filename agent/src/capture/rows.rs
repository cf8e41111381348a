//! Rows of any source, read one at a time, so that a large roster is never in memory twice.

use thiserror::Error;

use crate::format::cells::Cells;
use crate::format::error::FormatError;
use crate::format::layout::Place;
use crate::format::open::FileRows;

/// Rows of any source, read one at a time.
pub trait Rows {
    /// Returns the names of the columns.
    fn columns(&self) -> &[String];

    /// Reads the next row: its line or number, and its cells.
    ///
    /// # Errors
    /// Returns [`RowsError`] when the source is not whole; nothing of it is then taken.
    fn next_row(&mut self) -> Result<Option<(u64, &dyn Cells)>, RowsError>;

    /// Returns what a row's number counts.
    fn place(&self) -> Place {
        Place::Row
    }

    /// Returns what an operator should know about how the source was read, without any value.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Rows for FileRows<'_> {
    fn columns(&self) -> &[String] {
        FileRows::columns(self)
    }

    fn next_row(&mut self) -> Result<Option<(u64, &dyn Cells)>, RowsError> {
        Ok(FileRows::next_row(self)?)
    }

    fn place(&self) -> Place {
        FileRows::place(self)
    }

    fn remarks(&self) -> Vec<String> {
        FileRows::remarks(self).to_vec()
    }
}

/// Why rows could not be read.
#[derive(Debug, Error)]
pub enum RowsError {
    /// The file is not whole.
    #[error(transparent)]
    Format(#[from] FormatError),
}
