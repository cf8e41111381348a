//! Stopping on her page, and taking it back: what stops goes on for three days, and is asked for with her PIN where she
//! has one.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Form};
use savin_shared::pii::Secret;
use serde::Deserialize;

use super::Portal;
use super::page::{Page, render};
use super::portal::unexpected;
use super::reach::Wrong;
use super::session::{Said, over, unchanged, within};
use crate::notification::words::Language;
use crate::vault::command::{PortalAnswer, PortalCommand, Stops, Ticket};

/// What is to stop.
#[derive(Debug, Deserialize)]
pub struct StopForm {
    #[serde(default)]
    session: Secret<String>,
    #[serde(default)]
    what: String,
    #[serde(default)]
    entry: String,
    /// Her PIN; nothing before she was asked for it.
    pin: Option<Secret<String>>,
}

/// What takes it back.
#[derive(Debug, Deserialize)]
pub struct KeepForm {
    #[serde(default)]
    session: Secret<String>,
}

#[derive(Debug, Template)]
#[template(path = "stop.html")]
struct StopPage {
    page: Page,
    session: String,
    what: String,
    entry: String,
    wrong: Option<Wrong>,
}

impl StopForm {
    fn what(&self) -> Option<Stops> {
        match self.what.as_str() {
            "everything" => Some(Stops::Everything),
            "person" => self.entry.parse().ok().map(Stops::Person),
            "followed" => self.entry.parse().ok().map(Stops::Followed),
            _ => None,
        }
    }
}

/// Has something stop after three days; a page that names nothing stops nothing.
pub async fn stop(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<StopForm>,
) -> Response {
    let session = Ticket(form.session.clone());
    let Some(what) = form.what() else {
        return unchanged(&portal, language, session, Said::default()).await;
    };
    let command = PortalCommand::Stop {
        session: session.clone(),
        what,
        pin: form.pin.clone(),
    };
    let page = Page::new(&portal.lookup.site, language, "/manage");
    match portal.vault.ask(command).await {
        Ok(PortalAnswer::Done) => unchanged(&portal, language, session, Said::saved()).await,
        Ok(PortalAnswer::PinWanted) => pin_page(page, form, None),
        Ok(PortalAnswer::Wrong) => {
            let text = page.say("error-stop-pin");
            pin_page(page, form, Some(text))
        }
        Ok(PortalAnswer::TooOften) => {
            let text = page.say_phone("error-stop-often");
            pin_page(page, form, Some(text))
        }
        Ok(PortalAnswer::Refused) => over(page),
        other => unexpected(page, other),
    }
}

/// Takes back everything that was asked to stop.
pub async fn keep(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<KeepForm>,
) -> Response {
    let session = Ticket(form.session);
    let command = PortalCommand::Keep {
        session: session.clone(),
    };
    within(&portal, language, session, command).await
}

fn pin_page(mut page: Page, form: StopForm, wrong: Option<String>) -> Response {
    page.session = Some(form.session.reveal().clone());
    page.has_error = wrong.is_some();
    render(
        StatusCode::OK,
        &StopPage {
            session: form.session.reveal().clone(),
            what: form.what,
            entry: form.entry,
            wrong: wrong.map(|text| Wrong { field: "pin", text }),
            page,
        },
    )
}
