//! A name in the parts that are compared, and how two names agree in each of them.

use std::fmt;

use savin_shared::record::subject::PersonName;
use serde::{Deserialize, Serialize};

use super::nickname::may_be_one;
use super::sound::sound;
use super::weights::Level;
use crate::names::words;

/// Words that belong to a surname and tell nobody from another.
const PARTICLES: [&str; 14] = [
    "da", "de", "del", "della", "der", "di", "dos", "el", "la", "las", "los", "st", "van", "von",
];

/// What stands where a name, or half of one, is not known.
const UNKNOWN: [&str; 8] = [
    "fnu",
    "lnu",
    "nfn",
    "nln",
    "nmn",
    "unidentified",
    "unk",
    "unknown",
];

/// What stands where there is no name at all. There are people called Null.
const NONE: [&str; 4] = ["", "na", "none", "null"];

/// Given names of whoever is called Doe because nobody knows the name.
const DOES: [&str; 5] = ["", "baby", "jane", "john", "johnny"];

/// From how many letters the beginning of a name is that name, cut off where a column ends.
const CUT_LENGTH_MIN: usize = 8;

/// A name as it is compared: folded words. Printed as a placeholder.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Name {
    /// The words of the surname.
    pub surname: Vec<String>,
    /// The words of the given name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
    /// The words of the middle name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub middle: Vec<String>,
    /// Junior, senior or a number: `jr`, `sr`, `2` to `5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<personal>")
    }
}

/// How two names agree, part by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// The surnames.
    pub surname: Level,
    /// The given names.
    pub given: Level,
    /// The middle names.
    pub middle: Level,
    /// The suffixes.
    pub suffix: Level,
}

impl Name {
    /// Reads a record's name. A suffix is found in whichever part it was written, and what follows the
    /// first word of the given name counts as a middle name where there is no other.
    #[must_use]
    pub fn of(name: &PersonName) -> Self {
        let part = |part: &Option<_>| {
            let text: Option<&savin_shared::pii::Pii<String>> = part.as_ref();
            text.map(|text| words(text.reveal())).unwrap_or_default()
        };
        let mut surname = words(name.surname.reveal());
        let (mut given, mut middle) = (part(&name.given), part(&name.middle));
        let own = part(&name.suffix);
        let mut suffix = own.iter().find_map(|word| suffix_of(word));
        for words in [&mut surname, &mut given, &mut middle] {
            if words.len() > 1
                && let Some(found) = words.last().and_then(|last| suffix_of(last))
            {
                words.pop();
                suffix = suffix.or(Some(found));
            }
        }
        for words in [&mut surname, &mut given, &mut middle] {
            words.retain(|word| !UNKNOWN.contains(&word.as_str()));
        }
        let is_named_so = |words: &[String], names: &[&str]| names.contains(&&*words.concat());
        let is_doe = is_named_so(&surname, &["doe"]) && is_named_so(&given, &DOES);
        let is_none = is_named_so(&surname, &NONE) && is_named_so(&given, &NONE);
        if is_doe || is_none {
            surname.clear();
        }
        if middle.is_empty() && given.len() > 1 {
            middle = given.split_off(1);
        }
        Self {
            surname,
            given,
            middle,
            suffix: suffix.map(str::to_owned),
        }
    }

    /// Returns the words of the surname that tell people apart.
    pub fn surname_words(&self) -> impl Iterator<Item = &str> {
        let is_lone = self.surname.len() == 1;
        self.surname
            .iter()
            .map(String::as_str)
            .filter(move |word| is_lone || !PARTICLES.contains(word))
    }

    /// Returns the surname in one word.
    #[must_use]
    pub fn joined_surname(&self) -> String {
        self.surname.concat()
    }

    /// Returns the first given name.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.given.first().map(String::as_str)
    }

    /// Says how two names agree.
    #[must_use]
    pub fn agreement(&self, other: &Self) -> Agreement {
        let suffix = match (&self.suffix, &other.suffix) {
            (Some(one), Some(other)) if one == other => Level::Exact,
            (Some(_), Some(_)) => Level::Different,
            (_, _) => Level::Missing,
        };
        if self.is_swapped_with(other) {
            return Agreement {
                surname: Level::Swapped,
                given: Level::Swapped,
                middle: Level::Missing,
                suffix,
            };
        }
        let given = self.given_agreement(other);
        Agreement {
            surname: self.surname_agreement(other),
            given,
            // A middle name that stood for the given one was compared already.
            middle: if given == Level::Swapped {
                Level::Missing
            } else {
                middle_agreement(&self.middle, &other.middle)
            },
            suffix,
        }
    }

    /// Says whether given name and surname were written in each other's place.
    fn is_swapped_with(&self, other: &Self) -> bool {
        let (one, two) = (self.joined_surname(), other.joined_surname());
        one != two
            && !self.given.is_empty()
            && !other.given.is_empty()
            && one == other.given.concat()
            && two == self.given.concat()
    }

    fn surname_agreement(&self, other: &Self) -> Level {
        let (one, two) = (self.joined_surname(), other.joined_surname());
        if one.is_empty() || two.is_empty() {
            return Level::Missing;
        }
        if one == two {
            return Level::Exact;
        }
        let shared = self
            .surname_words()
            .any(|word| other.surname_words().any(|other| other == word));
        if shared {
            return Level::Part;
        }
        alike(&one, &two)
    }

    /// Says whether another is called by this name's middle name. A middle name of their own that is not this given
    /// name speaks against it: of twins one is Robert Lee, and the other Lee Roy.
    fn goes_by_middle(&self, other: &Self) -> bool {
        let (Some(given), Some(middle)) = (self.first(), self.middle.first()) else {
            return false;
        };
        let own = other.middle.first();
        Some(middle.as_str()) == other.first()
            && own.is_none_or(|own| own == given || may_be_same(own, given))
    }

    fn given_agreement(&self, other: &Self) -> Level {
        let (Some(one), Some(two)) = (self.first(), other.first()) else {
            return Level::Missing;
        };
        let whole = |name: &Self| name.given.concat() + &name.middle.concat();
        if one == two || whole(self) == whole(other) {
            return Level::Exact;
        }
        // Mary Ann is Maryann, whatever follows.
        let is_double = |name: &Self, first: &str, word: &str| {
            let second = name.given.get(1).or_else(|| name.middle.first());
            let second = second.filter(|second| second.len() > 1);
            second.is_some_and(|second| word.strip_prefix(first) == Some(second))
        };
        if is_double(self, one, two) || is_double(other, two, one) {
            return Level::Exact;
        }
        if one.len() == 1 || two.len() == 1 {
            let is_same = one.chars().next() == two.chars().next();
            return if is_same {
                Level::Initial
            } else {
                Level::Different
            };
        }
        if may_be_one(one, two) {
            return Level::Nickname;
        }
        if self.goes_by_middle(other) || other.goes_by_middle(self) {
            return Level::Swapped;
        }
        alike(one, two)
    }
}

/// Says whether two different words, a middle name and a given name, may be one.
fn may_be_same(middle: &str, given: &str) -> bool {
    let is_initial = middle.len() == 1 || given.len() == 1;
    if is_initial {
        return middle.chars().next() == given.chars().next();
    }
    may_be_one(middle, given) || alike(middle, given) != Level::Different
}

fn middle_agreement(one: &[String], other: &[String]) -> Level {
    let (Some(first), Some(second)) = (one.first(), other.first()) else {
        return Level::Missing;
    };
    if first.len() == 1 || second.len() == 1 {
        let is_same = first.chars().next() == second.chars().next();
        return if is_same {
            Level::Initial
        } else {
            Level::Different
        };
    }
    if one.concat() == other.concat() || first == second {
        return Level::Exact;
    }
    if alike(first, second) == Level::Different {
        Level::Different
    } else {
        Level::Typo
    }
}

/// Says whether two different words are one that was typed wrongly, or that sounds alike.
fn alike(one: &str, other: &str) -> Level {
    let (shortest, longest) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    if shortest.len() >= CUT_LENGTH_MIN && longest.starts_with(shortest) {
        return Level::Typo;
    }
    let longest = longest.chars().count();
    let typed = strsim::osa_distance(one, other);
    if longest >= 4 && typed == 1 || longest >= 8 && typed == 2 {
        return Level::Typo;
    }
    let (sounds, others) = (sound(one), sound(other));
    if sounds.len() >= 2 && sounds == others {
        return Level::Sound;
    }
    Level::Different
}

/// Returns the suffix that a word is.
fn suffix_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "jr" | "junior" => "jr",
        "sr" | "senior" => "sr",
        "ii" | "2nd" => "2",
        "iii" | "3rd" => "3",
        "iv" | "4th" => "4",
        "5th" => "5",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use savin_shared::pii::Pii;
    use savin_shared::record::subject::PersonName;

    use super::{Level, Name};

    fn name(surname: &str, given: &str, middle: &str) -> Name {
        let part = |text: &str| (!text.is_empty()).then(|| Pii::new(text.to_owned()));
        Name::of(&PersonName {
            surname: Pii::new(surname.to_owned()),
            given: part(given),
            middle: part(middle),
            suffix: None,
        })
    }

    fn surnames(one: &str, other: &str) -> Level {
        name(one, "Avery", "")
            .agreement(&name(other, "Avery", ""))
            .surname
    }

    fn givens(one: &str, other: &str) -> Level {
        name("Sample", one, "")
            .agreement(&name("Sample", other, ""))
            .given
    }

    #[test]
    fn reads_a_suffix_wherever_it_stands() {
        let expected = Some("jr".to_owned());
        assert_eq!(name("SAMPLE JR.", "AVERY", "").suffix, expected);
        assert_eq!(name("SAMPLE", "AVERY JR", "").suffix, expected);
        assert_eq!(name("SAMPLE", "AVERY", "LEE JR").suffix, expected);
        assert_eq!(name("JR", "AVERY", "").suffix, None);
        let [one, other] = [name("SAMPLE JR", "A", ""), name("SAMPLE SR", "A", "")];
        assert_eq!(one.agreement(&other).suffix, Level::Different);
    }

    #[test]
    fn compares_surnames() {
        assert_eq!(surnames("O'TEST", "otest"), Level::Exact);
        assert_eq!(surnames("MC DONALD", "McDonald"), Level::Exact);
        assert_eq!(surnames("Muestra-Prueba", "Prueba"), Level::Part);
        assert_eq!(surnames("de la Cruz", "de la Rosa"), Level::Different);
        assert_eq!(surnames("Hernandez", "Hernadnez"), Level::Typo);
        assert_eq!(surnames("Phillips", "Filips"), Level::Sound);
        assert_eq!(surnames("Sample", "Example"), Level::Different);
    }

    #[test]
    fn compares_given_names() {
        assert_eq!(givens("Mary Ann", "MARYANN"), Level::Exact);
        assert_eq!(givens("Bill", "William"), Level::Nickname);
        assert_eq!(givens("W", "William"), Level::Initial);
        assert_eq!(givens("Jermaine", "Jermiane"), Level::Typo);
        assert_eq!(givens("James", "Robert"), Level::Different);
        let [one, other] = [name("Sample", "Robert", "Lee"), name("Sample", "Lee", "")];
        assert_eq!(one.agreement(&other).given, Level::Swapped);
        for (middle, level) in [
            ("Robert", Level::Swapped),
            ("R", Level::Swapped),
            ("Bob", Level::Swapped),
            ("Roy", Level::Different),
        ] {
            let [one, other] = [
                name("Sample", "Robert", "Lee"),
                name("Sample", "Lee", middle),
            ];
            assert_eq!(one.agreement(&other).given, level, "{middle}");
            assert_eq!(other.agreement(&one).given, level, "{middle}");
        }
        let [one, other] = [name("Avery", "Sample", ""), name("Sample", "Avery", "")];
        assert_eq!(one.agreement(&other).surname, Level::Swapped);
    }

    #[test]
    fn reads_no_name_where_none_is_known() {
        for (surname, given) in [
            ("DOE", "JOHN"),
            ("Doe", "Jane"),
            ("DOE", ""),
            ("UNKNOWN", ""),
            ("UNK", "UNK"),
            ("LNU", "MARIA"),
            ("N/A", "N/A"),
            ("NULL", ""),
            ("UNIDENTIFIED", "MALE"),
        ] {
            assert!(name(surname, given, "").surname.is_empty(), "{surname}");
        }
        assert_eq!(name("SAMPLE", "FNU", "").first(), None);
        for (surname, given) in [("DOE", "AVERY"), ("NULL", "JAMES"), ("NA", "SU")] {
            assert!(!name(surname, given, "").surname.is_empty(), "{surname}");
        }
    }

    #[test]
    fn knows_names_of_two_words_and_names_that_were_cut_off() {
        assert_eq!(surnames("DE LA CRUZ", "DELACRUZ"), Level::Exact);
        assert_eq!(surnames("Cruz", "De La Cruz"), Level::Part);
        assert_eq!(surnames("Muestra-Prueba", "MUESTRA PRUEBA"), Level::Exact);
        assert_eq!(
            surnames("Montgomery-Washington", "MONTGOMERYWASH"),
            Level::Typo
        );
        assert_eq!(surnames("Washing", "Washington"), Level::Different);
        assert_eq!(givens("Christopher", "CHRISTOPHE"), Level::Typo);
        // Mary Ann is Maryann, whether or not a middle name follows.
        let given = |one: Name, other: Name| {
            assert_eq!(one.agreement(&other).given, other.agreement(&one).given);
            one.agreement(&other).given
        };
        let [double, single] = [
            name("Sample", "Mary Ann", ""),
            name("Sample", "Maryann", "Lee"),
        ];
        assert_eq!(given(double, single), Level::Exact);
        let [double, single] = [
            name("Sample", "Mary", "Ann"),
            name("Sample", "Maryann", "Lee"),
        ];
        assert_eq!(given(double, single), Level::Exact);
    }

    #[test]
    fn prints_no_name() {
        assert_eq!(format!("{:?}", name("Sample", "Avery", "")), "<personal>");
    }
}
