//! What a notice tells, and how much of it a registrant's safe-contact choice lets out.

use jiff::Timestamp;
use savin_shared::event::EventCode;
use serde::{Deserialize, Serialize};

use crate::ids::{EventId, EventPosition, OrderId, PersonId};
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

/// A keyed hash of a booking, which names nobody to whoever lacks the key.
pub type BookingHash = [u8; 32];

/// By which other bookings a fact says where the person is: a court may have one of them told to nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Elsewhere {
    /// The bookings that hold the person, the one that is told first; of a booking itself, that one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<HeldBy>,
    /// What the event says by itself, where it says something of another booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<Box<OwnWord>>,
    /// By which courts' orders bookings are told to nobody that hold the person, where no other does: a person calls
    /// whoever asked. It is kept nowhere, and no notice says it.
    #[serde(skip)]
    pub hidden_by: Vec<OrderId>,
}

/// A booking that holds a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBy {
    /// Which.
    pub booking: BookingHash,
    /// Where, by its name.
    pub place: String,
}

/// What an event says without another booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnWord {
    /// The other booking.
    pub booking: BookingHash,
    /// The code of the event.
    pub code: u8,
    /// The facility's name.
    pub facility: String,
    /// The facility before, by its name.
    pub from_facility: Option<String>,
    /// Its particulars.
    pub details: Details,
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
    /// By which other bookings it says where the person is.
    #[serde(default)]
    pub elsewhere: Elsewhere,
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

    /// Says whether this is a booking that was over by the time of a release from there, with which it became known.
    #[must_use]
    pub fn is_ended_by(&self, release: &Self) -> bool {
        let is_end = matches!(
            release.event_code(),
            Some(EventCode::Released | EventCode::Discharged)
        );
        is_end
            && self.event_code() == Some(EventCode::Booked)
            && (self.person, &self.facility) == (release.person, &release.facility)
            && self.position < release.position
            && release.still_held_at.is_none()
    }

    /// Takes out who it is about and where, and leaves that it took back what was told before.
    #[must_use]
    pub fn unnamed(self) -> Self {
        Self {
            name: None,
            facility: String::new(),
            from_facility: None,
            still_held_at: None,
            elsewhere: Elsewhere::default(),
            followed: None,
            details: Details {
                took_back: self.details.took_back,
                state: self.details.state,
                ..Details::default()
            },
            ..self
        }
    }

    /// Returns the other bookings by which it says where the person is.
    pub fn bookings(&self) -> impl Iterator<Item = BookingHash> + '_ {
        let is_booking = self.event_code() == Some(EventCode::Booked);
        let own = self.elsewhere.own.iter().map(|own| own.booking);
        let held_by = self.elsewhere.held_by.iter();
        let all = own.chain(held_by.map(|held| held.booking));
        all.filter(move |_| !is_booking)
    }

    /// Notes with a release that the person was booked again.
    pub fn note_booking(&mut self, booking: &Self) {
        self.still_held_at = Some(booking.facility.clone());
        let mut held_by = booking.elsewhere.held_by.clone();
        held_by.append(&mut self.elsewhere.held_by);
        self.elsewhere.held_by = held_by;
    }

    /// Takes out what it says of bookings that are told to nobody: what is left is what its own agency said, and
    /// where another booking holds the person. Returns whether there was anything.
    pub fn without(&mut self, is_withheld: impl Fn(&BookingHash) -> bool) -> bool {
        let own = self.elsewhere.own.take_if(|own| is_withheld(&own.booking));
        let is_of_event = own.is_some();
        if let Some(own) = own {
            self.code = own.code;
            self.facility = own.facility;
            self.from_facility = own.from_facility;
            self.details = own.details;
        }
        let held_by = &mut self.elsewhere.held_by;
        let before = held_by.len();
        held_by.retain(|held| !is_withheld(&held.booking));
        let is_fewer = held_by.len() < before;
        if is_fewer && self.still_held_at.is_some() {
            self.still_held_at = held_by.first().map(|held| held.place.clone());
        }
        is_of_event || is_fewer
    }

    /// Takes out what it says of where the person is by a booking of which it was not kept which one that is. Returns
    /// whether there was anything.
    pub fn forget_holder(&mut self) -> bool {
        if !self.elsewhere.held_by.is_empty() || self.elsewhere.own.is_some() {
            return false;
        }
        let code = self.details.still_held_at.take();
        let mut is_said = code.is_some() | self.still_held_at.take().is_some();
        let to = self
            .details
            .to_facility
            .take_if(|_| self.details.reason.is_some());
        let from = self.from_facility.take_if(|_| to.is_some());
        if let Some(from) = from {
            // A release to another agency that was found to hold the person.
            self.details.from_facility = None;
            self.facility = from;
            self.code = EventCode::Released.code();
            is_said = true;
        }
        is_said
    }

    /// Takes out what a registrant's choice does not let out; `None` where nothing of it may go.
    #[must_use]
    pub fn disclosed(mut self, disclosure: Disclosure) -> Option<Self> {
        self.elsewhere = Elsewhere::default();
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
