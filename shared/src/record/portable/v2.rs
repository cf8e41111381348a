//! Version 2 of the portable record: a booking of version 1, and what became of each of its charges.
//!
//! A record without a disposition is version 1, so that it has one form and its hash does not change.

use serde::{Deserialize, Serialize};

use super::RecordError;
use super::v1::bounds::effective;
use super::v1::{MomentV1, RecordV1};
use crate::record::custody::{Disposition, DispositionKind};
use crate::record::{Record, RecordBody};

/// A booking with dispositions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordV2 {
    record: RecordV1,
    dispositions: Vec<Option<DispositionV2>>,
}

/// What became of a charge: a code, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispositionV2(u8, Option<MomentV1>);

/// Returns the disposition of each charge of a record, if any has one.
pub(super) fn dispositions(record: &Record) -> Option<Vec<Option<DispositionV2>>> {
    let charges = record.custody()?.charges.iter();
    let portable = |disposition: Disposition| {
        let at = disposition.at.map(MomentV1::from);
        DispositionV2(disposition.kind.code(), at)
    };
    let dispositions: Vec<_> = charges
        .map(|charge| charge.disposition.map(portable))
        .collect();
    dispositions
        .iter()
        .any(Option::is_some)
        .then_some(dispositions)
}

impl RecordV2 {
    pub(super) const fn new(record: RecordV1, dispositions: Vec<Option<DispositionV2>>) -> Self {
        Self {
            record,
            dispositions,
        }
    }
}

impl TryFrom<RecordV2> for Record {
    type Error = RecordError;

    fn try_from(portable: RecordV2) -> Result<Self, RecordError> {
        let mut record = Self::try_from(portable.record)?;
        let dispositions = portable.dispositions;
        let RecordBody::Custody(custody) = &mut record.body else {
            return Err(RecordError::Unfitting("dispositions"));
        };
        let is_fitting =
            dispositions.len() == custody.charges.len() && dispositions.iter().any(Option::is_some);
        if !is_fitting {
            return Err(RecordError::Unfitting("dispositions"));
        }
        for (charge, disposition) in custody.charges.iter_mut().zip(dispositions) {
            charge.disposition = disposition.map(Disposition::try_from).transpose()?;
        }
        Ok(record)
    }
}

impl TryFrom<DispositionV2> for Disposition {
    type Error = RecordError;

    fn try_from(DispositionV2(code, at): DispositionV2) -> Result<Self, RecordError> {
        let field = "dispositions";
        Ok(Self {
            kind: DispositionKind::from_code(code).ok_or(RecordError::UnknownCode(field))?,
            at: effective(field, at)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{DispositionV2, RecordV2};
    use crate::clock::{EffectiveAt, Moment};
    use crate::hash::hex;
    use crate::ids::{FacilityCode, RecordNumber};
    use crate::record::custody::{Charge, Custody, CustodyState, Disposition, DispositionKind};
    use crate::record::portable::v1::RecordV1;
    use crate::record::portable::{PortableRecord, RecordError, decode, encode};
    use crate::record::subject::Subject;
    use crate::record::{Record, RecordBody};

    fn charge(text: &str, disposition: Option<Disposition>) -> Charge {
        Charge {
            statute: None,
            text: Some(text.to_owned()),
            level: None,
            disposition,
        }
    }

    fn booking(charges: Vec<Charge>) -> Record {
        let number = RecordNumber::new("26-1").unwrap();
        let mut custody = Custody::new(number, CustodyState::InCustody);
        custody.charges = charges;
        Record {
            facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
            subject: Subject::default(),
            entered_at: None,
            synthetic: false,
            body: RecordBody::Custody(Box::new(custody)),
        }
    }

    fn disposed() -> Record {
        let at = EffectiveAt(Moment::exact(Timestamp::from_second(1).unwrap()));
        let convicted = Disposition {
            kind: DispositionKind::Convicted,
            at: Some(at),
        };
        booking(vec![charge("A", Some(convicted)), charge("B", None)])
    }

    #[test]
    fn keeps_the_bytes_of_what_has_no_disposition() {
        let record = booking(vec![charge("A", None)]);
        let bytes = encode(&record).unwrap();
        assert_eq!(bytes.first(), Some(&0), "version 1");
        assert_eq!(decode(&bytes).unwrap(), record);
    }

    #[test]
    fn writes_the_released_bytes_of_version_2_and_reads_them_back() {
        let record = disposed();
        let bytes = encode(&record).unwrap();
        assert_eq!(
            hex(&bytes),
            include_str!("../../../golden/record-2.txt").trim()
        );
        assert_eq!(decode(&bytes).unwrap(), record);
        for end in 0..bytes.len() {
            assert!(decode(bytes.get(..end).unwrap()).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn refuses_dispositions_that_fit_no_charge() {
        let first = RecordV1::from(&disposed());
        let of = |dispositions| {
            let record = RecordV2::new(first.clone(), dispositions);
            Record::try_from(PortableRecord::V2(record))
        };
        let good = Some(DispositionV2(2, None));
        assert!(of(vec![good, None]).is_ok());
        let unfitting = Err(RecordError::Unfitting("dispositions"));
        for wrong in [vec![], vec![good], vec![good, None, None], vec![None, None]] {
            assert_eq!(of(wrong), unfitting);
        }
        let unknown = of(vec![Some(DispositionV2(99, None)), None]);
        assert_eq!(unknown, Err(RecordError::UnknownCode("dispositions")));
    }
}
