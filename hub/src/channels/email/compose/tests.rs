//! Every message in every language and at every level, held against reviewed snapshots.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use savin_shared::event::EventCode;
use savin_shared::pii::Secret;

use super::Composer;
use crate::channels::draft::Drafter;
use crate::channels::speech::sample;
use crate::ids::{EventId, EventPosition, NoticeId, PersonId};
use crate::notification::address::EmailAddress;
use crate::notification::contact::Contact;
use crate::notification::fact::{Disclosure, Fact};
use crate::notification::rules::tellable;
use crate::notification::sentence;
use crate::notification::words::{Language, Words};
use crate::registry::details::Details;
use crate::vault::command::{Content, Message};

fn composer() -> Composer {
    Composer {
        from: "notice@information.example".parse().unwrap(),
        signer: None,
        returns: None,
        drafter: Drafter {
            site: "https://information.example".to_owned(),
            phone: "1-800-555-0100".to_owned(),
            zone: TimeZone::get("America/Chicago").unwrap(),
        },
    }
}

fn now() -> Timestamp {
    "2026-06-01T18:35:00Z".parse().unwrap()
}

fn fact(code: EventCode) -> Fact {
    Fact {
        event: EventId::from_bytes([1; 16]),
        position: EventPosition(1),
        person: PersonId::from_bytes([2; 16]),
        code: code.code(),
        urgency: 2,
        name: Some("Avery Sample".to_owned()),
        facility: "Test County Jail".to_owned(),
        still_held_at: None,
        elsewhere: Default::default(),
        corrects: None,
        from_facility: Some("Other Jail".to_owned()),
        effective_at: Some("2026-06-01T18:30:00Z".parse().unwrap()),
        observed_at: now(),
        received_at: now(),
        found_late: false,
        followed: None,
        details: Details {
            from: Some("close".to_owned()),
            to: Some("medium".to_owned()),
            reason: Some("Bond".to_owned()),
            scheduled_at: Some("2026-07-01T15:00:00Z".parse().unwrap()),
            kind: Some("Parole hearing".to_owned()),
            place: Some("Room 3".to_owned()),
            decision: Some("Denied".to_owned()),
            state: Some("InCustody".to_owned()),
            released_to: Some("Jordan Receiver".to_owned()),
            ..Details::default()
        },
    }
}

fn message(content: Content, language: Language) -> Message {
    Message {
        notice: NoticeId::from_bytes([3; 16]),
        claim: 1,
        rank: 2,
        to: Contact::Email(EmailAddress::parse("avery@example.test").unwrap()),
        language,
        content,
        marks: sentence::samples::marks(),
        may_repeat: false,
        call: None,
    }
}

#[test]
fn says_every_event_in_reviewed_words() {
    let mut text = String::new();
    for language in Language::ALL {
        let words = Words::of(language);
        for code in tellable() {
            for level in [Disclosure::Full, Disclosure::Discreet] {
                let fact = fact(code).disclosed(level).unwrap();
                let said = sentence::fact(words, &composer().drafter.zone, &fact, now()).join(" ");
                writeln!(text, "{} {code} {}: {said}", language.tag(), level.as_str()).unwrap();
            }
        }
        for (name, fact) in sample::variants() {
            for level in [Disclosure::Full, Disclosure::Discreet] {
                let fact = fact.clone().disclosed(level).unwrap();
                let said = sentence::fact(words, &composer().drafter.zone, &fact, now()).join(" ");
                writeln!(
                    text,
                    "{} {name}, {}: {said}",
                    language.tag(),
                    level.as_str()
                )
                .unwrap();
            }
        }
    }
    insta::assert_snapshot!("every_event", text);
}

/// That an event was not so, and where the person is held now.
fn correction(code: EventCode) -> Fact {
    let correction = fact(EventCode::Correction);
    Fact {
        still_held_at: Some(correction.facility.clone()),
        details: Details {
            took_back: Some(code.to_string()),
            ..Details::default()
        },
        ..correction
    }
}

#[test]
fn takes_every_event_back_in_reviewed_words() {
    let mut text = String::new();
    for language in Language::ALL {
        let words = Words::of(language);
        for code in tellable() {
            for level in [Disclosure::Full, Disclosure::Discreet] {
                let fact = correction(code).disclosed(level).unwrap();
                let said = sentence::fact(words, &composer().drafter.zone, &fact, now()).join(" ");
                writeln!(text, "{} {code} {}: {said}", language.tag(), level.as_str()).unwrap();
            }
        }
    }
    insta::assert_snapshot!("every_correction", text);
}

#[test]
fn writes_whole_messages_in_reviewed_words() {
    let mut text = String::new();
    for language in Language::ALL {
        let contents = [
            Content::Fact(Box::new(fact(EventCode::Released))),
            Content::Fact(Box::new(
                fact(EventCode::Released)
                    .disclosed(Disclosure::Discreet)
                    .unwrap(),
            )),
            Content::News,
            Content::Code(Secret::new("482100".to_owned())),
        ];
        let changes = sentence::samples::changes().map(Content::Change);
        for content in contents.into_iter().chain(changes) {
            let mail = composer()
                .compose(&message(content, language), now())
                .unwrap();
            text.push_str(&decoded(&mail.formatted()));
            text.push_str("\n==========\n");
        }
    }
    insta::assert_snapshot!("whole_messages", text);
}

/// The message as a mail program shows it: chosen headers, then both bodies.
fn decoded(bytes: &[u8]) -> String {
    let mail = mail_parser::MessageParser::default().parse(bytes).unwrap();
    let from = mail.from().and_then(|from| from.first()).unwrap();
    format!(
        "From: {} <{}>\nSubject: {}\nMessage-ID: {}\nAuto-Submitted: {}\n\n{}\n---\n{}",
        from.name().unwrap(),
        from.address().unwrap(),
        mail.subject().unwrap(),
        mail.message_id().unwrap(),
        mail.header("Auto-Submitted")
            .and_then(|value| value.as_text())
            .unwrap(),
        mail.body_text(0).unwrap(),
        mail.body_html(0).unwrap(),
    )
}

#[test]
fn says_how_old_a_late_fact_is() {
    let hours = |hours: i64| {
        let mut fact = fact(EventCode::Released);
        fact.effective_at = now()
            .checked_sub(jiff::SignedDuration::from_hours(hours))
            .ok();
        let said = sentence::fact(
            Words::of(Language::En),
            &composer().drafter.zone,
            &fact,
            now(),
        );
        said.get(1..).unwrap_or_default().join(" ")
    };
    assert_eq!(hours(0), "");
    assert_eq!(
        hours(1),
        "This was an hour ago or more. We learned of it late."
    );
    assert_eq!(
        hours(9),
        "This was about 9 hours ago. We learned of it late."
    );
    assert_eq!(
        hours(72),
        "This was about 3 days ago. We learned of it late."
    );
}

#[test]
fn lets_no_name_and_no_telling_word_out_where_the_choice_is_discreet() {
    for language in Language::ALL {
        let both = |code| [(code, fact(code)), (code, correction(code))];
        for (code, fact) in tellable().flat_map(both) {
            let fact = fact.disclosed(Disclosure::Discreet).unwrap();
            let content = Content::Fact(Box::new(fact));
            let mail = composer()
                .compose(&message(content, language), now())
                .unwrap();
            let text = decoded(&mail.formatted()).to_lowercase();
            for word in [
                "avery sample",
                "sample",
                "jail",
                "other jail",
                "victim",
                "víctima",
                "inmate",
                "offender",
                "sheriff",
                "vine",
                "room 3",
                "jordan",
            ] {
                assert!(!text.contains(word), "{code} in {language:?} holds {word}");
            }
        }
        let mail = composer()
            .compose(&message(Content::News, language), now())
            .unwrap();
        let text = decoded(&mail.formatted()).to_lowercase();
        for word in [
            "released", "libertad", "custod", "court", "escape", "hearing",
        ] {
            assert!(!text.contains(word), "news in {language:?} holds {word}");
        }
    }
}

#[test]
fn names_each_message_where_it_comes_back_and_where_it_is_stopped() {
    let returning = Composer {
        returns: Some("bounce@information.example".parse().unwrap()),
        ..composer()
    };
    for language in Language::ALL {
        let message = message(Content::News, language);
        let mail = returning.compose(&message, now()).unwrap();
        let from = mail.envelope().from().unwrap().to_string();
        let back = message.marks.back;
        assert_eq!(from, format!("bounce+{back}@information.example"));
        assert!(from.split('@').next().unwrap().len() <= 64, "{from}");
        let text = String::from_utf8(mail.formatted())
            .unwrap()
            .replace("\r\n ", "");
        let path = language.path(&format!("/mail/stop/{}", message.marks.stop));
        let link = format!("List-Unsubscribe: <https://information.example{path}>\r\n");
        assert!(text.contains(&link), "{text}");
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    }
    // A code was asked for just now: there is nothing to stop.
    let code = message(
        Content::Code(Secret::new("482100".to_owned())),
        Language::En,
    );
    let mail = composer().compose(&code, now()).unwrap();
    let text = String::from_utf8(mail.formatted()).unwrap();
    assert!(!text.contains("List-Unsubscribe"), "{text}");
    let from = mail.envelope().from().unwrap().to_string();
    assert_eq!(from, "notice@information.example");
}

#[test]
fn says_that_it_may_be_known_already_where_the_hub_cannot_know() {
    for language in Language::ALL {
        let content = Content::Fact(Box::new(fact(EventCode::Released)));
        let mut message = message(content, language);
        let said = Words::of(language).say("notice-may-repeat");
        for may_repeat in [false, true] {
            message.may_repeat = may_repeat;
            let mail = composer().compose(&message, now()).unwrap();
            assert_eq!(decoded(&mail.formatted()).contains(&said), may_repeat);
        }
    }
}
