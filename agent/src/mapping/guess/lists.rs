//! Whether the cells of an export list several charges, and what stands between them: only where it is
//! clear, since a charge that holds a semicolon must not become two.

use std::collections::BTreeSet;

use super::sample::{Sample, hash};

/// What may stand between two charges.
pub(super) const SEPARATORS: [char; 4] = [';', '|', '\n', ','];

/// Lists of the same kind that make it clear.
const LISTS_MIN: usize = 2;

/// What a cell holds between one separator: up to which place, and of how many, anything stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Places {
    last: usize,
    all: usize,
}

impl Places {
    /// Says whether a cell lists as many as a row has charges: a separator may stand at the end.
    const fn fits(self, count: usize) -> bool {
        self.last == 0 || (self.all >= count && self.last <= count)
    }
}

/// What a column lists between one separator.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Different cells that list several.
    cells: BTreeSet<u64>,
    /// What stands first in them.
    firsts: BTreeSet<u64>,
    /// What stands after the first.
    others: BTreeSet<u64>,
    is_other_than_statutes: bool,
}

impl Listed {
    /// Looks at a cell.
    pub(super) fn see(&mut self, text: &str, separator: char) -> Places {
        let parts = text.split(separator).map(str::trim);
        let mut places = Places::default();
        for (place, part) in parts.clone().enumerate() {
            places.all = place + 1;
            if !part.is_empty() {
                places.last = place + 1;
            }
        }
        if places.last < 2 {
            return places;
        }
        self.cells.insert(hash(text));
        for (place, part) in parts.filter(|part| !part.is_empty()).enumerate() {
            let part_hash = hash(part);
            if place == 0 {
                self.firsts.insert(part_hash);
            } else {
                self.others.insert(part_hash);
            }
            self.is_other_than_statutes |= !is_statute(part);
        }
        places
    }

    fn are_statutes(&self) -> bool {
        self.cells.len() >= LISTS_MIN && !self.is_other_than_statutes
    }

    /// Says whether what stands after the first stands first, or alone, elsewhere: so do charges, and what
    /// only explains a charge does not.
    fn recurs(&self, alone: &BTreeSet<u64>) -> bool {
        let known = self.others.iter();
        let known = known.filter(|part| alone.contains(part) || self.firsts.contains(part));
        let known = known.count();
        self.cells.len() >= LISTS_MIN && known >= LISTS_MIN && known * 2 >= self.others.len()
    }
}

/// Finds what stands between two charges of one cell, and why that is clear; nothing where it is not.
/// `charges` are the columns that say what a charge is, `of_each` those that say more of each.
pub(super) fn separator(
    sample: &Sample,
    charges: &[usize],
    of_each: &[usize],
) -> Option<(char, &'static str)> {
    let found = SEPARATORS.into_iter().enumerate().filter_map(|(place, c)| {
        let why = clear(sample, charges, place, c)?;
        sample
            .listed_alike(charges, of_each, place)
            .then_some((c, why))
    });
    let mut found: Vec<(char, &'static str)> = found.collect();
    // Two that fit are none that is clear.
    let only = found.pop()?;
    found.is_empty().then_some(only)
}

fn clear(sample: &Sample, charges: &[usize], place: usize, c: char) -> Option<&'static str> {
    let columns = charges.iter().filter_map(|at| sample.columns.get(*at));
    let listed = columns.filter_map(|column| {
        let listed = column.listed.get(place)?;
        Some((listed, &column.distinct))
    });
    let listed: Vec<(&Listed, &BTreeSet<u64>)> = listed.collect();
    let lists = listed
        .iter()
        .filter(|(one, _)| one.cells.len() >= LISTS_MIN);
    let has_statutes = listed.iter().any(|(one, _)| one.are_statutes());
    if has_statutes {
        return Some("several statutes stand in one cell");
    }
    // A comma stands within many a charge.
    if c == ',' {
        return None;
    }
    if lists.count() > 1 {
        return Some("the columns of charges list as many in each row");
    }
    let recurs = listed.iter().any(|(one, alone)| one.recurs(alone));
    recurs.then_some("what it parts stands alone in other rows")
}

/// `97-3-7`, `63-11-30(1)(a)`: numbers between hyphens.
fn is_statute(part: &str) -> bool {
    let begins = part.starts_with(|c: char| c.is_ascii_digit());
    let letters = part.chars().filter(|c| c.is_alphabetic()).count();
    begins && part.contains('-') && letters <= 2
}

impl Sample {
    /// Says whether the columns list as many charges as each other in every row.
    fn listed_alike(&self, charges: &[usize], of_each: &[usize], place: usize) -> bool {
        self.places.iter().all(|row| {
            let of = |column: &usize| {
                let cell = row.get(*column).and_then(|cell| cell.get(place));
                cell.copied().unwrap_or_default()
            };
            let count = charges.iter().map(|column| of(column).last).max();
            let count = count.unwrap_or(0);
            let mut all = charges.iter().chain(of_each);
            all.all(|column| of(column).fits(count))
        })
    }
}
