//! Whether a trunk is there: what is known of it, from answers and silence. Pure.

use std::time::{Duration, Instant};

use super::settings::Timing;

/// Whether a trunk is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It has not been asked yet.
    Unknown,
    /// It answers.
    Up,
    /// It does not answer, or says that it cannot carry calls.
    Down(Fault),
}

/// What is wrong with a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It says nothing.
    Silent,
    /// It does not know us: the account is wrong.
    Refused,
    /// It carries no calls now.
    Unavailable(u16),
}

impl Condition {
    /// Returns its word in tables and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down(Fault::Silent) => "silent",
            Self::Down(Fault::Refused) => "refuses us",
            Self::Down(Fault::Unavailable(_)) => "unavailable",
        }
    }
}

/// How long others are tried before a trunk that has kept a call without carrying it.
const STUCK: Duration = Duration::from_secs(300);

/// What is known of a trunk.
#[derive(Debug, Clone, Copy)]
pub struct Health {
    condition: Condition,
    next: Instant,
    /// Until when others are tried before it.
    stuck_until: Option<Instant>,
}

impl Health {
    /// Begins with nothing known, to be asked at once.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            condition: Condition::Unknown,
            next: now,
            stuck_until: None,
        }
    }

    /// Returns whether it is there.
    #[must_use]
    pub const fn condition(&self) -> Condition {
        self.condition
    }

    /// Returns when to ask it again.
    #[must_use]
    pub const fn next(&self) -> Instant {
        self.next
    }

    /// Notes that it has kept a call without carrying it, though it answers.
    pub fn got_stuck(&mut self, now: Instant) {
        self.stuck_until = Some(now + STUCK);
    }

    /// Says whether it did so of late.
    #[must_use]
    pub fn was_stuck(&self, now: Instant) -> bool {
        self.stuck_until.is_some_and(|until| now < until)
    }

    /// Notes what came of asking, `None` for silence; returns whether its condition is another now.
    ///
    /// Any answer shows that it is there, and many do not serve the question itself.
    pub fn looked(&mut self, now: Instant, status: Option<u16>, timing: &Timing) -> bool {
        let condition = match status {
            None => Condition::Down(Fault::Silent),
            Some(401 | 403 | 407) => Condition::Down(Fault::Refused),
            Some(status @ 500..=599) if status != 501 => {
                Condition::Down(Fault::Unavailable(status))
            }
            Some(_) => Condition::Up,
        };
        let is_another = condition != self.condition;
        self.condition = condition;
        self.next = now
            + match condition {
                Condition::Up | Condition::Unknown => timing.look,
                Condition::Down(_) => timing.look_when_down,
            };
        is_another
    }

    /// Notes that a call found it silent or refusing; returns whether its condition is another now.
    ///
    /// What a single call was answered may be about that call: of that, asking decides soon.
    pub fn called(&mut self, now: Instant, status: Option<u16>, timing: &Timing) -> bool {
        match status {
            None => self.looked(now, None, timing),
            Some(401 | 407 | 500..=599) => {
                self.next = now;
                false
            }
            Some(status) => {
                if (200..300).contains(&status) {
                    self.stuck_until = None;
                }
                let is_another = self.condition != Condition::Up;
                self.condition = Condition::Up;
                is_another
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Condition, Fault, Health};
    use crate::sip::settings::Timing;

    fn begin() -> (Health, Instant, Timing) {
        #[expect(clippy::disallowed_methods, reason = "a test's own wiring")]
        let now = Instant::now();
        (Health::new(now), now, Timing::default())
    }

    #[test]
    fn any_answer_shows_that_a_trunk_is_there() {
        for status in [200, 404, 405, 481, 501] {
            let (mut health, now, timing) = begin();
            assert!(health.looked(now, Some(status), &timing), "{status}");
            assert_eq!(health.condition(), Condition::Up);
            assert_eq!(health.next(), now + timing.look);
            assert!(!health.looked(now, Some(status), &timing));
        }
    }

    #[test]
    fn silence_and_refusal_take_it_away_and_it_is_asked_sooner() {
        for (status, fault) in [
            (None, Fault::Silent),
            (Some(503), Fault::Unavailable(503)),
            (Some(403), Fault::Refused),
        ] {
            let (mut health, now, timing) = begin();
            health.looked(now, Some(200), &timing);
            assert!(health.looked(now, status, &timing));
            assert_eq!(health.condition(), Condition::Down(fault));
            assert_eq!(health.next(), now + timing.look_when_down);
        }
    }

    #[test]
    fn a_trunk_that_keeps_a_call_is_tried_after_others_until_it_carries_one_or_a_while_has_passed()
    {
        let (mut health, now, timing) = begin();
        health.got_stuck(now);
        assert!(health.was_stuck(now + Duration::from_secs(299)));
        assert!(!health.was_stuck(now + Duration::from_secs(300)));
        health.called(now, Some(408), &timing);
        assert!(health.was_stuck(now));
        health.called(now, Some(200), &timing);
        assert!(!health.was_stuck(now));
    }

    #[test]
    fn a_call_that_finds_it_silent_takes_it_away_and_one_that_is_answered_brings_it_back() {
        let (mut health, now, timing) = begin();
        assert!(health.called(now, None, &timing));
        assert_eq!(health.condition(), Condition::Down(Fault::Silent));
        assert!(health.called(now, Some(486), &timing));
        assert_eq!(health.condition(), Condition::Up);
        // What one call was told has it asked, no more.
        health.looked(now, Some(200), &timing);
        let later = now + Duration::from_secs(1);
        assert!(!health.called(later, Some(503), &timing));
        assert_eq!((health.condition(), health.next()), (Condition::Up, later));
    }
}
