//! Why changes are held, as a code and as a sentence for whoever has to look.

use std::fmt;

use jiff::Timestamp;

use super::drift::Drift;
use super::limits::{ABSENCE_FLOOR, RELEASE_FLOOR, WINDOW_MINUTES};
use super::release::Given;

/// Why changes are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// More people are missing or without a known status than is usual.
    MassAbsence {
        /// How many today.
        lost: u64,
        /// How many would have been believed.
        limit: u64,
        /// How many were listed before.
        listed: u64,
    },
    /// Many rows do not say whom they are about, and people are missing.
    UnkeyedRows {
        /// How many rows.
        rows: u64,
        /// How many people are missing.
        lost: u64,
    },
    /// Nearly everybody is missing and nearly everybody is new: another jail's file.
    ForeignExport {
        /// How many are missing.
        lost: u64,
        /// How many are new.
        new: u64,
    },
    /// Many rows keep their number and name somebody else: another jail's file, or other numbers.
    OtherPeople {
        /// How many rows.
        rows: u64,
        /// How many records the export lists.
        listed: u64,
    },
    /// Somebody is let go under a number that was another person's.
    WrongPerson {
        /// How many.
        rows: u64,
    },
    /// People are let go without the time of it, which releases here usually have.
    BareRelease {
        /// How many.
        rows: u64,
        /// What releases of late had.
        given: Given,
    },
    /// A few people more than usual are missing each day, for days.
    SlowDrift(Drift),
    /// Most of the roster is let go by one export: its words may have changed their meaning.
    StatusShift {
        /// How many.
        ended: u64,
        /// How many were listed before.
        listed: u64,
    },
    /// The export has other columns than before, or other kinds of values in them, and lets people go.
    NewLayout {
        /// How many.
        ended: u64,
    },
    /// The jail has said that its system is being worked on.
    Maintenance,
    /// The export is older than the one that was taken last.
    Older {
        /// Its date.
        exported_at: Timestamp,
        /// The date of the one before.
        last: Timestamp,
    },
    /// The export is byte for byte one from before the last.
    ServedAgain {
        /// When it was taken.
        taken_at: Timestamp,
    },
    /// More people are let go by explicit word than is usual.
    MassRelease {
        /// How many within the window.
        ended: u64,
        /// How many would have been believed.
        limit: u64,
    },
}

impl HoldReason {
    /// Says whether a doubt about an export counts for so many changes, of which so many bring somebody
    /// back and so many lose somebody. A small jail comes to say the very same again after a booking and
    /// the same person's departure, or when a weekender is back; seldom both at once.
    pub(super) const fn counts_for(&self, changes: u64, back: u64, lost: u64) -> bool {
        match self {
            Self::ServedAgain { .. } => changes > ABSENCE_FLOOR || (back > 0 && lost > 0),
            Self::MassAbsence { .. }
            | Self::UnkeyedRows { .. }
            | Self::ForeignExport { .. }
            | Self::OtherPeople { .. }
            | Self::WrongPerson { .. }
            | Self::BareRelease { .. }
            | Self::SlowDrift(_)
            | Self::StatusShift { .. }
            | Self::NewLayout { .. }
            | Self::Maintenance
            | Self::Older { .. }
            | Self::MassRelease { .. } => true,
        }
    }

    /// Returns the reason's code, as heartbeats and `--json` give it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MassAbsence { .. } => "mass-absence",
            Self::UnkeyedRows { .. } => "unkeyed-rows",
            Self::ForeignExport { .. } => "foreign-export",
            Self::OtherPeople { .. } => "other-people",
            Self::WrongPerson { .. } => "wrong-person",
            Self::BareRelease { .. } => "bare-release",
            Self::SlowDrift(_) => "slow-drift",
            Self::StatusShift { .. } => "status-shift",
            Self::NewLayout { .. } => "new-layout",
            Self::Maintenance => "maintenance",
            Self::Older { .. } => "older",
            Self::ServedAgain { .. } => "served-again",
            Self::MassRelease { .. } => "mass-release",
        }
    }
}

/// Says whether a hold of this code is about the whole export, and so ends with the next good one;
/// any other is about single changes.
#[must_use]
pub fn doubts_export(code: &str) -> bool {
    matches!(
        code,
        "foreign-export" | "other-people" | "older" | "served-again"
    )
}

/// Says whether a hold of this code is about a slow drift.
pub(super) fn is_drift(code: &str) -> bool {
    code == "slow-drift"
}

impl fmt::Display for HoldReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MassAbsence {
                lost,
                limit,
                listed,
            } => write!(
                formatter,
                "{lost} of {listed} people are missing or without a known status today, and up \
                 to {limit} would be usual: their status stays as it was until a person has looked"
            ),
            Self::UnkeyedRows { rows, lost } => write!(
                formatter,
                "{rows} rows do not say whom they are about, and {lost} people are missing: their \
                 status stays as it was until a person has looked"
            ),
            Self::ForeignExport { lost, new } => write!(
                formatter,
                "{lost} people are missing and {new} are new at once: this looks like another \
                 facility's export, and nothing of it was taken"
            ),
            Self::OtherPeople { rows, listed } => write!(
                formatter,
                "{rows} of {listed} records have the number of one before and name somebody else: \
                 this looks like another facility's export, or the numbers were given anew; \
                 nothing of it was taken"
            ),
            Self::WrongPerson { rows } => write!(
                formatter,
                "{rows} people are let go under a number that was another person's: their status \
                 stays as it was until a person has looked"
            ),
            Self::BareRelease { rows, given } => write!(
                formatter,
                "{rows} people are let go without the time of it, which {} of the last {} releases \
                 had: their status stays as it was until a person has looked",
                given.dated, given.releases
            ),
            Self::SlowDrift(drift) => write!(formatter, "{drift}"),
            Self::StatusShift { ended, listed } => write!(
                formatter,
                "{ended} of {listed} people are let go by one export: its words may mean something \
                 else now; their status stays as it was until a person has looked"
            ),
            Self::NewLayout { ended } => write!(
                formatter,
                "{ended} people are let go by an export that looks other than the one before: its \
                 words may mean something else now; their status stays as it was until a person has \
                 looked"
            ),
            Self::Maintenance => write!(
                formatter,
                "the jail has said that its system is being worked on: everything waits until that \
                 is over and a person has looked"
            ),
            Self::Older { exported_at, last } => write!(
                formatter,
                "the export of {exported_at} is older than the one of {last}, which was taken \
                 before: nothing of it was taken"
            ),
            Self::ServedAgain { taken_at } => write!(
                formatter,
                "an old export was served again: it was taken at {taken_at}, and others since; \
                 nothing of it was taken"
            ),
            Self::MassRelease { ended, limit } => write!(
                formatter,
                "{ended} people are let go within {WINDOW_MINUTES} minutes, and up to {limit} \
                 would be usual: all but the first {RELEASE_FLOOR} wait until a person has looked"
            ),
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            days, lost, usual, ..
        } = self;
        write!(
            formatter,
            "{lost} people went missing within {days} days, and {usual} would be usual"
        )?;
        if let Some((admitted, usual)) = self.admitted {
            write!(
                formatter,
                "; {admitted} came in them, and {usual} would be usual"
            )?;
        }
        write!(
            formatter,
            ": the feed may be losing rows; their status stays as it was until a person has looked"
        )
    }
}
