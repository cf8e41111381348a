//! One row, read field by field: blanks folded, null words taken as nothing, bounds kept.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::civil::Date;
use savin_shared::clock::{EffectiveAt, Moment, ObservedAt};
use savin_shared::ids::{FacilityCode, IdError};
use savin_shared::limits::TEXT_BYTES_MAX;
use savin_shared::record::custody::{CustodyState, DispositionKind, ReleaseReason};

use super::binding::Binding;
use super::column::How;
use super::dates::TimeReader;
use super::field::Field;
use super::profile::{NOT_SEALED, Profile};
use super::tally::{Problem, RowTally};
use super::values::{DispositionWord, RecordType, word_key};
use crate::format::cells::Cells;
use crate::format::layout::Place;

/// What stands in a word, in upper case, that says by itself that a charge was expunged or sealed.
const SEALED_WORDS: [&str; 2] = ["EXPUNG", "SEALED"];

/// Reads one row.
pub struct RowReader<'a> {
    /// The profile, for its tables and rules.
    pub profile: &'a Profile,
    binding: &'a Binding,
    cells: &'a dyn Cells,
    line: u64,
    seen: Seen,
    tally: RowTally,
}

/// When an export is read: the same for each of its rows.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The moment.
    pub at: ObservedAt,
    /// The agency's day at that moment.
    pub today: Date,
}

impl std::fmt::Debug for RowReader<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Cells hold personal data.
        formatter
            .debug_struct("RowReader")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl<'a> RowReader<'a> {
    pub(super) fn new(
        profile: &'a Profile,
        binding: &'a Binding,
        cells: &'a dyn Cells,
        line: u64,
        seen: Seen,
    ) -> Self {
        Self {
            profile,
            binding,
            cells,
            line,
            seen,
            tally: RowTally::default(),
        }
    }

    pub(super) fn finish(self) -> RowTally {
        self.tally
    }

    /// When the agent saw the row.
    pub const fn observed_at(&self) -> ObservedAt {
        self.seen.at
    }

    /// Returns a field's text, folded and bounded, or `None` for nothing or a null word.
    pub fn text(&self, field: Field) -> Option<String> {
        self.words(field).map(Cow::into_owned)
    }

    /// Says whether a field holds anything.
    pub fn has(&self, field: Field) -> bool {
        self.words(field).is_some()
    }

    /// The same as `text` without a copy, where the cell is written as it is returned.
    fn words(&self, field: Field) -> Option<Cow<'a, str>> {
        if let Some(position) = self.binding.position(field) {
            return self.cell(field, position);
        }
        if let Some(places) = self.binding.parts(field) {
            return self.joined(field, places);
        }
        self.profile
            .rules
            .fixed
            .get(&field)
            .map(|word| Cow::Borrowed(word.as_str()))
    }

    fn cell(&self, field: Field, position: usize) -> Option<Cow<'a, str>> {
        self.value(field, self.cells.cell(position)?)
    }

    /// Returns what a text says for a field, folded and bounded, or `None` for nothing or a null word.
    fn value(&self, field: Field, text: &'a str) -> Option<Cow<'a, str>> {
        let trimmed = text.trim();
        if trimmed.is_empty() || self.profile.nulls.holds(trimmed) {
            return None;
        }
        let own = self.profile.rules.nulls.get(&field);
        if own.is_some_and(|nulls| nulls.holds(trimmed)) {
            return None;
        }
        if is_folded(trimmed) && trimmed.len() <= TEXT_BYTES_MAX {
            return Some(Cow::Borrowed(trimmed));
        }
        let mut folded = String::with_capacity(trimmed.len());
        for word in trimmed.split_whitespace() {
            if !folded.is_empty() {
                folded.push(' ');
            }
            folded.push_str(word);
        }
        Some(Cow::Owned(bounded(folded)))
    }

    /// Returns the values that a cell lists, in their order, each `None` where its place is empty; none where
    /// nothing stands in the cell.
    pub fn list(&self, field: Field, separator: &str) -> Vec<Option<String>> {
        let position = self.binding.position(field);
        let Some(text) = position.and_then(|position| self.cells.cell(position)) else {
            return Vec::new();
        };
        let values = text.split(separator);
        values
            .map(|value| self.value(field, value).map(Cow::into_owned))
            .collect()
    }

    /// Says whether the export has a column for a field.
    pub fn has_column(&self, field: Field) -> bool {
        !self.binding.places(field).is_empty()
    }

    /// Reads a field that several columns fill.
    fn joined(&self, field: Field, places: &[usize]) -> Option<Cow<'a, str>> {
        let mut cells = places.iter().filter_map(|place| self.cell(field, *place));
        let how = self.profile.parts.get(&field).map(|parts| &parts.how);
        let separator = match how? {
            How::First => return cells.next(),
            How::Join(separator) => separator.as_str(),
            How::DateTime => {
                let (date, time) = self.date_and_time(field)?;
                let both = time.map(|time| Cow::Owned(format!("{date} {time}")));
                return Some(both.unwrap_or(date));
            }
        };
        let all: Vec<Cow<'a, str>> = cells.collect();
        (!all.is_empty()).then(|| Cow::Owned(bounded(all.join(separator))))
    }

    /// Returns the date and the time of a field whose two stand apart.
    fn date_and_time(&self, field: Field) -> Option<(Cow<'a, str>, Option<Cow<'a, str>>)> {
        let parts = self.profile.parts.get(&field)?;
        if parts.how != How::DateTime {
            return None;
        }
        let mut places = self.binding.parts(field)?.iter();
        let date = self.cell(field, *places.next()?)?;
        Some((
            date,
            places.next().and_then(|place| self.cell(field, *place)),
        ))
    }

    /// Reads a time that stands in one column or in two.
    fn read_moment(&self, field: Field, text: &str) -> Option<Moment> {
        let times = self.times(field);
        match self.date_and_time(field) {
            Some((date, time)) => times.moment_at(&date, time.as_deref(), self.seen.today),
            None => times.moment(text, self.seen.today),
        }
    }

    fn times(&self, field: Field) -> &'a TimeReader {
        self.profile
            .rules
            .times
            .get(&field)
            .unwrap_or(&self.profile.times)
    }

    /// Returns a field's part of the record's key. A time is written in one way, however the export
    /// writes it; one that cannot be read stays as it is.
    pub fn key_part(&self, field: Field) -> Option<String> {
        let text = self.words(field)?;
        if !field.is_time() || self.profile.times.is_sentinel(&text) {
            return Some(text.into_owned());
        }
        let moment = self.read_moment(field, &text);
        Some(moment.map_or_else(|| text.into_owned(), |moment| moment.at.to_string()))
    }

    /// Returns an identifier; one that is none is left empty and counted.
    pub fn id<T>(
        &mut self,
        field: Field,
        read: impl FnOnce(&str) -> Result<T, IdError>,
    ) -> Option<T> {
        let text = self.words(field)?;
        let read = read(&text).ok();
        if read.is_none() {
            self.tally.unreadable.push(field);
        }
        read
    }

    /// Returns a time; one that is none is left empty and counted.
    pub fn moment(&mut self, field: Field) -> Option<Moment> {
        let text = self.words(field)?;
        if self.profile.times.is_sentinel(&text) {
            return None;
        }
        let moment = self.read_moment(field, &text);
        if moment.is_none() {
            self.tally.unreadable.push(field);
        }
        moment
    }

    /// Returns the time at which a fact took effect.
    pub fn effective(&mut self, field: Field) -> Option<EffectiveAt> {
        self.moment(field).map(EffectiveAt)
    }

    /// Returns a birth date; one that is none is left empty and counted.
    pub fn birth_date(&mut self, field: Field) -> Option<Date> {
        let text = self.words(field)?;
        if self.profile.times.is_sentinel(&text) {
            return None;
        }
        let date = self.times(field).birth_date(&text, self.seen.today);
        if date.is_none() {
            self.tally.unreadable.push(field);
        }
        date
    }

    /// Looks a field's word up in a table; a word that it does not hold is counted.
    pub fn meaning<T: Clone>(
        &mut self,
        field: Field,
        table: impl FnOnce(&Profile) -> &std::collections::BTreeMap<String, T>,
    ) -> Option<T> {
        let word = self.words(field)?;
        let meaning = table(self.profile).get(&word_key(&word)).cloned();
        if meaning.is_none() {
            self.tally.unmapped.push((field, word.into_owned()));
        }
        meaning
    }

    /// Returns the word of a field in which a custody state may hide, if it states one.
    pub fn hidden_state(&self, field: Field) -> Option<CustodyState> {
        let states = self.profile.rules.states.get(&field)?;
        states.get(&word_key(&self.words(field)?)).copied()
    }

    /// Returns the profile's facility to which the person went, if it is one.
    pub fn destination(&self) -> Option<FacilityCode> {
        let word = self.words(Field::ReleasedTo)?;
        self.profile.values.facility.get(&word_key(&word)).cloned()
    }

    /// Looks the reason of a release up; a word that hides a state is explained by that.
    pub fn reason(&mut self) -> Option<ReleaseReason> {
        if self.hidden_state(Field::ReleaseReason).is_some() {
            return None;
        }
        self.meaning(Field::ReleaseReason, |profile| {
            &profile.values.release_reason
        })
    }

    /// Says what became of the row's charge, where the export has a column for it: an empty cell is a charge
    /// that waits for a disposition.
    pub fn disposition(&mut self) -> Option<DispositionKind> {
        let field = Field::Disposition;
        let word = self.words(field).map(Cow::into_owned);
        let is_said = word.is_some() || self.has_column(field);
        is_said.then(|| self.disposition_of(word))
    }

    /// Says what a word means for a charge; no word is a charge that waits. One that no table holds is counted.
    pub fn disposition_of(&mut self, word: Option<String>) -> DispositionKind {
        let Some(word) = word else {
            return DispositionKind::Open;
        };
        match self.profile.values.disposition.get(&word_key(&word)) {
            Some(DispositionWord::Is(kind)) => *kind,
            Some(DispositionWord::Sealed) => DispositionKind::Unknown,
            None => {
                self.tally.unmapped.push((Field::Disposition, word));
                DispositionKind::Unknown
            }
        }
    }

    /// Returns the time that a text says for a field; one that is none is left empty and counted.
    pub fn effective_in(&mut self, field: Field, text: &str) -> Option<EffectiveAt> {
        if self.profile.times.is_sentinel(text) {
            return None;
        }
        let moment = self.times(field).moment(text, self.seen.today);
        if moment.is_none() {
            self.tally.unreadable.push(field);
        }
        moment.map(EffectiveAt)
    }

    /// Says whether the row's charge was expunged, or its disposition sealed: by the profile's table, and by
    /// a word that nobody has explained and that says so itself.
    pub fn is_charge_sealed(&self) -> bool {
        let word = self.words(Field::Disposition);
        word.is_some_and(|word| self.is_sealing(&word))
    }

    /// Says whether a word means that a charge was expunged, or its disposition sealed.
    pub fn is_sealing(&self, word: &str) -> bool {
        let word = word_key(word);
        match self.profile.values.disposition.get(&word) {
            Some(meaning) => *meaning == DispositionWord::Sealed,
            None => SEALED_WORDS.iter().any(|says| word.contains(says)),
        }
    }

    /// Says what the row is about, where the profile says in which column that stands. Nothing else of
    /// the row may be looked at before: it may be about a victim.
    ///
    /// # Errors
    /// Returns the problem of a row whose type nobody has explained: the row is set aside unread.
    pub fn record_type(&self) -> Result<Option<RecordType>, Problem> {
        if !self.profile.has(Field::RecordType) {
            return Ok(None);
        }
        let word = self.words(Field::RecordType).map(|word| word_key(&word));
        let types = &self.profile.values.record_type;
        match word.and_then(|word| types.get(&word).copied()) {
            Some(record_type) => Ok(Some(record_type)),
            None => Err(self.problem(
                Field::RecordType,
                "is empty or not in [values.record_type]: it could be about a victim",
            )),
        }
    }

    /// Says whether the row is sealed or protected: a word that nobody has explained means that it is.
    pub fn is_sealed(&self) -> bool {
        self.is_marked(Field::Sealed, &self.profile.sealed)
    }

    /// Says whether the person is a juvenile: by a word, or younger at booking than the profile's
    /// limit. Where neither age nor birth date can be read, nobody can tell, and the row stays.
    pub fn is_juvenile(&self) -> bool {
        let rules = &self.profile.rules;
        if self.is_marked(Field::Juvenile, &rules.juvenile_words) {
            return true;
        }
        let Some(limit) = rules.juvenile_under else {
            return false;
        };
        self.age_at_booking()
            .is_some_and(|age| age < i32::from(limit))
    }

    fn age_at_booking(&self) -> Option<i32> {
        let born = self.words(Field::BirthDate).and_then(|text| {
            let times = self.times(Field::BirthDate);
            times.birth_date(&text, self.seen.today)
        });
        let Some(born) = born else {
            let age = self.words(Field::Age)?;
            let whole = age.split('.').next().unwrap_or_default();
            return whole.parse().ok();
        };
        let booked = [Field::BookedAt, Field::ArrestedAt]
            .into_iter()
            .find_map(|field| {
                let moment = self.read_moment(field, &self.words(field)?)?;
                Some(self.profile.times.day(moment.at))
            });
        let day = booked.unwrap_or(self.seen.today);
        let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
        let years = i32::from(day.year()) - i32::from(born.year());
        Some(years - i32::from(!had_birthday))
    }

    fn is_marked(&self, field: Field, words: &BTreeSet<String>) -> bool {
        let Some(word) = self.words(field).map(|word| word_key(&word)) else {
            return false;
        };
        if words.is_empty() {
            !NOT_SEALED.contains(&word.as_str())
        } else {
            words.contains(&word)
        }
    }

    /// Says what is wrong with the row.
    pub const fn problem(&self, field: Field, reason: &'static str) -> Problem {
        Problem {
            place: Place::Line,
            line: self.line,
            field: field.name(),
            reason,
        }
    }
}

/// Says whether a text that begins and ends with no blank has only single ones within.
fn is_folded(text: &str) -> bool {
    let mut after_blank = false;
    text.chars().all(|c| {
        let is_second = after_blank && c == ' ';
        after_blank = c == ' ';
        !is_second && (c == ' ' || !c.is_whitespace())
    })
}

fn bounded(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX)
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(0);
        text.truncate(end);
    }
    text
}
