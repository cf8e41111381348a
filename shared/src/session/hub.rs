//! The hub's end: learn who greets, take batches within the credit, answer each once it is durable.

use std::collections::VecDeque;
use std::time::Instant;

use super::{Outgoing, Timing};
use crate::codec::Codec;
use crate::envelope::SealedBatch;
use crate::frame::Frame;
use crate::frame::command::{Command, CommandResult};
use crate::frame::greeting::{Hello, Verdict, Welcome};
use crate::frame::heartbeat::Heartbeat;
use crate::frame::live::{Ack, Nack, NackReason};
use crate::frame::reconcile::Reconcile;
use crate::frame::snapshot::{SnapshotBegin, SnapshotChunk, SnapshotEnd};
use crate::ids::AgentId;
use crate::limits::SNAPSHOT_ROWS_MAX;

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum HubEvent {
    /// Look the agent up and answer with `welcome`.
    Hello(Hello),
    /// Make the batch durable and answer with `ack` or `nack`.
    Batch(Box<SealedBatch>),
    /// Stage a full state.
    SnapshotBegin(SnapshotBegin),
    /// Stage a part of it.
    SnapshotChunk(SnapshotChunk),
    /// Apply the staged state and answer with `ack` or `nack`.
    SnapshotEnd(SnapshotEnd),
    /// Keep how things are at the agent.
    Heartbeat(Heartbeat),
    /// Compare digests: answer a standing with `compare`, and apply a repair.
    Compared(Reconcile),
    /// Keep what became of a command.
    Result(CommandResult),
    /// The session is over.
    Closed(HubClose),
}

/// Why a hub's session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HubClose {
    /// Nothing was heard for too long.
    #[error("the agent went silent")]
    Silent,
    /// The agent speaks under another name than its certificate's.
    #[error("the agent does not have the name of its certificate")]
    WrongAgent,
    /// The agent has more batches in flight than it may.
    #[error("the agent exceeded its credit")]
    Credit,
    /// The agent was told to stay away.
    #[error("the agent was turned away")]
    TurnedAway,
    /// The agent broke the protocol.
    #[error("the agent sent a frame that does not belong here")]
    Protocol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    Deciding,
    Live,
    Snapshot { chunks: u32, rows: u64 },
    Applying,
    Closed,
}

/// The hub's end of one connection.
#[derive(Debug)]
pub struct HubSession {
    agent: AgentId,
    timing: Timing,
    phase: Phase,
    codec: Codec,
    credit: u32,
    unanswered: u32,
    outgoing: VecDeque<Outgoing>,
    events: VecDeque<HubEvent>,
    heard_by: Instant,
}

impl HubSession {
    /// Begins a session with an agent whose certificate named it.
    #[must_use]
    pub fn new(agent: AgentId, timing: Timing, now: Instant) -> Self {
        Self {
            agent,
            timing,
            phase: Phase::Greeting,
            codec: Codec::Bincode2,
            credit: 0,
            unanswered: 0,
            outgoing: VecDeque::new(),
            events: VecDeque::new(),
            heard_by: now + timing.greeting,
        }
    }

    /// Takes a frame of the agent in.
    pub fn handle_frame(&mut self, frame: Frame, now: Instant) {
        if self.phase == Phase::Closed {
            return;
        }
        self.heard_by = now + self.timing.silence;
        match (self.phase, frame) {
            (Phase::Greeting, Frame::Hello(hello)) => self.greeted(hello),
            (Phase::Live, Frame::Batch(batch)) => self.batch(batch),
            // A batch that was under way when the full state was asked for.
            (Phase::Snapshot { .. } | Phase::Applying, Frame::Batch(_)) => {}
            (Phase::Live, Frame::SnapshotBegin(begin)) => self.snapshot_begin(begin),
            (Phase::Snapshot { chunks, rows }, Frame::SnapshotChunk(chunk)) => {
                self.snapshot_chunk(chunk, chunks, rows);
            }
            (Phase::Snapshot { chunks, .. }, Frame::SnapshotEnd(end)) if end.chunks == chunks => {
                self.phase = Phase::Applying;
                self.events.push_back(HubEvent::SnapshotEnd(end));
            }
            (Phase::Live | Phase::Snapshot { .. } | Phase::Applying, Frame::Heartbeat(beat)) => {
                self.events.push_back(HubEvent::Heartbeat(beat));
            }
            (Phase::Live | Phase::Snapshot { .. } | Phase::Applying, Frame::Result(result)) => {
                self.events.push_back(HubEvent::Result(result));
            }
            (
                Phase::Live | Phase::Snapshot { .. } | Phase::Applying,
                Frame::Reconcile(
                    step @ (Reconcile::Standing { .. }
                    | Reconcile::Repair { .. }
                    | Reconcile::Declined),
                ),
            ) => self.events.push_back(HubEvent::Compared(step)),
            _ => self.close(HubClose::Protocol),
        }
    }

    /// Takes note that time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.phase != Phase::Closed && self.heard_by <= now {
            self.close(HubClose::Silent);
        }
    }

    /// Returns when `handle_timeout` wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        (self.phase != Phase::Closed).then_some(self.heard_by)
    }

    /// Returns the next frame to send.
    pub fn poll_frame(&mut self) -> Option<Outgoing> {
        self.outgoing.pop_front()
    }

    /// Returns the next thing for the driver to do.
    pub fn poll_event(&mut self) -> Option<HubEvent> {
        self.events.pop_front()
    }

    /// Returns the codec that the two ends agreed on.
    #[must_use]
    pub const fn codec(&self) -> Codec {
        self.codec
    }

    /// Answers the greeting.
    pub fn welcome(&mut self, welcome: Welcome) {
        if self.phase != Phase::Deciding {
            return;
        }
        self.credit = welcome.credit.max(1);
        let stays = matches!(
            welcome.verdict,
            Verdict::Resume | Verdict::Rebaseline | Verdict::Reconcile
        );
        self.phase = Phase::Live;
        self.outgoing.push_back(Frame::Welcome(welcome).into());
        if !stays {
            self.phase = Phase::Closed;
            self.events
                .push_back(HubEvent::Closed(HubClose::TurnedAway));
        }
    }

    /// Answers this many batches, or a full state, once they are durable.
    pub fn ack(&mut self, ack: Ack, batches: u32) {
        if self.answered(batches) {
            self.outgoing.push_back(Frame::Ack(Box::new(ack)).into());
        }
    }

    /// Refuses a batch or a full state.
    pub fn nack(&mut self, nack: Nack) {
        let reason = NackReason::from_code(nack.reason);
        if self.answered(1) {
            self.outgoing.push_back(Frame::Nack(nack).into());
            if matches!(
                reason,
                Some(NackReason::Fork | NackReason::BadSignature | NackReason::Scope)
            ) {
                self.phase = Phase::Closed;
                self.events
                    .push_back(HubEvent::Closed(HubClose::TurnedAway));
            }
        }
    }

    /// Names the buckets that differ.
    pub fn compare(&mut self, differing: Vec<u8>) {
        if self.phase == Phase::Live {
            let step = Reconcile::Differing(differing);
            self.outgoing.push_back(Frame::Reconcile(step).into());
        }
    }

    /// Sends a command.
    pub fn command(&mut self, command: Command) {
        if matches!(
            self.phase,
            Phase::Live | Phase::Snapshot { .. } | Phase::Applying
        ) {
            self.outgoing.push_back(Frame::Command(command).into());
        }
    }

    fn greeted(&mut self, hello: Hello) {
        if hello.agent != self.agent {
            return self.close(HubClose::WrongAgent);
        }
        let codec = hello.codecs.iter().find_map(|code| Codec::from_code(*code));
        let Some(codec) = codec else {
            return self.close(HubClose::Protocol);
        };
        self.codec = codec;
        self.phase = Phase::Deciding;
        self.events.push_back(HubEvent::Hello(hello));
    }

    fn batch(&mut self, batch: Box<SealedBatch>) {
        if self.unanswered >= self.credit {
            return self.close(HubClose::Credit);
        }
        self.unanswered += 1;
        self.events.push_back(HubEvent::Batch(batch));
    }

    fn snapshot_begin(&mut self, begin: SnapshotBegin) {
        if begin.rows > SNAPSHOT_ROWS_MAX {
            return self.close(HubClose::Protocol);
        }
        self.phase = Phase::Snapshot {
            chunks: 0,
            rows: begin.rows,
        };
        self.unanswered = 0;
        self.events.push_back(HubEvent::SnapshotBegin(begin));
    }

    fn snapshot_chunk(&mut self, chunk: SnapshotChunk, chunks: u32, rows: u64) {
        if chunk.index != chunks || u64::from(chunks) > rows {
            return self.close(HubClose::Protocol);
        }
        self.phase = Phase::Snapshot {
            chunks: chunks.saturating_add(1),
            rows,
        };
        self.events.push_back(HubEvent::SnapshotChunk(chunk));
    }

    /// Returns whether the answer still belongs to this session.
    fn answered(&mut self, batches: u32) -> bool {
        match self.phase {
            Phase::Live => {
                self.unanswered = self.unanswered.saturating_sub(batches);
                true
            }
            Phase::Applying => {
                self.phase = Phase::Live;
                true
            }
            // Answers to batches from before a full state was begun have no reader any more.
            Phase::Greeting | Phase::Deciding | Phase::Snapshot { .. } | Phase::Closed => false,
        }
    }

    fn close(&mut self, why: HubClose) {
        self.phase = Phase::Closed;
        self.outgoing.clear();
        self.events.push_back(HubEvent::Closed(why));
    }
}
