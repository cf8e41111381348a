//! Everything that may be asked of the vault, and everything that it may answer: four ports, each
//! with a closed set, as plain values.

use jiff::Timestamp;
use savin_shared::pii::{Pii, Secret};

use crate::ids::{EventId, EventPosition, NoticeId, PersonId, RegistrantId, SubscriptionId};
use crate::notification::address::EmailAddress;
use crate::notification::fact::{Disclosure, Fact};
use crate::notification::words::Language;
pub use crate::store::vault::canary::CanaryStanding;
use crate::work::task::{Level, TaskKind};

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

/// About whom somebody wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribed {
    /// The person.
    pub person: PersonId,
    /// The person's initials, by which she recognises the entry later.
    pub label: String,
}

/// An opaque secret that a page carries from step to step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket(pub Secret<String>);

/// What the front may ask.
#[derive(Debug, Clone)]
pub enum PortalCommand {
    /// Somebody wants to be told, and is to prove that the address is hers.
    BeginRegistration {
        /// Where.
        address: EmailAddress,
        /// About whom.
        about: Subscribed,
        /// How.
        choices: Choices,
    },
    /// The code of a registration came back.
    ConfirmRegistration {
        /// Of which.
        ticket: Ticket,
        /// The code.
        code: Secret<String>,
    },
    /// Somebody wants to change or stop, and is to prove that the address is hers.
    BeginAccess {
        /// The address.
        address: EmailAddress,
        /// In which language the code is sent.
        language: Language,
    },
    /// The code of an access came back.
    ConfirmAccess {
        /// Of which.
        ticket: Ticket,
        /// The code.
        code: Secret<String>,
    },
    /// Show what she chose.
    View {
        /// Her session.
        session: Ticket,
    },
    /// Change what she chose.
    Change {
        /// Her session.
        session: Ticket,
        /// How from now on.
        choices: Choices,
    },
    /// Stop telling her about one person.
    Drop {
        /// Her session.
        session: Ticket,
        /// The entry.
        entry: SubscriptionId,
    },
    /// Stop telling her anything, and forget her.
    Stop {
        /// Her session.
        session: Ticket,
    },
    /// End the session.
    Leave {
        /// Her session.
        session: Ticket,
    },
}

/// What the front is answered: nothing that a stranger could learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortalAnswer {
    /// A code is on its way, if there is anywhere to send it.
    Begun(Ticket),
    /// Done.
    Done,
    /// The code is wrong, or too old, or was tried too often.
    Refused,
    /// The session, once a code was right.
    Session(Ticket),
    /// What she chose, masked.
    View(MaskedView),
}

/// What a registrant chose, in a form that tells a stranger little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedView {
    /// Her address, masked.
    pub address: String,
    /// How she is told.
    pub choices: Choices,
    /// About whom, by initials.
    pub about: Vec<(SubscriptionId, String)>,
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
    pub address: EmailAddress,
    /// In which language.
    pub language: Language,
    /// What it says.
    pub content: Content,
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

/// What staff may ask.
#[derive(Debug, Clone)]
pub enum StaffCommand {
    /// Register somebody whose address staff has verified, as from the paper form.
    Register {
        /// Where.
        address: EmailAddress,
        /// About whom.
        about: Subscribed,
        /// How.
        choices: Choices,
    },
    /// List notices, the newest first.
    Notices {
        /// At most how many.
        limit: u32,
    },
    /// Count what there is.
    Counts,
    /// Count how far the registrants of events were reached.
    Reach {
        /// Of which events.
        events: Vec<EventId>,
    },
    /// Work on the tasks that concern registrants.
    Tasks(TaskCommand),
    /// Let the agencies' daily tests come out at this address from now on, or nowhere.
    Monitor(Option<EmailAddress>),
    /// Say how the daily tests stand.
    Canaries,
}

/// What staff may do with tasks that concern registrants.
#[derive(Debug, Clone)]
pub enum TaskCommand {
    /// List the open ones.
    List {
        /// Of which kind; of all without one.
        kind: Option<TaskKind>,
        /// At most how many.
        limit: u32,
    },
    /// Show one.
    Load {
        /// Which.
        task: i64,
    },
    /// Somebody works on one.
    Claim {
        /// Which.
        task: i64,
        /// Who.
        staff: String,
    },
    /// One has been decided; the decision is signed and in the registry.
    Done {
        /// Which.
        task: i64,
        /// What was chosen.
        choice: String,
        /// The decision's number.
        decision: i64,
    },
    /// Count them, with their ages.
    Ages,
}

/// What staff is answered.
#[derive(Debug, Clone)]
pub enum StaffAnswer {
    /// Registered.
    Registered,
    /// Notices.
    Notices(Vec<NoticeRow>),
    /// How many there are.
    Counts(Counts),
    /// How far the registrants of each event were reached, in the order of the events.
    Reach(Vec<Reach>),
    /// Tasks.
    Tasks(Vec<VaultTask>),
    /// How each agent's daily tests stand.
    Canaries(Vec<CanaryStanding>),
    /// Whether that changed anything.
    Changed(bool),
    /// Open tasks by kind and level, and when the oldest of each was opened.
    Ages(Vec<(String, String, u64, Timestamp)>),
}

/// A task that concerns a registrant, as staff sees it.
#[derive(Debug, Clone)]
pub struct VaultTask {
    /// Its number.
    pub task: i64,
    /// What kind it is.
    pub kind: TaskKind,
    /// What it is about.
    pub subject: String,
    /// Whom it concerns, by pseudonym.
    pub registrant: RegistrantId,
    /// How soon: 1 first.
    pub urgency: u8,
    /// By when it must be done.
    pub due_at: Option<Timestamp>,
    /// What is to be done.
    pub note: Pii<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// To whom it has come.
    pub level: Level,
    /// Who works on it.
    pub claimed_by: Option<String>,
    /// `open`, `done` or `closed`.
    pub state: String,
    /// What was chosen, or why it is closed.
    pub outcome: Option<String>,
}

/// A notice as staff sees it: by pseudonym, and without the person it is about.
#[derive(Debug, Clone)]
pub struct NoticeRow {
    /// Which.
    pub notice: NoticeId,
    /// To whom, by pseudonym.
    pub registrant: RegistrantId,
    /// By which channel.
    pub channel: String,
    /// What it tells, as an event's code; nothing for a code.
    pub about: Option<String>,
    /// Where it stands.
    pub state: String,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was tried last.
    pub attempted_at: Option<Timestamp>,
    /// What became of the last try.
    pub outcome: Option<String>,
    /// What the channel answered to it, with the address masked.
    pub answer: Option<Pii<String>>,
    /// The event that it tells.
    pub event: Option<EventPosition>,
    /// Where it goes, masked.
    pub address: Pii<String>,
}

/// How many there are of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Notices by where they stand.
    pub notices: Vec<(String, u64)>,
    /// When the oldest that still waits was planned.
    pub oldest_waiting: Option<Timestamp>,
}

/// How many registrants of an event were reached, each counted once, by her best channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// She confirmed.
    pub confirmed: u64,
    /// A channel took the notice.
    pub accepted: u64,
    /// It waits or is tried.
    pub waiting: u64,
    /// No channel ever will.
    pub failed: u64,
}

impl Reach {
    /// Returns how many there are.
    #[must_use]
    pub const fn registrants(self) -> u64 {
        self.confirmed + self.accepted + self.waiting + self.failed
    }

    /// Returns how many were told by no channel yet.
    #[must_use]
    pub const fn untold(self) -> u64 {
        self.waiting + self.failed
    }
}
