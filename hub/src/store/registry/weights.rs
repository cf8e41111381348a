//! The table of linkage weights that counts: the one adopted last, or the one that is shipped.

use crate::linkage::weights::Weights;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// The name of the table among the tables of rules.
pub const NAME: &str = "linkage";

/// Loads the weights that count now.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses or the table is damaged.
pub fn load(tx: &mut Tx<'_>) -> Result<Weights, StoreError> {
    let adopted = tx.query_optional(
        "SELECT body FROM rules WHERE name = $1 ORDER BY number DESC LIMIT 1",
        values![NAME],
    )?;
    let weights = match adopted {
        Some(row) => Weights::parse(row.text(0)?),
        None => Weights::shipped(),
    };
    weights.map_err(|_| StoreError::Damaged("the table of linkage weights"))
}
