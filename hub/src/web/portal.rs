//! Registering. The vault is asked by its write-only commands; a stranger is answered as a registrant
//! would be.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Form};
use savin_shared::pii::Secret;
use serde::Deserialize;

use super::care::{CareFields, CareForm};
use super::failure::{self, MessagePage};
use super::follow::{self, FollowForm};
use super::page::{Page, render};
use super::reach::{Group, ReachForm, Wrong};
use super::{Portal, lookup};
use crate::ids::PersonId;
use crate::names::{initials, shown};
use crate::notification::care::Care;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::Disclosure;
use crate::notification::words::Language;
use crate::vault::VaultError;
use crate::vault::command::{Choices, PortalAnswer, PortalCommand, Subscribed, Ticket, Wishes};

/// Where the code of an access is typed, and beside it the PIN of whoever has one.
pub(super) const ACCESS: &str = "/manage/confirm";

/// What a code page carries.
#[derive(Debug, Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    ticket: Secret<String>,
    #[serde(default)]
    code: Secret<String>,
    #[serde(default)]
    pin: Secret<String>,
    /// In which way the code came; nothing is taken for e-mail.
    #[serde(default)]
    by: String,
}

impl CodeForm {
    /// Returns the PIN that was typed beside the code, if one was.
    pub(super) fn pin(&self) -> Option<Secret<String>> {
        let pin = self.pin.reveal().trim();
        (!pin.is_empty()).then(|| Secret::new(pin.to_owned()))
    }
}

/// What a registration carries.
#[derive(Debug, Default, Deserialize)]
pub struct RegisterForm {
    #[serde(flatten)]
    reach: ReachForm,
    #[serde(flatten)]
    follow: FollowForm,
    #[serde(flatten)]
    care: CareForm,
}

/// One of the choices in a form.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) is_chosen: bool,
}

#[derive(Debug, Template)]
#[template(path = "register.html")]
struct RegisterPage {
    page: Page,
    about: String,
    action: String,
    groups: Vec<Group>,
    levels: Vec<Choice>,
    languages: Vec<Choice>,
    care: CareFields,
    is_care_open: bool,
    follows: Vec<Group>,
    is_follow_open: bool,
    wrong: Option<Wrong>,
}

#[derive(Debug, Template)]
#[template(path = "code.html")]
struct CodePage {
    page: Page,
    action: String,
    ticket: String,
    by: &'static str,
    lead: String,
    takes_pin: bool,
    wrong: Option<Wrong>,
}

/// Shows the registration form.
pub async fn form(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Path(person): Path<String>,
) -> Response {
    match about(&portal, language, &person).await {
        Ok(about) => about.register_page(&RegisterForm::blank(), language, None),
        Err(response) => *response,
    }
}

/// Shows the registration form for whoever knows only the number of a case or an order.
pub async fn form_by_number(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
) -> Response {
    About::nobody(&portal, language).register_page(&RegisterForm::blank(), language, None)
}

/// Sends the code of a registration.
pub async fn begin(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Path(person): Path<String>,
    Form(form): Form<RegisterForm>,
) -> Response {
    match about(&portal, language, &person).await {
        Ok(about) => register(&portal, language, about, form).await,
        Err(response) => *response,
    }
}

/// Sends the code of a registration for a case or an order alone.
pub async fn begin_by_number(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<RegisterForm>,
) -> Response {
    register(&portal, language, About::nobody(&portal, language), form).await
}

async fn register(
    portal: &Portal,
    language: Language,
    about: About,
    form: RegisterForm,
) -> Response {
    let (contacts, wishes) = match about.read(&form) {
        Ok(read) => read,
        Err(wrong) => return about.register_page(&form, language, Some(wrong)),
    };
    let proving = proving(&contacts);
    let begin = PortalCommand::BeginRegistration {
        contacts,
        wishes,
        choices: choices(&form.reach.level, &form.reach.language, language),
    };
    let page = about.page;
    match portal.vault.ask(begin).await {
        Ok(PortalAnswer::Begun(ticket)) => match proving {
            // A letter takes days, and no page stays open for as long.
            Channel::Letter => message(page, "done-letter-heading", "done-letter-text"),
            Channel::Email | Channel::Telephone => {
                code_page(page, ("/register/confirm", proving), &ticket, None)
            }
        },
        other => unexpected(page, other),
    }
}

/// Takes the code of a registration.
pub async fn confirm(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<CodeForm>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/");
    let by = Channel::parse(&form.by).unwrap_or(Channel::Email);
    let (ticket, code) = proof(form);
    let command = PortalCommand::ConfirmRegistration {
        ticket: ticket.clone(),
        code,
    };
    match portal.vault.ask(command).await {
        Ok(PortalAnswer::Done) => message(page, "done-registered-heading", "done-registered-text"),
        Ok(PortalAnswer::Refused) => {
            let wrong = Some(wrong_code(page.say("error-code")));
            code_page(page, ("/register/confirm", by), &ticket, wrong)
        }
        other => unexpected(page, other),
    }
}

impl RegisterForm {
    fn blank() -> Self {
        Self {
            reach: ReachForm::blank(),
            ..Self::default()
        }
    }
}

/// What somebody wants to be told about: a person, or only a case or an order.
struct About {
    page: Page,
    lead: String,
    action: String,
    subscribed: Option<Subscribed>,
}

/// Loads the person that somebody wants to be told about.
async fn about(portal: &Portal, language: Language, person: &str) -> Result<About, Box<Response>> {
    let site = &portal.lookup.site;
    let hidden = || Box::new(failure::not_shown(Page::new(site, language, "/")));
    let id = person.parse::<PersonId>().map_err(|_| hidden())?;
    let page = Page::new(site, language, &format!("/person/{id}/register"));
    match lookup::name_of(&portal.lookup, id).await {
        Ok(Some(name)) => {
            let unnamed = page.say("person-unnamed");
            let label = name.as_ref().map_or_else(|| unnamed.clone(), initials);
            let name = name.as_ref().map_or(unnamed, shown);
            Ok(About {
                lead: page.say_text("register-about", "name", &name),
                action: page.to(&page.path),
                subscribed: Some(Subscribed { person: id, label }),
                page,
            })
        }
        Ok(None) => Err(hidden()),
        Err(cause) => Err(Box::new(failure::broken(page, &cause))),
    }
}

impl About {
    fn nobody(portal: &Portal, language: Language) -> Self {
        let page = Page::new(&portal.lookup.site, language, "/register");
        Self {
            lead: page.say("register-by-number"),
            action: page.to(&page.path),
            subscribed: None,
            page,
        }
    }

    /// Reads where and of what somebody wants to be told.
    fn read(&self, form: &RegisterForm) -> Result<(Vec<Contact>, Wishes), Wrong> {
        let page = &self.page;
        let contacts = form.reach.contacts(page)?;
        let care = form.care.read(page)?;
        let followed = form.follow.read(page)?;
        if followed.is_empty() && self.subscribed.is_none() {
            return Err(follow::nothing(page));
        }
        Disclosure::parse(&form.reach.level).ok_or_else(|| Wrong {
            field: "level-discreet",
            text: page.say("error-level"),
        })?;
        let wishes = Wishes {
            about: self.subscribed.clone(),
            followed,
            care: Some(care).filter(|care| *care != Care::default()),
        };
        Ok((contacts, wishes))
    }

    fn register_page(
        self,
        form: &RegisterForm,
        language: Language,
        wrong: Option<Wrong>,
    ) -> Response {
        let mut page = self.page;
        page.has_error = wrong.is_some();
        let reach = &form.reach;
        let choices = choices(&reach.level, &reach.language, language);
        let care = form.care.read(&page);
        let is_care_open = care.is_err() || care.is_ok_and(|care| care != Care::default());
        render(
            StatusCode::OK,
            &RegisterPage {
                about: self.lead,
                action: self.action,
                groups: reach.groups(&page, &Channel::ALL, wrong.as_ref()),
                levels: levels(&page, choices.disclosure),
                languages: languages(choices.language),
                care: CareFields::new(&page, &form.care),
                is_care_open,
                follows: form.follow.groups(&page, wrong.as_ref()),
                is_follow_open: self.subscribed.is_none() || !form.follow.is_blank(),
                wrong,
                page,
            },
        )
    }
}

/// Returns by which way a registration proves itself first.
fn proving(contacts: &[Contact]) -> Channel {
    let channels = contacts.iter().map(Contact::channel);
    channels.min().unwrap_or(Channel::Email)
}

pub(super) fn code_page(
    mut page: Page,
    (action, channel): (&str, Channel),
    ticket: &Ticket,
    wrong: Option<Wrong>,
) -> Response {
    let takes_pin = action == ACCESS;
    let action = page.to(action);
    page.has_error = wrong.is_some();
    let lead = match channel {
        Channel::Email | Channel::Letter => page.say("code-lead"),
        Channel::Telephone => page.say_phone("code-lead-telephone"),
    };
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
            by: channel.as_str(),
            lead,
            takes_pin,
            wrong,
        },
    )
}

pub(super) const fn wrong_code(text: String) -> Wrong {
    Wrong {
        field: "code",
        text,
    }
}

pub(super) fn message(page: Page, heading: &str, text: &str) -> Response {
    let (heading, text) = (page.say(heading), page.say_phone(text));
    render(
        StatusCode::OK,
        &MessagePage {
            page,
            heading,
            text,
        },
    )
}

/// A heading and a text, by their keys.
type Said = (&'static str, &'static str);

/// Shows that something was done, or that it could not be.
pub(super) fn settled(
    page: Page,
    answer: Result<PortalAnswer, VaultError>,
    (done, refused): (Said, Said),
) -> Response {
    match answer {
        Ok(PortalAnswer::Done) => message(page, done.0, done.1),
        Ok(PortalAnswer::Refused) => message(page, refused.0, refused.1),
        other => unexpected(page, other),
    }
}

pub(super) fn unexpected(page: Page, answer: Result<PortalAnswer, VaultError>) -> Response {
    match answer {
        Err(cause) => failure::broken(page, &cause),
        // The vault answers each command with its own kind of answer.
        Ok(_) => failure::broken(page, &VaultError::Closed),
    }
}

pub(super) fn proof(form: CodeForm) -> (Ticket, Secret<String>) {
    let code = form
        .code
        .reveal()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    (Ticket(form.ticket), Secret::new(code))
}

pub(super) fn choices(level: &str, language: &str, page_language: Language) -> Choices {
    Choices {
        language: Language::parse(language).unwrap_or(page_language),
        disclosure: Disclosure::parse(level).unwrap_or_default(),
    }
}

pub(super) fn levels(page: &Page, chosen: Disclosure) -> Vec<Choice> {
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

pub(super) fn languages(chosen: Language) -> Vec<Choice> {
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
