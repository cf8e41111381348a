//! What the cells of a sample look like: how full, how different, dates, sexes, names. Only counts are
//! kept, and the words of columns that have few.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::civil::{Date, Time};
use jiff::fmt::strtime;

use super::lists::{Listed, Places, SEPARATORS};
use crate::format::cells::Cells;
use crate::format::layout::is_of_charges;
use crate::format::packed::PLACE;
use crate::mapping::dates::{self, FORMATS};
use crate::mapping::field::Field;
use crate::mapping::layout::OF_CHARGE;

/// Rows that are looked at; a larger sample teaches nothing more.
pub const ROWS_MAX: usize = 50_000;

/// Cells of a column that are tried as dates.
const DATES_MAX: u64 = 1_500;

/// Words of a column that are kept one by one; with more it is no column of words.
const WORDS_MAX: usize = 60;

/// Telling cells of a column that are kept one by one.
const TELLING_MAX: usize = 20;

/// Bytes of the longest word.
const WORD_BYTES_MAX: usize = 40;

/// Date formats that are tried after those that every profile reads.
const FURTHER: [&str; 23] = [
    "%m%d%Y",
    "%m%d%Y %H:%M",
    "%m%d%Y %H%M",
    "%m-%d-%Y - %I:%M %p",
    "%m-%d-%Y %I:%M %p",
    "%m-%d-%Y %H:%M:%S",
    "%m-%d-%Y %H:%M",
    "%b %d, %Y",
    "%b %d %Y %I:%M%p",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y %H:%M",
    "%d-%b-%Y %I:%M %p",
    "%d-%b-%y %H:%M",
    "%d %b %Y",
    "%m/%d/%Y - %I:%M %p",
    "%m%d%y",
    "%y%m%d",
    "%m%d%y %H%M",
    "%Y%m%d%H%M%S",
    "%Y%m%d%H%M",
    "%d/%m/%Y",
];

/// Cells that say nothing.
const NOTHING: [&str; 8] = ["NULL", "(NULL)", "N/A", "NONE", "NAN", "-", "//", "UNKNOWN"];

/// What one column holds.
#[derive(Debug, Default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Cells that hold anything.
    pub filled: u64,
    /// Words, where there are few of them, and how often each stands.
    pub words: BTreeMap<String, u64>,
    has_many_words: bool,
    pub(super) distinct: BTreeSet<u64>,
    pub(super) listed: [Listed; SEPARATORS.len()],
    dates_tried: u64,
    /// Which formats fit a cell, as bits, and how many cells they fit.
    dates: BTreeMap<u64, u64>,
    old: u64,
    ahead: u64,
    clocks: u64,
    sexes: u64,
    flags: u64,
    names: u64,
    pub(super) social: u64,
    pub(super) phones: u64,
    numbers: u64,
    wordy: u64,
    with_digits: u64,
    /// Cells that may state a custody state, in whatever column they stand.
    pub telling: BTreeMap<String, u64>,
}

/// A sample: its columns, and which cells are the same.
#[derive(Debug)]
pub struct Sample {
    /// The columns, in the file's order.
    pub columns: Vec<Column>,
    rows: Vec<Vec<u64>>,
    /// What each cell of each row lists, by separator.
    pub(super) places: Vec<Vec<[Places; SEPARATORS.len()]>>,
    today: Date,
    /// Where the charges of a row stand, each with a value of its own in each column.
    charges: Option<String>,
}

impl Sample {
    /// Begins with a header.
    #[must_use]
    pub fn new(header: &[String], today: Date) -> Self {
        let column = |name: &String| Column {
            name: name.clone(),
            ..Column::default()
        };
        Self {
            columns: header.iter().map(column).collect(),
            rows: Vec::new(),
            places: Vec::new(),
            today,
            charges: None,
        }
    }

    /// Begins with a header some columns of which are those of a row's charges.
    #[must_use]
    pub fn with_charges(header: &[String], today: Date, charges: Option<&str>) -> Self {
        Self {
            charges: charges.map(str::to_owned),
            ..Self::new(header, today)
        }
    }

    /// Says whether a column may fill a field: those of a charge come from its own columns where charges have
    /// some, and of those come beside them only what may be one for all.
    #[must_use]
    pub fn may_fill(&self, field: Field, name: &str) -> bool {
        let Some(charges) = &self.charges else {
            return true;
        };
        let is_theirs = is_of_charges(charges, name);
        let is_shared = matches!(field, Field::Bond | Field::CaseNumber | Field::Hold);
        is_theirs == OF_CHARGE.contains(&field) || is_theirs && is_shared
    }

    /// Looks at a row.
    pub fn see(&mut self, cells: &dyn Cells) {
        if self.rows.len() >= ROWS_MAX || cells.is_blank() {
            return;
        }
        let mut hashes = Vec::with_capacity(self.columns.len());
        let mut places = Vec::with_capacity(self.columns.len());
        for (place, column) in self.columns.iter_mut().enumerate() {
            let text = cells.cell(place).unwrap_or_default().trim();
            let is_nothing = text.is_empty() || NOTHING.contains(&text.to_uppercase().as_str());
            let text = if is_nothing { "" } else { text };
            let hash = hash(text);
            hashes.push(hash);
            let mut of_cell = [Places::default(); SEPARATORS.len()];
            if !is_nothing {
                for part in text.split(PLACE).map(str::trim) {
                    if !part.is_empty() {
                        column.see(part, self::hash(part), self.today);
                    }
                }
                let listed = column.listed.iter_mut().zip(SEPARATORS);
                for (of_cell, (listed, separator)) in of_cell.iter_mut().zip(listed) {
                    *of_cell = listed.see(text, separator);
                }
            }
            places.push(of_cell);
        }
        self.rows.push(hashes);
        self.places.push(places);
    }

    /// Returns how many rows were looked at.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Returns how many different rows there are, as far as these columns tell.
    #[must_use]
    pub fn distinct(&self, places: &[usize]) -> u64 {
        let of = |row: &Vec<u64>| -> Vec<u64> {
            places
                .iter()
                .filter_map(|place| row.get(*place))
                .copied()
                .collect()
        };
        self.rows.iter().map(of).collect::<BTreeSet<_>>().len() as u64
    }

    /// Says whether some columns tell what stands in others: whether rows that are the same in them
    /// are the same there too.
    #[must_use]
    pub fn determine(&self, places: &[usize], others: &[usize]) -> bool {
        let both: Vec<usize> = places.iter().chain(others).copied().collect();
        self.distinct(places) == self.distinct(&both)
    }
}

impl Column {
    fn see(&mut self, text: &str, hash: u64, today: Date) {
        self.filled += 1;
        self.distinct.insert(hash);
        let upper = text.to_uppercase();
        self.sexes += u64::from(matches!(
            upper.as_str(),
            "M" | "F" | "MALE" | "FEMALE" | "U" | "X"
        ));
        self.flags += u64::from(matches!(
            upper.as_str(),
            "Y" | "N" | "YES" | "NO" | "TRUE" | "FALSE" | "0" | "1" | "T" | "F"
        ));
        self.names += u64::from(is_name(text));
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_shaped = |shape: &str| shaped(text) == shape;
        self.social += u64::from(is_shaped("999-99-9999"));
        self.phones += u64::from(
            [
                "999-999-9999",
                "(999) 999-9999",
                "(999)999-9999",
                "999.999.9999",
            ]
            .contains(&shaped(text).as_str()),
        );
        self.numbers += u64::from(digits.len() == text.len());
        self.clocks += u64::from(text.len() <= 11 && dates::clock_time(text).is_some());
        if self.dates_tried < DATES_MAX {
            self.dates_tried += 1;
            self.try_dates(text, digits.len(), today);
        }
        self.with_digits += u64::from(!digits.is_empty());
        self.wordy += u64::from(
            text.split(|c: char| !c.is_alphabetic())
                .any(|word| word.len() > 3),
        );
        let is_telling = text.len() <= WORD_BYTES_MAX && super::words::is_telling(&upper);
        if is_telling && (self.telling.len() < TELLING_MAX || self.telling.contains_key(&upper)) {
            *self.telling.entry(upper.clone()).or_default() += 1;
        }
        self.note_word(text, upper);
    }

    fn note_word(&mut self, text: &str, upper: String) {
        if self.has_many_words || text.len() > WORD_BYTES_MAX {
            self.has_many_words = true;
            self.words.clear();
            return;
        }
        *self.words.entry(upper).or_default() += 1;
        if self.words.len() > WORDS_MAX {
            self.has_many_words = true;
            self.words.clear();
        }
    }

    fn try_dates(&mut self, text: &str, digits: usize, today: Date) {
        if digits < 4 || text.len() > 40 {
            return;
        }
        let utc = text.strip_suffix('Z').map(|civil| format!("{civil}+00:00"));
        let text = utc.as_deref().unwrap_or(text);
        let mut bits = 0_u64;
        let mut year = None;
        for (place, format) in formats().enumerate() {
            let Some(date) = read(format, text) else {
                continue;
            };
            bits |= 1 << place;
            year.get_or_insert(date.year());
        }
        let Some(year) = year else { return };
        *self.dates.entry(bits).or_default() += 1;
        // A two-digit year of long ago is read as one ahead.
        let is_old = year < today.year() - 13 || year > today.year() + 30;
        self.old += u64::from(is_old);
        self.ahead += u64::from(year > today.year() && !is_old);
    }

    /// Returns the share of the filled cells, in percent.
    fn percent(&self, of: u64) -> u64 {
        of * 100 / self.filled.max(1)
    }

    /// Returns how many different values it holds.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.distinct.len() as u64
    }

    /// Says whether nearly all of it is dates.
    #[must_use]
    pub fn is_dates(&self) -> bool {
        let fitting: u64 = self.dates.values().sum();
        self.dates_tried > 0 && fitting * 100 / self.dates_tried >= 80
    }

    /// Says whether nearly all of it is dates of long ago.
    #[must_use]
    pub fn is_births(&self) -> bool {
        let fitting: u64 = self.dates.values().sum();
        self.is_dates() && self.old * 100 / fitting.max(1) >= 80
    }

    /// Says whether most of its dates lie ahead.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        self.is_dates() && self.ahead * 2 > self.dates.values().sum()
    }

    /// Says whether it holds times of a day.
    #[must_use]
    pub fn is_clock(&self) -> bool {
        self.percent(self.clocks) >= 90 && !self.is_dates()
    }

    /// Says whether it holds sexes.
    #[must_use]
    pub fn is_sexes(&self) -> bool {
        self.percent(self.sexes) >= 95 && self.distinct() <= 6
    }

    /// Says whether it holds nothing but yes and no.
    #[must_use]
    pub fn is_flags(&self) -> bool {
        self.percent(self.flags) >= 98 && self.distinct() <= 4
    }

    /// Says whether it holds names in the shape `LAST, FIRST`.
    #[must_use]
    pub fn is_names(&self) -> bool {
        self.percent(self.names) >= 80 && self.distinct() * 3 > self.filled
    }

    /// Says whether it holds social security numbers, or telephone numbers.
    #[must_use]
    pub fn is_secret(&self) -> Option<&'static str> {
        if self.percent(self.social) >= 50 {
            return Some("its cells look like social security numbers");
        }
        (self.percent(self.phones) >= 50).then_some("its cells look like telephone numbers")
    }

    /// Says whether it holds nothing but digits.
    #[must_use]
    pub const fn is_numbers(&self) -> bool {
        self.numbers == self.filled
    }

    /// Says whether most of it is written in words.
    #[must_use]
    pub fn is_wordy(&self) -> bool {
        self.wordy * 2 > self.filled
    }

    /// Says whether most of it is codes: a digit in each, and no word.
    #[must_use]
    pub fn is_codes(&self) -> bool {
        self.with_digits * 2 > self.filled && !self.is_wordy()
    }

    /// Says in a few words what it holds, without any value.
    #[must_use]
    pub fn looks(&self, rows: u64) -> String {
        let empty = (rows - self.filled.min(rows)) * 100 / rows.max(1);
        let what = if self.filled == 0 {
            return "always empty".to_owned();
        } else if self.is_dates() {
            "dates"
        } else if self.is_sexes() {
            "M and F"
        } else if self.is_flags() {
            "yes and no"
        } else if self.is_names() {
            "LAST, FIRST"
        } else if self.is_numbers() {
            "numbers"
        } else {
            "text"
        };
        let different = self.distinct();
        let empty = if empty > 0 {
            format!(", {empty}% empty")
        } else {
            String::new()
        };
        format!("{what}, {different} different{empty}")
    }

    /// Returns the fewest date formats that read nearly all of it, the usual ones first.
    #[must_use]
    pub fn formats(&self) -> Vec<&'static str> {
        let mut left = self.dates.clone();
        let mut chosen = Vec::new();
        while chosen.len() < 4 {
            let fitting = |place: usize| -> u64 {
                left.iter()
                    .filter(|(bits, _)| *bits >> place & 1 == 1)
                    .map(|(_, n)| n)
                    .sum()
            };
            let best = formats()
                .enumerate()
                .max_by_key(|(place, _)| (fitting(*place), usize::MAX - place));
            let Some((place, format)) = best.filter(|(place, _)| fitting(*place) > 0) else {
                break;
            };
            chosen.push(format);
            left.retain(|bits, _| bits >> place & 1 == 0);
        }
        chosen
    }

    /// Says whether every profile reads all its dates.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        let usual = (1_u64 << FORMATS.len()) - 1;
        self.dates.keys().all(|bits| bits & usual != 0)
    }

    /// Says whether its dates hold a time of day.
    #[must_use]
    pub fn has_time(&self) -> bool {
        self.formats()
            .iter()
            .any(|format| format.contains("%H") || format.contains("%I"))
    }
}

fn formats() -> impl Iterator<Item = &'static str> {
    FORMATS.into_iter().chain(FURTHER)
}

fn read(format: &str, text: &str) -> Option<Date> {
    let date = strtime::parse(format, text).ok()?.to_date().ok()?;
    (1890..=2100).contains(&date.year()).then_some(date)
}

/// Writes the sample's day and time in one of its formats, for an example.
pub(super) fn written(format: &str, date: Date) -> String {
    let at = date
        .to_datetime(Time::midnight())
        .to_zoned(jiff::tz::TimeZone::UTC);
    let at = at.map(|day| day.saturating_add(jiff::Span::new().minutes(810)));
    at.ok()
        .and_then(|at| strtime::format(format, &at).ok())
        .unwrap_or_default()
}

pub(super) fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// `LAST, FIRST`: one comma between words of letters.
fn is_name(text: &str) -> bool {
    let Some((last, first)) = text.split_once(',') else {
        return false;
    };
    let is_word = |part: &str| {
        let part = part.trim();
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphabetic() || " -'.\",".contains(c))
    };
    is_word(last) && is_word(first)
}

/// Writes each digit as a nine.
fn shaped(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect()
}
