//! Everything that may be asked of the vault, and everything that it may answer: four ports, each
//! with a closed set, as plain values.

mod portal;
mod staff;

use jiff::Timestamp;
use savin_shared::pii::Secret;

pub use self::portal::{
    MaskedContact, MaskedView, PortalAnswer, PortalCommand, Subscribed, Ticket,
};
pub use self::staff::{
    CanaryStanding, Counts, FollowCommand, NoticeRow, OrderCommand, Reach, StaffAnswer,
    StaffCommand, TaskCommand, ToldCount, VaultTask,
};
use crate::ids::{EventId, EventPosition, NoticeId};
use crate::notification::contact::Contact;
use crate::notification::fact::{Disclosure, Fact};
use crate::notification::mark::Marks;
use crate::notification::words::Language;

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
}

/// What a courier may ask.
#[derive(Debug, Clone)]
pub enum CourierCommand {
    /// Give me messages that are due; each is mine until the lease ends.
    Claim {
        /// At most how many.
        limit: u32,
    },
    /// This became of a try.
    Finish {
        /// Of which message.
        notice: NoticeId,
        /// The claim under which it was tried.
        claim: i64,
        /// What became of it.
        outcome: TryOutcome,
    },
}

/// What a courier is answered.
#[derive(Debug, Clone)]
pub enum CourierAnswer {
    /// Messages to carry, the most urgent first.
    Messages(Vec<Message>),
    /// When the next one is due, if any is.
    Noted,
}

/// One message, with the least that carrying it needs.
#[derive(Debug, Clone)]
pub struct Message {
    /// Which.
    pub notice: NoticeId,
    /// The claim under which it is carried.
    pub claim: i64,
    /// To where.
    pub to: Contact,
    /// In which language.
    pub language: Language,
    /// What it says.
    pub content: Content,
    /// By what the message names itself outside.
    pub marks: Marks,
    /// Whether she may have been told already, which a hub that was restored cannot know.
    pub may_repeat: bool,
}

/// What a message says; what the registrant's choice holds back is not in it.
#[derive(Debug, Clone)]
pub enum Content {
    /// A fact.
    Fact(Box<Fact>),
    /// That there is news.
    News,
    /// A code that proves that an address is hers.
    Code(Secret<String>),
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TryOutcome {
    /// The mail server took it. That is not yet delivered, and not yet read.
    Accepted {
        /// The server's answer.
        detail: String,
    },
    /// Not now: try again later.
    Deferred {
        /// The server's answer, or what failed.
        detail: String,
    },
    /// Never: the address does not exist, or does not take our mail.
    Refused {
        /// The server's answer.
        detail: String,
    },
}
