//! Turning e-mail off by the link in a message (RFC 8058): asked first when a person opens it, done at
//! once when a mail program posts to it. Opening it changes nothing, since mail servers look at links.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Portal;
use super::page::{Page, render};
use super::portal::{message, settled};
use crate::notification::mark::Mark;
use crate::notification::words::Language;
use crate::vault::command::PortalCommand;

#[derive(Debug, Template)]
#[template(path = "mail_stop.html")]
struct StopPage {
    page: Page,
}

/// What is said of a link that this hub did not give out.
pub(super) const WRONG: (&str, &str) = ("mail-wrong-heading", "mail-wrong-text");

/// Asks whether e-mail is to be turned off.
pub async fn ask(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Path(mark): Path<String>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, &format!("/mail/stop/{mark}"));
    match Mark::parse(&mark) {
        Some(_) => render(StatusCode::OK, &StopPage { page }),
        None => message(page, WRONG.0, WRONG.1),
    }
}

/// Turns e-mail off. What the form holds does not matter: the address says everything.
pub async fn stop(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Path(mark): Path<String>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    let Some(mark) = Mark::parse(&mark) else {
        return message(page, WRONG.0, WRONG.1);
    };
    let answer = portal.vault.ask(PortalCommand::Silence { mark }).await;
    let off = ("mail-off-heading", "mail-off-text");
    settled(page, answer, (off, WRONG))
}
