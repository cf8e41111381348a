//! Who is told of a fact: whoever asked about the person, follows the case, or asked for the order.

use jiff::Timestamp;

use super::access::ends;
use super::command::{FollowCommand, MaskedFollow, PortalAnswer, StaffAnswer, Stops, Ticket};
use super::contacts::{Whose, key_of};
use super::keyring::Keyring;
use super::task::{Ask, open};
use super::{Vault, VaultError, broken, change};
use crate::ids::{FollowId, RegistrantId};
use crate::notification::change::Changed;
use crate::notification::fact::Fact;
use crate::notification::follow::{FollowKind, Followed};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::follow::{self, FollowRow};
use crate::store::vault::stopping::{self, Stopping};
use crate::store::vault::{registrant, subscription};
use crate::work::task::TaskKind;

/// How soon staff asks whether an order was hers.
const ORDER_URGENCY: u8 = 2;

/// Cases and orders that one registration can follow.
pub const FOLLOWED_MAX: usize = 20;

/// Finds who is told of facts, in their order: of an agency's daily test the monitored line and nobody
/// else, of an order only whoever asked for it, of a court event also whoever follows its case.
pub(super) fn recipients(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    facts: &[&Fact],
    now: Timestamp,
) -> Result<Vec<Vec<RegistrantId>>, StoreError> {
    let links: Vec<[u8; 32]> = facts
        .iter()
        .map(|fact| keys.person_link(fact.person))
        .collect();
    let mut told = subscription::registrants_of(tx, &links)?;
    for (&fact, registrants) in facts.iter().zip(&mut told) {
        if fact.details.canary_of.is_some() {
            *registrants = registrant::monitors(tx)?;
        }
        let Some(followed) = &fact.followed else {
            continue;
        };
        let followers = followers(tx, keys, followed)?;
        match followed.kind {
            FollowKind::Case => {
                registrants.extend(followers);
                registrants.sort_unstable();
                registrants.dedup();
            }
            FollowKind::Order => {
                let others = std::mem::replace(registrants, followers);
                if registrants.is_empty() {
                    ask_whose(tx, keys, (fact, followed), &others, now)?;
                }
            }
        }
    }
    Ok(told)
}

/// Finds who is told of a fact after a registrant, at most so many in their order, as [`recipients`] does. Nobody is
/// asked whose an order is: that was done when it was planned first.
pub(super) fn recipients_after(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    fact: &Fact,
    (after, limit): (RegistrantId, usize),
) -> Result<Vec<RegistrantId>, StoreError> {
    let kind = fact.followed.as_ref().map(|followed| followed.kind);
    let mut told = if fact.details.canary_of.is_some() {
        registrant::monitors(tx)?
    } else if kind == Some(FollowKind::Order) {
        Vec::new()
    } else {
        subscription::registrants_after(tx, &keys.person_link(fact.person), (after, limit))?
    };
    if let Some(followed) = &fact.followed {
        told.extend(followers(tx, keys, followed)?);
        told.sort_unstable();
        told.dedup();
    }
    told.retain(|registrant| *registrant > after);
    told.truncate(limit);
    Ok(told)
}

/// Finds who follows a case or an order, however its court is written, each once.
pub(super) fn followers(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    followed: &Followed,
) -> Result<Vec<RegistrantId>, StoreError> {
    let mut followers = Vec::new();
    for link in keys.follow_links(followed) {
        followers.extend(follow::registrants_of(tx, &link)?);
    }
    followers.sort_unstable();
    followers.dedup();
    Ok(followers)
}

/// Says whether a registrant follows a case or an order.
fn is_followed(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    registrant: RegistrantId,
    followed: &Followed,
) -> Result<bool, StoreError> {
    for link in keys.follow_links(followed) {
        if follow::is_followed(tx, registrant, &link)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Has staff ask those who registered about the respondent whether the order is theirs: it is told to
/// nobody else.
fn ask_whose(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (fact, followed): (&Fact, &Followed),
    others: &[RegistrantId],
    now: Timestamp,
) -> Result<(), StoreError> {
    let link = savin_shared::hash::hex(&keys.event_link(fact.event));
    for registrant in others {
        let ask = Ask {
            kind: TaskKind::ProtectiveOrder,
            subject: format!("order/{link}/{registrant}"),
            registrant: *registrant,
            urgency: ORDER_URGENCY,
            due_at: None,
            note: format!(
                "Ask her whether she asked for order {} of {}. If so: `savin-hub cases attach \
                 {registrant} --kind order --tell {} --as KEYFILE`. If not, it is done",
                followed.number, followed.court, fact.position.0
            ),
        };
        open(tx, keys, &ask, now)?;
    }
    Ok(())
}

/// Says whether a registrant is still told of a fact.
pub(super) fn is_told(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    registrant: RegistrantId,
    fact: &Fact,
) -> Result<bool, StoreError> {
    let is_order = |followed: &Followed| followed.kind == FollowKind::Order;
    if let Some(followed) = &fact.followed
        && is_followed(tx, keys, registrant, followed)?
    {
        return Ok(true);
    }
    if fact.followed.as_ref().is_some_and(is_order) {
        return Ok(false);
    }
    subscription::is_told(tx, registrant, &keys.person_link(fact.person))
}

/// Tells a registrant of a case or an order from now on; returns whether she can follow one more. What she
/// follows already stays as it is.
pub(super) fn attach(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (registrant, key): Whose<'_>,
    followed: &Followed,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // Who asks for it anew does not want it to stop.
    for link in keys.follow_links(followed) {
        stopping::followed_anew(tx, registrant, FollowId::of(registrant, &link))?;
    }
    if is_followed(tx, keys, registrant, followed)? {
        return Ok(true);
    }
    if follow::of_registrant(tx, registrant)?.len() >= FOLLOWED_MAX {
        return Ok(false);
    }
    let row = FollowRow {
        registrant,
        kind: followed.kind,
        link: keys.follow_link(followed),
        sealed_label: key.seal("follow", registrant, followed).map_err(broken)?,
    };
    follow::put(tx, &row, now)?;
    Ok(true)
}

/// Finds by which keyed hash an entry of what a registrant follows is known.
pub(super) fn link_of(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    entry: FollowId,
) -> Result<Option<[u8; 32]>, StoreError> {
    let rows = follow::of_registrant(tx, registrant)?;
    let own = |row: &&FollowRow| FollowId::of(registrant, &row.link) == entry;
    Ok(rows.iter().find(own).map(|row| row.link))
}

/// Shows what a registrant follows, masked, and what of it is to stop.
pub(super) fn masked(
    tx: &mut Tx<'_>,
    (registrant, key): Whose<'_>,
    stops: &[Stopping],
) -> Result<Vec<MaskedFollow>, StoreError> {
    follow::of_registrant(tx, registrant)?
        .iter()
        .map(|row| {
            let label = key.open::<Followed>("follow", registrant, &row.sealed_label);
            let entry = FollowId::of(registrant, &row.link);
            Ok(MaskedFollow {
                entry,
                kind: row.kind,
                number: label.map_err(broken)?.masked(),
                ends_at: ends(stops, Stops::Followed(entry)),
            })
        })
        .collect()
}

impl Vault {
    /// Tells her of a case, or of an order that she asked for.
    pub(super) fn follow_more(
        &self,
        session: &Ticket,
        followed: Followed,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("follow", session, move |tx, hand, who, key| {
            let whose = (who.registrant, key);
            let is_known = is_followed(tx, hand.keys, who.registrant, &followed)?;
            if !attach(tx, hand.keys, whose, &followed, hand.now)? {
                return Ok(PortalAnswer::Wrong);
            }
            let more: &[Changed] = if is_known { &[] } else { &[Changed::More] };
            change::tell_of_sitting(tx, hand, whose, more)?;
            Ok(PortalAnswer::Done)
        })
    }

    /// Carries out a command about what a registrant follows.
    pub(super) fn follow(&self, command: FollowCommand) -> Result<StaffAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        Ok(match command {
            FollowCommand::Attach {
                registrant,
                followed,
            } => StaffAnswer::Changed(self.store.write_now("attach", move |tx| {
                let Some(who) = registrant::load(tx, registrant)? else {
                    return Ok(false);
                };
                let key = key_of(&keys, &who)?;
                attach(tx, &keys, (registrant, &key), &followed, now)
            })?),
            FollowCommand::Detach {
                registrant,
                followed,
            } => StaffAnswer::Changed(self.store.write_now("detach", move |tx| {
                let mut is_changed = false;
                for link in keys.follow_links(&followed) {
                    is_changed |= follow::remove(tx, registrant, &link)?;
                }
                Ok(is_changed)
            })?),
            FollowCommand::List { registrant } => {
                StaffAnswer::Followed(self.store.read_now("followed", move |tx| {
                    let Some(who) = registrant::load(tx, registrant)? else {
                        return Ok(Vec::new());
                    };
                    let key = key_of(&keys, &who)?;
                    follow::of_registrant(tx, registrant)?
                        .iter()
                        .map(|row| {
                            let label = key.open("follow", registrant, &row.sealed_label);
                            label.map_err(broken)
                        })
                        .collect()
                })?)
            }
        })
    }
}
