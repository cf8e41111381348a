//! Explicit ends of custody: which are believed at once.
//!
//! A wrong code table must not free hundreds, and a true release must not wait. So as many pass as a
//! usual day brings; where more come, only the first few do, and the rest waits for a person. Where a
//! jail gives the time of its releases, those without one are not what its words usually mean.

use std::collections::BTreeSet;

use savin_shared::delta::Change;
use savin_shared::ids::RecordKey;
use savin_shared::record::custody::{Custody, CustodyState};

use super::limits::{RELEASE_FLOOR, is_beyond_accident, is_shift, release_limit};
use super::{History, HoldReason, Looks, is_moved_away};
use crate::diff::{Class, Difference};

/// How many releases a feed told, and how many of them with their time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    /// All.
    pub releases: u64,
    /// Those with their time.
    pub dated: u64,
}

/// Releases below which it is not known whether a jail gives their times.
const GIVEN_MIN: u64 = 20;

impl Given {
    /// Says whether releases come with their time, but for one of a hundred.
    const fn is_usual(self) -> bool {
        let without = self.releases.saturating_sub(self.dated);
        self.releases >= GIVEN_MIN && without.saturating_mul(100) <= self.releases
    }

    /// Adds a change, if it is a release.
    pub fn count(&mut self, change: &Change) {
        if let Some(is_dated) = is_release(change) {
            self.releases += 1;
            self.dated += u64::from(is_dated);
        }
    }
}

/// Says of a release whether it has its time. An escape, a death or a transfer is none.
#[must_use]
pub fn is_release(change: &Change) -> Option<bool> {
    let Change::Upsert { row, .. } = change else {
        return None;
    };
    let record = row.record().ok()?;
    let is_release = |custody: &&Custody| matches!(custody.state, CustodyState::OutOfCustody(_));
    let custody = record.custody().filter(is_release)?;
    Some(custody.released_at.is_some())
}

/// Finds the releases without a time, where they usually have one and so many have none that it is no
/// accident.
pub(super) fn bare(differences: &[Difference], history: &History) -> BTreeSet<RecordKey> {
    if !history.given.is_usual() {
        return BTreeSet::new();
    }
    let ended = || {
        differences
            .iter()
            .filter(|d| d.class == Class::Ended && !d.is_history && !history.waits(d))
    };
    let bare: BTreeSet<RecordKey> = ended()
        .filter(|difference| is_release(&difference.change) == Some(false))
        .map(|difference| difference.key.clone())
        .collect();
    if is_beyond_accident(bare.len() as u64, ended().count() as u64) {
        bare
    } else {
        BTreeSet::new()
    }
}

/// How many explicit ends of custody of an export are believed.
pub(super) struct Releases {
    /// How many more are.
    left: u64,
    /// How many there are, within the window.
    ended: u64,
    /// Why none of them is, if none is.
    doubt: Option<HoldReason>,
    /// Those without a time.
    bare: BTreeSet<RecordKey>,
    held_for_no_time: u64,
    /// Those of records that name somebody else now.
    held_for_their_name: u64,
}

impl Releases {
    /// Begins with the ends of custody of an export that do not wait for a person already.
    pub(super) fn new(ended: u64, bare: &BTreeSet<RecordKey>, history: &History) -> Self {
        let told = history.ended_in_window;
        let others = ended.saturating_sub(bare.len() as u64);
        let in_window = told
            .saturating_add(history.held_in_window)
            .saturating_add(others);
        let limit = release_limit(history);
        let listed = history.listed;
        let doubt = if history.is_roster && is_shift(ended, history) {
            Some(HoldReason::StatusShift { ended, listed })
        } else {
            let is_doubtful = history.looks == Looks::Other && is_beyond_accident(ended, listed);
            is_doubtful.then_some(HoldReason::NewLayout { ended })
        };
        let left = if doubt.is_some() {
            0
        } else if in_window > limit {
            RELEASE_FLOOR.saturating_sub(told)
        } else {
            limit.saturating_sub(told)
        };
        Self {
            left,
            ended: in_window,
            doubt,
            bare: bare.clone(),
            held_for_no_time: 0,
            held_for_their_name: 0,
        }
    }

    /// Says whether an explicit end of custody is held.
    pub(super) fn holds(&mut self, difference: &Difference, history: &History) -> bool {
        if history.strangers.contains(&difference.key) {
            self.held_for_their_name += 1;
            return true;
        }
        if is_moved_away(difference, history) {
            return false;
        }
        if self.doubt.is_none() && self.bare.contains(&difference.key) {
            self.held_for_no_time += 1;
            return true;
        }
        let is_believed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        !is_believed
    }

    /// Says why the given number that is held in the end is.
    pub(super) fn reasons(&self, held: u64, history: &History) -> impl Iterator<Item = HoldReason> {
        let for_their_number = held
            .saturating_sub(self.held_for_their_name)
            .saturating_sub(self.held_for_no_time);
        let wrong_person = (self.held_for_their_name > 0).then_some(HoldReason::WrongPerson {
            rows: self.held_for_their_name,
        });
        let bare = (self.held_for_no_time > 0).then_some(HoldReason::BareRelease {
            rows: self.held_for_no_time,
            given: history.given,
        });
        let number = self.doubt.or_else(|| {
            (for_their_number > 0).then_some(HoldReason::MassRelease {
                ended: self.ended,
                limit: release_limit(history),
            })
        });
        [wrong_person, bare, number].into_iter().flatten()
    }
}
