//! Parole, probation and other supervision: section 1(b)(iii) (NIEM `j:SubjectSupervision`).

use crate::clock::EffectiveAt;
use crate::ids::RecordNumber;
use crate::pii::Pii;

/// The content of a supervision record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervision {
    /// The agency's number for the supervision.
    pub supervision_number: RecordNumber,
    /// Parole, probation, earned release supervision, house arrest, in the agency's word.
    pub supervision_type: Option<String>,
    /// `SupervisionPersonStatus`, in the agency's word.
    pub status: Option<String>,
    /// Whether the agency says that the person is not to be found.
    pub absconded: bool,
    /// When the status took effect.
    pub status_at: Option<EffectiveAt>,
    /// Where the person lives under supervision.
    pub address: Option<Pii<String>>,
    /// When the address took effect.
    pub address_at: Option<EffectiveAt>,
}
