//! From bytes to text: a byte order mark wins, then what the profile says, then what the bytes show:
//! UTF-16 by its zeros, UTF-8, and last Windows-1252, which old jail systems write without saying so.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The upper half of the IBM PC's code page.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
     └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The upper half of its western European successor.
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
     └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// Bytes from the start in which zeros are counted.
const SAMPLE_BYTES: usize = 4096;

/// How text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// One of the web.
    Web(&'static Encoding),
    /// Code page 437.
    Cp437,
    /// Code page 850.
    Cp850,
}

impl Charset {
    /// Returns an encoding by its name, whatever its case and dashes.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let key: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        Some(match key.as_str() {
            "utf8" => Self::Web(UTF_8),
            "utf16" | "utf16le" => Self::Web(UTF_16LE),
            "utf16be" => Self::Web(UTF_16BE),
            "cp1252" | "windows1252" | "ansi" | "latin1" | "iso88591" => Self::Web(WINDOWS_1252),
            "cp437" | "ibm437" | "oem" => Self::Cp437,
            "cp850" | "ibm850" => Self::Cp850,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Web(encoding) => encoding.name(),
            Self::Cp437 => "CP437",
            Self::Cp850 => "CP850",
        }
    }

    /// Decodes bytes, and counts what had to be replaced since it is no text.
    pub(super) fn decode(self, bytes: &[u8]) -> (Cow<'_, str>, usize) {
        let upper = match self {
            Self::Web(encoding) => {
                let (text, is_broken) = encoding.decode_without_bom_handling(bytes);
                let replaced = if is_broken {
                    text.matches(char::REPLACEMENT_CHARACTER).count()
                } else {
                    0
                };
                return (text, replaced);
            }
            Self::Cp437 => CP437,
            Self::Cp850 => CP850,
        };
        if bytes.is_ascii()
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            return (Cow::Borrowed(text), 0);
        }
        let upper: Vec<char> = upper.chars().collect();
        let decoded = |byte: &u8| {
            let place = byte.checked_sub(0x80).map(usize::from);
            let place = place.and_then(|place| upper.get(place)).copied();
            place.unwrap_or_else(|| char::from(*byte))
        };
        (Cow::Owned(bytes.iter().map(decoded).collect()), 0)
    }
}

/// Text, and what had to be decided to get it.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text without a byte order mark.
    pub text: Cow<'a, str>,
    /// The encoding that was used, by its WHATWG name.
    pub encoding: &'static str,
    /// NUL bytes that were taken out.
    pub nuls_removed: usize,
    /// Bytes that were no text and became a replacement character.
    pub replaced: usize,
}

/// Decodes the bytes of an export whose profile says nothing about it.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    decode_as(bytes, None)
}

/// Decodes the bytes of an export.
#[must_use]
pub fn decode_as(bytes: &[u8], declared: Option<Charset>) -> Decoded<'_> {
    let (charset, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (
            Charset::Web(encoding),
            bytes.get(mark..).unwrap_or_default(),
        ),
        None => (declared.unwrap_or_else(|| guessed(bytes)), bytes),
    };
    let (text, replaced) = charset.decode(bytes);
    let nuls_removed = text.bytes().filter(|byte| *byte == 0).count();
    let text = if nuls_removed == 0 {
        text
    } else {
        Cow::Owned(text.replace('\0', ""))
    };
    Decoded {
        text,
        encoding: charset.name(),
        nuls_removed,
        replaced,
    }
}

/// Sees by the zeros of Latin letters that a text is UTF-16.
fn guessed(bytes: &[u8]) -> Charset {
    let sample = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
    let (pairs, _) = sample.as_chunks::<2>();
    let zeros = |place: usize| {
        pairs
            .iter()
            .filter(|pair| pair.get(place) == Some(&0))
            .count()
    };
    let (first, second) = (zeros(0), zeros(1));
    let is_most = |zeros: usize, others: usize| zeros * 10 > pairs.len() * 6 && others * 20 < zeros;
    if bytes.len().is_multiple_of(2) && is_most(second, first) {
        Charset::Web(UTF_16LE)
    } else if bytes.len().is_multiple_of(2) && is_most(first, second) {
        Charset::Web(UTF_16BE)
    } else if std::str::from_utf8(bytes).is_ok() {
        Charset::Web(UTF_8)
    } else {
        Charset::Web(WINDOWS_1252)
    }
}

#[cfg(test)]
mod tests {
    use super::{Charset, decode, decode_as};

    fn utf16(text: &str, order: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn reads_utf8_with_and_without_a_mark() {
        assert_eq!(decode("a,é\n".as_bytes()).text, "a,é\n");
        assert_eq!(decode("\u{feff}a,é\n".as_bytes()).text, "a,é\n");
    }

    #[test]
    fn reads_utf16_by_its_mark() {
        let bytes = utf16("\u{feff}a,é", u16::to_le_bytes);
        let decoded = decode(&bytes);
        assert_eq!(decoded.text, "a,é");
        assert_eq!(decoded.encoding, "UTF-16LE");
    }

    #[test]
    fn reads_utf16_without_a_mark() {
        let text = "no,name\r\n1,Muñoz\r\n";
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes = utf16(text, order);
            let decoded = decode(&bytes);
            assert_eq!(decoded.text, text);
            assert_eq!(decoded.nuls_removed, 0);
        }
    }

    #[test]
    fn falls_back_to_windows_1252() {
        let decoded = decode(b"Mu\xF1oz");
        assert_eq!(decoded.text, "Muñoz");
        assert_eq!(decoded.encoding, "windows-1252");
    }

    #[test]
    fn reads_what_the_profile_says_unless_a_mark_says_otherwise() {
        let cp437 = Charset::parse("CP437");
        let decoded = decode_as(b"MU\xA5OZ,\x81", cp437);
        assert_eq!(decoded.text, "MUÑOZ,ü");
        assert_eq!(decoded.encoding, "CP437");
        assert_eq!(decode_as("\u{feff}é".as_bytes(), cp437).text, "é");
        let utf8 = Charset::parse("UTF-8");
        assert_eq!(decode_as(b"Mu\xF1oz", utf8).replaced, 1);
        assert_eq!(Charset::parse("EBCDIC"), None);
    }

    #[test]
    fn takes_nul_bytes_out_and_counts_them() {
        let decoded = decode(b"ab\0cd\0");
        assert_eq!(decoded.text, "abcd");
        assert_eq!(decoded.nuls_removed, 2);
    }
}
