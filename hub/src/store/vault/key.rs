//! By what the vault knows its keys: a keyed hash, which tells nobody anything of them.

use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// Loads the check value of the keys with which the vault was begun.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(tx: &mut Tx<'_>) -> Result<Option<[u8; 32]>, StoreError> {
    let row = tx.query_optional(
        "SELECT check_value FROM vault_key WHERE name = 'keys'",
        values![],
    )?;
    row.map(|row| row.array(0)).transpose()
}

/// Begins a vault with these keys; one that has begun stays as it is.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn begin(tx: &mut Tx<'_>, check_value: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO vault_key (name, check_value) VALUES ('keys', $1)
         ON CONFLICT (name) DO NOTHING",
        values![check_value],
    )
    .map(|_| ())
}
