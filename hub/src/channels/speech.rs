//! What a call says of a message: the same sentences as are written, taken apart into phrases that can
//! be recorded and values that a grammar says.

pub mod sample;

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_shared::pii::Pii;
use savin_telephone::script::Script;
use savin_telephone::script::offer::{Offer, Offered, What};
use savin_telephone::script::outbound::{CallBack, Notice, Outbound, Told};
use savin_telephone::script::pace::Pace;
use savin_telephone::script::prompt::Prompt;
use savin_telephone::script::speech::{InEach, Utterance};

use crate::notification::change::{self, Change, Changed};
use crate::notification::sentence;
use crate::notification::spoken::utterances;
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

/// Writes the script of the call that carries a message.
#[must_use]
pub fn script(
    message: &Message,
    manner: Manner,
    (phone, zone): (&str, &TimeZone),
    now: Timestamp,
) -> Box<dyn Script> {
    let language = message.language.into();
    match &message.content {
        Content::Code(code) => {
            let code = || Utterance::Code(code.clone());
            let your = || Utterance::Prompt(Prompt::YourCode);
            let said = || vec![your(), code(), Utterance::Pause, your(), code()];
            Box::new(Offer::new(Offered {
                language,
                pace: manner.pace,
                code_word: None,
                what: What::Code,
                said: InEach {
                    english: said(),
                    spanish: said(),
                },
            }))
        }
        Content::Change(change) => {
            let said = |language| changed(language, change, phone, zone);
            Box::new(Offer::new(Offered {
                language,
                pace: manner.pace,
                code_word: manner.code_word,
                what: What::Change {
                    voicemail: manner.voicemail,
                },
                said: InEach {
                    english: said(Language::En),
                    spanish: said(Language::Es),
                },
            }))
        }
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

/// Says what is told after the PIN, in a language; nothing of a code or a change, which have a script of their own.
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
        Content::Code(_) | Content::Change(_) => Vec::new(),
    };
    let mut said: Vec<Utterance> = Vec::new();
    for sentence in &sentences {
        said.extend(utterances(sentence, zone));
    }
    if may_repeat {
        said.extend(utterances(&words.say("notice-may-repeat"), zone));
    }
    let rest = said.split_off(end_of_fact(&said));
    Told { fact: said, rest }
}

/// Says in a language what changed: to whoever takes the call, since the PIN may be what was changed.
#[must_use]
pub fn changed(
    language: Language,
    change: &Change,
    phone: &str,
    zone: &TimeZone,
) -> Vec<Utterance> {
    let sentences = change::marked(Words::of(language), change, phone);
    let said = sentences.iter().map(|sentence| utterances(sentence, zone));
    said.flatten().collect()
}

/// Returns after how many pieces the fact is told: with the first sentence, or before a time in it.
fn end_of_fact(said: &[Utterance]) -> usize {
    for (at, piece) in said.iter().enumerate() {
        match piece {
            Utterance::Day(_) | Utterance::Clock(_) => return at,
            Utterance::Pause => return at + 1,
            Utterance::Words(words) if words.ends_with(['.', '?']) => return at + 1,
            Utterance::Words(_)
            | Utterance::Prompt(_)
            | Utterance::CodeWord(_)
            | Utterance::Name(_)
            | Utterance::Place(_)
            | Utterance::Typed(_)
            | Utterance::Digits(_)
            | Utterance::Code(_)
            | Utterance::Spelled(_)
            | Utterance::Number(_)
            | Utterance::Count(..) => {}
        }
    }
    said.len()
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
        for what in Changed::ALL {
            let change = Change {
                what,
                also: Vec::new(),
                at: sample::AT,
                until: Some(sample::AT),
            };
            for piece in changed(language, &change, "601-555-0100", &TimeZone::UTC) {
                if let Utterance::Words(words) = piece {
                    set.insert(words);
                }
            }
        }
        set.extend(facilities.iter().map(|facility| facility.name.clone()));
    }
    fixed
}

#[cfg(test)]
mod tests;
