//! How long a call waits for whoever is at the other end.

use std::time::Duration;

/// How fast a call goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pace {
    /// With a person who hears and speaks.
    #[default]
    Normal,
    /// With a relay (TTY, dialled as 711), where somebody types what we say and reads what is typed.
    Relay,
}

/// How long to wait for digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// For the first, after all was said.
    pub first: Duration,
    /// For each that follows.
    pub between: Duration,
}

impl Pace {
    /// Returns how long to wait for digits.
    #[must_use]
    pub const fn wait(self) -> Wait {
        let (first, between) = match self {
            Self::Normal => (8, 3),
            Self::Relay => (60, 20),
        };
        Wait {
            first: Duration::from_secs(first),
            between: Duration::from_secs(between),
        }
    }
}
