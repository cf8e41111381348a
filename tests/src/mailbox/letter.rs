//! A letter as it came, and what a reader sees of it.

use jiff::Timestamp;
use mail_parser::{MessageParser, MimeHeaders as _};

use crate::clock;

/// A letter as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// When the server had all of it.
    pub came_at: Timestamp,
    /// The sender on the envelope.
    pub from: String,
    /// The recipient on the envelope.
    pub to: String,
    /// All of it, as it was sent.
    pub raw: Vec<u8>,
    /// Its subject.
    pub subject: String,
    /// Its identifier, which stays the same when it is sent again.
    pub message_id: String,
    /// Its part in plain text.
    pub text: String,
    /// Its part in HTML.
    pub html: String,
}

impl Letter {
    /// Reads a letter.
    #[must_use]
    pub fn read(from: String, to: String, raw: Vec<u8>) -> Self {
        let message = MessageParser::default().parse(&raw).unwrap_or_default();
        let part = |kind: &str| {
            let is_kind = |part: &&mail_parser::MessagePart<'_>| {
                part.content_type()
                    .and_then(|found| found.subtype())
                    .is_some_and(|found| found == kind)
            };
            let part = message.parts.iter().find(is_kind);
            part.and_then(|part| part.text_contents())
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            came_at: clock::wall(),
            from,
            to,
            subject: message.subject().unwrap_or_default().to_owned(),
            message_id: message.message_id().unwrap_or_default().to_owned(),
            text: part("plain"),
            html: part("html"),
            raw,
        }
    }

    /// Returns the six digits that prove an address, if the letter brings them.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        self.text
            .split(|character: char| !character.is_ascii_digit())
            .find(|digits| digits.len() == 6)
            .map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::Letter;

    #[test]
    fn reads_both_parts_and_the_code() {
        let raw = "From: a@x.example\r\nSubject: =?utf-8?q?Su_c=C3=B3digo?=\r\nMessage-ID: <7@x>\r\n\
                   MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
                   --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nYour code is 482100.\r\n\
                   --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>482100</p>\r\n--b--\r\n";
        let letter = Letter::read("a@x.example".into(), "b@y.example".into(), raw.into());
        assert_eq!(letter.subject, "Su código");
        assert_eq!(letter.message_id, "7@x");
        assert_eq!(letter.code().as_deref(), Some("482100"));
        assert_eq!(letter.html.trim(), "<p>482100</p>");
    }
}
