//! Rows that were read whole, with only the columns that the profile takes: all text lies in one
//! string, so that a large export costs little more than what is taken from it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::cells::Cells;
use super::error::FormatError;
use super::layout::{Layout, Wanted};

/// Bytes of the largest export that is kept.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// Columns of the widest export: more would be no table.
const COLUMNS_MAX: usize = 4096;

/// Between several values of one column in one row, such as a person's holds.
const BETWEEN: &str = "; ";

/// Between the values of a column that has one for each charge of a row: no text holds it.
pub const PLACE: char = '\u{1f}';

/// Charges of one row of which any are kept; a row with more is none that can be compared.
const PLACES_MAX: usize = 1_000;

#[derive(Debug, Clone, Copy)]
struct Cell {
    column: u32,
    end: u32,
}

/// A cell of the row that is being written.
#[derive(Debug)]
struct Open {
    column: usize,
    text: String,
    /// Whether it has a value for each charge.
    is_listed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    number: u64,
    end: usize,
    is_blank: bool,
    flaw: Option<&'static str>,
}

/// The rows of an export.
#[derive(Debug, Default)]
pub struct Packed {
    columns: Vec<String>,
    is_taken: Vec<bool>,
    is_listed: Vec<bool>,
    places: BTreeMap<String, usize>,
    wanted: Wanted,
    text: String,
    cells: Vec<Cell>,
    rows: Vec<Row>,
    /// The row that is being written.
    open: Vec<Open>,
    /// How many charges the row has that is being written.
    charges: usize,
    is_open_blank: bool,
    open_flaw: Option<&'static str>,
    /// The row that is being read.
    next: usize,
    current: Range<usize>,
    is_blank: bool,
    flaw: Option<&'static str>,
}

impl Packed {
    /// Begins an export whose columns are found while it is read.
    #[must_use]
    pub fn new(wanted: &Wanted) -> Self {
        Self {
            wanted: wanted.clone(),
            is_open_blank: true,
            ..Self::default()
        }
    }

    /// Begins an export with a header.
    ///
    /// # Errors
    /// Returns [`FormatError::TooLarge`] for too many columns.
    pub fn with_header(wanted: &Wanted, header: &[String]) -> Result<Self, FormatError> {
        let mut packed = Self::new(wanted);
        for name in header {
            packed.add_column(name)?;
        }
        Ok(packed)
    }

    /// Returns the place of a column, which is a new one if it has not been met before.
    ///
    /// # Errors
    /// Returns [`FormatError::TooLarge`] for too many columns.
    pub fn column(&mut self, name: &str) -> Result<usize, FormatError> {
        if let Some(place) = self.places.get(name) {
            return Ok(*place);
        }
        let place = self.add_column(name)?;
        self.places.insert(name.to_owned(), place);
        Ok(place)
    }

    fn add_column(&mut self, name: &str) -> Result<usize, FormatError> {
        let place = self.columns.len();
        if place >= COLUMNS_MAX {
            return Err(FormatError::TooLarge {
                what: format!("more than {COLUMNS_MAX} different columns: this is no list"),
            });
        }
        self.is_taken.push(self.wanted.takes(name));
        self.is_listed.push(self.wanted.lists(name));
        self.columns.push(name.to_owned());
        Ok(place)
    }

    /// Puts a value into the row that is being written. A further value of a column is added to the
    /// first: a status that is stated twice is then one that nobody has explained.
    pub fn put(&mut self, column: usize, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        self.is_open_blank = false;
        if !self.is_taken.get(column).is_some_and(|taken| *taken) {
            return;
        }
        match self.open.iter_mut().find(|cell| cell.column == column) {
            None => self.open.push(Open {
                column,
                text: value.to_owned(),
                is_listed: false,
            }),
            Some(cell) => add(&mut cell.text, value),
        }
    }

    /// Begins another charge of the row that is being written, and returns its place.
    pub const fn next_place(&mut self) -> usize {
        self.charges += 1;
        self.charges - 1
    }

    /// Puts a value of the charge at a place into the row that is being written: whichever values the other
    /// charges lack, each stays with its own. What is no charge's own, such as its bond, is one of the row.
    pub fn put_at(&mut self, column: usize, place: usize, value: &str) {
        let value = value.trim();
        if !self.is_listed.get(column).is_some_and(|listed| *listed) {
            return self.put(column, value);
        }
        if value.is_empty() {
            return;
        }
        self.is_open_blank = false;
        if place >= PLACES_MAX {
            self.note_flaw("has more charges than a list holds");
            return;
        }
        if !self.is_taken.get(column).is_some_and(|taken| *taken) {
            return;
        }
        let value = value.replace(PLACE, " ");
        let at = match self.open.iter().position(|cell| cell.column == column) {
            Some(at) => at,
            None => {
                self.open.push(Open {
                    column,
                    text: String::new(),
                    is_listed: true,
                });
                self.open.len() - 1
            }
        };
        let Some(cell) = self.open.get_mut(at) else {
            return;
        };
        cell.is_listed = true;
        let mut values: Vec<String> = cell.text.split(PLACE).map(str::to_owned).collect();
        values.resize(values.len().max(place + 1), String::new());
        if let Some(own) = values.get_mut(place) {
            add(own, &value);
        }
        cell.text = values.join(&PLACE.to_string());
    }

    /// Notes that the row that is being written holds something, of which nothing is taken.
    pub const fn note_unread(&mut self) {
        self.is_open_blank = false;
    }

    /// Notes why the row that is being written cannot be taken: it is set aside, and the others are taken.
    pub const fn note_flaw(&mut self, why: &'static str) {
        self.open_flaw = Some(why);
    }

    /// Ends the row that is being written.
    ///
    /// # Errors
    /// Returns [`FormatError::TooLarge`] beyond the bound.
    pub fn end_row(&mut self, number: u64) -> Result<(), FormatError> {
        let places = std::mem::take(&mut self.charges).min(PLACES_MAX);
        for Open {
            column,
            text,
            is_listed,
        } in self.open.drain(..)
        {
            self.text.push_str(&text);
            if is_listed {
                // Each list is as long as there are charges.
                let missing = places.saturating_sub(text.split(PLACE).count());
                self.text.extend(std::iter::repeat_n(PLACE, missing));
            }
            let cell = u32::try_from(column)
                .ok()
                .zip(u32::try_from(self.text.len()).ok())
                .map(|(column, end)| Cell { column, end });
            self.cells.extend(cell);
        }
        let is_blank = std::mem::replace(&mut self.is_open_blank, true);
        self.rows.push(Row {
            number,
            end: self.cells.len(),
            is_blank,
            flaw: self.open_flaw.take(),
        });
        let bytes = self.text.len()
            + self.cells.len() * size_of::<Cell>()
            + self.rows.len() * size_of::<Row>();
        if bytes > BYTES_MAX {
            return Err(FormatError::TooLarge {
                what: format!("the rows are larger than {BYTES_MAX} bytes"),
            });
        }
        Ok(())
    }

    /// Ends an export. One that holds no row has every column that is needed, where its columns are
    /// only known by its rows.
    ///
    /// # Errors
    /// Returns [`FormatError::NoRows`] for a frame without a row where there must be one.
    pub fn finish(mut self, layout: &Layout, frame: &str) -> Result<Self, FormatError> {
        if !self.rows.is_empty() {
            return Ok(self);
        }
        if !layout.may_be_empty {
            return Err(FormatError::NoRows {
                frame: frame.to_owned(),
            });
        }
        if self.columns.is_empty() {
            for name in layout.wanted.needed() {
                self.column(name)?;
            }
        }
        Ok(self)
    }

    /// Returns how many rows there are.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Returns the names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Goes to the next row and returns its number.
    pub fn next_row(&mut self) -> Option<u64> {
        let row = *self.rows.get(self.next)?;
        self.next += 1;
        self.current = self.current.end..row.end;
        self.is_blank = row.is_blank;
        self.flaw = row.flaw;
        Some(row.number)
    }
}

/// Adds a further value to a text: one that is the same says nothing more.
fn add(text: &mut String, value: &str) {
    if text.is_empty() {
        text.push_str(value);
    } else if text != value {
        text.push_str(BETWEEN);
        text.push_str(value);
    }
}

impl Cells for Packed {
    fn cell(&self, position: usize) -> Option<&str> {
        let cells = self.cells.get(self.current.clone())?;
        let is_it = |cell: &Cell| usize::try_from(cell.column) == Ok(position);
        let within = cells.iter().position(is_it)?;
        let end = cells.get(within)?.end;
        let before = (self.current.start + within).checked_sub(1);
        let start = before.map_or(Some(0), |before| self.cells.get(before).map(|c| c.end))?;
        let start = usize::try_from(start).ok()?;
        self.text.get(start..usize::try_from(end).ok()?)
    }

    fn is_blank(&self) -> bool {
        self.is_blank
    }

    fn flaw(&self) -> Option<&'static str> {
        self.flaw
    }
}

#[cfg(test)]
mod tests {
    use super::Packed;
    use crate::format::cells::Cells as _;
    use crate::format::layout::Wanted;

    #[test]
    fn keeps_each_value_with_its_own_charge() {
        let mut packed = Packed::new(&Wanted::everything());
        let text = packed.column("text").unwrap();
        let word = packed.column("word").unwrap();
        let date = packed.column("date").unwrap();
        for (charge, disposition) in [("ASSAULT", ""), ("DUI", "DISMISSED"), ("DUI", "")] {
            let place = packed.next_place();
            packed.put_at(text, place, charge);
            packed.put_at(word, place, disposition);
        }
        packed.end_row(1).unwrap();
        // Of what is stated twice of one charge nobody has explained which it is; order says nothing.
        for _ in 0..2 {
            packed.next_place();
        }
        packed.put_at(word, 1, "GUILTY");
        packed.put_at(word, 0, "OPEN");
        packed.put_at(word, 1, "DISMISSED");
        packed.put_at(text, 0, "A\u{1f}B");
        packed.end_row(2).unwrap();
        packed.next_row();
        assert_eq!(packed.cell(text), Some("ASSAULT\u{1f}DUI\u{1f}DUI"));
        assert_eq!(packed.cell(word), Some("\u{1f}DISMISSED\u{1f}"));
        assert_eq!(packed.cell(date), None);
        packed.next_row();
        assert_eq!(packed.cell(word), Some("OPEN\u{1f}GUILTY; DISMISSED"));
        assert_eq!(packed.cell(text), Some("A B\u{1f}"));
    }

    #[test]
    fn sets_a_row_aside_that_has_more_charges_than_a_list_holds() {
        let mut packed = Packed::new(&Wanted::everything());
        let text = packed.column("text").unwrap();
        for _ in 0..2_000 {
            let place = packed.next_place();
            packed.put_at(text, place, "A");
        }
        packed.end_row(1).unwrap();
        packed.next_row();
        assert!(packed.flaw().is_some());
    }

    #[test]
    fn keeps_what_is_taken_and_names_what_is_not() {
        let mut wanted = Wanted::default();
        wanted.add(&["No".to_owned()], true);
        wanted.add(&["Hold".to_owned()], false);
        let mut packed = Packed::new(&wanted);
        let no = packed.column("no").unwrap();
        let secret = packed.column("secret").unwrap();
        let hold = packed.column("hold").unwrap();
        packed.put(hold, "MDOC");
        packed.put(no, "17");
        packed.put(hold, "ICE");
        packed.put(hold, "");
        packed.end_row(2).unwrap();
        packed.put(secret, "x");
        packed.end_row(3).unwrap();
        packed.end_row(4).unwrap();
        assert_eq!(packed.columns(), ["no", "secret", "hold"]);
        assert_eq!(packed.next_row(), Some(2));
        assert_eq!(packed.cell(no), Some("17"));
        assert_eq!(packed.cell(hold), Some("MDOC; ICE"));
        assert_eq!(packed.cell(secret), None);
        assert_eq!(packed.next_row(), Some(3));
        assert!(!packed.is_blank());
        assert_eq!(packed.next_row(), Some(4));
        assert!(packed.is_blank());
        assert_eq!(packed.next_row(), None);
    }
}
