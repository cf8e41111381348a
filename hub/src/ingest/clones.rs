//! Whether two programs run with one identity. Each start of the agent's program draws a random
//! number and greets with it. A restart brings a new one; only a second program makes an old one
//! come back.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Starts of an agent that are remembered.
const STARTS_MAX: usize = 16;

/// The time in which returns are counted together.
const WINDOW: Duration = Duration::from_secs(3600);

/// Returns within [`WINDOW`] above which there is an alarm. Fewer could be a machine that was set
/// back once.
const RETURNS_MAX: usize = 3;

/// What a greeting says about the program that greets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// The same start as before, or the first that is heard of.
    Same,
    /// Another start, as after every restart.
    Other,
    /// A start that another one had followed: two programs take turns.
    Returned {
        /// Whether it was more often than an accident would be.
        is_alarm: bool,
    },
}

/// The starts of one agent, the newest last.
#[derive(Debug, Default)]
pub(super) struct Starts {
    known: VecDeque<[u8; 16]>,
    returns: VecDeque<Instant>,
}

impl Starts {
    /// Takes note of a greeting.
    pub(super) fn greeted(&mut self, boot: [u8; 16], now: Instant) -> Start {
        let Some(newest) = self.known.back() else {
            self.known.push_back(boot);
            return Start::Same;
        };
        if *newest == boot {
            return Start::Same;
        }
        let place = self.known.iter().position(|known| *known == boot);
        if let Some(place) = place {
            self.known.remove(place);
        }
        self.known.push_back(boot);
        if self.known.len() > STARTS_MAX {
            self.known.pop_front();
        }
        if place.is_none() {
            return Start::Other;
        }
        let is_old = |at: &Instant| now.saturating_duration_since(*at) > WINDOW;
        while self.returns.front().is_some_and(is_old) {
            self.returns.pop_front();
        }
        self.returns.push_back(now);
        if self.returns.len() > STARTS_MAX {
            self.returns.pop_front();
        }
        Start::Returned {
            is_alarm: self.returns.len() > RETURNS_MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Start, Starts};

    #[expect(clippy::disallowed_methods, reason = "an origin for invented times")]
    fn origin() -> Instant {
        Instant::now()
    }

    #[test]
    fn tells_two_programs_from_one_that_is_started_again_and_again() {
        let (mut starts, now) = (Starts::default(), origin());
        assert_eq!(starts.greeted([0; 16], now), Start::Same);
        for boot in 1..200 {
            assert_eq!(starts.greeted([boot; 16], now), Start::Other);
            assert_eq!(starts.greeted([boot; 16], now), Start::Same);
        }
    }

    #[test]
    fn raises_an_alarm_at_more_than_three_returns_in_an_hour() {
        let turns = |every: u64| {
            let (mut starts, now) = (Starts::default(), origin());
            let mut alarms = 0;
            for turn in 0..20 {
                let boot = [u8::from(turn % 2 == 1); 16];
                let at = now + Duration::from_secs(turn * every);
                let start = starts.greeted(boot, at);
                alarms += u32::from(start == Start::Returned { is_alarm: true });
            }
            alarms
        };
        // The first two are a start and a restart, the next three may be an accident.
        assert_eq!(turns(1), 20 - 2 - 3);
        assert_eq!(turns(1300), 0);
    }
}
