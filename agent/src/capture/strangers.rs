//! Records that keep their number and name somebody else: another jail's file whose numbers are the
//! same, numbers given anew, columns that changed places.

use std::collections::BTreeSet;

use savin_shared::delta::Change;
use savin_shared::ids::{FeedName, RecordKey};
use savin_shared::record::Record;
use savin_shared::record::subject::Subject;

use crate::diff::{Class, Diff, Difference};
use crate::journal::{Journal, JournalError, shadow};

/// Changed records that are looked at; where more changed, so many show what the export is.
const LOOKED_AT_MAX: usize = 1000;

/// Finds records whose row names somebody else than the one before; those that end first.
pub(super) fn strangers(
    journal: &mut Journal,
    feed: &FeedName,
    diff: &Diff,
) -> Result<BTreeSet<RecordKey>, JournalError> {
    let of = |class: Class| {
        let all = diff.differences.iter();
        all.filter(move |difference| difference.class == class && !difference.added)
    };
    let changed = of(Class::Ended)
        .chain(of(Class::Changed))
        .chain(of(Class::TurnedUnknown))
        .take(LOOKED_AT_MAX);
    journal.read(|tx| {
        let mut strangers = BTreeSet::new();
        for difference in changed {
            let Some(now) = record(difference) else {
                continue;
            };
            let before = shadow::row_of(tx, feed, &difference.key)?;
            let before = before.and_then(|row| row.record().ok());
            if before.is_some_and(|before| is_other(&before.subject, &now.subject)) {
                strangers.insert(difference.key.clone());
            }
        }
        Ok(strangers)
    })
}

fn record(difference: &Difference) -> Option<Record> {
    match &difference.change {
        Change::Upsert { row, .. } => row.record().ok(),
        Change::NoLongerListed(_) | Change::Withheld(_) | Change::ObservationGap { .. } => None,
    }
}

/// Says whether two descriptions are of two people: whatever both name differs, and one of it is the
/// name or the person's number. A corrected name, birth date or number alone is no stranger.
fn is_other(before: &Subject, now: &Subject) -> bool {
    let differ = |pair: Option<bool>| pair.is_none_or(|same| !same);
    let number = same(before.person_number.as_ref(), now.person_number.as_ref());
    let name = same(before.name.as_ref(), now.name.as_ref());
    let birth = same(before.birth_date.as_ref(), now.birth_date.as_ref());
    (number.is_some() || name.is_some()) && [number, name, birth].into_iter().all(differ)
}

/// Compares what both have.
fn same<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> Option<bool> {
    one.zip(other).map(|(one, other)| one == other)
}
