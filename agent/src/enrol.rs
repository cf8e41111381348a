//! Enrolment: with the token of MDOC, for a certificate of the hub's own authority.

use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use savin_shared::codec::Codec;
use savin_shared::frame::Frame;
use savin_shared::frame::enrolment::{
    EnrolAnswer, EnrolRefusal, EnrolRequest, Enrolled, TokenSecret,
};
use savin_shared::token::TokenFile;
use thiserror::Error;

use crate::identity::{AgentName, Identity, IdentityError, NewKeys, StateFolder, TlsMaterial};
use crate::uplink::dial::{DialError, Dialer, Ways};
use crate::uplink::streams::{StreamError, Streams};
use crate::uplink::tls::{self, TlsError};

/// How long enrolment may take, with every way to the hub that has to be tried.
const ANSWER: Duration = Duration::from_secs(60);

/// Enrols and stores the identity; nothing is stored unless the hub agreed.
///
/// # Errors
/// Returns [`EnrolError`], which says what to do next.
pub async fn enrol(
    token: &TokenFile,
    state: &StateFolder,
    ways: Ways,
) -> Result<Identity, EnrolError> {
    let secret = token.secret_bits().ok_or(EnrolError::Token)?;
    if token.version != TokenFile::VERSION {
        return Err(EnrolError::Token);
    }
    let keys = NewKeys::generate()?;
    let tls_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let signing_request = CertificateParams::default().serialize_request(&tls_key)?;
    let request = EnrolRequest::sign(
        TokenSecret(secret),
        signing_request.der().to_vec(),
        env!("CARGO_PKG_VERSION").to_owned(),
        &keys.signing_key()?,
    );
    let dialer = Dialer::new(token.hub.clone(), ways);
    let answer = tokio::time::timeout(ANSWER, ask(&dialer, &token.authority, request));
    let enrolled = answer.await.map_err(|_| EnrolError::Silent)??;
    let identity = identity(token, &enrolled)?;
    let material = TlsMaterial {
        certificate: enrolled.certificate,
        key_pem: tls_key.serialize_pem(),
        authority_pem: token.authority.clone(),
        ends: identity.expires,
    };
    state.store(&keys, &material, &identity)?;
    Ok(identity)
}

async fn ask(
    dialer: &Dialer,
    authority_pem: &str,
    request: EnrolRequest,
) -> Result<Enrolled, EnrolError> {
    let line = dialer.dial(&tls::enrolling(authority_pem)?, None).await?;
    let (mut streams, mut frames) = Streams::new(line);
    let request = Frame::EnrolRequest(request).into();
    streams.send(&request, Codec::Bincode2).await?;
    let answer = tokio::select! {
        biased;
        frame = frames.recv() => frame,
        failure = streams.failed() => Some(frames.try_recv().map_err(|_| failure)?),
    };
    match answer {
        Some(Frame::EnrolAnswer(EnrolAnswer::Enrolled(enrolled))) => Ok(enrolled),
        Some(Frame::EnrolAnswer(EnrolAnswer::Refused(code))) => Err(EnrolError::Refused(
            EnrolRefusal::from_code(code).unwrap_or(EnrolRefusal::Request),
        )),
        Some(_) | None => Err(EnrolError::Silent),
    }
}

fn identity(token: &TokenFile, enrolled: &Enrolled) -> Result<Identity, EnrolError> {
    let expires =
        jiff::Timestamp::from_microsecond(enrolled.expires_us).map_err(|_| EnrolError::Silent)?;
    Ok(Identity {
        agent: AgentName::from(enrolled.agent),
        agency: enrolled.agency.clone(),
        facilities: enrolled.facilities.clone(),
        hub: token.hub.clone(),
        receipt_key: Identity::receipt_key_text(enrolled.receipt_key),
        expires,
    })
}

/// Why enrolment failed.
#[derive(Debug, Error)]
pub enum EnrolError {
    /// The token file is not one.
    #[error("the token file is damaged or of another version: ask MDOC for a new one")]
    Token,
    /// The hub refused.
    #[error("{}", refusal(*.0))]
    Refused(EnrolRefusal),
    /// The hub did not answer.
    #[error("the hub did not answer: try again in a minute")]
    Silent,
    /// The hub was not reached.
    #[error("failed to reach the hub")]
    Dial(#[from] DialError),
    /// TLS cannot be set up.
    #[error("failed to set up TLS")]
    Tls(#[from] TlsError),
    /// The line was lost.
    #[error("failed to ask the hub")]
    Stream(#[from] StreamError),
    /// The keys or the signing request could not be made.
    #[error("failed to make the agent's keys")]
    Keys(#[from] rcgen::Error),
    /// The identity could not be stored.
    #[error("failed to store the agent's identity")]
    Identity(#[from] IdentityError),
}

const fn refusal(refusal: EnrolRefusal) -> &'static str {
    match refusal {
        EnrolRefusal::Token => {
            "the hub does not accept this token: it was used, has ended or is not the hub's. Ask \
             MDOC for a new one"
        }
        EnrolRefusal::Request => "the hub does not accept the signing request of this program",
        EnrolRefusal::Busy => "the hub cannot answer now: try again in a minute",
    }
}
