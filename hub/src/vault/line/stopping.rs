//! Stopping by telephone: whoever holds hers, and knows or makes her say her PIN, must not silence what she is told
//! (T03). So it goes on for three days, in which she can take it back.

use jiff::Timestamp;
use tracing::info;

use super::super::command::{PortalAnswer, Ticket};
use super::super::contacts::Hand;
use super::super::{Vault, VaultError, change};
use crate::ids::SubscriptionId;
use crate::notification::change::Changed;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::stopping::{self, Stopping};
use crate::store::vault::{contact, registrant, subscription};

/// What ends in one transaction.
const ENDED_MAX: u32 = 200;

impl Vault {
    pub(super) fn stop_later(
        &self,
        session: &Ticket,
        entry: Option<SubscriptionId>,
    ) -> Result<PortalAnswer, VaultError> {
        let (random, now) = (self.world.random, (self.world.wall)());
        let stops_at = change::goes_on(now);
        let what = entry.map_or(Changed::Stop, |_| Changed::StopOne);
        let means = std::sync::Arc::clone(&self.means);
        self.in_session("stop later", session, move |tx, keys, who, key| {
            let stop = Stopping {
                registrant: who.registrant,
                entry,
                stops_at,
            };
            if stopping::put(tx, stop)? {
                let hand = Hand {
                    keys,
                    means: &means,
                    random,
                    now,
                };
                change::tell(
                    tx,
                    hand,
                    (who.registrant, key),
                    (what, Some(stops_at)),
                    None,
                )?;
            }
            Ok(PortalAnswer::Done)
        })
    }

    pub(super) fn keep(&self, session: &Ticket) -> Result<PortalAnswer, VaultError> {
        self.in_session("keep", session, |tx, _, who, _| {
            stopping::over(tx, who.registrant, None)?;
            contact::keep(tx, who.registrant)?;
            Ok(PortalAnswer::Done)
        })
    }

    /// Ends what was asked to stop, and contacts that were taken away, once they have gone on for long enough.
    pub(in crate::vault) fn end_stopped(&self) -> Result<(), VaultError> {
        let now = (self.world.wall)();
        let ended = self.store.write_now("end what stops", move |tx| {
            let due = stopping::due(tx, now, ENDED_MAX)?;
            for stop in &due {
                end(tx, *stop, now)?;
            }
            contact::remove_retired(tx, now)?;
            Ok(due.len())
        })?;
        if ended > 0 {
            info!(
                stops = ended,
                "What was asked to stop by telephone has ended"
            );
        }
        Ok(())
    }
}

fn end(tx: &mut Tx<'_>, stop: Stopping, now: Timestamp) -> Result<(), StoreError> {
    match stop.entry {
        Some(entry) => {
            subscription::remove(tx, stop.registrant, entry)?;
            stopping::over(tx, stop.registrant, Some(entry))
        }
        None => registrant::forget(tx, stop.registrant, now),
    }
}
