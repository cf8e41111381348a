//! What kinds of file there are, and the profile that reads each unless another is given.

use savin_agent::mapping::profile::{Mode, Profile, ProfileError};
use savin_shared::ids::{FeedName, IdError};
use savin_shared::record::RecordKind;
use thiserror::Error;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// A list of the sex offender registry: section 1(c).
    SexOffenderRegistry,
    /// A court's calendar: section 1(b)(i).
    Court,
    /// The Parole Board's docket: section 1(b)(ii).
    Parole,
    /// Protective orders and their service: section 1(a)(vii).
    Orders,
}

impl ImportKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::SexOffenderRegistry,
        Self::Court,
        Self::Parole,
        Self::Orders,
    ];

    /// Returns its word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SexOffenderRegistry => "sor",
            Self::Court => "court",
            Self::Parole => "parole",
            Self::Orders => "orders",
        }
    }

    /// Returns the kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Returns the feed in which the files of a kind are listed.
    ///
    /// # Errors
    /// Returns [`IdError`], which a test rules out.
    pub fn feed(self) -> Result<FeedName, IdError> {
        FeedName::new(&format!("import-{}", self.as_str()))
    }

    /// Returns what its rows become.
    #[must_use]
    pub const fn record_kind(self) -> RecordKind {
        match self {
            Self::SexOffenderRegistry => RecordKind::SexOffender,
            Self::Court => RecordKind::CourtEvent,
            Self::Parole => RecordKind::Hearing,
            Self::Orders => RecordKind::ProtectiveOrder,
        }
    }

    /// Reads the profile that ships with the program.
    ///
    /// # Errors
    /// Returns [`KindError`], which a test rules out.
    pub fn shipped(self) -> Result<Profile, KindError> {
        self.profile(self.shipped_text())
    }

    /// Returns the profile that ships with the program as it is written, for whoever changes it.
    #[must_use]
    pub const fn shipped_text(self) -> &'static str {
        match self {
            Self::SexOffenderRegistry => include_str!("../../data/import/sor.toml"),
            Self::Court => include_str!("../../data/import/court.toml"),
            Self::Parole => include_str!("../../data/import/parole.toml"),
            Self::Orders => include_str!("../../data/import/orders.toml"),
        }
    }

    /// Reads a profile for files of this kind.
    ///
    /// # Errors
    /// Returns [`KindError`] for one that is none, or of another kind.
    pub fn profile(self, text: &str) -> Result<Profile, KindError> {
        let profile = Profile::parse(text)?;
        if profile.kind != self.record_kind() {
            return Err(KindError::Other {
                found: profile.kind,
                expected: self.record_kind(),
            });
        }
        if profile.mode != Mode::Roster {
            return Err(KindError::Transactions);
        }
        Ok(profile)
    }
}

/// Why a profile is of no use for an import.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KindError {
    /// It is none.
    #[error("the profile is not usable: {0}")]
    Profile(#[from] ProfileError),
    /// It is for other records.
    #[error("the profile is for records of the kind {found}, and this import is of {expected}")]
    Other {
        /// Of what it is.
        found: RecordKind,
        /// Of what it must be.
        expected: RecordKind,
    },
    /// It is for files that tell only what happened.
    #[error(
        "an imported file is a whole list: set mode = \"roster\" in the profile, and have the whole \
         list exported each time"
    )]
    Transactions,
}
