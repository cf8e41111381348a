//! Carrying notices: claimed for a time, a row for each try before it is made, and what became of it.

use jiff::Timestamp;

use super::attempt::Answer;
use super::notice::channel;
use crate::evidence::leaf;
use crate::ids::{ContactId, NoticeId, RegistrantId, WorkerId};
use crate::notification::bounds::{Kept, Waits};
use crate::notification::channel::Channel;
use crate::notification::outcome::{Follows, Outcome};
use crate::store::conn::{Engine, Tx};
use crate::store::value::{Row, optional_time, time};
use crate::store::{StoreError, evidence};
use crate::values;

/// A notice whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueNotice {
    /// Its identifier.
    pub notice: NoticeId,
    /// For whom.
    pub registrant: RegistrantId,
    /// By which channel.
    pub channel: Channel,
    /// What it says, sealed.
    pub sealed_fact: Vec<u8>,
    /// In which order it is told among all that waits.
    pub rank: u8,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was planned.
    pub planned_at: Timestamp,
}

/// A notice that was claimed to be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Its number; a later claim makes it void.
    pub claim: i64,
    /// The number of the try.
    pub attempt: i64,
}

/// For how long a notice is claimed, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Until when, unless it is held anew.
    pub until: Timestamp,
    /// By which worker; nobody's where a command of staff claims it.
    pub by: Option<WorkerId>,
}

/// How many messages a courier has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// At most how many.
    pub limit: u32,
    /// At most how many of them that are neither an escape nor a code: the rest is kept for those.
    pub ordinary: u32,
}

impl Room {
    /// Returns room of which nothing is kept.
    #[must_use]
    pub const fn all(limit: u32) -> Self {
        Self {
            limit,
            ordinary: limit,
        }
    }

    /// Says whether places are kept for notices of this rank.
    #[must_use]
    pub const fn is_kept_for(rank: u8) -> bool {
        rank <= KEPT_RANK
    }

    /// Takes a place for what has a rank.
    pub const fn take(&mut self, rank: u8) {
        self.limit = self.limit.saturating_sub(1);
        if !Self::is_kept_for(rank) {
            self.ordinary = self.ordinary.saturating_sub(1);
        }
    }

    /// Returns what both have room for.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            limit: self.limit.min(other.limit),
            ordinary: self.ordinary.min(other.ordinary),
        }
    }

    /// Returns what is left of so many places, of which some are kept for escapes and codes.
    #[must_use]
    pub const fn of(places: u32, busy: u32, kept: Kept) -> Self {
        let kept = kept.of(places);
        Self {
            limit: places.saturating_sub(busy),
            ordinary: places.saturating_sub(kept).saturating_sub(busy),
        }
    }
}

/// The rank up to which a notice takes a place that is kept: codes and escapes.
const KEPT_RANK: u8 = 1;

/// Where a notice stands after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It is tried again then.
    Again(Timestamp, Outcome),
    /// The channel took it; a confirmation is still out.
    Taken(Outcome),
    /// The channel never will.
    Ended(Outcome),
    /// She confirmed in another way what it tells.
    Elsewhere(Outcome),
    /// It cannot be read: it is put aside for staff.
    Broken,
    /// She does not want to be told any more.
    Stopped,
}

/// Finds notices whose turn it is, the most urgent first. What another worker holds is left to it until
/// its lease ends.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn due(
    tx: &mut Tx<'_>,
    channel: Channel,
    room: Room,
    now: Timestamp,
) -> Result<Vec<DueNotice>, StoreError> {
    let due = match tx.engine() {
        Engine::Sqlite => {
            "SELECT notice_id, registrant_id, channel, sealed_fact, rank, attempts, planned_at
             FROM notice
             WHERE state IN ('planned', 'trying') AND channel = $1 AND due_at <= $2
                 AND claimed_until <= $2 AND recalled_at IS NULL
             ORDER BY rank, due_at, notice_id LIMIT $3"
        }
        Engine::Postgres => {
            "SELECT notice_id, registrant_id, channel, sealed_fact, rank, attempts, planned_at
             FROM notice
             WHERE state IN ('planned', 'trying') AND channel = $1 AND due_at <= $2
                 AND claimed_until <= $2 AND recalled_at IS NULL
             ORDER BY rank, due_at, notice_id LIMIT $3 FOR UPDATE SKIP LOCKED"
        }
    };
    let limit = i64::from(room.limit).into();
    let rows = tx.query(due, &[channel.as_str().into(), time(now), limit])?;
    let mut ordinary = 0;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        ordinary += u32::from(!Room::is_kept_for(row.code(4)?));
        // The rest of what is ordered by rank is ordinary too.
        if ordinary > room.ordinary {
            break;
        }
        found.push(read(row)?);
    }
    Ok(found)
}

/// Finds a notice that waits, whether or not its turn has come.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn waiting(tx: &mut Tx<'_>, notice: NoticeId) -> Result<Option<DueNotice>, StoreError> {
    tx.query_optional(
        "SELECT notice_id, registrant_id, channel, sealed_fact, rank, attempts, planned_at
             FROM notice
         WHERE notice_id = $1 AND state IN ('planned', 'trying')",
        values![notice.as_bytes()],
    )?
    .as_ref()
    .map(read)
    .transpose()
}

fn read(row: &Row) -> Result<DueNotice, StoreError> {
    Ok(DueNotice {
        notice: NoticeId::from_bytes(row.array(0)?),
        registrant: RegistrantId::from_bytes(row.array(1)?),
        channel: channel(row, 2)?,
        sealed_fact: row.bytes(3)?.to_vec(),
        rank: row.code(4)?,
        attempts: row.count(5)?,
        planned_at: row.time(6)?,
    })
}

/// Claims notices that wait, each to be tried at a contact point, and writes a row and a leaf for each
/// try before it is made. Returns the claims in the order of the notices.
///
/// # Errors
/// Returns [`StoreError`] when one does not wait any more or the database refuses.
pub fn take(
    tx: &mut Tx<'_>,
    notices: &[(NoticeId, Option<ContactId>)],
    now: Timestamp,
    lease: Lease,
) -> Result<Vec<Claim>, StoreError> {
    let by = || lease.by.as_ref().map(|by| by.as_bytes().as_slice()).into();
    let lists: Vec<_> = notices
        .iter()
        .map(|(notice, _)| vec![notice.as_bytes().into(), time(lease.until), by()])
        .collect();
    let rows = tx.query_many(
        "UPDATE notice SET state = 'trying', claimed_until = $2, claimed_by = $3, claim = claim + 1,
             attempts = attempts + 1, tries = tries + 1, waits = NULL
         WHERE notice_id = $1 AND state IN ('planned', 'trying') RETURNING claim, attempts",
        &lists,
    )?;
    let mut claims = Vec::with_capacity(notices.len());
    let (mut attempts, mut leaves) = (Vec::new(), Vec::new());
    for ((notice, contact), rows) in notices.iter().zip(&rows) {
        let row = rows
            .first()
            .ok_or(StoreError::Damaged("a notice vanished"))?;
        let (claim, attempt) = (row.integer(0)?, row.integer(1)?);
        attempts.push(vec![
            notice.as_bytes().into(),
            attempt.into(),
            time(now),
            contact.as_ref().map(|id| id.as_bytes().as_slice()).into(),
        ]);
        leaves.push(leaf::attempt(*notice, attempt, now));
        claims.push(Claim { claim, attempt });
    }
    tx.execute_many(
        "INSERT INTO attempt (notice_id, number, attempted_at, contact_id) VALUES ($1, $2, $3, $4)",
        &attempts,
    )?;
    evidence::append(tx, &leaves)?;
    Ok(claims)
}

/// Holds a claim for longer, while a try goes on. Returns whether it still counts.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn hold(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    claim: i64,
    lease_until: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE notice SET claimed_until = $3
         WHERE notice_id = $1 AND claim = $2 AND state = 'trying'",
        &[notice.as_bytes().into(), claim.into(), time(lease_until)],
    )?;
    Ok(changed == 1)
}

/// Ends the leases of a worker that has started anew: what its former life held is due now.
///
/// A try that goes on all the same counts until somebody takes the notice, and no longer. Returns how many it held.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn end_leases(tx: &mut Tx<'_>, by: WorkerId, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE notice SET claimed_until = $2
         WHERE state = 'trying' AND claimed_by = $1 AND claimed_until > $2",
        &[by.as_bytes().into(), time(now)],
    )
}

/// Says whether a claim still counts.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_held(tx: &mut Tx<'_>, notice: NoticeId, claim: i64) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM notice WHERE notice_id = $1 AND claim = $2 AND state = 'trying'",
        values![notice.as_bytes(), claim],
    )?;
    Ok(row.is_some())
}

/// Puts off a notice that nobody claimed, without a try, and keeps why.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn postpone(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    (until, waits): (Timestamp, Waits),
) -> Result<(), StoreError> {
    tx.execute_one(
        "notice",
        "UPDATE notice SET due_at = $2, waits = $3
         WHERE notice_id = $1 AND state IN ('planned', 'trying')",
        &[notice.as_bytes().into(), time(until), waits.as_str().into()],
    )
}

/// Lets what was put off for a reason be due at once, since it is over.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn release(tx: &mut Tx<'_>, waits: Waits, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE notice SET due_at = $2
         WHERE state IN ('planned', 'trying') AND waits = $1 AND due_at > $2",
        &[waits.as_str().into(), time(now)],
    )
}

/// Counts what waits for a reason.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn kept_back(tx: &mut Tx<'_>, waits: Waits) -> Result<u64, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*) FROM notice WHERE state IN ('planned', 'trying') AND waits = $1",
        values![waits.as_str()],
    )?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Ends a notice that waits, since she confirmed in another way what it tells: it is not tried again.
/// Returns whether it waited.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn settle(tx: &mut Tx<'_>, notice: NoticeId, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE notice SET state = 'elsewhere', claimed_until = 0 WHERE notice_id = $1
         AND (state = 'planned' OR state = 'trying' AND claimed_until <= $2)",
        &[notice.as_bytes().into(), time(now)],
    )?;
    Ok(changed == 1)
}

/// Lets a notice that waits for its first try be due at once.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn hasten(tx: &mut Tx<'_>, notice: NoticeId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE notice SET due_at = $2
         WHERE notice_id = $1 AND state = 'planned' AND attempts = 0 AND due_at > $2",
        &[notice.as_bytes().into(), time(now)],
    )
    .map(|_| ())
}

/// Lets everything that waits for a registrant in one way be looked at at once, since that way has changed.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn due_now(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    channel: Channel,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE notice SET due_at = $3
         WHERE registrant_id = $1 AND channel = $2 AND state = 'planned' AND due_at > $3",
        &[
            registrant.as_bytes().into(),
            channel.as_str().into(),
            time(now),
        ],
    )
    .map(|_| ())
}

/// Notes what became of a try, with a leaf in the evidence; a claim that is void changes nothing.
/// Returns whether it counted.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn finish(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    claim: i64,
    after: After,
    answer: Option<&Answer>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (state, due_at, word) = match after {
        After::Again(at, outcome) => ("planned", Some(at), outcome.as_str()),
        After::Taken(outcome) => (outcome.as_str(), None, outcome.as_str()),
        After::Ended(outcome) => ("refused", None, outcome.as_str()),
        After::Elsewhere(outcome) => ("elsewhere", None, outcome.as_str()),
        After::Broken => ("broken", None, "broken"),
        After::Stopped => ("stopped", None, "stopped"),
    };
    let unused = match after {
        After::Again(_, outcome) | After::Elsewhere(outcome) => {
            i64::from(outcome.follows() == Follows::Unused)
        }
        After::Taken(_) | After::Ended(_) | After::Broken | After::Stopped => 0,
    };
    let row = tx.query_optional(
        "UPDATE notice SET due_at = coalesce($4, due_at), claimed_until = 0, outcome = $5,
             tries = tries - $6,
             state = CASE WHEN $3 = 'planned' AND recalled_at IS NOT NULL THEN 'withdrawn' ELSE $3 END
         WHERE notice_id = $1 AND claim = $2 AND state = 'trying' RETURNING attempts",
        &[
            notice.as_bytes().into(),
            claim.into(),
            state.into(),
            optional_time(due_at),
            word.into(),
            unused.into(),
        ],
    )?;
    let Some(row) = row else { return Ok(false) };
    tx.execute_one(
        "attempt",
        "UPDATE attempt SET finished_at = $3, outcome = $4, sealed_answer = $5, sealed_call = NULL
         WHERE notice_id = $1 AND number = $2",
        &[
            notice.as_bytes().into(),
            row.integer(0)?.into(),
            time(now),
            word.into(),
            answer.map(|answer| answer.sealed.as_slice()).into(),
        ],
    )?;
    let commitment = answer.map(|answer| &answer.commitment);
    let leaf = leaf::outcome(notice, row.integer(0)?, now, word, commitment);
    evidence::append(tx, &[leaf])?;
    Ok(true)
}

/// Where a notice stands among its tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// For whom it is.
    pub registrant: RegistrantId,
    /// By which channel.
    pub channel: Channel,
    /// The number of the last try.
    pub attempts: u64,
    /// In which order it is told among all that waits.
    pub rank: u8,
}

/// Returns for whom a notice is, and how often it was tried.
///
/// # Errors
/// Returns [`StoreError`] when there is no such notice or the database refuses.
pub fn tried(tx: &mut Tx<'_>, notice: NoticeId) -> Result<Standing, StoreError> {
    let row = tx
        .query_optional(
            "SELECT registrant_id, channel, attempts, rank FROM notice WHERE notice_id = $1",
            values![notice.as_bytes()],
        )?
        .ok_or(StoreError::Damaged("a notice vanished"))?;
    Ok(Standing {
        registrant: RegistrantId::from_bytes(row.array(0)?),
        channel: channel(&row, 1)?,
        attempts: row.count(2)?,
        rank: row.code(3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Kept, Room};

    #[test]
    fn places_are_kept_for_escapes() {
        let left = |places, busy| {
            let room = Room::of(places, busy, Kept::Usual);
            (room.limit, room.ordinary)
        };
        assert_eq!(left(40, 0), (40, 32));
        assert_eq!(left(10, 0), (10, 7));
        assert_eq!(left(10, 7), (3, 0));
        assert_eq!(left(10, 12), (0, 0));
        assert_eq!(left(5, 0), (5, 3));
        assert_eq!(left(2, 0), (2, 1));
        assert_eq!(left(1, 0), (1, 1));
        let both = Room::all(3).and(Room::of(10, 6, Kept::Usual));
        assert_eq!((both.limit, both.ordinary), (3, 1));
        let set = |places, kept| Room::of(places, 0, Kept::Places(kept)).ordinary;
        assert_eq!((set(10, 5), set(10, 0), set(10, 10)), (5, 10, 1));
        let fifth = |places| Room::of(places, 0, Kept::Fifth).ordinary;
        assert_eq!((fifth(50), fifth(4), fifth(1)), (40, 3, 1));
    }
}
