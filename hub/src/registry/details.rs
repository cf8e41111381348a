//! What an event says besides its code and clocks: stored with it as JSON, and free of names.

use jiff::Timestamp;
use savin_shared::record::custody::CustodyState;
use serde::{Deserialize, Serialize};

/// The particulars of an event. A released field never changes its meaning; a new one is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Details {
    /// Whether the agency gave the day of the event without a time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub effective_is_day: bool,
    /// The facility before, by its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_facility: Option<String>,
    /// The facility after, by its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_facility: Option<String>,
    /// The word before: a classification, a status; `EscapeSuspected` of somebody who was missing, `Absconded` of
    /// somebody under supervision who was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The word after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// A release reason, by its word in our list; of a leave `WorkRelease` or `HouseArrest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// To whom somebody was released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub released_to: Option<String>,
    /// The facility, by its code, where another record says that whoever was released is still held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub still_held_at: Option<String>,
    /// When a court event, hearing, scheduled release or move is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// Whether that is a day without a time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub scheduled_is_day: bool,
    /// What kind of court event, hearing or supervision it is, in the agency's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Where it is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What a board decided, in its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// The agent whose daily test of the line this is; nothing for what somebody's record says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary_of: Option<String>,
    /// What a correction takes back, as an event's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_back: Option<String>,
    /// The telephone number of the place, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The custody state after the event, as `CustodyState` writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl Details {
    /// Says whether this is a move to where nobody has said, which ends custody at the place itself.
    #[must_use]
    pub fn is_moved_away(&self) -> bool {
        self.state.as_deref() == Some(CustodyState::TransferredOut.as_str())
    }
}
