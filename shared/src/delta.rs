//! A delta: one change of one record, as the agent saw it, and its bytes.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::clock::ObservedAt;
use crate::code::coded_enum;
use crate::codec::{Codec, CodecError};
use crate::hash::Hash;
use crate::ids::{FeedName, IdError, RecordKey, RecordNumber};
use crate::limits::DELTA_BYTES_MAX;
use crate::record::portable::{self, RecordError};
use crate::record::{Record, RecordKind, row_hash};

coded_enum! {
    /// How the agent came to see a change.
    pub enum Origin {
        /// As it happened, within the feed's cadence.
        Live = 1 => "live",
        /// In the first full roster that the agent ever took of this feed.
        Baseline = 2 => "baseline",
        /// After a gap in what the agent could see; it may have happened much earlier.
        FoundLate = 3 => "found-late",
        /// As the difference between two full states; a person decides what is told.
        Rebaseline = 4 => "rebaseline",
        /// After a person released it from the guard.
        ReleasedHold = 5 => "released-hold",
    }
}

coded_enum! {
    /// What a row itself proves. Absence proves nothing and is never an upsert.
    pub enum Evidence {
        /// An explicit transaction, or a release with its time: class E1.
        Transaction = 1 => "transaction",
        /// An explicit status word that the profile lists: class E2.
        Status = 2 => "status",
        /// Nothing but that the person is in the roster.
        Listing = 3 => "listing",
        /// What somebody at the jail said by name, ahead of the booking system.
        Emergency = 4 => "emergency",
        /// That what was said so was not so.
        Withdrawal = 5 => "withdrawal",
    }
}

coded_enum! {
    /// Whether a row is the whole record or only what changed.
    pub enum Coverage {
        /// A field that is empty is empty.
        Full = 1 => "full",
        /// A field that is empty is not spoken of.
        Partial = 2 => "partial",
    }
}

coded_enum! {
    /// Why the agent could not see its source for a while.
    pub enum GapReason {
        /// The agent was not running.
        AgentDown = 1 => "agent-down",
        /// The source did not change or could not be read for much longer than is usual.
        SourceDark = 2 => "source-dark",
        /// What the source held was refused or held back by the guard.
        SourceRefused = 3 => "source-refused",
    }
}

/// One change of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// When the agent saw it.
    pub observed_at: ObservedAt,
    /// In which feed.
    pub feed: FeedName,
    /// How the agent came to see it.
    pub origin: Origin,
    /// What changed.
    pub change: Change,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The record is new or different.
    Upsert {
        /// The record's bytes and their hash.
        row: Row,
        /// Whether they are the whole record.
        coverage: Coverage,
        /// What they prove.
        evidence: Evidence,
    },
    /// The record is missing from a complete roster. Not a release.
    NoLongerListed(RecordKey),
    /// The record was sealed or protected and must be shown to nobody. Not a release.
    Withheld(RecordKey),
    /// For a while nothing could be seen.
    ObservationGap {
        /// Since when.
        from: ObservedAt,
        /// Until when.
        to: ObservedAt,
        /// Why.
        reason: GapReason,
    },
}

/// A record's portable bytes and their hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    bytes: Box<[u8]>,
    hash: Hash,
}

impl Row {
    /// Writes a record as a row.
    ///
    /// # Errors
    /// Returns [`DeltaError::TooLarge`] for a record beyond [`DELTA_BYTES_MAX`].
    pub fn of(record: &Record) -> Result<Self, DeltaError> {
        let bytes = portable::encode(record)?;
        if bytes.len() > DELTA_BYTES_MAX as usize {
            Err(DeltaError::TooLarge)
        } else {
            // What was written into has room to spare, and a hundred thousand rows are kept.
            Ok(Self::from_bytes(bytes.as_slice().to_vec()))
        }
    }

    /// Takes the bytes of a row that was written earlier.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        let hash = row_hash(&bytes);
        let bytes = bytes.into_boxed_slice();
        Self { bytes, hash }
    }

    /// Returns the portable bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the hash that the digest and the diff compare.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Reads the record.
    ///
    /// # Errors
    /// Returns [`RecordError`] when the bytes are no record within its bounds.
    pub fn record(&self) -> Result<Record, RecordError> {
        portable::decode(&self.bytes)
    }
}

/// A delta of any version that was ever released.
#[derive(Debug, Serialize, Deserialize)]
enum PortableDelta {
    V1(DeltaV1),
}

#[derive(Debug, Serialize, Deserialize)]
struct DeltaV1 {
    observed_us: i64,
    feed: String,
    origin: u8,
    change: ChangeV1,
}

#[derive(Debug, Serialize, Deserialize)]
enum ChangeV1 {
    Upsert {
        #[serde(with = "serde_bytes")]
        row: Vec<u8>,
        coverage: u8,
        evidence: u8,
    },
    NoLongerListed {
        kind: u8,
        number: String,
    },
    Withheld {
        kind: u8,
        number: String,
    },
    ObservationGap {
        from_us: i64,
        to_us: i64,
        reason: u8,
    },
}

/// Writes a delta as the bytes that the chain commits to.
///
/// # Errors
/// Returns [`DeltaError::Codec`] when the codec refuses it.
pub fn encode(delta: &Delta) -> Result<Vec<u8>, DeltaError> {
    let change = match &delta.change {
        Change::Upsert {
            row,
            coverage,
            evidence,
        } => ChangeV1::Upsert {
            row: row.bytes.to_vec(),
            coverage: coverage.code(),
            evidence: evidence.code(),
        },
        Change::NoLongerListed(key) => ChangeV1::NoLongerListed {
            kind: key.kind.code(),
            number: key.number.to_string(),
        },
        Change::Withheld(key) => ChangeV1::Withheld {
            kind: key.kind.code(),
            number: key.number.to_string(),
        },
        Change::ObservationGap { from, to, reason } => ChangeV1::ObservationGap {
            from_us: from.micros(),
            to_us: to.micros(),
            reason: reason.code(),
        },
    };
    let portable = PortableDelta::V1(DeltaV1 {
        observed_us: delta.observed_at.micros(),
        feed: delta.feed.to_string(),
        origin: delta.origin.code(),
        change,
    });
    Ok(Codec::Bincode2.encode(&portable)?)
}

/// Reads a delta from its bytes. The row inside is not yet read: see [`Row::record`].
///
/// # Errors
/// Returns [`DeltaError`] for bytes that are no delta, an unknown code or a bound exceeded.
pub fn decode(bytes: &[u8]) -> Result<Delta, DeltaError> {
    let PortableDelta::V1(delta) = Codec::Bincode2.decode(bytes)?;
    let change = match delta.change {
        ChangeV1::Upsert {
            row,
            coverage,
            evidence,
        } => Change::Upsert {
            row: Row::from_bytes(row),
            coverage: known(Coverage::from_code(coverage), "coverage")?,
            evidence: known(Evidence::from_code(evidence), "evidence")?,
        },
        ChangeV1::NoLongerListed { kind, number } => Change::NoLongerListed(key(kind, &number)?),
        ChangeV1::Withheld { kind, number } => Change::Withheld(key(kind, &number)?),
        ChangeV1::ObservationGap {
            from_us,
            to_us,
            reason,
        } => Change::ObservationGap {
            from: observed(from_us)?,
            to: observed(to_us)?,
            reason: known(GapReason::from_code(reason), "reason")?,
        },
    };
    Ok(Delta {
        observed_at: observed(delta.observed_us)?,
        feed: FeedName::new(&delta.feed)?,
        origin: known(Origin::from_code(delta.origin), "origin")?,
        change,
    })
}

/// Why a delta was refused. Values stay out of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DeltaError {
    /// The bytes are no delta.
    #[error("the delta's bytes do not decode")]
    Codec(#[from] CodecError),
    /// A field holds a code that this build does not know.
    #[error("field {0} holds an unknown code")]
    UnknownCode(&'static str),
    /// A field holds a time that does not exist.
    #[error("a time does not exist")]
    Time,
    /// A field holds an identifier that is none.
    #[error("an identifier is not usable: {0}")]
    Id(#[from] IdError),
    /// The record is larger than [`DELTA_BYTES_MAX`].
    #[error("the record is larger than {DELTA_BYTES_MAX} bytes")]
    TooLarge,
}

fn known<T>(value: Option<T>, field: &'static str) -> Result<T, DeltaError> {
    value.ok_or(DeltaError::UnknownCode(field))
}

fn observed(micros: i64) -> Result<ObservedAt, DeltaError> {
    ObservedAt::from_micros(micros).ok_or(DeltaError::Time)
}

fn key(kind: u8, number: &str) -> Result<RecordKey, DeltaError> {
    Ok(RecordKey {
        kind: known(RecordKind::from_code(kind), "kind")?,
        number: RecordNumber::new(number)?,
    })
}
