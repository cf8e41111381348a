//! `contacts`: where a registrant is told, masked, in the order in which it is tried.

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{Output, ask};
use super::signing::SignAs;
use crate::app;
use crate::config::Config;
use crate::ids::{ContactId, RegistrantId};
use crate::notification::phone::PhoneNumber;
use crate::store::registry::decision;
use crate::vault::command::{Answer, Command, ContactCommand, StaffAnswer, StaffCommand};

/// Show, order and remove where a registrant is told. `register --to` adds.
#[derive(Debug, Subcommand)]
pub(super) enum ContactsCommand {
    /// Show where a registrant is told, in the order in which it is tried.
    List {
        /// The registrant, by pseudonym.
        registrant: RegistrantId,
    },
    /// Try one first of its kind.
    First(One),
    /// Call a telephone again whose owner once wanted no more calls. The number is asked for.
    Allow(SignAs),
    /// Tell her there no more; not where she would be told nowhere.
    Remove(One),
}

/// One contact of a registrant.
#[derive(Debug, Args)]
pub(super) struct One {
    /// The registrant, by pseudonym.
    registrant: RegistrantId,
    /// The contact, as `contacts list` names it.
    contact: ContactId,
    #[command(flatten)]
    by: SignAs,
}

impl ContactsCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::List { registrant } => list(*registrant, config, output),
            Self::First(one) => {
                let (registrant, contact) = (one.registrant, one.contact);
                let command = ContactCommand::First {
                    registrant,
                    contact,
                };
                one.change(("contact-first", "first"), command, config, output)
            }
            Self::Allow(by) => allow(by, config, output),
            Self::Remove(one) => {
                let (registrant, contact) = (one.registrant, one.contact);
                let command = ContactCommand::Remove {
                    registrant,
                    contact,
                };
                one.change(("contact-remove", "removed"), command, config, output)
            }
        }
    }
}

impl One {
    fn change(
        &self,
        (kind, said): (&'static str, &str),
        command: ContactCommand,
        config: &Config,
        output: &Output,
    ) -> anyhow::Result<()> {
        let signer = self.by.signer(config)?;
        let (registrant, contact) = (self.registrant, self.contact);
        let now = (app::world().wall)();
        let subject = format!("registrant/{registrant}");
        let signed = signer.sign(kind, &subject, &contact.to_string(), "", now)?;
        // First the decision, then what follows from it: the other order could act without.
        app::open_registry(config)?
            .write_now("decision", move |tx| decision::record(tx, &signed))?;
        let StaffAnswer::Changed(true) = vault(config, command)? else {
            bail!("she has no such contact: see `savin-hub contacts list {registrant}`");
        };
        if output.is_json() {
            let (registrant, contact) = (registrant.to_string(), contact.to_string());
            return output.object(&json!({
                "registrant": registrant, "contact": contact, "choice": said,
            }));
        }
        output.line(&format!("{contact}: {said}."))
    }
}

fn allow(by: &SignAs, config: &Config, output: &Output) -> anyhow::Result<()> {
    let signer = by.signer(config)?;
    let said = ask("Telephone number: ")?;
    let number = PhoneNumber::parse(said.reveal())?;
    let now = (app::world().wall)();
    // The decision names no number: the registry must not hold who is called.
    let signed = signer.sign("contact-allow", "telephone", "allow", "", now)?;
    app::open_registry(config)?.write_now("decision", move |tx| decision::record(tx, &signed))?;
    let StaffAnswer::Changed(true) = vault(config, ContactCommand::Allow { number })? else {
        bail!("that number may be called as it is");
    };
    if output.is_json() {
        return output.object(&json!({ "choice": "allow" }));
    }
    output.line("It may be called again.")
}

fn list(registrant: RegistrantId, config: &Config, output: &Output) -> anyhow::Result<()> {
    let StaffAnswer::Contacts(contacts) = vault(config, ContactCommand::List { registrant })?
    else {
        bail!("the vault gave another answer");
    };
    let mut rows = Vec::new();
    for one in contacts {
        let standing = match (one.is_proved, one.is_silenced) {
            (false, _) => "waits for its code",
            (true, true) => "turned off",
            (true, false) if one.ends_at.is_some() => "told until it ends",
            (true, false) => "told",
        };
        let contact = one.contact.to_string();
        if output.is_json() {
            output.object(&json!({
                "contact": contact, "channel": one.channel.as_str(), "address": one.address,
                "state": standing, "ends_at": one.ends_at.map(|at| at.to_string()),
            }))?;
        }
        let channel = one.channel.to_string();
        rows.push(vec![contact, channel, one.address, standing.to_owned()]);
    }
    if output.is_json() {
        return Ok(());
    }
    if rows.is_empty() {
        return output.line("There is no such registrant, or she is told nowhere.");
    }
    output.table(&["contact", "by", "address", "state"], rows)
}

fn vault(config: &Config, command: ContactCommand) -> anyhow::Result<StaffAnswer> {
    let vault = app::open_vault(config)?;
    let command = Command::Staff(StaffCommand::Contacts(command));
    let Answer::Staff(answer) = vault.handle(command)? else {
        bail!("the vault gave another answer");
    };
    Ok(answer)
}
