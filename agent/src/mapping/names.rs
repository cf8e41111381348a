//! Whole names split into their parts: `LAST, FIRST MIDDLE SUFFIX` or `FIRST MIDDLE LAST SUFFIX`.

use savin_shared::pii::Pii;
use savin_shared::record::subject::PersonName;

/// How a whole name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameLayout {
    /// `LAST, FIRST MIDDLE SUFFIX`.
    LastFirst,
    /// `FIRST MIDDLE LAST SUFFIX`.
    FirstLast,
}

const SUFFIXES: [&str; 8] = ["JR", "SR", "II", "III", "IV", "V", "1ST", "2ND"];

/// Splits a whole name; a suffix is found in any part.
#[must_use]
pub fn split(layout: NameLayout, name: &str) -> PersonName {
    let (mut before, mut after) = match name.split_once(',') {
        Some((before, after)) => (words(before), words(&after.replace(',', " "))),
        None => (words(name), Vec::new()),
    };
    let suffix = take_suffix(&mut before).or_else(|| take_suffix(&mut after));
    let (surname, mut given) = if !after.is_empty() {
        (before.join(" "), after)
    } else if layout == NameLayout::FirstLast && before.len() > 1 {
        let surname = before.pop().unwrap_or_default();
        (surname, before)
    } else if before.len() > 1 {
        let surname = before.remove(0);
        (surname, before)
    } else {
        (before.join(" "), Vec::new())
    };
    let middle = if given.len() > 1 {
        given.split_off(1).join(" ")
    } else {
        String::new()
    };
    PersonName {
        surname: Pii::new(surname),
        given: part(given.pop()),
        middle: part(Some(middle)),
        suffix: part(suffix),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn take_suffix(words: &mut Vec<String>) -> Option<String> {
    if words.len() < 2 {
        return None;
    }
    let is_suffix =
        |word: &String| SUFFIXES.contains(&word.trim_end_matches('.').to_uppercase().as_str());
    let place = words.iter().skip(1).position(is_suffix)? + 1;
    Some(words.remove(place).trim_end_matches('.').to_owned())
}

fn part(text: Option<String>) -> Option<Pii<String>> {
    text.filter(|text| !text.is_empty()).map(Pii::new)
}

#[cfg(test)]
mod tests {
    use super::{NameLayout, split};

    fn parts(layout: NameLayout, name: &str) -> [String; 4] {
        let name = split(layout, name);
        let text = |part: Option<savin_shared::pii::Pii<String>>| {
            part.map(|part| part.reveal().clone()).unwrap_or_default()
        };
        [
            name.surname.reveal().clone(),
            text(name.given),
            text(name.middle),
            text(name.suffix),
        ]
    }

    #[test]
    fn splits_the_layouts_of_jails() {
        let last_first = |name| parts(NameLayout::LastFirst, name);
        assert_eq!(
            last_first("SAMPLE, AVERY LEE JR."),
            ["SAMPLE", "AVERY", "LEE", "JR"]
        );
        assert_eq!(
            last_first("SAMPLE III, AVERY"),
            ["SAMPLE", "AVERY", "", "III"]
        );
        assert_eq!(
            last_first("DE LA MUESTRA, AVERY"),
            ["DE LA MUESTRA", "AVERY", "", ""]
        );
        assert_eq!(
            last_first("SAMPLE AVERY LEE"),
            ["SAMPLE", "AVERY", "LEE", ""]
        );
        assert_eq!(last_first("SAMPLE"), ["SAMPLE", "", "", ""]);
        let first_last = |name| parts(NameLayout::FirstLast, name);
        assert_eq!(
            first_last("AVERY LEE SAMPLE SR"),
            ["SAMPLE", "AVERY", "LEE", "SR"]
        );
        assert_eq!(first_last("V SAMPLE"), ["SAMPLE", "V", "", ""]);
    }
}
