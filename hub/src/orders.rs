//! Courts' orders, carried out in the registry and then in the vault: what is interrupted in between is
//! done at the next start of the hub, or with the next order.

use jiff::Timestamp;
use thiserror::Error;

use crate::ids::{EventId, PersonId};
use crate::store::conn::Tx;
use crate::store::registry::court_order::{self, OrderRow, Scope};
use crate::store::{Store, StoreError};
use crate::vault::command::{Command, OrderCommand, StaffCommand};
use crate::vault::{Vault, VaultError};

/// Orders that are carried out in one go; more wait for the next.
const ORDERS_MAX: u32 = 1_000;

/// Does everywhere what was ordered and is not done yet. Returns how many orders that were.
///
/// # Errors
/// Returns [`OrderError`] when a database fails; what is left stays to be done.
pub fn finish(registry: &Store, vault: &Vault, now: Timestamp) -> Result<usize, OrderError> {
    let undone = registry.read_now("orders", |tx| court_order::undone(tx, ORDERS_MAX))?;
    for row in &undone {
        let order = row.order;
        if row.lifted.is_none() {
            withhold(registry, vault, row)?;
        }
        registry.write_now("order done", move |tx| court_order::done(tx, order, now))?;
    }
    Ok(undone.len())
}

/// Withdraws in the vault what an order seals.
fn withhold(registry: &Store, vault: &Vault, row: &OrderRow) -> Result<(), OrderError> {
    let order = row.order;
    let read = move |tx: &mut Tx<'_>| court_order::scopes(tx, order);
    let scopes = registry.read_now("order", read)?;
    let events = scopes.iter().flat_map(|scope| &scope.events);
    let events: Vec<EventId> = events.map(|(_, event)| *event).collect();
    let silenced = scopes.iter().flat_map(silenced).collect();
    let command = OrderCommand::Withhold {
        order,
        events,
        silenced,
    };
    vault.handle(Command::Staff(StaffCommand::Order(command)))?;
    Ok(())
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

/// Lets the vault tell again what an order kept back. What it withdrew stays so.
///
/// # Errors
/// Returns [`OrderError`] when the vault fails.
pub fn allow(vault: &Vault, events: Vec<EventId>) -> Result<(), OrderError> {
    let command = OrderCommand::Allow { events };
    vault.handle(Command::Staff(StaffCommand::Order(command)))?;
    Ok(())
}

/// Why an order was not carried out.
#[derive(Debug, Error)]
pub enum OrderError {
    /// The registry failed.
    #[error("the registry failed")]
    Registry(#[from] StoreError),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
}
