//! How an export is laid out, as a checked profile declares it.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::column_key;
use super::csv::CsvLayout;
use super::encoding::Charset;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Cells between delimiters.
    Csv,
    /// Cells at fixed places of a line.
    Fixed,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    JsonLines,
    /// XML.
    Xml,
    /// An Excel workbook of 2007 and later.
    Xlsx,
    /// An Excel workbook of 97 to 2003.
    Xls,
    /// A table of an HTML page.
    Html,
    /// A table of dBase or its heirs.
    Dbf,
    /// A calendar, as iCalendar.
    Calendar,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Csv,
        Self::Fixed,
        Self::Json,
        Self::JsonLines,
        Self::Xml,
        Self::Xlsx,
        Self::Xls,
        Self::Html,
        Self::Dbf,
        Self::Calendar,
    ];

    /// Returns the format's name in a profile.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Fixed => "fixed",
            Self::Json => "json",
            Self::JsonLines => "json-lines",
            Self::Xml => "xml",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Html => "html",
            Self::Dbf => "dbf",
            Self::Calendar => "icalendar",
        }
    }

    /// Returns the format of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Says whether dates and numbers have a type of their own in it, and are written as ISO here.
    #[must_use]
    pub const fn is_typed(self) -> bool {
        matches!(self, Self::Xlsx | Self::Xls | Self::Dbf | Self::Calendar)
    }

    /// Returns what a row's number counts.
    #[must_use]
    pub const fn place(self) -> Place {
        match self {
            Self::Csv | Self::Fixed | Self::JsonLines | Self::Xml | Self::Calendar => Place::Line,
            Self::Xlsx | Self::Xls | Self::Html => Place::Row,
            Self::Json => Place::Element,
            Self::Dbf => Place::Record,
        }
    }
}

/// What the number of a row counts, for messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Lines of a text.
    #[default]
    Line,
    /// Rows of a sheet or table, its header included.
    Row,
    /// Elements of an array.
    Element,
    /// Records of a file, deleted ones included.
    Record,
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Line => "line",
            Self::Row => "row",
            Self::Element => "element",
            Self::Record => "record",
        })
    }
}

/// Where the names of the columns stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderRule {
    /// In this line or row, counted from 1.
    At(u64),
    /// In the first that holds every column that the profile needs.
    Find,
}

/// Which sheet or table of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The first.
    First,
    /// The one of this number, counted from 1.
    Number(usize),
    /// The one of this name, or below a heading with this text.
    Named(String),
}

/// A column of a fixed-width file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedColumn {
    /// Its name.
    pub name: String,
    /// The characters before it.
    pub skip: usize,
    /// Its characters.
    pub length: usize,
}

/// Lines of several types in one text, each with columns of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordTypes {
    /// Which cell says the type, counted from 0.
    pub cell: usize,
    /// What that cell is called.
    pub column: String,
    /// The columns of each type, which is written in upper case; none where nothing else of such a line
    /// is looked at.
    pub columns: BTreeMap<String, Vec<String>>,
}

/// Says whether a path, as columns are named, leads to the charges of a row or into one, whatever the case of
/// its names.
#[must_use]
pub fn is_of_charges(charges: &str, path: &str) -> bool {
    let (head, rest) = path.split_at_checked(charges.len()).unwrap_or_default();
    let is_there = !charges.is_empty() && head.eq_ignore_ascii_case(charges);
    is_there && (rest.is_empty() || rest.starts_with(['.', '/']))
}

/// The columns that a profile takes, as they are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    taken: BTreeSet<String>,
    listed: BTreeSet<String>,
    required: Vec<Vec<String>>,
    is_everything: bool,
}

impl Wanted {
    /// Takes every column: for a file to which a profile is only being written.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            is_everything: true,
            ..Self::default()
        }
    }

    /// Adds a field's column with all its names.
    pub fn add(&mut self, names: &[String], is_required: bool) {
        let keys: Vec<String> = names.iter().map(|name| column_key(name)).collect();
        self.taken.extend(keys.iter().cloned());
        if is_required {
            self.required.push(keys);
        }
    }

    /// Adds names of columns that have a value for each charge of a row.
    pub fn list(&mut self, names: &[String]) {
        self.listed
            .extend(names.iter().map(|name| column_key(name)));
    }

    /// Says whether a column that stands in charges has a value for each, instead of one for all of them.
    #[must_use]
    pub fn lists(&self, name: &str) -> bool {
        self.is_everything || self.listed.contains(&column_key(name))
    }

    /// Returns a name of each column that is needed, as they are compared.
    pub fn needed(&self) -> impl Iterator<Item = &str> {
        let names = self.required.iter();
        names.filter_map(|names| names.first().map(String::as_str))
    }

    /// Says whether anything is taken from a column.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        self.is_everything || self.taken.contains(&column_key(name))
    }

    /// Says whether a row holds every column that is needed.
    pub fn is_header<'a>(&self, cells: impl Iterator<Item = &'a str>) -> bool {
        let mut keys: BTreeSet<String> = cells.map(column_key).collect();
        if self.is_everything {
            // A title stands in a row of its own.
            keys.remove("");
            return keys.len() > 1;
        }
        !self.required.is_empty()
            && self
                .required
                .iter()
                .all(|names| names.iter().any(|name| keys.contains(name)))
    }
}

/// How an export is laid out.
#[derive(Debug, Clone)]
pub struct Layout {
    /// What it may be; the content decides between several.
    pub formats: Vec<Format>,
    /// How its text is encoded; a byte order mark wins over it.
    pub charset: Option<Charset>,
    /// Which entry of a zipped file, with `*` and `?`.
    pub entry: Option<String>,
    /// Where the header stands; `None` is the usual place of the format.
    pub header: Option<HeaderRule>,
    /// With what the last line of a whole file begins.
    pub trailer: Option<String>,
    /// Whether that line holds the number of rows.
    pub trailer_counts: bool,
    /// `[csv]`.
    pub csv: CsvLayout,
    /// Other delimiters, tried in order where the header does not hold the first.
    pub delimiters: Vec<u8>,
    /// Names of the columns of a file without a header.
    pub names: Vec<String>,
    /// `[csv.columns_of]`: names of the columns of each type of line.
    pub types: Option<RecordTypes>,
    /// `[fixed_width.columns]`.
    pub fixed: Vec<FixedColumn>,
    /// The keys from the top of a JSON document to the array of rows.
    pub json_rows: Vec<String>,
    /// The local names of the elements from the root of an XML document to a row.
    pub xml_row: Vec<String>,
    /// Where the charges of a row of JSON or XML stand, each an element of its own: the beginning of the
    /// names of their columns.
    pub charges: Option<String>,
    /// Which sheet.
    pub sheet: Choice,
    /// Which table.
    pub table: Choice,
    /// The columns that the profile takes.
    pub wanted: Wanted,
    /// Whether a whole file that holds no row is as it should be. A jail is never empty; a court's
    /// calendar may be.
    pub may_be_empty: bool,
}

impl Layout {
    /// A plain CSV file.
    #[must_use]
    pub fn csv(csv: CsvLayout) -> Self {
        Self {
            formats: vec![Format::Csv],
            charset: None,
            entry: None,
            header: None,
            trailer: None,
            trailer_counts: false,
            csv,
            delimiters: Vec::new(),
            names: Vec::new(),
            types: None,
            fixed: Vec::new(),
            json_rows: Vec::new(),
            xml_row: Vec::new(),
            charges: None,
            sheet: Choice::First,
            table: Choice::First,
            wanted: Wanted::default(),
            may_be_empty: false,
        }
    }

    /// Says whether a format is declared.
    #[must_use]
    pub fn allows(&self, format: Format) -> bool {
        self.formats.contains(&format)
    }

    /// Writes the declared formats as a person would.
    #[must_use]
    pub fn declared(&self) -> String {
        let names: Vec<&str> = self.formats.iter().map(|format| format.name()).collect();
        names.join(" or ")
    }
}
