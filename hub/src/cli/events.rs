//! `events`: the registry's event log, in the order in which things became known.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Value, json};

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::ids::{EventPosition, RecordId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::event::{self, Event};
use crate::store::registry::{elsewhere, person, record};

/// Show events.
#[derive(Debug, Args)]
pub(super) struct Events {
    /// Only events after this position.
    #[arg(long, default_value_t = 0, value_name = "POSITION")]
    after: i64,
    /// How many to show.
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    limit: u32,
}

impl Events {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let store = app::open_registry(config)?;
        let (after, limit) = (EventPosition(self.after), self.limit);
        let read = move |tx: &mut Tx<'_>| load(tx, after, limit);
        let Loaded {
            events,
            sealed,
            doubtful,
        } = store.read_now("events", read)?;
        let mut rows = Vec::new();
        for (position, event) in &events {
            // Its place is in the log of whoever reads on from there; nothing else of it is anybody's to see.
            if sealed.contains(&event.record) {
                if output.is_json() {
                    output.object(&json!({ "position": position.0, "sealed": true }))?;
                }
                let mut row = vec![position.0.to_string(), "sealed".to_owned()];
                row.resize(8, String::new());
                rows.push(row);
                continue;
            }
            if output.is_json() {
                output.object(&object(*position, event, &doubtful))?;
            }
            rows.push(vec![
                position.0.to_string(),
                if event.details.canary_of.is_some() {
                    // Nobody was released: that is the agency's daily test of its line.
                    format!("{} (daily test)", event.code)
                } else if doubtful.contains(&event.record) {
                    format!("{} (in doubt)", event.code)
                } else {
                    event.code.to_string()
                },
                event.person.to_string(),
                event.facility.to_string(),
                event.origin.to_string(),
                event
                    .effective_at
                    .map_or_else(String::new, |at| format!("{at:.0}")),
                format!("{:.0}", event.observed_at.timestamp()),
                format!("{:.0}", event.received_at.timestamp()),
            ]);
        }
        if output.is_json() {
            return Ok(());
        }
        let header = [
            "position",
            "event",
            "person",
            "facility",
            "origin",
            "effective",
            "observed",
            "received",
        ];
        if rows.is_empty() {
            return output.line(match self.after {
                0 => "No event has become known yet.",
                _ => "No event has become known after that one.",
            });
        }
        output.table(&header, rows)
    }
}

/// Events, and what is to be known of their records.
struct Loaded {
    events: Vec<(EventPosition, Event)>,
    /// Of these, the records that a court has sealed.
    sealed: BTreeSet<RecordId>,
    /// Of these, the records of which it is in doubt about whom they are.
    doubtful: BTreeSet<RecordId>,
}

fn load(tx: &mut Tx<'_>, after: EventPosition, limit: u32) -> Result<Loaded, StoreError> {
    let events = event::after(tx, after, limit)?;
    let events = elsewhere::shown(tx, events)?;
    let records: Vec<_> = events.iter().map(|(_, event)| event.record).collect();
    let rows = record::numbered(tx, &records)?;
    let sealed = rows.iter().filter(|row| row.known.is_sealed_by_order());
    Ok(Loaded {
        sealed: sealed.map(|row| row.record).collect(),
        doubtful: person::doubtful(tx, &records)?,
        events,
    })
}

fn object(position: EventPosition, event: &Event, doubtful: &BTreeSet<RecordId>) -> Value {
    json!({
        "position": position.0,
        "event": event.event.to_string(),
        "code": event.code.as_str(),
        "person": event.person.to_string(),
        "facility": event.facility,
        "origin": event.origin.as_str(),
        "effective_at": event.effective_at,
        "entered_at": event.entered_at,
        "observed_at": event.observed_at.timestamp(),
        "received_at": event.received_at.timestamp(),
        "doubtful": doubtful.contains(&event.record),
        "corrects": event.corrects.map(|position| position.0),
        "details": event.details,
    })
}
