//! Spanish: numbers, counts by gender, days and times in phrases.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};

use super::{day_of, hour_and_minute, month, year_of};
use crate::script::speech::Gender;

const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

const HUNDREDS: [&str; 9] = [
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
];

const TENS: [&str; 7] = [
    "treinta",
    "cuarenta",
    "cincuenta",
    "sesenta",
    "setenta",
    "ochenta",
    "noventa",
];

/// Years that are said in one breath.
const YEARS: std::ops::RangeInclusive<u32> = 2020..=2045;

/// Adds every word that the functions here say, beside the numbers below a hundred.
pub(super) fn vocabulary(words: &mut BTreeSet<String>) {
    words.extend(MONTHS.map(str::to_owned));
    words.extend(HUNDREDS.map(str::to_owned));
    words.extend(HUNDREDS.map(feminine));
    for form in [Form::Before, Form::Feminine] {
        words.extend((0..100).map(|number| below_hundred(number, form)));
    }
    words.extend(YEARS.map(|year| year.to_string()));
    let others = [
        "cien",
        "mil",
        "millón",
        "millones",
        "primero",
        "de",
        "y",
        "a las",
        "a la una",
        "de la mañana",
        "de la tarde",
        "de la noche",
    ];
    words.extend(others.map(str::to_owned));
}

/// Says a number by itself: `veintiuno`, `doscientos`.
pub(super) fn number(number: u32) -> Vec<String> {
    words(number, Form::Alone)
}

/// Says how many of something there are whose word comes next: `veintiuna` hours, `veintiún` days,
/// `doscientas` hours, `un millón de` either.
pub(super) fn count(many: u32, gender: Gender) -> Vec<String> {
    let form = match gender {
        Gender::Masculine => Form::Before,
        Gender::Feminine => Form::Feminine,
    };
    let mut words = words(many, form);
    if many > 0 && many.is_multiple_of(MILLION) {
        words.push("de".to_owned());
    }
    words
}

const MILLION: u32 = 1_000_000;

/// In which form a number is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By itself, as it is read from its digits.
    Alone,
    /// Before a masculine word, where one is short.
    Before,
    /// Before a feminine word.
    Feminine,
}

fn words(number: u32, form: Form) -> Vec<String> {
    let scaled = |scale: u32, name: &str, many: Vec<String>| {
        let mut said = many;
        said.push(name.to_owned());
        if !number.is_multiple_of(scale) {
            said.extend(words(number % scale, form));
        }
        said
    };
    match number {
        0..100 => vec![below_hundred(number, form)],
        100 => vec!["cien".to_owned()],
        101..1_000 => {
            let mut said = vec![hundreds(number / 100, form)];
            if !number.is_multiple_of(100) {
                said.push(below_hundred(number % 100, form));
            }
            said
        }
        1_000..2_000 => scaled(1_000, "mil", Vec::new()),
        2_000..MILLION => {
            let many = number / 1_000;
            // Thousands are counted before a masculine word, but hundreds of them as what is counted.
            let mut thousands = words(many, Form::Before);
            if let (100.., Some(first)) = (many, thousands.first_mut())
                && many != 100
            {
                *first = hundreds(many / 100, form);
            }
            scaled(1_000, "mil", thousands)
        }
        MILLION..2_000_000 => scaled(MILLION, "millón", words(1, Form::Before)),
        _ => scaled(MILLION, "millones", words(number / MILLION, Form::Before)),
    }
}

/// Says hundreds of more than a hundred.
fn hundreds(many: u32, form: Form) -> String {
    let index = usize::try_from(many).unwrap_or(1).saturating_sub(1);
    let masculine = *HUNDREDS.get(index).unwrap_or(&"ciento");
    match form {
        Form::Feminine => feminine(masculine),
        Form::Alone | Form::Before => masculine.to_owned(),
    }
}

/// Returns the word before a feminine one: `doscientas`, but `ciento`.
fn feminine(hundreds: &str) -> String {
    hundreds
        .strip_suffix("os")
        .map_or_else(|| hundreds.to_owned(), |stem| format!("{stem}as"))
}

/// Says a number below a hundred: as digits, which are read as it stands by itself, unless it ends with a
/// one that what is counted changes.
fn below_hundred(number: u32, form: Form) -> String {
    let (tens, ones) = (number / 10, number % 10);
    let (short, one) = match form {
        Form::Before => ("veintiún", "un"),
        Form::Feminine => ("veintiuna", "una"),
        Form::Alone => return number.to_string(),
    };
    match (tens, ones) {
        (0, 1) => one.to_owned(),
        (2, 1) => short.to_owned(),
        (3.., 1) => {
            let index = usize::try_from(tens).unwrap_or(3).saturating_sub(3);
            format!("{} y {one}", TENS.get(index).unwrap_or(&"treinta"))
        }
        _ => number.to_string(),
    }
}

pub(super) fn day(day: Date) -> Vec<String> {
    let of = || "de".to_owned();
    let number_of_day = match day_of(day) {
        1 => "primero".to_owned(),
        number => number.to_string(),
    };
    let mut words = vec![number_of_day, of(), month(day, &MONTHS), of()];
    let year = year_of(day);
    if YEARS.contains(&year) {
        words.push(year.to_string());
    } else {
        words.extend(number(year));
    }
    words
}

pub(super) fn time(time: Time) -> Vec<String> {
    let (hour, minute) = hour_and_minute(time);
    let mut words = match hour {
        1 => vec!["a la una".to_owned()],
        hour => vec!["a las".to_owned(), hour.to_string()],
    };
    if minute > 0 {
        words.extend(["y".to_owned(), minute.to_string()]);
    }
    let part = match time.hour() {
        ..12 => "de la mañana",
        12..19 => "de la tarde",
        _ => "de la noche",
    };
    words.push(part.to_owned());
    words
}
