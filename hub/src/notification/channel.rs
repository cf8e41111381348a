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

    /// Returns how many contact points of it a registrant may have. Another postal address takes the place
    /// of the one before.
    #[must_use]
    pub const fn points_max(self) -> usize {
        match self {
            Self::Email => 2,
            Self::Telephone => 3,
            Self::Letter => 1,
        }
    }

    /// Says whether it is a further way: by e-mail a registrant comes in.
    #[must_use]
    pub const fn is_further(self) -> bool {
        match self {
            Self::Email => false,
            Self::Telephone | Self::Letter => true,
        }
    }
}

/// For which channels this hub has a door besides e-mail's. What goes out by another one is carried by a
/// person, who is asked to by a task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doors {
    /// It calls.
    pub telephone: bool,
    /// It makes letters.
    pub letter: bool,
}

impl Doors {
    /// Says whether a person carries what is planned for a channel.
    #[must_use]
    pub const fn is_by_hand(self, channel: Channel) -> bool {
        match channel {
            Channel::Email => false,
            Channel::Telephone => !self.telephone,
            Channel::Letter => !self.letter,
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
    use super::{Channel, Doors};

    #[test]
    fn reads_every_word_back() {
        for channel in Channel::ALL {
            assert_eq!(Channel::parse(channel.as_str()), Some(channel));
        }
        assert_eq!(Channel::parse("fax"), None);
    }

    #[test]
    fn leaves_to_a_person_what_has_no_door() {
        let none = Doors::default();
        let by_hand = Channel::ALL.map(|channel| none.is_by_hand(channel));
        assert_eq!(by_hand, [false, true, true]);
        let calls = Doors {
            telephone: true,
            ..none
        };
        let by_hand = Channel::ALL.map(|channel| calls.is_by_hand(channel));
        assert_eq!(by_hand, [false, false, true]);
    }
}
