//! The delivery line: boxes, rural and military addresses, and streets with their units.

use super::plain;
use super::table::{direction, suffix, unit};

/// The ways to begin a post office box, the longest first (Publication 28, 281 to 284).
const BOXES: [&[&str]; 10] = [
    &["POST", "OFFICE", "BOX"],
    &["P", "O", "BOX"],
    &["P", "O", "DRAWER"],
    &["PO", "DRAWER"],
    &["PO", "BOX"],
    &["POBOX"],
    &["POB"],
    &["LOCKBOX"],
    &["DRAWER"],
    &["BOX"],
];

/// The ways to begin a rural route (Publication 28, 241 and 242).
const RURAL: [&[&str]; 7] = [
    &["RURAL", "ROUTE"],
    &["RFD", "ROUTE"],
    &["R", "R"],
    &["RFD"],
    &["ROUTE"],
    &["RTE"],
    &["RR"],
];

/// The ways to begin a highway contract route (Publication 28, 251 to 253).
const CONTRACT: [&[&str]; 3] = [&["HIGHWAY", "CONTRACT"], &["STAR", "ROUTE"], &["HC"]];

/// The ways to begin a military address, which stays as it is (Publication 28, 23).
const MILITARY: [&str; 3] = ["CMR", "PSC", "UNIT"];

/// Writes a delivery line and its unit in the standard form.
pub(super) fn standard(street: &str, typed_unit: &str) -> (String, String) {
    let line = plain(street);
    let words: Vec<&str> = line.split(' ').collect();
    let typed_unit = plain(typed_unit);
    if let Some(known) = known_form(&words) {
        return (known, standard_unit(&typed_unit));
    }
    if typed_unit.is_empty()
        && let Some((street, unit)) = split_unit(&words)
    {
        return (named(street), unit);
    }
    (named(&words), standard_unit(&typed_unit))
}

/// Writes what is no street: a box, a route, a military address.
fn known_form(words: &[&str]) -> Option<String> {
    let after = |forms: &[&[&str]]| {
        let found = forms.iter().find(|form| words.starts_with(form))?;
        words.get(found.len()..).filter(|rest| !rest.is_empty())
    };
    let has_box = words.iter().skip(1).any(|word| *word == "BOX");
    if has_box && words.first().is_some_and(|first| MILITARY.contains(first)) {
        return Some(words.join(" "));
    }
    for (standard, forms) in [("RR", RURAL.as_slice()), ("HC", CONTRACT.as_slice())] {
        if let Some([number, rest @ ..]) = after(forms).filter(|_| has_box) {
            let number = number.trim_start_matches(['#', '0']);
            return Some(format!("{standard} {number} {}", rest.join(" ")));
        }
    }
    let rest = after(&BOXES)?;
    let number = rest.join(" ");
    Some(format!("PO BOX {}", number.trim_start_matches(['#', ' '])))
}

/// Splits a unit off the end of a street, where there is still a street before it.
fn split_unit<'a>(words: &'a [&'a str]) -> Option<(&'a [&'a str], String)> {
    for length in 1..=3 {
        let at = words.len().checked_sub(length).filter(|at| *at >= 2)?;
        let (street, end) = words.split_at_checked(at)?;
        let unit = match end {
            [one] => one
                .strip_prefix('#')
                .filter(|number| !number.is_empty())
                .map(|number| format!("# {number}"))
                .or_else(|| alone(one, street)),
            ["#", number] => Some(format!("# {number}")),
            [word, number] => designated(word, number.trim_start_matches('#')),
            [word, "#", number] => designated(word, number),
            _ => None,
        };
        // "12 ELM ST APT #3" ends like "#3" but is longer.
        let is_inside = street.last().is_some_and(|word| is_designator(word));
        if let Some(unit) = unit.filter(|_| !is_inside) {
            return Some((street, unit));
        }
    }
    None
}

fn is_designator(word: &str) -> bool {
    word == "#" || unit(word).is_some_and(|unit| !unit.stands_alone)
}

/// Writes a designator that needs no number, after what ends a street.
fn alone(word: &str, street: &[&str]) -> Option<String> {
    let ends = street
        .last()
        .is_some_and(|word| suffix(word).or_else(|| direction(word)).is_some());
    let found = unit(word).filter(|unit| unit.stands_alone && ends && street.len() > 2);
    found.map(|unit| unit.standard.to_owned())
}

/// Writes a designator with what looks like a number of a unit: a digit, or a letter alone.
fn designated(word: &str, number: &str) -> Option<String> {
    let is_number = number.chars().count() == 1 || number.contains(|c: char| c.is_ascii_digit());
    let found = unit(word).filter(|_| is_number)?;
    Some(format!("{} {number}", found.standard))
}

fn standard_unit(typed: &str) -> String {
    let words: Vec<&str> = typed.split(' ').collect();
    let standard = match words.as_slice() {
        [one] => match one.strip_prefix('#') {
            Some(number) => Some(format!("# {number}").trim_end().to_owned()),
            None => unit(one).map(|unit| unit.standard.to_owned()),
        },
        [word, number] => {
            unit(word).map(|unit| format!("{} {}", unit.standard, number.trim_start_matches('#')))
        }
        [word, "#", number] => unit(word).map(|unit| format!("{} {number}", unit.standard)),
        _ => None,
    };
    standard.unwrap_or_else(|| typed.to_owned())
}

/// Abbreviates directions, the suffix, and highways, of a street with a name.
fn named(words: &[&str]) -> String {
    let is_number = |word: &&&str| word.starts_with(|c: char| c.is_ascii_digit());
    let numbers = words.iter().take_while(is_number).count();
    let (number, name) = words.split_at_checked(numbers).unwrap_or((&[], words));
    let mut name: Vec<&str> = name.to_vec();
    let mut after = Vec::new();
    let mut before = Vec::new();
    // A direction at an end is one only where a name is left.
    if let [_, .., last] = name.as_slice()
        && let Some(letters) = direction(last)
    {
        after.push(letters);
        name.pop();
    }
    if let [first, second, rest @ ..] = name.as_slice()
        && let Some(letters) = direction(first)
        && (!rest.is_empty() || suffix(second).is_none())
    {
        before.push(letters);
        name.remove(0);
    }
    abbreviate(&mut name);
    let parts = number
        .iter()
        .copied()
        .chain(before)
        .chain(name)
        .chain(after);
    parts.collect::<Vec<_>>().join(" ")
}

/// Abbreviates the suffix at the end of a name, or the highway before its number.
fn abbreviate(name: &mut [&str]) {
    let last_is_number = name
        .last()
        .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let highway = if last_is_number { 2 } else { 1 };
    let shortest = if last_is_number { 1 } else { 2 };
    let place = name.len().checked_sub(highway);
    let Some(place) = place.filter(|_| name.len() >= shortest) else {
        return;
    };
    if let Some(word) = name.get_mut(place)
        && let Some(standard) = suffix(word)
        && (!last_is_number || standard == "HWY")
    {
        *word = standard;
    }
}
