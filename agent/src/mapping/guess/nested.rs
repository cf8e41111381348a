//! What columns of nested documents are called: paths, of which the end says what is held and the rest
//! whose it is.

use savin_shared::record::RecordKind;

use super::names::{self, Fit, words};
use crate::mapping::field::Field;

/// What documents say of themselves, not of anybody.
const OF_THE_FORMAT: [&str; 7] = [
    "@schemaLocation",
    "@id",
    "@ref",
    "@metadata",
    "@nil",
    "@type",
    "@lang",
];

/// Last parts of NIEM's paths, and the word that they stand for.
const ENDS: [(&str, &str); 4] = [
    ("IdentificationID", "number"),
    ("DateTime", "date"),
    ("Date", "date"),
    ("value", ""),
];

/// Words at the end of a name that say how it is written.
const WRITTEN: [&str; 3] = ["text", "value", "indicator"];

/// Other people and bodies of whom a record speaks.
const OTHERS: [&str; 14] = [
    "agency",
    "alias",
    "aliases",
    "attorney",
    "bondsman",
    "contact",
    "court",
    "emergency",
    "judge",
    "lawyer",
    "officer",
    "official",
    "relative",
    "spouse",
];

/// Returns the fields that a column may mean, as [`names::fields`] does.
pub(super) fn fields(name: &str, kind: RecordKind) -> Vec<(Field, Fit)> {
    let Some(path) = path(name) else {
        return names::fields(name, kind);
    };
    let mut parts: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
    if path.last().is_some_and(|last| OF_THE_FORMAT.contains(last)) {
        return Vec::new();
    }
    let end = ENDS.iter().find(|(end, _)| path.last() == Some(end));
    if let Some((_, word)) = end
        && parts.len() > 1
    {
        parts.pop();
        if let Some(last) = parts.last_mut() {
            *last = format!("{last} {word}");
        }
    }
    let Some(last) = parts.pop() else {
        return Vec::new();
    };
    let mut own = words(&last);
    own.dedup();
    if own.len() > 1
        && own
            .last()
            .is_some_and(|word| WRITTEN.contains(&word.as_str()))
    {
        own.pop();
    }
    let said = match parts.last() {
        // One word says too little: `status` may be a charge's. `charges.charge` says it itself.
        Some(parent) if own.len() < 2 && !is_same(words(parent).last(), own.last()) => {
            format!("{parent} {}", own.join(" "))
        }
        Some(_) | None => own.join(" "),
    };
    let is_other = |part: &String| {
        let words = words(part);
        words
            .last()
            .is_some_and(|word| OTHERS.contains(&word.as_str()))
            || words.first().is_some_and(|word| word.starts_with("employ"))
    };
    let is_anothers = parts.iter().any(is_other);
    let mut fields = names::fields(&said, kind);
    fields.retain(|(field, _)| !is_anothers || !is_of_person(*field));
    fields
}

/// Splits a path into its parts; `None` for a plain name, which may have a stroke or a dot too.
fn path(name: &str) -> Option<Vec<&str>> {
    let separator = if name.contains('/') { '/' } else { '.' };
    let parts: Vec<&str> = name.split(separator).filter(|part| *part != "..").collect();
    let is_part = |part: &&str| part.len() > 1 && !part.contains(char::is_whitespace);
    let is_path = parts.len() > 1 || name.starts_with("../");
    (is_path && parts.iter().all(is_part)).then_some(parts)
}

/// Compares two words, whether one or several are meant.
fn is_same(one: Option<&String>, other: Option<&String>) -> bool {
    let single = |word: &String| word.trim_end_matches('s').to_owned();
    one.map(single) == other.map(single)
}

const fn is_of_person(field: Field) -> bool {
    matches!(
        field,
        Field::RecordNumber
            | Field::PersonNumber
            | Field::OffenderId
            | Field::Name
            | Field::Surname
            | Field::Given
            | Field::Middle
            | Field::Suffix
            | Field::BirthDate
            | Field::Sex
            | Field::Race
            | Field::Status
    )
}

#[cfg(test)]
mod tests {
    use savin_shared::record::RecordKind;

    use super::fields;
    use crate::mapping::field::Field;
    use crate::mapping::guess::names::FIT_SURE;

    fn sure(name: &str) -> Option<Field> {
        let fields = fields(name, RecordKind::Custody);
        let sure = fields.into_iter().find(|(_, fit)| *fit >= FIT_SURE);
        sure.map(|(field, _)| field)
    }

    #[test]
    fn takes_the_end_of_a_path_for_what_it_holds() {
        for (name, field) in [
            ("person.last_name", Field::Surname),
            ("PersonName/PersonSurName", Field::Surname),
            ("RoleOfPerson/PersonBirthDate/Date", Field::BirthDate),
            ("RoleOfPerson/PersonRaceText", Field::Race),
            ("booking.status", Field::Status),
            ("inmate.dob", Field::BirthDate),
            ("charges.charge", Field::ChargeText),
            ("charges.offense", Field::ChargeText),
            ("charges.statute", Field::ChargeStatute),
            ("Charges/Charge/ChargeDescriptionText", Field::ChargeText),
            ("charges.disposition", Field::Disposition),
            ("charges.dispositionDate", Field::DispositionAt),
        ] {
            assert_eq!(sure(name), Some(field), "{name}");
        }
    }

    #[test]
    fn takes_nobody_else_for_the_person_and_no_detail_for_the_record() {
        for name in [
            "attorney.last_name",
            "BookingAgency/OrganizationName",
            "ArrestOfficial/PersonName/PersonSurName",
            "charges.status",
            "../../@schemaLocation",
        ] {
            assert_eq!(sure(name), None, "{name}");
        }
    }
}
