//! Folding one arrival into what is known of its record.

use std::collections::BTreeSet;

use savin_shared::clock::EffectiveAt;
use savin_shared::delta::{Coverage, Evidence, Origin};
use savin_shared::event::EventCode;
use savin_shared::ids::FeedName;
use savin_shared::record::custody::{Custody, CustodyState, ReleaseReason};
use savin_shared::record::{Record, RecordBody};

use super::derive::{Derived, derive};
use super::details::Details;
use super::known::{Fields, Known, Sealer, Word};
use super::overlay::overlay;

/// What arrived about one record.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// In which feed.
    pub feed: &'a FeedName,
    /// How the agent came to see it.
    pub origin: Origin,
    /// What this feed said of the record before, as long as it lists it.
    pub before: Option<Word>,
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
    /// What the feed says now, where it lists the record.
    pub word: Option<Word>,
    /// The events that follow.
    pub derived: Vec<Derived>,
}

/// Folds an arrival into what was known; `None` where nothing is known and nothing arrived to know.
#[must_use]
pub fn fold(before: Option<&Known>, arrival: Arrival<'_>) -> Option<Folded> {
    let was_listed = arrival.before.is_some_and(|word| word.is_roster);
    let listed_elsewhere = before
        .map_or(0, |known| known.listings)
        .saturating_sub(u32::from(was_listed));
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
            Some(match before {
                Some(before) => fold_row(before, arrival, row),
                None => fold_first(arrival, row),
            })
        }
        ArrivalChange::NoLongerListed => {
            let mut after = before?.clone();
            after.listings = listed_elsewhere;
            Some(fold_absence(after, arrival.feed))
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
            after.sealed_by.insert(Sealer::Feed(arrival.feed.clone()));
            Some(Folded {
                after,
                is_changed,
                word: None,
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

impl Row<'_> {
    const fn kind(&self) -> (Coverage, Evidence) {
        (self.coverage, self.evidence)
    }

    fn word(&self, filled: Fields) -> Word {
        Word {
            is_roster: self.coverage == Coverage::Full,
            state: self.record.custody().map(|custody| custody.state),
            filled,
        }
    }
}

/// A row of a record that was not known.
fn fold_first(arrival: Arrival<'_>, row: Row<'_>) -> Folded {
    let (record, filled) = overlay(row.record, row.record.clone(), row.kind(), None);
    Folded {
        is_changed: true,
        word: Some(row.word(filled)),
        derived: news(arrival.origin, None, &record),
        after: Known {
            record,
            sealed_by: BTreeSet::new(),
            status_feed: arrival.feed.clone(),
            status_evidence: row.evidence,
            listings: row.listings,
        },
    }
}

fn fold_row(before: &Known, arrival: Arrival<'_>, row: Row<'_>) -> Folded {
    let feed = arrival.feed;
    let (mut record, filled) = overlay(
        &before.record,
        row.record.clone(),
        row.kind(),
        arrival.before,
    );
    let is_late = is_out_of_order(before, row);
    let mut derived = if is_late {
        overtaken(&before.record, &record)
    } else {
        Vec::new()
    };
    let keeps_status = repeats(before, arrival, row)
        || says_less(&before.record, &record)
        || is_overtaken(before, row)
        || is_late;
    let (status_feed, status_evidence) = if keeps_status {
        copy_status(&before.record, &mut record);
        (before.status_feed.clone(), before.status_evidence)
    } else {
        (feed.clone(), row.evidence)
    };
    // Only the feed that sealed the record knows that it is sealed no longer; no feed lifts an order.
    let mut sealed_by = before.sealed_by.clone();
    let is_unsealed = sealed_by.remove(&Sealer::Feed(feed.clone())) && sealed_by.is_empty();
    derived.extend(withdrawn(
        row.evidence,
        (&before.record, &record),
        news(arrival.origin, Some(&before.record), &record),
    ));
    Folded {
        is_changed: record != before.record || is_unsealed,
        word: Some(row.word(filled)),
        derived,
        after: Known {
            record,
            sealed_by,
            status_feed,
            status_evidence,
            listings: row.listings,
        },
    }
}

/// Whether a row only repeats what its feed said of the status before, though another feed has said
/// something since: a list that has simply not followed yet undoes no explicit word, nor does a
/// booking system whose other columns changed. A transaction is never a repetition.
fn repeats(before: &Known, arrival: Arrival<'_>, row: Row<'_>) -> bool {
    let state = row.record.custody().map(|custody| custody.state);
    matches!(row.evidence, Evidence::Status | Evidence::Listing)
        && *arrival.feed != before.status_feed
        && arrival.before.is_some_and(|word| word.state == state)
}

/// Whether a row only closes a booking of which it is already known how it ended: by death, by a
/// transfer, or by a release whose reason was given; or only suspects an escape that is known.
fn says_less(before: &Record, row: &Record) -> bool {
    use CustodyState as State;
    let states = before.custody().zip(row.custody());
    states.is_some_and(|(before, row)| match (before.state, row.state) {
        (
            State::OutOfCustody(_)
            | State::Deceased
            | State::TransferredOut
            | State::TransferredOutOfState,
            State::OutOfCustody(ReleaseReason::Unknown | ReleaseReason::Other),
        ) => before.state != row.state,
        (State::Escaped, State::EscapeSuspected)
        | (State::TransferredOutOfState, State::TransferredOut) => true,
        _ => false,
    })
}

/// Whether a booking system says at last what was said at the jail by name long before, and something
/// newer has been said there since: an escape that has ended is no second escape.
fn is_overtaken(before: &Known, row: Row<'_>) -> bool {
    let is_said = |evidence| matches!(evidence, Evidence::Emergency | Evidence::Withdrawal);
    let time = |record: &Record| record.custody().and_then(|custody| custody.status_at);
    let times = time(row.record).zip(time(&before.record));
    !confirms(before, row)
        && is_said(before.status_evidence)
        && !is_said(row.evidence)
        && times.is_some_and(|(row, before)| row.timestamp() < before.timestamp())
}

/// Whether a row says that what was suspected is so. However early it happened, that is news.
fn confirms(before: &Known, row: Row<'_>) -> bool {
    let state = |record: &Record| record.custody().map(|custody| custody.state);
    state(&before.record) == Some(CustodyState::EscapeSuspected)
        && state(row.record) == Some(CustodyState::Escaped)
}

/// Whether a transaction tells of something that was over when another transaction, or somebody at the
/// jail by name, told of something newer. A day without a time is before or after no hour of that day,
/// and the same state with another time is a correction of the time.
fn is_out_of_order(before: &Known, row: Row<'_>) -> bool {
    let is_explicit = matches!(
        before.status_evidence,
        Evidence::Transaction | Evidence::Emergency | Evidence::Withdrawal
    );
    let state = |record: &Record| record.custody().map(|custody| custody.state);
    let times = state_time(row.record).zip(state_time(&before.record));
    row.evidence == Evidence::Transaction
        && is_explicit
        && !confirms(before, row)
        && state(row.record) != state(&before.record)
        && times.is_some_and(|(row, before)| {
            !row.is_day() && !before.is_day() && row.timestamp() < before.timestamp()
        })
}

/// Returns when a booking's state took effect, as far as it was said.
fn state_time(record: &Record) -> Option<EffectiveAt> {
    let custody = record.custody()?;
    match custody.state {
        CustodyState::OutOfCustody(_)
        | CustodyState::TransferredOut
        | CustodyState::TransferredOutOfState => custody.released_at.or(custody.status_at),
        CustodyState::InCustody => custody.status_at.or(custody.booked_at),
        CustodyState::OnLeave
        | CustodyState::Escaped
        | CustodyState::EscapeSuspected
        | CustodyState::Deceased
        | CustodyState::NoLongerListed
        | CustodyState::Unknown => custody.status_at,
    }
}

/// What is still to be told of something that is over: that whoever is held now was out of it for a
/// while. Where a newer word says that custody has ended, that says more.
fn overtaken(before: &Record, row: &Record) -> Vec<Derived> {
    let held = before.custody().filter(|custody| custody.state.is_held());
    let Some(custody) = held else {
        return Vec::new();
    };
    let mut earlier = before.clone();
    earlier.body = RecordBody::Custody(Box::new(Custody {
        state: CustodyState::InCustody,
        status_at: None,
        ..custody.clone()
    }));
    let mut derived = derive(Some(&earlier), row);
    derived.retain(|event| {
        let is_out = matches!(
            event.code,
            EventCode::Released
                | EventCode::Discharged
                | EventCode::MistakenRelease
                | EventCode::TransferOutOfState
                | EventCode::Escaped
                | EventCode::EscapeSuspected
                | EventCode::LeaveStart
        );
        is_out || event.details.is_moved_away()
    });
    for event in &mut derived {
        event.is_overtaken = true;
        event.details.still_held_at = Some(before.facility.to_string());
    }
    derived
}

fn copy_status(from: &Record, to: &mut Record) {
    if let (RecordBody::Custody(from), RecordBody::Custody(to)) = (&from.body, &mut to.body) {
        to.state = from.state;
        to.status_text.clone_from(&from.status_text);
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
        word: None,
        derived: Vec::new(),
    }
}

/// Absence: whoever was held is no longer listed; who was let go, escaped or died stays so.
fn fold_absence(mut after: Known, feed: &FeedName) -> Folded {
    if after.listings > 0 {
        return unchanged(after);
    }
    let RecordBody::Custody(custody) = &mut after.record.body else {
        return unchanged(after);
    };
    // Whoever is out on leave by another feed's explicit word need not be on the list.
    let is_on_leave = custody.state == CustodyState::OnLeave && after.status_feed != *feed;
    let is_known = custody.state.has_ended() || custody.state == CustodyState::NoLongerListed;
    if is_known || is_on_leave {
        return unchanged(after);
    }
    custody.state = CustodyState::NoLongerListed;
    after.status_feed = feed.clone();
    after.status_evidence = Evidence::Listing;
    Folded {
        after,
        is_changed: true,
        word: None,
        derived: vec![Derived::new(EventCode::NoLongerListed, None)],
    }
}

/// A first full roster is the state of things and no news; but where it contradicts what is known of
/// custody, that is an event with its origin, which a person has to look at. And what it says of days to come
/// starts their deadlines, by which whoever asked is told in time.
fn news(origin: Origin, before: Option<&Record>, after: &Record) -> Vec<Derived> {
    let state = |record: &Record| record.custody().map(|custody| custody.state);
    match origin {
        Origin::Baseline if before.is_none_or(|before| state(before) == state(after)) => {
            let mut derived = derive(before, after);
            derived.retain(|event| is_to_come(event.code));
            derived
        }
        Origin::Baseline
        | Origin::Live
        | Origin::FoundLate
        | Origin::Rebaseline
        | Origin::ReleasedHold => derive(before, after),
    }
}

/// Says whether an event is about a day that is to come: of an order that was served, the day on which it ends.
const fn is_to_come(code: EventCode) -> bool {
    code.is_of_a_date()
        || matches!(
            code,
            EventCode::ReleaseScheduled
                | EventCode::ReleaseDateChanged
                | EventCode::ProtectiveOrderServed
        )
}

/// What an agency takes back was not so: nobody was recaptured who had never escaped, and no date was
/// called off that had never been set. A date that is moved back is told as one that moved.
fn withdrawn(
    evidence: Evidence,
    (before, after): (&Record, &Record),
    mut derived: Vec<Derived>,
) -> Vec<Derived> {
    if evidence != Evidence::Withdrawal {
        return derived;
    }
    for event in &mut derived {
        let is_taken_back = matches!(
            event.code,
            EventCode::Recaptured | EventCode::CourtEventCancelled | EventCode::HearingCancelled
        );
        if is_taken_back {
            let effective_at = event.effective_at;
            *event = taken_back(after, effective_at);
        }
    }
    if after.custody().is_some() {
        return derived;
    }
    // Of everything else each word is taken back that the row had told which is taken back: an order was not served,
    // and whoever was called noncompliant was not.
    derived.retain(|event| event.code == EventCode::Correction || event.code.is_of_a_date());
    let told = derive(Some(after), before).into_iter();
    derived.extend(
        told.filter(|event| !event.code.is_of_a_date())
            .map(|event| Derived {
                takes_back: Some(event.code),
                ..taken_back(after, None)
            }),
    );
    derived
}

fn taken_back(after: &Record, effective_at: Option<EffectiveAt>) -> Derived {
    let custody = after.custody();
    Derived {
        corrects: true,
        details: Details {
            state: custody.map(|custody| custody.state.to_string()),
            to_facility: custody.map(|_| after.facility.to_string()),
            ..Details::default()
        },
        ..Derived::new(EventCode::Correction, effective_at)
    }
}

#[cfg(test)]
mod tests;
