//! Leaving at once: ends the session, has the browser forget the site, and goes to a page that
//! anybody might be reading. A plain link and a plain form, without JavaScript.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, LOCATION};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Form};
use savin_shared::pii::Secret;
use serde::Deserialize;
use tracing::warn;

use super::{Portal, Site};
use crate::vault::command::{PortalCommand, Ticket};

/// What the form of a page within a session carries.
#[derive(Debug, Deserialize)]
pub struct LeaveForm {
    session: Secret<String>,
}

/// Leaves a page without a session.
pub async fn leave(Extension(site): Extension<Arc<Site>>) -> Response {
    elsewhere(&site)
}

/// Leaves a page within a session, which ends.
pub async fn leave_session(
    State(portal): State<Portal>,
    Extension(site): Extension<Arc<Site>>,
    form: Result<Form<LeaveForm>, FormRejection>,
) -> Response {
    if let Ok(Form(form)) = form {
        let session = Ticket(form.session);
        if let Err(failure) = portal.vault.ask(PortalCommand::Leave { session }).await {
            // Leaving must work whatever happens; the session ends by itself in minutes.
            warn!(reason = %failure, "A session was not ended");
        }
    }
    elsewhere(&site)
}

fn elsewhere(site: &Site) -> Response {
    let forget = HeaderName::from_static("clear-site-data");
    let headers = [
        (LOCATION, site.leave_url.clone()),
        (forget, "\"cache\", \"cookies\", \"storage\"".to_owned()),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}
