//! A batch: consecutive deltas under one signature, cut and sealed once, in the capture that made
//! them, so that every copy of it ever sent or stored is the same.

pub mod pack;
pub mod portable;

use jiff::Timestamp;
use thiserror::Error;

use crate::chain::{self, Position, Salt, Span};
use crate::codec::CodecError;
use crate::hash::Hash;
use crate::ids::{AgentId, Seq};
use crate::limits::BATCH_DELTAS_MAX;
use crate::sign::{SignError, Signature, SignatureAlgorithm, SigningKey, VerifyingKey};
use pack::{Body, PackError, PackedBodies};

/// What a batch's signature covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchHeader {
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
    /// Who speaks.
    pub agent: AgentId,
    /// Where it lies on the chain.
    pub span: Span,
    /// The root of the agent's digest after the last delta, where the capture ends with this batch.
    pub state_digest: Option<Hash>,
    /// The agent's wall clock when it sealed the batch.
    pub sealed_at: Timestamp,
}

impl BatchHeader {
    /// Returns the bytes that are signed: a fixed layout, independent of any codec.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(192);
        bytes.extend_from_slice(b"savin/batch/1\0");
        bytes.push(self.algorithm.code());
        bytes.extend_from_slice(self.agent.as_bytes());
        bytes.extend_from_slice(self.span.epoch.as_bytes());
        bytes.extend_from_slice(&self.span.first.0.to_be_bytes());
        bytes.extend_from_slice(&self.span.last.0.to_be_bytes());
        bytes.extend_from_slice(self.span.previous_head.as_bytes());
        bytes.extend_from_slice(self.span.head.as_bytes());
        bytes.push(u8::from(self.state_digest.is_some()));
        bytes.extend_from_slice(
            self.state_digest
                .unwrap_or(Hash::from_bytes([0; 32]))
                .as_bytes(),
        );
        bytes.extend_from_slice(&self.sealed_at.as_microsecond().to_be_bytes());
        bytes
    }

    /// Returns how many deltas the batch claims to hold.
    #[must_use]
    pub const fn deltas(&self) -> u64 {
        self.span
            .last
            .0
            .saturating_sub(self.span.first.0)
            .saturating_add(1)
    }

    /// Returns the place on the chain before the batch.
    #[must_use]
    pub const fn before(&self) -> Position {
        Position {
            epoch: self.span.epoch,
            seq: self.span.first.previous(),
            head: self.span.previous_head,
        }
    }

    /// Returns the place on the chain after the batch.
    #[must_use]
    pub const fn after(&self) -> Position {
        Position {
            epoch: self.span.epoch,
            seq: self.span.last,
            head: self.span.head,
        }
    }
}

/// The salts that the commitments of a batch need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Salts {
    /// One secret, from which each delta's salt is derived.
    Capture(Salt),
    /// One salt a delta, `None` for an erased one.
    Each(Vec<Option<Salt>>),
}

/// A batch as it is stored and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBatch {
    /// What the signature covers.
    pub header: BatchHeader,
    /// The agent's signature.
    pub signature: Signature,
    /// The salts of the deltas.
    pub salts: Salts,
    /// The deltas' bytes, compressed.
    pub bodies: PackedBodies,
}

/// What a capture hands over to be sealed.
#[derive(Debug)]
pub struct Unsealed<'a> {
    /// Who speaks.
    pub agent: AgentId,
    /// The chain's end so far.
    pub previous: Position,
    /// The capture's secret, from the agent's source of randomness.
    pub secret: Salt,
    /// The encoded deltas, in order, at least one.
    pub bodies: Vec<Vec<u8>>,
    /// The digest's root after the last of them, where the capture ends here.
    pub state_digest: Option<Hash>,
    /// The agent's wall clock.
    pub sealed_at: Timestamp,
    /// The agent's key.
    pub key: &'a SigningKey,
}

/// Signs deltas into a batch.
///
/// # Errors
/// Returns [`EnvelopeError`] when there are none or too many deltas, or they cannot be packed.
pub fn seal(unsealed: Unsealed<'_>) -> Result<SealedBatch, EnvelopeError> {
    let count = unsealed.bodies.len();
    if count == 0 || count > BATCH_DELTAS_MAX as usize {
        return Err(EnvelopeError::Count);
    }
    let end = unsealed
        .bodies
        .iter()
        .fold(unsealed.previous, |position, body| {
            let salt = chain::salt(&unsealed.secret, position.seq.next());
            position.advanced(&chain::commitment(&salt, body))
        });
    let header = BatchHeader {
        algorithm: SignatureAlgorithm::Ed25519,
        agent: unsealed.agent,
        span: Span {
            epoch: unsealed.previous.epoch,
            first: unsealed.previous.seq.next(),
            last: end.seq,
            previous_head: unsealed.previous.head,
            head: end.head,
        },
        state_digest: unsealed.state_digest,
        sealed_at: unsealed.sealed_at,
    };
    let signature = unsealed.key.sign(&header.signed_bytes());
    let bodies = unsealed.bodies.into_iter().map(Body::Present).collect();
    Ok(SealedBatch {
        header,
        signature,
        salts: Salts::Capture(unsealed.secret),
        bodies: pack::pack(bodies)?,
    })
}

/// One delta of an opened batch: its number and its bytes, `None` where they were erased.
pub type OpenedDelta = (Seq, Option<Vec<u8>>);

/// Checks a batch whole and returns its deltas.
///
/// # Errors
/// Returns [`EnvelopeError`] when the signature, the chain, a count or a bound does not hold.
pub fn open(batch: &SealedBatch, key: &VerifyingKey) -> Result<Vec<OpenedDelta>, EnvelopeError> {
    let header = &batch.header;
    if header.span.first == Seq::ZERO
        || header.span.last < header.span.first
        || header.deltas() > u64::from(BATCH_DELTAS_MAX)
    {
        return Err(EnvelopeError::Count);
    }
    key.verify(&header.signed_bytes(), &batch.signature)?;
    let bodies = pack::unpack(&batch.bodies)?;
    let salts_match = match &batch.salts {
        Salts::Capture(_) => true,
        Salts::Each(salts) => salts.len() == bodies.len(),
    };
    if bodies.len() as u64 != header.deltas() || !salts_match {
        return Err(EnvelopeError::Count);
    }
    let mut position = header.before();
    let mut opened = Vec::with_capacity(bodies.len());
    for (index, body) in bodies.into_iter().enumerate() {
        let seq = position.seq.next();
        let (commitment, body) = match body {
            Body::Erased(commitment) => (commitment, None),
            Body::Present(body) => {
                let salt = salt_of(&batch.salts, index, seq).ok_or(EnvelopeError::Salt)?;
                (chain::commitment(&salt, &body), Some(body))
            }
        };
        position = position.advanced(&commitment);
        opened.push((seq, body));
    }
    if position.head == header.span.head {
        Ok(opened)
    } else {
        Err(EnvelopeError::Chain)
    }
}

/// Erases one delta's body and salt for good; the signature and the chain still verify.
///
/// # Errors
/// Returns [`EnvelopeError::Count`] when the batch does not hold that delta, and what packing
/// returns.
pub fn erase(batch: &SealedBatch, erased: Seq) -> Result<SealedBatch, EnvelopeError> {
    check_holds(batch, erased)?;
    erase_where(batch, |seq| seq == erased)
}

/// Erases every delta but one: what is handed over to prove that one says nothing of others.
///
/// # Errors
/// Returns [`EnvelopeError::Count`] when the batch does not hold that delta, and what packing
/// returns.
pub fn keep_only(batch: &SealedBatch, kept: Seq) -> Result<SealedBatch, EnvelopeError> {
    check_holds(batch, kept)?;
    erase_where(batch, |seq| seq != kept)
}

fn check_holds(batch: &SealedBatch, seq: Seq) -> Result<(), EnvelopeError> {
    let span = &batch.header.span;
    if seq < span.first || seq > span.last {
        return Err(EnvelopeError::Count);
    }
    Ok(())
}

/// Erases those deltas that are chosen, and parts the others from the secret of their capture: each keeps
/// its own salt, and what was erased cannot be tried out.
///
/// # Errors
/// Returns what unpacking and packing return.
pub fn erase_where(
    batch: &SealedBatch,
    is_erased: impl Fn(Seq) -> bool,
) -> Result<SealedBatch, EnvelopeError> {
    let span = &batch.header.span;
    let mut salts = Vec::new();
    let mut bodies = Vec::new();
    let mut seq = span.first;
    for (index, body) in pack::unpack(&batch.bodies)?.into_iter().enumerate() {
        let salt = salt_of(&batch.salts, index, seq);
        let (body, salt) = match (body, salt) {
            (Body::Present(body), Some(salt)) if is_erased(seq) => {
                (Body::Erased(chain::commitment(&salt, &body)), None)
            }
            (Body::Present(body), salt) => (Body::Present(body), salt),
            (Body::Erased(commitment), _) => (Body::Erased(commitment), None),
        };
        salts.push(salt);
        bodies.push(body);
        seq = seq.next();
    }
    Ok(SealedBatch {
        header: batch.header.clone(),
        signature: batch.signature,
        salts: Salts::Each(salts),
        bodies: pack::pack(bodies)?,
    })
}

/// Why a batch was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EnvelopeError {
    /// No delta, too many, or another number than the header says.
    #[error("the batch does not hold the deltas that its header names")]
    Count,
    /// A salt is missing for a body that is there.
    #[error("a salt is missing")]
    Salt,
    /// The deltas do not lead to the head that is signed.
    #[error("the deltas do not lead to the signed chain head")]
    Chain,
    /// The signature is not the agent's.
    #[error("the batch's signature was refused")]
    Signature(#[from] SignError),
    /// The bodies cannot be packed or unpacked.
    #[error("the bodies were refused")]
    Pack(#[from] PackError),
    /// The batch's bytes are no batch.
    #[error("the batch's bytes do not decode")]
    Codec(#[from] CodecError),
    /// A field holds a code or time that this build does not know.
    #[error("field {0} of the batch is not usable")]
    Field(&'static str),
}

fn salt_of(salts: &Salts, index: usize, seq: Seq) -> Option<Salt> {
    match salts {
        Salts::Capture(secret) => Some(chain::salt(secret, seq)),
        Salts::Each(salts) => salts.get(index).copied().flatten(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{EnvelopeError, SealedBatch, Unsealed, erase, keep_only, open, portable, seal};
    use crate::chain::Position;
    use crate::ids::{AgentId, Epoch, Seq};
    use crate::sign::SigningKey;

    fn key() -> SigningKey {
        SigningKey::from_seed(&[5; 32]).unwrap()
    }

    fn batch() -> SealedBatch {
        let agent = AgentId::from_bytes([1; 16]);
        seal(Unsealed {
            agent,
            previous: Position::genesis(agent, Epoch::from_bytes([2; 16])),
            secret: [3; 16],
            bodies: vec![b"one".to_vec(), b"two".to_vec(), b"three".to_vec()],
            state_digest: None,
            sealed_at: Timestamp::UNIX_EPOCH,
            key: &key(),
        })
        .unwrap()
    }

    #[test]
    fn opens_what_it_sealed() {
        let opened = open(&batch(), &key().verifying_key()).unwrap();
        let expected = [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()];
        for ((seq, body), (number, bytes)) in opened.into_iter().zip((1..).zip(expected)) {
            assert_eq!(seq, Seq(number));
            assert_eq!(body, Some(bytes));
        }
    }

    #[test]
    fn refuses_another_key() {
        let other = SigningKey::from_seed(&[6; 32]).unwrap().verifying_key();
        assert!(matches!(
            open(&batch(), &other),
            Err(EnvelopeError::Signature(_))
        ));
    }

    #[test]
    fn refuses_another_header_body_or_salt() {
        let verifying = key().verifying_key();
        let mut other = batch();
        other.header.span.last = Seq(2);
        assert!(matches!(
            open(&other, &verifying),
            Err(EnvelopeError::Signature(_))
        ));
        let mut other = batch();
        other.bodies = super::pack::pack(vec![super::Body::Present(b"one".to_vec()); 3]).unwrap();
        assert_eq!(open(&other, &verifying), Err(EnvelopeError::Chain));
        let mut other = batch();
        other.salts = super::Salts::Capture([4; 16]);
        assert_eq!(open(&other, &verifying), Err(EnvelopeError::Chain));
        let mut other = batch();
        other.bodies = super::pack::pack(vec![super::Body::Present(b"one".to_vec())]).unwrap();
        assert_eq!(open(&other, &verifying), Err(EnvelopeError::Count));
    }

    #[test]
    fn erases_one_body_and_still_verifies() {
        let erased = erase(&batch(), Seq(2)).unwrap();
        let opened = open(&erased, &key().verifying_key()).unwrap();
        let bodies: Vec<_> = opened.into_iter().map(|(_, body)| body).collect();
        assert_eq!(
            bodies,
            [Some(b"one".to_vec()), None, Some(b"three".to_vec())]
        );
        let stored = portable::encode(&erased).unwrap();
        assert!(!stored.windows(3).any(|window| window == b"two"));
        assert_eq!(erase(&batch(), Seq(9)), Err(EnvelopeError::Count));
    }

    #[test]
    fn keeps_one_body_and_still_verifies() {
        let kept = keep_only(&batch(), Seq(2)).unwrap();
        let opened = open(&kept, &key().verifying_key()).unwrap();
        let bodies: Vec<_> = opened.into_iter().map(|(_, body)| body).collect();
        assert_eq!(bodies, [None, Some(b"two".to_vec()), None]);
        assert_eq!(keep_only(&batch(), Seq(9)), Err(EnvelopeError::Count));
    }

    #[test]
    fn reads_back_what_it_stored() {
        let bytes = portable::encode(&batch()).unwrap();
        assert_eq!(portable::decode(&bytes), Ok(batch()));
    }

    #[test]
    fn refuses_to_seal_nothing() {
        let agent = AgentId::from_bytes([1; 16]);
        let nothing = Unsealed {
            agent,
            previous: Position::genesis(agent, Epoch::from_bytes([2; 16])),
            secret: [3; 16],
            bodies: Vec::new(),
            state_digest: None,
            sealed_at: Timestamp::UNIX_EPOCH,
            key: &key(),
        };
        assert_eq!(seal(nothing), Err(EnvelopeError::Count));
    }
}
