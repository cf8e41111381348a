//! Enrolment: with the token of MDOC, for a certificate of the hub's own authority.

use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use savin_shared::codec::Codec;
use savin_shared::frame::enrolment::{
    EnrolAnswer, EnrolRefusal, EnrolRequest, Enrolled, TokenSecret,
};
use savin_shared::frame::reader::FrameReader;
use savin_shared::frame::{Frame, FrameError};
use savin_shared::token::TokenFile;
use thiserror::Error;

use crate::identity::{AgentName, Identity, IdentityError, NewKeys, StateFolder, TlsMaterial};
use crate::uplink::dial::{DialError, Dialer};
use crate::uplink::tls::{self, TlsError};

/// How long the hub may take to answer.
const ANSWER: Duration = Duration::from_secs(20);

/// Enrols and stores the identity; nothing is stored unless the hub agreed.
///
/// # Errors
/// Returns [`EnrolError`], which says what to do next.
pub async fn enrol(token: &TokenFile, state: &StateFolder) -> Result<Identity, EnrolError> {
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
    let dialer = Dialer::new(token.hub.clone(), tls::enrolling(&token.authority)?)?;
    let answer = tokio::time::timeout(ANSWER, ask(&dialer, request));
    let enrolled = answer.await.map_err(|_| EnrolError::Silent)??;
    let identity = identity(token, &enrolled)?;
    let material = TlsMaterial {
        certificate: enrolled.certificate,
        key_pem: tls_key.serialize_pem(),
        authority_pem: token.authority.clone(),
    };
    state.store(&keys, &material, &identity)?;
    Ok(identity)
}

async fn ask(dialer: &Dialer, request: EnrolRequest) -> Result<Enrolled, EnrolError> {
    let connection = dialer.dial().await?;
    let (mut send, mut receive) = connection.open_bi().await.map_err(|_| EnrolError::Silent)?;
    let bytes = Frame::EnrolRequest(request).encode(Codec::Bincode2)?;
    send.write_all(&bytes)
        .await
        .map_err(|_| EnrolError::Silent)?;
    let mut reader = FrameReader::default();
    let answer = loop {
        if let Some(frame) = reader.next_frame()? {
            break frame;
        }
        let chunk = receive
            .read_chunk(64 * 1024, true)
            .await
            .map_err(|_| EnrolError::Silent)?;
        reader.push(&chunk.ok_or(EnrolError::Silent)?.bytes);
    };
    connection.close(0_u32.into(), b"enrolled");
    match answer {
        Frame::EnrolAnswer(EnrolAnswer::Enrolled(enrolled)) => Ok(enrolled),
        Frame::EnrolAnswer(EnrolAnswer::Refused(code)) => Err(EnrolError::Refused(
            EnrolRefusal::from_code(code).unwrap_or(EnrolRefusal::Request),
        )),
        Frame::Hello(_)
        | Frame::Welcome(_)
        | Frame::Batch(_)
        | Frame::Ack(_)
        | Frame::Nack(_)
        | Frame::SnapshotBegin(_)
        | Frame::SnapshotChunk(_)
        | Frame::SnapshotEnd(_)
        | Frame::Reconcile(_)
        | Frame::Heartbeat(_)
        | Frame::Command(_)
        | Frame::Result(_)
        | Frame::EnrolRequest(_) => Err(EnrolError::Silent),
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
    #[error("the hub did not answer: check that UDP to its address is allowed, then try again")]
    Silent,
    /// The hub was not reached.
    #[error("failed to reach the hub")]
    Dial(#[from] DialError),
    /// TLS cannot be set up.
    #[error("failed to set up TLS")]
    Tls(#[from] TlsError),
    /// A frame was refused.
    #[error("failed to read the hub's answer")]
    Frame(#[from] FrameError),
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
