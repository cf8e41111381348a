//! The words of a message for each of the three channels, no more than was let out.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use savin_shared::event::EventCode;

use crate::notification::change;
use crate::notification::channel::Channel;
use crate::notification::fact::Fact;
use crate::notification::sentence::{self, Sources};
use crate::notification::words::{Argument, Words};
use crate::vault::command::{Content, Message};
use crate::vault::contacts::{code_life, short};
use crate::vault::registration::CODE_MINUTES;

/// Writes the words of messages.
#[derive(Debug, Clone)]
pub struct Drafter {
    /// The public web site.
    pub site: String,
    /// The toll-free number.
    pub phone: String,
    /// The zone of the readers.
    pub zone: TimeZone,
}

/// The words of an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The key of its subject.
    pub subject: &'static str,
    /// What it says.
    pub paragraphs: Vec<String>,
    /// The code that it carries, if it does.
    pub code: Option<String>,
}

/// A part of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Its title.
    Title(String),
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A code, for the eye to find.
    Code(String),
}

impl Drafter {
    const fn sources(&self) -> Sources<'_> {
        Sources {
            site: self.site.as_str(),
            phone: self.phone.as_str(),
        }
    }

    /// Writes the words of an e-mail.
    #[must_use]
    pub fn email(&self, message: &Message, now: Timestamp) -> Draft {
        let words = Words::of(message.language);
        let mut paragraphs = vec![words.say("notice-hello")];
        paragraphs.extend(repeats(words, message));
        let (subject, code) = match &message.content {
            Content::Code(code) => {
                let code = code.reveal();
                let values = [
                    ("code", Argument::Text(code)),
                    ("minutes", Argument::Number(CODE_MINUTES)),
                ];
                paragraphs.push(words.say_with("code-text", &values));
                paragraphs.push(words.say("code-not-you"));
                ("code-subject", Some(code.clone()))
            }
            Content::Change(change) => {
                paragraphs.extend(change::written(words, &self.zone, change, &self.phone));
                ("notice-subject", None)
            }
            Content::Fact(_) | Content::News => {
                paragraphs.extend(self.news(words, message, now));
                paragraphs.push(self.seen(words, message));
                paragraphs.extend(self.help(words, message));
                ("notice-subject", None)
            }
        };
        Draft {
            subject,
            paragraphs,
            code,
        }
    }

    /// Writes what is said on the telephone: the fact first, since somebody may hang up.
    #[must_use]
    pub fn script(&self, message: &Message, now: Timestamp) -> Vec<String> {
        let words = Words::of(message.language);
        let Content::Code(code) = &message.content else {
            let mut said = self.news(words, message, now);
            said.extend(repeats(words, message));
            said.push(words.say("phone-again"));
            return said;
        };
        // Digit by digit, as it is read out.
        let digits: Vec<String> = code.reveal().chars().map(String::from).collect();
        let digits = digits.join(" ");
        let values = [
            ("code", Argument::Text(&digits)),
            ("days", Argument::Number(days(Channel::Telephone))),
        ];
        vec![
            words.say_with("phone-code", &values),
            words.say("phone-code-not-you"),
            words.say("phone-again"),
        ]
    }

    /// Writes a letter, line by line, for whoever carries it by hand.
    #[must_use]
    pub fn letter_lines(
        &self,
        message: &Message,
        envelope: &[String],
        now: Timestamp,
    ) -> Vec<String> {
        let words = Words::of(message.language);
        let mut lines = vec![words.say("notice-sender"), String::new()];
        lines.extend_from_slice(envelope);
        for part in self.letter(message, now) {
            let (Part::Title(text)
            | Part::Heading(text)
            | Part::Paragraph(text)
            | Part::Code(text)) = part;
            lines.extend([String::new(), text]);
        }
        let number = short(message.notice);
        let number = [("number", Argument::Text(&number))];
        lines.extend([String::new(), words.say_with("letter-number", &number)]);
        lines
    }

    /// Writes the parts of a letter: what happened, what that means, what she can do, whom to call. Whoever types an
    /// address from paper needs no more of it than the site's name.
    #[must_use]
    pub fn letter(&self, message: &Message, now: Timestamp) -> Vec<Part> {
        let name = self.site.strip_prefix("https://");
        let paper = Self {
            site: name.unwrap_or(&self.site).to_owned(),
            ..self.clone()
        };
        paper.parts(message, now)
    }

    fn parts(&self, message: &Message, now: Timestamp) -> Vec<Part> {
        let words = Words::of(message.language);
        let heading = |key: &str| Part::Heading(words.say(key));
        let day = sentence::written_day(message.language, &self.zone, now);
        let mut parts = vec![
            Part::Title(words.say("notice-subject")),
            Part::Paragraph(day),
        ];
        parts.extend(repeats(words, message).map(Part::Paragraph));
        match &message.content {
            Content::Code(code) => {
                let number = short(message.notice);
                let values = [
                    ("code", Argument::Text(code.reveal())),
                    ("days", Argument::Number(days(Channel::Letter))),
                    ("number", Argument::Text(&number)),
                    ("phone", Argument::Text(&self.phone)),
                ];
                parts.push(heading("letter-do"));
                parts.push(Part::Paragraph(words.say_with("letter-code", &values)));
                parts.push(Part::Code(code.reveal().clone()));
                parts.push(Part::Paragraph(words.say("code-not-you")));
            }
            Content::Change(change) => {
                let said = change::written(words, &self.zone, change, &self.phone);
                parts.extend(said.into_iter().map(Part::Paragraph));
            }
            Content::News => {
                parts.push(heading("letter-do"));
                parts.push(Part::Paragraph(sentence::news(words, self.sources())));
                parts.push(Part::Paragraph(self.letter_seen(words, message)));
            }
            Content::Fact(fact) => {
                let told = sentence::fact(words, &self.zone, fact, now);
                parts.push(heading("letter-what"));
                parts.push(Part::Paragraph(told.join(" ")));
                parts.push(heading("letter-means"));
                parts.push(Part::Paragraph(words.say(meaning(fact))));
                parts.push(heading("letter-do"));
                parts.push(Part::Paragraph(words.say("notice-danger")));
                parts.push(Part::Paragraph(self.letter_seen(words, message)));
                parts.extend(self.help(words, message).map(Part::Paragraph));
                parts.push(heading("letter-whom"));
                let more = sentence::more(words, self.sources());
                parts.push(Part::Paragraph(more));
            }
        }
        parts
    }

    /// Asks her to say that she has read it: until then others try to reach her.
    fn seen(&self, words: Words, message: &Message) -> String {
        let path = format!("/mail/seen/{}", message.marks.seen);
        let page = format!("{}{}", self.site, message.language.path(&path));
        words.say_with("mail-seen", &[("page", Argument::Text(&page))])
    }

    /// The same in a letter, whose code she types.
    fn letter_seen(&self, words: Words, message: &Message) -> String {
        let page = format!("{}{}", self.site, message.language.path("/seen"));
        let code = message.marks.letter.to_string();
        let values = [
            ("page", Argument::Text(page.as_str())),
            ("code", Argument::Text(code.as_str())),
        ];
        words.say_with("letter-seen", &values)
    }

    /// Says with a fact that is read, and not heard, where rights and help are described.
    fn help(&self, words: Words, message: &Message) -> Option<String> {
        matches!(message.content, Content::Fact(_)).then(|| sentence::help(words, self.sources()))
    }

    /// Says what there is to tell and how to hear more.
    fn news(&self, words: Words, message: &Message, now: Timestamp) -> Vec<String> {
        match &message.content {
            Content::Fact(fact) => {
                let mut said = sentence::fact(words, &self.zone, fact, now);
                said.push(sentence::more(words, self.sources()));
                said.push(words.say("notice-danger"));
                said
            }
            Content::Change(change) => change::written(words, &self.zone, change, &self.phone),
            Content::News | Content::Code(_) => vec![sentence::news(words, self.sources())],
        }
    }
}

/// Says that she may have heard it before, where a backup was put back since.
fn repeats(words: Words, message: &Message) -> Option<String> {
    message.may_repeat.then(|| words.say("notice-may-repeat"))
}

/// Returns the words for what a fact means on the day on which it is told. Where another record says
/// otherwise, or what was told is taken back, the fact itself says so.
fn meaning(fact: &Fact) -> &'static str {
    let code = fact.event_code();
    let is_handed_over = fact.details.reason.as_deref() == Some("ToOtherAgency");
    let is_plain = fact.still_held_at.is_none()
        && fact.details.took_back.is_none()
        && !fact.details.is_moved_away()
        && !is_handed_over;
    let is = |codes: &[EventCode]| is_plain && code.is_some_and(|code| codes.contains(&code));
    if is(&[
        EventCode::Booked,
        EventCode::TransferInState,
        EventCode::ClassificationChange,
        EventCode::LeaveEnd,
        EventCode::Recaptured,
    ]) {
        "letter-means-in"
    } else if is(&[
        EventCode::Released,
        EventCode::Discharged,
        EventCode::Escaped,
        EventCode::MistakenRelease,
    ]) {
        "letter-means-out"
    } else if is(&[EventCode::FeedStale]) {
        "letter-means-unseen"
    } else {
        "letter-means-other"
    }
}

fn days(channel: Channel) -> i64 {
    code_life(channel).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use savin_shared::pii::{Pii, Secret};

    use super::Drafter;
    use crate::ids::NoticeId;
    use crate::notification::contact::Contact;
    use crate::notification::fact::Disclosure;
    use crate::notification::phone::PhoneNumber;
    use crate::notification::postal::{PostalAddress, PostalLines};
    use crate::notification::sentence::samples;
    use crate::notification::words::Language;
    use crate::vault::command::{Content, Message};

    fn drafter() -> Drafter {
        Drafter {
            site: "https://information.example".to_owned(),
            phone: "1-800-555-0100".to_owned(),
            zone: TimeZone::get("America/Chicago").unwrap(),
        }
    }

    fn now() -> Timestamp {
        "2026-06-01T18:35:00Z".parse().unwrap()
    }

    fn message(content: Content, language: Language, is_letter: bool) -> Message {
        let part = |text: &str| Pii::new(text.to_owned());
        let lines = PostalLines {
            name: part("A. Sample"),
            street: part("PO Box 220"),
            city: part("Jackson"),
            state: part("MS"),
            zip: part("39205"),
            ..PostalLines::default()
        };
        Message {
            notice: NoticeId::from_bytes([3; 16]),
            claim: 1,
            rank: 2,
            to: if is_letter {
                Contact::Letter(PostalAddress::parse(&lines).unwrap())
            } else {
                Contact::Telephone(PhoneNumber::parse("601-555-0123").unwrap())
            },
            language,
            content,
            marks: samples::marks(),
            may_repeat: false,
            call: None,
        }
    }

    fn contents() -> Vec<Content> {
        let fact = samples::release();
        let discreet = fact.clone().disclosed(Disclosure::Discreet).unwrap();
        let mut contents = vec![
            Content::Fact(Box::new(fact)),
            Content::Fact(Box::new(discreet)),
            Content::News,
            Content::Code(Secret::new("482100".to_owned())),
        ];
        contents.extend(samples::changes().map(Content::Change));
        contents
    }

    #[test]
    fn speaks_and_writes_in_reviewed_words() {
        let mut text = String::new();
        for language in Language::ALL {
            for content in contents() {
                let call = message(content.clone(), language, false);
                let said = drafter().script(&call, now()).join("\n");
                let letter = message(content, language, true);
                let Contact::Letter(address) = &letter.to else {
                    panic!("a letter")
                };
                let envelope = address.envelope();
                let written = drafter().letter_lines(&letter, &envelope, now()).join("\n");
                writeln!(text, "{said}\n-----\n{written}\n==========").unwrap();
            }
        }
        insta::assert_snapshot!("calls_and_letters", text);
    }

    #[test]
    fn says_the_fact_first_and_in_few_words() {
        for language in Language::ALL {
            for content in contents() {
                let said = drafter().script(&message(content, language, false), now());
                // Two and a half words a second: a clear, slow voice.
                let first = said.first().unwrap().split_whitespace().count();
                assert!(first <= 30, "{first} words before the first stop: {said:?}");
                let all = said.join(" ").split_whitespace().count();
                assert!(all <= 100, "{all} words: {said:?}");
            }
        }
    }
}
