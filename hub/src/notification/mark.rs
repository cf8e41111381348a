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
    /// Saying that she has read it.
    Seen,
}

impl MarkPurpose {
    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Stop => "stop",
            Self::Seen => "seen",
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
    /// In the link by which she says that she has read it.
    pub seen: Mark,
    /// What she types from a letter to say so.
    pub letter: LetterCode,
}

/// What somebody types from a letter to say that she has it: 12 letters and digits that are not mistaken
/// for each other. The first half names the notice, the second only the vault can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterCode {
    begins: [u8; 4],
    tag: [u8; 4],
}

/// Digits that are not mistaken for each other.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl LetterCode {
    /// Makes the code of a notice of a whole keyed hash, of which it keeps 28 bits.
    #[must_use]
    pub fn new(notice: NoticeId, tag: &[u8; 32]) -> Self {
        let begins = notice.as_bytes().first_chunk().copied().unwrap_or_default();
        let tag: [u8; 4] = tag.first_chunk().copied().unwrap_or_default();
        Self {
            begins,
            tag: (u32::from_be_bytes(tag) >> 4).to_be_bytes(),
        }
    }

    /// Returns how the names of the notices begin that it may be of.
    #[must_use]
    pub const fn begins(&self) -> [u8; 4] {
        self.begins
    }

    /// Reads a code as somebody types it; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut value: u64 = 0;
        let mut count = 0;
        let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        for digit in typed {
            let digit = match digit.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                'U' => 'V',
                other => other,
            };
            let place = DIGITS
                .iter()
                .position(|known| char::from(*known) == digit)?;
            value = value
                .checked_mul(32)?
                .checked_add(u64::try_from(place).ok()?)?;
            count += 1;
        }
        let begins = u32::try_from(value >> 28).ok()?;
        let tag = u32::try_from(value & 0x0fff_ffff).ok()?;
        (count == 12).then_some(Self {
            begins: begins.to_be_bytes(),
            tag: tag.to_be_bytes(),
        })
    }
}

impl fmt::Display for LetterCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begins = u64::from(u32::from_be_bytes(self.begins));
        let value = begins << 28 | u64::from(u32::from_be_bytes(self.tag));
        for place in (0..12_u32).rev() {
            let digit = usize::try_from(value >> (5 * place) & 31).unwrap_or_default();
            let digit = DIGITS.get(digit).copied().unwrap_or(b'0');
            write!(formatter, "{}", char::from(digit))?;
            if place % 4 == 0 && place > 0 {
                formatter.write_str("-")?;
            }
        }
        Ok(())
    }
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
    use super::{LetterCode, Mark};
    use crate::ids::NoticeId;

    #[test]
    fn reads_a_letters_code_as_it_is_typed() {
        let code = LetterCode::new(NoticeId::from_bytes([0xab; 16]), &[0x5c; 32]);
        let text = code.to_string();
        assert_eq!(text.len(), 14, "{text}");
        assert_eq!(LetterCode::parse(&text), Some(code));
        let typed = text
            .to_ascii_lowercase()
            .replace('-', " ")
            .replace('1', "l");
        assert_eq!(LetterCode::parse(&typed), Some(code));
        for wrong in [
            "",
            "abc",
            text.trim_start_matches(char::is_alphanumeric),
            &format!("{text}0"),
            "!!!!-!!!!-!!!!",
        ] {
            assert_eq!(LetterCode::parse(wrong), None, "{wrong}");
        }
    }

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
