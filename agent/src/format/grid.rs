//! Rows of a sheet or table: the header is found among the first, and each row is held against it.

use super::cells::column_key;
use super::error::FormatError;
use super::layout::{Format, HeaderRule, Layout, Place};
use super::packed::Packed;

/// Rows among which a header is looked for.
const HEADER_ROWS_MAX: usize = 50;

/// Columns from which on a row with a single cell is a title or a total, and nobody's row.
const COLUMNS_OF_A_LIST: usize = 3;

/// Rows that are gathered under a header.
#[derive(Debug)]
pub(super) struct Grid<'a> {
    layout: &'a Layout,
    rule: HeaderRule,
    place: Place,
    /// Whether each row of a table has a cell for every column.
    is_even: bool,
    /// Rows before the header is known.
    waiting: Vec<(u64, Vec<String>)>,
    under: Option<Under>,
    /// Rows that were passed over since they have a single cell.
    passed_over: u64,
}

#[derive(Debug)]
struct Under {
    packed: Packed,
    keys: Vec<String>,
}

impl<'a> Grid<'a> {
    pub(super) fn new(layout: &'a Layout, format: Format) -> Self {
        Self {
            layout,
            rule: layout.header.unwrap_or(HeaderRule::Find),
            place: format.place(),
            is_even: format == Format::Html,
            waiting: Vec::new(),
            under: None,
            passed_over: 0,
        }
    }

    /// Adds a row; blank ones count and are nobody's.
    pub(super) fn row(&mut self, number: u64, cells: Vec<String>) -> Result<(), FormatError> {
        if self.under.is_some() {
            return self.add(number, &cells);
        }
        let is_header = match self.rule {
            HeaderRule::At(wanted) => number >= wanted,
            HeaderRule::Find => self
                .layout
                .wanted
                .is_header(cells.iter().map(String::as_str)),
        };
        if is_header {
            self.waiting.clear();
            return self.begin(&cells);
        }
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            self.waiting.push((number, cells));
        }
        if self.waiting.len() >= HEADER_ROWS_MAX && self.rule == HeaderRule::Find {
            self.settle()?;
        }
        Ok(())
    }

    /// Ends the rows.
    pub(super) fn finish(mut self) -> Result<(Packed, Vec<String>), FormatError> {
        if self.under.is_none() {
            self.settle()?;
        }
        let remarks = (self.passed_over > 0).then(|| {
            format!(
                "{} rows with a single cell (titles or totals) were passed over",
                self.passed_over
            )
        });
        match self.under {
            Some(under) => {
                let packed = under.packed;
                let packed = packed.finish(self.layout, "a header and nothing below it")?;
                Ok((packed, remarks.into_iter().collect()))
            }
            None => Err(FormatError::NoRows {
                frame: "every cell is blank".to_owned(),
            }),
        }
    }

    /// Takes the first row that is no title for the header, so that it can be said what is missing.
    fn settle(&mut self) -> Result<(), FormatError> {
        let filled = |(_, cells): &&(u64, Vec<String>)| {
            cells.iter().filter(|cell| !cell.trim().is_empty()).count() > 1
        };
        let first = self.waiting.iter().find(filled).or(self.waiting.first());
        let Some((number, cells)) = first.cloned() else {
            return Ok(());
        };
        let rest = std::mem::take(&mut self.waiting);
        self.begin(&cells)?;
        for (row, cells) in rest.into_iter().filter(|(row, _)| *row > number) {
            self.add(row, &cells)?;
        }
        Ok(())
    }

    fn begin(&mut self, header: &[String]) -> Result<(), FormatError> {
        let mut header: Vec<String> = header.iter().map(|name| folded(name)).collect();
        while header.last().is_some_and(String::is_empty) {
            header.pop();
        }
        self.under = Some(Under {
            packed: Packed::with_header(&self.layout.wanted, &header)?,
            keys: header.iter().map(|name| column_key(name)).collect(),
        });
        Ok(())
    }

    fn add(&mut self, number: u64, cells: &[String]) -> Result<(), FormatError> {
        let Some(Under { packed, keys }) = &mut self.under else {
            return Ok(());
        };
        let filled = cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        if filled == 1 && keys.len() >= COLUMNS_OF_A_LIST {
            self.passed_over += 1;
            return Ok(());
        }
        let mut beyond = cells.iter().skip(keys.len());
        let is_short = self.is_even && cells.len() < keys.len() && filled > 0;
        if is_short || beyond.any(|cell| !cell.trim().is_empty()) {
            return Err(FormatError::Ragged {
                place: self.place,
                number,
                expected: keys.len(),
                found: cells.len(),
            });
        }
        // A report that was printed in pages repeats its header.
        let found = cells.iter().map(|cell| column_key(cell));
        if filled > 0 && found.take(keys.len()).eq(keys.iter().cloned()) {
            return Ok(());
        }
        for (column, cell) in cells.iter().enumerate() {
            packed.put(column, cell);
        }
        packed.end_row(number)
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
