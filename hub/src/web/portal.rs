//! Registering, changing and stopping. The vault is asked by its write-only commands; a stranger is
//! answered as a registrant would be.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Form};
use savin_shared::pii::{Pii, Secret};
use serde::Deserialize;

use super::failure::{self, MessagePage};
use super::page::{Page, render};
use super::{Portal, lookup};
use crate::ids::{PersonId, SubscriptionId};
use crate::names::{initials, shown};
use crate::notification::address::{AddressError, EmailAddress};
use crate::notification::fact::Disclosure;
use crate::notification::words::Language;
use crate::vault::VaultError;
use crate::vault::command::{Choices, MaskedView, PortalAnswer, PortalCommand, Subscribed, Ticket};

/// What the registration form carries.
#[derive(Debug, Deserialize)]
pub struct RegisterForm {
    #[serde(default)]
    email: Pii<String>,
    #[serde(default)]
    level: String,
    #[serde(default)]
    language: String,
}

/// What a code page carries.
#[derive(Debug, Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    ticket: Secret<String>,
    #[serde(default)]
    code: Secret<String>,
}

/// What the page for changing carries.
#[derive(Debug, Deserialize)]
pub struct AccessForm {
    #[serde(default)]
    email: Pii<String>,
}

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
}

/// One of the choices in a form.
#[derive(Debug)]
struct Choice {
    value: &'static str,
    label: String,
    hint: String,
    is_chosen: bool,
}

#[derive(Debug, Template)]
#[template(path = "register.html")]
struct RegisterPage {
    page: Page,
    about: String,
    action: String,
    email: String,
    levels: Vec<Choice>,
    languages: Vec<Choice>,
    error: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "code.html")]
struct CodePage {
    page: Page,
    action: String,
    ticket: String,
    error: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "manage.html")]
struct ManagePage {
    page: Page,
    email: String,
    error: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "view.html")]
struct ViewPage {
    page: Page,
    session: String,
    address: String,
    about: Vec<(SubscriptionId, String)>,
    levels: Vec<Choice>,
    languages: Vec<Choice>,
    is_saved: bool,
}

/// Shows the registration form.
pub async fn form(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Path(person): Path<String>,
) -> Response {
    let choices = Choices {
        language,
        disclosure: Disclosure::default(),
    };
    match about(&portal, language, &person).await {
        Ok((page, name, _, _)) => register_page(page, &name, &person, String::new(), choices, None),
        Err(response) => *response,
    }
}

/// Sends the code of a registration.
pub async fn begin(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Path(person): Path<String>,
    Form(form): Form<RegisterForm>,
) -> Response {
    let (mut page, name, id, label) = match about(&portal, language, &person).await {
        Ok(about) => about,
        Err(response) => return *response,
    };
    let choices = choices(&form.level, &form.language, language);
    let disclosure = Disclosure::parse(&form.level);
    let address = EmailAddress::parse(form.email.reveal());
    let (Ok(address), Some(_)) = (&address, disclosure) else {
        page.has_error = true;
        let error = address.err().map_or_else(
            || page.say("error-level"),
            |error| email_error(&page, error),
        );
        return register_page(
            page,
            &name,
            &person,
            form.email.reveal().clone(),
            choices,
            Some(error),
        );
    };
    let about = Subscribed { person: id, label };
    let begin = PortalCommand::BeginRegistration {
        address: address.clone(),
        about,
        choices,
    };
    match portal.vault.ask(begin).await {
        Ok(PortalAnswer::Begun(ticket)) => code_page(page, "/register/confirm", &ticket, None),
        other => unexpected(page, other),
    }
}

/// Takes the code of a registration.
pub async fn confirm(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<CodeForm>,
) -> Response {
    let mut page = Page::new(&portal.lookup.site, language, "/");
    let (ticket, code) = proof(form);
    let command = PortalCommand::ConfirmRegistration {
        ticket: ticket.clone(),
        code,
    };
    match portal.vault.ask(command).await {
        Ok(PortalAnswer::Done) => message(page, "done-registered-heading", "done-registered-text"),
        Ok(PortalAnswer::Refused) => {
            page.has_error = true;
            let error = page.say("error-code");
            code_page(page, "/register/confirm", &ticket, Some(error))
        }
        other => unexpected(page, other),
    }
}

/// Shows the form for changing and stopping.
pub async fn manage(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    render(
        StatusCode::OK,
        &ManagePage {
            page,
            email: String::new(),
            error: None,
        },
    )
}

/// Sends the code that opens a session.
pub async fn begin_access(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<AccessForm>,
) -> Response {
    let mut page = Page::new(&portal.lookup.site, language, "/manage");
    let address = match EmailAddress::parse(form.email.reveal()) {
        Ok(address) => address,
        Err(error) => {
            page.has_error = true;
            let error = Some(email_error(&page, error));
            return render(
                StatusCode::OK,
                &ManagePage {
                    page,
                    email: form.email.reveal().clone(),
                    error,
                },
            );
        }
    };
    match portal
        .vault
        .ask(PortalCommand::BeginAccess { address, language })
        .await
    {
        Ok(PortalAnswer::Begun(ticket)) => code_page(page, "/manage/confirm", &ticket, None),
        other => unexpected(page, other),
    }
}

/// Takes the code that opens a session, and shows what she chose.
pub async fn confirm_access(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<CodeForm>,
) -> Response {
    let mut page = Page::new(&portal.lookup.site, language, "/manage");
    let (ticket, code) = proof(form);
    let command = PortalCommand::ConfirmAccess {
        ticket: ticket.clone(),
        code,
    };
    match portal.vault.ask(command).await {
        Ok(PortalAnswer::Session(session)) => view(&portal, page, session, false).await,
        Ok(PortalAnswer::Refused) => {
            page.has_error = true;
            let error = page.say("error-code");
            code_page(page, "/manage/confirm", &ticket, Some(error))
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

/// Stops telling her about one person.
pub async fn drop_entry(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<SessionForm>,
) -> Response {
    let session = Ticket(form.session);
    let Ok(entry) = form.entry.parse() else {
        let page = Page::new(&portal.lookup.site, language, "/manage");
        return view(&portal, page, session, false).await;
    };
    let command = PortalCommand::Drop {
        session: session.clone(),
        entry,
    };
    within(&portal, language, session, command).await
}

/// Stops telling her anything.
pub async fn stop(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<SessionForm>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    let session = Ticket(form.session);
    match portal.vault.ask(PortalCommand::Stop { session }).await {
        Ok(PortalAnswer::Done) => message(page, "done-stopped-heading", "done-stopped-text"),
        Ok(PortalAnswer::Refused) => over(page),
        other => unexpected(page, other),
    }
}

/// Carries out a change within a session and shows what stands now.
async fn within(
    portal: &Portal,
    language: Language,
    session: Ticket,
    command: PortalCommand,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    match portal.vault.ask(command).await {
        Ok(PortalAnswer::Done) => view(portal, page, session, true).await,
        Ok(PortalAnswer::Refused) => over(page),
        other => unexpected(page, other),
    }
}

async fn view(portal: &Portal, mut page: Page, session: Ticket, is_saved: bool) -> Response {
    let command = PortalCommand::View {
        session: session.clone(),
    };
    let view: MaskedView = match portal.vault.ask(command).await {
        Ok(PortalAnswer::View(view)) => view,
        Ok(PortalAnswer::Refused) => return over(page),
        other => return unexpected(page, other),
    };
    page.session = Some(session.0.reveal().clone());
    render(
        StatusCode::OK,
        &ViewPage {
            session: session.0.reveal().clone(),
            address: page.say_text("view-address", "address", &view.address),
            about: view.about,
            levels: levels(&page, view.choices.disclosure),
            languages: languages(view.choices.language),
            is_saved,
            page,
        },
    )
}

/// Loads the person that somebody wants to be told about: page, name, identifier and initials.
async fn about(
    portal: &Portal,
    language: Language,
    person: &str,
) -> Result<(Page, String, PersonId, String), Box<Response>> {
    let site = &portal.lookup.site;
    let hidden = || Box::new(failure::not_shown(Page::new(site, language, "/")));
    let id = person.parse::<PersonId>().map_err(|_| hidden())?;
    let page = Page::new(site, language, &format!("/person/{id}/register"));
    match lookup::name_of(&portal.lookup, id).await {
        Ok(Some(name)) => {
            let unnamed = page.say("person-unnamed");
            let label = name.as_ref().map_or_else(|| unnamed.clone(), initials);
            Ok((page, name.as_ref().map_or(unnamed, shown), id, label))
        }
        Ok(None) => Err(hidden()),
        Err(cause) => Err(Box::new(failure::broken(page, &cause))),
    }
}

fn register_page(
    page: Page,
    name: &str,
    person: &str,
    email: String,
    choices: Choices,
    error: Option<String>,
) -> Response {
    render(
        StatusCode::OK,
        &RegisterPage {
            about: page.say_text("register-about", "name", name),
            action: page.to(&format!("/person/{person}/register")),
            levels: levels(&page, choices.disclosure),
            languages: languages(choices.language),
            email,
            error,
            page,
        },
    )
}

fn code_page(page: Page, action: &str, ticket: &Ticket, error: Option<String>) -> Response {
    let action = page.to(action);
    // The way back in another language cannot repeat the step that sent the code.
    let page = Page {
        path: "/".to_owned(),
        ..page
    };
    let ticket = ticket.0.reveal().clone();
    render(
        StatusCode::OK,
        &CodePage {
            page,
            action,
            ticket,
            error,
        },
    )
}

fn message(page: Page, heading: &str, text: &str) -> Response {
    let (heading, text) = (page.say(heading), page.say(text));
    render(
        StatusCode::OK,
        &MessagePage {
            page,
            heading,
            text,
        },
    )
}

fn over(mut page: Page) -> Response {
    page.has_error = true;
    let error = Some(page.say("error-session"));
    render(
        StatusCode::OK,
        &ManagePage {
            page,
            email: String::new(),
            error,
        },
    )
}

fn unexpected(page: Page, answer: Result<PortalAnswer, VaultError>) -> Response {
    match answer {
        Err(cause) => failure::broken(page, &cause),
        // The vault answers each command with its own kind of answer.
        Ok(_) => failure::broken(page, &VaultError::Closed),
    }
}

fn proof(form: CodeForm) -> (Ticket, Secret<String>) {
    let code = form
        .code
        .reveal()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    (Ticket(form.ticket), Secret::new(code))
}

fn email_error(page: &Page, error: AddressError) -> String {
    match error {
        AddressError::Empty => page.say("error-email-empty"),
        AddressError::NotOne => page.say("error-email-wrong"),
    }
}

fn choices(level: &str, language: &str, page_language: Language) -> Choices {
    Choices {
        language: Language::parse(language).unwrap_or(page_language),
        disclosure: Disclosure::parse(level).unwrap_or_default(),
    }
}

fn levels(page: &Page, chosen: Disclosure) -> Vec<Choice> {
    Disclosure::ALL
        .into_iter()
        .map(|level| Choice {
            value: level.as_str(),
            label: page.say(&format!("level-{}", level.as_str())),
            hint: page.say(&format!("level-{}-hint", level.as_str())),
            is_chosen: level == chosen,
        })
        .collect()
}

fn languages(chosen: Language) -> Vec<Choice> {
    Language::ALL
        .into_iter()
        .map(|language| Choice {
            value: language.tag(),
            label: language.own_name().to_owned(),
            hint: String::new(),
            is_chosen: language == chosen,
        })
        .collect()
}
