//! English: numbers, days and times in phrases.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};

use super::{day_of, hour_and_minute, month, year_of};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const SCALES: [(u32, &str); 3] = [
    (1_000_000, "million"),
    (1_000, "thousand"),
    (100, "hundred"),
];

/// Adds every word that the functions here say, beside the numbers below a hundred.
pub(super) fn vocabulary(words: &mut BTreeSet<String>) {
    words.extend(MONTHS.map(str::to_owned));
    words.extend(SCALES.map(|(_, name)| name.to_owned()));
    words.extend((1..=31).map(ordinal));
    words.extend(["a.m.", "p.m.", "oh"].map(str::to_owned));
}

pub(super) fn number(number: u32) -> Vec<String> {
    let Some((scale, name)) = SCALES.into_iter().find(|(scale, _)| number >= *scale) else {
        return vec![number.to_string()];
    };
    let mut words = self::number(number / scale);
    words.push(name.to_owned());
    if !number.is_multiple_of(scale) {
        words.extend(self::number(number % scale));
    }
    words
}

pub(super) fn day(day: Date) -> Vec<String> {
    let mut words = vec![month(day, &MONTHS), ordinal(day_of(day))];
    let year = year_of(day);
    let (century, rest) = (year / 100, year % 100);
    if rest >= 10 {
        words.extend([century.to_string(), rest.to_string()]);
    } else {
        words.extend(number(year));
    }
    words
}

pub(super) fn time(time: Time) -> Vec<String> {
    let (hour, minute) = hour_and_minute(time);
    let mut words = vec![hour.to_string()];
    match minute {
        0 => {}
        1..10 => words.extend(["oh".to_owned(), minute.to_string()]),
        _ => words.push(minute.to_string()),
    }
    words.push(if time.hour() < 12 { "a.m." } else { "p.m." }.to_owned());
    words
}

fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
