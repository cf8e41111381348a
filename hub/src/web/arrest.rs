//! The page of an officer or a prosecutor after an arrest for domestic violence or sexual assault (Miss. Code
//! 99-43-35(d)): what the law asks, and a form that enters the victim without her request.
//!
//! It is in English, since it is for an office, and stands behind a link that MDOC gave that office. The
//! registry says whose link it is and learns nothing of whom was entered.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use savin_shared::pii::Pii;
use serde::Deserialize;

use super::failure::{self, MessagePage};
use super::page::{Page, render};
use super::portal::{Choice, choices, languages, message, unexpected};
use super::reach::{Field, Group, ReachForm, Wrong};
use super::{Portal, lookup, mail};
use crate::names::{initials, shown, words};
use crate::notification::channel::Channel;
use crate::notification::office_door::DoorToken;
use crate::notification::words::Language;
use crate::store::conn::Tx;
use crate::store::registry::office_door;
use crate::vault::command::{Entry, PortalAnswer, PortalCommand, Subscribed};

/// What is said of each way instead of what a victim reads who types it herself: no code is sent.
const HERS: [(&str, &str); 3] = [
    (
        "A number at which she can be called safely.",
        "Her telephone number",
    ),
    ("An address that only she can read.", "Her e-mail address"),
    (
        "A PO box or the substitute address is as good as any. The envelope shows no agency.",
        "Name on the envelope",
    ),
];

/// What the form carries.
#[derive(Debug, Default, Deserialize)]
pub struct ArrestForm {
    #[serde(default)]
    who: Pii<String>,
    #[serde(flatten)]
    reach: ReachForm,
}

#[derive(Debug, Template)]
#[template(path = "arrest.html")]
struct ArrestPage {
    page: Page,
    office: String,
    action: String,
    who: Field,
    groups: Vec<Group>,
    languages: Vec<Choice>,
    wrong: Option<Wrong>,
}

/// Shows what the law asks, and the form.
pub async fn form(State(portal): State<Portal>, Path(token): Path<String>) -> Response {
    match opened(&portal, &token).await {
        Ok(door) => {
            let blank = ArrestForm {
                reach: ReachForm::blank(),
                ..ArrestForm::default()
            };
            door.page(&blank, None)
        }
        Err(response) => *response,
    }
}

/// Enters her.
pub async fn enter(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    Form(form): Form<ArrestForm>,
) -> Response {
    let door = match opened(&portal, &token).await {
        Ok(door) => door,
        Err(response) => return *response,
    };
    let contacts = match form.reach.contacts(&door.page) {
        Ok(contacts) => contacts,
        Err(wrong) => return door.page(&form, Some(wrong)),
    };
    let (about, name) = match door.arrested(&portal, &form).await {
        Ok(Ok(found)) => found,
        Ok(Err(wrong)) => return door.page(&form, Some(wrong)),
        Err(cause) => return failure::broken(door.page, &cause),
    };
    let enter = PortalCommand::Enter(Entry {
        contacts,
        about,
        choices: choices("discreet", &form.reach.language, Language::En),
        office: door.office.clone(),
    });
    let page = door.page;
    match portal.vault.ask(enter).await {
        Ok(PortalAnswer::Done) => {
            let phone = page.phone();
            let text = format!(
                "From now on she is told when anything changes about {name}: a release, an escape, a \
                 transfer, a court date. Somebody of the Department of Corrections will call her. Tell her \
                 of the arrest itself, and that she can change or stop this at any hour: {phone}."
            );
            let heading = "She is entered".to_owned();
            render(
                StatusCode::OK,
                &MessagePage {
                    page,
                    heading,
                    text,
                },
            )
        }
        other => unexpected(page, other),
    }
}

/// An office that came by its link.
struct Door {
    page: Page,
    office: String,
    action: String,
}

/// Finds whose link it is.
async fn opened(portal: &Portal, token: &str) -> Result<Door, Box<Response>> {
    let page = Page::new(&portal.lookup.site, Language::En, "/");
    let refused = |page| Box::new(message(page, mail::WRONG.0, mail::WRONG.1));
    let Some(token) = DoorToken::parse(token) else {
        return Err(refused(page));
    };
    let action = token.path();
    let find = move |tx: &mut Tx<'_>| office_door::office_of(tx, &token);
    match portal.lookup.registry.read("office door", find).await {
        Ok(Some(office)) => Ok(Door {
            page,
            office: office.office.title(&office.place),
            action,
        }),
        Ok(None) => Err(refused(page)),
        Err(cause) => Err(Box::new(failure::broken(page, &cause))),
    }
}

impl Door {
    fn page(mut self, form: &ArrestForm, wrong: Option<Wrong>) -> Response {
        self.page.has_error = wrong.is_some();
        let error = wrong.as_ref().filter(|wrong| wrong.field == "who");
        let who = Field {
            id: "who",
            kind: "text",
            label: "Name or number of whoever was arrested".to_owned(),
            hint: "As the public page of this service shows it: a number where you have one. The booking \
                   has to be there, with most jails minutes after it was entered."
                .to_owned(),
            value: form.who.reveal().clone(),
            error: error.map(|wrong| wrong.text.clone()),
        };
        let ways = [Channel::Telephone, Channel::Email, Channel::Letter];
        let mut groups = form.reach.groups(&self.page, &ways, wrong.as_ref());
        for (group, (hint, label)) in groups.iter_mut().zip(HERS) {
            hint.clone_into(&mut group.hint);
            if let Some(first) = group.fields.first_mut() {
                label.clone_into(&mut first.label);
            }
        }
        let chosen = Language::parse(&form.reach.language).unwrap_or_default();
        let page = ArrestPage {
            groups,
            languages: languages(chosen),
            office: self.office,
            action: self.action,
            who,
            wrong,
            page: self.page,
        };
        render(StatusCode::OK, &page)
    }

    /// Finds whoever was arrested: exactly one person must fit.
    async fn arrested(
        &self,
        portal: &Portal,
        form: &ArrestForm,
    ) -> Result<Result<(Subscribed, String), Wrong>, crate::store::StoreError> {
        let words = words(form.who.reveal());
        let found = portal
            .lookup
            .registry
            .read("arrested", move |tx| lookup::fitting(tx, &words, 2));
        let found = found.await?;
        let text = match found.as_slice() {
            [(person, one)] => {
                let name = one.names.first();
                let about = Subscribed {
                    person: *person,
                    label: name.map(initials).unwrap_or_default(),
                };
                return Ok(Ok((about, name.map(shown).unwrap_or_default())));
            }
            [] => {
                "Nobody on the lists fits that. Look whether the booking is there yet, or call us: she can \
                 be entered by telephone at any hour"
            }
            _ => "Several people fit that. Type the number, or the whole name",
        };
        Ok(Err(Wrong {
            field: "who",
            text: text.to_owned(),
        }))
    }
}
