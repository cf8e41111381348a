//! What staff may ask of the vault, and what it is answered: by pseudonym, addresses masked.

use jiff::Timestamp;
use savin_shared::pii::{Pii, Secret};

use super::{
    Choices, IncomingView, Later, MaskedContact, Message, NoticePlace, OrderCommand, Subscribed,
    TryOutcome,
};
use crate::ids::{ContactId, EntryId, EventId, EventPosition, NoticeId, PersonId, RegistrantId};
use crate::notification::address::EmailAddress;
use crate::notification::bounds::Waits;
use crate::notification::bounds::budget::{self, Account, Span};
use crate::notification::bounds::money::Money;
use crate::notification::care::Care;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::follow::Followed;
use crate::notification::mark::LetterCode;
use crate::notification::phone::PhoneNumber;
pub use crate::store::vault::{canary::CanaryStanding, spend::Spent};
use crate::vault::evidence::{EvidenceAnswer, EvidenceCommand};
use crate::work::duty::Raised;
use crate::work::task::{Level, TaskKind};

/// What staff may ask.
#[derive(Debug, Clone)]
pub enum StaffCommand {
    /// Register somebody whose contacts staff has verified, as from the paper form.
    Register {
        /// Where.
        contacts: Vec<Contact>,
        /// Whose registration it adds to; without one, that of the e-mail address, or a new one.
        to: Option<RegistrantId>,
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
    /// List notices that no channel has taken, the oldest first.
    Undelivered {
        /// Only those planned before.
        before: Timestamp,
        /// At most how many.
        limit: u32,
    },
    /// Say who was told of events, or would be told now of whom they are about, by pseudonym.
    Whom {
        /// Of which events, each with its person.
        events: Vec<(EventId, PersonId)>,
    },
    /// Count what there is.
    Counts,
    /// Count who would be told of a correction of events, by channel.
    Told {
        /// Of which events.
        events: Vec<EventId>,
    },
    /// Count how far the registrants of events were reached.
    Reach {
        /// Of which events.
        events: Vec<EventId>,
    },
    /// Hand out one message, to be carried by hand.
    Message {
        /// The first bytes of its name, or all.
        notice: Vec<u8>,
    },
    /// Note what became of carrying a message by hand.
    Carried {
        /// Which.
        notice: NoticeId,
        /// What became of it.
        outcome: TryOutcome,
    },
    /// Keep how to reach somebody without harm, and her PIN, as she told staff.
    Care {
        /// Whom.
        registrant: RegistrantId,
        /// What she said; without it that stays as it is.
        care: Option<Care>,
        /// Her PIN, as [`crate::notification::care::pin`] read it; without it that stays.
        pin: Option<Secret<String>>,
    },
    /// Show, order and remove where somebody is told, as she told staff.
    Contacts(ContactCommand),
    /// Show letters, the newest first; or those that wait for a batch, the oldest first.
    Letters {
        /// How many.
        limit: u32,
        /// Whether only those that wait.
        waiting: bool,
    },
    /// Show the notices whose names begin so: at most two, since one is meant.
    Beginning {
        /// The first bytes.
        begins: Vec<u8>,
    },
    /// Show where the one notice stands whose name begins so, and what tells her the same in her other ways.
    Place {
        /// The first bytes.
        begins: Vec<u8>,
    },
    /// She said the code of a letter to a member of staff: she has it.
    SaidCode {
        /// The code.
        code: LetterCode,
    },
    /// Note what was heard of a message after its try: a letter was printed, mailed or came back.
    Heard {
        /// Which.
        notice: NoticeId,
        /// What was heard.
        later: Later,
    },
    /// She said the code of a message back: the contact that it went to is hers.
    Prove {
        /// Which message.
        notice: NoticeId,
        /// The code.
        code: Secret<String>,
    },
    /// Ask staff, of each registrant of a person from whom records were parted, whom she meant.
    Parted {
        /// Who she asked about.
        from: PersonId,
        /// Whose the records are now.
        to: PersonId,
    },
    /// Work on the tasks that concern registrants.
    Tasks(TaskCommand),
    /// Prove what was told.
    Evidence(EvidenceCommand),
    /// Work on what a registrant follows besides a person.
    Follow(FollowCommand),
    /// Do in the vault what a court ordered.
    Order(OrderCommand),
    /// Let the agencies' daily tests come out at this address from now on, or nowhere.
    Monitor(Option<EmailAddress>),
    /// Say how the daily tests stand.
    Canaries,
    /// Show what telling has cost, or allow more.
    Budget(BudgetCommand),
}

/// What staff may do with the budget.
#[derive(Debug, Clone, Copy)]
pub enum BudgetCommand {
    /// Show it.
    Show,
    /// Allow more today or in this month; what waited for it goes on.
    Raise {
        /// Today or in this month.
        span: Span,
        /// How much more.
        amount: Money,
    },
}

/// What staff may do with where a registrant is told.
#[derive(Debug, Clone)]
pub enum ContactCommand {
    /// Show it, masked, in the order in which it is tried.
    List {
        /// Whose.
        registrant: RegistrantId,
    },
    /// Try this one first of its channel.
    First {
        /// Whose.
        registrant: RegistrantId,
        /// Which.
        contact: ContactId,
    },
    /// Call a number again whose owner wanted no more calls.
    Allow {
        /// Which.
        number: PhoneNumber,
    },
    /// Tell her there no more.
    Remove {
        /// Whose.
        registrant: RegistrantId,
        /// Which.
        contact: ContactId,
    },
}

/// What staff may do with what a registrant follows.
#[derive(Debug, Clone)]
pub enum FollowCommand {
    /// Tell her of it.
    Attach {
        /// Whom.
        registrant: RegistrantId,
        /// Of what.
        followed: Followed,
    },
    /// Tell her of it no more.
    Detach {
        /// Whom.
        registrant: RegistrantId,
        /// Of what.
        followed: Followed,
    },
    /// List what she follows.
    List {
        /// Who.
        registrant: RegistrantId,
    },
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
    /// Count those that have come to a level above the operators'.
    Raised,
}

/// What staff is answered.
#[derive(Debug, Clone)]
pub enum StaffAnswer {
    /// Registered, under this pseudonym.
    Registered(RegistrantId),
    /// The message, and where it stands; nothing where none fits, or more than one.
    Message(Option<Box<Message>>),
    /// Where a registrant is told, masked.
    Contacts(Vec<MaskedContact>),
    /// Notices.
    Notices(Vec<NoticeRow>),
    /// How many there are.
    Counts(Counts),
    /// Who was or would be told, in the order of the events.
    Whom(Vec<Vec<RegistrantId>>),
    /// Who would be told of a correction, by channel.
    Told(Vec<ToldCount>),
    /// How far the registrants of each event were reached, in the order of the events.
    Reach(Vec<Reach>),
    /// Tasks.
    Tasks(Vec<VaultTask>),
    /// Of the evidence.
    Evidence(EvidenceAnswer),
    /// What a registrant follows.
    Followed(Vec<Followed>),
    /// How each agent's daily tests stand.
    Canaries(Vec<CanaryStanding>),
    /// How much was destroyed of what.
    Expunged(Vec<(&'static str, u64)>),
    /// Keyed hashes, in the order that was asked.
    Links(Vec<[u8; 32]>),
    /// What was not carried out.
    Lacking(Vec<EntryId>),
    /// Whether that changed anything.
    Changed(bool),
    /// Open tasks by kind and level, and when the oldest of each was opened.
    Ages(Vec<(String, String, u64, Timestamp)>),
    /// What has come to each level above the operators'.
    Raised(Vec<Raised>),
    /// How much of the budget is spent.
    Budget(BudgetView),
    /// Where a notice stands, and then those that tell the same; none where no name begins so, or more than one.
    Places(Vec<NoticePlace>),
}

/// How much of the budget is spent, and what waits for more.
#[derive(Debug, Clone)]
pub struct BudgetView {
    /// Of today and of this month.
    pub accounts: Vec<AccountView>,
    /// Notices that are kept back.
    pub kept_back: u64,
    /// What calls that came in have cost.
    pub incoming: IncomingView,
}

/// The budget of a day or month.
#[derive(Debug, Clone)]
pub struct AccountView {
    /// What may be spent and is.
    pub account: Account,
    /// How much that is of it.
    pub level: budget::Level,
    /// By each way.
    pub by: Vec<Spent>,
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
    pub channel: Channel,
    /// What it tells, as an event's code; nothing for a code.
    pub about: Option<String>,
    /// Where it stands.
    pub state: String,
    /// Whether it waits for a person who carries it: there is no door for its channel.
    pub is_by_hand: bool,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// How often it was tried.
    pub attempts: u64,
    /// How many of these tries left the hub.
    pub tries: u64,
    /// When it was tried last.
    pub attempted_at: Option<Timestamp>,
    /// What became of the last try.
    pub outcome: Option<String>,
    /// What the channel answered to it, with the address masked.
    pub answer: Option<Pii<String>>,
    /// Why it waits, where that is more than its turn.
    pub waits: Option<Waits>,
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

/// How many notices of events there are by one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldCount {
    /// The channel.
    pub channel: String,
    /// Notices that somebody may have heard: a correction goes to each of those registrants.
    pub told: u64,
    /// Notices that nobody has heard, and that a correction withdraws.
    pub unsent: u64,
}
