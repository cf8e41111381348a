//! From a county's columns to our records, as one profile a source declares it.
//!
//! Only columns that the profile names are ever looked at: everything else is dropped here, before
//! anything is stored or sent. A row that cannot be read is set aside with its line and field, and
//! changes nothing else.

pub mod binding;
mod charges;
pub mod column;
pub mod dates;
mod document;
pub mod example;
pub mod field;
pub mod guess;
mod layout;
pub mod names;
pub mod profile;
mod record;
pub mod row;
pub mod rules;
pub mod shape;
pub mod standing;
mod state;
pub mod tally;
pub mod values;

use savin_shared::clock::ObservedAt;
use savin_shared::delta::{Evidence, Row};
use savin_shared::ids::{FacilityCode, RecordKey};

use crate::format::cells::Cells;
use crate::format::layout::Place;
use binding::Binding;
use field::Field;
use profile::Profile;
use row::{RowReader, Seen};
use standing::Standing;
use tally::{Problem, Tally};
use values::RecordType;

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// A record.
    Row(MappedRow),
    /// The row is sealed or protected: nothing of it may leave.
    Withheld(RecordKey),
    /// The row's charge was expunged, or its disposition sealed: nothing of the row may leave, but other rows
    /// of the record may.
    ChargeWithheld(RecordKey),
    /// The row was set aside. Whoever it is about must not count as missing.
    Quarantined {
        /// Whose row it is, where that much could be read.
        key: Option<RecordKey>,
        /// Where and why.
        problem: Problem,
    },
    /// Every cell of the row is blank: it is about nobody.
    Blank,
    /// The row is about a victim: it was counted, and nothing of it was looked at.
    Victim,
    /// The profile says that rows of this type are not taken.
    Skipped,
}

/// A row that became a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedRow {
    /// The physical line on which it begins, or its number in a database.
    pub line: u64,
    /// Which record.
    pub key: RecordKey,
    /// Its bytes.
    pub row: Row,
    /// What it means for custody.
    pub standing: Standing,
    /// What it proves.
    pub evidence: Evidence,
}

/// A profile held against the header of one export.
#[derive(Debug)]
pub struct Mapper<'a> {
    profile: &'a Profile,
    binding: Binding,
    facility: &'a FacilityCode,
    seen: Seen,
    tally: Tally,
}

impl<'a> Mapper<'a> {
    /// Begins to map one export.
    #[must_use]
    pub fn new(
        profile: &'a Profile,
        binding: Binding,
        facility: &'a FacilityCode,
        observed_at: ObservedAt,
    ) -> Self {
        let seen = Seen {
            at: observed_at,
            today: profile.times.day(observed_at.timestamp()),
        };
        Self {
            profile,
            binding,
            facility,
            seen,
            tally: Tally::default(),
        }
    }

    /// Says what the numbers of rows count.
    #[must_use]
    pub fn counting(mut self, place: Place) -> Self {
        self.tally.place = place;
        self
    }

    /// Maps one row.
    pub fn map(&mut self, line: u64, cells: &dyn Cells) -> Mapped {
        if cells.is_blank() {
            return Mapped::Blank;
        }
        let mut row = RowReader::new(self.profile, &self.binding, cells, line, self.seen);
        let record_type = match row.record_type() {
            Ok(Some(RecordType::Victim)) => {
                self.tally.victims += 1;
                return Mapped::Victim;
            }
            Ok(Some(RecordType::Skip)) => {
                self.tally.skipped += 1;
                return Mapped::Skipped;
            }
            Ok(record_type) => record_type,
            Err(problem) => return self.quarantined(None, problem),
        };
        let key = match record::key(&mut row) {
            Ok(key) => key,
            Err(problem) => {
                self.tally.unkeyed += 1;
                return self.quarantined(None, problem);
            }
        };
        if let Some(why) = cells.flaw() {
            let problem = row.problem(Field::StartsAt, why);
            return self.quarantined(Some(key), problem);
        }
        if row.is_sealed() {
            self.tally.withheld += 1;
            return Mapped::Withheld(key);
        }
        if row.is_juvenile() {
            self.tally.withheld += 1;
            self.tally.juveniles += 1;
            return Mapped::Withheld(key);
        }
        if charges::are_sealed(&row) {
            self.tally.withheld += 1;
            return Mapped::ChargeWithheld(key);
        }
        let mapped = record::record(&mut row, &key, self.facility, record_type).and_then(
            |(record, evidence)| {
                let standing = Standing::of(&record);
                let state = record.custody().map(|custody| custody.state);
                let bytes = Row::of(&record)
                    .map_err(|_| row.problem(Field::RecordNumber, "the record is too large"))?;
                let mapped = MappedRow {
                    line,
                    key: key.clone(),
                    row: bytes,
                    standing,
                    evidence,
                };
                Ok((mapped, state))
            },
        );
        self.tally.absorb(line, row.finish());
        match mapped {
            Ok((mapped, state)) => {
                self.tally.mapped += 1;
                if let Some(state) = state {
                    *self.tally.states.entry(state).or_default() += 1;
                }
                Mapped::Row(mapped)
            }
            Err(problem) => self.quarantined(Some(key), problem),
        }
    }

    /// Returns what was counted, and the columns that were dropped.
    #[must_use]
    pub fn finish(self) -> (Tally, Binding) {
        (self.tally, self.binding)
    }

    fn quarantined(&mut self, key: Option<RecordKey>, mut problem: Problem) -> Mapped {
        problem.place = self.tally.place;
        self.tally.quarantine(problem.clone());
        Mapped::Quarantined { key, problem }
    }
}

#[cfg(test)]
mod tests;
