//! Version 1 of the person a record is about.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::bounds::{list, optional_id, optional_text, text};
use crate::ids::{FbiId, OffenderId, PersonNumber, StateId};
use crate::pii::Pii;
use crate::record::portable::RecordError;
use crate::record::subject::{PersonName, Sex, Subject};

/// A person. The birth date is a number such as 19800131.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectV1 {
    person_number: Option<String>,
    offender_id: Option<String>,
    state_id: Option<String>,
    fbi_id: Option<String>,
    name: Option<PersonNameV1>,
    aliases: Vec<PersonNameV1>,
    birth_date: Option<u32>,
    sex: Option<u8>,
    race: Option<String>,
}

/// A name in its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonNameV1 {
    surname: String,
    given: Option<String>,
    middle: Option<String>,
    suffix: Option<String>,
}

impl From<&Subject> for SubjectV1 {
    fn from(subject: &Subject) -> Self {
        Self {
            person_number: subject.person_number.as_ref().map(ToString::to_string),
            offender_id: subject.offender_id.as_ref().map(ToString::to_string),
            state_id: subject.state_id.as_ref().map(ToString::to_string),
            fbi_id: subject.fbi_id.as_ref().map(ToString::to_string),
            name: subject.name.as_ref().map(PersonNameV1::from),
            aliases: subject.aliases.iter().map(PersonNameV1::from).collect(),
            birth_date: subject
                .birth_date
                .as_ref()
                .map(|date| date_number(*date.reveal())),
            sex: subject.sex.map(Sex::code),
            race: subject.race.clone(),
        }
    }
}

impl TryFrom<SubjectV1> for Subject {
    type Error = RecordError;

    fn try_from(subject: SubjectV1) -> Result<Self, RecordError> {
        let sex = match subject.sex {
            None => None,
            Some(code) => Some(Sex::from_code(code).ok_or(RecordError::UnknownCode("sex"))?),
        };
        Ok(Self {
            person_number: optional_id(
                "person_number",
                subject.person_number.as_deref(),
                PersonNumber::new,
            )?,
            offender_id: optional_id(
                "offender_id",
                subject.offender_id.as_deref(),
                OffenderId::new,
            )?,
            state_id: optional_id("state_id", subject.state_id.as_deref(), StateId::new)?,
            fbi_id: optional_id("fbi_id", subject.fbi_id.as_deref(), FbiId::new)?,
            name: subject.name.map(PersonName::try_from).transpose()?,
            aliases: list("aliases", subject.aliases, PersonName::try_from)?,
            birth_date: subject
                .birth_date
                .map(number_date)
                .transpose()?
                .map(Pii::new),
            sex,
            race: optional_text("race", subject.race)?,
        })
    }
}

impl From<&PersonName> for PersonNameV1 {
    fn from(name: &PersonName) -> Self {
        let part = |part: &Option<Pii<String>>| part.as_ref().map(|part| part.reveal().clone());
        Self {
            surname: name.surname.reveal().clone(),
            given: part(&name.given),
            middle: part(&name.middle),
            suffix: part(&name.suffix),
        }
    }
}

impl TryFrom<PersonNameV1> for PersonName {
    type Error = RecordError;

    fn try_from(name: PersonNameV1) -> Result<Self, RecordError> {
        Ok(Self {
            surname: Pii::new(text("surname", name.surname)?),
            given: optional_text("given", name.given)?.map(Pii::new),
            middle: optional_text("middle", name.middle)?.map(Pii::new),
            suffix: optional_text("suffix", name.suffix)?.map(Pii::new),
        })
    }
}

fn date_number(date: Date) -> u32 {
    let part = |value: i8| u32::from(value.unsigned_abs());
    u32::from(date.year().unsigned_abs()) * 10_000 + part(date.month()) * 100 + part(date.day())
}

fn number_date(number: u32) -> Result<Date, RecordError> {
    let bad = |_| RecordError::Time("birth_date");
    let year = i16::try_from(number / 10_000).map_err(bad)?;
    let month = i8::try_from(number / 100 % 100).map_err(bad)?;
    let day = i8::try_from(number % 100).map_err(bad)?;
    Date::new(year, month, day).map_err(|_| RecordError::Time("birth_date"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{date_number, number_date};

    #[test]
    fn writes_a_birth_date_as_a_number_and_back() {
        let born = date(1980, 1, 31);
        assert_eq!(date_number(born), 19_800_131);
        assert_eq!(number_date(19_800_131), Ok(born));
        assert!(number_date(19_801_331).is_err());
        assert!(number_date(u32::MAX).is_err());
    }
}
