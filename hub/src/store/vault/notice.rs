//! Notices and the tries that were made of them.

use jiff::{SignedDuration, Timestamp};
use savin_shared::hash::Hash;

use crate::evidence::leaf;
use crate::ids::{NoticeId, RegistrantId};
use crate::notification::bounds::Waits;
use crate::notification::channel::Channel;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};
use crate::store::{StoreError, evidence};
use crate::values;

/// A notice on its way into the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Its identifier.
    pub notice: NoticeId,
    /// For whom.
    pub registrant: RegistrantId,
    /// By which channel.
    pub channel: Channel,
    /// How soon: 0 first.
    pub urgency: u8,
    /// In which order it is told among all that waits: 0 first.
    pub rank: u8,
    /// What it says, sealed.
    pub sealed_fact: Vec<u8>,
    /// What its leaf in the evidence commits to.
    pub commitment: Hash,
    /// When its turn comes among her ways, after it was planned.
    pub begins: SignedDuration,
}

/// A notice as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeStanding {
    /// Its identifier.
    pub notice: NoticeId,
    /// For whom.
    pub registrant: RegistrantId,
    /// By which channel.
    pub channel: Channel,
    /// In which order it is told among all that waits.
    pub rank: u8,
    /// What it says, sealed.
    pub sealed_fact: Vec<u8>,
    /// Where it stands.
    pub state: String,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// How often it was tried.
    pub attempts: u64,
    /// How many of these tries left the hub.
    pub tries: u64,
    /// When it was tried last.
    pub attempted_at: Option<Timestamp>,
    /// What became of the last try.
    pub outcome: Option<String>,
    /// What the channel answered to it, sealed.
    pub sealed_answer: Option<Vec<u8>>,
    /// When it is tried next, as long as it waits.
    pub due_at: Timestamp,
    /// Until when a courier holds it.
    pub claimed_until: Timestamp,
    /// Why it waits until then, where that is known.
    pub waits: Option<Waits>,
}

/// Writes a statement that loads notices as they stand: the columns of [`standing`], and what follows.
macro_rules! standings {
    ($rest:literal) => {
        concat!(
            "SELECT n.notice_id, n.registrant_id, n.channel, n.sealed_fact, n.state, n.planned_at,
                 n.attempts, a.attempted_at, n.outcome, a.sealed_answer, n.tries, n.rank, n.due_at,
                 n.claimed_until, n.waits
             FROM notice n
             LEFT JOIN attempt a ON a.notice_id = n.notice_id AND a.number = n.attempts ",
            $rest
        )
    };
}

/// Plans notices, with a leaf in the evidence for each; one that is planned already stays as it is.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn plan(tx: &mut Tx<'_>, notices: &[NewNotice], now: Timestamp) -> Result<(), StoreError> {
    let lists: Vec<_> = notices
        .iter()
        .map(|notice| {
            vec![
                notice.notice.as_bytes().into(),
                notice.registrant.as_bytes().into(),
                notice.channel.as_str().into(),
                notice.urgency.into(),
                notice.sealed_fact.as_slice().into(),
                time(now),
                notice.rank.into(),
                time(now.checked_add(notice.begins).unwrap_or(now)),
            ]
        })
        .collect();
    let planned = tx.query_many(
        "INSERT INTO notice (notice_id, registrant_id, channel, urgency, sealed_fact, state,
             planned_at, due_at, attempts, claimed_until, claim, rank, tries)
         VALUES ($1, $2, $3, $4, $5, 'planned', $6, $8, 0, 0, 0, $7, 0)
         ON CONFLICT (notice_id) DO NOTHING RETURNING notice_id",
        &lists,
    )?;
    let leaves: Vec<_> = planned
        .iter()
        .zip(notices)
        .filter(|(planned, _)| !planned.is_empty())
        .map(|(_, new)| leaf::notice(new.notice, new.channel.as_str(), now, &new.commitment))
        .collect();
    evidence::append(tx, &leaves)
}

/// Withdraws a notice that was never tried, because a newer fact says that what it tells is not so.
/// Returns whether it is withdrawn, now or since before, so that nobody can have heard it.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn withdraw(tx: &mut Tx<'_>, notice: NoticeId) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE notice SET state = 'withdrawn', outcome = 'overtaken'
         WHERE notice_id = $1 AND state = 'planned' AND attempts = 0",
        values![notice.as_bytes()],
    )?;
    let row = tx.query_optional(
        "SELECT 1 FROM notice WHERE notice_id = $1 AND state = 'withdrawn'",
        values![notice.as_bytes()],
    )?;
    Ok(row.is_some())
}

/// Loads the notices of a registrant that wait to be tried, the oldest first, by identifier and with
/// what they say, sealed.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn waiting_of(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    limit: u32,
) -> Result<Vec<(NoticeId, Vec<u8>)>, StoreError> {
    tx.query(
        "SELECT notice_id, sealed_fact FROM notice
         WHERE registrant_id = $1 AND state = 'planned'
         ORDER BY planned_at, notice_id LIMIT $2",
        &[registrant.as_bytes().into(), i64::from(limit).into()],
    )?
    .iter()
    .map(|row| Ok((NoticeId::from_bytes(row.array(0)?), row.bytes(1)?.to_vec())))
    .collect()
}

/// Changes what a notice says that waits to be tried, or to be tried again.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn amend(tx: &mut Tx<'_>, notice: NoticeId, sealed_fact: &[u8]) -> Result<(), StoreError> {
    tx.execute_one(
        "notice",
        "UPDATE notice SET sealed_fact = $2
         WHERE notice_id = $1 AND state IN ('planned', 'trying')",
        values![notice.as_bytes(), sealed_fact],
    )
}

/// Loads notices, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn newest(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<NoticeStanding>, StoreError> {
    tx.query(
        standings!("ORDER BY n.planned_at DESC, n.notice_id LIMIT $1"),
        values![i64::from(limit)],
    )?
    .iter()
    .map(standing)
    .collect()
}

/// Loads notices after one, in the order of their names.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn after(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    limit: u32,
) -> Result<Vec<NoticeStanding>, StoreError> {
    tx.query(
        standings!("WHERE n.notice_id > $1 ORDER BY n.notice_id LIMIT $2"),
        values![notice.as_bytes(), i64::from(limit)],
    )?
    .iter()
    .map(standing)
    .collect()
}

/// Loads letters, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn newest_letters(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<NoticeStanding>, StoreError> {
    tx.query(
        standings!(
            "WHERE n.channel = 'letter'
             ORDER BY n.planned_at DESC, n.notice_id LIMIT $1"
        ),
        values![i64::from(limit)],
    )?
    .iter()
    .map(standing)
    .collect()
}

/// Loads letters that wait for a batch, the oldest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn waiting_letters(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<NoticeStanding>, StoreError> {
    tx.query(
        standings!(
            "WHERE n.channel = 'letter' AND n.state IN ('planned', 'trying')
             ORDER BY n.planned_at, n.notice_id LIMIT $1"
        ),
        values![i64::from(limit)],
    )?
    .iter()
    .map(standing)
    .collect()
}

/// Loads notices that were planned before a time and that no channel has taken, the oldest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn undelivered(
    tx: &mut Tx<'_>,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<NoticeStanding>, StoreError> {
    tx.query(
        standings!(
            "WHERE n.state IN ('planned', 'trying', 'spooled', 'printed', 'returned', 'refused', 'broken')
             AND n.planned_at < $1
             ORDER BY n.planned_at, n.notice_id LIMIT $2"
        ),
        &[time(before), i64::from(limit).into()],
    )?
    .iter()
    .map(standing)
    .collect()
}

/// Finds the notices whose names begin with some bytes, at most two.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn beginning_with(tx: &mut Tx<'_>, bytes: &[u8]) -> Result<Vec<NoticeStanding>, StoreError> {
    let bound = |filler: u8| {
        let mut bound = bytes.to_vec();
        bound.resize(16, filler);
        bound
    };
    let (low, high) = (bound(0), bound(u8::MAX));
    tx.query(
        standings!(
            "WHERE n.notice_id >= $1 AND n.notice_id <= $2
             ORDER BY n.notice_id LIMIT 2"
        ),
        values![low.as_slice(), high.as_slice()],
    )?
    .iter()
    .map(standing)
    .collect()
}

/// Loads a notice.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find(tx: &mut Tx<'_>, notice: NoticeId) -> Result<Option<NoticeStanding>, StoreError> {
    let row = tx.query_optional(
        standings!("WHERE n.notice_id = $1"),
        values![notice.as_bytes()],
    )?;
    row.as_ref().map(standing).transpose()
}

/// Counts notices by where they stand.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn count_by_state(tx: &mut Tx<'_>) -> Result<Vec<(String, u64)>, StoreError> {
    tx.query(
        "SELECT state, count(*) FROM notice GROUP BY state ORDER BY state",
        values![],
    )?
    .iter()
    .map(|row| Ok((row.text(0)?.to_owned(), row.count(1)?)))
    .collect()
}

/// Returns when the oldest notice that still waits was planned.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn oldest_waiting(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.query_optional(
        "SELECT min(planned_at) FROM notice WHERE state IN ('planned', 'trying')",
        values![],
    )?;
    row.map_or(Ok(None), |row| row.optional_time(0))
}

fn standing(row: &Row) -> Result<NoticeStanding, StoreError> {
    Ok(NoticeStanding {
        notice: NoticeId::from_bytes(row.array(0)?),
        registrant: RegistrantId::from_bytes(row.array(1)?),
        channel: channel(row, 2)?,
        sealed_fact: row.bytes(3)?.to_vec(),
        state: row.text(4)?.to_owned(),
        planned_at: row.time(5)?,
        attempts: row.count(6)?,
        tries: row.count(10)?,
        rank: row.code(11)?,
        attempted_at: row.optional_time(7)?,
        outcome: row.optional_text(8)?.map(str::to_owned),
        sealed_answer: row.optional_bytes(9)?.map(<[u8]>::to_vec),
        due_at: row.time(12)?,
        claimed_until: row.time(13)?,
        waits: row.optional_text(14)?.and_then(Waits::parse),
    })
}

pub(super) fn channel(row: &Row, place: usize) -> Result<Channel, StoreError> {
    Channel::parse(row.text(place)?).ok_or(StoreError::Damaged("a channel"))
}
