//! Where a notice stands on its ladder: what was tried, what comes next and when, and why it waits until then.

use jiff::Timestamp;

use super::command::{NextTry, NoticePlace, StaffAnswer, TryShown, Why};
use super::contacts::{key_of, opened};
use super::keyring::Keyring;
use super::means::Means;
use super::message::{By, Carried, message};
use super::staff::{only, row};
use super::{Vault, VaultError, siblings, turn};
use crate::ids::ContactId;
use crate::notification::bounds::Waits;
use crate::notification::ladder::Pressing;
use crate::notification::outcome::Outcome;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::carrying::DueNotice;
use crate::store::vault::notice::NoticeStanding;
use crate::store::vault::{attempt, contact, notice, registrant, restoration};

impl Vault {
    /// Shows where one notice stands, with what tells her the same in her other ways.
    pub(super) fn place(&self, named: Vec<u8>) -> Result<StaffAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        let shown = self.store.read_now("place", move |tx| {
            let Some(standing) = only(notice::beginning_with(tx, &named)?) else {
                return Ok(Vec::new());
            };
            let others = siblings::others(tx, &keys, standing.notice)?;
            let ways = std::iter::once(standing).chain(others);
            ways.map(|standing| shown(tx, (&keys, &means), standing, now))
                .collect::<Result<Vec<_>, StoreError>>()
        })?;
        Ok(StaffAnswer::Places(shown))
    }
}

fn shown(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    standing: NoticeStanding,
    now: Timestamp,
) -> Result<NoticePlace, StoreError> {
    let pressing = Pressing::of(standing.rank);
    let step = means.ladders.step(pressing, standing.channel);
    let masked = masked(tx, keys, &standing)?;
    let masked = |at: ContactId| masked.iter().find(|(id, _)| *id == at).map(|(_, to)| to);
    let tried = attempt::of_notice(tx, standing.notice)?;
    let tried = tried.into_iter().map(|tried| TryShown {
        number: tried.number,
        attempted_at: tried.attempted_at,
        to: tried.contact.and_then(masked).cloned(),
        is_by_hand: tried.contact.is_none(),
        finished: tried.finished,
    });
    let tried = tried.collect();
    let is_waiting = matches!(standing.state.as_str(), "planned" | "trying");
    let is_held = standing.state == "trying" && standing.claimed_until > now;
    let mut next = None;
    if is_waiting && !is_held && !means.doors.is_by_hand(standing.channel) {
        let due = due(&standing);
        let found = why(tx, (keys, means), (&standing, &due), now)?;
        if let Some((at, why)) = found {
            let to = to(tx, means, &due, at)?;
            let to = to.and_then(masked).cloned();
            next = Some(NextTry { at, why, to });
        }
    }
    Ok(NoticePlace {
        ladder: pressing,
        asks_after: step.tries,
        held_until: is_held.then_some(standing.claimed_until),
        row: row(tx, keys, means.doors, standing)?,
        tried,
        next,
    })
}

fn due(standing: &NoticeStanding) -> DueNotice {
    DueNotice {
        notice: standing.notice,
        registrant: standing.registrant,
        channel: standing.channel,
        sealed_fact: standing.sealed_fact.clone(),
        rank: standing.rank,
        attempts: standing.attempts,
        planned_at: standing.planned_at,
    }
}

/// Returns when a notice that waits is tried next and why not before; nothing where it never is: what it tells
/// was expunged or cannot be read, or she does not want it any more.
fn why(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    (standing, due): (&NoticeStanding, &DueNotice),
    now: Timestamp,
) -> Result<Option<(Timestamp, Why)>, StoreError> {
    if standing.sealed_fact.is_empty() {
        return Ok(None);
    }
    let at = standing.due_at.max(now);
    let is_down = standing.outcome.as_deref() == Some(Outcome::NotTried.as_str());
    let times = (restoration::last(tx)?, at);
    let carried = match message(tx, (keys, means), By::Door, due, times) {
        Ok(carried) => carried,
        Err(StoreError::Damaged(_)) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    Ok(match carried {
        Carried::Later(until, waits) => Some((until, Why::Waits(waits))),
        Carried::Message(..) if is_down => Some((at, Why::Line)),
        Carried::Message(..) if at > now => {
            let waits = standing.waits.unwrap_or(Waits::Turn);
            Some((at, Why::Waits(waits)))
        }
        Carried::Message(..) => Some((at, Why::Room)),
        Carried::Nowhere | Carried::Stopped | Carried::Elsewhere => None,
    })
}

/// Returns at which contact point it is tried then.
fn to(
    tx: &mut Tx<'_>,
    means: &Means,
    due: &DueNotice,
    at: Timestamp,
) -> Result<Option<ContactId>, StoreError> {
    let contacts = contact::of_registrant(tx, due.registrant)?;
    let told = turn::told(&contacts, due);
    let next = turn::next(tx, means, due, &told, at)?;
    Ok(next.map(|next| next.point))
}

/// Returns her contact points of a notice's channel, masked.
fn masked(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    standing: &NoticeStanding,
) -> Result<Vec<(ContactId, String)>, StoreError> {
    let Some(who) = registrant::load(tx, standing.registrant)? else {
        return Ok(Vec::new());
    };
    let key = key_of(keys, &who)?;
    let mut contacts = contact::of_registrant(tx, who.registrant)?;
    contacts.retain(|row| row.channel == standing.channel);
    contacts
        .iter()
        .map(|row| Ok((row.contact, opened(&key, row)?.masked())))
        .collect()
}
