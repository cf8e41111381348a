//! The queue of what waits for a person and concerns a registrant.

use jiff::Timestamp;

use crate::ids::RegistrantId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, optional_time, time};
use crate::values;
use crate::work::task::{Level, TaskKind, escalates_at};

/// A task on its way into the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVaultTask {
    /// What kind it is.
    pub kind: TaskKind,
    /// What it is about, as a key that says nothing to a stranger: one open task of a kind and subject.
    pub subject: String,
    /// Whom it concerns, by pseudonym.
    pub registrant: RegistrantId,
    /// How soon: 1 first.
    pub urgency: u8,
    /// By when it must be done, where there is such a time.
    pub due_at: Option<Timestamp>,
    /// What is to be done, sealed.
    pub sealed_note: Vec<u8>,
}

/// A task as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultTaskRow {
    /// Its number.
    pub task: i64,
    /// What it is about.
    pub about: NewVaultTask,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// To whom it has come.
    pub level: Level,
    /// Who works on it.
    pub claimed_by: Option<String>,
    /// `open`, `done` by a decision, or `closed` by itself.
    pub state: String,
    /// What was chosen, or why it is closed.
    pub outcome: Option<String>,
}

/// Opens a task, once ever: one that was done or closed is not opened again. Returns whether it is
/// new.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn open_once(tx: &mut Tx<'_>, task: &NewVaultTask, now: Timestamp) -> Result<bool, StoreError> {
    if is_known(tx, task.kind, &task.subject)? {
        return Ok(false);
    }
    let id = tx.take_numbers("task", 1)?;
    let escalates = escalates_at(Level::Operator, task.urgency, now, task.due_at);
    tx.execute_one(
        "vault_task",
        "INSERT INTO vault_task (task_id, kind, subject, registrant_id, urgency, sealed_note,
             opened_at, due_at, level, escalates_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open')",
        &[
            id.into(),
            task.kind.as_str().into(),
            task.subject.as_str().into(),
            task.registrant.as_bytes().into(),
            task.urgency.into(),
            task.sealed_note.as_slice().into(),
            time(now),
            optional_time(task.due_at),
            Level::Operator.as_str().into(),
            optional_time(escalates),
        ],
    )?;
    Ok(true)
}

/// Says whether there is or was a task of a kind and subject.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_known(tx: &mut Tx<'_>, kind: TaskKind, subject: &str) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM vault_task WHERE kind = $1 AND subject = $2 LIMIT 1",
        values![kind.as_str(), subject],
    )?;
    Ok(row.is_some())
}

/// Closes a task by itself, since what it was about is over; returns whether one was open.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn close(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    subject: &str,
    outcome: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE vault_task SET state = 'closed', outcome = $3, ended_at = $4
         WHERE kind = $1 AND subject = $2 AND state = 'open'",
        &[
            kind.as_str().into(),
            subject.into(),
            outcome.into(),
            time(now),
        ],
    )?;
    Ok(changed > 0)
}

/// Writes a statement that loads tasks, and what follows.
macro_rules! tasks {
    ($rest:literal) => {
        concat!(
            "SELECT task_id, kind, subject, registrant_id, urgency, due_at, sealed_note, opened_at,
                 level, claimed_by, state, outcome
             FROM vault_task ",
            $rest
        )
    };
}

/// Loads a task.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(tx: &mut Tx<'_>, task: i64) -> Result<Option<VaultTaskRow>, StoreError> {
    tx.query_optional(tasks!("WHERE task_id = $1"), values![task])?
        .as_ref()
        .map(read)
        .transpose()
}

/// Names what the open tasks of a kind are about.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn open_subjects(tx: &mut Tx<'_>, kind: TaskKind) -> Result<Vec<String>, StoreError> {
    tx.query(
        "SELECT subject FROM vault_task WHERE kind = $1 AND state = 'open' ORDER BY subject",
        values![kind.as_str()],
    )?
    .iter()
    .map(|row| row.text(0).map(str::to_owned))
    .collect()
}

/// Lists open tasks: what escalated furthest first, then by urgency and age.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn open_ones(
    tx: &mut Tx<'_>,
    kind: Option<TaskKind>,
    limit: u32,
) -> Result<Vec<VaultTaskRow>, StoreError> {
    tx.query(
        tasks!(
            "WHERE state = 'open' AND ($1 = '' OR kind = $1)
         ORDER BY CASE level WHEN 'duty-officer' THEN 0 WHEN 'supervisor' THEN 1 ELSE 2 END,
             urgency, opened_at, task_id LIMIT $2"
        ),
        values![kind.map_or("", TaskKind::as_str), i64::from(limit)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Notes who works on an open task; returns whether it is open.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn claim(tx: &mut Tx<'_>, task: i64, staff: &str, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE vault_task SET claimed_by = $2, claimed_at = $3
         WHERE task_id = $1 AND state = 'open'",
        &[task.into(), staff.into(), time(now)],
    )?;
    Ok(changed == 1)
}

/// Ends an open task by a decision; returns whether it was open.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn done(
    tx: &mut Tx<'_>,
    task: i64,
    choice: &str,
    decision: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE vault_task SET state = 'done', outcome = $2, decision_id = $3, ended_at = $4
         WHERE task_id = $1 AND state = 'open'",
        &[task.into(), choice.into(), decision.into(), time(now)],
    )?;
    Ok(changed == 1)
}

/// Brings tasks that waited too long to the next person, and returns how many.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn escalate(tx: &mut Tx<'_>, now: Timestamp, tasks_max: u32) -> Result<u64, StoreError> {
    let due = tx.query(
        tasks!(
            "WHERE state = 'open' AND escalates_at <= $1
         ORDER BY escalates_at, task_id LIMIT $2"
        ),
        &[time(now), i64::from(tasks_max).into()],
    )?;
    let least = now
        .checked_add(jiff::SignedDuration::from_mins(10))
        .unwrap_or(now);
    let mut escalated = 0;
    for row in &due {
        let task = read(row)?;
        let Some(next) = task.level.next() else {
            continue;
        };
        let (urgency, due_at) = (task.about.urgency, task.about.due_at);
        let after = escalates_at(next, urgency, task.opened_at, due_at).map(|at| at.max(least));
        tx.execute_one(
            "vault_task",
            "UPDATE vault_task SET level = $2, escalates_at = $3, came_at = $4 WHERE task_id = $1",
            &[
                task.task.into(),
                next.as_str().into(),
                optional_time(after),
                time(now),
            ],
        )?;
        escalated += 1;
    }
    Ok(escalated)
}

fn read(row: &Row) -> Result<VaultTaskRow, StoreError> {
    let about = NewVaultTask {
        kind: TaskKind::parse(row.text(1)?).ok_or(StoreError::Damaged("a task's kind"))?,
        subject: row.text(2)?.to_owned(),
        registrant: RegistrantId::from_bytes(row.array(3)?),
        urgency: row.code(4)?,
        due_at: row.optional_time(5)?,
        sealed_note: row.bytes(6)?.to_vec(),
    };
    Ok(VaultTaskRow {
        task: row.integer(0)?,
        about,
        opened_at: row.time(7)?,
        level: Level::parse(row.text(8)?).ok_or(StoreError::Damaged("a task's level"))?,
        claimed_by: row.optional_text(9)?.map(str::to_owned),
        state: row.text(10)?.to_owned(),
        outcome: row.optional_text(11)?.map(str::to_owned),
    })
}
