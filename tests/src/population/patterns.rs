//! Patterns of names beside the usual ones: how peoples and families name, and what desks and columns make of it.
//!
//! Each case is a record that the registry has and one that arrives, of the same person or of another.

mod one;
mod two;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use savin_shared::pii::Pii;
use savin_shared::record::subject::{PersonName, Sex, Subject};

use super::names::Names;
use crate::dice::Dice;

/// A name and a birth date as one desk wrote them.
#[derive(Debug, Clone)]
pub struct Form {
    /// The surname.
    pub surname: String,
    /// The given name.
    pub given: String,
    /// The middle name; empty where there is none.
    pub middle: String,
    /// The suffix; empty where there is none.
    pub suffix: String,
    /// The birth date.
    pub birth: Date,
    /// Whether a woman.
    pub is_female: bool,
}

/// A record of the registry, and one that arrives.
#[derive(Debug, Clone)]
pub struct Case {
    /// What the registry has.
    pub held: Form,
    /// What arrives.
    pub arrives: Form,
}

/// A way in which names vary.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    /// What it is called.
    pub name: &'static str,
    /// Whether both records are one person's.
    pub is_one: bool,
    make: fn(&Lists, &mut Dice) -> Case,
}

/// The patterns, those of one person first.
pub const PATTERNS: [Pattern; 27] = [
    same("Vietnamese names in other orders", one::vietnamese),
    same("Arabic names spelled otherwise", one::arabic),
    same("Choctaw names whose parts change places", one::choctaw),
    same("married, with a hyphen", one::married),
    same("apostrophes and particles", one::particles),
    same("cut off at twenty letters", one::cut),
    same("first and middle name exchanged", one::exchanged),
    same("called by the middle name", one::by_middle),
    same("called as people here are called", one::called),
    same("day and month exchanged", one::date_parts),
    same("born on the first of January", one::new_year),
    same("initials only", one::initials),
    same("De, La and Ja before a given name", one::prefixed),
    same("two surnames, of which one", one::surnames),
    same("letters that a system does not know", one::mangled),
    same("a suffix in another column", one::suffixes),
    other("father and son, one birthday", two::father_birthday),
    other("father and son, no suffix", two::father),
    other("father the junior, son the third", two::third),
    other("twins whose names rhyme", two::rhyming),
    other("twins who share a name as first and middle", two::crossed),
    other("twins of one first name", two::same_first),
    other("a year apart on one birthday", two::year_apart),
    other("one common name, one day, other middle names", two::common),
    other("Vietnamese namesakes of one year", two::namesakes),
    other("cousins whose names are exchanged", two::cousins),
    other("namesakes of whom only the year is known", two::same_year),
];

const fn same(name: &'static str, make: fn(&Lists, &mut Dice) -> Case) -> Pattern {
    Pattern {
        name,
        is_one: true,
        make,
    }
}

const fn other(name: &'static str, make: fn(&Lists, &mut Dice) -> Case) -> Pattern {
    Pattern {
        name,
        is_one: false,
        make,
    }
}

impl Pattern {
    /// Makes so many cases.
    #[must_use]
    pub fn cases(&self, many: usize, seed: u64) -> Vec<Case> {
        let lists = Lists {
            surnames: Names::surnames(),
            given: Names::given(),
        };
        let mut dice = Dice::new(seed);
        (0..many).map(|_| (self.make)(&lists, &mut dice)).collect()
    }
}

impl Form {
    /// Returns it as a record has it.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let part = |text: &str| (!text.is_empty()).then(|| Pii::new(text.to_uppercase()));
        Subject {
            name: Some(PersonName {
                surname: Pii::new(self.surname.to_uppercase()),
                given: part(&self.given),
                middle: part(&self.middle),
                suffix: part(&self.suffix),
            }),
            birth_date: Some(Pii::new(self.birth)),
            sex: Some(if self.is_female {
                Sex::Female
            } else {
                Sex::Male
            }),
            ..Subject::default()
        }
    }
}

/// The usual names.
struct Lists {
    surnames: Names,
    given: Names,
}

impl Lists {
    fn form(&self, dice: &mut Dice) -> Form {
        let given = self.given.draw(dice).to_owned();
        Form {
            surname: self.surnames.draw(dice).to_owned(),
            is_female: super::names::is_womans(&given),
            given,
            middle: self.given.draw(dice).to_owned(),
            suffix: String::new(),
            birth: born(dice),
        }
    }
}

fn born(dice: &mut Dice) -> Date {
    let days = i64::try_from(dice.below(365 * 45)).unwrap_or(0);
    date(1960, 1, 1).saturating_add(days.days())
}

fn pick(dice: &mut Dice, list: &[&str]) -> String {
    dice.pick(list).copied().unwrap_or_default().to_owned()
}

fn case(held: Form, change: impl FnOnce(&mut Form)) -> Case {
    let mut arrives = held.clone();
    change(&mut arrives);
    Case { held, arrives }
}

/// Puts the words of a whole name into columns.
fn name(form: &mut Form, surname: &str, given: &str, middle: &str) {
    form.surname = surname.to_owned();
    form.given = given.to_owned();
    form.middle = middle.to_owned();
}

fn vietnamese_form(lists: &Lists, dice: &mut Dice) -> Form {
    let mut form = lists.form(dice);
    let family = [
        "nguyen", "nguyen", "nguyen", "tran", "tran", "le", "pham", "vo", "bui",
    ];
    form.is_female = dice.one_in(2);
    let (middle, given): (&[&str], &[&str]) = if form.is_female {
        (
            &["thi", "thi", "thi", "ngoc", "kim"],
            &["hoa", "lan", "linh", "thuy", "anh", "phuong"],
        )
    } else {
        (
            &["van", "van", "van", "duc", "quoc"],
            &["minh", "hung", "tuan", "dung", "anh", "thanh"],
        )
    };
    name(
        &mut form,
        &pick(dice, &family),
        &pick(dice, given),
        &pick(dice, middle),
    );
    form
}
