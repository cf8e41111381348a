//! Version 1 of the portable record: plain fields, codes as numbers, times as microseconds.

pub(super) mod bounds;
mod custody;
mod other;
mod subject;

use serde::{Deserialize, Serialize};

use self::bounds::{id, moment};
pub use self::custody::{ChargeV1, CustodyV1};
pub use self::other::{CourtEventV1, HearingV1, ProtectiveOrderV1, SexOffenderV1, SupervisionV1};
pub use self::subject::{PersonNameV1, SubjectV1};
use super::RecordError;
use crate::clock::{EffectiveAt, EnteredAt, Moment};
use crate::ids::FacilityCode;
use crate::record::{Record, RecordBody};

/// A record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordV1 {
    facility: String,
    subject: SubjectV1,
    entered_at: Option<MomentV1>,
    synthetic: bool,
    body: BodyV1,
}

/// The content of a record of each kind. Variants are only ever appended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum BodyV1 {
    /// `custody`
    Custody(Box<CustodyV1>),
    /// `court-event`
    CourtEvent(CourtEventV1),
    /// `hearing`
    Hearing(HearingV1),
    /// `protective-order`
    ProtectiveOrder(ProtectiveOrderV1),
    /// `supervision`
    Supervision(SupervisionV1),
    /// `sex-offender`
    SexOffender(SexOffenderV1),
}

/// An agency's time: microseconds since 1970 in UTC, and the code of its certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MomentV1(pub i64, pub u8);

impl From<Moment> for MomentV1 {
    fn from(moment: Moment) -> Self {
        Self(moment.at.as_microsecond(), moment.certainty.code())
    }
}

impl From<EffectiveAt> for MomentV1 {
    fn from(clock: EffectiveAt) -> Self {
        clock.0.into()
    }
}

impl From<&Record> for RecordV1 {
    fn from(record: &Record) -> Self {
        Self {
            facility: record.facility.as_str().to_owned(),
            subject: (&record.subject).into(),
            entered_at: record.entered_at.map(|clock| clock.0.into()),
            synthetic: record.synthetic,
            body: (&record.body).into(),
        }
    }
}

impl TryFrom<RecordV1> for Record {
    type Error = RecordError;

    fn try_from(record: RecordV1) -> Result<Self, RecordError> {
        Ok(Self {
            facility: id("facility", &record.facility, FacilityCode::new)?,
            subject: record.subject.try_into()?,
            entered_at: moment("entered_at", record.entered_at)?.map(EnteredAt),
            synthetic: record.synthetic,
            body: record.body.try_into()?,
        })
    }
}

impl From<&RecordBody> for BodyV1 {
    fn from(body: &RecordBody) -> Self {
        match body {
            RecordBody::Custody(custody) => Self::Custody(Box::new(custody.as_ref().into())),
            RecordBody::CourtEvent(event) => Self::CourtEvent(event.into()),
            RecordBody::Hearing(hearing) => Self::Hearing(hearing.into()),
            RecordBody::ProtectiveOrder(order) => Self::ProtectiveOrder(order.into()),
            RecordBody::Supervision(supervision) => Self::Supervision(supervision.into()),
            RecordBody::SexOffender(registration) => Self::SexOffender(registration.into()),
        }
    }
}

impl TryFrom<BodyV1> for RecordBody {
    type Error = RecordError;

    fn try_from(body: BodyV1) -> Result<Self, RecordError> {
        Ok(match body {
            BodyV1::Custody(custody) => Self::Custody(Box::new((*custody).try_into()?)),
            BodyV1::CourtEvent(event) => Self::CourtEvent(event.try_into()?),
            BodyV1::Hearing(hearing) => Self::Hearing(hearing.try_into()?),
            BodyV1::ProtectiveOrder(order) => Self::ProtectiveOrder(order.try_into()?),
            BodyV1::Supervision(supervision) => Self::Supervision(supervision.try_into()?),
            BodyV1::SexOffender(registration) => Self::SexOffender(registration.try_into()?),
        })
    }
}
