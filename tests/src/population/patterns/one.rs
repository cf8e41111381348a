//! Patterns of one person: how the same name comes to be written in two ways.

use jiff::civil::{Date, date};

use super::{Case, Form, Lists, case, name, pick, vietnamese_form};
use crate::dice::Dice;

pub(super) fn vietnamese(lists: &Lists, dice: &mut Dice) -> Case {
    let held = vietnamese_form(lists, dice);
    let rolled = dice.below(4);
    case(held, |form| {
        let Form {
            surname,
            given,
            middle,
            ..
        } = form.clone();
        match rolled {
            0 => name(form, &surname, &format!("{middle} {given}"), ""),
            1 => name(form, &surname, &given, ""),
            2 => name(form, &given, &surname, &middle),
            _ => name(form, &format!("{surname} {middle}"), &given, ""),
        }
    })
}

pub(super) fn arabic(lists: &Lists, dice: &mut Dice) -> Case {
    let firsts: [&[&str]; 6] = [
        &["mohammed", "muhammad", "mohamed", "mohammad", "muhammed"],
        &["ahmed", "ahmad"],
        &["yousef", "yusuf", "youssef"],
        &["omar", "umar"],
        &["abdul rahman", "abdulrahman", "abdelrahman"],
        &["hussein", "hussain", "husayn"],
    ];
    let lasts: [&[&str]; 5] = [
        &["al-hassan", "alhassan", "al hassan", "hassan", "el-hassan"],
        &["al-sayed", "alsayed", "el sayed", "sayed"],
        &["abu bakr", "abubakr", "abu-bakr"],
        &["al-masri", "almasri", "el-masri", "masri"],
        &["haddad", "hadad"],
    ];
    let mut held = lists.form(dice);
    held.is_female = false;
    let first = dice.pick(&firsts).copied().unwrap_or_default();
    let last = dice.pick(&lasts).copied().unwrap_or_default();
    name(&mut held, &pick(dice, last), &pick(dice, first), "");
    let (surname, given) = (pick(dice, last), pick(dice, first));
    case(held, |form| name(form, &surname, &given, ""))
}

const CHOCTAW: [&str; 14] = [
    "john",
    "willis",
    "tubby",
    "isaac",
    "ben",
    "billy",
    "jim",
    "tom",
    "thompson",
    "farve",
    "chickaway",
    "bell",
    "steve",
    "henry",
];

pub(super) fn choctaw(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    held.is_female = false;
    let surname = pick(dice, &CHOCTAW);
    let given = pick(
        dice,
        &[
            "john", "billy", "ben", "isaac", "willis", "harrison", "henry", "steve",
        ],
    );
    let middle = held.middle.clone();
    name(&mut held, &surname, &given, &middle);
    case(held, |form| name(form, &given, &surname, &middle))
}

pub(super) fn married(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    held.is_female = true;
    let his = lists.surnames.draw(dice).to_owned();
    let rolled = dice.below(3);
    case(held, |form| {
        form.surname = match rolled {
            0 => format!("{}-{his}", form.surname),
            1 => format!("{his}-{}", form.surname),
            _ => format!("{} {his}", form.surname),
        };
    })
}

pub(super) fn particles(lists: &Lists, dice: &mut Dice) -> Case {
    let ways: [&[&str]; 9] = [
        &["o'neal", "oneal", "o neal", "o\u{2019}neal"],
        &["mc donald", "mcdonald", "mac donald", "macdonald"],
        &["de la cruz", "delacruz", "dela cruz", "de-la-cruz"],
        &["st john", "st. john", "saint john", "stjohn"],
        &["van horn", "vanhorn"],
        &["de los santos", "delossantos", "delos santos"],
        &["mc cullough", "mccullough", "mc-cullough"],
        &["d'angelo", "dangelo", "d angelo"],
        &["la fleur", "lafleur"],
    ];
    let mut held = lists.form(dice);
    let ways = dice.pick(&ways).copied().unwrap_or_default();
    held.surname = pick(dice, ways);
    let surname = pick(dice, ways);
    case(held, |form| form.surname = surname)
}

pub(super) fn cut(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    let long = [
        "washington",
        "featherstone",
        "montgomery",
        "kirkpatrick",
        "mclaughlin",
        "villavicencio",
    ];
    held.surname = format!("{}-{}", pick(dice, &long), pick(dice, &long));
    held.given = pick(
        dice,
        &[
            "christopher",
            "alexandria",
            "bartholomew",
            "jacqueline",
            "maximilian",
        ],
    );
    let is_whole_line = dice.one_in(2);
    case(held, |form| {
        if is_whole_line {
            let line = format!("{},{} {}", form.surname, form.given, form.middle);
            let line: String = line.chars().take(28).collect();
            let (surname, rest) = line.split_once(',').unwrap_or((&line, ""));
            name(form, surname, rest.trim(), "");
        } else {
            form.surname = form.surname.chars().take(20).collect();
        }
    })
}

pub(super) fn exchanged(lists: &Lists, dice: &mut Dice) -> Case {
    case(lists.form(dice), |form| {
        std::mem::swap(&mut form.given, &mut form.middle);
    })
}

pub(super) fn by_middle(lists: &Lists, dice: &mut Dice) -> Case {
    case(lists.form(dice), |form| {
        form.given = std::mem::take(&mut form.middle);
    })
}

pub(super) fn called(lists: &Lists, dice: &mut Dice) -> Case {
    let names = [
        ("darius", "ledarius"),
        ("marcus", "jamarcus"),
        ("marcus", "lamarcus"),
        ("tameka", "tamika"),
        ("shunda", "lashunda"),
        ("keisha", "lakeisha"),
        ("kiesha", "keisha"),
        ("trey", "tre"),
        ("andre", "deandre"),
        ("quan", "daquan"),
        ("mimi", "miriam"),
        ("dee", "deandra"),
        ("bo", "robert"),
        ("buddy", "william"),
        ("sonny", "james"),
        ("cissy", "cecilia"),
        ("teresa", "theresa"),
        ("jermaine", "germaine"),
        ("shaquille", "shaq"),
        ("tyrone", "ty"),
        ("trent", "trenton"),
        ("gabe", "gabriel"),
        ("zeke", "ezekiel"),
        ("lonzo", "alonzo"),
        ("fonzo", "alphonso"),
        ("tavious", "octavious"),
        ("nikki", "nichole"),
        ("tasha", "latasha"),
        ("tonya", "latonya"),
        ("demetrius", "demetris"),
        ("cedric", "sedrick"),
        ("roderick", "rod"),
    ];
    let mut held = lists.form(dice);
    let (one, two) = dice.pick(&names).copied().unwrap_or_default();
    let (first, second) = if dice.one_in(2) {
        (one, two)
    } else {
        (two, one)
    };
    first.clone_into(&mut held.given);
    case(held, |form| second.clone_into(&mut form.given))
}

pub(super) fn date_parts(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    let (month, day) = (1 + dice.below(12), 1 + dice.below(12));
    let part = |number: usize| i8::try_from(number).unwrap_or(1);
    held.birth = Date::new(held.birth.year(), part(month), part(day)).unwrap_or(held.birth);
    case(held, |form| {
        form.birth = Date::new(form.birth.year(), part(day), part(month)).unwrap_or(form.birth);
    })
}

pub(super) fn new_year(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    held.birth = date(held.birth.year(), 1, 1);
    case(held, |_| {})
}

pub(super) fn initials(lists: &Lists, dice: &mut Dice) -> Case {
    case(lists.form(dice), |form| {
        form.given.truncate(1);
        form.middle.truncate(1);
    })
}

pub(super) fn prefixed(lists: &Lists, dice: &mut Dice) -> Case {
    let ways: [&[&str]; 5] = [
        &["deandre", "de andre", "d'andre", "de'andre", "de-andre"],
        &["lashunda", "la shunda", "la'shunda"],
        &["jamarcus", "ja marcus", "ja'marcus"],
        &["dequan", "de quan", "de'quan"],
        &["latoya", "la toya", "la-toya"],
    ];
    let mut held = lists.form(dice);
    let ways = dice.pick(&ways).copied().unwrap_or_default();
    held.given = pick(dice, ways);
    let given = pick(dice, ways);
    case(held, |form| form.given = given)
}

const HISPANIC: [&str; 10] = [
    "garcia",
    "lopez",
    "hernandez",
    "martinez",
    "gonzalez",
    "perez",
    "ramirez",
    "cruz",
    "flores",
    "gomez",
];

pub(super) fn surnames(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    let (father, mother) = (pick(dice, &HISPANIC), pick(dice, &HISPANIC));
    let given = pick(dice, &["jose", "juan", "luis", "carlos", "maria", "ana"]);
    let second = pick(dice, &["luis", "antonio", "guadalupe", "angel", "isabel"]);
    name(&mut held, &format!("{father} {mother}"), &given, &second);
    held.is_female = matches!(given.as_str(), "maria" | "ana");
    let rolled = dice.below(3);
    case(held, |form| match rolled {
        0 => name(form, &father, &format!("{given} {second}"), ""),
        1 => name(form, &mother, &given, &second),
        _ => name(form, &mother, &format!("{given} {second}"), &father),
    })
}

pub(super) fn mangled(lists: &Lists, dice: &mut Dice) -> Case {
    let ways: [&[&str]; 5] = [
        &["peña", "pena", "pe?a", "pea", "peÃ±a"],
        &["muñoz", "munoz", "mu?oz", "munos"],
        &["núñez", "nunez", "n??ez", "nuez"],
        &["ibáñez", "ibanez", "iba?ez"],
        &["gutiérrez", "gutierrez", "guti?rrez", "gutirrez"],
    ];
    let mut held = lists.form(dice);
    let ways = dice.pick(&ways).copied().unwrap_or_default();
    held.surname = pick(dice, ways);
    let surname = pick(dice, ways);
    case(held, |form| form.surname = surname)
}

pub(super) fn suffixes(lists: &Lists, dice: &mut Dice) -> Case {
    let mut held = lists.form(dice);
    held.is_female = false;
    let suffix = pick(dice, &["jr", "sr", "iii", "ii"]);
    held.suffix.clone_from(&suffix);
    let rolled = dice.below(4);
    case(held, |form| {
        form.suffix.clear();
        match rolled {
            0 => form.surname = format!("{} {suffix}.", form.surname),
            1 => form.given = format!("{} {suffix}", form.given),
            2 => form.middle = format!("{} {suffix}", form.middle),
            _ => form.surname = format!("{}, {suffix}", form.surname),
        }
    })
}
