//! What the registry of an older program lacks, added at the first start: by what persons are found and compared, and
//! entries in the evidence, each marked as added later.
//!
//! Page by page, each in a transaction of its own: whoever is interrupted goes on at the next start.

use jiff::Timestamp;
use savin_shared::ids::{AgentId, Epoch, Seq};
use savin_shared::world::World;

use crate::ids::{EventPosition, PersonId};
use crate::store::conn::Tx;
use crate::store::registry::backfill::{agents, batches, decisions, events, persons};
use crate::store::registry::decision::DecisionId;
use crate::store::registry::log::LogPlace;
use crate::store::{Store, StoreError, added};

/// Persons, and entries of one transaction.
const PERSONS_AT_ONCE: u32 = 200;
const ENTRIES_AT_ONCE: u32 = 500;

/// What is added: in this order, so that linkage is whole before anything is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// What persons are found and compared by.
    Persons,
    /// Entries of agents.
    Agents,
    /// Entries of batches.
    Batches,
    /// Entries of decisions.
    Decisions,
    /// Entries of events.
    Events,
}

impl Work {
    /// Everything that may be lacking.
    pub const ALL: [Self; 5] = [
        Self::Persons,
        Self::Agents,
        Self::Batches,
        Self::Decisions,
        Self::Events,
    ];

    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Persons => "persons",
            Self::Agents => "agents",
            Self::Batches => "batches",
            Self::Decisions => "decisions",
            Self::Events => "events",
        }
    }
}

/// How far one kind of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Of which.
    pub work: Work,
    /// How many were added by this start.
    pub added: u64,
    /// Whether nothing is lacking any more.
    pub is_done: bool,
}

/// Adds what is lacking, and tells of each page by which something was added.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses: what was added stays.
pub fn add(store: &Store, world: &World, mut told: impl FnMut(Progress)) -> Result<(), StoreError> {
    for work in Work::ALL {
        let name = work.as_str();
        if store.read_now("backfill", move |tx| added::is_done(tx, name))? {
            continue;
        }
        let (mut place, mut added) = (Some(Place::START), 0);
        while let Some(after) = place {
            let by = ((world.wall)(), world.random);
            let page = store.write_now("backfill", move |tx| {
                let page = page(tx, (work, after), by)?;
                if page.is_none() {
                    added::done(tx, name, by.0)?;
                }
                Ok(page)
            })?;
            let many = page.map_or(0, |(_, many)| many);
            added += many;
            place = page.map(|(place, _)| place);
            let is_done = place.is_none();
            if many > 0 || (is_done && added > 0) {
                told(Progress {
                    work,
                    added,
                    is_done,
                });
            }
        }
    }
    Ok(())
}

/// After whom or what the next page begins.
#[derive(Debug, Clone, Copy)]
struct Place {
    person: PersonId,
    batch: LogPlace,
    decision: DecisionId,
    event: EventPosition,
}

impl Place {
    const START: Self = Self {
        person: PersonId::from_bytes([0; 16]),
        batch: LogPlace {
            agent: AgentId::from_bytes([0; 16]),
            epoch: Epoch::from_bytes([0; 16]),
            first: Seq::ZERO,
        },
        decision: DecisionId(0),
        event: EventPosition(0),
    };
}

/// Adds a page, and returns where the next one begins with how many were added; nothing once all is there.
fn page(
    tx: &mut Tx<'_>,
    (work, after): (Work, Place),
    (now, random): (Timestamp, fn() -> [u8; 16]),
) -> Result<Option<(Place, u64)>, StoreError> {
    let most = ENTRIES_AT_ONCE;
    Ok(match work {
        Work::Persons => persons(tx, after.person, PERSONS_AT_ONCE)?
            .map(|(person, many)| (Place { person, ..after }, many)),
        Work::Agents => {
            let many = agents(tx, now)?;
            (many > 0).then_some((after, many))
        }
        Work::Batches => batches(tx, after.batch, most, now)?
            .map(|(batch, many)| (Place { batch, ..after }, many)),
        Work::Decisions => decisions(tx, after.decision, most, now)?
            .map(|(decision, many)| (Place { decision, ..after }, many)),
        Work::Events => events(tx, after.event, most, (now, random))?
            .map(|(event, many)| (Place { event, ..after }, many)),
    })
}

#[cfg(test)]
mod tests;
