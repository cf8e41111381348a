//! From a file to what it lists: read as what it is, mapped by a profile, and compared with what the feed
//! listed before. Nothing here writes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use savin_agent::diff::{Diff, Differ, Shadowed};
use savin_agent::format::error::FormatError;
use savin_agent::format::open::open;
use savin_agent::mapping::binding::{Binding, BindingError};
use savin_agent::mapping::profile::Profile;
use savin_agent::mapping::standing::Standing;
use savin_agent::mapping::tally::Problem;
use savin_agent::mapping::{Mapped, Mapper};
use savin_shared::clock::ObservedAt;
use savin_shared::delta::DeltaError;
use savin_shared::hash::Hash;
use savin_shared::ids::{FacilityCode, RecordKey};
use thiserror::Error;

/// A file that was read.
#[derive(Debug, Clone)]
pub struct FileRead {
    /// What it was called.
    pub name: String,
    /// The hash of its bytes.
    pub hash: Hash,
    /// Its rows, mapped.
    rows: Vec<Mapped>,
    /// The profile.
    profile: Profile,
    /// Rows that were set aside, each with its place, its field and why.
    pub problems: Vec<Problem>,
    /// What else is to be known, without any value.
    pub remarks: Vec<String>,
    /// Words of status columns that the profile does not explain.
    pub words: Vec<String>,
    /// Columns of which nothing was taken.
    pub dropped: Vec<String>,
}

impl FileRead {
    /// Reads a file.
    ///
    /// # Errors
    /// Returns [`ReadError`] for one that is not whole, or whose columns the profile does not know.
    pub fn new(
        (name, bytes): (&str, &[u8]),
        profile: Profile,
        facility: &FacilityCode,
        now: Timestamp,
    ) -> Result<Self, ReadError> {
        let mut opened = open(bytes, &profile.layout)?;
        let mut file = opened.rows()?;
        let binding = Binding::new(&profile, file.columns())?;
        let place = file.place();
        let dropped = without_lines(file.columns(), binding.dropped());
        let mut mapper = Mapper::new(&profile, binding, facility, ObservedAt(now)).counting(place);
        let (mut rows, mut problems) = (Vec::new(), Vec::new());
        while let Some((line, cells)) = file.next_row()? {
            let mapped = mapper.map(line, cells);
            if let Mapped::Quarantined { problem, .. } = &mapped {
                problems.push(problem.clone());
            }
            rows.push(mapped);
        }
        let read_how = file.remarks().to_vec();
        let (mut tally, _) = mapper.finish();
        tally.source = read_how;
        let words = tally.words();
        // Each is listed with its place instead.
        tally.problems.clear();
        tally.quarantined = 0;
        Ok(Self {
            name: name.to_owned(),
            hash: Hash::of(bytes),
            rows,
            problems,
            remarks: tally.remarks(),
            words,
            dropped,
            profile,
        })
    }

    /// Compares the file with what its feed listed before: each record by the hash of its row.
    ///
    /// # Errors
    /// Returns [`DeltaError::TooLarge`] for rows of one record that together exceed the bound.
    pub fn compare(&self, shadow: &BTreeMap<RecordKey, Hash>) -> Result<Diff, DeltaError> {
        let standing = Standing::Open;
        let shadow: HashMap<RecordKey, Shadowed> = shadow
            .iter()
            .map(|(key, hash)| {
                let shadowed = Shadowed {
                    hash: *hash,
                    standing,
                };
                (key.clone(), shadowed)
            })
            .collect();
        let mut differ = Differ::new(&self.profile, shadow, BTreeSet::new());
        for row in &self.rows {
            differ.see(row.clone());
        }
        differ.finish()
    }
}

/// Names the columns of which nothing was taken. Of one whose lines are columns too, as a calendar's description, those
/// that were taken are said.
fn without_lines(columns: &[String], dropped: &[String]) -> Vec<String> {
    let of = |column: &String| {
        let line = |name: &String| {
            let label = name.strip_prefix(column.as_str())?.strip_prefix('.')?;
            (!dropped.contains(name)).then(|| label.to_owned())
        };
        let taken: Vec<_> = columns.iter().filter_map(line).collect();
        if taken.is_empty() {
            column.clone()
        } else {
            format!("{column} (but for its lines {})", taken.join(", "))
        }
    };
    dropped.iter().map(of).collect()
}

/// Why a file was refused whole.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// It is not whole, or is something else.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Its columns are not those of the profile.
    #[error(transparent)]
    Binding(#[from] BindingError),
}
