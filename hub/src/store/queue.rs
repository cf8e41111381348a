//! What waits for a person in either queue: the registry's, and the vault's of what concerns a registrant.

use jiff::Timestamp;

use super::StoreError;
use super::conn::Tx;
use crate::values;
use crate::work::duty::Raised;
use crate::work::task::Level;

/// A queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// Of the registry.
    Registry,
    /// Of the vault.
    Vault,
}

/// Writes a question about the open tasks of a queue.
macro_rules! open_tasks {
    ($queue:expr, $columns:literal, $rest:literal) => {
        match $queue {
            Queue::Registry => {
                concat!(
                    "SELECT ",
                    $columns,
                    " FROM task WHERE state = 'open' ",
                    $rest
                )
            }
            Queue::Vault => {
                concat!(
                    "SELECT ",
                    $columns,
                    " FROM vault_task WHERE state = 'open' ",
                    $rest
                )
            }
        }
    };
}

impl Queue {
    /// Returns what has come to each level above the operators'.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn raised(self, tx: &mut Tx<'_>) -> Result<Vec<Raised>, StoreError> {
        let raised = open_tasks!(
            self,
            "level, count(*), max(came_at), min(due_at)",
            "AND level <> 'operator' GROUP BY level ORDER BY level"
        );
        tx.query(raised, values![])?
            .iter()
            .map(|row| {
                Ok(Raised {
                    level: Level::parse(row.text(0)?)
                        .ok_or(StoreError::Damaged("a task's level"))?,
                    tasks: row.count(1)?,
                    came_at: row.optional_time(2)?,
                    due_at: row.optional_time(3)?,
                })
            })
            .collect()
    }

    /// Counts open tasks by kind and level, with when the oldest was opened.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn ages(
        self,
        tx: &mut Tx<'_>,
    ) -> Result<Vec<(String, String, u64, Timestamp)>, StoreError> {
        let ages = open_tasks!(
            self,
            "kind, level, count(*), min(opened_at)",
            "GROUP BY kind, level ORDER BY kind, level"
        );
        tx.query(ages, values![])?
            .iter()
            .map(|row| {
                let (kind, level) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
                Ok((kind, level, row.count(2)?, row.time(3)?))
            })
            .collect()
    }
}
