//! Statutory deadlines: events start and end them, and time brings them to a person before they pass.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use savin_shared::clock::EffectiveAt;
use savin_shared::event::EventCode;
use savin_shared::record::RecordBody;
use savin_shared::record::protective_order::Service;

use super::offices::{self, look_again, subject};
use super::{PlanError, Planner, decided_facts};
use crate::clocks::table::{Anchor, ClockRule, MetBy, Recipient, Table};
use crate::clocks::{Cause, ClockState, Started, Step, ended_by, is_told_again, passed, started};
use crate::ids::EventPosition;
use crate::notification::fact::Fact;
use crate::notification::rules::Rules;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::clock::{self, ClockRow};
use crate::store::registry::event::{self, Event};
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::rules::{self, Versions};
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::registry::{agency_notice, facility, person, record, telling as behind};
use crate::vault::command::{DueClock, PlannerCommand};

/// Events that are looked at in one transaction.
const EVENTS_MAX: u32 = 500;

/// Transactions of one round, so that a long log keeps back no notice.
const ROUNDS_MAX: u32 = 10;

/// Clocks that are looked at in one round; the others are at the next.
const CLOCKS_MAX: u32 = 200;

/// How soon the task is that says that an agency leaves too little time.
const URGENCY_LATE: u8 = 4;

impl Planner {
    /// Follows the event log, and does what is to be done about clocks by now.
    pub(super) async fn deadlines(&self) -> Result<(), PlanError> {
        for _ in 0..ROUNDS_MAX {
            let (table, zone) = (Arc::clone(&self.clocks), self.zone.clone());
            let follow = move |tx: &mut Tx<'_>| follow(tx, &table, &zone);
            if !self.store.write("follow clocks", follow).await? {
                break;
            }
        }
        let now = (self.world.wall)();
        let shipped = Arc::clone(&self.clocks);
        let due = move |tx: &mut Tx<'_>| {
            let due = clock::to_look_at(tx, now, CLOCKS_MAX)?;
            Ok((due, rules::clocks(tx, &shipped)?))
        };
        let (due, versions) = self.store.read("due clocks", due).await?;
        for row in due {
            let rule = versions.at(row.position).rule(&row.clock).cloned();
            match rule {
                Some(rule) if rule.recipient == Recipient::Victim => {
                    self.victims(rule, row, now).await?;
                }
                rule => {
                    let act = move |tx: &mut Tx<'_>| offices::look(tx, rule.as_ref(), &row, now);
                    self.store.write("clock", act).await?;
                }
            }
        }
        Ok(())
    }

    /// Does what is next about a clock by which registrants are to be told: the vault knows whom.
    async fn victims(
        &self,
        rule: ClockRule,
        row: ClockRow,
        now: Timestamp,
    ) -> Result<(), PlanError> {
        let (about, rules, orders) = (row.clone(), Arc::clone(&self.rules), self.orders);
        let is_reminder =
            rule.met_by == MetBy::Reminder && is_told_again(row.code, row.opens_at, row.started_at);
        let facts = move |tx: &mut Tx<'_>| telling(tx, (&rules, &orders), &about, is_reminder);
        // What nobody may be told any more, as of a record that was sealed, ends the clock.
        let Some(facts) = self.store.read("facts", facts).await? else {
            let wait = move |tx: &mut Tx<'_>| wait(tx, &row, now);
            return Ok(self.store.write("clock", wait).await?);
        };
        if facts.is_empty() {
            let end = move |tx: &mut Tx<'_>| clock::end(tx, &row, ClockState::Void, now);
            self.store.write("clock", end).await?;
            return Ok(());
        }
        if rule.of == Anchor::Scheduled {
            for fact in facts {
                let clock = is_reminder.then(|| rule.clock.clone());
                let fact = Box::new(fact);
                let retell = PlannerCommand::Retell { clock, fact };
                self.vault.ask(retell).await?;
            }
            self.planned.send_replace(());
        }
        if row.step != Step::Remind {
            let due = DueClock {
                clock: rule.clock.clone(),
                event: row.event,
                since: row.opens_at,
                due_at: row.due_at,
                what: format!("{}: {}", rule.statute, rule.what),
            };
            let clocks = vec![due];
            self.vault.ask(PlannerCommand::Due { clocks }).await?;
        }
        let write = move |tx: &mut Tx<'_>| {
            if row.step == Step::Remind {
                clock::next(tx, &row, Step::Warn, row.warns_at)
            } else if now >= row.due_at {
                clock::end(tx, &row, passed(rule.met_by, false), now).map(|_| ())
            } else {
                clock::next(tx, &row, Step::End, look_again(&row, now))
            }
        };
        Ok(self.store.write("clock", write).await?)
    }
}

/// Starts and ends clocks by the next events; returns whether there may be more.
fn follow(tx: &mut Tx<'_>, shipped: &Table, zone: &TimeZone) -> Result<bool, StoreError> {
    let from = clock::position(tx)?;
    let events = event::after(tx, from, EVENTS_MAX)?;
    let Some((last, _)) = events.last() else {
        return Ok(false);
    };
    clock::advance(tx, *last)?;
    let versions = rules::clocks(tx, shipped)?;
    for (position, event) in &events {
        let table = versions.at(*position);
        let is_in = |of: fn(&ClockRule) -> &BTreeSet<EventCode>| {
            let mut rules = table.rules().iter();
            rules.any(|rule| of(rule).contains(&event.code))
        };
        if is_in(|rule| &rule.ends) {
            end_others(tx, &versions, (*position, event))?;
        }
        if is_in(|rule| &rule.starts) {
            begin(tx, (table, zone), *position, event)?;
        }
    }
    Ok(true)
}

/// Ends the clocks that an event makes needless or meets, with their tasks.
fn end_others(
    tx: &mut Tx<'_>,
    versions: &Versions<Table>,
    (position, event): (EventPosition, &Event),
) -> Result<(), StoreError> {
    let now = event.received_at.timestamp();
    offices::called_off(tx, (position, event), now)?;
    for row in clock::running_of(tx, event.record)? {
        let state = match versions.at(row.position).rule(&row.clock) {
            Some(rule) => ended_by(rule, event.code),
            None => Some(ClockState::Void),
        };
        if let Some(state) = state {
            clock::end(tx, &row, state, now)?;
            task::close(tx, TaskKind::Clock, &subject(&row), state.as_str(), now)?;
        }
    }
    Ok(())
}

/// Starts the clocks of an event. Where the record is sealed, only those by which offices are to be told: a
/// person finds out whether they may be.
fn begin(
    tx: &mut Tx<'_>,
    (table, zone): (&Table, &TimeZone),
    position: EventPosition,
    event: &Event,
) -> Result<(), StoreError> {
    let Some(background) = behind::background(tx, event)? else {
        return Ok(());
    };
    if background.record.synthetic {
        return Ok(());
    }
    let is_sealed = background.is_sealed;
    let place = facility::load(tx, &event.facility)?;
    let received_at = event.received_at.timestamp();
    let cause = Cause {
        code: event.code,
        origin: event.origin,
        effective_at: event.effective_at,
        received_at,
        details: &event.details,
        is_state: place.is_some_and(|(place, _)| place.kind != "county-jail"),
    };
    let started = started(table, &cause, zone);
    let (mut rows, mut tasks) = (Vec::new(), Vec::new());
    let is_followed = |rule: &ClockRule| !is_sealed || rule.met_by == MetBy::AgencyNotice;
    for (rule, started) in started.into_iter().filter(|(rule, _)| is_followed(rule)) {
        rows.push(row(table, rule, started, (position, event)));
        if started.state == ClockState::Late {
            tasks.push(late(rule, event));
        }
    }
    clock::start(tx, &rows)?;
    task::open(tx, &tasks, received_at)?;
    // What is announced too late for the deadline is told at once, and so is another day than was told.
    let is_told = agency_notice::was_told(tx, event.record)?;
    for row in &rows {
        let rule = table.rule(&row.clock);
        let office = rule.filter(|rule| rule.met_by == MetBy::AgencyNotice);
        if let (Some(rule), true) = (office, is_sealed) {
            offices::ask_about_sealed(tx, rule, row, received_at)?;
        } else if office.is_some() && (row.state == ClockState::Late || is_told) {
            offices::tell(tx, row, received_at)?;
        }
    }
    Ok(())
}

fn row(
    table: &Table,
    rule: &ClockRule,
    started: Started,
    (position, event): (EventPosition, &Event),
) -> ClockRow {
    let (step, look_at) = started.first_step();
    let is_running = started.state == ClockState::Running;
    let started_at = event.received_at.timestamp();
    ClockRow {
        clock: rule.clock.clone(),
        position,
        event: event.event,
        code: event.code,
        record: event.record,
        person: event.person,
        facility: event.facility.clone(),
        version: table.version().to_owned(),
        started_at,
        opens_at: started.opens_at,
        warns_at: started.warns_at,
        due_at: started.due_at,
        state: started.state,
        step,
        look_at: is_running.then_some(look_at),
        ended_at: (!is_running).then_some(started_at),
    }
}

/// Asks a person to speak with an agency whose word comes when a deadline has passed: one open task
/// a facility and deadline.
fn late(rule: &ClockRule, event: &Event) -> NewTask {
    NewTask {
        kind: TaskKind::Clock,
        subject: format!("late/{}/{}", rule.clock, event.facility),
        facility: Some(event.facility.clone()),
        person: None,
        other: None,
        record: None,
        event: None,
        urgency: URGENCY_LATE,
        due_at: None,
        note: format!(
            "{}: {}. The deadline had passed when the word of {} came; `savin-hub clocks --state \
             late` lists every such case. Ask for it earlier",
            rule.statute, rule.what, event.facility
        ),
    }
}

/// Gathers what registrants are told of by a clock; nothing at all while it is in doubt about whom the record is,
/// which is a person's to decide.
fn telling(
    tx: &mut Tx<'_>,
    rules: (&Rules, &OrderKey),
    row: &ClockRow,
    is_reminder: bool,
) -> Result<Option<Vec<Fact>>, StoreError> {
    if !person::doubtful(tx, &[row.record])?.is_empty() {
        return Ok(None);
    }
    let facts = decided_facts(tx, rules, row.position)?;
    if is_reminder {
        return reminding(tx, row, facts).map(Some);
    }
    Ok(Some(facts))
}

/// Has a clock wait for whoever decides about whom its record is; one that is over ends so.
fn wait(tx: &mut Tx<'_>, row: &ClockRow, now: Timestamp) -> Result<(), StoreError> {
    if now < row.due_at {
        return clock::next(tx, row, row.step, look_again(row, now));
    }
    clock::end(tx, row, ClockState::Passed, now).map(|_| ())
}

/// Lets a reminder say what is to come, and not that it was set or moved, perhaps months ago.
fn reminding(
    tx: &mut Tx<'_>,
    row: &ClockRow,
    mut facts: Vec<Fact>,
) -> Result<Vec<Fact>, StoreError> {
    if row.code == EventCode::ProtectiveOrderServed {
        return ending(tx, row, facts);
    }
    for fact in &mut facts {
        if fact.code == EventCode::ReleaseDateChanged.code() {
            fact.code = EventCode::ReleaseScheduled.code();
        }
    }
    Ok(facts)
}

/// Lets the reminder of an order that was served say that it ends; nothing of one that has ended or got
/// another last day since.
fn ending(tx: &mut Tx<'_>, row: &ClockRow, mut facts: Vec<Fact>) -> Result<Vec<Fact>, StoreError> {
    let person = record::person_of(tx, row.record)?.unwrap_or(row.person);
    let records = record::of_person(tx, person)?;
    let now = records.iter().find(|known| known.record == row.record);
    let ends_at = now.and_then(|known| {
        let RecordBody::ProtectiveOrder(order) = &known.known.record.body else {
            return None;
        };
        order
            .expires_at
            .filter(|_| order.service == Service::Served)
    });
    let ends_at = ends_at.map(EffectiveAt::timestamp);
    facts.retain(|fact| ends_at.is_some() && fact.details.scheduled_at == ends_at);
    for fact in &mut facts {
        fact.code = EventCode::ProtectiveOrderExpiring.code();
    }
    Ok(facts)
}

#[cfg(test)]
mod tests;
