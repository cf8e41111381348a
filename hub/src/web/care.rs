//! What she says about being reached without harm, and her PIN, in the session that her code opened.

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Form};
use jiff::civil;
use savin_shared::pii::{Pii, Secret};
use serde::Deserialize;

use super::Portal;
use super::page::Page;
use super::portal::Choice;
use super::reach::Wrong;
use super::session::{Said, unchanged, within, within_or};
use crate::notification::care::{Care, Excepted, Quiet, Voicemail, pin};
use crate::notification::words::Language;
use crate::vault::command::{PortalCommand, Ticket};

/// What is said in the form.
#[derive(Debug, Default, Deserialize)]
pub struct CareForm {
    #[serde(default)]
    session: Secret<String>,
    #[serde(default)]
    quiet_from: String,
    #[serde(default)]
    quiet_until: String,
    #[serde(default)]
    excepted: String,
    #[serde(default)]
    voicemail: String,
    #[serde(default)]
    code_word: Pii<String>,
}

/// The form of a PIN.
#[derive(Debug, Deserialize)]
pub struct PinForm {
    #[serde(default)]
    session: Secret<String>,
    #[serde(default)]
    pin: Secret<String>,
}

/// The form of the PIN for when somebody makes her enter one; empty for none.
#[derive(Debug, Deserialize)]
pub struct SecondPinForm {
    #[serde(default)]
    session: Secret<String>,
    #[serde(default)]
    second_pin: Secret<String>,
}

/// The form as it is shown.
#[derive(Debug)]
pub(super) struct CareFields {
    pub(super) from: Vec<Hour>,
    pub(super) until: Vec<Hour>,
    pub(super) excepted: Vec<Choice>,
    pub(super) voicemail: Vec<Choice>,
    pub(super) code_word: String,
}

/// An hour to choose; none is no hour.
#[derive(Debug)]
pub(super) struct Hour {
    pub(super) value: String,
    pub(super) is_chosen: bool,
}

impl CareFields {
    /// Shows what is typed or stands.
    pub(super) fn new(page: &Page, form: &CareForm) -> Self {
        let hours = |chosen: &str| {
            let hours = std::iter::once(String::new());
            let hours = hours.chain((0..24).map(|hour| format!("{hour:02}:00")));
            let hour = |value: String| Hour {
                is_chosen: value == chosen,
                value,
            };
            hours.map(hour).collect()
        };
        let choice = |key: &str, value: &'static str, is_chosen| Choice {
            value,
            label: page.say(&format!("care-{key}-{value}")),
            hint: String::new(),
            is_chosen,
        };
        let excepted = Excepted::parse(&form.excepted).unwrap_or_default();
        let voicemail = Voicemail::parse(&form.voicemail).unwrap_or_default();
        Self {
            from: hours(&form.quiet_from),
            until: hours(&form.quiet_until),
            excepted: Excepted::ALL
                .into_iter()
                .map(|one| choice("excepted", one.as_str(), one == excepted))
                .collect(),
            voicemail: Voicemail::ALL
                .into_iter()
                .map(|one| choice("voicemail", one.as_str(), one == voicemail))
                .collect(),
            code_word: form.code_word.reveal().clone(),
        }
    }
}

impl CareForm {
    /// Fills the form with what stands.
    pub(super) fn of(care: &Care) -> Self {
        let hour = |time: civil::Time| format!("{:02}:00", time.hour());
        Self {
            quiet_from: care.quiet.map(|quiet| hour(quiet.from)).unwrap_or_default(),
            quiet_until: care
                .quiet
                .map(|quiet| hour(quiet.until))
                .unwrap_or_default(),
            excepted: care.excepted.as_str().to_owned(),
            voicemail: care.voicemail.as_str().to_owned(),
            code_word: care.code_word.clone().unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Reads what she says.
    ///
    /// # Errors
    /// Returns the first field that is wrong.
    pub(super) fn read(&self, page: &Page) -> Result<Care, Wrong> {
        let wrong = |field, key: &str| Wrong {
            field,
            text: page.say(key),
        };
        let quiet = if self.quiet_from.is_empty() && self.quiet_until.is_empty() {
            None
        } else {
            let quiet = Quiet::new(&self.quiet_from, &self.quiet_until);
            Some(quiet.map_err(|_| wrong("quiet-from", "error-quiet"))?)
        };
        let code_word = Care::word(&self.code_word);
        Ok(Care {
            quiet,
            excepted: Excepted::parse(&self.excepted).unwrap_or_default(),
            voicemail: Voicemail::parse(&self.voicemail).unwrap_or_default(),
            code_word: code_word.map_err(|_| wrong("code-word", "error-code-word"))?,
        })
    }
}

/// Keeps what she says about being reached.
pub async fn change(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<CareForm>,
) -> Response {
    let page = Page::new(&portal.lookup.site, language, "/manage");
    let read = form.read(&page);
    let session = Ticket(form.session);
    match read {
        Ok(care) => {
            let command = PortalCommand::Care {
                session: session.clone(),
                care,
            };
            within(&portal, language, session, command).await
        }
        Err(wrong) => unchanged(&portal, language, session, Said::wrong(wrong)).await,
    }
}

/// Keeps the PIN that she chose.
pub async fn change_pin(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<PinForm>,
) -> Response {
    let session = Ticket(form.session);
    let Ok(pin) = pin(&form.pin) else {
        let page = Page::new(&portal.lookup.site, language, "/manage");
        let wrong = Wrong {
            field: "pin",
            text: page.say("error-pin"),
        };
        return unchanged(&portal, language, session, Said::wrong(wrong)).await;
    };
    let command = PortalCommand::SetPin {
        session: session.clone(),
        pin,
    };
    let wrong = ("pin", "error-pin-other");
    within_or(&portal, language, (session, command), wrong).await
}

/// Keeps the PIN that she chose for when somebody makes her enter one, or forgets it.
pub async fn change_second_pin(
    State(portal): State<Portal>,
    Extension(language): Extension<Language>,
    Form(form): Form<SecondPinForm>,
) -> Response {
    let session = Ticket(form.session);
    let said = Some(form.second_pin).filter(|said| !said.reveal().trim().is_empty());
    let Ok(pin) = said.as_ref().map(pin).transpose() else {
        let page = Page::new(&portal.lookup.site, language, "/manage");
        let wrong = Wrong {
            field: "second-pin",
            text: page.say("error-pin"),
        };
        return unchanged(&portal, language, session, Said::wrong(wrong)).await;
    };
    let command = PortalCommand::SetDuressPin {
        session: session.clone(),
        pin,
    };
    let wrong = ("second-pin", "error-pin-other");
    within_or(&portal, language, (session, command), wrong).await
}
