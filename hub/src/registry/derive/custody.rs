//! What follows from two states of a booking: section 1(a)(i) to (vi) and its neighbours.

use savin_shared::clock::EffectiveAt;
use savin_shared::event::EventCode;
use savin_shared::record::Record;
use savin_shared::record::custody::{Custody, CustodyState, ReleaseReason};

use super::{Derived, Details};

/// A booking as it is now.
#[derive(Clone, Copy)]
struct Now<'a> {
    record: &'a Record,
    custody: &'a Custody,
    /// When the agency says that it became so: a time that stood there before is that of something
    /// earlier.
    status_at: Option<EffectiveAt>,
}

/// Compares two states of a booking.
pub(super) fn derive(
    before: Option<(&Record, &Custody)>,
    record: &Record,
    custody: &Custody,
) -> Vec<Derived> {
    let status_before = before.and_then(|(_, before)| before.status_at);
    let now = Now {
        record,
        custody,
        status_at: custody.status_at.filter(|at| status_before != Some(*at)),
    };
    let Some((before_record, before)) = before else {
        return first(now);
    };
    let mut derived = Vec::new();
    derived.extend(transition(before.state, now));
    if before.state.is_held() && custody.state.is_held() {
        if before_record.facility != record.facility {
            let mut event = Derived::new(EventCode::TransferInState, now.status_at);
            event.details.from_facility = Some(before_record.facility.to_string());
            event.details.to_facility = Some(record.facility.to_string());
            derived.push(event);
        }
        derived.extend(other_leave(before, now));
        derived.extend(classification(before, now));
        derived.extend(scheduled_release(before.scheduled_release_at, now));
    }
    derived
}

/// A booking that was not known.
fn first(now: Now<'_>) -> Vec<Derived> {
    let Now {
        record, custody, ..
    } = now;
    let mut derived = Vec::new();
    if custody.state.is_held() {
        let mut event = Derived::new(EventCode::Booked, custody.booked_at.or(custody.arrested_at));
        event.details.to_facility = Some(record.facility.to_string());
        derived.push(event);
        if custody.state == CustodyState::OnLeave {
            derived.push(leave(now));
        }
        derived.extend(scheduled_release(None, now));
    } else {
        derived.extend(transition(CustodyState::InCustody, now));
    }
    derived
}

/// A change of the custody state.
fn transition(before: CustodyState, now: Now<'_>) -> Option<Derived> {
    use CustodyState as State;
    let Now {
        custody, status_at, ..
    } = now;
    let event = match (before, custody.state) {
        (before, after) if before == after => return None,
        (_, State::OutOfCustody(reason)) => released(before, reason, now)?,
        (_, State::Escaped) => Derived::new(EventCode::Escaped, status_at),
        (_, State::EscapeSuspected) => Derived::new(EventCode::EscapeSuspected, status_at),
        (_, State::Deceased) => Derived::new(EventCode::Died, status_at),
        (before, State::TransferredOut) => moved_away(before, now)?,
        (_, State::TransferredOutOfState) => {
            let mut event = Derived::new(EventCode::TransferOutOfState, release_time(now));
            event.details.released_to.clone_from(&custody.released_to);
            event
        }
        (_, State::OnLeave) => leave(now),
        (State::OnLeave, State::InCustody) => Derived::new(EventCode::LeaveEnd, status_at),
        (State::Escaped | State::EscapeSuspected, State::InCustody) => returned(before, now),
        (
            State::OutOfCustody(_)
            | State::TransferredOut
            | State::TransferredOutOfState
            | State::Deceased,
            State::InCustody,
        ) => correction(now),
        // Coming back into view with the same booking is not news, nor is a status in words that
        // nobody has explained, nor absence, which `fold` says by itself.
        (
            State::NoLongerListed | State::Unknown | State::InCustody,
            State::InCustody | State::Unknown | State::NoLongerListed,
        )
        | (_, State::Unknown | State::NoLongerListed) => return None,
    };
    Some(event)
}

/// Out of the facility and expected back, or held in the community: 99-43-3(d).
fn leave(now: Now<'_>) -> Derived {
    let mut event = Derived::new(EventCode::LeaveStart, now.status_at);
    event.details.reason = community(now.custody).map(str::to_owned);
    event
}

/// From one community status to another, as from work release to house arrest.
fn other_leave(before: &Custody, now: Now<'_>) -> Option<Derived> {
    let is_leave = |custody: &Custody| custody.state == CustodyState::OnLeave;
    let community_now = community(now.custody)?;
    (is_leave(before) && is_leave(now.custody) && community(before) != Some(community_now))
        .then(|| leave(now))
}

/// Returns in what community status somebody is, by the agency's own words for it; nothing where they do not say,
/// as of a pass or a furlough.
fn community(custody: &Custody) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 2] = [
        ("WorkRelease", &["WORK REL", "WORKREL", "WORK-REL"]),
        (
            "HouseArrest",
            &[
                "HOUSE ARR",
                "HOME ARR",
                "HOME DET",
                "HOME CONF",
                "HOME INCARC",
                "INTENSIVE",
                "ELECTRONIC",
                "ANKLE",
            ],
        ),
    ];
    let said = [
        &custody.status_text,
        &custody.location,
        &custody.release_text,
    ];
    let said: Vec<String> = said
        .into_iter()
        .flatten()
        .map(|word| word.to_uppercase())
        .collect();
    let is_said = |word: &&str| said.iter().any(|said| said.contains(word));
    let found = WORDS.iter().find(|(_, words)| words.iter().any(is_said));
    found.map(|(community, _)| *community)
}

/// A move to where nobody has said: in the state or not, and never told as either.
fn moved_away(before: CustodyState, now: Now<'_>) -> Option<Derived> {
    // That it was out of the state has been said: this says less.
    if before == CustodyState::TransferredOutOfState {
        return None;
    }
    let mut event = Derived::new(EventCode::TransferInState, release_time(now));
    event.details.state = Some(now.custody.state.to_string());
    event.details.from_facility = Some(now.record.facility.to_string());
    event
        .details
        .released_to
        .clone_from(&now.custody.released_to);
    Some(event)
}

/// Whoever had escaped, or was missing and may have, is in custody.
fn returned(before: CustodyState, now: Now<'_>) -> Derived {
    let mut event = Derived::new(EventCode::Recaptured, now.status_at);
    if before == CustodyState::EscapeSuspected {
        event.details.from = Some(before.to_string());
    }
    event
}

/// A release, in the words of its reason.
fn released(before: CustodyState, reason: ReleaseReason, now: Now<'_>) -> Option<Derived> {
    let code = match (before, reason) {
        // A danger of its own, whatever was told before.
        (_, ReleaseReason::Mistaken) => EventCode::MistakenRelease,
        // The booking is closed after the death or the transfer that ended it.
        (
            CustodyState::Deceased
            | CustodyState::TransferredOut
            | CustodyState::TransferredOutOfState,
            _,
        ) => return None,
        // The agency has now said why: that is not another release.
        (CustodyState::OutOfCustody(ReleaseReason::Unknown | ReleaseReason::Other), _) => {
            return None;
        }
        (CustodyState::OutOfCustody(_), _) => EventCode::Correction,
        (_, ReleaseReason::SentenceExpired) => EventCode::Discharged,
        (
            CustodyState::InCustody
            | CustodyState::OnLeave
            | CustodyState::Escaped
            | CustodyState::EscapeSuspected
            | CustodyState::NoLongerListed
            | CustodyState::Unknown,
            _,
        ) => EventCode::Released,
    };
    let event = Derived {
        corrects: matches!(
            before,
            CustodyState::OutOfCustody(_)
                | CustodyState::TransferredOut
                | CustodyState::TransferredOutOfState
        ),
        ..Derived::new(code, release_time(now))
    };
    Some(with_reason(event, reason, now.custody))
}

fn with_reason(mut event: Derived, reason: ReleaseReason, custody: &Custody) -> Derived {
    event.details = Details {
        reason: Some(reason.as_str().to_owned()),
        released_to: custody.released_to.clone(),
        state: Some(custody.state.to_string()),
        ..Details::default()
    };
    event
}

/// Custody goes on under a booking that was said to have ended: what was told was wrong, or is no
/// longer so; either way the person is in custody.
fn correction(now: Now<'_>) -> Derived {
    let mut event = Derived {
        corrects: true,
        ..Derived::new(EventCode::Correction, now.status_at)
    };
    event.details.state = Some(now.custody.state.to_string());
    event.details.to_facility = Some(now.record.facility.to_string());
    event
}

fn release_time(now: Now<'_>) -> Option<EffectiveAt> {
    now.custody.released_at.or(now.status_at)
}

fn classification(before: &Custody, now: Now<'_>) -> Option<Derived> {
    let (from, to) = (
        before.classification.as_ref()?,
        now.custody.classification.as_ref()?,
    );
    if from == to {
        return None;
    }
    let mut event = Derived::new(EventCode::ClassificationChange, now.status_at);
    event.details.from = Some(from.clone());
    event.details.to = Some(to.clone());
    Some(event)
}

fn scheduled_release(before: Option<EffectiveAt>, now: Now<'_>) -> Option<Derived> {
    let custody = now.custody;
    let code = match (before, custody.scheduled_release_at) {
        (before, after) if before == after => return None,
        (None, Some(_)) => EventCode::ReleaseScheduled,
        (Some(_), _) | (None, None) => EventCode::ReleaseDateChanged,
    };
    let mut event = Derived::new(code, now.status_at);
    super::other::schedule(&mut event.details, custody.scheduled_release_at);
    Some(event)
}
