//! CSV (RFC 4180) and its cousins with another delimiter.

use csv::{Position, ReaderBuilder, StringRecord};
use thiserror::Error;

/// How the file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvLayout {
    /// What separates cells.
    pub delimiter: u8,
    /// Whether the last line must end with a line break. If not, a file that was cut within its
    /// last cell cannot be told from a whole one.
    pub final_newline_required: bool,
}

/// Why a file is not a whole CSV file. Cells stay out of the message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CsvError {
    /// There is nothing in it.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// There is a header and nothing below it.
    #[error("the file holds a header and no row")]
    HeaderOnly,
    /// The last line does not end.
    #[error(
        "the last line does not end with a line break: the file may be half written \
         (set final_newline = \"optional\" if this system never writes one)"
    )]
    Unterminated,
    /// A row has more or fewer cells than the header.
    #[error("line {line}: {found} cells where the header has {expected}")]
    Ragged {
        /// The physical line on which the row begins, counted from 1.
        line: u64,
        /// Cells in the header.
        expected: u64,
        /// Cells in the row.
        found: u64,
    },
    /// A quote opens and never closes.
    #[error("line {line}: a quoted cell never ends: the file may be half written")]
    OpenQuote {
        /// The physical line on which the row begins, counted from 1.
        line: u64,
    },
    /// Not readable at all.
    #[error("line {line}: not readable as CSV")]
    Malformed {
        /// The physical line, counted from 1.
        line: u64,
    },
}

impl CsvError {
    /// Counts its line from further up.
    const fn further(mut self, lines: u64) -> Self {
        match &mut self {
            Self::Ragged { line, .. } | Self::OpenQuote { line } | Self::Malformed { line } => {
                *line += lines;
            }
            Self::Empty | Self::HeaderOnly | Self::Unterminated => {}
        }
        self
    }
}

/// A CSV file whose header has been read.
#[derive(Debug)]
pub struct CsvRows<'a> {
    reader: csv::Reader<&'a [u8]>,
    columns: Vec<String>,
    record: StringRecord,
    last_row: Option<Position>,
    text: &'a str,
    /// Lines before the header.
    lines_before: u64,
    /// Whether the first record is a row that is still to be given.
    is_first_row_read: bool,
    /// Whether a header alone is as it should be.
    may_be_empty: bool,
}

impl<'a> CsvRows<'a> {
    /// Checks the file's end and reads its header.
    ///
    /// # Errors
    /// Returns [`CsvError`] for a file that is empty, cut, or has no usable header.
    pub fn new(text: &'a str, layout: CsvLayout) -> Result<Self, CsvError> {
        check_end(text, layout)?;
        let mut reader = ReaderBuilder::new()
            .delimiter(layout.delimiter)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| malformed(text, &error))?;
        let columns: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        Ok(Self::reading(text, reader, columns))
    }

    /// Checks the end of a file without a header, and that its first row has a cell for each name.
    ///
    /// # Errors
    /// Returns [`CsvError`] for a file that is empty or cut, or has another number of cells.
    pub fn without_header(
        text: &'a str,
        layout: CsvLayout,
        names: Vec<String>,
    ) -> Result<Self, CsvError> {
        check_end(text, layout)?;
        let reader = ReaderBuilder::new()
            .delimiter(layout.delimiter)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut rows = Self::reading(text, reader, names);
        let (expected, first) = (rows.columns.len(), rows.read()?);
        if first && rows.record.len() != expected {
            return Err(CsvError::Ragged {
                line: rows.last_row.as_ref().map_or(0, Position::line),
                expected: expected as u64,
                found: rows.record.len() as u64,
            });
        }
        rows.is_first_row_read = first;
        Ok(rows)
    }

    /// Checks the end of a file without a header whose rows differ in their number of cells.
    ///
    /// # Errors
    /// Returns [`CsvError`] for a file that is empty or cut.
    pub fn ragged(text: &'a str, layout: CsvLayout) -> Result<Self, CsvError> {
        check_end(text, layout)?;
        let reader = ReaderBuilder::new()
            .delimiter(layout.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        Ok(Self::reading(text, reader, Vec::new()))
    }

    fn reading(text: &'a str, reader: csv::Reader<&'a [u8]>, columns: Vec<String>) -> Self {
        Self {
            text,
            reader,
            columns,
            record: StringRecord::new(),
            last_row: None,
            lines_before: 0,
            is_first_row_read: false,
            may_be_empty: false,
        }
    }

    /// Counts lines from the beginning of a file that has some before its header.
    #[must_use]
    pub const fn after(mut self, lines: u64) -> Self {
        self.lines_before = lines;
        self
    }

    /// Says whether a header alone is as it should be.
    #[must_use]
    pub const fn or_none(mut self, may_be_empty: bool) -> Self {
        self.may_be_empty = may_be_empty;
        self
    }

    /// Returns the header.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Reads the next row: the physical line on which it begins, and its cells.
    ///
    /// # Errors
    /// Returns [`CsvError`] for a row that is not like the header, and at the end for a file without
    /// rows where there must be some.
    pub fn next_row(&mut self) -> Result<Option<(u64, &StringRecord)>, CsvError> {
        let more = std::mem::take(&mut self.is_first_row_read) || self.read()?;
        if more {
            let line = line(self.text, self.last_row.as_ref());
            return Ok(Some((line + self.lines_before, &self.record)));
        }
        let Some(last_row) = self.last_row.as_ref() else {
            return if self.may_be_empty {
                Ok(None)
            } else {
                Err(CsvError::HeaderOnly)
            };
        };
        // The reader forgives a quote that never closes; a file that was cut there must not pass.
        let start = usize::try_from(last_row.byte()).unwrap_or(usize::MAX);
        let quotes = self
            .text
            .get(start..)
            .unwrap_or_default()
            .matches('"')
            .count();
        if quotes % 2 == 1 {
            Err(CsvError::OpenQuote {
                line: line(self.text, Some(last_row)) + self.lines_before,
            })
        } else {
            Ok(None)
        }
    }

    fn read(&mut self) -> Result<bool, CsvError> {
        let more = self
            .reader
            .read_record(&mut self.record)
            .map_err(|error| malformed(self.text, &error).further(self.lines_before))?;
        if more {
            self.last_row = self.record.position().cloned();
        }
        Ok(more)
    }
}

fn check_end(text: &str, layout: CsvLayout) -> Result<(), CsvError> {
    if text.trim().is_empty() {
        return Err(CsvError::Empty);
    }
    if layout.final_newline_required && !text.ends_with('\n') {
        return Err(CsvError::Unterminated);
    }
    Ok(())
}

/// Returns the line on which a row begins. The reader says where it went on after the row before, which
/// is short of that row's own line break where that is two bytes, and short of empty lines.
fn line(text: &str, position: Option<&Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let breaks = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + breaks.filter(|byte| **byte == b'\n').count() as u64
}

fn malformed(text: &str, error: &csv::Error) -> CsvError {
    if let csv::ErrorKind::UnequalLengths {
        pos,
        expected_len,
        len,
    } = error.kind()
    {
        let line = line(text, pos.as_ref());
        return CsvError::Ragged {
            line,
            expected: *expected_len,
            found: *len,
        };
    }
    CsvError::Malformed {
        line: line(text, error.position()),
    }
}

#[cfg(test)]
mod tests {
    use super::{CsvError, CsvLayout, CsvRows};

    const LAYOUT: CsvLayout = CsvLayout {
        delimiter: b',',
        final_newline_required: true,
    };

    fn read(text: &str) -> Result<Vec<(u64, Vec<String>)>, CsvError> {
        let mut rows = CsvRows::new(text, LAYOUT)?;
        let mut all = Vec::new();
        while let Some((line, record)) = rows.next_row()? {
            all.push((line, record.iter().map(str::to_owned).collect()));
        }
        Ok(all)
    }

    #[test]
    fn counts_physical_lines_across_quoted_breaks() {
        let rows = read("a,b\n\"x\ny\",1\nz,2\n").unwrap();
        assert_eq!(rows[0], (2, vec!["x\ny".to_owned(), "1".to_owned()]));
        assert_eq!(rows[1].0, 4);
    }

    #[test]
    fn counts_lines_that_end_with_two_bytes_and_lines_that_are_empty() {
        let lines = |text| -> Vec<u64> {
            let rows = read(text).unwrap();
            rows.into_iter().map(|(line, _)| line).collect()
        };
        assert_eq!(lines("a,b\r\n1,2\r\n3,4\r\n"), [2, 3]);
        assert_eq!(lines("a,b\n\n1,2\n\n\n3,4\n"), [3, 6]);
        let ragged = CsvError::Ragged {
            line: 3,
            expected: 2,
            found: 1,
        };
        assert_eq!(read("a,b\r\n1,2\r\n3\r\n"), Err(ragged));
        let open = read("a,b\r\n1,\"2\r\n");
        assert_eq!(open, Err(CsvError::OpenQuote { line: 2 }));
    }

    #[test]
    fn refuses_what_is_not_whole() {
        assert_eq!(read(""), Err(CsvError::Empty));
        assert_eq!(read("a,b\n"), Err(CsvError::HeaderOnly));
        assert_eq!(read("a,b\n1,2"), Err(CsvError::Unterminated));
        assert_eq!(read("a,b\n1,\"2\n"), Err(CsvError::OpenQuote { line: 2 }));
        let ragged = CsvError::Ragged {
            line: 3,
            expected: 2,
            found: 1,
        };
        assert_eq!(read("a,b\n1,2\n3\n"), Err(ragged));
    }

    #[test]
    fn forgives_a_stray_quote_in_the_middle() {
        assert_eq!(read("a,b\n5\"11,1\n2,3\n").unwrap().len(), 2);
    }

    #[test]
    fn takes_a_file_without_a_last_line_break_where_the_profile_says_so() {
        let layout = CsvLayout {
            delimiter: b';',
            final_newline_required: false,
        };
        let mut rows = CsvRows::new("a;b\n1;2", layout).unwrap();
        assert!(rows.next_row().unwrap().is_some());
        assert!(rows.next_row().unwrap().is_none());
    }
}
