//! What may become of a try to tell, and what is heard of it later: the words of each channel.

use std::fmt;

/// What became of a try, or was heard of a notice after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The channel took it. That is not yet delivered, and not yet confirmed.
    Accepted,
    /// The channel could not take it now.
    Deferred,
    /// The channel never will: the address does not exist, or does not take what this hub sends.
    Refused,
    /// The line to the channel is down: nothing left the hub, and no try is used up.
    NotTried,
    /// The number was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// A machine answered; it was told no more than she allowed.
    Machine,
    /// Somebody answered and did not confirm.
    Answered,
    /// The number is not in use, or is closed to this hub's calls.
    Unallocated,
    /// The letter is made, and waits to be printed.
    Spooled,
    /// The letter is on paper.
    Printed,
    /// The letter was given to the post.
    Mailed,
    /// The post brought the letter back.
    Returned,
    /// A mail server said later that it could not deliver.
    Bounced,
}

/// What follows from an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// The channel has it, and a confirmation is still out.
    Taken,
    /// It is tried again.
    Again,
    /// It is tried again, and that was no try.
    Unused,
    /// This channel never will.
    Ended,
}

impl Outcome {
    /// Every one, in the order of the channels.
    pub const ALL: [Self; 14] = [
        Self::Accepted,
        Self::Deferred,
        Self::Refused,
        Self::NotTried,
        Self::Busy,
        Self::NoAnswer,
        Self::Machine,
        Self::Answered,
        Self::Unallocated,
        Self::Spooled,
        Self::Printed,
        Self::Mailed,
        Self::Returned,
        Self::Bounced,
    ];

    /// Returns the word that stands for it in tables and in the evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
            Self::NotTried => "not-tried",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Machine => "machine",
            Self::Answered => "answered",
            Self::Unallocated => "unallocated",
            Self::Spooled => "spooled",
            Self::Printed => "printed",
            Self::Mailed => "mailed",
            Self::Returned => "returned",
            Self::Bounced => "bounced",
        }
    }

    /// Returns the outcome of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
    }

    /// Says it as staff reads it.
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Accepted => "taken, not confirmed",
            Self::Deferred => "put off",
            Self::Refused => "refused",
            Self::NotTried => "not tried: the line is down",
            Self::Busy => "busy",
            Self::NoAnswer => "no answer",
            Self::Machine => "a machine answered",
            Self::Answered => "answered, not confirmed",
            Self::Unallocated => "the number is not in use",
            Self::Spooled => "waits to be printed",
            Self::Printed => "printed, not mailed",
            Self::Mailed => "mailed, not confirmed",
            Self::Returned => "the post brought it back",
            Self::Bounced => "the address does not take mail",
        }
    }

    /// Returns what follows from it.
    #[must_use]
    pub const fn follows(self) -> Follows {
        match self {
            Self::Accepted | Self::Spooled | Self::Printed | Self::Mailed => Follows::Taken,
            Self::Deferred | Self::Busy | Self::NoAnswer | Self::Machine | Self::Answered => {
                Follows::Again
            }
            Self::NotTried => Follows::Unused,
            Self::Refused | Self::Unallocated | Self::Returned | Self::Bounced => Follows::Ended,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{Follows, Outcome};

    #[test]
    fn reads_every_word_back_and_says_each_in_other_words() {
        let mut said = std::collections::BTreeSet::new();
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
            assert!(said.insert(outcome.plain()), "{outcome}");
        }
        assert_eq!(Outcome::parse("confirmed"), None, "no channel confirms");
    }

    #[test]
    fn uses_up_no_try_where_nothing_left_the_hub() {
        let unused: Vec<_> = Outcome::ALL
            .into_iter()
            .filter(|outcome| outcome.follows() == Follows::Unused)
            .collect();
        assert_eq!(unused, [Outcome::NotTried]);
    }
}
