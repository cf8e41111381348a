//! What the vault's log proves of a notice: that it was planned, every try, and what was heard of it later.

use savin_shared::hash::Hash;

use super::super::checkpoint::Checkpoint;
use super::super::file::{
    AnswerPart, AttemptPart, ChangeOpening, EvidenceFile, HeardPart, NoticePart, hash,
};
use super::super::leaf::{self, CONFIRMED, Salt};
use super::{Broken, Step, bytes, id, included, later};
use crate::ids::{EventId, NoticeId};

/// Checks them, in the order in which they came about.
pub(super) fn steps(file: &EvidenceFile, vault: &Checkpoint) -> Vec<Step> {
    let mut steps = vec![Step {
        what: "notice",
        outcome: notice(file, vault),
    }];
    steps.extend((1..).zip(&file.attempts).map(|numbered| Step {
        what: "attempt",
        outcome: attempted(file, numbered, vault),
    }));
    steps.extend((1..).zip(&file.heard).map(|(place, part)| Step {
        what: if part.is_confirmation() {
            "confirmation"
        } else {
            "heard later"
        },
        outcome: heard(file, (place, part), vault),
    }));
    steps
}

fn notice(file: &EvidenceFile, vault: &Checkpoint) -> Result<String, Broken> {
    let part = &file.notice;
    let notice = id::<NoticeId>(&part.notice, "notice")?;
    let commitment = hash(&part.commitment).ok_or(Broken::Field("commitment"))?;
    let leaf = leaf::notice(notice, &part.channel, part.planned_at, &commitment);
    included(&leaf, &part.proof, vault)?;
    let later = later(&part.proof);
    let planned = format!("planned on {:.0} by {}", part.planned_at, part.channel);
    if let Some(opening) = &part.change {
        if part.opening.is_some() || file.told.is_some() {
            return Err(Broken::Commitment);
        }
        let said = change(part, opening, &commitment)?;
        return Ok(format!("{planned} {said}"));
    }
    let Some(opening) = &part.opening else {
        return match file.told {
            Some(_) => Err(Broken::Commitment),
            None => Ok(format!(
                "{planned}; what it told and to whom is gone with her key{later}"
            )),
        };
    };
    let salt: Salt = bytes(&opening.salt, "salt")?;
    let event = id::<EventId>(&opening.event, "event")?;
    let pseudonym = hash(&opening.pseudonym).ok_or(Broken::Field("pseudonym"))?;
    let opened = leaf::notice_commitment(&salt, notice, event, &pseudonym, &opening.rules);
    if opened != commitment {
        return Err(Broken::Commitment);
    }
    match &file.told {
        Some(told) if told.event.event != opening.event => Err(Broken::Commitment),
        Some(told) if told.event.says.received_at > part.planned_at => Err(Broken::Times),
        _ => Ok(format!(
            "{planned} for registrant {} by rules {}{later}",
            pseudonym.short(),
            opening.rules
        )),
    }
}

/// Opens what the notice of a change says.
fn change(part: &NoticePart, opening: &ChangeOpening, commitment: &Hash) -> Result<String, Broken> {
    let notice = id::<NoticeId>(&part.notice, "notice")?;
    let salt: Salt = bytes(&opening.salt, "salt")?;
    let pseudonym = hash(&opening.pseudonym).ok_or(Broken::Field("pseudonym"))?;
    let says = &opening.says;
    if leaf::change_commitment(&salt, notice, &pseudonym, says) != *commitment {
        return Err(Broken::Commitment);
    }
    if says.at > part.planned_at {
        return Err(Broken::Times);
    }
    let until = says.until.map_or_else(String::new, |until| {
        format!(", which could be taken back until {until:.0}")
    });
    Ok(format!(
        "for registrant {} of {} on {:.0}{until}",
        pseudonym.short(),
        says.changed.join(", "),
        says.at
    ))
}

fn attempted(
    file: &EvidenceFile,
    (place, part): (i64, &AttemptPart),
    vault: &Checkpoint,
) -> Result<String, Broken> {
    let notice = id::<NoticeId>(&file.notice.notice, "notice")?;
    if part.number != place {
        return Err(Broken::Missing);
    }
    let leaf = leaf::attempt(notice, part.number, part.attempted_at);
    included(&leaf, &part.proof, vault)?;
    if part.attempted_at < file.notice.planned_at {
        return Err(Broken::Times);
    }
    let tried = format!("try {} on {:.0}", part.number, part.attempted_at);
    let Some(outcome) = &part.outcome else {
        let later = later(&part.proof);
        return Ok(format!("{tried}, of which nothing is known{later}"));
    };
    let (commitment, answered) = answered(outcome.answer.as_ref())?;
    let (finished_at, word) = (outcome.finished_at, &outcome.outcome);
    let leaf = leaf::outcome(notice, part.number, finished_at, word, commitment.as_ref());
    included(&leaf, &outcome.proof, vault)?;
    if finished_at < part.attempted_at {
        return Err(Broken::Times);
    }
    let later = later(&outcome.proof);
    Ok(format!(
        "{tried}, {word} on {finished_at:.0}{answered}{later}"
    ))
}

fn heard(
    file: &EvidenceFile,
    (place, part): (i64, &HeardPart),
    vault: &Checkpoint,
) -> Result<String, Broken> {
    let notice = id::<NoticeId>(&file.notice.notice, "notice")?;
    if part.number != place {
        return Err(Broken::Missing);
    }
    let (commitment, answered) = answered(part.answer.as_ref())?;
    let (at, word) = (part.heard_at, &part.outcome);
    let leaf = leaf::heard(notice, part.number, at, word, commitment.as_ref());
    included(&leaf, &part.proof, vault)?;
    if at < file.notice.planned_at || part.proof.index <= file.notice.proof.index {
        return Err(Broken::Times);
    }
    Ok(match word.strip_prefix(CONFIRMED) {
        Some(by) => format!(
            "she confirmed it by her {by} on {at:.0}{}",
            later(&part.proof)
        ),
        None => format!("{word} on {at:.0}{answered}{}", later(&part.proof)),
    })
}

/// Checks what a channel answered; returns what the leaf commits to, and the answer after a colon.
fn answered(part: Option<&AnswerPart>) -> Result<(Option<Hash>, String), Broken> {
    let Some(part) = part else {
        return Ok((None, String::new()));
    };
    let committed = hash(&part.commitment).ok_or(Broken::Field("answer"))?;
    let Some(opening) = &part.opening else {
        return Ok((Some(committed), String::new()));
    };
    let salt: Salt = bytes(&opening.salt, "salt")?;
    if leaf::answer_commitment(&salt, &opening.text) != committed {
        return Err(Broken::Commitment);
    }
    Ok((Some(committed), format!(": {}", opening.text)))
}
