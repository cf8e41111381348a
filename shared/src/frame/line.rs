//! What QUIC does by itself and a plain TLS connection has to be told: stay alive, and say why it
//! ends. Never seen by a session.

use serde::{Deserialize, Serialize};

/// Bytes of the longest reason.
const REASON_BYTES_MAX: usize = 200;

/// A word of the line itself. Variants are only ever appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineWord {
    /// Nothing was sent for a while.
    KeepAlive,
    /// The connection ends.
    Close {
        /// The application error code that QUIC would carry: [`close`].
        code: u32,
        /// Why, for a log.
        reason: String,
    },
}

impl LineWord {
    /// Returns a reason as another end may print it: short, in one line.
    #[must_use]
    pub fn printable(reason: &[u8]) -> String {
        let text = String::from_utf8_lossy(reason.get(..REASON_BYTES_MAX).unwrap_or(reason));
        text.chars().filter(|c| !c.is_control()).collect()
    }
}

/// Why the hub ends a connection.
pub mod close {
    /// It has ended well.
    pub const END: u32 = 0;
    /// No such protocol, no certificate, not enrolled.
    pub const REFUSED: u32 = 1;
    /// A newer connection of the same agent has taken its place.
    pub const REPLACED: u32 = 2;
    /// The agent was revoked.
    pub const REVOKED: u32 = 3;
    /// The agent's certificate has ended: it may renew.
    pub const CERTIFICATE_ENDED: u32 = 4;
    /// The agent was quarantined while it was connected.
    pub const QUARANTINED: u32 = 5;
}

#[cfg(test)]
mod tests {
    use super::LineWord;

    #[test]
    fn prints_a_reason_in_one_short_line() {
        assert_eq!(LineWord::printable(b"a\r\nb\x1b[1m"), "ab[1m");
        assert_eq!(LineWord::printable(&[b'x'; 900]).len(), 200);
    }
}
