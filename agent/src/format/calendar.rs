//! iCalendar (RFC 5545): each event is a row, and each of its properties a column by its name. A line of
//! its description that reads `Label: value` is a column too, as `DESCRIPTION.Label`.

use std::borrow::Cow;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::error::FormatError;
use super::layout::{Layout, Place};
use super::packed::Packed;

/// The component that is a row.
const EVENT: &str = "VEVENT";

/// Properties that hold times.
const TIMES: [&str; 7] = [
    "DTSTART",
    "DTEND",
    "DTSTAMP",
    "CREATED",
    "LAST-MODIFIED",
    "RECURRENCE-ID",
    "DUE",
];

/// Properties of an event that repeats.
const REPEATS: [&str; 2] = ["RRULE", "RDATE"];

/// Why such an event is set aside.
const REPEATING: &str =
    "belongs to an event that repeats: have each of its dates written as an event";

/// Reads a calendar.
pub(super) fn read(text: &str, layout: &Layout) -> Result<Packed, FormatError> {
    let mut packed = Packed::new(&layout.wanted);
    let mut open: Vec<String> = Vec::new();
    let (mut began, mut last) = (0, 0);
    for (number, line) in unfolded(text) {
        last = number;
        if line.trim().is_empty() {
            continue;
        }
        let property = Property::read(&line).ok_or_else(|| {
            FormatError::malformed(Place::Line, number, "not a property of a calendar")
        })?;
        let is_row = matches!(&*open, [_, component] if component == EVENT);
        match &*property.name {
            "BEGIN" => {
                open.push(property.value.trim().to_ascii_uppercase());
                if matches!(&*open, [_, component] if component == EVENT) {
                    began = number;
                }
            }
            "END" => {
                if open
                    .pop()
                    .is_none_or(|name| !name.eq_ignore_ascii_case(property.value.trim()))
                {
                    let reason = "an END that does not belong to the last BEGIN";
                    return Err(FormatError::malformed(Place::Line, number, reason));
                }
                if is_row {
                    packed.end_row(began)?;
                }
            }
            // Which of its dates stand is said elsewhere in the calendar, if at all: none is guessed.
            name if is_row && REPEATS.contains(&name) => packed.note_flaw(REPEATING),
            _ if is_row => put(&mut packed, &property)?,
            _ => {}
        }
    }
    if !open.is_empty() {
        let reason = format!("line {last}: the calendar does not end");
        return Err(FormatError::cut(reason));
    }
    packed.finish(layout, "the calendar holds no VEVENT")
}

/// Joins the lines that a calendar breaks, each with the number of its first.
fn unfolded(text: &str) -> Vec<(u64, String)> {
    let mut lines: Vec<(u64, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let rest = line.strip_prefix([' ', '\t']);
        match (rest, lines.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            (Some(_), None) | (None, _) => lines.push((number, line.to_owned())),
        }
    }
    lines
}

/// One line: `NAME;PARAMETER=value:value`.
struct Property {
    name: String,
    zone: Option<String>,
    value: String,
}

impl Property {
    fn read(line: &str) -> Option<Self> {
        let mut is_quoted = false;
        let colon = line.char_indices().find_map(|(at, c)| {
            is_quoted ^= c == '"';
            (c == ':' && !is_quoted).then_some(at)
        })?;
        let (head, value) = line.split_at_checked(colon)?;
        let mut parts = head.split(';');
        let name = parts.next()?.trim().to_ascii_uppercase();
        let zone = parts.find_map(|part| {
            let (key, value) = part.split_once('=')?;
            let is_zone = key.trim().eq_ignore_ascii_case("TZID");
            is_zone.then(|| value.trim().trim_matches('"').to_owned())
        });
        let value = value.strip_prefix(':')?.to_owned();
        (!name.is_empty()).then_some(Self { name, zone, value })
    }
}

fn put(packed: &mut Packed, property: &Property) -> Result<(), FormatError> {
    let name = property.name.as_str();
    let column = packed.column(name)?;
    if TIMES.contains(&name) {
        packed.put(column, &time(&property.value, property.zone.as_deref()));
        return Ok(());
    }
    let value = unescaped(&property.value);
    packed.put(column, &value);
    if name == "DESCRIPTION" {
        for line in value.lines() {
            let Some((label, value)) = line.split_once(':') else {
                continue;
            };
            let column = packed.column(&format!("DESCRIPTION.{}", label.trim()))?;
            packed.put(column, value);
        }
    }
    Ok(())
}

/// Writes a time as ISO, in UTC where its zone is known; else as the civil time that it is. A day without
/// a time, and what is no time, stay as they are.
fn time<'a>(value: &'a str, zone: Option<&str>) -> Cow<'a, str> {
    let value = value.trim();
    let (civil, is_utc) = match value.strip_suffix('Z') {
        Some(civil) => (civil, true),
        None => (value, false),
    };
    let Ok(civil) = DateTime::strptime("%Y%m%dT%H%M%S", civil) else {
        return Cow::Borrowed(value);
    };
    let zone = if is_utc {
        Some(TimeZone::UTC)
    } else {
        zone.and_then(|name| TimeZone::get(name).ok())
    };
    let at = zone.and_then(|zone| civil.to_zoned(zone).ok());
    Cow::Owned(at.map_or_else(|| civil.to_string(), |at| at.timestamp().to_string()))
}

/// Takes the escapes out of a text.
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('n' | 'N') => text.push('\n'),
            Some(escaped) => text.push(escaped),
            None => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::format::cells::Cells as _;
    use crate::format::csv::CsvLayout;
    use crate::format::error::FormatError;
    use crate::format::layout::{Layout, Wanted};
    use crate::format::packed::Packed;

    fn layout() -> Layout {
        let mut layout = Layout::csv(CsvLayout {
            delimiter: b',',
            final_newline_required: true,
        });
        layout.wanted = Wanted::everything();
        layout
    }

    fn calendar(event: &str) -> String {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:Central\r\nBEGIN:STANDARD\r\n\
             RRULE:FREQ=YEARLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n{event}\
             END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    }

    fn cell(packed: &Packed, name: &str) -> Option<String> {
        let place = packed.columns().iter().position(|column| column == name)?;
        packed.cell(place).map(str::to_owned)
    }

    #[test]
    fn reads_events_with_their_zones_folds_escapes_and_labels() {
        let text = calendar(
            "UID:26-0118/1\r\nDTSTART;TZID=America/Chicago:20260701T090000\r\n\
             DTEND;TZID=\"Central Standard Time\":20260701T093000\r\nDTSTAMP:20260601T120000Z\r\n\
             SUMMARY:Arraignment\\, room 2\r\nDESCRIPTION:Case: 26-0118\\nDefendant: SAM\r\n PLE\\, \
             AVERY\\nbring nothing\r\nBEGIN:VALARM\r\nDESCRIPTION:Case: 9\r\nEND:VALARM\r\n",
        );
        let mut packed = read(&text, &layout()).unwrap();
        assert_eq!(packed.next_row(), Some(9));
        let expected = [
            ("UID", "26-0118/1"),
            ("DTSTART", "2026-07-01T14:00:00Z"),
            ("DTEND", "2026-07-01T09:30:00"),
            ("DTSTAMP", "2026-06-01T12:00:00Z"),
            ("SUMMARY", "Arraignment, room 2"),
            ("DESCRIPTION.Case", "26-0118"),
            ("DESCRIPTION.Defendant", "SAMPLE, AVERY"),
        ];
        for (column, value) in expected {
            assert_eq!(cell(&packed, column).as_deref(), Some(value), "{column}");
        }
        assert_eq!(packed.next_row(), None);
    }

    #[test]
    fn keeps_a_day_a_day() {
        let text = calendar("UID:1\r\nDTSTART;VALUE=DATE:20260701\r\n");
        let mut packed = read(&text, &layout()).unwrap();
        packed.next_row();
        assert_eq!(cell(&packed, "DTSTART").as_deref(), Some("20260701"));
    }

    #[test]
    fn refuses_what_is_cut_or_empty() {
        let whole = calendar("UID:1\r\n");
        let cut = whole.strip_suffix("END:VCALENDAR\r\n").unwrap();
        let refused = |text: &str| read(text, &layout()).unwrap_err();
        assert!(matches!(refused(cut), FormatError::Cut { .. }));
        let empty = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";
        assert!(matches!(refused(empty), FormatError::NoRows { .. }));
    }

    #[test]
    fn takes_the_others_beside_an_event_that_repeats() {
        let events = "UID:1\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\n";
        let mut packed = read(&calendar(events), &layout()).unwrap();
        assert_eq!(packed.next_row(), Some(9));
        let flaw = packed.flaw().unwrap();
        assert!(flaw.contains("repeats"), "{flaw}");
        assert_eq!(cell(&packed, "UID").as_deref(), Some("1"));
        assert_eq!(packed.next_row(), Some(13));
        assert_eq!(packed.flaw(), None);
        assert_eq!(packed.next_row(), None);
    }
}
