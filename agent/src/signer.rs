//! From a capture's deltas to signed batches: cut by count and size, sealed once.

use std::iter::Peekable;

use jiff::Timestamp;
use savin_shared::chain::{Position, Salt};
use savin_shared::envelope::{EnvelopeError, SealedBatch, Unsealed, seal};
use savin_shared::hash::Hash;
use savin_shared::ids::AgentId;
use savin_shared::limits::{BATCH_BYTES_MAX, BATCH_DELTAS_MAX};
use savin_shared::sign::SigningKey;

/// Who signs, and with which key.
#[derive(Debug)]
pub struct Signer {
    agent: AgentId,
    key: SigningKey,
}

impl Signer {
    /// Signs in the name of an agent.
    #[must_use]
    pub const fn new(agent: AgentId, key: SigningKey) -> Self {
        Self { agent, key }
    }

    /// Returns the agent that signs.
    #[must_use]
    pub const fn agent(&self) -> AgentId {
        self.agent
    }

    /// Returns the key, for what else the agent must prove.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Seals a capture's encoded deltas, which are asked for one batch at a time; the state's digest
    /// goes with the last batch, and is asked for when every delta has been given.
    ///
    /// # Errors
    /// Returns what a delta's encoding returns, or [`EnvelopeError`] when a batch cannot be packed.
    pub fn seal<E: From<EnvelopeError>>(
        &self,
        previous: Position,
        bodies: impl Iterator<Item = Result<Vec<u8>, E>>,
        state_digest: impl Fn() -> Hash,
        secret: Salt,
        sealed_at: Timestamp,
    ) -> Result<Vec<SealedBatch>, E> {
        let mut batches: Vec<SealedBatch> = Vec::new();
        let mut parts = Parts(bodies.peekable());
        while let Some(bodies) = parts.next()? {
            let previous = batches
                .last()
                .map_or(previous, |batch| batch.header.after());
            let state_digest = parts.is_empty().then(&state_digest);
            let key = &self.key;
            let agent = self.agent;
            batches.push(seal(Unsealed {
                agent,
                previous,
                secret,
                bodies,
                state_digest,
                sealed_at,
                key,
            })?);
        }
        Ok(batches)
    }
}

/// Deltas cut into what fits a batch.
struct Parts<I: Iterator>(Peekable<I>);

impl<E, I: Iterator<Item = Result<Vec<u8>, E>>> Parts<I> {
    fn is_empty(&mut self) -> bool {
        self.0.peek().is_none()
    }

    fn next(&mut self) -> Result<Option<Vec<Vec<u8>>>, E> {
        let Some(first) = self.0.next().transpose()? else {
            return Ok(None);
        };
        let mut bytes = first.len();
        let mut part = vec![first];
        while part.len() < BATCH_DELTAS_MAX as usize {
            let fits = |next: &I::Item| {
                let next = next.as_ref().map_or(0, Vec::len);
                bytes + next <= BATCH_BYTES_MAX as usize
            };
            let Some(next) = self.0.next_if(fits).transpose()? else {
                break;
            };
            bytes += next.len();
            part.push(next);
        }
        Ok(Some(part))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use savin_shared::chain::Position;
    use savin_shared::envelope::{EnvelopeError, open};
    use savin_shared::hash::Hash;
    use savin_shared::ids::{AgentId, Epoch};
    use savin_shared::limits::BATCH_BYTES_MAX;
    use savin_shared::sign::SigningKey;

    use super::{Parts, Signer};

    #[test]
    fn cuts_by_count_and_by_size() {
        let lengths = |bodies: Vec<Vec<u8>>| {
            let mut parts = Parts(bodies.into_iter().map(Ok::<_, EnvelopeError>).peekable());
            let mut lengths = Vec::new();
            while let Some(part) = parts.next().unwrap() {
                lengths.push(part.len());
            }
            lengths
        };
        assert_eq!(lengths(vec![vec![0; 10]; 1025]), [512, 512, 1]);
        assert_eq!(
            lengths(vec![vec![0; BATCH_BYTES_MAX as usize / 2]; 5]),
            [2, 2, 1]
        );
        assert!(lengths(Vec::new()).is_empty());
    }

    #[test]
    fn chains_the_batches_of_one_capture() {
        let agent = AgentId::from_bytes([1; 16]);
        let signer = Signer::new(agent, SigningKey::from_seed(&[2; 32]).unwrap());
        let start = Position::genesis(agent, Epoch::from_bytes([3; 16]));
        let bodies = (0..600).map(|_| Ok::<_, EnvelopeError>(vec![7; 10]));
        let state = Hash::of(b"state");
        let batches = signer
            .seal(start, bodies, || state, [4; 16], Timestamp::UNIX_EPOCH)
            .unwrap();
        assert_eq!(batches.len(), 2);
        assert_eq!(batches[1].header.before(), batches[0].header.after());
        assert_eq!(batches[0].header.state_digest, None);
        assert_eq!(batches[1].header.state_digest, Some(state));
        for batch in &batches {
            assert!(open(batch, &signer.key().verifying_key()).is_ok());
        }
    }
}
