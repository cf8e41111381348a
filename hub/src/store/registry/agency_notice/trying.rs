//! Tries to tell an office: who may make one, until when, and what came of it.

use jiff::{SignedDuration, Timestamp};

use super::{AgencyNotice, read};
use crate::evidence::{leaf, office};
use crate::ids::NoticeId;
use crate::store::conn::Tx;
use crate::store::value::{optional_time, time};
use crate::store::{StoreError, evidence};
use crate::values;

/// Characters of a server's answer that are kept.
const ANSWER_MAX: usize = 300;

/// What became of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// The mail server took it.
    Told,
    /// The address is none.
    Refused,
    /// Not now: tried again then.
    Again(Timestamp),
}

impl After {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Refused => "refused",
            Self::Again(_) => "planned",
        }
    }
}

/// Takes e-mails that are due, each for one courier until its lease ends.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn claim(
    tx: &mut Tx<'_>,
    notices_max: u32,
    now: Timestamp,
    lease: SignedDuration,
) -> Result<Vec<AgencyNotice>, StoreError> {
    let due = tx.query(
        "SELECT notice_id, kind, event_position, record_id, recipient_id, channel, due_at, planned_at,
             state, attempts, claim, outcome, told_at, confirmed_at, confirmed_by
         FROM agency_notice WHERE next_at <= $1 ORDER BY next_at, notice_id LIMIT $2",
        &[time(now), i64::from(notices_max).into()],
    )?;
    let lease_until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
    let mut claimed = Vec::new();
    for row in &due {
        let notice = read(row)?;
        claimed.extend(begin(tx, notice, Some(lease_until), now)?);
    }
    Ok(claimed)
}

/// Begins a try, unless somebody else was faster.
fn begin(
    tx: &mut Tx<'_>,
    mut notice: AgencyNotice,
    lease_until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<AgencyNotice>, StoreError> {
    let changed = tx.execute(
        "UPDATE agency_notice
         SET state = 'trying', attempts = attempts + 1, claim = claim + 1, next_at = $3
         WHERE notice_id = $1 AND claim = $2 AND state IN ('planned', 'trying')",
        &[
            notice.notice.as_bytes().into(),
            notice.claim.into(),
            optional_time(lease_until),
        ],
    )?;
    if changed == 0 {
        return Ok(None);
    }
    notice.attempts += 1;
    notice.claim += 1;
    "trying".clone_into(&mut notice.state);
    tx.execute_one(
        "agency attempt",
        "INSERT INTO agency_attempt (notice_id, attempt, attempted_at) VALUES ($1, $2, $3)",
        &[
            notice.notice.as_bytes().into(),
            notice.attempts.into(),
            time(now),
        ],
    )?;
    evidence::append(tx, &[leaf::attempt(notice.notice, notice.attempts, now)])?;
    Ok(Some(notice))
}

/// Notes what became of a try; a claim that another one followed changes nothing, and of a notice that the office
/// confirmed meanwhile it is the try alone. Returns whether it counted for the notice.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn finish(
    tx: &mut Tx<'_>,
    claimed: &AgencyNotice,
    after: After,
    answer: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let next_at = match after {
        After::Again(at) => Some(at),
        After::Told | After::Refused => None,
    };
    let told_at = (after == After::Told).then_some(now);
    let answer: String = answer
        .chars()
        .filter(|c| !c.is_control())
        .take(ANSWER_MAX)
        .collect();
    let changed = tx.execute(
        "UPDATE agency_notice SET state = $3, next_at = $4, outcome = $5, told_at = $6
         WHERE notice_id = $1 AND claim = $2 AND state = 'trying'",
        &[
            claimed.notice.as_bytes().into(),
            claimed.claim.into(),
            after.as_str().into(),
            optional_time(next_at),
            answer.as_str().into(),
            optional_time(told_at),
        ],
    )?;
    if changed == 0 && !is_confirmed_since(tx, claimed)? {
        return Ok(false);
    }
    tx.execute_one(
        "agency attempt",
        "UPDATE agency_attempt SET finished_at = $3, outcome = $4, answer = $5
         WHERE notice_id = $1 AND attempt = $2",
        &[
            claimed.notice.as_bytes().into(),
            claimed.attempts.into(),
            time(now),
            after.as_str().into(),
            answer.as_str().into(),
        ],
    )?;
    let said = office::answer(&answer);
    let (notice, number) = (claimed.notice, claimed.attempts);
    let outcome = leaf::outcome(notice, number, now, after.as_str(), Some(&said));
    evidence::append(tx, &[outcome])?;
    Ok(changed == 1)
}

/// Says whether an office has confirmed a notice while this try of it goes on.
fn is_confirmed_since(tx: &mut Tx<'_>, claimed: &AgencyNotice) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM agency_notice n
         JOIN agency_attempt a ON a.notice_id = n.notice_id AND a.attempt = $3
         WHERE n.notice_id = $1 AND n.claim = $2 AND n.state = 'confirmed' AND a.finished_at IS NULL",
        values![
            claimed.notice.as_bytes(),
            claimed.claim,
            claimed.attempts
        ],
    )?;
    Ok(row.is_some())
}

/// Withdraws a notice that was claimed, since nobody may be told of it any more.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn stop(
    tx: &mut Tx<'_>,
    claimed: &AgencyNotice,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_one(
        "agency notice",
        "UPDATE agency_notice SET state = 'withdrawn', outcome = $3, next_at = NULL
         WHERE notice_id = $1 AND claim = $2",
        &[
            claimed.notice.as_bytes().into(),
            claimed.claim.into(),
            why.into(),
        ],
    )?;
    tx.execute_one(
        "agency attempt",
        "UPDATE agency_attempt SET finished_at = $3, outcome = 'withdrawn'
         WHERE notice_id = $1 AND attempt = $2",
        &[
            claimed.notice.as_bytes().into(),
            claimed.attempts.into(),
            time(now),
        ],
    )?;
    let (notice, number) = (claimed.notice, claimed.attempts);
    let outcome = leaf::outcome(notice, number, now, "withdrawn", None);
    evidence::append(tx, &[outcome])
}

/// Notes that a person posted a letter, as a try of its own; returns whether it waited for that.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn posted(
    tx: &mut Tx<'_>,
    notice: &AgencyNotice,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    match begin(tx, notice.clone(), None, now)? {
        Some(claimed) => finish(tx, &claimed, After::Told, &format!("posted by {by}"), now),
        None => Ok(false),
    }
}

/// A try as it was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The how-manieth.
    pub number: i64,
    /// When it began.
    pub attempted_at: Timestamp,
    /// When it was over, and what became of it.
    pub finished: Option<(Timestamp, String)>,
    /// What the mail server answered, or who posted it.
    pub answer: Option<String>,
}

/// Lists the tries of a notice, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn attempts(tx: &mut Tx<'_>, notice: NoticeId) -> Result<Vec<Tried>, StoreError> {
    tx.query(
        "SELECT attempt, attempted_at, finished_at, outcome, answer
         FROM agency_attempt WHERE notice_id = $1 ORDER BY attempt LIMIT 1000",
        values![notice.as_bytes()],
    )?
    .iter()
    .map(|row| {
        let outcome = row.optional_text(3)?.map(str::to_owned);
        Ok(Tried {
            number: row.integer(0)?,
            attempted_at: row.time(1)?,
            finished: row.optional_time(2)?.zip(outcome),
            answer: row.optional_text(4)?.map(str::to_owned),
        })
    })
    .collect()
}
