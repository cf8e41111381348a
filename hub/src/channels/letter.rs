//! Letters: the words of a message under plain headings, for an envelope that shows two addresses.

use jiff::Timestamp;
use savin_letter::address::Typed;
use savin_letter::barcode::imb::{Bars, Mailer, Routing};
use savin_letter::barcode::qr::Squares;
use savin_letter::page::{Block, Letter, PageError, Setting, Sheet, Typesetter};

use crate::channels::draft::{Drafter, Part};
use crate::ids::NoticeId;
use crate::notification::contact::Contact;
use crate::notification::postal::PostalAddress;
use crate::notification::words::{Argument, Words};
use crate::vault::command::Message;
use crate::vault::contacts::short;

/// Characters of the longest line of an address in the standard form.
const LINE_CHARS_MAX: usize = 40;

/// In which form an address stands on a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressForm {
    /// As it was typed.
    Typed,
    /// In the form of USPS Publication 28.
    Standard,
}

/// Makes letters of messages.
#[derive(Debug)]
pub struct Writer<'a> {
    /// Writes the words.
    pub drafter: &'a Drafter,
    /// The return address.
    pub sender: &'a [String],
    /// The envelope and the paper.
    pub setting: &'a Setting,
    /// In which form addresses stand.
    pub form: AddressForm,
    /// Whose mail it is to the post.
    pub mailer: Option<&'a Mailer>,
}

/// Why a message becomes no letter.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// It goes out by another channel.
    #[error("it is no letter")]
    Channel,
    /// Its page cannot be made.
    #[error("its page cannot be made: {0}")]
    Page(#[from] PageError),
}

impl Writer<'_> {
    /// Makes the page of a message.
    ///
    /// # Errors
    /// Returns [`LetterError`] where it does not fit, which no other try changes.
    pub fn sheet(
        &self,
        typesetter: &mut Typesetter,
        message: &Message,
        now: Timestamp,
    ) -> Result<Sheet, LetterError> {
        let letter = self.letter(message, now)?;
        Ok(typesetter.sheet(letter, self.setting)?)
    }

    /// Writes everything that stands in the letter of a message.
    ///
    /// # Errors
    /// Returns [`LetterError::Channel`] for a message of another channel.
    pub fn letter(&self, message: &Message, now: Timestamp) -> Result<Letter, LetterError> {
        let Contact::Letter(address) = &message.to else {
            return Err(LetterError::Channel);
        };
        let words = Words::of(message.language);
        let number = [("number", Argument::Text(&short(message.notice)))];
        let blocks = self.drafter.letter(message, now).into_iter();
        Ok(Letter {
            language: message.language.tag().to_owned(),
            title: words.say("notice-subject"),
            sender: self.sender.to_vec(),
            recipient: self.recipient(address),
            bars: self.bars(message.notice, address),
            bars_alt: words.say("letter-bars"),
            squares: Squares::of(&message.notice.to_string()).ok(),
            squares_alt: words.say_with("letter-number", &number),
            number: words.say_with("letter-number", &number),
            continued: words.say("letter-continued"),
            blocks: blocks.map(block).collect(),
        })
    }

    fn recipient(&self, address: &PostalAddress) -> Vec<String> {
        match self.form {
            AddressForm::Typed => address.envelope(),
            AddressForm::Standard => {
                let [name, street, unit, city, state, zip] = address.parts();
                let typed = Typed {
                    street,
                    unit,
                    city,
                    state,
                    zip,
                };
                let lines = typed.standard().lines(LINE_CHARS_MAX);
                let name = Some(name.to_uppercase()).filter(|name| !name.is_empty());
                name.into_iter().chain(lines).collect()
            }
        }
    }

    /// Returns the post's barcode, with a serial number out of the notice's name.
    fn bars(&self, notice: NoticeId, address: &PostalAddress) -> Option<Bars> {
        let mailer = self.mailer?;
        let [.., zip] = address.parts();
        let [.., a, b, c, d, e, f, g] = *notice.as_bytes();
        let serial = u64::from_be_bytes([0, a, b, c, d, e, f, g]) % mailer.serials();
        let tracking = mailer.tracking(serial).ok()?;
        Some(Bars::of(&tracking, Routing::parse(zip).ok()?))
    }
}

fn block(part: Part) -> Block {
    match part {
        Part::Title(text) => Block::Title(text),
        Part::Heading(text) => Block::Heading(text),
        Part::Paragraph(text) => Block::Paragraph(text),
        Part::Code(text) => Block::Code(text),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use savin_letter::barcode::imb::Mailer;
    use savin_letter::page::{Envelope, Setting, Sides, Typesetter, pdf};
    use savin_shared::event::EventCode;
    use savin_shared::pii::{Pii, Secret};

    use super::{AddressForm, LetterError, Writer};
    use crate::channels::draft::Drafter;
    use crate::ids::NoticeId;
    use crate::notification::contact::Contact;
    use crate::notification::fact::{Disclosure, Fact};
    use crate::notification::phone::PhoneNumber;
    use crate::notification::postal::{PostalAddress, PostalLines};
    use crate::notification::rules::tellable;
    use crate::notification::sentence::samples;
    use crate::notification::words::Language;
    use crate::registry::details::Details;
    use crate::vault::command::{Content, Message};

    const SETTING: Setting = Setting {
        envelope: Envelope::NUMBER_10,
        sides: Sides::Two,
    };

    /// What no window may show, in any language.
    const TELLING: [&str; 16] = [
        "victim", "víctima", "crime", "crimen", "inmate", "preso", "offender", "vine", "savin",
        "mdoc", "sheriff", "jail", "cárcel", "prison", "custod", "avery",
    ];

    fn message(content: Content, language: Language) -> Message {
        let part = |text: &str| Pii::new(text.to_owned());
        let lines = PostalLines {
            name: part("María Fernández-Villavicencio Oñate"),
            street: part("4005 Highway 49 South Suite B"),
            city: part("Jackson"),
            state: part("MS"),
            zip: part("39205-0220"),
            ..PostalLines::default()
        };
        Message {
            notice: NoticeId::from_bytes([0x5A; 16]),
            claim: 1,
            rank: 2,
            to: Contact::Letter(PostalAddress::parse(&lines).unwrap()),
            language,
            content,
            may_repeat: false,
            marks: samples::marks(),
            call: None,
        }
    }

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

    /// Every event, with everything that may be said of it.
    fn facts() -> Vec<Fact> {
        let text = |text: &str| Some(text.to_owned());
        let fact = |code: EventCode| Fact {
            code: code.code(),
            from_facility: text("First Jail"),
            details: Details {
                from: text("medium"),
                to: text("minimum"),
                kind: text("parole hearing"),
                place: text("Hinds County Courthouse"),
                phone: text("601-555-0100"),
                decision: text("granted"),
                scheduled_at: Some("2026-07-01T15:00:00Z".parse().unwrap()),
                took_back: (code == EventCode::Correction).then(|| EventCode::Released.to_string()),
                ..Details::default()
            },
            ..samples::release()
        };
        let taken_back = |code: EventCode| {
            let mut wrong = fact(EventCode::Correction);
            wrong.details.took_back = Some(code.to_string());
            wrong
        };
        let corrections = tellable().map(taken_back);
        tellable().map(fact).chain(corrections).collect()
    }

    /// What is written, each with what names it in the reviewed words: the event, or the one that is taken
    /// back, and how much is said of it.
    fn contents() -> Vec<(String, Content)> {
        let of = |disclosure: Disclosure| {
            let told = facts()
                .into_iter()
                .filter_map(move |fact| fact.disclosed(disclosure));
            told.map(move |fact| {
                let event = fact.event_code().unwrap();
                let wrong = fact.details.took_back.as_ref();
                let wrong = wrong.map_or_else(String::new, |wrong| format!(" of {wrong}"));
                let name = format!("{event} {}{wrong}", disclosure.as_str());
                (name, Content::Fact(Box::new(fact)))
            })
        };
        let mut contents: Vec<_> = of(Disclosure::Full)
            .chain(of(Disclosure::Discreet))
            .collect();
        let code = Content::Code(Secret::new("482100".to_owned()));
        contents.extend([
            ("content-free".to_owned(), Content::News),
            ("code".to_owned(), code),
        ]);
        contents.extend(
            samples::changes()
                .map(|change| (change.what.key().to_owned(), Content::Change(change))),
        );
        contents
    }

    #[test]
    fn writes_every_event_in_reviewed_words_and_shows_none_of_them_in_a_window() {
        let (drafter, mailer) = (drafter(), Mailer::parse("040", "123456").unwrap());
        let sender = ["PO Box 100", "Jackson MS 39205"].map(str::to_owned);
        let mut typesetter = Typesetter::new().unwrap();
        let mut written = String::new();
        for language in Language::ALL {
            for (number, (name, content)) in contents().into_iter().enumerate() {
                let form = [AddressForm::Typed, AddressForm::Standard][number % 2];
                let writer = Writer {
                    drafter: &drafter,
                    sender: &sender,
                    setting: &SETTING,
                    form,
                    mailer: Some(&mailer),
                };
                let message = message(content, language);
                let letter = writer.letter(&message, now()).unwrap();
                assert!(letter.bars.is_some() && letter.squares.is_some());
                // What follows is the same in each that tells a fact.
                let is_fact = matches!(message.content, Content::Fact(_));
                let blocks = if is_fact && number > 0 { 4 } else { 99 };
                writeln!(written, "{} {name}", language.tag()).unwrap();
                for block in letter.blocks.iter().skip(2).take(blocks) {
                    writeln!(written, "{}", block.text()).unwrap();
                }
                writeln!(written, "-----").unwrap();
                let sheet = writer.sheet(&mut typesetter, &message, now()).unwrap();
                assert_eq!(sheet.sides(), 1, "{written}");
                let shown = sheet.in_windows();
                assert_eq!(shown.len(), 5);
                let shown = shown.join("\n").to_lowercase();
                for word in TELLING {
                    assert!(!shown.contains(word), "{word} in {shown}");
                }
                assert!(!letter.title.to_lowercase().contains("release"));
            }
        }
        insta::assert_snapshot!("letters", written);
        let writer = Writer {
            drafter: &drafter,
            sender: &sender,
            setting: &SETTING,
            form: AddressForm::Typed,
            mailer: None,
        };
        let (_, first) = contents().remove(0);
        let sheet = writer.sheet(&mut typesetter, &message(first, Language::Es), now());
        let page = pdf(&typesetter, &[sheet.unwrap()], SETTING.sides).unwrap();
        assert!(page.starts_with(b"%PDF"));
    }

    #[test]
    fn makes_no_letter_of_a_call() {
        let drafter = drafter();
        let writer = Writer {
            drafter: &drafter,
            sender: &[],
            setting: &SETTING,
            form: AddressForm::Typed,
            mailer: None,
        };
        let call = Message {
            to: Contact::Telephone(PhoneNumber::parse("601-555-0123").unwrap()),
            ..message(Content::News, Language::En)
        };
        assert!(matches!(
            writer.letter(&call, now()),
            Err(LetterError::Channel)
        ));
    }
}
