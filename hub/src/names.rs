//! Names as they are searched and shown.

use savin_shared::record::Record;
use savin_shared::record::subject::PersonName;

/// Words of a look-up; more would only cost.
pub const WORDS_MAX: usize = 8;

/// Folds a text into its words: lower case, accents off, everything else a border.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match fold(c) {
            Some(folded) => word.push(folded),
            None if c.is_alphanumeric() => word.push(c),
            None if c == '\'' || c == '\u{2019}' => {}
            None => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words.truncate(WORDS_MAX);
    words
}

/// Returns the words of a name.
#[must_use]
pub fn name_words(name: &PersonName) -> Vec<String> {
    let mut all = words(name.surname.reveal());
    for part in [&name.given, &name.middle, &name.suffix]
        .into_iter()
        .flatten()
    {
        all.extend(words(part.reveal()));
    }
    all.sort();
    all.dedup();
    all
}

/// Returns what records call their person, each name once, in the records' order: the newest
/// record's own name first, so that an alias heads no page.
#[must_use]
pub fn of_records<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<PersonName> {
    let (mut own, mut aliases) = (Vec::new(), Vec::new());
    for record in records {
        own.extend(record.subject.name.clone());
        aliases.extend(record.subject.aliases.clone());
    }
    let mut names: Vec<PersonName> = Vec::new();
    for name in own.into_iter().chain(aliases) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Writes a name as people read it: given names, surname, suffix, each with a capital.
#[must_use]
pub fn shown(name: &PersonName) -> String {
    let parts = [
        name.given.as_ref(),
        name.middle.as_ref(),
        Some(&name.surname),
        name.suffix.as_ref(),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| capitalised(part.reveal()))
        .collect();
    parts.join(" ")
}

/// Writes the capital letters that a name begins with: enough for whoever knows it.
#[must_use]
pub fn initials(name: &PersonName) -> String {
    let parts = [name.given.as_ref(), Some(&name.surname)];
    let letters = parts
        .into_iter()
        .flatten()
        .filter_map(|part| part.reveal().chars().next());
    letters
        .flat_map(|letter| [letter.to_uppercase().next().unwrap_or(letter), '.'])
        .collect()
}

/// Systems shout names; people do not.
fn capitalised(text: &str) -> String {
    let is_shouted = !text.chars().any(char::is_lowercase);
    if !is_shouted {
        return text.to_owned();
    }
    let is_numeral = |word: &str| word.chars().all(|c| matches!(c, 'I' | 'V' | 'X'));
    let word = |word: &str| -> String {
        if is_numeral(word) {
            return word.to_owned();
        }
        let mut starts = true;
        word.chars()
            .map(|c| {
                let shown = if starts {
                    c
                } else {
                    c.to_lowercase().next().unwrap_or(c)
                };
                starts = !c.is_alphanumeric();
                shown
            })
            .collect()
    };
    text.split_whitespace()
        .map(word)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Takes the accent off a letter that has one.
const fn fold(c: char) -> Option<char> {
    Some(match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use savin_shared::pii::Pii;
    use savin_shared::record::subject::PersonName;

    use super::{initials, shown, words};

    fn name(surname: &str, given: &str, suffix: Option<&str>) -> PersonName {
        PersonName {
            surname: Pii::new(surname.to_owned()),
            given: Some(Pii::new(given.to_owned())),
            middle: None,
            suffix: suffix.map(|suffix| Pii::new(suffix.to_owned())),
        }
    }

    #[test]
    fn folds_words_so_that_they_are_found() {
        assert_eq!(words("  MUÑOZ-Pérez, O'Test "), ["munoz", "perez", "otest"]);
        assert_eq!(words("12345"), ["12345"]);
    }

    #[test]
    fn shows_names_as_people_write_them() {
        assert_eq!(
            shown(&name("SAMPLE-TEST", "AVERY", Some("III"))),
            "Avery Sample-Test III"
        );
        assert_eq!(
            shown(&name("de la Muestra", "Avery", None)),
            "Avery de la Muestra"
        );
        assert_eq!(initials(&name("SAMPLE", "avery", None)), "A.S.");
    }
}
