//! The records of an old workbook, only as far as is needed to see that its sheets are of a usual
//! size: the library that reads them sets aside as much memory as they claim.

use super::error::FormatError;

/// Cells of the largest sheet, counted from corner to corner.
const CELLS_MAX: u64 = 2_000_000;

/// Sheets of the largest workbook.
const SHEETS_MAX: usize = 255;

const END: u16 = 0x000A;
const BEGIN: u16 = 0x0809;
const SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;

/// Records that hold a row of several cells.
const MANY_NUMBERS: u16 = 0x00BD;

/// Records that hold one cell.
const CELLS: [u16; 8] = [
    0x0006, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E,
];

/// Checks the sheets of a workbook's stream.
pub(super) fn check(stream: &[u8]) -> Result<(), FormatError> {
    let mut sheets = Vec::new();
    let mut corner = Corner::default();
    for (kind, data) in records(stream) {
        match kind {
            SHEET => sheets.extend(word(data, 0).zip(word(data, 2))),
            END => break,
            _ => {}
        }
    }
    if sheets.len() > SHEETS_MAX {
        return Err(too_large());
    }
    for (low, high) in sheets {
        let start = usize::from(low) | usize::from(high) << 16;
        let mut depth: usize = 0;
        for (kind, data) in records(stream.get(start..).unwrap_or_default()) {
            match kind {
                BEGIN => depth += 1,
                END if depth <= 1 => break,
                END => depth -= 1,
                _ => corner.see(kind, data)?,
            }
        }
        corner = Corner::default();
    }
    Ok(())
}

/// The furthest cell that a sheet claims.
#[derive(Default)]
struct Corner {
    rows: u64,
    columns: u64,
}

impl Corner {
    fn see(&mut self, kind: u16, data: &[u8]) -> Result<(), FormatError> {
        let (rows, columns) = if kind == DIMENSIONS {
            dimensions(data)
        } else if CELLS.contains(&kind) || kind == MANY_NUMBERS {
            let last = if kind == MANY_NUMBERS {
                data.len().saturating_sub(2)
            } else {
                2
            };
            let place = |at| word(data, at).map_or(0, |number| u64::from(number) + 1);
            (place(0), place(last).max(place(2)))
        } else {
            return Ok(());
        };
        self.rows = self.rows.max(rows);
        self.columns = self.columns.max(columns);
        if self.rows.saturating_mul(self.columns) > CELLS_MAX {
            return Err(too_large());
        }
        Ok(())
    }
}

/// Reads the claimed size: one past the last row and column. Older workbooks have shorter rows.
fn dimensions(data: &[u8]) -> (u64, u64) {
    let number = |at| word(data, at).map_or(0, u64::from);
    if data.len() >= 14 {
        (number(4) | number(6) << 16, number(10))
    } else {
        (number(2), number(6))
    }
}

fn too_large() -> FormatError {
    FormatError::TooLarge {
        what: format!("a sheet of the workbook claims more than {CELLS_MAX} cells"),
    }
}

/// Returns the records of a stream: the kind of each, and its data.
fn records(stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        let (kind, length) = (word(rest, 0)?, usize::from(word(rest, 2)?));
        let data = rest.get(4..4 + length)?;
        rest = rest.get(4 + length..)?;
        Some((kind, data))
    })
}

/// Reads a number of two bytes.
fn word(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    <[u8; 2]>::try_from(pair).ok().map(u16::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::check;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
    }

    /// A stream with one sheet that holds a record.
    fn stream(inner: &[u8]) -> Vec<u8> {
        let position = 4 + 8 + 4;
        let sheet = [&u32::to_le_bytes(position)[..], &[0; 4]].concat();
        [
            record(0x0085, &sheet),
            record(0x000A, &[]),
            record(0x0809, &[]),
            inner.to_vec(),
            record(0x000A, &[]),
        ]
        .concat()
    }

    #[test]
    fn refuses_a_sheet_that_claims_too_much() {
        let cell = |row: u16, column: u16| {
            let place = [row.to_le_bytes(), column.to_le_bytes(), [0; 2]].concat();
            check(&stream(&record(0x0203, &place)))
        };
        assert!(cell(60_000, 20).is_ok());
        assert!(cell(60_000, 60_000).is_err());
        let dimensions = |rows: u32, columns: u16| {
            let mut data = vec![0; 14];
            data[4..8].copy_from_slice(&rows.to_le_bytes());
            data[10..12].copy_from_slice(&columns.to_le_bytes());
            check(&stream(&record(0x0200, &data)))
        };
        assert!(dimensions(65_536, 20).is_ok());
        assert!(dimensions(u32::MAX, 20).is_err());
    }
}
