//! The judgment: what is joined, what goes to a person, what is two people.

use super::comparing::Compared;
use super::weights::{Comparison, Level, Table, Weights};

/// What follows from a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They are one person.
    Join,
    /// A person has to look.
    Review(Why),
    /// They are two people.
    Apart,
}

/// Why a person has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is likely and not certain.
    Likely,
    /// Surname and birth date agree, given name or sex do not: it may be a twin.
    Twin,
    /// One is junior and the other is not.
    Suffix,
    /// The sexes differ.
    Sex,
    /// Nothing but the name agrees.
    NameAlone,
    /// Numbers of which a person has one differ.
    OtherNumber,
    /// One agency knows them by two numbers, and name or birth date are not quite the same.
    OtherJacket,
    /// A number agrees and the person does not.
    OtherPerson,
    /// More than one person fits.
    Rival,
}

impl Why {
    /// Returns the words for staff.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Likely => "likely, and not certain",
            Self::Twin => "surname and birth date agree, given name or sex do not: perhaps a twin",
            Self::Suffix => "the suffixes differ: perhaps father and son",
            Self::Sex => "the sexes differ",
            Self::NameAlone => "nothing but the name agrees",
            Self::OtherNumber => "a state, MDOC or FBI number differs",
            Self::OtherJacket => {
                "one agency knows them by two numbers, and name or birth date are not quite the same"
            }
            Self::OtherPerson => "a number agrees, and name or birth date speak against it",
            Self::Rival => "more than one person fits",
        }
    }
}

/// A judgment with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What follows.
    pub verdict: Verdict,
    /// What speaks for one person, in bits over even odds: the comparisons less the population.
    pub bits: f64,
    /// The comparisons.
    pub compared: Compared,
}

/// Judges a comparison among so many people.
///
/// - Numbers that a person has one of and that differ never join.
/// - A number that agrees joins, unless name and birth date speak against it: then it is another's, typed
///   wrongly or given falsely.
/// - Where one number agrees and another differs it takes a person who speaks for it, or it is another's.
/// - Without a number it takes the birth date, and enough bits: a name alone never joins.
/// - Twins, father and son, and two sexes are never joined without a number.
/// - Nor is whoever one agency knows by two numbers, unless name and birth date agree to the letter.
#[must_use]
pub fn judge(compared: Compared, weights: &Weights, population: u32) -> Judged {
    let table = weights.table();
    let people = f64::from(population.max(table.population_least));
    let bits = compared.bits() - people.log2();
    let doubtful = |why| {
        let is_worth_it = bits >= table.review_bits;
        if is_worth_it {
            Verdict::Review(why)
        } else {
            Verdict::Apart
        }
    };
    let verdict = if compared.has_identifier() {
        by_number(&compared, table)
    } else if compared.has_unique(Level::Different) {
        doubtful(Why::OtherNumber)
    } else if let Some(why) = obstacle(&compared) {
        doubtful(why)
    } else if bits >= table.join_bits {
        Verdict::Join
    } else {
        doubtful(Why::Likely)
    };
    Judged {
        verdict,
        bits,
        compared,
    }
}

/// Judges a comparison in which a number agrees.
fn by_number(compared: &Compared, table: &Table) -> Verdict {
    let bits = compared.personal_bits();
    if compared.has_unique(Level::Different) {
        // The numbers speak as much against each other as for each other, so the person decides.
        let is_held_back = matches!(obstacle(compared), Some(Why::Twin | Why::Suffix | Why::Sex));
        let is_other = is_held_back || bits < -table.veto_bits || is_half_named(compared);
        let why = if is_other && compared.is_personal() {
            Why::OtherPerson
        } else {
            Why::OtherNumber
        };
        return Verdict::Review(why);
    }
    let is_different = |part| compared.level(part) == Level::Different;
    // Father and son have one name, and may have one address; a brother and a sister one birth date.
    if is_different(Comparison::Suffix) && !is_born_alike(compared)
        || is_different(Comparison::Given) && is_different(Comparison::Sex)
    {
        return Verdict::Review(Why::OtherPerson);
    }
    // One number alone may be typed into another's; an agency's own is taken from its list.
    let is_lone = compared.unique(Level::Exact) == 1
        && compared.level(Comparison::PersonNumber) != Level::Exact;
    if bits < table.veto_bits || is_lone && is_half_named(compared) {
        Verdict::Review(Why::OtherPerson)
    } else {
        Verdict::Join
    }
}

/// Says whether half of the name is another, and no birth date bears out that it is the same person.
fn is_half_named(compared: &Compared) -> bool {
    let level = |comparison| compared.level(comparison);
    let birth = level(Comparison::Birth);
    matches!(birth, Level::Missing | Level::Placeholder)
        && [Comparison::Surname, Comparison::Given]
            .into_iter()
            .any(|part| level(part) == Level::Different)
}

/// Says whether two persons whom one record's numbers name may be joined: nothing of what is known of
/// them speaks against it.
#[must_use]
pub fn may_be_one(compared: &Compared, weights: &Weights) -> bool {
    let is_held_back = matches!(obstacle(compared), Some(Why::Twin | Why::Suffix | Why::Sex));
    let is_other = [Comparison::Given, Comparison::Sex, Comparison::Suffix]
        .into_iter()
        .any(|comparison| compared.level(comparison) == Level::Different);
    !is_held_back
        && !is_other
        && !compared.has_unique(Level::Different)
        && compared.personal_bits() >= weights.table().veto_bits
}

/// Says whether a record is about another person than this, whatever its number says: neither part of the
/// name is theirs, and nothing else makes that good.
#[must_use]
pub fn is_another(compared: &Compared, weights: &Weights) -> bool {
    let is_named_otherwise = [Comparison::Surname, Comparison::Given]
        .into_iter()
        .all(|part| compared.level(part) == Level::Different);
    is_named_otherwise && compared.personal_bits() < weights.table().veto_bits
}

/// Returns what keeps a comparison without numbers from being joined, however many bits it has.
fn obstacle(compared: &Compared) -> Option<Why> {
    let level = |comparison| compared.level(comparison);
    if !is_born_alike(compared) {
        return Some(Why::NameAlone);
    }
    if level(Comparison::Suffix) == Level::Different {
        return Some(Why::Suffix);
    }
    let is_exact = [Comparison::Surname, Comparison::Given, Comparison::Birth]
        .into_iter()
        .all(|comparison| level(comparison) == Level::Exact);
    if level(Comparison::PersonNumber) == Level::Different && !is_exact {
        return Some(Why::OtherJacket);
    }
    let is_same_given = matches!(
        level(Comparison::Given),
        Level::Exact | Level::Nickname | Level::Swapped
    );
    let is_same_middle = level(Comparison::Middle) == Level::Exact;
    // Of twins called Mary Ann and Mary Lee one half of the given name is the same.
    let is_other_middle = level(Comparison::Middle) == Level::Different;
    let is_other_sex = level(Comparison::Sex) == Level::Different;
    let may_be_twin = is_other_sex || is_other_middle || !is_same_given && !is_same_middle;
    let surname = level(Comparison::Surname);
    let is_same_surname = matches!(
        surname,
        Level::Exact | Level::Part | Level::Typo | Level::Sound
    );
    if is_same_surname && may_be_twin {
        Some(Why::Twin)
    } else if is_other_sex {
        Some(Why::Sex)
    } else {
        let is_other = matches!(surname, Level::Different | Level::Missing) && !is_same_given;
        is_other.then_some(Why::Likely)
    }
}

/// Says whether birth dates agree, but for a slip of the hand.
fn is_born_alike(compared: &Compared) -> bool {
    matches!(
        compared.level(Comparison::Birth),
        Level::Exact | Level::Swapped | Level::Typo
    )
}

/// To whom a record goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice<P> {
    /// The person who is it, if one certainly is.
    pub joined: Option<P>,
    /// Others who certainly are it too, by numbers: these persons may be one.
    pub also: Vec<P>,
    /// Whom a person has to compare it with, the likeliest first, and why.
    pub reviews: Vec<(P, Why)>,
}

/// Chooses among everybody who was compared. Without a number nobody is chosen whom another comes
/// close to.
#[must_use]
pub fn choose<P: Copy + Ord>(candidates: &[(P, Judged)], weights: &Weights) -> Choice<P> {
    let mut ranked: Vec<&(P, Judged)> = candidates
        .iter()
        .filter(|(_, judged)| judged.verdict != Verdict::Apart)
        .collect();
    ranked.sort_by(|(one, first), (other, second)| {
        let order = |judged: &Judged| (judged.verdict == Verdict::Join, judged.bits);
        let ((is_one, one_bits), (is_other, other_bits)) = (order(first), order(second));
        is_other
            .cmp(&is_one)
            .then(other_bits.total_cmp(&one_bits))
            .then(one.cmp(other))
    });
    let by_number =
        |judged: &Judged| judged.verdict == Verdict::Join && judged.compared.has_identifier();
    let certain = || ranked.iter().filter(|(_, judged)| by_number(judged));
    let joined = match certain().next() {
        Some((person, _)) => Some(*person),
        None => ranked.first().and_then(|(person, judged)| {
            let next = ranked
                .get(1)
                .map_or(f64::NEG_INFINITY, |(_, next)| next.bits);
            let is_alone = judged.bits - next >= weights.table().rival_bits;
            (judged.verdict == Verdict::Join && is_alone).then_some(*person)
        }),
    };
    let also = certain().map(|(person, _)| *person).skip(1).collect();
    let reviews = ranked
        .iter()
        .filter(|(person, judged)| {
            joined.is_none() || Some(*person) != joined && !by_number(judged)
        })
        .map(|(person, judged)| match judged.verdict {
            Verdict::Review(why) => (*person, why),
            Verdict::Join | Verdict::Apart => (*person, Why::Rival),
        })
        .collect();
    Choice {
        joined,
        also,
        reviews,
    }
}

#[cfg(test)]
mod tests;
