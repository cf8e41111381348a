//! Intake: the transaction in which signed batches become registry, events and a durable position.
//!
//! Everything is read at once, folded in memory by the registry's rules, and written at once, so
//! that a group of batches from many agents costs one commit.

pub mod backfill;
pub mod batches;
mod checks;
mod course;
pub mod deciding;
pub mod erasing;
pub mod expunged;
pub mod full_state;
mod learnt;
mod linking;
mod movement;
mod people;
mod recorded;
pub mod relinking;
pub mod repair;
pub mod replay;
pub mod ruling;
mod sealed;
mod settle;
mod succession;
mod workspace;

pub use linking::whom;

use jiff::Timestamp;
use savin_shared::delta::{self, Change, Delta, DeltaError};
use savin_shared::envelope::{self, EnvelopeError, SealedBatch, portable};
use savin_shared::frame::live::NackReason;
use savin_shared::ids::{AgencyId, AgentId, FacilityCode, Seq};
use savin_shared::record::Record;
use savin_shared::record::portable::RecordError;
use savin_shared::sign::VerifyingKey;
use thiserror::Error;

use crate::store::registry::expunged::OrderKey;
use crate::store::registry::shadow::Shadow;

/// An agent as its connection proved it to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Its name.
    pub agent: AgentId,
    /// The agency that it speaks for.
    pub agency: AgencyId,
    /// The facilities that it may speak for.
    pub facilities: Vec<FacilityCode>,
    /// The key that signs its batches.
    pub batch_key: VerifyingKey,
}

/// A batch whose signature, chain and content have been checked.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Whose.
    pub speaker: Speaker,
    /// The batch.
    pub batch: SealedBatch,
    /// Its bytes, as the log keeps them.
    pub sealed: Vec<u8>,
    /// Its deltas.
    pub deltas: Vec<OpenedDelta>,
    /// What is kept of those that were erased, where it is taken again.
    pub shadows: Vec<Shadow>,
}

/// A delta whose content has been checked.
#[derive(Debug, Clone)]
pub struct OpenedDelta {
    /// Its number.
    pub seq: Seq,
    /// What it says, with the record in it if there is one; `None` for one that was erased.
    pub content: Option<(Delta, Option<Record>)>,
}

/// The clock and the randomness of one intake.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The hub's wall clock.
    pub now: Timestamp,
    /// Draws 128 bits for a salt.
    pub random: fn() -> [u8; 16],
    /// By what expunged records are known again.
    pub orders: OrderKey,
}

/// Checks a batch whole: that its speaker signed it, that it is its own chain's, that every record
/// in it is within its bounds, and that it speaks only for its speaker's facilities.
///
/// # Errors
/// Returns [`Refusal`]; the batch then changes nothing.
pub fn open(speaker: &Speaker, batch: SealedBatch) -> Result<Opened, Refusal> {
    if batch.header.agent != speaker.agent {
        return Err(Refusal::OtherAgent);
    }
    let mut deltas = Vec::new();
    for (seq, body) in envelope::open(&batch, &speaker.batch_key)? {
        let content = body.map(|body| content(speaker, &body)).transpose()?;
        deltas.push(OpenedDelta { seq, content });
    }
    let sealed = portable::encode(&batch)?;
    Ok(Opened {
        speaker: speaker.clone(),
        batch,
        sealed,
        deltas,
        shadows: Vec::new(),
    })
}

fn content(speaker: &Speaker, body: &[u8]) -> Result<(Delta, Option<Record>), Refusal> {
    let delta = delta::decode(body)?;
    let record = match &delta.change {
        Change::Upsert { row, .. } => Some(row.record()?),
        Change::NoLongerListed(_) | Change::Withheld(_) | Change::ObservationGap { .. } => None,
    };
    match record {
        Some(record) if !speaker.facilities.contains(&record.facility) => {
            Err(Refusal::OtherFacility(record.facility))
        }
        record => Ok((delta, record)),
    }
}

/// Why a batch was refused before anything was looked up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The batch is signed in the name of another agent.
    #[error("the batch is another agent's")]
    OtherAgent,
    /// A record is of a facility for which the agent may not speak.
    #[error("the batch speaks for {0}, which is not this agent's facility")]
    OtherFacility(FacilityCode),
    /// The signature, the chain or a bound does not hold.
    #[error("the batch does not hold: {0}")]
    Envelope(#[from] EnvelopeError),
    /// A full state ends before what is durable of its own chain, or on another history.
    #[error("the full state is older than what is durable, or of another history")]
    Behind,
    /// A delta is none.
    #[error("a delta is not readable: {0}")]
    Delta(#[from] DeltaError),
    /// A record is none.
    #[error("a record is not readable: {0}")]
    Record(#[from] RecordError),
}

impl Refusal {
    /// Returns the reason as the agent is told.
    #[must_use]
    pub const fn reason(&self) -> NackReason {
        match self {
            Self::OtherAgent | Self::OtherFacility(_) => NackReason::Scope,
            Self::Behind => NackReason::Fork,
            Self::Envelope(_) => NackReason::BadSignature,
            Self::Delta(_) | Self::Record(_) => NackReason::Schema,
        }
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
