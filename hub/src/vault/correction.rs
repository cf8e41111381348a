//! Taking back what was told: exactly those who may have heard it are told so, and what nobody has
//! heard is withdrawn.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::command::{PlannerAnswer, StaffAnswer, ToldCount};
use super::courier::Payload;
use super::planning::{new_notice, store};
use super::{Vault, VaultError, contacts};
use crate::ids::{EventId, PersonId, RegistrantId};
use crate::notification::channel::Channel;
use crate::notification::fact::Fact;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::notice::NewNotice;
use crate::store::vault::notice_event::{self, EventNotice};
use crate::store::vault::{parted, registrant, subscription, task, unplanned, watermark};
use crate::vault::keyring::Keyring;
use crate::work::task::TaskKind;

/// What causes a notice that takes an event back: part of its name, so that there is one.
const CAUSE: &str = "correction";

impl Vault {
    /// Takes events back.
    pub(super) fn correct(&self, facts: Vec<Fact>) -> Result<PlannerAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        let answer = self.store.write_now("correct", move |tx| {
            // What another planner is about to plan must be seen here first.
            let at = watermark::load(tx)?;
            if facts.iter().any(|fact| fact.position > at) {
                return Ok(PlannerAnswer::Watermark(at));
            }
            let taken: Vec<_> = facts.iter().map(|fact| (fact.event, fact)).collect();
            let planned = take_back(tx, &keys, CAUSE, &taken, now)?;
            store(tx, (&keys, &means), &planned, now)?;
            Ok(PlannerAnswer::Done)
        })?;
        Ok(answer)
    }

    /// Counts who may have heard of events, by channel.
    pub(super) fn told(&self, events: &[EventId]) -> Result<StaffAnswer, VaultError> {
        let links: Vec<_> = events
            .iter()
            .map(|event| self.keys.event_link(*event))
            .collect();
        let counts = self.store.read_now("told", move |tx| {
            let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
            for notice in notice_event::of_events(tx, &links)?.iter().flatten() {
                let count = counts.entry(notice.channel.clone()).or_default();
                count.0 += u64::from(notice.may_be_told());
                count.1 += u64::from(notice.is_unsent());
            }
            Ok(counts)
        })?;
        let counts = counts.into_iter();
        Ok(StaffAnswer::Told(
            counts
                .map(|(channel, (told, unsent))| ToldCount {
                    channel,
                    told,
                    unsent,
                })
                .collect(),
        ))
    }
}

impl Vault {
    /// Says who was told of events, or would be told now of whom they are about.
    pub(super) fn whom(&self, events: &[(EventId, PersonId)]) -> Result<StaffAnswer, VaultError> {
        let (mut links, mut persons) = (Vec::new(), Vec::new());
        for (event, person) in events {
            links.push(self.keys.event_link(*event));
            persons.push(self.keys.person_link(*person));
        }
        let whom = self.store.read_now("whom", move |tx| {
            let told = notice_event::of_events(tx, &links)?;
            let asking = subscription::registrants_of(tx, &persons)?;
            let both = told.iter().zip(asking).map(|(told, asking)| {
                let told = told.iter().map(|notice| notice.registrant);
                let all: BTreeSet<RegistrantId> = told.chain(asking).collect();
                all.into_iter().collect()
            });
            Ok(both.collect())
        })?;
        Ok(StaffAnswer::Whom(whom))
    }
}

/// Recalls the notices of events that are taken back, and makes what those are told who may have heard of
/// one: the fact that stands beside it, by the channel by which they heard.
pub(super) fn take_back(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    cause: &str,
    facts: &[(EventId, &Fact)],
    now: Timestamp,
) -> Result<Vec<NewNotice>, StoreError> {
    let links: Vec<_> = facts
        .iter()
        .map(|(event, _)| keys.event_link(*event))
        .collect();
    parted::drop_events(tx, &links)?;
    unplanned::drop_events(tx, &links)?;
    let (mut recalled, mut planned) = (Vec::new(), Vec::new());
    for ((_, fact), notices) in facts.iter().zip(notice_event::of_events(tx, &links)?) {
        for unsent in notices.iter().filter(|notice| notice.is_unsent()) {
            let by_hand = contacts::subject(unsent.notice);
            task::close(tx, TaskKind::ByHand, &by_hand, "corrected", now)?;
        }
        recalled.extend(notices.iter().map(|notice| notice.notice));
        for told in notices.iter().filter(|notice| notice.may_be_told()) {
            planned.extend(correction(tx, keys, (cause, fact), told)?);
        }
    }
    notice_event::recall(tx, &recalled, "corrected", now)?;
    Ok(planned)
}

/// Makes the notice that takes an event back, by the channel by which it was told; none for somebody
/// who is gone.
fn correction(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (cause, fact): (&str, &Fact),
    told: &EventNotice,
) -> Result<Option<NewNotice>, StoreError> {
    let Some(who) = registrant::load(tx, told.registrant)? else {
        return Ok(None);
    };
    // One whose key does not open could not be told either: it was put aside, and staff sees it.
    let Ok(key) = keys.unwrap(&who.wrapped_key) else {
        return Ok(None);
    };
    // Two people may have been found to be one since: she hears it of whom she asked about.
    let person = match key.open("notice", told.registrant, &told.sealed_fact) {
        Ok(Payload::Fact(heard)) => heard.fact.person,
        Ok(Payload::Code { .. } | Payload::Change { .. }) | Err(_) => fact.person,
    };
    let fact = Fact {
        person,
        ..fact.clone()
    };
    let channel = Channel::parse(&told.channel).ok_or(StoreError::Damaged("a channel"))?;
    let whose = (told.registrant, Some(&key));
    new_notice(keys, cause, whose, &fact, channel).map(Some)
}
