//! Decisions: every choice of a named person, as it was signed, and checked whenever it is read.

use jiff::Timestamp;
use savin_shared::sign::VerifyingKey;

use super::staff::{self, StaffRow};
use crate::evidence::leaf;
use crate::ids::OrderId;
use crate::store::conn::Tx;
use crate::store::value::{Row, Value, time};
use crate::store::{StoreError, evidence};
use crate::values;
pub use crate::work::decision::{Choice, Decision};
use crate::work::role::Role;

/// The number of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId(pub i64);

/// A decision as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: DecisionId,
    /// The decision.
    pub decision: Decision,
    /// Whether its signature holds and its key was that person's.
    pub is_good: bool,
}

/// Stores a decision of somebody who may make it, with a leaf in the evidence; one that is stored
/// already keeps its number.
///
/// # Errors
/// Returns [`StoreError::Refused`] when the signature does not hold, or whoever signed may not
/// decide this; other errors when the database refuses.
pub fn record(tx: &mut Tx<'_>, decision: &Decision) -> Result<DecisionId, StoreError> {
    may(tx, decision)?;
    keep(tx, decision)
}

/// Stores a decision that was checked when it was made, where the database knows it no longer: and whoever
/// signed, who may decide nothing by that.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn restore(
    tx: &mut Tx<'_>,
    decision: &Decision,
    role: Role,
    now: Timestamp,
) -> Result<DecisionId, StoreError> {
    if staff::by_key(tx, &decision.key)?.is_none() {
        let row = StaffRow {
            key: decision.key,
            name: decision.staff.clone(),
            role,
            added_at: decision.decided_at,
            added_by: decision.staff.clone(),
            removed_at: Some(now),
            removed_by: Some(decision.staff.clone()),
        };
        staff::add_former(tx, &row)?;
    }
    keep(tx, decision)
}

fn keep(tx: &mut Tx<'_>, decision: &Decision) -> Result<DecisionId, StoreError> {
    let known = tx.query_optional(
        "SELECT decision_id FROM decision WHERE signature = $1",
        values![decision.signature.as_slice()],
    )?;
    if let Some(row) = known {
        return Ok(DecisionId(row.integer(0)?));
    }
    let id = tx.take_numbers("decision", 1)?;
    tx.execute_one(
        "decision",
        "INSERT INTO decision (decision_id, kind, subject, choice, note, staff_name, decided_at,
             public_key, signature)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            id.into(),
            decision.kind.as_ref().into(),
            decision.subject.as_str().into(),
            decision.choice.as_str().into(),
            decision.note.as_str().into(),
            decision.staff.as_str().into(),
            time(decision.decided_at),
            (&decision.key.0).into(),
            decision.signature.as_slice().into(),
        ],
    )?;
    evidence::append(tx, &[leaf::decision(id, decision)])?;
    Ok(DecisionId(id))
}

/// Checks that a decision was signed by somebody who may make it.
fn may(tx: &mut Tx<'_>, decision: &Decision) -> Result<(), StoreError> {
    let refused = |text: String| Err(StoreError::Refused(text));
    if decision.verify().is_err() {
        return refused("the decision's signature does not hold".to_owned());
    }
    let name = &decision.staff;
    let row = staff::by_key(tx, &decision.key)?;
    let Some(row) = row.filter(|row| row.name == *name && row.removed_at.is_none()) else {
        return refused(format!(
            "{name} with this key is not a member of staff: an admin adds one with `savin-hub staff \
             add`"
        ));
    };
    let least = Role::least_for(&decision.kind);
    if row.role < least {
        return refused(format!(
            "{name} is {}, and this takes at least the role of {least}",
            row.role
        ));
    }
    Ok(())
}

/// Loads a decision to act on.
///
/// # Errors
/// Returns [`StoreError::Damaged`] when there is none, or it does not verify: nobody acts on such a
/// one.
pub fn load(tx: &mut Tx<'_>, id: DecisionId) -> Result<Decision, StoreError> {
    let row = tx.query_optional(
        "SELECT decision_id, kind, subject, choice, note, staff_name, decided_at, public_key,
             signature
         FROM decision WHERE decision_id = $1",
        values![id.0],
    )?;
    let kept = row.map(|row| kept(tx, &row)).transpose()?;
    kept.filter(|kept| kept.is_good)
        .map(|kept| kept.decision)
        .ok_or(StoreError::Damaged("a decision does not verify"))
}

/// Says whether a court ordered the words of a decision to be destroyed, so that it verifies no longer: what
/// was done by it stands.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_expunged(tx: &mut Tx<'_>, id: DecisionId) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT o.order_id FROM decision d JOIN court_order o ON o.order_id = d.expunged_by
         WHERE d.decision_id = $1 AND o.kind = 'expunge'",
        values![id.0],
    )?;
    Ok(row.is_some())
}

/// Returns who decided, also where nothing else of it is left.
///
/// # Errors
/// Returns [`StoreError::Damaged`] when there is no such decision, or it does not verify and no court
/// ordered that.
pub fn who(tx: &mut Tx<'_>, id: DecisionId) -> Result<String, StoreError> {
    if let Some(kept) = find(tx, id)?
        && (kept.is_good || is_expunged(tx, id)?)
    {
        return Ok(kept.decision.staff);
    }
    Err(StoreError::Damaged("a decision does not verify"))
}

/// Lists decisions, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn newest(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Kept>, StoreError> {
    let rows = tx.query(
        "SELECT decision_id, kind, subject, choice, note, staff_name, decided_at, public_key,
             signature
         FROM decision ORDER BY decision_id DESC LIMIT $1",
        values![i64::from(limit)],
    )?;
    rows.iter().map(|row| kept(tx, row)).collect()
}

/// Lists decisions that were made since a moment, the oldest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn since(
    tx: &mut Tx<'_>,
    at: Timestamp,
    limit: u32,
) -> Result<Vec<(DecisionId, Decision)>, StoreError> {
    let rows = tx.query(
        "SELECT decision_id, kind, subject, choice, note, staff_name, decided_at, public_key,
             signature
         FROM decision WHERE decided_at >= $1 ORDER BY decision_id LIMIT $2",
        &[time(at), i64::from(limit).into()],
    )?;
    rows.iter()
        .map(|row| kept(tx, row).map(|kept| (kept.id, kept.decision)))
        .collect()
}

/// Says whether a decision is stored, by its signature.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_kept(tx: &mut Tx<'_>, signature: &[u8]) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM decision WHERE signature = $1",
        values![signature],
    )?;
    Ok(row.is_some())
}

/// Says whether a court ordered the words of a decision to be destroyed, by what stays of it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_destroyed(tx: &mut Tx<'_>, decision: &Decision) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM decision WHERE subject = 'expunged' AND kind = $1 AND staff_name = $2
             AND decided_at = $3 LIMIT 1",
        &[
            decision.kind.as_ref().into(),
            decision.staff.as_str().into(),
            time(decision.decided_at),
        ],
    )?;
    Ok(row.is_some())
}

/// Lists the decisions about a subject, the oldest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn about(tx: &mut Tx<'_>, subject: &str) -> Result<Vec<Kept>, StoreError> {
    let rows = tx.query(
        "SELECT decision_id, kind, subject, choice, note, staff_name, decided_at, public_key,
             signature
         FROM decision WHERE subject = $1 ORDER BY decision_id LIMIT 100",
        values![subject],
    )?;
    rows.iter().map(|row| kept(tx, row)).collect()
}

/// Loads a decision as it stands, to be shown.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find(tx: &mut Tx<'_>, id: DecisionId) -> Result<Option<Kept>, StoreError> {
    let row = tx.query_optional(
        "SELECT decision_id, kind, subject, choice, note, staff_name, decided_at, public_key,
             signature
         FROM decision WHERE decision_id = $1",
        values![id.0],
    )?;
    row.map(|row| kept(tx, &row)).transpose()
}

/// Destroys the words of decisions, by a court's order, and returns how many there were.
///
/// Who decided, what kind of thing and when stays. Its leaf commits to a signature that is gone with the words, so that
/// nobody can try them out.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn erase_words(
    tx: &mut Tx<'_>,
    order: OrderId,
    is_erased: &dyn Fn(&str, &str) -> bool,
) -> Result<u64, StoreError> {
    let rows = tx.query(
        "SELECT decision_id, subject, choice, note FROM decision WHERE expunged_by IS NULL
         ORDER BY decision_id",
        values![],
    )?;
    let mut erased: Vec<Vec<Value>> = Vec::new();
    for row in &rows {
        let (subject, words) = (row.text(1)?, [row.text(1)?, row.text(2)?, row.text(3)?]);
        if is_erased(subject, &words.join("\n")) {
            let id = row.integer(0)?;
            let marker = format!("expunged/{id}").into_bytes();
            erased.push(vec![id.into(), order.0.into(), marker.into()]);
        }
    }
    tx.execute_many(
        "UPDATE decision SET subject = 'expunged', choice = '', note = '', signature = $3,
             expunged_by = $2
         WHERE decision_id = $1",
        &erased,
    )?;
    Ok(erased.len() as u64)
}

fn kept(tx: &mut Tx<'_>, row: &Row) -> Result<Kept, StoreError> {
    let decision = Decision {
        kind: row.text(1)?.to_owned().into(),
        subject: row.text(2)?.to_owned(),
        choice: row.text(3)?.to_owned(),
        note: row.text(4)?.to_owned(),
        staff: row.text(5)?.to_owned(),
        decided_at: row.time(6)?,
        key: VerifyingKey(row.array(7)?),
        signature: row.bytes(8)?.to_vec(),
    };
    let whose = staff::by_key(tx, &decision.key)?;
    let is_theirs = whose.is_some_and(|row| row.name == decision.staff);
    Ok(Kept {
        id: DecisionId(row.integer(0)?),
        is_good: is_theirs && decision.verify().is_ok(),
        decision,
    })
}
