//! A generated daily roster with the quirks of a real one: people leave it and come back with the
//! very same admission, hold two admissions at once, are admitted anew; a file is served twice.

use crate::dice::Dice;
use crate::source::csv;

/// A value of a column that is kept.
pub const KEPT: &str = "QKEPTLEVEL";

/// Values of columns that must never leave the agent.
pub const NEVER: [&str; 3] = ["QMINDCOLUMN", "QGANGCOLUMN", "QAGECOLUMN"];

const LEVELS: [&str; 4] = [KEPT, "MED", "MAX", ""];
const STATUSES: [&str; 4] = ["DE", "CS", "DEP", "SCO"];
const HEADER: [&str; 11] = [
    "inmateid",
    "admitted_dt",
    "custody_level",
    "bradh",
    "race",
    "gender",
    "age",
    "inmate_status_code",
    "sealed",
    "srg_flg",
    "top_charge",
];

/// One row: an open admission of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The person.
    pub person: String,
    /// When the person was admitted.
    pub admitted: String,
    /// The custody level; empty before it is decided.
    pub level: String,
    /// The status code.
    pub status: String,
}

/// One day's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Its rows.
    pub rows: Vec<Row>,
}

impl Day {
    /// Writes the file.
    ///
    /// # Errors
    /// Returns the library's error.
    pub fn csv(&self) -> anyhow::Result<String> {
        let rows = self.rows.iter().map(|row| {
            let [mind, gang, age] = NEVER;
            [
                row.person.as_str(),
                &row.admitted,
                &row.level,
                mind,
                "O",
                "M",
                age,
                &row.status,
                "N",
                gang,
                "120.05",
            ]
        });
        csv(&HEADER, rows)
    }
}

/// The generator.
#[derive(Debug)]
pub struct Roster {
    dice: Dice,
    rows: Vec<Row>,
    away: Vec<Row>,
    people: usize,
    day: usize,
}

impl Roster {
    /// Begins with so many people.
    #[must_use]
    pub fn new(seed: u64, people: usize) -> Self {
        let mut roster = Self {
            dice: Dice::new(seed),
            rows: Vec::new(),
            away: Vec::new(),
            people: 0,
            day: 0,
        };
        for _ in 0..people {
            roster.admit();
        }
        roster
    }

    /// Returns the next day's file.
    pub fn next_day(&mut self) -> Day {
        self.day += 1;
        // The third file is the second, byte for byte.
        if self.day > 1 && self.day != 3 {
            self.change();
        }
        Day {
            rows: self.rows.clone(),
        }
    }

    fn change(&mut self) {
        // Weekenders and clerical accidents: back with the very same admission.
        self.rows.append(&mut self.away);
        for _ in 0..4 {
            let chosen = self.dice.below(self.rows.len());
            let gone = self.rows.swap_remove(chosen);
            if self.dice.one_in(2) {
                self.away.push(gone);
            }
        }
        for _ in 0..5 {
            self.admit();
        }
        // The same person, admitted again: the old admission ends, or stays open beside the new.
        for keep in [true, false] {
            let chosen = self.dice.below(self.rows.len());
            let admitted = self.admission();
            if let Some(row) = self.rows.get_mut(chosen) {
                let again = Row {
                    admitted,
                    ..row.clone()
                };
                if keep {
                    self.rows.push(again);
                } else {
                    *row = again;
                }
            }
        }
        for _ in 0..6 {
            let chosen = self.dice.below(self.rows.len());
            let (level, status) = (self.dice.pick(&LEVELS), self.dice.pick(&STATUSES));
            if let (Some(row), Some(level), Some(status)) =
                (self.rows.get_mut(chosen), level, status)
            {
                (*level).clone_into(&mut row.level);
                (*status).clone_into(&mut row.status);
            }
        }
        // The order of the rows means nothing.
        let turn = self.dice.below(self.rows.len());
        self.rows.rotate_left(turn);
    }

    fn admit(&mut self) {
        self.people += 1;
        let (person, admitted) = (format!("2{:07}", self.people), self.admission());
        let level = *self.dice.pick(&LEVELS).unwrap_or(&KEPT);
        let status = *self.dice.pick(&STATUSES).unwrap_or(&"DE");
        self.rows.push(Row {
            person,
            admitted,
            level: level.to_owned(),
            status: status.to_owned(),
        });
    }

    /// Returns a time of this day that was never returned before.
    fn admission(&mut self) -> String {
        let minute = self.people % 60;
        let second = self.rows.len() % 60;
        let hour = self.dice.below(24);
        format!(
            "2026-05-{:02}T{hour:02}:{minute:02}:{second:02}.000",
            1 + self.day
        )
    }
}
