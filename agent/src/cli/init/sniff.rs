//! How a sample is laid out, and what stands in it. The character that separates cells is the one that
//! gives most columns, the same number in each row.

use anyhow::Context as _;
use jiff::civil::Date;

use crate::capture::rows::Rows;
use crate::format::csv::{CsvError, CsvLayout, CsvRows};
use crate::format::encoding;
use crate::format::error::FormatError;
use crate::format::layout::{Format, Layout, Wanted};
use crate::format::open::open;
use crate::mapping::guess::sample::Sample;

const DELIMITERS: [u8; 5] = [b',', b'|', b'\t', b';', b'^'];

/// Formats that show what they are and that need no settings of their own.
const GUESSED: [&[Format]; 5] = [
    &[Format::Xlsx],
    &[Format::Xls],
    &[Format::Json, Format::JsonLines],
    &[Format::Html],
    &[Format::Dbf],
];

/// What to do about a sample of which nothing can be guessed.
const BY_HAND: &str = "no profile can be guessed from this sample. For XML, and for JSON whose rows lie \
                       under a key, copy niem-booking.toml or json-roster.toml from the ready profiles \
                       and change [xml] row or [json] rows";

/// Rows that are tried with each.
const ROWS_TRIED: usize = 200;

/// How a sample is laid out.
pub(super) struct Laid {
    /// What it is, for people.
    pub(super) format: String,
    /// Lines of the profile that stand before its tables.
    pub(super) settings: Vec<String>,
    /// Lines of the profile that are tables.
    pub(super) tables: Vec<String>,
}

/// Reads a sample.
pub(super) fn read(bytes: &[u8], today: Date) -> anyhow::Result<(Sample, Laid)> {
    let decoded = encoding::decode(bytes);
    let mut file = Layout::csv(layout(delimiter(&decoded.text)));
    file.wanted = Wanted::everything();
    for formats in GUESSED {
        file.formats = formats.to_vec();
        let mut opened = match open(bytes, &file) {
            Err(FormatError::Unlike { .. }) => continue,
            opened => opened.context(BY_HAND)?,
        };
        let names: Vec<String> = formats.iter().map(|f| format!("{:?}", f.name())).collect();
        let setting = match names.as_slice() {
            [only] => only.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let laid = Laid {
            format: file.declared(),
            settings: vec![format!("format = {setting}")],
            tables: Vec::new(),
        };
        let sample = sampled(&mut opened.rows().context(BY_HAND)?, today)?;
        return Ok((sample, laid));
    }
    file.formats = vec![Format::Csv];
    let mut opened = match open(bytes, &file) {
        Err(unlike @ FormatError::Unlike { .. }) => return Err(unlike).context(BY_HAND),
        opened => opened?,
    };
    let sample = sampled(&mut opened.rows()?, today)?;
    let delimiter = char::from(file.csv.delimiter);
    let ends = decoded.text.ends_with('\n');
    let mut tables = Vec::new();
    if delimiter != ',' || !ends {
        let delimiter = toml::Value::String(delimiter.to_string());
        tables.extend(["\n[csv]".to_owned(), format!("delimiter = {delimiter}")]);
    }
    if !ends {
        tables.extend(
            [
                "# ? The sample does not end with a line break. If that is always so, a file that was cut",
                "#   in its last cell cannot be told from a whole one.",
                "final_newline = \"optional\"",
            ]
            .map(str::to_owned),
        );
    }
    let encoding = decoded.encoding;
    let laid = Laid {
        format: format!("{encoding}, cells separated by {delimiter:?}"),
        settings: Vec::new(),
        tables,
    };
    Ok((sample, laid))
}

fn sampled(rows: &mut dyn Rows, today: Date) -> anyhow::Result<Sample> {
    let mut sample = Sample::new(rows.columns(), today);
    while let Some((_, cells)) = rows.next_row()? {
        sample.see(cells);
    }
    Ok(sample)
}

fn delimiter(text: &str) -> u8 {
    let columns = |delimiter: u8| -> Result<usize, CsvError> {
        let mut rows = CsvRows::new(text, layout(delimiter))?;
        for _ in 0..ROWS_TRIED {
            if rows.next_row()?.is_none() {
                break;
            }
        }
        Ok(rows.columns().len())
    };
    // Of two that fit alike the first wins.
    let mut best = (b',', 1);
    for delimiter in DELIMITERS {
        let found = columns(delimiter).unwrap_or(0);
        if found > best.1 {
            best = (delimiter, found);
        }
    }
    best.0
}

const fn layout(delimiter: u8) -> CsvLayout {
    CsvLayout {
        delimiter,
        final_newline_required: false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{delimiter, read};

    #[test]
    fn reads_whatever_shows_what_it_is_with_every_column() {
        let json = r#"[{"no": "1", "who": {"name": "SAMPLE, AVERY"}}, {"no": "2"}]"#;
        let html = "<p>Inmates</p><table><tr><th>no</th><th>name</th></tr>\
                    <tr><td>1</td><td>SAMPLE, AVERY</td></tr>\
                    <tr><td>2</td><td>SAMPLE, BASIL</td></tr></table>";
        let both = "[\"json\", \"json-lines\"]";
        for (content, format) in [(json, both), (html, "\"html\"")] {
            let (sample, laid) = read(content.as_bytes(), date(2026, 6, 15)).unwrap();
            assert_eq!(laid.settings, [format!("format = {format}")]);

            let held: Vec<u64> = sample.columns.iter().map(|column| column.filled).collect();
            assert_eq!(
                held,
                if format == both { [2, 1] } else { [2, 2] },
                "{format}"
            );
        }
    }

    #[test]
    fn says_where_to_begin_for_what_it_cannot_guess() {
        let nested = r#"{"data": {"inmates": [{"no": "1"}]}}"#;
        let xml = "<?xml version=\"1.0\"?><roster><row><no>1</no></row></roster>";
        for content in [nested, xml] {
            let Err(refused) = read(content.as_bytes(), date(2026, 6, 15)) else {
                panic!("{content} was guessed")
            };
            assert!(
                format!("{refused:#}").contains("niem-booking.toml"),
                "{refused:#}"
            );
        }
    }

    #[test]
    fn finds_what_separates_the_cells() {
        assert_eq!(delimiter("a,b,c\n1,2,3\n"), b',');
        assert_eq!(delimiter("a|b|c\n\"1,5\"|2|3, 4\n"), b'|');
        assert_eq!(delimiter("name;no\n\"SAMPLE, A\";1\nSAMPLE B;2\n"), b';');
        assert_eq!(delimiter("a\tb\n1\t2\n"), b'\t');
        assert_eq!(delimiter("one\n1\n"), b',');
    }
}
