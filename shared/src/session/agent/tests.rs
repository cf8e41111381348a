//! The agent's end alone: what it asks of its driver.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{AgentEvent, AgentSession};
use crate::chain::Position;
use crate::clock::ReceivedAt;
use crate::envelope::{SealedBatch, Unsealed, seal};
use crate::frame::Frame;
use crate::frame::command::{Command, Order};
use crate::frame::greeting::{Hello, Verdict, Welcome};
use crate::frame::live::Ack;
use crate::frame::snapshot::{SnapshotBegin, SnapshotEnd};
use crate::hash::Hash;
use crate::ids::{AgentId, Epoch};
use crate::receipt::Receipt;
use crate::session::Timing;
use crate::sign::SigningKey;

fn agent() -> AgentId {
    AgentId::from_bytes([1; 16])
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[2; 32]).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "an origin for the virtual clock")]
fn origin() -> Instant {
    Instant::now()
}

fn genesis() -> Position {
    Position::genesis(agent(), Epoch::from_bytes([3; 16]))
}

fn batch(previous: Position) -> SealedBatch {
    seal(Unsealed {
        agent: agent(),
        previous,
        secret: [4; 16],
        bodies: vec![vec![5]],
        state_digest: None,
        sealed_at: Timestamp::UNIX_EPOCH,
        key: &key(),
    })
    .unwrap()
}

/// A session that the hub welcomed with an empty log, and that was found to be on the chain.
fn live(end: Position, now: Instant) -> AgentSession {
    let hello = Hello {
        agent: agent(),
        end,
        acked: genesis().seq,
        complete: true,
        build: String::from("test"),
        boot: [0; 16],
        clock_us: 0,
        spool_deltas: 0,
        codecs: vec![1],
    };
    let mut session = AgentSession::new(hello, key().verifying_key(), Timing::default(), now);
    let welcome = Welcome {
        position: Some(genesis()),
        receipt: None,
        verdict: Verdict::Resume,
        codec: 1,
        credit: 4,
        spread_s: 0,
        clock_us: 0,
    };
    session.handle_frame(Frame::Welcome(welcome), now);
    session.checked(true);
    events(&mut session);
    session
}

fn events(session: &mut AgentSession) -> Vec<AgentEvent> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

fn rebaseline() -> Frame {
    Frame::Command(Command::sign(agent(), [6; 16], 0, &Order::Rebaseline, &key()).unwrap())
}

fn ack(position: Position) -> Frame {
    let receipt = Receipt::sign(agent(), position, ReceivedAt(Timestamp::UNIX_EPOCH), &key());
    Frame::Ack(Box::new(Ack { receipt, credit: 4 }))
}

fn begin(position: Position) -> SnapshotBegin {
    SnapshotBegin::sign(agent(), position, 0, Hash::of(b""), &key())
}

fn asks_for_state(session: &mut AgentSession) -> bool {
    let wanted = AgentEvent::Snapshot { new_epoch: false };
    events(session).contains(&wanted)
}

#[test]
fn sends_the_full_state_only_when_all_deltas_before_it_are_durable() {
    let now = origin();
    let first = batch(genesis());
    let second = batch(first.header.after());
    let mut session = live(genesis(), now);
    assert!(session.offer_fresh(&first, now));
    session.handle_frame(rebaseline(), now);
    assert!(!asks_for_state(&mut session), "a batch is in flight");
    session.handle_frame(ack(first.header.after()), now);
    assert!(asks_for_state(&mut session));
    // Another capture came between the answer and the reading of the state.
    assert!(!session.snapshot_begin(begin(second.header.after())));
    assert!(matches!(
        events(&mut session).as_slice(),
        [AgentEvent::Load { .. }]
    ));
    session.offer(vec![second.clone()], now);
    session.handle_frame(ack(second.header.after()), now);
    assert!(asks_for_state(&mut session));
    assert!(session.snapshot_begin(begin(second.header.after())));
}

#[test]
fn is_not_led_astray_by_a_batch_of_an_earlier_epoch() {
    let now = origin();
    let mut session = live(genesis(), now);
    let old = batch(Position::genesis(agent(), Epoch::from_bytes([9; 16])));
    session.advanced(old.header.after());
    assert!(events(&mut session).is_empty());
    assert!(session.is_drained());
}

#[test]
fn waits_longer_for_the_receipt_of_a_larger_state() {
    let now = origin();
    let mut session = live(genesis(), now);
    session.handle_frame(rebaseline(), now);
    assert!(session.snapshot_begin(begin(genesis())));
    session.snapshot_end(SnapshotEnd { chunks: 100 }, now);
    let timing = Timing::default();
    let mut later = now;
    while later < now + timing.answer + 99 * timing.chunk {
        session.handle_timeout(later);
        later += Duration::from_secs(5);
    }
    assert!(
        !events(&mut session)
            .iter()
            .any(|event| matches!(event, AgentEvent::Closed(_)))
    );
}
