//! Who is told of a fact: whoever asked about the person, follows the case, or asked for the order.

use jiff::Timestamp;

use super::command::{FollowCommand, StaffAnswer};
use super::contacts::key_of;
use super::keyring::Keyring;
use super::task::{Ask, open};
use super::{Vault, VaultError, broken};
use crate::ids::RegistrantId;
use crate::notification::fact::Fact;
use crate::notification::follow::{FollowKind, Followed};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::follow::{self, FollowRow};
use crate::store::vault::{registrant, subscription};
use crate::work::task::TaskKind;

/// How soon staff asks whether an order was hers.
const ORDER_URGENCY: u8 = 2;

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
        let followers = follow::registrants_of(tx, &keys.follow_link(followed))?;
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
        && follow::is_followed(tx, registrant, &keys.follow_link(followed))?
    {
        return Ok(true);
    }
    if fact.followed.as_ref().is_some_and(is_order) {
        return Ok(false);
    }
    subscription::is_told(tx, registrant, &keys.person_link(fact.person))
}

impl Vault {
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
                let row = FollowRow {
                    registrant,
                    kind: followed.kind,
                    link: keys.follow_link(&followed),
                    sealed_label: key.seal("follow", registrant, &followed).map_err(broken)?,
                };
                follow::put(tx, &row, now)?;
                Ok(true)
            })?),
            FollowCommand::Detach {
                registrant,
                followed,
            } => StaffAnswer::Changed(self.store.write_now("detach", move |tx| {
                follow::remove(tx, registrant, &keys.follow_link(&followed))
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
