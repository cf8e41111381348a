//! The charges of somebody who was let go: which of them the agency's own word leaves open.

use savin_shared::record::custody::{Custody, ReleaseReason};

/// Counts the charges that wait for a disposition although the reason of the release is none that lets
/// somebody go before one: bond, own recognisance, a court's order, or another agency's hands.
///
/// Of a booking of which no charge has a disposition nothing is counted: its agency gives none.
#[must_use]
pub fn left_open(custody: &Custody) -> usize {
    let Some(reason) = custody.state.reason() else {
        return 0;
    };
    let is_explained = matches!(
        reason,
        ReleaseReason::Bond
            | ReleaseReason::OwnRecognizance
            | ReleaseReason::CourtOrder
            | ReleaseReason::ToOtherAgency
    );
    let gives_any = custody
        .charges
        .iter()
        .any(|charge| charge.disposition.is_some());
    if is_explained || !gives_any {
        return 0;
    }
    let open = custody.charges.iter().filter(|charge| {
        charge
            .disposition
            .is_none_or(|disposition| disposition.kind.is_open())
    });
    open.count()
}

#[cfg(test)]
mod tests {
    use savin_shared::ids::RecordNumber;
    use savin_shared::record::custody::{
        Charge, Custody, CustodyState, Disposition, DispositionKind as Kind, ReleaseReason,
    };

    use super::left_open;

    fn released(reason: ReleaseReason, kinds: &[Option<Kind>]) -> usize {
        let number = RecordNumber::new("26-1").unwrap();
        let mut custody = Custody::new(number, CustodyState::OutOfCustody(reason));
        custody.charges = kinds
            .iter()
            .map(|kind| Charge {
                statute: None,
                text: Some("TEST".to_owned()),
                level: None,
                disposition: kind.map(|kind| Disposition { kind, at: None }),
            })
            .collect();
        left_open(&custody)
    }

    #[test]
    fn counts_what_waits_for_a_disposition_where_the_reason_says_that_it_is_over() {
        let dropped = ReleaseReason::ChargesDropped;
        assert_eq!(released(dropped, &[Some(Kind::Open)]), 1);
        assert_eq!(
            released(
                dropped,
                &[Some(Kind::BoundOver), Some(Kind::Dismissed), None]
            ),
            2
        );
        let ends = [
            Kind::Convicted,
            Kind::Acquitted,
            Kind::Dismissed,
            Kind::NolleProsequi,
            Kind::RemandedToFile,
            Kind::NoTrueBill,
            Kind::NonAdjudicated,
            Kind::Other,
            Kind::Unknown,
        ];
        assert_eq!(released(ReleaseReason::Unknown, &ends.map(Some)), 0);
    }

    #[test]
    fn asks_for_no_disposition_of_who_is_out_on_bond_or_whose_agency_gives_none() {
        for reason in [
            ReleaseReason::Bond,
            ReleaseReason::OwnRecognizance,
            ReleaseReason::CourtOrder,
            ReleaseReason::ToOtherAgency,
        ] {
            assert_eq!(released(reason, &[Some(Kind::Open)]), 0);
        }
        assert_eq!(released(ReleaseReason::TimeServed, &[None, None]), 0);
        assert_eq!(released(ReleaseReason::TimeServed, &[]), 0);
    }
}
