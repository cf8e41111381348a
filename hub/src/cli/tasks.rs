//! `tasks`: what waits for a person, of both queues, and what a named person makes of it.

mod settling;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use self::settling::{settle, taken_back};
use super::output::Output;
use super::signing::SignAs;
use crate::app;
use crate::config::Config;
use crate::decided::entry::About;
use crate::store::StoreError;
use crate::store::registry::decision::{self, Choice, Kept};
use crate::store::registry::staff;
use crate::store::registry::task::{self, TaskId, TaskRow};
use crate::vault::Vault;
use crate::vault::command::{Answer, Command, StaffAnswer, StaffCommand, TaskCommand, VaultTask};
use crate::vault::parted::{ASKS, OTHER, SAME};
use crate::work::task::TaskKind;

/// Show and settle what waits for a person.
#[derive(Debug, Args)]
pub(super) struct Tasks {
    #[command(subcommand)]
    command: Option<TasksCommand>,
    #[command(flatten)]
    filter: Filter,
}

/// Which tasks.
#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Only tasks of this kind.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// How many of each queue to show.
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    limit: u32,
}

#[derive(Debug, Subcommand)]
enum TasksCommand {
    /// Show the open tasks of both queues.
    List(Filter),
    /// Show one task and what was decided about it.
    Show {
        /// Its number; with a v before it, one of the vault.
        task: String,
    },
    /// Say that you work on it.
    Claim(Choose),
    /// Settle it.
    Done(Done),
    /// Hand it to another member of staff.
    Reassign {
        /// Its number.
        task: String,
        /// To whom.
        #[arg(long, value_name = "NAME")]
        to: String,
        #[command(flatten)]
        by: SignAs,
    },
}

/// One task, and who acts.
#[derive(Debug, Args)]
struct Choose {
    /// Its number; with a v before it, one of the vault.
    task: String,
    #[command(flatten)]
    by: SignAs,
}

/// A decision.
#[derive(Debug, Args)]
struct Done {
    /// Its number; with a v before it, one of the vault.
    task: String,
    /// What was decided. An event-review takes `tell` or `leave`, a release-check `dismiss`, `tell` or
    /// `correct`.
    #[arg(long, default_value = "done")]
    choice: String,
    /// Why, in a few words: nothing of a registrant.
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    by: SignAs,
}

/// In which queue a task is.
#[derive(Debug, Clone, Copy)]
enum Place {
    Registry(TaskId),
    Vault(i64),
}

impl Place {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let number = |text: &str| {
            let number = text.parse::<i64>().ok();
            number.with_context(|| format!("{text:?} is not the number of a task"))
        };
        Ok(match text.strip_prefix('v') {
            Some(text) => Self::Vault(number(text)?),
            None => Self::Registry(TaskId(number(text)?)),
        })
    }

    fn subject(self) -> String {
        match self {
            Self::Registry(task) => format!("task/{}", task.0),
            Self::Vault(task) => format!("vault-task/{task}"),
        }
    }
}

impl Tasks {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match &self.command {
            None => list(&self.filter, config, output),
            Some(TasksCommand::List(filter)) => list(filter, config, output),
            Some(TasksCommand::Show { task }) => show(Place::parse(task)?, config, output),
            Some(TasksCommand::Claim(choose)) => {
                let place = Place::parse(&choose.task)?;
                let signer = choose.by.signer(config)?;
                hand_over(place, signer.name(), (&choose.by, "task-claim"), config)?;
                said(output, place, "claim", signer.name())
            }
            Some(TasksCommand::Reassign { task, to, by }) => {
                let place = Place::parse(task)?;
                hand_over(place, to, (by, "task-reassign"), config)?;
                said(output, place, "reassign", to)
            }
            Some(TasksCommand::Done(done)) => done.run(config, output),
        }
    }
}

fn said(output: &Output, place: Place, choice: &str, who: &str) -> anyhow::Result<()> {
    if output.is_json() {
        return output.object(&json!({
            "task": place.subject(), "choice": choice, "staff": who,
        }));
    }
    output.line(&format!("{}: {choice}, {who}.", place.subject()))
}

/// Notes who works on a task from now on.
fn hand_over(
    place: Place,
    to: &str,
    (by, kind): (&SignAs, &'static str),
    config: &Config,
) -> anyhow::Result<()> {
    let signer = by.signer(config)?;
    let now = (app::world().wall)();
    let signed = signer.sign(kind, &place.subject(), to, "", now)?;
    let (to, is_claim) = (to.to_owned(), kind == "task-claim");
    let new = to.clone();
    app::open_registry(config)?.write_now("hand over", move |tx| {
        if staff::active(tx, &new)?.is_none() {
            return Err(StoreError::Refused(format!(
                "no member of staff is called {new}"
            )));
        }
        decision::record(tx, &signed)?;
        let Place::Registry(id) = place else {
            return Ok(());
        };
        let before = task::load(tx, id)?.and_then(|row| row.claimed_by);
        if let Some(other) = before.filter(|other| is_claim && *other != new) {
            return Err(StoreError::Refused(format!(
                "{other} works on it: a supervisor hands it over with `savin-hub tasks reassign`"
            )));
        }
        task::claim(tx, id, &new, now)
    })?;
    if let Place::Vault(task) = place {
        let vault = app::open_vault(config)?;
        changed(&vault, TaskCommand::Claim { task, staff: to })?;
    }
    Ok(())
}

impl Done {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let place = Place::parse(&self.task)?;
        let signer = self.by.signer(config)?;
        let now = (app::world().wall)();
        let subject = place.subject();
        // What reaches many takes the role that a correction takes.
        let kind = if self.choice == "correct" {
            "correction"
        } else {
            "task-done"
        };
        let store = app::open_registry(config)?;
        let made = Choice {
            kind,
            subject: &subject,
            choice: &self.choice,
            note: &self.note,
        };
        let about = if kind == "correction" {
            About::Events(taken_back(&store, place)?)
        } else {
            About::Words
        };
        let signed = signer.sign_about(made, about, now)?;
        let choice = self.choice.clone();
        match place {
            Place::Registry(id) => {
                store.write_now("task done", move |tx| settle(tx, id, &choice, &signed, now))?;
            }
            Place::Vault(task) => {
                // First the decision, then what follows from it: the other order could act without.
                let vault = app::open_vault(config)?;
                self.answers(&vault, task)?;
                let decision =
                    store.write_now("decision", move |tx| decision::record(tx, &signed))?;
                let (choice, decision) = (self.choice.clone(), decision.0);
                changed(
                    &vault,
                    TaskCommand::Done {
                        task,
                        choice,
                        decision,
                    },
                )?;
            }
        }
        said(output, place, &self.choice, signer.name())
    }

    /// Takes only an answer for a task that asks whom somebody meant: what waits for her follows from it.
    fn answers(&self, vault: &Vault, task: i64) -> anyhow::Result<()> {
        let asked = vault_tasks(vault, TaskCommand::Load { task })?;
        let asks = asked.iter().any(|task| task.subject.starts_with(ASKS));
        if asks && ![SAME, OTHER].contains(&self.choice.as_str()) {
            bail!(
                "this task asks whom she meant: --choice {SAME} tells her what waits, --choice {OTHER} drops it"
            );
        }
        Ok(())
    }
}

fn changed(vault: &Vault, command: TaskCommand) -> anyhow::Result<()> {
    let StaffAnswer::Changed(true) = ask(vault, command)? else {
        bail!("there is no such open task in the vault: see `savin-hub tasks`");
    };
    Ok(())
}

fn ask(vault: &Vault, command: TaskCommand) -> anyhow::Result<StaffAnswer> {
    match vault.handle(Command::Staff(StaffCommand::Tasks(command)))? {
        Answer::Staff(answer) => Ok(answer),
        Answer::Portal(_) | Answer::Planner(_) | Answer::Courier(_) => {
            bail!("the vault gave another answer")
        }
    }
}

fn vault_tasks(vault: &Vault, command: TaskCommand) -> anyhow::Result<Vec<VaultTask>> {
    let StaffAnswer::Tasks(tasks) = ask(vault, command)? else {
        bail!("the vault gave another answer");
    };
    Ok(tasks)
}

fn list(filter: &Filter, config: &Config, output: &Output) -> anyhow::Result<()> {
    let kind = match &filter.kind {
        None => None,
        Some(word) => Some(TaskKind::parse(word).with_context(|| {
            let kinds = TaskKind::ALL.map(TaskKind::as_str);
            format!("--kind is one of {}", kinds.join(", "))
        })?),
    };
    let limit = filter.limit;
    let registry = app::open_registry(config)?
        .read_now("tasks", move |tx| task::open_ones(tx, kind, limit))?;
    let vault = app::open_vault(config)?;
    let vault = vault_tasks(&vault, TaskCommand::List { kind, limit })?;
    if output.is_json() {
        for row in &registry {
            output.object(&registry_json(row))?;
        }
        for row in &vault {
            output.object(&vault_json(row))?;
        }
        return Ok(());
    }
    if registry.is_empty() && vault.is_empty() {
        return output.line("Nothing waits for a person.");
    }
    let mut rows: Vec<_> = registry.iter().map(registry_row).collect();
    rows.extend(vault.iter().map(vault_row));
    let header = [
        "task",
        "level",
        "urgency",
        "kind",
        "about",
        "due",
        "claimed",
        "what to do",
    ];
    output.table(&header, rows)
}

fn show(place: Place, config: &Config, output: &Output) -> anyhow::Result<()> {
    let subject = place.subject();
    let store = app::open_registry(config)?;
    let (row, decisions) = store.read_now("task", move |tx| {
        let row = match place {
            Place::Registry(id) => task::load(tx, id)?,
            Place::Vault(_) => None,
        };
        Ok((row, decision::about(tx, &subject)?))
    })?;
    let mut value = match (place, row) {
        (Place::Registry(_), Some(row)) => registry_json(&row),
        (Place::Registry(_), None) => bail!("there is no such task: see `savin-hub tasks`"),
        (Place::Vault(task), _) => {
            let vault = app::open_vault(config)?;
            let found = vault_tasks(&vault, TaskCommand::Load { task })?;
            vault_json(
                found
                    .first()
                    .context("there is no such task in the vault")?,
            )
        }
    };
    let decisions: Vec<_> = decisions.iter().map(decision_json).collect();
    if let Some(object) = value.as_object_mut() {
        object.insert("decisions".to_owned(), json!(decisions));
    }
    if output.is_json() {
        return output.object(&value);
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        match value.as_str() {
            _ if value.is_null() => {}
            Some(text) => output.line(&format!("{name}: {text}"))?,
            None => output.line(&format!("{name}: {value}"))?,
        }
    }
    Ok(())
}

fn decision_json(kept: &Kept) -> serde_json::Value {
    json!({
        "kind": kept.decision.kind,
        "choice": kept.decision.choice,
        "note": kept.decision.note,
        "staff": kept.decision.staff,
        "decided_at": kept.decision.decided_at,
        "verifies": kept.is_good,
    })
}

fn registry_json(row: &TaskRow) -> serde_json::Value {
    let about = &row.about;
    json!({
        "task": row.task.0.to_string(),
        "kind": about.kind.as_str(),
        "about": about.subject,
        "what_to_do": about.note,
        "facility": about.facility,
        "person": about.person.map(|person| person.to_string()),
        "other": about.other.map(|person| person.to_string()),
        "record": about.record.map(|record| record.0),
        "event_position": about.event.map(|event| event.0),
        "urgency": about.urgency,
        "opened_at": row.opened_at,
        "due_at": about.due_at,
        "level": row.level.as_str(),
        "escalates_at": row.escalates_at,
        "claimed_by": row.claimed_by,
        "state": row.state,
        "outcome": row.outcome,
        "ended_at": row.ended_at,
    })
}

fn vault_json(row: &VaultTask) -> serde_json::Value {
    json!({
        "task": format!("v{}", row.task),
        "kind": row.kind.as_str(),
        "about": row.subject,
        "what_to_do": row.note.reveal(),
        "registrant": row.registrant.to_string(),
        "urgency": row.urgency,
        "opened_at": row.opened_at,
        "due_at": row.due_at,
        "level": row.level.as_str(),
        "claimed_by": row.claimed_by,
        "state": row.state,
        "outcome": row.outcome,
    })
}

fn registry_row(row: &TaskRow) -> Vec<String> {
    let about = &row.about;
    vec![
        row.task.0.to_string(),
        row.level.to_string(),
        about.urgency.to_string(),
        about.kind.to_string(),
        about.subject.clone(),
        due(about.due_at),
        row.claimed_by.clone().unwrap_or_default(),
        about.note.clone(),
    ]
}

fn vault_row(row: &VaultTask) -> Vec<String> {
    let registrant: String = row.registrant.to_string().chars().take(8).collect();
    vec![
        format!("v{}", row.task),
        row.level.to_string(),
        row.urgency.to_string(),
        row.kind.to_string(),
        format!("registrant {registrant}"),
        due(row.due_at),
        row.claimed_by.clone().unwrap_or_default(),
        row.note.reveal().clone(),
    ]
}

fn due(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!("{at:.0}"))
}

#[cfg(test)]
mod tests;
