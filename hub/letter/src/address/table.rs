//! The tables of USPS Publication 28, read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The words of directions, and their letters.
const DIRECTIONS: [(&str, &str); 8] = [
    ("NORTH", "N"),
    ("SOUTH", "S"),
    ("EAST", "E"),
    ("WEST", "W"),
    ("NORTHEAST", "NE"),
    ("NORTHWEST", "NW"),
    ("SOUTHEAST", "SE"),
    ("SOUTHWEST", "SW"),
];

/// A designator of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// As the post writes it.
    pub(super) standard: &'static str,
    /// Whether it may stand without a number.
    pub(super) stands_alone: bool,
}

type Words = BTreeMap<&'static str, &'static str>;

static SUFFIXES: LazyLock<Words> = LazyLock::new(|| {
    let rows = rows(include_str!("../../data/suffixes.txt"));
    words(rows.map(|row| row.split(' ')))
});

static STATES: LazyLock<Words> = LazyLock::new(|| {
    let rows = rows(include_str!("../../data/states.txt"));
    words(rows.map(|row| row.split('|')))
});

static UNITS: LazyLock<BTreeMap<&'static str, Unit>> = LazyLock::new(|| {
    let mut units = BTreeMap::new();
    for row in rows(include_str!("../../data/units.txt")) {
        let mut words = row.split(' ');
        let first = words.next().unwrap_or_default();
        let standard = first.trim_end_matches('*');
        let unit = Unit {
            standard,
            stands_alone: first != standard,
        };
        units.extend(words.chain([standard]).map(|word| (word, unit)));
    }
    units
});

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#'))
}

/// Collects rows of which each begins with the standard word.
fn words<R: Iterator<Item = &'static str>>(rows: impl Iterator<Item = R>) -> Words {
    let mut words = Words::new();
    for mut row in rows {
        let standard = row.next().unwrap_or_default();
        words.insert(standard, standard);
        words.extend(row.map(|word| (word, standard)));
    }
    words
}

/// Returns the standard suffix of a street.
pub(super) fn suffix(word: &str) -> Option<&'static str> {
    SUFFIXES.get(word).copied()
}

/// Returns the two letters of a state.
pub(super) fn state(name: &str) -> Option<&'static str> {
    STATES.get(name).copied()
}

/// Returns the designator of a unit.
pub(super) fn unit(word: &str) -> Option<Unit> {
    UNITS.get(word).copied()
}

/// Returns the letters of a direction.
pub(super) fn direction(word: &str) -> Option<&'static str> {
    let found = |(name, letters): &&(&'static str, &'static str)| *name == word || *letters == word;
    DIRECTIONS.iter().find(found).map(|(_, letters)| *letters)
}
