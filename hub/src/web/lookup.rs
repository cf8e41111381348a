//! Looking somebody up. Nothing here can reach the vault: a page is the same whether nobody or a
//! hundred people are told of the person.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Form};
use jiff::Timestamp;
use savin_shared::event::EventCode;
use savin_shared::pii::Pii;
use savin_shared::record::subject::PersonName;
use serde::Deserialize;

use super::page::{Page, render};
use super::reach::Wrong;
use super::status::{Shown, StatusLine};
use super::{Lookup, failure};
use crate::ids::PersonId;
use crate::matching::comparable;
use crate::names::{self, shown, words};
use crate::notification::words::{Argument, Language};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::instruction::{self, InstructionKind};
use crate::store::registry::{elsewhere, event, lookup, merge, record};

/// People that one page shows.
const PEOPLE_MAX: usize = 25;

/// Events that a person's page shows.
const EVENTS_MAX: u32 = 5;

/// What the look-up form carries.
#[derive(Debug, Deserialize)]
pub struct LookUpForm {
    #[serde(default)]
    who: Pii<String>,
}

#[derive(Debug, Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    typed: String,
    wrong: Option<Wrong>,
}

#[derive(Debug, Template)]
#[template(path = "results.html")]
struct ResultsPage {
    page: Page,
    heading: String,
    typed: String,
    people: Vec<Found>,
    has_more: bool,
}

/// One person among the results.
#[derive(Debug)]
struct Found {
    path: String,
    name: String,
    state: String,
    as_of: String,
    /// Why that is doubtful, if it is.
    doubt: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "person.html")]
struct PersonPage {
    page: Page,
    name: String,
    other_names: Option<String>,
    number: Option<String>,
    statuses: Vec<StatusLine>,
    coming: Vec<String>,
    past: Vec<String>,
    register_path: String,
}

/// A person with what is needed to show one.
pub(super) struct Person {
    pub(super) names: Vec<PersonName>,
    pub(super) records: Vec<Shown>,
    events: Vec<event::Event>,
}

impl Person {
    /// Says whether what is shown of a person fits what was typed: a name or a number that only a
    /// sealed record holds leads nobody here.
    pub(super) fn fits(&self, words: &[String]) -> bool {
        let named: Vec<String> = self.names.iter().flat_map(names::name_words).collect();
        let number = words.concat().to_uppercase();
        let is_numbered = |shown: &Shown| {
            let subject = &shown.record().subject;
            let offender = subject.offender_id.as_ref().map(|id| id.as_str());
            let state = subject.state_id.as_ref().map(|id| id.as_str());
            let mut numbers = offender.into_iter().chain(state);
            numbers.any(|id| comparable(id) == number)
        };
        words.iter().all(|word| named.contains(word)) || self.records.iter().any(is_numbered)
    }
}

/// Shows the form.
pub async fn home(
    State(lookup): State<Lookup>,
    Extension(language): Extension<Language>,
) -> Response {
    let page = Page::new(&lookup.site, language, "/");
    render(
        StatusCode::OK,
        &HomePage {
            page,
            typed: String::new(),
            wrong: None,
        },
    )
}

/// Shows who fits what was typed.
pub async fn look_up(
    State(lookup): State<Lookup>,
    Extension(language): Extension<Language>,
    Form(form): Form<LookUpForm>,
) -> Response {
    let mut page = Page::new(&lookup.site, language, "/");
    let words = words(form.who.reveal());
    if words.is_empty() {
        page.has_error = true;
        let wrong = Some(Wrong {
            field: "who",
            text: page.say("results-empty"),
        });
        return render(
            StatusCode::OK,
            &HomePage {
                page,
                typed: form.who.reveal().clone(),
                wrong,
            },
        );
    }
    let now = (lookup.site.world.wall)();
    let found = lookup
        .registry
        .read("look up", move |tx| fitting(tx, &words, PEOPLE_MAX + 1))
        .await;
    let mut found = match found {
        Ok(found) => found,
        Err(cause) => return failure::broken(page, &cause),
    };
    let has_more = found.len() > PEOPLE_MAX;
    found.truncate(PEOPLE_MAX);
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let heading = page
        .words
        .say_with("results-heading", &[("count", Argument::Number(count))]);
    let people = found
        .iter()
        .map(|(id, person)| entry(&page, *id, person, now))
        .collect();
    render(
        StatusCode::OK,
        &ResultsPage {
            heading,
            typed: form.who.reveal().clone(),
            people,
            has_more,
            page,
        },
    )
}

/// Shows one person.
pub async fn person(
    State(lookup): State<Lookup>,
    Extension(language): Extension<Language>,
    Path(text): Path<String>,
) -> Response {
    let Ok(id) = text.parse::<PersonId>() else {
        return failure::not_shown(Page::new(&lookup.site, language, "/"));
    };
    let path = format!("/person/{id}");
    let page = Page::new(&lookup.site, language, &path);
    let loaded = lookup
        .registry
        .read("person", move |tx| load(tx, id, EVENTS_MAX))
        .await;
    let person = match loaded {
        Ok(Some(person)) => person,
        Ok(None) => return failure::not_shown(Page::new(&lookup.site, language, "/")),
        Err(cause) => return failure::broken(page, &cause),
    };
    let now = (lookup.site.world.wall)();
    let number = person
        .records
        .iter()
        .find_map(|shown| shown.record().subject.offender_id.as_ref())
        .map(|number| page.say_text("person-numbers", "number", number.as_str()));
    let mut names = person.names.iter().map(shown);
    let name = names.next().unwrap_or_else(|| page.say("person-unnamed"));
    let others: Vec<String> = names.collect();
    let other_names = (!others.is_empty())
        .then(|| page.say_text("person-other-names", "names", &others.join(", ")));
    let past = person
        .events
        .iter()
        .map(|event| past(&page, event))
        .collect();
    render(
        StatusCode::OK,
        &PersonPage {
            name,
            other_names,
            number,
            statuses: person
                .records
                .iter()
                .filter_map(|shown| shown.status(&page, now))
                .collect(),
            coming: person
                .records
                .iter()
                .filter_map(|shown| shown.coming(&page, now))
                .collect(),
            past,
            register_path: page.to(&format!("{path}/register")),
            page,
        },
    )
}

/// Returns what a person is called, for a page about telling; `None` for one that is not shown.
pub(super) async fn name_of(
    lookup: &Lookup,
    id: PersonId,
) -> Result<Option<Option<PersonName>>, StoreError> {
    let load = move |tx: &mut Tx<'_>| load_each(tx, &[id]);
    let person = lookup.registry.read("person", load).await?.pop();
    Ok(person.map(|(_, person)| person.names.into_iter().next()))
}

/// Finds those whom what was typed fits, at most so many.
pub(super) fn fitting(
    tx: &mut Tx<'_>,
    words: &[String],
    people_max: usize,
) -> Result<Vec<(PersonId, Person)>, StoreError> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let ids = lookup::find(tx, words, people_max)?;
    let mut people = load_each(tx, &ids)?;
    people.retain(|(_, person)| person.fits(words));
    Ok(people)
}

/// Loads persons with what public records say and nothing else, and without what happened, each by the number
/// that was asked for; nobody of whom nothing is public.
pub(super) fn load_each(
    tx: &mut Tx<'_>,
    ids: &[PersonId],
) -> Result<Vec<(PersonId, Person)>, StoreError> {
    // An address may name somebody who was found to be another since.
    let current = merge::current_of_each(tx, ids.to_vec())?;
    let rows = record::of_persons(tx, &current)?;
    let people = ids.iter().zip(Shown::load_each(tx, rows)?);
    let people = people.filter(|(_, records)| !records.is_empty());
    let people = people.map(|(id, records)| {
        let person = Person {
            names: names::of_records(records.iter().map(Shown::record)),
            events: Vec::new(),
            records,
        };
        (*id, person)
    });
    Ok(people.collect())
}

/// Loads a person with what public records say, and with what happened last, at most so much of it.
fn load(tx: &mut Tx<'_>, id: PersonId, events_max: u32) -> Result<Option<Person>, StoreError> {
    let Some((_, mut person)) = load_each(tx, &[id])?.pop() else {
        return Ok(None);
    };
    let ids: Vec<_> = person.records.iter().map(Shown::id).collect();
    let mut events = Vec::new();
    let newest = event::of_records(tx, &ids, events_max)?;
    for (position, event) in elsewhere::shown(tx, newest)? {
        // What a person took back is not shown as if it had happened.
        let mut is_corrected = || instruction::load(tx, InstructionKind::Correct, position);
        if is_public(event.code) && is_corrected()?.is_none() {
            events.push(event);
        }
    }
    events.truncate(usize::try_from(events_max).unwrap_or(usize::MAX));
    person.events = events;
    Ok(Some(person))
}

/// Says whether the public page may show that something happened.
const fn is_public(code: EventCode) -> bool {
    match code {
        EventCode::Booked
        | EventCode::TransferInState
        | EventCode::TransferOutOfState
        | EventCode::ClassificationChange
        | EventCode::LeaveStart
        | EventCode::LeaveEnd
        | EventCode::Released
        | EventCode::Discharged
        | EventCode::Escaped
        | EventCode::EscapeSuspected
        | EventCode::Recaptured
        | EventCode::CourtEventSet
        | EventCode::CourtEventChanged
        | EventCode::CourtEventCancelled
        | EventCode::HearingSet
        | EventCode::HearingChanged
        | EventCode::HearingCancelled
        | EventCode::BoardDecision
        | EventCode::SupervisionChange
        | EventCode::Absconded
        | EventCode::SupervisedAddressChange
        | EventCode::SexOffenderProfileUpdated
        | EventCode::SexOffenderNoncompliant
        | EventCode::Died
        | EventCode::MistakenRelease
        | EventCode::ReleaseScheduled
        | EventCode::ReleaseDateChanged
        | EventCode::NoLongerListed
        | EventCode::Correction => true,
        EventCode::ProtectiveOrderServed
        | EventCode::ProtectiveOrderAttempted
        | EventCode::ProtectiveOrderExpiring
        | EventCode::FeedStale
        | EventCode::FeedRestored
        | EventCode::IdentityMerged
        | EventCode::IdentitySplit => false,
    }
}

fn entry(page: &Page, id: PersonId, person: &Person, now: Timestamp) -> Found {
    let held = person.records.iter().filter(|shown| shown.is_held());
    // Whoever is held by any booking is in custody, whatever ended since.
    let status = held
        .chain(&person.records)
        .find_map(|shown| shown.status(page, now));
    let is_doubtful = status.as_ref().is_some_and(|line| line.is_doubtful);
    let (state, as_of) = status.map_or_else(Default::default, |line| (line.state, line.as_of));
    Found {
        doubt: is_doubtful.then(|| page.say_phone("results-doubtful")),
        path: page.to(&format!("/person/{id}")),
        name: person
            .names
            .first()
            .map_or_else(|| page.say("person-unnamed"), shown),
        state,
        as_of,
    }
}

fn past(page: &Page, event: &event::Event) -> String {
    let what = page.say(&format!("event-{}", event.code));
    let when = match event.effective_at {
        Some(at) => page.agency_time(at, event.details.effective_is_day),
        None => page.time(event.observed_at.timestamp()),
    };
    let values = [
        ("what", Argument::Text(&what)),
        ("when", Argument::Text(&when)),
    ];
    page.words.say_with("event-line", &values)
}

#[cfg(test)]
pub(super) mod tests;
