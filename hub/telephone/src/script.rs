//! What is said and asked in a call: pure state machines, without a clock, a line or a store.
//!
//! A driver carries the call. It tells the script what happened ([`Event`]) and does what the script
//! answers ([`Effect`]), in order. Only the last effect of an answer waits for something; what comes of
//! it is the next event. So the same script runs over SIP and over a carrier's web interface.
//!
//! What a script must hold, whatever is pressed:
//! - nothing of the notice, and no name, before the right PIN;
//! - nothing counts as confirmed without the right PIN and the fact said to its end;
//! - 0 leads to an operator from everywhere;
//! - every call ends.

pub mod desk;
pub mod ending;
pub mod inbound;
mod keys;
pub mod offer;
pub mod outbound;
pub mod pace;
pub mod pin;
pub mod prompt;
pub mod query;
pub mod speech;
mod talk;
#[cfg(test)]
mod testing;

use savin_shared::pii::Secret;

use self::ending::{EndCause, Ending};
use self::pace::Wait;
use self::query::{Query, Reply};
use self::speech::Play;

/// A call's script.
pub trait Script: Send {
    /// Takes what happened and answers what to do, in order.
    ///
    /// The first event is [`Event::Answered`] or, of a call that nobody took, [`Event::Ended`]. After
    /// [`Effect::Hangup`] nothing more is answered.
    fn handle(&mut self, event: Event) -> Vec<Effect>;
}

/// What the driver does.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Says something to its end. Where a [`Self::Collect`] follows in the same answer, whatever is
    /// pressed cuts short all that is still to be said and is the first of what is collected.
    Play(Play),
    /// Waits for digits: [`Event::Digits`] or [`Event::Timeout`].
    Collect(Collect),
    /// Asks the host whether this is her PIN: [`Event::Checked`].
    Check(Secret<String>),
    /// Asks the host something: [`Event::Replied`].
    Query(Query),
    /// Calls an operator and joins both: [`Event::Dialled`], once that is over.
    Dial,
    /// Ends the call, where it has not ended, and tells the host how it ended. Always the last.
    Hangup(Ending),
}

impl Effect {
    /// Says whether the driver waits here for what the next event tells.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        match self {
            Self::Play(_) | Self::Hangup(_) => false,
            Self::Collect(_) | Self::Check(_) | Self::Query(_) | Self::Dial => true,
        }
    }
}

/// How digits are collected: until `digits_max` of them, or a `#`, or nothing more within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collect {
    /// The most digits, which end it at once.
    pub digits_max: u8,
    /// How long to wait.
    pub wait: Wait,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Somebody or something took the call. May come again while nothing was pressed, where a machine
    /// is told from a person only later.
    Answered(Answerer),
    /// Keys were pressed.
    Digits(Digits),
    /// Nothing was pressed in time.
    Timeout,
    /// Whether the PIN was hers.
    Checked(Checked),
    /// What the host answers.
    Replied(Reply),
    /// What became of the call to an operator.
    Dialled(Dialled),
    /// The line is gone, for whatever reason but our own hanging up.
    Ended(Ended),
}

/// Keys that were pressed.
#[derive(Debug, Clone, PartialEq)]
pub struct Digits {
    /// Which, without the `#` that ended them: any of `0` to `9` and `*`, or nothing.
    pub keys: Secret<String>,
    /// How many [`Effect::Play`] of the last answer had been said to their ends by the first of them.
    pub played: usize,
}

/// Who took a call, as far as that can be told. A guess: it never confirms anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answerer {
    /// Probably a person.
    Person,
    /// Probably a machine, which now records.
    Machine,
    /// It cannot be told.
    Unknown,
}

/// What the host says of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// It is hers.
    Right,
    /// It is not, or has been tried too often now.
    Wrong,
    /// It is the one by which she says that somebody makes her enter it.
    Duress,
    /// That cannot be found out now.
    Unavailable,
}

/// What became of the call to an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialled {
    /// They talked, and that is over.
    Talked,
    /// No operator took the call.
    NoneAnswered,
}

/// That the line is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub cause: EndCause,
    /// How many [`Effect::Play`] of the last answer had been said to their ends by then.
    pub played: usize,
}
