//! Taking back what was told: exactly those who may have heard it are told so, slice by slice where they are
//! many, and what nobody has heard is withdrawn at once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::command::{PlannerAnswer, StaffAnswer, ToldCount};
use super::courier::Payload;
use super::planning::{Made, new_notice};
use super::sealed::DataKey;
use super::slices::{self, leave_over};
use super::{Vault, VaultError, broken, contacts};
use crate::ids::{EventId, NoticeId, PersonId, RegistrantId};
use crate::notification::channel::Channel;
use crate::notification::fact::Fact;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::notice::NewNotice;
use crate::store::vault::notice_event::{self, EventNotice};
use crate::store::vault::{notice, parted, registrant, subscription, task, unplanned, watermark};
use crate::vault::keyring::Keyring;
use crate::work::task::TaskKind;

/// What causes a notice that takes an event back: part of its name, so that there is one.
pub(super) const CAUSE: &str = "correction";

/// What every notice comes after.
const FIRST: NoticeId = NoticeId::from_bytes([0; 16]);

impl Vault {
    /// Takes events back.
    pub(super) fn correct(&self, facts: Vec<Fact>) -> Result<PlannerAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        let slice = self.slice;
        let answer = self.store.write_now("correct", move |tx| {
            // What another planner is about to plan must be seen here first.
            let at = watermark::load(tx)?;
            if facts.iter().any(|fact| fact.position > at) {
                return Ok(PlannerAnswer::Watermark(at));
            }
            let facts: Vec<_> = facts.iter().collect();
            let mut made = take_back(tx, &keys, (CAUSE, slice), &facts, now)?;
            made.store(tx, (&keys, &means), now)?;
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

/// What is made of a part of those who may have heard of an event.
pub(super) struct Part {
    /// What they are told.
    pub(super) made: Made,
    /// How many notices were looked at.
    pub(super) many: usize,
    /// The last of them, where there may be more.
    pub(super) rest: Option<NoticeId>,
}

/// Returns by which link the notices of a fact are found again: those by which staff takes an event back are none
/// of the event's own.
pub(super) fn link(keys: &Keyring, (cause, fact): (&str, &Fact)) -> [u8; 32] {
    if cause == CAUSE {
        keys.correction_link(fact.event)
    } else {
        keys.event_link(fact.event)
    }
}

/// Recalls the notices of events that facts take back, and makes what the first of those are told who may have
/// heard of one: the fact, by the channel by which they heard. Whoever is left over is planned by what follows.
pub(super) fn take_back(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (cause, slice): (&str, usize),
    facts: &[&Fact],
    now: Timestamp,
) -> Result<Made, StoreError> {
    let corrected = facts.iter().filter_map(|fact| fact.corrects);
    let links: Vec<_> = corrected.map(|event| keys.event_link(event)).collect();
    recall(tx, &links, "corrected", now)?;
    let (mut made, mut room) = (Made::default(), slice);
    for fact in facts {
        let part = correct_after(tx, keys, (cause, fact), (FIRST, room))?;
        room = room.saturating_sub(part.many);
        made.extend(part.made);
        if let Some(last) = part.rest {
            leave_over(tx, keys, (cause, fact), *last.as_bytes())?;
        }
    }
    Ok(made)
}

/// Withdraws what waits of events, and says why in a word: it is told to nobody any more, and by nobody's hand.
pub(super) fn recall(
    tx: &mut Tx<'_>,
    links: &[[u8; 32]],
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    parted::drop_events(tx, links)?;
    unplanned::drop_events(tx, links)?;
    let by_hand = task::open_subjects(tx, TaskKind::ByHand)?;
    if !by_hand.is_empty() {
        let names = notice_event::names(tx, links)?.into_iter();
        let subjects: BTreeSet<_> = names.map(contacts::subject).collect();
        for subject in by_hand.iter().filter(|by_hand| subjects.contains(*by_hand)) {
            task::close(tx, TaskKind::ByHand, subject, why, now)?;
        }
    }
    notice_event::recall(tx, links, why, now)
}

/// Makes what those are told who may have heard of the event that a fact takes back: of so many of its notices
/// after one.
pub(super) fn correct_after(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (cause, fact): (&str, &Fact),
    (after, room): (NoticeId, usize),
) -> Result<Part, StoreError> {
    let mut made = Made::default();
    let heard = match fact.corrects {
        Some(event) => notice_event::after(tx, &keys.event_link(event), (after, room))?,
        None => Vec::new(),
    };
    let many = heard.len();
    let last = heard.last().map_or(after, |notice| notice.notice);
    let told: Vec<_> = (heard.into_iter())
        .filter(EventNotice::may_be_told)
        .collect();
    let registrants: Vec<_> = told.iter().map(|notice| notice.registrant).collect();
    let link = link(keys, (cause, fact));
    for (told, who) in told.iter().zip(registrant::load_all(tx, &registrants)?) {
        // One who is gone is told nothing. One whose key does not open could not be told either: it was put
        // aside, and staff sees it.
        if let Some(Ok(key)) = who.map(|who| keys.unwrap(&who.wrapped_key)) {
            let new = correction(keys, &key, (cause, fact), told)?;
            made.add(link, (keys, fact), new);
        }
    }
    let is_more = fact.corrects.is_some() && many == room;
    Ok(Part {
        made,
        many,
        rest: is_more.then_some(last),
    })
}

/// Makes the notice that takes an event back, by the channel by which it was told.
fn correction(
    keys: &Keyring,
    key: &DataKey,
    (cause, fact): (&str, &Fact),
    told: &EventNotice,
) -> Result<NewNotice, StoreError> {
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
    let whose = (told.registrant, Some(key));
    new_notice(keys, cause, whose, &fact, channel)
}

/// Has what staff took back of events name nobody any more, wherever it is still to be told.
pub(super) fn unname(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    events: &[EventId],
) -> Result<(), StoreError> {
    let links = events.iter().map(|event| keys.correction_link(*event));
    let links: Vec<_> = links.collect();
    slices::unname(tx, keys, &links)?;
    let mut waiting = notice_event::of_events(tx, &links)?.concat();
    waiting.retain(EventNotice::is_open);
    let registrants: Vec<_> = waiting.iter().map(|notice| notice.registrant).collect();
    for (notice, who) in waiting.iter().zip(registrant::load_all(tx, &registrants)?) {
        let Some(Ok(key)) = who.map(|who| keys.unwrap(&who.wrapped_key)) else {
            continue;
        };
        // One that cannot be read is put aside when it is claimed.
        let opened = key.open("notice", notice.registrant, &notice.sealed_fact);
        let Ok(Payload::Fact(mut planned)) = opened else {
            continue;
        };
        planned.fact = planned.fact.unnamed();
        let payload = Payload::Fact(planned);
        let sealed = key.seal("notice", notice.registrant, &payload);
        notice::amend(tx, notice.notice, &sealed.map_err(broken)?)?;
    }
    Ok(())
}
