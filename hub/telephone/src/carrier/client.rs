//! Asks a carrier's interface: to call somebody, what a call is at, to end it. It waits for the answer, so
//! it is used on a thread that may.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs;
use savin_shared::pii::Secret;
use serde::Deserialize;
use thiserror::Error;
use ureq::config::Config;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::request::{Account, END, Wanted, account_address, address, call_address, form};
use crate::script::ending::NotAnswered;

/// How long a carrier may take to be reached, and to answer. Beyond, it may have taken the call all the same.
const CONNECT: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(15);

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;

/// The vendor's codes that are about whoever is called: no such number, and none that can be reached.
const NO_SUCH_NUMBER: [u32; 2] = [21_211, 21_214];

/// Asks one account's interface.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    account: Account,
    authorization: Secret<String>,
}

/// What a carrier makes of a wish to call somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It calls, and names the call so.
    Placed(String),
    /// It does not.
    Refused {
        /// What that means for whoever was to be called.
        why: NotAnswered,
        /// What it said, without a number: the status of HTTP, and its own code.
        detail: String,
    },
    /// It does not call now, and wants to be asked again.
    Later {
        /// After how long, where it says so.
        wait: Option<Duration>,
        /// What it said: the status of HTTP, and its own code.
        detail: String,
    },
    /// It was asked and said nothing: it may call.
    Silent,
}

/// How a call is at the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It waits at the carrier, or rings.
    Ringing,
    /// Somebody is on it.
    Talking,
    /// Somebody was on it, and it is over.
    Completed,
    /// The number was busy.
    Busy,
    /// Nobody took it.
    NoAnswer,
    /// The carrier could not carry it, or ended it before anybody took it.
    Failed,
}

impl Phase {
    /// Reads the carrier's word; one that is not known is of a call that goes on.
    #[must_use]
    pub fn of(word: &str) -> Self {
        match word {
            "queued" | "initiated" | "ringing" => Self::Ringing,
            "completed" => Self::Completed,
            "busy" => Self::Busy,
            "no-answer" => Self::NoAnswer,
            "failed" | "canceled" => Self::Failed,
            _ => Self::Talking,
        }
    }
}

/// What the carrier answers of a call.
#[derive(Debug, Deserialize)]
struct CallDocument {
    #[serde(default)]
    sid: String,
    #[serde(default)]
    status: String,
}

/// Why something was refused.
#[derive(Debug, Default, Deserialize)]
struct RefusalDocument {
    #[serde(default)]
    code: Option<u32>,
}

impl Client {
    /// Makes one. An `https` interface is believed by the authorities of the system.
    ///
    /// # Errors
    /// Returns [`ClientError::Authorities`] where the system has none.
    pub fn new(account: Account) -> Result<Self, ClientError> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(PATIENCE));
        let config: Config = if account.url.starts_with("https://") {
            config.https_only(true).tls_config(tls()?).build()
        } else {
            config.build()
        };
        let plain = format!("{}:{}", account.sid, account.token.reveal());
        Ok(Self {
            agent: config.new_agent(),
            authorization: Secret::new(format!("Basic {}", STANDARD.encode(plain))),
            account,
        })
    }

    /// Asks for a call.
    #[must_use]
    pub fn call(&self, wanted: &Wanted<'_>) -> Answer {
        let asked = self
            .agent
            .post(address(&self.account))
            .header("Authorization", self.authorization.reveal())
            .send_form(form(&self.account, wanted));
        match asked {
            Ok(mut response) if response.status().is_success() => {
                // Without the name of the call it is known by what it asks of us.
                let call = read(&mut response);
                call.map_or(Answer::Silent, |call: CallDocument| {
                    Answer::Placed(call.sid)
                })
            }
            Ok(response) => refused(response),
            Err(failure) if is_unreached(&failure) => Answer::Refused {
                why: NotAnswered::Line,
                detail: "it cannot be reached".to_owned(),
            },
            Err(_) => Answer::Silent,
        }
    }

    /// Asks what a call is at: `queued`, `ringing`, `in-progress`, or how it ended.
    ///
    /// # Errors
    /// Returns [`ClientError`] where the carrier does not say.
    pub fn status(&self, call: &str) -> Result<String, ClientError> {
        let asked = self
            .agent
            .get(call_address(&self.account, call))
            .header("Authorization", self.authorization.reveal())
            .call();
        let mut response = taken(asked)?;
        let call: CallDocument = read(&mut response).ok_or(ClientError::Unreadable)?;
        Ok(call.status)
    }

    /// Ends a call, whether it rings or somebody is on it.
    ///
    /// # Errors
    /// Returns [`ClientError`] where the carrier does not.
    pub fn end(&self, call: &str) -> Result<(), ClientError> {
        let asked = self
            .agent
            .post(call_address(&self.account, call))
            .header("Authorization", self.authorization.reveal())
            .send_form(END);
        taken(asked).map(drop)
    }

    /// Asks whether the carrier knows the account.
    ///
    /// # Errors
    /// Returns [`ClientError`] where it does not, or says nothing.
    pub fn look(&self) -> Result<(), ClientError> {
        let asked = self
            .agent
            .get(account_address(&self.account))
            .header("Authorization", self.authorization.reveal())
            .call();
        taken(asked).map(drop)
    }
}

/// Returns by whom an `https` interface is believed.
fn tls() -> Result<TlsConfig, ClientError> {
    let found = rustls_native_certs::load_native_certs();
    let authorities: Vec<_> = found
        .certs
        .iter()
        .map(|authority| Certificate::from_der(authority).to_owned())
        .collect();
    if authorities.is_empty() {
        return Err(ClientError::Authorities);
    }
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(authorities)))
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .build())
}

/// Returns what a refusal means.
fn refused(mut response: Response<Body>) -> Answer {
    let status = response.status().as_u16();
    let wait = response.headers().get("retry-after");
    let wait = wait.and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
    let refusal: RefusalDocument = read(&mut response).unwrap_or_default();
    let code = refusal.code;
    let is_hers = code.is_some_and(|code| NO_SUCH_NUMBER.contains(&code));
    let code = code.map_or_else(String::new, |code| format!(", code {code}"));
    let detail = format!("HTTP {status}{code}");
    match status {
        // Of these two the call was surely not begun.
        429 | 503 => Answer::Later {
            wait: wait.map(Duration::from_secs),
            detail,
        },
        _ if is_hers => Answer::Refused {
            why: NotAnswered::NoSuchNumber,
            detail,
        },
        _ => Answer::Refused {
            why: NotAnswered::Line,
            detail,
        },
    }
}

fn taken(asked: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, ClientError> {
    let response = asked.map_err(|_| ClientError::Silent)?;
    let status = response.status();
    match status.as_u16() {
        200..300 => Ok(response),
        401 | 403 => Err(ClientError::Account(status.as_u16())),
        other => Err(ClientError::Refused(other)),
    }
}

fn read<T: for<'a> Deserialize<'a>>(response: &mut Response<Body>) -> Option<T> {
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    serde_json::from_slice(&body.read_to_vec().ok()?).ok()
}

/// Says whether nothing can have been asked: no connection came about.
fn is_unreached(failure: &ureq::Error) -> bool {
    if let ureq::Error::Io(cause) = failure {
        return matches!(
            cause.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::AddrNotAvailable
        );
    }
    matches!(
        failure,
        ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Tls(_)
            | ureq::Error::Rustls(_)
            | ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect)
    )
}

/// Why a carrier did not do what it was asked. What it said itself may name whoever is called, and is not
/// repeated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClientError {
    /// The system has no authorities.
    #[error(
        "believe any carrier: the system has no certificates of authorities (package ca-certificates)"
    )]
    Authorities,
    /// It does not know the account, or not by this token.
    #[error("use the account at the carrier: it answers {0}")]
    Account(u16),
    /// It refused.
    #[error("ask the carrier: it answers {0}")]
    Refused(u16),
    /// It did not answer.
    #[error("ask the carrier: it cannot be reached")]
    Silent,
    /// It answered something else.
    #[error("ask the carrier: its answer is not of its interface")]
    Unreadable,
}
