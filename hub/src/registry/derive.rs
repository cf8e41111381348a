//! Events derived by comparing what was with what is.

mod custody;
mod other;

use savin_shared::clock::EffectiveAt;
use savin_shared::event::EventCode;
use savin_shared::record::{Record, RecordBody};

use super::details::Details;

/// An event that follows from a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// What happened.
    pub code: EventCode,
    /// When the agency says that it did.
    pub effective_at: Option<EffectiveAt>,
    /// Its particulars.
    pub details: Details,
    /// Whether it takes back what an earlier event of this record said.
    pub corrects: bool,
    /// The code of the event that it takes back, where that need not be the newest.
    pub takes_back: Option<EventCode>,
    /// Whether it had passed before it became known: something newer is known already.
    pub is_overtaken: bool,
}

impl Derived {
    pub(super) fn new(code: EventCode, effective_at: Option<EffectiveAt>) -> Self {
        Self {
            code,
            effective_at,
            details: Details::default(),
            corrects: false,
            takes_back: None,
            is_overtaken: false,
        }
    }
}

/// Compares a record with what it was; `before` is `None` for one that was not known.
#[must_use]
pub fn derive(before: Option<&Record>, after: &Record) -> Vec<Derived> {
    match (before.map(|before| &before.body), &after.body) {
        (Some(RecordBody::Custody(before_body)), RecordBody::Custody(body)) => {
            let before = before.map(|before| (before, before_body.as_ref()));
            custody::derive(before, after, body)
        }
        (None, RecordBody::Custody(body)) => custody::derive(None, after, body),
        (Some(RecordBody::CourtEvent(before)), RecordBody::CourtEvent(body)) => {
            other::court_event(Some(before), body)
        }
        (None, RecordBody::CourtEvent(body)) => other::court_event(None, body),
        (Some(RecordBody::Hearing(before)), RecordBody::Hearing(body)) => {
            other::hearing(Some(before), body)
        }
        (None, RecordBody::Hearing(body)) => other::hearing(None, body),
        (Some(RecordBody::ProtectiveOrder(before)), RecordBody::ProtectiveOrder(body)) => {
            other::protective_order(Some(before), body)
        }
        (None, RecordBody::ProtectiveOrder(body)) => other::protective_order(None, body),
        (Some(RecordBody::Supervision(before)), RecordBody::Supervision(body)) => {
            other::supervision(before, body)
        }
        (Some(RecordBody::SexOffender(before)), RecordBody::SexOffender(body)) => {
            other::sex_offender(Some(before), body)
        }
        (None, RecordBody::SexOffender(body)) => other::sex_offender(None, body),
        (None, RecordBody::Supervision(body)) => other::supervision_begins(body),
        // Kinds are part of the key, so that two kinds never meet here.
        (Some(_), _) => Vec::new(),
    }
}
