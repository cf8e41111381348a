//! Claiming what is due for a courier: as much as there is room for, the most pressing first.

use jiff::{SignedDuration, Timestamp};
use tracing::error;

use super::bounds::{self, Purse};
use super::command::{CourierAnswer, Message, Room};
use super::courier::{TRIED, answer, salt};
use super::means::Means;
use super::message::{By, Carried, message};
use super::sealed::DataKey;
use super::{Vault, VaultError, siblings, takeover};
use crate::ids::{NoticeId, WorkerId};
use crate::notification::bounds::Waits;
use crate::notification::channel::Channel;
use crate::notification::outcome::Outcome;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::carrying::{self, After, DueNotice, Lease};
use crate::store::vault::restoration;
use crate::vault::keyring::Keyring;

/// How often a claim looks again, where what it found waits and there is room still.
const LOOKS: u32 = 8;

/// What was claimed.
#[derive(Default)]
struct Claimed {
    messages: Vec<Message>,
    /// What cannot be read, and why.
    broken: Vec<(NoticeId, &'static str)>,
}

impl Vault {
    /// Claims what is due in a channel, as far as there is room.
    pub(super) fn claim(&self, channel: Channel, room: Room) -> Result<CourierAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        let worker = self.worker;
        let claimed = self.store.write_now("claim", move |tx| {
            let claiming = Claiming {
                keys: &keys,
                means: &means,
                channel,
                worker,
                restored_at: restoration::last(tx)?,
                now,
            };
            let mut room = bounds::room(tx, &means, (channel, room), now)?;
            let mut claimed = Claimed::default();
            for _ in 0..LOOKS {
                if room.limit == 0 || !claiming.look(tx, &mut room, &mut claimed)? {
                    break;
                }
            }
            Ok(claimed)
        })?;
        for (notice, reason) in claimed.broken {
            error!(notice.id = %notice, reason, "A notice cannot be read, and nobody is told");
        }
        Ok(CourierAnswer::Messages(claimed.messages))
    }
}

/// What a claim goes by.
struct Claiming<'a> {
    keys: &'a Keyring,
    means: &'a Means,
    channel: Channel,
    worker: Option<WorkerId>,
    restored_at: Option<Timestamp>,
    now: Timestamp,
}

impl Claiming<'_> {
    /// Claims what is found to be due, and takes it from the room. Returns whether something was passed over
    /// instead, in whose place something else may be due.
    fn look(
        &self,
        tx: &mut Tx<'_>,
        room: &mut Room,
        claimed: &mut Claimed,
    ) -> Result<bool, StoreError> {
        let now = self.now;
        let mut purse = Purse::open(tx, self.means, self.channel, now)?;
        let (mut taken, mut is_passed) = (Vec::new(), false);
        let first = claimed.messages.len();
        for due in carrying::due(tx, self.channel, *room, now)? {
            let times = (self.restored_at, now);
            let ended = match message(tx, (self.keys, self.means), By::Door, &due, times) {
                Ok(Carried::Message(message, to)) => match purse.take(due.rank) {
                    None => {
                        bounds::calling(tx, &due, &to.whose, now)?;
                        taken.push((message.notice, Some(to.contact)));
                        room.take(due.rank);
                        claimed.messages.push(*message);
                        continue;
                    }
                    Some(until) => Ended::Later(until, Waits::Budget),
                },
                Ok(Carried::Elsewhere) => Ended::Elsewhere,
                Ok(Carried::Later(until, waits)) => Ended::Later(until, waits),
                Ok(Carried::Stopped) => Ended::Never(After::Stopped, None),
                // One that cannot be read is put aside: it may not keep back the others.
                Err(StoreError::Damaged(what)) => {
                    claimed.broken.push((due.notice, what));
                    Ended::Never(After::Broken, None)
                }
                Err(failure) => return Err(failure),
                Ok(Carried::Nowhere) => {
                    let detail = "there is no proved address to send it to";
                    Ended::Never(After::Ended(Outcome::Refused), Some(detail))
                }
            };
            is_passed = true;
            match ended {
                Ended::Later(until, waits) => carrying::postpone(tx, due.notice, (until, waits))?,
                Ended::Elsewhere => carrying::settle(tx, due.notice, now).map(|_| ())?,
                Ended::Never(after, detail) => end(tx, self.keys, &due, (after, detail), now)?,
            }
        }
        let until = lease(self.channel, now);
        let by = self.worker;
        let claims = carrying::take(tx, &taken, now, Lease { until, by })?;
        for (message, claim) in claimed.messages.iter_mut().skip(first).zip(&claims) {
            message.claim = claim.claim;
        }
        let tries = taken.iter().map(|(notice, _)| *notice).zip(claims);
        purse.close(tx, self.channel, tries)?;
        Ok(is_passed)
    }
}

/// What becomes of what was due and is not carried now.
enum Ended<'a> {
    /// It waits until then, for this reason.
    Later(Timestamp, Waits),
    /// She confirmed it in another way.
    Elsewhere,
    /// It never is, with what is kept of why.
    Never(After, Option<&'a str>),
}

/// Returns when a claim ends that begins now or goes on.
pub(super) fn lease(channel: Channel, now: Timestamp) -> Timestamp {
    let lease = match channel {
        Channel::Email => SignedDuration::from_mins(2),
        Channel::Telephone => SignedDuration::from_mins(5),
        Channel::Letter => SignedDuration::from_mins(10),
    };
    now.checked_add(lease).unwrap_or(Timestamp::MAX)
}

/// The lease of a try that is over at once.
pub(super) const fn over(now: Timestamp) -> Lease {
    Lease {
        until: now,
        by: None,
    }
}

/// Ends a notice that cannot be carried, as a try that is over at once.
fn end(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    due: &DueNotice,
    (after, detail): (After, Option<&str>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let notice = due.notice;
    for claim in carrying::take(tx, &[(notice, None)], now, over(now))? {
        let salt = |key: &DataKey| salt(key, TRIED, notice, claim.attempt);
        let answer = match detail {
            Some(detail) => answer(tx, keys, due.registrant, detail, salt)?,
            None => None,
        };
        carrying::finish(tx, notice, claim.claim, after, answer.as_ref(), now)?;
        if let After::Ended(outcome) = after {
            takeover::ask(tx, keys, notice, outcome, now)?;
            siblings::hasten(tx, keys, notice, now)?;
        }
    }
    Ok(())
}
