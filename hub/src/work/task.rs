//! Tasks: what waits for a person, and to whom it goes when it waits too long.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use savin_shared::ids::FacilityCode;

use crate::ids::{EventPosition, PersonId, RecordId};

/// What kind of task it is; a new one is appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskKind {
    /// It is in doubt about whom a record is.
    IdentityDoubt,
    /// An event was told to nobody, for how it was found or because of a doubt.
    EventReview,
    /// A statutory deadline comes near.
    Clock,
    /// A jail is not heard from.
    FeedStale,
    /// An agency has to be told.
    AgencyNotice,
    /// Who asked for a protective order is not known here.
    ProtectiveOrder,
    /// Somebody was let go although another agency wants them, or with a charge left open.
    ReleaseCheck,
    /// A registrant cannot be reached.
    Unreachable,
    /// A person is missing from a complete roster: the jail is asked.
    NoLongerListed,
    /// Something else that an operator has to look at.
    Other,
    /// An agency's daily test of the line did not come out at its end.
    CanaryLate,
    /// A notice by telephone or letter that a person carries.
    ByHand,
    /// A court's order ended what somebody is told, or an agency still lists what one removed.
    CourtOrder,
    /// The budget for telling is spent, or nearly.
    Budget,
}

impl TaskKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::IdentityDoubt,
        Self::EventReview,
        Self::Clock,
        Self::FeedStale,
        Self::AgencyNotice,
        Self::ProtectiveOrder,
        Self::ReleaseCheck,
        Self::Unreachable,
        Self::NoLongerListed,
        Self::Other,
        Self::CanaryLate,
        Self::ByHand,
        Self::CourtOrder,
        Self::Budget,
    ];

    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdentityDoubt => "identity-doubt",
            Self::EventReview => "event-review",
            Self::Clock => "clock",
            Self::FeedStale => "feed-stale",
            Self::AgencyNotice => "agency-notice",
            Self::ProtectiveOrder => "protective-order",
            Self::ReleaseCheck => "release-check",
            Self::Unreachable => "unreachable",
            Self::NoLongerListed => "no-longer-listed",
            Self::Other => "other",
            Self::CanaryLate => "canary-late",
            Self::ByHand => "by-hand",
            Self::CourtOrder => "court-order",
            Self::Budget => "budget",
        }
    }

    /// Returns the kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for TaskKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A task on its way into the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// What kind it is.
    pub kind: TaskKind,
    /// What it is about, as a key: there is one open task of a kind and subject.
    pub subject: String,
    /// Which facility it concerns.
    pub facility: Option<FacilityCode>,
    /// Which person it concerns.
    pub person: Option<PersonId>,
    /// Which other person.
    pub other: Option<PersonId>,
    /// Which record.
    pub record: Option<RecordId>,
    /// Which event.
    pub event: Option<EventPosition>,
    /// How soon: 1 first.
    pub urgency: u8,
    /// By when it must be done, where there is such a time.
    pub due_at: Option<Timestamp>,
    /// What is to be done. Never anything of a registrant.
    pub note: String,
}

impl NewTask {
    /// Asks for something that is about no person and no event, by no set time.
    #[must_use]
    pub fn of((kind, subject): (TaskKind, String), urgency: u8, note: String) -> Self {
        Self {
            kind,
            subject,
            facility: None,
            person: None,
            other: None,
            record: None,
            event: None,
            urgency,
            due_at: None,
            note,
        }
    }
}

/// To whom a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Whoever is at the desk.
    Operator,
    /// The supervisor.
    Supervisor,
    /// The duty officer of MDOC; from there it goes nowhere else.
    DutyOfficer,
}

impl Level {
    /// Every level, the first first.
    pub const ALL: [Self; 3] = [Self::Operator, Self::Supervisor, Self::DutyOfficer];

    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Supervisor => "supervisor",
            Self::DutyOfficer => "duty-officer",
        }
    }

    /// Returns the level of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }

    /// Returns to whom it goes next.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Operator => Some(Self::Supervisor),
            Self::Supervisor => Some(Self::DutyOfficer),
            Self::DutyOfficer => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How long a task without a deadline may wait at a level: by its urgency, in minutes.
const WAITS_MINUTES: [[i64; 2]; 4] = [[15, 30], [60, 180], [480, 960], [1_440, 2_880]];

/// Returns when a task that is at a level now goes to the next, if nobody has done it. A timer only
/// ever brings it to another person: it never tells anybody anything.
///
/// Without a deadline it is by how urgent it is. With one, half of the time to it belongs to the
/// operator, and half of the rest to the supervisor, if that is sooner.
#[must_use]
pub fn escalates_at(
    level: Level,
    urgency: u8,
    opened_at: Timestamp,
    due_at: Option<Timestamp>,
) -> Option<Timestamp> {
    let place = match level {
        Level::Operator => 0,
        Level::Supervisor => 1,
        Level::DutyOfficer => return None,
    };
    let row = usize::from(urgency.max(1) - 1).min(WAITS_MINUTES.len() - 1);
    let minutes = WAITS_MINUTES.get(row).and_then(|waits| waits.get(place));
    let by_urgency = SignedDuration::from_mins(minutes.copied().unwrap_or(60));
    let wait = match due_at {
        None => by_urgency,
        Some(due_at) => {
            let left = due_at.duration_since(opened_at).max(SignedDuration::ZERO);
            match level {
                Level::Operator => left / 2,
                Level::Supervisor | Level::DutyOfficer => left * 3 / 4,
            }
        }
    };
    opened_at.checked_add(wait).ok()
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Level, TaskKind, escalates_at};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn reads_every_kind_and_level_back() {
        for kind in TaskKind::ALL {
            assert_eq!(TaskKind::parse(kind.as_str()), Some(kind));
        }
        for level in Level::ALL {
            assert_eq!(Level::parse(level.as_str()), Some(level));
        }
    }

    #[test]
    fn brings_what_waits_to_the_next_person_and_ends_at_one() {
        let opened = at("2026-06-01T12:00:00Z");
        let after = |level, urgency, due| {
            escalates_at(level, urgency, opened, due).map(|at| at.duration_since(opened))
        };
        let minutes = |minutes| Some(SignedDuration::from_mins(minutes));
        assert_eq!(after(Level::Operator, 1, None), minutes(15));
        assert_eq!(after(Level::Supervisor, 1, None), minutes(30));
        assert_eq!(after(Level::Operator, 9, None), minutes(1_440));
        assert_eq!(after(Level::DutyOfficer, 1, None), None);
        let due = Some(at("2026-06-05T12:00:00Z"));
        assert_eq!(after(Level::Operator, 4, due), minutes(2 * 1_440));
        assert_eq!(after(Level::Supervisor, 4, due), minutes(3 * 1_440));
        let past = Some(at("2026-05-31T12:00:00Z"));
        assert_eq!(after(Level::Operator, 4, past), minutes(0));
    }
}
