//! The mark of a message: what an address or a link names it by, so that what comes back finds its
//! notice and nobody can make one up.

use std::fmt;

use savin_shared::hash::{hex, unhex};
use uuid::Uuid;

use crate::ids::NoticeId;

/// Bytes of the part that only the vault can make.
const TAG_BYTES: usize = 10;

/// Names a notice, with proof that the vault gave the name out. 53 characters of hexadecimal digits and
/// one `-`: an address and a link can hold it, in capitals too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Of which notice.
    pub notice: NoticeId,
    /// The proof.
    pub tag: [u8; TAG_BYTES],
}

/// What a mark is good for; that of one purpose proves nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkPurpose {
    /// Saying that a message came back.
    Return,
    /// Asking for no more of its kind.
    Stop,
}

impl MarkPurpose {
    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Stop => "stop",
        }
    }
}

/// The marks of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// In the address to which it comes back.
    pub back: Mark,
    /// In the link that asks for no more of its kind.
    pub stop: Mark,
}

impl Mark {
    /// Makes a mark of a whole keyed hash, of which it keeps the first bytes.
    #[must_use]
    pub fn new(notice: NoticeId, tag: &[u8; 32]) -> Self {
        let tag = tag.first_chunk().copied().unwrap_or_default();
        Self { notice, tag }
    }

    /// Reads a mark; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (notice, tag) = text.split_once('-')?;
        Some(Self {
            notice: NoticeId::from_slice(&unhex(&notice.to_ascii_lowercase())?)?,
            tag: unhex(&tag.to_ascii_lowercase())?.try_into().ok()?,
        })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notice = Uuid::from_bytes(*self.notice.as_bytes());
        write!(formatter, "{}-{}", notice.simple(), hex(&self.tag))
    }
}

#[cfg(test)]
mod tests {
    use super::Mark;
    use crate::ids::NoticeId;

    #[test]
    fn is_read_as_it_was_written_and_nothing_else_is() {
        let mark = Mark::new(NoticeId::from_bytes([0xab; 16]), &[7; 32]);
        let text = mark.to_string();
        assert_eq!(text.len(), 53);
        assert_eq!(Mark::parse(&text), Some(mark));
        // Some mail servers write an address in capitals.
        assert_eq!(Mark::parse(&text.to_ascii_uppercase()), Some(mark));
        let short = text.trim_end_matches('7');
        for wrong in [
            "",
            "-",
            "abc",
            short,
            &format!("{text}0"),
            &text.replace('-', ""),
        ] {
            assert_eq!(Mark::parse(wrong), None, "{wrong}");
        }
    }
}
