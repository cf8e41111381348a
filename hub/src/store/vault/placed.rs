//! Calls that a carrier knows by a name, while their tries are under way.

use jiff::Timestamp;

use super::carrying::Lease;
use crate::ids::{NoticeId, RegistrantId};
use crate::store::StoreError;
use crate::store::conn::{Engine, Tx};
use crate::store::value::time;
use crate::values;

/// Calls that were left, at most, that are taken over at once.
const LEFT_MAX: i64 = 16;

/// A call whose hub has let the lease of its try end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftCall {
    /// Of which notice.
    pub notice: NoticeId,
    /// For whom that is.
    pub registrant: RegistrantId,
    /// The claim under which it was placed.
    pub claim: i64,
    /// The carrier's name of it, sealed.
    pub sealed_call: Vec<u8>,
}

/// Keeps the name of a call whose try is under way. Returns whether its claim still counts.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn keep(
    tx: &mut Tx<'_>,
    (notice, claim): (NoticeId, i64),
    sealed_call: &[u8],
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE attempt SET sealed_call = $3
         WHERE notice_id = $1 AND finished_at IS NULL AND number = (
             SELECT attempts FROM notice
             WHERE notice_id = $1 AND claim = $2 AND state = 'trying')",
        values![notice.as_bytes(), claim, sealed_call],
    )?;
    Ok(changed == 1)
}

/// Finds calls that were left. What another worker takes over just now is left to it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn left(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<LeftCall>, StoreError> {
    let left = match tx.engine() {
        Engine::Sqlite => {
            "SELECT n.notice_id, n.registrant_id, n.claim, a.sealed_call FROM notice n
             JOIN attempt a ON a.notice_id = n.notice_id AND a.number = n.attempts
             WHERE n.state = 'trying' AND n.channel = 'telephone' AND n.claimed_until <= $1
                 AND a.finished_at IS NULL AND a.sealed_call IS NOT NULL
             ORDER BY n.rank, n.notice_id LIMIT $2"
        }
        Engine::Postgres => {
            "SELECT n.notice_id, n.registrant_id, n.claim, a.sealed_call FROM notice n
             JOIN attempt a ON a.notice_id = n.notice_id AND a.number = n.attempts
             WHERE n.state = 'trying' AND n.channel = 'telephone' AND n.claimed_until <= $1
                 AND a.finished_at IS NULL AND a.sealed_call IS NOT NULL
             ORDER BY n.rank, n.notice_id LIMIT $2 FOR UPDATE OF n SKIP LOCKED"
        }
    };
    let rows = tx.query(left, &[time(now), LEFT_MAX.into()])?;
    let left = rows.iter().map(|row| {
        Ok(LeftCall {
            notice: NoticeId::from_bytes(row.array(0)?),
            registrant: RegistrantId::from_bytes(row.array(1)?),
            claim: row.integer(2)?,
            sealed_call: row.bytes(3)?.to_vec(),
        })
    });
    left.collect()
}

/// Takes a try over whose call was left, without another try: the claim of whoever left it is void.
/// Returns the new one.
///
/// # Errors
/// Returns [`StoreError`] when the try is not under way any more or the database refuses.
pub fn take_over(
    tx: &mut Tx<'_>,
    (notice, claim): (NoticeId, i64),
    lease: Lease,
) -> Result<i64, StoreError> {
    let row = tx.query_optional(
        "UPDATE notice SET claim = claim + 1, claimed_until = $3, claimed_by = $4
         WHERE notice_id = $1 AND claim = $2 AND state = 'trying' RETURNING claim",
        &[
            notice.as_bytes().into(),
            claim.into(),
            time(lease.until),
            lease.by.as_ref().map(|by| by.as_bytes().as_slice()).into(),
        ],
    )?;
    row.ok_or(StoreError::Damaged("a notice vanished"))?
        .integer(0)
}
