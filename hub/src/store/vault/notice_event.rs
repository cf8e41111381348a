//! Which notices tell an event, and taking them back.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::ids::{NoticeId, RegistrantId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};
use crate::values;

/// One of the notices that tell an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNotice {
    /// Its identifier.
    pub notice: NoticeId,
    /// For whom.
    pub registrant: RegistrantId,
    /// By which channel.
    pub channel: String,
    /// Where it stands.
    pub state: String,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// What it says, sealed.
    pub sealed_fact: Vec<u8>,
}

impl EventNotice {
    /// Says whether she may have heard it: it was tried, and the channel did not refuse.
    #[must_use]
    pub fn may_be_told(&self) -> bool {
        match self.state.as_str() {
            "planned" | "elsewhere" => self.attempts > 0,
            "withdrawn" | "stopped" | "refused" | "broken" => false,
            _ => true,
        }
    }

    /// Says whether it may still be tried.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "planned" | "trying")
    }

    /// Says whether it waits and was never tried.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.state == "planned" && self.attempts == 0
    }
}

/// Notes which event each notice tells, by keyed hashes.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn link_events(tx: &mut Tx<'_>, links: &[([u8; 32], NoticeId)]) -> Result<(), StoreError> {
    let lists: Vec<_> = links
        .iter()
        .map(|(link, notice)| vec![link.into(), notice.as_bytes().into()])
        .collect();
    tx.execute_many(
        "INSERT INTO notice_event (event_link, notice_id) VALUES ($1, $2)
         ON CONFLICT (event_link, notice_id) DO NOTHING",
        &lists,
    )
}

/// Writes a statement that loads the notices of an event, and what follows.
macro_rules! notices {
    ($rest:literal) => {
        concat!(
            "SELECT n.notice_id, n.registrant_id, n.channel, n.state, n.attempts, n.planned_at,
                 n.sealed_fact
             FROM notice_event e
             JOIN notice n ON n.notice_id = e.notice_id
             WHERE e.event_link = $1 ",
            $rest
        )
    };
}

/// Finds the notices that tell events, in the order of the links.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_events(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<Vec<Vec<EventNotice>>, StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    tx.query_many(
        notices!("ORDER BY n.registrant_id, n.channel, n.notice_id"),
        &lists,
    )?
    .iter()
    .map(|rows| rows.iter().map(read).collect())
    .collect()
}

/// Finds so many of the notices that tell an event, in the order of their names after one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn after(
    tx: &mut Tx<'_>,
    link: &[u8; 32],
    (after, limit): (NoticeId, usize),
) -> Result<Vec<EventNotice>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    tx.query(
        notices!("AND e.notice_id > $2 ORDER BY e.notice_id LIMIT $3"),
        values![link, after.as_bytes(), limit],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Names the notices that tell events.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn names(tx: &mut Tx<'_>, links: &[[u8; 32]]) -> Result<BTreeSet<NoticeId>, StoreError> {
    let lists: Vec<_> = links.iter().map(|link| vec![link.into()]).collect();
    tx.query_many(
        "SELECT notice_id FROM notice_event WHERE event_link = $1",
        &lists,
    )?
    .iter()
    .flatten()
    .map(|row| row.array(0).map(NoticeId::from_bytes))
    .collect()
}

/// Says whether a notice tells an event to a registrant, whatever caused it, and was not withdrawn.
///
/// Among hers, and not among those of the event, which may be everybody's; so no join, which leaves that open.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_told_to(
    tx: &mut Tx<'_>,
    link: &[u8; 32],
    registrant: RegistrantId,
) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM notice n WHERE n.registrant_id = $1 AND n.state <> 'withdrawn'
             AND (SELECT 1 FROM notice_event e
                  WHERE e.event_link = $2 AND e.notice_id = n.notice_id) = 1
         LIMIT 1",
        values![registrant.as_bytes(), link],
    )?;
    Ok(row.is_some())
}

fn read(row: &Row) -> Result<EventNotice, StoreError> {
    Ok(EventNotice {
        notice: NoticeId::from_bytes(row.array(0)?),
        registrant: RegistrantId::from_bytes(row.array(1)?),
        channel: row.text(2)?.to_owned(),
        state: row.text(3)?.to_owned(),
        attempts: row.count(4)?,
        planned_at: row.time(5)?,
        sealed_fact: row.bytes(6)?.to_vec(),
    })
}

/// Recalls the notices of events, because somebody decided that what they tell is not so, or may not be told,
/// and says why in a word: what waits is withdrawn, and what is under way is not tried again.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn recall(
    tx: &mut Tx<'_>,
    links: &[[u8; 32]],
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let lists: Vec<_> = links
        .iter()
        .map(|link| vec![link.into(), time(now), why.into()])
        .collect();
    tx.execute_many(
        "UPDATE notice SET recalled_at = $2,
             outcome = CASE state WHEN 'planned' THEN $3 ELSE outcome END,
             state = CASE state WHEN 'planned' THEN 'withdrawn' ELSE state END
         WHERE notice_id IN (SELECT notice_id FROM notice_event WHERE event_link = $1)
             AND state IN ('planned', 'trying')",
        &lists,
    )
}
