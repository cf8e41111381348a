//! What a command prints: a table for people, or JSON for programs, and errors with their causes.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use anyhow::Context as _;
use comfy_table::{ContentArrangement, Table, presets};
use savin_shared::pii::Pii;
use serde::Serialize;

/// Bytes of the longest line that anybody has to type.
const LINE_BYTES_MAX: u64 = 4_096;

/// Reads a line that must not stand on the command line, and asks for it where a person types.
pub(super) fn ask(question: &str) -> anyhow::Result<Pii<String>> {
    let input = io::stdin();
    if input.is_terminal() {
        write!(io::stderr().lock(), "{question}").context("failed to ask")?;
    }
    let mut line = String::new();
    input
        .lock()
        .take(LINE_BYTES_MAX)
        .read_line(&mut line)
        .context("failed to read standard input")?;
    Ok(Pii::new(line.trim().to_owned()))
}

/// How a command prints.
#[derive(Debug)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Says whether a program reads along.
    pub(super) const fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a line for people.
    pub(super) fn line(&self, text: &str) -> anyhow::Result<()> {
        writeln!(io::stdout().lock(), "{text}").context("failed to print")
    }

    /// Prints one value as a line of JSON.
    pub(super) fn object(&self, value: &impl Serialize) -> anyhow::Result<()> {
        let text = serde_json::to_string(value).context("failed to write JSON")?;
        self.line(&text)
    }

    /// Prints rows as a table under a header; nothing where there are none.
    pub(super) fn table(&self, header: &[&str], rows: Vec<Vec<String>>) -> anyhow::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut table = Table::new();
        table
            .load_preset(presets::UTF8_BORDERS_ONLY)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(header);
        table.add_rows(rows);
        self.line(&table.to_string())
    }

    /// Says on standard error how far a long command is.
    pub(super) fn progress(&self, text: &str) {
        // There is nobody left to tell when standard error is closed.
        let _closed = writeln!(io::stderr().lock(), "{text}");
    }

    /// Says what failed and why, on standard error.
    pub(super) fn complain(&self, error: &anyhow::Error) {
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        // There is nobody left to tell when standard error is closed.
        let _closed = if self.json {
            let value = serde_json::json!({ "error": causes.join(": ") });
            writeln!(io::stderr().lock(), "{value}")
        } else {
            writeln!(io::stderr().lock(), "savin-hub: {}", causes.join(": "))
        };
    }
}
