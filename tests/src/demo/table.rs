//! What became of each change, as a table or as JSON.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use jiff::SignedDuration;
use serde_json::json;

use super::line;
use super::story::Passage;

/// Prints passages as a table.
pub(super) fn print(passages: &[Passage]) -> anyhow::Result<()> {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header([
            "what changed, and where",
            "event",
            "row seen",
            "hub durable",
            "notice sent",
            "to",
        ]);
    for passage in passages {
        let letter = passage.letter.as_ref();
        table.add_row([
            passage.change.to_owned(),
            passage.code.to_string(),
            millis(passage.after(passage.observed_at)),
            millis(passage.after(passage.received_at)),
            letter.map_or_else(
                || "nobody asked".to_owned(),
                |letter| millis(passage.after(letter.came_at)),
            ),
            letter.map(|letter| letter.to.clone()).unwrap_or_default(),
        ]);
    }
    for column in 2..=4 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    line(&table.to_string())?;
    line("Each time is counted from the moment at which the changed row was there to be seen.")
}

/// Prints each passage as a line of JSON.
pub(super) fn objects(passages: &[Passage]) -> anyhow::Result<()> {
    for passage in passages {
        let letter = passage.letter.as_ref();
        let object = json!({
            "change": passage.change,
            "event": passage.code.to_string(),
            "written_at": passage.written_at,
            "seen_ms": whole_millis(passage.after(passage.observed_at)),
            "durable_ms": whole_millis(passage.after(passage.received_at)),
            "sent_ms": letter.map(|letter| whole_millis(passage.after(letter.came_at))),
            "to": letter.map(|letter| &letter.to),
            "text": letter.map(|letter| &letter.text),
        });
        line(&object.to_string())?;
    }
    Ok(())
}

fn millis(duration: SignedDuration) -> String {
    format!("{} ms", whole_millis(duration))
}

fn whole_millis(duration: SignedDuration) -> i128 {
    duration.as_millis()
}
