//! Driving one session: frames in and out, batches from captures and journal, receipts into it.

pub mod beat;
mod repair;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use savin_shared::codec::Codec;
use savin_shared::envelope::SealedBatch;
use savin_shared::fault::Fault;
use savin_shared::frame::Frame;
use savin_shared::frame::command::{CommandOutcome, Order};
use savin_shared::frame::greeting::Hello;
use savin_shared::frame::heartbeat::Heartbeat;
use savin_shared::frame::renewal::RenewAnswer;
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotChunk, SnapshotEnd};
use savin_shared::ids::{Epoch, FacilityCode, FeedName};
use savin_shared::receipt::Receipt;
use savin_shared::session::Timing;
use savin_shared::session::agent::{AgentClose, AgentEvent, AgentSession};
use savin_shared::sign::VerifyingKey;
use savin_shared::world::World;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::block_in_place;
use tracing::{info, trace, warn};

use super::certificate::Certificate;
use super::line::Line;
use super::streams::{StreamError, Streams};
use crate::identity::StateFolder;
use crate::journal::contact::{self, Contact};
use crate::journal::position::{self, Standpoint};
use crate::journal::{Journal, JournalError, receipt, shadow, spool};
use crate::pulse::Beat;
use crate::reserve::Reserve;
use crate::signer::Signer;

/// How often the journal is looked at for what another process of this program stored there.
const LOOK: Duration = Duration::from_secs(1);

/// How long the line may take to accept one frame. Shorter gives up on a slow line; longer leaves a
/// dead one unnoticed while nothing else can be sent.
const SEND: Duration = Duration::from_secs(30);

/// How long receipts may wait to be stored together: each one stands for all before it.
const RECEIPT_DELAY: Duration = Duration::from_millis(250);

/// How often the journal forgets what has been acknowledged for long.
const PRUNE: Duration = Duration::from_secs(3600);

/// How long acknowledged batches are kept, so that a hub that was restored from a backup can have
/// them again, and how many bytes of them. Less sends it the full state instead, of which nobody is
/// told.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
const KEPT_BYTES: u64 = 64 * 1024 * 1024;

/// How long a receipt waits that could not be stored, because the disk is full or in use.
const RECEIPT_RETRY: Duration = Duration::from_secs(10);

/// A feed as heartbeats name it.
#[derive(Debug, Clone)]
pub struct FeedLabel {
    /// Its name.
    pub feed: FeedName,
    /// Whose it is.
    pub facility: FacilityCode,
}

/// What stays the same from session to session.
#[derive(Debug)]
pub struct Parts {
    /// Who signs full states.
    pub signer: Arc<Signer>,
    /// The key whose signature a receipt must carry.
    pub receipt_key: VerifyingKey,
    /// What heartbeats say of each feed.
    pub feeds: Vec<FeedLabel>,
    /// When the certificate ends.
    pub certificate_ends: Timestamp,
    /// Where a new certificate is stored.
    pub state: StateFolder,
    /// The room that is kept back on the journal's disk.
    pub reserve: Reserve,
    /// Shows that the uplink goes on.
    pub beat: Beat,
    /// The clocks and the randomness.
    pub world: World,
}

/// Drives sessions one after the other.
#[derive(Debug)]
pub struct Driver {
    parts: Parts,
    journal: Journal,
    fresh: mpsc::Receiver<SealedBatch>,
    boot: [u8; 16],
    receipt: Option<(Receipt, Instant)>,
    prune_due: Instant,
    /// The certificate, of which no session knows.
    pub certificate: Certificate,
}

/// Why a session ended.
#[derive(Debug, Error)]
pub enum DriveError {
    /// The conversation ended.
    #[error(transparent)]
    Closed(AgentClose),
    /// The line was lost.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The journal cannot be used now.
    #[error("failed to use the journal")]
    Journal(#[from] JournalError),
}

impl Driver {
    /// Makes a driver.
    #[must_use]
    pub fn new(parts: Parts, journal: Journal, fresh: mpsc::Receiver<SealedBatch>) -> Self {
        let boot = (parts.world.random)();
        let certificate = Certificate::new(
            parts.state.clone(),
            Arc::clone(&parts.signer),
            parts.certificate_ends,
            parts.world,
        );
        Self {
            prune_due: (parts.world.monotonic)(),
            parts,
            journal,
            fresh,
            boot,
            receipt: None,
            certificate,
        }
    }

    /// Holds one session until it ends, or until something else happens, which ends it without an
    /// error.
    ///
    /// # Errors
    /// The outer error is the one after which the process must end.
    pub async fn hold(
        &mut self,
        line: Line,
        timing: Timing,
        until: impl Future<Output = ()>,
    ) -> Result<Result<(), DriveError>, JournalError> {
        let ended = tokio::select! {
            biased;
            () = until => Ok(()),
            ended = self.converse(line, timing) => ended,
        };
        self.receipt = self
            .receipt
            .take()
            .map(|(receipt, _)| (receipt, self.now()));
        let stored = self.store_receipt();
        match (ended, stored) {
            (Err(DriveError::Journal(error @ JournalError::CommitUnknown(_))), _)
            | (_, Err(DriveError::Journal(error @ JournalError::CommitUnknown(_)))) => Err(error),
            // A receipt that contradicts the journal is said, whatever else ended the session.
            (_, Err(error @ DriveError::Closed(_))) => Ok(Err(error)),
            (ended, _) => Ok(ended),
        }
    }

    async fn converse(&mut self, line: Line, timing: Timing) -> Result<(), DriveError> {
        self.certificate.begin_session(line.binding());
        let (mut streams, mut frames) = Streams::new(line);
        let hello = self.hello()?;
        let mut session = AgentSession::new(hello, self.parts.receipt_key, timing, self.now());
        let mut look = tokio::time::interval(LOOK);
        let mut fresh_open = true;
        loop {
            self.parts.beat.beat();
            self.work(&mut session, &mut streams).await?;
            let due = session
                .poll_timeout()
                .into_iter()
                .chain(self.receipt_due())
                .min();
            let mut lost = None;
            tokio::select! {
                biased;
                frame = frames.recv() => {
                    let Some(frame) = frame else { return Err(StreamError::Ended.into()) };
                    if let Frame::RenewAnswer(answer) = frame {
                        self.renewed(answer, &mut session);
                    } else {
                        session.handle_frame(frame, self.now());
                    }
                    self.note_greeting(&mut session)?;
                }
                batch = self.fresh.recv(), if fresh_open => match batch {
                    Some(batch) => {
                        if !session.offer_fresh(&batch, self.now()) {
                            session.advanced(batch.header.after());
                        }
                    }
                    None => fresh_open = false,
                },
                () = sleep_until(due) => {
                    session.handle_timeout(self.now());
                    self.store_receipt()?;
                }
                _ = look.tick() => {
                    self.prune()?;
                    session.advanced(self.standpoint()?.end);
                }
                error = streams.failed() => lost = Some(error),
            }
            if let Some(error) = lost {
                while let Ok(frame) = frames.try_recv() {
                    session.handle_frame(frame, self.now());
                }
                // What the hub said last is a better reason than that it says no more.
                self.work(&mut session, &mut streams).await?;
                return Err(error.into());
            }
        }
    }

    /// Sends what the session wants sent and does what it wants done. Shutdown drops it where it
    /// waits; what it does with the journal it does without waiting.
    async fn work(
        &mut self,
        session: &mut AgentSession,
        streams: &mut Streams,
    ) -> Result<(), DriveError> {
        loop {
            while let Some(outgoing) = session.poll_frame() {
                tokio::time::timeout(SEND, streams.send(&outgoing, session.codec()))
                    .await
                    .map_err(|_| StreamError::Blocked)??;
            }
            if let Some(frame) = self.certificate.take_request() {
                tokio::time::timeout(SEND, streams.send(&frame.into(), session.codec()))
                    .await
                    .map_err(|_| StreamError::Blocked)??;
            }
            let Some(event) = session.poll_event() else {
                return Ok(());
            };
            self.handle(event, session)?;
        }
    }

    fn handle(&mut self, event: AgentEvent, session: &mut AgentSession) -> Result<(), DriveError> {
        match event {
            AgentEvent::Check(hub) => {
                let standpoint = self.standpoint()?;
                let genesis =
                    savin_shared::chain::Position::genesis(standpoint.agent, standpoint.end.epoch);
                let on_chain = hub == genesis && standpoint.complete
                    || hub == standpoint.end
                    || self.journal.read(|tx| spool::holds(tx, &hub))?;
                session.checked(on_chain);
            }
            AgentEvent::Load { after, batches } => {
                let epoch = self.standpoint()?.end.epoch;
                let found = self
                    .journal
                    .read(|tx| spool::after(tx, epoch, after, batches))?;
                session.offer(found, self.now());
            }
            AgentEvent::Durable(receipt) => {
                trace!(seq = receipt.position.seq.0, "Acknowledged");
                let due = self
                    .receipt_due()
                    .unwrap_or_else(|| self.now() + RECEIPT_DELAY);
                self.receipt = Some((receipt, due));
            }
            AgentEvent::Snapshot { new_epoch } => self.send_full_state(new_epoch, session)?,
            AgentEvent::Compare => self.send_standing(session)?,
            AgentEvent::Repair(buckets) => self.send_repair(buckets, session)?,
            AgentEvent::Heartbeat => {
                self.certificate.say();
                let heartbeat = self.heartbeat()?;
                session.heartbeat(heartbeat);
            }
            AgentEvent::Order {
                id,
                order: Order::Rotate,
            } => {
                if let Some(outcome) = self.certificate.renew(id) {
                    session.command_done(id, outcome);
                }
            }
            AgentEvent::Order { id, order } => {
                // What this build cannot do yet it says; the hub then does without.
                let outcome = match order {
                    Order::Policy { .. }
                    | Order::Reconcile
                    | Order::Rebaseline
                    | Order::Rotate
                    | Order::Update { .. }
                    | Order::Collect => CommandOutcome::Unsupported,
                };
                session.command_done(id, outcome);
            }
            AgentEvent::Closed(why) => return Err(DriveError::Closed(why)),
        }
        Ok(())
    }

    fn hello(&mut self) -> Result<Hello, JournalError> {
        let standpoint = self.standpoint()?;
        let (epoch, acked) = (standpoint.end.epoch, standpoint.acked);
        let backlog = self.journal.read(|tx| spool::backlog(tx, epoch, acked))?;
        Ok(Hello {
            agent: standpoint.agent,
            end: standpoint.end,
            acked,
            complete: standpoint.complete,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            boot: self.boot,
            clock_us: (self.parts.world.wall)().as_microsecond(),
            spool_deltas: backlog.deltas,
            codecs: Codec::SUPPORTED.iter().map(|codec| codec.code()).collect(),
        })
    }

    fn heartbeat(&mut self) -> Result<Heartbeat, JournalError> {
        let now = (self.parts.world.wall)();
        let feeds = beat::feeds(&mut self.journal, &self.parts.feeds, now)?;
        let (standpoint, backlog) = self.journal.read(|tx| {
            let standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
            let backlog = spool::backlog(tx, standpoint.end.epoch, standpoint.acked)?;
            Ok((standpoint, backlog))
        })?;
        Ok(Heartbeat {
            clock_us: now.as_microsecond(),
            end: standpoint.end,
            acked: standpoint.acked,
            state_digest: standpoint.digest.root(),
            spool_deltas: backlog.deltas,
            oldest_unacked_us: beat::micros(backlog.oldest),
            disk_free_bytes: self.parts.reserve.free_bytes(),
            certificate_days: i32::try_from(self.certificate.days()).ok(),
            feeds,
        })
    }

    fn send_full_state(
        &mut self,
        new_epoch: bool,
        session: &mut AgentSession,
    ) -> Result<(), DriveError> {
        if new_epoch {
            let epoch = Epoch::from_bytes((self.parts.world.random)());
            let journal = &mut self.journal;
            block_in_place(|| journal.write(|tx| position::begin_epoch(tx, epoch)))?;
        }
        let journal = &mut self.journal;
        let (standpoint, rows) = block_in_place(|| {
            journal.read(|tx| {
                let standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
                Ok((standpoint, shadow::rows(tx)?))
            })
        })?;
        let root = standpoint.digest.root();
        let count = rows.len() as u64;
        let (agent, end) = (standpoint.agent, standpoint.end);
        let key = self.parts.signer.key();
        if !session.snapshot_begin(SnapshotBegin::sign(agent, end, count, root, key)) {
            return Ok(());
        }
        info!(rows = rows.len(), new_epoch, "Sending the full state");
        let mut chunks = 0;
        for chunk in SnapshotChunk::pack_all(&rows).map_err(StreamError::Frame)? {
            session.snapshot_chunk(chunk);
            chunks += 1;
        }
        session.snapshot_end(SnapshotEnd { chunks }, self.now());
        Ok(())
    }

    fn receipt_due(&self) -> Option<Instant> {
        self.receipt.as_ref().map(|(_, due)| *due)
    }

    /// Stores the newest receipt once it has waited long enough for others.
    fn store_receipt(&mut self) -> Result<(), DriveError> {
        let now = self.now();
        let Some((receipt, _)) = self.receipt.take_if(|(_, due)| *due <= now) else {
            return Ok(());
        };
        let journal = &mut self.journal;
        let stored = block_in_place(|| {
            journal.write(|tx| {
                let kept = receipt::keep(tx, &receipt)?;
                let standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
                Ok((kept, standpoint.end.epoch))
            })
        });
        let (kept, epoch) = match stored {
            Err(error) if error.fault() == Fault::Retry => {
                if error.is_disk_full() {
                    self.parts.reserve.give_back();
                }
                warn!(reason = %error, "Receipt not stored, trying again");
                self.receipt = Some((receipt, now + RECEIPT_RETRY));
                return Ok(());
            }
            stored => stored?,
        };
        // A receipt for the epoch that has just ended is for what was rolled back.
        if kept || receipt.position.epoch != epoch {
            return Ok(());
        }
        Err(DriveError::Closed(AgentClose::Contradiction))
    }

    /// Stores a certificate that was asked for; any other ends the session.
    fn renewed(&mut self, answer: RenewAnswer, session: &mut AgentSession) {
        match self.certificate.renewed(answer.clone()) {
            Some((id, outcome)) => session.command_done(id, outcome),
            None => session.handle_frame(Frame::RenewAnswer(answer), self.now()),
        }
    }

    /// Keeps when the hub greeted and what its clock showed, for whoever looks at this machine.
    fn note_greeting(&mut self, session: &mut AgentSession) -> Result<(), JournalError> {
        let Some(hub) = session.take_hub_clock() else {
            return Ok(());
        };
        let greeted_at = (self.parts.world.wall)();
        let ahead = hub.saturating_sub(greeted_at.as_microsecond());
        let contact = Contact {
            greeted_at,
            ahead: SignedDuration::from_micros(ahead),
        };
        let journal = &mut self.journal;
        match block_in_place(|| journal.write(|tx| contact::store(tx, contact))) {
            // Nobody is told less for it.
            Err(failure) if failure.fault() == Fault::Retry => Ok(()),
            stored => stored,
        }
    }

    /// Forgets what has been acknowledged for long, now and then.
    fn prune(&mut self) -> Result<(), JournalError> {
        if self.prune_due > self.now() {
            return Ok(());
        }
        self.prune_due = self.now() + PRUNE;
        let now = (self.parts.world.wall)();
        let before = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        let journal = &mut self.journal;
        let batches = block_in_place(|| journal.write(|tx| spool::prune(tx, before, KEPT_BYTES)))?;
        if batches > 0 {
            info!(batches, "Forgot what the hub has had for long");
        }
        Ok(())
    }

    fn standpoint(&mut self) -> Result<Standpoint, JournalError> {
        self.journal
            .read(|tx| position::load(tx)?.ok_or(JournalError::Damaged("no position")))
    }

    fn now(&self) -> Instant {
        (self.parts.world.monotonic)()
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
