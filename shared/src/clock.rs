//! The six clocks of every fact, as six types that cannot be mixed.
//!
//! effective, entered: what the agency says, in its own civil time and zone. observed: the agent.
//! received: the hub. attempted, confirmed: the notice. Deadlines and back-off use
//! `std::time::Instant` instead and never appear in a record.

use std::fmt;

use jiff::Timestamp;

use crate::code::coded_enum;

coded_enum! {
    /// How a civil time of an agency became an instant.
    pub enum Certainty {
        /// The civil time happened once, or the source gave an offset.
        Exact = 1 => "exact",
        /// The source gave a day without a time; the instant is that day's start.
        DateOnly = 2 => "date-only",
        /// The civil time was skipped when clocks went forward; the instant is an hour later.
        SkippedHour = 3 => "skipped-hour",
        /// The civil time happened twice when clocks went back; the instant is the first.
        DoubledHour = 4 => "doubled-hour",
    }
}

/// A time that an agency wrote, resolved to an instant in the agency's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// The instant.
    pub at: Timestamp,
    /// How sure the instant is.
    pub certainty: Certainty,
}

impl Moment {
    /// A moment about which there was nothing to decide.
    #[must_use]
    pub const fn exact(at: Timestamp) -> Self {
        Self {
            at,
            certainty: Certainty::Exact,
        }
    }
}

/// Defines a clock: a named wrapper around what it measures.
macro_rules! clocks {
    ($( $(#[$meta:meta])* $name:ident($inner:ty) ),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.timestamp(), formatter)
            }
        }
    )+ };
}

/// Gives a clock that our own programs read its constructors.
macro_rules! own_clock {
    ($($name:ident),+) => { $(
        impl $name {
            /// Returns the instant.
            #[must_use]
            pub const fn timestamp(self) -> Timestamp {
                self.0
            }

            /// Returns microseconds since 1970 in UTC, the form in which it is stored.
            #[must_use]
            pub fn micros(self) -> i64 {
                self.0.as_microsecond()
            }

            /// Reads stored microseconds, or returns `None` outside the years -9999 to 9999.
            #[must_use]
            pub fn from_micros(micros: i64) -> Option<Self> {
                Timestamp::from_microsecond(micros).ok().map(Self)
            }
        }
    )+ };
}

/// Gives a clock that an agency wrote its accessor.
macro_rules! agency_clock {
    ($($name:ident),+) => { $(
        impl $name {
            /// Returns the instant.
            #[must_use]
            pub const fn timestamp(self) -> Timestamp {
                self.0.at
            }
        }
    )+ };
}

clocks! {
    /// When the agency says that the fact took place.
    EffectiveAt(Moment),
    /// When the agency says that it wrote the fact down.
    EnteredAt(Moment),
    /// When the agent first saw the fact.
    ObservedAt(Timestamp),
    /// When the hub made the fact durable.
    ReceivedAt(Timestamp),
    /// When a notice of the fact was first attempted.
    AttemptedAt(Timestamp),
    /// When the registrant confirmed the notice.
    ConfirmedAt(Timestamp),
}

agency_clock!(EffectiveAt, EnteredAt);
impl EffectiveAt {
    /// Says whether the agency gave a day without a time.
    #[must_use]
    pub fn is_day(self) -> bool {
        self.0.certainty == Certainty::DateOnly
    }
}

own_clock!(ObservedAt, ReceivedAt, AttemptedAt, ConfirmedAt);

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{EffectiveAt, Moment, ObservedAt};

    #[test]
    fn stores_own_clocks_as_microseconds() {
        let observed = ObservedAt::from_micros(1_780_000_000_123_456).unwrap();
        assert_eq!(observed.micros(), 1_780_000_000_123_456);
        assert_eq!(ObservedAt::from_micros(i64::MAX), None);
    }

    #[test]
    fn prints_the_instant_of_an_agency_clock() {
        let at: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        assert_eq!(
            EffectiveAt(Moment::exact(at)).to_string(),
            "2026-06-01T12:00:00Z"
        );
    }
}
