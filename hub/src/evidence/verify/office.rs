//! What the registry's log proves of a notice to an office: that the office was on the list, that the notice
//! was planned, every try, and the office's own word that it has it.

use jiff::Timestamp;

use super::super::checkpoint::Checkpoint;
use super::super::file::DecisionPart;
use super::super::leaf::{self, OfficeLeaf};
use super::super::office::{self, CONVICTION, LISTING, OfficeAttempt, OfficeFile};
use super::{Broken, Step, decision, id, included, told_steps};
use crate::ids::{EventPosition, NoticeId};
use crate::notification::office::{Office, Place};
use crate::registry::details::Details;

/// Checks them, in the order in which they came about.
pub(super) fn steps(file: &OfficeFile, registry: &Checkpoint) -> Vec<Step> {
    let mut steps = told_steps(&file.receipt_key, &file.told, registry);
    let mut step = |what, outcome| steps.push(Step { what, outcome });
    step("office", listed(file, registry));
    for part in &file.convicted {
        step("conviction", convicted(file, part, registry));
    }
    step("notice", notice(file, registry));
    for numbered in (1..).zip(&file.attempts) {
        step("attempt", attempted(file, numbered, registry));
    }
    if file.confirmed.is_some() {
        step("confirmation", confirmed(file, registry));
    }
    steps
}

/// Returns how the office is addressed.
fn title(file: &OfficeFile) -> Result<String, Broken> {
    let part = &file.office;
    let office = Office::parse(&part.office).ok_or(Broken::Field("office"))?;
    Ok(office.title(&Place {
        county: part.county.clone(),
        municipality: part.municipality.clone(),
    }))
}

/// Checks that a signed decision put the office on the list, at this address.
fn listed(file: &OfficeFile, registry: &Checkpoint) -> Result<String, Broken> {
    let part = &file.office;
    let leaf = leaf::office(&OfficeLeaf {
        recipient: part.recipient,
        office: &part.office,
        county: &part.county,
        municipality: &part.municipality,
        channel: &part.channel,
        address: &part.address,
        decision: part.listed.number,
        listed_at: part.listed_at,
    });
    included(&leaf, &part.proof, registry)?;
    let (signed, _) = decision(&part.listed, registry)?;
    let subject = office::listing_subject(&part.office, &part.county, &part.municipality);
    let choice = format!("{} {}", part.channel, part.address);
    if signed.kind != LISTING || signed.subject != subject || signed.choice != choice {
        return Err(Broken::Decided);
    }
    if part.proof.index >= file.notice.proof.index {
        return Err(Broken::Times);
    }
    Ok(format!(
        "{}, put on the list by {} on {:.0}",
        title(file)?,
        signed.staff,
        part.listed_at
    ))
}

/// Checks that a person said of the office's county that it is where the conviction was.
fn convicted(
    file: &OfficeFile,
    part: &DecisionPart,
    registry: &Checkpoint,
) -> Result<String, Broken> {
    let (signed, said) = decision(part, registry)?;
    let county = format!("convicted at {}/", file.office.county);
    if signed.kind == CONVICTION && signed.choice.starts_with(&county) {
        Ok(said)
    } else {
        Err(Broken::Decided)
    }
}

fn notice(file: &OfficeFile, registry: &Checkpoint) -> Result<String, Broken> {
    let part = &file.notice;
    let says = &file.told.event.says;
    let leaf = leaf::agency_notice(
        id::<NoticeId>(&part.notice, "notice")?,
        (
            &part.news,
            EventPosition(says.position),
            file.office.recipient,
        ),
        &part.channel,
        part.planned_at,
    );
    included(&leaf, &part.proof, registry)?;
    if says.received_at > part.planned_at || file.told.event.proof.index >= part.proof.index {
        return Err(Broken::Times);
    }
    let details: Details =
        serde_json::from_str(&says.details).map_err(|_| Broken::Field("details"))?;
    let before = days_before(details.scheduled_at, part.planned_at);
    Ok(format!(
        "{} planned on {:.0} by {} to the {}{before}",
        part.news,
        part.planned_at,
        part.channel,
        title(file)?
    ))
}

/// Says how long before the day of a release something was; nothing where the event gives no day.
fn days_before(release: Option<Timestamp>, at: Timestamp) -> String {
    let hours = release.map(|release| release.duration_since(at).as_hours());
    match hours {
        Some(hours) if hours >= 0 => {
            let days = hours / 24;
            format!(", {days} whole days before the release that the event gives")
        }
        Some(_) => ", after the release that the event gives".to_owned(),
        None => String::new(),
    }
}

fn attempted(
    file: &OfficeFile,
    (place, part): (i64, &OfficeAttempt),
    registry: &Checkpoint,
) -> Result<String, Broken> {
    let notice = id::<NoticeId>(&file.notice.notice, "notice")?;
    if part.number != place {
        return Err(Broken::Missing);
    }
    let leaf = leaf::attempt(notice, part.number, part.attempted_at);
    included(&leaf, &part.proof, registry)?;
    if part.attempted_at < file.notice.planned_at {
        return Err(Broken::Times);
    }
    let tried = format!("try {} on {:.0}", part.number, part.attempted_at);
    let Some(outcome) = &part.outcome else {
        return Ok(format!("{tried}, of which nothing is known"));
    };
    let answer = outcome.answer.as_deref();
    let (at, word) = (outcome.finished_at, &outcome.outcome);
    let committed = answer.map(office::answer);
    let leaf = leaf::outcome(notice, part.number, at, word, committed.as_ref());
    included(&leaf, &outcome.proof, registry)?;
    if at < part.attempted_at {
        return Err(Broken::Times);
    }
    let answered = answer.map_or_else(String::new, |answer| format!(": {answer}"));
    Ok(format!("{tried}, {word} on {at:.0}{answered}"))
}

fn confirmed(file: &OfficeFile, registry: &Checkpoint) -> Result<String, Broken> {
    let part = file.confirmed.as_ref().ok_or(Broken::Missing)?;
    let notice = id::<NoticeId>(&file.notice.notice, "notice")?;
    let leaf = leaf::agency_confirmation(notice, part.confirmed_at, &part.by);
    included(&leaf, &part.proof, registry)?;
    if part.confirmed_at < file.notice.planned_at || part.proof.index <= file.notice.proof.index {
        return Err(Broken::Times);
    }
    Ok(format!(
        "the office confirmed it on {:.0}, as noted by {}",
        part.confirmed_at, part.by
    ))
}
