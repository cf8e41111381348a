//! Tables of dBase and its heirs (DBF): deleted records are nobody's, and the code page byte says how text is
//! encoded. Memos lie in another file and are no column.

use super::encoding::Charset;
use super::error::FormatError;
use super::layout::{Layout, Place};
use super::packed::Packed;

const HEADER_BYTES: usize = 32;
const DESCRIPTOR_BYTES: usize = 32;

/// What ends the descriptions of the fields.
const TERMINATOR: u8 = 0x0D;

/// The Julian day of the first of January 1970.
const JULIAN_DAY_OF_1970: i64 = 2_440_588;

struct Column {
    kind: u8,
    start: usize,
    length: usize,
    place: usize,
}

/// Reads a table.
pub(super) fn read(bytes: &[u8], layout: &Layout) -> Result<(Packed, Vec<String>), FormatError> {
    let header = Header::read(bytes)?;
    let mut remarks = Vec::new();
    let charset = layout.charset.or_else(|| code_page(header.code_page));
    let charset = charset.unwrap_or_else(|| {
        if header.code_page != 0 {
            remarks.push(format!(
                "the code page byte {:#04x} is not known: read as Windows-1252",
                header.code_page
            ));
        }
        Charset::Web(encoding_rs::WINDOWS_1252)
    });
    let mut packed = Packed::new(&layout.wanted);
    let columns = header.columns(bytes, &mut packed)?;
    let mut deleted: u64 = 0;
    for (number, record) in (1..).zip(header.records(bytes)?) {
        match record.first() {
            Some(b'*') => deleted += 1,
            Some(b' ') => {
                for column in &columns {
                    let end = column.start + column.length;
                    let cell = record.get(column.start..end).unwrap_or_default();
                    let value = value(column.kind, cell, charset);
                    packed.put(column.place, &value);
                }
                packed.end_row(number)?;
            }
            Some(_) | None => {
                let reason = "the deletion mark is neither blank nor *";
                return Err(FormatError::malformed(Place::Record, number, reason));
            }
        }
    }
    if deleted > 0 {
        remarks.push(format!("{deleted} deleted records were passed over"));
    }
    let frame = format!("{deleted} deleted records and no other");
    Ok((packed.finish(layout, &frame)?, remarks))
}

struct Header {
    records: usize,
    header_bytes: usize,
    record_bytes: usize,
    code_page: u8,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let cut = || FormatError::cut("the header of the table does not end");
        let head = bytes.get(..HEADER_BYTES).ok_or_else(cut)?;
        let header = Self {
            records: number(head, 4, 4).ok_or_else(cut)?,
            header_bytes: number(head, 8, 2).ok_or_else(cut)?,
            record_bytes: number(head, 10, 2).ok_or_else(cut)?,
            code_page: head.get(29).copied().unwrap_or_default(),
        };
        if header.header_bytes > bytes.len() {
            return Err(cut());
        }
        if header.record_bytes < 2 || header.header_bytes <= HEADER_BYTES {
            return Err(malformed("the header names no field"));
        }
        Ok(header)
    }

    fn columns(&self, bytes: &[u8], packed: &mut Packed) -> Result<Vec<Column>, FormatError> {
        let described = bytes
            .get(HEADER_BYTES..self.header_bytes)
            .unwrap_or_default();
        let mut columns = Vec::new();
        let mut start = 1;
        for field in described.chunks(DESCRIPTOR_BYTES) {
            if field.first() == Some(&TERMINATOR) {
                break;
            }
            let (name, kind) = (field.get(..11), field.get(11).copied());
            let (Some(name), Some(kind), Some(length)) = (name, kind, field.get(16)) else {
                return Err(malformed("the header does not end with its mark"));
            };
            let decimals = field.get(17).copied().unwrap_or_default();
            // Clipper keeps the upper byte of a long text field where others keep its decimals.
            let upper = if kind == b'C' { decimals } else { 0 };
            let length = usize::from(*length) + usize::from(upper) * 256;
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            let name = String::from_utf8_lossy(name).trim().to_owned();
            if is_read(kind) {
                columns.push(Column {
                    kind,
                    start,
                    length,
                    place: packed.column(&name)?,
                });
            }
            start += length;
        }
        if start != self.record_bytes {
            return Err(malformed("the fields are not as long as a record"));
        }
        Ok(columns)
    }

    /// Returns the records, if there are just as many as the header says.
    fn records<'a>(
        &self,
        bytes: &'a [u8],
    ) -> Result<impl Iterator<Item = &'a [u8]> + use<'a>, FormatError> {
        let body = bytes.get(self.header_bytes..).unwrap_or_default();
        let said = self.records.checked_mul(self.record_bytes);
        let Some(records) = said.and_then(|length| body.get(..length)) else {
            return Err(FormatError::cut(format!(
                "the header says {} records, and {} are there",
                self.records,
                body.len() / self.record_bytes
            )));
        };
        if body.len() - records.len() >= self.record_bytes {
            return Err(FormatError::cut(format!(
                "the header says {} records, and more are there",
                self.records
            )));
        }
        Ok(records.chunks(self.record_bytes))
    }
}

const fn malformed(reason: &'static str) -> FormatError {
    FormatError::malformed(Place::Record, 0, reason)
}

/// Reads a number of so many bytes, the lowest first.
fn number(bytes: &[u8], start: usize, length: usize) -> Option<usize> {
    let bytes = bytes.get(start..start + length)?;
    let digits = bytes.iter().rev();
    Some(digits.fold(0, |sum, byte| (sum << 8) | usize::from(*byte)))
}

/// Returns the code page that a table's header names, as far as they are met.
fn code_page(byte: u8) -> Option<Charset> {
    match byte {
        0x01 => Charset::parse("cp437"),
        0x02 => Charset::parse("cp850"),
        0x03 | 0x57 => Charset::parse("cp1252"),
        0xC8 => Some(Charset::Web(encoding_rs::WINDOWS_1250)),
        _ => None,
    }
}

/// Says whether a field's kind is read: a memo lies in another file.
const fn is_read(kind: u8) -> bool {
    matches!(
        kind,
        b'C' | b'N' | b'F' | b'D' | b'L' | b'I' | b'B' | b'Y' | b'T' | b'V'
    )
}

fn value(kind: u8, cell: &[u8], charset: Charset) -> String {
    let text = || {
        let (text, _) = charset.decode(cell);
        text.replace('\0', "").trim().to_owned()
    };
    let exact = || <[u8; 8]>::try_from(cell).ok();
    match kind {
        b'D' => iso_day(&text()),
        b'L' => match cell {
            b"T" | b"t" | b"Y" | b"y" => "true".to_owned(),
            b"F" | b"f" | b"N" | b"n" => "false".to_owned(),
            _ => String::new(),
        },
        b'I' => <[u8; 4]>::try_from(cell)
            .map_or_else(|_| text(), |bytes| i32::from_le_bytes(bytes).to_string()),
        b'B' => exact().map_or_else(text, |bytes| f64::from_le_bytes(bytes).to_string()),
        b'Y' => exact().map_or_else(text, |bytes| money(i64::from_le_bytes(bytes))),
        b'T' => exact().map_or_else(text, moment),
        _ => text(),
    }
}

fn iso_day(digits: &str) -> String {
    match (digits.get(..4), digits.get(4..6), digits.get(6..8)) {
        (Some(year), Some(month), Some(day)) if digits.len() == 8 => {
            format!("{year}-{month}-{day}")
        }
        _ => digits.to_owned(),
    }
}

fn money(ten_thousandths: i64) -> String {
    let sign = if ten_thousandths < 0 { "-" } else { "" };
    let amount = ten_thousandths.unsigned_abs();
    format!("{sign}{}.{:02}", amount / 10_000, amount % 10_000 / 100)
}

/// Writes a moment: a Julian day and the milliseconds of the day.
fn moment(bytes: [u8; 8]) -> String {
    let [a, b, c, d, e, f, g, h] = bytes;
    let day = i64::from(i32::from_le_bytes([a, b, c, d]));
    let milliseconds = i64::from(i32::from_le_bytes([e, f, g, h]));
    if day == 0 {
        return String::new();
    }
    let seconds = (day - JULIAN_DAY_OF_1970) * 86_400 + (milliseconds + 500) / 1000;
    let moment = jiff::Timestamp::from_second(seconds);
    moment.map_or_else(
        |_| String::new(),
        |moment| {
            let civil = jiff::tz::Offset::UTC.to_datetime(moment);
            civil.strftime("%Y-%m-%d %H:%M:%S").to_string()
        },
    )
}
