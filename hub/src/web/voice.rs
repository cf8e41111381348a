//! What a caller hears who looks somebody up on the toll-free number: what the public pages show
//! (section 1(d)), for a voice. Like the pages it reads the registry and nothing of the vault.

pub mod carried;
mod line;
pub mod ring;

use std::collections::BTreeSet;

use jiff::Timestamp;
use savin_shared::pii::Pii;
use savin_shared::record::custody::ReleaseReason;
use savin_shared::record::subject::PersonName;
use savin_telephone::script::query::{Found, Query, Reply};
use savin_telephone::script::speech::{InEach, Utterance};
use tracing::error;

use super::Lookup;
use super::lookup::{Person, load_each};
use super::page::Page;
use super::status::StatusLine;
use crate::ids::PersonId;
use crate::names::{self, shown};
use crate::notification::markup::{Kind, mark, mark_moment};
use crate::notification::spoken::utterances;
use crate::notification::words::{Argument, Language, Words};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::lookup::{find, starting};

/// People who can be read out.
const PEOPLE_MAX: usize = 8;

/// People whose names are compared with what was pressed; more, and more letters are wanted.
const COMPARED_MAX: usize = 60;

/// Keys of a name by which nobody is looked for: too many people have names on them.
const KEYS_MIN: usize = 2;

/// Records of one person that are read out.
const RECORDS_MAX: usize = 3;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sought {
    /// An offender's or the state's number.
    Number(String),
    /// Keys of a surname and of a given name.
    Keys {
        last: Pii<String>,
        first: Pii<String>,
    },
}

/// Answers what a caller asks of the registry: who is where.
pub async fn answer(lookup: &Lookup, query: Query) -> Reply {
    let (sought, language) = match query {
        Query::FindNumber { digits, language } => (Sought::Number(digits), language),
        Query::FindName {
            last,
            first,
            language,
        } => (Sought::Keys { last, first }, language),
        Query::Register { .. }
        | Query::Prove { .. }
        | Query::SignIn { .. }
        | Query::Watched
        | Query::ChangePhone { .. }
        | Query::ChangePin { .. }
        | Query::Stop { .. }
        | Query::Keep
        | Query::ResetPin { .. }
        | Query::SetDuressPin { .. }
        | Query::Set { .. }
        | Query::CallBack { .. } => return Reply::Unavailable,
    };
    let page = Page::spoken(&lookup.site, language.into());
    let now = (lookup.site.world.wall)();
    let read = move |tx: &mut Tx<'_>| people(tx, &sought);
    match lookup.registry.read("look up by telephone", read).await {
        Ok(Some(people)) => {
            let found = people
                .iter()
                .map(|(id, person)| told(&page, *id, person, now));
            Reply::Found(found.collect())
        }
        Ok(None) => Reply::TooMany,
        Err(cause) => {
            error!(
                cause = &cause as &dyn std::error::Error,
                "A caller's look-up failed"
            );
            Reply::Unavailable
        }
    }
}

/// Finds people; `None` where there are more than can be read out.
fn people(tx: &mut Tx<'_>, sought: &Sought) -> Result<Option<Vec<(PersonId, Person)>>, StoreError> {
    let ids = match sought {
        Sought::Number(digits) => find(tx, std::slice::from_ref(digits), PEOPLE_MAX + 1)?,
        Sought::Keys { last, first } => {
            let Some(ids) = by_keys(tx, last.reveal(), first.reveal())? else {
                return Ok(None);
            };
            ids
        }
    };
    let mut people = load_each(tx, &ids)?;
    people.retain(|(_, person)| match sought {
        Sought::Number(digits) => person.fits(std::slice::from_ref(digits)),
        Sought::Keys { last, first } => {
            let is_called = |name| is_on(name, last.reveal(), first.reveal());
            person.names.iter().any(is_called)
        }
    });
    Ok((people.len() <= PEOPLE_MAX).then_some(people))
}

/// Finds who has words on these keys in a name; `None` where they are too many to compare.
fn by_keys(tx: &mut Tx<'_>, last: &str, first: &str) -> Result<Option<Vec<PersonId>>, StoreError> {
    if last.len() < KEYS_MIN {
        return Ok(None);
    }
    let Some(mut ids) = called(tx, last)? else {
        return Ok(None);
    };
    if first.len() >= KEYS_MIN
        && let Some(others) = called(tx, first)?
    {
        ids.retain(|id| others.contains(id));
    }
    Ok((ids.len() <= COMPARED_MAX).then(|| ids.into_iter().collect()))
}

/// Finds who has a word on these keys in a name; `None` where they are too many.
fn called(tx: &mut Tx<'_>, keys: &str) -> Result<Option<BTreeSet<PersonId>>, StoreError> {
    let words = starting(tx, &beginnings(keys))?;
    Ok(words.map(|words| {
        let fitting = words
            .into_iter()
            .filter(|(word, _)| keyed(word).starts_with(keys));
        fitting.map(|(_, person)| person).collect()
    }))
}

/// Says whether a name has its surname and a given name on these keys.
fn is_on(name: &PersonName, last: &str, first: &str) -> bool {
    let begins = |text: &str, keys: &str| {
        let mut words = names::words(text).into_iter();
        words.any(|word| keyed(&word).starts_with(keys))
    };
    let given = [&name.given, &name.middle].into_iter().flatten();
    begins(name.surname.reveal(), last)
        && (first.is_empty() || given.into_iter().any(|part| begins(part.reveal(), first)))
}

/// The letters on the keys of a telephone (ITU-T E.161).
const LETTERS: [(char, &str); 8] = [
    ('2', "abc"),
    ('3', "def"),
    ('4', "ghi"),
    ('5', "jkl"),
    ('6', "mno"),
    ('7', "pqrs"),
    ('8', "tuv"),
    ('9', "wxyz"),
];

/// Returns the keys on which a word's letters stand.
fn keyed(word: &str) -> String {
    let key = |letter: char| {
        let on = LETTERS.iter().find(|(_, letters)| letters.contains(letter));
        on.map_or(letter, |(key, _)| *key)
    };
    word.chars().map(key).collect()
}

/// Returns every pair of letters with which a word on these keys begins.
fn beginnings(keys: &str) -> Vec<String> {
    let on = |key: Option<char>| {
        let letters = LETTERS.iter().find(|(on, _)| Some(*on) == key);
        letters.map_or("", |(_, letters)| *letters)
    };
    let mut keys = keys.chars();
    let (first, second) = (on(keys.next()), on(keys.next()));
    let pairs = first
        .chars()
        .flat_map(|first| second.chars().map(move |second| [first, second]));
    pairs.map(String::from_iter).collect()
}

/// Says who somebody is and where: as of when, and how sure that is.
fn told(page: &Page, id: PersonId, person: &Person, now: Timestamp) -> Found {
    // Whoever is held by any booking is in custody, whatever ended since.
    let (held, others): (Vec<_>, Vec<_>) = person.records.iter().partition(|one| one.is_held());
    let statuses = held.into_iter().chain(others);
    let lines = statuses.filter_map(|record| record.status(page, now));
    let mut status = Vec::new();
    for line in lines.take(RECORDS_MAX) {
        for sentence in sentences(line) {
            status.extend(utterances(&sentence, &page.site.zone));
            status.push(Utterance::Pause);
        }
    }
    let unnamed = || page.say("person-unnamed");
    Found {
        person: id.to_string(),
        name: Pii::new(person.names.first().map_or_else(unnamed, shown)),
        status,
    }
}

fn sentences(line: StatusLine) -> Vec<String> {
    let mut sentences = vec![line.state];
    sentences.extend(line.particulars);
    sentences.extend([line.as_of, line.sure, line.heard]);
    sentences
}

/// Returns the fixed words of all of this: what has to be recorded.
#[must_use]
pub fn fixed() -> InEach<BTreeSet<String>> {
    InEach {
        english: words_of(Language::En),
        spanish: words_of(Language::Es),
    }
}

fn words_of(language: Language) -> BTreeSet<String> {
    let words = Words::of(language);
    let place = mark(Kind::Place, "place");
    let typed = mark(Kind::Typed, "word");
    let when = mark_moment(Timestamp::UNIX_EPOCH, false);
    let phone = mark(Kind::Phone, "18005550100");
    let mut said = BTreeSet::new();
    for key in KEYS {
        for reason in ReleaseReason::ALL {
            for (optional, minutes) in [("none", 1), (typed.as_str(), 5)] {
                let values = [
                    ("facility", Argument::Text(&place)),
                    ("reason", Argument::Text(reason.as_str())),
                    ("when", Argument::Text(&when)),
                    ("phone", Argument::Text(&phone)),
                    ("classification", Argument::Text(&typed)),
                    ("kind", Argument::Text(optional)),
                    ("status", Argument::Text(optional)),
                    ("minutes", Argument::Number(minutes)),
                ];
                let sentence = words.say_with(key, &values);
                for piece in utterances(&sentence, &jiff::tz::TimeZone::UTC) {
                    if let Utterance::Words(words) = piece {
                        said.insert(words);
                    }
                }
            }
        }
    }
    said
}

/// The sentences of a status.
const KEYS: [&str; 32] = [
    "person-unnamed",
    "state-InCustody",
    "state-OnLeave",
    "state-OutOfCustody",
    "state-Escaped",
    "state-EscapeSuspected",
    "state-Deceased",
    "state-TransferredOut",
    "state-TransferredOutOfState",
    "state-NoLongerListed",
    "state-Unknown",
    "state-supervised",
    "state-absconded",
    "state-registered",
    "state-noncompliant",
    "state-registered-unknown",
    "profile-updated",
    "as-of",
    "as-of-unknown",
    "since",
    "sure-transaction",
    "sure-status",
    "sure-listing",
    "sure-absence",
    "heard-just-now",
    "heard-minutes",
    "heard-stale",
    "heard-never",
    "held",
    "list-old",
    "not-readable",
    "classification",
];

#[cfg(test)]
mod tests;
