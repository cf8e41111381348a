//! How a plain text is laid out: what separates its cells, which line is its header, what its last line
//! is, or where the columns of a fixed width begin.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use csv::{ReaderBuilder, StringRecord};

use crate::format::csv::CsvLayout;
use crate::format::layout::{FixedColumn, Format, HeaderRule, Layout};

const DELIMITERS: [u8; 5] = [b',', b'|', b'\t', b';', b'^'];

/// Lines before a header.
const BEFORE_MAX: usize = 20;

/// How many of a hundred records must have the same number of cells.
const ALIKE: usize = 90;

/// Lines of the same length that make a text one of a fixed width.
const LINES_ALIKE: usize = 5;

/// The columns that somebody named, in the file's order.
pub(super) enum Named {
    /// Names of cells between delimiters.
    Cells(Vec<String>),
    /// Names and lengths of columns of a fixed width.
    Fixed(Vec<FixedColumn>),
}

impl Named {
    /// Reads `NAME,NAME` or `NAME:LENGTH,NAME:LENGTH`.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let cells: Vec<&str> = text.split(',').map(str::trim).collect();
        ensure!(
            cells.iter().all(|cell| !cell.is_empty()),
            "--columns: a name is empty"
        );
        if !cells.iter().any(|cell| cell.contains(':')) {
            return Ok(Self::Cells(cells.into_iter().map(str::to_owned).collect()));
        }
        let mut skip: usize = 0;
        let mut columns = Vec::new();
        for cell in cells {
            let (name, length) = cell
                .split_once(':')
                .with_context(|| format!("--columns: {cell} has no length: write {cell}:10"))?;
            let length: usize = length
                .parse()
                .with_context(|| format!("--columns: the length of {name} is no number"))?;
            columns.push(FixedColumn {
                name: name.to_owned(),
                skip,
                length,
            });
            skip = skip.saturating_add(length);
        }
        Ok(Self::Fixed(columns))
    }
}

/// What was found out of a text.
pub(super) struct Laid {
    /// How it is read.
    pub(super) layout: Layout,
    /// What it is, for people.
    pub(super) format: String,
    /// Lines of the profile that stand before its tables.
    pub(super) settings: Vec<String>,
    /// Lines of the profile that are tables.
    pub(super) tables: Vec<String>,
}

/// Finds out how a text is laid out.
pub(super) fn lay(text: &str, named: Option<&Named>) -> anyhow::Result<Laid> {
    match named {
        Some(Named::Fixed(columns)) => Ok(fixed(text, columns.clone(), None)),
        Some(Named::Cells(names)) => delimited(text, &Cut::of(text), Some(names)),
        None if is_fixed(text) => match headed(text) {
            Some(columns) => Ok(fixed(text, columns, Some(1))),
            None => bail!("{}", unnamed(text)),
        },
        None => delimited(text, &Cut::of(text), None),
    }
}

/// How a text falls into records and cells.
struct Cut {
    delimiter: u8,
    /// The line of the first record that has as many cells as most.
    first: u64,
    /// That record.
    header: StringRecord,
    /// The first cell of the last record, where it is none of the rows; and whether it counts them.
    trailer: Option<(String, bool)>,
}

impl Cut {
    /// Takes the delimiter that gives most cells, the same number in nearly each record; of two that fit
    /// alike the first.
    fn of(text: &str) -> Self {
        let mut best: Option<(usize, Self)> = None;
        for delimiter in DELIMITERS {
            let Some((cells, cut)) = Self::by(text, delimiter) else {
                continue;
            };
            if best.as_ref().is_none_or(|(most, _)| cells > *most) {
                best = Some((cells, cut));
            }
        }
        best.map_or_else(
            || Self {
                delimiter: b',',
                first: 1,
                header: StringRecord::new(),
                trailer: None,
            },
            |(_, cut)| cut,
        )
    }

    fn by(text: &str, delimiter: u8) -> Option<(usize, Self)> {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let records: Vec<StringRecord> = reader.records().map_while(Result::ok).collect();
        let mut often: BTreeMap<usize, usize> = BTreeMap::new();
        for record in &records {
            *often.entry(record.len()).or_default() += 1;
        }
        let (cells, seen) = often.into_iter().max_by_key(|(_, seen)| *seen)?;
        let place = records.iter().position(|record| record.len() == cells)?;
        let header = records.get(place)?;
        let last = records.last()?;
        let is_framed = last.len() != cells && place + 1 < records.len();
        let rows = records
            .len()
            .saturating_sub(place + 1 + usize::from(is_framed));
        let others = place + usize::from(is_framed);
        let is_alike = seen * 100 >= (records.len().saturating_sub(others)) * ALIKE;
        if cells < 2 || place > BEFORE_MAX || !is_alike {
            return None;
        }
        let trailer = is_framed.then(|| {
            let word = last.get(0).unwrap_or_default().trim().to_owned();
            let counts = last.iter().any(|cell| cell.trim().parse() == Ok(rows));
            (word, counts)
        });
        let cut = Self {
            delimiter,
            first: header.position().map_or(1, csv::Position::line),
            header: header.clone(),
            trailer: trailer.filter(|(word, _)| !word.is_empty()),
        };
        Some((cells, cut))
    }
}

fn delimited(text: &str, cut: &Cut, names: Option<&Vec<String>>) -> anyhow::Result<Laid> {
    let cells = cut.header.len();
    let is_row = cut.header.iter().any(is_value);
    if let Some(names) = names {
        ensure!(
            names.len() == cells,
            "--columns names {}, and a row has {cells} cells",
            names.len()
        );
    } else if is_row {
        bail!(
            "line {} holds values and no names of columns: name its {cells} cells in order with --columns \
             booking_no,name,…, as whoever made the export describes them",
            cut.first
        );
    }
    let mut layout = Layout::csv(CsvLayout {
        delimiter: cut.delimiter,
        final_newline_required: false,
    });
    let mut settings = Vec::new();
    if names.is_none() && cut.first > 1 {
        layout.header = Some(HeaderRule::At(cut.first));
        settings.push(format!(
            "header_row = \"find\"    # the first line with every column that is needed; here line {}",
            cut.first
        ));
    }
    if let Some((word, counts)) = &cut.trailer {
        layout.trailer = Some(word.clone());
        layout.trailer_counts = *counts;
        let word = toml::Value::String(word.clone());
        settings.push(format!(
            "trailer = {word}    # with what the last line begins: a file without it was cut"
        ));
        if *counts {
            settings.push("trailer_counts = true    # it holds the number of rows".to_owned());
        }
    }
    let delimiter = char::from(cut.delimiter);
    let mut tables = Vec::new();
    if delimiter != ',' || names.is_some() || !text.ends_with('\n') {
        let delimiter = toml::Value::String(delimiter.to_string());
        tables.extend(["\n[csv]".to_owned(), format!("delimiter = {delimiter}")]);
    }
    if let Some(names) = names {
        layout.names.clone_from(names);
        let names = toml::Value::from(names.clone());
        tables.push(format!("columns = {names}"));
    }
    tables.extend(unended(text));
    Ok(Laid {
        layout,
        format: format!("cells separated by {delimiter:?}"),
        settings,
        tables,
    })
}

/// What the profile says of a text whose last line does not end.
fn unended(text: &str) -> Vec<String> {
    if text.ends_with('\n') {
        return Vec::new();
    }
    [
        "# ? The sample does not end with a line break. If that is always so, a file that was cut",
        "#   in its last cell cannot be told from a whole one.",
        "final_newline = \"optional\"",
    ]
    .map(str::to_owned)
    .into()
}

/// Says whether a cell holds a number or a date, as no name of a column does.
fn is_value(cell: &str) -> bool {
    cell.contains(|c: char| c.is_ascii_digit()) && !cell.contains(char::is_alphabetic)
}

fn fixed(text: &str, columns: Vec<FixedColumn>, header: Option<u64>) -> Laid {
    let mut settings = vec!["format = \"fixed\"".to_owned()];
    settings.extend(header.map(|line| format!("header_row = {line}")));
    let mut tables = Vec::new();
    let unended = unended(text);
    if !unended.is_empty() {
        tables.push("\n[csv]".to_owned());
        tables.extend(unended);
    }
    tables.push("\n[fixed_width.columns]".to_owned());
    for column in &columns {
        let name = toml::Value::String(column.name.clone());
        let (start, length) = (column.skip + 1, column.length);
        tables.push(format!("{name} = {{ start = {start}, length = {length} }}"));
    }
    let mut layout = Layout::csv(CsvLayout {
        delimiter: b',',
        final_newline_required: false,
    });
    layout.formats = vec![Format::Fixed];
    layout.header = header.map(HeaderRule::At);
    layout.fixed = columns;
    Laid {
        layout,
        format: "columns of a fixed width".to_owned(),
        settings,
        tables,
    }
}

/// Says whether the lines are all of one length, and no delimiter explains that.
fn is_fixed(text: &str) -> bool {
    let mut lengths = text.lines().map(|line| line.chars().count());
    let Some(first) = lengths.next() else {
        return false;
    };
    let rows = text.lines().count();
    let blanks = text.lines().filter(|line| line.contains("  ")).count();
    rows >= LINES_ALIKE && lengths.all(|length| length == first) && blanks * 2 > rows
}

/// Returns where columns begin, from 0: where no line holds anything just before, and some line does there.
fn beginnings(text: &str) -> Vec<usize> {
    let mut is_filled: Vec<bool> = Vec::new();
    for line in text.lines() {
        for (place, c) in line.chars().enumerate() {
            match is_filled.get_mut(place) {
                Some(filled) => *filled |= c != ' ',
                None => is_filled.push(c != ' '),
            }
        }
    }
    let mut before = false;
    let mut starts = Vec::new();
    for (place, filled) in is_filled.into_iter().enumerate() {
        if filled && !before {
            starts.push(place);
        }
        before = filled;
    }
    starts
}

/// Takes the columns from a first line that is a header, if every one has a name there.
fn headed(text: &str) -> Option<Vec<FixedColumn>> {
    let header: Vec<char> = text.lines().next()?.chars().collect();
    if header.iter().any(char::is_ascii_digit) {
        return None;
    }
    let starts = beginnings(text);
    let ends = starts.iter().skip(1).copied().chain([header.len()]);
    let named = |(start, end): (&usize, usize)| {
        let name: String = header.get(*start..end)?.iter().collect();
        let name = name.trim().to_owned();
        (!name.is_empty()).then_some(FixedColumn {
            name,
            skip: *start,
            length: end.saturating_sub(*start),
        })
    };
    starts.iter().zip(ends).map(named).collect()
}

/// What to do about a text of a fixed width whose columns have no names.
fn unnamed(text: &str) -> String {
    let length = text.lines().next().map_or(0, |line| line.chars().count());
    let starts: Vec<String> = beginnings(text)
        .into_iter()
        .map(|start| (start + 1).to_string())
        .collect();
    format!(
        "every line is {length} characters long: it has columns of a fixed width and no names of them. \
         Something begins at the characters {}; columns that touch cannot be told apart. Name them all in \
         order with their lengths, as whoever made the export describes them: --columns \
         booking_no:10,name:30,…",
        starts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::{Named, lay};

    fn delimiter(text: &str) -> u8 {
        lay(text, None).unwrap().layout.csv.delimiter
    }

    #[test]
    fn finds_what_separates_the_cells() {
        assert_eq!(delimiter("a,b,c\n1,2,3\n"), b',');
        assert_eq!(delimiter("a|b|c\n\"1,5\"|2|3, 4\n"), b'|');
        assert_eq!(delimiter("name;no\n\"SAMPLE, A\";1\nSAMPLE B;2\n"), b';');
        assert_eq!(delimiter("a\tb\n1\t2\n"), b'\t');
        assert_eq!(delimiter("one\n1\n"), b',');
    }

    #[test]
    fn finds_the_header_below_other_lines_and_the_trailer() {
        let text = "HDR|ROSTER|20261128\nno|name\n1|SAMPLE, AVERY\n2|SAMPLE, BASIL\nTRL|2|END\n";
        let laid = lay(text, None).unwrap();

        let settings = laid.settings.join("\n");
        assert!(settings.contains("header_row = \"find\""), "{settings}");
        assert!(settings.contains("trailer = \"TRL\""), "{settings}");
        assert!(settings.contains("trailer_counts = true"), "{settings}");
    }

    #[test]
    fn asks_for_names_where_the_first_line_is_a_row() {
        let text = "26-1,SAMPLE AVERY\n26-2,SAMPLE BASIL\n";
        let refused = lay(text, None).err().unwrap().to_string();
        assert!(refused.contains("2 cells"), "{refused}");
        assert!(refused.contains("--columns"), "{refused}");

        let named = Named::parse("no,name").unwrap();
        let laid = lay(text, Some(&named)).unwrap();
        assert!(
            laid.tables
                .contains(&"columns = [\"no\", \"name\"]".to_owned()),
            "{:?}",
            laid.tables
        );
        assert!(lay(text, Some(&Named::parse("no").unwrap())).is_err());
    }

    const FIXED: &str = "26-1   SAMPLE, AVERY    0401\n26-22  SAMPLE, BASIL    0402\n\
                         26-3   SAMPLE, CARMEN   0403\n26-4   SAMPLE, DANA     0404\n\
                         26-5   SAMPLE, ELLIS    0405\n";

    #[test]
    fn knows_columns_of_a_fixed_width_by_their_lines() {
        let refused = lay(FIXED, None).err().unwrap().to_string();
        assert!(refused.contains("1, 8, 16, 25"), "{refused}");

        let named = Named::parse("no:7,name:17,day:4").unwrap();
        let laid = lay(FIXED, Some(&named)).unwrap();
        assert!(
            laid.tables
                .contains(&"\"name\" = { start = 8, length = 17 }".to_owned()),
            "{:?}",
            laid.tables
        );
        assert!(Named::parse("no:7,name").is_err());
    }

    #[test]
    fn takes_the_names_of_a_fixed_width_from_a_header_above_them() {
        let rows = FIXED.replace("SAMPLE, ", "SAMPLE,_");
        let text = format!("NO     NAME             DAY \n{rows}");
        let laid = lay(&text, None).unwrap();

        let columns: Vec<(&str, usize, usize)> = laid
            .layout
            .fixed
            .iter()
            .map(|column| (column.name.as_str(), column.skip, column.length))
            .collect();
        assert_eq!(columns, [("NO", 0, 7), ("NAME", 7, 17), ("DAY", 24, 4)]);
    }
}
