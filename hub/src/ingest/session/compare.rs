//! Comparing the registry's mirror with the jail's list, bucket by bucket, before it is asked for whole.

use std::time::{Duration, Instant};

use savin_shared::chain::Position;
use savin_shared::digest::Digest;
use savin_shared::frame::command::{CommandOutcome, CommandResult, Order};
use savin_shared::frame::reconcile::Reconcile;
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotChunk};
use savin_shared::hash::Hash;
use savin_shared::limits::REPAIR_ROWS_MAX;
use tracing::{error, info};

use super::{Driver, SessionError};
use crate::intake::Moment;
use crate::intake::repair::{self, Repaired, standing};
use crate::store::conn::Tx;
use crate::store::registry::agent;

/// How often the mirror is added up anew: what is wrong in it behind the digest that is kept beside it is
/// found within that time, and at the beginning of each session.
const ADD_UP: Duration = Duration::from_secs(3600);

/// How often a jail that goes on meanwhile is compared again before it is asked for everything.
const TRIES_MAX: u8 = 5;

/// How far a comparison has come.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// The command by which it was asked for.
    asked: Option<[u8; 16]>,
    tries: u8,
    added_up_at: Option<Instant>,
}

impl Driver<'_> {
    /// Says whether the mirror lists something else than a digest at a position, where it is time to add
    /// it up.
    pub(super) async fn is_different(
        &mut self,
        end: Position,
        root: Hash,
    ) -> Result<bool, SessionError> {
        let now = self.now();
        let last = self.comparison.added_up_at;
        if last.is_some_and(|at| now.duration_since(at) < ADD_UP) {
            return Ok(false);
        }
        self.comparison.added_up_at = Some(now);
        let name = self.speaker.agent;
        let key = self.shared.orders;
        let read = move |tx: &mut Tx<'_>| standing(tx, name, &key);
        let ours = self.shared.store.read("add up", read).await?;
        Ok(ours.is_some_and(|(position, digest)| position == end && digest.root() != root))
    }

    /// Asks the agent to compare; an agent that cannot is asked for everything.
    pub(super) fn ask_to_compare(&mut self) -> Result<(), SessionError> {
        if self.is_rebaseline_asked || self.comparison.asked.is_some() {
            return Ok(());
        }
        self.comparison.tries = self.comparison.tries.saturating_add(1);
        if self.comparison.tries > TRIES_MAX {
            return self.ask_for_state();
        }
        error!(agent.id = %self.speaker.agent,
            "The registry's mirror differs from the jail's list: comparing them");
        self.comparison.asked = Some(self.order(&Order::Reconcile)?);
        Ok(())
    }

    /// Learns what became of a command.
    pub(super) fn resulted(&mut self, result: &CommandResult) -> Result<(), SessionError> {
        let is_ours = self.comparison.asked == Some(result.id);
        if is_ours && result.outcome != CommandOutcome::Done.code() {
            return self.give_up_comparing();
        }
        Ok(())
    }

    /// Takes a step of the comparison.
    pub(super) async fn compared(&mut self, step: Reconcile) -> Result<(), SessionError> {
        if self.comparison.asked.is_none() {
            return Ok(());
        }
        match step {
            Reconcile::Standing { position, buckets } => self.compare(position, &buckets).await,
            Reconcile::Repair {
                begin,
                buckets,
                chunks,
            } => self.repair(&begin, buckets, chunks).await,
            Reconcile::Declined
            | Reconcile::Differing(_)
            | Reconcile::Buckets(_)
            | Reconcile::Rows(_)
            | Reconcile::Wanted(_) => self.give_up_comparing(),
        }
    }

    async fn compare(&mut self, position: Position, buckets: &[u8]) -> Result<(), SessionError> {
        self.shared.committer.settled().await?;
        let name = self.speaker.agent;
        let key = self.shared.orders;
        let read = move |tx: &mut Tx<'_>| standing(tx, name, &key);
        let ours = self.shared.store.read("compare", read).await?;
        let Some((_, ours)) = ours.filter(|(ours, _)| *ours == position) else {
            // The jail has gone on: the next heartbeat says whether there is still a difference.
            self.comparison.asked = None;
            return Ok(());
        };
        let Some(theirs) = Digest::from_bytes(buckets) else {
            return self.give_up_comparing();
        };
        let differing = ours.differing(&theirs);
        if theirs.rows_in(&differing) > REPAIR_ROWS_MAX {
            return self.give_up_comparing();
        }
        self.session.compare(differing);
        Ok(())
    }

    async fn repair(
        &mut self,
        begin: &SnapshotBegin,
        buckets: Vec<u8>,
        chunks: Vec<SnapshotChunk>,
    ) -> Result<(), SessionError> {
        let mut rows = Vec::new();
        for chunk in chunks {
            rows.extend(chunk.unpack()?);
            if rows.len() as u64 > REPAIR_ROWS_MAX {
                return self.give_up_comparing();
            }
        }
        let count = rows.len();
        let repair = match repair::open(&self.speaker, begin, buckets, rows) {
            Ok(repair) => repair,
            Err(refusal) => return self.refuse(&refusal).await,
        };
        self.shared.committer.settled().await?;
        let world = self.shared.world;
        let moment = Moment {
            now: (world.wall)(),
            random: world.random,
            orders: self.shared.orders,
        };
        let name = self.speaker.agent;
        let taken = move |tx: &mut Tx<'_>| {
            if agent::are_active(tx, &[name])? != [true] {
                return Ok(None);
            }
            repair::take(tx, &repair, moment).map(Some)
        };
        let repaired = self.shared.store.write("repair", taken).await?;
        match repaired.ok_or(SessionError::Barred)? {
            Repaired::Done => {
                info!(agent.id = %name, rows = count, "Repaired the mirror");
                self.comparison.asked = None;
                self.comparison.tries = 0;
                Ok(())
            }
            Repaired::Moved => {
                self.comparison.asked = None;
                Ok(())
            }
            Repaired::Differs => self.give_up_comparing(),
        }
    }

    fn give_up_comparing(&mut self) -> Result<(), SessionError> {
        self.comparison.asked = None;
        self.ask_for_state()
    }
}
