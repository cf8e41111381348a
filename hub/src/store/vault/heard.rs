//! What was heard of a notice after a try had ended: a letter printed, mailed or returned, a bounce.

use jiff::Timestamp;

use super::attempt::Answer;
use crate::evidence::leaf;
use crate::ids::NoticeId;
use crate::notification::outcome::{Follows, Outcome};
use crate::store::conn::Tx;
use crate::store::value::{optional_time, time};
use crate::store::{StoreError, evidence};
use crate::values;

/// Notes what was heard, with a leaf in the evidence, where the notice stands so that it can be.
///
/// What was not taken cannot be printed, and what was confirmed stays so. With a time it is tried again
/// then, at another contact point. Returns whether it counted.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn note(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    (outcome, again): (Outcome, Option<Timestamp>),
    answer: Option<&Answer>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let state = match outcome.follows() {
        Follows::Taken => outcome.as_str(),
        Follows::Ended if again.is_some() => "planned",
        Follows::Ended => "refused",
        Follows::Again | Follows::Unused => return Ok(false),
    };
    let changed = tx.execute(
        "UPDATE notice SET state = $2, outcome = $3, due_at = coalesce($4, due_at)
         WHERE notice_id = $1
         AND (state IN ('accepted', 'spooled') OR state = 'printed' AND $3 IN ('mailed', 'returned')
             OR state = 'mailed' AND $3 = 'returned')
         AND state <> $3",
        &[
            notice.as_bytes().into(),
            state.into(),
            outcome.as_str().into(),
            optional_time(again),
        ],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    let number = next(tx, notice)?;
    tx.execute_one(
        "heard",
        "INSERT INTO heard (notice_id, number, heard_at, outcome, sealed_answer, contact_id)
         VALUES ($1, $2, $3, $4, $5, (SELECT a.contact_id FROM attempt a
             JOIN notice n ON n.notice_id = a.notice_id AND n.attempts = a.number
             WHERE n.notice_id = $1))",
        &[
            notice.as_bytes().into(),
            number.into(),
            time(now),
            outcome.as_str().into(),
            answer.map(|answer| answer.sealed.as_slice()).into(),
        ],
    )?;
    let commitment = answer.map(|answer| &answer.commitment);
    let leaf = leaf::heard(notice, number, now, outcome.as_str(), commitment);
    evidence::append(tx, &[leaf])?;
    Ok(true)
}

/// Notes that she has what a notice tells, by what she confirmed it; a try that is under way ends with
/// it. Returns whether that is news.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn confirm(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    by: &'static str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE notice SET state = 'confirmed', outcome = 'confirmed', claimed_until = 0
         WHERE notice_id = $1 AND state NOT IN ('confirmed', 'stopped', 'withdrawn')",
        values![notice.as_bytes()],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    let ended = tx.query_optional(
        "UPDATE attempt SET finished_at = $2, outcome = 'confirmed'
         WHERE notice_id = $1 AND finished_at IS NULL
             AND number = (SELECT attempts FROM notice WHERE notice_id = $1) RETURNING number",
        &[notice.as_bytes().into(), time(now)],
    )?;
    let mut leaves = Vec::new();
    if let Some(row) = ended {
        let number = row.integer(0)?;
        leaves.push(leaf::outcome(notice, number, now, "confirmed", None));
    }
    let number = next(tx, notice)?;
    let word = format!("{}{by}", leaf::CONFIRMED);
    tx.execute_one(
        "heard",
        "INSERT INTO heard (notice_id, number, heard_at, outcome) VALUES ($1, $2, $3, $4)",
        &[
            notice.as_bytes().into(),
            number.into(),
            time(now),
            word.as_str().into(),
        ],
    )?;
    leaves.push(leaf::heard(notice, number, now, &word, None));
    evidence::append(tx, &leaves)?;
    Ok(true)
}

/// What was heard, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardRow {
    /// The how-manieth.
    pub number: i64,
    /// When.
    pub heard_at: Timestamp,
    /// What: an outcome's word, or by what she confirmed.
    pub outcome: String,
    /// What came with it, sealed.
    pub sealed_answer: Option<Vec<u8>>,
}

impl HeardRow {
    /// Says whether it is that she confirmed.
    #[must_use]
    pub fn is_confirmation(&self) -> bool {
        self.outcome.starts_with(leaf::CONFIRMED)
    }
}

/// Loads what was heard of a notice, in its order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_notice(tx: &mut Tx<'_>, notice: NoticeId) -> Result<Vec<HeardRow>, StoreError> {
    tx.query(
        "SELECT number, heard_at, outcome, sealed_answer FROM heard
         WHERE notice_id = $1 ORDER BY number LIMIT 1000",
        values![notice.as_bytes()],
    )?
    .iter()
    .map(|row| {
        Ok(HeardRow {
            number: row.integer(0)?,
            heard_at: row.time(1)?,
            outcome: row.text(2)?.to_owned(),
            sealed_answer: row.optional_bytes(3)?.map(<[u8]>::to_vec),
        })
    })
    .collect()
}

/// Returns the number that what is heard next of a notice has.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn next(tx: &mut Tx<'_>, notice: NoticeId) -> Result<i64, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*) + 1 FROM heard WHERE notice_id = $1",
        values![notice.as_bytes()],
    )?;
    row.map_or(Ok(1), |row| row.integer(0))
}
