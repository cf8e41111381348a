//! What a script asks of the host, and what the host answers: plain values. What the host answers never
//! says whether a number is known to it.

use jiff::civil::Date;
use savin_shared::pii::{Pii, Secret};

use super::speech::{Language, Utterance};

/// What a script asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Who has this number: [`Reply::Found`].
    FindNumber {
        /// The digits that were pressed.
        digits: String,
        /// In which language to say what is known.
        language: Language,
    },
    /// Whose names begin with letters on these keys: [`Reply::Found`] or [`Reply::TooMany`].
    FindName {
        /// The keys of the surname.
        last: Pii<String>,
        /// The keys of the given name; may be empty.
        first: Pii<String>,
        /// In which language to say what is known.
        language: Language,
    },
    /// Tell this number of that person, once it is proved: [`Reply::Done`], whoever it is.
    Register {
        /// Whom to watch, as [`Found`] named it.
        person: String,
        /// The ten digits.
        phone: Pii<String>,
        /// The PIN that she chose.
        pin: Secret<String>,
        /// In which language to tell.
        language: Language,
    },
    /// A code was said to this number: [`Reply::Done`], [`Reply::SignedIn`] or [`Reply::Refused`].
    Prove {
        /// The ten digits.
        phone: Pii<String>,
        /// The code.
        code: Secret<String>,
    },
    /// Somebody who is registered by this number: [`Reply::Done`], [`Reply::SignedInUnderDuress`] or [`Reply::Refused`]. The host
    /// remembers it for this call.
    SignIn {
        /// The ten digits.
        phone: Pii<String>,
        /// Her PIN.
        pin: Secret<String>,
    },
    /// About whom she is told: [`Reply::Watched`]. Only after signing in.
    Watched,
    /// Tell another number from now on, once it is proved: [`Reply::Done`]. Only after signing in.
    ChangePhone {
        /// The ten digits.
        phone: Pii<String>,
    },
    /// Take another PIN: [`Reply::Done`], or [`Reply::Refused`] where it cannot be taken. Only after signing in.
    ChangePin {
        /// The PIN that she chose.
        pin: Secret<String>,
    },
    /// Take a second PIN, for when somebody makes her enter one: [`Reply::Done`], or [`Reply::Refused`] where it is
    /// her PIN. Only after signing in.
    SetDuressPin {
        /// The PIN that she chose.
        pin: Secret<String>,
    },
    /// Tell or call her so from now on: [`Reply::Done`]. Only after signing in.
    Set {
        /// How.
        setting: Setting,
    },
    /// Stop telling her, once the time is over in which she can take that back: [`Reply::Done`]. Only
    /// after signing in.
    Stop {
        /// About whom, as [`Watched`] named it; nothing for everybody.
        entry: Option<String>,
    },
    /// Go on telling her, whatever was to stop: [`Reply::Done`]. Only after signing in.
    Keep,
    /// Let somebody who forgot her PIN choose another, by a call to the number: [`Reply::Done`],
    /// whoever it is.
    ResetPin {
        /// The ten digits.
        phone: Pii<String>,
        /// In which language to say the code.
        language: Language,
    },
    /// Call back, since no operator was free: [`Reply::Done`].
    CallBack {
        /// The ten digits.
        phone: Pii<String>,
        /// In which language to speak.
        language: Language,
    },
}

/// What somebody chooses of how she is told and called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// In which language.
    Language(Language),
    /// At which hours.
    Hours(Hours),
    /// What a machine hears.
    Machine(Machine),
}

/// At which hours somebody is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    /// At any.
    Any,
    /// In a part of the day.
    Within {
        /// Which.
        part: Part,
        /// What is told at any hour all the same.
        at_any_hour: AtAnyHour,
    },
}

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// From 7 to noon.
    Morning,
    /// From 8 to 18.
    Day,
    /// From 17 to 22.
    Evening,
}

/// What is told at any hour all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtAnyHour {
    /// An escape.
    Escapes,
    /// An escape, or that somebody gets out in another way.
    Releases,
    /// Nothing.
    Nothing,
}

/// What a machine hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// Nothing.
    Nothing,
    /// Which number to call.
    CallBack,
}

/// What the host answers. [`Self::Unavailable`] may answer anything, and leads to a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// People, few enough to be read out; none where nobody is found.
    Found(Vec<Found>),
    /// More people than can be read out.
    TooMany,
    /// It is done, or would be if there were anything to do.
    Done,
    /// It is done, and this call is hers from here on, who has no PIN yet.
    SignedIn,
    /// It is done, and somebody made her do it: she is to be told nothing, and nothing changes.
    SignedInUnderDuress,
    /// That is not right: a secret, or a number that is not called.
    Refused,
    /// About whom she is told, and when everything ends, if she asked for that.
    Watched {
        /// Each, in the order in which she asked.
        entries: Vec<Watched>,
        /// When she is told nothing any more.
        ends: Option<Date>,
    },
    /// That cannot be done now.
    Unavailable,
}

/// Somebody who was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What the host calls the person.
    pub person: String,
    /// The name.
    pub name: Pii<String>,
    /// Where the person is, as of when, and how sure that is.
    pub status: Vec<Utterance>,
}

/// Somebody about whom she is told, in no more words than she needs to know which.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// What the host calls the entry.
    pub entry: String,
    /// The initials.
    pub label: Pii<String>,
    /// When that ends, if she asked for it.
    pub ends: Option<Date>,
}
