//! Times and dates as agencies write them, resolved in the agency's zone.
//!
//! What had to be decided is kept with the result: a day without a time, an hour that was skipped
//! or happened twice. Two-digit years are decided by rule, never by the machine's own pivot.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use savin_shared::clock::{Certainty, Moment};

/// Tried in this order unless a profile names its own.
pub(super) const FORMATS: [&str; 29] = [
    "%Y-%m-%dT%H:%M:%S%.f%:z",
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M%:z",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S%.f%:z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %H:%M%:z",
    "%Y-%m-%d %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S%.f",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M",
    "%m/%d/%y %I:%M:%S %p",
    "%m/%d/%y %H:%M:%S",
    "%m/%d/%y %I:%M %p",
    "%m/%d/%y %H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%m/%d/%y",
    "%Y%m%d",
    "%Y%m%d %H:%M:%S",
    "%Y%m%dT%H%M%S",
];

/// How the time of a day is written where it stands alone.
const CLOCK_FORMATS: [&str; 8] = [
    "%H:%M:%S%.f",
    "%H:%M",
    "%I:%M:%S %p",
    "%I:%M %p",
    "%I:%M:%S%p",
    "%I:%M%p",
    "%H%M%S",
    "%H%M",
];

/// Dates that systems write when they know none.
const SENTINELS: [&str; 6] = [
    "00/00/0000",
    "0000-00-00",
    "01/01/1900",
    "1900-01-01",
    "9999-12-31",
    "12/31/9999",
];

/// Years that a fact other than a birth can lie ahead: a sentence's end, an order's end.
const AHEAD_YEARS_MAX: i16 = 30;

/// The youngest that anybody in custody can be; younger means that the century is wrong.
const AGE_YEARS_MIN: i16 = 10;

/// Reads an agency's times.
#[derive(Debug, Clone)]
pub struct TimeReader {
    zone: TimeZone,
    formats: Vec<Format>,
}

/// A format, with what tells at a glance that a text is not in it: a list of a hundred thousand rows
/// holds three times as many times, and a trial that fails costs as much as one that does not.
#[derive(Debug, Clone)]
struct Format {
    text: String,
    separators: Option<Separators>,
}

/// The separators between a format's numbers and before its time, and whether an offset from UTC comes after them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Separators {
    between: String,
    has_offset: bool,
}

impl TimeReader {
    /// Reads times of a zone in formats that are tried in order; none at all means the usual ones.
    #[must_use]
    pub fn new(zone: TimeZone, formats: Vec<String>) -> Self {
        let formats = if formats.is_empty() {
            FORMATS.map(|format| Format::new(format.to_owned())).into()
        } else {
            formats.into_iter().map(Format::new).collect()
        };
        Self { zone, formats }
    }

    /// Says whether a text is a format that yields at least a date.
    #[must_use]
    pub fn is_format(format: &str) -> bool {
        let sample = jiff::civil::date(2026, 6, 1)
            .at(13, 30, 0, 0)
            .to_zoned(TimeZone::UTC);
        let Ok(sample) = sample else { return false };
        strtime::format(format, &sample)
            .and_then(|text| strtime::parse(format, text))
            .is_ok_and(|time| time.to_date().is_ok())
    }

    /// Returns the agency's zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Returns the agency's day at a moment.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// Says whether a text is a date that means that there is none.
    #[must_use]
    pub fn is_sentinel(&self, text: &str) -> bool {
        SENTINELS.iter().any(|sentinel| text.starts_with(sentinel))
    }

    /// Reads a time, or returns `None` where no format fits or the date does not exist.
    #[must_use]
    pub fn moment(&self, text: &str, today: Date) -> Option<Moment> {
        let utc = text.strip_suffix('Z').map(|civil| format!("{civil}+00:00"));
        let (format, time) = self.parse(utc.as_deref().unwrap_or(text))?;
        if let Ok(at) = time.to_timestamp() {
            return Some(Moment::exact(at));
        }
        let date = pivoted(format, time.to_date().ok()?, |date| {
            date.year() > today.year().saturating_add(AHEAD_YEARS_MAX)
        })?;
        if time.hour().is_none() {
            return self.resolve(date.at(0, 0, 0, 0), Some(Certainty::DateOnly));
        }
        self.resolve(date.to_datetime(time.to_time().ok()?), None)
    }

    /// Reads a date and a time that stand in two columns; whatever time the date's column holds beside
    /// it does not count. A time that cannot be read leaves the day.
    #[must_use]
    pub fn moment_at(&self, date: &str, time: Option<&str>, today: Date) -> Option<Moment> {
        let day = self.moment(date, today)?;
        let Some(time) = time.and_then(clock_time) else {
            return Some(day);
        };
        let date = day.at.to_zoned(self.zone.clone()).date();
        self.resolve(date.to_datetime(time), None)
    }

    /// Reads a birth date: never in the future, and never that of a child under ten.
    #[must_use]
    pub fn birth_date(&self, text: &str, today: Date) -> Option<Date> {
        let (format, time) = self.parse(text)?;
        let youngest = today.year().saturating_sub(AGE_YEARS_MIN);
        let date = pivoted(format, time.to_date().ok()?, |date| date.year() > youngest)?;
        (date.year() > 1880 && date <= today).then_some(date)
    }

    /// Reads the date that a file's name holds anywhere, in the first of the formats that finds one.
    #[must_use]
    pub fn date_in_name(&self, formats: &[String], name: &str) -> Option<Date> {
        formats.iter().find_map(|format| {
            name.char_indices().find_map(|(start, _)| {
                let rest = name.get(start..)?;
                let (time, _) = BrokenDownTime::parse_prefix(format, rest).ok()?;
                let date = time.to_date().ok()?;
                (1990..2100).contains(&date.year()).then_some(date)
            })
        })
    }

    fn parse(&self, text: &str) -> Option<(&str, BrokenDownTime)> {
        let may_fit = |format: &&Format| format.may_fit(text);
        self.formats.iter().filter(may_fit).find_map(|format| {
            let time = strtime::parse(&format.text, text).ok()?;
            let date = time.to_date().ok()?;
            // `%Y` also reads "26": a year of two digits belongs to `%y`.
            (date.year() >= 100).then_some((format.text.as_str(), time))
        })
    }

    fn resolve(&self, civil: DateTime, certainty: Option<Certainty>) -> Option<Moment> {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        let decided = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Certainty::Exact,
            AmbiguousOffset::Gap { .. } => Certainty::SkippedHour,
            AmbiguousOffset::Fold { .. } => Certainty::DoubledHour,
        };
        let at = ambiguous.compatible().ok()?;
        Some(Moment {
            at,
            certainty: certainty.unwrap_or(decided),
        })
    }
}

impl Format {
    fn new(text: String) -> Self {
        Self {
            separators: Separators::of(&text),
            text,
        }
    }

    /// Says whether a text may be in this format; only a trial tells that it is.
    fn may_fit(&self, text: &str) -> bool {
        let Some(separators) = &self.separators else {
            return true;
        };
        let mut found = text.chars().filter(|c| is_separator(*c));
        let fits = separators.between.chars().all(|c| found.next() == Some(c));
        fits && separators.has_offset == found.next().is_some()
    }
}

impl Separators {
    /// Takes them from a format; `None` where it has a directive that stands for several numbers, or
    /// for a name with letters of its own.
    fn of(format: &str) -> Option<Self> {
        let mut separators = Self {
            between: String::new(),
            has_offset: false,
        };
        let mut rest = format.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                separators.between.extend(is_separator(c).then_some(c));
                continue;
            }
            let directive = rest.next()?;
            match directive {
                'Y' | 'y' | 'm' | 'd' | 'e' | 'H' | 'I' | 'M' | 'S' | 'p' | 'P' => {}
                '.' => drop(rest.next()),
                'z' => separators.has_offset = true,
                ':' if rest.next() == Some('z') => separators.has_offset = true,
                _ => return None,
            }
        }
        Some(separators)
    }
}

const fn is_separator(c: char) -> bool {
    matches!(c, '-' | '/' | ':' | '+' | 'T')
}

/// Reads a time of day, also one that a database writes behind a day of its own, or as `930`.
pub(super) fn clock_time(text: &str) -> Option<Time> {
    let text = match text.split_once([' ', 'T']) {
        Some((day, time)) if day.contains(['-', '/']) => time.trim(),
        Some(_) | None => text,
    };
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let padded = match text.len() {
        1..=3 if is_number => format!("{text:0>4}"),
        5 if is_number => format!("0{text}"),
        _ => text.to_owned(),
    };
    let padded = padded.to_uppercase();
    CLOCK_FORMATS
        .iter()
        .find_map(|format| strtime::parse(format, &padded).ok()?.to_time().ok())
}

/// Moves a two-digit year back by centuries until it is plausible.
fn pivoted(format: &str, date: Date, too_late: impl Fn(Date) -> bool) -> Option<Date> {
    if !format.contains("%y") {
        return Some(date);
    }
    let year = (0..3)
        .map(|century| date.year().saturating_sub(century * 100))
        .find(|year| Date::new(*year, date.month(), 1).is_ok_and(|moved| !too_late(moved)))?;
    Date::new(year, date.month(), date.day()).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::{Date, date};
    use jiff::fmt::strtime;
    use jiff::tz::TimeZone;
    use savin_shared::clock::Certainty;

    use super::{FORMATS, Format, TimeReader};

    #[test]
    fn a_glance_passes_over_no_format_that_fits() {
        let at = "2026-06-15T13:05:09Z".parse::<Timestamp>().unwrap();
        let zoned = at.to_zoned(TimeZone::get("America/Chicago").unwrap());
        for written in FORMATS {
            let text = strtime::format(written, &zoned).unwrap();
            for format in FORMATS {
                let fits = strtime::parse(format, &text).is_ok();
                assert!(
                    !fits || Format::new(format.to_owned()).may_fit(&text),
                    "{text:?} is in {format}"
                );
            }
        }
        // What stands for several numbers is always tried.
        assert!(Format::new("%D %T".to_owned()).may_fit("06/15/26 13:05:09"));
    }

    fn reader() -> TimeReader {
        TimeReader::new(TimeZone::get("America/Chicago").unwrap(), Vec::new())
    }

    fn today() -> Date {
        date(2026, 6, 15)
    }

    fn moment(text: &str) -> Option<(String, Certainty)> {
        reader()
            .moment(text, today())
            .map(|moment| (moment.at.to_string(), moment.certainty))
    }

    #[test]
    fn reads_the_usual_formats_in_the_agency_zone() {
        let exact = Some(("2026-06-01T18:30:00Z".to_owned(), Certainty::Exact));
        assert_eq!(moment("2026-06-01T13:30:00.000"), exact);
        assert_eq!(moment("06/01/2026 01:30 PM"), exact);
        assert_eq!(moment("06/01/2026 13:30"), exact);
        assert_eq!(moment("2026-06-01T18:30:00Z"), exact);
        assert_eq!(moment("2026-06-01T14:30:00-04:00"), exact);
        for text in [
            "2026-06-01T13:30",
            "2026-06-01T18:30Z",
            "2026-06-01T14:30-04:00",
            "2026-06-01T14:30:00.000-0400",
            "2026-06-01 18:30:00+00:00",
            "2026-06-01 01:30:00 PM",
            "6/1/26 13:30",
            "6/1/2026 1:30 PM",
            "2026/06/01 13:30:00",
            "20260601T133000",
        ] {
            assert_eq!(moment(text), exact, "{text}");
        }
        let day = Some(("2026-06-01T05:00:00Z".to_owned(), Certainty::DateOnly));
        assert_eq!(moment("2026-06-01"), day);
        assert_eq!(moment("6/1/26"), day);
        assert_eq!(moment("20260601"), day);
    }

    #[test]
    fn records_what_it_decided_about_skipped_and_doubled_hours() {
        let skipped = Some(("2026-03-08T08:30:00Z".to_owned(), Certainty::SkippedHour));
        assert_eq!(moment("2026-03-08 02:30:00"), skipped);
        let doubled = Some(("2026-11-01T06:30:00Z".to_owned(), Certainty::DoubledHour));
        assert_eq!(moment("2026-11-01 01:30:00"), doubled);
    }

    #[test]
    fn refuses_dates_that_are_none() {
        for text in [
            "Unknown",
            "99/99/?",
            "999/99/9999",
            "02/30/2026",
            "1/1/26;2/1/26",
            "",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
        assert!(reader().is_sentinel("1900-01-01T00:00:00"));
        assert!(reader().is_sentinel("00/00/0000"));
    }

    #[test]
    fn decides_two_digit_years_by_rule() {
        let born = |text| reader().birth_date(text, today());
        assert_eq!(born("2/3/90"), Some(date(1990, 2, 3)));
        assert_eq!(born("2/3/08"), Some(date(2008, 2, 3)));
        // Ten years old or younger: another century.
        assert_eq!(born("2/3/20"), Some(date(1920, 2, 3)));
        assert_eq!(born("2/3/45"), Some(date(1945, 2, 3)));
        assert_eq!(born("2090-02-03"), None);
        // A sentence may end long after today.
        assert_eq!(
            moment("2/3/45").map(|(at, _)| at),
            Some("2045-02-03T06:00:00Z".to_owned())
        );
    }

    #[test]
    fn knows_a_usable_format() {
        assert!(TimeReader::is_format("%m/%d/%Y"));
        assert!(!TimeReader::is_format("MM/DD/YYYY"));
        assert!(!TimeReader::is_format("%H:%M"));
    }

    #[test]
    fn finds_the_date_in_a_file_name() {
        let formats = ["%Y%m%d", "%Y-%m-%d", "%Y_%m_%d"].map(str::to_owned);
        let named = |name| reader().date_in_name(&formats, name);
        assert_eq!(named("Roster_20260613.csv"), Some(date(2026, 6, 13)));
        assert_eq!(named("2016-07-24.csv"), Some(date(2016, 7, 24)));
        assert_eq!(named("2026_08_19.csv"), Some(date(2026, 8, 19)));
        assert_eq!(named("roster_12_2016-12-05.csv"), Some(date(2016, 12, 5)));
        assert_eq!(named("roster.csv"), None);
    }
}
