//! How agencies write people down: with faults, at rates that are stated here.

use jiff::civil::{Date, date};
use savin_hub::linkage::nickname::nicknames;
use savin_shared::ids::{AgencyId, FacilityCode, FbiId, OffenderId, RecordNumber, StateId};
use savin_shared::pii::Pii;
use savin_shared::record::custody::{Custody, CustodyState};
use savin_shared::record::subject::{PersonName, Sex, Subject};
use savin_shared::record::{Record, RecordBody};

use super::names::married;
use super::people::Somebody;
use crate::dice::Dice;

/// What a record has of its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Name, birth date for most, and numbers.
    Numbers,
    /// Name and birth date.
    NameAndBirth,
    /// The name.
    Name,
}

/// Of a thousand records of those to whom it can happen so many have each fault.
#[derive(Debug)]
pub struct Rates {
    /// A letter of the surname is wrong, missing, doubled, or two stand in the other's place.
    pub surname_typed: usize,
    /// The same of the given name.
    pub given_typed: usize,
    /// A nickname, of those whose name has one.
    pub nickname: usize,
    /// Nothing but the initial of the given name.
    pub initial: usize,
    /// Surname and given name stand in each other's place.
    pub swapped: usize,
    /// Another surname, of women.
    pub married: usize,
    /// One of two surnames.
    pub one_surname: usize,
    /// No middle name.
    pub middle_missing: usize,
    /// Only the middle initial.
    pub middle_initial: usize,
    /// No suffix.
    pub suffix_missing: usize,
    /// No birth date, beside numbers.
    pub birth_missing: usize,
    /// A digit of the birth date is wrong.
    pub birth_typed: usize,
    /// Day and month stand in each other's place, where both could be a month.
    pub birth_swapped: usize,
    /// The first of January of the right year.
    pub birth_new_year: usize,
    /// Another birth date.
    pub birth_wrong: usize,
    /// No sex.
    pub sex_missing: usize,
    /// The other sex.
    pub sex_wrong: usize,
    /// A number is left out.
    pub number_missing: usize,
    /// A digit of a number is wrong.
    pub number_typed: usize,
}

/// The rates.
pub const RATES: Rates = Rates {
    surname_typed: 15,
    given_typed: 15,
    nickname: 80,
    initial: 5,
    swapped: 4,
    married: 30,
    one_surname: 300,
    middle_missing: 400,
    middle_initial: 350,
    suffix_missing: 300,
    birth_missing: 300,
    birth_typed: 15,
    birth_swapped: 10,
    birth_new_year: 5,
    birth_wrong: 5,
    sex_missing: 50,
    sex_wrong: 3,
    number_missing: 200,
    number_typed: 5,
};

/// A record and whose it is.
#[derive(Debug)]
pub struct Written {
    /// Whose, by their number.
    pub of: usize,
    /// Which agency wrote it.
    pub agency: AgencyId,
    /// The record.
    pub record: Record,
}

/// Writes somebody down at one of 80 agencies.
///
/// # Errors
/// Returns an error for a name or number that no record can hold.
pub fn write(somebody: &Somebody, known: Known, dice: &mut Dice) -> anyhow::Result<Written> {
    let rates = &RATES;
    let agency = 1 + dice.below(80);
    let number = format!("{}-{}", somebody.number, dice.below(1_000_000));
    let mut subject = Subject {
        name: Some(name(somebody, dice)),
        sex: sex(somebody, dice),
        ..Subject::default()
    };
    let has_birth = match known {
        Known::Numbers => !falls(dice, rates.birth_missing),
        Known::NameAndBirth => true,
        Known::Name => false,
    };
    if has_birth {
        subject.birth_date = Some(Pii::new(birth(somebody.birth, dice)));
    }
    if known == Known::Numbers {
        let number = |number: &Option<String>, dice: &mut Dice| {
            let number = number
                .as_ref()
                .filter(|_| !falls(dice, rates.number_missing));
            number.map(|number| digit_typed(number, rates.number_typed, dice))
        };
        let state_id = number(&somebody.state_id, dice);
        let offender_id = number(&somebody.offender_id, dice);
        let fbi_id = number(&somebody.fbi_id, dice);
        subject.state_id = state_id.as_deref().map(StateId::new).transpose()?;
        subject.offender_id = offender_id.as_deref().map(OffenderId::new).transpose()?;
        subject.fbi_id = fbi_id.as_deref().map(FbiId::new).transpose()?;
    }
    recorded(somebody.number, subject, agency, &number)
}

/// Makes the record of a booking at an agency, by their numbers.
///
/// # Errors
/// Returns an error for a number that no record can hold.
pub fn recorded(
    of: usize,
    subject: Subject,
    agency: usize,
    number: &str,
) -> anyhow::Result<Written> {
    let number = RecordNumber::new(number)?;
    Ok(Written {
        of,
        agency: AgencyId::new(&format!("MS{agency:03}0000"))?,
        record: Record {
            facility: FacilityCode::new(&format!("MS{agency:03}-JAIL"))?,
            subject,
            entered_at: None,
            synthetic: false,
            body: RecordBody::Custody(Box::new(Custody::new(number, CustodyState::InCustody))),
        },
    })
}

fn falls(dice: &mut Dice, rate: usize) -> bool {
    dice.below(1_000) < rate
}

fn name(somebody: &Somebody, dice: &mut Dice) -> PersonName {
    let rates = &RATES;
    let mut surname = match &somebody.second_surname {
        Some(_) if falls(dice, rates.one_surname) => somebody.surname.clone(),
        Some(second) if dice.one_in(2) => format!("{}-{second}", somebody.surname),
        Some(second) => format!("{} {second}", somebody.surname),
        None => somebody.surname.clone(),
    };
    if somebody.is_female && falls(dice, rates.married) {
        surname = married(dice);
    }
    let mut given = somebody.given.clone();
    let nicknames: Vec<&str> = nicknames(&given).collect();
    if !nicknames.is_empty() && falls(dice, rates.nickname) {
        given = dice
            .pick(&nicknames)
            .copied()
            .unwrap_or_default()
            .to_owned();
    } else if falls(dice, rates.initial) {
        given.truncate(1);
    }
    if falls(dice, rates.surname_typed) {
        surname = typed(&surname, dice);
    }
    if falls(dice, rates.given_typed) {
        given = typed(&given, dice);
    }
    if falls(dice, rates.swapped) {
        std::mem::swap(&mut surname, &mut given);
    }
    let rolled = dice.below(1_000);
    let middle = somebody.middle.as_ref().and_then(|middle| {
        if rolled < rates.middle_missing {
            None
        } else if rolled < rates.middle_missing + rates.middle_initial {
            middle.get(..1).map(str::to_owned)
        } else {
            Some(middle.clone())
        }
    });
    let suffix = somebody
        .suffix
        .filter(|_| !falls(dice, rates.suffix_missing));
    let part = |text: String| Pii::new(text.to_uppercase());
    PersonName {
        surname: part(surname),
        given: Some(part(given)),
        middle: middle.map(part),
        suffix: suffix.map(|suffix| part(suffix.to_owned())),
    }
}

fn sex(somebody: &Somebody, dice: &mut Dice) -> Option<Sex> {
    if falls(dice, RATES.sex_missing) {
        return None;
    }
    let is_female = somebody.is_female != falls(dice, RATES.sex_wrong);
    Some(if is_female { Sex::Female } else { Sex::Male })
}

fn birth(born: Date, dice: &mut Dice) -> Date {
    let rates = &RATES;
    let rolled = dice.below(1_000);
    let typed = rates.birth_typed;
    let swapped = typed + rates.birth_swapped;
    let new_year = swapped + rates.birth_new_year;
    if rolled < typed {
        return digit_wrong(born, dice);
    }
    if rolled < swapped {
        return Date::new(born.year(), born.day(), born.month()).unwrap_or(born);
    }
    if rolled < new_year {
        return date(born.year(), 1, 1);
    }
    if rolled < new_year + rates.birth_wrong {
        let year = 1958 + i16::try_from(dice.below(48)).unwrap_or(0);
        let month = 1 + i8::try_from(dice.below(12)).unwrap_or(0);
        let day = 1 + i8::try_from(dice.below(28)).unwrap_or(0);
        return date(year, month, day);
    }
    born
}

/// Writes one digit of a date wrongly, so that there is such a date.
fn digit_wrong(born: Date, dice: &mut Dice) -> Date {
    for _ in 0..50 {
        let text = born.strftime("%Y%m%d").to_string();
        let text = digit_typed(&text, 1_000, dice);
        let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok());
        let year = text.get(..4).and_then(|year| year.parse::<i16>().ok());
        let (Some(year), Some(month), Some(day)) = (year, part(4, 6), part(6, 8)) else {
            continue;
        };
        match Date::new(year, month, day) {
            Ok(wrong) if wrong != born && (1930..2012).contains(&year) => return wrong,
            Ok(_) | Err(_) => {}
        }
    }
    born
}

/// Writes one digit of a number wrongly, at a rate.
fn digit_typed(number: &str, rate: usize, dice: &mut Dice) -> String {
    if !falls(dice, rate) {
        return number.to_owned();
    }
    let digits: Vec<usize> = number
        .char_indices()
        .filter(|(_, c)| c.is_ascii_digit())
        .map(|(place, _)| place)
        .collect();
    let wrong = dice.pick(&digits).copied().unwrap_or(0);
    let digit = char::from(b'0' + u8::try_from(dice.below(10)).unwrap_or(0));
    let letters = number.char_indices();
    letters
        .map(|(place, c)| if place == wrong { digit } else { c })
        .collect()
}

/// Types a name wrongly: a letter too many, too few, another, or two in the other's place.
fn typed(name: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let place = dice.below(letters.len());
    let letter = char::from(b'a' + u8::try_from(dice.below(26)).unwrap_or(0));
    match dice.below(4) {
        0 if letters.len() > 2 => {
            letters.remove(place);
        }
        1 => letters.insert(place, letter),
        2 if place + 1 < letters.len() => letters.swap(place, place + 1),
        _ => {
            if let Some(typed) = letters.get_mut(place) {
                *typed = letter;
            }
        }
    }
    letters.into_iter().collect()
}
