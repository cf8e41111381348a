//! What the toll-free number may ask of the vault for whoever calls it: by a number that was pressed, with a PIN or
//! a code. What the caller's own telephone shows bounds how much, and proves nothing.

use jiff::{SignedDuration, Timestamp};
use savin_shared::pii::{Pii, Secret};

use super::{Subscribed, Ticket};
use crate::ids::SubscriptionId;
use crate::notification::bounds::money::Money;
use crate::notification::care::{Excepted, Quiet, Voicemail};
use crate::notification::phone::PhoneNumber;
use crate::notification::words::Language;
pub use crate::store::vault::spend::CallCost;

/// The number that a caller's telephone shows, if it shows any.
pub type Shown = Option<Pii<String>>;

/// What may be asked in a call.
#[derive(Debug, Clone)]
pub enum LineCommand {
    /// Tell this number of somebody, once a code that is said to it came back.
    Register {
        /// Where.
        number: PhoneNumber,
        /// The PIN that she chose.
        pin: Secret<String>,
        /// About whom.
        about: Subscribed,
        /// In which language.
        language: Language,
    },
    /// A code that was said to this number came back.
    Prove {
        /// The number.
        number: PhoneNumber,
        /// The code.
        code: Secret<String>,
    },
    /// Somebody who is told at this number wants to change something.
    SignIn {
        /// The number.
        number: PhoneNumber,
        /// Her PIN.
        pin: Secret<String>,
    },
    /// Somebody who is told at this number forgot her PIN: say a code there.
    Forgot {
        /// The number.
        number: PhoneNumber,
        /// In which language.
        language: Language,
    },
    /// Tell her at another number, once a code that is said to it came back.
    Move {
        /// Her session.
        session: Ticket,
        /// The number.
        number: PhoneNumber,
    },
    /// About whom is she told?
    Watched {
        /// Her session.
        session: Ticket,
    },
    /// Tell or call her so from now on.
    Set {
        /// Her session.
        session: Ticket,
        /// How.
        setting: Setting,
    },
    /// Stop telling her after a while.
    Stop {
        /// Her session.
        session: Ticket,
        /// About whom; nothing for everybody.
        entry: Option<SubscriptionId>,
    },
    /// Go on telling her.
    Keep {
        /// Her session.
        session: Ticket,
    },
    /// A call that came in is over: what it cost is counted, whoever it was.
    Over {
        /// How long it took.
        took: SignedDuration,
    },
    /// An operator talked with a caller: what that call to the desk cost is counted.
    Talked {
        /// How long.
        took: SignedDuration,
    },
    /// Nobody was there to talk with a caller: a person calls back.
    CallBack {
        /// Where.
        number: PhoneNumber,
        /// In which language.
        language: Language,
    },
}

/// What may be chosen in a call of how somebody is told and called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// In which language.
    Language(Language),
    /// In which hours she is not disturbed, and by what all the same; nothing where she may be at any hour.
    Hours(Option<(Quiet, Excepted)>),
    /// What a machine hears.
    Voicemail(Voicemail),
}

/// About whom a registrant is told, in a form that tells a stranger little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedList {
    /// About whom.
    pub entries: Vec<WatchedEntry>,
    /// When she is told nothing any more, if she asked for that.
    pub ends_at: Option<Timestamp>,
}

/// One of those about whom she is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedEntry {
    /// The entry.
    pub entry: SubscriptionId,
    /// The initials.
    pub label: String,
    /// When it ends, if she asked for that.
    pub ends_at: Option<Timestamp>,
}

/// What calls that came in have cost, and calls to operators, beside the budget.
#[derive(Debug, Clone)]
pub struct IncomingView {
    /// Those that came in today.
    pub day: CallCost,
    /// In this month.
    pub month: CallCost,
    /// Calls to operators today, for whoever called and for whoever was called.
    pub operators_day: CallCost,
    /// In this month.
    pub operators_month: CallCost,
    /// What they may cost in a day before a person is called; nothing where there is no bound.
    pub bound: Option<Money>,
}
