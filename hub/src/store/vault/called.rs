//! Calls that were begun, by keyed hashes of the numbers: what bounds calls to one number, and how many begin.

use jiff::Timestamp;

use crate::ids::NoticeId;
use crate::notification::bounds::Waits;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// Notes that a number is called for a notice, by which of its tries, and forgets calls that ended before a time.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn note(
    tx: &mut Tx<'_>,
    (notice, number): (NoticeId, i64),
    whose: &[u8; 32],
    (now, forget_before): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM called WHERE called_at < $1",
        &[time(forget_before)],
    )?;
    tx.execute_one(
        "called",
        "INSERT INTO called (notice_id, number, whose, called_at) VALUES ($1, $2, $3, $4)",
        &[
            notice.as_bytes().into(),
            number.into(),
            whose.into(),
            time(now),
        ],
    )
}

/// Takes a call back that never left the hub.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn take_back(tx: &mut Tx<'_>, notice: NoticeId, number: i64) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM called WHERE notice_id = $1 AND number = $2",
        values![notice.as_bytes(), number],
    )
    .map(|_| ())
}

/// Returns when a number was called after a time, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn since(
    tx: &mut Tx<'_>,
    whose: &[u8; 32],
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Timestamp>, StoreError> {
    tx.query(
        "SELECT called_at FROM called WHERE whose = $1 AND called_at > $2
         ORDER BY called_at DESC LIMIT $3",
        &[whose.into(), time(since), i64::from(limit).into()],
    )?
    .iter()
    .map(|row| row.time(0))
    .collect()
}

/// Returns until when a number is called for another notice, or is about to be by this transaction, unless that
/// call is held for longer or ends before; nothing where it is free.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn rings(
    tx: &mut Tx<'_>,
    whose: &[u8; 32],
    other_than: NoticeId,
    (now, lease_until): (Timestamp, Timestamp),
) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.query_optional(
        "SELECT max(CASE WHEN c.number > n.attempts THEN $4 ELSE n.claimed_until END)
         FROM called c JOIN notice n ON n.notice_id = c.notice_id
         WHERE c.whose = $1 AND c.notice_id <> $2 AND (c.number > n.attempts
             OR (c.number = n.attempts AND n.state = 'trying' AND n.claimed_until > $3))",
        &[
            whose.into(),
            other_than.as_bytes().into(),
            time(now),
            time(lease_until),
        ],
    )?;
    row.map_or(Ok(None), |row| row.optional_time(0))
}

/// Lets be due at once what waits since the number of a call was called, which is over.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn free(
    tx: &mut Tx<'_>,
    (notice, number): (NoticeId, i64),
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE notice SET due_at = $3
         WHERE waits = $4 AND due_at > $3 AND registrant_id IN (
             SELECT t.registrant_id FROM called c
             JOIN contact t ON t.channel = 'telephone' AND t.blind_index = c.whose
             WHERE c.notice_id = $1 AND c.number = $2)",
        &[
            notice.as_bytes().into(),
            number.into(),
            time(now),
            Waits::Rings.as_str().into(),
        ],
    )
    .map(|_| ())
}

/// Counts the calls that were begun after a time, by all workers.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn begun(tx: &mut Tx<'_>, since: Timestamp) -> Result<u64, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*) FROM called WHERE called_at > $1",
        &[time(since)],
    )?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Counts the calls that are under way, by all workers.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn under_way(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*) FROM notice
         WHERE state = 'trying' AND channel = 'telephone' AND claimed_until > $1",
        &[time(now)],
    )?;
    row.map_or(Ok(0), |row| row.count(0))
}
