//! Both ends in one thread, joined by a link that delays, repeats, reorders and cuts, while either
//! side is restarted from what it had made durable. Seeded: a failure prints the seed to replay.

mod agent;
mod hub;
mod link;

use std::time::{Duration, Instant};

use agent::AgentModel;
use hub::HubModel;
use link::{End, Link};

use crate::ids::AgentId;
use crate::sign::SigningKey;

/// A small generator (xorshift64*) so that a seed replays on every machine.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Returns a number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    /// Returns true once in `times`.
    pub(super) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Returns 16 bytes, as a secret or an epoch.
    pub(super) fn bytes(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            *byte = u8::try_from(self.below(256)).unwrap();
        }
        bytes
    }
}

#[derive(Debug)]
struct World {
    dice: Dice,
    now: Instant,
    agent: AgentModel,
    hub: HubModel,
    link: Link,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let name = AgentId::from_bytes([1; 16]);
        let agent_key = SigningKey::from_seed(&[1; 32]).unwrap();
        let hub_key = SigningKey::from_seed(&[2; 32]).unwrap();
        let (agent_public, hub_public) = (agent_key.verifying_key(), hub_key.verifying_key());
        Self {
            agent: AgentModel::new(name, agent_key, hub_public, dice.bytes()),
            hub: HubModel::new(name, hub_key, agent_public),
            link: Link::default(),
            now: origin(),
            dice,
        }
    }

    /// One moment of life, with every fault that may happen in it.
    fn step(&mut self, faults: bool) {
        self.now += Duration::from_millis(5 + self.dice.below(400));
        if self.dice.one_in(3) {
            self.agent.capture(&mut self.dice, self.now);
        }
        if faults {
            self.fault();
        }
        if !self.link.is_up() && self.dice.one_in(4) {
            self.link.connect();
            self.agent.connect(self.now);
            self.hub.connect(self.now);
        }
        self.exchange(faults);
    }

    fn fault(&mut self) {
        if self.dice.one_in(25) {
            self.cut();
        }
        if self.dice.one_in(40) {
            self.agent.restart();
            self.cut();
        }
        if self.dice.one_in(40) {
            self.hub.restart();
            self.cut();
        }
        if self.dice.one_in(300) {
            self.hub.restore_backup(&mut self.dice);
            self.cut();
        }
        if self.dice.one_in(300) {
            self.agent.lose_journal(&mut self.dice);
            self.cut();
        }
        if self.dice.one_in(60) {
            self.hub.ask_for_state(&mut self.dice);
        }
        if self.dice.one_in(200) {
            self.agent.prune();
        }
        if self.dice.one_in(50) {
            self.agent.back_up();
        }
        if self.dice.one_in(300) {
            self.agent.roll_back();
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.link.cut();
        self.agent.disconnect();
        self.hub.disconnect();
    }

    fn exchange(&mut self, faults: bool) {
        for (to, frame) in self.link.deliver(self.now) {
            match to {
                End::Agent => self.agent.receive(frame, self.now),
                End::Hub => self.hub.receive(frame, self.now),
            }
        }
        if let Some(last) = self.hub.skipped_after.take() {
            let overtaken = self.agent.can_follow(last);
            assert!(
                !overtaken,
                "a full state overtook deltas that could be sent"
            );
        }
        self.agent.tick(self.now);
        self.hub.tick(&mut self.dice, self.now);
        let from_agent = self.agent.drain();
        let from_hub = self.hub.drain();
        for (to, frames) in [(End::Hub, from_agent), (End::Agent, from_hub)] {
            for frame in frames {
                self.link.send(to, &frame, faults, &mut self.dice, self.now);
            }
        }
        if self.agent.hung_up() || self.hub.hung_up() {
            self.cut();
        }
    }

    fn settle(&mut self) {
        for _ in 0..4000 {
            self.now += Duration::from_millis(50);
            if !self.link.is_up() {
                self.link.connect();
                self.agent.connect(self.now);
                self.hub.connect(self.now);
            }
            self.exchange(false);
            if self.agent.is_drained() && self.hub.is_idle() {
                return;
            }
        }
        panic!("the journal never drained");
    }
}

/// The only reading of a clock: an `Instant` cannot be made in another way.
#[expect(clippy::disallowed_methods, reason = "an origin for the virtual clock")]
fn origin() -> Instant {
    Instant::now()
}

fn play(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..600 {
        world.step(true);
    }
    world.settle();
    world.hub.assert_mirrors(&world.agent);
}

#[test]
fn loses_nothing_and_repeats_nothing_over_a_bad_link() {
    for seed in 0..150 {
        let outcome = std::panic::catch_unwind(|| play(seed));
        assert!(outcome.is_ok(), "failed with seed {seed}");
    }
}

#[test]
fn says_how_things_are_soon_after_they_went_quiet() {
    let mut world = World::new(7);
    for _ in 0..100 {
        world.step(false);
    }
    world.settle();
    let (heard, quiet) = (world.hub.heartbeats, Duration::from_millis(100));
    for _ in 0..20 {
        world.now += quiet;
        world.exchange(false);
    }
    assert_eq!(
        world.hub.heartbeats,
        heard + 1,
        "one, and no more while nothing changes"
    );
    let heartbeat = world.hub.last_heartbeat.as_ref().unwrap();
    assert_eq!(heartbeat.end, world.agent.end);
}

#[test]
fn sets_one_wrong_row_right_in_two_round_trips_and_without_the_full_state() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        for _ in 0..200 {
            world.step(false);
        }
        world.settle();
        world.hub.corrupt(&mut world.dice);
        let before = (world.hub.snapshots, world.link.sent());
        // One heartbeat, then the order and the standing, the buckets and the rows.
        for _ in 0..250 {
            world.now += Duration::from_millis(100);
            world.exchange(false);
        }
        world.hub.assert_mirrors(&world.agent);
        assert_eq!(world.hub.comparisons, 1, "seed {seed}");
        assert_eq!(world.hub.snapshots, before.0, "seed {seed}");
        let listed = u32::try_from(world.agent.shadow.len()).unwrap();
        assert!((1..listed).contains(&world.hub.repaired), "seed {seed}");
        // Two heartbeats at most, and order, standing, result, buckets and rows.
        assert!(world.link.sent() - before.1 <= 7, "seed {seed}");
    }
}

#[test]
fn compares_only_what_is_level_while_the_jail_goes_on() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        for _ in 0..100 {
            world.step(false);
        }
        world.settle();
        world.hub.corrupt(&mut world.dice);
        for _ in 0..300 {
            world.now += Duration::from_millis(100);
            world.exchange(false);
        }
        for _ in 0..100 {
            world.step(false);
        }
        world.settle();
        world.hub.assert_mirrors(&world.agent);
    }
}

#[test]
fn meets_every_fault_that_it_claims_to_survive() {
    let mut faults = link::Faults::default();
    let (mut gaps, mut repeats, mut snapshots, mut rollbacks) = (0, 0, 0, 0);
    for seed in 0..60 {
        let mut world = World::new(seed);
        for _ in 0..600 {
            world.step(true);
        }
        faults.add(&world.link.faults());
        gaps += world.hub.gaps;
        repeats += world.hub.repeats;
        snapshots += world.hub.snapshots;
        rollbacks += world.agent.rollbacks;
    }
    assert!(
        faults.cut > 100 && faults.repeated > 100 && faults.delayed > 100,
        "{faults:?}"
    );
    assert!(
        gaps > 10,
        "only {gaps} batches arrived before their predecessors"
    );
    assert!(repeats > 10, "only {repeats} batches arrived twice");
    assert!(rollbacks > 10, "only {rollbacks} rollbacks were noticed");
    assert!(snapshots > 10, "only {snapshots} full states were sent");
}
