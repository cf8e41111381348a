//! One row, read field by field: blanks folded, null words taken as nothing, bounds kept.

use std::borrow::Cow;

use jiff::civil::Date;
use savin_shared::clock::{EffectiveAt, Moment, ObservedAt};
use savin_shared::ids::IdError;
use savin_shared::limits::TEXT_BYTES_MAX;

use super::binding::Binding;
use super::field::Field;
use super::profile::{NOT_SEALED, Profile};
use super::tally::{Problem, RowTally};
use super::values::word_key;
use crate::format::cells::Cells;
use crate::format::layout::Place;

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
        let raw = self
            .binding
            .position(field)
            .and_then(|position| self.cells.cell(position))?;
        let trimmed = raw.trim();
        if trimmed.is_empty() || self.profile.nulls.holds(trimmed) {
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

    /// Returns a field's part of the record's key. A time is written in one way, however the export
    /// writes it; one that cannot be read stays as it is.
    pub fn key_part(&self, field: Field) -> Option<String> {
        let text = self.words(field)?;
        if !field.is_time() || self.profile.times.is_sentinel(&text) {
            return Some(text.into_owned());
        }
        let moment = self.profile.times.moment(&text, self.seen.today);
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
        let moment = self.profile.times.moment(&text, self.seen.today);
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
        let date = self.profile.times.birth_date(&text, self.seen.today);
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

    /// Says whether the row is sealed or protected: a word that nobody has explained means that it is.
    pub fn is_sealed(&self) -> bool {
        let Some(word) = self.words(Field::Sealed).map(|word| word_key(&word)) else {
            return false;
        };
        if self.profile.sealed.is_empty() {
            !NOT_SEALED.contains(&word.as_str())
        } else {
            self.profile.sealed.contains(&word)
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
