//! What can be said: phrases of the catalogue, and values that a grammar puts into words.

use jiff::civil::{Date, Time};
use savin_shared::pii::{Pii, Secret};

use super::prompt::Prompt;

/// A language that can be spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// Returns its tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// Returns the language that is offered beside it.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::English => Self::Spanish,
            Self::Spanish => Self::English,
        }
    }
}

/// Something in each language.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InEach<T> {
    /// In English.
    pub english: T,
    /// In Spanish.
    pub spanish: T,
}

impl<T> InEach<T> {
    /// Returns it in one language.
    #[must_use]
    pub const fn of(&self, language: Language) -> &T {
        match language {
            Language::English => &self.english,
            Language::Spanish => &self.spanish,
        }
    }

    /// Returns it in one language, to be changed.
    pub const fn of_mut(&mut self, language: Language) -> &mut T {
        match language {
            Language::English => &mut self.english,
            Language::Spanish => &mut self.spanish,
        }
    }
}

/// Something to say, without a pause for an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Play {
    /// In which language.
    pub language: Language,
    /// What, in order.
    pub say: Vec<Utterance>,
}

/// The gender of a word, where a language has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// As `días`.
    Masculine,
    /// As `horas`.
    Feminine,
}

/// A piece of what is said.
#[derive(Debug, Clone, PartialEq)]
pub enum Utterance {
    /// A prompt of the scripts.
    Prompt(Prompt),
    /// Fixed words of a message, as its template has them between two values.
    Words(String),
    /// The word that she chose, by which she knows us.
    CodeWord(Pii<String>),
    /// The name of a person, which no catalogue has.
    Name(Pii<String>),
    /// The name of a place.
    Place(String),
    /// A word that was typed by somebody, such as a kind of hearing.
    Typed(String),
    /// Digits, each by itself: a telephone number, a reference.
    Digits(String),
    /// A code, digit by digit.
    Code(Secret<String>),
    /// Letters and digits, each by itself.
    Spelled(Pii<String>),
    /// A number by itself.
    Number(u32),
    /// How many of something, whose word comes next: some languages say it by the gender of that word.
    Count(u32, Gender),
    /// A day.
    Day(Date),
    /// A time of day, to the minute.
    Clock(Time),
    /// A short silence.
    Pause,
}

impl Utterance {
    /// Says whether it is told only after the right PIN: everything but prompts, a code word and the
    /// numbers by which to reach us.
    #[must_use]
    pub const fn is_telling(&self) -> bool {
        match self {
            Self::Words(_)
            | Self::Name(_)
            | Self::Place(_)
            | Self::Typed(_)
            | Self::Number(_)
            | Self::Count(..)
            | Self::Day(_)
            | Self::Clock(_) => true,
            Self::Prompt(_)
            | Self::CodeWord(_)
            | Self::Digits(_)
            | Self::Code(_)
            | Self::Spelled(_)
            | Self::Pause => false,
        }
    }
}
