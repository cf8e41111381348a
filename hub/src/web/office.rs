//! An office's word that it has a notice of a release: by a button behind the link in its e-mail.
//!
//! Opening the page confirms nothing, since mail servers look at links. It says nothing of whom the
//! notice was about, and knows nothing of a registrant.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use tracing::info;

use super::Lookup;
use super::page::{Page, render};
use super::portal::message;
use super::seen::{DONE, SeenPage};
use super::{failure, mail};
use crate::notification::office::SeenToken;
use crate::notification::words::Language;
use crate::store::conn::Tx;
use crate::store::registry::agency_notice;

/// Asks whoever opened the link.
pub async fn ask(
    State(lookup): State<Lookup>,
    Extension(language): Extension<Language>,
    Path(token): Path<String>,
) -> Response {
    let Some(token) = SeenToken::parse(&token) else {
        return message(
            Page::new(&lookup.site, language, "/"),
            mail::WRONG.0,
            mail::WRONG.1,
        );
    };
    let page = Page::new(&lookup.site, language, &token.path());
    let asks_code = false;
    render(StatusCode::OK, &SeenPage { page, asks_code })
}

/// Takes the confirmation of whoever pressed the button; doing so again is thanked for again.
pub async fn confirm(
    State(lookup): State<Lookup>,
    Extension(language): Extension<Language>,
    Path(token): Path<String>,
) -> Response {
    let page = Page::new(&lookup.site, language, "/");
    let Some(token) = SeenToken::parse(&token) else {
        return message(page, mail::WRONG.0, mail::WRONG.1);
    };
    let now = (lookup.site.world.wall)();
    let note = move |tx: &mut Tx<'_>| agency_notice::confirm_by(tx, &token, now);
    match lookup.registry.write("office confirms", note).await {
        Ok(Some(notice)) => {
            info!(notice.id = %notice, "An office confirmed a notice by its link");
            message(page, DONE.0, DONE.1)
        }
        Ok(None) => message(page, mail::WRONG.0, mail::WRONG.1),
        Err(cause) => failure::broken(page, &cause),
    }
}
