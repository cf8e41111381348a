//! The pulse of the running agent: a sign of life goes to the supervisor only after every task of the
//! agent has shown that it goes on.
//!
//! There is no timer that beats by itself: a capture or an uplink that is stuck stops the pulse of
//! all, and the supervisor starts the program again.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a task beats that waits because it has nothing to do. Longer brings the pulse near to the
/// shortest watchdog that is useful; shorter wakes the machine up for nothing.
pub const WAITING_BEAT: Duration = Duration::from_secs(5);

/// Who is told that everything goes on.
type Ping = Box<dyn Fn() + Send + Sync>;

/// Counts the tasks that have beaten since the last sign of life.
pub struct Pulse {
    beaten: Vec<AtomicBool>,
    ping: Ping,
}

impl fmt::Debug for Pulse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pulse")
            .field("beaten", &self.beaten)
            .finish_non_exhaustive()
    }
}

impl Pulse {
    /// Makes a beat for each of so many tasks; `ping` is called whenever all of them have beaten.
    #[must_use]
    pub fn of(tasks: usize, ping: impl Fn() + Send + Sync + 'static) -> Vec<Beat> {
        let pulse = Arc::new(Self {
            beaten: (0..tasks).map(|_| AtomicBool::new(false)).collect(),
            ping: Box::new(ping),
        });
        (0..tasks)
            .map(|place| Beat {
                pulse: Arc::clone(&pulse),
                place,
            })
            .collect()
    }

    fn beat(&self, place: usize) {
        if let Some(beaten) = self.beaten.get(place) {
            beaten.store(true, Ordering::Relaxed);
        }
        if self.beaten.iter().all(|b| b.load(Ordering::Relaxed)) {
            for beaten in &self.beaten {
                beaten.store(false, Ordering::Relaxed);
            }
            (self.ping)();
        }
    }
}

/// One task's part of the pulse.
#[derive(Debug, Clone)]
pub struct Beat {
    pulse: Arc<Pulse>,
    place: usize,
}

impl Beat {
    /// A beat that nobody listens to.
    #[must_use]
    pub fn unheard() -> Self {
        Self {
            pulse: Arc::new(Pulse {
                beaten: Vec::new(),
                ping: Box::new(|| {}),
            }),
            place: 0,
        }
    }

    /// Shows that the task goes on.
    pub fn beat(&self) {
        self.pulse.beat(self.place);
    }

    /// Waits for something that may rightly take long, and shows meanwhile that the task is there. Not
    /// for work: work that does not end must stop the pulse.
    pub async fn while_waiting<T>(&self, wait: impl Future<Output = T>) -> T {
        let mut wait = std::pin::pin!(wait);
        loop {
            self.beat();
            tokio::select! {
                biased;
                value = &mut wait => return value,
                () = tokio::time::sleep(WAITING_BEAT) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{Beat, Pulse};

    fn counted(tasks: usize) -> (Arc<AtomicUsize>, Vec<Beat>) {
        let pings = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&pings);
        let beats = Pulse::of(tasks, move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        (pings, beats)
    }

    #[test]
    fn one_task_that_is_stuck_stops_the_pulse_of_all() {
        let (pings, beats) = counted(3);
        for _ in 0..10 {
            beats[0].beat();
            beats[1].beat();
        }
        assert_eq!(pings.load(Ordering::Relaxed), 0);
        beats[2].beat();
        assert_eq!(pings.load(Ordering::Relaxed), 1);
        beats[2].beat();
        beats[1].beat();
        assert_eq!(pings.load(Ordering::Relaxed), 1, "the first is stuck now");
        beats[0].beat();
        assert_eq!(pings.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn who_waits_for_something_shows_that_it_is_there() {
        let (pings, beats) = counted(1);
        assert_eq!(beats[0].while_waiting(async { 7 }).await, 7);
        assert_eq!(pings.load(Ordering::Relaxed), 1);
    }
}
