//! Checks that each field of a portable record passes on its way in.

use jiff::Timestamp;

use super::MomentV1;
use crate::clock::{Certainty, EffectiveAt, Moment};
use crate::ids::IdError;
use crate::limits::{LIST_MAX, TEXT_BYTES_MAX};
use crate::record::portable::RecordError;

/// Checks an identifier.
pub(super) fn id<T>(
    field: &'static str,
    value: &str,
    read: impl FnOnce(&str) -> Result<T, IdError>,
) -> Result<T, RecordError> {
    read(value).map_err(|cause| RecordError::Id { field, cause })
}

/// Checks an identifier that may be missing.
pub(super) fn optional_id<T>(
    field: &'static str,
    value: Option<&str>,
    read: impl FnOnce(&str) -> Result<T, IdError>,
) -> Result<Option<T>, RecordError> {
    value.map(|value| id(field, value, read)).transpose()
}

/// Checks the length of a text, and takes NULs out of it: they mean nothing, and not every database
/// takes them.
pub(super) fn text(field: &'static str, mut value: String) -> Result<String, RecordError> {
    if value.len() > TEXT_BYTES_MAX {
        return Err(RecordError::TooLong(field));
    }
    value.retain(|c| c != '\0');
    Ok(value)
}

/// Checks the length of a text that may be missing.
pub(super) fn optional_text(
    field: &'static str,
    value: Option<String>,
) -> Result<Option<String>, RecordError> {
    value.map(|value| text(field, value)).transpose()
}

/// Checks a list and each of its entries.
pub(super) fn list<A, B>(
    field: &'static str,
    values: Vec<A>,
    read: impl FnMut(A) -> Result<B, RecordError>,
) -> Result<Vec<B>, RecordError> {
    if values.len() > LIST_MAX {
        return Err(RecordError::TooLong(field));
    }
    values.into_iter().map(read).collect()
}

/// Reads an agency's time.
pub(super) fn moment(
    field: &'static str,
    value: Option<MomentV1>,
) -> Result<Option<Moment>, RecordError> {
    let Some(MomentV1(micros, code)) = value else {
        return Ok(None);
    };
    let at = Timestamp::from_microsecond(micros).map_err(|_| RecordError::Time(field))?;
    let certainty = Certainty::from_code(code).ok_or(RecordError::UnknownCode(field))?;
    Ok(Some(Moment { at, certainty }))
}

/// Reads the time at which a fact took effect.
pub(in crate::record::portable) fn effective(
    field: &'static str,
    value: Option<MomentV1>,
) -> Result<Option<EffectiveAt>, RecordError> {
    Ok(moment(field, value)?.map(EffectiveAt))
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn takes_nuls_out_of_a_text() {
        assert_eq!(text("surname", "SAM\0PLE\0".to_owned()).unwrap(), "SAMPLE");
    }
}
