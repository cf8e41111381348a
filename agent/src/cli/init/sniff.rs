//! What a sample is, by its content, and what stands in it.

use anyhow::{Context as _, ensure};
use jiff::civil::Date;

use super::nested::Nested;
use super::text::{self, Named};
use crate::capture::rows::Rows;
use crate::format::csv::CsvLayout;
use crate::format::encoding;
use crate::format::error::FormatError;
use crate::format::layout::{Format, Layout, Wanted};
use crate::format::open::open;
use crate::format::outline::outline;
use crate::mapping::guess::Told;
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
pub(super) const BY_HAND: &str = "no profile can be guessed from this sample: write one by hand, and begin with the \
                       ready profile that is nearest (niem-booking.toml and json-roster.toml for nested \
                       documents)";

/// How a sample is laid out.
pub(super) struct Laid {
    /// What it is, for people.
    pub(super) format: String,
    /// Lines of the profile that stand before its tables.
    pub(super) settings: Vec<String>,
    /// Lines of the profile that are tables.
    pub(super) tables: Vec<String>,
    /// Where the rows of a nested document stand.
    pub(super) rows: Option<Told<String>>,
}

/// Reads a sample.
pub(super) fn read(
    bytes: &[u8],
    today: Date,
    named: Option<&Named>,
    rows: Option<&str>,
) -> anyhow::Result<(Sample, Laid)> {
    let decoded = encoding::decode(bytes);
    let mut file = Layout::csv(CsvLayout {
        delimiter: b',',
        final_newline_required: false,
    });
    file.wanted = Wanted::everything();
    let outline = outline(bytes).context(BY_HAND)?;
    let place = outline
        .map(|outline| Nested::of(&outline, rows))
        .transpose()?;
    if let Some(nested) = place.flatten() {
        let laid = nested.lay(&mut file);
        let mut opened = open(bytes, &file).context(BY_HAND)?;
        let charges = file.charges.as_deref();
        return Ok((sampled(&mut opened.rows()?, today, charges)?, laid));
    }
    ensure!(
        rows.is_none(),
        "--rows is for XML, and for JSON whose rows lie under a key"
    );
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
            rows: None,
        };
        let sample = sampled(&mut opened.rows().context(BY_HAND)?, today, None)?;
        return Ok((sample, laid));
    }
    let mut text = text::lay(&decoded.text, named)?;
    text.layout.wanted = Wanted::everything();
    let mut opened = match open(bytes, &text.layout) {
        Err(unlike @ FormatError::Unlike { .. }) => return Err(unlike).context(BY_HAND),
        opened => opened?,
    };
    let sample = sampled(&mut opened.rows()?, today, None)?;
    let laid = Laid {
        format: format!("{}, {}", decoded.encoding, text.format),
        settings: text.settings,
        tables: text.tables,
        rows: None,
    };
    Ok((sample, laid))
}

fn sampled(rows: &mut dyn Rows, today: Date, charges: Option<&str>) -> anyhow::Result<Sample> {
    let mut sample = Sample::with_charges(rows.columns(), today, charges);
    while let Some((_, cells)) = rows.next_row()? {
        sample.see(cells);
    }
    Ok(sample)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::read;
    use crate::mapping::guess::Guess;
    use crate::mapping::guess::draft::{Settings, profile};
    use crate::mapping::profile::Profile;

    #[test]
    fn reads_whatever_shows_what_it_is_with_every_column() {
        let json = r#"[{"no": "1", "who": {"name": "SAMPLE, AVERY"}}, {"no": "2"}]"#;
        let html = "<p>Inmates</p><table><tr><th>no</th><th>name</th></tr>\
                    <tr><td>1</td><td>SAMPLE, AVERY</td></tr>\
                    <tr><td>2</td><td>SAMPLE, BASIL</td></tr></table>";
        let both = "[\"json\", \"json-lines\"]";
        for (content, format) in [(json, both), (html, "\"html\"")] {
            let (sample, laid) = read(content.as_bytes(), date(2026, 6, 15), None, None).unwrap();
            assert_eq!(laid.settings, [format!("format = {format}")]);

            let held: Vec<u64> = sample.columns.iter().map(|column| column.filled).collect();
            assert_eq!(
                held,
                if format == both { [2, 1] } else { [2, 2] },
                "{format}"
            );
        }
    }

    const NESTED: &str = r#"{"ok": true, "data": {"errors": [{"code": 1, "text": "x"}],
        "inmates": [{"no": "1", "who": {"name": "SAMPLE, AVERY"}, "charges": [{"text": "A"}]},
                    {"no": "2", "who": {"name": "SAMPLE, BASIL"}, "charges": []}]}}"#;

    const XML: &str = "<?xml version=\"1.0\"?><x:Export xmlns:x=\"u\"><x:Made>2026-06-01</x:Made><x:Inmates>\
        <x:Inmate id=\"1\"><x:Name>SAMPLE, AVERY</x:Name><x:Charge><x:Text>A</x:Text></x:Charge>\
        <x:Charge><x:Text>B</x:Text></x:Charge></x:Inmate>\
        <x:Inmate id=\"2\"><x:Name>SAMPLE, BASIL</x:Name></x:Inmate></x:Inmates></x:Export>";

    #[test]
    fn finds_the_rows_of_nested_documents() {
        let today = date(2026, 6, 15);
        for (content, tables) in [
            (NESTED, ["\n[json]", "rows = \"data.inmates\""]),
            (XML, ["\n[xml]", "row = \"Export/Inmates/Inmate\""]),
        ] {
            let (sample, laid) = read(content.as_bytes(), today, None, None).unwrap();
            assert_eq!(laid.tables[0], tables[0]);
            assert!(laid.tables[1].starts_with(tables[1]), "{:?}", laid.tables);
            assert!(laid.rows.unwrap().is_sure);
            assert_eq!(sample.rows(), 2);
            let names: Vec<&str> = sample.columns.iter().map(|c| c.name.as_str()).collect();
            assert!(names.iter().any(|name| name.ends_with("ame")), "{names:?}");
        }
        // What stands in brackets was not found: it was said.
        let charges = read(
            XML.as_bytes(),
            today,
            None,
            Some("Export/Inmates/Inmate/Charge"),
        );
        assert_eq!(charges.unwrap().0.rows(), 2);
        let astray = read(XML.as_bytes(), today, None, Some("Export/Row"));
        let astray = astray.err().unwrap().to_string();
        assert!(astray.contains("Export/Inmates/Inmate"), "{astray}");
        assert!(read(b"no,name\n1,SAMPLE\n", today, None, Some("a")).is_err());
    }

    #[test]
    fn finds_the_charges_of_nested_rows() {
        let top = r#"[{"no": "1", "charges": [{"text": "A"}, {"text": "B"}]}, {"no": "2"}]"#;
        for (content, table, key) in [
            (top, "\n[json]", "charges = \"charges\""),
            (XML, "\n[xml]", "charge = \"Charge\""),
        ] {
            let (_, laid) = read(content.as_bytes(), date(2026, 6, 15), None, None).unwrap();
            assert_eq!(laid.tables[0], table);
            let last = laid.tables.last().unwrap();
            assert!(last.starts_with(key), "{:?}", laid.tables);
        }
    }

    #[test]
    fn guesses_a_profile_that_takes_each_charge() {
        let inmate = |no: u32, charges: &str| {
            format!(
                r#"{{"bookingNumber": "26-{no}", "name": "SAMPLE, AVERY", "top_charge": "FELONY ASSAULT",
                     "booked": "2026-06-01T13:30:00", "charges": [{charges}]}}"#
            )
        };
        let rows = [
            inmate(
                1,
                r#"{"statute": "97-3-7", "description": "ASSAULT", "bond": "500", "status": "OPEN"}"#,
            ),
            inmate(
                2,
                r#"{"description": "DUI", "disposition": "DISMISSED"}, {"description": "FRAUD"}"#,
            ),
            inmate(3, ""),
        ];
        let content = format!("[{}]", rows.join(","));
        let (sample, laid) = read(content.as_bytes(), date(2026, 6, 15), None, None).unwrap();
        let guess = Guess::of(&sample, "roster.json");
        let settings = Settings {
            name: "bookings".to_owned(),
            file: "roster.json".to_owned(),
            zone: "America/Chicago".to_owned(),
            layout: laid.settings,
            layout_tables: laid.tables,
            export_date: None,
            is_nested: true,
        };
        let text = profile(&guess, &sample, &settings);
        let read = Profile::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(read.layout.charges.as_deref(), Some("charges"));
        for line in [
            "charge_statute = \"charges.statute\"",
            "charge_text = \"charges.description\"",
            "disposition = \"charges.disposition\"",
            "\"DISMISSED\" = \"Dismissed\"",
        ] {
            assert!(text.contains(line), "no {line} in {text}");
        }
        assert!(
            !text.contains("\nstatus ="),
            "a charge's status is nobody's: {text}"
        );
    }

    #[test]
    fn says_where_to_begin_for_what_it_cannot_guess() {
        let keyed = r#"{"inmates": {"1": {"name": "SAMPLE"}, "2": {"name": "SAMPLE"}}}"#;
        let bare = "<?xml version=\"1.0\"?><roster>1</roster>";
        for content in [keyed, bare] {
            let Err(refused) = read(content.as_bytes(), date(2026, 6, 15), None, None) else {
                panic!("{content} was guessed")
            };
            assert!(
                format!("{refused:#}").contains("niem-booking.toml"),
                "{refused:#}"
            );
        }
    }
}
