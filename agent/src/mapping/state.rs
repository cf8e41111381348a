//! Which custody state a row states, and how it proves it.

use jiff::SignedDuration;
use savin_shared::clock::EffectiveAt;
use savin_shared::delta::Evidence;
use savin_shared::record::custody::{CustodyState, ReleaseReason};

use super::field::Field;
use super::profile::Mode;
use super::row::RowReader;

/// How far ahead of the agent a jail's clock may run before a release counts as not yet come.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// Decides in this order: a status word that the profile lists; a release time that has come;
/// being listed. A word that the profile does not list is `Unknown`, whatever else the row holds.
pub(super) fn custody_state(
    row: &mut RowReader<'_>,
    released: Option<EffectiveAt>,
) -> (CustodyState, Evidence) {
    let soon = row.observed_at().timestamp().saturating_add(SKEW).ok();
    let explicit = match row.profile.mode {
        Mode::Transactions => Evidence::Transaction,
        Mode::Roster => Evidence::Status,
    };
    let reason = row.meaning(Field::ReleaseReason, |profile| {
        &profile.values.release_reason
    });
    let state = if row.has(Field::Status) {
        match row.meaning(Field::Status, |profile| &profile.values.status) {
            Some(state) => (state, explicit),
            None => (CustodyState::Unknown, Evidence::Listing),
        }
    } else if released.is_some_and(|at| soon.is_none_or(|soon| at.timestamp() <= soon)) {
        (
            CustodyState::OutOfCustody(ReleaseReason::Unknown),
            Evidence::Transaction,
        )
    } else {
        (row.profile.listed, Evidence::Listing)
    };
    match state {
        (CustodyState::OutOfCustody(ReleaseReason::Unknown), evidence) => {
            let given = row.has(Field::ReleaseReason);
            let fallback = if given {
                ReleaseReason::Other
            } else {
                ReleaseReason::Unknown
            };
            (
                CustodyState::OutOfCustody(reason.unwrap_or(fallback)),
                evidence,
            )
        }
        decided => decided,
    }
}
