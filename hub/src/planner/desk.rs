//! Whatever waits too long for one person goes to the next; nothing else follows from a timer.

use tracing::warn;

use super::{PlanError, Planner};
use crate::store::registry::task;
use crate::vault::command::PlannerCommand;

/// Tasks that are brought to the next person in one transaction.
const TASKS_MAX: u32 = 200;

impl Planner {
    /// Brings the tasks of both queues to the next person where they waited too long.
    pub(super) async fn desk(&self) -> Result<(), PlanError> {
        let now = (self.world.wall)();
        let escalated = self
            .store
            .write("escalate", move |tx| task::escalate(tx, now, TASKS_MAX))
            .await?;
        for row in escalated {
            warn!(task.id = row.task.0, task.kind = %row.about.kind, task.level = %row.level,
                "A task went to the next person");
        }
        self.vault.ask(PlannerCommand::Escalate).await?;
        Ok(())
    }
}
