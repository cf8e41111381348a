//! What staff decided since a backup was made: as the registry says that is about to be moved aside, or, where that
//! cannot be read, the journal of decisions beside it.

use jiff::{SignedDuration, Timestamp};
use savin_shared::ids::AgentId;

use crate::app;
use crate::config::Config;
use crate::decided::entry::Decided;
use crate::decided::{self, Journal};
use crate::store::conn::Tx;
use crate::store::registry::SCHEMA;
use crate::store::{Place, Store, StoreError};

/// For how long before a backup a decision may have been signed that it lacks.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(10);

/// Decisions that a registry is asked for; of more only that there were more is known.
const DECISIONS_MAX: u32 = 20_000;

/// What staff decided.
#[derive(Debug, Clone, Default)]
pub(super) struct Decisions {
    /// The decisions, the oldest first; nothing where nobody knows.
    pub(super) made: Option<Vec<Decided>>,
    /// Agents that were revoked, as the journal says.
    pub(super) revoked: Vec<AgentId>,
    /// Until when, from the backup on, nobody knows: the journal was begun later.
    pub(super) unknown_until: Option<Timestamp>,
    /// Whether the registry could not say it, and the journal did.
    pub(super) is_from_journal: bool,
}

impl Decisions {
    /// Asks the registry, and where it cannot say it the journal.
    pub(super) fn since(
        config: &Config,
        (is_registry_sound, is_registry_back): (bool, bool),
        made_at: Timestamp,
    ) -> Self {
        // A registry that is put back says itself what it has of these.
        let overlap = if is_registry_back {
            ON_ITS_WAY
        } else {
            SignedDuration::ZERO
        };
        let from = made_at.checked_sub(overlap).unwrap_or(made_at);
        let read = || of_registry(&config.registry, from);
        if let Some(Ok(made)) = is_registry_sound.then(read) {
            return Self {
                made: Some(made),
                ..Self::default()
            };
        }
        let Ok(Some(key)) = app::order_key_of(config) else {
            return Self::default();
        };
        match decided::since(&Journal::of(&config.data), &key, from) {
            Ok(Some(since)) => Self {
                made: Some(since.decisions),
                revoked: since.revoked,
                unknown_until: (since.begun_at > made_at).then_some(since.begun_at),
                is_from_journal: true,
            },
            Ok(None) | Err(_) => Self::default(),
        }
    }
}

fn of_registry(registry: &Place, from: Timestamp) -> Result<Vec<Decided>, StoreError> {
    Store::open(registry, &SCHEMA)?.read_now("decided", move |tx: &mut Tx<'_>| {
        decided::of_registry(tx, from, DECISIONS_MAX)
    })
}
