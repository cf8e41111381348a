//! Turning e-mail off by the link in a message (RFC 8058): asked first when a person opens it, done at
//! once when a mail program posts to it. Opening it changes nothing, since mail servers look at links.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Portal;
use super::page::{Page, render};
use super::portal::{message, unexpected};
use crate::notification::mark::Mark;
use crate::notification::words::Language;
use crate::vault::command::{PortalAnswer, PortalCommand};

#[derive(Debug, Template)]
#[template(path = "mail_stop.html")]
struct StopPage {
    page: Page,
}

/// Asks whether e-mail is to be turned off.
pub async fn ask(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Path(mark): Path<String>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, &format!("/mail/stop/{mark}"));
    match Mark::parse(&mark) {
        Some(_) => render(StatusCode::OK, &StopPage { page }),
        None => message(page, "mail-wrong-heading", "mail-wrong-text"),
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
        return message(page, "mail-wrong-heading", "mail-wrong-text");
    };
    match portal.vault.ask(PortalCommand::Silence { mark }).await {
        Ok(PortalAnswer::Done) => message(page, "mail-off-heading", "mail-off-text"),
        Ok(PortalAnswer::Refused) => message(page, "mail-wrong-heading", "mail-wrong-text"),
        other => unexpected(page, other),
    }
}
