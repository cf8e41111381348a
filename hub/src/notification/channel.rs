//! The three ways of Miss. Code 99-45-1(1)(a) to (c) in which a registrant chooses to be told.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A way in which somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// E-mail.
    Email,
    /// A call.
    Telephone,
    /// A letter.
    Letter,
}

impl Channel {
    /// Every way, in the order in which it is offered.
    pub const ALL: [Self; 3] = [Self::Email, Self::Telephone, Self::Letter];

    /// Returns the word that stands for it in tables and forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Telephone => "telephone",
            Self::Letter => "letter",
        }
    }

    /// Returns the way of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == word)
    }

    /// Says whether a person at the hub carries what is planned for it: there is no door for it yet.
    #[must_use]
    pub const fn is_by_hand(self) -> bool {
        match self {
            Self::Email => false,
            Self::Telephone | Self::Letter => true,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Channel;

    #[test]
    fn reads_every_word_back() {
        for channel in Channel::ALL {
            assert_eq!(Channel::parse(channel.as_str()), Some(channel));
        }
        assert_eq!(Channel::parse("fax"), None);
    }
}
