//! Everything that may be asked of the vault, and everything that it may answer: four ports, each
//! with a closed set, as plain values.

mod courier;
mod line;
mod order;
mod place;
mod portal;
mod staff;

use jiff::Timestamp;
use savin_shared::ids::{AgencyId, RecordKey};

pub use self::courier::{
    CallCare, CallOutcome, Content, CourierAnswer, CourierCommand, Later, LeftCall, Message,
    PinVerdict, Room, TryOutcome,
};
pub use self::line::{
    CallCost, IncomingView, LineCommand, Setting, Shown, WatchedEntry, WatchedList,
};
pub use self::order::{Expunction, OrderCommand};
pub use self::place::{NextTry, NoticePlace, TryShown, Why};
pub use self::portal::{
    Entry, MaskedContact, MaskedFollow, MaskedView, PortalAnswer, PortalCommand, Subscribed,
    Ticket, Wishes,
};
pub use self::staff::{
    AccountView, BudgetCommand, BudgetView, CanaryStanding, ContactCommand, Counts, FollowCommand,
    NoticeRow, Reach, Spent, StaffAnswer, StaffCommand, TaskCommand, ToldCount, VaultTask,
};
use crate::ids::{EventId, EventPosition, PersonId};
use crate::notification::fact::{Disclosure, Fact};
use crate::notification::words::Language;
pub use crate::store::vault::stopping::Stops;

/// A command of any port.
#[derive(Debug, Clone)]
pub enum Command {
    /// Of the web and telephone front: write-only.
    Portal(PortalCommand),
    /// Of the planner, which reads the registry's events.
    Planner(PlannerCommand),
    /// Of a courier, which carries one message at a time.
    Courier(CourierCommand),
    /// Of staff.
    Staff(StaffCommand),
}

/// An answer of any port.
#[derive(Debug, Clone)]
pub enum Answer {
    /// To [`Command::Portal`].
    Portal(PortalAnswer),
    /// To [`Command::Planner`].
    Planner(PlannerAnswer),
    /// To [`Command::Courier`].
    Courier(CourierAnswer),
    /// To [`Command::Staff`].
    Staff(StaffAnswer),
}

/// What a registrant chose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choices {
    /// In which language she is told.
    pub language: Language,
    /// How much a message may say.
    pub disclosure: Disclosure,
}

impl Choices {
    /// Joins what she chose before with what she chose when she registered again: the newer language,
    /// and of the two levels the one that says less. More is said only after she asked for it where
    /// she sees what stands.
    #[must_use]
    pub const fn joined(self, newer: Self) -> Self {
        let disclosure = match (self.disclosure, newer.disclosure) {
            (Disclosure::ContentFree, _) | (_, Disclosure::ContentFree) => Disclosure::ContentFree,
            (Disclosure::Discreet, _) | (_, Disclosure::Discreet) => Disclosure::Discreet,
            (Disclosure::Full, Disclosure::Full) => Disclosure::Full,
        };
        Self {
            language: newer.language,
            disclosure,
        }
    }
}

/// What the planner may ask.
#[derive(Debug, Clone)]
pub enum PlannerCommand {
    /// Up to which event was planned?
    Watermark,
    /// The registry ends here: a watermark beyond it is of a registry that was lost since, and goes
    /// back, so that the events that take those places again are planned.
    Rewind {
        /// The registry's last event.
        last: EventPosition,
    },
    /// Plan these facts and move the watermark, in one transaction.
    Plan {
        /// The watermark as the planner knows it.
        from: EventPosition,
        /// The watermark afterwards.
        to: EventPosition,
        /// What is to be told of the events between.
        facts: Vec<Fact>,
    },
    /// Tell a fact to whoever asked to be told since it was planned; nobody is told twice.
    Retell {
        /// The deadline whose window opens: then everybody is told once more. Doing so again changes
        /// nothing.
        clock: Option<String>,
        /// What is to be told.
        fact: Box<Fact>,
    },
    /// Tell whoever may have heard of events that they were not so, and withdraw what nobody heard;
    /// doing so again changes nothing. Where one of the events is not planned yet nothing is done, and
    /// the answer says up to where all are.
    Correct {
        /// For each event what is to be told instead, with the event's own name and place.
        facts: Vec<Fact>,
    },
    /// Deadlines come near or have passed: whoever was not reached is brought to a person.
    Due {
        /// Which deadlines.
        clocks: Vec<DueClock>,
    },
    /// Bring tasks that waited too long to the next person.
    Escalate,
    /// These are all the persons that the registry knows: whoever asked about another is called.
    RollCall {
        /// Everybody.
        persons: Vec<PersonId>,
    },
    /// By these records persons are known: one that was lost with a registry is found again by them.
    Trace {
        /// Who, and by which.
        known: Vec<Traced>,
    },
}

/// By which records a person is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// Who, and everybody who was joined to them.
    pub persons: Vec<PersonId>,
    /// Which, of any agency.
    pub records: Vec<(AgencyId, RecordKey)>,
}

/// A deadline by which every registrant of an event is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueClock {
    /// What it is called.
    pub clock: String,
    /// The event that is to be told.
    pub event: EventId,
    /// Only what was planned since then counts.
    pub since: Option<Timestamp>,
    /// When it passes.
    pub due_at: Timestamp,
    /// What is to be done, in words.
    pub what: String,
}

/// What the planner is answered: never how many were planned, nor for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlannerAnswer {
    /// Everything up to this event is planned.
    Watermark(EventPosition),
    /// Done, whether or not that reached anybody.
    Done,
    /// Whether records are looked for by which somebody was known before a registry was put back.
    Sought(bool),
}
