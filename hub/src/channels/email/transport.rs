//! Handing a message to a mail server, and sorting its answer by class.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message as Mail, Tokio1Executor};
use thiserror::Error;

use crate::vault::command::TryOutcome;

/// How long one command to the mail server may take.
const ANSWER: Duration = Duration::from_secs(30);

/// Which mail server, and how.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the line is protected.
    pub security: Security,
    /// An authority to trust besides the system's, in PEM.
    pub authority_pem: Option<Vec<u8>>,
    /// User and password, where the server wants them.
    pub credentials: Option<(String, String)>,
    /// How many messages are handed to it at once, each over a connection of its own that is kept.
    pub at_once: u32,
}

/// How the line to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all: only to a server on this machine.
    None,
    /// STARTTLS, and nothing without it (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
}

/// Hands messages to a mail server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mailer").finish_non_exhaustive()
    }
}

impl Mailer {
    /// Prepares to talk to a mail server.
    ///
    /// # Errors
    /// Returns [`MailerError`] for settings that are not usable.
    pub fn new(server: &MailServer) -> Result<Self, MailerError> {
        let is_local = server.host == "localhost"
            || server
                .host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if server.security == Security::None && !is_local {
            return Err(MailerError::Unprotected(server.host.clone()));
        }
        let mut parameters = TlsParameters::builder(server.host.clone());
        if let Some(pem) = &server.authority_pem {
            let authority = Certificate::from_pem(pem).map_err(|_| MailerError::Authority)?;
            parameters = parameters.add_root_certificate(authority);
        }
        let parameters = || {
            parameters
                .clone()
                .build_rustls()
                .map_err(|_| MailerError::Authority)
        };
        let tls = match server.security {
            Security::None => Tls::None,
            Security::StartTls => Tls::Required(parameters()?),
            Security::Tls => Tls::Wrapper(parameters()?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(ANSWER))
            .pool_config(PoolConfig::new().max_size(server.at_once));
        if let Some((user, password)) = &server.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self {
            transport: builder.build(),
        })
    }

    /// Sends a message and says what became of the try. Only what the server says of the recipient is
    /// final; everything else that is not a success may be otherwise later (RFC 5321, section 4.2.1).
    pub async fn send(&self, mail: Mail) -> Sent {
        match self.transport.send(mail).await {
            Ok(response) => {
                let text = response.message().collect::<Vec<_>>().join(" ");
                Sent {
                    outcome: TryOutcome::Accepted {
                        detail: format!("{} {text}", response.code()),
                    },
                    cause: Cause::Taken,
                    code: Some(response.code().into()),
                }
            }
            Err(failure) => {
                let code = failure.status().map(u16::from);
                let cause = match code {
                    Some(code) => cause_of(code, &said(&failure)),
                    None if failure.is_tls() => Cause::Relay,
                    None => Cause::Line,
                };
                let detail = failure.to_string();
                let outcome = match cause {
                    Cause::Recipient => TryOutcome::Refused { detail },
                    Cause::Taken | Cause::Relay | Cause::Later | Cause::Line => {
                        TryOutcome::Deferred { detail }
                    }
                };
                Sent {
                    outcome,
                    cause,
                    code,
                }
            }
        }
    }
}

/// A try, with what of it may be logged: the server's words may hold her address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What became of it.
    pub outcome: TryOutcome,
    /// Why.
    pub cause: Cause,
    /// The server's code, if it answered.
    pub code: Option<u16>,
}

/// Of what an answer of a mail server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It took the message.
    Taken,
    /// Of the recipient, who will not get it there.
    Recipient,
    /// Of this hub or its relay: staff must act, and nothing is known of the recipient.
    Relay,
    /// Not now.
    Later,
    /// The line broke, or nobody answered.
    Line,
}

impl Cause {
    /// Returns the word that the log says.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Recipient => "recipient",
            Self::Relay => "relay",
            Self::Later => "later",
            Self::Line => "line",
        }
    }
}

/// Sorts a negative answer. Where the server gives an enhanced code (RFC 3463) that decides: 5.1 and
/// 5.2 are the recipient's address and mailbox, but for 5.1.7 and 5.1.8, which are the sender's.
fn cause_of(code: u16, text: &str) -> Cause {
    if code < 500 {
        return Cause::Later;
    }
    match enhanced(text) {
        Some((1, 7 | 8)) => Cause::Relay,
        Some((1 | 2, _)) => Cause::Recipient,
        Some(_) => Cause::Relay,
        None if matches!(code, 550 | 551 | 553) => Cause::Recipient,
        None => Cause::Relay,
    }
}

/// Reads subject and detail of the enhanced code with which an answer of class 5 begins.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    let word = text.split_whitespace().next()?;
    let mut parts = word.strip_prefix("5.")?.split('.');
    let (subject, detail) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some((subject, detail))
}

fn said(failure: &lettre::transport::smtp::Error) -> String {
    std::error::Error::source(failure).map_or_else(String::new, ToString::to_string)
}

/// Why a mail server's settings are not usable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailerError {
    /// Names and addresses would cross a network in the clear.
    #[error(
        "{0} is another machine: mail must go there by \"starttls\" or \"tls\", since it names people"
    )]
    Unprotected(String),
    /// The authority is not one.
    #[error("the mail server's authority is not a certificate in PEM")]
    Authority,
}

#[cfg(test)]
mod tests {
    use super::{Cause, MailServer, Mailer, MailerError, Security, cause_of};

    // The transport's pool wants a runtime.
    #[tokio::test]
    async fn sends_nothing_in_the_clear_to_another_machine() {
        let server = |host: &str, security| MailServer {
            host: host.to_owned(),
            port: 25,
            security,
            authority_pem: None,
            credentials: None,
            at_once: 2,
        };
        assert!(Mailer::new(&server("127.0.0.1", Security::None)).is_ok());
        let refused = Mailer::new(&server("mail.example.test", Security::None));
        assert!(matches!(refused, Err(MailerError::Unprotected(_))));
        assert!(Mailer::new(&server("mail.example.test", Security::StartTls)).is_ok());
    }

    #[test]
    fn holds_only_an_answer_about_the_recipient_for_final() {
        for (code, text, cause) in [
            (550, "5.1.1 <her@example.test> unknown", Cause::Recipient),
            (550, "5.2.1 mailbox disabled", Cause::Recipient),
            (550, "no such user here", Cause::Recipient),
            (551, "user not local", Cause::Recipient),
            (553, "mailbox name not allowed", Cause::Recipient),
            (550, "5.7.1 our policy", Cause::Relay),
            (550, "5.1.8 sender's domain does not exist", Cause::Relay),
            (554, "relay access denied", Cause::Relay),
            (554, "5.7.1 relay access denied", Cause::Relay),
            (552, "too much mail", Cause::Relay),
            (535, "who are you", Cause::Relay),
            (550, "5.3.4 message too big", Cause::Relay),
            (452, "4.2.2 mailbox full", Cause::Later),
            (450, "5.1.1 greylisted", Cause::Later),
        ] {
            assert_eq!(cause_of(code, text), cause, "{code} {text}");
        }
    }
}
