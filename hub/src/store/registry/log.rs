//! The log: every batch as it was signed, for as long as the evidence is kept.

use std::cmp::Ordering;

use jiff::Timestamp;
use savin_shared::clock::ReceivedAt;
use savin_shared::envelope::SealedBatch;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, Epoch, Seq};

use crate::evidence::leaf;
use crate::store::conn::Tx;
use crate::store::value::{Row, count, time};
use crate::store::{StoreError, evidence};
use crate::values;

/// A batch on its way into the log.
#[derive(Debug)]
pub struct Logged<'a> {
    /// The batch.
    pub batch: &'a SealedBatch,
    /// Its bytes.
    pub sealed: &'a [u8],
    /// What is kept of its deltas that were not taken in, sealed.
    pub shadows: Option<&'a [u8]>,
}

/// Appends batches, and a leaf for each to the evidence.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn append(tx: &mut Tx<'_>, batches: &[Logged<'_>], at: ReceivedAt) -> Result<(), StoreError> {
    // What is made anew from the log needs to know where it is, and not the bytes once more.
    let is_copied = tx.is_scratch();
    let lists: Vec<_> = batches
        .iter()
        .map(|logged| {
            let header = &logged.batch.header;
            let sealed = logged.sealed;
            vec![
                header.agent.as_bytes().into(),
                header.span.epoch.as_bytes().into(),
                count(header.span.first.0),
                count(header.span.last.0),
                header.span.head.as_bytes().into(),
                at.micros().into(),
                if is_copied { &[] } else { sealed }.into(),
                logged.shadows.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO batch_log (agent_id, epoch, first_seq, last_seq, head, received_at, sealed,
             sealed_shadows)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &lists,
    )?;
    let leaves: Vec<_> = batches
        .iter()
        .map(|logged| leaf::batch(&logged.batch.header, &logged.batch.signature, at))
        .collect();
    evidence::append(tx, &leaves)
}

/// What the log holds at a delta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedAt {
    /// A batch ends there, with this chain head.
    End(Hash),
    /// The delta lies inside a batch: batches are cut once, so that another cut is another history.
    Inside,
    /// Nothing: the log does not reach there.
    Nothing,
}

/// Returns what is logged of an agent's chain at a delta.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn logged_at(
    tx: &mut Tx<'_>,
    agent: AgentId,
    epoch: Epoch,
    seq: Seq,
) -> Result<LoggedAt, StoreError> {
    let row = tx.query_optional(
        "SELECT last_seq, head FROM batch_log
         WHERE agent_id = $1 AND epoch = $2 AND first_seq <= $3
         ORDER BY first_seq DESC LIMIT 1",
        &[
            agent.as_bytes().into(),
            epoch.as_bytes().into(),
            count(seq.0),
        ],
    )?;
    let Some(row) = row else {
        return Ok(LoggedAt::Nothing);
    };
    Ok(match row.count(0)?.cmp(&seq.0) {
        Ordering::Equal => LoggedAt::End(Hash::from_bytes(row.array(1)?)),
        Ordering::Greater => LoggedAt::Inside,
        Ordering::Less => LoggedAt::Nothing,
    })
}

/// Returns the batch that holds a delta, as it was signed, and when it became durable.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn holding(
    tx: &mut Tx<'_>,
    agent: AgentId,
    epoch: Epoch,
    seq: Seq,
) -> Result<Option<(Vec<u8>, ReceivedAt)>, StoreError> {
    let row = tx.query_optional(
        "SELECT sealed, received_at FROM batch_log
         WHERE agent_id = $1 AND epoch = $2 AND first_seq <= $3 AND last_seq >= $3
         ORDER BY first_seq DESC LIMIT 1",
        &[
            agent.as_bytes().into(),
            epoch.as_bytes().into(),
            count(seq.0),
        ],
    )?;
    row.map(|row| Ok((row.bytes(0)?.to_vec(), ReceivedAt(row.time(1)?))))
        .transpose()
}

/// A batch as it is kept, and what is kept of its deltas that were destroyed.
pub type Kept = (Vec<u8>, Option<Vec<u8>>);

/// Returns batches as they are kept, each by its agent, epoch and first delta, in this order.
///
/// # Errors
/// Returns [`StoreError`] when one is missing or the database refuses.
pub fn named(tx: &mut Tx<'_>, names: &[(AgentId, Epoch, Seq)]) -> Result<Vec<Kept>, StoreError> {
    let lists: Vec<_> = names
        .iter()
        .map(|(agent, epoch, first)| {
            vec![
                agent.as_bytes().into(),
                epoch.as_bytes().into(),
                count(first.0),
            ]
        })
        .collect();
    tx.query_many(
        "SELECT sealed, sealed_shadows FROM batch_log
         WHERE agent_id = $1 AND epoch = $2 AND first_seq = $3",
        &lists,
    )?
    .iter()
    .map(|rows| {
        let row = rows.first();
        kept(row.ok_or(StoreError::Damaged("a batch is missing in the log"))?)
    })
    .collect()
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    let shadows = row.optional_bytes(1)?.map(<[u8]>::to_vec);
    Ok((row.bytes(0)?.to_vec(), shadows))
}

/// Where a batch stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    /// Whose.
    pub agent: AgentId,
    /// In which epoch.
    pub epoch: Epoch,
    /// With which delta it begins.
    pub first: Seq,
}

/// Loads an agent's batches since a moment, after one, in the order of epochs and deltas.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn page(
    tx: &mut Tx<'_>,
    agent: AgentId,
    after: Option<(Epoch, Seq)>,
    since: Timestamp,
    batches_max: u32,
) -> Result<Vec<(LogPlace, Vec<u8>)>, StoreError> {
    let (epoch, seq) = after.unwrap_or((Epoch::from_bytes([0; 16]), Seq::ZERO));
    tx.query(
        "SELECT epoch, first_seq, sealed FROM batch_log
         WHERE agent_id = $1 AND (epoch > $2 OR (epoch = $2 AND first_seq > $3))
             AND received_at >= $4
         ORDER BY epoch, first_seq LIMIT $5",
        &[
            agent.as_bytes().into(),
            epoch.as_bytes().into(),
            count(seq.0),
            time(since),
            i64::from(batches_max).into(),
        ],
    )?
    .iter()
    .map(|row| {
        let place = LogPlace {
            agent,
            epoch: Epoch::from_bytes(row.array(0)?),
            first: Seq(row.count(1)?),
        };
        Ok((place, row.bytes(2)?.to_vec()))
    })
    .collect()
}

/// Returns the batch at a place.
///
/// # Errors
/// Returns [`StoreError`] when there is none or the database refuses.
pub fn at(tx: &mut Tx<'_>, place: &LogPlace) -> Result<Kept, StoreError> {
    let row = tx.query_optional(
        "SELECT sealed, sealed_shadows FROM batch_log
         WHERE agent_id = $1 AND epoch = $2 AND first_seq = $3",
        &[
            place.agent.as_bytes().into(),
            place.epoch.as_bytes().into(),
            count(place.first.0),
        ],
    )?;
    kept(&row.ok_or(StoreError::Damaged("a logged batch is gone"))?)
}

/// Puts a batch of which something was erased in its place, with what is kept of that. Its leaf holds: it is over the
/// signature.
///
/// # Errors
/// Returns [`StoreError`] when there is none or the database refuses.
pub fn replace(
    tx: &mut Tx<'_>,
    place: &LogPlace,
    sealed: &[u8],
    shadows: Option<&[u8]>,
) -> Result<(), StoreError> {
    tx.execute_one(
        "batch_log",
        "UPDATE batch_log SET sealed = $4, sealed_shadows = $5
         WHERE agent_id = $1 AND epoch = $2 AND first_seq = $3",
        &[
            place.agent.as_bytes().into(),
            place.epoch.as_bytes().into(),
            count(place.first.0),
            sealed.into(),
            shadows.into(),
        ],
    )
}

/// Returns the last delta that is logged of an agent's epoch.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn end_of(tx: &mut Tx<'_>, agent: AgentId, epoch: Epoch) -> Result<Option<Seq>, StoreError> {
    let row = tx.query_optional(
        "SELECT last_seq FROM batch_log WHERE agent_id = $1 AND epoch = $2
         ORDER BY first_seq DESC LIMIT 1",
        values![agent.as_bytes(), epoch.as_bytes()],
    )?;
    row.map(|row| Ok(Seq(row.count(0)?))).transpose()
}

/// Returns the logged batches of an agent in the order of their chain, from a delta on.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn batches(
    tx: &mut Tx<'_>,
    agent: AgentId,
    epoch: Epoch,
    from: Seq,
    batches_max: u32,
) -> Result<Vec<Vec<u8>>, StoreError> {
    tx.query(
        "SELECT sealed FROM batch_log WHERE agent_id = $1 AND epoch = $2 AND first_seq >= $3
         ORDER BY first_seq LIMIT $4",
        values![
            agent.as_bytes(),
            epoch.as_bytes(),
            count(from.0),
            i64::from(batches_max)
        ],
    )?
    .iter()
    .map(|row| Ok(row.bytes(0)?.to_vec()))
    .collect()
}
