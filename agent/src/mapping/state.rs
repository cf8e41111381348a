//! Which custody state a row states, and how it proves it.

use jiff::SignedDuration;
use savin_shared::clock::EffectiveAt;
use savin_shared::delta::Evidence;
use savin_shared::record::custody::{CustodyState, ReleaseReason};

use super::field::Field;
use super::profile::Mode;
use super::row::RowReader;
use super::values::RecordType;

/// How far ahead of the agent a jail's clock may run before a release counts as not yet come.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// Decides in this order: a status word that the profile lists; the row's type; a release time that
/// has come; being listed. A word that the profile does not list is `Unknown`, whatever else the row
/// holds. A state that hides in another column makes that more exact: a release whose reason says an
/// escape is one, and somebody who is held and whose cell says `WEEKENDER OUT` is on leave.
pub(super) fn custody_state(
    row: &mut RowReader<'_>,
    released: Option<EffectiveAt>,
    record_type: Option<RecordType>,
) -> (CustodyState, Evidence) {
    let explicit = match row.profile.mode {
        Mode::Transactions => Evidence::Transaction,
        Mode::Roster => Evidence::Status,
    };
    let reason = row.reason();
    let (state, evidence) = if row.has(Field::Status) {
        match row.meaning(Field::Status, |profile| &profile.values.status) {
            Some(state) => (state, explicit),
            None => (CustodyState::Unknown, Evidence::Listing),
        }
    } else if let Some(state) = record_type.and_then(|of| typed(row, of)) {
        (state, explicit)
    } else if is_past(row, released) {
        let unknown = CustodyState::OutOfCustody(ReleaseReason::Unknown);
        (unknown, Evidence::Transaction)
    } else {
        (row.profile.listed, Evidence::Listing)
    };
    if let Some(hidden) = hidden(row, state) {
        return (hidden, explicit);
    }
    if state != CustodyState::OutOfCustody(ReleaseReason::Unknown) {
        return (state, evidence);
    }
    let given = row.has(Field::ReleaseReason);
    let fallback = if given {
        ReleaseReason::Other
    } else {
        ReleaseReason::Unknown
    };
    let reason = reason.unwrap_or(fallback);
    (CustodyState::OutOfCustody(reason), evidence)
}

fn is_past(row: &RowReader<'_>, released: Option<EffectiveAt>) -> bool {
    let soon = row.observed_at().timestamp().saturating_add(SKEW).ok();
    released.is_some_and(|at| soon.is_none_or(|soon| at.timestamp() <= soon))
}

/// Says what the type of a row says of custody. Who went to a place that is one of the profile's
/// facilities is held there.
fn typed(row: &RowReader<'_>, record_type: RecordType) -> Option<CustodyState> {
    match record_type {
        RecordType::Booking => Some(CustodyState::InCustody),
        RecordType::Release => Some(CustodyState::OutOfCustody(ReleaseReason::Unknown)),
        RecordType::Transfer if row.destination().is_some() => Some(CustodyState::InCustody),
        RecordType::Transfer => Some(CustodyState::OutOfCustody(ReleaseReason::ToOtherAgency)),
        RecordType::State(state) => Some(state),
        RecordType::Victim | RecordType::Skip => None,
    }
}

/// Looks for a state that hides in another column. What hides in the reason of a release speaks of a
/// release, or where the profile has neither status nor release time; what hides elsewhere speaks of
/// somebody who is held, since cells keep old words.
fn hidden(row: &RowReader<'_>, state: CustodyState) -> Option<CustodyState> {
    let says_release = |field| row.profile.has(field);
    let ended = [Field::ReleaseReason, Field::ReleasedTo];
    let held = [Field::Location, Field::Classification, Field::Hold];
    let find = |fields: &[Field]| fields.iter().find_map(|field| row.hidden_state(*field));
    match state {
        CustodyState::OutOfCustody(_) => find(&ended),
        CustodyState::InCustody | CustodyState::OnLeave => {
            let is_silent = ![Field::Status, Field::RecordType, Field::ReleasedAt]
                .into_iter()
                .any(says_release);
            find(&held).or_else(|| find(&ended).filter(|_| is_silent))
        }
        CustodyState::Escaped
        | CustodyState::EscapeSuspected
        | CustodyState::Deceased
        | CustodyState::TransferredOut
        | CustodyState::TransferredOutOfState
        | CustodyState::NoLongerListed
        | CustodyState::Unknown => None,
    }
}
