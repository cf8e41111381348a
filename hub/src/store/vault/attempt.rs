//! Tries to tell a notice, as they were noted.

use jiff::Timestamp;
use savin_shared::hash::Hash;

use crate::ids::NoticeId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// What a channel answered to a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The answer, sealed.
    pub sealed: Vec<u8>,
    /// What the leaf of the try's outcome commits to.
    pub commitment: Hash,
}

/// A try as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// The how-manieth.
    pub number: i64,
    /// When it began.
    pub attempted_at: Timestamp,
    /// When it was known what became of it, and what.
    pub finished: Option<(Timestamp, String)>,
    /// What the channel answered, sealed.
    pub sealed_answer: Option<Vec<u8>>,
}

/// Loads the tries of a notice, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_notice(tx: &mut Tx<'_>, notice: NoticeId) -> Result<Vec<AttemptRow>, StoreError> {
    tx.query(
        "SELECT number, attempted_at, finished_at, outcome, sealed_answer FROM attempt
         WHERE notice_id = $1 ORDER BY number LIMIT 1000",
        values![notice.as_bytes()],
    )?
    .iter()
    .map(|row| {
        let outcome = row.optional_text(3)?.map(str::to_owned);
        Ok(AttemptRow {
            number: row.integer(0)?,
            attempted_at: row.time(1)?,
            finished: row.optional_time(2)?.zip(outcome),
            sealed_answer: row.optional_bytes(4)?.map(<[u8]>::to_vec),
        })
    })
    .collect()
}
