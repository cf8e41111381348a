//! Version 1 of the content of the five kinds of record that are not custody.

use serde::{Deserialize, Serialize};

use super::MomentV1;
use super::bounds::{effective, id, optional_text};
use crate::ids::RecordNumber;
use crate::pii::Pii;
use crate::record::court_event::{CourtEvent, Schedule};
use crate::record::hearing::Hearing;
use crate::record::portable::RecordError;
use crate::record::protective_order::{ProtectiveOrder, Service};
use crate::record::sex_offender::SexOffenderRegistration;
use crate::record::supervision::Supervision;

/// The content of a court event record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourtEventV1 {
    court_event_number: String,
    case_number: Option<String>,
    court: Option<String>,
    event_type: Option<String>,
    location: Option<String>,
    starts_at: Option<MomentV1>,
    schedule: u8,
}

/// The content of a hearing record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HearingV1 {
    hearing_number: String,
    hearing_type: Option<String>,
    location: Option<String>,
    starts_at: Option<MomentV1>,
    schedule: u8,
    decision: Option<String>,
    decided_at: Option<MomentV1>,
}

/// The content of a protective order record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectiveOrderV1 {
    order_number: String,
    court: Option<String>,
    service: u8,
    service_at: Option<MomentV1>,
    expires_at: Option<MomentV1>,
}

/// The content of a supervision record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupervisionV1 {
    supervision_number: String,
    supervision_type: Option<String>,
    status: Option<String>,
    absconded: bool,
    status_at: Option<MomentV1>,
    address: Option<String>,
    address_at: Option<MomentV1>,
}

/// The content of a sex offender registry record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SexOffenderV1 {
    registration_number: String,
    compliant: Option<bool>,
    status: Option<String>,
    profile_updated_at: Option<MomentV1>,
    address: Option<String>,
}

impl From<&CourtEvent> for CourtEventV1 {
    fn from(event: &CourtEvent) -> Self {
        Self {
            court_event_number: event.court_event_number.to_string(),
            case_number: event.case_number.clone(),
            court: event.court.clone(),
            event_type: event.event_type.clone(),
            location: event.location.clone(),
            starts_at: event.starts_at.map(MomentV1::from),
            schedule: event.schedule.code(),
        }
    }
}

impl TryFrom<CourtEventV1> for CourtEvent {
    type Error = RecordError;

    fn try_from(event: CourtEventV1) -> Result<Self, RecordError> {
        Ok(Self {
            court_event_number: id(
                "court_event_number",
                &event.court_event_number,
                RecordNumber::new,
            )?,
            case_number: optional_text("case_number", event.case_number)?,
            court: optional_text("court", event.court)?,
            event_type: optional_text("event_type", event.event_type)?,
            location: optional_text("location", event.location)?,
            starts_at: effective("starts_at", event.starts_at)?,
            schedule: schedule(event.schedule)?,
        })
    }
}

impl From<&Hearing> for HearingV1 {
    fn from(hearing: &Hearing) -> Self {
        Self {
            hearing_number: hearing.hearing_number.to_string(),
            hearing_type: hearing.hearing_type.clone(),
            location: hearing.location.clone(),
            starts_at: hearing.starts_at.map(MomentV1::from),
            schedule: hearing.schedule.code(),
            decision: hearing.decision.clone(),
            decided_at: hearing.decided_at.map(MomentV1::from),
        }
    }
}

impl TryFrom<HearingV1> for Hearing {
    type Error = RecordError;

    fn try_from(hearing: HearingV1) -> Result<Self, RecordError> {
        Ok(Self {
            hearing_number: id("hearing_number", &hearing.hearing_number, RecordNumber::new)?,
            hearing_type: optional_text("hearing_type", hearing.hearing_type)?,
            location: optional_text("location", hearing.location)?,
            starts_at: effective("starts_at", hearing.starts_at)?,
            schedule: schedule(hearing.schedule)?,
            decision: optional_text("decision", hearing.decision)?,
            decided_at: effective("decided_at", hearing.decided_at)?,
        })
    }
}

impl From<&ProtectiveOrder> for ProtectiveOrderV1 {
    fn from(order: &ProtectiveOrder) -> Self {
        Self {
            order_number: order.order_number.to_string(),
            court: order.court.clone(),
            service: order.service.code(),
            service_at: order.service_at.map(MomentV1::from),
            expires_at: order.expires_at.map(MomentV1::from),
        }
    }
}

impl TryFrom<ProtectiveOrderV1> for ProtectiveOrder {
    type Error = RecordError;

    fn try_from(order: ProtectiveOrderV1) -> Result<Self, RecordError> {
        Ok(Self {
            order_number: id("order_number", &order.order_number, RecordNumber::new)?,
            court: optional_text("court", order.court)?,
            service: Service::from_code(order.service)
                .ok_or(RecordError::UnknownCode("service"))?,
            service_at: effective("service_at", order.service_at)?,
            expires_at: effective("expires_at", order.expires_at)?,
        })
    }
}

impl From<&Supervision> for SupervisionV1 {
    fn from(supervision: &Supervision) -> Self {
        Self {
            supervision_number: supervision.supervision_number.to_string(),
            supervision_type: supervision.supervision_type.clone(),
            status: supervision.status.clone(),
            absconded: supervision.absconded,
            status_at: supervision.status_at.map(MomentV1::from),
            address: supervision
                .address
                .as_ref()
                .map(|address| address.reveal().clone()),
            address_at: supervision.address_at.map(MomentV1::from),
        }
    }
}

impl TryFrom<SupervisionV1> for Supervision {
    type Error = RecordError;

    fn try_from(supervision: SupervisionV1) -> Result<Self, RecordError> {
        Ok(Self {
            supervision_number: id(
                "supervision_number",
                &supervision.supervision_number,
                RecordNumber::new,
            )?,
            supervision_type: optional_text("supervision_type", supervision.supervision_type)?,
            status: optional_text("status", supervision.status)?,
            absconded: supervision.absconded,
            status_at: effective("status_at", supervision.status_at)?,
            address: optional_text("address", supervision.address)?.map(Pii::new),
            address_at: effective("address_at", supervision.address_at)?,
        })
    }
}

impl From<&SexOffenderRegistration> for SexOffenderV1 {
    fn from(registration: &SexOffenderRegistration) -> Self {
        Self {
            registration_number: registration.registration_number.to_string(),
            compliant: registration.compliant,
            status: registration.status.clone(),
            profile_updated_at: registration.profile_updated_at.map(MomentV1::from),
            address: registration
                .address
                .as_ref()
                .map(|address| address.reveal().clone()),
        }
    }
}

impl TryFrom<SexOffenderV1> for SexOffenderRegistration {
    type Error = RecordError;

    fn try_from(registration: SexOffenderV1) -> Result<Self, RecordError> {
        Ok(Self {
            registration_number: id(
                "registration_number",
                &registration.registration_number,
                RecordNumber::new,
            )?,
            compliant: registration.compliant,
            status: optional_text("status", registration.status)?,
            profile_updated_at: effective("profile_updated_at", registration.profile_updated_at)?,
            address: optional_text("address", registration.address)?.map(Pii::new),
            moves_at: None,
        })
    }
}

fn schedule(code: u8) -> Result<Schedule, RecordError> {
    Schedule::from_code(code).ok_or(RecordError::UnknownCode("schedule"))
}
