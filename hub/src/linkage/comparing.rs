//! Two identities side by side: every comparison with its level and its weight.

use savin_shared::ids::AgencyId;
use savin_shared::record::Record;

use super::face::{Face, Identity};
use super::frequency::{Frequencies, Part};
use super::name::{Agreement, Name};
use super::weights::{Comparison, Level, Weights};
use crate::matching::{Identifier, IdentifierKind, identifiers};

/// The shortest number in which one wrong character is a slip of the hand.
const NEAR_LENGTH_MIN: usize = 5;

/// From how many years on a birth date of the same day and month is a parent's or a child's, and no slip of the
/// hand: many a son has his father's name, and some his birthday.
const GENERATION_YEARS: u16 = 14;

/// One comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// What was compared.
    pub comparison: Comparison,
    /// How it agrees.
    pub level: Level,
    /// What that counts, in bits.
    pub bits: f64,
}

/// Every comparison of two identities of which both sides are known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compared {
    /// The comparisons in their order.
    pub lines: Vec<Line>,
}

impl Compared {
    /// Returns how something agrees; missing where it was not compared.
    #[must_use]
    pub fn level(&self, comparison: Comparison) -> Level {
        let line = self.lines.iter().find(|line| line.comparison == comparison);
        line.map_or(Level::Missing, |line| line.level)
    }

    /// Returns what speaks for one person in all, in bits, before the population is taken off.
    #[must_use]
    pub fn bits(&self) -> f64 {
        self.lines.iter().map(|line| line.bits).sum()
    }

    /// Returns the same without numbers.
    #[must_use]
    pub fn personal_bits(&self) -> f64 {
        let personal = |line: &&Line| !line.comparison.is_identifier();
        self.lines
            .iter()
            .filter(personal)
            .map(|line| line.bits)
            .sum()
    }

    /// Says whether anything was compared but numbers.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        let mut compared = self.lines.iter().map(|line| line.comparison);
        compared.any(|comparison| !comparison.is_identifier())
    }

    /// Returns how many of the numbers of the state, MDOC and the FBI stand so.
    #[must_use]
    pub fn unique(&self, level: Level) -> usize {
        [
            Comparison::StateId,
            Comparison::OffenderId,
            Comparison::FbiId,
        ]
        .into_iter()
        .filter(|comparison| self.level(*comparison) == level)
        .count()
    }

    /// Says whether a number of the state, MDOC or the FBI stands so.
    #[must_use]
    pub fn has_unique(&self, level: Level) -> bool {
        self.unique(level) > 0
    }

    /// Says whether any number agrees.
    #[must_use]
    pub fn has_identifier(&self) -> bool {
        self.has_unique(Level::Exact) || self.level(Comparison::PersonNumber) == Level::Exact
    }
}

impl Identity {
    /// Returns what one record says of its person.
    #[must_use]
    pub fn of(agency: &AgencyId, record: &Record) -> Self {
        let face = Face::of(record);
        Self {
            faces: if face.is_blank() {
                Vec::new()
            } else {
                vec![face]
            },
            identifiers: identifiers(agency, record),
        }
    }

    /// Returns every word by which names of this identity are counted.
    #[must_use]
    pub fn counted_words(&self) -> Vec<(Part, String)> {
        let mut words: Vec<(Part, String)> = Vec::new();
        for name in self.faces.iter().flat_map(|face| &face.names) {
            let surnames = std::iter::once(name.joined_surname());
            let surnames = surnames.chain(name.surname_words().map(str::to_owned));
            words.extend(surnames.map(|word| (Part::Surname, word)));
            let given = name
                .given
                .iter()
                .chain(&name.middle)
                .filter(|word| word.len() > 1);
            words.extend(given.map(|word| (Part::Given, word.clone())));
        }
        words.sort();
        words.dedup();
        words
    }
}

/// Compares two identities: the two faces that agree best, and all the numbers.
#[must_use]
pub fn compare(
    one: &Identity,
    other: &Identity,
    weights: &Weights,
    frequencies: &Frequencies,
) -> Compared {
    let mut best = Compared::default();
    let mut is_first = true;
    for face in &one.faces {
        for known in &other.faces {
            let compared = compare_faces(face, known, weights, frequencies);
            if is_first || compared.bits() > best.bits() {
                best = compared;
                is_first = false;
            }
        }
    }
    for kind in [
        IdentifierKind::StateId,
        IdentifierKind::OffenderId,
        IdentifierKind::FbiId,
        IdentifierKind::PersonNumber,
    ] {
        let (Some(comparison), level) = numbers(kind, &one.identifiers, &other.identifiers) else {
            continue;
        };
        push(&mut best, weights, (comparison, level), 1.0);
    }
    best
}

fn push(
    compared: &mut Compared,
    weights: &Weights,
    (comparison, level): (Comparison, Level),
    share: f64,
) {
    if level != Level::Missing {
        compared.lines.push(Line {
            comparison,
            level,
            bits: weights.bits(comparison, level, share),
        });
    }
}

fn compare_faces(one: &Face, other: &Face, weights: &Weights, known: &Frequencies) -> Compared {
    let mut best: Option<Compared> = None;
    for name in &one.names {
        for another in &other.names {
            let compared = compare_names(name, another, weights, known);
            if best
                .as_ref()
                .is_none_or(|best| compared.bits() > best.bits())
            {
                best = Some(compared);
            }
        }
    }
    let mut compared = best.unwrap_or_default();
    let alike = |one: Option<bool>, other: Option<bool>| match (one, other) {
        (Some(one), Some(other)) if one == other => Level::Exact,
        (Some(_), Some(_)) => Level::Different,
        (_, _) => Level::Missing,
    };
    let address = match (&one.address, &other.address) {
        (Some(one), Some(other)) => alike(Some(true), Some(one == other)),
        (_, _) => Level::Missing,
    };
    for pair in [
        (Comparison::Birth, births(one.birth, other.birth)),
        (Comparison::Sex, alike(one.is_female, other.is_female)),
        (Comparison::Address, address),
    ] {
        push(&mut compared, weights, pair, 1.0);
    }
    compared
}

fn compare_names(one: &Name, other: &Name, weights: &Weights, known: &Frequencies) -> Compared {
    let Agreement {
        surname,
        given,
        middle,
        suffix,
    } = one.agreement(other);
    let share = |part, word: &str| known.share(part, word);
    let surname_share = if surname == Level::Part {
        let shared = one
            .surname_words()
            .filter(|word| other.surname_words().any(|other| other == *word));
        shared
            .map(|word| share(Part::Surname, word))
            .fold(1.0, f64::min)
    } else {
        share(Part::Surname, &one.joined_surname())
    };
    let given_share = share(Part::Given, one.first().unwrap_or_default());
    let middle_share = share(Part::Given, one.middle.first().map_or("", String::as_str));
    let mut compared = Compared::default();
    push(
        &mut compared,
        weights,
        (Comparison::Surname, surname),
        surname_share,
    );
    push(
        &mut compared,
        weights,
        (Comparison::Given, given),
        given_share,
    );
    push(
        &mut compared,
        weights,
        (Comparison::Middle, middle),
        middle_share,
    );
    push(&mut compared, weights, (Comparison::Suffix, suffix), 1.0);
    compared
}

/// Says how two birth dates agree.
fn births(one: Option<jiff::civil::Date>, other: Option<jiff::civil::Date>) -> Level {
    let (Some(one), Some(other)) = (one, other) else {
        return Level::Missing;
    };
    let is_new_year = |date: jiff::civil::Date| date.month() == 1 && date.day() == 1;
    if one == other {
        return if is_new_year(one) || is_unset(one) {
            Level::Placeholder
        } else {
            Level::Exact
        };
    }
    if one.year() == other.year() {
        if one.month() == other.day() && one.day() == other.month() {
            return Level::Swapped;
        }
        if is_new_year(one) || is_new_year(other) {
            return Level::Year;
        }
    } else if is_new_year(one) && is_new_year(other) {
        // Of neither is more known than the year, and that differs.
        return Level::Different;
    }
    let digits =
        |date: jiff::civil::Date| format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
    let is_anniversary = one.month() == other.month() && one.day() == other.day();
    let years = one.year().abs_diff(other.year());
    if is_anniversary && years >= GENERATION_YEARS {
        return Level::Near;
    }
    if strsim::osa_distance(&digits(one), &digits(other)) == 1 {
        return Level::Typo;
    }
    if is_anniversary {
        return Level::Near;
    }
    if one.year() == other.year() {
        return Level::Year;
    }
    Level::Different
}

/// Says whether a birth date is one that programs make of none: the eve of 1970, which is the beginning of
/// their time in Mississippi, or a key that was held down.
fn is_unset(date: jiff::civil::Date) -> bool {
    [(1969, 12, 31), (1911, 11, 11)].contains(&(date.year(), date.month(), date.day()))
}

/// Says whether one number is the other with one wrong character, a slip of the hand.
#[must_use]
pub fn is_slip(one: &str, other: &str) -> bool {
    one.len().min(other.len()) >= NEAR_LENGTH_MIN && strsim::osa_distance(one, other) == 1
}

/// Says how the numbers of a kind agree, each where both have one.
fn numbers(
    kind: IdentifierKind,
    one: &[Identifier],
    other: &[Identifier],
) -> (Option<Comparison>, Level) {
    let comparison = match kind {
        IdentifierKind::StateId => Comparison::StateId,
        IdentifierKind::OffenderId => Comparison::OffenderId,
        IdentifierKind::FbiId => Comparison::FbiId,
        IdentifierKind::PersonNumber => Comparison::PersonNumber,
        IdentifierKind::Record => return (None, Level::Missing),
    };
    let pairs = || {
        let of_kind = one.iter().filter(move |id| id.kind == kind);
        of_kind.flat_map(|id| {
            let same = move |known: &&Identifier| known.kind == kind && known.scope == id.scope;
            other
                .iter()
                .filter(same)
                .map(move |known| (&id.value, &known.value))
        })
    };
    let is_near = |(one, other): (&String, &String)| is_slip(one, other);
    let level = if pairs().next().is_none() {
        Level::Missing
    } else if pairs().any(|(one, other)| one == other) {
        Level::Exact
    } else if kind.is_unique() && pairs().any(is_near) {
        Level::Near
    } else {
        Level::Different
    };
    (Some(comparison), level)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Level, births};

    #[test]
    fn compares_birth_dates() {
        let born = date(1985, 3, 12);
        for (other, level) in [
            (born, Level::Exact),
            (date(1985, 12, 3), Level::Swapped),
            (date(1985, 3, 21), Level::Typo),
            (date(1986, 3, 12), Level::Typo),
            (date(1997, 3, 12), Level::Near),
            (date(1995, 3, 12), Level::Typo),
            // Twenty years apart, on one birthday: a father and his son.
            (date(2005, 3, 12), Level::Near),
            (date(1958, 3, 12), Level::Near),
            (date(1985, 7, 30), Level::Year),
            (date(1985, 1, 1), Level::Year),
            (date(1970, 7, 30), Level::Different),
        ] {
            assert_eq!(births(Some(born), Some(other)), level, "{other}");
            assert_eq!(births(Some(other), Some(born)), level, "{other}");
        }
        let new_year = Some(date(1985, 1, 1));
        assert_eq!(births(new_year, Some(date(1986, 1, 1))), Level::Different);
        for unset in [date(1969, 12, 31), date(1911, 11, 11)] {
            assert_eq!(births(Some(unset), Some(unset)), Level::Placeholder);
        }
        assert_eq!(births(new_year, new_year), Level::Placeholder);
        assert_eq!(births(None, new_year), Level::Missing);
    }
}
