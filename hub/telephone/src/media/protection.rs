//! Sound that nobody on the way can hear or change: SRTP (RFC 3711) with keys from the session's
//! description (SDES, RFC 4568), which is why signalling must be TLS then.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use webrtc_srtp::context::Context;
use webrtc_srtp::option::srtp_replay_protection;
use webrtc_srtp::protection_profile::ProtectionProfile;

/// Bytes of a master key, and of the salt after it.
const KEY_BYTES: usize = 16;
const SALT_BYTES: usize = 14;

/// Packets among which one that comes twice is noticed.
const WINDOW: usize = 128;

/// The suites that are offered and taken; they differ in the length of the proof in each packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80`.
    Long,
    /// `AES_CM_128_HMAC_SHA1_32`.
    Short,
}

impl Suite {
    /// Returns its name in a description.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Long => "AES_CM_128_HMAC_SHA1_80",
            Self::Short => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    const fn profile(self) -> ProtectionProfile {
        match self {
            Self::Long => ProtectionProfile::Aes128CmHmacSha1_80,
            Self::Short => ProtectionProfile::Aes128CmHmacSha1_32,
        }
    }
}

/// The key of one direction, with what it is named by in the description.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    tag: u32,
    suite: Suite,
    bytes: [u8; KEY_BYTES + SALT_BYTES],
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("suite", &self.suite)
            .finish_non_exhaustive()
    }
}

impl Key {
    /// Makes a key of randomness.
    #[must_use]
    pub fn new(random: fn() -> [u8; 16]) -> Self {
        let mut bytes = [0; KEY_BYTES + SALT_BYTES];
        let drawn = random().into_iter().chain(random());
        for (byte, drawn) in bytes.iter_mut().zip(drawn) {
            *byte = drawn;
        }
        Self {
            tag: 1,
            suite: Suite::Long,
            bytes,
        }
    }

    /// Takes the tag and suite of an offer, as its answer must.
    #[must_use]
    pub const fn answering(mut self, offered: &Self) -> Self {
        self.tag = offered.tag;
        self.suite = offered.suite;
        self
    }

    /// Reads a `crypto` attribute, or returns `None` for a suite or parameter that is not taken.
    #[must_use]
    pub fn read(attribute: &str) -> Option<Self> {
        let mut words = attribute.split_whitespace();
        let tag = words.next()?.parse().ok()?;
        let name = words.next()?;
        let suite = [Suite::Long, Suite::Short]
            .into_iter()
            .find(|suite| suite.name() == name)?;
        let inline = words.next()?.strip_prefix("inline:")?;
        // Neither unencrypted nor unauthenticated, nor with a key that changes.
        if words.next().is_some() {
            return None;
        }
        let mut parts = inline.split('|');
        let bytes = STANDARD.decode(parts.next()?).ok()?;
        // A lifetime is longer than any call; a key's own name in each packet is not taken.
        if parts.any(|part| part.contains(':')) {
            return None;
        }
        Some(Self {
            tag,
            suite,
            bytes: bytes.try_into().ok()?,
        })
    }

    /// Writes the attribute's value.
    #[must_use]
    pub fn attribute(&self) -> String {
        let key = STANDARD.encode(self.bytes);
        format!("{} {} inline:{key}", self.tag, self.suite.name())
    }

    fn context(&self) -> Result<Context, ProtectionError> {
        let (key, salt) = self.bytes.split_at(KEY_BYTES);
        let once = Some(srtp_replay_protection(WINDOW));
        Context::new(key, salt, self.suite.profile(), once, None).map_err(|_| ProtectionError)
    }
}

/// A key that the cipher does not take.
#[derive(Debug, Error)]
#[error("protect the call's sound: the key does not fit its suite")]
pub struct ProtectionError;

/// Both directions of a protected call.
pub struct Protection {
    ours: Context,
    theirs: Context,
}

impl fmt::Debug for Protection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Protection").finish_non_exhaustive()
    }
}

impl Protection {
    /// Protects with our key, and reads with the other end's.
    ///
    /// # Errors
    /// Returns [`ProtectionError`] for a key that does not fit.
    pub fn new(ours: &Key, theirs: &Key) -> Result<Self, ProtectionError> {
        Ok(Self {
            ours: ours.context()?,
            theirs: theirs.context()?,
        })
    }

    /// Protects a packet, or returns `None` when the key has been used for all it may.
    pub fn seal(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        self.ours.encrypt_rtp(packet).ok().map(Into::into)
    }

    /// Opens a packet, or returns `None` if it proves nothing or came before.
    pub fn open(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        self.theirs.decrypt_rtp(packet).ok().map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Protection, Suite};
    use crate::media::packet::Sender;

    fn ends() -> (Protection, Protection) {
        let (one, other) = (Key::new(|| [5; 16]), Key::new(|| [6; 16]));
        let there = Protection::new(&other, &one).unwrap();
        (Protection::new(&one, &other).unwrap(), there)
    }

    #[test]
    fn what_was_sealed_opens_at_the_other_end_once() {
        let (mut here, mut there) = ends();
        let mut sender = Sender::new([9; 16]);
        for at in 0..70_000_u32 {
            let packet = sender.write((0, false), at * 160, b"sound");
            let sealed = here.seal(&packet).unwrap();
            assert_ne!(sealed.get(12..17), packet.get(12..17));
            assert_eq!(there.open(&sealed).as_ref(), Some(&packet), "{at}");
            assert_eq!(there.open(&sealed), None);
        }
    }

    #[test]
    fn opens_nothing_that_was_changed_or_is_another_ends() {
        let (mut here, mut there) = ends();
        let packet = Sender::new([9; 16]).write((0, false), 0, b"sound");
        let sealed = here.seal(&packet).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(there.open(&changed), None, "{at}");
        }
        assert_eq!(there.open(&packet), None);
        assert_eq!(there.open(&[]), None);
        assert!(there.open(&sealed).is_some());
    }

    #[test]
    fn reads_the_attribute_of_the_standard() {
        // RFC 4568, section 4.
        let attribute = "1 AES_CM_128_HMAC_SHA1_80 \
            inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20";
        let key = Key::read(attribute).unwrap();
        assert_eq!((key.tag, key.suite), (1, Suite::Long));
        assert!(attribute.starts_with(&key.attribute()));
        assert_eq!(Key::read(&key.attribute()), Some(key));
        for other in [
            "1 F8_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR",
            "1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|1:4",
            "1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR UNENCRYPTED_SRTP",
            "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA",
        ] {
            assert_eq!(Key::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let text = format!("{:?}", Key::new(|| [5; 16]));
        assert!(!text.contains('5'), "{text}");
    }
}
