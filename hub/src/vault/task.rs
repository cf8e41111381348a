//! Tasks that concern a registrant: seen by pseudonym, their notes under her own key.

use jiff::Timestamp;
use savin_shared::pii::Pii;
use tracing::warn;

use super::command::{PlannerAnswer, StaffAnswer, TaskCommand, VaultTask};
use super::parted::{ASKS, answered};
use super::{Vault, VaultError, broken, siblings};
use crate::ids::{NoticeId, RegistrantId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::queue::Queue;
use crate::store::vault::registrant::{self, RegistrantState};
use crate::store::vault::task::{self, NewVaultTask, VaultTaskRow};
use crate::vault::keyring::Keyring;
use crate::vault::registration::wrong_keys;
use crate::work::task::TaskKind;

/// Tasks that are brought to the next person in one transaction.
const ESCALATED_MAX: u32 = 200;

/// What is chosen where a person has told her herself.
const TOLD: &str = "told";

/// What is asked of a person about a registrant.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What kind of task it is.
    pub kind: TaskKind,
    /// What it is about, as a key that says nothing to a stranger.
    pub subject: String,
    /// Whom it concerns.
    pub registrant: RegistrantId,
    /// How soon: 1 first.
    pub urgency: u8,
    /// By when it must be done.
    pub due_at: Option<Timestamp>,
    /// What is to be done; it is sealed.
    pub note: String,
}

/// Opens a task, once ever; returns whether it is new. Nothing is asked about somebody who is gone.
///
/// # Errors
/// Returns [`StoreError`] when her key does not open or the database refuses.
pub fn open(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    ask: &Ask,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if task::is_known(tx, ask.kind, &ask.subject)? {
        return Ok(false);
    }
    let Some(who) = registrant::load(tx, ask.registrant)? else {
        return Ok(false);
    };
    let key = keys.unwrap(&who.wrapped_key).map_err(|_| wrong_keys())?;
    let new = NewVaultTask {
        kind: ask.kind,
        subject: ask.subject.clone(),
        registrant: ask.registrant,
        urgency: ask.urgency,
        due_at: ask.due_at,
        sealed_note: key
            .seal("task", ask.registrant, &ask.note)
            .map_err(broken)?,
    };
    task::open_once(tx, &new, now)
}

impl Vault {
    /// Brings tasks that waited too long to the next person, and ends what was asked to stop and has gone on for
    /// long enough; a server looks again at tables that have grown.
    pub(super) fn escalate(&self) -> Result<PlannerAnswer, VaultError> {
        if let Err(failure) = self.store.analyze_now() {
            // What it knows of its tables makes it quicker and nothing more.
            warn!(reason = %failure, "The server did not look again at tables that have grown");
        }
        self.end_stopped()?;
        let now = (self.world.wall)();
        let escalate = move |tx: &mut Tx<'_>| task::escalate(tx, now, ESCALATED_MAX);
        let count = self.store.write_now("escalate", escalate)?;
        if count > 0 {
            warn!(tasks = count, "Tasks of the vault went to the next person");
        }
        Ok(PlannerAnswer::Done)
    }

    /// Carries out a command about tasks.
    pub(super) fn tasks(&self, command: TaskCommand) -> Result<StaffAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        let store = &self.store;
        Ok(match command {
            TaskCommand::List { kind, limit } => {
                StaffAnswer::Tasks(store.read_now("tasks", move |tx| {
                    let rows = task::open_ones(tx, kind, limit)?;
                    rows.into_iter().map(|row| view(tx, &keys, row)).collect()
                })?)
            }
            TaskCommand::Load { task } => {
                StaffAnswer::Tasks(store.read_now("task", move |tx| {
                    let row = task::load(tx, task)?;
                    row.into_iter().map(|row| view(tx, &keys, row)).collect()
                })?)
            }
            TaskCommand::Claim { task, staff } => StaffAnswer::Changed(
                store.write_now("claim task", move |tx| task::claim(tx, task, &staff, now))?,
            ),
            TaskCommand::Done {
                task,
                choice,
                decision,
            } => StaffAnswer::Changed(store.write_now("task done", move |tx| {
                let is_done = task::done(tx, task, &choice, decision, now)?;
                if is_done && choice == TOLD {
                    by_person(tx, &keys, task, now)?;
                }
                let row = task::load(tx, task)?;
                let asks = row.filter(|row| is_done && row.about.subject.starts_with(ASKS));
                if let Some(row) = asks {
                    let answer = (row.about.subject.as_str(), choice.as_str());
                    answered(tx, (&keys, &means), answer, now)?;
                }
                if is_done {
                    forget_caller(tx, task, now)?;
                }
                Ok(is_done)
            })?),
            TaskCommand::Ages => {
                let ages = |tx: &mut Tx<'_>| Queue::Vault.ages(tx);
                StaffAnswer::Ages(store.read_now("task ages", ages)?)
            }
            TaskCommand::Raised => {
                let raised = |tx: &mut Tx<'_>| Queue::Vault.raised(tx);
                StaffAnswer::Raised(store.read_now("raised", raised)?)
            }
        })
    }
}

/// Keeps that a person has told her what a channel could not: nothing calls her about it any more.
fn by_person(tx: &mut Tx<'_>, keys: &Keyring, task: i64, now: Timestamp) -> Result<(), StoreError> {
    let row = task::load(tx, task)?;
    let row = row.filter(|row| row.about.kind == TaskKind::Unreachable);
    let subject = row.map(|row| row.about.subject).unwrap_or_default();
    let Some(notice) = subject.strip_prefix("notice/") else {
        return Ok(());
    };
    let Ok(notice) = notice.parse::<NoticeId>() else {
        return Ok(());
    };
    siblings::confirmed(tx, keys, notice, "a person", now).map(|_| ())
}

/// Forgets a caller who was called back: nothing else is known of her.
fn forget_caller(tx: &mut Tx<'_>, id: i64, now: Timestamp) -> Result<(), StoreError> {
    let Some(row) = task::load(tx, id)? else {
        return Ok(());
    };
    let who = registrant::load(tx, row.about.registrant)?;
    if who.is_some_and(|who| who.state == RegistrantState::Caller) {
        registrant::forget(tx, row.about.registrant, now)?;
    }
    Ok(())
}

fn view(tx: &mut Tx<'_>, keys: &Keyring, row: VaultTaskRow) -> Result<VaultTask, StoreError> {
    let who = registrant::load(tx, row.about.registrant)?;
    let key = who.and_then(|who| keys.unwrap(&who.wrapped_key).ok());
    let note = key.and_then(|key| {
        let sealed = &row.about.sealed_note;
        key.open::<String>("task", row.about.registrant, sealed)
            .ok()
    });
    Ok(VaultTask {
        task: row.task,
        kind: row.about.kind,
        subject: row.about.subject,
        registrant: row.about.registrant,
        urgency: row.about.urgency,
        due_at: row.about.due_at,
        note: Pii::new(note.unwrap_or_else(|| "cannot be read".to_owned())),
        opened_at: row.opened_at,
        level: row.level,
        claimed_by: row.claimed_by,
        state: row.state,
        outcome: row.outcome,
    })
}
