//! Hearings of the Parole Board and on pardons: section 1(b)(ii).

use super::court_event::Schedule;
use crate::clock::EffectiveAt;
use crate::ids::RecordNumber;

/// The content of a hearing record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hearing {
    /// The board's number for the hearing.
    pub hearing_number: RecordNumber,
    /// Parole, presumptive parole, pardon, revocation, in the board's word.
    pub hearing_type: Option<String>,
    /// Room or address.
    pub location: Option<String>,
    /// When it is to begin.
    pub starts_at: Option<EffectiveAt>,
    /// Whether it stands.
    pub schedule: Schedule,
    /// What the board decided, in its words.
    pub decision: Option<String>,
    /// When the board decided.
    pub decided_at: Option<EffectiveAt>,
}
