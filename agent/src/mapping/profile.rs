//! A checked profile: how one source is laid out and what its columns and words mean.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::tz::TimeZone;
use savin_shared::record::RecordKind;
use savin_shared::record::custody::CustodyState;
use thiserror::Error;
use toml::Spanned;

use super::column::{ColumnDocument, Parts};
use super::dates::TimeReader;
use super::document::{ModeDocument, NameLayoutDocument, ProfileDocument, RowsDocument};
use super::example::Example;
use super::field::{ColumnsDocument, Field};
use super::layout::{OF_CHARGE, local_path};
use super::names::NameLayout;
use super::rules::Rules;
use super::values::Values;
use crate::format::cells::column_key;
use crate::format::layout::{Format, Layout};
use crate::format::packed::PLACE;

/// What an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Every open record each time: whoever is missing is no longer listed, and never released.
    Roster,
    /// What happened: whoever is missing is not spoken of.
    Transactions,
}

/// Whether several rows can be one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsPer {
    /// One row is one record.
    Record,
    /// One row is one charge, one alias or one photo, and rows of one booking are collapsed.
    Charge,
}

/// A checked profile.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name, for people.
    pub name: String,
    /// What kind of record its rows are.
    pub kind: RecordKind,
    /// What an export holds.
    pub mode: Mode,
    /// Whether several rows can be one record.
    pub rows_per: RowsPer,
    /// What stands between the charges that one cell lists; nothing where a row has one charge.
    pub charge_separator: Option<String>,
    /// How times are written, and in which zone.
    pub times: TimeReader,
    /// How the date of an export may be written in its file's name.
    pub export_date: Vec<String>,
    /// How a file is laid out.
    pub layout: Layout,
    /// The fields whose values together name a record.
    pub key: Vec<Field>,
    /// Each field that has columns, with all their names.
    pub columns: BTreeMap<Field, Vec<String>>,
    /// Of those, the fields that several columns fill together.
    pub parts: BTreeMap<Field, Parts>,
    /// Fields whose columns may be missing from an export.
    pub optional: BTreeSet<Field>,
    /// Columns that must never be taken, for the reader and for the check.
    pub never: Vec<String>,
    /// Words that mean that there is no value.
    pub nulls: NullWords,
    /// The state of whoever is listed, where no status says otherwise.
    pub listed: CustodyState,
    /// Words that mean that a row is sealed, in upper case; where there are none, every word is one
    /// but those for no.
    pub sealed: BTreeSet<String>,
    /// How a whole name is written.
    pub name_layout: NameLayout,
    /// What the agency's words mean.
    pub values: Values,
    /// Further rules.
    pub rules: Rules,
    /// Its own example rows.
    pub examples: Vec<Example>,
}

/// Words that mean that there is no value, unless a profile names its own.
const NULLS: [&str; 8] = ["", "NULL", "(NULL)", "N/A", "NONE", "NAN", "-", "//"];

/// Words that mean that a row is not sealed, unless a profile names those that do.
pub(super) const NOT_SEALED: [&str; 5] = ["N", "NO", "0", "FALSE", "F"];

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// Returns [`ProfileError`] with line, column and key for anything that is wrong in it.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let document: ProfileDocument =
            toml::from_str(text).map_err(|error| ProfileError::Syntax(error.to_string()))?;
        Checker { text }.check(document)
    }

    /// Says whether a field has a column or a fixed word.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.columns.contains_key(&field) || self.rules.fixed.contains_key(&field)
    }
}

/// Words that mean that there is no value, whatever their case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NullWords {
    upper: Vec<String>,
}

impl NullWords {
    pub(super) fn new(upper: BTreeSet<String>) -> Self {
        Self {
            upper: upper.into_iter().collect(),
        }
    }

    /// Says whether a text is one of them. Most have another length, which is cheapest to see.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        if text.is_ascii() {
            let mut words = self.upper.iter();
            return words.any(|word| word.len() == text.len() && word.eq_ignore_ascii_case(text));
        }
        self.upper.contains(&text.to_uppercase())
    }
}

/// Why a profile was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// It is not TOML, or has a key that no profile has.
    #[error("{0}")]
    Syntax(String),
    /// A value is not usable.
    #[error("line {line}, column {column}: {message}")]
    Value {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What is wrong, and what to write instead.
        message: String,
    },
}

struct Checker<'a> {
    text: &'a str,
}

impl Checker<'_> {
    fn check(&self, mut document: ProfileDocument) -> Result<Profile, ProfileError> {
        let kind = RecordKind::parse(document.kind.get_ref()).ok_or_else(|| {
            let kinds: Vec<_> = RecordKind::ALL.iter().map(|kind| kind.as_str()).collect();
            self.wrong(
                document.kind.span(),
                format!("kind is one of {}", kinds.join(", ")),
            )
        })?;
        let layout = document.take_layout();
        let wrong = |(span, message)| self.wrong(span, message);
        let formats = layout.formats().map_err(wrong)?;
        let (columns, parts) = columns(std::mem::take(&mut document.columns), &formats);
        self.check_never(&document.never, &columns)?;
        let optional: BTreeSet<Field> = self
            .fields(&document.optional, &columns)?
            .into_iter()
            .collect();
        let rows_per = rows_per(document.one_row_per.as_ref());
        let separator = document.charge_separator.as_ref();
        let nested = layout.charges_said().map(|(_, span)| span);
        let charge_separator =
            self.charge_separator((separator, nested), (&columns, &parts), &formats)?;
        let key = self.key(&document.key, &columns)?;
        let times = self.times(&document.zone, &document.times, &formats)?;
        let wrong = |(span, message)| self.wrong(span, message);
        let values = Values::check(&document.values).map_err(wrong)?;
        let rules = Rules::check(&mut document, times.zone(), &columns, &values).map_err(wrong)?;
        let examples = self.examples(&mut document, &columns)?;
        let mode = match document.mode {
            ModeDocument::Roster => Mode::Roster,
            ModeDocument::Transactions => Mode::Transactions,
        };
        Ok(Profile {
            kind,
            key,
            mode,
            rows_per,
            charge_separator,
            times,
            export_date: document
                .export_date
                .map_or_else(Vec::new, |formats| formats.0),
            layout: Layout {
                may_be_empty: kind != RecordKind::Custody || mode == Mode::Transactions,
                ..layout.check(&columns, &optional).map_err(wrong)?
            },
            optional,
            never: document
                .never
                .into_iter()
                .map(Spanned::into_inner)
                .collect(),
            nulls: NullWords::new(words(&document.null, &NULLS)),
            listed: self.listed(document.listed.as_ref())?,
            sealed: words(&document.sealed, &[]),
            name_layout: match document.name_layout {
                NameLayoutDocument::LastFirst => NameLayout::LastFirst,
                NameLayoutDocument::FirstLast => NameLayout::FirstLast,
            },
            values,
            rules,
            examples,
            name: document.name,
            columns,
            parts,
        })
    }

    /// Checks what stands between the charges that one cell lists.
    fn charge_separator(
        &self,
        (separator, nested): (Option<&Spanned<String>>, Option<Range<usize>>),
        (columns, parts): (&BTreeMap<Field, Vec<String>>, &BTreeMap<Field, Parts>),
        formats: &[Format],
    ) -> Result<Option<String>, ProfileError> {
        if let Some(span) = nested {
            if separator.is_none() && !is_of_parts(parts) {
                return Ok(Some(PLACE.to_string()));
            }
            let message = "each charge is an element with a value of its own in each column: no \
                           charge_separator, and no { first }, { join } or { date, time } of its fields";
            return Err(self.wrong(span, message.to_owned()));
        }
        let Some(separator) = separator else {
            return Ok(None);
        };
        let text = separator.get_ref();
        let is_nested =
            |format: &Format| matches!(format, Format::Json | Format::JsonLines | Format::Xml);
        let message = if text.trim_matches(' ').is_empty() || text.contains(char::is_alphanumeric) {
            "write what stands between two charges in one cell, such as \";\" or \"|\""
        } else if formats.iter().any(is_nested) {
            "in JSON and XML each charge is an element of its own: say where they stand in a row, as \
             charges = \"charges\" under [json] or charge = \"Charges/Charge\" under [xml]"
        } else if !OF_CHARGE
            .iter()
            .take(2)
            .any(|field| columns.contains_key(field))
        {
            "a list of charges needs charge_text or charge_statute in [columns]"
        } else if is_of_parts(parts) {
            "each list of charges stands in one column: no { first }, { join } or { date, time }"
        } else {
            return Ok(Some(text.clone()));
        };
        Err(self.wrong(separator.span(), message.to_owned()))
    }

    fn examples(
        &self,
        document: &mut ProfileDocument,
        columns: &BTreeMap<Field, Vec<String>>,
    ) -> Result<Vec<Example>, ProfileError> {
        let never = document.never.iter().map(Spanned::get_ref);
        let known: Vec<&String> = columns.values().flatten().chain(never).collect();
        std::mem::take(&mut document.example)
            .into_iter()
            .map(|example| {
                let line = self.line(example.span().start);
                Example::check(example.into_inner(), line, &known)
                    .map_err(|(span, message)| self.wrong(span, message))
            })
            .collect()
    }

    fn line(&self, byte: usize) -> usize {
        let before = self.text.get(..byte).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    fn check_never(
        &self,
        never: &[Spanned<String>],
        columns: &BTreeMap<Field, Vec<String>>,
    ) -> Result<(), ProfileError> {
        for column in never {
            let taken = columns.iter().find(|(_, names)| {
                names
                    .iter()
                    .any(|name| column_key(name) == column_key(column.get_ref()))
            });
            if let Some((field, _)) = taken {
                let message = format!(
                    "this column must never be taken, but [columns] {} takes it",
                    field.name()
                );
                return Err(self.wrong(column.span(), message));
            }
        }
        Ok(())
    }

    fn key(
        &self,
        key: &[Spanned<String>],
        columns: &BTreeMap<Field, Vec<String>>,
    ) -> Result<Vec<Field>, ProfileError> {
        let key = self.fields(key, columns)?;
        if !key.is_empty() {
            return Ok(key);
        }
        if columns.contains_key(&Field::RecordNumber) {
            return Ok(vec![Field::RecordNumber]);
        }
        let message = "no stable key: give [columns] record_number the column that holds the \
                       agency's number for the record, or name the fields that together make one, \
                       such as key = [\"person_number\", \"booked_at\"]. A source without a stable \
                       key cannot be used: two people could be taken for one";
        Err(self.wrong(0..0, message.to_owned()))
    }

    fn fields(
        &self,
        names: &[Spanned<String>],
        columns: &BTreeMap<Field, Vec<String>>,
    ) -> Result<Vec<Field>, ProfileError> {
        names
            .iter()
            .map(|name| {
                let field = Field::parse(name.get_ref())
                    .ok_or_else(|| self.wrong(name.span(), "no field has this name".to_owned()))?;
                if columns.contains_key(&field) {
                    return Ok(field);
                }
                Err(self.wrong(
                    name.span(),
                    "[columns] gives this field no column".to_owned(),
                ))
            })
            .collect()
    }

    fn times(
        &self,
        zone: &Spanned<String>,
        formats: &[Spanned<String>],
        files: &[Format],
    ) -> Result<TimeReader, ProfileError> {
        let zone = TimeZone::get(zone.get_ref()).map_err(|_| {
            let message = "no such time zone: Mississippi's is \"America/Chicago\"";
            self.wrong(zone.span(), message.to_owned())
        })?;
        for format in formats {
            if !TimeReader::is_format(format.get_ref()) {
                let message = "not a date format: write one such as \"%m/%d/%Y %H:%M\"";
                return Err(self.wrong(format.span(), message.to_owned()));
            }
        }
        let mut formats: Vec<String> = formats
            .iter()
            .map(|format| format.get_ref().clone())
            .collect();
        // A date that has a type of its own in the file is written in these, whatever is shown there.
        if !formats.is_empty() && files.iter().any(|file| file.is_typed()) {
            formats.extend(["%Y-%m-%d %H:%M:%S", "%Y-%m-%d"].map(str::to_owned));
        }
        Ok(TimeReader::new(zone, formats))
    }

    fn listed(&self, listed: Option<&Spanned<String>>) -> Result<CustodyState, ProfileError> {
        let Some(listed) = listed else {
            return Ok(CustodyState::InCustody);
        };
        CustodyState::parse(listed.get_ref())
            .filter(|state| !state.has_ended())
            .ok_or_else(|| {
                let message = "being listed can mean InCustody, OnLeave or Unknown, and never more";
                self.wrong(listed.span(), message.to_owned())
            })
    }

    fn wrong(&self, span: Range<usize>, message: String) -> ProfileError {
        let before = self.text.get(..span.start).unwrap_or_default();
        ProfileError::Value {
            line: self.line(span.start),
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
            message,
        }
    }
}

/// Takes each field's columns apart: all their names, and how several fill one field. Paths of XML have
/// no prefixes.
fn columns(
    document: ColumnsDocument,
    formats: &[Format],
) -> (BTreeMap<Field, Vec<String>>, BTreeMap<Field, Parts>) {
    let is_xml = formats.contains(&Format::Xml);
    let (mut columns, mut parts) = (BTreeMap::new(), BTreeMap::new());
    for (field, mut column) in document.into_fields() {
        if is_xml {
            column.rename(local_path);
        }
        columns.insert(field, column.names());
        if let ColumnDocument::Parts(several) = column {
            parts.insert(field, several);
        }
    }
    (columns, parts)
}

fn rows_per(rows: Option<&Spanned<RowsDocument>>) -> RowsPer {
    match rows.map(Spanned::get_ref) {
        None | Some(RowsDocument::Record) => RowsPer::Record,
        Some(RowsDocument::Charge | RowsDocument::Alias | RowsDocument::Photo) => RowsPer::Charge,
    }
}

fn words(own: &[String], default: &[&str]) -> BTreeSet<String> {
    let mut words: BTreeSet<String> = if own.is_empty() {
        default.iter().map(|word| (*word).to_owned()).collect()
    } else {
        own.iter().map(|word| word.trim().to_uppercase()).collect()
    };
    if default.contains(&"") {
        words.insert(String::new());
    }
    words
}

/// Says whether a field of charges is filled by several columns.
fn is_of_parts(parts: &BTreeMap<Field, Parts>) -> bool {
    OF_CHARGE.iter().any(|field| parts.contains_key(field))
}

#[cfg(test)]
mod tests {
    use super::{Mode, Profile, ProfileError};
    use crate::mapping::field::Field;

    const SMALL: &str = r#"
name = "small"
kind = "custody"
mode = "roster"
zone = "America/Chicago"
[columns]
record_number = ["Booking No", "BOOKNO"]
name = "Inmate Name"
"#;

    fn error(text: &str) -> String {
        Profile::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn reads_a_small_profile() {
        let profile = Profile::parse(SMALL).unwrap();
        assert_eq!(profile.mode, Mode::Roster);
        assert_eq!(profile.key, [Field::RecordNumber]);
        assert_eq!(
            profile.columns[&Field::RecordNumber],
            ["Booking No", "BOOKNO"]
        );
    }

    #[test]
    fn names_line_and_column_of_an_unknown_key() {
        let message = error(&SMALL.replace("name = \"Inmate Name\"", "nmae = \"Inmate Name\""));
        assert!(message.contains("line 8, column 1"), "{message}");
        assert!(message.contains("nmae"), "{message}");
    }

    #[test]
    fn names_line_and_column_of_a_wrong_value() {
        let wrong = |from: &str, to: &str| match Profile::parse(&SMALL.replace(from, to)) {
            Err(ProfileError::Value {
                line,
                column,
                message,
            }) => (line, column, message),
            other => panic!("{other:?}"),
        };
        let (line, column, message) = wrong("\"custody\"", "\"custard\"");
        assert_eq!((line, column), (3, 8));
        assert!(message.contains("court-event"), "{message}");
        assert_eq!(wrong("America/Chicago", "Mississippi").0, 5);
    }

    #[test]
    fn refuses_a_source_without_a_stable_key() {
        let message = error(&SMALL.replace("record_number = [\"Booking No\", \"BOOKNO\"]\n", ""));
        assert!(message.contains("no stable key"), "{message}");
    }

    #[test]
    fn refuses_to_take_what_must_never_be_taken() {
        let message = error(&SMALL.replace("mode =", "never = [\"INMATE_NAME\"]\nmode ="));
        assert!(message.contains("never be taken"), "{message}");
    }

    #[test]
    fn takes_a_list_of_charges_only_where_it_keeps_its_order() {
        let list = |separator: &str| {
            let setting = format!("charge_separator = \"{separator}\"\nmode =");
            SMALL.replace("mode =", &setting) + "charge_text = \"Charges\"\n"
        };
        let profile = Profile::parse(&list(";")).unwrap();
        assert_eq!(profile.charge_separator.as_deref(), Some(";"));
        for separator in ["", " ", "and"] {
            let message = error(&list(separator));
            assert!(message.contains("line 4, column 20"), "{message}");
            assert!(message.contains("between two charges"), "{message}");
        }
        let json = list(";").replace("mode =", "format = \"json\"\nmode =");
        assert!(error(&json).contains("charges = \"charges\" under [json]"));
        let none = list(";").replace("charge_text", "bond");
        assert!(error(&none).contains("needs charge_text"));
    }

    #[test]
    fn lets_no_listing_be_a_release() {
        let text = SMALL.replace("mode =", "listed = \"OutOfCustody(Bond)\"\nmode =");
        assert!(error(&text).contains("never more"));
    }
}
