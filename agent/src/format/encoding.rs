//! From bytes to text: a byte order mark wins, then UTF-8, then Windows-1252, which old jail
//! systems write without saying so.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Text, and what had to be decided to get it.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text without a byte order mark.
    pub text: Cow<'a, str>,
    /// The encoding that was used, by its WHATWG name.
    pub encoding: &'static str,
    /// NUL bytes that were taken out.
    pub nuls_removed: usize,
}

/// Decodes the bytes of an export.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, bytes.get(mark..).unwrap_or_default()),
        None if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes),
        None => (WINDOWS_1252, bytes),
    };
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let nuls_removed = text.bytes().filter(|byte| *byte == 0).count();
    let text = if nuls_removed == 0 {
        text
    } else {
        Cow::Owned(text.replace('\0', ""))
    };
    Decoded {
        text,
        encoding: encoding.name(),
        nuls_removed,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn reads_utf8_with_and_without_a_mark() {
        assert_eq!(decode("a,é\n".as_bytes()).text, "a,é\n");
        assert_eq!(decode("\u{feff}a,é\n".as_bytes()).text, "a,é\n");
    }

    #[test]
    fn reads_utf16_by_its_mark() {
        let bytes: Vec<u8> = [0xFEFF, 0x61, 0x2C, 0xE9]
            .iter()
            .flat_map(|unit: &u16| unit.to_le_bytes())
            .collect();
        let decoded = decode(&bytes);
        assert_eq!(decoded.text, "a,é");
        assert_eq!(decoded.encoding, "UTF-16LE");
    }

    #[test]
    fn falls_back_to_windows_1252() {
        let decoded = decode(b"Mu\xF1oz");
        assert_eq!(decoded.text, "Muñoz");
        assert_eq!(decoded.encoding, "windows-1252");
    }

    #[test]
    fn takes_nul_bytes_out_and_counts_them() {
        let decoded = decode(b"a\0b\0");
        assert_eq!(decoded.text, "ab");
        assert_eq!(decoded.nuls_removed, 2);
    }
}
