//! Version 1 of the content of a custody record.

use serde::{Deserialize, Serialize};

use super::MomentV1;
use super::bounds::{effective, id, list, optional_text, text};
use crate::ids::RecordNumber;
use crate::record::custody::{Charge, Custody, CustodyState};
use crate::record::portable::RecordError;

/// The content of a custody record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodyV1 {
    booking_number: String,
    state: (u8, u8),
    status_text: Option<String>,
    status_at: Option<MomentV1>,
    classification: Option<String>,
    location: Option<String>,
    arrested_at: Option<MomentV1>,
    booked_at: Option<MomentV1>,
    scheduled_release_at: Option<MomentV1>,
    released_at: Option<MomentV1>,
    release_text: Option<String>,
    released_to: Option<String>,
    holds: Vec<String>,
    charges: Vec<ChargeV1>,
    bond: Option<String>,
    case_numbers: Vec<String>,
}

/// One charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeV1 {
    statute: Option<String>,
    text: Option<String>,
    level: Option<String>,
}

impl From<&Custody> for CustodyV1 {
    fn from(custody: &Custody) -> Self {
        Self {
            booking_number: custody.booking_number.to_string(),
            state: custody.state.codes(),
            status_text: custody.status_text.clone(),
            status_at: custody.status_at.map(MomentV1::from),
            classification: custody.classification.clone(),
            location: custody.location.clone(),
            arrested_at: custody.arrested_at.map(MomentV1::from),
            booked_at: custody.booked_at.map(MomentV1::from),
            scheduled_release_at: custody.scheduled_release_at.map(MomentV1::from),
            released_at: custody.released_at.map(MomentV1::from),
            release_text: custody.release_text.clone(),
            released_to: custody.released_to.clone(),
            holds: custody.holds.clone(),
            charges: custody.charges.iter().map(ChargeV1::from).collect(),
            bond: custody.bond.clone(),
            case_numbers: custody.case_numbers.clone(),
        }
    }
}

impl TryFrom<CustodyV1> for Custody {
    type Error = RecordError;

    fn try_from(custody: CustodyV1) -> Result<Self, RecordError> {
        let (state, reason) = custody.state;
        Ok(Self {
            booking_number: id("booking_number", &custody.booking_number, RecordNumber::new)?,
            state: CustodyState::from_codes(state, reason)
                .ok_or(RecordError::UnknownCode("state"))?,
            status_text: optional_text("status_text", custody.status_text)?,
            status_at: effective("status_at", custody.status_at)?,
            classification: optional_text("classification", custody.classification)?,
            location: optional_text("location", custody.location)?,
            arrested_at: effective("arrested_at", custody.arrested_at)?,
            booked_at: effective("booked_at", custody.booked_at)?,
            scheduled_release_at: effective("scheduled_release_at", custody.scheduled_release_at)?,
            released_at: effective("released_at", custody.released_at)?,
            release_text: optional_text("release_text", custody.release_text)?,
            released_to: optional_text("released_to", custody.released_to)?,
            holds: list("holds", custody.holds, |value| text("holds", value))?,
            charges: list("charges", custody.charges, Charge::try_from)?,
            bond: optional_text("bond", custody.bond)?,
            case_numbers: list("case_numbers", custody.case_numbers, |value| {
                text("case_numbers", value)
            })?,
        })
    }
}

impl From<&Charge> for ChargeV1 {
    fn from(charge: &Charge) -> Self {
        Self {
            statute: charge.statute.clone(),
            text: charge.text.clone(),
            level: charge.level.clone(),
        }
    }
}

impl TryFrom<ChargeV1> for Charge {
    type Error = RecordError;

    fn try_from(charge: ChargeV1) -> Result<Self, RecordError> {
        Ok(Self {
            statute: optional_text("charges.statute", charge.statute)?,
            text: optional_text("charges.text", charge.text)?,
            level: optional_text("charges.level", charge.level)?,
            disposition: None,
        })
    }
}
