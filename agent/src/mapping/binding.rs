//! A profile's columns found in the header of one export, by name and never by position.

use thiserror::Error;

use super::field::Field;
use super::profile::Profile;
use crate::format::cells::column_key;

/// Where each field's column stands, and which columns are dropped.
#[derive(Debug, Clone)]
pub struct Binding {
    positions: Vec<Option<usize>>,
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
        for (field, names) in &profile.columns {
            let position = find(*field, names, &keys, header)?;
            if position.is_none() && !profile.optional.contains(field) {
                return Err(BindingError::Missing {
                    field: field.name(),
                    names: names.join(" or "),
                    header: shown(profile, header, &keys),
                });
            }
            if let Some(place) = positions.get_mut(field.index()) {
                *place = position;
            }
        }
        let dropped = header
            .iter()
            .enumerate()
            .filter(|(position, _)| !positions.contains(&Some(*position)))
            .map(|(_, name)| name.clone())
            .collect();
        Ok(Self { positions, dropped })
    }

    /// Returns where a field's column stands.
    #[must_use]
    pub fn position(&self, field: Field) -> Option<usize> {
        self.positions.get(field.index()).copied().flatten()
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
         Add its new name to [columns] {field}, or list the field in optional"
    )]
    Missing {
        /// The field.
        field: &'static str,
        /// The names that the profile knows for its column.
        names: String,
        /// The header, as far as it is one.
        header: String,
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
