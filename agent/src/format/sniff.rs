//! What a file's content looks like, whatever its name and its profile say.

use super::layout::Format;
use super::zipped;

/// What content looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// A format that shows itself.
    Like(Format),
    /// Text without a mark: cells between delimiters or at fixed places.
    Plain,
    /// A zip file that is no workbook.
    Zip,
    /// Something that is never an export, and what to do about it.
    Other(&'static str, &'static str),
}

impl Looks {
    /// Returns how a person would call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Like(Format::Json) => "JSON",
            Self::Like(Format::Xml) => "XML",
            Self::Like(Format::Xlsx) => "an Excel workbook (xlsx)",
            Self::Like(Format::Xls) => "an old Excel workbook (xls)",
            Self::Like(Format::Html) => "an HTML page (perhaps an error or login page)",
            Self::Like(Format::Dbf) => "a dBase or FoxPro table (dbf)",
            Self::Like(Format::Calendar) => "a calendar (iCalendar)",
            Self::Like(format) => format.name(),
            Self::Plain => "plain text",
            Self::Zip => "a zip file",
            Self::Other(name, _) => name,
        }
    }
}

/// With what the files of old Office programs begin.
const OLE_MAGIC: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Beginnings of files that are no exports.
const OTHERS: [(&[u8], &str, &str); 8] = [
    (
        b"\0\x01\0\0Standard Jet DB",
        "an Access database",
        "read it through [feed.database], or have it exported as text",
    ),
    (
        b"\0\x01\0\0Standard ACE DB",
        "an Access database",
        "read it through [feed.database], or have it exported as text",
    ),
    (
        b"SQLite format 3\0",
        "a SQLite database",
        "read it through [feed.database]",
    ),
    (b"%PDF", "a PDF document", EXPORT_AS),
    (b"{\\rtf", "a word processor's document", EXPORT_AS),
    (
        b"\x1F\x8B",
        "a gzip file",
        "have it zipped, or not packed at all",
    ),
    (
        b"Rar!",
        "a RAR file",
        "have it zipped, or not packed at all",
    ),
    (
        b"7z\xBC\xAF",
        "a 7z file",
        "have it zipped, or not packed at all",
    ),
];

const EXPORT_AS: &str = "have it exported as CSV, Excel, JSON or XML";

/// Looks at bytes; `None` where only their text can show what it is.
pub(super) fn of_bytes(bytes: &[u8]) -> Option<Looks> {
    let other = OTHERS.iter().find(|(magic, ..)| bytes.starts_with(magic));
    if let Some((_, name, advice)) = other {
        return Some(Looks::Other(name, advice));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Some(if zipped::is_workbook(bytes) {
            Looks::Like(Format::Xlsx)
        } else {
            Looks::Zip
        });
    }
    if bytes.starts_with(OLE_MAGIC) {
        return Some(of_ole(bytes));
    }
    is_dbf(bytes).then_some(Looks::Like(Format::Dbf))
}

/// Looks at a decoded text.
pub(super) fn of_text(text: &str) -> Looks {
    let start = text.trim_start();
    let head: String = start
        .chars()
        .take(2000)
        .flat_map(char::to_lowercase)
        .collect();
    if head.starts_with('<') {
        let tags = ["<html", "<!doctype html", "<table", "<body", "<head"];
        // What says that it is XML may have a table of its own.
        let sure = if head.starts_with("<?xml") {
            2
        } else {
            tags.len()
        };
        let is_page = tags.iter().take(sure).any(|tag| head.contains(tag));
        return Looks::Like(if is_page { Format::Html } else { Format::Xml });
    }
    if head.starts_with("begin:vcalendar") {
        return Looks::Like(Format::Calendar);
    }
    let mut characters = head.chars().filter(|c| !c.is_whitespace());
    match (characters.next(), characters.next()) {
        (Some('{'), Some('"' | '}') | None) | (Some('['), Some('{' | '[' | ']') | None) => {
            Looks::Like(Format::Json)
        }
        _ if is_binary(&head) => Looks::Other("a binary file of no known kind", EXPORT_AS),
        _ => Looks::Plain,
    }
}

fn is_binary(head: &str) -> bool {
    let strange = head
        .chars()
        .filter(|c| c.is_control() && !c.is_whitespace())
        .count();
    strange * 20 > head.chars().count()
}

fn of_ole(bytes: &[u8]) -> Looks {
    let holds = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(wide.len()).any(|window| window == wide)
    };
    if holds("EncryptedPackage") {
        return Looks::Other(
            "an Excel workbook with a password",
            "have it saved without one",
        );
    }
    if holds("Workbook") || holds("Book") {
        return Looks::Like(Format::Xls);
    }
    Looks::Other("an old Office document", EXPORT_AS)
}

/// Says whether bytes begin as a dBase table: a version, a day, and fields that end with a mark.
fn is_dbf(bytes: &[u8]) -> bool {
    let [
        version,
        _,
        month,
        day,
        _,
        _,
        _,
        _,
        low,
        high,
        _,
        _,
        0,
        0,
        ..,
    ] = bytes
    else {
        return false;
    };
    let is_version = matches!(
        version,
        0x02 | 0x03
            | 0x04
            | 0x05
            | 0x30
            | 0x31
            | 0x32
            | 0x43
            | 0x63
            | 0x83
            | 0x8B
            | 0xCB
            | 0xF5
            | 0xFB
    );
    let header = usize::from(u16::from_le_bytes([*low, *high]));
    is_version && *month <= 12 && *day <= 31 && header > 32
}
