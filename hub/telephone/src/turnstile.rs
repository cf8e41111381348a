//! Lets calls begin one after the other, so many a second: what cannot wait before all that waits its turn.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use savin_shared::world::World;
use tokio::sync::Semaphore;

/// Whether a call may wait for those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// It takes its turn.
    InTurn,
    /// It passes whatever takes its turn.
    Ahead,
}

/// Where calls wait until one more may begin.
#[derive(Debug)]
pub struct Turnstile {
    apart: Duration,
    next: Mutex<Instant>,
    queue: Semaphore,
    world: World,
}

impl Turnstile {
    /// Makes one that lets so many calls begin in a second.
    #[must_use]
    pub fn new(calls_per_second: u32, world: World) -> Self {
        Self {
            apart: Duration::from_secs(1) / calls_per_second.max(1),
            next: Mutex::new((world.monotonic)()),
            queue: Semaphore::new(1),
            world,
        }
    }

    /// Waits until one more call may begin. Whoever takes its turn takes no place until that place has
    /// come: one that passes ahead waits for others that do, and else for one place at most.
    pub async fn pass(&self, haste: Haste) {
        match haste {
            Haste::Ahead => tokio::time::sleep_until(self.place().into()).await,
            Haste::InTurn => {
                // It is never closed.
                let _first = self.queue.acquire().await;
                while let Err(later) = self.place_now() {
                    tokio::time::sleep_until(later.into()).await;
                }
            }
        }
    }

    /// Takes the next place, and returns when it comes.
    fn place(&self) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = (*next).max((self.world.monotonic)());
        *next = begins + self.apart;
        begins
    }

    /// Takes the next place if it has come, and says when it comes if not.
    fn place_now(&self) -> Result<(), Instant> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.world.monotonic)();
        if *next > now {
            return Err(*next);
        }
        *next = now + self.apart;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use savin_shared::world::World;
    use tokio::sync::mpsc;
    use tokio::task::JoinSet;

    use super::{Haste, Turnstile};

    #[expect(
        clippy::disallowed_methods,
        reason = "the test waits by the machine's clock"
    )]
    fn monotonic() -> Instant {
        Instant::now()
    }

    #[tokio::test]
    async fn what_cannot_wait_passes_all_that_waits() {
        let world = World {
            wall: || jiff::Timestamp::UNIX_EPOCH,
            monotonic,
            random: || [0; 16],
        };
        let turnstile = Arc::new(Turnstile::new(20, world));
        let (passed, mut order) = mpsc::channel(30);
        let begun = monotonic();
        let mut calls = JoinSet::new();
        let mut call = |name: &'static str, haste| {
            let (turnstile, passed) = (Arc::clone(&turnstile), passed.clone());
            calls.spawn(async move {
                turnstile.pass(haste).await;
                assert!(passed.send(name).await.is_ok());
            });
        };
        for _ in 0..20 {
            call("release", Haste::InTurn);
        }
        for _ in 0..3 {
            assert_eq!(order.recv().await, Some("release"));
        }
        call("escape", Haste::Ahead);
        let mut after = Vec::new();
        for _ in 0..18 {
            after.push(order.recv().await.unwrap());
        }
        let passed_by = after.iter().position(|name| *name == "escape").unwrap();
        assert!(
            passed_by <= 1,
            "one may pass while it is on its way: {after:?}"
        );
        assert!(calls.join_all().await.len() == 21);
        assert!(
            begun.elapsed().as_millis() >= 1_000,
            "20 in a second, and no more"
        );
    }
}
