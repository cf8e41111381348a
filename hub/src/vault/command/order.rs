//! What a court may order of the vault: what is told to nobody any more, and what is destroyed.

use crate::ids::{EntryId, EventId, OrderId, PersonId};
use crate::notification::fact::BookingHash;
use crate::notification::follow::Followed;
use crate::registry::traces::Traces;

/// What a court may order.
#[derive(Debug, Clone)]
pub enum OrderCommand {
    /// Tell nobody of these events any more; doing so again changes nothing.
    Withhold {
        /// By which order.
        order: OrderId,
        /// Of which events.
        events: Vec<EventId>,
        /// Of which bookings nothing is told with news of others.
        bookings: Vec<BookingHash>,
        /// Of whom nothing at all is told any more: a person calls whoever asked about them.
        silenced: Vec<PersonId>,
        /// Of whom something is shown, and not the booking that holds them: a person calls whoever asked about them.
        hidden: Vec<PersonId>,
    },
    /// An order is lifted: its events may be told again, and nobody is called because of it.
    Allow {
        /// Which order.
        order: OrderId,
        /// Which events.
        events: Vec<EventId>,
        /// Which bookings.
        bookings: Vec<BookingHash>,
    },
    /// Plan nothing of these events, which staff took back and which come again.
    KeepBack {
        /// Which events.
        events: Vec<EventId>,
    },
    /// Write the vault anew without what was destroyed.
    Compact,
    /// By which keyed hashes does the vault know what somebody may follow?
    Links {
        /// Of what.
        followed: Vec<Followed>,
    },
    /// Which of these entries of the journal of orders were not carried out here?
    Lacking {
        /// Which.
        entries: Vec<EntryId>,
    },
    /// An entry of the journal was carried out here.
    Taken {
        /// Which.
        entry: EntryId,
    },
    /// Destroy what is known of somebody.
    Expunge {
        /// What.
        what: Box<Expunction>,
        /// Only say how much that is.
        is_rehearsal: bool,
    },
}

/// What is expunged.
#[derive(Debug, Clone)]
pub struct Expunction {
    /// By which order.
    pub order: OrderId,
    /// The events of what is expunged.
    pub events: Vec<EventId>,
    /// Its bookings and other records, by which news of others may say where somebody is.
    pub bookings: Vec<BookingHash>,
    /// Events of other records of which older programs noted where somebody is, without by which booking.
    pub asides: Vec<EventId>,
    /// Of whom something stays, and not the booking that holds them: a person calls whoever asked about them.
    pub hidden: Vec<PersonId>,
    /// The persons of whom nothing is left.
    pub persons: Vec<PersonId>,
    /// The cases and orders of what is expunged.
    pub followed: Vec<Followed>,
    /// The same by the vault's own keyed hashes, where nothing else is left of them.
    pub follows: Vec<[u8; 32]>,
    /// By what a text gives the person away.
    pub traces: Traces,
}
