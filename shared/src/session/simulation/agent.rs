//! The simulated agent: a journal that survives restarts, and a session that does not.

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::Timestamp;

use super::Dice;
use crate::chain::Position;
use crate::clock::ObservedAt;
use crate::delta::{self, Change, Coverage, Delta, Evidence, Origin, Row};
use crate::digest::{Digest, bucket_of, key_hash};
use crate::envelope::{SealedBatch, Unsealed, seal};
use crate::frame::Frame;
use crate::frame::greeting::Hello;
use crate::frame::heartbeat::Heartbeat;
use crate::frame::reconcile::Reconcile;
use crate::frame::snapshot::{SnapshotBegin, SnapshotChunk, SnapshotEnd, SnapshotRow};
use crate::hash::Hash;
use crate::ids::{AgentId, Epoch, FacilityCode, FeedName, RecordKey, RecordNumber, Seq};
use crate::record::custody::{Custody, CustodyState};
use crate::record::subject::Subject;
use crate::record::{Record, RecordBody, RecordKind};
use crate::session::agent::{AgentEvent, AgentSession};
use crate::session::{Outgoing, Timing};
use crate::sign::{SigningKey, VerifyingKey};

/// An older copy of the journal's file.
#[derive(Debug)]
struct Backup {
    end: Position,
    shadow: BTreeMap<RecordKey, Row>,
    digest: Digest,
    heads: BTreeMap<Seq, Hash>,
    acked: Seq,
    batches: Vec<SealedBatch>,
    complete: bool,
}

/// What the agent has made durable.
#[derive(Debug)]
pub(super) struct AgentModel {
    name: AgentId,
    key: SigningKey,
    hub_key: VerifyingKey,
    pub(super) end: Position,
    pub(super) shadow: BTreeMap<RecordKey, Row>,
    pub(super) digest: Digest,
    pub(super) heads: BTreeMap<Seq, Hash>,
    pub(super) acked: Seq,
    batches: Vec<SealedBatch>,
    backup: Option<Backup>,
    session: Option<AgentSession>,
    complete: bool,
    closed: bool,
    pub(super) rollbacks: u32,
}

impl AgentModel {
    pub(super) fn new(
        name: AgentId,
        key: SigningKey,
        hub_key: VerifyingKey,
        epoch: [u8; 16],
    ) -> Self {
        Self {
            name,
            key,
            hub_key,
            end: Position::genesis(name, Epoch::from_bytes(epoch)),
            shadow: BTreeMap::new(),
            digest: Digest::default(),
            heads: BTreeMap::new(),
            acked: Seq::ZERO,
            batches: Vec::new(),
            backup: None,
            session: None,
            complete: true,
            closed: false,
            rollbacks: 0,
        }
    }

    /// Changes a few records, in one batch, as one transaction.
    pub(super) fn capture(&mut self, dice: &mut Dice, now: Instant) {
        let changes = 1 + dice.below(4);
        let bodies: Vec<Vec<u8>> = (0..changes).map(|_| self.change(dice)).collect();
        let batch = self.seal(dice, bodies);
        if let Some(session) = &mut self.session
            && !session.offer_fresh(&batch, now)
        {
            session.advanced(self.end);
        }
    }

    fn seal(&mut self, dice: &mut Dice, bodies: Vec<Vec<u8>>) -> SealedBatch {
        let batch = seal(Unsealed {
            agent: self.name,
            previous: self.end,
            secret: dice.bytes(),
            bodies,
            state_digest: Some(self.digest.root()),
            sealed_at: Timestamp::UNIX_EPOCH,
            key: &self.key,
        })
        .unwrap();
        self.end = batch.header.after();
        self.heads.insert(self.end.seq, self.end.head);
        self.batches.push(batch.clone());
        batch
    }

    fn change(&mut self, dice: &mut Dice) -> Vec<u8> {
        let number = RecordNumber::new(&format!("B{}", dice.below(20))).unwrap();
        let key = RecordKey {
            kind: RecordKind::Custody,
            number: number.clone(),
        };
        let name = key_hash(&feed(), &key);
        let before = self.shadow.remove(&key);
        if let Some(row) = &before {
            self.digest.remove(&name, &row.hash());
        }
        if before.is_some() && dice.one_in(3) {
            return encoded(Origin::Live, Change::NoLongerListed(key));
        }
        let row = Row::of(&record(number, dice.below(1_000_000))).unwrap();
        self.upsert(Origin::Live, key, row)
    }

    fn upsert(&mut self, origin: Origin, key: RecordKey, row: Row) -> Vec<u8> {
        self.digest.add(&key_hash(&feed(), &key), &row.hash());
        self.shadow.insert(key, row.clone());
        let (coverage, evidence) = (Coverage::Full, Evidence::Listing);
        encoded(
            origin,
            Change::Upsert {
                row,
                coverage,
                evidence,
            },
        )
    }

    pub(super) fn connect(&mut self, now: Instant) {
        let hello = Hello {
            agent: self.name,
            end: self.end,
            acked: self.acked,
            complete: self.complete,
            build: String::from("simulation"),
            boot: [0; 16],
            clock_us: 0,
            spool_deltas: 0,
            codecs: vec![1],
        };
        self.closed = false;
        self.session = Some(AgentSession::new(
            hello,
            self.hub_key,
            Timing::default(),
            now,
        ));
    }

    pub(super) fn disconnect(&mut self) {
        self.session = None;
    }

    /// Ends the process; the journal stays.
    pub(super) fn restart(&mut self) {
        self.session = None;
    }

    /// Loses the journal: a new life, and a new baseline of the same jail.
    pub(super) fn lose_journal(&mut self, dice: &mut Dice) {
        self.end = Position::genesis(self.name, Epoch::from_bytes(dice.bytes()));
        self.complete = true;
        self.batches.clear();
        self.heads.clear();
        self.acked = Seq::ZERO;
        self.digest = Digest::default();
        let rows = std::mem::take(&mut self.shadow);
        let bodies: Vec<_> = rows
            .into_iter()
            .map(|(key, row)| self.upsert(Origin::Baseline, key, row))
            .collect();
        if !bodies.is_empty() {
            self.seal(dice, bodies);
        }
    }

    /// Copies the journal's file, as a snapshot of the machine does.
    pub(super) fn back_up(&mut self) {
        self.backup = Some(Backup {
            end: self.end,
            shadow: self.shadow.clone(),
            digest: self.digest.clone(),
            heads: self.heads.clone(),
            acked: self.acked,
            batches: self.batches.clone(),
            complete: self.complete,
        });
    }

    /// Puts the older copy back; the program cannot know.
    pub(super) fn roll_back(&mut self) {
        if let Some(backup) = self.backup.take() {
            self.end = backup.end;
            self.shadow = backup.shadow;
            self.digest = backup.digest;
            self.heads = backup.heads;
            self.acked = backup.acked;
            self.batches = backup.batches;
            self.complete = backup.complete;
        }
    }

    /// Begins a new life of the journal with the same shadow.
    fn begin_epoch(&mut self) {
        // Never rolled back, as randomness is not.
        let unique = (1_u128 << 100) + u128::from(self.rollbacks);
        self.end = Position::genesis(self.name, Epoch::from_bytes(unique.to_be_bytes()));
        self.complete = false;
        self.batches.clear();
        self.heads.clear();
        self.acked = Seq::ZERO;
    }

    /// Forgets the batches that are acknowledged.
    pub(super) fn prune(&mut self) {
        let acked = self.acked;
        self.complete &= acked == Seq::ZERO;
        self.batches.retain(|batch| batch.header.span.last > acked);
    }

    /// Says whether the batch that follows a position could be sent.
    pub(super) fn can_follow(&self, position: Position) -> bool {
        self.batches.iter().any(|batch| {
            let span = &batch.header.span;
            span.epoch == position.epoch && span.first == position.seq.next()
        })
    }

    pub(super) fn receive(&mut self, frame: Frame, now: Instant) {
        if let Some(session) = &mut self.session {
            session.handle_frame(frame, now);
        }
        self.work(now);
    }

    pub(super) fn tick(&mut self, now: Instant) {
        if let Some(session) = &mut self.session {
            session.handle_timeout(now);
        }
        self.work(now);
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

    pub(super) fn is_drained(&self) -> bool {
        self.session.as_ref().is_some_and(AgentSession::is_drained)
    }

    fn work(&mut self, now: Instant) {
        while let Some(event) = self.session.as_mut().and_then(AgentSession::poll_event) {
            match event {
                AgentEvent::Load { after, batches } => {
                    let found: Vec<_> = self
                        .batches
                        .iter()
                        .skip_while(|batch| batch.header.span.first <= after)
                        .take(batches as usize)
                        .cloned()
                        .collect();
                    let contiguous = found
                        .first()
                        .is_some_and(|b| b.header.span.first == after.next());
                    let found = if contiguous { found } else { Vec::new() };
                    self.with_session(|session| session.offer(found, now));
                }
                AgentEvent::Durable(receipt) => {
                    let position = receipt.position;
                    assert_eq!(position.epoch, self.end.epoch);
                    // After a rollback the receipt can be for the history that was lost.
                    if self
                        .heads
                        .get(&position.seq)
                        .is_none_or(|head| *head == position.head)
                    {
                        self.acked = position.seq.max(self.acked);
                    }
                }
                AgentEvent::Check(position) => {
                    let known = self.heads.get(&position.seq);
                    let genesis = Position::genesis(self.name, self.end.epoch);
                    let on_chain = known == Some(&position.head) || genesis == position;
                    self.with_session(|session| session.checked(on_chain));
                }
                AgentEvent::Snapshot { new_epoch } => {
                    if new_epoch {
                        self.rollbacks += 1;
                        self.begin_epoch();
                    }
                    self.send_snapshot(now);
                }
                AgentEvent::Heartbeat => self.send_heartbeat(),
                AgentEvent::Compare => {
                    let (end, digest) = (self.end, self.digest.clone());
                    self.with_session(|session| session.standing(end, &digest));
                }
                AgentEvent::Repair(buckets) => self.send_repair(buckets),
                AgentEvent::Order { .. } => {}
                AgentEvent::Closed(_) => self.closed = true,
            }
        }
    }

    fn send_heartbeat(&mut self) {
        let heartbeat = Heartbeat {
            clock_us: 0,
            end: self.end,
            acked: self.acked,
            state_digest: self.digest.root(),
            spool_deltas: 0,
            oldest_unacked_us: None,
            disk_free_bytes: None,
            certificate_days: None,
            feeds: Vec::new(),
        };
        self.with_session(|session| session.heartbeat(heartbeat));
    }

    fn send_snapshot(&mut self, now: Instant) {
        let rows: Vec<SnapshotRow> = self.shadow.values().map(snapshot_row).collect();
        let count = rows.len() as u64;
        let digest = self.digest.root();
        let begin = SnapshotBegin::sign(self.name, self.end, count, digest, &self.key);
        let chunks: Vec<_> = (0..)
            .zip(rows.chunks(7))
            .map(|(index, rows)| SnapshotChunk::pack(index, rows).unwrap())
            .collect();
        let end = SnapshotEnd {
            chunks: u32::try_from(chunks.len()).unwrap(),
        };
        self.with_session(|session| {
            if session.snapshot_begin(begin) {
                for chunk in chunks {
                    session.snapshot_chunk(chunk);
                }
                session.snapshot_end(end, now);
            }
        });
    }

    fn send_repair(&mut self, buckets: Vec<u8>) {
        let rows: Vec<_> = self
            .shadow
            .iter()
            .filter(|(key, _)| buckets.contains(&bucket_of(&key_hash(&feed(), key))))
            .map(|(_, row)| snapshot_row(row))
            .collect();
        let (count, digest) = (self.shadow.len() as u64, self.digest.root());
        let begin = SnapshotBegin::sign(self.name, self.end, count, digest, &self.key);
        let chunks = SnapshotChunk::pack_all(&rows).unwrap();
        let step = Reconcile::Repair {
            begin,
            buckets,
            chunks,
        };
        self.with_session(|session| session.repair(step));
    }

    fn with_session(&mut self, act: impl FnOnce(&mut AgentSession)) {
        if let Some(session) = &mut self.session {
            act(session);
        }
    }
}

fn snapshot_row(row: &Row) -> SnapshotRow {
    SnapshotRow {
        feed: feed(),
        coverage: Coverage::Full.code(),
        evidence: Evidence::Listing.code(),
        row: row.bytes().to_vec(),
    }
}

/// The one feed of the simulated jail.
pub(super) fn feed() -> FeedName {
    FeedName::new("roster").unwrap()
}

fn encoded(origin: Origin, change: Change) -> Vec<u8> {
    let observed_at = ObservedAt(Timestamp::UNIX_EPOCH);
    delta::encode(&Delta {
        observed_at,
        feed: feed(),
        origin,
        change,
    })
    .unwrap()
}

fn record(number: RecordNumber, variant: u64) -> Record {
    let mut custody = Custody::new(number, CustodyState::InCustody);
    custody.location = Some(format!("cell {variant}"));
    Record {
        facility: FacilityCode::new("JAIL").unwrap(),
        subject: Subject::default(),
        entered_at: None,
        synthetic: false,
        body: RecordBody::Custody(Box::new(custody)),
    }
}
