//! What agencies write again and again, in a reader's language: levels, kinds of dates, decisions. What the
//! table does not have stays as it was written; nothing is guessed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::words::Language;

/// The table: of what, the agency's words in small letters, and the same in Spanish.
const TABLE: &str = include_str!("../../data/agency_words.csv");

static SPANISH: LazyLock<BTreeMap<(String, String), String>> = LazyLock::new(|| {
    let mut table = csv::Reader::from_reader(TABLE.as_bytes());
    let rows = table.deserialize::<(String, String, String)>().flatten();
    rows.map(|(of, word, said)| ((of, word), said)).collect()
});

/// Of what an agency's words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A security level.
    Level,
    /// A kind or a status of supervision.
    Supervision,
    /// A court date or a hearing.
    Date,
    /// A decision of the board.
    Decision,
}

impl Of {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Supervision => "supervision",
            Self::Date => "date",
            Self::Decision => "decision",
        }
    }
}

/// Returns an agency's words in a language, or as they are where no translation is known.
#[must_use]
pub fn in_language(language: Language, of: Of, words: &str) -> &str {
    match language {
        Language::En => words,
        Language::Es => {
            let plain = words.to_lowercase();
            let plain: Vec<&str> = plain
                .split(|letter: char| !letter.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .collect();
            let known = SPANISH.get(&(of.as_str().to_owned(), plain.join(" ")));
            known.map_or(words, String::as_str)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Of, SPANISH, TABLE, in_language};
    use crate::notification::words::Language;

    #[test]
    fn says_in_spanish_what_the_table_has_and_leaves_the_rest() {
        let said = |of, words| in_language(Language::Es, of, words);
        assert_eq!(said(Of::Level, "MEDIUM"), "medio");
        assert_eq!(said(Of::Supervision, "Minimum"), "mínima");
        assert_eq!(
            said(Of::Level, "Minimum Non-Community"),
            "mínimo, sin salida a la comunidad"
        );
        assert_eq!(said(Of::Decision, " Denied "), "se negó");
        assert_eq!(said(Of::Date, "Omnibus, room 3"), "Omnibus, room 3");
        assert_eq!(in_language(Language::En, Of::Level, "MEDIUM"), "MEDIUM");
    }

    #[test]
    fn reads_every_row_of_the_table_once() {
        assert_eq!(SPANISH.len(), TABLE.lines().count() - 1);
        for ((of, word), said) in SPANISH.iter() {
            let known = [Of::Level, Of::Supervision, Of::Date, Of::Decision];
            assert!(known.iter().any(|kind| kind.as_str() == of), "{of}");
            assert!(!said.is_empty() && *word == word.to_lowercase(), "{word}");
        }
    }
}
