//! Folding one arrival into what is known of its record.

use std::collections::BTreeSet;

use savin_shared::delta::{Coverage, Evidence, Origin};
use savin_shared::event::EventCode;
use savin_shared::ids::FeedName;
use savin_shared::record::custody::{CustodyState, ReleaseReason};
use savin_shared::record::{Record, RecordBody};

use super::derive::{Derived, derive};
use super::known::Known;
use super::overlay::overlay;

/// What arrived about one record.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// In which feed.
    pub feed: &'a FeedName,
    /// How the agent came to see it.
    pub origin: Origin,
    /// Whether this feed had the record in its roster before.
    pub was_listed: bool,
    /// What it is.
    pub change: ArrivalChange<'a>,
}

/// What arrived.
#[derive(Debug, Clone, Copy)]
pub enum ArrivalChange<'a> {
    /// A row.
    Row {
        /// The record in it.
        record: &'a Record,
        /// Whether it is the whole record.
        coverage: Coverage,
        /// What it proves.
        evidence: Evidence,
    },
    /// The row is missing from a complete roster.
    NoLongerListed,
    /// The row was sealed.
    Withheld,
    /// The row is gone or sealed for somebody who may not speak for the record's place: it leaves
    /// that one's list and changes nothing else.
    Unlisted,
}

/// What is known now, and what follows.
#[derive(Debug, Clone)]
pub struct Folded {
    /// What is known now.
    pub after: Known,
    /// Whether the record itself is different, so that its history gets a row.
    pub is_changed: bool,
    /// The events that follow.
    pub derived: Vec<Derived>,
}

/// Folds an arrival into what was known; `None` where nothing is known and nothing arrived to know.
#[must_use]
pub fn fold(before: Option<&Known>, arrival: Arrival<'_>) -> Option<Folded> {
    let listed_elsewhere = before
        .map_or(0, |known| known.listings)
        .saturating_sub(u32::from(arrival.was_listed));
    match arrival.change {
        ArrivalChange::Row {
            record,
            coverage,
            evidence,
        } => {
            let row = Row {
                record,
                coverage,
                evidence,
                // A transaction tells of a record once; only a roster goes on listing it.
                listings: listed_elsewhere + u32::from(coverage == Coverage::Full),
            };
            Some(fold_row(
                before,
                arrival.feed,
                arrival.origin,
                arrival.was_listed,
                row,
            ))
        }
        ArrivalChange::NoLongerListed => {
            let mut after = before?.clone();
            after.listings = listed_elsewhere;
            Some(fold_absence(after, arrival.feed, arrival.origin))
        }
        ArrivalChange::Unlisted => {
            let mut after = before?.clone();
            after.listings = listed_elsewhere;
            Some(unchanged(after))
        }
        ArrivalChange::Withheld => {
            let mut after = before?.clone();
            after.listings = listed_elsewhere;
            let is_changed = after.sealed_by.is_empty();
            after.sealed_by.insert(arrival.feed.clone());
            Some(Folded {
                after,
                is_changed,
                derived: Vec::new(),
            })
        }
    }
}

#[derive(Clone, Copy)]
struct Row<'a> {
    record: &'a Record,
    coverage: Coverage,
    evidence: Evidence,
    listings: u32,
}

fn fold_row(
    before: Option<&Known>,
    feed: &FeedName,
    origin: Origin,
    was_listed: bool,
    row: Row<'_>,
) -> Folded {
    let Some(before) = before else {
        let derived = if is_news(origin) {
            derive(None, row.record)
        } else {
            Vec::new()
        };
        let after = Known {
            record: row.record.clone(),
            sealed_by: BTreeSet::new(),
            status_feed: feed.clone(),
            status_evidence: row.evidence,
            listings: row.listings,
        };
        return Folded {
            after,
            is_changed: true,
            derived,
        };
    };
    let mut record = match row.coverage {
        Coverage::Full => row.record.clone(),
        Coverage::Partial => overlay(&before.record, row.record.clone(), row.evidence),
    };
    let keeps_status =
        keeps_status(before, feed, was_listed, row.evidence) || says_less(&before.record, &record);
    if keeps_status {
        copy_status(&before.record, &mut record);
    }
    let derived = derive(Some(&before.record), &record);
    let says_status = !keeps_status && (row.evidence != Evidence::Listing || !was_listed);
    let (status_feed, status_evidence) = if says_status {
        (feed.clone(), row.evidence)
    } else {
        (before.status_feed.clone(), before.status_evidence)
    };
    // Only the feed that sealed the record knows that it is sealed no longer.
    let mut sealed_by = before.sealed_by.clone();
    let is_unsealed = sealed_by.remove(feed) && sealed_by.is_empty();
    let is_changed = record != before.record || is_unsealed;
    let after = Known {
        record,
        sealed_by,
        status_feed,
        status_evidence,
        listings: row.listings,
    };
    Folded {
        after,
        is_changed,
        derived: if is_news(origin) { derived } else { Vec::new() },
    }
}

/// Whether what is known of the status outweighs the row: an explicit end of custody in one feed is
/// not undone by a roster that has simply not dropped the person yet.
fn keeps_status(before: &Known, feed: &FeedName, was_listed: bool, evidence: Evidence) -> bool {
    let has_ended = before
        .record
        .custody()
        .is_some_and(|custody| custody.state.has_ended());
    let is_explicit = before.status_evidence == Evidence::Transaction;
    let is_weaker = evidence != Evidence::Transaction;
    has_ended && is_explicit && is_weaker && was_listed && *feed != before.status_feed
}

/// Whether a row only closes a booking of which it is already known how it ended: by death, by a
/// transfer, or by a release whose reason was given.
fn says_less(before: &Record, row: &Record) -> bool {
    use CustodyState as State;
    let states = before.custody().zip(row.custody());
    states.is_some_and(|(before, row)| match (before.state, row.state) {
        (
            State::OutOfCustody(_) | State::Deceased | State::TransferredOut,
            State::OutOfCustody(ReleaseReason::Unknown | ReleaseReason::Other),
        ) => before.state != row.state,
        _ => false,
    })
}

fn copy_status(from: &Record, to: &mut Record) {
    if let (RecordBody::Custody(from), RecordBody::Custody(to)) = (&from.body, &mut to.body) {
        to.state = from.state;
        to.status_at = from.status_at;
        to.released_at = from.released_at;
        to.release_text.clone_from(&from.release_text);
        to.released_to.clone_from(&from.released_to);
    }
}

const fn unchanged(after: Known) -> Folded {
    Folded {
        after,
        is_changed: false,
        derived: Vec::new(),
    }
}

/// Absence: whoever was held is no longer listed; who was let go, escaped or died stays so.
fn fold_absence(mut after: Known, feed: &FeedName, origin: Origin) -> Folded {
    if after.listings > 0 {
        return unchanged(after);
    }
    let RecordBody::Custody(custody) = &mut after.record.body else {
        return unchanged(after);
    };
    if custody.state.has_ended() || custody.state == CustodyState::NoLongerListed {
        return unchanged(after);
    }
    custody.state = CustodyState::NoLongerListed;
    after.status_feed = feed.clone();
    after.status_evidence = Evidence::Listing;
    let event = Derived {
        code: EventCode::NoLongerListed,
        effective_at: None,
        details: super::details::Details::default(),
        corrects: false,
    };
    let derived = if is_news(origin) {
        vec![event]
    } else {
        Vec::new()
    };
    Folded {
        after,
        is_changed: true,
        derived,
    }
}

/// A first full roster is the state of things and no news.
const fn is_news(origin: Origin) -> bool {
    !matches!(origin, Origin::Baseline)
}

#[cfg(test)]
mod tests;
