//! Renewal of the certificate: over the live line when the hub asks for it, or, where the old one
//! has ended, over a connection that only enrols and renews. The batch key proves who asks.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use savin_shared::codec::Codec;
use savin_shared::frame::Frame;
use savin_shared::frame::renewal::{RenewAnswer, RenewRefusal, RenewRequest};
use thiserror::Error;

use super::dial::{DialError, Dialer};
use super::line::Transport;
use super::streams::{StreamError, Streams};
use super::tls::{self, TlsError};
use crate::identity::{IdentityError, StateFolder, TlsMaterial};
use crate::signer::Signer;

/// How long the hub may take to answer.
const ANSWER: Duration = Duration::from_secs(20);

/// A new key that waits for its certificate.
#[derive(Debug)]
pub struct Renewal {
    key: KeyPair,
}

impl Renewal {
    /// Makes a key, and the request for its certificate on a connection.
    ///
    /// # Errors
    /// Returns [`RenewError::Keys`] when the library makes none.
    pub fn begin(signer: &Signer, binding: &[u8; 32]) -> Result<(Self, RenewRequest), RenewError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let request = CertificateParams::default().serialize_request(&key)?;
        let request = request.der().to_vec();
        let request = RenewRequest::sign(signer.agent(), request, binding, signer.key());
        Ok((Self { key }, request))
    }

    /// Stores key and certificate together, and returns when the certificate ends.
    ///
    /// # Errors
    /// Returns [`RenewError`] when the hub refused, or what it sent does not belong to the key; the
    /// old pair is then still there.
    pub fn finish(
        &self,
        answer: RenewAnswer,
        state: &StateFolder,
    ) -> Result<Timestamp, RenewError> {
        let renewed = match answer {
            RenewAnswer::Renewed(renewed) => renewed,
            RenewAnswer::Refused(code) => {
                let refusal = RenewRefusal::from_code(code).unwrap_or(RenewRefusal::Request);
                return Err(RenewError::Refused(refusal));
            }
        };
        let ends = Timestamp::from_microsecond(renewed.expires_us);
        let material = TlsMaterial {
            certificate: renewed.certificate,
            key_pem: self.key.serialize_pem(),
            authority_pem: state.authority()?,
            ends: ends.map_err(|_| RenewError::Silent)?,
        };
        // A pair that TLS does not take would lock the agent out.
        tls::enrolled(&material)?;
        state.store_tls(&material)?;
        Ok(material.ends)
    }
}

/// Renews over a connection of its own, without a certificate.
///
/// # Errors
/// Returns [`RenewError`], which says what to do next.
pub async fn anew(
    dialer: &Dialer,
    last: Option<Transport>,
    signer: &Arc<Signer>,
    state: &StateFolder,
) -> Result<Timestamp, RenewError> {
    let config = tls::enrolling(&state.authority()?)?;
    let line = dialer.dial(&config, last).await?;
    let binding = line.binding().ok_or(RenewError::Silent)?;
    let (renewal, request) = Renewal::begin(signer, &binding)?;
    let (mut streams, mut frames) = Streams::new(line);
    let asked = async {
        let request = Frame::RenewRequest(request).into();
        streams.send(&request, Codec::Bincode2).await?;
        tokio::select! {
            biased;
            frame = frames.recv() => Ok(frame),
            failure = streams.failed() => frames.try_recv().map(Some).map_err(|_| failure),
        }
    };
    let answer = tokio::time::timeout(ANSWER, asked).await;
    match answer.map_err(|_| RenewError::Silent)?? {
        Some(Frame::RenewAnswer(answer)) => renewal.finish(answer, state),
        Some(_) | None => Err(RenewError::Silent),
    }
}

/// Why a certificate was not renewed.
#[derive(Debug, Error)]
pub enum RenewError {
    /// The hub refused.
    #[error("{}", refusal(*.0))]
    Refused(RenewRefusal),
    /// The hub did not answer.
    #[error("the hub did not answer")]
    Silent,
    /// The hub was not reached.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The line was lost.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The certificate does not belong to the key, or TLS cannot be set up.
    #[error("the new certificate is not usable: {0}")]
    Tls(#[from] TlsError),
    /// The key or the signing request could not be made.
    #[error("a new key cannot be made: {0}")]
    Keys(#[from] rcgen::Error),
    /// The pair could not be stored.
    #[error("the new certificate cannot be stored: {0}")]
    Identity(#[from] IdentityError),
}

const fn refusal(refusal: RenewRefusal) -> &'static str {
    match refusal {
        RenewRefusal::Agent => {
            "the hub does not know this agent or has revoked it: ask MDOC, and for a token to \
             enrol again with --replace"
        }
        RenewRefusal::Request => "the hub does not accept the signing request of this program",
        RenewRefusal::Busy => "the hub cannot answer now",
    }
}
