//! `Ack` and `Nack`: what became of batches.

use serde::{Deserialize, Serialize};

use crate::code::coded_enum;
use crate::ids::Seq;
use crate::receipt::{PortableReceipt, Receipt, ReceiptError};

/// Everything up to the receipt's position is durable on the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The hub's counter-signature.
    pub receipt: Receipt,
    /// Batches that the agent may have in flight from now on.
    pub credit: u32,
}

/// Version 1 of an acknowledgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AckV1 {
    receipt: PortableReceipt,
    credit: u32,
}

impl From<&Ack> for AckV1 {
    fn from(ack: &Ack) -> Self {
        Self {
            receipt: PortableReceipt::from(&ack.receipt),
            credit: ack.credit,
        }
    }
}

impl TryFrom<AckV1> for Ack {
    type Error = ReceiptError;

    fn try_from(ack: AckV1) -> Result<Self, ReceiptError> {
        Ok(Self {
            receipt: ack.receipt.try_into()?,
            credit: ack.credit,
        })
    }
}

coded_enum! {
    /// Why the hub refused a batch.
    pub enum NackReason {
        /// Something before it is missing.
        Gap = 1 => "gap",
        /// It contradicts what is durable; the agent is quarantined.
        Fork = 2 => "fork",
        /// Its signature or chain does not hold; the agent is quarantined.
        BadSignature = 3 => "bad-signature",
        /// It holds what this hub cannot read.
        Schema = 4 => "schema",
        /// The agent sends more than it may.
        Quota = 5 => "quota",
        /// It speaks for a facility that is not the agent's; the agent is quarantined.
        Scope = 6 => "scope",
        /// It does not follow what the hub holds in any way: the full state is wanted.
        Rebaseline = 7 => "rebaseline",
    }
}

/// A batch was refused and changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nack {
    /// The code of a [`NackReason`].
    pub reason: u8,
    /// The first delta that the hub wants next.
    pub expected: Seq,
    /// A plain sentence for the agent's log, without personal data.
    pub detail: String,
}

impl Nack {
    /// Says what is wrong with a batch.
    #[must_use]
    pub fn new(reason: NackReason, expected: Seq, detail: &str) -> Self {
        Self {
            reason: reason.code(),
            expected,
            detail: detail.to_owned(),
        }
    }
}
