//! Whether an agency's daily test of the line has come out at its end in time.

use jiff::{SignedDuration, Timestamp};

/// How often the line is tested.
const EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How the daily test of an agent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canary {
    /// The agent does not test its line.
    Off,
    /// It did not come out yet, and has time until then.
    Waiting(Timestamp),
    /// It came out, and the next one is expected by then.
    Good(Timestamp),
    /// It should have come out by then.
    Late(Timestamp),
}

impl Canary {
    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Waiting(_) => "waiting",
            Self::Good(_) => "good",
            Self::Late(_) => "CANARY LATE",
        }
    }

    /// Returns by when the next one is, or was, expected.
    #[must_use]
    pub const fn due(self) -> Option<Timestamp> {
        match self {
            Self::Off => None,
            Self::Waiting(due) | Self::Good(due) | Self::Late(due) => Some(due),
        }
    }
}

/// Decides it from when the agent began to test its line (nothing where it does not), when the last
/// test that came out was made, and how much time each one has to come out.
#[must_use]
pub fn canary(
    armed_at: Option<Timestamp>,
    made_at: Option<Timestamp>,
    allowance: SignedDuration,
    now: Timestamp,
) -> Canary {
    let Some(armed_at) = armed_at else {
        return Canary::Off;
    };
    let next = made_at.and_then(|made_at| made_at.checked_add(EVERY).ok());
    let expected = next.map_or(armed_at, |next| next.max(armed_at));
    let due = expected.checked_add(allowance).unwrap_or(Timestamp::MAX);
    match made_at {
        _ if due < now => Canary::Late(due),
        Some(_) => Canary::Good(due),
        None => Canary::Waiting(due),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Canary, canary};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn is_late_when_none_has_come_out_for_a_day_and_its_time() {
        let armed = Some(at("2026-06-01T12:00:00Z"));
        let after = |made: Option<&str>, now: &str| {
            canary(armed, made.map(at), SignedDuration::from_hours(2), at(now))
        };
        let first = at("2026-06-01T14:00:00Z");
        assert_eq!(after(None, "2026-06-01T14:00:00Z"), Canary::Waiting(first));
        assert_eq!(after(None, "2026-06-01T14:00:01Z"), Canary::Late(first));
        let made = Some("2026-06-01T12:00:05Z");
        let next = at("2026-06-02T14:00:05Z");
        assert_eq!(after(made, "2026-06-02T14:00:05Z"), Canary::Good(next));
        assert_eq!(after(made, "2026-06-02T14:00:06Z"), Canary::Late(next));
        let off = canary(
            None,
            made.map(at),
            SignedDuration::ZERO,
            at("2026-06-09T00:00:00Z"),
        );
        assert_eq!(off, Canary::Off);
    }

    #[test]
    fn has_its_time_after_it_was_switched_on_again() {
        let state = canary(
            Some(at("2026-06-20T12:00:00Z")),
            Some(at("2026-06-01T12:00:00Z")),
            SignedDuration::from_hours(2),
            at("2026-06-20T13:00:00Z"),
        );
        assert_eq!(state, Canary::Good(at("2026-06-20T14:00:00Z")));
    }
}
