//! `notices`: what was told, by pseudonym: who was told stays with the vault; and what a person carries
//! by telephone or letter.

pub(super) mod budget;
mod show;
mod simulate;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use savin_shared::hash::unhex;
use savin_shared::pii::{Pii, Secret};
use serde_json::json;

use super::output::{Output, ask};
use super::signing::SignAs;
use crate::app;
use crate::config::Config;
use crate::ids::NoticeId;
use crate::notification::bounds::Waits;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::outcome::Outcome;
use crate::store::registry::decision;
use crate::vault::Vault;
use crate::vault::command::{
    Answer, Command, Content, Message, NoticeRow, StaffAnswer, StaffCommand, TryOutcome,
};
use crate::vault::contacts::short;

/// Show notices, and carry those for which a person is needed.
#[derive(Debug, Args)]
pub(super) struct Notices {
    #[command(subcommand)]
    command: Option<NoticesCommand>,
    /// How many to show.
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    limit: u32,
}

#[derive(Debug, Subcommand)]
enum NoticesCommand {
    /// Show what telling has cost today and in this month, and allow more.
    Budget(budget::Budget),
    /// Show where one stands on its ladder: what was tried, what comes next and when, and why it waits.
    Show(show::Show),
    /// Rehearse the steps of a ladder, by what is said to become of each: nobody is told.
    Simulate(simulate::Simulate),
    /// Show the words to say on the telephone; with --as also the number to call, and who saw it.
    Script(One),
    /// Show the letter to post; with --as also its address, and who saw it.
    Letter(One),
    /// Say that she was told, or that the letter was posted.
    Told(Carried),
    /// Say that nobody was reached: it stays in the queue.
    Tried(Carried),
    /// Take the code that she says back: the telephone or address is hers from now on.
    Confirm(Carried),
}

/// One notice.
#[derive(Debug, Args)]
struct One {
    /// Its name, or how it begins: at least 8 digits.
    notice: String,
    #[command(flatten)]
    by: SignAs,
}

/// What became of carrying one notice.
#[derive(Debug, Args)]
struct Carried {
    /// Its name, or how it begins: at least 8 digits.
    notice: String,
    /// What to keep with it, in a few words: nothing of a registrant.
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    by: SignAs,
}

impl Notices {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match &self.command {
            None => self.list(config, output),
            Some(NoticesCommand::Budget(budget)) => budget.run(config, output),
            Some(NoticesCommand::Show(show)) => show.run(config, output),
            Some(NoticesCommand::Simulate(simulate)) => simulate.run(config, output),
            Some(NoticesCommand::Script(one)) => one.show(Channel::Telephone, config, output),
            Some(NoticesCommand::Letter(one)) => one.show(Channel::Letter, config, output),
            Some(NoticesCommand::Told(carried)) => carried.told(config, output),
            Some(NoticesCommand::Tried(carried)) => carried.tried(config, output),
            Some(NoticesCommand::Confirm(carried)) => carried.confirm(config, output),
        }
    }

    fn list(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let vault = app::open_vault(config)?;
        let StaffAnswer::Notices(notices) =
            staff(&vault, StaffCommand::Notices { limit: self.limit })?
        else {
            bail!("the vault gave another answer");
        };
        let mut rows = Vec::new();
        for notice in &notices {
            if output.is_json() {
                output.object(&json!({
                    "notice": notice.notice.to_string(),
                    "registrant": notice.registrant.to_string(),
                    "channel": notice.channel.as_str(),
                    "event": notice.about,
                    "event_position": notice.event.map(|event| event.0),
                    "state": notice.state,
                    "by_hand": notice.is_by_hand,
                    "planned_at": notice.planned_at,
                    "attempts": notice.attempts,
                    "tries": notice.tries,
                    "attempted_at": notice.attempted_at,
                    "outcome": notice.outcome,
                    "waits_for": notice.waits.map(Waits::as_str),
                    "answer": notice.answer.as_ref().map(Pii::reveal),
                }))?;
            }
            rows.push(vec![
                short(notice.notice),
                format!("{:.0}", notice.planned_at),
                notice.about.clone().unwrap_or_else(|| "(code)".to_owned()),
                notice.registrant.to_string().chars().take(8).collect(),
                format!("{} {}", notice.channel, notice.address.reveal()),
                standing(notice),
                notice.attempts.to_string(),
                last_try(notice),
            ]);
        }
        if output.is_json() {
            return Ok(());
        }
        let header = [
            "notice",
            "planned",
            "event",
            "registrant",
            "to",
            "state",
            "tries",
            "last outcome",
        ];
        if rows.is_empty() {
            return output.line("No notice has been planned yet.");
        }
        output.table(&header, rows)
    }
}

fn standing(notice: &NoticeRow) -> String {
    if notice.is_by_hand {
        return format!("waits for a {}", noun(notice.channel));
    }
    if let Some(waits @ (Waits::Number | Waits::Budget)) = notice.waits
        && notice.state == "planned"
    {
        return format!("waits: {}", waits.plain());
    }
    if notice.state == "elsewhere" {
        return "confirmed in another way".to_owned();
    }
    let taken = Outcome::parse(&notice.state).map(Outcome::plain);
    taken.unwrap_or(&notice.state).to_owned()
}

const fn noun(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "message",
        Channel::Telephone => "call",
        Channel::Letter => "letter",
    }
}

/// Returns what became of a notice's last try, and what the server said to it.
fn last_try(notice: &NoticeRow) -> String {
    let word = notice.outcome.as_deref().unwrap_or_default();
    let outcome = Outcome::parse(word).map_or(word, |word| word.plain());
    match &notice.answer {
        Some(answer) => format!("{outcome}: {}", answer.reveal()),
        None => outcome.to_owned(),
    }
}

impl One {
    fn show(&self, channel: Channel, config: &Config, output: &Output) -> anyhow::Result<()> {
        let vault = app::open_vault(config)?;
        let mut message = message(&vault, &self.notice)?;
        if message.to.channel() != channel {
            bail!(
                "this notice goes out by {}: see `savin-hub notices`",
                message.to.channel()
            );
        }
        let now = (app::world().wall)();
        let drafter = app::drafter(&config.web);
        // Whoever sees where she is reached, or a code, signs for it: each look is in the log.
        let signer = self.by.optional(config)?;
        let is_open = signer.is_some();
        if let Some(signer) = signer {
            let subject = format!("notice/{}", message.notice);
            let signed = signer.sign("contact-open", &subject, channel.as_str(), "", now)?;
            app::open_registry(config)?
                .write_now("contact open", move |tx| decision::record(tx, &signed))?;
        } else {
            hide(&mut message);
        }
        let to = match &message.to {
            _ if !is_open => vec![format!("{} (--as KEYFILE shows it)", message.to.masked())],
            Contact::Letter(address) => address.envelope(),
            Contact::Telephone(number) => vec![number.reveal().clone()],
            Contact::Email(_) => Vec::new(),
        };
        let words = match channel {
            Channel::Letter => drafter.letter_lines(&message, &to, now),
            Channel::Telephone | Channel::Email => drafter.script(&message, now),
        };
        let to = to.join(", ");
        if output.is_json() {
            return output.object(&json!({
                "notice": message.notice.to_string(),
                "channel": channel.as_str(),
                "to": to,
                "language": message.language.tag(),
                "words": words,
            }));
        }
        if channel == Channel::Telephone {
            output.line(&format!("Call {to}, in {}.", message.language.own_name()))?;
            output.line(
                "Ask first whether this is a good moment. Say whom it is about to nobody else, and \
                 leave no words on a machine.\n",
            )?;
        }
        for line in words {
            output.line(&line)?;
        }
        Ok(())
    }
}

impl Carried {
    fn told(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let vault = app::open_vault(config)?;
        let message = message(&vault, &self.notice)?;
        let by = self.sign("notice-told", message.notice, config)?;
        let detail = self.detail("told by", &by);
        carry(&vault, message.notice, TryOutcome::Accepted { detail })?;
        self.said(output, message.notice, "told")
    }

    fn tried(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let vault = app::open_vault(config)?;
        let message = message(&vault, &self.notice)?;
        let by = self.sign("notice-tried", message.notice, config)?;
        let detail = self.detail("not reached by", &by);
        carry(&vault, message.notice, TryOutcome::Deferred { detail })?;
        self.said(output, message.notice, "tried, and waits on")
    }

    fn confirm(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let vault = app::open_vault(config)?;
        let message = message(&vault, &self.notice)?;
        let Content::Code(_) = &message.content else {
            bail!("this notice carries no code: see `savin-hub notices`");
        };
        let notice = message.notice;
        let code = Secret::new(ask("The code that she said: ")?.reveal().replace(' ', ""));
        let by = self.sign("contact-prove", notice, config)?;
        let proved = staff(&vault, StaffCommand::Prove { notice, code })?;
        if !matches!(proved, StaffAnswer::Changed(true)) {
            bail!("the code is not right, or is too old");
        }
        // It was told: she knows it.
        let detail = self.detail("said back to", &by);
        let outcome = TryOutcome::Accepted { detail };
        staff(&vault, StaffCommand::Carried { notice, outcome })?;
        self.said(output, notice, "confirmed")
    }

    /// Signs what was done and returns who did it.
    fn sign(
        &self,
        kind: &'static str,
        notice: NoticeId,
        config: &Config,
    ) -> anyhow::Result<String> {
        let signer = self.by.signer(config)?;
        let now = (app::world().wall)();
        let signed = signer.sign(kind, &format!("notice/{notice}"), kind, &self.note, now)?;
        app::open_registry(config)?
            .write_now("decision", move |tx| decision::record(tx, &signed))?;
        Ok(signer.name().to_owned())
    }

    fn detail(&self, what: &str, by: &str) -> String {
        let note = self.note.as_str();
        let sep = if note.is_empty() { "" } else { ": " };
        format!("{what} {by}{sep}{note}")
    }

    fn said(&self, output: &Output, notice: NoticeId, what: &str) -> anyhow::Result<()> {
        if output.is_json() {
            let notice = notice.to_string();
            return output.object(&json!({ "notice": notice, "outcome": what }));
        }
        output.line(&format!("{}: {what}.", short(notice)))
    }
}

fn carry(vault: &Vault, notice: NoticeId, outcome: TryOutcome) -> anyhow::Result<()> {
    let carried = staff(vault, StaffCommand::Carried { notice, outcome })?;
    if !matches!(carried, StaffAnswer::Changed(true)) {
        bail!("this notice waits for nobody any more: see `savin-hub notices`");
    }
    Ok(())
}

/// Takes the code out of what is shown without a signature.
pub(super) fn hide(message: &mut Message) {
    if let Content::Code(code) = &mut message.content {
        *code = Secret::new("••••••".to_owned());
    }
}

/// Returns the one notice whose name begins so.
pub(super) fn beginning(vault: &Vault, named: &str) -> anyhow::Result<NoticeId> {
    let begins = begins(named)?;
    let StaffAnswer::Notices(found) = staff(vault, StaffCommand::Beginning { begins })? else {
        bail!("the vault gave another answer");
    };
    match found.as_slice() {
        [one] => Ok(one.notice),
        [] | [..] => bail!(
            "no notice begins so, or more than one: `savin-hub notices --json` shows their names"
        ),
    }
}

/// Reads how a notice's name begins.
fn begins(named: &str) -> anyhow::Result<Vec<u8>> {
    let bytes = unhex(&named.replace('-', "")).filter(|bytes| (4..=16).contains(&bytes.len()));
    bytes.context("a notice is named by the first 8 or more digits of its name")
}

/// Returns a notice's message, by how its name begins.
pub(super) fn message(vault: &Vault, named: &str) -> anyhow::Result<Message> {
    let notice = begins(named)?;
    let StaffAnswer::Message(Some(message)) = staff(vault, StaffCommand::Message { notice })?
    else {
        bail!(
            "no notice of that name can be told: she may have stopped, or more than one begins so"
        );
    };
    Ok(*message)
}

fn staff(vault: &Vault, command: StaffCommand) -> anyhow::Result<StaffAnswer> {
    match vault.handle(Command::Staff(command))? {
        Answer::Staff(answer) => Ok(answer),
        Answer::Portal(_) | Answer::Planner(_) | Answer::Courier(_) => {
            bail!("the vault gave another answer")
        }
    }
}
