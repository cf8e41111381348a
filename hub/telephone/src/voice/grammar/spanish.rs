//! Spanish: numbers, days and times in phrases.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};

use super::{day_of, hour_and_minute, month, year_of};

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

/// Years that are said in one breath.
const YEARS: std::ops::RangeInclusive<u32> = 2020..=2045;

/// Adds every word that the functions here say, beside the numbers below a hundred.
pub(super) fn vocabulary(words: &mut BTreeSet<String>) {
    words.extend(MONTHS.map(str::to_owned));
    words.extend(HUNDREDS.map(str::to_owned));
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

pub(super) fn number(number: u32) -> Vec<String> {
    let scaled = |scale: u32, name: &str, is_one_silent: bool| {
        let mut words = match (number / scale, is_one_silent) {
            (1, true) => Vec::new(),
            (many, _) => self::number(many),
        };
        words.push(name.to_owned());
        if !number.is_multiple_of(scale) {
            words.extend(self::number(number % scale));
        }
        words
    };
    match number {
        0..100 => vec![number.to_string()],
        100 => vec!["cien".to_owned()],
        101..1_000 => {
            let index = usize::try_from(number / 100).unwrap_or(1).saturating_sub(1);
            let mut words = vec![(*HUNDREDS.get(index).unwrap_or(&"ciento")).to_owned()];
            if !number.is_multiple_of(100) {
                words.push((number % 100).to_string());
            }
            words
        }
        1_000..1_000_000 => scaled(1_000, "mil", true),
        1_000_000..2_000_000 => scaled(1_000_000, "millón", false),
        _ => scaled(1_000_000, "millones", false),
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
