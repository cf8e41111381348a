//! Checking an evidence file, with one key and nothing else: step by step, so that whoever reads it
//! sees what holds and what does not.

mod office;
mod telling;

use std::collections::BTreeSet;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use savin_shared::chain::Position;
use savin_shared::clock::ReceivedAt;
use savin_shared::delta::{self, Change, DeltaError};
use savin_shared::envelope::{self, EnvelopeError, SealedBatch, portable};
use savin_shared::hash::{Hash, unhex};
use savin_shared::ids::{AgencyId, AgentId, FacilityCode, Seq};
use savin_shared::receipt;
use savin_shared::record::portable::RecordError;
use savin_shared::sign::{SignError, VerifyingKey};
use thiserror::Error;

use super::certificate::TITLE;
use super::checkpoint::Checkpoint;
use super::file::{
    DecisionPart, ElsewherePart, EvidenceFile, Proof, RulesPart, SourcePart, Told, hash,
};
use super::leaf::{self, Leaf, Salt};
use super::merkle::is_included;
use super::note::{NoteError, NoteKey};
use super::office::OfficeFile;
use crate::ids::{EventId, EventPosition};
use crate::work::decision::Decision;
use crate::work::versions::TableName;

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub what: &'static str,
    /// What is known by it, or why it does not hold.
    pub outcome: Result<String, Broken>,
}

/// Checks an evidence file, or a certificate of timely data; it proves what it says if every step
/// holds.
#[must_use]
pub fn verify(text: &str, key: &NoteKey) -> Vec<Step> {
    if text.starts_with(TITLE) {
        let said = |_| format!("signed by {}, no byte changed since", key.name());
        return vec![Step {
            what: "certificate",
            outcome: key.open_alone(text).map(said).map_err(Broken::from),
        }];
    }
    let mut steps = vec![Step {
        what: "file",
        outcome: Ok(format!("signed by {}, no byte changed since", key.name())),
    }];
    if let Ok(file) = OfficeFile::open(text, key) {
        let registry = Checkpoint::open(&file.registry_checkpoint, key);
        steps.push(signed("registry checkpoint", registry));
        if let Ok(registry) = registry {
            steps.extend(office::steps(&file, &registry));
        }
        return steps;
    }
    let file = match EvidenceFile::open(text, key) {
        Ok(file) => file,
        Err(failure) => {
            return vec![Step {
                what: "file",
                outcome: Err(failure.into()),
            }];
        }
    };
    let registry = Checkpoint::open(&file.registry_checkpoint, key);
    let vault_key = NoteKey::from_str(&file.keys.vault);
    let vault = vault_key.and_then(|key| Checkpoint::open(&file.vault_checkpoint, &key));
    for (what, checkpoint) in [
        ("registry checkpoint", registry),
        ("vault checkpoint", vault),
    ] {
        steps.push(signed(what, checkpoint));
    }
    let (Ok(registry), Ok(vault)) = (registry, vault) else {
        return steps;
    };
    if let Some(told) = &file.told {
        steps.extend(told_steps(&file.keys.receipt, told, &registry));
    }
    steps.extend(telling::steps(&file, &vault));
    steps
}

/// Says what a checkpoint is over.
fn signed(what: &'static str, checkpoint: Result<Checkpoint, NoteError>) -> Step {
    let said = checkpoint.map(|end| format!("a log of {} entries, signed", end.size));
    Step {
        what,
        outcome: said.map_err(Broken::from),
    }
}

fn told_steps(receipt_key: &str, told: &Told, registry: &Checkpoint) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(source) = &told.source {
        let mut step = |what, outcome| steps.push(Step { what, outcome });
        step(
            "agency's key",
            agency_key(source, registry).map(|(_, said)| said),
        );
        step("batch", batch(source, registry).map(|(_, said)| said));
        step("receipt", received(receipt_key, source, registry));
        step("delta", delta(told, source, registry));
    }
    steps.push(Step {
        what: "event",
        outcome: event(told, registry),
    });
    let mut tables = BTreeSet::new();
    steps.extend(told.rules.iter().map(|part| Step {
        what: "rules",
        outcome: if tables.insert(&part.table) {
            rules(part, told, registry)
        } else {
            Err(Broken::Twice)
        },
    }));
    steps.extend(decisions(&told.decisions, registry));
    steps
}

/// Checks decisions, which stand in the order in which they were made, each once.
fn decisions(parts: &[DecisionPart], registry: &Checkpoint) -> Vec<Step> {
    let mut last = None;
    let steps = parts.iter().map(|part| {
        let is_next = last.is_none_or(|last| last < part.number);
        last = Some(part.number);
        Step {
            what: "decision",
            outcome: if is_next {
                decision(part, registry).map(|(_, said)| said)
            } else {
                Err(Broken::Twice)
            },
        }
    });
    steps.collect()
}

fn agency_key(
    source: &SourcePart,
    registry: &Checkpoint,
) -> Result<(VerifyingKey, String), Broken> {
    let part = &source.agent;
    let key = VerifyingKey(bytes(&part.batch_key, "batch_key")?);
    let agency = AgencyId::new(&part.agency).map_err(|_| Broken::Field("agency"))?;
    let facilities: Result<Vec<_>, _> = part
        .facilities
        .iter()
        .map(|code| FacilityCode::new(code))
        .collect();
    let facilities = facilities.map_err(|_| Broken::Field("facilities"))?;
    let agent = id::<AgentId>(&part.agent, "agent")?;
    let leaf = leaf::agent(agent, &agency, &facilities, &key, part.enrolled_at);
    included(&leaf, &part.proof, registry)?;
    let said = format!("{agency} enrolled it on {:.0}", part.enrolled_at);
    Ok((key, said + &later(&part.proof)))
}

fn batch(source: &SourcePart, registry: &Checkpoint) -> Result<(SealedBatch, String), Broken> {
    let sealed = STANDARD
        .decode(&source.batch)
        .map_err(|_| Broken::Field("batch"))?;
    let batch = portable::decode(&sealed)?;
    if portable::encode(&batch)? != sealed || batch.header.agent.to_string() != source.agent.agent {
        return Err(Broken::Field("batch"));
    }
    let (key, _) = agency_key(source, registry)?;
    envelope::open(&batch, &key)?;
    let at = ReceivedAt(source.received_at);
    let leaf = leaf::batch(&batch.header, &batch.signature, at);
    included(&leaf, &source.proof, registry)?;
    let said = format!(
        "signed by the agency's key on {:.0}, durable at the hub on {:.0}",
        batch.header.sealed_at, source.received_at
    );
    Ok((batch, said + &later(&source.proof)))
}

fn received(
    receipt_key: &str,
    source: &SourcePart,
    registry: &Checkpoint,
) -> Result<String, Broken> {
    let sealed = STANDARD
        .decode(&source.receipt)
        .map_err(|_| Broken::Field("receipt"))?;
    let receipt = receipt::decode(&sealed).map_err(|_| Broken::Field("receipt"))?;
    let is_same = receipt::encode(&receipt).is_ok_and(|bytes| bytes == sealed);
    let key = VerifyingKey(bytes(receipt_key, "receipt key")?);
    receipt.verify(&key)?;
    let (batch, _) = batch(source, registry)?;
    let end: Position = batch.header.after();
    let is_its = receipt.agent == batch.header.agent
        && receipt.position == end
        && receipt.received_at == ReceivedAt(source.received_at);
    if !is_same || !is_its {
        return Err(Broken::Receipt);
    }
    Ok(format!("the hub's receipt up to delta {}", end.seq.0))
}

fn delta(told: &Told, source: &SourcePart, registry: &Checkpoint) -> Result<String, Broken> {
    let (batch, _) = batch(source, registry)?;
    let (key, _) = agency_key(source, registry)?;
    let (agent, epoch) = (batch.header.agent, batch.header.span.epoch);
    let record = told.event.says.record.to_be_bytes();
    let derived = EventId::derive(agent, epoch, Seq(source.seq), &record, source.ordinal);
    if derived.to_string() != told.event.event {
        return Err(Broken::Derived);
    }
    let opened = envelope::open(&batch, &key)?;
    let body = opened.into_iter().find(|(seq, _)| seq.0 == source.seq);
    let Some(body) = body.and_then(|(_, body)| body) else {
        return Ok(format!(
            "delta {} was erased by order; its place holds",
            source.seq
        ));
    };
    let delta = delta::decode(&body)?;
    let says = &told.event.says;
    if delta.observed_at.timestamp() != says.observed_at || source.received_at != says.received_at {
        return Err(Broken::Times);
    }
    let what = match &delta.change {
        Change::Upsert { row, .. } => {
            let record = row.record()?;
            format!(
                "{} record {} at {}",
                record.kind().as_str(),
                record.number(),
                record.facility
            )
        }
        Change::NoLongerListed(key) => format!("record {} no longer listed", key.number),
        Change::Withheld(key) => format!("record {} sealed", key.number),
        Change::ObservationGap { .. } => "nothing could be seen for a while".to_owned(),
    };
    Ok(format!("{what}, seen on {:.0}", says.observed_at))
}

fn event(told: &Told, registry: &Checkpoint) -> Result<String, Broken> {
    let part = &told.event;
    let salt: Salt = bytes(&part.salt, "salt")?;
    let id = id::<EventId>(&part.event, "event")?;
    let (leaf, elsewhere) = match &part.elsewhere {
        None => (leaf::event(id, &part.says, salt), String::new()),
        Some(elsewhere) => {
            let commitment = hash(&elsewhere.commitment).ok_or(Broken::Field("elsewhere"))?;
            let leaf = leaf::event_elsewhere(id, &part.says, salt, &commitment);
            (leaf, said_elsewhere(elsewhere, &commitment)?)
        }
    };
    included(&leaf, &part.proof, registry)?;
    let position = EventPosition(part.says.position);
    Ok(format!(
        "{} is event {} of the registry{elsewhere}{}",
        part.says.code,
        position.0,
        later(&part.proof)
    ))
}

/// Opens what an event says of another booking, or says that it is gone.
fn said_elsewhere(part: &ElsewherePart, commitment: &Hash) -> Result<String, Broken> {
    let Some(said) = &part.opening else {
        let gone = "; what it said of another booking was taken out by order, and its place holds";
        return Ok(gone.to_owned());
    };
    if said.says.commitment(&bytes(&said.salt, "salt")?) != *commitment {
        return Err(Broken::Commitment);
    }
    let facility = &said.says.facility;
    Ok(format!("; another booking holds the person at {facility}"))
}

/// Checks that a table was adopted by a signed decision, and before the event was known.
fn rules(part: &RulesPart, told: &Told, registry: &Checkpoint) -> Result<String, Broken> {
    let table = TableName::parse(&part.table).ok_or(Broken::Field("table"))?;
    let (adopted, _) = decision(&part.adopted, registry)?;
    if adopted.kind != table.adoption() || adopted.choice != table.choice(part.number, &part.body) {
        return Err(Broken::Adopted);
    }
    if part.adopted.proof.index >= told.event.proof.index {
        return Err(Broken::Times);
    }
    Ok(format!(
        "version {} of {}, adopted by {} on {:.0}",
        part.number, part.table, adopted.staff, adopted.decided_at
    ))
}

fn decision(part: &DecisionPart, registry: &Checkpoint) -> Result<(Decision, String), Broken> {
    let decision = Decision {
        kind: part.kind.clone().into(),
        subject: part.subject.clone(),
        choice: part.choice.clone(),
        note: part.note.clone(),
        staff: part.staff.clone(),
        decided_at: part.decided_at,
        key: VerifyingKey(bytes(&part.key, "key")?),
        signature: unhex(&part.signature).ok_or(Broken::Field("signature"))?,
    };
    decision.verify()?;
    included(
        &leaf::decision(part.number, &decision),
        &part.proof,
        registry,
    )?;
    let said = format!("{} decided: {} {}", part.staff, part.choice, part.subject);
    Ok((decision, said + &later(&part.proof)))
}

/// Checks that a leaf is in a log.
fn included(leaf: &Leaf, proof: &Proof, end: &Checkpoint) -> Result<(), Broken> {
    let hashes: Vec<Hash> = proof.hashes().ok_or(Broken::Field("hashes"))?;
    let hash = match proof.added_at {
        Some(at) => leaf.clone().added_later(at).hash(),
        None => leaf.hash(),
    };
    let is_in = is_included(hash, proof.index, end.size, &hashes, &end.root);
    if is_in {
        Ok(())
    } else {
        Err(Broken::Inclusion)
    }
}

/// Says what an entry that was added later does not prove; nothing of one that was there from the first.
fn later(proof: &Proof) -> String {
    let said = |at| {
        format!("; its entry was added on {at:.0}, and does not prove that it was so before that")
    };
    proof.added_at.map(said).unwrap_or_default()
}

fn id<T: FromStr>(text: &str, field: &'static str) -> Result<T, Broken> {
    text.parse().map_err(|_| Broken::Field(field))
}

fn bytes<const N: usize>(text: &str, field: &'static str) -> Result<[u8; N], Broken> {
    let bytes = unhex(text).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or(Broken::Field(field))
}

/// The times by which a notice is judged, of a file that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// When the agency's agent saw what was told.
    pub observed_at: Option<Timestamp>,
    /// When it was durable at the hub.
    pub received_at: Option<Timestamp>,
    /// When the first try began.
    pub attempted_at: Option<Timestamp>,
    /// When the channel took it.
    pub accepted_at: Option<Timestamp>,
    /// When she confirmed that she has it.
    pub confirmed_at: Option<Timestamp>,
}

impl Clocks {
    /// Reads them from a file.
    #[must_use]
    pub fn of(file: &EvidenceFile) -> Self {
        let says = file.told.as_ref().map(|told| &told.event.says);
        let outcomes = file
            .attempts
            .iter()
            .filter_map(|attempt| attempt.outcome.as_ref());
        let mut accepted = outcomes.filter(|outcome| outcome.outcome == "accepted");
        let confirmed = file.heard.iter().find(|heard| heard.is_confirmation());
        Self {
            observed_at: says.map(|says| says.observed_at),
            received_at: says.map(|says| says.received_at),
            attempted_at: file.attempts.first().map(|attempt| attempt.attempted_at),
            accepted_at: accepted.next().map(|outcome| outcome.finished_at),
            confirmed_at: confirmed.map(|heard| heard.heard_at),
        }
    }

    /// Reads them from the file of a notice to an office.
    #[must_use]
    pub fn of_office(file: &OfficeFile) -> Self {
        let says = &file.told.event.says;
        let outcomes = file
            .attempts
            .iter()
            .filter_map(|part| part.outcome.as_ref());
        let mut told = outcomes.filter(|outcome| outcome.outcome == "told");
        Self {
            observed_at: Some(says.observed_at),
            received_at: Some(says.received_at),
            attempted_at: file.attempts.first().map(|part| part.attempted_at),
            accepted_at: told.next().map(|outcome| outcome.finished_at),
            confirmed_at: file.confirmed.as_ref().map(|part| part.confirmed_at),
        }
    }
}

/// Why a step does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Broken {
    /// A field is not what it should be.
    #[error("the field {0} is not usable")]
    Field(&'static str),
    /// A signature or a key of a note does not hold.
    #[error("{0}")]
    Note(#[from] NoteError),
    /// The leaf is not in the log of the checkpoint.
    #[error("the log of the checkpoint does not hold it so")]
    Inclusion,
    /// What opens a commitment is not what was committed to.
    #[error("it is not what was committed to")]
    Commitment,
    /// The batch does not hold.
    #[error("{0}")]
    Envelope(#[from] EnvelopeError),
    /// A delta cannot be read.
    #[error("{0}")]
    Delta(#[from] DeltaError),
    /// A record cannot be read.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// A signature does not hold.
    #[error("{0}")]
    Sign(#[from] SignError),
    /// The receipt is for something else.
    #[error("the receipt is not for this batch")]
    Receipt,
    /// The event does not follow from the delta.
    #[error("the event does not follow from this delta")]
    Derived,
    /// The decision adopted something else.
    #[error("no decision adopted this table")]
    Adopted,
    /// The decision is about something else.
    #[error("the decision is about something else")]
    Decided,
    /// What stands once, in its order, does not.
    #[error("it stands there twice, or before what came first")]
    Twice,
    /// What is numbered from 1 has a hole.
    #[error("the one before it is missing")]
    Missing,
    /// The times contradict each other.
    #[error("the times contradict each other")]
    Times,
}
