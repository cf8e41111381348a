//! Ed25519 signatures (RFC 8032) over bytes that already carry their purpose in a tag.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use thiserror::Error;

use crate::code::coded_enum;
use crate::hash::Hash;

coded_enum! {
    /// How a structure was signed; every signed structure names it.
    pub enum SignatureAlgorithm {
        /// Ed25519, RFC 8032.
        Ed25519 = 1 => "ed25519",
    }
}

/// The bytes of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

/// A private key that signs.
#[derive(Debug)]
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Makes a key from 32 random bytes that the caller drew.
    ///
    /// # Errors
    /// Returns [`SignError::Key`] when the library refuses the seed.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, SignError> {
        Ed25519KeyPair::from_seed_unchecked(seed)
            .map(Self)
            .map_err(|_| SignError::Key)
    }

    /// Signs bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.0.sign(message).as_ref());
        Signature(bytes)
    }

    /// Returns the public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        VerifyingKey(bytes)
    }
}

/// A public key that checks signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(pub [u8; 32]);

impl VerifyingKey {
    /// Checks a signature over bytes.
    ///
    /// # Errors
    /// Returns [`SignError::Signature`] when the signature is not this key's over these bytes.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignError> {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(message, &signature.0)
            .map_err(|_| SignError::Signature)
    }

    /// Returns a hash of the key that people compare when they approve it.
    #[must_use]
    pub fn fingerprint(&self) -> Hash {
        Hash::tagged("savin/key/1", &[&self.0])
    }
}

/// Why a key or a signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignError {
    /// The private key cannot be used.
    #[error("the signing key is not usable")]
    Key,
    /// The signature does not belong to this key and these bytes.
    #[error("the signature does not verify")]
    Signature,
}

#[cfg(test)]
mod tests {
    use super::{SignError, SigningKey};

    #[test]
    fn verifies_its_own_signature_and_no_other() {
        let key = SigningKey::from_seed(&[7; 32]).unwrap();
        let other = SigningKey::from_seed(&[8; 32]).unwrap();
        let signature = key.sign(b"message");
        assert_eq!(key.verifying_key().verify(b"message", &signature), Ok(()));
        assert_eq!(
            key.verifying_key().verify(b"massage", &signature),
            Err(SignError::Signature)
        );
        assert_eq!(
            other.verifying_key().verify(b"message", &signature),
            Err(SignError::Signature)
        );
    }
}
