//! Renewal: a new certificate for an agent that is known already, and proves it by its batch key.

use serde::{Deserialize, Serialize};

use crate::code::coded_enum;
use crate::envelope::portable::{halves, joined};
use crate::ids::AgentId;
use crate::sign::{SignError, SigningKey, VerifyingKey};

/// The label of the 32 bytes that both ends take out of their TLS session (RFC 8446, 7.5), so that
/// a request holds on the connection that it was made for and on no other.
pub const BINDING_LABEL: &[u8] = b"EXPORTER-savin-renew-1";

/// An agent asks for a certificate for a new TLS key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewRequest {
    /// Who asks.
    pub agent: AgentId,
    /// The signing request for the new TLS key (RFC 2986), in DER.
    #[serde(with = "serde_bytes")]
    pub signing_request: Vec<u8>,
    proof: ([u8; 32], [u8; 32]),
}

impl RenewRequest {
    /// Signs a request with the agent's batch key, for one connection.
    #[must_use]
    pub fn sign(
        agent: AgentId,
        signing_request: Vec<u8>,
        binding: &[u8; 32],
        key: &SigningKey,
    ) -> Self {
        let mut request = Self {
            agent,
            signing_request,
            proof: ([0; 32], [0; 32]),
        };
        request.proof = halves(&key.sign(&request.signed_bytes(binding)));
        request
    }

    /// Checks that whoever asks holds the agent's batch key, and asks on this connection.
    ///
    /// # Errors
    /// Returns [`SignError::Signature`] when the proof is another's or another connection's.
    pub fn verify(&self, binding: &[u8; 32], key: &VerifyingKey) -> Result<(), SignError> {
        key.verify(&self.signed_bytes(binding), &joined(self.proof))
    }

    fn signed_bytes(&self, binding: &[u8; 32]) -> Vec<u8> {
        let mut bytes = b"savin/renew/1\0".to_vec();
        bytes.extend_from_slice(self.agent.as_bytes());
        bytes.extend_from_slice(binding);
        bytes.extend_from_slice(&self.signing_request);
        bytes
    }
}

/// The hub's answer. Variants are only ever appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RenewAnswer {
    /// The new certificate.
    Renewed(Renewed),
    /// The code of a [`RenewRefusal`].
    Refused(u8),
}

/// What a renewed agent keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    /// Its new TLS certificate, in DER.
    #[serde(with = "serde_bytes")]
    pub certificate: Vec<u8>,
    /// When it ends, in microseconds since 1970 in UTC.
    pub expires_us: i64,
}

coded_enum! {
    /// Why a renewal was refused.
    pub enum RenewRefusal {
        /// No such agent, or it was revoked.
        Agent = 1 => "agent",
        /// The signing request or the proof does not hold.
        Request = 2 => "request",
        /// The hub cannot answer now.
        Busy = 3 => "busy",
    }
}

#[cfg(test)]
mod tests {
    use super::RenewRequest;
    use crate::ids::AgentId;
    use crate::sign::SigningKey;

    #[test]
    fn holds_for_one_agent_one_key_and_one_connection() {
        let key = SigningKey::from_seed(&[7; 32]).unwrap();
        let (agent, public) = (AgentId::from_bytes([1; 16]), key.verifying_key());
        let request = RenewRequest::sign(agent, vec![1, 2], &[3; 32], &key);
        assert!(request.verify(&[3; 32], &public).is_ok());
        assert!(request.verify(&[4; 32], &public).is_err());
        let other = SigningKey::from_seed(&[8; 32]).unwrap().verifying_key();
        assert!(request.verify(&[3; 32], &other).is_err());
        let renamed = RenewRequest {
            agent: AgentId::from_bytes([2; 16]),
            ..request
        };
        assert!(renamed.verify(&[3; 32], &public).is_err());
    }
}
