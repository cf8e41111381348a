//! A decision as a journal keeps it: with what its signer was allowed then, so that it can be checked and carried out
//! on a database that never heard of either.

use std::borrow::Cow;

use jiff::Timestamp;
use savin_shared::sign::VerifyingKey;
use serde::{Deserialize, Serialize};

use crate::store::StoreError;
use crate::work::decision::Decision;
use crate::work::role::Role;

/// A decision with what its signer was allowed then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The decision.
    pub decision: Decision,
    /// The role of whoever signed.
    pub role: Role,
}

/// The same as it is written: fields are only ever appended, under a new form of the file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WireSigned {
    kind: String,
    subject: String,
    choice: String,
    note: String,
    staff: String,
    decided_at: i64,
    key: [u8; 32],
    signature: Vec<u8>,
    role: String,
}

impl From<&Signed> for WireSigned {
    fn from(signed: &Signed) -> Self {
        let decision = &signed.decision;
        Self {
            kind: decision.kind.clone().into_owned(),
            subject: decision.subject.clone(),
            choice: decision.choice.clone(),
            note: decision.note.clone(),
            staff: decision.staff.clone(),
            decided_at: decision.decided_at.as_microsecond(),
            key: decision.key.0,
            signature: decision.signature.clone(),
            role: signed.role.as_str().to_owned(),
        }
    }
}

impl TryFrom<WireSigned> for Signed {
    type Error = StoreError;

    fn try_from(signed: WireSigned) -> Result<Self, StoreError> {
        let decided_at = Timestamp::from_microsecond(signed.decided_at);
        Ok(Self {
            role: Role::parse(&signed.role).ok_or_else(damaged)?,
            decision: Decision {
                kind: Cow::Owned(signed.kind),
                subject: signed.subject,
                choice: signed.choice,
                note: signed.note,
                staff: signed.staff,
                decided_at: decided_at.map_err(|_| damaged())?,
                key: VerifyingKey(signed.key),
                signature: signed.signature,
            },
        })
    }
}

/// What is said of bytes that are no entry.
pub(crate) const fn damaged() -> StoreError {
    StoreError::Damaged("an entry of a journal")
}
