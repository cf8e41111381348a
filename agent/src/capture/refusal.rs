//! Why an export was refused whole: it changed nothing, and this is what to do about it.

use jiff::Timestamp;
use thiserror::Error;

use crate::format::error::FormatError;
use crate::mapping::binding::BindingError;

/// Why an export was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It is not a whole file of its format.
    #[error(transparent)]
    Format(FormatError),
    /// Its header does not fit the profile.
    #[error(transparent)]
    Header(BindingError),
    /// It lists nobody, which never means that everybody has left: it is a jail's roster, or all of its
    /// rows were set aside.
    #[error("no row lists anybody: an empty roster never means that everybody has left")]
    NoRows,
    /// Its date has not come: every later export would seem to be older.
    #[error(
        "the export is dated {exported_at}, and it is {now}: the date in its name, or when it was \
         written, is wrong, or this machine's clock is"
    )]
    Future {
        /// Its date.
        exported_at: Timestamp,
        /// The agent's clock.
        now: Timestamp,
    },
    /// Many keys stand in rows with different content.
    #[error(
        "{keys} keys stand in several rows with other content each: if one row is one charge, set \
         one_row_per = \"charge\"; else name more fields in key"
    )]
    DuplicateKeys {
        /// How many.
        keys: u64,
    },
}

impl Refusal {
    /// Returns the refusal's code, as heartbeats and `--json` give it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Format(error) => error.code(),
            Self::Header(_) => "header",
            Self::Future { .. } => "future",
            Self::NoRows => "no-rows",
            Self::DuplicateKeys { .. } => "duplicate-keys",
        }
    }
}
