//! Version 3 of the portable record: an entry of the sex offender registry of version 1, and the day of a move.
//!
//! An entry without one is version 1, so that it has one form and its hash does not change.

use serde::{Deserialize, Serialize};

use super::RecordError;
use super::v1::bounds::effective;
use super::v1::{MomentV1, RecordV1};
use crate::record::{Record, RecordBody};

/// An entry of the sex offender registry with the day of a move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordV3 {
    record: RecordV1,
    moves_at: MomentV1,
}

/// Returns when whoever a record is about intends to move, if that was told.
pub(super) fn moves_at(record: &Record) -> Option<MomentV1> {
    match &record.body {
        RecordBody::SexOffender(registration) => registration.moves_at.map(MomentV1::from),
        RecordBody::Custody(_)
        | RecordBody::CourtEvent(_)
        | RecordBody::Hearing(_)
        | RecordBody::ProtectiveOrder(_)
        | RecordBody::Supervision(_) => None,
    }
}

impl RecordV3 {
    pub(super) const fn new(record: RecordV1, moves_at: MomentV1) -> Self {
        Self { record, moves_at }
    }
}

impl TryFrom<RecordV3> for Record {
    type Error = RecordError;

    fn try_from(portable: RecordV3) -> Result<Self, RecordError> {
        let field = "moves_at";
        let mut record = Self::try_from(portable.record)?;
        let RecordBody::SexOffender(registration) = &mut record.body else {
            return Err(RecordError::Unfitting(field));
        };
        registration.moves_at = effective(field, Some(portable.moves_at))?;
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{MomentV1, RecordV3};
    use crate::clock::{EffectiveAt, Moment};
    use crate::hash::hex;
    use crate::ids::{FacilityCode, RecordNumber};
    use crate::record::custody::{Custody, CustodyState};
    use crate::record::portable::v1::RecordV1;
    use crate::record::portable::{PortableRecord, RecordError, decode, encode};
    use crate::record::sex_offender::SexOffenderRegistration;
    use crate::record::subject::Subject;
    use crate::record::{Record, RecordBody};

    fn number() -> RecordNumber {
        RecordNumber::new("R-1").unwrap()
    }

    fn record(body: RecordBody) -> Record {
        Record {
            facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
            subject: Subject::default(),
            entered_at: None,
            synthetic: false,
            body,
        }
    }

    fn registered(moves_at: Option<EffectiveAt>) -> Record {
        record(RecordBody::SexOffender(SexOffenderRegistration {
            registration_number: number(),
            compliant: Some(true),
            status: None,
            profile_updated_at: None,
            address: None,
            moves_at,
        }))
    }

    fn moving() -> Record {
        let at = Moment::exact(Timestamp::from_second(1).unwrap());
        registered(Some(EffectiveAt(at)))
    }

    #[test]
    fn keeps_the_bytes_of_whoever_does_not_move() {
        let record = registered(None);
        let bytes = encode(&record).unwrap();
        assert_eq!(bytes.first(), Some(&0), "version 1");
        assert_eq!(decode(&bytes).unwrap(), record);
    }

    #[test]
    fn writes_the_released_bytes_of_version_3_and_reads_them_back() {
        let record = moving();
        let bytes = encode(&record).unwrap();
        assert_eq!(
            hex(&bytes),
            include_str!("../../../golden/record-3.txt").trim()
        );
        assert_eq!(decode(&bytes).unwrap(), record);
        for end in 0..bytes.len() {
            assert!(decode(bytes.get(..end).unwrap()).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn refuses_a_move_of_whoever_is_no_registered_sex_offender() {
        let booking = Custody::new(number(), CustodyState::InCustody);
        let booking = record(RecordBody::Custody(Box::new(booking)));
        let moved = RecordV3::new(RecordV1::from(&booking), MomentV1(0, 1));
        assert_eq!(
            Record::try_from(PortableRecord::V3(moved)),
            Err(RecordError::Unfitting("moves_at"))
        );
        let never = RecordV3::new(RecordV1::from(&moving()), MomentV1(i64::MAX, 1));
        assert_eq!(
            Record::try_from(PortableRecord::V3(never)),
            Err(RecordError::Time("moves_at"))
        );
    }
}
