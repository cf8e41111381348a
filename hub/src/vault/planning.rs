//! Planning: who is to be told of what, once, in the transaction that moves the watermark; where that are many, the
//! first of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use savin_shared::event::EventCode;
use savin_shared::hash::Hash;
use tracing::warn;

use super::command::{PlannerAnswer, PlannerCommand};
use super::contacts::by_hand;
use super::correction::take_back;
use super::courier::{Payload, Planned};
use super::court_order::{CALL_HIDDEN, ask_to_call};
use super::elsewhere;
use super::follow::recipients;
use super::overtaken::{amend, is_withdrawn, may_overtake};
use super::parted::{doubted, hold};
use super::sealed::DataKey;
use super::slices::{SLICE, cut, overtake};
use super::{Vault, VaultError, broken};
use crate::evidence::leaf;
use crate::ids::{EventId, EventPosition, NoticeId, RegistrantId};
use crate::notification::channel::Channel;
use crate::notification::fact::Fact;
use crate::notification::ladder::Pressing;
use crate::notification::rules::{DEADLINE, SHIPPED_VERSION, Urgency, rank};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::canary::{self, NewCanary};
use crate::store::vault::notice::{self, NewNotice};
use crate::store::vault::{booking, contact, notice_event, registrant, trace, watermark, withheld};
use crate::vault::keyring::Keyring;
use crate::vault::means::Means;

impl Vault {
    /// Carries out a command of the planner.
    pub(super) fn plan(&self, command: PlannerCommand) -> Result<PlannerAnswer, VaultError> {
        let (from, to, facts) = match command {
            PlannerCommand::Watermark => {
                let position = self.store.read_now("watermark", watermark::load)?;
                return Ok(PlannerAnswer::Watermark(position));
            }
            PlannerCommand::Rewind { last } => return self.rewind(last),
            PlannerCommand::Retell { clock, fact } => return self.retell(clock.as_deref(), *fact),
            PlannerCommand::Correct { facts } => return self.correct(facts),
            PlannerCommand::Due { clocks } => return self.due(clocks),
            PlannerCommand::Escalate => return self.escalate(),
            PlannerCommand::RollCall { persons } => return self.roll_call(&persons),
            PlannerCommand::Trace { known } => return self.trace(&known),
            PlannerCommand::Plan { from, to, facts } => (from, to, facts),
        };
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        let slice = self.slice;
        let position = self.store.write_now("plan", move |tx| {
            let at = watermark::load(tx)?;
            if at != from {
                // Another planner was here: nothing is planned, and this one starts over from there.
                return Ok(at);
            }
            plan(tx, (&keys, &means), (SHIPPED_VERSION, slice), &facts, now)?;
            watermark::store(tx, to)?;
            Ok(to)
        })?;
        Ok(PlannerAnswer::Watermark(position))
    }

    /// Plans a fact for whoever asked since, or for everybody for a deadline's own sake.
    fn retell(&self, clock: Option<&str>, fact: Fact) -> Result<PlannerAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let cause = clock.map_or_else(
            || SHIPPED_VERSION.to_owned(),
            |clock| format!("{DEADLINE}{clock}"),
        );
        let facts = [fact];
        let means = std::sync::Arc::clone(&self.means);
        let slice = self.slice;
        self.store.write_now("retell", move |tx| {
            plan(tx, (&keys, &means), (&cause, slice), &facts, now)
        })?;
        Ok(PlannerAnswer::Done)
    }

    /// Moves the watermark back to the registry's end. What was planned beyond it is not planned
    /// twice: its notices have the same names when its events come again.
    fn rewind(&self, last: EventPosition) -> Result<PlannerAnswer, VaultError> {
        let (before, after) = self.store.write_now("rewind", move |tx| {
            let before = watermark::load(tx)?;
            if before > last {
                watermark::store(tx, last)?;
                trace::keep(tx)?;
            }
            Ok((before, before.min(last)))
        })?;
        if before > after {
            warn!(
                event.position = before.0,
                registry.position = after.0,
                "The registry is older than the vault: planning begins again at its end"
            );
        }
        Ok(PlannerAnswer::Watermark(after))
    }
}

/// Commits to what a notice tells, to whom and by which rules, under a salt that her key derives.
pub(super) fn commitment(
    key: &DataKey,
    notice: NoticeId,
    event: EventId,
    registrant: RegistrantId,
    rules: &str,
) -> Hash {
    let salt = key.evidence_salt("notice", notice.as_bytes());
    leaf::notice_commitment(&salt, notice, event, &key.pseudonym(registrant), rules)
}

/// Returns in which order a fact is told among all that waits.
pub(super) fn rank_of(fact: &Fact) -> u8 {
    let urgency = Urgency(fact.urgency);
    fact.event_code()
        .map_or(urgency.0, |code| rank(code, urgency))
}

/// Plans what everybody who asked is told, fact by fact: a later one may overtake an earlier one that
/// nobody has heard, and who was booked and let go before anybody could be told is told of as released: a
/// booking that is heard after the release, which is told first, would say that the person is held. Each
/// notice is named by its event and its cause, so that the same cause never plans it twice. Beyond a slice
/// the rest is planned by what follows.
fn plan(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    (cause, slice): (&str, usize),
    facts: &[Fact],
    now: Timestamp,
) -> Result<(), StoreError> {
    let facts = elsewhere::cleared(tx, keys, facts)?;
    let mut facts = allowed(tx, keys, &facts)?;
    let ended: BTreeSet<EventPosition> = (facts.iter())
        .filter(|booking| facts.iter().any(|release| booking.is_ended_by(release)))
        .map(|booking| booking.position)
        .collect();
    facts.retain(|fact| !ended.contains(&fact.position));
    for fact in &facts {
        for order in &fact.elsewhere.hidden_by {
            ask_to_call(tx, keys, (*order, CALL_HIDDEN), &[fact.person], now)?;
        }
    }
    let told = recipients(tx, keys, &facts, now)?;
    let mut told: Vec<_> = facts.into_iter().zip(told).collect();
    cut(tx, keys, (cause, slice), &mut told)?;
    plan_these(tx, (keys, means), (cause, slice), told, now)
}

/// Plans what these are told of facts, unless it is in doubt whom one of them meant: then it is kept back.
pub(super) fn plan_these(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    (cause, slice): (&str, usize),
    mut told: Vec<(&Fact, Vec<RegistrantId>)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let facts: Vec<_> = told.iter().map(|(fact, _)| *fact).collect();
    for ((fact, registrants), doubted) in told.iter_mut().zip(doubted(tx, keys, &facts)?) {
        let is_doubted = |registrant: &RegistrantId| doubted.contains(registrant);
        for registrant in registrants.extract_if(.., |registrant| is_doubted(registrant)) {
            keep_back(tx, keys, registrant, (cause, fact), now)?;
        }
    }
    tell(tx, (keys, means), (cause, slice), told, now)
}

/// Plans what one registrant is told of a fact that waited for her answer, unless a court has it told to
/// nobody since.
pub(super) fn plan_for(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    cause: &str,
    (fact, registrant): (&Fact, RegistrantId),
    now: Timestamp,
) -> Result<(), StoreError> {
    let facts = elsewhere::cleared(tx, keys, std::slice::from_ref(fact))?;
    let facts = allowed(tx, keys, &facts)?;
    let told = facts.into_iter().map(|fact| (fact, vec![registrant]));
    tell(tx, (keys, means), (cause, SLICE), told.collect(), now)
}

/// Keeps a fact back from a registrant of whom it is in doubt whom she meant. One whose key does not open
/// could not be told either.
fn keep_back(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    registrant: RegistrantId,
    what: (&str, &Fact),
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(Reached { key: Some(key), .. }) =
        Reached::load(tx, keys, &[registrant])?.remove(&registrant)
    else {
        return Ok(());
    };
    hold(tx, keys, (registrant, &key), what, now)
}

/// Plans what these are told of facts, and of what takes an event back so many of those who heard of it.
fn tell(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    (cause, slice): (&str, usize),
    told: Vec<(&Fact, Vec<RegistrantId>)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let everybody: BTreeSet<_> = told
        .iter()
        .flat_map(|(_, whom)| whom.iter().copied())
        .collect();
    let everybody: Vec<_> = everybody.into_iter().collect();
    let reached = Reached::load(tx, keys, &everybody)?;
    let (mut made, mut canaries) = (Made::default(), Vec::new());
    let mut taken_back = BTreeSet::new();
    for (fact, registrants) in told {
        let may_overtake = may_overtake(fact);
        if may_overtake {
            made.store(tx, (keys, means), now)?;
            overtake(tx, keys, fact)?;
        }
        if fact.event_code() == Some(EventCode::Correction) {
            // Only those hear that it was not so who may have heard it, whomever of two who were found to be
            // one they asked about.
            if taken_back.insert(fact.event) {
                made.extend(take_back(tx, keys, (cause, slice), &[fact], now)?);
            }
            continue;
        }
        for registrant in registrants {
            let Some(reached) = reached.get(&registrant) else {
                continue;
            };
            let whose = (registrant, reached.key.as_ref());
            if may_overtake {
                amend(tx, keys, whose, fact)?;
            }
            for channel in &reached.channels {
                if may_overtake && is_withdrawn(tx, keys, (registrant, *channel), fact, now)? {
                    continue;
                }
                let mut new = new_notice(keys, cause, whose, fact, *channel)?;
                let pressing = Pressing::of(new.rank);
                new.begins = means.ladders.begins(pressing, *channel, &reached.channels);
                canaries.extend(canary_of(fact, new.notice));
                made.add(keys.event_link(fact.event), (keys, fact), new);
            }
        }
    }
    canary::plan(tx, &canaries, now)?;
    made.store(tx, (keys, means), now)
}

/// Notices that are made and not stored yet, and by which link each is found again.
#[derive(Debug, Default)]
pub(super) struct Made {
    notices: Vec<NewNotice>,
    events: Vec<([u8; 32], NoticeId)>,
    bookings: Vec<([u8; 32], NoticeId)>,
}

impl Made {
    /// Adds the notice of a fact, which is found again by a link, and by the other bookings that it speaks of.
    pub(super) fn add(&mut self, link: [u8; 32], (keys, fact): (&Keyring, &Fact), new: NewNotice) {
        self.events.push((link, new.notice));
        let bookings = elsewhere::spoken_of(keys, fact, new.notice);
        self.bookings.extend(bookings);
        self.notices.push(new);
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.notices.extend(other.notices);
        self.events.extend(other.events);
        self.bookings.extend(other.bookings);
    }

    pub(super) fn store(
        &mut self,
        tx: &mut Tx<'_>,
        (keys, means): (&Keyring, &Means),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        store(tx, (keys, means), &self.notices, now)?;
        notice_event::link_events(tx, &self.events)?;
        booking::link(tx, &self.bookings)?;
        *self = Self::default();
        Ok(())
    }
}

/// Leaves out what a court ordered to be told to nobody since the planner read it.
pub(super) fn allowed<'a>(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    facts: &'a [Fact],
) -> Result<Vec<&'a Fact>, StoreError> {
    let links: Vec<_> = facts
        .iter()
        .map(|fact| keys.event_link(fact.event))
        .collect();
    let withheld = withheld::are(tx, &links)?;
    let facts = facts.iter().zip(withheld);
    Ok(facts
        .filter(|(_, is_withheld)| !is_withheld)
        .map(|(fact, _)| fact)
        .collect())
}

/// Returns what is noted of a notice that carries an agency's daily test.
fn canary_of(fact: &Fact, notice: NoticeId) -> Option<NewCanary> {
    Some(NewCanary {
        notice,
        agent: fact.details.canary_of.as_deref()?.parse().ok()?,
        made_at: fact.effective_at.unwrap_or(fact.observed_at),
    })
}

/// Stores notices, and opens a task for each that a person has to carry.
fn store(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    notices: &[NewNotice],
    now: Timestamp,
) -> Result<(), StoreError> {
    notice::plan(tx, notices, now)?;
    for notice in notices {
        by_hand(tx, (keys, means), notice, now)?;
    }
    Ok(())
}

/// Makes the notice of a fact for one registrant and channel.
pub(super) fn new_notice(
    keys: &Keyring,
    cause: &str,
    (registrant, key): (RegistrantId, Option<&DataKey>),
    fact: &Fact,
    channel: Channel,
) -> Result<NewNotice, StoreError> {
    let notice = keys.notice_id(fact.event, cause, registrant, channel.as_str());
    let payload = Payload::Fact(Box::new(Planned {
        cause: cause.to_owned(),
        fact: fact.clone(),
    }));
    let (sealed_fact, commitment) = match key {
        Some(key) => (
            key.seal("notice", registrant, &payload).map_err(broken)?,
            commitment(key, notice, fact.event, registrant, cause),
        ),
        None => (Vec::new(), Hash::of(&[])),
    };
    Ok(NewNotice {
        notice,
        registrant,
        channel,
        urgency: fact.urgency,
        rank: rank_of(fact),
        sealed_fact,
        commitment,
        begins: SignedDuration::ZERO,
    })
}

/// How a registrant is told.
struct Reached {
    /// Her key. One that does not open leaves a notice empty: the courier puts it aside, where staff
    /// sees it, and everybody else is told.
    key: Option<DataKey>,
    /// In which ways. Where that cannot be told, or is none, the courier of e-mail finds it out and
    /// notes it: a notice that nobody looks at would be lost.
    channels: Vec<Channel>,
}

impl Reached {
    fn load(
        tx: &mut Tx<'_>,
        keys: &Keyring,
        registrants: &[RegistrantId],
    ) -> Result<BTreeMap<RegistrantId, Self>, StoreError> {
        let rows = registrant::load_all(tx, registrants)?;
        let channels = contact::channels_of(tx, registrants)?;
        let mut reached = BTreeMap::new();
        for (row, mut channels) in rows.into_iter().zip(channels) {
            let Some(row) = row else { continue };
            let key = keys.unwrap(&row.wrapped_key).ok();
            if key.is_none() || channels.is_empty() {
                channels = vec![Channel::Email];
            }
            reached.insert(row.registrant, Self { key, channels });
        }
        Ok(reached)
    }
}
