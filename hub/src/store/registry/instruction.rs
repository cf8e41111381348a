//! What a person decided about an event, kept until it has been planned: a hub that was down does it
//! when it is back, and nobody is told twice.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::decision::DecisionId;
use super::task::{self, NewTask, TaskKind};
use crate::ids::EventPosition;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};
use crate::values;

/// How soon somebody looks at a correction that is not done.
const URGENCY: u8 = 1;

/// What is to be done about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionKind {
    /// Tell it after all.
    Tell,
    /// Tell whoever was told of it that it was wrong.
    Correct,
}

/// An instruction as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// What is to be done.
    pub kind: InstructionKind,
    /// About which event.
    pub event: EventPosition,
    /// By whose decision.
    pub decision: DecisionId,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// When it was planned.
    pub planned_at: Option<Timestamp>,
}

impl InstructionKind {
    /// Returns the word that stands for it in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tell => "tell",
            Self::Correct => "correct",
        }
    }

    fn parse(word: &str) -> Result<Self, StoreError> {
        match word {
            "tell" => Ok(Self::Tell),
            "correct" => Ok(Self::Correct),
            _ => Err(StoreError::Damaged("an instruction's kind")),
        }
    }
}

/// Gives an instruction; a second one of the same kind about the same event changes nothing. Returns
/// whether this one counts.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn give(
    tx: &mut Tx<'_>,
    kind: InstructionKind,
    event: EventPosition,
    decision: DecisionId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "INSERT INTO instruction (kind, event_position, decision_id, decided_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT (kind, event_position) DO NOTHING",
        &[
            kind.as_str().into(),
            event.0.into(),
            decision.0.into(),
            time(now),
        ],
    )?;
    Ok(changed == 1)
}

/// Has events taken back by a decision, and shows that as a task until it is done.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn correct(
    tx: &mut Tx<'_>,
    events: &[EventPosition],
    decision: DecisionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut given = 0;
    for event in events {
        given += u64::from(give(tx, InstructionKind::Correct, *event, decision, now)?);
    }
    if given == 0 {
        return Ok(());
    }
    let task = NewTask::of(
        (TaskKind::Other, subject(decision)),
        URGENCY,
        format!(
            "a correction of {given} events is under way (`savin-hub correct` lists them): this ends by \
             itself within a minute. Where it stays, the log says why"
        ),
    );
    task::open(tx, &[task], now)
}

/// Ends the task of a correction once nothing of it waits.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn close_corrected(
    tx: &mut Tx<'_>,
    decision: DecisionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let waits = tx.query_optional(
        "SELECT 1 FROM instruction
         WHERE decision_id = $1 AND kind = 'correct' AND planned_at IS NULL LIMIT 1",
        values![decision.0],
    )?;
    if waits.is_none() {
        task::close(tx, TaskKind::Other, &subject(decision), "taken back", now)?;
    }
    Ok(())
}

fn subject(decision: DecisionId) -> String {
    format!("correction/{}", decision.0)
}

/// Loads an instruction.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(
    tx: &mut Tx<'_>,
    kind: InstructionKind,
    event: EventPosition,
) -> Result<Option<Instruction>, StoreError> {
    tx.query_optional(
        "SELECT kind, event_position, decision_id, decided_at, planned_at FROM instruction
         WHERE kind = $1 AND event_position = $2",
        values![kind.as_str(), event.0],
    )?
    .as_ref()
    .map(read)
    .transpose()
}

/// Returns which events after one and up to another somebody decided to take back.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn corrected(
    tx: &mut Tx<'_>,
    after: EventPosition,
    last: EventPosition,
) -> Result<BTreeSet<EventPosition>, StoreError> {
    tx.query(
        "SELECT event_position FROM instruction
         WHERE kind = 'correct' AND event_position > $1 AND event_position <= $2
         ORDER BY event_position",
        values![after.0, last.0],
    )?
    .iter()
    .map(|row| Ok(EventPosition(row.integer(0)?)))
    .collect()
}

/// Lists instructions that are not planned yet, corrections before everything else.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn waiting(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Instruction>, StoreError> {
    tx.query(
        "SELECT kind, event_position, decision_id, decided_at, planned_at FROM instruction
         WHERE planned_at IS NULL ORDER BY kind, decided_at, event_position LIMIT $1",
        values![i64::from(limit)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists instructions of a kind that were given since a moment, in the order of their events.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn since(
    tx: &mut Tx<'_>,
    kind: InstructionKind,
    at: Timestamp,
) -> Result<Vec<Instruction>, StoreError> {
    tx.query(
        "SELECT kind, event_position, decision_id, decided_at, planned_at FROM instruction
         WHERE kind = $1 AND decided_at >= $2 ORDER BY event_position",
        &[kind.as_str().into(), time(at)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists instructions of a kind, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn newest(
    tx: &mut Tx<'_>,
    kind: InstructionKind,
    limit: u32,
) -> Result<Vec<Instruction>, StoreError> {
    tx.query(
        "SELECT kind, event_position, decision_id, decided_at, planned_at FROM instruction
         WHERE kind = $1 ORDER BY decided_at DESC, event_position DESC LIMIT $2",
        values![kind.as_str(), i64::from(limit)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Notes that an instruction was planned.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn planned(
    tx: &mut Tx<'_>,
    kind: InstructionKind,
    event: EventPosition,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_one(
        "instruction",
        "UPDATE instruction SET planned_at = coalesce(planned_at, $3)
         WHERE kind = $1 AND event_position = $2",
        &[kind.as_str().into(), event.0.into(), time(now)],
    )
}

/// Returns the decisions about an event from which an instruction followed, the oldest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn decisions(tx: &mut Tx<'_>, event: EventPosition) -> Result<Vec<DecisionId>, StoreError> {
    tx.query(
        "SELECT decision_id FROM instruction WHERE event_position = $1 ORDER BY decision_id",
        values![event.0],
    )?
    .iter()
    .map(|row| Ok(DecisionId(row.integer(0)?)))
    .collect()
}

fn read(row: &Row) -> Result<Instruction, StoreError> {
    Ok(Instruction {
        kind: InstructionKind::parse(row.text(0)?)?,
        event: EventPosition(row.integer(1)?),
        decision: DecisionId(row.integer(2)?),
        decided_at: row.time(3)?,
        planned_at: row.optional_time(4)?,
    })
}
