//! What a courier may ask of the vault, and what it is answered: one message at a time, with the least
//! that carrying it needs.

use jiff::SignedDuration;
use savin_shared::pii::{Pii, Secret};

use crate::ids::NoticeId;
use crate::notification::care::Voicemail;
use crate::notification::change::Change;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::Fact;
use crate::notification::mark::{Mark, Marks};
use crate::notification::outcome::Outcome;
use crate::notification::words::Language;
pub use crate::store::vault::carrying::Room;

/// What a courier may ask.
#[derive(Debug, Clone)]
pub enum CourierCommand {
    /// Give me messages of a channel that are due, the most urgent first; each is mine until its lease
    /// ends: 2 minutes for a mail, 5 for a call, 10 for a letter.
    Claim {
        /// Of which channel.
        channel: Channel,
        /// For how many there is room.
        room: Room,
    },
    /// This worker has started: what its former life held is carried by nobody, and is due now. What other workers
    /// hold stays theirs.
    Begin,
    /// A try takes longer: hold its lease anew.
    Hold {
        /// Of which message.
        notice: NoticeId,
        /// The claim under which it is tried.
        claim: i64,
    },
    /// These tries take longer: hold their leases anew, and say which of them still count.
    HoldAll {
        /// Of which messages, each with the claim under which it is tried.
        tries: Vec<(NoticeId, i64)>,
    },
    /// This became of these tries, in one transaction; say which of them still counted.
    FinishAll {
        /// Of which messages, each with the claim under which it was tried.
        tries: Vec<(NoticeId, i64)>,
        /// What became of them.
        outcome: TryOutcome,
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
    /// A carrier knows the call of a try by this name.
    Placed {
        /// Of which message.
        notice: NoticeId,
        /// The claim under which it is tried.
        claim: i64,
        /// The name.
        call: String,
    },
    /// Give me the calls at a carrier that were left by whoever placed them, whose leases have ended: their
    /// tries are mine now, and no other tries.
    Left,
    /// Somebody entered this PIN in a call. The right one lets the news be said, and lets the call be
    /// finished as confirmed once it was.
    Check {
        /// Of which message.
        notice: NoticeId,
        /// The claim under which it is tried.
        claim: i64,
        /// The PIN.
        said: Secret<String>,
    },
    /// This was heard of a message whose try had ended.
    Heard {
        /// Of which message.
        notice: NoticeId,
        /// What was heard.
        later: Later,
    },
    /// In a call she wanted to speak with a person, and none was free: somebody calls her back.
    CallBack {
        /// About which message she was called.
        notice: NoticeId,
    },
    /// An operator talked with whoever was told: what that call cost is counted.
    Talked {
        /// How long.
        took: SignedDuration,
    },
    /// Whoever took the call said that it is the wrong number, or wants no more calls.
    WrongNumber {
        /// Of which message.
        notice: NoticeId,
    },
    /// A mail server says that it cannot deliver a message, to the address that the message named for
    /// that; nothing is believed whose mark this vault did not give out.
    CameBack {
        /// The mark in the address.
        mark: Mark,
        /// What the server says.
        detail: String,
    },
}

/// What a courier is answered.
#[derive(Debug, Clone)]
pub enum CourierAnswer {
    /// Messages to carry, the most urgent first.
    Messages(Vec<Message>),
    /// Whether it counted: the claim was still the courier's, or what was heard was news.
    Noted(bool),
    /// Which of the tries still count.
    Count(Vec<NoticeId>),
    /// What a PIN is.
    Pin(PinVerdict),
    /// Calls that were left.
    Left(Vec<LeftCall>),
}

/// A call at a carrier that was left by whoever placed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftCall {
    /// Of which message.
    pub notice: NoticeId,
    /// The claim of whoever asks for it now.
    pub claim: i64,
    /// The carrier's name of it.
    pub call: String,
}

/// What a PIN is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinVerdict {
    /// Hers.
    Right,
    /// Not hers.
    Wrong,
    /// The one by which she says that somebody makes her enter it.
    Duress,
    /// It was not looked at: she has none, or it was tried 3 times in this call or too often lately.
    Closed,
}

/// What a call needs besides the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCare {
    /// The word by which she knows that it is us; it is said before the PIN is asked for.
    pub code_word: Option<Pii<String>>,
    /// What a machine hears.
    pub voicemail: Voicemail,
    /// Whether she has a PIN. Without one nothing can be confirmed in a call: an operator helps.
    pub has_pin: bool,
}

/// One message, with the least that carrying it needs.
#[derive(Debug, Clone)]
pub struct Message {
    /// Which.
    pub notice: NoticeId,
    /// The claim under which it is carried.
    pub claim: i64,
    /// In which order it is told among all that waits: 0 first.
    pub rank: u8,
    /// To where.
    pub to: Contact,
    /// In which language.
    pub language: Language,
    /// What it says.
    pub content: Content,
    /// Whether she may have been told already, which a hub that was restored cannot know.
    pub may_repeat: bool,
    /// By what the message names itself outside.
    pub marks: Marks,
    /// How to call her; nothing where the message is no call.
    pub call: Option<CallCare>,
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
    /// That how she is told was changed.
    Change(Change),
}

/// What became of a try. No courier can say that she confirmed: see the vault for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TryOutcome {
    /// The channel took it: a mail server, or whoever listened to a code to its end. That is not yet
    /// confirmed.
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
    /// The line to the channel is down and nothing left the hub: no try of hers is used up.
    NotTried {
        /// What failed.
        detail: String,
    },
    /// What became of a call.
    Call {
        /// How it ended.
        call: CallOutcome,
        /// The trunk's answer.
        detail: String,
    },
    /// The letter is made and lies where it will be printed.
    Spooled {
        /// In which batch.
        detail: String,
    },
}

/// How a call ended without a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// The right PIN was entered and the news was said to its end. Where the vault saw no right PIN in
    /// this call it counts as answered.
    Confirmed,
    /// The number was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// A machine answered.
    Machine,
    /// Somebody answered and did not confirm.
    Answered,
    /// The number is not in use, or is closed to this hub's calls.
    Unallocated,
}

/// What is heard of a message after its try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Later {
    /// The letter is on paper.
    Printed,
    /// The letter was given to the post.
    Mailed,
    /// The post brought the letter back.
    Returned {
        /// What stands on it.
        detail: String,
    },
    /// A mail server says that it cannot deliver, and never will.
    Bounced {
        /// What it says.
        detail: String,
    },
}

impl TryOutcome {
    /// Says whether it claims that she confirmed in a call, which the vault believes only of one in which
    /// it saw the right PIN.
    #[must_use]
    pub const fn is_confirmation(&self) -> bool {
        matches!(
            self,
            Self::Call {
                call: CallOutcome::Confirmed,
                ..
            }
        )
    }

    /// Returns its word, and what the channel answered.
    #[must_use]
    pub fn parts(&self) -> (Outcome, &str) {
        match self {
            Self::Accepted { detail } => (Outcome::Accepted, detail),
            Self::Deferred { detail } => (Outcome::Deferred, detail),
            Self::Refused { detail } => (Outcome::Refused, detail),
            Self::NotTried { detail } => (Outcome::NotTried, detail),
            Self::Spooled { detail } => (Outcome::Spooled, detail),
            Self::Call { call, detail } => (call.word(), detail),
        }
    }
}

impl CallOutcome {
    const fn word(self) -> Outcome {
        match self {
            Self::Busy => Outcome::Busy,
            Self::NoAnswer => Outcome::NoAnswer,
            Self::Machine => Outcome::Machine,
            Self::Confirmed | Self::Answered => Outcome::Answered,
            Self::Unallocated => Outcome::Unallocated,
        }
    }
}

impl Later {
    /// Returns its word, and what was said.
    #[must_use]
    pub fn parts(&self) -> (Outcome, &str) {
        match self {
            Self::Printed => (Outcome::Printed, ""),
            Self::Mailed => (Outcome::Mailed, ""),
            Self::Returned { detail } => (Outcome::Returned, detail),
            Self::Bounced { detail } => (Outcome::Bounced, detail),
        }
    }
}
