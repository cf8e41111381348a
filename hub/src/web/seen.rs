//! Saying that a message has been read: by a button behind the link in an e-mail, or by the code of a
//! letter.
//!
//! Opening a page confirms nothing, since mail servers look at links. The pages say nothing of
//! what the message was about.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Form};
use serde::Deserialize;

use super::page::{Page, render};
use super::portal::{message, settled};
use super::{Portal, mail};
use crate::notification::mark::{LetterCode, Mark};
use crate::notification::words::Language;
use crate::vault::command::PortalCommand;

/// What is said once she has confirmed, and of a code that is none.
pub(super) const DONE: (&str, &str) = ("seen-done-heading", "seen-done-text");
const WRONG: (&str, &str) = ("seen-wrong-heading", "seen-wrong-text");

#[derive(Debug, Template)]
#[template(path = "seen.html")]
pub(super) struct SeenPage {
    pub(super) page: Page,
    /// Whether a code is to be typed: there is none in an e-mail's link.
    pub(super) asks_code: bool,
}

/// What is typed from a letter.
#[derive(Debug, Deserialize)]
pub struct LetterForm {
    code: String,
}

/// Asks whoever opened the link of an e-mail.
pub async fn ask(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Path(mark): Path<String>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, &format!("/mail/seen/{mark}"));
    match Mark::parse(&mark) {
        Some(_) => {
            let asks_code = false;
            render(StatusCode::OK, &SeenPage { page, asks_code })
        }
        None => message(page, mail::WRONG.0, mail::WRONG.1),
    }
}

/// Takes the confirmation of whoever pressed the button.
pub async fn confirm(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Path(mark): Path<String>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    let Some(mark) = Mark::parse(&mark) else {
        return message(page, mail::WRONG.0, mail::WRONG.1);
    };
    let answer = portal.vault.ask(PortalCommand::Seen { mark }).await;
    settled(page, answer, (DONE, mail::WRONG))
}

/// Asks whoever has a letter for its code.
pub async fn ask_code(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/seen");
    let asks_code = true;
    render(StatusCode::OK, &SeenPage { page, asks_code })
}

/// Takes the code of a letter.
pub async fn confirm_code(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<LetterForm>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/seen");
    let Some(code) = LetterCode::parse(&form.code) else {
        return message(page, WRONG.0, WRONG.1);
    };
    let answer = portal.vault.ask(PortalCommand::SeenLetter { code }).await;
    settled(page, answer, (DONE, WRONG))
}
