//! Versions of a table of rules: each counts for the events after the place at which it was adopted, so
//! that no event is ever decided by two.

use std::collections::BTreeMap;
use std::fmt;

use savin_shared::hash::Hash;

use crate::ids::EventPosition;

/// The tables that may be changed without a build. The words are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableName {
    /// What is told, and how soon.
    Notification,
    /// The statutory deadlines.
    Clocks,
}

impl TableName {
    /// Every table.
    pub const ALL: [Self; 2] = [Self::Notification, Self::Clocks];

    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "notification",
            Self::Clocks => "clocks",
        }
    }

    /// Returns the table of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == word)
    }

    /// Returns the kind of the decision that lets a version of it count.
    #[must_use]
    pub const fn adoption(self) -> &'static str {
        match self {
            Self::Notification => "rules-adopt",
            Self::Clocks => "clocks-adopt",
        }
    }

    /// Says what a decision about a version of it chooses, so that the signature binds the table.
    #[must_use]
    pub fn choice(self, number: i64, body: &str) -> String {
        let hash = Hash::tagged("savin/rules/1", &[body.as_bytes()]);
        format!("{} {number} {hash}", self.as_str())
    }
}

/// A table that shipped, and what was adopted since, the oldest first.
#[derive(Debug, Clone)]
pub struct Versions<T> {
    shipped: T,
    adopted: Vec<(EventPosition, T)>,
}

impl<T> Versions<T> {
    /// Begins with the table that shipped.
    #[must_use]
    pub const fn new(shipped: T) -> Self {
        Self {
            shipped,
            adopted: Vec::new(),
        }
    }

    /// Adds a version that counts for the events after a place.
    pub fn adopt(&mut self, after: EventPosition, table: T) {
        self.adopted.push((after, table));
    }

    /// Returns the table by which an event is decided.
    #[must_use]
    pub fn at(&self, position: EventPosition) -> &T {
        let mut newest = self.adopted.iter().rev();
        newest
            .find(|(after, _)| *after < position)
            .map_or(&self.shipped, |(_, table)| table)
    }

    /// Returns the table by which the next event is decided.
    #[must_use]
    pub fn newest(&self) -> &T {
        self.adopted
            .last()
            .map_or(&self.shipped, |(_, table)| table)
    }
}

/// How a row of one table differs from that of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What names the row: its first column.
    pub row: String,
    /// How it differs.
    pub how: How,
}

/// How a row differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It is new, with what stands in its other columns.
    New(Vec<Cell>),
    /// It is the same but for these columns.
    Changed(Vec<Moved>),
    /// It is gone.
    Gone,
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The column's name.
    pub column: String,
    /// What stands there.
    pub value: String,
}

/// A column that says something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The column's name.
    pub column: String,
    /// What stood there.
    pub before: String,
    /// What stands there.
    pub after: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: Vec<String> = match &self.how {
            How::New(cells) => std::iter::once("new".to_owned())
                .chain(
                    cells
                        .iter()
                        .map(|cell| format!("{} {}", cell.column, cell.value)),
                )
                .collect(),
            How::Changed(moved) => moved
                .iter()
                .map(|one| format!("{} {} -> {}", one.column, one.before, one.after))
                .collect(),
            How::Gone => vec!["gone".to_owned()],
        };
        write!(formatter, "{}: {}", self.row, said.join("; "))
    }
}

/// Says how two tables differ that are written as CSV with a header, whose first column names a row. What is
/// no row is passed over: both were read as tables of rules before they were kept.
#[must_use]
pub fn differences(before: &str, after: &str) -> Vec<Difference> {
    let (before, after) = (rows(before), rows(after));
    let mut differences = Vec::new();
    for (row, cells) in &after {
        let how = match before.get(row) {
            None => How::New(cells.clone()),
            Some(was) => How::Changed(moved(was, cells)),
        };
        if how != How::Changed(Vec::new()) {
            let row = row.clone();
            differences.push(Difference { row, how });
        }
    }
    let gone = before.keys().filter(|row| !after.contains_key(*row));
    differences.extend(gone.map(|row| Difference {
        row: row.clone(),
        how: How::Gone,
    }));
    differences
}

/// Reads the rows of a table, by what names each.
fn rows(csv: &str) -> BTreeMap<String, Vec<Cell>> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(csv.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let records = reader.records().filter_map(Result::ok);
    records
        .filter_map(|record| {
            let row = record.get(0)?.to_owned();
            let cells = header.iter().zip(&record).skip(1);
            let cells = cells.map(|(column, value)| Cell {
                column: column.to_owned(),
                value: value.to_owned(),
            });
            Some((row, cells.collect()))
        })
        .collect()
}

/// Returns the columns of a row that say something else, whatever the order of the columns.
fn moved(before: &[Cell], after: &[Cell]) -> Vec<Moved> {
    let value = |cells: &[Cell], column: &str| {
        let found = cells.iter().find(|cell| cell.column == column);
        found.map(|cell| cell.value.clone()).unwrap_or_default()
    };
    let of = |cell: &Cell| Moved {
        column: cell.column.clone(),
        before: value(before, &cell.column),
        after: value(after, &cell.column),
    };
    let is_other = |moved: &Moved| moved.before != moved.after;
    after.iter().map(of).filter(is_other).collect()
}

#[cfg(test)]
mod tests {
    use super::{TableName, Versions, differences};
    use crate::ids::EventPosition;

    #[test]
    fn decides_no_event_by_two_versions() {
        let mut versions = Versions::new("shipped");
        versions.adopt(EventPosition(10), "first");
        versions.adopt(EventPosition(20), "second");
        let at = |position| *versions.at(EventPosition(position));
        assert_eq!(at(10), "shipped");
        assert_eq!(at(11), "first");
        assert_eq!(at(20), "first");
        assert_eq!(at(21), "second");
        assert_eq!(*versions.newest(), "second");
        for name in TableName::ALL {
            assert_eq!(TableName::parse(name.as_str()), Some(name));
        }
    }

    fn said(before: &str, after: &str) -> Vec<String> {
        let all = differences(before, after);
        all.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn says_what_changed_by_the_names_of_the_columns() {
        let before = "h,x,y\na,1,p\nb,2,q\n";
        let after = "h,x,y\na,1,p\nb,3,q\nc,4,r\n";
        assert_eq!(said(before, after), ["b: x 2 -> 3", "c: new; x 4; y r"]);
        assert_eq!(said(after, before), ["b: x 3 -> 2", "c: gone"]);
        assert!(said(before, before).is_empty());
        // Columns in another order are no change.
        let turned = "h,y,x\na,p,1\nb,q,2\n";
        assert!(said(before, turned).is_empty());
    }

    #[test]
    fn reads_what_is_quoted_as_one_cell() {
        let before = "h,x,y\na,\"one, two\",p\n";
        let after = "h,x,y\na,\"one, \"\"three\"\"\",p\n";
        assert_eq!(said(before, after), ["a: x one, two -> one, \"three\""]);
        assert!(said(before, "h,x,y\r\na,\"one, two\",p\r\n").is_empty());
    }
}
