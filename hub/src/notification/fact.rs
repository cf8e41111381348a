//! What a notice tells, and how much of it a registrant's safe-contact choice lets out.

use jiff::Timestamp;
use savin_shared::event::EventCode;
use serde::{Deserialize, Serialize};

use crate::ids::{EventId, EventPosition, PersonId};
use crate::notification::follow::Followed;
use crate::registry::details::Details;

/// How much a message may say to whoever reads it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disclosure {
    /// The fact with the name.
    Full,
    /// The fact without any name: the default.
    #[default]
    Discreet,
    /// That there is news, and how to hear it.
    ContentFree,
}

impl Disclosure {
    /// Every choice, in the order in which it is offered.
    pub const ALL: [Self; 3] = [Self::Discreet, Self::Full, Self::ContentFree];

    /// Returns the word that stands for it in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Discreet => "discreet",
            Self::ContentFree => "content-free",
        }
    }

    /// Returns the choice of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == word)
    }
}

/// Everything that may be told of an event, as the planner hands it to the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The event.
    pub event: EventId,
    /// Its place in the log.
    pub position: EventPosition,
    /// Of whom.
    pub person: PersonId,
    /// The code of the event.
    pub code: u8,
    /// How soon it must be told.
    pub urgency: u8,
    /// The person's name, where one is known.
    pub name: Option<String>,
    /// The facility's name.
    pub facility: String,
    /// The facility before, by its name.
    pub from_facility: Option<String>,
    /// The facility, by its name, where another record says that the person is still held; empty
    /// where the name may not be said.
    #[serde(default)]
    pub still_held_at: Option<String>,
    /// The event that it takes back, if it does.
    #[serde(default)]
    pub corrects: Option<EventId>,
    /// When the agency says that it happened.
    pub effective_at: Option<Timestamp>,
    /// When the agent saw it.
    pub observed_at: Timestamp,
    /// When the hub made it durable.
    pub received_at: Timestamp,
    /// Whether it was found after a gap.
    pub found_late: bool,
    /// The case or the order that it is about, by which those who follow it are found.
    #[serde(default)]
    pub followed: Option<Followed>,
    /// Its particulars.
    pub details: Details,
}

impl Fact {
    /// Returns what happened.
    #[must_use]
    pub fn event_code(&self) -> Option<EventCode> {
        EventCode::from_code(self.code)
    }

    /// Says whether this is a release of somebody who was booked again after it.
    #[must_use]
    pub fn is_overtaken_by(&self, booking: &Self) -> bool {
        let is_release = matches!(
            self.event_code(),
            Some(EventCode::Released | EventCode::Discharged)
        );
        is_release && self.person == booking.person && self.position < booking.position
    }

    /// Takes out who it is about and where, and leaves that it took back what was told before.
    #[must_use]
    pub fn unnamed(self) -> Self {
        Self {
            name: None,
            facility: String::new(),
            from_facility: None,
            still_held_at: None,
            followed: None,
            details: Details {
                took_back: self.details.took_back,
                state: self.details.state,
                ..Details::default()
            },
            ..self
        }
    }

    /// Takes out what a registrant's choice does not let out; `None` where nothing of it may go.
    #[must_use]
    pub fn disclosed(mut self, disclosure: Disclosure) -> Option<Self> {
        match disclosure {
            Disclosure::Full => Some(self),
            Disclosure::Discreet => {
                self.name = None;
                self.facility = String::new();
                self.from_facility = None;
                self.still_held_at = self.still_held_at.map(|_| String::new());
                self.details.from_facility = None;
                self.details.still_held_at = None;
                self.details.to_facility = None;
                self.details.released_to = None;
                self.details.place = None;
                self.details.phone = None;
                Some(self)
            }
            Disclosure::ContentFree => None,
        }
    }
}
