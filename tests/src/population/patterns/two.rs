//! Patterns of two people who are hard to tell apart: families, twins and namesakes.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use super::one::choctaw;
use super::{Case, Lists, case, name, pick, vietnamese_form};
use crate::dice::Dice;

/// The son's birth: so many years later, on a day.
fn later(birth: Date, years: usize, days: usize) -> Date {
    let (years, days) = (i64::try_from(years), i64::try_from(days));
    birth
        .saturating_add(years.unwrap_or(20).years())
        .saturating_add(days.unwrap_or(0).days())
}

pub(super) fn father_birthday(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    held.is_female = false;
    let years = dice
        .pick(&[20, 30, 40, 18, 19, 22, 25, 27])
        .copied()
        .unwrap_or(20);
    case(held, |form| form.birth = later(form.birth, years, 0))
}

pub(super) fn father(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    held.is_female = false;
    let (years, days) = (18 + dice.below(20), dice.below(365));
    case(held, |form| form.birth = later(form.birth, years, days))
}

pub(super) fn third(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    held.is_female = false;
    "jr".clone_into(&mut held.suffix);
    let (years, days, is_said) = (18 + dice.below(20), dice.below(365), dice.one_in(2));
    case(held, |form| {
        form.birth = later(form.birth, years, days);
        form.suffix = if is_said {
            "iii".to_owned()
        } else {
            String::new()
        };
    })
}

pub(super) fn rhyming(lists: &Lists, dice: &mut Dice) -> Case {
    let pairs = [
        ("jaylon", "kaylon"),
        ("tyrell", "terrell"),
        ("keisha", "lakeisha"),
        ("ronnie", "donnie"),
        ("larry", "barry"),
        ("shanika", "tanika"),
        ("javon", "davon"),
        ("jim", "tim"),
        ("marlon", "marvin"),
        ("christina", "christine"),
        ("jayden", "jaden"),
        ("ricky", "micky"),
        ("brianna", "breanna"),
        ("john", "jon"),
        ("terry", "jerry"),
        ("eric", "derrick"),
        ("michael", "michelle"),
        ("faith", "hope"),
        ("anna", "hannah"),
        ("carrie", "karen"),
    ];
    let mut held = lists.form(dice);
    let (one, two) = dice.pick(&pairs).copied().unwrap_or_default();
    one.clone_into(&mut held.given);
    held.is_female = one.ends_with('a');
    let has_middle = dice.one_in(2);
    let middle = lists.given.draw(dice).to_owned();
    case(held, |form| {
        two.clone_into(&mut form.given);
        form.middle = if has_middle { middle } else { String::new() };
    })
}

pub(super) fn crossed(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    held.is_female = false;
    let shared = pick(dice, &["lee", "ray", "james", "earl", "wayne", "allen"]);
    held.middle.clone_from(&shared);
    let own = lists.given.draw(dice).to_owned();
    case(held, |form| {
        form.given = shared;
        form.middle = own;
    })
}

pub(super) fn same_first(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    let (firsts, seconds): (&[&str], &[&str]) = if dice.one_in(2) {
        (&["jose", "juan"], &["luis", "antonio", "manuel", "angel"])
    } else {
        (
            &["maria", "mary", "ana"],
            &["guadalupe", "fernanda", "ann", "lee", "isabel"],
        )
    };
    held.given = pick(dice, firsts);
    held.middle = pick(dice, seconds);
    held.is_female = held.given.starts_with("ma") || held.given.starts_with("an");
    let middle = dice.other(seconds, held.middle.as_str()).to_owned();
    case(held, |form| form.middle = middle)
}

pub(super) fn year_apart(lists: &Lists, dice: &mut Dice) -> Case {
    let pairs = [
        ("kevin", "kelvin"),
        ("marcus", "marquis"),
        ("jon", "don"),
        ("terrance", "terrell"),
        ("jamal", "jamar"),
        ("ashley", "ashton"),
        ("erica", "erika"),
    ];
    let mut held = lists.form(dice);
    let (one, two) = dice.pick(&pairs).copied().unwrap_or_default();
    one.clone_into(&mut held.given);
    let middle = lists.given.draw(dice).to_owned();
    case(held, |form| {
        two.clone_into(&mut form.given);
        form.middle = middle;
        form.birth = later(form.birth, 1, 0);
    })
}

pub(super) fn common(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    held.is_female = false;
    held.surname = pick(dice, &["smith", "johnson", "williams", "jones", "brown"]);
    held.given = pick(dice, &["james", "michael", "robert", "john", "william"]);
    let middle = lists.given.draw(dice).to_owned();
    let is_same = middle == held.middle;
    case(held, |form| {
        form.middle = if is_same {
            "zebulon".to_owned()
        } else {
            middle
        }
    })
}

pub(super) fn namesakes(lists: &Lists, dice: &mut Dice) -> Case {
    let held = vietnamese_form(lists, dice);
    let days = 1 + dice.below(300);
    case(held, |form| form.birth = later(form.birth, 0, days))
}

pub(super) fn cousins(lists: &Lists, dice: &mut Dice) -> Case {
    let made = choctaw(lists, dice);
    let (own, days) = (lists.given.draw(dice).to_owned(), 40 + dice.below(3000));
    case(made.held, |form| {
        name(form, &made.arrives.surname, &made.arrives.given, &own);
        form.birth = later(form.birth, 0, days);
    })
}

pub(super) fn same_year(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = vietnamese_form(lists, dice);
    held.birth = date(held.birth.year(), 1, 1);
    case(held, |_| {})
}
