//! What the web and telephone front may ask of the vault, and what it is answered: write-only, masked.

use jiff::Timestamp;
use savin_shared::pii::Secret;

use super::{Choices, LineCommand, Shown, Stops, WatchedEntry, WatchedList};
use crate::ids::{ContactId, FollowId, PersonId};
use crate::notification::address::EmailAddress;
use crate::notification::care::Care;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::follow::{FollowKind, Followed};
use crate::notification::mark::{LetterCode, Mark};
use crate::notification::words::Language;

/// About whom somebody wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribed {
    /// The person.
    pub person: PersonId,
    /// The person's initials, by which she recognises the entry later.
    pub label: String,
}

/// What somebody asks for who registers: a person, a case or an order, and how she is reached without harm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// About whom. Nobody for whoever knows only the number of a case or an order.
    pub about: Option<Subscribed>,
    /// Which cases she follows, and which orders she asked for.
    pub followed: Vec<Followed>,
    /// How she is reached without harm, if she said so.
    pub care: Option<Care>,
}

impl From<Subscribed> for Wishes {
    fn from(about: Subscribed) -> Self {
        Self {
            about: Some(about),
            ..Self::default()
        }
    }
}

/// An opaque secret that a page carries from step to step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket(pub Secret<String>);

/// Somebody whom an office enters.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where she is told.
    pub contacts: Vec<Contact>,
    /// About whom.
    pub about: Subscribed,
    /// How.
    pub choices: Choices,
    /// Which office, as it is addressed.
    pub office: String,
}

/// What the front may ask.
#[derive(Debug, Clone)]
pub enum PortalCommand {
    /// Whoever opened the link of a message pressed the button there: she has read it.
    Seen {
        /// The link's mark.
        mark: Mark,
    },
    /// Whoever has a letter typed its code.
    SeenLetter {
        /// The code.
        code: LetterCode,
    },
    /// Keep how to reach her without harm.
    Care {
        /// Her session.
        session: Ticket,
        /// What she says.
        care: Care,
    },
    /// Keep the PIN by which she confirms a call.
    SetPin {
        /// Her session.
        session: Ticket,
        /// The PIN, as [`crate::notification::care::pin`] read it.
        pin: Secret<String>,
    },
    /// Keep the PIN by which she says that somebody makes her enter one, or forget it. Refused as wrong where it is her
    /// PIN, and where she has none.
    SetDuressPin {
        /// Her session.
        session: Ticket,
        /// The PIN, as [`crate::notification::care::pin`] read it.
        pin: Option<Secret<String>>,
    },
    /// Somebody wants to be told, and is to prove that the first of these is hers: the e-mail address,
    /// without one the telephone, without either the postal address.
    BeginRegistration {
        /// Where.
        contacts: Vec<Contact>,
        /// What for.
        wishes: Wishes,
        /// How.
        choices: Choices,
    },
    /// An office, by its own link, enters somebody without her request (Miss. Code 99-43-35(d)).
    Enter(Entry),
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
    /// The code of an access came back, and she typed a PIN beside it.
    ConfirmAccessByPin {
        /// Of which.
        ticket: Ticket,
        /// The code.
        code: Secret<String>,
        /// What she typed.
        pin: Secret<String>,
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
    /// Tell her of a case, or of an order that she asked for.
    Follow {
        /// Her session.
        session: Ticket,
        /// Which.
        followed: Followed,
    },
    /// Stop telling her after a while.
    Stop {
        /// Her session.
        session: Ticket,
        /// What.
        what: Stops,
        /// Her PIN, once she was asked for it.
        pin: Option<Secret<String>>,
    },
    /// Go on telling her all that was asked to stop.
    Keep {
        /// Her session.
        session: Ticket,
    },
    /// End the session.
    Leave {
        /// Her session.
        session: Ticket,
    },
    /// Tell her there too, once its own code came back.
    Reach {
        /// Her session.
        session: Ticket,
        /// Where.
        contact: Contact,
    },
    /// The code of a further way to reach her came back.
    Prove {
        /// Her session.
        session: Ticket,
        /// Of which.
        contact: ContactId,
        /// The code.
        code: Secret<String>,
    },
    /// Tell her no more by e-mail: a message's own link asks for it.
    Silence {
        /// The message's mark for that.
        mark: Mark,
    },
    /// Tell her again in a way that she turned off.
    Resume {
        /// Her session.
        session: Ticket,
        /// By which.
        contact: ContactId,
    },
    /// Somebody calls the toll-free number, and asks this by keys.
    Line {
        /// What her telephone shows.
        shown: Shown,
        /// What she asks.
        command: LineCommand,
    },
    /// Try this one first of its channel.
    Prefer {
        /// Her session.
        session: Ticket,
        /// Which.
        contact: ContactId,
    },
    /// Tell her no more by this telephone, letter or further e-mail address.
    Unreach {
        /// Her session.
        session: Ticket,
        /// By which.
        contact: ContactId,
    },
}

/// What the front is answered: nothing that a stranger could learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortalAnswer {
    /// A code is on its way, if there is anywhere to send it.
    Begun(Ticket),
    /// Done.
    Done,
    /// The code is wrong, or too old, or was tried too often; or the session is over.
    Refused,
    /// The code of a further way to reach her or her PIN is wrong, or she follows as much as one registration can;
    /// the session goes on.
    Wrong,
    /// She has a PIN, and is to say it.
    PinWanted,
    /// The session, once a code was right.
    Session(Ticket),
    /// A session that somebody made her begin in a call: nothing is shown in it, and nothing changes.
    DuressSession(Ticket),
    /// What she chose, masked.
    View(MaskedView),
    /// About whom she is told, masked.
    Watched(WatchedList),
    /// Too much was asked from one telephone or by all together, or too many PINs were wrong: a person helps.
    TooOften,
}

/// What a registrant chose, in a form that tells a stranger little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedView {
    /// Where she is reached.
    pub contacts: Vec<MaskedContact>,
    /// How she is told.
    pub choices: Choices,
    /// How she is reached without harm.
    pub care: Care,
    /// Whether she has a PIN.
    pub has_pin: bool,
    /// Whether she has one for when somebody makes her enter it; nothing where that is not to be seen.
    pub has_duress_pin: Option<bool>,
    /// About whom, by initials.
    pub about: Vec<WatchedEntry>,
    /// Which cases and orders, by the ends of their numbers.
    pub followed: Vec<MaskedFollow>,
    /// When she is told nothing any more, if that was asked for.
    pub ends_at: Option<Timestamp>,
}

/// A case or an order, masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedFollow {
    /// Which.
    pub entry: FollowId,
    /// A case or an order.
    pub kind: FollowKind,
    /// Enough of its number for her to know it again.
    pub number: String,
    /// When it ends, if that was asked for.
    pub ends_at: Option<Timestamp>,
}

/// A way to reach a registrant, masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedContact {
    /// Which.
    pub contact: ContactId,
    /// By what.
    pub channel: Channel,
    /// Enough for her to recognise it.
    pub address: String,
    /// Whether it is proved to be hers.
    pub is_proved: bool,
    /// Whether she turned it off.
    pub is_silenced: bool,
    /// When the post brought a letter back from there, if it did since she gave it.
    pub came_back_at: Option<Timestamp>,
    /// When she is told there no more, if it was taken away.
    pub ends_at: Option<Timestamp>,
}
