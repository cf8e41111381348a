//! Blocking keys: by which of a face's traits those are found who may be the same person, without
//! comparing it with everybody.
//!
//! Two faces of one person share a key unless several things are wrong at once: the birth date (with
//! day and month in either order) with how any one name sounds; the names with the year; the names with
//! day and month; or the whole name as it is written.

use savin_shared::hash::Hash;

use super::face::Face;
use super::name::Name;
use super::nickname::full_names;
use super::sound::sound;

/// Keys of one face; more would only cost.
const KEYS_MAX: usize = 24;

/// Full names that one given name stands for as a key.
const FULL_NAMES_MAX: usize = 3;

/// How many persons a record is compared with at most, beside those whom its numbers name, and how many
/// of one key are looked at.
///
/// Among a million generated people nobody meets half as many; more would take longer where many have
/// one birth date, as systems write that it is not known.
pub const PERSONS_MAX: u32 = 100;

/// From how many persons a whole name is too common to say anything without a birth date.
pub const NAMESAKES_MAX: u32 = 16;

/// One key. It is a hash: a list of keys tells no names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The hash.
    pub value: i64,
    /// Whether it is of the name alone, so that many persons of it mean nothing.
    pub is_name: bool,
}

/// Returns the keys of a face.
#[must_use]
pub fn keys(face: &Face) -> Vec<Key> {
    let mut keys = Vec::new();
    for name in &face.names {
        of_name(face, name, &mut keys);
    }
    keys.sort();
    keys.dedup();
    keys.truncate(KEYS_MAX);
    keys
}

fn of_name(face: &Face, name: &Name, keys: &mut Vec<Key>) {
    let surnames: Vec<String> = name.surname_words().map(heard).take(3).collect();
    let givens: Vec<String> = name
        .first()
        .map(full_names)
        .into_iter()
        .flatten()
        .take(FULL_NAMES_MAX)
        .map(heard)
        .collect();
    if let Some(birth) = face.birth {
        let (month, day) = (birth.month(), birth.day());
        let year = birth.year().to_string();
        let born = format!("{year}-{}-{}", month.min(day), month.max(day));
        let anniversary = format!("{month}-{day}");
        for heard in surnames.iter().chain(&givens) {
            keys.push(key("birth", &[&born, heard], false));
        }
        for surname in &surnames {
            for given in &givens {
                keys.push(key("year", &[&year, surname, given], false));
                keys.push(key("anniversary", &[&anniversary, surname, given], false));
            }
        }
    }
    if let Some(given) = name.first() {
        for full in full_names(given).into_iter().take(FULL_NAMES_MAX) {
            keys.push(key("name", &[&name.joined_surname(), full], true));
        }
    }
}

/// Returns how a word sounds, or the word itself where that is nothing.
fn heard(word: &str) -> String {
    let code = sound(word);
    if code.is_empty() {
        word.to_owned()
    } else {
        code
    }
}

fn key(pass: &str, parts: &[&str], is_name: bool) -> Key {
    let mut all: Vec<&[u8]> = vec![pass.as_bytes()];
    all.extend(parts.iter().map(|part| part.as_bytes()));
    let hash = Hash::tagged("savin/linkage-key/1", &all);
    let bytes = hash.as_bytes().first_chunk::<8>().copied();
    Key {
        value: i64::from_be_bytes(bytes.unwrap_or_default()),
        is_name,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::keys;
    use crate::linkage::face::Face;
    use crate::linkage::name::Name;

    fn face(surname: &str, given: &str, birth: Option<Date>) -> Face {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Face {
            names: vec![Name {
                surname: words(surname),
                given: words(given),
                ..Name::default()
            }],
            birth,
            ..Face::default()
        }
    }

    fn meet(one: &Face, other: &Face) -> bool {
        let others = keys(other);
        keys(one).iter().any(|key| others.contains(key))
    }

    #[test]
    fn meets_whoever_may_be_the_same_in_spite_of_one_fault() {
        let born = Some(date(1985, 3, 12));
        let one = face("muestra prueba", "william", born);
        for other in [
            face("muestra", "bill", born),
            face("prueba", "wiliam", Some(date(1985, 12, 3))),
            face("sample", "william", born),
            face("muestra prueba", "robert", born),
            face("muestra prueba", "william", Some(date(1985, 3, 21))),
            face("muestra prueba", "billy", Some(date(1958, 3, 12))),
            face("muestra prueba", "william", None),
        ] {
            assert!(meet(&one, &other), "{:?}", other.birth);
        }
        let stranger = face("sample", "robert", Some(date(1960, 7, 1)));
        assert!(!meet(&one, &stranger));
        assert!(keys(&one).len() <= super::KEYS_MAX);
    }
}
