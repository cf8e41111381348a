//! A guessed profile, written for a person to read, mend and keep.

use std::fmt::Write as _;

use jiff::civil::{Date, date};
use savin_shared::record::RecordKind;

use super::sample::{Column, Sample, written};
use super::{ColumnGuess, Guess, Role, WordGuess};
use crate::mapping::field::Field;
use crate::mapping::names::NameLayout;
use crate::mapping::profile::Mode;

/// What is known of the file beside its rows.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The profile's name.
    pub name: String,
    /// The sample's file, for a comment.
    pub file: String,
    /// The zone of times without one.
    pub zone: String,
    /// Settings of how the file is laid out that stand before all tables, a line each.
    pub layout: Vec<String>,
    /// Tables of how the file is laid out, a line each.
    pub layout_tables: Vec<String>,
    /// How the day stands in the file's name, if it does.
    pub export_date: Option<String>,
    /// Whether rows are objects or elements, whose lists no separator parts.
    pub is_nested: bool,
}

/// Fields without which a record still says what matters.
const OPTIONAL: [Field; 12] = [
    Field::Middle,
    Field::Suffix,
    Field::Alias,
    Field::Sex,
    Field::Race,
    Field::ChargeStatute,
    Field::ChargeText,
    Field::ChargeLevel,
    Field::Bond,
    Field::CaseNumber,
    Field::Hold,
    Field::Location,
];

/// Writes the profile.
#[must_use]
pub fn profile(guess: &Guess, sample: &Sample, settings: &Settings) -> String {
    let mut text = String::new();
    head(&mut text, guess, sample, settings);
    columns(&mut text, guess);
    times(&mut text, guess, sample);
    values(&mut text, guess);
    hidden(&mut text, guess);
    example(&mut text, guess, sample, settings);
    text
}

fn head(text: &mut String, guess: &Guess, sample: &Sample, settings: &Settings) {
    let rows = sample.rows();
    line(
        text,
        &format!(
            "# Guessed by `savin-agent init` from {} ({rows} rows).",
            settings.file
        ),
    );
    line(
        text,
        "# Read it once from top to bottom. What is marked `# ?` wants a decision.\n",
    );
    line(text, &format!("name = {}", quoted(&settings.name)));
    said(
        text,
        &format!("kind = \"{}\"", guess.kind.value.as_str()),
        guess.kind.is_sure,
        &guess.kind.why,
    );
    let mode = match guess.mode.value {
        Mode::Roster => "roster",
        Mode::Transactions => "transactions",
    };
    said(
        text,
        &format!("mode = \"{mode}\""),
        guess.mode.is_sure,
        &guess.mode.why,
    );
    line(
        text,
        &format!(
            "zone = {}    # of times without one",
            quoted(&settings.zone)
        ),
    );
    if let Some(format) = &settings.export_date {
        line(
            text,
            &format!(
                "export_date = {}    # the day in the file's name",
                quoted(format)
            ),
        );
    }
    records(text, guess, settings);
    lists(text, guess);
    for own in settings.layout.iter().chain(&settings.layout_tables) {
        line(text, own);
    }
}

/// Writes what rows there are: what names one, whether several are one, how names are written.
fn records(text: &mut String, guess: &Guess, settings: &Settings) {
    let key: Vec<String> = guess
        .key
        .value
        .iter()
        .map(|field| quoted(field.name()))
        .collect();
    said(
        text,
        &format!("key = [{}]", key.join(", ")),
        guess.key.is_sure,
        &guess.key.why,
    );
    if guess.is_per_charge {
        line(
            text,
            "one_row_per = \"charge\"    # rows of one key become one record",
        );
    } else if let Some((separator, why)) = guess.separator
        && !settings.is_nested
    {
        let separator = quoted(&separator.to_string());
        said(text, &format!("charge_separator = {separator}"), true, why);
    } else if guess.place(Field::ChargeText).is_some() && !settings.is_nested {
        line(
            text,
            "# charge_separator = \";\"    # where one cell lists several charges: what stands between them",
        );
    }
    if guess.layout.value == NameLayout::FirstLast {
        let layout = &guess.layout;
        said(
            text,
            "name_layout = \"first-last\"",
            layout.is_sure,
            &layout.why,
        );
    }
}

/// Writes the lists of what may be missing and of what must never be taken.
fn lists(text: &mut String, guess: &Guess) {
    let optional: Vec<String> = guess
        .fields()
        .into_iter()
        .filter(|(_, field)| OPTIONAL.contains(field) && !guess.key.value.contains(field))
        .map(|(_, field)| quoted(field.name()))
        .collect();
    if !optional.is_empty() {
        line(
            text,
            "\n# An export that lacks one of these columns is still taken; without another it is refused.",
        );
        line(text, &format!("optional = [{}]", optional.join(", ")));
    }
    let never: Vec<&ColumnGuess> = guess
        .columns
        .iter()
        .filter(|column| column.role.value == Role::Never)
        .collect();
    if !never.is_empty() {
        line(
            text,
            "\n# These must never be taken: naming one of them under [columns] is an error.",
        );
        line(text, "never = [");
        for column in never {
            line(
                text,
                &format!("    {},    # {}", quoted(&column.name), column.role.why),
            );
        }
        line(text, "]");
    }
}

fn columns(text: &mut String, guess: &Guess) {
    line(
        text,
        "\n# Whatever is not named here is not looked at.\n[columns]",
    );
    for (place, field) in guess.fields() {
        let Some(column) = guess.columns.get(place) else {
            continue;
        };
        let time = guess
            .columns
            .iter()
            .find(|other| other.role.value == Role::TimeOf(field));
        let value = match time {
            Some(time) => {
                format!(
                    "{{ date = {}, time = {} }}",
                    quoted(&column.name),
                    quoted(&time.name)
                )
            }
            None => quoted(&column.name),
        };
        let what = format!("{} = {value}", field.name());
        let why = format!("{}: {}", column.looks, column.role.why);
        said(text, &what, column.role.is_sure, &why);
    }
    for column in &guess.columns {
        if column.role.value == Role::Dropped {
            let name = quoted(&column.name);
            let mark = if column.role.is_sure { "" } else { "? " };
            let why = &column.role.why;
            line(
                text,
                &format!("# {mark}dropped: {name} ({}: {why})", column.looks),
            );
        }
    }
}

/// Names the date formats of columns that not every profile reads.
fn times(text: &mut String, guess: &Guess, sample: &Sample) {
    let mut is_first = true;
    for (place, field) in guess.fields() {
        let Some(column) = sample.columns.get(place) else {
            continue;
        };
        let is_time = field.is_time() || field == Field::BirthDate;
        if !is_time || column.is_usual() {
            continue;
        }
        if is_first {
            line(
                text,
                "\n# How dates are written that not every profile reads.\n[times_of]",
            );
            is_first = false;
        }
        let formats: Vec<String> = column.formats().into_iter().map(quoted).collect();
        line(
            text,
            &format!("{} = [{}]", field.name(), formats.join(", ")),
        );
    }
}

fn values(text: &mut String, guess: &Guess) {
    let fields: Vec<Field> = guess.fields().into_iter().map(|(_, field)| field).collect();
    for field in fields {
        let words: Vec<&WordGuess> = guess
            .words
            .iter()
            .filter(|word| word.field == field)
            .collect();
        if words.is_empty() {
            continue;
        }
        line(text, "");
        if field == Field::Status {
            line(
                text,
                "# What the words of this agency mean. One that is not in the table means \"unknown\", never",
            );
            line(
                text,
                "# \"released\". Take the `# ?` away where the meaning is right, and mend it where not:",
            );
            line(
                text,
                "# InCustody, OnLeave, OutOfCustody, OutOfCustody(Bond), Escaped, EscapeSuspected, Deceased,",
            );
            line(
                text,
                "# TransferredOut (to where is not said), TransferredOutOfState.",
            );
        }
        line(text, &format!("[values.{}]", field.name()));
        table(text, &words);
    }
}

fn hidden(text: &mut String, guess: &Guess) {
    for field in [Field::Location, Field::ReleaseReason, Field::Classification] {
        let words: Vec<&WordGuess> = guess
            .hidden
            .iter()
            .filter(|word| word.field == field)
            .collect();
        if !words.is_empty() {
            line(
                text,
                "\n# Words of this column that seem to state whether somebody is there.",
            );
            line(text, &format!("[status_in.{}]", field.name()));
            table(text, &words);
        }
    }
}

fn table(text: &mut String, words: &[&WordGuess]) {
    for word in words {
        let meaning = word.meaning.as_deref().unwrap_or("Unknown");
        let mark = if word.is_taken { "" } else { "# ? " };
        let (name, seen) = (quoted(&word.word), word.seen);
        line(
            text,
            &format!("{mark}{name} = \"{meaning}\"    # seen {seen} times"),
        );
    }
}

/// Writes an example of an invented person, so that `check` proves that dates and words are read.
fn example(text: &mut String, guess: &Guess, sample: &Sample, settings: &Settings) {
    let mut example = Example::default();
    for (place, field) in guess.fields() {
        if let Some(column) = sample.columns.get(place) {
            example.fill(field, column, guess, settings);
        }
    }
    let has_name = [Field::Name, Field::Surname]
        .iter()
        .any(|field| guess.place(*field).is_some());
    if has_name {
        example.expect.push("surname = \"SAMPLE\"".to_owned());
    }
    if guess.kind.value == RecordKind::Custody && guess.place(Field::Status).is_none() {
        example.expect.push("state = \"InCustody\"".to_owned());
    }
    line(
        text,
        "\n# An invented person: `savin-agent check` looks whether the row becomes this record.",
    );
    line(text, "[[example]]");
    line(text, &format!("row = {{ {} }}", example.row.join(", ")));
    if guess.place(Field::RecordType).is_some() {
        line(text, "expect = \"set-aside\"");
    } else {
        line(
            text,
            &format!("expect = {{ {} }}", example.expect.join(", ")),
        );
    }
}

#[derive(Default)]
struct Example {
    row: Vec<String>,
    expect: Vec<String>,
}

impl Example {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an example fills what names a person and a time"
    )]
    fn fill(&mut self, field: Field, column: &Column, guess: &Guess, settings: &Settings) {
        let (born, booked) = (date(1990, 2, 3), date(2026, 6, 1));
        let value = match field {
            Field::RecordNumber | Field::PersonNumber | Field::OffenderId | Field::StateId => {
                "EXAMPLE-1".to_owned()
            }
            Field::Name if guess.layout.value == NameLayout::FirstLast => "AVERY SAMPLE".to_owned(),
            Field::Name => "SAMPLE, AVERY".to_owned(),
            Field::Surname => "SAMPLE".to_owned(),
            Field::Given => "AVERY".to_owned(),
            Field::RecordType => "EXAMPLE".to_owned(),
            Field::BirthDate => {
                if !column.formats().is_empty() {
                    self.expect.push(format!("birth_date = \"{born}\""));
                }
                day(column, born)
            }
            Field::BookedAt => {
                let is_time = |other: &&ColumnGuess| other.role.value == Role::TimeOf(field);
                let time = guess.columns.iter().find(is_time);
                self.row
                    .extend(time.map(|time| format!("{} = \"13:30\"", quoted(&time.name))));
                self.expect
                    .extend(expected(column, time.is_some(), settings));
                day(column, booked)
            }
            Field::Status if guess.kind.value == RecordKind::Custody => {
                let held = guess.words.iter().find(|word| {
                    let is_held = word.meaning.as_deref() == Some("InCustody");
                    word.field == field && word.is_taken && is_held
                });
                let state = held.map_or("Unknown", |_| "InCustody");
                self.expect.push(format!("state = \"{state}\""));
                held.map_or("EXAMPLE", |word| word.word.as_str()).to_owned()
            }
            _ => return,
        };
        self.row
            .push(format!("{} = {}", quoted(&column.name), quoted(&value)));
    }
}

fn day(column: &Column, day: Date) -> String {
    let format = column.formats().first().copied().unwrap_or("%m/%d/%Y");
    written(format, day)
}

/// Says when the example was booked, where that can be told without the zone's own rules.
fn expected(column: &Column, has_own_time: bool, settings: &Settings) -> Option<String> {
    let formats = column.formats();
    let format = formats.first()?;
    if settings.zone != "America/Chicago" || format.contains('z') {
        return None;
    }
    let time = if has_own_time || format.contains("%H") || format.contains("%I") {
        "18:30:00"
    } else {
        "05:00:00"
    };
    Some(format!("booked_at = \"2026-06-01T{time}Z\""))
}

fn said(text: &mut String, what: &str, is_sure: bool, why: &str) {
    let mark = if is_sure { "" } else { "? " };
    line(text, &format!("{what}    # {mark}{why}"));
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            control if control.is_control() => {
                // Writing to a text cannot fail.
                let _written = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
