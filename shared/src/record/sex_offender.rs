//! Entries of the sex offender registry: section 1(c).

use crate::clock::EffectiveAt;
use crate::ids::RecordNumber;
use crate::pii::Pii;

/// The content of a sex offender registry record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SexOffenderRegistration {
    /// The registry's number.
    pub registration_number: RecordNumber,
    /// Whether the person meets the duties of 45-33-27 to 45-33-47, where the registry says.
    pub compliant: Option<bool>,
    /// The same in the registry's words.
    pub status: Option<String>,
    /// When the profile was last updated.
    pub profile_updated_at: Option<EffectiveAt>,
    /// The registered address.
    pub address: Option<Pii<String>>,
    /// When the person intends to move, as told beforehand (45-33-29).
    pub moves_at: Option<EffectiveAt>,
}
