//! Reports about what is to be told by when: hearings that come, and deadlines that are over.

use jiff::{SignedDuration, Timestamp};
use savin_shared::event::EventCode;
use serde_json::Value;

use super::super::clocks::reach;
use super::{ROWS_MAX, Rows, shown, time};
use crate::clocks::ClockState;
use crate::clocks::table::{MetBy, Table};
use crate::store::conn::Tx;
use crate::store::registry::clock::{self, ClockRow};
use crate::store::registry::rules;
use crate::store::{Store, StoreError};
use crate::vault::Vault;

/// How far from now deadlines are looked for.
const AROUND: SignedDuration = SignedDuration::from_hours(24 * 366);

/// Hearings within so many days of which not every registrant has confirmed a notice.
pub(super) fn hearings(
    store: &Store,
    vault: &Vault,
    (now, days): (Timestamp, u32),
) -> anyhow::Result<Rows> {
    let until = now.checked_add(SignedDuration::from_hours(24 * i64::from(days)))?;
    let found = store.read_now("hearings", move |tx| coming(tx, now, until))?;
    let events = found.iter().map(|(row, _)| row.event).collect();
    let mut rows = Vec::new();
    for ((row, at), reach) in found.iter().zip(reach(vault, events)?) {
        if reach.confirmed == reach.registrants() {
            continue;
        }
        rows.push(vec![
            row.facility.as_str().into(),
            time(*at),
            row.code.as_str().into(),
            row.position.0.into(),
            row.person.to_string().into(),
            row.state.as_str().into(),
            reach.registrants().into(),
            reach.confirmed.into(),
            reach.accepted.into(),
            reach.waiting.into(),
            reach.failed.into(),
        ]);
    }
    Ok(Rows {
        header: vec![
            "facility",
            "hearing",
            "event",
            "event_position",
            "person",
            "clock",
            "registrants",
            "confirmed",
            "accepted",
            "waiting",
            "failed",
        ],
        rows,
    })
}

/// Lists the hearings that stand, each once, with when they begin.
fn coming(
    tx: &mut Tx<'_>,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<(ClockRow, Timestamp)>, StoreError> {
    let mut found: Vec<(ClockRow, Timestamp)> = Vec::new();
    for state in ClockState::ALL {
        if state == ClockState::Void {
            continue;
        }
        for row in clock::due_between(tx, state, around(now), ROWS_MAX)? {
            let is_hearing = matches!(row.code, EventCode::HearingSet | EventCode::HearingChanged);
            let is_known = found
                .iter()
                .any(|(known, _)| known.position == row.position);
            if !is_hearing || is_known {
                continue;
            }
            // Of what is sealed nothing is told, and whoever asked was called.
            let event = shown(tx, row.position)?.filter(|shown| !shown.is_sealed);
            let at = event.and_then(|shown| shown.event.details.scheduled_at);
            found.extend(
                at.filter(|at| (now..until).contains(at))
                    .map(|at| (row, at)),
            );
        }
    }
    found.sort_by_key(|(row, at)| (*at, row.position));
    Ok(found)
}

/// Deadlines that were missed, came late, or passed with somebody not told.
pub(super) fn overdue(store: &Store, vault: &Vault, now: Timestamp) -> anyhow::Result<Rows> {
    let shipped = Table::shipped()?;
    let (found, versions) = store.read_now("overdue", move |tx| {
        let mut found = Vec::new();
        for state in [ClockState::Missed, ClockState::Late, ClockState::Passed] {
            found.extend(clock::due_between(tx, state, around(now), ROWS_MAX)?);
        }
        let mut shown_events = Vec::with_capacity(found.len());
        for row in &found {
            shown_events.push(shown(tx, row.position)?);
        }
        let found: Vec<_> = found.into_iter().zip(shown_events).collect();
        Ok((found, rules::clocks(tx, &shipped)?))
    })?;
    let events = found.iter().map(|(row, _)| row.event).collect();
    let mut rows = Vec::new();
    for ((row, shown), reach) in found.iter().zip(reach(vault, events)?) {
        if row.state == ClockState::Passed && reach.untold() == 0 {
            continue;
        }
        let rule = versions.at(row.position).rule(&row.clock);
        let is_told =
            rule.is_some_and(|rule| matches!(rule.met_by, MetBy::Notice | MetBy::Reminder));
        let Some(shown) = shown else { continue };
        rows.push(vec![
            shown.place().into(),
            row.state.as_str().into(),
            time(row.due_at),
            row.clock.as_str().into(),
            rule.map(|rule| rule.statute.clone()).into(),
            shown.what().into(),
            row.position.0.into(),
            shown.whom().into(),
            is_told.then(|| reach.untold()).into(),
        ]);
    }
    rows.sort_by_key(|row: &Vec<Value>| row.get(2).map(super::text));
    Ok(Rows {
        header: vec![
            "facility",
            "state",
            "due",
            "clock",
            "statute",
            "event",
            "event_position",
            "person",
            "registrants_not_told",
        ],
        rows,
    })
}

fn around(now: Timestamp) -> (Timestamp, Timestamp) {
    (
        now.checked_sub(AROUND).unwrap_or(Timestamp::MIN),
        now.checked_add(AROUND).unwrap_or(Timestamp::MAX),
    )
}
