//! What a sample is, by its content, and what stands in it.

use anyhow::Context as _;
use jiff::civil::Date;

use super::text::{self, Named};
use crate::capture::rows::Rows;
use crate::format::csv::CsvLayout;
use crate::format::encoding;
use crate::format::error::FormatError;
use crate::format::layout::{Format, Layout, Wanted};
use crate::format::open::open;
use crate::mapping::guess::sample::Sample;

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
pub(super) fn read(
    bytes: &[u8],
    today: Date,
    named: Option<&Named>,
) -> anyhow::Result<(Sample, Laid)> {
    let decoded = encoding::decode(bytes);
    let mut file = Layout::csv(CsvLayout {
        delimiter: b',',
        final_newline_required: false,
    });
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
    let mut text = text::lay(&decoded.text, named)?;
    text.layout.wanted = Wanted::everything();
    let mut opened = match open(bytes, &text.layout) {
        Err(unlike @ FormatError::Unlike { .. }) => return Err(unlike).context(BY_HAND),
        opened => opened?,
    };
    let sample = sampled(&mut opened.rows()?, today)?;
    let laid = Laid {
        format: format!("{}, {}", decoded.encoding, text.format),
        settings: text.settings,
        tables: text.tables,
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::read;

    #[test]
    fn reads_whatever_shows_what_it_is_with_every_column() {
        let json = r#"[{"no": "1", "who": {"name": "SAMPLE, AVERY"}}, {"no": "2"}]"#;
        let html = "<p>Inmates</p><table><tr><th>no</th><th>name</th></tr>\
                    <tr><td>1</td><td>SAMPLE, AVERY</td></tr>\
                    <tr><td>2</td><td>SAMPLE, BASIL</td></tr></table>";
        let both = "[\"json\", \"json-lines\"]";
        for (content, format) in [(json, both), (html, "\"html\"")] {
            let (sample, laid) = read(content.as_bytes(), date(2026, 6, 15), None).unwrap();
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
            let Err(refused) = read(content.as_bytes(), date(2026, 6, 15), None) else {
                panic!("{content} was guessed")
            };
            assert!(
                format!("{refused:#}").contains("niem-booking.toml"),
                "{refused:#}"
            );
        }
    }
}
