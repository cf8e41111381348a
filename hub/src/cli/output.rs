//! What a command prints: a table for people, or JSON for programs, and errors with their causes.

use std::io::{self, Write as _};

use anyhow::Context as _;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

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
