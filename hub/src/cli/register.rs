//! `register`: somebody whose contacts staff has verified, as from the paper form.

use anyhow::{Context as _, bail};
use clap::Args;
use savin_shared::pii::Secret;
use serde_json::json;

use super::output::{Output, ask};
use crate::app;
use crate::config::Config;
use crate::ids::{PersonId, RegistrantId};
use crate::names::{initials, words};
use crate::notification::address::EmailAddress;
use crate::notification::care::{Care, Excepted, Quiet, Voicemail, pin};
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::Disclosure;
use crate::notification::phone::PhoneNumber;
use crate::notification::postal::{PostalAddress, PostalLines};
use crate::notification::words::Language;
use crate::store::registry::{lookup, merge, person, record};
use crate::vault::command::{Answer, Choices, Command, StaffAnswer, StaffCommand, Subscribed};

/// Register somebody.
#[derive(Debug, Args)]
pub(super) struct Register {
    /// How she wants to be told: email (up to 2), telephone (up to 3) or letter; once for each address and
    /// number, those that are tried first first. Where is asked for, or
    /// read from standard input, one line an answer: on the command line it would stay in the shell's
    /// history, and others could see it. A letter asks for name, street, unit, city, state and ZIP.
    #[arg(long, default_value = "email", value_name = "WAY")]
    by: Vec<String>,
    /// Whose registration it adds to, by pseudonym. Without it the one that has the e-mail address, or
    /// a new one.
    #[arg(long, value_name = "REGISTRANT")]
    to: Option<RegistrantId>,
    /// About whom: the identifier in the address of the person's page, an MDOC number, or a name
    /// that fits one person only.
    #[arg(long)]
    person: String,
    /// In which language: en or es.
    #[arg(long, default_value = "en")]
    language: String,
    /// How much a message may say: discreet, full or content-free.
    #[arg(long, default_value = "discreet")]
    level: String,
    /// In which hours she is neither called nor written to by e-mail, as in 21:00-07:00.
    #[arg(long, value_name = "HOURS")]
    quiet: Option<String>,
    /// What is told in these hours all the same: escapes, releases (and escapes) or nothing.
    #[arg(
        long,
        value_name = "EVENTS",
        default_value = "escapes",
        requires = "quiet"
    )]
    except: String,
    /// What an answering machine hears: never anything, or a neutral request to call back.
    #[arg(long, value_name = "WHAT", default_value = "never")]
    voicemail: String,
    /// Ask for the word by which she knows that a call is ours.
    #[arg(long)]
    code_word: bool,
    /// Ask for the PIN by which she confirms in a call.
    #[arg(long)]
    pin: bool,
}

impl Register {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let language = Language::parse(&self.language).context("--language is \"en\" or \"es\"")?;
        let disclosure = Disclosure::parse(&self.level)
            .context("--level is \"discreet\", \"full\" or \"content-free\"")?;
        let (person, label) = self.person(config)?;
        let contacts = self.contacts()?;
        let care = self.care()?;
        let pin = if self.pin {
            let said = ask("PIN, 4 to 6 digits: ")?;
            Some(pin(&Secret::new(said.reveal().clone()))?)
        } else {
            None
        };
        let vault = app::open_vault(config)?;
        let choices = Choices {
            language,
            disclosure,
        };
        let about = Subscribed { person, label };
        let register = StaffCommand::Register {
            contacts,
            to: self.to,
            about,
            choices,
        };
        let Answer::Staff(StaffAnswer::Registered(registrant)) =
            vault.handle(Command::Staff(register))?
        else {
            bail!("the vault gave another answer");
        };
        if care.is_some() || pin.is_some() {
            let keep = StaffCommand::Care {
                registrant,
                care,
                pin,
            };
            vault.handle(Command::Staff(keep))?;
        }
        if output.is_json() {
            return output.object(&json!({
                "registered": true, "registrant": registrant.to_string(),
            }));
        }
        output.line(&format!(
            "Registered as {registrant}. Notices begin with the next event."
        ))
    }

    /// Returns how to reach her without harm; nothing where nothing was said, so that what she said before
    /// stays.
    fn care(&self) -> anyhow::Result<Option<Care>> {
        let quiet = self.quiet.as_deref().map(Quiet::parse).transpose()?;
        let excepted = Excepted::parse(&self.except)
            .context("--except is \"escapes\", \"releases\" or \"nothing\"")?;
        let voicemail =
            Voicemail::parse(&self.voicemail).context("--voicemail is \"never\" or \"neutral\"")?;
        let code_word = if self.code_word {
            Care::word(&ask("Code word: ")?)?
        } else {
            None
        };
        let care = Care {
            quiet,
            excepted,
            voicemail,
            code_word,
        };
        Ok(Some(care).filter(|care| *care != Care::default()))
    }

    /// Asks where she is told, in each way that she chose.
    fn contacts(&self) -> anyhow::Result<Vec<Contact>> {
        let mut ways = Vec::new();
        for word in &self.by {
            ways.push(
                Channel::parse(word).context("--by is \"email\", \"telephone\" or \"letter\"")?,
            );
        }
        ways.sort_unstable();
        for channel in Channel::ALL {
            let count = ways.iter().filter(|way| **way == channel).count();
            let most = channel.points_max();
            if count > most {
                bail!("--by {channel} can be given {most} times at most");
            }
        }
        ways.into_iter().map(contact).collect()
    }

    fn person(&self, config: &Config) -> anyhow::Result<(PersonId, String)> {
        let store = app::open_registry(config)?;
        let words = words(&self.person);
        let id = self.person.parse::<PersonId>().ok();
        let found = store.read_now("register", move |tx| {
            let id = id.map(|id| merge::current(tx, id)).transpose()?;
            let found = match id {
                Some(id) if record::of_person(tx, id)?.is_empty() => Vec::new(),
                Some(id) => vec![id],
                None => lookup::find(tx, &words, 10)?,
            };
            let mut labelled = Vec::new();
            for id in found {
                let label = person::names(tx, id)?
                    .first()
                    .map(initials)
                    .unwrap_or_default();
                labelled.push((id, label));
            }
            Ok(labelled)
        })?;
        match found.as_slice() {
            [] => bail!("nobody fits --person: `savin-hub persons find` looks by fewer words"),
            [one] => Ok(one.clone()),
            many => {
                let ids: Vec<String> = many.iter().map(|(id, _)| id.to_string()).collect();
                bail!(
                    "{} people fit --person: name one of {}",
                    many.len(),
                    ids.join(", ")
                )
            }
        }
    }
}

fn contact(channel: Channel) -> anyhow::Result<Contact> {
    Ok(match channel {
        Channel::Email => Contact::Email(EmailAddress::parse(ask("E-mail address: ")?.reveal())?),
        Channel::Telephone => Contact::Telephone(PhoneNumber::parse(ask("Telephone: ")?.reveal())?),
        Channel::Letter => Contact::Letter(PostalAddress::parse(&PostalLines {
            name: ask("Name on the envelope (may be empty): ")?,
            street: ask("Street and number, or PO box: ")?,
            unit: ask("Apartment or suite (may be empty): ")?,
            city: ask("City: ")?,
            state: ask("State, two letters: ")?,
            zip: ask("ZIP code: ")?,
        })?),
    })
}
