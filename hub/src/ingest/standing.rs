//! Whose word is not taken any more: looked up ten times a second, so that a revocation ends the
//! session that is under way within a second.

use std::collections::BTreeSet;
use std::time::Duration;

use savin_shared::ids::AgentId;
use tokio::sync::watch;
use tracing::warn;

use crate::store::Store;
use crate::store::registry::agent;

/// How often the agents' states are looked up.
const LOOK: Duration = Duration::from_millis(100);

/// The agents whose word is not taken: revoked, or in quarantine.
#[derive(Debug, Clone)]
pub struct Barred(watch::Sender<BTreeSet<AgentId>>);

impl Default for Barred {
    fn default() -> Self {
        Self(watch::Sender::new(BTreeSet::new()))
    }
}

impl Barred {
    /// Looks again and again; never ends.
    pub(super) async fn look(&self, store: &Store) {
        loop {
            match store.read("barred agents", agent::barred).await {
                Ok(barred) => {
                    let barred: BTreeSet<AgentId> = barred.into_iter().collect();
                    self.0.send_if_modified(|before| {
                        let is_other = *before != barred;
                        *before = barred;
                        is_other
                    });
                }
                // Sessions look for themselves wherever they store something.
                Err(failure) => warn!(reason = %failure, "Revocations not looked up"),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Follows the lookups from now on.
    pub(super) fn follow(&self) -> Following {
        Following(self.0.subscribe())
    }
}

/// The lookups that came after a session began.
#[derive(Debug)]
pub(super) struct Following(watch::Receiver<BTreeSet<AgentId>>);

impl Following {
    /// Waits until a lookup finds that an agent's word is not taken any more.
    pub(super) async fn names(&mut self, agent: AgentId) {
        while self.0.changed().await.is_ok() {
            if self.0.borrow_and_update().contains(&agent) {
                return;
            }
        }
        // Nobody looks any more: the hub stops.
        std::future::pending::<()>().await;
    }
}
