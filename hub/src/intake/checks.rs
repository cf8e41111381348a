//! What somebody has to ask an agency about: releases of whoever another agency wants or says is still
//! there, or of whose charges nothing has become, people who are missing from a list without a word, and
//! court dates and hearings of which nobody said when they are.

use std::collections::BTreeMap;

use savin_shared::delta::Origin;
use savin_shared::event::EventCode;

use super::Moment;
use crate::ids::RecordId;
use crate::registry::charges::left_open;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::event::{self, Event};
use crate::store::registry::expunging::naming::STILL_THERE;
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::registry::telling::{self, Background, background};

/// How soon such a release is looked at: the person may still be at the door.
const URGENCY: u8 = 1;

/// How soon a jail is asked about somebody who is missing from its list.
const MISSING_URGENCY: u8 = 3;

/// How soon a court or board is asked when something is: no deadline runs until then.
const UNDATED_URGENCY: u8 = 2;

/// Opens a task for each release of these events that calls for a look, and for each date that is not known.
/// Nothing is kept from anybody for it: the notice goes out, and the sheriff or the court is asked.
pub(super) fn open(tx: &mut Tx<'_>, events: &[Event], moment: Moment) -> Result<(), StoreError> {
    if tx.is_scratch() {
        return Ok(());
    }
    let is_release = |event: &&Event| {
        is_news(event) && matches!(event.code, EventCode::Released | EventCode::Discharged)
    };
    let releases: Vec<&Event> = events.iter().filter(is_release).collect();
    let backgrounds = telling::backgrounds(tx, &releases)?;
    let mut tasks = Vec::new();
    for (event, background) in releases.into_iter().zip(backgrounds) {
        let Some(background) = background.filter(is_shown) else {
            continue;
        };
        let mut notes = Vec::new();
        let custody = background.record.custody();
        if custody.is_some_and(|custody| !custody.holds.is_empty()) {
            notes.push("the booking names an agency that holds or wants the person".to_owned());
        }
        let open = custody.map_or(0, left_open);
        if open > 0 {
            let all = custody.map_or(0, |custody| custody.charges.len());
            notes.push(format!(
                "{open} of {all} charges have no disposition, and the reason of the release does not say why"
            ));
        }
        let place = event.facility.to_string();
        if event.details.still_held_at.as_deref() == Some(place.as_str()) {
            notes.push(STILL_THERE.to_owned());
        }
        if !notes.is_empty() {
            tasks.push(task(tx, event, &notes)?);
        }
    }
    task::open(tx, &tasks, moment.now)?;
    ask_when(tx, events, moment)
}

/// Asks the jail about everybody who is missing from its list and of whom nothing else was said: absence
/// is no release, and somebody has to know. Of whoever was found again nobody is asked any more.
pub(super) fn ask_about_missing(
    tx: &mut Tx<'_>,
    events: &[Event],
    missing: &BTreeMap<RecordId, bool>,
    moment: Moment,
) -> Result<(), StoreError> {
    if tx.is_scratch() {
        return Ok(());
    }
    let is_missing = |record: &RecordId| missing.get(record).is_some_and(|missing| *missing);
    let mut tasks = Vec::new();
    for event in events {
        let is_asked = event.code == EventCode::NoLongerListed && is_news(event);
        if is_asked
            && is_missing(&event.record)
            && background(tx, event)?.as_ref().is_some_and(is_shown)
        {
            tasks.push(NewTask {
                kind: TaskKind::NoLongerListed,
                subject: subject(event.record),
                urgency: MISSING_URGENCY,
                note:
                    "Missing from a complete list, and nobody has said why: ask the jail where the \
                       person is. Nobody is told of it."
                        .to_owned(),
                ..about(tx, event)?
            });
        }
    }
    task::open(tx, &tasks, moment.now)?;
    for record in missing.keys().filter(|record| !is_missing(record)) {
        let outcome = "the jail has said where the person is";
        let kind = TaskKind::NoLongerListed;
        task::close(tx, kind, &subject(*record), outcome, moment.now)?;
    }
    Ok(())
}

/// Asks the court or the board when something is that was told without its day, since the agency gave none or
/// wrote one that nobody can read; once it has said so, or called it off, nobody is asked any more.
fn ask_when(tx: &mut Tx<'_>, events: &[Event], moment: Moment) -> Result<(), StoreError> {
    let is_set = |event: &Event| {
        matches!(
            event.code,
            EventCode::CourtEventSet
                | EventCode::CourtEventChanged
                | EventCode::HearingSet
                | EventCode::HearingChanged
        )
    };
    let is_off = |event: &Event| {
        matches!(
            event.code,
            EventCode::CourtEventCancelled | EventCode::HearingCancelled
        )
    };
    // Of each only what was said last counts.
    let mut last: BTreeMap<RecordId, &Event> = BTreeMap::new();
    for event in events.iter().filter(|event| is_set(event) || is_off(event)) {
        last.insert(event.record, event);
    }
    let (undated, answered): (Vec<&Event>, Vec<&Event>) = last
        .into_values()
        .partition(|event| is_set(event) && event.details.scheduled_at.is_none());
    let undated: Vec<&Event> = undated.into_iter().filter(|one| is_news(one)).collect();
    let backgrounds = telling::backgrounds(tx, &undated)?;
    let mut tasks = Vec::new();
    for (event, background) in undated.into_iter().zip(backgrounds) {
        if background.is_some_and(|background| is_shown(&background)) {
            tasks.push(NewTask {
                kind: TaskKind::Other,
                subject: when(event.record),
                urgency: UNDATED_URGENCY,
                note: "A court date or hearing came without a day that can be read, and was told so: ask the \
                       court or the board when it is, and have its file mended. No deadline runs until then."
                    .to_owned(),
                ..about(tx, event)?
            });
        }
    }
    task::open(tx, &tasks, moment.now)?;
    for event in answered {
        let outcome = "it has its day now, or is off";
        task::close(
            tx,
            TaskKind::Other,
            &when(event.record),
            outcome,
            moment.now,
        )?;
    }
    Ok(())
}

fn when(record: RecordId) -> String {
    format!("when/{}", record.0)
}

fn subject(record: RecordId) -> String {
    format!("record/{}", record.0)
}

/// A first roster, or a full state, says what was long so.
const fn is_news(event: &Event) -> bool {
    !matches!(event.origin, Origin::Baseline | Origin::Rebaseline)
}

/// Says whether staff may see what is behind an event, and whether it was not made up.
const fn is_shown(background: &Background) -> bool {
    !background.is_sealed && !background.record.synthetic
}

fn task(tx: &mut Tx<'_>, event: &Event, notes: &[String]) -> Result<NewTask, StoreError> {
    let note = format!("Released, but {}. Ask the sheriff.", notes.join(", and "));
    Ok(NewTask {
        note,
        ..about(tx, event)?
    })
}

/// A task about an event.
fn about(tx: &mut Tx<'_>, event: &Event) -> Result<NewTask, StoreError> {
    let position = event::position_of(tx, event.event)?;
    let place = position.map_or_else(|| event.event.to_string(), |at| at.0.to_string());
    Ok(NewTask {
        kind: TaskKind::ReleaseCheck,
        subject: format!("event/{place}"),
        facility: Some(event.facility.clone()),
        person: Some(event.person),
        other: None,
        record: Some(event.record),
        event: position,
        urgency: URGENCY,
        due_at: None,
        note: String::new(),
    })
}
