//! Fixed width: each column at its place of a line, counted in characters.

use super::csv::CsvError;
use super::error::FormatError;
use super::layout::{Format, HeaderRule, Layout};
use super::packed::Packed;

/// Reads a text; its header, if it has one, is passed over.
pub(super) fn read(text: &str, layout: &Layout) -> Result<Packed, FormatError> {
    if layout.csv.final_newline_required && !text.ends_with('\n') {
        return Err(CsvError::Unterminated.into());
    }
    let first = match layout.header {
        Some(HeaderRule::At(line)) => line + 1,
        Some(HeaderRule::Find) | None => 1,
    };
    let names: Vec<String> = layout
        .fixed
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let mut packed = Packed::with_header(&layout.wanted, &names)?;
    // The shortest that a line can be and still hold something of its last column is not known: blanks
    // at the end are often left out. A line that ends before the second column is none of this layout.
    let shortest = layout.fixed.iter().map(|column| column.skip).nth(1);
    for (number, line) in (1..).zip(text.lines()) {
        if number < first || line.trim().is_empty() {
            continue;
        }
        let characters = line.chars().count();
        if shortest.is_some_and(|shortest| characters <= shortest) {
            let reason = "the line ends before its second column";
            return Err(FormatError::malformed(
                Format::Fixed.place(),
                number,
                reason,
            ));
        }
        for (place, column) in layout.fixed.iter().enumerate() {
            packed.put(place, cut(line, column.skip, column.length));
        }
        packed.end_row(number)?;
    }
    packed.finish(layout, "no line below the header")
}

fn cut(line: &str, skip: usize, length: usize) -> &str {
    let place = |characters: usize| {
        line.char_indices()
            .nth(characters)
            .map_or(line.len(), |(place, _)| place)
    };
    let (start, end) = if line.is_ascii() {
        (
            skip.min(line.len()),
            skip.saturating_add(length).min(line.len()),
        )
    } else {
        (place(skip), place(skip.saturating_add(length)))
    };
    line.get(start..end).unwrap_or_default()
}
