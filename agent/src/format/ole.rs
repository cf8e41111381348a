//! The container of old Office files, only as far as is needed to see that one is whole: a library
//! that reads its sectors takes missing ones for empty.

use super::error::FormatError;
use super::layout::Place;

const HEADER_BYTES: usize = 512;

/// Numbers from here on are no sectors but marks.
const MARKS: u32 = 0xFFFF_FFFA;

/// The mark of a sector that is not used.
const FREE: u32 = 0xFFFF_FFFF;

/// Entries of the table of tables within the header.
const TABLES_IN_HEADER: usize = 109;

/// Bytes of an entry of the directory.
const ENTRY_BYTES: usize = 128;

/// Streams that are shorter than this lie elsewhere; a workbook never is.
const STREAM_BYTES_MIN: usize = 4096;

/// Checks that every sector that is in use is there, and returns the workbook's streams.
pub(super) fn workbooks(bytes: &[u8]) -> Result<Vec<Vec<u8>>, FormatError> {
    let sectors = Sectors::read(bytes)?;
    let directory = sectors.chain(word(sectors.head, 48).unwrap_or(FREE))?;
    let mut streams = Vec::new();
    for entry in directory.chunks(ENTRY_BYTES) {
        let name = entry.get(..64).unwrap_or_default();
        let (units, _) = name.as_chunks::<2>();
        let name: String = units
            .iter()
            .map(|unit| u16::from_le_bytes(*unit))
            .take_while(|unit| *unit != 0)
            .map(|unit| char::from_u32(u32::from(unit)).unwrap_or_default())
            .collect();
        if !name.eq_ignore_ascii_case("Workbook") && !name.eq_ignore_ascii_case("Book") {
            continue;
        }
        let start = word(entry, 116).unwrap_or(FREE);
        let length = word(entry, 120).and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length >= STREAM_BYTES_MIN);
        let mut stream = sectors.chain(start)?;
        let Some(length) = length.filter(|length| *length <= stream.len()) else {
            return Err(cut());
        };
        stream.truncate(length);
        streams.push(stream);
    }
    Ok(streams)
}

fn cut() -> FormatError {
    FormatError::cut("the workbook is shorter than its own table of contents says")
}

/// The sectors of a file, and which follows which.
struct Sectors<'a> {
    bytes: &'a [u8],
    head: &'a [u8],
    size: usize,
    next: Vec<u32>,
}

impl<'a> Sectors<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let head = bytes.get(..HEADER_BYTES).ok_or_else(cut)?;
        let shift = head.get(30).copied().unwrap_or_default();
        if !matches!(shift, 9 | 12) {
            let reason = "the workbook's sectors have no usual size";
            return Err(FormatError::malformed(Place::Row, 0, reason));
        }
        let mut sectors = Self {
            bytes,
            head,
            size: 1 << shift,
            next: Vec::new(),
        };
        for table in sectors.tables()? {
            let entries = words(sectors.sector(table).ok_or_else(cut)?);
            sectors.next.extend(entries);
        }
        let used_last = sectors.next.iter().rposition(|entry| *entry != FREE);
        let used_last = used_last.and_then(|last| u32::try_from(last).ok());
        if used_last.is_none_or(|last| sectors.sector(last).is_none()) {
            return Err(cut());
        }
        Ok(sectors)
    }

    /// Returns the sectors that say which follows which.
    fn tables(&self) -> Result<Vec<u32>, FormatError> {
        let in_header = words(self.head.get(76..).unwrap_or_default());
        let mut tables: Vec<u32> = in_header
            .take(TABLES_IN_HEADER)
            .filter(|table| *table < MARKS)
            .collect();
        let mut next = word(self.head, 68).unwrap_or(FREE);
        let mut left = self.bytes.len() / self.size;
        while next < MARKS {
            let more: Vec<u32> = words(self.sector(next).ok_or_else(cut)?).collect();
            let (following, more) = more.split_last().ok_or_else(cut)?;
            tables.extend(more.iter().filter(|table| **table < MARKS));
            next = *following;
            left = left.checked_sub(1).ok_or_else(cut)?;
        }
        if tables.len() > self.bytes.len() / self.size {
            return Err(cut());
        }
        Ok(tables)
    }

    fn sector(&self, number: u32) -> Option<&'a [u8]> {
        let number = usize::try_from(number).ok()?;
        let start = number.checked_add(1)?.checked_mul(self.size)?;
        self.bytes.get(start..start.checked_add(self.size)?)
    }

    /// Returns the content of a chain of sectors.
    fn chain(&self, start: u32) -> Result<Vec<u8>, FormatError> {
        let mut content = Vec::new();
        let mut next = start;
        while next < MARKS {
            if content.len() > self.bytes.len() {
                return Err(cut());
            }
            content.extend_from_slice(self.sector(next).ok_or_else(cut)?);
            let following = usize::try_from(next).ok();
            let following = following.and_then(|place| self.next.get(place));
            next = *following.ok_or_else(cut)?;
        }
        Ok(content)
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word))
}

fn word(bytes: &[u8], start: usize) -> Option<u32> {
    words(bytes.get(start..start.checked_add(4)?)?).next()
}
