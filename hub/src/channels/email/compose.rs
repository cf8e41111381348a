//! Writing a message: text and HTML, neutral outside, and inside no more than was let out.

use askama::Template;
use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message as Mail};
use savin_letter::together::Stretch;
use thiserror::Error;

use super::dkim::Signer;
use crate::channels::draft::Drafter;
use crate::ids::NoticeId;
use crate::notification::contact::Contact;
use crate::notification::office::{self, OfficeNotice, SeenToken};
use crate::notification::words::{Language, Words};
use crate::vault::command::{Content, Message};
use crate::work::duty;

/// Writes messages.
#[derive(Debug)]
pub struct Composer {
    /// The sender's address.
    pub from: Address,
    /// Signs them, where there is a key.
    pub signer: Option<Signer>,
    /// To where what cannot be delivered comes back, before each message's own mark.
    pub returns: Option<Address>,
    /// Writes their words.
    pub drafter: Drafter,
}

#[derive(Debug, Template)]
#[template(path = "mail.html")]
struct MailPage<'a> {
    language: Language,
    title: &'a str,
    paragraphs: &'a [String],
    code: Option<&'a str>,
}

/// A header whose value is written as it is.
macro_rules! header {
    ($( $(#[$meta:meta])* $kind:ident, $name:literal );+ $(;)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone)]
        struct $kind(String);

        impl Header for $kind {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    )+ };
}

header! {
    /// Says that no person wrote the message, so that no absence is answered (RFC 3834, section 5).
    AutoSubmitted, "Auto-Submitted";
    /// Where a mail program asks for no more (RFC 2369, section 3.2).
    ListUnsubscribe, "List-Unsubscribe";
    /// That one click is enough there (RFC 8058, section 3.1).
    ListUnsubscribePost, "List-Unsubscribe-Post";
}

impl Composer {
    /// Writes a message.
    ///
    /// # Errors
    /// Returns [`ComposeError`] when an address or the message is not usable.
    pub fn compose(&self, message: &Message, now: Timestamp) -> Result<Mail, ComposeError> {
        let words = Words::of(message.language);
        let draft = self.drafter.email(message, now);
        let Contact::Email(to) = &message.to else {
            return Err(ComposeError::Address);
        };
        let to: Address = to.reveal().parse().map_err(|_| ComposeError::Address)?;
        let envelope = self.envelope(message, to.clone())?;
        let mut builder = self.addressed(message.language, to).envelope(envelope);
        // A code was asked for just now, and comes but once.
        if !matches!(message.content, Content::Code(_)) {
            let path = format!("/mail/stop/{}", message.marks.stop);
            let page = message.language.path(&path);
            builder = builder
                .header(ListUnsubscribe(format!("<{}{page}>", self.drafter.site)))
                .header(ListUnsubscribePost("List-Unsubscribe=One-Click".to_owned()));
        }
        let page = MailPage {
            language: message.language,
            title: &words.say(draft.subject),
            paragraphs: &draft.paragraphs,
            code: draft.code.as_deref(),
        };
        self.finish(builder, message.notice, &page)
    }

    /// Writes a notice to an office, in English, with the link by which it says that it has it.
    ///
    /// # Errors
    /// Returns [`ComposeError`] when the address or the message is not usable.
    pub fn to_office(
        &self,
        id: NoticeId,
        to: &str,
        (notice, token): (&OfficeNotice, &SeenToken),
    ) -> Result<Mail, ComposeError> {
        let to: Address = to.parse().map_err(|_| ComposeError::Address)?;
        let link = format!("{}{}", self.drafter.site, token.path());
        let page = MailPage {
            language: Language::En,
            title: office::SUBJECT,
            paragraphs: &notice.words(&self.drafter.phone, &self.drafter.zone, Some(&link)),
            code: None,
        };
        self.finish(self.addressed(page.language, to), id, &page)
    }

    /// Writes to a member of staff, in English, that work waits.
    ///
    /// # Errors
    /// Returns [`ComposeError`] when the address or the message is not usable.
    pub fn to_staff(&self, id: [u8; 16], to: &str, words: &[String]) -> Result<Mail, ComposeError> {
        let to: Address = to.parse().map_err(|_| ComposeError::Address)?;
        let page = MailPage {
            language: Language::En,
            title: duty::SUBJECT,
            paragraphs: words,
            code: None,
        };
        let id = NoticeId::from_bytes(id);
        self.finish(self.addressed(page.language, to), id, &page)
    }

    /// Begins a message.
    fn addressed(&self, language: Language, to: Address) -> MessageBuilder {
        let name = Words::of(language).say("notice-sender");
        Mail::builder()
            .from(Mailbox::new(Some(name), self.from.clone()))
            .to(Mailbox::new(None, to))
    }

    /// Writes its text twice, and signs it.
    fn finish(
        &self,
        builder: MessageBuilder,
        notice: NoticeId,
        page: &MailPage<'_>,
    ) -> Result<Mail, ComposeError> {
        let html = page.render().map_err(|_| ComposeError::Template)?;
        let text = page.paragraphs.join("\n\n") + "\n";
        let mut mail = builder
            .subject(page.title)
            // The same at every try, so that a mail program shows a repeated one once.
            .message_id(Some(format!("<{notice}@{}>", self.from.domain())))
            .header(AutoSubmitted("auto-generated".to_owned()))
            .multipart(
                MultiPart::alternative()
                    .singlepart(part(ContentType::TEXT_PLAIN, text))
                    .singlepart(part(ContentType::TEXT_HTML, html)),
            )
            .map_err(|_| ComposeError::Mail)?;
        if let Some(signer) = &self.signer {
            signer.sign(&mut mail).map_err(|_| ComposeError::Mail)?;
        }
        Ok(mail)
    }
}

impl Composer {
    /// Returns from where and to where the mail server carries a message: what it cannot deliver comes
    /// back to an address of the message's own.
    fn envelope(&self, message: &Message, to: Address) -> Result<Envelope, ComposeError> {
        let from = match &self.returns {
            None => Ok(self.from.clone()),
            Some(returns) => {
                let user = format!("{}+{}", returns.user(), message.marks.back);
                Address::new(user, returns.domain())
            }
        };
        let from = from.map_err(|_| ComposeError::Mail)?;
        Envelope::new(Some(from), vec![to]).map_err(|_| ComposeError::Mail)
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
