//! What a registrant follows besides a person: a court case, or a protective order that she asked for.
//!
//! Who asked for an order never stands on an agent (section 1(a)(vii)): she is found by the order's number
//! and court, which she gives herself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::court;

/// What is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FollowKind {
    /// A court case, section 1(b)(i).
    Case,
    /// A protective order, section 1(a)(vii).
    Order,
}

/// Words that said nothing of which court it is, before its name was compared.
const EMPTY_WORDS: [&str; 4] = ["OF", "THE", "FOR", "IN"];

/// Characters of the longest number and of the longest court.
const NUMBER_CHARACTERS_MAX: usize = 60;
const COURT_CHARACTERS_MAX: usize = 120;

/// Characters of a number that a masked one shows.
const SHOWN: usize = 3;

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
    /// Both, the pressing one first.
    pub const ALL: [Self; 2] = [Self::Order, Self::Case];

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
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What is wrong with a number and a court as somebody typed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FollowError {
    /// There is no number, or none that a court gives.
    #[error("that is no number of a case or an order")]
    Number,
    /// There is no court, or no name of one.
    #[error("that is no name of a court")]
    Court,
}

impl Followed {
    /// Reads what somebody typed; nothing where both are empty.
    ///
    /// # Errors
    /// Returns [`FollowError`] where one of the two is missing, without a digit or a letter that could be
    /// compared, or too long.
    pub fn read(kind: FollowKind, number: &str, court: &str) -> Result<Option<Self>, FollowError> {
        let (number, court) = (number.trim(), court.trim());
        if number.is_empty() && court.is_empty() {
            return Ok(None);
        }
        if number.chars().count() > NUMBER_CHARACTERS_MAX
            || !number.chars().any(|c| c.is_ascii_digit())
        {
            return Err(FollowError::Number);
        }
        let followed = Self {
            kind,
            number: number.to_owned(),
            court: court.to_owned(),
        };
        let is_named = !followed.comparable().ends_with('|');
        if court.chars().count() > COURT_CHARACTERS_MAX || !is_named {
            return Err(FollowError::Court);
        }
        Ok(Some(followed))
    }

    /// Returns enough of the number for whoever typed it to know it again.
    #[must_use]
    pub fn masked(&self) -> String {
        let letters: Vec<char> = self
            .number
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect();
        // Of a short number no more than half.
        let shown = SHOWN.min(letters.len() / 2);
        let tail: String = letters.iter().skip(letters.len() - shown).collect();
        format!("•••{tail}")
    }

    /// Returns the form by which two spellings are found equal: the letters and digits of the number, and
    /// what the [court's name](court::comparable) says.
    #[must_use]
    pub fn comparable(&self) -> String {
        format!("{}|{}", self.digits(), court::comparable(&self.court))
    }

    /// Returns the form by which they were compared before the names of courts were: the words of the court
    /// in any order. What was followed by then is stored under it.
    #[must_use]
    pub fn comparable_before(&self) -> String {
        let court = self.court.to_uppercase();
        let words: BTreeSet<&str> = court
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && !EMPTY_WORDS.contains(word))
            .collect();
        let words: Vec<&str> = words.into_iter().collect();
        format!("{}|{}", self.digits(), words.join(" "))
    }

    fn digits(&self) -> String {
        self.number
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_uppercase)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{FollowError, FollowKind, Followed};

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
        assert_eq!(one, comparable("25CV0012", "Hinds Co. Cir. Ct."));
        assert_ne!(one, comparable("25CV0012", "Hinds County Chancery Court"));
        assert_ne!(one, comparable("25CV0013", "Hinds County Circuit Court"));
        for kind in [FollowKind::Case, FollowKind::Order] {
            assert_eq!(FollowKind::parse(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn knows_the_form_under_which_what_was_followed_before_is_stored() {
        let followed = Followed {
            kind: FollowKind::Order,
            number: "25-cv-0012".to_owned(),
            court: "Circuit Ct. of Hinds County".to_owned(),
        };
        let before = followed.comparable_before();
        assert_eq!(before, "25CV0012|CIRCUIT COUNTY CT HINDS");
    }

    #[test]
    fn takes_what_has_a_number_and_a_court_and_says_what_is_missing() {
        let read = |number, court| Followed::read(FollowKind::Order, number, court);
        assert_eq!(read(" ", ""), Ok(None));
        assert_eq!(read("", "County Court"), Err(FollowError::Number));
        assert_eq!(read("unknown", "County Court"), Err(FollowError::Number));
        let (number, court) = ("1".repeat(61), "x".repeat(121));
        assert_eq!(read(&number, "County Court"), Err(FollowError::Number));
        for court in ["", "of the", court.as_str()] {
            assert_eq!(read("26-PO-7", court), Err(FollowError::Court), "{court}");
        }
        let followed = read(" 26-PO-117 ", "County Court of Hinds ")
            .unwrap()
            .unwrap();
        assert_eq!(
            (followed.number.as_str(), followed.court.as_str()),
            ("26-PO-117", "County Court of Hinds")
        );
        assert_eq!(followed.masked(), "•••117");
        assert_eq!(read("7", "County Court").unwrap().unwrap().masked(), "•••");
    }
}
