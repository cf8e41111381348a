//! A profile's columns found in the header of one export, by name and never by position.

use std::collections::BTreeMap;

use thiserror::Error;

use super::field::Field;
use super::profile::Profile;
use crate::format::cells::column_key;

/// Where each field's column stands, and which columns are dropped.
#[derive(Debug, Clone)]
pub struct Binding {
    positions: Vec<Option<usize>>,
    parts: BTreeMap<Field, Vec<usize>>,
    dropped: Vec<String>,
}

impl Binding {
    /// Finds the profile's columns in a header.
    ///
    /// # Errors
    /// Returns [`BindingError`] when a column that the profile needs is missing or stands twice:
    /// the export is then held whole, since a changed layout must not change anybody's status.
    pub fn new(profile: &Profile, header: &[String]) -> Result<Self, BindingError> {
        let keys: Vec<String> = header.iter().map(|name| column_key(name)).collect();
        let mut positions = vec![None; Field::ALL.len()];
        let parts = parts(profile, &keys, header)?;
        let whole = |(field, _): &(&Field, _)| !profile.parts.contains_key(field);
        for (field, names) in profile.columns.iter().filter(whole) {
            let position = find(*field, names, &keys, header)?;
            if position.is_none() && !profile.optional.contains(field) {
                return Err(missing(*field, names, profile, header, &keys));
            }
            if let Some(place) = positions.get_mut(field.index()) {
                *place = position;
            }
        }
        let dropped = header
            .iter()
            .enumerate()
            .filter(|(place, _)| {
                let is_part = parts.values().any(|places| places.contains(place));
                !is_part && !positions.contains(&Some(*place))
            })
            .map(|(_, name)| name.clone())
            .collect();
        Ok(Self {
            positions,
            parts,
            dropped,
        })
    }

    /// Returns where a field's one column stands.
    #[must_use]
    pub fn position(&self, field: Field) -> Option<usize> {
        self.positions.get(field.index()).copied().flatten()
    }

    /// Returns where the columns stand that fill a field together, in the profile's order.
    #[must_use]
    pub fn parts(&self, field: Field) -> Option<&[usize]> {
        self.parts.get(&field).map(Vec::as_slice)
    }

    /// Returns where every column stands that fills a field.
    #[must_use]
    pub fn places(&self, field: Field) -> Vec<usize> {
        let parts = self.parts(field).unwrap_or_default().iter().copied();
        self.position(field).into_iter().chain(parts).collect()
    }

    /// Returns the names of the columns that nothing is taken from.
    #[must_use]
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }
}

/// Why a header does not fit the profile.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BindingError {
    /// A column is missing.
    #[error(
        "column {names} (for {field}) is not in the header, which has {header}. \
         {advice}"
    )]
    Missing {
        /// The field.
        field: &'static str,
        /// The names that the profile knows for its column.
        names: String,
        /// The header, as far as it is one.
        header: String,
        /// What to write in the profile instead.
        advice: String,
    },
    /// Two columns could be meant.
    #[error("columns {first:?} and {second:?} could both be {field}: rename one or name only one")]
    Ambiguous {
        /// The field.
        field: &'static str,
        /// One column.
        first: String,
        /// The other.
        second: String,
    },
}

/// Shows a header. A file without one begins with somebody's row, which must not get into a log: unless
/// the profile knows one of its columns, only their number is said.
fn shown(profile: &Profile, header: &[String], keys: &[String]) -> String {
    let known = profile.columns.values().flatten().chain(&profile.never);
    let is_header = known
        .into_iter()
        .any(|name| keys.contains(&column_key(name)));
    if is_header {
        header.join(", ")
    } else {
        let count = header.len();
        format!("{count} columns and none that the profile knows: is the first line a header?")
    }
}

fn missing(
    field: Field,
    names: &[String],
    profile: &Profile,
    header: &[String],
    keys: &[String],
) -> BindingError {
    let name = field.name();
    let advice = if field.is_time() {
        format!(
            "Add its new name to [columns] {name}; where day and time stand in two columns, write \
             {name} = {{ date = \"Date\", time = \"Time\" }} with their names. Without it nothing can be told of \
             when: list the field in optional only where the agency never says so"
        )
    } else {
        format!("Add its new name to [columns] {name}, or list the field in optional")
    };
    BindingError::Missing {
        field: name,
        names: names.join(" or "),
        header: shown(profile, header, keys),
        advice,
    }
}

/// Finds the columns of fields that several columns fill: all of them, or none where the field is
/// optional, since half a date is no date.
fn parts(
    profile: &Profile,
    keys: &[String],
    header: &[String],
) -> Result<BTreeMap<Field, Vec<usize>>, BindingError> {
    let mut bound = BTreeMap::new();
    for (field, parts) in &profile.parts {
        let mut places = Vec::new();
        for names in &parts.columns {
            match find(*field, names, keys, header)? {
                Some(place) => places.push(place),
                None if profile.optional.contains(field) => {}
                None => return Err(missing(*field, names, profile, header, keys)),
            }
        }
        if places.len() == parts.columns.len() {
            bound.insert(*field, places);
        }
    }
    Ok(bound)
}

/// Takes the first alias that the header has, since aliases are listed by preference.
fn find(
    field: Field,
    names: &[String],
    keys: &[String],
    header: &[String],
) -> Result<Option<usize>, BindingError> {
    for name in names {
        let wanted = column_key(name);
        let mut places = (0..)
            .zip(keys)
            .filter(|(_, key)| **key == wanted)
            .map(|(place, _)| place);
        let Some(place) = places.next() else { continue };
        if let Some(other) = places.next() {
            let column = |place: usize| header.get(place).cloned().unwrap_or_default();
            return Err(BindingError::Ambiguous {
                field: field.name(),
                first: column(place),
                second: column(other),
            });
        }
        return Ok(Some(place));
    }
    Ok(None)
}
