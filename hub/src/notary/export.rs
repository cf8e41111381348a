//! Gathering the evidence of one notice from both databases into one file.

mod office;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use savin_shared::clock::ReceivedAt;
use savin_shared::envelope::{self, portable};
use savin_shared::hash::hex;
use savin_shared::ids::Seq;
use savin_shared::receipt::{self, Receipt};
use savin_shared::sign::SigningKey;
use thiserror::Error;

use super::signing::Notary;
use super::{Log, NotaryError};
use crate::evidence::file::{
    AgentPart, DecisionPart, ElsewherePart, ElsewhereSaid, EventPart, EvidenceFile, FORMAT,
    NoticePart, OtherKeys, Proof, RulesPart, SourcePart, Told,
};
use crate::evidence::leaf;
use crate::ids::{EventId, EventPosition, NoticeId};
use crate::notification::rules::DEADLINE;
use crate::store::conn::Tx;
use crate::store::registry::decision::DecisionId;
use crate::store::registry::elsewhere::{self, Elsewhere, Kept};
use crate::store::registry::event::Event;
use crate::store::registry::{agent, decision, event, instruction, log, record, rules};
use crate::store::{StoreError, evidence};
use crate::vault::VaultError;
use crate::vault::evidence::{EvidenceAnswer, EvidenceCommand};
use crate::work::versions::TableName;

/// Signs what both logs are now, and gathers the evidence of a notice as of then: of one to a registrant, or
/// of one to an office (Miss. Code 47-5-177).
///
/// # Errors
/// Returns [`ExportError`] when there is no such notice, or it was planned before there was evidence.
pub fn export(
    notary: &Notary<'_>,
    notice: NoticeId,
    receipt_key: &SigningKey,
    now: Timestamp,
) -> Result<String, ExportError> {
    notary.begin()?;
    if let Some(notice) = office::find(notary, notice)? {
        return office::export(notary, notice, receipt_key, now);
    }
    let vault = notary.sign(Log::Vault, now)?;
    let registry = notary.sign(Log::Registry, now)?;
    let size = vault.checkpoint.size;
    let asked = EvidenceCommand::Export { notice, size };
    let EvidenceAnswer::Notice(found) = notary.ask(asked)? else {
        return Err(NotaryError::from(VaultError::Closed).into());
    };
    let told = match found.event {
        None => None,
        Some(event) => {
            let (size, seed) = (registry.checkpoint.size, receipt_key);
            let tables = tables(&found.notice);
            let gathered = notary
                .registry
                .read_now("evidence", move |tx| gather(tx, event, tables, size))
                .map_err(NotaryError::from)?;
            Some(gathered.told(seed)?)
        }
    };
    let file = EvidenceFile {
        format: FORMAT.to_owned(),
        made_at: now,
        keys: OtherKeys {
            vault: notary.keys.public(Log::Vault).to_string(),
            receipt: hex(&receipt_key.verifying_key().0),
        },
        registry_checkpoint: registry.note,
        vault_checkpoint: vault.note,
        notice: found.notice,
        attempts: found.attempts,
        heard: found.heard,
        told,
    };
    let sealed = file.seal(notary.keys.of(Log::Registry));
    Ok(sealed.map_err(NotaryError::from)?)
}

/// Returns which tables decided a notice: what is told, and for a deadline's own sake by when.
fn tables(notice: &NoticePart) -> &'static [TableName] {
    let cause = notice.opening.as_ref().map(|opening| &opening.rules);
    if cause.is_some_and(|cause| cause.starts_with(DEADLINE)) {
        &TableName::ALL
    } else {
        &[TableName::Notification]
    }
}

/// What the registry holds about an event, before the receipt is signed.
struct Gathered {
    event: EventPart,
    source: Option<Source>,
    rules: Vec<RulesPart>,
    decisions: Vec<DecisionPart>,
}

/// The batch of an event.
struct Source {
    agent: AgentPart,
    sealed: Vec<u8>,
    received_at: ReceivedAt,
    proof: Proof,
    seq: Seq,
    ordinal: u8,
}

fn gather(
    tx: &mut Tx<'_>,
    (id, position): (EventId, EventPosition),
    tables: &[TableName],
    size: u64,
) -> Result<Gathered, StoreError> {
    let found = event::after(tx, EventPosition(position.0 - 1), 1)?;
    let found = found
        .into_iter()
        .find(|(at, found)| *at == position && found.event == id);
    let Some((_, event)) = found else {
        return Err(refused(
            "the registry does not hold the event: was an older backup put back?",
        ));
    };
    let (salt, proof) = proved(tx, &leaf::event_subject(position), size)?;
    let Some(salt) = salt else {
        return Err(refused(
            "the event was expunged by order: nothing is left that proves it",
        ));
    };
    let apart = elsewhere::of(tx, position)?;
    let own = apart.as_ref().map(|apart| apart.own(&event));
    let part = EventPart {
        event: id.to_string(),
        salt: hex(&salt),
        says: own.as_ref().unwrap_or(&event).opening(position)?,
        elsewhere: apart.map(|apart| opened(tx, &apart)).transpose()?,
        proof,
    };
    let mut rules = Vec::new();
    for table in tables {
        let Some(version) = rules::deciding(tx, *table, position)? else {
            continue;
        };
        rules.extend(
            decided(tx, version.decision, size)?.map(|adopted| RulesPart {
                table: table.as_str().to_owned(),
                number: version.number,
                body: version.body,
                adopted,
            }),
        );
    }
    let mut decisions = Vec::new();
    for number in instruction::decisions(tx, position)? {
        decisions.extend(decided(tx, number, size)?);
    }
    Ok(Gathered {
        event: part,
        source: source(tx, &event, size)?,
        rules,
        decisions,
    })
}

/// Opens what an event says of another booking, as long as that is there and no court has it kept from the public.
fn opened(tx: &mut Tx<'_>, apart: &Kept) -> Result<ElsewherePart, StoreError> {
    let is_public = elsewhere::is_public(tx, apart)?;
    let said = match &apart.elsewhere {
        Elsewhere::Said(said) => Some(said).filter(|_| is_public),
        Elsewhere::TakenOut => None,
    };
    let opening = said.zip(apart.salt).map(|(said, salt)| ElsewhereSaid {
        salt: hex(&salt),
        says: said.opening(),
    });
    Ok(ElsewherePart {
        commitment: apart.commitment.to_string(),
        opening,
    })
}

/// Proves a decision; nothing is left to prove one whose words a court had destroyed.
fn decided(
    tx: &mut Tx<'_>,
    number: DecisionId,
    size: u64,
) -> Result<Option<DecisionPart>, StoreError> {
    if decision::is_expunged(tx, number)? {
        return Ok(None);
    }
    let decision = decision::load(tx, number)?;
    let (_, proof) = proved(tx, &leaf::decision_subject(number.0), size)?;
    Ok(Some(DecisionPart {
        number: number.0,
        kind: decision.kind.into_owned(),
        subject: decision.subject,
        choice: decision.choice,
        note: decision.note,
        staff: decision.staff,
        decided_at: decision.decided_at,
        key: hex(&decision.key.0),
        signature: hex(&decision.signature),
        proof,
    }))
}

/// Finds the delta from which an event follows; nothing for one that follows from a full state.
fn source(tx: &mut Tx<'_>, event: &Event, size: u64) -> Result<Option<Source>, StoreError> {
    let Some((speaker, epoch, seq)) = record::source(tx, event.record, event.version)? else {
        return Ok(None);
    };
    let key = event.record.0.to_be_bytes();
    let mut ordinals = 0..=u8::MAX;
    let ordinal = ordinals
        .find(|ordinal| EventId::derive(speaker, epoch, seq, &key, *ordinal) == event.event);
    let batch = log::holding(tx, speaker, epoch, seq)?;
    let (Some(ordinal), Some((sealed, received_at))) = (ordinal, batch) else {
        return Ok(None);
    };
    let batch = portable::decode(&sealed).map_err(|_| StoreError::Damaged("a logged batch"))?;
    let kept = envelope::keep_only(&batch, seq).and_then(|kept| portable::encode(&kept));
    let subject = leaf::batch_subject(speaker, epoch, batch.header.span.first);
    let (_, proof) = proved(tx, &subject, size)?;
    let row = agent::load(tx, speaker)?.ok_or(StoreError::Damaged("the agent of a batch"))?;
    let (_, agent_proof) = proved(tx, &leaf::agent_subject(speaker), size)?;
    let facilities = row.facilities.iter().map(ToString::to_string).collect();
    Ok(Some(Source {
        agent: AgentPart {
            agent: speaker.to_string(),
            agency: row.agency.to_string(),
            facilities,
            batch_key: hex(&row.batch_key.0),
            enrolled_at: row.enrolled_at,
            proof: agent_proof,
        },
        sealed: kept.map_err(|_| StoreError::Damaged("a logged batch"))?,
        received_at,
        proof,
        seq,
        ordinal,
    }))
}

/// Finds a leaf, its salt and what proves it.
fn proved(
    tx: &mut Tx<'_>,
    subject: &str,
    size: u64,
) -> Result<(Option<leaf::Salt>, Proof), StoreError> {
    let Some(leaf) = evidence::find(tx, subject)? else {
        return Err(refused("it was stored before this hub kept evidence"));
    };
    let hashes = evidence::inclusion(tx, leaf.index, size)?;
    let proof = Proof::new(leaf.index, &hashes).of_leaf(&leaf.content);
    Ok((leaf.salt, proof))
}

fn refused(why: &str) -> StoreError {
    StoreError::Refused(why.to_owned())
}

impl Gathered {
    /// Signs the receipt, which is the same that the agent was given.
    fn told(self, key: &SigningKey) -> Result<Told, ExportError> {
        let source = self.source.map(|source| source.part(key)).transpose()?;
        Ok(Told {
            event: self.event,
            source,
            rules: self.rules,
            decisions: self.decisions,
        })
    }
}

impl Source {
    fn part(self, key: &SigningKey) -> Result<SourcePart, ExportError> {
        let batch = portable::decode(&self.sealed).map_err(|_| ExportError::Receipt)?;
        let header = &batch.header;
        let receipt = Receipt::sign(header.agent, header.after(), self.received_at, key);
        let receipt = receipt::encode(&receipt).map_err(|_| ExportError::Receipt)?;
        Ok(SourcePart {
            agent: self.agent,
            batch: STANDARD.encode(self.sealed),
            received_at: self.received_at.timestamp(),
            proof: self.proof,
            receipt: STANDARD.encode(receipt),
            seq: self.seq.0,
            ordinal: self.ordinal,
        })
    }
}

/// Why there is no file.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The notary cannot do its work.
    #[error(transparent)]
    Notary(#[from] NotaryError),
    /// The receipt cannot be written.
    #[error("the receipt cannot be written")]
    Receipt,
}

#[cfg(test)]
pub(super) mod tests;
