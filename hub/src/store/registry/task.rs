//! The queue of what waits for a person, as far as no registrant is concerned.

use jiff::Timestamp;
use savin_shared::ids::FacilityCode;

use super::decision::DecisionId;
use super::facility;
use crate::ids::{EventPosition, PersonId, RecordId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, Value, optional_time, time};
use crate::values;
use crate::work::task::{Level, escalates_at};
pub use crate::work::task::{NewTask, TaskKind};

/// The number of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId(pub i64);

/// A task as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// Its number.
    pub task: TaskId,
    /// What it is about.
    pub about: NewTask,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// To whom it has come.
    pub level: Level,
    /// When it goes to the next, if nobody has done it.
    pub escalates_at: Option<Timestamp>,
    /// Who works on it.
    pub claimed_by: Option<String>,
    /// `open`, `done` by a decision, or `closed` by itself.
    pub state: String,
    /// What was chosen, or why it is closed.
    pub outcome: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The decision that ended it.
    pub decision: Option<DecisionId>,
}

/// Opens tasks; one that is open for the same kind and subject is left as it is. Nobody works in a database that is
/// thrown away, and it has none.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn open(tx: &mut Tx<'_>, tasks: &[NewTask], now: Timestamp) -> Result<(), StoreError> {
    if tasks.is_empty() || tx.is_scratch() {
        return Ok(());
    }
    let first = tx.take_numbers("task", tasks.len() as u64)?;
    let lists: Vec<_> = (first..)
        .zip(tasks)
        .map(|(id, task)| inserted(id, task, now))
        .collect();
    tx.execute_many(
        "INSERT INTO task (task_id, kind, subject, facility_code, person_id, other_id, record_id,
             event_position, urgency, note, opened_at, due_at, level, escalates_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'open')
         ON CONFLICT (kind, subject) WHERE state = 'open' DO NOTHING",
        &lists,
    )
}

/// Opens tasks, each only once ever: one that was done or closed is not opened again.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn open_once(tx: &mut Tx<'_>, tasks: &[NewTask], now: Timestamp) -> Result<(), StoreError> {
    let lists: Vec<_> = tasks
        .iter()
        .map(|task| vec![task.kind.as_str().into(), task.subject.as_str().into()])
        .collect();
    let found = tx.query_many(
        "SELECT 1 FROM task WHERE kind = $1 AND subject = $2 LIMIT 1",
        &lists,
    )?;
    let new: Vec<NewTask> = tasks
        .iter()
        .zip(&found)
        .filter(|(_, rows)| rows.is_empty())
        .map(|(task, _)| task.clone())
        .collect();
    open(tx, &new, now)
}

fn inserted(id: i64, task: &NewTask, now: Timestamp) -> Vec<Value> {
    let escalates = escalates_at(Level::Operator, task.urgency, now, task.due_at);
    vec![
        id.into(),
        task.kind.as_str().into(),
        task.subject.as_str().into(),
        task.facility.as_ref().map(FacilityCode::as_str).into(),
        task.person.map(|person| person.as_bytes().to_vec()).into(),
        task.other.map(|person| person.as_bytes().to_vec()).into(),
        task.record.map(|record| record.0).into(),
        task.event.map(|event| event.0).into(),
        task.urgency.into(),
        task.note.as_str().into(),
        time(now),
        optional_time(task.due_at),
        Level::Operator.as_str().into(),
        optional_time(escalates),
    ]
}

/// Says whether a task of a kind and subject is open.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_open(tx: &mut Tx<'_>, kind: TaskKind, subject: &str) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM task WHERE kind = $1 AND subject = $2 AND state = 'open'",
        values![kind.as_str(), subject],
    )?;
    Ok(row.is_some())
}

/// Says when an open task goes to the supervisor, where its rule knows better than its deadline.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn escalate_from(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    subject: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE task SET escalates_at = $3
         WHERE kind = $1 AND subject = $2 AND state = 'open' AND level = 'operator'",
        &[kind.as_str().into(), subject.into(), time(at)],
    )
    .map(|_| ())
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
        "UPDATE task SET state = 'closed', outcome = $3, ended_at = $4
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

/// Closes every open task about these records, of whichever kind; returns how many there were.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn close_of_records(
    tx: &mut Tx<'_>,
    records: &[RecordId],
    outcome: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut closed = 0;
    for record in records {
        closed += tx.execute(
            "UPDATE task SET state = 'closed', outcome = $2, ended_at = $3
             WHERE record_id = $1 AND state = 'open'",
            &[record.0.into(), outcome.into(), time(now)],
        )?;
    }
    Ok(closed)
}

/// Writes a statement that loads tasks, and what follows.
macro_rules! tasks {
    ($rest:literal) => {
        concat!(
            "SELECT task_id, kind, subject, facility_code, person_id, other_id, record_id,
                 event_position, urgency, due_at, note, opened_at, level, escalates_at, claimed_by,
                 state, outcome, ended_at, decision_id
             FROM task ",
            $rest
        )
    };
}

/// Loads a task.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(tx: &mut Tx<'_>, task: TaskId) -> Result<Option<TaskRow>, StoreError> {
    tx.query_optional(tasks!("WHERE task_id = $1"), values![task.0])?
        .as_ref()
        .map(read)
        .transpose()
}

/// Lists open tasks, of one kind or of all: what escalated furthest first, then by urgency and age.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn open_ones(
    tx: &mut Tx<'_>,
    kind: Option<TaskKind>,
    limit: u32,
) -> Result<Vec<TaskRow>, StoreError> {
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

/// Lists tasks that ended, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn ended(
    tx: &mut Tx<'_>,
    kind: Option<TaskKind>,
    limit: u32,
) -> Result<Vec<TaskRow>, StoreError> {
    tx.query(
        tasks!(
            "WHERE state <> 'open' AND ($1 = '' OR kind = $1)
         ORDER BY ended_at DESC, task_id DESC LIMIT $2"
        ),
        values![kind.map_or("", TaskKind::as_str), i64::from(limit)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists the open tasks of a kind about a record.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn open_of_record(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    record: RecordId,
) -> Result<Vec<TaskRow>, StoreError> {
    tx.query(
        tasks!("WHERE record_id = $1 AND kind = $2 AND state = 'open' ORDER BY task_id LIMIT 100"),
        values![record.0, kind.as_str()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists the newest tasks of a kind about an event, whether they are open or ended.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_event(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    event: EventPosition,
) -> Result<Vec<TaskRow>, StoreError> {
    tx.query(
        tasks!("WHERE event_position = $1 AND kind = $2 ORDER BY task_id DESC LIMIT 100"),
        values![event.0, kind.as_str()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Notes who works on an open task; whoever had it before has it no longer.
///
/// # Errors
/// Returns [`StoreError::Refused`] when it is not open; other errors when the database refuses.
pub fn claim(tx: &mut Tx<'_>, task: TaskId, staff: &str, now: Timestamp) -> Result<(), StoreError> {
    let changed = tx.execute(
        "UPDATE task SET claimed_by = $2, claimed_at = $3 WHERE task_id = $1 AND state = 'open'",
        &[task.0.into(), staff.into(), time(now)],
    )?;
    was_open(changed, task)
}

/// Ends an open task by a decision.
///
/// # Errors
/// Returns [`StoreError::Refused`] when it is not open; other errors when the database refuses.
pub fn done(
    tx: &mut Tx<'_>,
    task: TaskId,
    choice: &str,
    decision: DecisionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let changed = tx.execute(
        "UPDATE task SET state = 'done', outcome = $2, decision_id = $3, ended_at = $4
         WHERE task_id = $1 AND state = 'open'",
        &[task.0.into(), choice.into(), decision.0.into(), time(now)],
    )?;
    was_open(changed, task)
}

/// Ends the open task of a kind and subject by a decision that was made elsewhere, where there is one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn done_about(
    tx: &mut Tx<'_>,
    (kind, subject): (TaskKind, &str),
    choice: &str,
    decision: DecisionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE task SET state = 'done', outcome = $3, decision_id = $4, ended_at = $5
         WHERE kind = $1 AND subject = $2 AND state = 'open'",
        &[
            kind.as_str().into(),
            subject.into(),
            choice.into(),
            decision.0.into(),
            time(now),
        ],
    )
    .map(|_| ())
}

fn was_open(changed: u64, task: TaskId) -> Result<(), StoreError> {
    if changed == 1 {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "there is no open task {}: see `savin-hub tasks`",
        task.0
    )))
}

/// Brings tasks that waited too long to the next person, and returns them as they stand then.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn escalate(
    tx: &mut Tx<'_>,
    now: Timestamp,
    tasks_max: u32,
) -> Result<Vec<TaskRow>, StoreError> {
    let due = tx.query(
        tasks!(
            "WHERE state = 'open' AND escalates_at <= $1 ORDER BY escalates_at, task_id
         LIMIT $2"
        ),
        &[time(now), i64::from(tasks_max).into()],
    )?;
    let mut escalated = Vec::new();
    for row in &due {
        let mut task = read(row)?;
        let Some(next) = task.level.next() else {
            continue;
        };
        task.level = next;
        // Whoever gets it has a while of their own, however late it came to them.
        task.escalates_at =
            escalates_at(next, task.about.urgency, task.opened_at, task.about.due_at)
                .map(|at| at.max(later(now)));
        tx.execute_one(
            "task",
            "UPDATE task SET level = $2, escalates_at = $3, came_at = $4 WHERE task_id = $1",
            &[
                task.task.0.into(),
                next.as_str().into(),
                optional_time(task.escalates_at),
                time(now),
            ],
        )?;
        escalated.push(task);
    }
    Ok(escalated)
}

/// The least that a level has for itself.
fn later(now: Timestamp) -> Timestamp {
    now.checked_add(jiff::SignedDuration::from_mins(10))
        .unwrap_or(now)
}

fn read(row: &Row) -> Result<TaskRow, StoreError> {
    let person = |place| -> Result<Option<PersonId>, StoreError> {
        match row.optional_bytes(place)? {
            None => Ok(None),
            Some(_) => Ok(Some(PersonId::from_bytes(row.array(place)?))),
        }
    };
    let about = NewTask {
        kind: TaskKind::parse(row.text(1)?).ok_or(StoreError::Damaged("a task's kind"))?,
        subject: row.text(2)?.to_owned(),
        facility: row.optional_text(3)?.map(facility::code).transpose()?,
        person: person(4)?,
        other: person(5)?,
        record: row.optional_integer(6)?.map(RecordId),
        event: row.optional_integer(7)?.map(EventPosition),
        urgency: row.code(8)?,
        due_at: row.optional_time(9)?,
        note: row.text(10)?.to_owned(),
    };
    Ok(TaskRow {
        task: TaskId(row.integer(0)?),
        about,
        opened_at: row.time(11)?,
        level: Level::parse(row.text(12)?).ok_or(StoreError::Damaged("a task's level"))?,
        escalates_at: row.optional_time(13)?,
        claimed_by: row.optional_text(14)?.map(str::to_owned),
        state: row.text(15)?.to_owned(),
        outcome: row.optional_text(16)?.map(str::to_owned),
        ended_at: row.optional_time(17)?,
        decision: row.optional_integer(18)?.map(DecisionId),
    })
}

#[cfg(test)]
mod tests;
