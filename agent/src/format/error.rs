//! Why a file is not a whole export of its format. Cells stay out of every message.

use thiserror::Error;

use super::csv::CsvError;
use super::layout::Place;

/// Why a file is not a whole export of its format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FormatError {
    /// Not a whole CSV file.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// Its content is something else.
    #[error(
        "the profile says {declared}, and the content looks like {found}. If this system writes \
         it so, say that in {setting}; else ask whoever makes the export"
    )]
    Unlike {
        /// What the profile says.
        declared: String,
        /// What it looks like.
        found: String,
        /// Which setting would allow it.
        setting: String,
    },
    /// It cannot be read as what it is, whatever the profile says.
    #[error("the file is {found}, which cannot be read: {advice}")]
    Unreadable {
        /// What it is.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// It ends before its end.
    #[error("{reason}: the file may be half written")]
    Cut {
        /// What is missing, and where.
        reason: String,
    },
    /// It is not well formed.
    #[error("{place} {number}: {reason}")]
    Malformed {
        /// What the number counts.
        place: Place,
        /// Where, counted from 1.
        number: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// A row has another number of cells than the header.
    #[error("{place} {number}: {found} cells where the header has {expected}")]
    Ragged {
        /// What the number counts.
        place: Place,
        /// Where, counted from 1.
        number: u64,
        /// Cells in the header.
        expected: usize,
        /// Cells in the row.
        found: usize,
    },
    /// There is a frame and no row in it.
    #[error("the file is whole and holds no row ({frame})")]
    NoRows {
        /// What there is.
        frame: String,
    },
    /// What the profile names is not there.
    #[error("{what}")]
    Missing {
        /// What is missing, what there is, and which setting says so.
        what: String,
    },
    /// It is larger than what is read.
    #[error("{what}")]
    TooLarge {
        /// What is too large, and the bound.
        what: String,
    },
}

impl FormatError {
    /// Returns the code, as heartbeats and `--json` give it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Csv(CsvError::Empty) => "empty-file",
            Self::Csv(CsvError::HeaderOnly) | Self::NoRows { .. } => "header-only",
            Self::Csv(CsvError::Unterminated | CsvError::OpenQuote { .. }) | Self::Cut { .. } => {
                "half-written"
            }
            Self::Csv(CsvError::Ragged { .. } | CsvError::Malformed { .. })
            | Self::Malformed { .. }
            | Self::Ragged { .. } => "malformed",
            Self::Unlike { .. } | Self::Unreadable { .. } => "not-as-declared",
            Self::Missing { .. } => "layout",
            Self::TooLarge { .. } => "too-large",
        }
    }

    pub(super) fn cut(reason: impl Into<String>) -> Self {
        Self::Cut {
            reason: reason.into(),
        }
    }

    pub(super) const fn malformed(place: Place, number: u64, reason: &'static str) -> Self {
        Self::Malformed {
            place,
            number,
            reason,
        }
    }

    pub(super) fn missing(what: impl Into<String>) -> Self {
        Self::Missing { what: what.into() }
    }
}
