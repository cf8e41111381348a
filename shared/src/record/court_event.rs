//! Court events: dates at which a victim may be present (NIEM `j:CourtEvent`).

use crate::clock::EffectiveAt;
use crate::code::coded_enum;
use crate::ids::RecordNumber;

coded_enum! {
    /// Whether a date still stands, for court events and hearings alike.
    pub enum Schedule {
        /// It stands.
        Set = 1 => "Set",
        /// It was called off.
        Cancelled = 2 => "Cancelled",
        /// It has taken place.
        Held = 3 => "Held",
    }
}

/// The content of a court event record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourtEvent {
    /// The court's number for the event, or case number and date where it has none.
    pub court_event_number: RecordNumber,
    /// `nc:CaseDocketID`.
    pub case_number: Option<String>,
    /// `j:CourtEventCourt/j:CourtName`.
    pub court: Option<String>,
    /// What is to happen: arraignment, trial, sentencing.
    pub event_type: Option<String>,
    /// Room or address.
    pub location: Option<String>,
    /// When it is to begin (`nc:ActivityDate`).
    pub starts_at: Option<EffectiveAt>,
    /// Whether it stands.
    pub schedule: Schedule,
}
