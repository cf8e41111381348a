//! What the Division of Victim Services of MDOC helps with besides notices.
//!
//! Registering on paper, speaking against a release, special conditions of parole, money and referral. The
//! page asks for nothing and keeps nothing.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::page::{Page, render};
use super::{Lookup, Site};
use crate::notification::words::Language;

/// The parts of the page, by their keys, in the order in which they are needed.
const PARTS: [&str; 8] = [
    "arrest",
    "form",
    "protest",
    "presumptive",
    "conditions",
    "money",
    "referral",
    "address",
];

#[derive(Debug, Template)]
#[template(path = "help.html")]
struct HelpPage {
    page: Page,
    parts: Vec<Part>,
}

/// One part of the page.
#[derive(Debug)]
struct Part {
    id: &'static str,
    heading: String,
    text: String,
}

/// Shows the page.
pub async fn help(
    State(lookup): State<Lookup>,
    Extension(language): Extension<Language>,
) -> Response {
    let site: &Arc<Site> = &lookup.site;
    let page = Page::new(site, language, "/help");
    let parts = PARTS
        .into_iter()
        .map(|id| Part {
            id,
            heading: page.say(&format!("help-{id}-heading")),
            text: page.say_phone(&format!("help-{id}-text")),
        })
        .collect();
    render(StatusCode::OK, &HelpPage { page, parts })
}

#[cfg(test)]
mod tests {
    use super::PARTS;
    use crate::notification::words::{Language, Words};

    #[test]
    fn has_words_for_every_part() {
        for language in Language::ALL {
            let words = Words::of(language);
            for part in PARTS {
                for key in ["heading", "text"] {
                    let key = format!("help-{part}-{key}");
                    assert!(words.has(&key), "{key} in {language:?}");
                }
            }
        }
    }
}
