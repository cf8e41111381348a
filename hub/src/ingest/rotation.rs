//! When an agent is asked to renew its certificate: after half of its life, and again while it has
//! not.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use savin_shared::frame::renewal::RenewAnswer;
use savin_shared::world::World;

use crate::authority::AgentCertificate;

/// The shortest and longest time until an agent is asked again.
const AGAIN_MIN: Duration = Duration::from_secs(2);
const AGAIN_MAX: Duration = Duration::from_secs(3600);

/// The renewals of one session.
#[derive(Debug)]
pub(super) struct Rotation {
    certificate: AgentCertificate,
    /// When to ask next, once the agent was greeted.
    next: Instant,
    is_begun: bool,
    is_asked: bool,
}

impl Rotation {
    pub(super) fn of(certificate: &AgentCertificate, world: World) -> Self {
        Self {
            certificate: *certificate,
            next: when(certificate, world),
            is_begun: false,
            is_asked: false,
        }
    }

    /// Begins to ask: before the greeting nothing can be.
    pub(super) const fn begin(&mut self) {
        self.is_begun = true;
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.is_begun.then_some(self.next)
    }

    /// Says whether the agent was asked and has not answered yet.
    pub(super) const fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// Takes note that the agent is asked now.
    pub(super) fn ask(&mut self, now: Instant) {
        let life = self
            .certificate
            .ends
            .duration_since(self.certificate.signed);
        self.is_asked = true;
        self.next = now + (life.unsigned_abs() / 20).clamp(AGAIN_MIN, AGAIN_MAX);
    }

    /// Takes note of what the agent was answered.
    pub(super) fn answered(&mut self, answer: &RenewAnswer, world: World) {
        self.is_asked = false;
        let RenewAnswer::Renewed(renewed) = answer else {
            return;
        };
        if let Ok(ends) = Timestamp::from_microsecond(renewed.expires_us) {
            self.certificate = AgentCertificate {
                signed: (world.wall)(),
                ends,
                ..self.certificate
            };
            self.next = when(&self.certificate, world);
        }
    }
}

fn when(certificate: &AgentCertificate, world: World) -> Instant {
    let at = certificate.renewal_at((world.random)());
    let wait = at.duration_since((world.wall)());
    let now = (world.monotonic)();
    if wait.is_negative() {
        now
    } else {
        now + wait.unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use jiff::{SignedDuration, Timestamp};
    use savin_shared::frame::renewal::{RenewAnswer, Renewed};
    use savin_shared::ids::AgentId;
    use savin_shared::world::World;

    use super::Rotation;
    use crate::authority::AgentCertificate;

    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for invented deadlines"
    )]
    fn monotonic() -> Instant {
        use std::sync::OnceLock;
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        *ORIGIN.get_or_init(Instant::now)
    }

    #[test]
    fn asks_after_half_a_life_and_again_until_it_is_renewed() {
        let world = World {
            wall: || Timestamp::UNIX_EPOCH,
            monotonic,
            random: || [0; 16],
        };
        let days = |days: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(days * 24);
        let certificate = AgentCertificate {
            agent: AgentId::from_bytes([1; 16]),
            signed: days(0),
            ends: days(90),
        };
        let after = |rotation: &Rotation| rotation.due().map(|due| due - monotonic());
        let mut rotation = Rotation::of(&certificate, world);
        assert_eq!(after(&rotation), None);
        rotation.begin();
        assert_eq!(after(&rotation), Some(Duration::from_hours(45 * 24)));
        rotation.ask(monotonic());
        assert!(rotation.is_asked());
        assert_eq!(after(&rotation), Some(Duration::from_hours(1)));
        let renewed = Renewed {
            certificate: Vec::new(),
            expires_us: days(10).as_microsecond(),
        };
        rotation.answered(&RenewAnswer::Renewed(renewed), world);
        assert!(!rotation.is_asked());
        assert_eq!(after(&rotation), Some(Duration::from_hours(5 * 24)));
    }
}
