//! When a carrier may be asked for one more call: so many in a second, and none while it has asked to be
//! left alone or cannot answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use savin_shared::world::World;
use tokio::sync::Semaphore;

use crate::turnstile::Haste;

/// How long a call waits for a carrier that wants to be left alone; where it would be longer, another way is
/// tried, and her tries are not used up.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest that a carrier is left alone, whatever it says: escapes are told by it too.
const ALONE_MAX: Duration = Duration::from_secs(300);

/// How long it is left alone first where it says no time, and how often that doubles at most.
const ALONE_FIRST: Duration = Duration::from_secs(1);
const DOUBLED_MAX: u32 = 6;

/// Lets calls be asked for one after the other.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    state: Arc<Mutex<State>>,
    queue: Arc<Semaphore>,
    apart: Duration,
    world: World,
}

#[derive(Debug)]
struct State {
    /// When the next call may be asked for.
    next: Instant,
    /// Until when the carrier is left alone.
    alone_until: Instant,
    /// Times that it wanted so, in a row.
    wishes: u32,
}

impl State {
    /// Returns when the next place comes.
    fn begins(&self, now: Instant) -> Result<Instant, Duration> {
        let alone = self.alone_until.saturating_duration_since(now);
        if alone > PATIENCE {
            return Err(alone);
        }
        Ok(self.next.max(self.alone_until).max(now))
    }
}

impl Gate {
    /// Lets so many calls be asked for in a second.
    pub(super) fn new(calls_per_second: u32, world: World) -> Self {
        let now = (world.monotonic)();
        Self {
            state: Arc::new(Mutex::new(State {
                next: now,
                alone_until: now,
                wishes: 0,
            })),
            queue: Arc::new(Semaphore::new(1)),
            apart: Duration::from_secs(1) / calls_per_second.max(1),
            world,
        }
    }

    /// Waits until one more call may be asked for. One that takes its turn takes no place until that place
    /// has come, so that what cannot wait passes it.
    ///
    /// # Errors
    /// Returns for how long the carrier is left alone, where that is too long to wait for.
    pub(super) async fn pass(&self, haste: Haste) -> Result<(), Duration> {
        match haste {
            Haste::Ahead => {
                let begins = self.place((self.world.monotonic)())?;
                tokio::time::sleep_until(begins.into()).await;
            }
            Haste::InTurn => {
                // It is never closed.
                let _first = self.queue.acquire().await;
                while let Some(later) = self.place_now((self.world.monotonic)())? {
                    tokio::time::sleep_until(later.into()).await;
                }
            }
        }
        Ok(())
    }

    /// Takes the next place, and returns when it comes.
    fn place(&self, now: Instant) -> Result<Instant, Duration> {
        let mut state = self.lock();
        let begins = state.begins(now)?;
        state.next = begins + self.apart;
        Ok(begins)
    }

    /// Takes the next place if it has come, and else returns when it comes.
    fn place_now(&self, now: Instant) -> Result<Option<Instant>, Duration> {
        let mut state = self.lock();
        let begins = state.begins(now)?;
        if begins > now {
            return Ok(Some(begins));
        }
        state.next = now + self.apart;
        Ok(None)
    }

    /// Leaves the carrier alone: for as long as it says, else for longer each time that it wants so.
    pub(super) fn leave_alone(&self, wish: Option<Duration>) {
        self.left_alone(wish, (self.world.monotonic)());
    }

    fn left_alone(&self, wish: Option<Duration>, now: Instant) {
        let mut state = self.lock();
        let doubled = ALONE_FIRST.saturating_mul(1 << state.wishes.min(DOUBLED_MAX));
        state.wishes = state.wishes.saturating_add(1);
        let until = now + wish.unwrap_or(doubled).min(ALONE_MAX);
        state.alone_until = state.alone_until.max(until);
    }

    /// Notes that it takes calls.
    pub(super) fn taken(&self) {
        self.lock().wishes = 0;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use jiff::Timestamp;
    use savin_shared::world::World;

    use super::Gate;

    fn gate() -> (Gate, Instant) {
        #[expect(clippy::disallowed_methods, reason = "a test's own wiring")]
        let world = World {
            wall: || Timestamp::UNIX_EPOCH,
            monotonic: Instant::now,
            random: || [0; 16],
        };
        let gate = Gate::new(4, world);
        let now = gate.lock().next;
        (gate, now)
    }

    #[test]
    fn lets_calls_pass_one_after_the_other() {
        let (gate, now) = gate();
        let places = [0, 1, 2].map(|_| gate.place(now).unwrap() - now);
        assert_eq!(places, [0, 250, 500].map(Duration::from_millis));
    }

    #[test]
    fn what_takes_its_turn_takes_no_place_before_that_has_come() {
        let (gate, now) = gate();
        let quarter = Duration::from_millis(250);
        assert_eq!(gate.place_now(now), Ok(None));
        assert_eq!(gate.place_now(now), Ok(Some(now + quarter)));
        // What cannot wait takes that place, and the other waits for one more.
        assert_eq!(gate.place(now), Ok(now + quarter));
        assert_eq!(gate.place_now(now + quarter), Ok(Some(now + quarter * 2)));
        gate.left_alone(Some(Duration::from_secs(60)), now);
        assert_eq!(gate.place_now(now), Err(Duration::from_secs(60)));
    }

    #[test]
    fn leaves_a_carrier_alone_for_as_long_as_it_says_within_reason() {
        let (gate, now) = gate();
        let seconds = Duration::from_secs;
        gate.left_alone(Some(seconds(7)), now);
        assert_eq!(gate.place(now).unwrap(), now + seconds(7));
        gate.left_alone(Some(seconds(90_000)), now);
        assert_eq!(gate.place(now), Err(seconds(300)));
        assert!(gate.place(now + seconds(300)).is_ok());
    }

    #[test]
    fn leaves_it_alone_for_longer_each_time_until_it_takes_a_call() {
        let (gate, mut now) = gate();
        let mut waits = Vec::new();
        for _ in 0..9 {
            gate.left_alone(None, now);
            let until = gate.lock().alone_until;
            waits.push((until - now).as_secs());
            now = until;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
        gate.taken();
        gate.left_alone(None, now);
        assert_eq!(gate.place(now).unwrap(), now + Duration::from_secs(1));
    }
}
