//! Orders of the hub that concern the conversation itself: the full state, and the comparison of digests.

use super::{AgentClose, AgentEvent, AgentSession, Phase};
use crate::chain::Position;
use crate::digest::Digest;
use crate::frame::Frame;
use crate::frame::command::{Command, CommandOutcome, Order};
use crate::frame::reconcile::Reconcile;

impl AgentSession {
    /// Answers a `Compare` with the digest at the end of the chain. Where that is beyond what was sent,
    /// the deltas go first, and it is asked for once more.
    pub fn standing(&mut self, position: Position, digest: &Digest) {
        let Some(id) = self.compare_asked else { return };
        if position.epoch == self.end.epoch && position.seq != self.sent {
            self.advanced(position);
            return;
        }
        self.compare_asked = None;
        let buckets = digest.to_bytes();
        let step = Reconcile::Standing { position, buckets };
        self.outgoing.push_back(Frame::Reconcile(step).into());
        self.command_done(id, CommandOutcome::Done);
    }

    /// Answers a `Repair`, with the rows or with why there are none.
    pub fn repair(&mut self, step: Reconcile) {
        if self.phase == Phase::Live {
            self.outgoing.push_back(Frame::Reconcile(step).into());
        }
    }

    /// Takes an order in.
    pub(super) fn commanded(&mut self, command: &Command) {
        match command.open(self.agent, &self.hub_key) {
            Ok(Order::Rebaseline) => {
                self.state_asked = !matches!(self.phase, Phase::Snapshot { .. });
                self.command_done(command.id, CommandOutcome::Done);
                self.pump();
            }
            Ok(Order::Reconcile) => {
                self.compare_asked = Some(command.id);
                self.pump();
            }
            Ok(order) => self.events.push_back(AgentEvent::Order {
                id: command.id,
                order,
            }),
            Err(_) => self.command_done(command.id, CommandOutcome::Refused),
        }
    }

    /// Asks for the digest once everything that was sent is durable: before that the two ends differ
    /// rightly.
    pub(super) fn compare(&mut self) {
        let is_asked = self.events.contains(&AgentEvent::Compare);
        if self.compare_asked.is_some() && self.is_drained() && !is_asked {
            self.events.push_back(AgentEvent::Compare);
        }
    }

    /// Takes a step of the comparison in.
    pub(super) fn compared(&mut self, step: Reconcile) {
        match step {
            // A full state is under way, and says it all.
            Reconcile::Differing(_) if self.phase != Phase::Live => {}
            Reconcile::Differing(buckets) => self.events.push_back(AgentEvent::Repair(buckets)),
            Reconcile::Buckets(_)
            | Reconcile::Rows(_)
            | Reconcile::Wanted(_)
            | Reconcile::Standing { .. }
            | Reconcile::Repair { .. }
            | Reconcile::Declined => self.close(AgentClose::Protocol),
        }
    }
}
