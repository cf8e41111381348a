//! Events that are told to nobody until a person has looked at them.

use savin_shared::delta::Origin;

use crate::ids::EventPosition;
use crate::notification::rules::Rules;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::event::Event;
use crate::store::registry::task::{NewTask, TaskKind};
use crate::store::registry::telling::background;

/// Returns the task that asks a person to look at an event, where one has to.
///
/// What a first roster says of records that nobody knew is where counting begins, and no news.
pub(super) fn review(
    tx: &mut Tx<'_>,
    rules: &Rules,
    (position, event): (EventPosition, &Event),
    is_doubtful: bool,
) -> Result<Option<NewTask>, StoreError> {
    let is_beginning = event.origin == Origin::Baseline && event.version <= 1;
    let urgency = rules.decided(event.code);
    let (Some(urgency), false) = (urgency, is_beginning) else {
        return Ok(None);
    };
    if !rules.needs_person(event.code, event.origin, is_doubtful) {
        return Ok(None);
    }
    let shown = background(tx, event)?;
    let is_shown = |shown: &crate::store::registry::telling::Background| {
        !shown.is_sealed && !shown.record.synthetic
    };
    if !shown.as_ref().is_some_and(is_shown) {
        return Ok(None);
    }
    let why = if is_doubtful {
        "it is in doubt about whom the record is"
    } else {
        "it came with a whole list and not as it happened"
    };
    Ok(Some(NewTask {
        kind: TaskKind::EventReview,
        subject: format!("event/{}", position.0),
        facility: Some(event.facility.clone()),
        person: Some(event.person),
        other: None,
        record: Some(event.record),
        event: Some(position),
        urgency: urgency.0,
        due_at: None,
        note: format!(
            "{} at {} was told to nobody, since {why}. Ask the facility, then --choice tell or leave",
            event.code, event.facility
        ),
    }))
}
