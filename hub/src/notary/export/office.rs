//! Gathering the evidence of one notice to an office: all of it is in the registry.

use jiff::Timestamp;
use savin_shared::hash::hex;
use savin_shared::sign::SigningKey;

use super::{ExportError, Gathered, decided, gather, proved, refused};
use crate::evidence::file::{DecisionPart, Proof};
use crate::evidence::leaf;
use crate::evidence::office::{
    FORMAT, OfficeAttempt, OfficeConfirmation, OfficeFile, OfficeNoticePart, OfficeOutcome,
    OfficePart,
};
use crate::ids::NoticeId;
use crate::notary::signing::Notary;
use crate::notary::{Log, NotaryError};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::agency_notice::{self, AgencyNotice};
use crate::store::registry::{event, recipient, record};
use crate::work::versions::TableName;

/// Finds a notice to an office; nothing where the notice is none, so that it is a registrant's.
pub(super) fn find(
    notary: &Notary<'_>,
    notice: NoticeId,
) -> Result<Option<AgencyNotice>, NotaryError> {
    let found = notary.registry.read_now("agency notice", move |tx| {
        agency_notice::between(tx, notice, notice)
    })?;
    Ok(found.into_iter().next())
}

/// Signs what the registry's log is now, and gathers the evidence of a notice to an office as of then.
pub(super) fn export(
    notary: &Notary<'_>,
    notice: AgencyNotice,
    receipt_key: &SigningKey,
    now: Timestamp,
) -> Result<String, ExportError> {
    let registry = notary.sign(Log::Registry, now)?;
    let size = registry.checkpoint.size;
    let found = notary
        .registry
        .read_now("office evidence", move |tx| office(tx, &notice, size))
        .map_err(NotaryError::from)?;
    let file = OfficeFile {
        format: FORMAT.to_owned(),
        made_at: now,
        receipt_key: hex(&receipt_key.verifying_key().0),
        registry_checkpoint: registry.note,
        office: found.office,
        convicted: found.convicted,
        notice: found.notice,
        attempts: found.attempts,
        confirmed: found.confirmed,
        told: found.gathered.told(receipt_key)?,
    };
    let sealed = file.seal(notary.keys.of(Log::Registry));
    Ok(sealed.map_err(NotaryError::from)?)
}

/// What the registry holds about a notice to an office.
struct Found {
    office: OfficePart,
    convicted: Vec<DecisionPart>,
    notice: OfficeNoticePart,
    attempts: Vec<OfficeAttempt>,
    confirmed: Option<OfficeConfirmation>,
    gathered: Gathered,
}

fn office(tx: &mut Tx<'_>, notice: &AgencyNotice, size: u64) -> Result<Found, StoreError> {
    let about = &notice.about;
    let Some(event) = event::id_at(tx, about.event)? else {
        return Err(refused(
            "the registry does not hold the event: was an older backup put back?",
        ));
    };
    let gathered = gather(tx, (event, about.event), &[TableName::Clocks], size)?;
    let mut attempts = Vec::new();
    for tried in agency_notice::attempts(tx, notice.notice)? {
        let number = tried.number;
        let outcome = match tried.finished {
            None => None,
            Some((finished_at, outcome)) => Some(OfficeOutcome {
                finished_at,
                outcome,
                answer: tried.answer,
                proof: proof(tx, &leaf::outcome_subject(notice.notice, number), size)?,
            }),
        };
        attempts.push(OfficeAttempt {
            number,
            attempted_at: tried.attempted_at,
            proof: proof(tx, &leaf::attempt_subject(notice.notice, number), size)?,
            outcome,
        });
    }
    let confirmed = match (notice.confirmed_at, notice.confirmed_by.clone()) {
        (Some(confirmed_at), Some(by)) => Some(OfficeConfirmation {
            confirmed_at,
            by,
            proof: proof(tx, &leaf::agency_confirmation_subject(notice.notice), size)?,
        }),
        (None | Some(_), _) => None,
    };
    Ok(Found {
        office: listed(tx, notice, size)?,
        convicted: convicted(tx, notice, size)?,
        notice: OfficeNoticePart {
            notice: notice.notice.to_string(),
            news: about.news.as_str().to_owned(),
            channel: about.channel.as_str().to_owned(),
            planned_at: notice.planned_at,
            proof: proof(tx, &leaf::notice_subject(notice.notice), size)?,
        },
        attempts,
        confirmed,
        gathered,
    })
}

/// Proves which office is meant, and who put it on the list.
fn listed(tx: &mut Tx<'_>, notice: &AgencyNotice, size: u64) -> Result<OfficePart, StoreError> {
    let office = recipient::load(tx, notice.about.recipient)?;
    let Some(listed) = decided(tx, office.added_by, size)? else {
        return Err(refused(
            "the decision that put the office on the list was expunged",
        ));
    };
    Ok(OfficePart {
        recipient: office.id.0,
        office: office.office.as_str().to_owned(),
        county: office.place.county,
        municipality: office.place.municipality,
        channel: office.channel.as_str().to_owned(),
        address: office.address,
        listed_at: office.added_at,
        listed,
        proof: proof(tx, &leaf::office_subject(office.id.0), size)?,
    })
}

/// Proves what people said of where the person was convicted, as far as it is of the office's county.
fn convicted(
    tx: &mut Tx<'_>,
    notice: &AgencyNotice,
    size: u64,
) -> Result<Vec<DecisionPart>, StoreError> {
    let Some(person) = record::person_of(tx, notice.about.record)? else {
        return Ok(Vec::new());
    };
    let county = recipient::load(tx, notice.about.recipient)?.place.county;
    let mut parts = Vec::new();
    for decision in recipient::convicted_by(tx, person, &county)? {
        parts.extend(decided(tx, decision, size)?);
    }
    Ok(parts)
}

fn proof(tx: &mut Tx<'_>, subject: &str, size: u64) -> Result<Proof, StoreError> {
    Ok(proved(tx, subject, size)?.1)
}
