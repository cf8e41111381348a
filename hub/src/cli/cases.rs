//! `cases`: which court cases a registrant follows, and which protective orders she asked for.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::output::{Output, ask};
use super::signing::SignAs;
use crate::app;
use crate::config::Config;
use crate::ids::{EventPosition, RegistrantId};
use crate::notification::follow::{FollowKind, Followed};
use crate::store::registry::decision;
use crate::store::registry::instruction::{self, InstructionKind};
use crate::vault::command::{Answer, Command, FollowCommand, StaffAnswer, StaffCommand};
use crate::vault::follow::FOLLOWED_MAX;

/// Attach, detach and show cases and orders.
#[derive(Debug, Subcommand)]
pub(super) enum CasesCommand {
    /// Tell a registrant of a case, or of an order that she asked for.
    Attach(Attach),
    /// Tell her of it no more.
    Detach(One),
    /// Show what a registrant follows.
    List {
        /// The registrant, by pseudonym.
        registrant: RegistrantId,
    },
}

/// Which of the two.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// A court case.
    Case,
    /// A protective order.
    Order,
}

/// One case or order of a registrant. Its number and court are asked for, or read from standard input, a
/// line each: on the command line they would stay in the shell's history.
#[derive(Debug, Args)]
pub(super) struct One {
    /// The registrant, by pseudonym.
    registrant: RegistrantId,
    /// What it is.
    #[arg(long, value_enum, default_value = "case")]
    kind: Kind,
    #[command(flatten)]
    by: SignAs,
}

/// One case or order that is attached.
#[derive(Debug, Args)]
pub(super) struct Attach {
    #[command(flatten)]
    one: One,
    /// An event that she is to be told after all, by its number in `savin-hub events`.
    #[arg(long, value_name = "EVENT")]
    tell: Option<i64>,
}

impl CasesCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::Attach(attach) => attach.one.change(attach.tell, true, config, output),
            Self::Detach(one) => one.change(None, false, config, output),
            Self::List { registrant } => list(*registrant, config, output),
        }
    }
}

impl One {
    fn change(
        &self,
        tell: Option<i64>,
        is_attached: bool,
        config: &Config,
        output: &Output,
    ) -> anyhow::Result<()> {
        let signer = self.by.signer(config)?;
        let kind = match self.kind {
            Kind::Case => FollowKind::Case,
            Kind::Order => FollowKind::Order,
        };
        let (number, court) = (ask("Number: ")?, ask("Court: ")?);
        let followed = Followed::read(kind, number.reveal(), court.reveal())
            .context("failed to read the number on the first line and the court on the second")?
            .context("give the number on the first line and the court on the second")?;
        let (registrant, word) = (
            self.registrant,
            if is_attached { "attach" } else { "detach" },
        );
        let now = (app::world().wall)();
        let (subject, choice) = (format!("registrant/{registrant}"), kind.as_str());
        let kind = if is_attached {
            "case-attach"
        } else {
            "case-detach"
        };
        let signed = signer.sign(kind, &subject, choice, "", now)?;
        let command = if is_attached {
            FollowCommand::Attach {
                registrant,
                followed,
            }
        } else {
            FollowCommand::Detach {
                registrant,
                followed,
            }
        };
        // First the decision, then what follows from it: the other order could act without.
        let store = app::open_registry(config)?;
        let decision = store.write_now("decision", move |tx| decision::record(tx, &signed))?;
        let StaffAnswer::Changed(true) = vault(config, command)? else {
            bail!(
                "there is no such registrant, or she does not follow that, or follows {FOLLOWED_MAX} already"
            );
        };
        if let Some(event) = tell.map(EventPosition) {
            store.write_now("tell", move |tx| {
                instruction::give(tx, InstructionKind::Tell, event, decision, now)
            })?;
        }
        if output.is_json() {
            let registrant = registrant.to_string();
            return output.object(&json!({ "registrant": registrant, "choice": word }));
        }
        output.line(&format!("{registrant}: {word}, {choice}."))
    }
}

fn list(registrant: RegistrantId, config: &Config, output: &Output) -> anyhow::Result<()> {
    let StaffAnswer::Followed(followed) = vault(config, FollowCommand::List { registrant })? else {
        bail!("the vault gave another answer");
    };
    let mut rows = Vec::new();
    for one in followed {
        if output.is_json() {
            output.object(&json!({
                "kind": one.kind.as_str(), "number": one.number, "court": one.court,
            }))?;
        }
        rows.push(vec![one.kind.as_str().to_owned(), one.number, one.court]);
    }
    if output.is_json() {
        return Ok(());
    }
    if rows.is_empty() {
        return output.line("She follows no case and no order.");
    }
    output.table(&["what", "number", "court"], rows)
}

fn vault(config: &Config, command: FollowCommand) -> anyhow::Result<StaffAnswer> {
    let vault = app::open_vault(config)?;
    let Answer::Staff(answer) = vault.handle(Command::Staff(StaffCommand::Follow(command)))? else {
        bail!("the vault gave another answer");
    };
    Ok(answer)
}
