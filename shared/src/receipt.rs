//! The hub's counter-signature: what a sheriff keeps as proof of timely data under section 2.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::chain::Position;
use crate::clock::ReceivedAt;
use crate::codec::{Codec, CodecError};
use crate::envelope::portable::{halves, joined};
use crate::hash::Hash;
use crate::ids::{AgentId, Epoch, Seq};
use crate::sign::{SignError, Signature, SignatureAlgorithm, SigningKey, VerifyingKey};

/// The hub's word that everything up to a position is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
    /// Whose data.
    pub agent: AgentId,
    /// Up to where; the chain head covers every delta before it.
    pub position: Position,
    /// When the transaction that stores it had committed.
    pub received_at: ReceivedAt,
    /// The hub's signature.
    pub signature: Signature,
}

impl Receipt {
    /// Signs a receipt.
    #[must_use]
    pub fn sign(
        agent: AgentId,
        position: Position,
        received_at: ReceivedAt,
        key: &SigningKey,
    ) -> Self {
        let algorithm = SignatureAlgorithm::Ed25519;
        let signature = key.sign(&signed_bytes(algorithm, agent, &position, received_at));
        Self {
            algorithm,
            agent,
            position,
            received_at,
            signature,
        }
    }

    /// Checks the hub's signature.
    ///
    /// # Errors
    /// Returns [`SignError::Signature`] when it is not the hub's.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), SignError> {
        let bytes = signed_bytes(self.algorithm, self.agent, &self.position, self.received_at);
        key.verify(&bytes, &self.signature)
    }
}

/// A receipt of any version that was ever released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PortableReceipt {
    /// Version 1.
    V1(ReceiptV1),
}

/// Version 1 of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptV1 {
    algorithm: u8,
    agent: [u8; 16],
    epoch: [u8; 16],
    seq: u64,
    head: [u8; 32],
    received_us: i64,
    signature: ([u8; 32], [u8; 32]),
}

impl From<&Receipt> for PortableReceipt {
    fn from(receipt: &Receipt) -> Self {
        Self::V1(ReceiptV1 {
            algorithm: receipt.algorithm.code(),
            agent: *receipt.agent.as_bytes(),
            epoch: *receipt.position.epoch.as_bytes(),
            seq: receipt.position.seq.0,
            head: *receipt.position.head.as_bytes(),
            received_us: receipt.received_at.micros(),
            signature: halves(&receipt.signature),
        })
    }
}

impl TryFrom<PortableReceipt> for Receipt {
    type Error = ReceiptError;

    fn try_from(portable: PortableReceipt) -> Result<Self, ReceiptError> {
        let PortableReceipt::V1(receipt) = portable;
        let algorithm = SignatureAlgorithm::from_code(receipt.algorithm)
            .ok_or(ReceiptError::Field("algorithm"))?;
        let received_at = Timestamp::from_microsecond(receipt.received_us)
            .map_err(|_| ReceiptError::Field("received_at"))?;
        Ok(Self {
            algorithm,
            agent: AgentId::from_bytes(receipt.agent),
            position: Position {
                epoch: Epoch::from_bytes(receipt.epoch),
                seq: Seq(receipt.seq),
                head: Hash::from_bytes(receipt.head),
            },
            received_at: ReceivedAt(received_at),
            signature: joined(receipt.signature),
        })
    }
}

/// Writes a receipt.
///
/// # Errors
/// Returns [`CodecError::Encode`] when the codec refuses it.
pub fn encode(receipt: &Receipt) -> Result<Vec<u8>, CodecError> {
    Codec::Bincode2.encode(&PortableReceipt::from(receipt))
}

/// Reads a receipt. Its signature is not checked yet: see [`Receipt::verify`].
///
/// # Errors
/// Returns [`ReceiptError`] for bytes that are no receipt.
pub fn decode(bytes: &[u8]) -> Result<Receipt, ReceiptError> {
    Codec::Bincode2.decode::<PortableReceipt>(bytes)?.try_into()
}

/// Why a receipt was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReceiptError {
    /// The bytes are no receipt.
    #[error("the receipt's bytes do not decode")]
    Codec(#[from] CodecError),
    /// A field holds a code or time that this build does not know.
    #[error("field {0} of the receipt is not usable")]
    Field(&'static str),
}

fn signed_bytes(
    algorithm: SignatureAlgorithm,
    agent: AgentId,
    position: &Position,
    received_at: ReceivedAt,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend_from_slice(b"savin/receipt/1\0");
    bytes.push(algorithm.code());
    bytes.extend_from_slice(agent.as_bytes());
    bytes.extend_from_slice(position.epoch.as_bytes());
    bytes.extend_from_slice(&position.seq.0.to_be_bytes());
    bytes.extend_from_slice(position.head.as_bytes());
    bytes.extend_from_slice(&received_at.micros().to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Receipt, decode, encode};
    use crate::chain::Position;
    use crate::clock::ReceivedAt;
    use crate::ids::{AgentId, Epoch, Seq};
    use crate::sign::SigningKey;

    #[test]
    fn verifies_until_anything_changes() {
        let agent = AgentId::from_bytes([1; 16]);
        let key = SigningKey::from_seed(&[9; 32]).unwrap();
        let position = Position::genesis(agent, Epoch::from_bytes([2; 16]));
        let receipt = Receipt::sign(agent, position, ReceivedAt(Timestamp::UNIX_EPOCH), &key);
        let stored = decode(&encode(&receipt).unwrap()).unwrap();
        assert_eq!(stored.verify(&key.verifying_key()), Ok(()));
        let mut other = receipt;
        other.position.seq = Seq(7);
        assert!(other.verify(&key.verifying_key()).is_err());
    }
}
