//! What was counted while an export was mapped: shown by `preview` and logged after a capture.

use std::collections::BTreeMap;

use savin_shared::record::custody::CustodyState;
use serde::Serialize;

use super::field::Field;
use crate::format::layout::Place;

/// Problems that are listed one by one; further ones are only counted.
const PROBLEMS_LISTED_MAX: usize = 20;

/// Words that are counted one by one; further ones are counted together.
const WORDS_MAX: usize = 100;

/// Where and why a row was set aside. The value stays out: it may be personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What its number counts.
    pub place: Place,
    /// The physical line on which the row begins, or the row's number in a database.
    pub line: u64,
    /// The field, by its name in the profile.
    pub field: &'static str,
    /// What is wrong.
    pub reason: &'static str,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} {}, field {}: {}",
            self.place, self.line, self.field, self.reason
        )
    }
}

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// What the numbers of rows count.
    pub place: Place,
    /// What is to be known about how the source was read.
    pub source: Vec<String>,
    /// Rows that became a record.
    pub mapped: u64,
    /// Of those, how many say what of somebody's custody.
    pub states: BTreeMap<CustodyState, u64>,
    /// Rows that are sealed or protected.
    pub withheld: u64,
    /// Of those, rows of juveniles by the profile's rule.
    pub juveniles: u64,
    /// Rows about victims, of which nothing was looked at.
    pub victims: u64,
    /// Rows of a type that is not taken.
    pub skipped: u64,
    /// Rows that were set aside.
    pub quarantined: u64,
    /// Of those, rows without a readable key.
    pub unkeyed: u64,
    /// Lines of rows that have the key of another row with other content.
    pub contradicting: Vec<u64>,
    /// The first of the rows that were set aside.
    pub problems: Vec<Problem>,
    /// Words that no value table holds: field, word, how often.
    pub unmapped: BTreeMap<(Field, String), u64>,
    /// Values that could not be read and were left empty, by field.
    pub unreadable: BTreeMap<Field, Unreadable>,
}

/// Values of a field that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unreadable {
    /// How many.
    pub times: u64,
    /// The first of the rows in which they stand.
    pub lines: Vec<u64>,
}

/// What one row adds.
#[derive(Debug, Default)]
pub(super) struct RowTally {
    pub(super) unmapped: Vec<(Field, String)>,
    pub(super) unreadable: Vec<Field>,
}

impl Tally {
    pub(super) fn absorb(&mut self, line: u64, row: RowTally) {
        for (field, word) in row.unmapped {
            let known = self.unmapped.len() < WORDS_MAX;
            let word = if known {
                word
            } else {
                String::from("(other words)")
            };
            *self.unmapped.entry((field, word)).or_default() += 1;
        }
        for field in row.unreadable {
            let unreadable = self.unreadable.entry(field).or_default();
            unreadable.times += 1;
            if unreadable.lines.len() < PROBLEMS_LISTED_MAX {
                unreadable.lines.push(line);
            }
        }
    }

    pub(super) fn quarantine(&mut self, problem: Problem) {
        self.quarantined += 1;
        if self.problems.len() < PROBLEMS_LISTED_MAX {
            self.problems.push(problem);
        }
    }

    /// Notes that rows with different content have one key, so that nothing of them was taken.
    pub fn contradict(&mut self, lines: &[u64]) {
        let rows = lines.len() as u64;
        self.mapped = self.mapped.saturating_sub(rows);
        self.quarantined += rows;
        self.contradicting.extend(lines);
        self.contradicting.sort_unstable();
    }

    /// Says how many rows were set aside and where, if any were.
    #[must_use]
    pub fn set_aside(&self) -> Option<String> {
        let problems = self.problems.iter().map(|problem| problem.line);
        let mut lines: Vec<u64> = self.contradicting.iter().copied().chain(problems).collect();
        lines.sort_unstable();
        (self.quarantined > 0).then(|| {
            let rows = self.quarantined;
            let place = self.place;
            format!(
                "{rows} rows set aside, in {place}s {}",
                first_of(&lines, rows)
            )
        })
    }

    /// Says in a line each which words of status columns no value table holds, for whoever looks at
    /// this machine. What stands in other columns may be about a person, and is only counted.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.unmapped
            .iter()
            .filter(|((field, _), _)| !matches!(field, Field::ReleaseReason | Field::Disposition))
            .map(|((field, word), times)| {
                format!(
                    "{} {word:?} seen {times} times, not in the value table",
                    field.name()
                )
            })
            .collect()
    }

    /// Says in a line each what an operator should know, without any value: for the log.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut unmapped = BTreeMap::<Field, u64>::new();
        for ((field, _), times) in &self.unmapped {
            *unmapped.entry(*field).or_default() += times;
        }
        let mut remarks = self.source.clone();
        remarks.extend(unmapped.iter().map(|(field, times)| {
            format!("{}: {times} values not in the value table", field.name())
        }));
        remarks.extend(self.unreadable.iter().map(|(field, unreadable)| {
            let (times, place) = (unreadable.times, self.place);
            format!(
                "{}: {times} values not readable, left empty, in {place}s {}",
                field.name(),
                first_of(&unreadable.lines, times)
            )
        }));
        let dropped = [
            (self.victims, "rows about victims were dropped unread"),
            (
                self.skipped,
                "rows of a type that is not taken were passed over",
            ),
            (self.juveniles, "rows of juveniles are withheld"),
        ];
        let dropped = dropped.iter().filter(|(rows, _)| *rows > 0);
        remarks.extend(dropped.map(|(rows, what)| format!("{rows} {what}")));
        remarks.extend(
            self.problems
                .iter()
                .map(|problem| format!("set aside: {problem}")),
        );
        let contradicting = self.contradicting.len() as u64;
        let listed = contradicting + self.problems.len() as u64;
        if self.quarantined > listed {
            remarks.push(format!(
                "set aside: {} more rows",
                self.quarantined - listed
            ));
        }
        if contradicting > 0 {
            remarks.push(format!(
                "set aside: {contradicting} rows with the key of another row and other content, in \
                 {}s {}: the records keep the state that they had",
                self.place,
                first_of(&self.contradicting, contradicting),
            ));
        }
        if self.unkeyed > 0 {
            remarks.push(format!(
                "{} rows have no readable key: whoever they are about may seem to be missing",
                self.unkeyed
            ));
        }
        remarks
    }
}

/// Lists the first lines of so many.
fn first_of(lines: &[u64], of: u64) -> String {
    let shown = lines.iter().take(PROBLEMS_LISTED_MAX);
    let mut text = shown.map(u64::to_string).collect::<Vec<_>>().join(", ");
    if of > lines.len().min(PROBLEMS_LISTED_MAX) as u64 {
        text.push_str(", ...");
    }
    text
}
