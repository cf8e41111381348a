//! Further rules of a profile: words that a field always has, null words and date formats of single
//! fields, who counts as a juvenile, and custody states that hide in other columns.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::tz::TimeZone;
use savin_shared::record::custody::CustodyState;
use toml::Spanned;

use super::dates::TimeReader;
use super::document::{JuvenileDocument, ModeDocument, ProfileDocument, ValueTable};
use super::field::Field;
use super::profile::NullWords;
use super::values::{self, Values, Wrong, word_key};

/// Fields in which a word may state a custody state.
const HIDING: [Field; 5] = [
    Field::Location,
    Field::ReleaseReason,
    Field::ReleasedTo,
    Field::Classification,
    Field::Hold,
];

/// The rules.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// `[fixed]`: a word that a field has in every row.
    pub fixed: BTreeMap<Field, String>,
    /// `[null_of]`: further words that mean that a field has no value.
    pub nulls: BTreeMap<Field, NullWords>,
    /// `[times_of]`: the date formats of a field.
    pub times: BTreeMap<Field, TimeReader>,
    /// `[juvenile] words`, in upper case; where there are none, every word is one but those for no.
    pub juvenile_words: BTreeSet<String>,
    /// `[juvenile] under`: whoever was younger at booking is withheld.
    pub juvenile_under: Option<u8>,
    /// `[status_in.*]`: words of other columns that state a custody state.
    pub states: BTreeMap<Field, BTreeMap<String, CustodyState>>,
}

impl Rules {
    /// Checks the rules of a profile.
    pub(super) fn check(
        document: &mut ProfileDocument,
        zone: &TimeZone,
        columns: &BTreeMap<Field, Vec<String>>,
        values: &Values,
    ) -> Result<Self, Wrong> {
        let juvenile = std::mem::take(&mut document.juvenile);
        let mode = document.mode;
        Ok(Self {
            fixed: fixed(std::mem::take(&mut document.fixed), columns, values, mode)?,
            nulls: nulls(std::mem::take(&mut document.null_of))?,
            times: times(&document.times_of, zone)?,
            juvenile_under: under(&juvenile, columns)?,
            juvenile_words: juvenile.words.iter().map(|word| word_key(word)).collect(),
            states: hidden(&document.status_in, columns)?,
        })
    }
}

fn fixed(
    document: ValueTable,
    columns: &BTreeMap<Field, Vec<String>>,
    values: &Values,
    mode: ModeDocument,
) -> Result<BTreeMap<Field, String>, Wrong> {
    let mut fixed = BTreeMap::new();
    for (name, word) in document {
        let span = word.span();
        let field = named(&name, &span)?;
        if columns.contains_key(&field) {
            let message = format!("{name} has a column in [columns]: remove one of the two");
            return Err((span, message));
        }
        let ends = |state: &CustodyState| state.has_ended();
        let is_end = field == Field::Status
            && values
                .status
                .get(&word_key(word.get_ref()))
                .is_some_and(ends);
        if is_end && matches!(mode, ModeDocument::Roster) {
            let message = "a roster whose every row is let go lists nobody: only a file of \
                           transactions may have such a fixed status";
            return Err((span, message.to_owned()));
        }
        fixed.insert(field, word.into_inner());
    }
    Ok(fixed)
}

fn nulls(
    document: BTreeMap<String, Spanned<Vec<String>>>,
) -> Result<BTreeMap<Field, NullWords>, Wrong> {
    let mut nulls = BTreeMap::new();
    for (name, words) in document {
        let field = named(&name, &words.span())?;
        let words = words.into_inner();
        let upper = words.iter().map(|word| word_key(word)).collect();
        nulls.insert(field, NullWords::new(upper));
    }
    Ok(nulls)
}

fn times(
    document: &BTreeMap<String, Vec<Spanned<String>>>,
    zone: &TimeZone,
) -> Result<BTreeMap<Field, TimeReader>, Wrong> {
    let mut times = BTreeMap::new();
    for (name, formats) in document {
        let span = formats.first().map_or(0..0, Spanned::span);
        let field = named(name, &span)?;
        if !field.is_time() && field != Field::BirthDate {
            return Err((span, format!("{name} is no time and no date")));
        }
        if let Some(wrong) = formats.iter().find(|f| !TimeReader::is_format(f.get_ref())) {
            let message = "not a date format: write one such as \"%m/%d/%Y %H:%M\"";
            return Err((wrong.span(), message.to_owned()));
        }
        let formats = formats.iter().map(|format| format.get_ref().clone());
        times.insert(field, TimeReader::new(zone.clone(), formats.collect()));
    }
    Ok(times)
}

fn under(
    juvenile: &JuvenileDocument,
    columns: &BTreeMap<Field, Vec<String>>,
) -> Result<Option<u8>, Wrong> {
    let Some(under) = &juvenile.under else {
        return Ok(None);
    };
    if !columns.contains_key(&Field::BirthDate) && !columns.contains_key(&Field::Age) {
        let message = "an age limit needs [columns] birth_date or age".to_owned();
        return Err((under.span(), message));
    }
    if !(1..=25).contains(under.get_ref()) {
        return Err((under.span(), "an age limit is from 1 to 25".to_owned()));
    }
    Ok(Some(*under.get_ref()))
}

fn hidden(
    document: &BTreeMap<String, ValueTable>,
    columns: &BTreeMap<Field, Vec<String>>,
) -> Result<BTreeMap<Field, BTreeMap<String, CustodyState>>, Wrong> {
    let mut hidden = BTreeMap::new();
    for (name, table) in document {
        let span = table.values().next().map_or(0..0, Spanned::span);
        let field = named(name, &span)?;
        if !HIDING.contains(&field) {
            let names: Vec<_> = HIDING.iter().map(|field| field.name()).collect();
            let message = format!("a status can hide in {}", names.join(", "));
            return Err((span, message));
        }
        if !columns.contains_key(&field) {
            return Err((span, format!("[columns] gives {name} no column")));
        }
        hidden.insert(field, values::states(table)?);
    }
    Ok(hidden)
}

fn named(name: &str, span: &Range<usize>) -> Result<Field, Wrong> {
    Field::parse(name).ok_or_else(|| (span.clone(), format!("no field has the name {name}")))
}

#[cfg(test)]
mod tests;
