//! Ordered migrations, each applied once in its own transaction.

use rusqlite::{Connection, TransactionBehavior};

use super::JournalError;

/// The migrations so far; one that has been released is frozen.
const MIGRATIONS: [&str; 8] = [
    include_str!("migrations/0001_journal.sql"),
    include_str!("migrations/0002_dark.sql"),
    include_str!("migrations/0003_contact.sql"),
    include_str!("migrations/0004_guard.sql"),
    include_str!("migrations/0005_drift.sql"),
    include_str!("migrations/0006_canary.sql"),
    include_str!("migrations/0007_release.sql"),
    include_str!("migrations/0008_shape.sql"),
];

/// Brings a journal to this program's version.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), JournalError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = tx.query_row("SELECT user_version FROM pragma_user_version", [], |row| {
        row.get(0)
    })?;
    let applied = usize::try_from(version).map_err(|_| JournalError::Damaged("its version"))?;
    if applied > MIGRATIONS.len() {
        return Err(JournalError::Newer);
    }
    if applied == MIGRATIONS.len() {
        // Nothing is written, so that a full disk keeps nobody from opening the journal.
        return Ok(());
    }
    for migration in MIGRATIONS.iter().skip(applied) {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(
        None,
        "user_version",
        i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX),
    )?;
    tx.commit()?;
    Ok(())
}
