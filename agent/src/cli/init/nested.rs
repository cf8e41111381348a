//! Where the rows of XML, or of JSON under keys, stand: as somebody said, or as it looks.

use anyhow::{Context as _, ensure};

use super::sniff::{BY_HAND, Laid};
use crate::format::layout::{Format, Layout};
use crate::format::outline::Outline;
use crate::mapping::guess::Told;
use crate::mapping::guess::rows::{charges, choose};

/// What is said of where the charges of a row stand.
const CHARGES: &str = "each of them a charge of the row, with a value of its own in each column";

/// A nested document, and where its rows stand.
pub(super) struct Nested {
    format: Format,
    path: Vec<String>,
    rows: Told<String>,
    /// Where the charges of a row stand, if it lists them.
    charges: Option<String>,
}

impl Nested {
    /// Finds the rows; `None` for an array at the top without charges, which needs no path.
    pub(super) fn of(outline: &Outline, said: Option<&str>) -> anyhow::Result<Option<Self>> {
        let separator = separator(outline.format);
        let Some(said) = said else {
            let (place, told) = choose(&outline.places).context(BY_HAND)?;
            let rows = Told {
                value: place.path.join(separator),
                is_sure: told.is_sure,
                why: told.why,
            };
            return Ok(Self::at(outline, place.path, rows));
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
        Ok(Self::at(outline, path, rows))
    }

    fn at(outline: &Outline, path: Vec<String>, rows: Told<String>) -> Option<Self> {
        let format = outline.format;
        let places = outline.places.iter().chain(&outline.within);
        let charges = charges(places, &path).map(|path| path.join(separator(format)));
        let is_nested = !path.is_empty() || charges.is_some();
        is_nested.then_some(Self {
            format,
            path,
            rows,
            charges,
        })
    }

    /// Declares them, for the reader and in a profile.
    pub(super) fn lay(self, file: &mut Layout) -> Laid {
        let is_at_top = self.path.is_empty();
        let (table, key, of_charges) = if self.format == Format::Xml {
            file.xml_row = self.path;
            ("[xml]", "row", "charge")
        } else {
            file.json_rows = self.path;
            ("[json]", "rows", "charges")
        };
        file.formats = vec![self.format];
        file.charges.clone_from(&self.charges);
        let mark = if self.rows.is_sure { "" } else { "? " };
        let value = toml::Value::String(self.rows.value.clone());
        let mut tables = vec![format!("\n{table}")];
        if !is_at_top {
            tables.push(format!("{key} = {value}    # {mark}{}", self.rows.why));
        }
        if let Some(charges) = self.charges {
            let charges = toml::Value::String(charges);
            tables.push(format!("{of_charges} = {charges}    # {CHARGES}"));
        }
        Laid {
            format: file.declared(),
            settings: vec![format!("format = \"{}\"", self.format.name())],
            tables,
            rows: (!is_at_top).then_some(self.rows),
        }
    }
}

/// Returns what stands between the names of a path.
const fn separator(format: Format) -> &'static str {
    match format {
        Format::Xml => "/",
        Format::Csv
        | Format::Fixed
        | Format::Json
        | Format::JsonLines
        | Format::Xlsx
        | Format::Xls
        | Format::Html
        | Format::Dbf
        | Format::Calendar => ".",
    }
}
