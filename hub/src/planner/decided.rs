//! What a person decided about events: to tell one after all, or to take one back. Each decision stays
//! a row until it is done, so that a hub that was down does it when it is back, and once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use savin_shared::event::EventCode;
use tracing::{error, info};

use super::{PlanError, Planner, decided_facts, facts, offices};
use crate::ids::EventPosition;
use crate::names::shown;
use crate::notification::fact::{Elsewhere, Fact, OwnWord};
use crate::notification::rules::Rules;
use crate::registry::details::Details;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::elsewhere::Elsewhere::Said;
use crate::store::registry::elsewhere::Kept;
use crate::store::registry::event::Event;
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::instruction::{self, Instruction, InstructionKind};
use crate::store::registry::telling::{self, background, facility_name};
use crate::store::registry::{clock, decision, elsewhere, event};
use crate::vault::command::{PlannerAnswer, PlannerCommand};

/// Decisions that are carried out in one transaction of the vault.
const DECISIONS_MAX: u32 = 250;

/// Transactions of one round, so that a mass correction keeps back no escape.
const ROUNDS_MAX: u32 = 4;

/// How soon a correction is told where the rules say nothing of it.
const URGENCY: u8 = 1;

impl Planner {
    /// Carries out what was decided, corrections first.
    pub(super) async fn decided(&self) -> Result<(), PlanError> {
        for _ in 0..ROUNDS_MAX {
            let read = |tx: &mut Tx<'_>| waiting(tx);
            let waiting = self.store.read("decided", read).await?;
            let (corrections, tells): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|given| given.kind == InstructionKind::Correct);
            if corrections.is_empty() && tells.is_empty() {
                return Ok(());
            }
            if !corrections.is_empty() && !self.take_back(corrections).await? {
                return Ok(());
            }
            for given in tells {
                self.tell(given).await?;
            }
        }
        Ok(())
    }

    /// Takes events back; returns whether that was possible already.
    async fn take_back(&self, given: Vec<Instruction>) -> Result<bool, PlanError> {
        let orders = self.orders;
        let (rules, positions) = (
            Arc::clone(&self.rules),
            given.iter().map(|given| given.event).collect::<Vec<_>>(),
        );
        let read = move |tx: &mut Tx<'_>| {
            let mut facts = Vec::new();
            for position in &positions {
                facts.extend(correction(tx, (&rules, &orders), *position)?);
            }
            Ok(facts)
        };
        let facts = self.store.read("corrections", read).await?;
        let answer = self.vault.ask(PlannerCommand::Correct { facts }).await?;
        if answer != PlannerAnswer::Done {
            return Ok(false);
        }
        let now = (self.world.wall)();
        let corrections = given.len();
        let done = move |tx: &mut Tx<'_>| {
            let decisions: BTreeSet<_> = given.iter().map(|given| given.decision).collect();
            for given in &given {
                instruction::planned(tx, given.kind, given.event, now)?;
                clock::void_of_event(tx, given.event, now)?;
                offices::take_back(tx, given.event, Some(&mut BTreeSet::new()), now)?;
            }
            for decision in decisions {
                instruction::close_corrected(tx, decision, now)?;
            }
            Ok(())
        };
        self.store.write("corrected", done).await?;
        self.planned.send_replace(());
        info!(corrections, "Took back what was decided to be wrong");
        Ok(true)
    }

    /// Tells an event after all.
    async fn tell(&self, given: Instruction) -> Result<(), PlanError> {
        let (rules, orders, position) = (Arc::clone(&self.rules), self.orders, given.event);
        let read = move |tx: &mut Tx<'_>| decided_facts(tx, (&rules, &orders), position);
        for fact in self.store.read("told", read).await? {
            let (clock, fact) = (None, Box::new(fact));
            self.vault
                .ask(PlannerCommand::Retell { clock, fact })
                .await?;
            self.planned.send_replace(());
        }
        let now = (self.world.wall)();
        let done = move |tx: &mut Tx<'_>| instruction::planned(tx, given.kind, given.event, now);
        Ok(self.store.write("told", done).await?)
    }
}

/// Lists what waits to be carried out by a decision that verifies: on any other nobody acts.
fn waiting(tx: &mut Tx<'_>) -> Result<Vec<Instruction>, StoreError> {
    let mut given = instruction::waiting(tx, DECISIONS_MAX)?;
    let mut good: BTreeMap<_, bool> = BTreeMap::new();
    for given in &given {
        if let Entry::Vacant(place) = good.entry(given.decision) {
            place.insert(match decision::load(tx, given.decision) {
                Ok(_) => true,
                Err(StoreError::Damaged(reason)) => {
                    error!(
                        decision.id = given.decision.0,
                        reason, "Nobody acts on a decision"
                    );
                    false
                }
                Err(failure) => return Err(failure),
            });
        }
    }
    given.retain(|given| good.get(&given.decision) == Some(&true));
    Ok(given)
}

/// Gathers what is told to those who heard of an event that was wrong. A record that was sealed or is
/// gone keeps nobody from hearing it, without a name.
fn correction(
    tx: &mut Tx<'_>,
    (rules, orders): (&Rules, &OrderKey),
    position: EventPosition,
) -> Result<Option<Fact>, StoreError> {
    let Some(event) = event::at(tx, position)? else {
        return Ok(None);
    };
    let kept = elsewhere::of(tx, position)?;
    let (event, own) = match &kept {
        Some(kept) if !elsewhere::is_public(tx, kept)? => (kept.own(&event), None),
        Some(kept) => {
            let own = own(tx, (kept, &event), orders)?;
            (event, own)
        }
        None => (event, None),
    };
    let background = background(tx, &event)?.filter(|background| !background.is_sealed);
    let (mut name, mut facility, mut held_by) = (None, String::new(), Vec::new());
    let mut followed = None;
    if let Some(background) = background {
        name = background.record.subject.name.as_ref().map(shown);
        facility = facility_name(tx, &event.facility)?;
        followed = facts::followed(&background.record, &facility);
        let holders = telling::held_now(tx, &event)?;
        held_by = facts::held_by(tx, &event, (&holders.told, orders))?;
    }
    let urgency = rules.decided(EventCode::Correction);
    Ok(Some(Fact {
        event: event.event,
        position,
        person: event.person,
        code: EventCode::Correction.code(),
        urgency: urgency.map_or(URGENCY, |urgency| urgency.0),
        name,
        facility,
        from_facility: None,
        still_held_at: held_by.first().map(|held| held.place.clone()),
        elsewhere: Elsewhere {
            held_by,
            own,
            ..Elsewhere::default()
        },
        corrects: Some(event.event),
        effective_at: None,
        observed_at: event.observed_at.timestamp(),
        received_at: event.received_at.timestamp(),
        found_late: false,
        followed,
        details: took_back(&event),
    }))
}

/// Returns what says of an event that it was not so.
fn took_back(event: &Event) -> Details {
    let state = event.details.state.clone();
    Details {
        took_back: Some(event.code.to_string()),
        state: state.filter(|_| event.details.is_moved_away()),
        ..Details::default()
    }
}

/// Returns what is said of an event that was wrong without the other booking that it spoke of: that one may be sealed
/// before everybody has heard it.
fn own(
    tx: &mut Tx<'_>,
    (kept, event): (&Kept, &Event),
    orders: &OrderKey,
) -> Result<Option<Box<OwnWord>>, StoreError> {
    let Said(said) = &kept.elsewhere else {
        return Ok(None);
    };
    let Some((agency, key)) = elsewhere::names(tx, &[said.record])?.pop().flatten() else {
        return Ok(None);
    };
    let own = said.own.event(event);
    Ok(Some(Box::new(OwnWord {
        booking: orders.tombstone(&agency, &key),
        code: EventCode::Correction.code(),
        facility: facility_name(tx, &own.facility)?,
        from_facility: None,
        details: took_back(&own),
    })))
}

#[cfg(test)]
mod tests;
