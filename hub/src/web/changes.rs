//! The public log of changes: what is told, and by when, since the program was built, in words that
//! whoever is told of it reads.

mod words;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::page::{Page, render};
use super::{Lookup, failure};
use crate::notification::words::Language;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::rules::{self, Adopted, TableName};
use crate::work::versions::differences;
use words::Row;

/// A version as the page shows it.
#[derive(Debug)]
struct Version {
    heading: String,
    reason: String,
    rows: Vec<Row>,
}

#[derive(Debug, Template)]
#[template(path = "changes.html")]
struct ChangesPage {
    page: Page,
    versions: Vec<Version>,
}

/// Shows every change of the rules, the newest first.
pub async fn changes(
    State(lookup): State<Lookup>,
    Extension(language): Extension<Language>,
) -> Response {
    let page = Page::new(&lookup.site, language, "/changes");
    let adopted = match lookup.registry.read("changes", all).await {
        Ok(adopted) => adopted,
        Err(cause) => return failure::broken(page, &cause),
    };
    let versions = shown(&page, adopted);
    render(StatusCode::OK, &ChangesPage { page, versions })
}

/// Says what each version changed of the one before it, the newest first.
fn shown(page: &Page, adopted: Vec<(TableName, Vec<Adopted>)>) -> Vec<Version> {
    let mut shown = Vec::new();
    for (name, versions) in adopted {
        let what = page.say(&format!("changes-{}", name.as_str()));
        let mut before = rules::shipped(name).to_owned();
        for version in versions {
            let rows = differences(&before, &version.body).into_iter();
            let at = page.time(version.adopted_at);
            let heading = format!("{what} {}: {at}", version.number);
            let new = Version {
                heading,
                reason: version.reason,
                rows: rows
                    .map(|difference| words::row(page, name, &difference))
                    .collect(),
            };
            shown.push((version.adopted_at, new));
            before = version.body;
        }
    }
    shown.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    shown.into_iter().map(|(_, version)| version).collect()
}

/// Loads every version of each table, in the order in which they were adopted.
fn all(tx: &mut Tx<'_>) -> Result<Vec<(TableName, Vec<Adopted>)>, StoreError> {
    let mut all = Vec::new();
    for name in TableName::ALL {
        all.push((name, rules::adopted(tx, name)?));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use askama::Template as _;

    use super::{ChangesPage, shown};
    use crate::ids::EventPosition;
    use crate::intake::testing::now;
    use crate::notification::words::{Language, Words};
    use crate::store::registry::decision::DecisionId;
    use crate::store::registry::rules::{self, Adopted, TableName};
    use crate::web::lookup::tests::english;
    use crate::web::page::Page;

    fn version(number: i64, body: String) -> Adopted {
        Adopted {
            number,
            body,
            changes: String::new(),
            reason: "asked for by advocates".to_owned(),
            adopted_at: now(),
            after: EventPosition(7),
            decision: DecisionId(1),
        }
    }

    fn html(page: Page, name: TableName, versions: Vec<Adopted>) -> String {
        let versions = shown(&page, vec![(name, versions)]);
        ChangesPage { page, versions }.render().unwrap()
    }

    fn spanish() -> Page {
        Page {
            words: Words::of(Language::Es),
            ..english()
        }
    }

    #[test]
    fn shows_what_changed_when_and_why_in_words_and_nobody_of_staff() {
        let shipped = rules::shipped(TableName::Notification);
        let first = shipped.replace("Booked,yes,3", "Booked,no,3");
        assert_ne!(first, shipped);
        let second = first.replace("Booked,no,3", "Booked,no,2");
        let versions = vec![version(3, first), version(4, second)];
        let page = html(english(), TableName::Notification, versions.clone());
        for text in [
            "What is told, version 3: June 15, 2026",
            "asked for by advocates",
            "<h3>Taken into custody</h3>",
            "Do we tell it. Before: yes. Now: no.",
            "How soon. Before: soon. Now: very soon.",
        ] {
            assert!(page.contains(text), "{text} in {page}");
        }
        for raw in ["Booked", "-&#62;", "urgency"] {
            assert!(!page.contains(raw), "{raw} in {page}");
        }
        let page = html(spanish(), TableName::Notification, versions);
        assert!(
            page.contains("Lo avisamos. Antes: sí. Ahora: no."),
            "{page}"
        );
        assert!(page.contains("<h3>Quedó bajo custodia</h3>"), "{page}");
    }

    #[test]
    fn says_of_a_deadline_each_column_that_moved_what_is_new_and_what_is_gone() {
        let shipped = rules::shipped(TableName::Clocks);
        let moved = shipped.replace(
            "presumptive-parole-victim,47-7-18,HearingSet HearingChanged,presumptive,any,before,30,days",
            "presumptive-parole-victim,47-7-18,HearingSet,presumptive,any,before,6,business-days",
        );
        assert_ne!(moved, shipped);
        let moved = moved.replace("escape-victim,", "escape-victims,");
        let versions = vec![version(1, moved)];
        let page = html(english(), TableName::Clocks, versions.clone());
        for text in [
            "<h3>Presumptive parole: tell the victim before it</h3>",
            "How many days or hours. Before: 30. Now: 6.",
            "Counted in. Before: days. Now: business days.",
            "It starts with. Before: Hearing set; Hearing moved. Now: Hearing set.",
            "<h3 lang=\"en\">escape-victims</h3>",
            "This is new.",
            "This is gone.",
        ] {
            assert!(page.contains(text), "{text} in {page}");
        }
        let page = html(spanish(), TableName::Clocks, versions);
        assert!(
            page.contains("Cuántos días u horas. Antes: 30. Ahora: 6."),
            "{page}"
        );
    }

    #[test]
    fn says_that_nothing_changed() {
        let page = html(english(), TableName::Clocks, Vec::new());
        assert!(page.contains("Nothing has changed yet."));
    }
}
