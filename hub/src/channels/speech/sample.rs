//! Invented facts: one for each event in each form, to listen to and to record.

use jiff::Timestamp;
use savin_shared::event::EventCode;
use savin_shared::record::custody::{CustodyState, ReleaseReason};

use crate::ids::{EventId, EventPosition, PersonId};
use crate::notification::fact::{Disclosure, Fact};
use crate::notification::rules::tellable;
use crate::registry::details::Details;
use crate::vault::command::Content;

/// When the invented events happened: the first of June 2026, at half past one in the afternoon.
pub const AT: Timestamp = Timestamp::constant(1_780_338_600, 0);

/// Returns an invented fact of an event, with everything that can be known of it.
#[must_use]
pub fn fact(code: EventCode) -> Fact {
    let text = |text: &str| Some(text.to_owned());
    Fact {
        event: EventId::from_bytes([0; 16]),
        position: EventPosition(1),
        person: PersonId::from_bytes([0; 16]),
        code: code.code(),
        urgency: 2,
        name: text("Avery Sample"),
        facility: "Adams County Jail".to_owned(),
        from_facility: text("Alcorn County Jail"),
        still_held_at: None,
        elsewhere: Default::default(),
        corrects: None,
        effective_at: Some(AT),
        observed_at: AT,
        received_at: AT,
        found_late: false,
        followed: None,
        details: Details {
            from: text("medium"),
            to: text("minimum"),
            reason: text("Bond"),
            scheduled_at: AT
                .checked_add(jiff::SignedDuration::from_hours(24 * 14))
                .ok(),
            kind: text("trial"),
            place: text("Circuit Court"),
            decision: text("parole granted"),
            phone: text("601-555-0100"),
            state: text("InCustody"),
            ..Details::default()
        },
    }
}

/// Returns the events that have other words where less is known, each with what it is.
pub fn variants() -> impl Iterator<Item = (&'static str, Fact)> {
    let mut moved = fact(EventCode::TransferInState);
    moved.details.state = Some(CustodyState::TransferredOut.to_string());
    let mut named = moved.clone();
    named.details.released_to = Some("Other Jail".to_owned());
    let mut wrong = moved.clone();
    wrong.code = EventCode::Correction.code();
    wrong.details.took_back = Some(EventCode::TransferInState.to_string());
    let mut found = fact(EventCode::Recaptured);
    found.details.from = Some(CustodyState::EscapeSuspected.to_string());
    let presumptive = |code| {
        let mut hearing = fact(code);
        hearing.details.kind = Some("Presumptive Parole".to_owned());
        hearing
    };
    let of = |code, change: fn(&mut Details)| {
        let mut fact = fact(code);
        change(&mut fact.details);
        fact
    };
    let leave = |kind: &str| {
        let mut leave = fact(EventCode::LeaveStart);
        leave.details.reason = Some(kind.to_owned());
        leave
    };
    [
        (
            "HearingSet of a presumptive parole",
            presumptive(EventCode::HearingSet),
        ),
        (
            "HearingChanged of a presumptive parole",
            presumptive(EventCode::HearingChanged),
        ),
        ("TransferInState to where is not said", moved),
        ("TransferInState to a place in the agency's words", named),
        ("Correction of TransferInState to where is not said", wrong),
        ("Recaptured after a suspicion", found),
        (
            "HearingCancelled of a presumptive parole",
            presumptive(EventCode::HearingCancelled),
        ),
        ("LeaveStart of work release", leave("WorkRelease")),
        ("LeaveStart of house arrest", leave("HouseArrest")),
        (
            "SupervisionChange as it begins",
            of(EventCode::SupervisionChange, |details| details.from = None),
        ),
        (
            "SupervisionChange after absconding",
            of(EventCode::SupervisionChange, |details| {
                details.from = Some(EventCode::Absconded.to_string());
            }),
        ),
        (
            "SexOffenderProfileUpdated without a move",
            of(EventCode::SexOffenderProfileUpdated, |details| {
                details.scheduled_at = None;
            }),
        ),
        (
            "ReleaseDateChanged to no day",
            of(EventCode::ReleaseDateChanged, |details| {
                details.scheduled_at = None;
            }),
        ),
    ]
    .into_iter()
}

/// Returns every message whose fixed words differ from all others', in both forms.
pub(super) fn all() -> Vec<Content> {
    let mut facts = Vec::new();
    for code in tellable() {
        let whole = fact(code);
        let mut bare = whole.clone();
        bare.details = Details::default();
        bare.effective_at = None;
        bare.name = None;
        let mut wrong = fact(EventCode::Correction);
        wrong.details.took_back = Some(code.to_string());
        wrong.still_held_at = Some("Adams County Jail".to_owned());
        facts.extend([whole, bare, wrong]);
    }
    for reason in ReleaseReason::ALL {
        let mut released = fact(EventCode::Released);
        released.details.reason = Some(reason.to_string());
        released.still_held_at = Some("Adams County Jail".to_owned());
        released.received_at = Timestamp::MAX;
        facts.push(released);
    }
    facts.extend(variants().map(|(_, fact)| fact));
    let mut state = fact(EventCode::Correction);
    state.details.state = Some("OutOfCustody".to_owned());
    let mut canary = fact(EventCode::Booked);
    canary.details.canary_of = Some("a daily test".to_owned());
    facts.extend([state, canary]);
    let mut contents = vec![Content::News];
    for fact in facts {
        let discreet = fact.clone().disclosed(Disclosure::Discreet);
        let both = std::iter::once(fact).chain(discreet);
        contents.extend(both.map(|fact| Content::Fact(Box::new(fact))));
    }
    contents
}
