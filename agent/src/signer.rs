//! From a capture's deltas to signed batches: cut by count and size, sealed once.

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

    /// Seals a capture's encoded deltas; the state's digest goes with the last batch.
    ///
    /// # Errors
    /// Returns [`EnvelopeError`] when a batch cannot be packed.
    pub fn seal(
        &self,
        previous: Position,
        bodies: Vec<Vec<u8>>,
        state_digest: Hash,
        secret: Salt,
        sealed_at: Timestamp,
    ) -> Result<Vec<SealedBatch>, EnvelopeError> {
        let mut batches: Vec<SealedBatch> = Vec::new();
        let mut parts = cut(bodies).into_iter().peekable();
        while let Some(bodies) = parts.next() {
            let previous = batches
                .last()
                .map_or(previous, |batch| batch.header.after());
            let state_digest = parts.peek().is_none().then_some(state_digest);
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

fn cut(bodies: Vec<Vec<u8>>) -> Vec<Vec<Vec<u8>>> {
    let mut parts: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut bytes = 0;
    for body in bodies {
        bytes += body.len();
        match parts.last_mut() {
            Some(part)
                if part.len() < BATCH_DELTAS_MAX as usize && bytes <= BATCH_BYTES_MAX as usize =>
            {
                part.push(body);
            }
            _ => {
                bytes = body.len();
                parts.push(vec![body]);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use savin_shared::chain::Position;
    use savin_shared::envelope::open;
    use savin_shared::hash::Hash;
    use savin_shared::ids::{AgentId, Epoch};
    use savin_shared::limits::BATCH_BYTES_MAX;
    use savin_shared::sign::SigningKey;

    use super::{Signer, cut};

    #[test]
    fn cuts_by_count_and_by_size() {
        let lengths =
            |bodies: Vec<Vec<u8>>| -> Vec<usize> { cut(bodies).iter().map(Vec::len).collect() };
        assert_eq!(lengths(vec![vec![0; 10]; 1025]), [512, 512, 1]);
        assert_eq!(
            lengths(vec![vec![0; BATCH_BYTES_MAX as usize / 2]; 5]),
            [2, 2, 1]
        );
        assert!(cut(Vec::new()).is_empty());
    }

    #[test]
    fn chains_the_batches_of_one_capture() {
        let agent = AgentId::from_bytes([1; 16]);
        let signer = Signer::new(agent, SigningKey::from_seed(&[2; 32]).unwrap());
        let start = Position::genesis(agent, Epoch::from_bytes([3; 16]));
        let bodies = vec![vec![7; 10]; 600];
        let state = Hash::of(b"state");
        let batches = signer
            .seal(start, bodies, state, [4; 16], Timestamp::UNIX_EPOCH)
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
