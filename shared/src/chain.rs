//! The chain of an epoch: what each delta commits to, and whether a batch fits onto it.
//!
//! `c_n = SHA-256(salt_n, body_n)` and `head_n = SHA-256(tag, head_{n-1}, n, c_n)`. A body can be
//! erased for good with its salt, and the chain still verifies from the commitment that remains.

use aws_lc_rs::hmac;

use crate::hash::Hash;
use crate::ids::{AgentId, Epoch, Seq};

/// The bytes that keep a commitment from being guessed once its body is erased.
pub type Salt = [u8; 16];

/// A place on an agent's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// In which life of the journal.
    pub epoch: Epoch,
    /// Up to and including which delta.
    pub seq: Seq,
    /// The chain's value there.
    pub head: Hash,
}

impl Position {
    /// The place before an epoch's first delta.
    #[must_use]
    pub fn genesis(agent: AgentId, epoch: Epoch) -> Self {
        let head = Hash::tagged("savin/genesis/1", &[agent.as_bytes(), epoch.as_bytes()]);
        Self {
            epoch,
            seq: Seq::ZERO,
            head,
        }
    }

    /// Returns the place after one more delta with this commitment.
    #[must_use]
    pub fn advanced(self, commitment: &Hash) -> Self {
        let seq = self.seq.next();
        let parts: [&[u8]; 3] = [
            self.head.as_bytes(),
            &seq.0.to_be_bytes(),
            commitment.as_bytes(),
        ];
        Self {
            epoch: self.epoch,
            seq,
            head: Hash::tagged("savin/head/1", &parts),
        }
    }
}

/// Derives the salt of one delta from the one secret of its capture.
#[must_use]
pub fn salt(secret: &Salt, seq: Seq) -> Salt {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, &seq.0.to_be_bytes());
    let mut salt = Salt::default();
    for (to, from) in salt.iter_mut().zip(tag.as_ref()) {
        *to = *from;
    }
    salt
}

/// Commits to the exact bytes of a delta.
#[must_use]
pub fn commitment(salt: &Salt, body: &[u8]) -> Hash {
    Hash::tagged("savin/delta/1", &[salt, body])
}

/// What is to be done with a batch that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is next: apply it.
    Next,
    /// It was made durable before: acknowledge it again, change nothing.
    Repeat,
    /// Something before it is missing: this is the first that is wanted.
    Gap {
        /// The first sequence number that is wanted.
        expected: Seq,
    },
    /// It contradicts what is durable: quarantine the agent and tell a person.
    Fork,
    /// It belongs to another life of the journal than the durable position.
    OtherEpoch,
}

/// Where a batch lies on its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// In which life of the journal.
    pub epoch: Epoch,
    /// Its first delta.
    pub first: Seq,
    /// Its last delta.
    pub last: Seq,
    /// The chain's value before its first delta.
    pub previous_head: Hash,
    /// The chain's value after its last delta.
    pub head: Hash,
}

/// Decides about a batch from the durable position and, for an old batch, from the head that was
/// logged for its last delta. `None` as the logged head means that the log no longer reaches back.
#[must_use]
pub fn admit(durable: &Position, batch: &Span, logged_head: Option<Hash>) -> Admission {
    if batch.epoch != durable.epoch {
        return Admission::OtherEpoch;
    }
    if batch.last <= durable.seq {
        let same = logged_head.is_none_or(|head| head == batch.head);
        return if same {
            Admission::Repeat
        } else {
            Admission::Fork
        };
    }
    if batch.first > durable.seq.next() {
        return Admission::Gap {
            expected: durable.seq.next(),
        };
    }
    if batch.first == durable.seq.next() && batch.previous_head == durable.head {
        return Admission::Next;
    }
    // It overlaps a batch border, or follows another history: batches are cut once, when captured.
    Admission::Fork
}

#[cfg(test)]
mod tests {
    use super::{Admission, Position, Span, admit, commitment, salt};
    use crate::hash::Hash;
    use crate::ids::{AgentId, Epoch, Seq};

    fn genesis() -> Position {
        Position::genesis(AgentId::from_bytes([1; 16]), Epoch::from_bytes([2; 16]))
    }

    fn step(position: Position, body: &[u8]) -> Position {
        let salt = salt(&[3; 16], position.seq.next());
        position.advanced(&commitment(&salt, body))
    }

    fn span(from: Position, to: Position) -> Span {
        Span {
            epoch: from.epoch,
            first: from.seq.next(),
            last: to.seq,
            previous_head: from.head,
            head: to.head,
        }
    }

    #[test]
    fn derives_a_salt_of_its_own_for_each_delta() {
        assert_ne!(salt(&[3; 16], Seq(1)), salt(&[3; 16], Seq(2)));
        assert_ne!(salt(&[3; 16], Seq(1)), salt(&[4; 16], Seq(1)));
    }

    #[test]
    fn admits_what_follows() {
        let one = step(genesis(), b"a");
        assert_eq!(
            admit(&genesis(), &span(genesis(), one), None),
            Admission::Next
        );
    }

    #[test]
    fn counts_what_is_durable_as_repeated() {
        let one = step(genesis(), b"a");
        let batch = span(genesis(), one);
        assert_eq!(admit(&one, &batch, Some(one.head)), Admission::Repeat);
        assert_eq!(admit(&one, &batch, None), Admission::Repeat);
    }

    #[test]
    fn names_the_first_delta_that_is_missing() {
        let one = step(genesis(), b"a");
        let two = step(one, b"b");
        let gap = Admission::Gap { expected: Seq(1) };
        assert_eq!(admit(&genesis(), &span(one, two), None), gap);
    }

    #[test]
    fn calls_another_history_a_fork() {
        let one = step(genesis(), b"a");
        let other = step(genesis(), b"x");
        let two = step(one, b"b");
        assert_eq!(admit(&other, &span(one, two), None), Admission::Fork);
        assert_eq!(
            admit(&other, &span(genesis(), one), Some(other.head)),
            Admission::Fork
        );
        assert_eq!(admit(&one, &span(genesis(), two), None), Admission::Fork);
    }

    #[test]
    fn knows_another_life_of_the_journal() {
        let other = Position::genesis(AgentId::from_bytes([1; 16]), Epoch::from_bytes([9; 16]));
        let batch = span(other, step(other, b"a"));
        assert_eq!(admit(&genesis(), &batch, None), Admission::OtherEpoch);
    }

    #[test]
    fn changes_the_head_with_every_part() {
        let one = step(genesis(), b"a");
        assert_ne!(one.head, step(genesis(), b"b").head);
        assert_ne!(one.head, step(one, b"a").head);
        assert_ne!(one.head, Hash::of(b"a"));
    }
}
