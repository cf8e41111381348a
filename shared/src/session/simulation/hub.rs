//! The simulated hub: a log and a mirror that survive restarts, commits that take a while, and
//! batches between arrival and commit that a restart loses.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Dice;
use super::agent::{AgentModel, feed};
use crate::chain::{Admission, Position, admit};
use crate::clock::ReceivedAt;
use crate::delta::{self, Change, Row};
use crate::digest::{Digest, bucket_of, key_hash};
use crate::envelope::{SealedBatch, open};
use crate::frame::Frame;
use crate::frame::command::{Command, Order};
use crate::frame::greeting::{Hello, Verdict, Welcome};
use crate::frame::heartbeat::Heartbeat;
use crate::frame::live::{Ack, Nack, NackReason};
use crate::frame::reconcile::Reconcile;
use crate::frame::snapshot::{SnapshotBegin, SnapshotRow};
use crate::hash::Hash;
use crate::ids::{AgentId, RecordKey, Seq};
use crate::receipt::{PortableReceipt, Receipt};
use crate::session::hub::{HubEvent, HubSession};
use crate::session::{Outgoing, Timing};
use crate::sign::{SigningKey, VerifyingKey};

/// What the hub has made durable.
#[derive(Debug, Clone, Default)]
struct Durable {
    position: Option<Position>,
    heads: BTreeMap<Seq, Hash>,
    applied: BTreeMap<Seq, u32>,
    mirror: BTreeMap<RecordKey, Hash>,
}

#[derive(Debug)]
pub(super) struct HubModel {
    name: AgentId,
    key: SigningKey,
    agent_key: VerifyingKey,
    durable: Durable,
    backups: Vec<Durable>,
    pending: Vec<(Instant, SealedBatch)>,
    staged: Option<(SnapshotBegin, Vec<SnapshotRow>)>,
    session: Option<HubSession>,
    closed: bool,
    pub(super) heartbeats: u32,
    pub(super) last_heartbeat: Option<Heartbeat>,
    pub(super) gaps: u32,
    pub(super) repeats: u32,
    pub(super) snapshots: u32,
    pub(super) comparisons: u32,
    pub(super) repaired: u32,
    /// Where a full state took the place of deltas: the last delta that had come before.
    pub(super) skipped_after: Option<Position>,
}

impl HubModel {
    pub(super) fn new(name: AgentId, key: SigningKey, agent_key: VerifyingKey) -> Self {
        Self {
            name,
            key,
            agent_key,
            durable: Durable::default(),
            backups: vec![Durable::default()],
            pending: Vec::new(),
            staged: None,
            session: None,
            closed: false,
            heartbeats: 0,
            last_heartbeat: None,
            gaps: 0,
            repeats: 0,
            snapshots: 0,
            comparisons: 0,
            repaired: 0,
            skipped_after: None,
        }
    }

    pub(super) fn connect(&mut self, now: Instant) {
        self.closed = false;
        self.session = Some(HubSession::new(self.name, Timing::default(), now));
    }

    pub(super) fn disconnect(&mut self) {
        self.session = None;
        self.staged = None;
    }

    /// Ends the process: what had not been committed is gone.
    pub(super) fn restart(&mut self) {
        self.pending.clear();
        self.disconnect();
    }

    /// Asks for the full state, as a hub does whose mirror differs.
    pub(super) fn ask_for_state(&mut self, dice: &mut Dice) {
        let (id, order) = (dice.bytes(), Order::Rebaseline);
        let command = Command::sign(self.name, id, 0, &order, &self.key).unwrap();
        if let Some(session) = &mut self.session {
            session.command(command);
        }
    }

    /// Puts an older state back, as a restore from a backup does.
    pub(super) fn restore_backup(&mut self, dice: &mut Dice) {
        self.restart();
        let age = usize::try_from(dice.below(self.backups.len() as u64)).unwrap();
        self.durable = self.backups[age].clone();
        self.backups.truncate(age + 1);
    }

    pub(super) fn receive(&mut self, frame: Frame, now: Instant) {
        if let Some(session) = &mut self.session {
            session.handle_frame(frame, now);
        }
        self.work(now);
    }

    pub(super) fn tick(&mut self, dice: &mut Dice, now: Instant) {
        if let Some(session) = &mut self.session {
            session.handle_timeout(now);
        }
        self.work(now);
        if dice.one_in(2) {
            self.commit(now);
        }
        if dice.one_in(50) {
            self.backups.push(self.durable.clone());
        }
    }

    pub(super) fn drain(&mut self) -> Vec<Outgoing> {
        let Some(session) = &mut self.session else {
            return Vec::new();
        };
        std::iter::from_fn(|| session.poll_frame()).collect()
    }

    pub(super) const fn hung_up(&self) -> bool {
        self.closed
    }

    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.staged.is_none()
    }

    /// The hub holds exactly what the agent sees, from exactly its history.
    pub(super) fn assert_mirrors(&self, agent: &AgentModel) {
        assert_eq!(self.durable.position, Some(agent.end));
        let shadow: BTreeMap<_, _> = agent
            .shadow
            .iter()
            .map(|(key, row)| (key.clone(), row.hash()))
            .collect();
        assert_eq!(self.durable.mirror, shadow);
        assert_eq!(self.digest().root(), agent.digest.root());
        for (seq, head) in &self.durable.heads {
            assert_eq!(agent.heads.get(seq), Some(head), "another history at {seq}");
        }
        for (seq, times) in &self.durable.applied {
            assert_eq!(*times, 1, "delta {seq} was applied {times} times");
        }
    }

    fn work(&mut self, now: Instant) {
        while let Some(event) = self.session.as_mut().and_then(HubSession::poll_event) {
            match event {
                HubEvent::Hello(hello) => {
                    // What an earlier connection left on its way is durable before it is looked at.
                    self.commit_all();
                    self.welcome(&hello);
                }
                HubEvent::Batch(batch) => {
                    self.pending.push((now + Duration::from_millis(10), *batch));
                }
                HubEvent::SnapshotBegin(begin) => {
                    begin.verify(self.name, &self.agent_key).unwrap();
                    self.staged = Some((begin, Vec::new()));
                }
                HubEvent::SnapshotChunk(chunk) => {
                    if let Some((_, rows)) = &mut self.staged {
                        rows.extend(chunk.unpack().unwrap());
                    }
                }
                HubEvent::SnapshotEnd(_) => self.apply_snapshot(),
                HubEvent::Heartbeat(heartbeat) => {
                    self.heartbeats += 1;
                    self.look_for_a_difference(&heartbeat);
                    self.last_heartbeat = Some(heartbeat);
                }
                HubEvent::Compared(step) => self.compared(step),
                HubEvent::Result(_) => {}
                HubEvent::Closed(_) => self.closed = true,
            }
        }
    }

    /// Makes one row of the mirror wrong, as rot does.
    pub(super) fn corrupt(&mut self, dice: &mut Dice) {
        let place = usize::try_from(dice.below(self.durable.mirror.len() as u64)).unwrap();
        let hash = self.durable.mirror.values_mut().nth(place).unwrap();
        *hash = Hash::of(b"rot");
    }

    fn look_for_a_difference(&mut self, heartbeat: &Heartbeat) {
        let is_level = self.durable.position == Some(heartbeat.end);
        if is_level && self.digest().root() != heartbeat.state_digest {
            self.comparisons += 1;
            let command = Command::sign(self.name, [9; 16], 0, &Order::Reconcile, &self.key);
            if let Some(session) = &mut self.session {
                session.command(command.unwrap());
            }
        }
    }

    fn compared(&mut self, step: Reconcile) {
        match step {
            Reconcile::Standing { position, buckets } => {
                let theirs = Digest::from_bytes(&buckets).unwrap();
                let differing = self.digest().differing(&theirs);
                if self.durable.position == Some(position)
                    && let Some(session) = &mut self.session
                {
                    session.compare(differing);
                }
            }
            Reconcile::Repair {
                begin,
                buckets,
                chunks,
            } => {
                begin.verify(self.name, &self.agent_key).unwrap();
                if self.durable.position != Some(begin.position) {
                    return;
                }
                let in_them =
                    |key: &RecordKey| buckets.contains(&bucket_of(&key_hash(&feed(), key)));
                self.durable.mirror.retain(|key, _| !in_them(key));
                for row in chunks.into_iter().flat_map(|chunk| chunk.unpack().unwrap()) {
                    let row = Row::from_bytes(row.row);
                    let key = row.record().unwrap().key();
                    assert!(in_them(&key));
                    self.durable.mirror.insert(key, row.hash());
                    self.repaired += 1;
                }
                assert_eq!(self.digest().root(), begin.state_digest);
            }
            other @ (Reconcile::Buckets(_)
            | Reconcile::Rows(_)
            | Reconcile::Wanted(_)
            | Reconcile::Differing(_)
            | Reconcile::Declined) => panic!("{other:?}"),
        }
    }

    fn welcome(&mut self, hello: &Hello) {
        let position = self.durable.position;
        let resumes = position.is_some_and(|position| {
            position.epoch == hello.end.epoch && position.seq <= hello.end.seq
        });
        let fresh = position.is_none() && hello.complete;
        let verdict = if resumes || fresh {
            Verdict::Resume
        } else {
            Verdict::Rebaseline
        };
        if fresh {
            self.durable.position = Some(Position::genesis(self.name, hello.end.epoch));
        }
        let welcome = Welcome {
            position: self.durable.position,
            receipt: position
                .filter(|position| position.seq > hello.acked)
                .map(|position| PortableReceipt::from(&self.receipt(position))),
            verdict,
            codec: 1,
            credit: 4,
            spread_s: 0,
            clock_us: 0,
        };
        if let Some(session) = &mut self.session {
            session.welcome(welcome);
        }
    }

    fn commit(&mut self, now: Instant) {
        let ready = self.pending.partition_point(|(due, _)| *due <= now);
        self.commit_first(ready);
    }

    fn commit_all(&mut self) {
        self.commit_first(self.pending.len());
    }

    fn commit_first(&mut self, count: usize) {
        let ready: Vec<_> = self.pending.drain(..count).collect();
        for (_, batch) in ready {
            self.apply(&batch);
        }
    }

    fn apply(&mut self, batch: &SealedBatch) {
        let Some(durable) = self.durable.position else {
            return;
        };
        let bodies = open(batch, &self.agent_key).unwrap();
        let span = batch.header.span;
        match admit(&durable, &span, self.durable.heads.get(&span.last).copied()) {
            Admission::Next => {
                for (seq, body) in bodies {
                    *self.durable.applied.entry(seq).or_default() += 1;
                    self.apply_delta(&body.unwrap());
                }
                self.durable.position = Some(batch.header.after());
                self.durable.heads.insert(span.last, span.head);
                if let Some(root) = batch.header.state_digest {
                    assert_eq!(self.digest().root(), root, "the mirror drifted");
                }
                self.ack();
            }
            Admission::Repeat => {
                self.repeats += 1;
                self.ack();
            }
            Admission::Gap { expected } => {
                self.gaps += 1;
                self.nack(NackReason::Gap, expected);
            }
            // A batch of a life that the agent has lost since, still on its way.
            Admission::OtherEpoch => self.nack(NackReason::Rebaseline, Seq::ZERO),
            Admission::Fork => panic!("an agent that looks before it resumes never forks"),
        }
    }

    fn apply_delta(&mut self, body: &[u8]) {
        match delta::decode(body).unwrap().change {
            Change::Upsert { row, .. } => {
                self.durable
                    .mirror
                    .insert(row.record().unwrap().key(), row.hash());
            }
            Change::NoLongerListed(key) | Change::Withheld(key) => {
                assert!(self.durable.mirror.remove(&key).is_some(), "removed twice");
            }
            Change::ObservationGap { .. } => {}
        }
    }

    fn apply_snapshot(&mut self) {
        let Some((begin, rows)) = self.staged.take() else {
            return;
        };
        let mut durable = Durable {
            position: Some(begin.position),
            ..Durable::default()
        };
        for row in rows {
            let row = Row::from_bytes(row.row);
            durable
                .mirror
                .insert(row.record().unwrap().key(), row.hash());
        }
        let before = self.durable.position;
        self.skipped_after = before.filter(|before| {
            before.epoch == begin.position.epoch && before.seq < begin.position.seq
        });
        self.durable = durable;
        assert_eq!(self.digest().root(), begin.state_digest);
        self.snapshots += 1;
        self.pending.clear();
        self.ack();
    }

    fn ack(&mut self) {
        let Some(position) = self.durable.position else {
            return;
        };
        let receipt = self.receipt(position);
        if let Some(session) = &mut self.session {
            session.ack(Ack { receipt, credit: 4 }, 1);
        }
    }

    fn receipt(&self, position: Position) -> Receipt {
        Receipt::sign(
            self.name,
            position,
            ReceivedAt(Timestamp::UNIX_EPOCH),
            &self.key,
        )
    }

    fn nack(&mut self, reason: NackReason, expected: Seq) {
        if let Some(session) = &mut self.session {
            session.nack(Nack::new(reason, expected, "simulated"));
        }
    }

    fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        for (key, hash) in &self.durable.mirror {
            digest.add(&key_hash(&feed(), key), hash);
        }
        digest
    }
}
