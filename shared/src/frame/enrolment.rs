//! Enrolment: a one-time token and keys made at the agency, for a certificate of the hub's own CA.

use serde::{Deserialize, Serialize};

use crate::code::coded_enum;
use crate::envelope::portable::{halves, joined};
use crate::ids::{AgencyId, AgentId, FacilityCode};
use crate::sign::{SignError, SigningKey, VerifyingKey};

/// A token's 128 secret bits, which no log may show.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSecret(pub [u8; 16]);

impl std::fmt::Debug for TokenSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("<secret>")
    }
}

/// The agent asks for a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The token's 128 secret bits.
    pub token: TokenSecret,
    /// The signing request for the TLS key (RFC 2986), in DER.
    #[serde(with = "serde_bytes")]
    pub signing_request: Vec<u8>,
    /// The public half of the key that will sign batches.
    pub batch_key: [u8; 32],
    /// The program's version.
    pub build: String,
    proof: ([u8; 32], [u8; 32]),
}

impl EnrolRequest {
    /// Signs a request with the key that will sign batches, which proves that the agent holds it.
    #[must_use]
    pub fn sign(
        token: TokenSecret,
        signing_request: Vec<u8>,
        build: String,
        key: &SigningKey,
    ) -> Self {
        let batch_key = key.verifying_key().0;
        let mut request = Self {
            token,
            signing_request,
            batch_key,
            build,
            proof: ([0; 32], [0; 32]),
        };
        request.proof = halves(&key.sign(&request.signed_bytes()));
        request
    }

    /// Checks that whoever asks holds the batch key.
    ///
    /// # Errors
    /// Returns [`SignError::Signature`] when the proof is not that key's.
    pub fn verify(&self) -> Result<VerifyingKey, SignError> {
        let key = VerifyingKey(self.batch_key);
        key.verify(&self.signed_bytes(), &joined(self.proof))?;
        Ok(key)
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = b"savin/enrol/1\0".to_vec();
        bytes.extend_from_slice(&self.token.0);
        bytes.extend_from_slice(&self.batch_key);
        bytes.extend_from_slice(&self.signing_request);
        bytes
    }
}

/// The hub's answer. Variants are only ever appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrolAnswer {
    /// The agent is enrolled.
    Enrolled(Enrolled),
    /// The code of an [`EnrolRefusal`].
    Refused(u8),
}

/// What an enrolled agent keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// Its name from now on.
    pub agent: AgentId,
    /// The agency that it speaks for.
    pub agency: AgencyId,
    /// The facilities that it may speak for.
    pub facilities: Vec<FacilityCode>,
    /// Its TLS certificate, in DER.
    #[serde(with = "serde_bytes")]
    pub certificate: Vec<u8>,
    /// When the certificate ends, in microseconds since 1970 in UTC.
    pub expires_us: i64,
    /// The key whose signature a receipt must carry.
    pub receipt_key: [u8; 32],
}

coded_enum! {
    /// Why an enrolment was refused.
    pub enum EnrolRefusal {
        /// No such token, or it was used or is too old. One answer for all three.
        Token = 1 => "token",
        /// The signing request or the proof does not hold.
        Request = 2 => "request",
        /// The hub cannot answer now.
        Busy = 3 => "busy",
    }
}
