//! What stays on one line: telephone numbers, codes, days and times, which are read wrongly or typed
//! wrongly when their second half stands on the next.

use std::ops::Range;

/// Characters of the longest text that is kept on one line: a wider one could leave its margin.
const CHARS_MAX: usize = 28;

/// With what a sentence goes on or ends behind a word.
const ENDS: [char; 5] = ['.', ',', ';', ':', '?'];

/// The months in the languages of letters.
const MONTHS: [&str; 24] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
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

/// Returns where a text must not be broken, in bytes: parts of it that do not touch, in their order.
#[must_use]
pub fn together(text: &str) -> Vec<Range<usize>> {
    let placed: Vec<(usize, &str)> = words(text).collect();
    let only: Vec<&str> = placed.iter().map(|(_, word)| *word).collect();
    let mut kept = Vec::new();
    let mut next = 0;
    while let (Some((begin, _)), Some(rest)) = (placed.get(next), only.get(next..)) {
        let many = many_together(rest).max(1);
        let last = placed.get(next + many - 1);
        let end = last.map_or(*begin, |(at, word)| at + word.len());
        kept.push(*begin..end);
        next += many;
    }
    kept.retain(|range| text.get(range.clone()).is_some_and(may_break));
    kept
}

/// A stretch of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch<'a> {
    /// What stays on one line.
    Whole(&'a str),
    /// What may be broken.
    Loose(&'a str),
}

/// Takes a text apart into what stays on one line and what is between.
#[must_use]
pub fn stretches(text: &str) -> Vec<Stretch<'_>> {
    let mut taken = Vec::new();
    let mut at = 0;
    for whole in together(text) {
        let end = whole.end;
        taken.extend(text.get(at..whole.start).map(Stretch::Loose));
        taken.extend(text.get(whole).map(Stretch::Whole));
        at = end;
    }
    taken.extend(text.get(at..).map(Stretch::Loose));
    taken.retain(|stretch| !matches!(stretch, Stretch::Loose("")));
    taken
}

/// Returns the words of a text, each with where it begins.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(' ').filter_map(move |word| {
        let begin = at;
        at += word.len() + 1;
        (!word.is_empty()).then_some((begin, word))
    })
}

/// Says whether a part has a digit and a place at which it would be broken, and is no address of a page.
fn may_break(part: &str) -> bool {
    part.contains([' ', '-'])
        && part.contains(|letter: char| letter.is_ascii_digit())
        && !part.contains(['/', '@'])
        && part.chars().count() <= CHARS_MAX
}

/// Returns how many of the words belong to the first; none where it stands by itself.
fn many_together(words: &[&str]) -> usize {
    match words {
        [day, "de", month, "de", year, ..]
            if is_number(day) && is_month(month) && is_number(year) =>
        {
            5
        }
        [day, "de", month, ..] if is_number(day) && is_month(month) => 3,
        [month, day, ..] if is_month(month) && is_number(day) => 2,
        ["la" | "las", rest @ ..] if rest.first().is_some_and(|word| is_time(word)) => {
            1 + many_together(rest).max(1)
        }
        [time, "a." | "p.", half, ..] if is_time(time) && half.starts_with("m.") => 3,
        [time, half, ..]
            if is_time(time) && (half.starts_with("a.m") || half.starts_with("p.m")) =>
        {
            2
        }
        _ => of_number(words),
    }
}

/// Returns over how many words a telephone number goes: "(601) 555-0100", "601 555 0100".
fn of_number(words: &[&str]) -> usize {
    let is_part = |word: &str| {
        let mut letters = word.trim_end_matches(ENDS).chars();
        word.contains(|letter: char| letter.is_ascii_digit())
            && letters.all(|letter| letter.is_ascii_digit() || "+()-".contains(letter))
    };
    let mut many = 0;
    for word in words {
        if !is_part(word) {
            break;
        }
        many += 1;
        if word.ends_with(ENDS) {
            break;
        }
    }
    many
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_end_matches(ENDS);
    !digits.is_empty() && digits.chars().all(|letter| letter.is_ascii_digit())
}

fn is_time(word: &str) -> bool {
    word.split_once(':')
        .is_some_and(|(hour, minute)| is_number(hour) && is_number(minute))
}

fn is_month(word: &str) -> bool {
    let word = word.trim_end_matches(ENDS).to_lowercase();
    MONTHS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Stretch, stretches, together};

    fn kept(text: &str) -> Vec<&str> {
        let ranges = together(text).into_iter();
        ranges.map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn keeps_numbers_codes_days_and_times_whole() {
        for (text, whole) in [
            ("Call 1-800-555-0100.", vec!["1-800-555-0100."]),
            ("call (601) 555-0123, or", vec!["(601) 555-0123,"]),
            ("as in 601 555 0123", vec!["601 555 0123"]),
            ("type 0C1G-60R4-0G20. Then", vec!["0C1G-60R4-0G20."]),
            (
                "The time was June 1, 2026, 1:30 p.m. The reason",
                vec!["June 1,", "1:30 p.m."],
            ),
            (
                "Ocurrió el 1 de junio de 2026 a la 1:30 p. m. No",
                vec!["1 de junio de 2026", "la 1:30 p. m."],
            ),
            (
                "desde el 22 de mayo, a las 9:05 a. m.",
                vec!["22 de mayo,", "las 9:05 a. m."],
            ),
        ] {
            assert_eq!(kept(text), whole, "{text}");
        }
    }

    #[test]
    fn takes_a_text_apart_and_loses_nothing_of_it() {
        let loose = Stretch::Loose;
        let expected = [
            loose("Call "),
            Stretch::Whole("1-800-555-0100"),
            loose(" now"),
        ];
        assert_eq!(stretches("Call 1-800-555-0100 now"), expected);
        assert_eq!(
            stretches("1-800-555-0100"),
            [Stretch::Whole("1-800-555-0100")]
        );
        assert_eq!(stretches("Hello,"), [loose("Hello,")]);
        assert!(stretches("").is_empty());
    }

    #[test]
    fn leaves_everything_else_to_break_as_it_may() {
        for text in [
            "",
            "  ",
            "This was 12 minutes ago. 3 people of 4 may come in June.",
            "Test-Sample de la Cruz de 12 años",
            "visit information.example/es/mail/seen/0303-0303",
            "X-1234567890-1234567890-1234567890",
        ] {
            assert!(kept(text).is_empty(), "{text}");
        }
    }
}
