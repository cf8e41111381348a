//! What every format and database gives: a header, and rows that are read one at a time.

/// One row's cells by position.
pub trait Cells {
    /// Returns a cell's text, or `None` where the source says NULL or the row is too short.
    fn cell(&self, position: usize) -> Option<&str>;

    /// Says whether there is nothing in any cell.
    fn is_blank(&self) -> bool;

    /// Says why the row cannot be taken though its cells can be read, where that is so.
    fn flaw(&self) -> Option<&'static str> {
        None
    }
}

impl Cells for ::csv::StringRecord {
    fn cell(&self, position: usize) -> Option<&str> {
        self.get(position)
    }

    fn is_blank(&self) -> bool {
        self.iter().all(|cell| cell.trim().is_empty())
    }
}

impl Cells for Vec<Option<String>> {
    fn cell(&self, position: usize) -> Option<&str> {
        self.get(position).and_then(Option::as_deref)
    }

    fn is_blank(&self) -> bool {
        self.iter().flatten().all(|cell| cell.trim().is_empty())
    }
}

/// Writes a column's name as it is compared: case, blanks and punctuation do not count.
#[must_use]
pub fn column_key(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::column_key;

    #[test]
    fn compares_columns_without_case_blanks_and_punctuation() {
        assert_eq!(column_key(" Booking_No. "), column_key("BOOKING NO"));
        assert_ne!(column_key("booking no"), column_key("booking date"));
    }
}
