//! Sentences as a voice says them: marked values for a grammar, and the words between as phrases that
//! can be recorded.

use jiff::tz::TimeZone;
use savin_shared::pii::Pii;
use savin_telephone::script::speech::{Gender, Utterance};

use super::markup::{Kind, Part, moment, parts};

/// Puts a marked sentence into what is said.
#[must_use]
pub fn utterances(sentence: &str, zone: &TimeZone) -> Vec<Utterance> {
    let mut said = Vec::new();
    for part in parts(sentence) {
        match part {
            Part::Words(words) => phrases(words, &mut said),
            Part::Value(Kind::Name, name) => said.push(Utterance::Name(Pii::new(name.to_owned()))),
            Part::Value(Kind::Place, place) => said.push(Utterance::Place(place.to_owned())),
            Part::Value(Kind::Typed, word) => said.push(Utterance::Typed(word.to_owned())),
            Part::Value(Kind::Phone, phone) => {
                let digits = phone.chars().filter(char::is_ascii_digit).collect();
                said.push(Utterance::Digits(digits));
            }
            Part::Value(Kind::Day, at) => {
                said.extend(moment(at, zone).map(|at| Utterance::Day(at.date())));
            }
            Part::Value(Kind::Moment, at) => {
                let day_and_time = moment(at, zone)
                    .map(|at| [Utterance::Day(at.date()), Utterance::Clock(at.time())]);
                said.extend(day_and_time.into_iter().flatten());
            }
        }
    }
    said
}

/// Takes fixed words apart at the ends of sentences and around numbers.
fn phrases(words: &str, said: &mut Vec<Utterance>) {
    // The emergency number is said digit by digit, and stays in its phrase.
    let words = words.replace("911", "9 1 1");
    for sentence in words.split_inclusive(['.', '?']) {
        let mut rest = sentence;
        while let Some((before, number, after)) = number_in(rest) {
            phrase(before, said);
            said.push(match counted(after) {
                Some(gender) => Utterance::Count(number, gender),
                None => Utterance::Number(number),
            });
            rest = after;
        }
        phrase(rest, said);
    }
}

/// What the texts count in a language whose numbers have a gender.
const COUNTED: [(&str, Gender); 8] = [
    ("hora", Gender::Feminine),
    ("horas", Gender::Feminine),
    ("persona", Gender::Feminine),
    ("personas", Gender::Feminine),
    ("día", Gender::Masculine),
    ("días", Gender::Masculine),
    ("minuto", Gender::Masculine),
    ("minutos", Gender::Masculine),
];

/// Returns the gender of what is counted, by the word after the number; nothing where that has none.
fn counted(after: &str) -> Option<Gender> {
    let mut words = after.split(|letter: char| !letter.is_alphabetic());
    let word = words.find(|word| !word.is_empty())?;
    let mut known = COUNTED.iter();
    known
        .find(|(noun, _)| *noun == word)
        .map(|(_, gender)| *gender)
}

/// Finds a number of more than one digit, or one that stands by itself, other than 9 1 1.
fn number_in(words: &str) -> Option<(&str, u32, &str)> {
    if words.contains("9 1 1") {
        return None;
    }
    let start = words.find(|letter: char| letter.is_ascii_digit())?;
    let (before, digits) = words.split_at_checked(start)?;
    let end = digits.find(|letter: char| !letter.is_ascii_digit());
    let (number, after) = digits.split_at_checked(end.unwrap_or(digits.len()))?;
    Some((before, number.parse().ok()?, after))
}

fn phrase(words: &str, said: &mut Vec<Utterance>) {
    let trimmed = words.trim().trim_start_matches([',', ':']).trim_start();
    if trimmed.chars().any(char::is_alphanumeric) {
        said.push(Utterance::Words(trimmed.to_owned()));
    } else if trimmed.contains(['.', '?']) && !matches!(said.last(), Some(Utterance::Pause)) {
        said.push(Utterance::Pause);
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use savin_telephone::script::speech::{Gender, Utterance};

    use super::{counted, utterances};
    use crate::notification::markup::{Kind, mark};

    #[test]
    fn keeps_sentences_apart_and_says_numbers_as_such() {
        let place = mark(Kind::Place, "Test Jail");
        let sentence = format!("Was at {place}. This was 12 minutes ago. Call 911.");
        let words = |text: &str| Utterance::Words(text.to_owned());
        let expected = [
            words("Was at"),
            Utterance::Place("Test Jail".to_owned()),
            Utterance::Pause,
            words("This was"),
            Utterance::Number(12),
            words("minutes ago."),
            words("Call 9 1 1."),
        ];
        assert_eq!(utterances(&sentence, &TimeZone::UTC), expected);
    }
    #[test]
    fn counts_in_spanish_by_the_gender_of_what_is_counted() {
        let words = |text: &str| Utterance::Words(text.to_owned());
        for (noun, gender) in [("horas", Gender::Feminine), ("días", Gender::Masculine)] {
            let sentence = format!("Esto fue hace unas 21 {noun}.");
            let expected = [
                words("Esto fue hace unas"),
                Utterance::Count(21, gender),
                words(&format!("{noun}.")),
            ];
            assert_eq!(utterances(&sentence, &TimeZone::UTC), expected);
        }
    }

    /// What is counted in a text and is not known here would be said in the wrong form.
    #[test]
    fn knows_whatever_the_spanish_texts_count() {
        let texts = [
            include_str!("../../locales/es/notices.ftl"),
            include_str!("../../locales/es/corrections.ftl"),
            include_str!("../../locales/es/pages.ftl"),
        ];
        let mut found = 0;
        for text in texts {
            for number in ["hours", "days", "minutes", "count", "many"] {
                let placed = format!("{{ ${number} }}");
                for after in text.split(placed.as_str()).skip(1) {
                    let Some(after) = after.strip_prefix(' ') else {
                        // Nothing is counted by a number at the end of a sentence.
                        assert!(after.starts_with(['.', ',', ':']), "{after:.20}");
                        continue;
                    };
                    assert!(counted(after).is_some(), "{number}: {after:.20}");
                    found += 1;
                }
            }
        }
        assert!(found >= 6, "only {found} were found");
    }
}
