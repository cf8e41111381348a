//! Writing a message: text and HTML, neutral outside, and inside no more than was let out.

use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message as Mail};
use thiserror::Error;

use crate::notification::sentence::{self, Sources};
use crate::notification::words::{Argument, Words};
use crate::vault::command::{Content, Message};
use crate::vault::registration::CODE_MINUTES;

/// Writes messages.
#[derive(Debug)]
pub struct Composer {
    /// The sender's address.
    pub from: Address,
    /// The public web site.
    pub site: String,
    /// The toll-free number.
    pub phone: String,
    /// The zone of the readers.
    pub zone: TimeZone,
}

#[derive(Debug, Template)]
#[template(path = "mail.html")]
struct MailPage<'a> {
    language: &'a str,
    title: &'a str,
    paragraphs: &'a [String],
    code: Option<&'a str>,
}

/// Says that no person wrote the message, so that no absence is answered (RFC 3834, section 5).
#[derive(Debug, Clone)]
struct AutoSubmitted(String);

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

impl Composer {
    /// Writes a message.
    ///
    /// # Errors
    /// Returns [`ComposeError`] when an address or the message is not usable.
    pub fn compose(&self, message: &Message, now: Timestamp) -> Result<Mail, ComposeError> {
        let words = Words::of(message.language);
        let sources = Sources {
            site: &self.site,
            phone: &self.phone,
        };
        let mut paragraphs = vec![words.say("notice-hello")];
        if message.may_repeat {
            paragraphs.push(words.say("notice-may-repeat"));
        }
        let (subject, code) = match &message.content {
            Content::Fact(fact) => {
                paragraphs.extend(sentence::fact(words, &self.zone, fact, now));
                paragraphs.push(sentence::more(words, sources));
                paragraphs.push(words.say("notice-danger"));
                ("notice-subject", None)
            }
            Content::News => {
                paragraphs.push(sentence::news(words, sources));
                ("notice-subject", None)
            }
            Content::Code(code) => {
                let code = code.reveal().as_str();
                let values = [
                    ("code", Argument::Text(code)),
                    ("minutes", Argument::Number(CODE_MINUTES)),
                ];
                paragraphs.push(words.say_with("code-text", &values));
                paragraphs.push(words.say("code-not-you"));
                ("code-subject", Some(code))
            }
        };
        let subject = words.say(subject);
        let html = MailPage {
            language: message.language.tag(),
            title: &subject,
            paragraphs: &paragraphs,
            code,
        }
        .render()
        .map_err(|_| ComposeError::Template)?;
        let text = paragraphs.join("\n\n") + "\n";
        let to: Address = message
            .address
            .reveal()
            .parse()
            .map_err(|_| ComposeError::Address)?;
        let sender = Mailbox::new(Some(words.say("notice-sender")), self.from.clone());
        Mail::builder()
            .from(sender)
            .to(Mailbox::new(None, to))
            .subject(subject)
            // The same at every try, so that a mail program shows a repeated one once.
            .message_id(Some(format!("<{}@{}>", message.notice, self.from.domain())))
            .header(AutoSubmitted("auto-generated".to_owned()))
            .multipart(
                MultiPart::alternative()
                    .singlepart(part(ContentType::TEXT_PLAIN, text))
                    .singlepart(part(ContentType::TEXT_HTML, html)),
            )
            .map_err(|_| ComposeError::Mail)
    }
}

fn part(kind: ContentType, body: String) -> SinglePart {
    SinglePart::builder().header(kind).body(body)
}

/// Why a message was not written. Nothing of it is in the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ComposeError {
    /// The address is not usable.
    #[error("the address is not usable")]
    Address,
    /// The page could not be written.
    #[error("the page could not be written")]
    Template,
    /// The mail library refused.
    #[error("the message could not be put together")]
    Mail,
}

#[cfg(test)]
mod tests;
