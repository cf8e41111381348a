//! What follows from two states of a record that is not custody: sections 1(a)(vii), (b) and (c).

use savin_shared::clock::EffectiveAt;
use savin_shared::event::EventCode;
use savin_shared::record::court_event::{CourtEvent, Schedule};
use savin_shared::record::hearing::Hearing;
use savin_shared::record::protective_order::{ProtectiveOrder, Service};
use savin_shared::record::sex_offender::SexOffenderRegistration;
use savin_shared::record::supervision::Supervision;

use super::{Derived, Details};

/// The three codes of something that is set, moved or called off.
struct Codes {
    set: EventCode,
    changed: EventCode,
    cancelled: EventCode,
}

const COURT: Codes = Codes {
    set: EventCode::CourtEventSet,
    changed: EventCode::CourtEventChanged,
    cancelled: EventCode::CourtEventCancelled,
};

const HEARING: Codes = Codes {
    set: EventCode::HearingSet,
    changed: EventCode::HearingChanged,
    cancelled: EventCode::HearingCancelled,
};

/// Section 1(b)(i).
pub(super) fn court_event(before: Option<&CourtEvent>, after: &CourtEvent) -> Vec<Derived> {
    let was = before.map(|before| (before.schedule, before.starts_at, &before.location));
    let is = (after.schedule, after.starts_at, &after.location);
    let Some(code) = scheduling(was, is, &COURT) else {
        return Vec::new();
    };
    let mut event = Derived::new(code, None);
    schedule(&mut event.details, after.starts_at);
    event.details.kind.clone_from(&after.event_type);
    event.details.place = after.court.clone().or_else(|| after.location.clone());
    vec![event]
}

/// Section 1(b)(ii).
pub(super) fn hearing(before: Option<&Hearing>, after: &Hearing) -> Vec<Derived> {
    let mut derived = Vec::new();
    let was = before.map(|before| (before.schedule, before.starts_at, &before.location));
    let is = (after.schedule, after.starts_at, &after.location);
    let mut details = Details {
        kind: after.hearing_type.clone(),
        place: after.location.clone(),
        ..Details::default()
    };
    schedule(&mut details, after.starts_at);
    if let Some(code) = scheduling(was, is, &HEARING) {
        derived.push(Derived {
            details: details.clone(),
            ..Derived::new(code, None)
        });
    }
    let decided = before.and_then(|before| before.decision.as_ref());
    if after.decision.is_some() && after.decision.as_ref() != decided {
        details.decision.clone_from(&after.decision);
        let event = Derived::new(EventCode::BoardDecision, after.decided_at);
        derived.push(Derived { details, ..event });
    }
    derived
}

type Scheduled<'a> = (Schedule, Option<EffectiveAt>, &'a Option<String>);

fn scheduling(
    before: Option<Scheduled<'_>>,
    after: Scheduled<'_>,
    codes: &Codes,
) -> Option<EventCode> {
    match (before, after.0) {
        (None, Schedule::Set) => Some(codes.set),
        (Some((Schedule::Set, ..)), Schedule::Cancelled) => Some(codes.cancelled),
        (Some((Schedule::Set, at, place)), Schedule::Set) => {
            (at != after.1 || place != after.2).then_some(codes.changed)
        }
        (Some((Schedule::Cancelled | Schedule::Held, ..)), Schedule::Set) => Some(codes.set),
        (_, Schedule::Cancelled | Schedule::Held) => None,
    }
}

/// Section 1(a)(vii).
pub(super) fn protective_order(
    before: Option<&ProtectiveOrder>,
    after: &ProtectiveOrder,
) -> Vec<Derived> {
    let was = before.map(|before| (before.service, before.service_at));
    if was == Some((after.service, after.service_at)) {
        return Vec::new();
    }
    let code = match after.service {
        Service::Attempted => EventCode::ProtectiveOrderAttempted,
        Service::Served if was.is_none_or(|(service, _)| service != Service::Served) => {
            EventCode::ProtectiveOrderServed
        }
        Service::Served | Service::Entered | Service::Ended => return Vec::new(),
    };
    let mut event = Derived::new(code, after.service_at);
    event.details.place.clone_from(&after.court);
    schedule(&mut event.details, after.expires_at);
    vec![event]
}

/// Section 1(b)(iii): a supervision that begins. It may be house arrest, which no booking ends by.
pub(super) fn supervision_begins(begun: &Supervision) -> Vec<Derived> {
    let code = if begun.absconded {
        EventCode::Absconded
    } else {
        EventCode::SupervisionChange
    };
    let mut event = Derived::new(code, begun.status_at);
    event.details.kind.clone_from(&begun.supervision_type);
    if !begun.absconded {
        event.details.to = Some(standing(begun)).filter(|standing| !standing.is_empty());
    }
    vec![event]
}

/// Writes a supervision's kind and status, in the agency's words.
fn standing(supervision: &Supervision) -> String {
    let words = [&supervision.supervision_type, &supervision.status];
    let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
    words.join(", ")
}

/// Returns the words of a supervision before and after a change of its kind or its status; nothing where neither
/// changed, or an agency only ceased to say it.
fn restated(before: &Supervision, after: &Supervision) -> Option<(Option<String>, String)> {
    let is_other = |of: fn(&Supervision) -> &Option<String>| {
        of(after).is_some() && of(before).is_some() && of(before) != of(after)
    };
    if is_other(|supervision| &supervision.supervision_type) {
        // 99-43-3(d): from probation to house arrest, whatever the status.
        return Some((Some(standing(before)), standing(after)));
    }
    let status = after.status.as_ref()?;
    (before.status.as_ref() != Some(status)).then(|| (before.status.clone(), status.clone()))
}

/// Section 1(b)(iii).
pub(super) fn supervision(before: &Supervision, after: &Supervision) -> Vec<Derived> {
    let mut derived = Vec::new();
    let details = || Details {
        kind: after.supervision_type.clone(),
        ..Details::default()
    };
    // A time that stood there before is that of something earlier.
    let status_at = after.status_at.filter(|at| before.status_at != Some(*at));
    let address_at = after.address_at.filter(|at| before.address_at != Some(*at));
    if after.absconded && !before.absconded {
        let event = Derived::new(EventCode::Absconded, status_at);
        derived.push(Derived {
            details: details(),
            ..event
        });
    } else if before.absconded && !after.absconded {
        let mut event = Derived::new(EventCode::SupervisionChange, status_at);
        event.details = Details {
            from: Some(EventCode::Absconded.as_str().to_owned()),
            to: after.status.clone(),
            ..details()
        };
        derived.push(event);
    } else if let Some((from, to)) = restated(before, after) {
        let mut event = Derived::new(EventCode::SupervisionChange, status_at);
        event.details = Details {
            from,
            to: Some(to),
            ..details()
        };
        derived.push(event);
    }
    if after.address.is_some() && before.address != after.address {
        let event = Derived::new(EventCode::SupervisedAddressChange, address_at);
        derived.push(Derived {
            details: details(),
            ..event
        });
    }
    derived
}

/// Section 1(c).
pub(super) fn sex_offender(
    before: Option<&SexOffenderRegistration>,
    after: &SexOffenderRegistration,
) -> Vec<Derived> {
    let mut derived = Vec::new();
    let was_compliant = before.and_then(|before| before.compliant);
    if after.compliant == Some(false) && was_compliant != Some(false) {
        let mut event = Derived::new(EventCode::SexOffenderNoncompliant, None);
        event.details.to.clone_from(&after.status);
        derived.push(event);
    }
    if let Some(before) = before {
        // 45-33-29: a move is told to the registry ten days beforehand.
        let moves_at = after.moves_at.filter(|at| before.moves_at != Some(*at));
        let is_updated = before.profile_updated_at != after.profile_updated_at
            || before.address != after.address
            || moves_at.is_some();
        if is_updated {
            // A time that stood there before is that of something earlier.
            let at = after.profile_updated_at;
            let at = at.filter(|at| before.profile_updated_at != Some(*at));
            let mut event = Derived::new(EventCode::SexOffenderProfileUpdated, at);
            schedule(&mut event.details, moves_at);
            derived.push(event);
        }
    }
    derived
}

/// Notes when something is to be.
pub(super) fn schedule(details: &mut Details, at: Option<EffectiveAt>) {
    details.scheduled_at = at.map(EffectiveAt::timestamp);
    details.scheduled_is_day = at.is_some_and(EffectiveAt::is_day);
}
