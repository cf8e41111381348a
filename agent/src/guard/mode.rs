//! What a jail has said about these days: that they are ordinary, or why they are not.

use std::fmt;

/// What a jail has said about these days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    #[default]
    Normal,
    /// Everybody may leave at once: who is missing or was transferred is told as that.
    Evacuation,
    /// Its system is being worked on: everything waits until a person has looked.
    Maintenance,
}

impl Mode {
    /// Returns its word, as commands, heartbeats and the journal have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Evacuation => "evacuation",
            Self::Maintenance => "maintenance",
        }
    }

    /// Reads its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Normal, Self::Evacuation, Self::Maintenance]
            .into_iter()
            .find(|mode| mode.as_str() == word)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
