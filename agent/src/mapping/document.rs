//! A profile as it is written in TOML, before it is checked. Unknown keys are errors.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use toml::Spanned;

use super::example::ExampleDocument;
use super::field::ColumnsDocument;
use super::layout::{
    CsvDocument, ExcelDocument, FixedDocument, HtmlDocument, JsonDocument, LayoutDocument,
    NumberOrText, XmlDocument, ZipDocument,
};

/// The whole document.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileDocument {
    pub(super) name: String,
    pub(super) kind: Spanned<String>,
    pub(super) mode: ModeDocument,
    pub(super) zone: Spanned<String>,
    #[serde(default)]
    pub(super) times: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) export_date: Option<Aliases>,
    #[serde(default)]
    pub(super) key: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) optional: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) never: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) null: Vec<String>,
    #[serde(default)]
    pub(super) listed: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) sealed: Vec<String>,
    #[serde(default)]
    pub(super) name_layout: NameLayoutDocument,
    #[serde(default)]
    pub(super) one_row_per: Option<Spanned<RowsDocument>>,
    #[serde(default)]
    pub(super) charge_separator: Option<Spanned<String>>,
    #[serde(default)]
    format: Option<Spanned<Aliases>>,
    #[serde(default)]
    encoding: Option<Spanned<String>>,
    #[serde(default)]
    header_row: Option<Spanned<NumberOrText>>,
    #[serde(default)]
    trailer: Option<Spanned<String>>,
    #[serde(default)]
    trailer_counts: bool,
    #[serde(default)]
    csv: CsvDocument,
    #[serde(default)]
    fixed_width: Option<Spanned<FixedDocument>>,
    #[serde(default)]
    json: Option<Spanned<JsonDocument>>,
    #[serde(default)]
    xml: Option<Spanned<XmlDocument>>,
    #[serde(default)]
    excel: Option<Spanned<ExcelDocument>>,
    #[serde(default)]
    html: Option<Spanned<HtmlDocument>>,
    #[serde(default)]
    zip: Option<ZipDocument>,
    pub(super) columns: ColumnsDocument,
    #[serde(default)]
    pub(super) fixed: ValueTable,
    #[serde(default)]
    pub(super) null_of: BTreeMap<String, Spanned<Vec<String>>>,
    #[serde(default)]
    pub(super) times_of: BTreeMap<String, Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) juvenile: JuvenileDocument,
    #[serde(default)]
    pub(super) values: ValuesDocument,
    #[serde(default)]
    pub(super) status_in: BTreeMap<String, ValueTable>,
    #[serde(default)]
    pub(super) example: Vec<Spanned<ExampleDocument>>,
}

/// `[juvenile]`: whose rows are withheld for their age.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct JuvenileDocument {
    pub(super) words: Vec<String>,
    pub(super) under: Option<Spanned<u8>>,
}

impl ProfileDocument {
    /// Takes what says how a file is laid out.
    pub(super) fn take_layout(&mut self) -> LayoutDocument {
        LayoutDocument {
            format: self.format.take(),
            encoding: self.encoding.take(),
            header_row: self.header_row.take(),
            trailer: self.trailer.take(),
            trailer_counts: self.trailer_counts,
            csv: std::mem::take(&mut self.csv),
            fixed: self.fixed_width.take(),
            json: self.json.take(),
            xml: self.xml.take(),
            excel: self.excel.take(),
            html: self.html.take(),
            zip: self.zip.take(),
        }
    }
}

/// `mode`: what an export holds.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ModeDocument {
    Roster,
    Transactions,
}

/// `name_layout`: how a whole name is written.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum NameLayoutDocument {
    #[default]
    LastFirst,
    FirstLast,
}

/// `one_row_per`: whether several rows can be one record.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RowsDocument {
    Record,
    Charge,
    Alias,
    Photo,
}

/// `final_newline`: whether a whole file always ends with a line break.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FinalNewlineDocument {
    #[default]
    Required,
    Optional,
}

/// A table from an agency's words to ours.
pub(super) type ValueTable = BTreeMap<String, Spanned<String>>;

/// `[values.*]`: what an agency's words mean.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ValuesDocument {
    pub(super) status: ValueTable,
    pub(super) release_reason: ValueTable,
    pub(super) disposition: ValueTable,
    pub(super) facility: ValueTable,
    pub(super) classification: ValueTable,
    pub(super) schedule: ValueTable,
    pub(super) service: ValueTable,
    pub(super) absconded: ValueTable,
    pub(super) compliant: ValueTable,
    pub(super) record_type: ValueTable,
}

/// A column's name, or several that it may have; or a format, or several that are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aliases(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Aliases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AliasesVisitor;

        impl<'de> Visitor<'de> for AliasesVisitor {
            type Value = Aliases;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("one text, or a list of texts that are tried in order")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Aliases, E> {
                Ok(Aliases(vec![name.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Aliases, A::Error> {
                let mut aliases = Vec::new();
                while let Some(name) = names.next_element()? {
                    aliases.push(name);
                }
                Ok(Aliases(aliases))
            }
        }

        deserializer.deserialize_any(AliasesVisitor)
    }
}
