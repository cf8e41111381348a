//! The link by which an office enters victims without their request (Miss. Code 99-43-35(d)): whoever has it can.

use savin_shared::hash::{Hash, hex, unhex};
use savin_shared::pii::Secret;

/// What stands in the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorToken(Secret<[u8; 16]>);

impl DoorToken {
    /// Makes one of random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(Secret::new(bytes))
    }

    /// Reads one from a link.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = unhex(text)?;
        Some(Self::new(bytes.try_into().ok()?))
    }

    /// Returns what is kept of it.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::tagged("savin/office-door/1", &[self.0.reveal()])
    }

    /// Returns the path of the page behind the link.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/office/arrest/{}", hex(self.0.reveal()))
    }
}
