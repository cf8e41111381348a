//! A county's HTTP proxy: a way out for TCP, asked for by CONNECT (RFC 9110, 9.3.6). What passes
//! through it is TLS with the hub, of which it sees nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Bytes of the longest answer to CONNECT.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

/// Why a proxy does not lead to the hub.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProxyError {
    /// The connection to it failed.
    #[error("{0}")]
    Lost(String),
    /// It ended the connection.
    #[error("it hung up")]
    HungUp,
    /// It is none.
    #[error("its answer is no HTTP")]
    NoHttp,
    /// It wants to know who asks.
    #[error("it wants a user and password: set hub.proxy_credentials")]
    NoPassword,
    /// It does not know who asks.
    #[error("it does not accept the user and password in hub.proxy_credentials")]
    WrongPassword,
    /// It wants to know who asks by ways that the agent does not know.
    #[error("it wants {0}, and the agent speaks basic authentication only")]
    Scheme(String),
    /// It refuses.
    #[error("it answers {status}: ask the network team to allow CONNECT to {to}")]
    Status {
        /// Its code.
        status: u16,
        /// What it was asked for.
        to: String,
    },
}

/// An HTTP proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Where it is, `host:port`.
    pub address: String,
    authorization: Option<String>,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Proxy")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Proxy {
    /// Names a proxy, and the user and password that it wants.
    #[must_use]
    pub fn new(address: String, credentials: Option<(&str, &str)>) -> Self {
        let authorization = credentials
            .map(|(user, password)| STANDARD.encode(format!("{user}:{password}").as_bytes()));
        Self {
            address,
            authorization,
        }
    }

    /// Reads a proxy's address as people write it: `http://host:port`, with port 80 where none is
    /// written.
    ///
    /// # Errors
    /// Returns what is wrong with it.
    pub fn address_of(url: &str) -> Result<String, &'static str> {
        let Some(rest) = url.strip_prefix("http://") else {
            return Err("a proxy is written \"http://host:port\"");
        };
        let host = rest.trim_end_matches('/');
        if host.contains('@') {
            return Err(
                "user and password stand in a file of their own: set hub.proxy_credentials",
            );
        }
        if host.is_empty() || host.contains(['/', '?', '#', ' ']) {
            return Err("a proxy is written \"http://host:port\"");
        }
        // The port comes behind the last colon, unless that is one of a bare IPv6 address.
        let has_port = host.rsplit_once(':').is_some_and(|(before, port)| {
            !before.contains(':') || before.ends_with(']') && !port.is_empty()
        });
        Ok(if has_port {
            host.to_owned()
        } else {
            format!("{host}:80")
        })
    }

    /// Asks the proxy for a way to an address.
    ///
    /// # Errors
    /// Returns [`ProxyError`] with what it answered, in words for the network team.
    pub(super) async fn connect(&self, stream: &mut TcpStream, to: &str) -> Result<(), ProxyError> {
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
        if let Some(authorization) = &self.authorization {
            request.push_str("Proxy-Authorization: Basic ");
            request.push_str(authorization);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        let lost = |cause: std::io::Error| ProxyError::Lost(cause.to_string());
        stream.write_all(request.as_bytes()).await.map_err(lost)?;
        let mut answer = Vec::new();
        // Byte by byte, so that nothing of what follows is taken.
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() >= ANSWER_BYTES_MAX {
                return Err(ProxyError::NoHttp);
            }
            match stream.read_u8().await {
                Ok(byte) => answer.push(byte),
                Err(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return Err(ProxyError::HungUp);
                }
                Err(cause) => return Err(lost(cause)),
            }
        }
        agreed(&answer, self.authorization.is_some(), to)
    }
}

/// Reads what a proxy answers to somebody who said who asks, or did not.
fn agreed(answer: &[u8], has_password: bool, to: &str) -> Result<(), ProxyError> {
    match status(answer) {
        Some(200..=299) => Ok(()),
        Some(407) => Err(match foreign_schemes(answer) {
            Some(schemes) => ProxyError::Scheme(schemes),
            None if has_password => ProxyError::WrongPassword,
            None => ProxyError::NoPassword,
        }),
        Some(status) => Err(ProxyError::Status {
            status,
            to: to.to_owned(),
        }),
        None => Err(ProxyError::NoHttp),
    }
}

/// Names the ways of authentication that a proxy asks for (RFC 9110, 11.7.1) where basic is none of them.
fn foreign_schemes(answer: &[u8]) -> Option<String> {
    let answer = String::from_utf8_lossy(answer);
    let asked: Vec<&str> = answer
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("Proxy-Authenticate"))
        .filter_map(|(_, value)| value.split_whitespace().next())
        .collect();
    let is_known = asked.iter().any(|way| way.eq_ignore_ascii_case("Basic"));
    (!asked.is_empty() && !is_known).then(|| asked.join(" or "))
}

/// Reads the code out of a status line.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next()?.strip_prefix("HTTP/1.")?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Proxy, ProxyError, agreed, status};

    #[test]
    fn reads_the_address_as_people_write_it() {
        for (url, address) in [
            ("http://proxy.example:3128", "proxy.example:3128"),
            ("http://proxy.example:3128/", "proxy.example:3128"),
            ("http://proxy.example", "proxy.example:80"),
            ("http://[2001:db8::1]", "[2001:db8::1]:80"),
            ("http://[2001:db8::1]:8080", "[2001:db8::1]:8080"),
        ] {
            assert_eq!(Proxy::address_of(url).as_deref(), Ok(address));
        }
        for url in ["proxy.example:3128", "https://p", "http://", "http://a b"] {
            assert!(Proxy::address_of(url).is_err(), "{url}");
        }
        let secret = Proxy::address_of("http://user:word@proxy.example").unwrap_err();
        assert!(secret.contains("proxy_credentials"), "{secret}");
    }

    #[test]
    fn keeps_the_password_out_of_debug_output() {
        let proxy = Proxy::new("p:1".to_owned(), Some(("user", "word")));
        assert!(!format!("{proxy:?}").contains("dXNlc"), "{proxy:?}");
    }

    #[test]
    fn reads_a_status_line() {
        assert_eq!(
            status(b"HTTP/1.1 200 Connection established\r\n\r\n"),
            Some(200)
        );
        assert_eq!(status(b"HTTP/1.0 407\r\n\r\n"), Some(407));
        assert_eq!(status(b"SSH-2.0-x\r\n\r\n"), None);
    }

    #[test]
    fn says_which_authentication_it_does_not_speak() {
        let asked = |ways: &[&str]| {
            let ways: String = ways
                .iter()
                .map(|way| format!("proxy-authenticate: {way}\r\n"))
                .collect();
            let answer = format!("HTTP/1.1 407 Who\r\n{ways}\r\n");
            agreed(answer.as_bytes(), false, "hub:8633").unwrap_err()
        };
        assert_eq!(
            asked(&["NTLM", "Negotiate"]),
            ProxyError::Scheme("NTLM or Negotiate".to_owned())
        );
        assert_eq!(
            asked(&["NTLM", "Basic realm=\"x\""]),
            ProxyError::NoPassword
        );
        assert_eq!(asked(&[]), ProxyError::NoPassword);
        let wrong = agreed(b"HTTP/1.1 407 Who\r\n\r\n", true, "hub:8633");
        assert_eq!(wrong, Err(ProxyError::WrongPassword));
        assert_eq!(agreed(b"HTTP/1.1 200 OK\r\n\r\n", true, "hub:8633"), Ok(()));
    }
}
