//! Writing a message: text and HTML, neutral outside, and inside no more than was let out.

use askama::Template;
use jiff::Timestamp;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message as Mail};
use thiserror::Error;

use super::dkim::Signer;
use crate::channels::draft::Drafter;
use crate::notification::contact::Contact;
use crate::notification::words::Words;
use crate::vault::command::Message;

/// Writes messages.
#[derive(Debug)]
pub struct Composer {
    /// The sender's address.
    pub from: Address,
    /// Signs them, where there is a key.
    pub signer: Option<Signer>,
    /// Writes their words.
    pub drafter: Drafter,
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
        let draft = self.drafter.email(message, now);
        let subject = words.say(draft.subject);
        let html = MailPage {
            language: message.language.tag(),
            title: &subject,
            paragraphs: &draft.paragraphs,
            code: draft.code.as_deref(),
        }
        .render()
        .map_err(|_| ComposeError::Template)?;
        let text = draft.paragraphs.join("\n\n") + "\n";
        let Contact::Email(to) = &message.to else {
            return Err(ComposeError::Address);
        };
        let to: Address = to.reveal().parse().map_err(|_| ComposeError::Address)?;
        let sender = Mailbox::new(Some(words.say("notice-sender")), self.from.clone());
        let mut mail = Mail::builder()
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
            .map_err(|_| ComposeError::Mail)?;
        if let Some(signer) = &self.signer {
            signer.sign(&mut mail);
        }
        Ok(mail)
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
