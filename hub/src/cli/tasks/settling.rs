//! What follows from what somebody chose about a task of the registry.

use jiff::Timestamp;

use super::Place;
use crate::ids::EventId;
use crate::store::conn::Tx;
use crate::store::registry::decision::{self, Decision};
use crate::store::registry::instruction::{self, InstructionKind};
use crate::store::registry::task::{self, TaskId};
use crate::store::registry::{event, person};
use crate::store::{Store, StoreError};
use crate::work::task::TaskKind;

/// Returns which event is taken back with a task.
pub(super) fn taken_back(store: &Store, place: Place) -> anyhow::Result<Vec<EventId>> {
    let Place::Registry(id) = place else {
        return Ok(Vec::new());
    };
    let find = move |tx: &mut Tx<'_>| {
        let row = task::load(tx, id)?;
        let position = row.and_then(|row| row.about.event);
        position.map_or(Ok(None), |position| event::id_at(tx, position))
    };
    Ok(store.read_now("taken back", find)?.into_iter().collect())
}

/// Ends a task by a decision, and gives the instruction that follows from it.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    id: TaskId,
    choice: &str,
    signed: &Decision,
    now: Timestamp,
) -> Result<(), StoreError> {
    let refused = |why: &str| Err(StoreError::Refused(why.to_owned()));
    let Some(row) = task::load(tx, id)? else {
        return refused("there is no such task: see `savin-hub tasks`");
    };
    let decision = decision::record(tx, signed)?;
    let given = match (row.about.kind, choice) {
        (TaskKind::EventReview, "leave") | (TaskKind::ReleaseCheck, "dismiss") => None,
        (TaskKind::EventReview | TaskKind::ReleaseCheck, "tell") => {
            let records: Vec<_> = row.about.record.into_iter().collect();
            if !person::doubtful(tx, &records)?.is_empty() {
                return refused(
                    "it is still in doubt about whom the record is: settle that first, with \
                     `savin-hub persons review`",
                );
            }
            Some(InstructionKind::Tell)
        }
        (TaskKind::ReleaseCheck, "correct") => Some(InstructionKind::Correct),
        (TaskKind::EventReview, _) => {
            return refused("an event-review takes --choice tell or --choice leave");
        }
        (TaskKind::ReleaseCheck, _) => {
            return refused(
                "a release-check takes --choice dismiss (it is so), tell (once more, to whoever \
                 asked since) or correct (it is not so: whoever was told hears that)",
            );
        }
        (_, _) => None,
    };
    if let (Some(kind), Some(event)) = (given, row.about.event) {
        instruction::give(tx, kind, event, decision, now)?;
    }
    task::done(tx, id, choice, decision, now)
}
