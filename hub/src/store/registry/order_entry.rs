//! Which entries of the journal of orders were carried out in the registry, and as which order.

use crate::ids::{EntryId, OrderId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// What an entry did to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Did {
    /// It gave it.
    Gave,
    /// It lifted it.
    Lifted,
}

impl Did {
    const fn is_lift(self) -> i64 {
        match self {
            Self::Gave => 0,
            Self::Lifted => 1,
        }
    }
}

/// Notes that an entry was carried out.
///
/// # Errors
/// Returns [`StoreError`] when it was before, or the database refuses.
pub fn put(tx: &mut Tx<'_>, entry: EntryId, order: OrderId, did: Did) -> Result<(), StoreError> {
    tx.execute_one(
        "order_entry",
        "INSERT INTO order_entry (entry, order_id, is_lift) VALUES ($1, $2, $3)",
        values![entry.as_bytes(), order.0, did.is_lift()],
    )
}

/// Returns of which order an entry is, where it was carried out.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn order_of(tx: &mut Tx<'_>, entry: EntryId) -> Result<Option<OrderId>, StoreError> {
    let row = tx.query_optional(
        "SELECT order_id FROM order_entry WHERE entry = $1",
        values![entry.as_bytes()],
    )?;
    row.map(|row| Ok(OrderId(row.integer(0)?))).transpose()
}

/// Returns by which entry an order was given or lifted, where the journal has one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn entry_of(tx: &mut Tx<'_>, order: OrderId, did: Did) -> Result<Option<EntryId>, StoreError> {
    let row = tx.query_optional(
        "SELECT entry FROM order_entry WHERE order_id = $1 AND is_lift = $2",
        values![order.0, did.is_lift()],
    )?;
    row.map(|row| Ok(EntryId::from_bytes(row.array(0)?)))
        .transpose()
}
