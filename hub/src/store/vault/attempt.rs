//! Tries to tell a notice, as they were noted.

use jiff::Timestamp;
use savin_shared::hash::Hash;

use crate::ids::{ContactId, NoticeId};
use crate::notification::outcome::Outcome;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::Row;
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
    /// At which contact point it was made.
    pub contact: Option<ContactId>,
}

/// Loads the tries of a notice, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_notice(tx: &mut Tx<'_>, notice: NoticeId) -> Result<Vec<AttemptRow>, StoreError> {
    tx.query(
        "SELECT contact_id, number, attempted_at, finished_at, outcome, sealed_answer FROM attempt
         WHERE notice_id = $1 ORDER BY number LIMIT 1000",
        values![notice.as_bytes()],
    )?
    .iter()
    .map(|row| {
        let outcome = row.optional_text(4)?.map(str::to_owned);
        Ok(AttemptRow {
            number: row.integer(1)?,
            attempted_at: row.time(2)?,
            finished: row.optional_time(3)?.zip(outcome),
            sealed_answer: row.optional_bytes(5)?.map(<[u8]>::to_vec),
            contact: contact(row)?,
        })
    })
    .collect()
}

/// The last tries by which a ladder goes on.
const LAST: i64 = 200;

/// Loads the last tries of a notice that are over, and what came back later, in their order: at which
/// contact point, what became of it, and when.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn ended(
    tx: &mut Tx<'_>,
    notice: NoticeId,
) -> Result<Vec<(Option<ContactId>, Outcome, Timestamp)>, StoreError> {
    let rows = tx.query(
        "SELECT contact_id, outcome, finished_at FROM attempt
         WHERE notice_id = $1 AND finished_at IS NOT NULL
         UNION ALL
         SELECT contact_id, outcome, heard_at FROM heard
         WHERE notice_id = $1 AND outcome IN ('bounced', 'returned')
         ORDER BY 3 DESC LIMIT $2",
        values![notice.as_bytes(), LAST],
    )?;
    let mut ended = Vec::with_capacity(rows.len());
    for row in rows.iter().rev() {
        // Some words are no outcome of a channel, as where she confirmed.
        if let Some(outcome) = Outcome::parse(row.text(1)?) {
            ended.push((contact(row)?, outcome, row.time(2)?));
        }
    }
    Ok(ended)
}

/// Returns at which contact point a notice was tried last.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn last_contact(tx: &mut Tx<'_>, notice: NoticeId) -> Result<Option<ContactId>, StoreError> {
    let row = tx.query_optional(
        "SELECT contact_id FROM attempt WHERE notice_id = $1 ORDER BY number DESC LIMIT 1",
        values![notice.as_bytes()],
    )?;
    row.map_or(Ok(None), |row| contact(&row))
}

fn contact(row: &Row) -> Result<Option<ContactId>, StoreError> {
    let contact = row.optional_bytes(0)?;
    contact
        .map(|_| row.array(0).map(ContactId::from_bytes))
        .transpose()
}
