//! Where the rows of XML, or of JSON under keys, stand: as somebody said, or as it looks.

use anyhow::{Context as _, ensure};

use super::sniff::{BY_HAND, Laid};
use crate::format::layout::{Format, Layout};
use crate::format::outline::Outline;
use crate::mapping::guess::Told;
use crate::mapping::guess::rows::choose;

/// A nested document, and where its rows stand.
pub(super) struct Nested {
    format: Format,
    path: Vec<String>,
    rows: Told<String>,
}

impl Nested {
    /// Finds the rows; `None` for an array at the top, which needs no path.
    pub(super) fn of(outline: &Outline, said: Option<&str>) -> anyhow::Result<Option<Self>> {
        let format = outline.format;
        let separator = if format == Format::Xml { "/" } else { "." };
        let Some(said) = said else {
            let (place, told) = choose(&outline.places).context(BY_HAND)?;
            let rows = Told {
                value: place.path.join(separator),
                is_sure: told.is_sure,
                why: told.why,
            };
            let path = place.path;
            let is_nested = !path.is_empty();
            return Ok(is_nested.then_some(Self { format, path, rows }));
        };
        let path: Vec<String> = said.split(separator).map(str::to_owned).collect();
        let able = outline.places.iter().filter(|place| place.parts > 1);
        let able: Vec<String> = able.map(|place| place.path.join(separator)).collect();
        ensure!(
            outline.places.iter().any(|place| place.path == path),
            "--rows: nothing stands at {said}. Rows may stand at: {}",
            able.join(", ")
        );
        let rows = Told {
            value: said.to_owned(),
            is_sure: true,
            why: "you said so".to_owned(),
        };
        Ok(Some(Self { format, path, rows }))
    }

    /// Declares them, for the reader and in a profile.
    pub(super) fn lay(self, file: &mut Layout) -> Laid {
        let (table, key) = if self.format == Format::Xml {
            file.xml_row = self.path;
            ("[xml]", "row")
        } else {
            file.json_rows = self.path;
            ("[json]", "rows")
        };
        file.formats = vec![self.format];
        let mark = if self.rows.is_sure { "" } else { "? " };
        let value = toml::Value::String(self.rows.value.clone());
        Laid {
            format: file.declared(),
            settings: vec![format!("format = \"{}\"", self.format.name())],
            tables: vec![
                format!("\n{table}"),
                format!("{key} = {value}    # {mark}{}", self.rows.why),
            ],
            rows: Some(self.rows),
        }
    }
}
