//! SHA-256 with a tag for each purpose, so that a hash made for one thing never stands for another.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};

/// A SHA-256 value.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Wraps the bytes of a hash made elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a hash from a slice, or returns `None` when it is not 32 bytes long.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Returns the 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Hashes a tag and parts, each preceded by its length, so that no two lists of parts collide.
    #[must_use]
    pub fn tagged(tag: &str, parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        update(&mut context, tag.as_bytes());
        for part in parts {
            update(&mut context, part);
        }
        Self::finish(context)
    }

    /// Hashes plain bytes, as `sha256sum` does: for files that people compare by hand.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(bytes);
        Self::finish(context)
    }

    /// Returns the first eight hexadecimal digits, enough for people to tell two apart.
    #[must_use]
    pub fn short(&self) -> String {
        hex(&self.0).chars().take(8).collect()
    }

    fn finish(context: Context) -> Self {
        let digest = context.finish();
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash({})", self.short())
    }
}

/// Writes bytes as lowercase hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}

/// Reads hexadecimal digits of either case, or returns `None` when they are not whole bytes.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

fn update(context: &mut Context, part: &[u8]) {
    context.update(&(part.len() as u64).to_be_bytes());
    context.update(part);
}

#[cfg(test)]
mod tests {
    use super::{Hash, hex, unhex};

    #[test]
    fn hashes_plain_bytes_as_sha256sum_does() {
        assert_eq!(
            Hash::of(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn keeps_parts_apart() {
        assert_ne!(
            Hash::tagged("t", &[b"ab", b"c"]),
            Hash::tagged("t", &[b"a", b"bc"])
        );
        assert_ne!(Hash::tagged("t", &[b"ab"]), Hash::tagged("u", &[b"ab"]));
    }

    #[test]
    fn reads_back_hexadecimal_digits() {
        assert_eq!(unhex(&hex(&[0, 255, 16])), Some(vec![0, 255, 16]));
        assert_eq!(unhex("abc"), None);
        assert_eq!(unhex("zz"), None);
    }
}
