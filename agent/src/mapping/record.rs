//! From the fields of one row to a record of the profile's kind.

use savin_shared::clock::EnteredAt;
use savin_shared::delta::Evidence;
use savin_shared::ids::{
    FacilityCode, FbiId, OffenderId, PersonNumber, RecordKey, RecordNumber, StateId,
};
use savin_shared::pii::Pii;
use savin_shared::record::court_event::{CourtEvent, Schedule};
use savin_shared::record::custody::Custody;
use savin_shared::record::hearing::Hearing;
use savin_shared::record::protective_order::{ProtectiveOrder, Service};
use savin_shared::record::sex_offender::SexOffenderRegistration;
use savin_shared::record::subject::{PersonName, Sex, Subject};
use savin_shared::record::supervision::Supervision;
use savin_shared::record::{Record, RecordBody, RecordKind};

use super::charges::charges;
use super::field::Field;
use super::names;
use super::profile::Mode;
use super::row::RowReader;
use super::state::custody_state;
use super::tally::Problem;
use super::values::RecordType;

/// Reads what names the record.
pub(super) fn key(row: &mut RowReader<'_>) -> Result<RecordKey, Problem> {
    let mut parts = Vec::with_capacity(row.profile.key.len());
    for field in &row.profile.key {
        let Some(part) = row.key_part(*field) else {
            return Err(row.problem(*field, "is empty, and the record's key needs it"));
        };
        parts.push(part);
    }
    let first = row
        .profile
        .key
        .first()
        .copied()
        .unwrap_or(Field::RecordNumber);
    let number = RecordNumber::new(&parts.join(" / "))
        .map_err(|_| row.problem(first, "is not usable as a key"))?;
    Ok(RecordKey {
        kind: row.profile.kind,
        number,
    })
}

/// Reads the record.
pub(super) fn record(
    row: &mut RowReader<'_>,
    key: &RecordKey,
    facility: &FacilityCode,
    record_type: Option<RecordType>,
) -> Result<(Record, Evidence), Problem> {
    let destination = row
        .destination()
        .filter(|_| record_type == Some(RecordType::Transfer));
    let facility = if let Some(destination) = destination {
        destination
    } else if row.has(Field::Facility) {
        row.meaning(Field::Facility, |profile| &profile.values.facility)
            .ok_or_else(|| {
                row.problem(
                    Field::Facility,
                    "is not in [values.facility]: no facility can be told",
                )
            })?
    } else {
        facility.clone()
    };
    let (body, evidence) = body(row, key, record_type)?;
    let record = Record {
        facility,
        subject: subject(row),
        entered_at: row.moment(Field::EnteredAt).map(EnteredAt),
        synthetic: false,
        body,
    };
    Ok((record, evidence))
}

fn body(
    row: &mut RowReader<'_>,
    key: &RecordKey,
    record_type: Option<RecordType>,
) -> Result<(RecordBody, Evidence), Problem> {
    let number = key.number.clone();
    if key.kind == RecordKind::Custody {
        let (custody, evidence) = custody(row, number, record_type)?;
        return Ok((RecordBody::Custody(Box::new(custody)), evidence));
    }
    let body = match key.kind {
        RecordKind::Hearing => RecordBody::Hearing(hearing(row, number)),
        RecordKind::ProtectiveOrder => RecordBody::ProtectiveOrder(protective_order(row, number)),
        RecordKind::Supervision => RecordBody::Supervision(supervision(row, number)),
        RecordKind::SexOffender => RecordBody::SexOffender(sex_offender(row, number)),
        RecordKind::CourtEvent | RecordKind::Custody => {
            RecordBody::CourtEvent(court_event(row, number))
        }
    };
    let evidence = match row.profile.mode {
        Mode::Transactions => Evidence::Transaction,
        Mode::Roster => Evidence::Status,
    };
    Ok((body, evidence))
}

fn subject(row: &mut RowReader<'_>) -> Subject {
    let layout = row.profile.name_layout;
    let name = match row.text(Field::Name) {
        Some(name) => Some(names::split(layout, &name)),
        None => row.text(Field::Surname).map(|surname| PersonName {
            surname: Pii::new(surname),
            given: row.text(Field::Given).map(Pii::new),
            middle: row.text(Field::Middle).map(Pii::new),
            suffix: row.text(Field::Suffix).map(Pii::new),
        }),
    };
    Subject {
        person_number: row.id(Field::PersonNumber, PersonNumber::new),
        offender_id: row.id(Field::OffenderId, OffenderId::new),
        state_id: row.id(Field::StateId, StateId::new),
        fbi_id: row.id(Field::FbiId, FbiId::new),
        name,
        aliases: row
            .text(Field::Alias)
            .map(|alias| names::split(layout, &alias))
            .into_iter()
            .collect(),
        birth_date: row.birth_date(Field::BirthDate).map(Pii::new),
        sex: row.text(Field::Sex).map(|word| sex(&word)),
        race: row.text(Field::Race),
    }
}

fn sex(word: &str) -> Sex {
    match word.chars().next().map(|first| first.to_ascii_uppercase()) {
        Some('F') => Sex::Female,
        Some('M') => Sex::Male,
        _ => Sex::Unknown,
    }
}

fn custody(
    row: &mut RowReader<'_>,
    number: RecordNumber,
    record_type: Option<RecordType>,
) -> Result<(Custody, Evidence), Problem> {
    let released_at = row.effective(Field::ReleasedAt);
    let (state, evidence) = custody_state(row, released_at, record_type);
    let classification = row.text(Field::Classification).map(|word| {
        let shown = row
            .profile
            .values
            .classification
            .get(&super::values::word_key(&word));
        shown.cloned().unwrap_or(word)
    });
    let custody = Custody {
        booking_number: number,
        state,
        status_text: row.text(Field::Status),
        status_at: row.effective(Field::StatusAt),
        classification,
        location: row.text(Field::Location),
        arrested_at: row.effective(Field::ArrestedAt),
        booked_at: row.effective(Field::BookedAt),
        scheduled_release_at: row.effective(Field::ScheduledReleaseAt),
        released_at,
        release_text: row.text(Field::ReleaseReason),
        released_to: row.text(Field::ReleasedTo),
        holds: row.text(Field::Hold).into_iter().collect(),
        charges: charges(row)?,
        bond: row.text(Field::Bond),
        case_numbers: row.text(Field::CaseNumber).into_iter().collect(),
    };
    Ok((custody, evidence))
}

fn court_event(row: &mut RowReader<'_>, number: RecordNumber) -> CourtEvent {
    CourtEvent {
        court_event_number: number,
        case_number: row.text(Field::CaseNumber),
        court: row.text(Field::Court),
        event_type: row.text(Field::EventType),
        location: row.text(Field::Location),
        starts_at: row.effective(Field::StartsAt),
        schedule: schedule(row),
    }
}

fn hearing(row: &mut RowReader<'_>, number: RecordNumber) -> Hearing {
    Hearing {
        hearing_number: number,
        hearing_type: row.text(Field::EventType),
        location: row.text(Field::Location),
        starts_at: row.effective(Field::StartsAt),
        schedule: schedule(row),
        decision: row.text(Field::Decision),
        decided_at: row.effective(Field::DecidedAt),
    }
}

fn schedule(row: &mut RowReader<'_>) -> Schedule {
    row.meaning(Field::Schedule, |profile| &profile.values.schedule)
        .unwrap_or(Schedule::Set)
}

fn protective_order(row: &mut RowReader<'_>, number: RecordNumber) -> ProtectiveOrder {
    let service = row.meaning(Field::Service, |profile| &profile.values.service);
    ProtectiveOrder {
        order_number: number,
        court: row.text(Field::Court),
        service: service.unwrap_or(Service::Entered),
        service_at: row.effective(Field::ServiceAt),
        expires_at: row.effective(Field::ExpiresAt),
    }
}

fn supervision(row: &mut RowReader<'_>, number: RecordNumber) -> Supervision {
    let absconded = row.meaning(Field::Absconded, |profile| &profile.values.absconded);
    Supervision {
        supervision_number: number,
        supervision_type: row.text(Field::SupervisionType),
        status: row.text(Field::Status),
        absconded: absconded.unwrap_or(false),
        status_at: row.effective(Field::StatusAt),
        address: row.text(Field::Address).map(Pii::new),
        address_at: row.effective(Field::AddressAt),
    }
}

fn sex_offender(row: &mut RowReader<'_>, number: RecordNumber) -> SexOffenderRegistration {
    SexOffenderRegistration {
        registration_number: number,
        compliant: row.meaning(Field::Compliant, |profile| &profile.values.compliant),
        status: row.text(Field::Status),
        profile_updated_at: row.effective(Field::ProfileUpdatedAt),
        address: row.text(Field::Address).map(Pii::new),
        moves_at: row.effective(Field::MovesAt),
    }
}
