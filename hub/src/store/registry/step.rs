//! The steps of the intake: every transaction that changed what is known of persons and records, in its
//! order, as much as is needed to take it again. Batches are in the log and only named here.

use jiff::Timestamp;
use savin_shared::codec::Codec;
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotChunk};
use savin_shared::ids::{AgentId, Epoch, Seq};
use serde::{Deserialize, Serialize};

use super::event;
use super::placing::{self, Placings};
use crate::ids::{EventPosition, PersonId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// One transaction, as it is stored: variants are only ever appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Batches that were taken together, by agent, epoch and first delta.
    Batches(Vec<(AgentId, Epoch, Seq)>),
    /// A full state; its rows are its parts.
    FullState {
        /// Whose.
        agent: AgentId,
        /// What the agent signed.
        begin: SnapshotBegin,
    },
    /// Some buckets of a state; their rows are its parts.
    Repair {
        /// Whose.
        agent: AgentId,
        /// What the agent signed.
        begin: SnapshotBegin,
        /// Which.
        buckets: Vec<u8>,
    },
    /// Somebody decided that two are one.
    Merge {
        /// Who is gone since.
        person: PersonId,
        /// Who remains.
        into: PersonId,
        /// The decider's note.
        why: String,
        /// The decision.
        decision: i64,
    },
    /// Somebody took a joining back.
    Undo {
        /// Its number.
        merge: i64,
        /// The decision.
        decision: i64,
    },
    /// Somebody took records out of a person.
    Part {
        /// Out of whom.
        from: PersonId,
        /// Whose they are since.
        to: PersonId,
        /// Whether that is somebody new.
        is_new: bool,
        /// Their numbers.
        records: Vec<i64>,
        /// The decision.
        decision: i64,
    },
    /// Somebody decided that two are two.
    Apart {
        /// The one.
        one: PersonId,
        /// The other.
        other: PersonId,
        /// The decision.
        decision: i64,
    },
    /// The hub itself noted an event, at this place: what it says of a facility.
    Noted(i64),
    /// A table of linkage weights counts since, by its number.
    Weights(i64),
    /// Records were sealed by a court's order.
    Seal {
        /// Whose they were.
        person: PersonId,
        /// Their numbers.
        records: Vec<i64>,
        /// The order's number.
        number: String,
        /// The court.
        court: String,
        /// The decision.
        decision: i64,
    },
    /// An order was lifted.
    Lift {
        /// Its number here.
        order: i64,
        /// The decision.
        decision: i64,
    },
    /// Somebody had persons compared anew: what the hub made of it.
    Relink {
        /// Joinings that were taken back, by their numbers.
        parts: Vec<i64>,
        /// Who is gone since, who remains, and why.
        joins: Vec<(PersonId, PersonId, String)>,
        /// The decision.
        decision: i64,
    },
    /// A court's order was carried out, on records and on whatever arrives under these keyed hashes.
    Order {
        /// What was ordered, in the word of its kind.
        kind: String,
        /// The numbers of the records.
        records: Vec<i64>,
        /// Keyed hashes of records, each with its agency.
        named: Vec<(String, [u8; 32])>,
        /// The order's number.
        number: String,
        /// The court.
        court: String,
        /// The decision.
        decision: i64,
    },
    /// What an order covers was destroyed; what is left of that has a table of its own.
    Expunged {
        /// The order's number here.
        order: i64,
    },
}

/// A part of a state, and what is kept of its rows that were not taken in, sealed.
pub type Part = (SnapshotChunk, Option<Vec<u8>>);

/// Where the steps begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The key under which persons are numbered.
    pub person_key: [u8; 16],
    /// The last event that was known before: 0 where nothing was.
    pub after_event: EventPosition,
}

/// A step in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The how-manieth it is.
    pub number: i64,
    /// When it was taken.
    pub at: Timestamp,
    /// What it was.
    pub step: Step,
}

/// Notes a step that decided nothing beyond itself, and returns its number; nothing in a database that is thrown
/// away.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn append(tx: &mut Tx<'_>, step: &Step, now: Timestamp) -> Result<Option<i64>, StoreError> {
    note(tx, step, &[], now)
}

/// Notes a step with the parts of its state where it has one, and with what it decided.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn append_placed(
    tx: &mut Tx<'_>,
    (step, parts): (&Step, &[Part]),
    placings: Placings,
    now: Timestamp,
) -> Result<(), StoreError> {
    match note(tx, step, parts, now)? {
        Some(number) => placing::put(tx, number, placings),
        None => Ok(()),
    }
}

fn note(
    tx: &mut Tx<'_>,
    step: &Step,
    parts: &[Part],
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    if tx.is_scratch() {
        return Ok(None);
    }
    let unwritable = |_| StoreError::Damaged("a step cannot be written");
    let body = Codec::Bincode2.encode(step).map_err(unwritable)?;
    let number = tx.take_numbers("intake_step", 1)?;
    tx.execute_one(
        "intake_step",
        "INSERT INTO intake_step (step, taken_at, body) VALUES ($1, $2, $3)",
        &[number.into(), time(now), body.into()],
    )?;
    let lists = (0_i64..)
        .zip(parts)
        .map(|(part, (chunk, shadows))| {
            let body = Codec::Bincode2.encode(chunk).map_err(unwritable)?;
            let shadows = shadows.as_deref().into();
            Ok(vec![number.into(), part.into(), body.into(), shadows])
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    tx.execute_many(
        "INSERT INTO intake_state (step, part, body, sealed_shadows) VALUES ($1, $2, $3, $4)",
        &lists,
    )?;
    Ok(Some(number))
}

/// Returns where the steps begin; a registry that has none yet begins here.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn begin(tx: &mut Tx<'_>, random: fn() -> [u8; 16]) -> Result<Origin, StoreError> {
    if let Some(origin) = origin(tx)? {
        return Ok(origin);
    }
    let origin = Origin {
        person_key: random(),
        after_event: event::last(tx)?,
    };
    copy_origin(tx, origin)?;
    Ok(origin)
}

/// Lets the steps of a registry begin where another's do.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn copy_origin(tx: &mut Tx<'_>, origin: Origin) -> Result<(), StoreError> {
    tx.execute_one(
        "intake_origin",
        "INSERT INTO intake_origin (origin, person_key, after_event) VALUES ('registry', $1, $2)",
        values![&origin.person_key, origin.after_event.0],
    )
}

/// Returns where the steps begin, if they do.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn origin(tx: &mut Tx<'_>) -> Result<Option<Origin>, StoreError> {
    let row = tx.query_optional(
        "SELECT person_key, after_event FROM intake_origin",
        values![],
    )?;
    row.map(|row| {
        Ok(Origin {
            person_key: row.array(0)?,
            after_event: EventPosition(row.integer(1)?),
        })
    })
    .transpose()
}

/// Returns how many steps there are.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn count(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let row = tx.query_optional("SELECT count(*) FROM intake_step", values![])?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Loads the steps after one, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn after(tx: &mut Tx<'_>, number: i64, steps_max: u32) -> Result<Vec<Taken>, StoreError> {
    tx.query(
        "SELECT step, taken_at, body FROM intake_step WHERE step > $1 ORDER BY step LIMIT $2",
        values![number, i64::from(steps_max)],
    )?
    .iter()
    .map(|row| {
        let step = Codec::Bincode2.decode(row.bytes(2)?);
        Ok(Taken {
            number: row.integer(0)?,
            at: row.time(1)?,
            step: step.map_err(|_| StoreError::Damaged("a step of the intake"))?,
        })
    })
    .collect()
}

/// Writes a step anew of which something was expunged.
///
/// # Errors
/// Returns [`StoreError`] when there is none or the database refuses.
pub fn rewrite(tx: &mut Tx<'_>, number: i64, step: &Step) -> Result<(), StoreError> {
    let body = Codec::Bincode2.encode(step);
    let body = body.map_err(|_| StoreError::Damaged("a step cannot be written"))?;
    tx.execute_one(
        "intake_step",
        "UPDATE intake_step SET body = $2 WHERE step = $1",
        values![number, body],
    )
}

/// Writes a part of a state anew of which rows were expunged, with what is kept of these.
///
/// # Errors
/// Returns [`StoreError`] when there is none or the database refuses.
pub fn rewrite_part(
    tx: &mut Tx<'_>,
    (number, place): (i64, i64),
    (chunk, shadows): &Part,
) -> Result<(), StoreError> {
    let body = Codec::Bincode2.encode(chunk);
    let body = body.map_err(|_| StoreError::Damaged("a step cannot be written"))?;
    tx.execute_one(
        "intake_state",
        "UPDATE intake_state SET body = $3, sealed_shadows = $4 WHERE step = $1 AND part = $2",
        &[
            number.into(),
            place.into(),
            body.into(),
            shadows.as_deref().into(),
        ],
    )
}

/// Loads the parts of a step's state.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn parts(tx: &mut Tx<'_>, number: i64) -> Result<Vec<Part>, StoreError> {
    tx.query(
        "SELECT body, sealed_shadows FROM intake_state WHERE step = $1 ORDER BY part",
        values![number],
    )?
    .iter()
    .map(|row| {
        let chunk = Codec::Bincode2.decode(row.bytes(0)?);
        let chunk = chunk.map_err(|_| StoreError::Damaged("a part of a state"))?;
        Ok((chunk, row.optional_bytes(1)?.map(<[u8]>::to_vec)))
    })
    .collect()
}
