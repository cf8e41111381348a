//! What a replay found: how far it came, in what two registries differ, or why one cannot be made anew.

use std::collections::BTreeMap;

use savin_shared::envelope::EnvelopeError;
use savin_shared::frame::FrameError;
use savin_shared::ids::AgentId;
use thiserror::Error;

use crate::intake::Refusal;
use crate::store::StoreError;

/// How far a replay has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps that were taken again.
    pub steps: u64,
    /// Of how many.
    pub of: u64,
    /// Deltas and rows in them.
    pub deltas: u64,
}

/// Whether whom records are about is decided once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judging {
    /// Where the rules and the table of weights are those that decided it.
    Again,
    /// It is taken as it was decided: quicker.
    No,
}

/// What is to be said of what was taken again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Deltas and rows that were erased by order and could not be looked at.
    pub erased: u64,
    /// Records of which it was decided once more whom they are about, with the same outcome.
    pub judged: u64,
    /// Records that went where they had gone, without a decision.
    pub taken: u64,
    /// Steps that other rules took than this program has, by the number of these; 0 where they had none.
    pub other_rules: BTreeMap<u32, u64>,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In which table.
    pub table: &'static str,
    /// Under which key.
    pub key: String,
    /// How.
    pub how: How,
}

/// How a row differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The log has it, and the registry does not.
    Missing,
    /// The registry has it, and the log does not.
    Unfounded,
    /// These columns differ.
    Columns(Vec<&'static str>),
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// What was taken again.
    pub progress: Progress,
    /// What is to be said of it.
    pub counted: Counted,
    /// Rows of the registry, by table.
    pub rows: Vec<(&'static str, u64)>,
    /// The first rows that differ.
    pub differences: Vec<Difference>,
}

/// Why a registry cannot be made anew.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// It holds what was known before there were steps.
    #[error(
        "the steps of this registry begin after its event {0}: it was begun by an older program, and \
         what was known before cannot be made anew"
    )]
    Begun(i64),
    /// Something of it was expunged of which nothing is left to go by.
    #[error(
        "{0} orders expunged something of it that an older program took in, or an older program carried them out: \
         what is left of its log does not make it anew"
    )]
    Expunged(u64),
    /// A step does not hold.
    #[error("step {step} does not hold: {cause}")]
    Step {
        /// Which.
        step: i64,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// A database failed.
    #[error("a database failed")]
    Store(#[from] StoreError),
    /// A thread ended too soon.
    #[error("the replay was ended")]
    Ended,
}

/// Why a step does not hold.
#[derive(Debug, Error)]
pub enum Cause {
    /// Its signature, its chain or its content does not.
    #[error("{0}")]
    Refusal(#[from] Refusal),
    /// A part of a state cannot be read.
    #[error("a part of a state cannot be read")]
    Frame(#[from] FrameError),
    /// It was decided otherwise than it says, or cannot be carried out.
    #[error("{0}")]
    Decided(String),
    /// Its agent is not enrolled.
    #[error("agent {0} is not known")]
    Agent(AgentId),
    /// It was taken, and is refused now.
    #[error("what was taken then is refused now")]
    Otherwise,
    /// What its expunction left is gone.
    #[error("what its expunction left is missing")]
    Expunction,
    /// Its event is gone.
    #[error("its event is missing")]
    Event,
    /// An event is not what was logged of it.
    #[error("event {0} is not what its entry in the evidence says")]
    Evidence(i64),
}

impl From<EnvelopeError> for Cause {
    fn from(cause: EnvelopeError) -> Self {
        Self::Refusal(cause.into())
    }
}
