//! Follows the registry's event log from beside the running hub.

use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use savin_hub::ids::{EventPosition, PersonId};
use savin_hub::names::shown;
use savin_hub::store::Store;
use savin_hub::store::registry::{event, person, telling};
use savin_shared::event::EventCode;

use crate::clock::{monotonic, pause};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Events of one look.
const EVENTS_MAX: u32 = 500;

/// An event as the registry has it.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its place in the log.
    pub position: EventPosition,
    /// What happened.
    pub code: EventCode,
    /// To whom.
    pub person: PersonId,
    /// The person's name, where there is one.
    pub name: String,
    /// The facility's name.
    pub facility: String,
    /// When the agent saw it.
    pub observed_at: Timestamp,
    /// When the hub made it durable.
    pub received_at: Timestamp,
}

/// A place in the event log.
#[derive(Debug)]
pub struct Tail {
    store: Store,
    position: EventPosition,
}

impl Tail {
    /// Begins at the beginning.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self {
            store,
            position: EventPosition(0),
        }
    }

    /// Returns what became known since the last call.
    ///
    /// # Errors
    /// Returns why the registry cannot be read.
    pub fn fresh(&mut self) -> anyhow::Result<Vec<Known>> {
        let from = self.position;
        let known = self.store.read_now("tail", move |tx| {
            let mut known = Vec::new();
            for (position, event) in event::after(tx, from, EVENTS_MAX)? {
                let name = person::names(tx, event.person)?.first().map(shown);
                known.push(Known {
                    position,
                    code: event.code,
                    person: event.person,
                    name: name.unwrap_or_default(),
                    facility: telling::facility_name(tx, &event.facility)?,
                    observed_at: event.observed_at.timestamp(),
                    received_at: event.received_at.timestamp(),
                });
            }
            Ok(known)
        })?;
        if let Some(last) = known.last() {
            self.position = last.position;
        }
        Ok(known)
    }

    /// Waits for an event, and passes over what comes before it.
    ///
    /// # Errors
    /// Returns what did come, when it does not come in time.
    pub fn wait_for(
        &mut self,
        patience: Duration,
        is_it: impl Fn(&Known) -> bool,
    ) -> anyhow::Result<Known> {
        let deadline = monotonic() + patience;
        let mut passed = Vec::new();
        while monotonic() < deadline {
            for known in self.fresh()? {
                if is_it(&known) {
                    self.position = known.position;
                    return Ok(known);
                }
                passed.push(known.code.to_string());
            }
            pause(LOOK);
        }
        bail!(
            "the event did not become known; what did: {}",
            passed.join(", ")
        )
    }

    /// Returns the registry that is followed.
    ///
    /// # Errors
    /// Returns why the registry cannot be read.
    pub fn count(&self) -> anyhow::Result<Vec<(EventCode, u64)>> {
        self.store
            .read_now("count", event::count_by_code)
            .context("failed to count events")
    }
}
