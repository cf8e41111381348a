//! The people: alone, with a twin, or with a son of the same name.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use super::names::{Names, is_womans};
use crate::dice::Dice;

/// Of a thousand people so many are the twin of another.
pub const TWINS: usize = 24;

/// Of a hundred pairs of twins so many have names that differ in one letter.
pub const SIMILAR_TWINS: usize = 25;

/// Of a thousand people so many are the son of another with his name.
pub const JUNIORS: usize = 12;

/// Of a thousand people so many have two surnames.
pub const COMPOUND: usize = 45;

/// Somebody, as they are.
#[derive(Debug, Clone)]
pub struct Somebody {
    /// Which of them.
    pub number: usize,
    /// The surname.
    pub surname: String,
    /// A second surname.
    pub second_surname: Option<String>,
    /// The given name.
    pub given: String,
    /// The middle name.
    pub middle: Option<String>,
    /// The suffix.
    pub suffix: Option<&'static str>,
    /// The birth date.
    pub birth: Date,
    /// Whether a woman.
    pub is_female: bool,
    /// The state's number.
    pub state_id: Option<String>,
    /// The MDOC number.
    pub offender_id: Option<String>,
    /// The FBI's number.
    pub fbi_id: Option<String>,
}

/// Makes so many people.
#[must_use]
pub fn people(many: usize, seed: u64) -> Vec<Somebody> {
    let (surnames, given_names) = (Names::surnames(), Names::given());
    let mut dice = Dice::new(seed);
    let mut people: Vec<Somebody> = Vec::with_capacity(many);
    for number in 0..many {
        let before = people.last();
        let rolled = dice.below(1_000);
        let made = match before {
            // Each twin is the second of a pair.
            Some(before) if rolled < TWINS / 2 => twin(before, &given_names, &mut dice),
            Some(before) if rolled < TWINS / 2 + JUNIORS && !before.is_female => {
                junior(before, &mut dice)
            }
            _ => fresh(&surnames, &given_names, &mut dice),
        };
        people.push(numbered(made, number, &mut dice));
    }
    people
}

fn fresh(surnames: &Names, given_names: &Names, dice: &mut Dice) -> Somebody {
    let given = given_names.draw(dice).to_owned();
    // A name in a hundred is a woman's or a man's against its look.
    let is_female = is_womans(&given) != dice.one_in(100);
    Somebody {
        number: 0,
        surname: surnames.draw(dice).to_owned(),
        second_surname: (dice.below(1_000) < COMPOUND).then(|| surnames.draw(dice).to_owned()),
        middle: (dice.below(100) < 88).then(|| given_names.draw(dice).to_owned()),
        given,
        suffix: None,
        birth: birth(dice),
        is_female,
        state_id: None,
        offender_id: None,
        fbi_id: None,
    }
}

fn twin(of: &Somebody, given_names: &Names, dice: &mut Dice) -> Somebody {
    let given = if dice.below(100) < SIMILAR_TWINS {
        let begins = of.given.get(..1).unwrap_or_default();
        let begin = dice.other(&["j", "k", "d", "t", "r", "m"], begins);
        format!("{begin}{}", of.given.get(1..).unwrap_or_default())
    } else {
        other(&of.given, given_names, dice)
    };
    Somebody {
        is_female: if dice.below(3) == 0 {
            !of.is_female
        } else {
            of.is_female
        },
        given,
        middle: (dice.below(100) < 88).then(|| given_names.draw(dice).to_owned()),
        suffix: None,
        ..of.clone()
    }
}

/// Draws a name that is not this one: no twins are called alike.
fn other(name: &str, names: &Names, dice: &mut Dice) -> String {
    loop {
        let drawn = names.draw(dice);
        if drawn != name {
            return drawn.to_owned();
        }
    }
}

fn junior(of: &Somebody, dice: &mut Dice) -> Somebody {
    let years = 18 + i64::try_from(dice.below(20)).unwrap_or(0);
    let days = i64::try_from(dice.below(365)).unwrap_or(0);
    Somebody {
        suffix: Some("JR"),
        birth: of
            .birth
            .saturating_add(years.years())
            .saturating_add(days.days()),
        ..of.clone()
    }
}

/// A birth date of the last 18 to 68 years, the middle ones more often.
fn birth(dice: &mut Dice) -> Date {
    let days = 365 * 25;
    let days = dice.below(days) + dice.below(days);
    date(1958, 1, 1).saturating_add(i64::try_from(days).unwrap_or(0).days())
}

/// Gives the numbers that the state, MDOC and the FBI gave: most arrested people have the first.
fn numbered(made: Somebody, number: usize, dice: &mut Dice) -> Somebody {
    let mixed = |by: usize, size: usize| (number.wrapping_mul(by) + 12_345) % size;
    Somebody {
        number,
        state_id: (dice.below(100) < 90).then(|| format!("MS{:08}", mixed(7_654_321, 100_000_000))),
        offender_id: (dice.below(100) < 25).then(|| format!("{:07}", mixed(765_433, 10_000_000))),
        fbi_id: (dice.below(100) < 70)
            .then(|| format!("{:06}XA{}", mixed(654_323, 1_000_000), number % 10)),
        ..made
    }
}
