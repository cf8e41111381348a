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

/// Checks that every sector that is in use is there.
pub(super) fn check(bytes: &[u8]) -> Result<(), FormatError> {
    let cut = || FormatError::cut("the workbook is shorter than its own table of contents says");
    let head = bytes.get(..HEADER_BYTES).ok_or_else(cut)?;
    let shift = head.get(30).copied().unwrap_or_default();
    if !matches!(shift, 9 | 12) {
        let reason = "the workbook's sectors have no usual size";
        return Err(FormatError::malformed(Place::Row, 0, reason));
    }
    let size = 1_usize << shift;
    let sector = |number: u32| {
        let number = usize::try_from(number).ok()?;
        let start = number.checked_add(1)?.checked_mul(size)?;
        bytes.get(start..start.checked_add(size)?)
    };
    let in_header = words(head.get(76..).unwrap_or_default());
    let mut tables: Vec<u32> = in_header
        .take(TABLES_IN_HEADER)
        .filter(|t| *t < MARKS)
        .collect();
    let mut next = word(head, 68).unwrap_or(FREE);
    let sectors = bytes.len() / size;
    while next < MARKS {
        let more: Vec<u32> = words(sector(next).ok_or_else(cut)?).collect();
        let (following, more) = more.split_last().ok_or_else(cut)?;
        tables.extend(more.iter().filter(|table| **table < MARKS));
        next = *following;
        if tables.len() > sectors {
            return Err(cut());
        }
    }
    let mut used_last = None;
    for (table, number) in tables.iter().enumerate() {
        let entries = words(sector(*number).ok_or_else(cut)?);
        let used = entries
            .enumerate()
            .filter(|(_, entry)| *entry != FREE)
            .last();
        if let Some((within, _)) = used {
            used_last = Some(table * (size / 4) + within);
        }
    }
    let used_last = used_last.and_then(|last| u32::try_from(last).ok());
    let is_whole = used_last.is_some_and(|last| sector(last).is_some());
    if is_whole { Ok(()) } else { Err(cut()) }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word))
}

fn word(bytes: &[u8], start: usize) -> Option<u32> {
    words(bytes.get(start..start.checked_add(4)?)?).next()
}
