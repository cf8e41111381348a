//! Values under a registrant's own key: AES-256-GCM with random nonces, bound to their place, padded
//! so that their length tells nothing.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hmac, rand};
use savin_shared::hash::Hash;
use savin_shared::pii::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::keyring::KeyringError;
use crate::evidence::leaf::Salt;
use crate::ids::RegistrantId;

/// Sealed values are padded to a multiple of this many bytes.
const BUCKET: usize = 64;

/// A registrant's data key. A key seals tens of values, far from where random nonces would repeat.
#[derive(Debug)]
pub struct DataKey(Secret<[u8; 32]>);

impl DataKey {
    /// Wraps a key.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// Makes a key.
    ///
    /// # Errors
    /// Returns [`KeyringError::Random`] when the system gives no randomness.
    pub fn make() -> Result<Self, KeyringError> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(|_| KeyringError::Random)?;
        Ok(Self::new(bytes))
    }

    /// Gives access to the key.
    #[must_use]
    pub const fn reveal(&self) -> &[u8; 32] {
        self.0.reveal()
    }

    /// Seals a value for one place of one registrant: elsewhere it does not open.
    ///
    /// # Errors
    /// Returns [`SealError`] when it cannot be written or sealed.
    pub fn seal<T: Serialize>(
        &self,
        place: &str,
        registrant: RegistrantId,
        value: &T,
    ) -> Result<Vec<u8>, SealError> {
        let text = serde_json::to_vec(value).map_err(|_| SealError::Content)?;
        let length = u32::try_from(text.len()).map_err(|_| SealError::Content)?;
        let mut sealed = length.to_be_bytes().to_vec();
        sealed.extend_from_slice(&text);
        sealed.resize(sealed.len().next_multiple_of(BUCKET), 0);
        let key = self.key()?;
        let nonce = key
            .seal_in_place_append_tag(Aad::from(bound(place, registrant)), &mut sealed)
            .map_err(|_| SealError::Key)?;
        let mut bytes = nonce.as_ref().to_vec();
        bytes.append(&mut sealed);
        Ok(bytes)
    }

    /// Opens a value.
    ///
    /// # Errors
    /// Returns [`SealError`] for another key, another place or another registrant.
    pub fn open<T: DeserializeOwned>(
        &self,
        place: &str,
        registrant: RegistrantId,
        bytes: &[u8],
    ) -> Result<T, SealError> {
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or(SealError::Key)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Key)?;
        let mut sealed = sealed.to_vec();
        let opened = self
            .key()?
            .open_in_place(nonce, Aad::from(bound(place, registrant)), &mut sealed)
            .map_err(|_| SealError::Key)?;
        let (length, rest) = opened.split_first_chunk::<4>().ok_or(SealError::Content)?;
        let text = rest
            .get(..u32::from_be_bytes(*length) as usize)
            .ok_or(SealError::Content)?;
        serde_json::from_slice(text).map_err(|_| SealError::Content)
    }

    /// Derives the salt under which the evidence commits to something of her: it is gone with her
    /// key, and one salt that was handed out leads to no other.
    #[must_use]
    pub fn evidence_salt(&self, purpose: &str, subject: &[u8]) -> Salt {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.reveal());
        let mut context = hmac::Context::with_key(&key);
        context.update(b"savin/evidence-salt/1|");
        context.update(purpose.as_bytes());
        context.update(b"|");
        context.update(subject);
        let tag = context.sign();
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }

    /// Returns by what the evidence calls a registrant: always the same, and without her key
    /// nobody's.
    #[must_use]
    pub fn pseudonym(&self, registrant: RegistrantId) -> Hash {
        let salt = self.evidence_salt("pseudonym", registrant.as_bytes());
        Hash::tagged("savin/pseudonym/1", &[&salt, registrant.as_bytes()])
    }

    fn key(&self) -> Result<RandomizedNonceKey, SealError> {
        RandomizedNonceKey::new(&AES_256_GCM, self.reveal()).map_err(|_| SealError::Key)
    }
}

fn bound(place: &str, registrant: RegistrantId) -> Vec<u8> {
    let mut bound = b"savin/vault/1|".to_vec();
    bound.extend_from_slice(place.as_bytes());
    bound.push(b'|');
    bound.extend_from_slice(registrant.as_bytes());
    bound
}

/// Why a value was not sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// It was sealed with another key, for another place or another registrant, or was changed.
    #[error("the value does not open")]
    Key,
    /// What is inside is not what belongs there.
    #[error("the value is not what belongs there")]
    Content,
}

#[cfg(test)]
mod tests {
    use super::{DataKey, SealError};
    use crate::ids::RegistrantId;
    use crate::vault::keyring::Keyring;

    fn registrant(byte: u8) -> RegistrantId {
        RegistrantId::from_bytes([byte; 16])
    }

    #[test]
    fn opens_only_with_its_key_in_its_place() {
        let key = DataKey::make().unwrap();
        let sealed = key
            .seal("contact", registrant(1), &"avery@example.test")
            .unwrap();
        let open = |key: &DataKey, place, who| key.open::<String>(place, who, &sealed);
        assert_eq!(
            open(&key, "contact", registrant(1)).unwrap(),
            "avery@example.test"
        );
        assert_eq!(open(&key, "label", registrant(1)), Err(SealError::Key));
        assert_eq!(open(&key, "contact", registrant(2)), Err(SealError::Key));
        let other = DataKey::make().unwrap();
        assert_eq!(open(&other, "contact", registrant(1)), Err(SealError::Key));
        let mut changed = sealed.clone();
        changed[20] ^= 1;
        assert_eq!(
            key.open::<String>("contact", registrant(1), &changed),
            Err(SealError::Key)
        );
        assert_eq!(
            key.open::<String>("contact", registrant(1), &[1, 2]),
            Err(SealError::Key)
        );
    }

    #[test]
    fn gives_every_subject_a_salt_that_leads_to_no_other() {
        let key = DataKey::make().unwrap();
        let salt = key.evidence_salt("notice", &[1]);
        assert_eq!(key.evidence_salt("notice", &[1]), salt);
        assert_ne!(key.evidence_salt("notice", &[2]), salt);
        assert_ne!(key.evidence_salt("answer", &[1]), salt);
        let other = DataKey::make().unwrap();
        assert_ne!(other.evidence_salt("notice", &[1]), salt);
        assert_eq!(key.pseudonym(registrant(1)), key.pseudonym(registrant(1)));
        assert_ne!(key.pseudonym(registrant(1)), other.pseudonym(registrant(1)));
    }

    #[test]
    fn tells_little_by_its_length_and_nothing_by_its_bytes() {
        let key = DataKey::make().unwrap();
        let seal = |text: &str| key.seal("contact", registrant(1), &text).unwrap();
        assert_eq!(
            seal("a@b.test").len(),
            seal("somebody.longer@mail.example.test").len()
        );
        assert_ne!(seal("a@b.test"), seal("a@b.test"));
        assert!(
            !seal("a@b.test")
                .windows(8)
                .any(|window| window == b"a@b.test")
        );
    }

    #[test]
    fn unwraps_data_keys_with_the_key_that_wrapped_them() {
        let (ring, other) = (Keyring::scratch().unwrap(), Keyring::scratch().unwrap());
        let key = DataKey::make().unwrap();
        let wrapped = ring.wrap(&key).unwrap();
        assert_eq!(ring.unwrap(&wrapped).unwrap().reveal(), key.reveal());
        assert!(other.unwrap(&wrapped).is_err());
    }
}
