//! Notices to offices: planned once for an event, tried until the mail server took them or a person posted
//! them, and confirmed by the office. Each step has a leaf in the registry's evidence.

mod link;
mod trying;

use jiff::Timestamp;
use savin_shared::hash::Hash;

use super::recipient::RecipientId;
use crate::evidence::leaf;
use crate::ids::{EventPosition, NoticeId, RecordId};
use crate::notification::channel::Channel;
use crate::notification::office::OfficeNews;
use crate::store::conn::Tx;
use crate::store::value::{Row, optional_time, time};
use crate::store::{StoreError, evidence};
use crate::values;
pub use link::{confirm_by, give};
pub use trying::{After, Tried, attempts, claim, finish, posted, stop};

/// A notice on its way into the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAgencyNotice {
    /// What it tells.
    pub news: OfficeNews,
    /// Of which event.
    pub event: EventPosition,
    /// By which record.
    pub record: RecordId,
    /// To which office.
    pub recipient: RecipientId,
    /// How.
    pub channel: Channel,
    /// By when the law wants it told.
    pub due_at: Timestamp,
}

/// A notice as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyNotice {
    /// Its identifier.
    pub notice: NoticeId,
    /// What it tells, to whom and by when.
    pub about: NewAgencyNotice,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// `planned`, `trying`, `told`, `confirmed`, `refused` or `withdrawn`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Which claim of it counts.
    pub claim: i64,
    /// What came of the last try, or why it was withdrawn.
    pub outcome: Option<String>,
    /// When the mail server took it, or a person posted it.
    pub told_at: Option<Timestamp>,
    /// When the office said that it has it.
    pub confirmed_at: Option<Timestamp>,
    /// Who took that down.
    pub confirmed_by: Option<String>,
}

/// Why a notice was withdrawn of which the record was sealed meanwhile.
pub const WHY_SEALED: &str = "sealed";

impl AgencyNotice {
    /// Says whether the office may have it.
    #[must_use]
    pub fn may_be_told(&self) -> bool {
        self.told_at.is_some() || self.state == "trying"
    }

    /// Says whether it still has to be told or confirmed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.state.as_str(), "confirmed" | "withdrawn")
    }
}

/// Derives the identifier of a notice, so that the same is never planned twice.
#[must_use]
pub fn id(new: &NewAgencyNotice) -> NoticeId {
    let parts: [&[u8]; 3] = [
        new.news.as_str().as_bytes(),
        &new.event.0.to_be_bytes(),
        &new.recipient.0.to_be_bytes(),
    ];
    let hash = Hash::tagged("savin/agency-notice/1", &parts);
    let first = hash.as_bytes().first_chunk::<16>();
    NoticeId::from_bytes(first.copied().unwrap_or_default())
}

/// Returns the subject of the task that has a notice posted.
#[must_use]
pub fn letter_subject(notice: NoticeId) -> String {
    format!("letter/{notice}")
}

/// Plans notices; one that was planned before stays as it is. Returns those that are new.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn plan(
    tx: &mut Tx<'_>,
    notices: &[NewAgencyNotice],
    now: Timestamp,
) -> Result<Vec<NoticeId>, StoreError> {
    let mut lists = Vec::with_capacity(notices.len());
    for new in notices {
        let next_at = (new.channel == Channel::Email).then_some(now);
        lists.push(vec![
            id(new).as_bytes().into(),
            new.news.as_str().into(),
            new.event.0.into(),
            new.record.0.into(),
            new.recipient.0.into(),
            new.channel.as_str().into(),
            time(new.due_at),
            time(now),
            optional_time(next_at),
        ]);
    }
    let stored = tx.query_many(
        "INSERT INTO agency_notice (notice_id, kind, event_position, record_id, recipient_id, channel,
             due_at, planned_at, state, attempts, claim, next_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'planned', 0, 0, $9)
         ON CONFLICT (notice_id) DO NOTHING RETURNING notice_id",
        &lists,
    )?;
    let (mut leaves, mut planned) = (Vec::new(), Vec::new());
    for (new, _) in notices
        .iter()
        .zip(&stored)
        .filter(|(_, rows)| !rows.is_empty())
    {
        let about = (new.news.as_str(), new.event, new.recipient.0);
        leaves.push(leaf::agency_notice(
            id(new),
            about,
            new.channel.as_str(),
            now,
        ));
        planned.push(id(new));
    }
    evidence::append(tx, &leaves)?;
    Ok(planned)
}

/// Notes that an office said that it has a notice, and so that it was told; returns whether it had not said so. One that
/// answers while its mail server still does is told by then.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn confirm(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE agency_notice SET state = 'confirmed', confirmed_at = $2, confirmed_by = $3,
             told_at = coalesce(told_at, $2), next_at = NULL
         WHERE notice_id = $1 AND state IN ('told', 'trying')",
        &[notice.as_bytes().into(), time(now), by.into()],
    )?;
    if changed == 1 {
        evidence::append(tx, &[leaf::agency_confirmation(notice, now, by)])?;
    }
    Ok(changed == 1)
}

/// Withdraws what waits of an event, and was told to nobody.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn withdraw(
    tx: &mut Tx<'_>,
    event: EventPosition,
    why: &str,
) -> Result<Vec<NoticeId>, StoreError> {
    tx.query(
        "UPDATE agency_notice SET state = 'withdrawn', outcome = $2, next_at = NULL, claim = claim + 1
         WHERE event_position = $1 AND state IN ('planned', 'refused') RETURNING notice_id",
        values![event.0, why],
    )?
    .iter()
    .map(|row| Ok(NoticeId::from_bytes(row.array(0)?)))
    .collect()
}

/// Withdraws what waits for an office that was taken off the list.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn withdraw_of(tx: &mut Tx<'_>, recipient: RecipientId) -> Result<Vec<NoticeId>, StoreError> {
    tx.query(
        "UPDATE agency_notice SET state = 'withdrawn', outcome = 'off the list', next_at = NULL,
             claim = claim + 1
         WHERE recipient_id = $1 AND state IN ('planned', 'refused') RETURNING notice_id",
        values![recipient.0],
    )?
    .iter()
    .map(|row| Ok(NoticeId::from_bytes(row.array(0)?)))
    .collect()
}

/// Lists the notices of an event.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_event(tx: &mut Tx<'_>, event: EventPosition) -> Result<Vec<AgencyNotice>, StoreError> {
    tx.query(
        "SELECT notice_id, kind, event_position, record_id, recipient_id, channel, due_at, planned_at,
             state, attempts, claim, outcome, told_at, confirmed_at, confirmed_by
         FROM agency_notice WHERE event_position = $1 ORDER BY recipient_id, kind LIMIT 1000",
        values![event.0],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists the earlier events of a record of which offices were told, or are to be, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn events_of(
    tx: &mut Tx<'_>,
    record: RecordId,
    before: EventPosition,
) -> Result<Vec<EventPosition>, StoreError> {
    tx.query(
        "SELECT DISTINCT event_position FROM agency_notice
         WHERE record_id = $1 AND event_position < $2 AND state <> 'withdrawn'
         ORDER BY event_position DESC LIMIT 1000",
        values![record.0, before.0],
    )?
    .iter()
    .map(|row| Ok(EventPosition(row.integer(0)?)))
    .collect()
}

/// Says whether an office was told of the same record before, so that a notice takes the other's place.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn replaces(tx: &mut Tx<'_>, notice: &NewAgencyNotice) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM agency_notice
         WHERE record_id = $1 AND recipient_id = $2 AND event_position < $3 AND told_at IS NOT NULL
         LIMIT 1",
        values![notice.record.0, notice.recipient.0, notice.event.0],
    )?;
    Ok(row.is_some())
}

/// Says whether any office was told of a record.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn was_told(tx: &mut Tx<'_>, record: RecordId) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM agency_notice WHERE record_id = $1 AND told_at IS NOT NULL LIMIT 1",
        values![record.0],
    )?;
    Ok(row.is_some())
}

/// Lists notices, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn newest(tx: &mut Tx<'_>, notices_max: u32) -> Result<Vec<AgencyNotice>, StoreError> {
    tx.query(
        "SELECT notice_id, kind, event_position, record_id, recipient_id, channel, due_at, planned_at,
             state, attempts, claim, outcome, told_at, confirmed_at, confirmed_by
         FROM agency_notice ORDER BY planned_at DESC, event_position DESC, notice_id LIMIT $1",
        values![i64::from(notices_max)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Finds the notices whose identifiers are within a range.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn between(
    tx: &mut Tx<'_>,
    first: NoticeId,
    last: NoticeId,
) -> Result<Vec<AgencyNotice>, StoreError> {
    tx.query(
        "SELECT notice_id, kind, event_position, record_id, recipient_id, channel, due_at, planned_at,
             state, attempts, claim, outcome, told_at, confirmed_at, confirmed_by
         FROM agency_notice WHERE notice_id BETWEEN $1 AND $2 ORDER BY notice_id LIMIT 2",
        values![first.as_bytes(), last.as_bytes()],
    )?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &Row) -> Result<AgencyNotice, StoreError> {
    let damaged = StoreError::Damaged;
    Ok(AgencyNotice {
        notice: NoticeId::from_bytes(row.array(0)?),
        about: NewAgencyNotice {
            news: OfficeNews::parse(row.text(1)?).ok_or(damaged("an office's news"))?,
            event: EventPosition(row.integer(2)?),
            record: RecordId(row.integer(3)?),
            recipient: RecipientId(row.integer(4)?),
            channel: Channel::parse(row.text(5)?).ok_or(damaged("a channel"))?,
            due_at: row.time(6)?,
        },
        planned_at: row.time(7)?,
        state: row.text(8)?.to_owned(),
        attempts: row.integer(9)?,
        claim: row.integer(10)?,
        outcome: row.optional_text(11)?.map(str::to_owned),
        told_at: row.optional_time(12)?,
        confirmed_at: row.optional_time(13)?,
        confirmed_by: row.optional_text(14)?.map(str::to_owned),
    })
}
