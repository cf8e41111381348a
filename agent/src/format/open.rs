//! From the bytes of an export to its rows: unpacked, looked at, decoded and read as what it is, if
//! the profile allows that.

use std::borrow::Cow;

use super::csv::{CsvError, CsvLayout, CsvRows};
use super::encoding::decode_as;
use super::error::FormatError;
use super::layout::{Format, HeaderRule, Layout, Place};
use super::packed::Packed;
use super::sniff::{self, Looks};
use super::{calendar, dbf, fixed, html, json, records, sheet, xml, zipped};

/// Lines among which a header is looked for.
const HEADER_LINES_MAX: usize = 50;

/// Delimiters that are looked for to say what is there instead.
const DELIMITERS: [u8; 4] = *b",;|\t";

/// The quotes of word processors, which some systems put around cells.
const CURLY: [char; 2] = ['\u{201C}', '\u{201D}'];

/// An export that has been looked at.
#[derive(Debug)]
pub struct Opened<'a> {
    inner: Inner<'a>,
    remarks: Vec<String>,
    place: Place,
}

#[derive(Debug)]
enum Inner<'a> {
    Text(CsvText<'a>),
    Packed(Box<Packed>),
}

#[derive(Debug)]
struct CsvText<'a> {
    layout: &'a Layout,
    text: Cow<'a, str>,
    delimiter: u8,
    /// Bytes and lines before the header.
    before: (usize, u64),
    /// What the trailer says how many rows there are, if it does.
    counts: Option<Vec<u64>>,
}

/// Reads an export as what it is, if the profile allows that.
///
/// # Errors
/// Returns [`FormatError`] for content that is something else, or not whole.
pub fn open<'a>(bytes: &'a [u8], layout: &'a Layout) -> Result<Opened<'a>, FormatError> {
    match sniff::of_bytes(bytes) {
        Some(Looks::Zip) => {
            let content = zipped::unpack(bytes, layout.entry.as_deref())?;
            match sniff::of_bytes(&content) {
                Some(Looks::Zip) => Err(FormatError::Unreadable {
                    found: "a zip file within a zip file",
                    advice: "have the export zipped once",
                }),
                looks => open_content(Cow::Owned(content), looks, layout),
            }
        }
        looks => open_content(Cow::Borrowed(bytes), looks, layout),
    }
}

fn open_content<'a>(
    bytes: Cow<'a, [u8]>,
    looks: Option<Looks>,
    layout: &'a Layout,
) -> Result<Opened<'a>, FormatError> {
    let Some(looks) = looks else {
        return open_text(bytes, layout);
    };
    let format = format(looks, "", layout)?;
    let (packed, remarks) = match format {
        Format::Xlsx | Format::Xls => sheet::read(&bytes, format, layout)?,
        Format::Dbf
        | Format::Csv
        | Format::Fixed
        | Format::Json
        | Format::JsonLines
        | Format::Xml
        | Format::Calendar
        | Format::Html => dbf::read(&bytes, layout)?,
    };
    Ok(Opened {
        inner: Inner::Packed(Box::new(packed)),
        remarks,
        place: format.place(),
    })
}

fn open_text<'a>(bytes: Cow<'a, [u8]>, layout: &'a Layout) -> Result<Opened<'a>, FormatError> {
    let (text, mut remarks) = match bytes {
        Cow::Borrowed(bytes) => decode(bytes, layout),
        Cow::Owned(bytes) => {
            let (text, remarks) = decode(&bytes, layout);
            (Cow::Owned(text.into_owned()), remarks)
        }
    };
    if text.trim().is_empty() {
        return Err(CsvError::Empty.into());
    }
    let format = format(sniff::of_text(&text), &text, layout)?;
    let (text, counts) = match &layout.trailer {
        Some(trailer) if matches!(format, Format::Csv | Format::Fixed | Format::JsonLines) => {
            // A number in the last line could be cut to another one.
            if layout.csv.final_newline_required && !text.ends_with('\n') {
                return Err(CsvError::Unterminated.into());
            }
            without_trailer(text, trailer)?
        }
        Some(_) | None => (text, None),
    };
    let counts = counts.filter(|_| layout.trailer_counts);
    let packed = match format {
        Format::Csv if let Some(types) = &layout.types => {
            let delimiter = delimiter(&text, layout)?;
            let csv = CsvLayout {
                delimiter,
                ..layout.csv
            };
            records::read(&text, csv, types, &layout.wanted)?
        }
        Format::Csv => {
            let text = CsvText::new(text, counts, layout)?;
            return Ok(Opened {
                inner: Inner::Text(text),
                remarks,
                place: format.place(),
            });
        }
        Format::Html => {
            let (packed, more) = html::read(&text, layout)?;
            remarks.extend(more);
            packed
        }
        Format::Xml => xml::read(&text, layout)?,
        Format::Calendar => calendar::read(&text, layout)?,
        Format::Json => json::read(&text, layout)?,
        Format::JsonLines => json::read_lines(&text, layout)?,
        Format::Fixed | Format::Xlsx | Format::Xls | Format::Dbf => fixed::read(&text, layout)?,
    };
    if let Some(counts) = counts {
        check_count(&counts, packed.rows())?;
    }
    Ok(Opened {
        inner: Inner::Packed(Box::new(packed)),
        remarks,
        place: format.place(),
    })
}

fn decode<'a>(bytes: &'a [u8], layout: &Layout) -> (Cow<'a, str>, Vec<String>) {
    let decoded = decode_as(bytes, layout.charset);
    let mut remarks = Vec::new();
    if decoded.replaced > 0 {
        remarks.push(format!(
            "{} places are no {} and were replaced: set encoding to what this system writes",
            decoded.replaced, decoded.encoding
        ));
    }
    if decoded.nuls_removed > 0 {
        remarks.push(format!("{} NUL bytes were taken out", decoded.nuls_removed));
    }
    (decoded.text, remarks)
}

/// Decides as what content is read.
fn format(looks: Looks, text: &str, layout: &Layout) -> Result<Format, FormatError> {
    let unlike = |setting: &str| FormatError::Unlike {
        declared: format!("format = {}", layout.declared()),
        found: looks.name().to_owned(),
        setting: setting.to_owned(),
    };
    let one_of = |formats: &[Format]| {
        let declared = layout.formats.iter();
        declared.copied().find(|format| formats.contains(format))
    };
    match looks {
        Looks::Like(Format::Json) => {
            let lines = [Format::JsonLines, Format::Json];
            let single = [Format::Json, Format::JsonLines];
            let both = layout.allows(Format::Json) && layout.allows(Format::JsonLines);
            let found = if both && is_lines(text) {
                one_of(&lines[..1])
            } else if both {
                one_of(&single[..1])
            } else {
                one_of(&single)
            };
            found.ok_or_else(|| unlike(&with(layout, "json")))
        }
        Looks::Like(found) => one_of(&[found]).ok_or_else(|| unlike(&with(layout, found.name()))),
        Looks::Plain => {
            one_of(&[Format::Csv, Format::Fixed]).ok_or_else(|| unlike(&with(layout, "csv")))
        }
        Looks::Zip => Err(unlike("[zip] entry")),
        Looks::Other(found, advice) => Err(FormatError::Unreadable { found, advice }),
    }
}

/// Writes the setting that would allow a further format.
fn with(layout: &Layout, further: &str) -> String {
    let names: Vec<String> = layout
        .formats
        .iter()
        .map(|format| format.name())
        .chain([further])
        .map(|name| format!("{name:?}"))
        .collect();
    format!("format = [{}]", names.join(", "))
}

/// Says whether the first line is a whole object and others follow.
pub(super) fn is_lines(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    first.trim_end().ends_with('}')
        && lines.next().is_some_and(|line| line.starts_with('{'))
        && serde_json::from_str::<serde::de::IgnoredAny>(first).is_ok()
}

/// What the last line says how many rows there are, as it may be one of several numbers.
type Counts = Option<Vec<u64>>;

/// Takes the last line off, which shows that the file is whole.
fn without_trailer<'a>(
    text: Cow<'a, str>,
    trailer: &str,
) -> Result<(Cow<'a, str>, Counts), FormatError> {
    let trimmed = text.trim_end();
    let start = trimmed.rfind('\n').map_or(0, |before| before + 1);
    let last = trimmed.get(start..).unwrap_or_default();
    if !last.trim_start_matches('"').starts_with(trailer) {
        return Err(FormatError::cut(format!(
            "the last line does not begin with {trailer:?}, which trailer names"
        )));
    }
    let numbers = last.split(|c: char| !c.is_ascii_digit());
    let numbers: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..start).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(start);
            Cow::Owned(text)
        }
    };
    Ok((text, Some(numbers)))
}

fn check_count(counts: &[u64], rows: u64) -> Result<(), FormatError> {
    if counts.contains(&rows) {
        return Ok(());
    }
    Err(FormatError::cut(format!(
        "there are {rows} rows, and no number in the last line says so"
    )))
}

impl<'a> CsvText<'a> {
    fn new(
        text: Cow<'a, str>,
        counts: Option<Vec<u64>>,
        layout: &'a Layout,
    ) -> Result<Self, FormatError> {
        let text = if text.starts_with(CURLY) {
            Cow::Owned(text.replace(CURLY, "\""))
        } else {
            text
        };
        let delimiter = delimiter(&text, layout)?;
        let before = if layout.names.is_empty() {
            before_header(&text, delimiter, layout)
        } else {
            (0, 0)
        };
        Ok(Self {
            layout,
            text,
            delimiter,
            before,
            counts,
        })
    }

    fn rows(&self) -> Result<CsvRows<'_>, FormatError> {
        let (bytes, lines) = self.before;
        let text = self.text.get(bytes..).unwrap_or_default();
        let mut csv = self.layout.csv;
        csv.delimiter = self.delimiter;
        let rows = if self.layout.names.is_empty() {
            CsvRows::new(text, csv)?
        } else {
            CsvRows::without_header(text, csv, self.layout.names.clone())?
        };
        Ok(rows.after(lines).or_none(self.layout.may_be_empty))
    }
}

/// Finds what separates cells: the first declared delimiter that the first lines hold.
fn delimiter(text: &str, layout: &Layout) -> Result<u8, FormatError> {
    let declared = || std::iter::once(&layout.csv.delimiter).chain(&layout.delimiters);
    let lines = if layout.header.is_some() {
        HEADER_LINES_MAX
    } else {
        1
    };
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    let head: Vec<&str> = filled.take(lines).collect();
    let is_there = |delimiter: &u8| {
        let delimiter = char::from(*delimiter);
        head.iter().any(|line| line.contains(delimiter))
    };
    if let Some(found) = declared().find(|delimiter| is_there(delimiter)) {
        return Ok(*found);
    }
    let Some(other) = DELIMITERS.iter().find(|delimiter| is_there(delimiter)) else {
        // A list of a single column needs none.
        return Ok(layout.csv.delimiter);
    };
    let names: Vec<String> = declared().map(|d| shown(*d)).collect();
    Err(FormatError::Unlike {
        declared: format!("cells are separated by {}", names.join(" or ")),
        found: format!("text whose cells are separated by {}", shown(*other)),
        setting: format!("csv.delimiter = [{}, {}]", names.join(", "), shown(*other)),
    })
}

fn shown(delimiter: u8) -> String {
    format!("{:?}", char::from(delimiter).to_string())
}

/// Returns the bytes and lines before the header.
fn before_header(text: &str, delimiter: u8, layout: &Layout) -> (usize, u64) {
    let mut bytes = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let is_header = match layout.header {
            None => true,
            Some(HeaderRule::At(wanted)) => number >= wanted,
            Some(HeaderRule::Find) => {
                let cells = line.trim().split(char::from(delimiter));
                layout
                    .wanted
                    .is_header(cells.map(|cell| cell.trim().trim_matches('"')))
            }
        };
        if is_header {
            return (bytes, number - 1);
        }
        if number >= HEADER_LINES_MAX as u64 && layout.header == Some(HeaderRule::Find) {
            break;
        }
        bytes += line.len();
    }
    (0, 0)
}

impl Opened<'_> {
    /// Returns the rows.
    ///
    /// # Errors
    /// Returns [`FormatError`] for a file whose header cannot be read.
    pub fn rows(&mut self) -> Result<FileRows<'_>, FormatError> {
        let rows = match &mut self.inner {
            Inner::Text(text) => Reading::Csv(Box::new(text.rows()?), text.counts.as_deref(), 0),
            Inner::Packed(packed) => Reading::Packed(packed),
        };
        Ok(FileRows {
            rows,
            remarks: &self.remarks,
            place: self.place,
        })
    }
}

/// The rows of a file.
#[derive(Debug)]
pub struct FileRows<'a> {
    rows: Reading<'a>,
    remarks: &'a [String],
    place: Place,
}

#[derive(Debug)]
enum Reading<'a> {
    Csv(Box<CsvRows<'a>>, Option<&'a [u64]>, u64),
    Packed(&'a mut Packed),
}

impl FileRows<'_> {
    /// Returns the names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        match &self.rows {
            Reading::Csv(rows, ..) => rows.columns(),
            Reading::Packed(packed) => packed.columns(),
        }
    }

    /// Reads the next row: its number, and its cells.
    ///
    /// # Errors
    /// Returns [`FormatError`] for a file that is not whole.
    pub fn next_row(&mut self) -> Result<Option<(u64, &dyn super::cells::Cells)>, FormatError> {
        match &mut self.rows {
            Reading::Csv(rows, counts, count) => match rows.next_row()? {
                Some((line, record)) => {
                    *count += 1;
                    Ok(Some((line, record)))
                }
                None => {
                    if let Some(counts) = counts {
                        check_count(counts, *count)?;
                    }
                    Ok(None)
                }
            },
            Reading::Packed(packed) => match packed.next_row() {
                Some(number) => Ok(Some((number, &**packed))),
                None => Ok(None),
            },
        }
    }

    /// Returns what an operator should know about how the file was read.
    #[must_use]
    pub const fn remarks(&self) -> &[String] {
        self.remarks
    }

    /// Returns what a row's number counts.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }
}
