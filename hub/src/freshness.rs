//! How old what is known is, and whether that has to be said.

pub mod canary;
pub mod standing;

use jiff::{SignedDuration, Timestamp};

use standing::STALE_AFTER;

/// How long ago a place was heard from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// Less than a minute ago.
    JustNow,
    /// This many minutes ago.
    Minutes(i64),
    /// Not since then.
    Silent(Timestamp),
    /// Never.
    Never,
}

/// Says how long ago a place was heard from.
#[must_use]
pub fn hearing(heard_at: Option<Timestamp>, now: Timestamp) -> Hearing {
    let Some(heard_at) = heard_at else {
        return Hearing::Never;
    };
    let age = now.duration_since(heard_at);
    if age >= STALE_AFTER {
        Hearing::Silent(heard_at)
    } else if age < SignedDuration::from_mins(1) {
        Hearing::JustNow
    } else {
        Hearing::Minutes(age.as_mins())
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Hearing, hearing};

    #[test]
    fn never_calls_an_old_word_a_fresh_one() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let ago = |seconds| now.checked_sub(SignedDuration::from_secs(seconds)).ok();
        assert_eq!(hearing(None, now), Hearing::Never);
        assert_eq!(hearing(ago(40), now), Hearing::JustNow);
        assert_eq!(hearing(ago(125), now), Hearing::Minutes(2));
        assert_eq!(hearing(ago(600), now), Hearing::Silent(ago(600).unwrap()));
    }
}
