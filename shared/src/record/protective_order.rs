//! Protective orders and their service: section 1(a)(vii).
//!
//! The petitioner is never part of the record: her name and place must not be on an agent.

use crate::clock::EffectiveAt;
use crate::code::coded_enum;
use crate::ids::RecordNumber;

coded_enum! {
    /// How far the service of an order has come.
    pub enum Service {
        /// Entered, not yet served.
        Entered = 1 => "Entered",
        /// Service was tried.
        Attempted = 2 => "Attempted",
        /// Served.
        Served = 3 => "Served",
        /// Dissolved or withdrawn.
        Ended = 4 => "Ended",
    }
}

/// The content of a protective order record; the subject is the respondent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectiveOrder {
    /// The court's number for the order.
    pub order_number: RecordNumber,
    /// The court that made it.
    pub court: Option<String>,
    /// How far its service has come.
    pub service: Service,
    /// When that took place.
    pub service_at: Option<EffectiveAt>,
    /// When the order ends.
    pub expires_at: Option<EffectiveAt>,
}
