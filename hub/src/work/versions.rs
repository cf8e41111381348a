//! Versions of a table of rules: each counts for the events after the place at which it was adopted, so
//! that no event is ever decided by two.

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

/// Says line by line how two tables differ that are written as CSV, whose first column names a row.
#[must_use]
pub fn changes(before: &str, after: &str) -> Vec<String> {
    let rows = |text: &str| -> std::collections::BTreeMap<String, String> {
        let lines = text.lines().skip(1).filter(|line| !line.is_empty());
        lines
            .map(|line| {
                let (name, rest) = line.split_once(',').unwrap_or((line, ""));
                (name.to_owned(), rest.to_owned())
            })
            .collect()
    };
    let (before, after) = (rows(before), rows(after));
    let mut changes = Vec::new();
    for (name, rest) in &after {
        match before.get(name) {
            None => changes.push(format!("{name}: new: {rest}")),
            Some(was) if was != rest => changes.push(format!("{name}: {was} -> {rest}")),
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    changes.extend(gone.map(|name| format!("{name}: gone")));
    changes
}

#[cfg(test)]
mod tests {
    use super::{TableName, Versions, changes};
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

    #[test]
    fn says_what_changed() {
        let (before, after) = ("h,x\na,1\nb,2\n", "h,x\na,1\nb,3\nc,4\n");
        assert_eq!(changes(before, after), ["b: 2 -> 3", "c: new: 4"]);
        assert_eq!(changes(after, before), ["b: 3 -> 2", "c: gone"]);
        assert!(changes(before, before).is_empty());
    }
}
