//! Handing a message to a mail server, and sorting its answer by class.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

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
            .timeout(Some(ANSWER));
        if let Some((user, password)) = &server.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self {
            transport: builder.build(),
        })
    }

    /// Sends a message and says what became of the try. An answer of class 5 is final, everything
    /// else that is not a success may be otherwise later (RFC 5321, section 4.2.1); so may an answer
    /// that is about this hub's credentials and not about the recipient (RFC 4954, section 6).
    pub async fn send(&self, mail: Mail) -> TryOutcome {
        match self.transport.send(mail).await {
            Ok(response) => {
                let text = response.message().collect::<Vec<_>>().join(" ");
                TryOutcome::Accepted {
                    detail: format!("{} {text}", response.code()),
                }
            }
            Err(failure) if failure.is_permanent() && !is_about_credentials(&failure) => {
                TryOutcome::Refused {
                    detail: detail(&failure),
                }
            }
            Err(failure) => TryOutcome::Deferred {
                detail: detail(&failure),
            },
        }
    }
}

fn is_about_credentials(failure: &lettre::transport::smtp::Error) -> bool {
    failure
        .status()
        .is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}

fn detail(failure: &lettre::transport::smtp::Error) -> String {
    let mut text = failure.to_string();
    let mut cause = std::error::Error::source(failure);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
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
    use super::{MailServer, Mailer, MailerError, Security};

    // The transport's pool wants a runtime.
    #[tokio::test]
    async fn sends_nothing_in_the_clear_to_another_machine() {
        let server = |host: &str, security| MailServer {
            host: host.to_owned(),
            port: 25,
            security,
            authority_pem: None,
            credentials: None,
        };
        assert!(Mailer::new(&server("127.0.0.1", Security::None)).is_ok());
        let refused = Mailer::new(&server("mail.example.test", Security::None));
        assert!(matches!(refused, Err(MailerError::Unprotected(_))));
        assert!(Mailer::new(&server("mail.example.test", Security::StartTls)).is_ok());
    }
}
