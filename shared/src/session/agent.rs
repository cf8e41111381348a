//! The agent's end: greet, send what the hub does not have, keep its receipts, stay alive.

mod orders;

use std::collections::VecDeque;
use std::time::Instant;

use super::{Outgoing, Timing};
use crate::chain::Position;
use crate::codec::Codec;
use crate::envelope::SealedBatch;
use crate::frame::Frame;
use crate::frame::command::{CommandOutcome, CommandResult, Order};
use crate::frame::greeting::{Hello, Verdict, Welcome};
use crate::frame::heartbeat::Heartbeat;
use crate::frame::live::{Ack, Nack, NackReason};
use crate::frame::snapshot::{SnapshotBegin, SnapshotChunk, SnapshotEnd};
use crate::ids::{AgentId, Seq};
use crate::receipt::{PortableReceipt, Receipt};
use crate::sign::VerifyingKey;

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentEvent {
    /// Load at most this many batches after a delta and `offer` them.
    Load {
        /// After which delta.
        after: Seq,
        /// How many batches at most.
        batches: u32,
    },
    /// Keep this receipt; its signature is the hub's. Its head must be compared with the journal.
    Durable(Receipt),
    /// Look whether the hub's position is on the journal's chain and answer with `checked`.
    Check(Position),
    /// Send the full state: `snapshot_begin`, `snapshot_chunk`, `snapshot_end`.
    Snapshot {
        /// Whether the journal was rolled back, so that it must begin a new epoch first.
        new_epoch: bool,
    },
    /// Send the digest of what is listed with `standing`.
    Compare,
    /// Send what is listed in these buckets with `repair`.
    Repair(Vec<u8>),
    /// Describe how things are with `heartbeat`.
    Heartbeat,
    /// Carry out an order of the hub and answer with `command_done`.
    Order {
        /// Which command.
        id: [u8; 16],
        /// The order.
        order: Order,
    },
    /// The session is over.
    Closed(AgentClose),
}

/// Why an agent's session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgentClose {
    /// The hub asks to come back later.
    #[error("the hub asked to come back after {after_s} seconds")]
    Deferred {
        /// After how many seconds.
        after_s: u32,
    },
    /// The hub takes nothing until a person has looked.
    #[error("the hub has quarantined this agent: MDOC must look at it")]
    Quarantined,
    /// A receipt does not belong to this agent, this hub or this journal.
    #[error("the hub's receipt contradicts this journal")]
    Contradiction,
    /// The hub did not answer in time.
    #[error("the hub did not answer in time")]
    Stalled,
    /// The hub broke the protocol.
    #[error("the hub sent a frame that does not belong here")]
    Protocol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    Checking,
    Live,
    Snapshot { as_of: Option<Position> },
    Closed,
}

/// The agent's end of one connection.
#[derive(Debug)]
pub struct AgentSession {
    agent: AgentId,
    hub_key: VerifyingKey,
    timing: Timing,
    phase: Phase,
    codec: Codec,
    end: Position,
    sent: Seq,
    acked: Seq,
    in_flight: VecDeque<Seq>,
    credit: u32,
    loading: bool,
    /// The hub wants the full state; what it would overtake is sent first.
    state_asked: bool,
    /// The hub wants to compare digests, by this command.
    compare_asked: Option<[u8; 16]>,
    outgoing: VecDeque<Outgoing>,
    events: VecDeque<AgentEvent>,
    answer_due: Option<Instant>,
    heartbeat_due: Instant,
    settled_due: Option<Instant>,
    hub_clock_us: Option<i64>,
}

impl AgentSession {
    /// Begins a session with a greeting.
    #[must_use]
    pub fn new(hello: Hello, hub_key: VerifyingKey, timing: Timing, now: Instant) -> Self {
        Self {
            agent: hello.agent,
            hub_key,
            timing,
            phase: Phase::Greeting,
            codec: Codec::Bincode2,
            end: hello.end,
            sent: Seq::ZERO,
            acked: hello.acked,
            in_flight: VecDeque::new(),
            credit: 0,
            loading: false,
            state_asked: false,
            compare_asked: None,
            outgoing: VecDeque::from([Frame::Hello(hello).into()]),
            events: VecDeque::new(),
            answer_due: Some(now + timing.greeting),
            heartbeat_due: now + timing.heartbeat,
            settled_due: None,
            hub_clock_us: None,
        }
    }

    /// Takes a frame of the hub in.
    pub fn handle_frame(&mut self, frame: Frame, now: Instant) {
        match (self.phase, frame) {
            (Phase::Closed, _) => {}
            (Phase::Greeting, Frame::Welcome(welcome)) => self.welcomed(welcome, now),
            (Phase::Live | Phase::Snapshot { .. }, Frame::Ack(ack)) => self.acked(*ack, now),
            (Phase::Live | Phase::Snapshot { .. }, Frame::Nack(nack)) => self.nacked(&nack, now),
            (Phase::Checking | Phase::Live | Phase::Snapshot { .. }, Frame::Command(command)) => {
                self.commanded(&command);
            }
            (Phase::Live | Phase::Snapshot { .. }, Frame::Reconcile(step)) => self.compared(step),
            _ => self.close(AgentClose::Protocol),
        }
    }

    /// Takes note that time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.phase == Phase::Closed {
            return;
        }
        if self.answer_due.is_some_and(|due| due <= now) {
            self.close(AgentClose::Stalled);
        } else if self.next_heartbeat() <= now {
            self.heartbeat_due = now + self.timing.heartbeat;
            self.settled_due = None;
            if self.phase != Phase::Greeting {
                self.events.push_back(AgentEvent::Heartbeat);
            }
        }
    }

    /// Returns when `handle_timeout` wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.phase == Phase::Closed {
            return None;
        }
        let heartbeat = self.next_heartbeat();
        Some(self.answer_due.map_or(heartbeat, |due| due.min(heartbeat)))
    }

    /// Returns the next frame to send.
    pub fn poll_frame(&mut self) -> Option<Outgoing> {
        self.outgoing.pop_front()
    }

    /// Returns the next thing for the driver to do.
    pub fn poll_event(&mut self) -> Option<AgentEvent> {
        self.events.pop_front()
    }

    /// Returns the codec that the two ends agreed on.
    #[must_use]
    pub const fn codec(&self) -> Codec {
        self.codec
    }

    /// Learns that a capture made the journal longer.
    pub fn advanced(&mut self, end: Position) {
        // A batch that was sealed before the epoch ended may still be on its way here.
        if end.epoch == self.end.epoch && end.seq > self.end.seq {
            self.end = end;
            self.pump();
        }
    }

    /// Takes a batch that a capture has just sealed, if it is exactly what comes next; returns
    /// whether it was taken. What is not taken here is loaded from the journal in its turn.
    pub fn offer_fresh(&mut self, batch: &SealedBatch, now: Instant) -> bool {
        let wanted = self.phase == Phase::Live
            && !self.loading
            && self.has_room()
            && batch.header.span.epoch == self.end.epoch
            && batch.header.span.first == self.sent.next();
        if wanted {
            if batch.header.span.last > self.end.seq {
                self.end = batch.header.after();
            }
            self.send(batch.clone(), now);
        }
        wanted
    }

    /// Takes the batches that a `Load` asked for. None at all means that the journal no longer
    /// reaches back so far, and the full state is sent instead.
    pub fn offer(&mut self, batches: Vec<SealedBatch>, now: Instant) {
        self.loading = false;
        if self.phase != Phase::Live {
            return;
        }
        if batches.is_empty() {
            self.begin_snapshot(false);
            return;
        }
        for batch in batches {
            if batch.header.span.first == self.sent.next() && self.has_room() {
                self.send(batch, now);
            }
        }
        self.pump();
    }

    /// Learns whether the hub's position is on the journal's chain. If not, the journal was rolled
    /// back and went another way since: it begins a new epoch and sends the full state.
    pub fn checked(&mut self, on_chain: bool) {
        if self.phase == Phase::Checking {
            if on_chain {
                self.phase = Phase::Live;
                self.pump();
            } else {
                self.begin_snapshot(true);
            }
        }
    }

    /// Announces the full state. Returns `false` where it would overtake deltas that the hub can
    /// still take one by one: then they go first, and the state is asked for once more.
    #[must_use]
    pub fn snapshot_begin(&mut self, begin: SnapshotBegin) -> bool {
        let Phase::Snapshot { as_of } = &mut self.phase else {
            return false;
        };
        if self.state_asked && begin.position.seq != self.sent {
            self.phase = Phase::Live;
            self.advanced(begin.position);
            self.pump();
            return false;
        }
        *as_of = Some(begin.position);
        self.state_asked = false;
        if begin.position.epoch != self.end.epoch {
            self.end = begin.position;
            self.acked = Seq::ZERO;
        }
        self.outgoing.push_back(Frame::SnapshotBegin(begin).into());
        true
    }

    /// Sends a part of the full state.
    pub fn snapshot_chunk(&mut self, chunk: SnapshotChunk) {
        if matches!(self.phase, Phase::Snapshot { as_of: Some(_) }) {
            self.outgoing.push_back(Frame::SnapshotChunk(chunk).into());
        }
    }

    /// Ends the full state and waits for its receipt.
    pub fn snapshot_end(&mut self, end: SnapshotEnd, now: Instant) {
        if matches!(self.phase, Phase::Snapshot { as_of: Some(_) }) {
            let work = self.timing.chunk.saturating_mul(end.chunks);
            self.answer_due = Some(now + self.timing.answer + work);
            self.outgoing.push_back(Frame::SnapshotEnd(end).into());
        }
    }

    /// Sends a heartbeat.
    pub fn heartbeat(&mut self, heartbeat: Heartbeat) {
        if matches!(self.phase, Phase::Live | Phase::Snapshot { .. }) {
            self.outgoing.push_back(Frame::Heartbeat(heartbeat).into());
        }
    }

    /// Answers an order.
    pub fn command_done(&mut self, id: [u8; 16], outcome: CommandOutcome) {
        if !matches!(self.phase, Phase::Greeting | Phase::Closed) {
            let result = CommandResult {
                id,
                outcome: outcome.code(),
            };
            self.outgoing.push_back(Frame::Result(result).into());
        }
    }

    /// Returns whether everything in the journal is durable on the hub.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.phase == Phase::Live && self.sent == self.end.seq && self.in_flight.is_empty()
    }

    /// Takes what the hub's clock showed in its greeting, in microseconds since 1970 in UTC; once.
    pub const fn take_hub_clock(&mut self) -> Option<i64> {
        self.hub_clock_us.take()
    }

    fn welcomed(&mut self, welcome: Welcome, now: Instant) {
        self.hub_clock_us = Some(welcome.clock_us);
        let Some(codec) = Codec::from_code(welcome.codec) else {
            return self.close(AgentClose::Protocol);
        };
        self.codec = codec;
        self.credit = welcome.credit.max(1);
        self.answer_due = None;
        self.heartbeat_due = now;
        match (welcome.verdict, welcome.position) {
            (Verdict::Defer { after_s }, _) => self.close(AgentClose::Deferred { after_s }),
            (Verdict::Quarantine, _) => self.close(AgentClose::Quarantined),
            (Verdict::Rebaseline, position) => {
                let is_behind =
                    |hub: Position| hub.epoch == self.end.epoch && hub.seq > self.end.seq;
                self.begin_snapshot(position.is_some_and(is_behind));
            }
            (Verdict::Resume | Verdict::Reconcile, Some(position))
                if position.epoch == self.end.epoch && position.seq <= self.end.seq =>
            {
                self.phase = Phase::Checking;
                self.sent = position.seq;
                self.events.push_back(AgentEvent::Check(position));
                self.receipted(welcome.receipt);
            }
            (Verdict::Resume | Verdict::Reconcile, _) => self.close(AgentClose::Protocol),
        }
    }

    fn next_heartbeat(&self) -> Instant {
        self.settled_due
            .map_or(self.heartbeat_due, |due| due.min(self.heartbeat_due))
    }

    /// Keeps the receipt that got lost when the line was cut.
    fn receipted(&mut self, receipt: Option<PortableReceipt>) {
        let Some(receipt) = receipt else { return };
        match Receipt::try_from(receipt) {
            Ok(receipt)
                if receipt.agent == self.agent
                    && receipt.position.seq == self.sent
                    && receipt.verify(&self.hub_key).is_ok() =>
            {
                self.acked = self.sent.max(self.acked);
                self.events.push_back(AgentEvent::Durable(receipt));
            }
            Ok(_) | Err(_) => self.close(AgentClose::Contradiction),
        }
    }

    fn acked(&mut self, ack: Ack, now: Instant) {
        let position = ack.receipt.position;
        if ack.receipt.agent != self.agent || ack.receipt.verify(&self.hub_key).is_err() {
            return self.close(AgentClose::Contradiction);
        }
        self.credit = ack.credit.max(1);
        if let Phase::Snapshot { as_of } = self.phase {
            if as_of != Some(position) {
                // The answer to a batch that was under way when the full state was asked for.
                return;
            }
            self.phase = Phase::Live;
            self.sent = position.seq;
            self.in_flight.clear();
        } else if position.epoch != self.end.epoch || position.seq > self.end.seq {
            return self.close(AgentClose::Contradiction);
        }
        while self
            .in_flight
            .front()
            .is_some_and(|last| *last <= position.seq)
        {
            self.in_flight.pop_front();
        }
        self.answer_due = (!self.in_flight.is_empty()).then(|| now + self.timing.answer);
        if position.seq > self.acked || self.sent == position.seq {
            self.acked = position.seq.max(self.acked);
            self.events.push_back(AgentEvent::Durable(ack.receipt));
        }
        self.settled_due = self.is_drained().then(|| now + self.timing.settle);
        self.pump();
    }

    fn nacked(&mut self, nack: &Nack, _now: Instant) {
        match NackReason::from_code(nack.reason) {
            Some(NackReason::Gap) => {
                let resume_after = nack.expected.previous();
                // Each of the batches behind a hole is refused; only the first rewinds.
                if self.phase == Phase::Live && resume_after < self.sent {
                    self.sent = resume_after;
                    self.in_flight.clear();
                    self.answer_due = None;
                    self.loading = false;
                    self.pump();
                }
            }
            // The hub stands in another epoch: no delta of this one can reach it first.
            Some(NackReason::Rebaseline) => self.begin_snapshot(false),
            Some(NackReason::Quota) => self.close(AgentClose::Deferred { after_s: 30 }),
            Some(NackReason::Fork | NackReason::BadSignature | NackReason::Scope)
            | Some(NackReason::Schema) => self.close(AgentClose::Quarantined),
            None => self.close(AgentClose::Protocol),
        }
    }

    fn begin_snapshot(&mut self, new_epoch: bool) {
        if !matches!(self.phase, Phase::Snapshot { .. }) {
            self.state_asked = false;
            self.in_flight.clear();
            self.answer_due = None;
            self.loading = false;
            self.announce_snapshot(new_epoch);
        }
    }

    fn announce_snapshot(&mut self, new_epoch: bool) {
        self.phase = Phase::Snapshot { as_of: None };
        self.events.push_back(AgentEvent::Snapshot { new_epoch });
    }

    fn has_room(&self) -> bool {
        self.in_flight.len() < self.credit as usize
    }

    fn send(&mut self, batch: SealedBatch, now: Instant) {
        self.sent = batch.header.span.last;
        self.in_flight.push_back(self.sent);
        self.answer_due.get_or_insert(now + self.timing.answer);
        self.outgoing
            .push_back(Frame::Batch(Box::new(batch)).into());
    }

    fn pump(&mut self) {
        // A full state that overtook deltas would make changes of them that nobody is told of.
        if self.state_asked && self.is_drained() {
            return self.announce_snapshot(false);
        }
        self.compare();
        let behind = self.sent < self.end.seq;
        if self.phase == Phase::Live && !self.loading && behind && self.has_room() {
            let in_flight = u32::try_from(self.in_flight.len()).unwrap_or(u32::MAX);
            self.loading = true;
            let batches = self.credit.saturating_sub(in_flight);
            self.events.push_back(AgentEvent::Load {
                after: self.sent,
                batches,
            });
        }
    }

    fn close(&mut self, why: AgentClose) {
        self.phase = Phase::Closed;
        self.outgoing.clear();
        self.events.push_back(AgentEvent::Closed(why));
    }
}

#[cfg(test)]
mod tests;
