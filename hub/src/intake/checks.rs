//! Releases that somebody has to look at: of whoever another agency wants, and of whoever another
//! agency's record says is still at the place that let them go.

use savin_shared::delta::Origin;
use savin_shared::event::EventCode;

use super::Moment;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::event::{self, Event};
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::registry::telling;

/// How soon such a release is looked at: the person may still be at the door.
const URGENCY: u8 = 1;

/// Opens a task for each release of these events that calls for a look. Nothing is kept from anybody
/// for it: the notice goes out, and the sheriff is asked.
pub(super) fn open(tx: &mut Tx<'_>, events: &[Event], moment: Moment) -> Result<(), StoreError> {
    let mut tasks = Vec::new();
    for event in events {
        let is_release = matches!(event.code, EventCode::Released | EventCode::Discharged);
        // A first roster, or a full state, says what was long so.
        let is_news = !matches!(event.origin, Origin::Baseline | Origin::Rebaseline);
        if !is_release || !is_news {
            continue;
        }
        let Some(background) = telling::background(tx, event)? else {
            continue;
        };
        if background.is_sealed || background.record.synthetic {
            continue;
        }
        let mut notes = Vec::new();
        let holds = background.record.custody().map(|custody| &custody.holds);
        if holds.is_some_and(|holds| !holds.is_empty()) {
            notes.push("the booking names an agency that holds or wants the person");
        }
        let place = event.facility.to_string();
        if event.details.still_held_at.as_deref() == Some(place.as_str()) {
            notes.push("another record says that the person is still held there");
        }
        if !notes.is_empty() {
            tasks.push(task(tx, event, &notes)?);
        }
    }
    task::open(tx, &tasks, moment.now)
}

fn task(tx: &mut Tx<'_>, event: &Event, notes: &[&str]) -> Result<NewTask, StoreError> {
    let note = format!("Released, but {}. Ask the sheriff.", notes.join(", and "));
    Ok(NewTask {
        kind: TaskKind::ReleaseCheck,
        subject: format!("event/{}", event.event),
        facility: Some(event.facility.clone()),
        person: Some(event.person),
        other: None,
        record: Some(event.record),
        event: event::position_of(tx, event.event)?,
        urgency: URGENCY,
        due_at: None,
        note,
    })
}
