//! The name of a court in the form by which two spellings of it are found equal, and never two courts.
//!
//! In Mississippi a county can have a county, a circuit, a chancery and a justice court, ten counties have two
//! judicial districts, and a city's municipal court may bear a county's name. What tells these apart is kept:
//! only abbreviations, the order of words, and words that every court has, are not.

use std::collections::BTreeSet;

/// Words of which each is written in several ways.
const SPELLINGS: [(&str, &[&str]); 13] = [
    ("COUNTY", &["CO", "CNTY", "COUNTYS"]),
    ("COURT", &["CT", "CRT", "COURTS"]),
    ("CIRCUIT", &["CIR", "CIRC", "CIRCT"]),
    ("CHANCERY", &["CH", "CHAN", "CHANC", "CHY"]),
    ("JUSTICE", &["JUST", "JUS"]),
    ("MUNICIPAL", &["MUN", "MUNI", "MUNIC"]),
    ("YOUTH", &["YTH"]),
    ("DISTRICT", &["DIST", "DIS"]),
    ("JUDICIAL", &["JUD", "JUDIC"]),
    ("DIVISION", &["DIV"]),
    ("SAINT", &["ST"]),
    ("JEFFERSON", &["JEFF"]),
    ("MISSISSIPPI", &["MISS", "MS"]),
];

/// Names of counties that are written in one word and in two.
const JOINED: [(&str, &str, &str); 2] = [("DE", "SOTO", "DESOTO"), ("LA", "FAYETTE", "LAFAYETTE")];

/// Words that say nothing of which court it is.
const EMPTY: [&str; 10] = [
    "OF",
    "THE",
    "FOR",
    "IN",
    "AND",
    "AT",
    "NO",
    "NUMBER",
    "MISSISSIPPI",
    "JUDICIAL",
];

/// Kinds of courts beside which "court" says nothing.
const KINDS: [&str; 5] = ["CIRCUIT", "CHANCERY", "JUSTICE", "MUNICIPAL", "YOUTH"];

/// Kinds of courts that only counties have, so that "county" says nothing beside them.
const OF_COUNTIES: [&str; 3] = ["CIRCUIT", "CHANCERY", "JUSTICE"];

/// Parts of a court that are counted.
const COUNTED: [&str; 6] = ["DISTRICT", "DIVISION", "POST", "PLACE", "WARD", "BEAT"];

/// Words that may stand between a number and what it counts: "First Circuit Court District".
const BETWEEN: [&str; 4] = ["JUDICIAL", "CIRCUIT", "CHANCERY", "COURT"];

/// The first nineteen in words and in Roman numerals.
const ORDINALS: [[&str; 2]; 19] = [
    ["FIRST", "I"],
    ["SECOND", "II"],
    ["THIRD", "III"],
    ["FOURTH", "IV"],
    ["FIFTH", "V"],
    ["SIXTH", "VI"],
    ["SEVENTH", "VII"],
    ["EIGHTH", "VIII"],
    ["NINTH", "IX"],
    ["TENTH", "X"],
    ["ELEVENTH", "XI"],
    ["TWELFTH", "XII"],
    ["THIRTEENTH", "XIII"],
    ["FOURTEENTH", "XIV"],
    ["FIFTEENTH", "XV"],
    ["SIXTEENTH", "XVI"],
    ["SEVENTEENTH", "XVII"],
    ["EIGHTEENTH", "XVIII"],
    ["NINETEENTH", "XIX"],
];

/// Returns the form by which two spellings of a court's name are found equal; empty where it names none.
#[must_use]
pub fn comparable(court: &str) -> String {
    let tokens = counted(joined(tokens(court)));
    let has = |kinds: &[&str]| tokens.iter().any(|token| kinds.contains(&token.as_str()));
    let (is_of_kind, is_of_county) = (has(&KINDS), has(&OF_COUNTIES));
    let says_something = |token: &&str| match *token {
        "COURT" => !is_of_kind,
        "COUNTY" => !is_of_county,
        token => !EMPTY.contains(&token),
    };
    let words: BTreeSet<&str> = tokens
        .iter()
        .map(String::as_str)
        .filter(says_something)
        .collect();
    Vec::from_iter(words).join(" ")
}

/// Reads the words, each as it is spelled out.
fn tokens(court: &str) -> Vec<String> {
    // "Co.'s" and "County's" are one word.
    let text = court.to_uppercase().replace(['\'', '\u{2019}'], "");
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut spelled = SPELLINGS
                .iter()
                .filter(|(_, others)| others.contains(&word));
            spelled.next().map_or(word, |(whole, _)| whole).to_owned()
        })
        .collect()
}

/// Joins what is written in two words; a city is its name.
fn joined(tokens: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let last = joined.last().map(String::as_str);
        let whole = JOINED
            .iter()
            .find(|(one, other, _)| last == Some(*one) && token == *other);
        if let Some((_, _, whole)) = whole {
            joined.pop();
            joined.push((*whole).to_owned());
        } else if token == "OF" && matches!(last, Some("CITY" | "TOWN" | "VILLAGE")) {
            joined.pop();
        } else {
            joined.push(token);
        }
    }
    joined
}

/// Binds each number to what it counts: the first district and the second division are not the second district
/// and the first division. A number that counts nothing is kept with its place among such numbers.
fn counted(tokens: Vec<String>) -> Vec<String> {
    let mut bound: Vec<String> = Vec::with_capacity(tokens.len());
    let (mut awaiting, mut loose): (Option<u32>, Vec<String>) = (None, Vec::new());
    // What was counted last, as long as a number may follow: "District No. 2".
    let mut open: Option<String> = None;
    for token in tokens {
        if let Some(number) = ordinal(&token) {
            // Twenty-second.
            let number = match awaiting.take() {
                Some(20) if number < 10 => 20 + number,
                Some(before) => {
                    loose.push(before.to_string());
                    number
                }
                None => number,
            };
            match open.take() {
                Some(part) => bound.push(format!("{number}-{part}")),
                None => awaiting = Some(number),
            }
        } else if COUNTED.contains(&token.as_str()) {
            bound.extend(open.take());
            match awaiting.take() {
                Some(number) => bound.push(format!("{number}-{token}")),
                None => open = Some(token),
            }
        } else if matches!(token.as_str(), "NO" | "NUMBER") {
            // Between what is counted and its number.
        } else {
            if !BETWEEN.contains(&token.as_str()) {
                loose.extend(awaiting.take().map(|number| number.to_string()));
            }
            bound.extend(open.take());
            bound.push(token);
        }
    }
    bound.extend(open);
    loose.extend(awaiting.map(|number| number.to_string()));
    if !loose.is_empty() {
        bound.push(loose.join("-"));
    }
    bound
}

/// Reads a number: `2`, `2ND`, `SECOND`, `II`; `TWENTIETH` and, before another, `TWENTY`.
fn ordinal(token: &str) -> Option<u32> {
    if matches!(token, "TWENTY" | "TWENTIETH" | "XX") {
        return Some(20);
    }
    let spelled = ORDINALS.iter().position(|words| words.contains(&token));
    let digits = ["ST", "ND", "RD", "TH"]
        .into_iter()
        .find_map(|end| token.strip_suffix(end));
    spelled
        .and_then(|place| u32::try_from(place + 1).ok())
        .or_else(|| digits.unwrap_or(token).parse().ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::comparable;

    /// Courts of which each is another, in several spellings.
    const COURTS: [&[&str]; 17] = [
        &[
            "Hinds County Court",
            "Hinds Co. Court",
            "County Court of Hinds",
            "HINDS CNTY CT",
            "The County Court of Hinds County, Mississippi",
        ],
        &[
            "Hinds County Circuit Court",
            "Circuit Court of Hinds County",
            "Hinds Co. Cir. Ct.",
            "HINDS CIRCUIT COURT",
            "Circuit Court for the County of Hinds, MS",
        ],
        &[
            "Hinds County Chancery Court",
            "Chancery Court of Hinds County",
            "Hinds Chanc. Ct.",
        ],
        &[
            "Hinds County Justice Court",
            "Justice Court of Hinds County",
            "Hinds Co Just Ct",
        ],
        &["Hinds County Youth Court", "Hinds Co. Yth. Ct."],
        &[
            "Circuit Court of the First Judicial District of Hinds County",
            "Hinds County Circuit Court, 1st Jud. Dist.",
            "Hinds Circuit Court, District No. 1",
            "Hinds Cir. Ct. I Judicial District",
        ],
        &[
            "Circuit Court of the Second Judicial District of Hinds County",
            "Hinds Co. Cir. Ct., 2nd Dist.",
            "Hinds Circuit Court District II",
        ],
        &[
            "Chancery Court of the First Judicial District of Hinds County",
            "Hinds Chancery, 1st District",
        ],
        &[
            "Hinds Circuit Court, First District, Second Division",
            "Hinds Cir. Ct. 1st Dist. Div. 2",
        ],
        &[
            "Hinds Circuit Court, Second District, First Division",
            "Hinds Cir. Ct. Div. 1, District 2",
        ],
        &[
            "Twenty-Second Circuit Court District",
            "22nd Circuit Court District",
        ],
        &[
            "Second Circuit Court District",
            "2nd Circuit Court District",
        ],
        &[
            "Jackson Municipal Court",
            "Municipal Court of the City of Jackson",
            "Mun. Ct. of Jackson",
        ],
        &[
            "Jackson County Justice Court",
            "Justice Court of Jackson County",
        ],
        &[
            "Jefferson County Circuit Court",
            "Circuit Court of Jefferson Co.",
        ],
        &[
            "Jefferson Davis County Circuit Court",
            "Jeff Davis Co. Circuit Court",
        ],
        &["DeSoto County Circuit Court", "De Soto Co. Circuit Court"],
    ];

    #[test]
    fn finds_the_spellings_of_one_court_and_no_other() {
        for (number, spellings) in COURTS.iter().enumerate() {
            for spelling in *spellings {
                assert_eq!(comparable(spelling), comparable(spellings[0]), "{spelling}");
            }
            for other in COURTS.iter().skip(number + 1) {
                assert_ne!(
                    comparable(spellings[0]),
                    comparable(other[0]),
                    "{} {}",
                    spellings[0],
                    other[0]
                );
            }
        }
        for nothing in ["", "of the", "- . ,"] {
            assert_eq!(comparable(nothing), "");
        }
        // The county alone is no court, and a court of none is not the county's.
        assert_ne!(comparable("Hinds County"), comparable("Hinds County Court"));
        assert_ne!(comparable("Hinds Court"), comparable("Hinds County Court"));
    }

    proptest! {
        #[test]
        fn takes_case_and_punctuation_for_nothing(
            court in 0..COURTS.len(),
            spelling in 0_usize..8,
            marks in proptest::collection::vec("[ ,.;-]{1,3}", 16),
            is_upper in any::<bool>(),
        ) {
            let spellings = COURTS[court];
            let words = spellings[spelling % spellings.len()];
            let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            let mut typed: String = words.zip(marks.iter().cycle()).flat_map(|(word, mark)| [word, mark]).collect();
            typed = if is_upper { typed.to_uppercase() } else { typed.to_lowercase() };
            prop_assert_eq!(comparable(&typed), comparable(spellings[0]));
        }

        #[test]
        fn never_takes_courts_of_two_counties_kinds_or_districts_for_one(
            one in (0..4_usize, 0..5_usize, 0..4_u32),
            other in (0..4_usize, 0..5_usize, 0..4_u32),
            is_turned in any::<bool>(),
        ) {
            let name = |(county, kind, district): (usize, usize, u32), is_turned: bool| {
                let county = ["Hinds", "Harrison", "Jones", "Jasper"][county];
                let kind = ["County", "Circuit", "Chancery", "Justice", "Municipal"][kind];
                let number = ["", "First ", "2nd ", "III "][usize::try_from(district).unwrap_or(0)];
                let district = if number.is_empty() { String::new() } else { format!(", {number}Judicial District") };
                if is_turned {
                    format!("{kind} Court of {county}{district}")
                } else {
                    format!("{county} {kind} Court{district}")
                }
            };
            let are_equal = comparable(&name(one, false)) == comparable(&name(other, is_turned));
            prop_assert_eq!(are_equal, one == other);
        }

        #[test]
        fn reads_anything(text in "\\PC{0,80}") {
            let once = comparable(&text);
            prop_assert!(!once.contains("  "));
        }
    }
}
