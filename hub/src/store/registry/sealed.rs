//! What orders sealed, by keyed hashes of which records: so that one that was not known when the order was
//! carried out, or is not known any more, is sealed as it arrives.

use savin_shared::ids::AgencyId;

use super::expunged::Tombstone;
use crate::ids::{OrderId, RecordId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// Notes which records an order seals.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(
    tx: &mut Tx<'_>,
    order: OrderId,
    named: &[(AgencyId, Tombstone)],
) -> Result<(), StoreError> {
    let lists: Vec<_> = named
        .iter()
        .map(|(agency, tombstone)| values![tombstone, order.0, agency.as_str()].to_vec())
        .collect();
    tx.execute_many(
        "INSERT INTO sealed_record (tombstone, order_id, agency_id) VALUES ($1, $2, $3)
         ON CONFLICT (tombstone, order_id) DO NOTHING",
        &lists,
    )
}

/// Forgets what an order sealed that was lifted.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn remove(tx: &mut Tx<'_>, order: OrderId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM sealed_record WHERE order_id = $1",
        values![order.0],
    )
    .map(|_| ())
}

/// Says whether any record of an agency is sealed.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_any(tx: &mut Tx<'_>, agency: &AgencyId) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM sealed_record WHERE agency_id = $1 LIMIT 1",
        values![agency.as_str()],
    )?;
    Ok(row.is_some())
}

/// Finds by which orders records are sealed, in the order of the tombstones.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find(tx: &mut Tx<'_>, tombstones: &[Tombstone]) -> Result<Vec<Vec<OrderId>>, StoreError> {
    let lists: Vec<_> = tombstones.iter().map(|stone| vec![stone.into()]).collect();
    tx.query_many(
        "SELECT order_id FROM sealed_record WHERE tombstone = $1 ORDER BY order_id",
        &lists,
    )?
    .iter()
    .map(|rows| {
        rows.iter()
            .map(|row| Ok(OrderId(row.integer(0)?)))
            .collect()
    })
    .collect()
}

/// Notes that an order covers records that arrived since.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn cover(tx: &mut Tx<'_>, covered: &[(OrderId, RecordId)]) -> Result<(), StoreError> {
    let lists: Vec<_> = covered
        .iter()
        .map(|(order, record)| vec![order.0.into(), record.0.into()])
        .collect();
    tx.execute_many(
        "INSERT INTO court_order_record (order_id, record_id) VALUES ($1, $2)
         ON CONFLICT (order_id, record_id) DO NOTHING",
        &lists,
    )?;
    let orders: std::collections::BTreeSet<i64> =
        covered.iter().map(|(order, _)| order.0).collect();
    for order in orders {
        tx.execute_one(
            "court_order",
            "UPDATE court_order SET records =
                 (SELECT count(*) FROM court_order_record WHERE order_id = $1)
             WHERE order_id = $1",
            values![order],
        )?;
    }
    Ok(())
}
