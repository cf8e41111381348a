//! The words for the rows, columns and values of the tables of rules, as a citizen reads them.

use savin_shared::event::EventCode;

use crate::notification::words::Argument;
use crate::web::page::Page;
use crate::work::versions::{Difference, How, TableName};

/// A row that differs.
#[derive(Debug)]
pub(super) struct Row {
    /// What it is about.
    pub(super) name: String,
    /// Whether that is a word of the table itself, which is English.
    pub(super) is_raw: bool,
    /// How it differs, a sentence each.
    pub(super) lines: Vec<String>,
}

/// The columns that hold text of the table itself, in English.
const FREE: [&str; 3] = ["why", "statute", "what"];

/// The columns that list events.
const EVENTS: [&str; 2] = ["starts", "ends"];

/// Says how a row differs.
pub(super) fn row(page: &Page, table: TableName, difference: &Difference) -> Row {
    let key = match table {
        TableName::Notification => format!("event-{}", difference.row),
        TableName::Clocks => format!("clock-{}", difference.row),
    };
    let is_raw = !page.words.has(&key);
    let name = match is_raw {
        true => difference.row.clone(),
        false => page.say(&key),
    };
    let lines = match &difference.how {
        How::Gone => vec![page.say("changes-gone")],
        How::New(cells) => std::iter::once(page.say("changes-new"))
            .chain(cells.iter().map(|cell| {
                let (column, value) = (name_of(page, &cell.column), value(page, cell_of(cell)));
                let values = [
                    ("column", Argument::Text(&column)),
                    ("value", Argument::Text(&value)),
                ];
                page.words.say_with("changes-is", &values)
            }))
            .collect(),
        How::Changed(moved) => moved
            .iter()
            .map(|one| {
                let column = name_of(page, &one.column);
                let before = value(page, (&one.column, &one.before));
                let after = value(page, (&one.column, &one.after));
                let values = [
                    ("column", Argument::Text(&column)),
                    ("before", Argument::Text(&before)),
                    ("after", Argument::Text(&after)),
                ];
                page.words.say_with("changes-was", &values)
            })
            .collect(),
    };
    Row {
        name,
        is_raw,
        lines,
    }
}

fn cell_of(cell: &crate::work::versions::Cell) -> (&str, &str) {
    (&cell.column, &cell.value)
}

fn name_of(page: &Page, column: &str) -> String {
    let key = format!("changes-column-{column}");
    match page.words.has(&key) {
        true => page.say(&key),
        false => column.to_owned(),
    }
}

/// Says what a cell holds.
fn value(page: &Page, (column, value): (&str, &str)) -> String {
    if value.is_empty() {
        return page.say("changes-nothing");
    }
    if FREE.contains(&column) {
        return value.to_owned();
    }
    if EVENTS.contains(&column) {
        let events = value
            .split_whitespace()
            .map(|word| match EventCode::parse(word) {
                Some(code) => page.say(&format!("event-{code}")),
                None => word.to_owned(),
            });
        return events.collect::<Vec<_>>().join("; ");
    }
    if column == "warn" {
        return span(page, value).unwrap_or_else(|| value.to_owned());
    }
    let key = format!("changes-value-{column}-{value}");
    match page.words.has(&key) {
        true => page.say(&key),
        false => value.to_owned(),
    }
}

/// Says a length such as `7d`, `2h` or `45m`.
fn span(page: &Page, text: &str) -> Option<String> {
    let unit = text.chars().next_back()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let key = match unit {
        'd' => "changes-days",
        'h' => "changes-hours",
        'm' => "changes-minutes",
        _ => return None,
    };
    let number = [("number", Argument::Number(number))];
    Some(page.words.say_with(key, &number))
}

#[cfg(test)]
mod tests {
    use super::{EVENTS, FREE};
    use crate::notification::words::{Language, Words};
    use crate::store::registry::rules;
    use crate::work::versions::{How, TableName, differences};

    /// What a table's cells may hold that no list of words bounds: numbers, and words of an agency.
    const OPEN: [&str; 4] = ["amount", "kind", "warn", "version"];

    #[test]
    fn has_words_for_every_row_column_and_value_that_ships() {
        for name in TableName::ALL {
            let shipped = rules::shipped(name);
            let header = shipped.lines().next().unwrap();
            for row in differences(header, shipped) {
                let key = match name {
                    TableName::Notification => format!("event-{}", row.row),
                    TableName::Clocks => format!("clock-{}", row.row),
                };
                let How::New(cells) = row.how else {
                    panic!("{} is not new", row.row)
                };
                let mut keys = vec![key];
                for cell in cells {
                    keys.push(format!("changes-column-{}", cell.column));
                    let column = cell.column.as_str();
                    let is_bounded = ![&FREE[..], &EVENTS, &OPEN]
                        .iter()
                        .any(|columns| columns.contains(&column));
                    if is_bounded && !cell.value.is_empty() {
                        keys.push(format!("changes-value-{column}-{}", cell.value));
                    }
                }
                for language in Language::ALL {
                    let words = Words::of(language);
                    for key in &keys {
                        assert!(words.has(key), "{key} in {language:?}");
                    }
                }
            }
        }
    }
}
