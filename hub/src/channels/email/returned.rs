//! What a mail server says of a message later: a delivery status notification (RFC 3464), which comes
//! to an address that names the message.

use mail_parser::{Message as Mail, MessageParser, MimeHeaders as _};
use thiserror::Error;

use crate::notification::mark::Mark;

/// Bytes of a mail that came back: the report stands at its beginning, the rest is our own letter.
pub const MAIL_BYTES_MAX: usize = 1 << 20;

/// Recipients that are looked at: each of our messages has one.
const RECIPIENTS_MAX: usize = 8;

/// Headers in which the address stands to which a mail came, the surest first: a mail server adds the
/// first two.
const ADDRESSED: [&str; 3] = ["Delivered-To", "X-Original-To", "To"];

/// What a mail server said of one of our messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Of which.
    pub mark: Mark,
    /// What became of it.
    pub fate: Fate,
    /// The server's own words, which may hold an address.
    pub detail: String,
}

/// What became of a message after a mail server had taken it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// There is no such address.
    NoSuchAddress,
    /// It was not delivered, for another reason.
    Undelivered,
    /// It is still tried.
    Delayed,
    /// It reached the mailbox, or a server that says no more.
    Delivered,
}

impl Fate {
    /// Returns the word that the log says.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchAddress => "no-such-address",
            Self::Undelivered => "undelivered",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
        }
    }

    /// Says whether the message will not be read by anybody.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::NoSuchAddress | Self::Undelivered)
    }
}

/// Reads what came back to an address for returns, of which `user` is the part before the mark.
///
/// # Errors
/// Returns [`ReturnError`] for a mail that says of no message of ours what became of it.
pub fn read(mail: &[u8], user: &str) -> Result<Report, ReturnError> {
    let mail = mail.get(..MAIL_BYTES_MAX).unwrap_or(mail);
    let mail = MessageParser::default()
        .parse(mail)
        .ok_or(ReturnError::NoMail)?;
    let mark = mark_of(&mail, user).ok_or(ReturnError::Nameless)?;
    let report = mail.parts.iter().find(|part| {
        part.content_type().is_some_and(|kind| {
            kind.ctype().eq_ignore_ascii_case("message")
                && kind
                    .subtype()
                    .is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status"))
        })
    });
    let report = report.ok_or(ReturnError::NoReport)?;
    let text = String::from_utf8_lossy(report.contents()).replace("\r\n", "\n");
    // The first block is of the message, each further one of a recipient (section 2.1).
    let mut fates = text
        .split("\n\n")
        .skip(1)
        .take(RECIPIENTS_MAX)
        .filter_map(recipient);
    let (fate, detail) = fates.next().ok_or(ReturnError::NoReport)?;
    Ok(Report { mark, fate, detail })
}

/// Finds the mark in the address to which the mail came.
fn mark_of(mail: &Mail<'_>, user: &str) -> Option<Mark> {
    let texts = ADDRESSED.iter().filter_map(|name| mail.header_raw(*name));
    let mut marks = texts.filter_map(|text| {
        let address = text.trim().trim_matches(['<', '>']);
        let (local, _) = address.rsplit_once('@')?;
        let (name, mark) = local.split_once('+')?;
        name.eq_ignore_ascii_case(user)
            .then(|| Mark::parse(mark))
            .flatten()
    });
    marks.next()
}

/// Reads what became of a recipient, and what the server said of it.
fn recipient(block: &str) -> Option<(Fate, String)> {
    // Fields are written as headers are, folded lines included.
    let block = format!("{}\n\n", block.trim_matches('\n'));
    let fields = MessageParser::default().parse_headers(block.as_bytes())?;
    let field = |name: &'static str| fields.header_raw(name).map(str::trim);
    let status = field("Status").unwrap_or_default();
    let fate = fate(field("Action")?, status)?;
    let diagnostic = field("Diagnostic-Code").unwrap_or_default();
    let diagnostic: Vec<&str> = diagnostic.split_whitespace().collect();
    Some((fate, format!("{status} {}", diagnostic.join(" "))))
}

/// Sorts a report by its action (section 2.3.3) and status (RFC 3463).
fn fate(action: &str, status: &str) -> Option<Fate> {
    let mut parts = status.split('.').map(|part| part.trim().parse().ok());
    let code: [Option<u16>; 3] = [parts.next()?, parts.next()?, parts.next()?];
    match action.to_ascii_lowercase().as_str() {
        "failed" => Some(match code {
            // The address: it does not exist, is not written rightly, or has moved away.
            [Some(5), Some(1), Some(detail)] if !matches!(detail, 7 | 8) => Fate::NoSuchAddress,
            // The mailbox is disabled for good.
            [Some(5), Some(2), Some(1)] => Fate::NoSuchAddress,
            _ => Fate::Undelivered,
        }),
        "delayed" => Some(Fate::Delayed),
        "delivered" | "relayed" | "expanded" => Some(Fate::Delivered),
        _ => None,
    }
}

/// Why a mail that came back says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReturnError {
    /// It is not a mail.
    #[error("it is no mail")]
    NoMail,
    /// The address to which it came names no message.
    #[error("the address to which it came names no message")]
    Nameless,
    /// It has no report: perhaps a person or an absence answered.
    #[error("it holds no report on a delivery")]
    NoReport,
}

#[cfg(test)]
mod tests {
    use super::{Fate, ReturnError, read};
    use crate::ids::NoticeId;
    use crate::notification::mark::Mark;

    fn mark() -> Mark {
        Mark::new(NoticeId::from_bytes([5; 16]), &[9; 32])
    }

    fn mail(to: &str, report: &str) -> String {
        format!(
            "Return-Path: <>\r\nTo: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\
             \tboundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.test\r\n\
             \r\n{report}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n\
             --b--\r\n"
        )
    }

    fn recipient(action: &str, status: &str) -> String {
        format!(
            "Final-Recipient: rfc822; her@home.test\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; 550 {status} no such\r\n    user here\r\n"
        )
    }

    #[test]
    fn sorts_reports_by_action_and_status() {
        for (action, status, fate) in [
            ("failed", "5.1.1", Fate::NoSuchAddress),
            ("Failed", "5.1.2", Fate::NoSuchAddress),
            ("failed", "5.2.1", Fate::NoSuchAddress),
            ("failed", "5.2.2", Fate::Undelivered),
            ("failed", "5.1.8", Fate::Undelivered),
            ("failed", "5.7.1", Fate::Undelivered),
            ("failed", "4.4.1", Fate::Undelivered),
            ("delayed", "4.2.2", Fate::Delayed),
            ("delivered", "2.0.0", Fate::Delivered),
        ] {
            let to = format!("bounce+{}@information.test", mark());
            let returned =
                read(mail(&to, &recipient(action, status)).as_bytes(), "bounce").unwrap();
            assert_eq!((returned.mark, returned.fate), (mark(), fate), "{status}");
            let detail = format!("{status} smtp; 550 {status} no such user here");
            assert_eq!(returned.detail, detail);
        }
    }

    #[test]
    fn takes_the_mark_from_where_the_mail_server_delivered() {
        let report = recipient("failed", "5.1.1");
        let added = format!("Delivered-To: BOUNCE+{}@Information.test\r\n", mark());
        let mail = added.to_ascii_uppercase() + &mail("<somebody@information.test>", &report);
        assert_eq!(read(mail.as_bytes(), "bounce").unwrap().mark, mark());
    }

    #[test]
    fn says_why_a_mail_says_nothing() {
        let to = format!("bounce+{}@information.test", mark());
        let report = recipient("failed", "5.1.1");
        let read = |mail: &str| read(mail.as_bytes(), "bounce").unwrap_err();
        let nameless = mail("bounce+123@information.test", &report);
        assert_eq!(read(&nameless), ReturnError::Nameless);
        let other = mail(&to.replace("bounce", "help"), &report);
        assert_eq!(read(&other), ReturnError::Nameless);
        let absence = format!("To: {to}\r\nSubject: Away\r\n\r\nI am away.\r\n");
        assert_eq!(read(&absence), ReturnError::NoReport);
        let unknown = mail(&to, &recipient("thrown", "5.1.1"));
        assert_eq!(read(&unknown), ReturnError::NoReport);
    }
}
