//! Text whose lines are of several types, each with columns of its own: one cell says which. Of a type that
//! is not declared, and of one whose columns are not named, nothing but that cell is looked at.

use super::csv::{CsvError, CsvLayout, CsvRows};
use super::error::FormatError;
use super::layout::{RecordTypes, Wanted};
use super::packed::Packed;

/// Reads a text.
pub(super) fn read(
    text: &str,
    csv: CsvLayout,
    types: &RecordTypes,
    wanted: &Wanted,
) -> Result<Packed, FormatError> {
    // Every column that a line could have is there, whichever lines this file holds.
    let mut packed = Packed::new(wanted);
    let own = packed.column(&types.column)?;
    for names in types.columns.values() {
        for name in names {
            packed.column(name)?;
        }
    }
    let mut rows = CsvRows::ragged(text, csv)?;
    let mut is_any_known = false;
    while let Some((line, cells)) = rows.next_row()? {
        let word = cells.get(types.cell).unwrap_or_default().trim();
        let names = types.columns.get(&word.to_uppercase());
        is_any_known |= names.is_some();
        match names.filter(|names| !names.is_empty()) {
            None => {
                packed.note_unread();
                packed.put(own, word);
            }
            Some(names) if names.len() == cells.len() => {
                for (name, cell) in names.iter().zip(cells) {
                    let place = packed.column(name)?;
                    packed.put(place, cell);
                }
            }
            Some(names) => {
                return Err(CsvError::Ragged {
                    line,
                    expected: names.len() as u64,
                    found: cells.len() as u64,
                }
                .into());
            }
        }
        packed.end_row(line)?;
    }
    if !is_any_known {
        return Err(FormatError::missing(format!(
            "no line is of a type that [csv.columns_of] names; cell {} of each says the type",
            types.cell + 1
        )));
    }
    Ok(packed)
}
