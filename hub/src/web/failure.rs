//! What a reader sees when something is missing or fails: a plain sentence and a telephone number.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::Response;
use tracing::error;

use super::Site;
use super::page::{Page, render};
use crate::notification::words::Language;

#[derive(Debug, Template)]
#[template(path = "message.html")]
pub(super) struct MessagePage {
    pub(super) page: Page,
    pub(super) heading: String,
    pub(super) text: String,
}

/// Answers an address that does not exist.
pub async fn missing(Extension(site): Extension<Arc<Site>>, uri: Uri) -> Response {
    let is_spanish = uri.path() == "/es" || uri.path().starts_with("/es/");
    let language = if is_spanish {
        Language::Es
    } else {
        Language::En
    };
    let page = Page::new(&site, language, "/");
    let (heading, text) = (
        page.say("error-missing-heading"),
        page.say_phone("site-phone"),
    );
    render(
        StatusCode::NOT_FOUND,
        &MessagePage {
            page,
            heading,
            text,
        },
    )
}

/// Answers when it is our fault; the cause goes to the log and not to the reader.
pub(super) fn broken(page: Page, cause: &dyn std::error::Error) -> Response {
    error!(reason = %cause, cause = ?cause.source(), "A page could not be made");
    let heading = page.say("error-broken-heading");
    let text = page.say_phone("error-broken-text");
    render(
        StatusCode::SERVICE_UNAVAILABLE,
        &MessagePage {
            page,
            heading,
            text,
        },
    )
}

/// Answers when more was asked for than one neighbourhood, or everybody, may.
pub(super) fn too_many(page: Page) -> Response {
    let (heading, text) = (
        page.say("error-many-heading"),
        page.say_phone("error-many-text"),
    );
    let message = MessagePage {
        page,
        heading,
        text,
    };
    let mut response = render(StatusCode::TOO_MANY_REQUESTS, &message);
    let minute = HeaderValue::from_static("60");
    response.headers_mut().insert(RETRY_AFTER, minute);
    response
}

/// Answers when a person is not shown: not in the records, or sealed, and nobody can tell which.
pub(super) fn not_shown(page: Page) -> Response {
    let heading = page.say("person-not-found");
    let text = page.say_phone("site-phone");
    render(
        StatusCode::NOT_FOUND,
        &MessagePage {
            page,
            heading,
            text,
        },
    )
}
