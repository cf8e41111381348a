//! A named person's signed choice: the only way in which a person's decision enters.

use std::borrow::Cow;

use jiff::Timestamp;
use savin_shared::hash::Hash;
use savin_shared::sign::{SignError, Signature, SigningKey, VerifyingKey};

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What kind of decision it is.
    pub kind: Cow<'static, str>,
    /// What it decides: `task/12`, `event/400`, a person.
    pub subject: String,
    /// What was chosen.
    pub choice: String,
    /// Why, in the decider's words: nothing of a registrant, ever.
    pub note: String,
    /// Who decided.
    pub staff: String,
    /// When.
    pub decided_at: Timestamp,
    /// The public half of the key that signed.
    pub key: VerifyingKey,
    /// The signature over all of the above.
    pub signature: Vec<u8>,
}

/// What is decided, before it is signed.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// What kind of decision it is.
    pub kind: &'static str,
    /// What it decides.
    pub subject: &'a str,
    /// What was chosen.
    pub choice: &'a str,
    /// Why.
    pub note: &'a str,
}

impl Decision {
    /// Signs a choice in somebody's name. Times are kept in microseconds.
    #[must_use]
    pub fn sign(choice: Choice<'_>, staff: &str, at: Timestamp, key: &SigningKey) -> Self {
        let mut decision = Self {
            kind: Cow::Borrowed(choice.kind),
            subject: choice.subject.to_owned(),
            choice: choice.choice.to_owned(),
            note: choice.note.to_owned(),
            staff: staff.to_owned(),
            decided_at: Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at),
            key: key.verifying_key(),
            signature: Vec::new(),
        };
        decision.signature = key.sign(decision.signed_bytes().as_bytes()).0.to_vec();
        decision
    }

    /// Returns what the signature is over: a hash of the parts under a tag of their own, each
    /// preceded by its length.
    #[must_use]
    pub fn signed_bytes(&self) -> Hash {
        let parts: [&[u8]; 7] = [
            self.kind.as_bytes(),
            self.subject.as_bytes(),
            self.choice.as_bytes(),
            self.note.as_bytes(),
            self.staff.as_bytes(),
            &self.decided_at.as_microsecond().to_be_bytes(),
            &self.key.0,
        ];
        Hash::tagged("savin/decision/1", &parts)
    }

    /// Checks the signature with the key that the decision names.
    ///
    /// # Errors
    /// Returns [`SignError::Signature`] when anything was changed since.
    pub fn verify(&self) -> Result<(), SignError> {
        let bytes = self.signature.as_slice();
        let signature = Signature(bytes.try_into().map_err(|_| SignError::Signature)?);
        self.key.verify(self.signed_bytes().as_bytes(), &signature)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use savin_shared::sign::SigningKey;

    use super::{Choice, Decision};

    #[test]
    fn verifies_until_anything_changes() {
        let key = SigningKey::from_seed(&[3; 32]).unwrap();
        let choice = Choice {
            kind: "task-done",
            subject: "task/12",
            choice: "tell",
            note: "called the jail",
        };
        let at: Timestamp = "2026-06-15T12:00:00.123456789Z".parse().unwrap();
        let decision = Decision::sign(choice, "j.sample", at, &key);
        decision.verify().unwrap();
        let other = SigningKey::from_seed(&[4; 32]).unwrap().verifying_key();
        let changes: [fn(&mut Decision); 6] = [
            |decision| decision.kind = "task-claim".into(),
            |decision| decision.subject = "task/13".to_owned(),
            |decision| decision.choice = "leave".to_owned(),
            |decision| decision.note.push('.'),
            |decision| decision.staff = "k.sample".to_owned(),
            |decision| decision.decided_at = Timestamp::UNIX_EPOCH,
        ];
        for change in changes {
            let mut changed = decision.clone();
            change(&mut changed);
            changed.verify().unwrap_err();
        }
        let stolen = Decision {
            key: other,
            ..decision
        };
        stolen.verify().unwrap_err();
    }
}
