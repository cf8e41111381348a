//! Changing and stopping, in a session that a code opens. The vault is asked by its write-only
//! commands; a stranger is answered as a registrant would be.

use std::str::FromStr;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Form};
use savin_shared::pii::Secret;
use serde::Deserialize;

use super::Portal;
use super::care::{CareFields, CareForm};
use super::follow::{FollowForm, Line};
use super::page::{Page, render};
use super::portal::{
    ACCESS, Choice, CodeForm, choices, code_page, languages, levels, proof, unexpected, wrong_code,
};
use super::reach::{Field, Group, ReachForm, Wrong};
use crate::notification::channel::Channel;
use crate::notification::words::Language;
use crate::vault::command::{MaskedContact, MaskedView, PortalAnswer, PortalCommand, Ticket};

/// What a change within a session carries.
#[derive(Debug, Deserialize)]
pub struct SessionForm {
    #[serde(default)]
    session: Secret<String>,
    #[serde(default)]
    level: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    entry: String,
    #[serde(default)]
    code: Secret<String>,
}

#[derive(Debug, Template)]
#[template(path = "manage.html")]
struct ManagePage {
    page: Page,
    field: Field,
    wrong: Option<Wrong>,
}

#[derive(Debug, Template)]
#[template(path = "view.html")]
struct ViewPage {
    page: Page,
    session: String,
    contacts: Vec<Reached>,
    groups: Vec<Group>,
    /// What is said of what is to stop, and until when she is told if that is everything.
    ending: Option<String>,
    ends_at: Option<String>,
    about: Vec<Line>,
    followed: Vec<Line>,
    follows: Vec<Group>,
    levels: Vec<Choice>,
    languages: Vec<Choice>,
    care: CareFields,
    pins: Pins,
    is_saved: bool,
    wrong: Option<Wrong>,
}

/// What is shown of her PINs.
#[derive(Debug)]
struct Pins {
    has_own: bool,
    /// Whether the one for when somebody makes her enter it can be set here; whether there is one is not shown.
    offers_second: bool,
}

/// A way to reach her, as it is shown.
#[derive(Debug)]
struct Reached {
    id: String,
    line: String,
    standing: Standing,
    ends_at: String,
    can_go: bool,
    can_be_first: bool,
}

/// Whether she is told somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Told,
    Unproved,
    Off,
    Going,
    Back,
}

/// What a session's page says besides what stands.
#[derive(Debug, Default)]
pub(super) struct Said {
    is_saved: bool,
    wrong: Option<Wrong>,
    form: Option<ReachForm>,
    followed: Option<FollowForm>,
}

impl Said {
    /// Says that what she asked for is done.
    pub(super) fn saved() -> Self {
        Self {
            is_saved: true,
            ..Self::default()
        }
    }

    /// Shows again which case or order she typed.
    pub(super) fn with_followed(self, typed: FollowForm) -> Self {
        Self {
            followed: Some(typed),
            ..self
        }
    }

    /// Says what is wrong with what was typed.
    pub(super) fn wrong(wrong: Wrong) -> Self {
        Self {
            wrong: Some(wrong),
            ..Self::default()
        }
    }
}

/// Shows the form for changing and stopping.
pub async fn manage(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    manage_page(page, &ReachForm::blank(), None)
}

/// Sends the code that opens a session.
pub async fn begin_access(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<ReachForm>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    let address = match form.email(&page) {
        Ok(address) => address,
        Err(wrong) => return manage_page(page, &form, Some(wrong)),
    };
    let begin = PortalCommand::BeginAccess { address, language };
    match portal.vault.ask(begin).await {
        Ok(PortalAnswer::Begun(ticket)) => code_page(page, (ACCESS, Channel::Email), &ticket, None),
        other => unexpected(page, other),
    }
}

/// Takes the code that opens a session, and shows what she chose.
pub async fn confirm_access(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<CodeForm>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    let pin = form.pin();
    let (proved, code) = proof(form);
    let ticket = proved.clone();
    let command = match pin {
        None => PortalCommand::ConfirmAccess {
            ticket: proved,
            code,
        },
        Some(pin) => PortalCommand::ConfirmAccessByPin {
            ticket: proved,
            code,
            pin,
        },
    };
    match portal.vault.ask(command).await {
        Ok(PortalAnswer::Session(session)) => view(&portal, page, session, Said::default()).await,
        Ok(PortalAnswer::Refused) => {
            // Which of both it was is not said.
            let wrong = Some(wrong_code(page.say_phone("error-code-access")));
            code_page(page, (ACCESS, Channel::Email), &ticket, wrong)
        }
        other => unexpected(page, other),
    }
}

/// Changes what she chose.
pub async fn change(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<SessionForm>,
) -> Response {
    let choices = choices(&form.level, &form.language, language);
    let session = Ticket(form.session);
    let command = PortalCommand::Change {
        session: session.clone(),
        choices,
    };
    within(&portal, language, session, command).await
}

/// Tells her in a further way, once its code came back.
pub async fn reach(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<ReachForm>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    let session = Ticket(form.session.clone());
    let contacts = match form.contacts(&page) {
        Ok(contacts) => contacts,
        Err(wrong) => {
            let said = Said {
                wrong: Some(wrong),
                form: Some(form),
                ..Said::default()
            };
            return view(&portal, page, session, said).await;
        }
    };
    for contact in contacts {
        let command = PortalCommand::Reach {
            session: session.clone(),
            contact,
        };
        match portal.vault.ask(command).await {
            Ok(PortalAnswer::Done) => {}
            Ok(PortalAnswer::Wrong) => {
                let text = page.say("error-reach-many");
                let field = "contacts";
                let said = Said::wrong(Wrong { field, text });
                return view(&portal, page, session, said).await;
            }
            Ok(PortalAnswer::Refused) => return over(page),
            other => return unexpected(page, other),
        }
    }
    view(&portal, page, session, Said::saved()).await
}

/// Takes the code of a further way.
pub async fn prove(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<SessionForm>,
) -> Response {
    let code = form.code.clone();
    about(&portal, language, form, |session, contact| {
        PortalCommand::Prove {
            session,
            contact,
            code,
        }
    })
    .await
}

/// Tells her no more in one of the further ways.
pub async fn unreach(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<SessionForm>,
) -> Response {
    about(&portal, language, form, |session, contact| {
        PortalCommand::Unreach { session, contact }
    })
    .await
}

/// Tries one of her numbers or addresses first.
pub async fn prefer(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<SessionForm>,
) -> Response {
    about(&portal, language, form, |session, contact| {
        PortalCommand::Prefer { session, contact }
    })
    .await
}

/// Tells her again in a way that she turned off.
pub async fn resume(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<SessionForm>,
) -> Response {
    about(&portal, language, form, |session, contact| {
        PortalCommand::Resume { session, contact }
    })
    .await
}

/// Changes one entry of what she chose; a page that names none changes nothing.
async fn about<E: FromStr>(
    portal: &Portal,
    language: Language,
    form: SessionForm,
    command: impl FnOnce(Ticket, E) -> PortalCommand,
) -> Response {
    let session = Ticket(form.session);
    let Ok(entry) = form.entry.parse() else {
        return unchanged(portal, language, session, Said::default()).await;
    };
    let command = command(session.clone(), entry);
    within(portal, language, session, command).await
}

/// Carries out a change within a session and shows what stands now.
pub(super) async fn within(
    portal: &Portal,
    language: Language,
    session: Ticket,
    command: PortalCommand,
) -> Response {
    let wrong = ("code", "error-code");
    within_or(portal, language, (session, command), wrong).await
}

/// Carries out a change within a session and shows what stands now, or by these words at that field that what was
/// typed cannot be taken.
pub(super) async fn within_or(
    portal: &Portal,
    language: Language,
    (session, command): (Ticket, PortalCommand),
    (field, wrong): (&'static str, &str),
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    let said = match portal.vault.ask(command).await {
        Ok(PortalAnswer::Done) => Said::saved(),
        Ok(PortalAnswer::Wrong) => Said::wrong(Wrong {
            field,
            text: page.say(wrong),
        }),
        Ok(PortalAnswer::Refused) => return over(page),
        other => return unexpected(page, other),
    };
    view(portal, page, session, said).await
}

pub(super) async fn unchanged(
    portal: &Portal,
    language: Language,
    session: Ticket,
    said: Said,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    view(portal, page, session, said).await
}

async fn view(portal: &Portal, mut page: Page, session: Ticket, said: Said) -> Response {
    let command = PortalCommand::View {
        session: session.clone(),
    };
    let view: MaskedView = match portal.vault.ask(command).await {
        Ok(PortalAnswer::View(view)) => view,
        Ok(PortalAnswer::Refused) => return over(page),
        other => return unexpected(page, other),
    };
    page.session = Some(session.0.reveal().clone());
    page.has_error = said.wrong.is_some();
    let form = said.form.unwrap_or_else(ReachForm::blank);
    let mut wrong = said.wrong;
    let contacts: Vec<_> = view
        .contacts
        .iter()
        .map(|one| reached(&page, one, &view.contacts))
        .collect();
    // The code is typed beside the way that waits for it.
    if let Some(wrong) = wrong.as_mut().filter(|wrong| wrong.field == "code") {
        wrong.field = "contacts";
    }
    render(
        StatusCode::OK,
        &ViewPage {
            session: session.0.reveal().clone(),
            groups: form.groups(
                &page,
                &[Channel::Telephone, Channel::Letter, Channel::Email],
                wrong.as_ref(),
            ),
            ending: ending(&page, &view),
            ends_at: view.ends_at.map(|at| page.time(at)),
            contacts,
            about: view
                .about
                .iter()
                .map(|one| Line::of_person(&page, one))
                .collect(),
            followed: view
                .followed
                .iter()
                .map(|one| Line::new(&page, one))
                .collect(),
            follows: said
                .followed
                .unwrap_or_default()
                .groups(&page, wrong.as_ref()),
            care: CareFields::new(&page, &CareForm::of(&view.care)),
            pins: Pins {
                has_own: view.has_pin,
                offers_second: view.has_duress_pin.is_some(),
            },
            levels: levels(&page, view.choices.disclosure),
            languages: languages(view.choices.language),
            is_saved: said.is_saved,
            wrong,
            page,
        },
    )
}

/// Says what of hers is to stop, if anything is.
fn ending(page: &Page, view: &MaskedView) -> Option<String> {
    if let Some(until) = view.ends_at {
        return Some(page.say_text("view-ending-all", "until", &page.time(until)));
    }
    let contacts = view.contacts.iter().map(|one| one.ends_at);
    let about = view.about.iter().map(|one| one.ends_at);
    let followed = view.followed.iter().map(|one| one.ends_at);
    let mut ends = contacts.chain(about).chain(followed);
    let is_some = ends.any(|at| at.is_some());
    is_some.then(|| page.say("view-ending-some"))
}

fn reached(page: &Page, contact: &MaskedContact, all: &[MaskedContact]) -> Reached {
    let same = |one: &&MaskedContact| one.channel == contact.channel && one.is_proved;
    let first = all.iter().find(same).map(|one| one.contact);
    let is_only = all
        .iter()
        .filter(same)
        .all(|one| one.contact == contact.contact);
    let key = format!("view-{}", contact.channel);
    Reached {
        id: contact.contact.to_string(),
        line: page.say_text(&key, "address", &contact.address),
        standing: match (contact.is_proved, contact.is_silenced) {
            (false, _) if contact.came_back_at.is_some() => Standing::Back,
            (false, _) => Standing::Unproved,
            (true, true) => Standing::Off,
            (true, false) if contact.ends_at.is_some() => Standing::Going,
            (true, false) => Standing::Told,
        },
        ends_at: contact.ends_at.map(|at| page.time(at)).unwrap_or_default(),
        can_go: contact.ends_at.is_none() && (contact.channel.is_further() || !is_only),
        can_be_first: contact.is_proved && first != Some(contact.contact),
    }
}

fn manage_page(mut page: Page, form: &ReachForm, wrong: Option<Wrong>) -> Response {
    page.has_error = wrong.is_some();
    render(
        StatusCode::OK,
        &ManagePage {
            field: form.email_field(&page, wrong.as_ref()),
            wrong,
            page,
        },
    )
}

pub(super) fn over(page: Page) -> Response {
    let wrong = Wrong {
        field: "email",
        text: page.say("error-session"),
    };
    manage_page(page, &ReachForm::blank(), Some(wrong))
}
