//! What a row means for custody, as far as the guard cares.

use savin_shared::record::Record;
use savin_shared::record::custody::CustodyState;

/// What a row means for custody, as far as the guard cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Held, on leave, or not a custody record.
    Open,
    /// The agency's words do not say.
    Unknown,
    /// Ended by the agency's own word.
    Ended,
}

impl Standing {
    /// Returns what a record means for custody.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        match record.custody().map(|custody| custody.state) {
            Some(state) if state.has_ended() => Self::Ended,
            Some(CustodyState::Unknown) => Self::Unknown,
            Some(_) | None => Self::Open,
        }
    }

    /// Returns the number that stands for it in the journal.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Open => 1,
            Self::Unknown => 2,
            Self::Ended => 3,
        }
    }

    /// Returns the standing of a journal's number; one that is none says nothing.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Open,
            3 => Self::Ended,
            _ => Self::Unknown,
        }
    }
}
