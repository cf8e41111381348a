//! What a call says of a message: the same sentences as are written, taken apart into phrases that can
//! be recorded and values that a grammar says.

pub mod sample;

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_shared::pii::Pii;
use savin_telephone::script::Script;
use savin_telephone::script::outbound::{CallBack, Notice, Outbound, Told};
use savin_telephone::script::pace::Pace;
use savin_telephone::script::speech::{InEach, Language as Spoken, Utterance};
use savin_telephone::script::verify::{CodeCall, Verify};

use crate::notification::markup::{Kind, Part, moment, parts};
use crate::notification::sentence;
use crate::notification::words::{Language, Words};
use crate::places;
use crate::vault::command::{Content, Message};

/// How a registrant may be called.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// How fast the call goes.
    pub pace: Pace,
    /// The word that she chose, by which she knows that it is us.
    pub code_word: Option<Pii<String>>,
    /// What to tell a machine to do; nothing where no message may be left.
    pub voicemail: Option<CallBack>,
}

/// Returns the language that is spoken for one that is written.
#[must_use]
pub const fn spoken(language: Language) -> Spoken {
    match language {
        Language::En => Spoken::English,
        Language::Es => Spoken::Spanish,
    }
}

/// Writes the script of the call that carries a message.
#[must_use]
pub fn script(
    message: &Message,
    manner: Manner,
    zone: &TimeZone,
    now: Timestamp,
) -> Box<dyn Script> {
    let language = spoken(message.language);
    match &message.content {
        Content::Code(code) => Box::new(Verify::new(CodeCall {
            language,
            pace: manner.pace,
            code: code.clone(),
        })),
        Content::Fact(_) | Content::News => Box::new(Outbound::new(Notice {
            language,
            pace: manner.pace,
            code_word: manner.code_word,
            voicemail: manner.voicemail,
            told: InEach {
                english: told(
                    Language::En,
                    &message.content,
                    message.may_repeat,
                    zone,
                    now,
                ),
                spanish: told(
                    Language::Es,
                    &message.content,
                    message.may_repeat,
                    zone,
                    now,
                ),
            },
        })),
    }
}

/// Says what is told after the PIN, in a language; nothing of a code, which has a script of its own.
#[must_use]
pub fn told(
    language: Language,
    content: &Content,
    may_repeat: bool,
    zone: &TimeZone,
    now: Timestamp,
) -> Told {
    let words = Words::of(language);
    let sentences = match content {
        Content::Fact(fact) => sentence::marked(words, zone, fact, now),
        Content::News => vec![words.say("phone-news")],
        Content::Code(_) => Vec::new(),
    };
    let mut said: Vec<Utterance> = Vec::new();
    for sentence in &sentences {
        said.extend(utterances(sentence, zone));
    }
    if may_repeat {
        said.extend(utterances(&words.say("notice-may-repeat"), zone));
    }
    // The fact ends with the first sentence.
    let is_end = |piece: &Utterance| match piece {
        Utterance::Pause => true,
        Utterance::Words(words) => words.ends_with(['.', '?']),
        Utterance::Prompt(_)
        | Utterance::CodeWord(_)
        | Utterance::Name(_)
        | Utterance::Place(_)
        | Utterance::Typed(_)
        | Utterance::Digits(_)
        | Utterance::Code(_)
        | Utterance::Spelled(_)
        | Utterance::Number(_)
        | Utterance::Day(_)
        | Utterance::Clock(_) => false,
    };
    let end = said.iter().position(is_end).map_or(said.len(), |at| at + 1);
    let rest = said.split_off(end);
    Told { fact: said, rest }
}

/// Puts a marked sentence into what is said.
fn utterances(sentence: &str, zone: &TimeZone) -> Vec<Utterance> {
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
            said.push(Utterance::Number(number));
            rest = after;
        }
        phrase(rest, said);
    }
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

/// Returns all fixed words that calls may say, beside the prompts and the grammar, and the names of the
/// facilities that shipped: what has to be recorded.
#[must_use]
pub fn fixed() -> InEach<BTreeSet<String>> {
    let mut fixed = InEach::<BTreeSet<String>>::default();
    let facilities = places::shipped().unwrap_or_default();
    for (language, set) in [
        (Language::En, &mut fixed.english),
        (Language::Es, &mut fixed.spanish),
    ] {
        for content in sample::all() {
            for later_h in [0, 1, 5, 30, 120] {
                let later = SignedDuration::from_hours(later_h);
                let now = sample::AT.checked_add(later).unwrap_or(sample::AT);
                let Told { fact, rest } = told(language, &content, true, &TimeZone::UTC, now);
                for piece in fact.into_iter().chain(rest) {
                    if let Utterance::Words(words) = piece {
                        set.insert(words);
                    }
                }
            }
        }
        set.extend(facilities.iter().map(|facility| facility.name.clone()));
    }
    fixed
}

#[cfg(test)]
mod tests;
