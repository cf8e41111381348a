//! What calls say of every event, as reviewed, and that nothing of it is missing from the catalogue.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use savin_shared::event::EventCode;
use savin_telephone::script::speech::Utterance;

use super::{changed, fixed, sample, told};
use crate::notification::fact::Disclosure;
use crate::notification::rules::tellable;
use crate::notification::sentence::samples;
use crate::notification::words::Language;
use crate::vault::command::Content;

fn zone() -> TimeZone {
    TimeZone::get("America/Chicago").unwrap()
}

fn written(said: &[Utterance]) -> String {
    let pieces = said.iter().map(|piece| match piece {
        Utterance::Words(words) => words.clone(),
        Utterance::Name(name) => format!("<name {}>", name.reveal()),
        Utterance::Place(place) => format!("<place {place}>"),
        Utterance::Typed(word) => format!("<typed {word}>"),
        Utterance::Digits(digits) => format!("<digits {digits}>"),
        Utterance::Number(number) => format!("<number {number}>"),
        Utterance::Count(many, gender) => format!("<{many} {gender:?}>"),
        Utterance::Day(day) => format!("<day {day}>"),
        Utterance::Clock(time) => format!("<time {time}>"),
        Utterance::Pause => "<pause>".to_owned(),
        Utterance::Prompt(_)
        | Utterance::CodeWord(_)
        | Utterance::Code(_)
        | Utterance::Spelled(_) => format!("<unexpected {piece:?}>"),
    });
    pieces.collect::<Vec<_>>().join(" | ")
}

fn content(code: EventCode, disclosure: Disclosure) -> Content {
    let fact = sample::fact(code).disclosed(disclosure);
    fact.map_or(Content::News, |fact| Content::Fact(Box::new(fact)))
}

#[test]
fn speaks_of_every_event_in_reviewed_words() {
    let mut text = String::new();
    for language in Language::ALL {
        for code in tellable() {
            for disclosure in [Disclosure::Full, Disclosure::Discreet] {
                let content = content(code, disclosure);
                let said = told(language, &content, false, &zone(), sample::AT);
                let (fact, rest) = (written(&said.fact), written(&said.rest));
                let (tag, level) = (language.tag(), disclosure.as_str());
                writeln!(text, "{tag} {code} {level}\n  {fact}\n  {rest}").unwrap();
            }
        }
        for (name, fact) in sample::variants() {
            for disclosure in [Disclosure::Full, Disclosure::Discreet] {
                let fact = fact.clone().disclosed(disclosure).unwrap();
                let content = Content::Fact(Box::new(fact));
                let said = told(language, &content, false, &zone(), sample::AT);
                let (fact, rest) = (written(&said.fact), written(&said.rest));
                let (tag, level) = (language.tag(), disclosure.as_str());
                writeln!(text, "{tag} {name}, {level}\n  {fact}\n  {rest}").unwrap();
            }
        }
    }
    insta::assert_snapshot!("spoken", text);
}

/// That an event was not so.
fn correction(code: EventCode, disclosure: Disclosure) -> Content {
    let mut fact = sample::fact(EventCode::Correction);
    fact.details.took_back = Some(code.to_string());
    fact.still_held_at = Some(fact.facility.clone());
    let fact = fact.disclosed(disclosure);
    fact.map_or(Content::News, |fact| Content::Fact(Box::new(fact)))
}

#[test]
fn takes_every_event_back_in_reviewed_words() {
    let mut text = String::new();
    for language in Language::ALL {
        for code in tellable() {
            for disclosure in [Disclosure::Full, Disclosure::Discreet] {
                let content = correction(code, disclosure);
                let said = told(language, &content, false, &zone(), sample::AT);
                let (fact, rest) = (written(&said.fact), written(&said.rest));
                let (tag, level) = (language.tag(), disclosure.as_str());
                writeln!(text, "{tag} {code} {level}\n  {fact}\n  {rest}").unwrap();
            }
        }
    }
    insta::assert_snapshot!("spoken_corrections", text);
}

#[test]
fn speaks_of_every_change_in_reviewed_words_and_tells_of_nobody() {
    let telling = [
        "victim",
        "víctima",
        "crime",
        "jail",
        "cárcel",
        "person you",
        "persona por",
        "custod",
        "release",
    ];
    let fixed = fixed();
    let mut text = String::new();
    for language in Language::ALL {
        for change in samples::changes() {
            let said = changed(language, &change, "1-800-555-0100", &zone());
            for piece in &said {
                if let Utterance::Words(words) = piece {
                    assert!(fixed.of(language.into()).contains(words), "{words}");
                }
            }
            let said = written(&said);
            let lower = said.to_lowercase();
            for word in telling {
                assert!(!lower.contains(word), "{word} in {said}");
            }
            writeln!(text, "{:?} {said}", change.what).unwrap();
        }
    }
    insta::assert_snapshot!("spoken_changes", text);
}

#[test]
fn says_no_name_and_no_place_in_a_discreet_message() {
    for language in Language::ALL {
        for code in tellable() {
            let discreet = Disclosure::Discreet;
            for content in [content(code, discreet), correction(code, discreet)] {
                let said = told(language, &content, true, &zone(), sample::AT);
                for piece in said.fact.iter().chain(&said.rest) {
                    let is_open = matches!(piece, Utterance::Name(_) | Utterance::Place(_));
                    assert!(!is_open, "{code} {language:?}: {piece:?}");
                }
            }
        }
    }
}

#[test]
fn says_the_fact_in_few_words() {
    for language in Language::ALL {
        for content in sample::all() {
            let said = told(language, &content, false, &zone(), sample::AT);
            assert!(!said.fact.is_empty());
            // Two and a half words a second, for eight seconds.
            let written = written(&said.fact);
            let words = written.split_whitespace();
            let words = words.filter(|word| !word.starts_with(['<', '|'])).count();
            assert!(
                words <= 26,
                "{words} words in {language:?}: {:?}",
                said.fact
            );
        }
    }
}

#[test]
fn has_every_fixed_word_in_the_catalogue() {
    let fixed = fixed();
    for language in Language::ALL {
        for code in tellable() {
            let content = content(code, Disclosure::Full);
            let said = told(language, &content, true, &zone(), sample::AT);
            for piece in said.fact.iter().chain(&said.rest) {
                if let Utterance::Words(words) = piece {
                    assert!(fixed.of(language.into()).contains(words), "{words}");
                    let digits = words.replace("9 1 1", "");
                    assert!(
                        !digits.contains(|letter: char| letter.is_ascii_digit()),
                        "{words}"
                    );
                    assert!(!words.contains(['{', '\u{E000}', '\u{E001}']), "{words}");
                }
            }
        }
        assert!(fixed.of(language.into()).contains("Adams County Jail"));
    }
}
