//! The signature over a message as it is sent: `relaxed` for headers and text (RFC 6376, section 3.4), since mail
//! servers fold lines and change blanks on the way.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;

/// The headers that are signed, where a message has them.
const SIGNED: [&str; 10] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// Headers that are named in one line of the signature.
const NAMED: usize = 5;

/// Characters of a signature in one line.
const LINE: usize = 64;

/// The name of the header that holds a signature.
pub(super) const NAME: &str = "DKIM-Signature";

/// Writes the value of the header that signs a message, folded; `None` for what is no message or cannot be signed.
pub(super) fn value(
    mail: &[u8],
    (selector, domain): (&str, &str),
    now: Timestamp,
    sign: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
) -> Option<String> {
    let end = mail.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = mail.split_at_checked(end.checked_add(4)?)?;
    let fields = fields(std::str::from_utf8(head).ok()?);
    let mut signed = String::new();
    let mut names = Vec::with_capacity(SIGNED.len());
    for name in SIGNED {
        let is_it = |(field, _): &&(&str, String)| field.eq_ignore_ascii_case(name);
        // Of several of a name the last one counts (section 5.4.2).
        if let Some((_, value)) = fields.iter().rev().find(is_it) {
            names.push(name);
            signed.push_str(&relaxed(name, value));
            signed.push_str("\r\n");
        }
    }
    let names: Vec<String> = names.chunks(NAMED).map(|names| names.join(":")).collect();
    let unsigned = format!(
        "v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector}; t={};\r\n h={};\r\n bh={};\r\n b=",
        now.as_second(),
        names.join(":\r\n  "),
        BASE64.encode(digest(&SHA256, &relaxed_body(body)))
    );
    signed.push_str(&relaxed(NAME, &unsigned));
    let signature = BASE64.encode(sign(signed.as_bytes())?);
    let lines = signature.as_bytes().chunks(LINE);
    let lines: Vec<_> = lines.map(String::from_utf8_lossy).collect();
    Some(format!("{unsigned}{}", lines.join("\r\n  ")))
}

/// Reads headers, each with its value as it stands, folded.
fn fields(head: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in head.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push_str("\r\n");
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim_end(), value.to_owned()));
        }
    }
    fields
}

/// Writes a header as it is signed (section 3.4.2), without the end of its line.
fn relaxed(name: &str, value: &str) -> String {
    let words = value.split([' ', '\t', '\r', '\n']);
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    format!("{}:{}", name.to_ascii_lowercase(), words.join(" "))
}

/// Writes a text as it is signed (section 3.4.4).
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len());
    // As far as there is text: empty lines at the end do not count.
    let mut end = 0;
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut is_after_blank = false;
        let begin = relaxed.len();
        for byte in line {
            let is_blank = matches!(byte, b' ' | b'\t');
            if !(is_blank && is_after_blank) {
                relaxed.push(if is_blank { b' ' } else { *byte });
            }
            is_after_blank = is_blank;
        }
        if is_after_blank {
            relaxed.pop();
        }
        if relaxed.len() > begin {
            end = relaxed.len() + 2;
        }
        relaxed.extend_from_slice(b"\r\n");
    }
    relaxed.truncate(end);
    relaxed
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{fields, relaxed, relaxed_body, value};

    #[test]
    fn writes_what_is_signed_as_the_standard_shows_it() {
        let read = fields("A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n");
        let written: Vec<_> = read
            .iter()
            .map(|(name, value)| relaxed(name, value))
            .collect();
        assert_eq!(written, ["a:X", "b:Y Z"]);
        let body = relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n");
        assert_eq!(body, b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b""), b"");
        assert_eq!(relaxed_body(b" \r\n\r\n"), b"");
        assert_eq!(relaxed_body(b"a\r\n\r\nb"), b"a\r\n\r\nb\r\n");
    }

    #[test]
    fn signs_the_headers_that_are_there_and_itself() {
        let mail = b"From: a@x.test\r\nX-Other: 1\r\nSubject: one\r\n two\r\n\r\ntext\r\n";
        let mut signed = String::new();
        let value = value(mail, ("s1", "x.test"), Timestamp::UNIX_EPOCH, |text| {
            signed = String::from_utf8(text.to_vec()).unwrap();
            Some(vec![7; 256])
        });
        let value = value.unwrap();
        assert!(value.split("\r\n").all(|line| line.len() < 78), "{value}");
        let (unsigned, _) = value.split_once(" b=").unwrap();
        let expected = format!(
            "from:a@x.test\r\nsubject:one two\r\n{} b=",
            relaxed("DKIM-Signature", unsigned)
        );
        assert_eq!(signed, expected);
        assert!(signed.contains("h=From:Subject; bh="), "{signed}");
    }
}
