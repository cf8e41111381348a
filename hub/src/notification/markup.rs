//! Marks around the values of a sentence, by which what is spoken tells them from the words between.
//!
//! The marks are characters of a private area of Unicode, which no name and no template has.

use jiff::Timestamp;
use jiff::tz::TimeZone;

const BEGIN: char = '\u{E000}';
const END: char = '\u{E001}';

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The name of a person.
    Name,
    /// The name of a place.
    Place,
    /// A telephone number.
    Phone,
    /// A word that an agency typed.
    Typed,
    /// A moment, in RFC 3339.
    Moment,
    /// A day, as the moment when it began.
    Day,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Name,
        Self::Place,
        Self::Phone,
        Self::Typed,
        Self::Moment,
        Self::Day,
    ];

    const fn mark(self) -> char {
        match self {
            Self::Name => 'n',
            Self::Place => 'p',
            Self::Phone => 't',
            Self::Typed => 'w',
            Self::Moment => 'm',
            Self::Day => 'd',
        }
    }
}

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// The template's own words.
    Words(&'a str),
    /// A value.
    Value(Kind, &'a str),
}

/// Marks a value; nothing where there is none.
#[must_use]
pub fn mark(kind: Kind, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    format!("{BEGIN}{}{value}{END}", kind.mark())
}

/// Marks a moment, or the day of it.
#[must_use]
pub fn mark_moment(at: Timestamp, is_day: bool) -> String {
    let kind = if is_day { Kind::Day } else { Kind::Moment };
    mark(kind, &at.to_string())
}

/// Takes a marked sentence apart.
#[must_use]
pub fn parts(sentence: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = sentence;
    while let Some((words, marked)) = rest.split_once(BEGIN) {
        parts.push(Part::Words(words));
        let (value, after) = marked.split_once(END).unwrap_or((marked, ""));
        let kind = Kind::ALL
            .into_iter()
            .find_map(|kind| Some((kind, value.strip_prefix(kind.mark())?)));
        parts.extend(kind.map(|(kind, value)| Part::Value(kind, value)));
        rest = after;
    }
    parts.push(Part::Words(rest));
    parts
}

/// Returns a marked moment in the reader's zone.
#[must_use]
pub fn moment(value: &str, zone: &TimeZone) -> Option<jiff::Zoned> {
    let at: Timestamp = value.parse().ok()?;
    Some(at.to_zoned(zone.clone()))
}

#[cfg(test)]
mod tests {
    use super::{Kind, Part, mark, parts};

    #[test]
    fn takes_apart_what_was_marked() {
        let name = mark(Kind::Name, "Avery Sample");
        let place = mark(Kind::Place, "Test Jail");
        let sentence = format!("{name} was released from {place}.");
        let expected = [
            Part::Words(""),
            Part::Value(Kind::Name, "Avery Sample"),
            Part::Words(" was released from "),
            Part::Value(Kind::Place, "Test Jail"),
            Part::Words("."),
        ];
        assert_eq!(parts(&sentence), expected);
        assert_eq!(mark(Kind::Name, ""), "");
    }
}
