//! The portable form of a batch: what the journal stores, the wire carries and the hub's log keeps.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pack::PackedBodies;
use super::{BatchHeader, EnvelopeError, Salts, SealedBatch};
use crate::chain::{Salt, Span};
use crate::codec::Codec;
use crate::hash::Hash;
use crate::ids::{AgentId, Epoch, Seq};
use crate::sign::{Signature, SignatureAlgorithm};

/// A batch of any version that was ever released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PortableBatch {
    /// Version 1.
    V1(BatchV1),
}

/// Version 1 of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchV1 {
    algorithm: u8,
    agent: [u8; 16],
    epoch: [u8; 16],
    first: u64,
    last: u64,
    previous_head: [u8; 32],
    head: [u8; 32],
    state_digest: Option<[u8; 32]>,
    sealed_us: i64,
    /// Two halves, since serde's arrays end at 32.
    signature: ([u8; 32], [u8; 32]),
    salts: SaltsV1,
    unpacked_bytes: u32,
    #[serde(with = "serde_bytes")]
    packed: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum SaltsV1 {
    Capture(Salt),
    Each(Vec<Option<Salt>>),
}

/// Writes a batch.
///
/// # Errors
/// Returns [`EnvelopeError::Codec`] when the codec refuses it.
pub fn encode(batch: &SealedBatch) -> Result<Vec<u8>, EnvelopeError> {
    Ok(Codec::Bincode2.encode(&PortableBatch::from(batch.clone()))?)
}

/// Reads a batch. Nothing of it is checked yet: see [`super::open`].
///
/// # Errors
/// Returns [`EnvelopeError`] for bytes that are no batch.
pub fn decode(bytes: &[u8]) -> Result<SealedBatch, EnvelopeError> {
    Codec::Bincode2.decode::<PortableBatch>(bytes)?.try_into()
}

impl From<SealedBatch> for PortableBatch {
    fn from(batch: SealedBatch) -> Self {
        let header = batch.header;
        Self::V1(BatchV1 {
            algorithm: header.algorithm.code(),
            agent: *header.agent.as_bytes(),
            epoch: *header.span.epoch.as_bytes(),
            first: header.span.first.0,
            last: header.span.last.0,
            previous_head: *header.span.previous_head.as_bytes(),
            head: *header.span.head.as_bytes(),
            state_digest: header.state_digest.map(|digest| *digest.as_bytes()),
            sealed_us: header.sealed_at.as_microsecond(),
            signature: halves(&batch.signature),
            salts: match batch.salts {
                Salts::Capture(secret) => SaltsV1::Capture(secret),
                Salts::Each(salts) => SaltsV1::Each(salts),
            },
            unpacked_bytes: batch.bodies.unpacked_bytes,
            packed: batch.bodies.packed,
        })
    }
}

impl TryFrom<PortableBatch> for SealedBatch {
    type Error = EnvelopeError;

    fn try_from(portable: PortableBatch) -> Result<Self, EnvelopeError> {
        let PortableBatch::V1(batch) = portable;
        let algorithm = SignatureAlgorithm::from_code(batch.algorithm)
            .ok_or(EnvelopeError::Field("algorithm"))?;
        let sealed_at = Timestamp::from_microsecond(batch.sealed_us)
            .map_err(|_| EnvelopeError::Field("sealed_at"))?;
        Ok(Self {
            header: BatchHeader {
                algorithm,
                agent: AgentId::from_bytes(batch.agent),
                span: Span {
                    epoch: Epoch::from_bytes(batch.epoch),
                    first: Seq(batch.first),
                    last: Seq(batch.last),
                    previous_head: Hash::from_bytes(batch.previous_head),
                    head: Hash::from_bytes(batch.head),
                },
                state_digest: batch.state_digest.map(Hash::from_bytes),
                sealed_at,
            },
            signature: joined(batch.signature),
            salts: match batch.salts {
                SaltsV1::Capture(secret) => Salts::Capture(secret),
                SaltsV1::Each(salts) => Salts::Each(salts),
            },
            bodies: PackedBodies {
                unpacked_bytes: batch.unpacked_bytes,
                packed: batch.packed,
            },
        })
    }
}

/// Splits a signature for a serialiser whose arrays end at 32 bytes.
pub(crate) fn halves(signature: &Signature) -> ([u8; 32], [u8; 32]) {
    let (mut first, mut second) = ([0; 32], [0; 32]);
    for (to, from) in first.iter_mut().chain(second.iter_mut()).zip(signature.0) {
        *to = from;
    }
    (first, second)
}

/// Joins the halves of a signature.
pub(crate) fn joined((first, second): ([u8; 32], [u8; 32])) -> Signature {
    let mut bytes = [0; 64];
    for (to, from) in bytes.iter_mut().zip(first.into_iter().chain(second)) {
        *to = from;
    }
    Signature(bytes)
}
