//! The canonical record: one row of an agency, of one of six kinds, in NIEM's terms.
//!
//! These types are the domain's. What is sent and stored is [`portable`], a type of its own.

pub mod court_event;
pub mod custody;
pub mod hearing;
pub mod portable;
pub mod protective_order;
pub mod sex_offender;
pub mod subject;
pub mod supervision;

use crate::clock::EnteredAt;
use crate::code::coded_enum;
use crate::hash::Hash;
use crate::ids::{FacilityCode, RecordKey, RecordNumber};
use court_event::CourtEvent;
use custody::Custody;
use hearing::Hearing;
use protective_order::ProtectiveOrder;
use sex_offender::SexOffenderRegistration;
use subject::Subject;
use supervision::Supervision;

coded_enum! {
    /// The six kinds of record.
    pub enum RecordKind {
        /// A person held by a facility (NIEM `j:Booking`).
        Custody = 1 => "custody",
        /// A date in court (NIEM `j:CourtEvent`).
        CourtEvent = 2 => "court-event",
        /// A parole or pardon hearing.
        Hearing = 3 => "hearing",
        /// A protective order and its service.
        ProtectiveOrder = 4 => "protective-order",
        /// Parole, probation or another supervision (NIEM `j:SubjectSupervision`).
        Supervision = 5 => "supervision",
        /// An entry of the sex offender registry.
        SexOffender = 6 => "sex-offender",
    }
}

/// One row of an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The facility that speaks: for custody the one that holds the person.
    pub facility: FacilityCode,
    /// Whom the record is about. Never a victim or petitioner.
    pub subject: Subject,
    /// When the agency last wrote the record.
    pub entered_at: Option<EnteredAt>,
    /// Whether the agent made the record up to prove that the line works.
    pub synthetic: bool,
    /// What kind of record it is, and its content.
    pub body: RecordBody,
}

/// The content of a record of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordBody {
    /// A person held by a facility.
    Custody(Box<Custody>),
    /// A date in court.
    CourtEvent(CourtEvent),
    /// A parole or pardon hearing.
    Hearing(Hearing),
    /// A protective order and its service.
    ProtectiveOrder(ProtectiveOrder),
    /// Parole, probation or another supervision.
    Supervision(Supervision),
    /// An entry of the sex offender registry.
    SexOffender(SexOffenderRegistration),
}

impl Record {
    /// Returns what kind of record this is.
    #[must_use]
    pub const fn kind(&self) -> RecordKind {
        match &self.body {
            RecordBody::Custody(_) => RecordKind::Custody,
            RecordBody::CourtEvent(_) => RecordKind::CourtEvent,
            RecordBody::Hearing(_) => RecordKind::Hearing,
            RecordBody::ProtectiveOrder(_) => RecordKind::ProtectiveOrder,
            RecordBody::Supervision(_) => RecordKind::Supervision,
            RecordBody::SexOffender(_) => RecordKind::SexOffender,
        }
    }

    /// Returns the number that the agency gave the record.
    #[must_use]
    pub const fn number(&self) -> &RecordNumber {
        match &self.body {
            RecordBody::Custody(custody) => &custody.booking_number,
            RecordBody::CourtEvent(event) => &event.court_event_number,
            RecordBody::Hearing(hearing) => &hearing.hearing_number,
            RecordBody::ProtectiveOrder(order) => &order.order_number,
            RecordBody::Supervision(supervision) => &supervision.supervision_number,
            RecordBody::SexOffender(registration) => &registration.registration_number,
        }
    }

    /// Returns what tells this record from every other of its agency.
    #[must_use]
    pub fn key(&self) -> RecordKey {
        RecordKey {
            kind: self.kind(),
            number: self.number().clone(),
        }
    }

    /// Returns the custody content, where this is a custody record.
    #[must_use]
    pub const fn custody(&self) -> Option<&Custody> {
        match &self.body {
            RecordBody::Custody(custody) => Some(custody),
            RecordBody::CourtEvent(_)
            | RecordBody::Hearing(_)
            | RecordBody::ProtectiveOrder(_)
            | RecordBody::Supervision(_)
            | RecordBody::SexOffender(_) => None,
        }
    }
}

/// Hashes the portable bytes of a record: what the digest and the diff compare.
#[must_use]
pub fn row_hash(portable: &[u8]) -> Hash {
    Hash::tagged("savin/row/1", &[portable])
}
