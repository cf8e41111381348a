//! The vault's evidence, as far as it may be seen outside: what the log is, and what proves one
//! notice, with its registrant by pseudonym.

use std::collections::BTreeMap;

use jiff::Timestamp;
use savin_shared::hash::{Hash, hex};

use super::command::StaffAnswer;
use super::courier::{HEARD, Payload, Planned, TRIED, salt};
use super::planning::commitment;
use super::sealed::DataKey;
use super::{Vault, VaultError, change};
use crate::evidence::certificate::{Telling, TellingClocks};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::file::{
    AnswerOpening, AnswerPart, AttemptPart, ChangeOpening, HeardPart, NoticeOpening, NoticePart,
    OutcomePart, Proof,
};
use crate::evidence::leaf;
use crate::ids::{EventId, EventPosition, NoticeId, RegistrantId};
use crate::notification::change::Change;
use crate::store::conn::Tx;
use crate::store::evidence::Checked;
use crate::store::vault::attempt::AttemptRow;
use crate::store::vault::heard::{self, HeardRow};
use crate::store::vault::{attempt, contact, notice, notice_event, registrant};
use crate::store::{StoreError, evidence};
use crate::vault::keyring::Keyring;

/// What may be asked of the vault's evidence.
#[derive(Debug, Clone)]
pub enum EvidenceCommand {
    /// What is the log?
    Head,
    /// What was it at a size within it?
    At {
        /// The size.
        size: u64,
    },
    /// Keep a checkpoint that was signed.
    Keep {
        /// Of which size.
        size: u64,
        /// The signed note.
        note: String,
    },
    /// Which checkpoint was kept last?
    Last,
    /// Look at every leaf.
    Check,
    /// Prove a notice, as of a size of the log.
    Export {
        /// Which.
        notice: NoticeId,
        /// The size.
        size: u64,
    },
    /// How soon after these times were events told?
    Timely {
        /// The events, with when each became durable.
        events: Vec<(EventId, Timestamp)>,
        /// Of fewer nothing is said, since it could tell of one registrant.
        told_min: usize,
    },
    /// Whom was an event told, by pseudonym, and how soon after it became durable?
    ToldOf {
        /// The event.
        event: EventId,
        /// When it became durable.
        received_at: Timestamp,
    },
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum EvidenceAnswer {
    /// What the log is, or was.
    Checkpoint(Checkpoint),
    /// The checkpoint is kept.
    Kept,
    /// The checkpoint that was kept last: its size, when it was signed, and the note.
    Last(Option<(u64, Timestamp, String)>),
    /// What a look at every leaf found.
    Checked(Checked),
    /// What proves a notice.
    Notice(Box<NoticeEvidence>),
    /// How soon events were told.
    Timely(Telling),
    /// The notices of one event, by registrant and channel.
    ToldOf(Vec<ToldOf>),
}

/// One notice of an event, and how soon it was tried, taken and confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldOf {
    /// The notice.
    pub notice: NoticeId,
    /// For whom, by pseudonym.
    pub registrant: RegistrantId,
    /// By which channel.
    pub channel: String,
    /// Where it stands.
    pub state: String,
    /// How soon after the event was durable.
    pub clocks: TellingClocks,
}

/// What proves a notice.
#[derive(Debug, Clone)]
pub struct NoticeEvidence {
    /// The notice.
    pub notice: NoticePart,
    /// Every try.
    pub attempts: Vec<AttemptPart>,
    /// What was heard later.
    pub heard: Vec<HeardPart>,
    /// The event that it tells; nothing for a code, and once the registrant is forgotten.
    pub event: Option<(EventId, EventPosition)>,
}

impl Vault {
    /// Carries out a command about the evidence.
    pub(super) fn evidence(&self, command: EvidenceCommand) -> Result<StaffAnswer, VaultError> {
        let store = &self.store;
        Ok(StaffAnswer::Evidence(match command {
            EvidenceCommand::Head => {
                EvidenceAnswer::Checkpoint(store.read_now("evidence head", evidence::head)?)
            }
            EvidenceCommand::At { size } => {
                let at = store.read_now("evidence at", move |tx| evidence::at(tx, size));
                EvidenceAnswer::Checkpoint(at?)
            }
            EvidenceCommand::Keep { size, note } => {
                let now = (self.world.wall)();
                store.write_now("checkpoint", move |tx| evidence::keep(tx, size, &note, now))?;
                EvidenceAnswer::Kept
            }
            EvidenceCommand::Last => {
                let last = store.read_now("last checkpoint", evidence::last_checkpoint);
                EvidenceAnswer::Last(last?)
            }
            EvidenceCommand::Check => {
                EvidenceAnswer::Checked(store.read_now("check evidence", evidence::check)?)
            }
            EvidenceCommand::Timely { events, told_min } => {
                let keys = std::sync::Arc::clone(&self.keys);
                let told = store.read_now("timely", move |tx| timely(tx, &keys, &events))?;
                EvidenceAnswer::Timely(Telling::of(&told, told_min))
            }
            EvidenceCommand::ToldOf { event, received_at } => {
                let links = [
                    self.keys.event_link(event),
                    self.keys.correction_link(event),
                ];
                let told = store.read_now("told", move |tx| told_of(tx, &links, received_at))?;
                EvidenceAnswer::ToldOf(told)
            }
            EvidenceCommand::Export { notice, size } => {
                let keys = std::sync::Arc::clone(&self.keys);
                let export = move |tx: &mut Tx<'_>| export(tx, &keys, notice, size);
                EvidenceAnswer::Notice(Box::new(store.read_now("evidence", export)?))
            }
        }))
    }
}

/// Measures how soon events were told to each of their registrants, by the first of her notices that was
/// tried, taken or confirmed.
fn timely(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    events: &[(EventId, Timestamp)],
) -> Result<Vec<TellingClocks>, StoreError> {
    let links: Vec<_> = events
        .iter()
        .map(|(event, _)| keys.event_link(*event))
        .collect();
    let mut told = Vec::new();
    for (notices, (_, received_at)) in notice_event::of_events(tx, &links)?.into_iter().zip(events)
    {
        let mut registrants: BTreeMap<RegistrantId, TellingClocks> = BTreeMap::new();
        for notice in notices {
            let hers = registrants.entry(notice.registrant).or_default();
            let clocks = clocks(tx, notice.notice, *received_at)?;
            let sooner = |one: Option<i64>, other| one.into_iter().chain(other).min();
            *hers = TellingClocks {
                first_tried_ms: sooner(hers.first_tried_ms, clocks.first_tried_ms),
                accepted_ms: sooner(hers.accepted_ms, clocks.accepted_ms),
                confirmed_ms: sooner(hers.confirmed_ms, clocks.confirmed_ms),
            };
        }
        told.extend(registrants.into_values());
    }
    Ok(told)
}

/// Lists the notices of one event, corrections of it among them.
fn told_of(
    tx: &mut Tx<'_>,
    links: &[[u8; 32]],
    received_at: Timestamp,
) -> Result<Vec<ToldOf>, StoreError> {
    let mut told = Vec::new();
    for notice in notice_event::of_events(tx, links)?.into_iter().flatten() {
        told.push(ToldOf {
            clocks: clocks(tx, notice.notice, received_at)?,
            notice: notice.notice,
            registrant: notice.registrant,
            channel: notice.channel,
            state: notice.state,
        });
    }
    Ok(told)
}

/// Measures one notice.
fn clocks(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    received_at: Timestamp,
) -> Result<TellingClocks, StoreError> {
    let after = |at: &Timestamp| at.as_millisecond() - received_at.as_millisecond();
    let tries = attempt::of_notice(tx, notice)?;
    let mut ends = tries.iter().filter_map(|row| row.finished.as_ref());
    let taken = ends.find(|(_, outcome)| outcome == "accepted");
    let heard = heard::of_notice(tx, notice)?;
    let mut confirmed = heard.iter().filter(|row| row.is_confirmation());
    Ok(TellingClocks {
        first_tried_ms: tries.first().map(|first| after(&first.attempted_at)),
        accepted_ms: taken.map(|(at, _)| after(at)),
        confirmed_ms: confirmed.next().map(|row| after(&row.heard_at)),
    })
}

/// Who a notice was for, while her key is there.
struct Whose {
    registrant: RegistrantId,
    key: DataKey,
    addresses: Vec<String>,
}

fn export(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    id: NoticeId,
    size: u64,
) -> Result<NoticeEvidence, StoreError> {
    let Some(standing) = notice::find(tx, id)? else {
        let text = "there is no such notice: `savin-hub notices` shows them";
        return Err(StoreError::Refused(text.to_owned()));
    };
    let whose = whose(tx, keys, standing.registrant)?;
    let (proof, content) = proved(tx, &leaf::notice_subject(id), size)?;
    let commits_to = line(&content, "commitment ");
    let payload = whose.as_ref().and_then(|whose| {
        let (key, who) = (&whose.key, whose.registrant);
        key.open::<Payload>("notice", who, &standing.sealed_fact)
            .ok()
    });
    let (mut told, mut change) = (None, None);
    match (&whose, payload) {
        (Some(whose), Some(Payload::Fact(planned))) => {
            let opening = opening(whose, id, &planned, &commits_to)?;
            told = Some((opening, (planned.fact.event, planned.fact.position)));
        }
        (Some(whose), Some(Payload::Change { change: said, .. })) => {
            let sealed = Hash::of(&standing.sealed_fact);
            change = change_opening(whose, id, &said, (&commits_to, sealed))?;
        }
        (Some(_), Some(Payload::Code { .. })) | (_, None) | (None, Some(_)) => {}
    }
    let mut attempts = Vec::new();
    for row in attempt::of_notice(tx, id)? {
        attempts.push(attempt_part(tx, whose.as_ref(), id, size, row)?);
    }
    let mut heard = Vec::new();
    for row in heard::of_notice(tx, id)? {
        heard.push(heard_part(tx, whose.as_ref(), id, size, row)?);
    }
    let (opening, event): (Option<NoticeOpening>, Option<(EventId, EventPosition)>) = told.unzip();
    Ok(NoticeEvidence {
        notice: NoticePart {
            notice: id.to_string(),
            channel: standing.channel.as_str().to_owned(),
            planned_at: standing.planned_at,
            commitment: commits_to,
            opening,
            change,
            proof,
        },
        attempts,
        heard,
        event,
    })
}

fn whose(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    registrant: RegistrantId,
) -> Result<Option<Whose>, StoreError> {
    let Some(row) = registrant::load(tx, registrant)? else {
        return Ok(None);
    };
    let Ok(key) = keys.unwrap(&row.wrapped_key) else {
        return Ok(None);
    };
    let contacts = contact::of_registrant(tx, registrant)?;
    let open = |sealed: &[u8]| key.open::<String>("address", registrant, sealed).ok();
    let addresses = contacts
        .iter()
        .filter_map(|contact| open(&contact.sealed_address));
    Ok(Some(Whose {
        registrant,
        addresses: addresses.map(|address| address.to_lowercase()).collect(),
        key,
    }))
}

/// Opens what a notice's leaf commits to: the event, and what caused the notice.
fn opening(
    whose: &Whose,
    notice: NoticeId,
    planned: &Planned,
    commits_to: &str,
) -> Result<NoticeOpening, StoreError> {
    let (event, cause) = (planned.fact.event, &planned.cause);
    let committed = commitment(&whose.key, notice, event, whose.registrant, cause);
    if committed.to_string() != commits_to {
        return Err(StoreError::Damaged("a notice is not what was logged of it"));
    }
    Ok(NoticeOpening {
        salt: hex(&whose.key.evidence_salt("notice", notice.as_bytes())),
        event: event.to_string(),
        pseudonym: whose.key.pseudonym(whose.registrant).to_string(),
        rules: cause.clone(),
    })
}

/// Opens what the leaf of a change's notice commits to. One that was planned before such leaves committed to more than
/// the sealed bytes is not opened.
fn change_opening(
    whose: &Whose,
    notice: NoticeId,
    said: &Change,
    (commits_to, sealed): (&str, Hash),
) -> Result<Option<ChangeOpening>, StoreError> {
    if sealed.to_string() == commits_to {
        return Ok(None);
    }
    let committed = change::commitment(&whose.key, notice, whose.registrant, said);
    if committed.to_string() != commits_to {
        return Err(StoreError::Damaged("a notice is not what was logged of it"));
    }
    Ok(Some(ChangeOpening {
        salt: hex(&whose.key.evidence_salt("notice", notice.as_bytes())),
        pseudonym: whose.key.pseudonym(whose.registrant).to_string(),
        says: change::said(said),
    }))
}

fn attempt_part(
    tx: &mut Tx<'_>,
    whose: Option<&Whose>,
    notice: NoticeId,
    size: u64,
    row: AttemptRow,
) -> Result<AttemptPart, StoreError> {
    let (proof, _) = proved(tx, &leaf::attempt_subject(notice, row.number), size)?;
    let outcome = match row.finished {
        None => None,
        Some((finished_at, outcome)) => {
            let (proof, content) = proved(tx, &leaf::outcome_subject(notice, row.number), size)?;
            let salted = (TRIED, notice, row.number);
            Some(OutcomePart {
                finished_at,
                outcome,
                answer: answer_part(whose, salted, &content, row.sealed_answer.as_deref()),
                proof,
            })
        }
    };
    Ok(AttemptPart {
        number: row.number,
        attempted_at: row.attempted_at,
        proof,
        outcome,
    })
}

fn heard_part(
    tx: &mut Tx<'_>,
    whose: Option<&Whose>,
    notice: NoticeId,
    size: u64,
    row: HeardRow,
) -> Result<HeardPart, StoreError> {
    let (proof, content) = proved(tx, &leaf::heard_subject(notice, row.number), size)?;
    let salted = (HEARD, notice, row.number);
    Ok(HeardPart {
        number: row.number,
        heard_at: row.heard_at,
        outcome: row.outcome,
        answer: answer_part(whose, salted, &content, row.sealed_answer.as_deref()),
        proof,
    })
}

/// Returns the answer to which a leaf commits, if it does.
fn answer_part(
    whose: Option<&Whose>,
    salted: (&str, NoticeId, i64),
    content: &str,
    sealed: Option<&[u8]>,
) -> Option<AnswerPart> {
    let commitment = Some(line(content, "answer ")).filter(|hash| hash != "none")?;
    let opened = whose.zip(sealed);
    Some(AnswerPart {
        commitment,
        opening: opened.and_then(|(whose, sealed)| answer_opening(whose, salted, sealed)),
    })
}

/// Opens an answer that does not repeat her address.
fn answer_opening(
    whose: &Whose,
    (purpose, notice, number): (&str, NoticeId, i64),
    sealed: &[u8],
) -> Option<AnswerOpening> {
    let text: String = whose.key.open("answer", whose.registrant, sealed).ok()?;
    let folded = text.to_lowercase();
    if whose
        .addresses
        .iter()
        .any(|address| folded.contains(address))
    {
        return None;
    }
    Some(AnswerOpening {
        salt: hex(&salt(&whose.key, purpose, notice, number)),
        text,
    })
}

/// Finds a leaf with its proof.
fn proved(tx: &mut Tx<'_>, subject: &str, size: u64) -> Result<(Proof, String), StoreError> {
    let Some(leaf) = evidence::find(tx, subject)? else {
        let text = "it was stored before this hub kept evidence";
        return Err(StoreError::Refused(text.to_owned()));
    };
    let hashes = evidence::inclusion(tx, leaf.index, size)?;
    let proof = Proof::new(leaf.index, &hashes).of_leaf(&leaf.content);
    Ok((proof, leaf.content))
}

/// Returns what a line of a leaf says.
fn line(content: &str, name: &str) -> String {
    let found = content.lines().find_map(|line| line.strip_prefix(name));
    found.unwrap_or_default().to_owned()
}
