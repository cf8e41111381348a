//! A partial row laid over what is known: a field that the row does not speak of stays.

use savin_shared::delta::Evidence;
use savin_shared::record::court_event::CourtEvent;
use savin_shared::record::custody::{Custody, CustodyState};
use savin_shared::record::hearing::Hearing;
use savin_shared::record::protective_order::ProtectiveOrder;
use savin_shared::record::sex_offender::SexOffenderRegistration;
use savin_shared::record::subject::Subject;
use savin_shared::record::supervision::Supervision;
use savin_shared::record::{Record, RecordBody};

/// Lays a partial record over the whole one.
#[must_use]
pub fn overlay(whole: &Record, partial: Record, evidence: Evidence) -> Record {
    let body = match (&whole.body, partial.body) {
        (RecordBody::Custody(whole), RecordBody::Custody(partial)) => {
            RecordBody::Custody(Box::new(custody(whole, *partial, evidence)))
        }
        (RecordBody::CourtEvent(whole), RecordBody::CourtEvent(partial)) => {
            RecordBody::CourtEvent(court_event(whole, partial))
        }
        (RecordBody::Hearing(whole), RecordBody::Hearing(partial)) => {
            RecordBody::Hearing(hearing(whole, partial))
        }
        (RecordBody::ProtectiveOrder(whole), RecordBody::ProtectiveOrder(partial)) => {
            RecordBody::ProtectiveOrder(protective_order(whole, partial))
        }
        (RecordBody::Supervision(whole), RecordBody::Supervision(partial)) => {
            RecordBody::Supervision(supervision(whole, partial))
        }
        (RecordBody::SexOffender(whole), RecordBody::SexOffender(partial)) => {
            RecordBody::SexOffender(sex_offender(whole, partial))
        }
        // Kinds are part of the key, so that two kinds never meet here.
        (_, partial) => partial,
    };
    Record {
        facility: partial.facility,
        subject: subject(&whole.subject, partial.subject),
        entered_at: partial.entered_at.or(whole.entered_at),
        synthetic: whole.synthetic || partial.synthetic,
        body,
    }
}

/// Lays a partial subject over the whole one.
fn subject(whole: &Subject, partial: Subject) -> Subject {
    Subject {
        person_number: partial
            .person_number
            .or_else(|| whole.person_number.clone()),
        offender_id: partial.offender_id.or_else(|| whole.offender_id.clone()),
        state_id: partial.state_id.or_else(|| whole.state_id.clone()),
        fbi_id: partial.fbi_id.or_else(|| whole.fbi_id.clone()),
        name: partial.name.or_else(|| whole.name.clone()),
        aliases: list(&whole.aliases, partial.aliases),
        birth_date: partial.birth_date.or_else(|| whole.birth_date.clone()),
        sex: partial.sex.or(whole.sex),
        race: text(whole.race.as_ref(), partial.race),
    }
}

fn custody(whole: &Custody, partial: Custody, evidence: Evidence) -> Custody {
    let says_status = evidence != Evidence::Listing && partial.state != CustodyState::Unknown;
    Custody {
        booking_number: partial.booking_number,
        state: if says_status {
            partial.state
        } else {
            whole.state
        },
        status_text: text(whole.status_text.as_ref(), partial.status_text),
        status_at: partial.status_at.or(whole.status_at),
        classification: text(whole.classification.as_ref(), partial.classification),
        location: text(whole.location.as_ref(), partial.location),
        arrested_at: partial.arrested_at.or(whole.arrested_at),
        booked_at: partial.booked_at.or(whole.booked_at),
        scheduled_release_at: partial.scheduled_release_at.or(whole.scheduled_release_at),
        released_at: partial.released_at.or(whole.released_at),
        release_text: text(whole.release_text.as_ref(), partial.release_text),
        released_to: text(whole.released_to.as_ref(), partial.released_to),
        holds: list(&whole.holds, partial.holds),
        charges: list(&whole.charges, partial.charges),
        bond: text(whole.bond.as_ref(), partial.bond),
        case_numbers: list(&whole.case_numbers, partial.case_numbers),
    }
}

fn court_event(whole: &CourtEvent, partial: CourtEvent) -> CourtEvent {
    CourtEvent {
        court_event_number: partial.court_event_number,
        case_number: text(whole.case_number.as_ref(), partial.case_number),
        court: text(whole.court.as_ref(), partial.court),
        event_type: text(whole.event_type.as_ref(), partial.event_type),
        location: text(whole.location.as_ref(), partial.location),
        starts_at: partial.starts_at.or(whole.starts_at),
        schedule: partial.schedule,
    }
}

fn hearing(whole: &Hearing, partial: Hearing) -> Hearing {
    Hearing {
        hearing_number: partial.hearing_number,
        hearing_type: text(whole.hearing_type.as_ref(), partial.hearing_type),
        location: text(whole.location.as_ref(), partial.location),
        starts_at: partial.starts_at.or(whole.starts_at),
        schedule: partial.schedule,
        decision: text(whole.decision.as_ref(), partial.decision),
        decided_at: partial.decided_at.or(whole.decided_at),
    }
}

fn protective_order(whole: &ProtectiveOrder, partial: ProtectiveOrder) -> ProtectiveOrder {
    ProtectiveOrder {
        order_number: partial.order_number,
        court: text(whole.court.as_ref(), partial.court),
        service: partial.service,
        service_at: partial.service_at.or(whole.service_at),
        expires_at: partial.expires_at.or(whole.expires_at),
    }
}

fn supervision(whole: &Supervision, partial: Supervision) -> Supervision {
    Supervision {
        supervision_number: partial.supervision_number,
        supervision_type: text(whole.supervision_type.as_ref(), partial.supervision_type),
        status: text(whole.status.as_ref(), partial.status),
        absconded: partial.absconded,
        status_at: partial.status_at.or(whole.status_at),
        address: partial.address.or_else(|| whole.address.clone()),
        address_at: partial.address_at.or(whole.address_at),
    }
}

fn sex_offender(
    whole: &SexOffenderRegistration,
    partial: SexOffenderRegistration,
) -> SexOffenderRegistration {
    SexOffenderRegistration {
        registration_number: partial.registration_number,
        compliant: partial.compliant.or(whole.compliant),
        status: text(whole.status.as_ref(), partial.status),
        profile_updated_at: partial.profile_updated_at.or(whole.profile_updated_at),
        address: partial.address.or_else(|| whole.address.clone()),
    }
}

fn text(whole: Option<&String>, partial: Option<String>) -> Option<String> {
    partial.or_else(|| whole.cloned())
}

fn list<T: Clone>(whole: &[T], partial: Vec<T>) -> Vec<T> {
    if partial.is_empty() {
        whole.to_vec()
    } else {
        partial
    }
}
