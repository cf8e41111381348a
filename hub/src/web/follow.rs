//! The fields in which somebody gives the number and court of a case or of an order that she asked for, and
//! what she does with them in her session.

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Form};
use savin_shared::pii::{Pii, Secret};
use serde::Deserialize;

use super::Portal;
use super::page::Page;
use super::reach::{Group, Wrong, field};
use super::session::{Said, over, unchanged};
use crate::notification::follow::{FollowError, FollowKind, Followed};
use crate::notification::words::Language;
use crate::vault::VaultError;
use crate::vault::command::{MaskedFollow, PortalAnswer, PortalCommand, Ticket, WatchedEntry};
use crate::vault::follow::FOLLOWED_MAX;

/// What is typed.
#[derive(Debug, Default, Deserialize)]
pub struct FollowForm {
    #[serde(default)]
    session: Secret<String>,
    #[serde(default, rename = "order-number")]
    order_number: Pii<String>,
    #[serde(default, rename = "order-court")]
    order_court: Pii<String>,
    #[serde(default, rename = "case-number")]
    case_number: Pii<String>,
    #[serde(default, rename = "case-court")]
    case_court: Pii<String>,
}

/// What she follows, as it is shown.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) text: String,
    /// When it ends, if it was asked to stop.
    pub(super) ends_at: Option<String>,
}

impl Line {
    pub(super) fn new(page: &Page, followed: &MaskedFollow) -> Self {
        let key = format!("view-{}", followed.kind.as_str());
        Self {
            id: followed.entry.to_string(),
            kind: "followed",
            text: page.say_text(&key, "number", &followed.number),
            ends_at: followed.ends_at.map(|at| page.time(at)),
        }
    }

    pub(super) fn of_person(page: &Page, entry: &WatchedEntry) -> Self {
        Self {
            id: entry.entry.to_string(),
            kind: "person",
            text: entry.label.clone(),
            ends_at: entry.ends_at.map(|at| page.time(at)),
        }
    }
}

impl FollowForm {
    /// Returns what was filled in.
    ///
    /// # Errors
    /// Returns the first field that is wrong.
    pub(super) fn read(&self, page: &Page) -> Result<Vec<Followed>, Wrong> {
        let mut followed = Vec::new();
        for kind in FollowKind::ALL {
            let (number, court) = self.typed(kind);
            let (number_field, court_field) = fields(kind);
            let read = Followed::read(kind, number.reveal(), court.reveal());
            followed.extend(read.map_err(|error| match error {
                FollowError::Number => wrong(page, number_field, "error-follow-number"),
                FollowError::Court => wrong(page, court_field, "error-follow-court"),
            })?);
        }
        Ok(followed)
    }

    /// Says whether anything was typed.
    pub(super) fn is_blank(&self) -> bool {
        FollowKind::ALL.into_iter().all(|kind| {
            let (number, court) = self.typed(kind);
            number.reveal().is_empty() && court.reveal().is_empty()
        })
    }

    /// Shows the fields of both kinds.
    pub(super) fn groups(&self, page: &Page, wrong: Option<&Wrong>) -> Vec<Group> {
        FollowKind::ALL
            .into_iter()
            .map(|kind| {
                let (number, court) = self.typed(kind);
                let (number_field, court_field) = fields(kind);
                let legend = format!("follow-{}", kind.as_str());
                Group {
                    legend: page.say(&legend),
                    hint: page.say(&format!("{legend}-hint")),
                    fields: vec![
                        field(page, (number_field, "text"), number, wrong),
                        field(page, (court_field, "text"), court, wrong),
                    ],
                }
            })
            .collect()
    }

    const fn typed(&self, kind: FollowKind) -> (&Pii<String>, &Pii<String>) {
        match kind {
            FollowKind::Order => (&self.order_number, &self.order_court),
            FollowKind::Case => (&self.case_number, &self.case_court),
        }
    }
}

const fn fields(kind: FollowKind) -> (&'static str, &'static str) {
    match kind {
        FollowKind::Order => ("order-number", "order-court"),
        FollowKind::Case => ("case-number", "case-court"),
    }
}

/// Says what is missing where nothing was typed.
pub(super) fn nothing(page: &Page) -> Wrong {
    wrong(page, "order-number", "error-follow-empty")
}

fn wrong(page: &Page, field: &'static str, key: &str) -> Wrong {
    Wrong {
        field,
        text: page.say(key),
    }
}

/// Tells her of a case or an order too.
pub async fn follow(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<FollowForm>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    let session = Ticket(form.session.clone());
    let read = form.read(&page).and_then(|read| {
        if read.is_empty() {
            return Err(nothing(&page));
        }
        Ok(read)
    });
    let said = match read {
        Ok(read) => match follow_all(&portal, &session, read).await {
            Ok(PortalAnswer::Done) => Said::saved(),
            Ok(PortalAnswer::Wrong) => {
                let many = FOLLOWED_MAX.to_string();
                let text = page.say_text("error-follow-many", "many", &many);
                let field = "order-number";
                Said::wrong(Wrong { field, text })
            }
            Ok(PortalAnswer::Refused) => return over(page),
            other => return super::portal::unexpected(page, other),
        },
        Err(wrong) => Said::wrong(wrong).with_followed(form),
    };
    unchanged(&portal, language, session, said).await
}

/// Asks the vault for one after the other, up to the first that it does not take.
async fn follow_all(
    portal: &Portal,
    session: &Ticket,
    followed: Vec<Followed>,
) -> Result<PortalAnswer, VaultError> {
    for followed in followed {
        let command = PortalCommand::Follow {
            session: session.clone(),
            followed,
        };
        let answer = portal.vault.ask(command).await?;
        if answer != PortalAnswer::Done {
            return Ok(answer);
        }
    }
    Ok(PortalAnswer::Done)
}
