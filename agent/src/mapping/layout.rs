//! The part of a profile that says how a file is laid out: its format, its encoding, and where in it
//! the rows and their columns stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use toml::Spanned;

use super::document::{Aliases, FinalNewlineDocument};
use super::field::Field;
use crate::format::cells::column_key;
use crate::format::csv::CsvLayout;
use crate::format::encoding::Charset;
use crate::format::layout::{
    Choice, FixedColumn, Format, HeaderRule, Layout, RecordTypes, Wanted, is_of_charges,
};

/// The keys and tables of a profile that say how a file is laid out.
#[derive(Debug, Default)]
pub(super) struct LayoutDocument {
    pub(super) format: Option<Spanned<Aliases>>,
    pub(super) encoding: Option<Spanned<String>>,
    pub(super) header_row: Option<Spanned<NumberOrText>>,
    pub(super) trailer: Option<Spanned<String>>,
    pub(super) trailer_counts: bool,
    pub(super) csv: CsvDocument,
    pub(super) fixed: Option<Spanned<FixedDocument>>,
    pub(super) json: Option<Spanned<JsonDocument>>,
    pub(super) xml: Option<Spanned<XmlDocument>>,
    pub(super) excel: Option<Spanned<ExcelDocument>>,
    pub(super) html: Option<Spanned<HtmlDocument>>,
    pub(super) zip: Option<ZipDocument>,
}

/// `[csv]`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CsvDocument {
    delimiter: Option<Spanned<Aliases>>,
    final_newline: FinalNewlineDocument,
    columns: Vec<String>,
    type_cell: Option<Spanned<usize>>,
    columns_of: BTreeMap<String, Spanned<Vec<String>>>,
}

/// `[fixed_width]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FixedDocument {
    columns: BTreeMap<String, Spanned<FixedColumnDocument>>,
}

/// A column of `[fixed_width.columns]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FixedColumnDocument {
    start: usize,
    length: usize,
}

/// The fields of a charge; one of the first two says what it is.
pub(super) const OF_CHARGE: [Field; 5] = [
    Field::ChargeStatute,
    Field::ChargeText,
    Field::ChargeLevel,
    Field::Disposition,
    Field::DispositionAt,
];

/// `[json]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JsonDocument {
    #[serde(default)]
    rows: String,
    charges: Option<Spanned<String>>,
}

/// `[xml]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct XmlDocument {
    row: Spanned<String>,
    charge: Option<Spanned<String>>,
}

/// `[excel]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExcelDocument {
    sheet: Spanned<NumberOrText>,
}

/// `[html]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HtmlDocument {
    table: Option<Spanned<u64>>,
    heading: Option<String>,
}

/// `[zip]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ZipDocument {
    entry: String,
}

/// A number, counted from 1, or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NumberOrText {
    Number(u64),
    Text(String),
}

impl<'de> Deserialize<'de> for NumberOrText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrTextVisitor;

        impl Visitor<'_> for NumberOrTextVisitor {
            type Value = NumberOrText;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number from 1, or a text")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<NumberOrText, E> {
                u64::try_from(number)
                    .map(NumberOrText::Number)
                    .map_err(|_| E::custom("a number from 1"))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<NumberOrText, E> {
                Ok(NumberOrText::Number(number))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<NumberOrText, E> {
                Ok(NumberOrText::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(NumberOrTextVisitor)
    }
}

/// Where a setting is wrong, and what to write instead.
type Wrong = (Range<usize>, String);

impl LayoutDocument {
    /// Returns the declared formats.
    pub(super) fn formats(&self) -> Result<Vec<Format>, Wrong> {
        let Some(declared) = &self.format else {
            return Ok(vec![Format::Csv]);
        };
        let known = || {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            let message = format!(
                "format is one or a list of {}; a workbook may be either, as [\"xlsx\", \"xls\"]",
                names.join(", ")
            );
            (declared.span(), message)
        };
        let names = declared.get_ref().0.iter();
        let formats: Option<Vec<Format>> = names.map(|name| Format::parse(name)).collect();
        formats
            .filter(|formats| !formats.is_empty())
            .ok_or_else(known)
    }

    /// Checks everything, for the columns that the profile takes.
    pub(super) fn check(
        self,
        columns: &BTreeMap<Field, Vec<String>>,
        optional: &BTreeSet<Field>,
    ) -> Result<Layout, Wrong> {
        let formats = self.formats()?;
        self.check_sections(&formats)?;
        let [delimiter, delimiters @ ..] = &*delimiters(self.csv.delimiter.as_ref())? else {
            return Err((0..0, "[csv] delimiter names none".to_owned()));
        };
        let is_final_newline_required = self.csv.final_newline == FinalNewlineDocument::Required;
        let mut wanted = Wanted::default();
        for (field, names) in columns {
            wanted.add(names, !optional.contains(field));
            if OF_CHARGE.contains(field) {
                wanted.list(names);
            }
        }
        let charges = self.charges(columns)?;
        let html = self.html.map(Spanned::into_inner);
        Ok(Layout {
            csv: CsvLayout {
                delimiter: *delimiter,
                final_newline_required: is_final_newline_required,
            },
            delimiters: delimiters.to_vec(),
            charset: charset(self.encoding.as_ref())?,
            header: header(self.header_row.as_ref())?,
            trailer: self.trailer.map(Spanned::into_inner),
            trailer_counts: self.trailer_counts,
            types: self.csv.types()?,
            names: self.csv.columns,
            fixed: fixed(self.fixed.map(Spanned::into_inner))?,
            charges,
            json_rows: keys(self.json.map(|json| json.into_inner().rows)),
            xml_row: xml_row(self.xml.map(Spanned::into_inner))?,
            sheet: sheet(self.excel.map(|excel| excel.into_inner().sheet)),
            table: table(html)?,
            entry: self.zip.map(|zip| zip.entry),
            formats,
            wanted,
            may_be_empty: false,
        })
    }

    /// Returns where the charges of a row stand, as their columns are named, and where it is said.
    pub(super) fn charges_said(&self) -> Option<(String, Range<usize>)> {
        let json = self
            .json
            .as_ref()
            .and_then(|json| json.get_ref().charges.as_ref());
        let xml = self
            .xml
            .as_ref()
            .and_then(|xml| xml.get_ref().charge.as_ref());
        let of_json = json.map(|keys| (keys.get_ref().clone(), keys.span()));
        of_json.or_else(|| xml.map(|path| (local_path(path.get_ref()), path.span())))
    }

    /// Checks that the columns of charges stand in the charges of a row.
    fn charges(&self, columns: &BTreeMap<Field, Vec<String>>) -> Result<Option<String>, Wrong> {
        let Some((charges, span)) = self.charges_said() else {
            return Ok(None);
        };
        for field in OF_CHARGE {
            let mut names = columns.get(&field).into_iter().flatten();
            if let Some(name) = names.find(|name| !is_of_charges(&charges, name)) {
                let message = format!(
                    "{} is a charge's, and {name:?} does not stand in {charges:?}, where the charges of a row stand",
                    field.name()
                );
                return Err((span, message));
            }
        }
        if !OF_CHARGE
            .iter()
            .take(2)
            .any(|field| columns.contains_key(field))
        {
            let message = "a list of charges needs charge_text or charge_statute in [columns]";
            return Err((span, message.to_owned()));
        }
        Ok(Some(charges))
    }

    /// Checks that each section is of a declared format, and that those that are needed are there.
    fn check_sections(&self, formats: &[Format]) -> Result<(), Wrong> {
        let at = self.format.as_ref().map_or(0..0, Spanned::span);
        let given = [
            (
                self.fixed.as_ref().map(Spanned::span),
                "fixed_width",
                &[Format::Fixed][..],
            ),
            (
                self.json.as_ref().map(Spanned::span),
                "json",
                &[Format::Json, Format::JsonLines],
            ),
            (self.xml.as_ref().map(Spanned::span), "xml", &[Format::Xml]),
            (
                self.excel.as_ref().map(Spanned::span),
                "excel",
                &[Format::Xlsx, Format::Xls],
            ),
            (
                self.html.as_ref().map(Spanned::span),
                "html",
                &[Format::Html],
            ),
        ];
        for (span, name, own) in given {
            let is_declared = own.iter().any(|format| formats.contains(format));
            match span {
                Some(span) if !is_declared => {
                    let formats: Vec<&str> = own.iter().map(|format| format.name()).collect();
                    let message = format!(
                        "[{name}] is of no use here: format does not name {}",
                        formats.join(" or ")
                    );
                    return Err((span, message));
                }
                None if is_declared && matches!(name, "fixed_width" | "xml") => {
                    let message = if name == "xml" {
                        "format xml needs [xml] row: the elements from the root to a row, such as \
                         \"BookingExchange/Booking\""
                    } else {
                        "format fixed needs [fixed_width.columns]: each column as \
                         booking_no = { start = 1, length = 10 }"
                    };
                    return Err((at, message.to_owned()));
                }
                Some(_) | None => {}
            }
        }
        if self.trailer_counts && self.trailer.is_none() {
            let message = "trailer_counts needs trailer: with what the last line begins";
            return Err((0..0, message.to_owned()));
        }
        match &self.header_row {
            Some(row) if !self.csv.columns.is_empty() || self.csv.type_cell.is_some() => {
                let message = "a file whose columns [csv] names has no header";
                Err((row.span(), message.to_owned()))
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl CsvDocument {
    /// Checks `type_cell` and `columns_of`, which belong together.
    fn types(&self) -> Result<Option<RecordTypes>, Wrong> {
        let Some(cell) = &self.type_cell else {
            return match self.columns_of.values().next() {
                None => Ok(None),
                Some(names) => {
                    let message =
                        "columns_of needs type_cell: which cell says the type, counted from 1";
                    Err((names.span(), message.to_owned()))
                }
            };
        };
        let refuse = |message: &str| Err((cell.span(), message.to_owned()));
        let Some(place) = cell.get_ref().checked_sub(1) else {
            return refuse("type_cell is counted from 1");
        };
        if !self.columns.is_empty() {
            return refuse(
                "columns names the cells of every line, columns_of those of each type: not both",
            );
        }
        let named: Vec<_> = self
            .columns_of
            .values()
            .filter(|names| !names.get_ref().is_empty())
            .collect();
        let Some(column) = named.first().and_then(|names| names.get_ref().get(place)) else {
            return refuse(
                "type_cell needs [csv.columns_of] with the names of the cells of each type",
            );
        };
        for names in &named {
            let own = names.get_ref();
            if own.get(place) != Some(column) {
                let message = format!(
                    "cell {} says the type, and is called {column:?} in every list",
                    place + 1
                );
                return Err((names.span(), message));
            }
            let distinct: BTreeSet<String> = own.iter().map(|name| column_key(name)).collect();
            if distinct.len() < own.len() {
                let message = "two cells of one type have the same name".to_owned();
                return Err((names.span(), message));
            }
        }
        let columns = self.columns_of.iter();
        Ok(Some(RecordTypes {
            cell: place,
            column: column.clone(),
            columns: columns
                .map(|(word, names)| (word.trim().to_uppercase(), names.get_ref().clone()))
                .collect(),
        }))
    }
}

fn delimiters(declared: Option<&Spanned<Aliases>>) -> Result<Vec<u8>, Wrong> {
    let Some(declared) = declared else {
        return Ok(vec![b',']);
    };
    let single = |text: &String| match text.as_bytes() {
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Some(*byte),
        _ => None,
    };
    let delimiters: Option<Vec<u8>> = declared.get_ref().0.iter().map(single).collect();
    delimiters.filter(|all| !all.is_empty()).ok_or_else(|| {
        let message = "a delimiter is one character such as \",\", \";\", \"|\" or \"\\t\", or a \
                       list of such that are tried in order";
        (declared.span(), message.to_owned())
    })
}

fn charset(name: Option<&Spanned<String>>) -> Result<Option<Charset>, Wrong> {
    let Some(name) = name else { return Ok(None) };
    let charset = Charset::parse(name.get_ref()).ok_or_else(|| {
        let message = "encoding is utf-8, utf-16le, utf-16be, cp1252, cp437 or cp850";
        (name.span(), message.to_owned())
    })?;
    Ok(Some(charset))
}

fn header(row: Option<&Spanned<NumberOrText>>) -> Result<Option<HeaderRule>, Wrong> {
    let Some(row) = row else { return Ok(None) };
    match row.get_ref() {
        NumberOrText::Number(number) if *number > 0 => Ok(Some(HeaderRule::At(*number))),
        NumberOrText::Text(text) if text == "find" => Ok(Some(HeaderRule::Find)),
        NumberOrText::Number(_) | NumberOrText::Text(_) => {
            let message = "header_row is the number of the line or row of the header, counted \
                           from 1, or \"find\"";
            Err((row.span(), message.to_owned()))
        }
    }
}

fn fixed(document: Option<FixedDocument>) -> Result<Vec<FixedColumn>, Wrong> {
    let mut columns = Vec::new();
    for (name, column) in document.map_or_else(BTreeMap::new, |fixed| fixed.columns) {
        let span = column.span();
        let FixedColumnDocument { start, length } = column.into_inner();
        let (Some(skip), 1..) = (start.checked_sub(1), length) else {
            let message = "start counts characters from 1, and length is at least 1";
            return Err((span, message.to_owned()));
        };
        columns.push(FixedColumn { name, skip, length });
    }
    columns.sort_by_key(|column| column.skip);
    Ok(columns)
}

fn keys(rows: Option<String>) -> Vec<String> {
    let rows = rows.unwrap_or_default();
    let keys = rows.split('.').filter(|key| !key.is_empty());
    keys.map(str::to_owned).collect()
}

fn xml_row(document: Option<XmlDocument>) -> Result<Vec<String>, Wrong> {
    let Some(document) = document else {
        return Ok(Vec::new());
    };
    let path = local_path(document.row.get_ref());
    let names = path.split('/').filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    if names.is_empty() || names.iter().any(|name| name.starts_with('@')) {
        let message = "row names the elements from the root to a row, such as \
                       \"BookingExchange/Booking\"";
        return Err((document.row.span(), message.to_owned()));
    }
    Ok(names)
}

/// Writes a path of XML names without their namespaces' prefixes: those are free for every writer.
pub(super) fn local_path(path: &str) -> String {
    let local = |name: &str| {
        let (at, name) = match name.strip_prefix('@') {
            Some(name) => ("@", name),
            None => ("", name),
        };
        let name = name.rsplit(':').next().unwrap_or_default();
        format!("{at}{name}")
    };
    path.split('/').map(local).collect::<Vec<_>>().join("/")
}

fn choice(of: NumberOrText) -> Choice {
    match of {
        NumberOrText::Number(number) => Choice::Number(usize::try_from(number).unwrap_or(1)),
        NumberOrText::Text(text) => Choice::Named(text),
    }
}

fn sheet(sheet: Option<Spanned<NumberOrText>>) -> Choice {
    sheet.map_or(Choice::First, |sheet| choice(sheet.into_inner()))
}

fn table(document: Option<HtmlDocument>) -> Result<Choice, Wrong> {
    let Some(HtmlDocument { table, heading }) = document else {
        return Ok(Choice::First);
    };
    match (table, heading) {
        (Some(table), Some(_)) => {
            let message = "[html] names a table by its number or by the heading above it, not both";
            Err((table.span(), message.to_owned()))
        }
        (Some(table), None) => Ok(choice(NumberOrText::Number(table.into_inner()))),
        (None, Some(heading)) => Ok(Choice::Named(heading)),
        (None, None) => Ok(Choice::First),
    }
}
