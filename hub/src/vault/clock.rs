//! Deadlines by which registrants are to be told: who was not, and a task for each, by pseudonym.

use std::collections::BTreeMap;

use jiff::Timestamp;
use savin_shared::hash::hex;

use super::command::{DueClock, PlannerAnswer, Reach, StaffAnswer};
use super::task::{Ask, open};
use super::{Vault, VaultError};
use crate::ids::{EventId, RegistrantId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::notice_event::{self, EventNotice};
use crate::store::vault::task;
use crate::vault::keyring::Keyring;
use crate::work::task::TaskKind;

/// How soon a task of a deadline is: before everything that is not an emergency.
const URGENCY: u8 = 2;

/// How far somebody was reached by a notice; the best of several counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    /// She does not want to be told, what was to be told was taken back, or she confirmed it in another way.
    NotMeant,
    Failed,
    Waiting,
    Accepted,
    Confirmed,
}

impl Reached {
    fn of(state: &str) -> Self {
        match state {
            "confirmed" => Self::Confirmed,
            "accepted" | "mailed" => Self::Accepted,
            "planned" | "trying" | "spooled" | "printed" => Self::Waiting,
            "stopped" | "withdrawn" | "elsewhere" => Self::NotMeant,
            _ => Self::Failed,
        }
    }
}

impl Vault {
    /// Brings whoever was not reached to a person, and closes the tasks of those who were.
    pub(super) fn due(&self, clocks: Vec<DueClock>) -> Result<PlannerAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        self.store.write_now("due clocks", move |tx| {
            for clock in &clocks {
                let link = keys.event_link(clock.event);
                for (registrant, reached) in reached(tx, &keys, clock.event, clock.since)? {
                    let subject = subject(&clock.clock, &link, registrant);
                    match reached {
                        Reached::Accepted | Reached::Confirmed => {
                            task::close(tx, TaskKind::Clock, &subject, "told", now)?;
                        }
                        Reached::NotMeant => {
                            task::close(tx, TaskKind::Clock, &subject, "not meant", now)?;
                        }
                        Reached::Waiting | Reached::Failed => {
                            open(tx, &keys, &ask(clock, subject, registrant), now)?;
                        }
                    }
                }
            }
            Ok(())
        })?;
        Ok(PlannerAnswer::Done)
    }

    /// Counts how far the registrants of events were reached.
    pub(super) fn reach(&self, events: &[EventId]) -> Result<StaffAnswer, VaultError> {
        let keys = std::sync::Arc::clone(&self.keys);
        let events = events.to_vec();
        let reach = self.store.read_now("reach", move |tx| {
            let mut all = Vec::with_capacity(events.len());
            for event in &events {
                let mut reach = Reach::default();
                for (_, reached) in reached(tx, &keys, *event, None)? {
                    match reached {
                        Reached::NotMeant => {}
                        Reached::Failed => reach.failed += 1,
                        Reached::Waiting => reach.waiting += 1,
                        Reached::Accepted => reach.accepted += 1,
                        Reached::Confirmed => reach.confirmed += 1,
                    }
                }
                all.push(reach);
            }
            Ok(all)
        })?;
        Ok(StaffAnswer::Reach(reach))
    }
}

/// Returns how far each registrant of an event was reached, by what was planned since then.
fn reached(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    event: EventId,
    since: Option<Timestamp>,
) -> Result<Vec<(RegistrantId, Reached)>, StoreError> {
    let notices = notice_event::of_events(tx, &[keys.event_link(event)])?;
    let mut best: BTreeMap<RegistrantId, Reached> = BTreeMap::new();
    let counts = |notice: &&EventNotice| since.is_none_or(|since| notice.planned_at >= since);
    for notice in notices.iter().flatten().filter(counts) {
        let reached = Reached::of(&notice.state);
        let known = best.entry(notice.registrant).or_insert(reached);
        *known = reached.max(*known);
    }
    Ok(best.into_iter().collect())
}

/// Names a task by a deadline, an event and a registrant, none of which a stranger learns.
fn subject(clock: &str, link: &[u8; 32], registrant: RegistrantId) -> String {
    let link: String = hex(link).chars().take(32).collect();
    format!("clock/{clock}/{link}/{registrant}")
}

fn ask(clock: &DueClock, subject: String, registrant: RegistrantId) -> Ask {
    Ask {
        kind: TaskKind::Clock,
        subject,
        registrant,
        urgency: URGENCY,
        due_at: Some(clock.due_at),
        note: format!(
            "No channel has reached her yet. {}. Reach her by {:.0}, and say how with --note",
            clock.what, clock.due_at
        ),
    }
}
