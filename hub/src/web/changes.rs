//! The public log of changes: what is told, and by when, since the program was built.

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

/// A version as the page shows it.
#[derive(Debug)]
struct Version {
    heading: String,
    reason: String,
    changes: Vec<String>,
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
    let mut adopted = match lookup.registry.read("changes", all).await {
        Ok(adopted) => adopted,
        Err(cause) => return failure::broken(page, &cause),
    };
    adopted.sort_by_key(|(_, version)| std::cmp::Reverse(version.adopted_at));
    let versions = shown(&page, adopted);
    render(StatusCode::OK, &ChangesPage { page, versions })
}

fn shown(page: &Page, adopted: Vec<(TableName, Adopted)>) -> Vec<Version> {
    let adopted = adopted.into_iter();
    adopted
        .map(|(name, version)| {
            let what = page.say(&format!("changes-{}", name.as_str()));
            Version {
                heading: format!(
                    "{what} {}: {}",
                    version.number,
                    page.time(version.adopted_at)
                ),
                reason: version.reason,
                changes: version.changes.lines().map(str::to_owned).collect(),
            }
        })
        .collect()
}

fn all(tx: &mut Tx<'_>) -> Result<Vec<(TableName, Adopted)>, StoreError> {
    let mut all = Vec::new();
    for name in TableName::ALL {
        let adopted = rules::adopted(tx, name)?;
        all.extend(adopted.into_iter().map(|version| (name, version)));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use askama::Template as _;

    use super::{ChangesPage, shown};
    use crate::ids::EventPosition;
    use crate::intake::testing::now;
    use crate::store::registry::decision::DecisionId;
    use crate::store::registry::rules::{Adopted, TableName};
    use crate::web::lookup::tests::english;

    #[test]
    fn shows_what_changed_when_and_why_and_nobody_of_staff() {
        let page = english();
        let version = Adopted {
            number: 3,
            body: String::new(),
            changes: "Booked: yes -> no\nDied: no -> yes".to_owned(),
            reason: "asked for by advocates".to_owned(),
            adopted_at: now(),
            after: EventPosition(7),
            decision: DecisionId(1),
        };
        let versions = shown(&page, vec![(TableName::Notification, version)]);
        let html = ChangesPage { page, versions }.render().unwrap();
        for text in [
            "What is told, version 3: June 15, 2026",
            "asked for by advocates",
            "Booked: yes -&#62; no",
        ] {
            assert!(html.contains(text), "{text} in {html}");
        }
        let page = english();
        let none = ChangesPage {
            page,
            versions: Vec::new(),
        };
        assert!(none.render().unwrap().contains("Nothing has changed yet."));
    }
}
