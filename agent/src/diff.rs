//! What changed between what a feed listed last and what it lists now.
//!
//! A roster's missing rows are absences; a record of which a row was set aside is not missing. Whether
//! a change is believed is not decided here: that is `guard`'s.

mod transaction;

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher as _;

use jiff::Timestamp;
use savin_shared::delta::{Change, Coverage, DeltaError, Row};
use savin_shared::hash::Hash;
use savin_shared::ids::RecordKey;
use savin_shared::limits::LIST_MAX;
use savin_shared::record::{Record, RecordBody};

use crate::mapping::profile::{Mode, Profile, RowsPer};
use crate::mapping::standing::Standing;
use crate::mapping::{Mapped, MappedRow};
pub use transaction::Told;

/// What the shadow holds of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shadowed {
    /// The hash of its bytes.
    pub hash: Hash,
    /// What it meant for custody.
    pub standing: Standing,
}

/// How a change bears on the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Not listed before.
    New,
    /// Listed before with other content.
    Changed,
    /// Custody ended by an explicit word, and had not before.
    Ended,
    /// The status became a word that nobody has explained.
    TurnedUnknown,
    /// Missing from the roster.
    Absent,
    /// Became sealed or protected.
    Withheld,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of which record.
    pub key: RecordKey,
    /// What changed.
    pub change: Change,
    /// How it bears on the guard.
    pub class: Class,
    /// What the row means for custody from now on.
    pub standing: Standing,
    /// Whether the shadow did not hold the record.
    pub added: bool,
    /// Whether it happened before the agent began to look: it sets the state and is no news.
    pub is_history: bool,
}

/// Everything that changed.
#[derive(Debug, Clone, Default)]
pub struct Diff {
    /// The changes: of rows in their order (a record's transactions, charges or missing rows by key).
    pub differences: Vec<Difference>,
    /// Records that the export lists.
    pub listed: u64,
    /// Keys that rows with different content claim, with the lines of those rows: their records stay
    /// as they were.
    pub conflicts: BTreeMap<RecordKey, Vec<u64>>,
    /// Rows that were set aside before their key could be read: whoever they are about may seem to
    /// be missing.
    pub unkeyed: u64,
    /// Records that are sealed or protected, whatever other rows say of them.
    pub sealed: BTreeSet<RecordKey>,
    /// The transactions of every record of which the export told something new.
    pub transactions: Vec<Told>,
}

/// A record of the shadow, and as the export's rows leave it.
#[derive(Debug)]
struct Entry {
    before: Shadowed,
    now: Option<Visit>,
}

#[derive(Debug, Clone, Copy)]
struct Visit {
    row: Shadowed,
    line: u64,
}

/// Compares one export with the shadow, row by row.
#[derive(Debug)]
pub struct Differ<'a> {
    profile: &'a Profile,
    known: HashMap<RecordKey, Entry>,
    added: Added,
    seen: BTreeSet<Hash>,
    gathered: BTreeMap<RecordKey, Vec<MappedRow>>,
    aside: BTreeSet<RecordKey>,
    charge_sealed: BTreeSet<RecordKey>,
    began_at: Option<Timestamp>,
    diff: Diff,
}

impl<'a> Differ<'a> {
    /// Begins a comparison with what the feed listed last, and the transactions that it told before.
    #[must_use]
    pub fn new(
        profile: &'a Profile,
        shadow: HashMap<RecordKey, Shadowed>,
        seen: BTreeSet<Hash>,
    ) -> Self {
        let entry = |before| Entry { before, now: None };
        Self {
            profile,
            known: shadow
                .into_iter()
                .map(|(key, shadowed)| (key, entry(shadowed)))
                .collect(),
            added: Added::default(),
            seen,
            gathered: BTreeMap::new(),
            aside: BTreeSet::new(),
            charge_sealed: BTreeSet::new(),
            began_at: None,
            diff: Diff::default(),
        }
    }

    /// Says that the export was there when the agent began to look: what happened before is history,
    /// and so is what says no time.
    #[must_use]
    pub const fn after(mut self, began_at: Option<Timestamp>) -> Self {
        self.began_at = began_at;
        self
    }

    /// Takes one mapped row.
    pub fn see(&mut self, mapped: Mapped) {
        match mapped {
            Mapped::Row(row)
                if self.profile.rows_per == RowsPer::Charge
                    || self.profile.mode == Mode::Transactions =>
            {
                self.gathered.entry(row.key.clone()).or_default().push(row);
            }
            Mapped::Row(row) => self.listed(row),
            Mapped::Withheld(key) => {
                self.diff.sealed.insert(key);
            }
            Mapped::ChargeWithheld(key) => {
                self.charge_sealed.insert(key);
            }
            Mapped::Quarantined { key: Some(key), .. } => {
                if self.profile.mode == Mode::Roster {
                    self.aside.insert(key);
                }
            }
            Mapped::Quarantined { key: None, .. } => self.diff.unkeyed += 1,
            Mapped::Blank | Mapped::Victim | Mapped::Skipped => {}
        }
    }

    /// Ends the comparison. What is sealed wins over every other row of the record, and a record of
    /// which a row was set aside, or of which rows contradict each other, stays as it was.
    ///
    /// # Errors
    /// Returns [`DeltaError::TooLarge`] for rows of one booking that together exceed the bound.
    pub fn finish(mut self) -> Result<Diff, DeltaError> {
        // An expunged charge is left out of a booking that has others; what nothing is left of is sealed.
        let others = |key: &RecordKey| {
            self.profile.rows_per == RowsPer::Charge
                && (self.gathered.contains_key(key) || self.aside.contains(key))
        };
        let sealed = std::mem::take(&mut self.charge_sealed);
        self.diff
            .sealed
            .extend(sealed.into_iter().filter(|key| !others(key)));
        for (key, rows) in std::mem::take(&mut self.gathered) {
            if self.profile.mode == Mode::Transactions {
                self.tell(&key, self.movements(rows)?);
            } else if let Some(row) = collapsed(rows)? {
                self.listed(row);
            }
        }
        let Self {
            profile,
            known,
            aside,
            mut diff,
            ..
        } = self;
        let is_added = |d: &&Difference| d.added && !diff.sealed.contains(&d.key);
        diff.listed = diff.differences.iter().filter(is_added).count() as u64;
        diff.conflicts.retain(|key, _| !diff.sealed.contains(key));
        let stays = |key: &RecordKey| aside.contains(key) || diff.conflicts.contains_key(key);
        diff.differences
            .retain(|difference| !diff.sealed.contains(&difference.key) && !stays(&difference.key));
        let mut gone = Vec::new();
        #[expect(
            clippy::iter_over_hash_type,
            reason = "what is gone is sorted afterwards"
        )]
        for (key, entry) in known {
            let is_sealed = diff.sealed.contains(&key);
            diff.listed += u64::from(entry.now.is_some() && !is_sealed);
            let is_missing = profile.mode == Mode::Roster && entry.now.is_none() && !stays(&key);
            if !is_sealed && !is_missing {
                continue;
            }
            let (change, class) = if is_sealed {
                (Change::Withheld(key.clone()), Class::Withheld)
            } else {
                (Change::NoLongerListed(key.clone()), Class::Absent)
            };
            gone.push(Difference {
                key,
                change,
                class,
                standing: entry.before.standing,
                added: false,
                is_history: false,
            });
        }
        gone.sort_by(|a, b| a.key.cmp(&b.key));
        diff.differences.append(&mut gone);
        Ok(diff)
    }

    /// Takes a row of a roster.
    fn listed(&mut self, mapped: MappedRow) {
        let visit = match self.known.get(&mapped.key) {
            Some(entry) => entry.now,
            None => self.added.visit(&mapped.key, &self.diff.differences),
        };
        match visit {
            None => self.row(mapped, Coverage::Full, false),
            Some(visit) if visit.row.hash == mapped.row.hash() => {}
            Some(visit) => {
                let lines = self.diff.conflicts.entry(mapped.key);
                lines.or_insert_with(|| vec![visit.line]).push(mapped.line);
            }
        }
    }

    /// Joins the rows of each movement, where a row is a charge: a booking and its release stay two.
    fn movements(&self, rows: Vec<MappedRow>) -> Result<Vec<MappedRow>, DeltaError> {
        if self.profile.rows_per == RowsPer::Record {
            return Ok(rows);
        }
        let groups = transaction::movements(rows).into_iter();
        groups
            .filter_map(|rows| collapsed(rows).transpose())
            .collect()
    }

    /// Takes a record's transactions.
    fn tell(&mut self, key: &RecordKey, rows: Vec<MappedRow>) {
        let before = self.known.get(key).map(|entry| entry.before);
        let (rows, told) = transaction::untold(key, rows, &self.seen, before);
        self.diff.transactions.extend(told);
        for (row, at) in rows {
            let began_at = self.began_at;
            let is_history = began_at.is_some_and(|began_at| at.is_none_or(|at| at < began_at));
            self.row(row, Coverage::Partial, is_history);
        }
    }

    fn row(&mut self, mapped: MappedRow, coverage: Coverage, is_history: bool) {
        let MappedRow {
            line,
            key,
            row,
            standing,
            evidence,
        } = mapped;
        let hash = row.hash();
        let differences = &self.diff.differences;
        let before = if let Some(entry) = self.known.get_mut(&key) {
            let row = Shadowed { hash, standing };
            let visit = entry.now.replace(Visit { row, line });
            Some(visit.map_or(entry.before, |visit| visit.row))
        } else {
            let visit = self.added.visit(&key, differences);
            self.added.see(&key, line, hash, differences);
            visit.map(|visit| visit.row)
        };
        if before.is_none_or(|before| before.hash != hash) {
            self.diff.differences.push(Difference {
                key,
                change: Change::Upsert {
                    row,
                    coverage,
                    evidence,
                },
                class: class(before, standing),
                standing,
                added: before.is_none(),
                is_history,
            });
        }
    }
}

/// Records that the shadow does not hold. Each stands in the differences and is found there by the hash of
/// its key, so that every key of a first list is in memory once.
#[derive(Debug, Default)]
struct Added {
    hasher: RandomState,
    /// By hash, or the next free number after it: which difference says the record's last row, and the
    /// line on which it stood.
    places: HashMap<u64, (usize, u64)>,
}

impl Added {
    /// Returns the last row of a record.
    fn visit(&self, key: &RecordKey, differences: &[Difference]) -> Option<Visit> {
        let (_, place) = self.slot(key, differences);
        let (at, line) = place?;
        let row = differences.get(at)?.shadowed()?;
        Some(Visit { row, line })
    }

    /// Notes a row of a record, which becomes the next difference unless it says what the last one said.
    fn see(&mut self, key: &RecordKey, line: u64, hash: Hash, differences: &[Difference]) {
        let (slot, place) = self.slot(key, differences);
        let says = |at: &usize| differences.get(*at)?.shadowed().map(|row| row.hash);
        let same = place.map(|(at, _)| at).filter(|at| says(at) == Some(hash));
        self.places
            .insert(slot, (same.unwrap_or(differences.len()), line));
    }

    fn slot(&self, key: &RecordKey, differences: &[Difference]) -> (u64, Option<(usize, u64)>) {
        let mut slot = self.hasher.hash_one(key);
        loop {
            let place = self.places.get(&slot).copied();
            let is_other =
                |(at, _): (usize, u64)| differences.get(at).is_none_or(|other| other.key != *key);
            if !place.is_some_and(is_other) {
                return (slot, place);
            }
            slot = slot.wrapping_add(1);
        }
    }
}

impl Difference {
    /// Returns what the shadow will hold of the row, if there is one.
    fn shadowed(&self) -> Option<Shadowed> {
        let Change::Upsert { row, .. } = &self.change else {
            return None;
        };
        Some(Shadowed {
            hash: row.hash(),
            standing: self.standing,
        })
    }
}

/// Joins rows of one booking, whatever their order: the fields are those of a row that says that
/// custody goes on, if there is one, since one charge's release is not the person's; each row adds
/// its charge, holds, cases and other names.
fn collapsed(mut rows: Vec<MappedRow>) -> Result<Option<MappedRow>, DeltaError> {
    rows.sort_by(|a, b| {
        let ended = |row: &MappedRow| row.standing == Standing::Ended;
        (ended(a), a.row.bytes()).cmp(&(ended(b), b.row.bytes()))
    });
    let mut rows = rows.into_iter();
    let Some(mut first) = rows.next() else {
        return Ok(None);
    };
    let others: Vec<Record> = rows.filter_map(|mapped| mapped.row.record().ok()).collect();
    if let Ok(mut record) = first.row.record() {
        for other in others {
            join(&mut record, other);
        }
        first.row = Row::of(&record)?;
    }
    Ok(Some(first))
}

fn class(before: Option<Shadowed>, standing: Standing) -> Class {
    let was = before.map(|before| before.standing);
    match standing {
        Standing::Ended if was != Some(Standing::Ended) => Class::Ended,
        Standing::Unknown if was.is_some_and(|was| was != Standing::Unknown) => {
            Class::TurnedUnknown
        }
        Standing::Open | Standing::Unknown | Standing::Ended if was.is_none() => Class::New,
        Standing::Open | Standing::Unknown | Standing::Ended => Class::Changed,
    }
}

fn join(into: &mut Record, from: Record) {
    if let (RecordBody::Custody(into), RecordBody::Custody(from)) = (&mut into.body, from.body) {
        append(&mut into.charges, from.charges);
        append(&mut into.holds, from.holds);
        append(&mut into.case_numbers, from.case_numbers);
    }
    append(&mut into.subject.aliases, from.subject.aliases);
}

fn append<T: Ord>(into: &mut Vec<T>, from: Vec<T>) {
    into.extend(from);
    into.sort();
    into.dedup();
    into.truncate(LIST_MAX);
}

#[cfg(test)]
mod tests;
