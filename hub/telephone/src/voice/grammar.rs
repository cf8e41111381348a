//! How values are put into phrases that can be recorded: numbers, days, times, digits, letters.
//!
//! A phrase is named by its words. Numbers stand as digits in it ("26"), as whoever records it reads
//! them.

mod english;
mod spanish;

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use savin_shared::pii::Pii;

use super::phrases;
use crate::script::prompt::Prompt;
use crate::script::speech::{Gender, Language, Play, Utterance};

/// How long a pause is.
const PAUSE_MS: u32 = 500;

/// How long the pause between groups of digits is.
const GROUP_MS: u32 = 250;

/// A sound of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A prompt.
    Prompt(Prompt),
    /// Fixed words, which the catalogue has.
    Words(String),
    /// A name, which is rendered once and kept.
    Name(Pii<String>),
    /// What only she knows, which is rendered and not kept.
    Private(Pii<String>),
    /// Silence, in milliseconds.
    Silence(u32),
}

/// Puts something that is to be said into pieces.
#[must_use]
pub fn pieces(language: Language, utterance: &Utterance) -> Vec<Piece> {
    match utterance {
        Utterance::Prompt(prompt) => vec![Piece::Prompt(*prompt)],
        Utterance::Words(words) => vec![Piece::Words(words.clone())],
        Utterance::CodeWord(word) => vec![Piece::Private(word.clone())],
        Utterance::Name(name) => vec![Piece::Name(name.clone())],
        Utterance::Place(text) | Utterance::Typed(text) => {
            vec![Piece::Name(Pii::new(text.clone()))]
        }
        Utterance::Digits(digits) => one_by_one(digits, groups(digits)),
        Utterance::Code(code) => one_by_one(code.reveal(), &[]),
        Utterance::Spelled(text) => spelled(text.reveal()),
        Utterance::Number(number) => said(number_words(language, *number)),
        Utterance::Count(many, gender) => said(count_words(language, *many, *gender)),
        Utterance::Day(day) => said(day_words(language, *day)),
        Utterance::Clock(time) => said(time_words(language, *time)),
        Utterance::Pause => vec![Piece::Silence(PAUSE_MS)],
    }
}

/// Writes out what is said, for a line that speaks itself.
#[must_use]
pub fn text(play: &Play) -> String {
    let pieces = play
        .say
        .iter()
        .flat_map(|piece| pieces(play.language, piece));
    let words = pieces.map(|piece| match piece {
        Piece::Prompt(prompt) => phrases::words(play.language, prompt).to_owned(),
        Piece::Words(words) => words,
        Piece::Name(name) | Piece::Private(name) => name.reveal().clone(),
        Piece::Silence(_) => ",".to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Returns every phrase of the grammar: what has to be recorded beside prompts and messages.
#[must_use]
pub fn vocabulary(language: Language) -> BTreeSet<String> {
    let mut words: BTreeSet<String> = (0..100).map(|number: u32| number.to_string()).collect();
    words.extend(('A'..='Z').map(String::from));
    match language {
        Language::English => english::vocabulary(&mut words),
        Language::Spanish => spanish::vocabulary(&mut words),
    }
    words
}

/// Spells a text, letter by letter: what no command could say.
#[must_use]
pub fn spelled(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for letter in text.chars() {
        match plain(letter) {
            Some(letter) => pieces.push(Piece::Words(letter.to_string())),
            None => pieces.push(Piece::Silence(GROUP_MS)),
        }
    }
    pieces
}

/// Returns the letter or digit by which a character is spelled.
fn plain(letter: char) -> Option<char> {
    let upper = letter.to_uppercase().next().unwrap_or(letter);
    match upper {
        'A'..='Z' | '0'..='9' => Some(upper),
        'Á' | 'À' | 'Â' | 'Ä' | 'Ã' => Some('A'),
        'É' | 'È' | 'Ê' | 'Ë' => Some('E'),
        'Í' | 'Ì' | 'Î' | 'Ï' => Some('I'),
        'Ó' | 'Ò' | 'Ô' | 'Ö' | 'Õ' => Some('O'),
        'Ú' | 'Ù' | 'Û' | 'Ü' => Some('U'),
        'Ñ' => Some('N'),
        'Ç' => Some('C'),
        _ => None,
    }
}

/// Returns after which digits a listener needs a pause: as a telephone number is grouped.
const fn groups(digits: &str) -> &'static [usize] {
    match digits.len() {
        10 => &[3, 6],
        11 => &[1, 4, 7],
        7 => &[3],
        _ => &[],
    }
}

fn one_by_one(text: &str, groups: &[usize]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, letter) in spelled(text).into_iter().enumerate() {
        if groups.contains(&index) {
            pieces.push(Piece::Silence(GROUP_MS));
        }
        pieces.push(letter);
    }
    pieces
}

fn said(words: Vec<String>) -> Vec<Piece> {
    words.into_iter().map(Piece::Words).collect()
}

fn number_words(language: Language, number: u32) -> Vec<String> {
    match language {
        Language::English => english::number(number),
        Language::Spanish => spanish::number(number),
    }
}

fn count_words(language: Language, many: u32, gender: Gender) -> Vec<String> {
    match language {
        Language::English => english::number(many),
        Language::Spanish => spanish::count(many, gender),
    }
}

fn day_words(language: Language, day: Date) -> Vec<String> {
    match language {
        Language::English => english::day(day),
        Language::Spanish => spanish::day(day),
    }
}

fn time_words(language: Language, time: Time) -> Vec<String> {
    match language {
        Language::English => english::time(time),
        Language::Spanish => spanish::time(time),
    }
}

/// Returns the hour of a clock with twelve, and the minute.
fn hour_and_minute(time: Time) -> (u32, u32) {
    let hour = u32::from(time.hour().unsigned_abs()) % 12;
    let minute = u32::from(time.minute().unsigned_abs());
    (if hour == 0 { 12 } else { hour }, minute)
}

/// Returns the name of a day's month.
fn month(day: Date, names: &[&'static str; 12]) -> String {
    let index = usize::from(day.month().unsigned_abs()).saturating_sub(1);
    (*names.get(index).unwrap_or(&"")).to_owned()
}

fn year_of(day: Date) -> u32 {
    u32::from(day.year().unsigned_abs())
}

fn day_of(day: Date) -> u32 {
    u32::from(day.day().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use savin_shared::pii::Pii;

    use super::{Piece, pieces, vocabulary};
    use crate::script::speech::{Gender, Language, Utterance};

    fn said(language: Language, utterance: &Utterance) -> String {
        let words = pieces(language, utterance)
            .into_iter()
            .map(|piece| match piece {
                Piece::Words(words) => words,
                Piece::Silence(_) => ",".to_owned(),
                Piece::Prompt(_) | Piece::Name(_) | Piece::Private(_) => "?".to_owned(),
            });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn says_days_and_times_as_people_do() {
        let cases = [
            (date(2026, 6, 2), time(13, 30, 0, 0)),
            (date(2027, 1, 1), time(0, 5, 0, 0)),
            (date(2009, 12, 31), time(12, 0, 0, 0)),
            (date(1999, 3, 22), time(21, 0, 0, 0)),
        ];
        let mut lines = Vec::new();
        for (day, time) in cases {
            for language in Language::ALL {
                let (day, time) = (Utterance::Day(day), Utterance::Clock(time));
                lines.push(format!(
                    "{} | {}",
                    said(language, &day),
                    said(language, &time)
                ));
            }
        }
        let expected = [
            "June 2nd 20 26 | 1 30 p.m.",
            "2 de junio de 2026 | a las 1 y 30 de la tarde",
            "January 1st 20 27 | 12 oh 5 a.m.",
            "primero de enero de 2027 | a las 12 y 5 de la mañana",
            "December 31st 2 thousand 9 | 12 p.m.",
            "31 de diciembre de 2 mil 9 | a las 12 de la tarde",
            "March 22nd 19 99 | 9 p.m.",
            "22 de marzo de mil novecientos 99 | a las 9 de la noche",
        ];
        let expected = expected.map(|line| line.replace("a las 1 y", "a la una y"));
        assert_eq!(lines, expected);
    }

    #[test]
    fn says_numbers() {
        let english = [0, 7, 42, 100, 365, 12_004]
            .map(|number| said(Language::English, &Utterance::Number(number)));
        assert_eq!(
            english,
            ["0", "7", "42", "1 hundred", "3 hundred 65", "12 thousand 4"]
        );
        let spanish = [0, 42, 100, 101, 365, 1_000, 12_500]
            .map(|number| said(Language::Spanish, &Utterance::Number(number)));
        let expected = [
            "0",
            "42",
            "cien",
            "ciento 1",
            "trescientos 65",
            "mil",
            "12 mil quinientos",
        ];
        assert_eq!(spanish, expected);
    }

    #[test]
    fn counts_by_the_gender_of_what_is_counted() {
        let counted = |many, gender| said(Language::Spanish, &Utterance::Count(many, gender));
        let cases = [
            (1, "un", "una"),
            (2, "2", "2"),
            (11, "11", "11"),
            (21, "veintiún", "veintiuna"),
            (31, "treinta y un", "treinta y una"),
            (91, "noventa y un", "noventa y una"),
            (100, "cien", "cien"),
            (101, "ciento un", "ciento una"),
            (111, "ciento 11", "ciento 11"),
            (200, "doscientos", "doscientas"),
            (521, "quinientos veintiún", "quinientas veintiuna"),
            (999, "novecientos 99", "novecientas 99"),
            (1_000, "mil", "mil"),
            (1_001, "mil un", "mil una"),
            (21_000, "veintiún mil", "veintiún mil"),
            (
                200_300,
                "doscientos mil trescientos",
                "doscientas mil trescientas",
            ),
            (1_000_000, "un millón de", "un millón de"),
            (2_000_001, "2 millones un", "2 millones una"),
        ];
        for (many, masculine, feminine) in cases {
            assert_eq!(counted(many, Gender::Masculine), masculine);
            assert_eq!(counted(many, Gender::Feminine), feminine);
        }
        // What is not counted keeps its own form, but for what counts thousands and millions.
        let number = |number| said(Language::Spanish, &Utterance::Number(number));
        assert_eq!(number(21), "21");
        assert_eq!(number(21_021), "veintiún mil 21");
        assert_eq!(number(1_000_001), "un millón 1");
        let english = said(Language::English, &Utterance::Count(21, Gender::Feminine));
        assert_eq!(english, "21");
    }

    #[test]
    fn reads_digits_in_groups_and_spells_letters() {
        let phone = Utterance::Digits("8005550100".to_owned());
        assert_eq!(said(Language::English, &phone), "8 0 0 , 5 5 5 , 0 1 0 0");
        let name = Utterance::Spelled(Pii::new("O'Peña 3".to_owned()));
        assert_eq!(said(Language::Spanish, &name), "O , P E N A , 3");
    }

    #[test]
    fn says_nothing_that_is_not_in_its_vocabulary() {
        for language in Language::ALL {
            let vocabulary = vocabulary(language);
            let mut said = Vec::new();
            for number in (0..3_000).chain([9_999, 86_400, 999_999, 1_000_000, u32::MAX]) {
                said.extend(pieces(language, &Utterance::Number(number)));
                for gender in [Gender::Masculine, Gender::Feminine] {
                    said.extend(pieces(language, &Utterance::Count(number, gender)));
                }
            }
            let days = date(1990, 1, 1).series(jiff::ToSpan::days(1)).take(25_000);
            for day in days {
                said.extend(pieces(language, &Utterance::Day(day)));
            }
            for hour in 0..24 {
                for minute in 0..60 {
                    let at = Utterance::Clock(time(hour, minute, 0, 0));
                    said.extend(pieces(language, &at));
                }
            }
            for piece in said {
                let Piece::Words(words) = piece else {
                    panic!("{piece:?} is no words")
                };
                assert!(vocabulary.contains(&words), "{language:?}: {words}");
            }
        }
    }
}
