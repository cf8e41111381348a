//! `register`: somebody whose address staff has verified, as from the paper form.

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::output::{Output, ask};
use crate::app;
use crate::config::Config;
use crate::ids::PersonId;
use crate::names::{initials, words};
use crate::notification::address::EmailAddress;
use crate::notification::fact::Disclosure;
use crate::notification::words::Language;
use crate::store::registry::{lookup, merge, person, record};
use crate::vault::command::{Choices, Command, StaffCommand, Subscribed};

/// Register somebody.
#[derive(Debug, Args)]
pub(super) struct Register {
    /// Where the e-mail address, which staff has verified, comes from: only `-`, standard input. On
    /// the command line it would stay in the shell's history, and others could see it.
    #[arg(long, default_value = "-", value_name = "-")]
    email: String,
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
}

impl Register {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        if self.email != "-" {
            bail!(
                "an address on the command line stays in the shell's history: leave --email out \
                 and give the address on standard input"
            );
        }
        let language = Language::parse(&self.language).context("--language is \"en\" or \"es\"")?;
        let disclosure = Disclosure::parse(&self.level)
            .context("--level is \"discreet\", \"full\" or \"content-free\"")?;
        let (person, label) = self.person(config)?;
        let address = EmailAddress::parse(ask("E-mail address: ")?.reveal())?;
        let vault = app::open_vault(config)?;
        let choices = Choices {
            language,
            disclosure,
        };
        let about = Subscribed { person, label };
        vault.handle(Command::Staff(StaffCommand::Register {
            address,
            about,
            choices,
        }))?;
        if output.is_json() {
            return output.object(&json!({ "registered": true }));
        }
        output.line("Registered. Notices begin with the next event.")
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
            [] => bail!("nobody fits --person"),
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
