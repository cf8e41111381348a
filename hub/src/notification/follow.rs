//! What a registrant follows besides a person: a court case, or a protective order that she asked for.
//!
//! Who asked for an order never stands on an agent (section 1(a)(vii)): she is found by the order's number
//! and court, which she gives herself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FollowKind {
    /// A court case, section 1(b)(i).
    Case,
    /// A protective order, section 1(a)(vii).
    Order,
}

/// Words that say nothing of which court it is.
const EMPTY_WORDS: [&str; 4] = ["OF", "THE", "FOR", "IN"];

/// A case or an order by what a court calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// Which of the two.
    pub kind: FollowKind,
    /// Its number.
    pub number: String,
    /// The court.
    pub court: String,
}

impl FollowKind {
    /// Returns the word that stands for it in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Order => "order",
        }
    }

    /// Returns the kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Case, Self::Order]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

impl Followed {
    /// Returns the form by which two spellings are found equal: the letters and digits of the number, and
    /// the words of the court in any order.
    #[must_use]
    pub fn comparable(&self) -> String {
        let number: String = self
            .number
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_uppercase)
            .collect();
        let court = self.court.to_uppercase();
        let words: BTreeSet<&str> = court
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && !EMPTY_WORDS.contains(word))
            .collect();
        let words: Vec<&str> = words.into_iter().collect();
        format!("{number}|{}", words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::{FollowKind, Followed};

    fn comparable(number: &str, court: &str) -> String {
        Followed {
            kind: FollowKind::Order,
            number: number.to_owned(),
            court: court.to_owned(),
        }
        .comparable()
    }

    #[test]
    fn finds_two_spellings_of_one_order_and_no_other() {
        let one = comparable("25-cv-0012", "Circuit Court of Hinds County");
        assert_eq!(one, comparable("25CV0012", "HINDS COUNTY CIRCUIT COURT"));
        assert_ne!(one, comparable("25CV0012", "Hinds County Chancery Court"));
        assert_ne!(one, comparable("25CV0013", "Hinds County Circuit Court"));
        for kind in [FollowKind::Case, FollowKind::Order] {
            assert_eq!(FollowKind::parse(kind.as_str()), Some(kind));
        }
    }
}
