//! What a registry that an older program filled lacks: what its persons are found by, and entries in the evidence.
//!
//! What is lacking is asked of the tables themselves, so that whoever was interrupted begins again and does nothing
//! twice.

use jiff::Timestamp;
use savin_shared::clock::ReceivedAt;
use savin_shared::envelope::portable;
use savin_shared::ids::{AgentId, Epoch, Seq};

use super::log::{self, LogPlace};
use super::{agent, decision, elsewhere, event, face};
use crate::evidence::leaf::{self, Leaf};
use crate::ids::{EventPosition, PersonId};
use crate::store::conn::Tx;
use crate::store::registry::decision::DecisionId;
use crate::store::value::count;
use crate::store::{StoreError, evidence};
use crate::values;

/// Learns a page of persons after one of whom nothing is known to compare, and returns the last of them with how many
/// have something since; nothing after the last page.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn persons(
    tx: &mut Tx<'_>,
    after: PersonId,
    persons_max: u32,
) -> Result<Option<(PersonId, u64)>, StoreError> {
    let page = tx
        .query(
            "SELECT DISTINCT r.person_id FROM record r WHERE r.person_id > $1
                 AND NOT EXISTS (SELECT 1 FROM person_face f WHERE f.person_id = r.person_id)
             ORDER BY r.person_id LIMIT $2",
            values![after.as_bytes(), i64::from(persons_max)],
        )?
        .iter()
        .map(|row| Ok(PersonId::from_bytes(row.array(0)?)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let Some(&last) = page.last() else {
        return Ok(None);
    };
    face::learn(tx, &page)?;
    let learnt = face::of_many(tx, &page)?.len();
    Ok(Some((last, learnt as u64)))
}

/// Adds the entries of agents that have none, and returns how many.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn agents(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let leaves = agent::all(tx)?.into_iter().map(|row| {
        let key = &row.batch_key;
        leaf::agent(
            row.agent,
            &row.agency,
            &row.facilities,
            key,
            row.enrolled_at,
        )
    });
    let leaves = leaves.collect();
    add(tx, leaves, now)
}

/// Adds the entries of a page of batches after one, and returns the last of them with how many lacked one; nothing
/// after the last page.
///
/// # Errors
/// Returns [`StoreError`] when a batch is damaged or the database refuses.
pub fn batches(
    tx: &mut Tx<'_>,
    after: LogPlace,
    batches_max: u32,
    now: Timestamp,
) -> Result<Option<(LogPlace, u64)>, StoreError> {
    let page = tx.query(
        "SELECT agent_id, epoch, first_seq, received_at FROM batch_log
         WHERE (agent_id, epoch, first_seq) > ($1, $2, $3)
         ORDER BY agent_id, epoch, first_seq LIMIT $4",
        &[
            after.agent.as_bytes().into(),
            after.epoch.as_bytes().into(),
            count(after.first.0),
            i64::from(batches_max).into(),
        ],
    )?;
    let mut last = None;
    let mut leaves = Vec::new();
    for row in &page {
        let place = LogPlace {
            agent: AgentId::from_bytes(row.array(0)?),
            epoch: Epoch::from_bytes(row.array(1)?),
            first: Seq(row.count(2)?),
        };
        last = Some(place);
        let subject = leaf::batch_subject(place.agent, place.epoch, place.first);
        if evidence::find(tx, &subject)?.is_some() {
            continue;
        }
        let (sealed, _) = log::at(tx, &place)?;
        let batch = portable::decode(&sealed).map_err(|_| StoreError::Damaged("a logged batch"))?;
        let at = ReceivedAt(row.time(3)?);
        leaves.push(leaf::batch(&batch.header, &batch.signature, at));
    }
    let added = add(tx, leaves, now)?;
    Ok(last.map(|last| (last, added)))
}

/// Adds the entries of a page of events after one that have none, each under a salt of its own, and returns the last
/// of them with how many; nothing after the last page.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn events(
    tx: &mut Tx<'_>,
    after: EventPosition,
    events_max: u32,
    (now, random): (Timestamp, fn() -> [u8; 16]),
) -> Result<Option<(EventPosition, u64)>, StoreError> {
    let page = tx.query(
        "SELECT e.position FROM event e WHERE e.position > $1 AND NOT EXISTS
             (SELECT 1 FROM evidence_leaf l WHERE l.subject = 'event/' || CAST(e.position AS TEXT))
         ORDER BY e.position LIMIT $2",
        values![after.0, i64::from(events_max)],
    )?;
    let mut last = None;
    let mut leaves = Vec::new();
    for row in &page {
        let position = EventPosition(row.integer(0)?);
        last = Some(position);
        if let Some(event) = event::at(tx, position)? {
            let kept = elsewhere::of(tx, position)?;
            let placed = (position, &event);
            leaves.push(elsewhere::leaf_of(placed, kept.as_ref(), random())?);
        }
    }
    let added = add(tx, leaves, now)?;
    Ok(last.map(|last| (last, added)))
}

/// Adds the entries of a page of decisions after one that have none, and returns the last of them with how many;
/// nothing after the last page.
///
/// Of one whose words a court had destroyed nothing is left to commit to.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn decisions(
    tx: &mut Tx<'_>,
    after: DecisionId,
    decisions_max: u32,
    now: Timestamp,
) -> Result<Option<(DecisionId, u64)>, StoreError> {
    let page = tx.query(
        "SELECT d.decision_id FROM decision d WHERE d.decision_id > $1 AND NOT EXISTS
             (SELECT 1 FROM evidence_leaf l WHERE l.subject = 'decision/' || CAST(d.decision_id AS TEXT))
         ORDER BY d.decision_id LIMIT $2",
        values![after.0, i64::from(decisions_max)],
    )?;
    let mut last = None;
    let mut leaves = Vec::new();
    for row in &page {
        let number = DecisionId(row.integer(0)?);
        last = Some(number);
        if !decision::is_expunged(tx, number)? {
            leaves.push(leaf::decision(number.0, &decision::load(tx, number)?));
        }
    }
    let added = add(tx, leaves, now)?;
    Ok(last.map(|last| (last, added)))
}

/// Appends those leaves of which the log has none, each with when that was.
fn add(tx: &mut Tx<'_>, leaves: Vec<Leaf>, now: Timestamp) -> Result<u64, StoreError> {
    let mut lacking = Vec::new();
    for leaf in leaves {
        if evidence::find(tx, &leaf.subject)?.is_none() {
            lacking.push(leaf.added_later(now));
        }
    }
    evidence::append(tx, &lacking)?;
    Ok(lacking.len() as u64)
}
