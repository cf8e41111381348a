//! Rows that were read whole, so that the jail's database is let go of before anything is done with
//! them. All text lies in one string: a roster of many small cells costs little more than itself.

use std::borrow::Cow;

use savin_shared::hash::Hash;

use crate::capture::rows::{Rows, RowsError};
use crate::format::cells::Cells;

/// Bytes of the largest answer that is read into memory.
const TABLE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The rows of a query, all of one moment.
#[derive(Debug, Default)]
pub struct Table {
    columns: Vec<String>,
    text: String,
    /// Where in the text each cell stands, row after row; `None` is NULL.
    cells: Vec<Option<(u32, u32)>>,
    rows: u64,
    /// The row that is being looked at, counted from 1.
    current: u64,
}

impl Table {
    /// Begins a table without rows.
    pub(super) fn new(columns: Vec<String>) -> Self {
        Self {
            columns,
            ..Self::default()
        }
    }

    /// Returns how many cells a row has.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Hashes columns and rows, so that two answers are compared without keeping both.
    pub(super) fn content(&self) -> Hash {
        let mut places = Vec::with_capacity(self.cells.len() * 4);
        for cell in &self.cells {
            let end = cell.map_or(u32::MAX, |(_, to)| to);
            places.extend_from_slice(&end.to_le_bytes());
        }
        let columns = self.columns.join("\0");
        Hash::tagged(
            "savin answer",
            &[columns.as_bytes(), self.text.as_bytes(), &places],
        )
    }

    /// Adds the next row's cells.
    pub(super) fn add<'a>(
        &mut self,
        cells: impl Iterator<Item = Option<Cow<'a, str>>>,
    ) -> Result<(), TooLarge> {
        for cell in cells {
            let from = self.text.len();
            self.text.push_str(cell.as_deref().unwrap_or_default());
            let span = (place(from)?, place(self.text.len())?);
            self.cells.push(cell.map(|_| span));
        }
        self.rows += 1;
        let bytes = self.text.len() + self.cells.len() * size_of::<Option<(u32, u32)>>();
        if bytes > TABLE_BYTES_MAX {
            return Err(TooLarge);
        }
        Ok(())
    }
}

/// More rows, or larger ones, than are read into memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

fn place(byte: usize) -> Result<u32, TooLarge> {
    u32::try_from(byte).map_err(|_| TooLarge)
}

impl Rows for Table {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next_row(&mut self) -> Result<Option<(u64, &dyn Cells)>, RowsError> {
        if self.current == self.rows {
            return Ok(None);
        }
        self.current += 1;
        Ok(Some((self.current, self)))
    }
}

impl Cells for Table {
    fn is_blank(&self) -> bool {
        (0..self.columns.len()).all(|position| {
            self.cell(position)
                .is_none_or(|cell| cell.trim().is_empty())
        })
    }

    fn cell(&self, position: usize) -> Option<&str> {
        if position >= self.columns.len() {
            return None;
        }
        let row = usize::try_from(self.current.checked_sub(1)?).ok()?;
        let index = row.checked_mul(self.columns.len())?.checked_add(position)?;
        let (from, to) = (*self.cells.get(index)?)?;
        self.text
            .get(usize::try_from(from).ok()?..usize::try_from(to).ok()?)
    }
}
