//! Courts' orders, carried out in the registry and in the vault: what is interrupted in between, or undone by
//! an older copy of a database, is done at the next start of the hub, or with the next order.
//!
//! What is to be expunged is sealed first; then the vault destroys what it holds, and last the registry, by
//! which the rest is found.

pub mod carrying;
pub mod journal;
pub mod key;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use savin_shared::ids::{AgencyId, RecordKey};
use thiserror::Error;

use self::journal::{Journal, JournalError};
use crate::ids::{OrderId, PersonId};
use crate::intake::erasing::{Erasure, From, Sought};
use crate::notification::fact::BookingHash;
use crate::notification::follow::Followed;
use crate::planner::followed;
use crate::store::conn::Tx;
use crate::store::registry::court_order::{self, OrderKind, OrderRow, Scope};
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::expunging::{self, Gone, naming};
use crate::store::registry::left::Left;
use crate::store::registry::placing::Leaving;
use crate::store::registry::record::RecordRow;
use crate::store::registry::step::{self, Step};
use crate::store::registry::{event, record, telling};
use crate::store::{Store, StoreError};
use crate::vault::command::{Answer, Command, Expunction, OrderCommand, StaffAnswer, StaffCommand};
use crate::vault::{Vault, VaultError};

/// Orders that are carried out in one go; more wait for the next.
const ORDERS_MAX: u32 = 1_000;

/// Batches that came so long before the log was looked through are looked at once more, under the lock.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);

/// What orders are carried out in.
#[derive(Debug, Clone, Copy)]
pub struct Databases<'a> {
    /// The registry.
    pub registry: &'a Store,
    /// The vault.
    pub vault: &'a Vault,
    /// By what expunged records are known again.
    pub key: &'a OrderKey,
    /// Where every order is written first.
    pub journal: &'a Journal,
}

/// Does everywhere what the registry knows to be ordered and not done yet. Returns what was destroyed by which
/// order.
///
/// # Errors
/// Returns [`OrderError`] when a database fails; what is left stays to be done.
fn finish(databases: Databases<'_>, now: Timestamp) -> Result<BTreeMap<OrderId, Gone>, OrderError> {
    let mut destroyed = BTreeMap::new();
    let registry = databases.registry;
    for row in registry.read_now("orders", |tx| court_order::undone(tx, ORDERS_MAX))? {
        let order = row.order;
        if row.about.kind == OrderKind::Expunge {
            destroyed.insert(order, databases.expunge(&row, now)?);
            continue;
        }
        if row.lifted.is_none() {
            databases.withhold(order)?;
        }
        registry.write_now("order done", move |tx| court_order::done(tx, order, now))?;
    }
    Ok(destroyed)
}

impl Databases<'_> {
    /// Returns what an expunction would destroy, and keeps everything.
    ///
    /// # Errors
    /// Returns [`OrderError`] when a database fails.
    pub fn rehearse(self, scope: &Scope, now: Timestamp) -> Result<Gone, OrderError> {
        let what = self.expunction(OrderId(0), scope)?;
        let mut gone = self.destroy_in_vault(what, true)?;
        let erasures = self.erasures(std::slice::from_ref(scope))?;
        let (scope, key) = (scope.clone(), *self.key);
        let of_registry = self.registry.rehearse_now("expunge", move |tx| {
            let row = OrderRow::rehearsed(now);
            let mut gone = expunging::expunge(tx, &scope, &row, &key, now)?;
            gone.push((DELTAS, erase(tx, &erasures)?));
            Ok(gone)
        })?;
        gone.extend(of_registry);
        Ok(gone)
    }

    /// Writes both databases anew, so that no page of them holds what was destroyed.
    ///
    /// # Errors
    /// Returns [`OrderError`] when a database refuses.
    pub fn compact(self) -> Result<(), OrderError> {
        ask(self.vault, OrderCommand::Compact)?;
        Ok(self.registry.compact_now()?)
    }

    /// Destroys what an order covers, in the vault and then in the registry.
    fn expunge(self, row: &OrderRow, now: Timestamp) -> Result<Gone, OrderError> {
        let order = row.order;
        let read = move |tx: &mut Tx<'_>| court_order::scopes(tx, order);
        let scopes = self.registry.read_now("order", read)?;
        let mut gone = Gone::new();
        for scope in &scopes {
            let what = self.expunction(order, scope)?;
            gone.extend(self.destroy_in_vault(what, false)?);
        }
        let erasures = self.erasures(&scopes)?;
        let (row, key) = (row.clone(), *self.key);
        let since = now.checked_sub(OVERLAP).unwrap_or(now);
        let of_registry = self.registry.write_now("expunge", move |tx| {
            destroy(tx, &row, (&erasures, since), &key, now)
        })?;
        gone.extend(of_registry);
        Ok(gone)
    }

    /// Looks through everything that the agencies of what goes ever sent.
    fn erasures(self, scopes: &[Scope]) -> Result<Erasures, OrderError> {
        let (scopes, key) = (scopes.to_vec(), *self.key);
        let read = move |tx: &mut Tx<'_>| erasures(tx, &scopes, &key);
        Ok(self.registry.read_now("log", read)?)
    }

    /// Gathers what the vault needs to know of what goes.
    fn expunction(self, order: OrderId, scope: &Scope) -> Result<Expunction, OrderError> {
        let (scope, key) = (scope.clone(), *self.key);
        Ok(self.registry.read_now("expunction", move |tx| {
            let mut all_followed: Vec<Followed> = Vec::new();
            for (_, row) in &scope.records {
                for said in record::history(tx, row.record)? {
                    let facility = telling::facility_name(tx, &said.facility)?;
                    all_followed.extend(followed(&said, &facility));
                }
            }
            let others = naming::beside(tx, &scope)?;
            let others = event::of_records(tx, &others, u32::MAX)?;
            Ok(Expunction {
                order,
                events: scope.events.iter().map(|(_, event)| *event).collect(),
                bookings: bookings(std::slice::from_ref(&scope), &key),
                asides: others.iter().map(|(_, event)| event.event).collect(),
                hidden: hidden(&scope),
                persons: scope.gone(),
                followed: all_followed,
                follows: Vec::new(),
                traces: expunging::traces(tx, &scope)?,
            })
        })?)
    }

    fn destroy_in_vault(self, what: Expunction, is_rehearsal: bool) -> Result<Gone, OrderError> {
        let command = OrderCommand::Expunge {
            what: Box::new(what),
            is_rehearsal,
        };
        let StaffAnswer::Expunged(gone) = ask(self.vault, command)? else {
            return Err(VaultError::Closed.into());
        };
        Ok(gone)
    }

    /// Withdraws in the vault what an order seals.
    fn withhold(self, order: OrderId) -> Result<(), OrderError> {
        let read = move |tx: &mut Tx<'_>| court_order::scopes(tx, order);
        let scopes = self.registry.read_now("order", read)?;
        let events = scopes.iter().flat_map(|scope| &scope.events);
        let command = OrderCommand::Withhold {
            order,
            events: events.map(|(_, event)| *event).collect(),
            bookings: bookings(&scopes, self.key),
            hidden: scopes.iter().flat_map(hidden).collect(),
            silenced: scopes.iter().flat_map(silenced).collect(),
        };
        ask(self.vault, command).map(|_| ())
    }
}

/// What erased deltas and rows of states are counted as.
const DELTAS: &str = "delta or row of a state in the log";

/// What is to be erased of the log, with what was looked for.
type Erasures = Vec<(Sought, Erasure)>;

/// Destroys what an order covers in the registry, and notes the step with what is left of it. What came since the log
/// was looked through is looked at once more.
pub(crate) fn destroy(
    tx: &mut Tx<'_>,
    row: &OrderRow,
    (erasures, since): (&Erasures, Timestamp),
    key: &OrderKey,
    now: Timestamp,
) -> Result<Gone, StoreError> {
    let mut gone = Gone::new();
    let scopes = court_order::scopes(tx, row.order)?;
    let mut erased = erase(tx, erasures)?;
    let mut came = BTreeMap::new();
    for (sought, found) in erasures {
        let from = From {
            since,
            after_step: found.last_step,
        };
        let later = Erasure::find(tx, sought, from)?;
        erased += later.carry_out(tx, sought)?;
        for (record, step) in found.came.iter().chain(&later.came) {
            came.entry(*record).or_insert(*step);
        }
    }
    let left = Left::of(tx, &scopes, key, |tx| {
        for scope in &scopes {
            gone.extend(expunging::expunge(tx, scope, row, key, now)?);
        }
        Ok(())
    })?;
    let order = row.order.0;
    if let Some(step) = step::append(tx, &Step::Expunged { order }, now)? {
        let numbers = scopes.iter().flat_map(Scope::numbers);
        let steps = numbers.map(|record| came.get(&record.0).copied().unwrap_or(0));
        left.put(tx, (step, steps.min().unwrap_or(step)), key)?;
    }
    gone.push((DELTAS, erased));
    court_order::done(tx, row.order, now)?;
    Ok(gone)
}

/// Looks through everything that the agencies of what goes ever sent.
pub(crate) fn erasures(
    tx: &mut Tx<'_>,
    scopes: &[Scope],
    key: &OrderKey,
) -> Result<Erasures, StoreError> {
    let mut erasures = Vec::new();
    for scope in scopes {
        for sought in sought(tx, scope, key)? {
            let found = Erasure::find(tx, &sought, From::BEGINNING)?;
            erasures.push((sought, found));
        }
    }
    Ok(erasures)
}

fn erase(tx: &mut Tx<'_>, erasures: &Erasures) -> Result<u64, StoreError> {
    let mut erased = 0;
    for (sought, erasure) in erasures {
        erased += erasure.carry_out(tx, sought)?;
    }
    Ok(erased)
}

/// Returns what is looked for in the log, by agency.
fn sought(tx: &mut Tx<'_>, scope: &Scope, key: &OrderKey) -> Result<Vec<Sought>, StoreError> {
    let traces = expunging::traces(tx, scope)?;
    let mut keys: BTreeMap<AgencyId, BTreeSet<RecordKey>> = BTreeMap::new();
    for (agency, row) in &scope.records {
        let of_agency = keys.entry(agency.clone()).or_default();
        of_agency.insert(row.known.record.key());
    }
    let before = naming::of_before(tx, scope)?;
    let leaving = Leaving {
        naming: before.iter().map(|(position, _)| position.0).collect(),
        records: scope.numbers().into_iter().map(|record| record.0).collect(),
        persons: scope.everyone.clone(),
    };
    let sought = keys.into_iter().map(|(agency, records)| Sought {
        agency,
        records,
        persons: scope.gone(),
        traces: traces.clone(),
        leaving: leaving.clone(),
        orders: *key,
    });
    Ok(sought.collect())
}

/// Returns of whom nobody is told anything more: all whose every record is kept from the public now.
fn silenced(scope: &Scope) -> Vec<PersonId> {
    let all = scope.records.iter().chain(&scope.others);
    let mut is_shown = all.map(|(_, row)| row.known.is_public());
    if is_shown.any(|shown| shown) {
        Vec::new()
    } else {
        scope.everyone.clone()
    }
}

/// Returns of whom something is shown, and not the booking that holds them.
fn hidden(scope: &Scope) -> Vec<PersonId> {
    let is_held = |(_, row): &&(AgencyId, RecordRow)| {
        let custody = row.known.record.custody();
        custody.is_some_and(|custody| custody.state.is_held())
    };
    let is_shown_held = |row: &(AgencyId, RecordRow)| is_held(&row) && row.1.known.is_public();
    let is_known = scope.others.iter().any(|(_, row)| row.known.is_public());
    let is_hidden = scope.records.iter().any(|row| is_held(&row));
    if is_known && is_hidden && !scope.others.iter().any(is_shown_held) {
        scope.everyone.clone()
    } else {
        Vec::new()
    }
}

/// Returns by what the vault knows the records that these cover.
fn bookings(scopes: &[Scope], key: &OrderKey) -> Vec<BookingHash> {
    let named = scopes.iter().flat_map(|scope| scope.named(key));
    named.map(|(_, booking)| booking).collect()
}

fn ask(vault: &Vault, command: OrderCommand) -> Result<StaffAnswer, OrderError> {
    match vault.handle(Command::Staff(StaffCommand::Order(command)))? {
        Answer::Staff(answer) => Ok(answer),
        Answer::Portal(_) | Answer::Planner(_) | Answer::Courier(_) => {
            Err(VaultError::Closed.into())
        }
    }
}

/// Why an order was not carried out.
#[derive(Debug, Error)]
pub enum OrderError {
    /// The journal failed.
    #[error("the journal of orders failed")]
    Journal(#[from] JournalError),
    /// The registry failed.
    #[error("the registry did not take it")]
    Registry(#[from] StoreError),
    /// The vault failed.
    #[error("the vault did not take it")]
    Vault(#[from] VaultError),
}

#[cfg(test)]
mod tests;
