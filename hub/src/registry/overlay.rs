//! A row laid over what is known: a field that the row does not speak of stays.

use savin_shared::delta::{Coverage, Evidence};
use savin_shared::record::court_event::CourtEvent;
use savin_shared::record::custody::{Custody, CustodyState};
use savin_shared::record::hearing::Hearing;
use savin_shared::record::protective_order::ProtectiveOrder;
use savin_shared::record::sex_offender::SexOffenderRegistration;
use savin_shared::record::subject::Subject;
use savin_shared::record::supervision::Supervision;
use savin_shared::record::{Record, RecordBody};

use super::known::{Fields, Word};

/// Lays a row over the record as it is known, and returns which fields the row filled.
///
/// A partial row never empties a field. A whole one empties what its own feed had filled before:
/// what another feed said is not the feed's to take back.
#[must_use]
pub fn overlay(
    known: &Record,
    row: Record,
    (coverage, evidence): (Coverage, Evidence),
    before: Option<Word>,
) -> (Record, Fields) {
    let cleared = match (coverage, before) {
        (Coverage::Full, Some(word)) => word.filled,
        (Coverage::Full, None) | (Coverage::Partial, _) => Fields::default(),
    };
    let mut laying = Laying {
        cleared,
        filled: Fields::default(),
        next: 1,
    };
    // A whole row says its state even where that is unknown; a partial one then says nothing.
    let says_state = |state| {
        coverage == Coverage::Full
            || (evidence != Evidence::Listing && state != CustodyState::Unknown)
    };
    // The fields are numbered in the order in which they are laid, and the numbers are stored: a
    // new field is laid last.
    let subject = laying.subject(&known.subject, row.subject);
    let entered_at = laying.field(known.entered_at.as_ref(), row.entered_at);
    let body = match (&known.body, row.body) {
        (RecordBody::Custody(known), RecordBody::Custody(row)) => {
            let says_state = says_state(row.state);
            RecordBody::Custody(Box::new(laying.custody(known, *row, says_state)))
        }
        (RecordBody::CourtEvent(known), RecordBody::CourtEvent(row)) => {
            RecordBody::CourtEvent(laying.court_event(known, row))
        }
        (RecordBody::Hearing(known), RecordBody::Hearing(row)) => {
            RecordBody::Hearing(laying.hearing(known, row))
        }
        (RecordBody::ProtectiveOrder(known), RecordBody::ProtectiveOrder(row)) => {
            RecordBody::ProtectiveOrder(laying.protective_order(known, row))
        }
        (RecordBody::Supervision(known), RecordBody::Supervision(row)) => {
            RecordBody::Supervision(laying.supervision(known, row))
        }
        (RecordBody::SexOffender(known), RecordBody::SexOffender(row)) => {
            RecordBody::SexOffender(laying.sex_offender(known, row))
        }
        // Kinds are part of the key, so that two kinds never meet here.
        (_, row) => row,
    };
    let record = Record {
        facility: row.facility,
        subject,
        entered_at,
        synthetic: known.synthetic || row.synthetic,
        body,
    };
    (record, laying.filled)
}

/// One row on its way over what is known, field by field.
struct Laying {
    cleared: Fields,
    filled: Fields,
    next: u32,
}

impl Laying {
    /// Lays one field.
    fn field<T: Clone>(&mut self, known: Option<&T>, row: Option<T>) -> Option<T> {
        let is_cleared = self.count(row.is_some());
        row.or_else(|| known.filter(|_| !is_cleared).cloned())
    }

    /// Lays one list.
    fn list<T: Clone>(&mut self, known: &[T], row: Vec<T>) -> Vec<T> {
        let is_cleared = self.count(!row.is_empty());
        if row.is_empty() && !is_cleared {
            known.to_vec()
        } else {
            row
        }
    }

    /// Takes the next field's number; returns whether its emptiness would clear it.
    const fn count(&mut self, is_filled: bool) -> bool {
        let bit = self.next;
        self.next = bit.wrapping_shl(1);
        if is_filled {
            self.filled.0 |= bit;
        }
        self.cleared.0 & bit != 0
    }

    fn subject(&mut self, known: &Subject, row: Subject) -> Subject {
        Subject {
            person_number: self.field(known.person_number.as_ref(), row.person_number),
            offender_id: self.field(known.offender_id.as_ref(), row.offender_id),
            state_id: self.field(known.state_id.as_ref(), row.state_id),
            fbi_id: self.field(known.fbi_id.as_ref(), row.fbi_id),
            name: self.field(known.name.as_ref(), row.name),
            aliases: self.list(&known.aliases, row.aliases),
            birth_date: self.field(known.birth_date.as_ref(), row.birth_date),
            sex: self.field(known.sex.as_ref(), row.sex),
            race: self.field(known.race.as_ref(), row.race),
        }
    }

    fn custody(&mut self, known: &Custody, row: Custody, says_state: bool) -> Custody {
        // The time and the words of the state before are not those of a new one.
        let is_new = says_state && row.state.as_str() != known.state.as_str();
        let status = Some(known).filter(|_| !is_new);
        Custody {
            booking_number: row.booking_number,
            state: if says_state { row.state } else { known.state },
            status_text: self.field(
                status.and_then(|known| known.status_text.as_ref()),
                row.status_text,
            ),
            status_at: self.field(
                status.and_then(|known| known.status_at.as_ref()),
                row.status_at,
            ),
            classification: self.field(known.classification.as_ref(), row.classification),
            location: self.field(known.location.as_ref(), row.location),
            arrested_at: self.field(known.arrested_at.as_ref(), row.arrested_at),
            booked_at: self.field(known.booked_at.as_ref(), row.booked_at),
            scheduled_release_at: self.field(
                known.scheduled_release_at.as_ref(),
                row.scheduled_release_at,
            ),
            released_at: self.field(
                status.and_then(|known| known.released_at.as_ref()),
                row.released_at,
            ),
            release_text: self.field(
                status.and_then(|known| known.release_text.as_ref()),
                row.release_text,
            ),
            released_to: self.field(
                status.and_then(|known| known.released_to.as_ref()),
                row.released_to,
            ),
            holds: self.list(&known.holds, row.holds),
            charges: self.list(&known.charges, row.charges),
            bond: self.field(known.bond.as_ref(), row.bond),
            case_numbers: self.list(&known.case_numbers, row.case_numbers),
        }
    }

    fn court_event(&mut self, known: &CourtEvent, row: CourtEvent) -> CourtEvent {
        CourtEvent {
            court_event_number: row.court_event_number,
            case_number: self.field(known.case_number.as_ref(), row.case_number),
            court: self.field(known.court.as_ref(), row.court),
            event_type: self.field(known.event_type.as_ref(), row.event_type),
            location: self.field(known.location.as_ref(), row.location),
            starts_at: self.field(known.starts_at.as_ref(), row.starts_at),
            schedule: row.schedule,
        }
    }

    fn hearing(&mut self, known: &Hearing, row: Hearing) -> Hearing {
        Hearing {
            hearing_number: row.hearing_number,
            hearing_type: self.field(known.hearing_type.as_ref(), row.hearing_type),
            location: self.field(known.location.as_ref(), row.location),
            starts_at: self.field(known.starts_at.as_ref(), row.starts_at),
            schedule: row.schedule,
            decision: self.field(known.decision.as_ref(), row.decision),
            decided_at: self.field(known.decided_at.as_ref(), row.decided_at),
        }
    }

    fn protective_order(
        &mut self,
        known: &ProtectiveOrder,
        row: ProtectiveOrder,
    ) -> ProtectiveOrder {
        ProtectiveOrder {
            order_number: row.order_number,
            court: self.field(known.court.as_ref(), row.court),
            service: row.service,
            service_at: self.field(known.service_at.as_ref(), row.service_at),
            expires_at: self.field(known.expires_at.as_ref(), row.expires_at),
        }
    }

    fn supervision(&mut self, known: &Supervision, row: Supervision) -> Supervision {
        Supervision {
            supervision_number: row.supervision_number,
            supervision_type: self.field(known.supervision_type.as_ref(), row.supervision_type),
            status: self.field(known.status.as_ref(), row.status),
            absconded: row.absconded,
            status_at: self.field(known.status_at.as_ref(), row.status_at),
            address: self.field(known.address.as_ref(), row.address),
            address_at: self.field(known.address_at.as_ref(), row.address_at),
        }
    }

    fn sex_offender(
        &mut self,
        known: &SexOffenderRegistration,
        row: SexOffenderRegistration,
    ) -> SexOffenderRegistration {
        SexOffenderRegistration {
            registration_number: row.registration_number,
            compliant: self.field(known.compliant.as_ref(), row.compliant),
            status: self.field(known.status.as_ref(), row.status),
            profile_updated_at: self
                .field(known.profile_updated_at.as_ref(), row.profile_updated_at),
            address: self.field(known.address.as_ref(), row.address),
            moves_at: self.field(known.moves_at.as_ref(), row.moves_at),
        }
    }
}
