//! What people wrote in passing, where it gives somebody away: why a table of rules was changed, why an agent
//! was revoked, what a task about somebody else notes, why others were joined, what a file was called.

use std::collections::BTreeSet;

use crate::registry::traces::Traces;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::Value;
use crate::values;

/// What is written in which place, as it is read, and what stands there afterwards.
const WRITTEN: [(&str, &str); 6] = [
    (
        "SELECT reason FROM rules ORDER BY name, number",
        "UPDATE rules SET reason = 'expunged' WHERE reason = $1",
    ),
    (
        "SELECT reason FROM rules_proposal ORDER BY name, number",
        "UPDATE rules_proposal SET reason = 'expunged' WHERE reason = $1",
    ),
    (
        "SELECT state_reason FROM agent WHERE state_reason IS NOT NULL ORDER BY agent_id",
        "UPDATE agent SET state_reason = 'expunged' WHERE state_reason = $1",
    ),
    (
        "SELECT note FROM task ORDER BY task_id",
        "UPDATE task SET note = 'expunged' WHERE note = $1",
    ),
    // As the step of the joining is left, from which a replay makes it anew.
    (
        "SELECT why FROM person_merge WHERE why <> '' ORDER BY merge_id",
        "UPDATE person_merge SET why = '' WHERE why = $1",
    ),
    (
        "SELECT file_name FROM import ORDER BY import_id",
        "UPDATE import SET file_name = 'expunged' WHERE file_name = $1",
    ),
];

/// Destroys what people wrote in passing and gives somebody away; returns in how many places.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub(super) fn erase(tx: &mut Tx<'_>, traces: &Traces) -> Result<u64, StoreError> {
    let mut many = 0;
    for (read, erase) in WRITTEN {
        let mut telling = BTreeSet::new();
        for row in tx.query(read, values![])? {
            let text = row.text(0)?;
            if traces.are_in(text) {
                telling.insert(text.to_owned());
            }
        }
        for text in telling {
            many += tx.execute(erase, &[Value::Text(text)])?;
        }
    }
    Ok(many)
}
