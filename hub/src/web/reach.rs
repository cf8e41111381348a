//! The fields in which somebody says how she wants to be told, and what is wrong with them.

use savin_shared::pii::{Pii, Secret};
use serde::Deserialize;

use super::page::Page;
use crate::notification::address::{AddressError, EmailAddress};
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::phone::PhoneNumber;
use crate::notification::postal::{PostalAddress, PostalLines};

/// What a form with ways to be told carries: the ways, how much and in which language, and her session.
#[derive(Debug, Default, Deserialize)]
pub struct ReachForm {
    #[serde(default)]
    email: Pii<String>,
    #[serde(default)]
    telephone: Pii<String>,
    #[serde(default)]
    name: Pii<String>,
    #[serde(default)]
    street: Pii<String>,
    #[serde(default)]
    unit: Pii<String>,
    #[serde(default)]
    city: Pii<String>,
    #[serde(default)]
    state: Pii<String>,
    #[serde(default)]
    zip: Pii<String>,
    #[serde(default)]
    pub(super) level: String,
    #[serde(default)]
    pub(super) language: String,
    #[serde(default)]
    pub(super) session: Secret<String>,
}

/// One field as it is shown.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) id: &'static str,
    pub(super) kind: &'static str,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) value: String,
    pub(super) error: Option<String>,
}

/// Fields that belong together.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) legend: String,
    pub(super) hint: String,
    pub(super) fields: Vec<Field>,
}

/// Which field is wrong, and what is said about it.
#[derive(Debug, Clone)]
pub(super) struct Wrong {
    pub(super) field: &'static str,
    pub(super) text: String,
}

impl ReachForm {
    /// Begins with the state that almost everybody lives in.
    pub(super) fn blank() -> Self {
        Self {
            state: Pii::new("MS".to_owned()),
            ..Self::default()
        }
    }

    /// Returns the ways that were filled in: at least one.
    ///
    /// # Errors
    /// Returns the first field that is wrong.
    pub(super) fn contacts(&self, page: &Page) -> Result<Vec<Contact>, Wrong> {
        let found = [
            given(EmailAddress::parse(self.email.reveal()), Contact::Email),
            given(
                PhoneNumber::parse(self.telephone.reveal()),
                Contact::Telephone,
            ),
            given(PostalAddress::parse(&self.lines()), Contact::Letter),
        ];
        let mut contacts = Vec::new();
        for (channel, found) in Channel::ALL.into_iter().zip(found) {
            let found = found.map_err(|error| wrong(page, channel, error))?;
            contacts.extend(found);
        }
        if contacts.is_empty() {
            return Err(Wrong {
                field: "email",
                text: page.say("error-reach-empty"),
            });
        }
        Ok(contacts)
    }

    /// Returns the e-mail address, which must be there.
    ///
    /// # Errors
    /// Returns what is wrong with it.
    pub(super) fn email(&self, page: &Page) -> Result<EmailAddress, Wrong> {
        EmailAddress::parse(self.email.reveal()).map_err(|error| wrong(page, Channel::Email, error))
    }

    /// Shows the field of e-mail alone.
    pub(super) fn email_field(&self, page: &Page, wrong: Option<&Wrong>) -> Field {
        field(page, ("email", "email"), &self.email, wrong)
    }

    /// Shows the groups of these channels.
    pub(super) fn groups(
        &self,
        page: &Page,
        channels: &[Channel],
        wrong: Option<&Wrong>,
    ) -> Vec<Group> {
        channels
            .iter()
            .map(|channel| {
                let fields = match channel {
                    Channel::Email => vec![self.email_field(page, wrong)],
                    Channel::Telephone => {
                        vec![field(page, ("telephone", "tel"), &self.telephone, wrong)]
                    }
                    Channel::Letter => self.letter_fields(page, wrong),
                };
                Group {
                    legend: page.say(&format!("reach-{channel}")),
                    hint: page.say(&format!("reach-{channel}-hint")),
                    fields,
                }
            })
            .collect()
    }

    fn letter_fields(&self, page: &Page, wrong: Option<&Wrong>) -> Vec<Field> {
        [
            ("name", &self.name),
            ("street", &self.street),
            ("unit", &self.unit),
            ("city", &self.city),
            ("state", &self.state),
            ("zip", &self.zip),
        ]
        .into_iter()
        .map(|(id, value)| field(page, (id, "text"), value, wrong))
        .collect()
    }

    fn lines(&self) -> PostalLines {
        PostalLines {
            name: self.name.clone(),
            street: self.street.clone(),
            unit: self.unit.clone(),
            city: self.city.clone(),
            state: self.state.clone(),
            zip: self.zip.clone(),
        }
    }
}

/// An empty way is one that was not chosen.
fn given<T>(
    parsed: Result<T, AddressError>,
    wrap: impl FnOnce(T) -> Contact,
) -> Result<Option<Contact>, AddressError> {
    match parsed {
        Ok(address) => Ok(Some(wrap(address))),
        Err(AddressError::Empty) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn field(
    page: &Page,
    (id, kind): (&'static str, &'static str),
    value: &Pii<String>,
    wrong: Option<&Wrong>,
) -> Field {
    Field {
        id,
        kind,
        label: page.say(&format!("reach-{id}-label")),
        hint: page.say(&format!("reach-{id}-field-hint")),
        value: value.reveal().clone(),
        error: wrong
            .filter(|wrong| wrong.field == id)
            .map(|wrong| wrong.text.clone()),
    }
}

/// Says what is wrong with an address, at the field where it can be put right.
fn wrong(page: &Page, channel: Channel, error: AddressError) -> Wrong {
    let (field, key) = match (error, channel) {
        (AddressError::Empty, Channel::Email) => ("email", "error-email-empty"),
        (AddressError::Empty | AddressError::Phone, Channel::Telephone)
        | (AddressError::Phone, Channel::Email | Channel::Letter) => {
            ("telephone", "error-telephone-wrong")
        }
        (AddressError::NotOne, _) => ("email", "error-email-wrong"),
        (AddressError::PhoneRefused, _) => ("telephone", "error-telephone-refused"),
        (AddressError::Name, _) => ("name", "error-name"),
        (AddressError::Empty, Channel::Letter) | (AddressError::Street, _) => {
            ("street", "error-street")
        }
        (AddressError::City, _) => ("city", "error-city"),
        (AddressError::State, _) => ("state", "error-state"),
        (AddressError::Zip, _) => ("zip", "error-zip"),
    };
    Wrong {
        field,
        text: page.say(key),
    }
}
