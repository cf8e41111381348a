//! The one-time token file that an agency gets from MDOC and enrols its agent with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hash::{Hash, hex, unhex};
use crate::ids::{AgencyId, FacilityCode};

/// The token file's content, written as TOML.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenFile {
    /// The version of this layout.
    pub version: u32,
    /// 128 secret bits in hexadecimal digits.
    pub secret: String,
    /// The agency that the agent will speak for.
    pub agency: AgencyId,
    /// The facilities that it may speak for.
    pub facilities: Vec<FacilityCode>,
    /// When the token ends.
    pub expires: Timestamp,
    /// The hub's addresses, `host:port`.
    pub hub: Vec<String>,
    /// The hub's own certificate authority, in PEM: the only one that the agent will trust.
    pub authority: String,
}

impl std::fmt::Debug for TokenFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TokenFile")
            .field("agency", &self.agency)
            .finish_non_exhaustive()
    }
}

impl TokenFile {
    /// The version that this build writes and reads.
    pub const VERSION: u32 = 1;

    /// Writes the secret bits as the file holds them.
    #[must_use]
    pub fn secret_text(secret: [u8; 16]) -> String {
        hex(&secret)
    }

    /// Reads the secret bits, or returns `None` for a file that was damaged.
    #[must_use]
    pub fn secret_bits(&self) -> Option<[u8; 16]> {
        unhex(&self.secret)?.try_into().ok()
    }
}

/// Hashes a token's secret as the hub stores it: the hub's files do not let anybody enrol.
#[must_use]
pub fn token_hash(secret: &[u8; 16]) -> Hash {
    Hash::tagged("savin/token/1", &[secret])
}

#[cfg(test)]
mod tests {
    use super::TokenFile;

    #[test]
    fn keeps_the_secret_out_of_debug_output() {
        let token = TokenFile {
            version: TokenFile::VERSION,
            secret: TokenFile::secret_text([0xAB; 16]),
            agency: "MS0000000".parse().unwrap(),
            facilities: Vec::new(),
            expires: jiff::Timestamp::UNIX_EPOCH,
            hub: Vec::new(),
            authority: String::new(),
        };
        assert_eq!(token.secret_bits(), Some([0xAB; 16]));
        assert!(!format!("{token:?}").contains("abab"));
    }
}
