//! What was heard of a notice after a try had ended: a letter printed, mailed or returned, a bounce.

use jiff::Timestamp;

use super::attempt::Answer;
use crate::evidence::leaf;
use crate::ids::NoticeId;
use crate::notification::outcome::{Follows, Outcome};
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::store::{StoreError, evidence};
use crate::values;

/// Notes what was heard, with a leaf in the evidence, where the notice stands so that it can be: what
/// was not taken cannot be printed, and what was confirmed stays so. Returns whether it counted.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn note(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    outcome: Outcome,
    answer: Option<&Answer>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let state = match outcome.follows() {
        Follows::Taken => outcome.as_str(),
        Follows::Ended => "refused",
        Follows::Again | Follows::Unused => return Ok(false),
    };
    let changed = tx.execute(
        "UPDATE notice SET state = $2, outcome = $3 WHERE notice_id = $1
         AND (state IN ('accepted', 'spooled') OR state = 'printed' AND $3 IN ('mailed', 'returned')
             OR state = 'mailed' AND $3 = 'returned')
         AND state <> $3",
        values![notice.as_bytes(), state, outcome.as_str()],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    let number = next(tx, notice)?;
    tx.execute_one(
        "heard",
        "INSERT INTO heard (notice_id, number, heard_at, outcome, sealed_answer)
         VALUES ($1, $2, $3, $4, $5)",
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
