//! The portable form of a record: what is hashed, signed, sent and stored.
//!
//! A released version never changes; another shape is another variant at the end of
//! [`PortableRecord`]. Reading checks every bound, since the writer may be anybody.

pub mod v1;
pub mod v2;
pub mod v3;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Record;
use crate::codec::{Codec, CodecError};
use crate::ids::IdError;

/// A record of any version that was ever released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PortableRecord {
    /// Version 1.
    V1(v1::RecordV1),
    /// Version 2: a booking with the dispositions of its charges. Every other record stays version 1.
    V2(v2::RecordV2),
    /// Version 3: an entry of the sex offender registry with the day of a move that was told beforehand.
    V3(v3::RecordV3),
}

impl From<&Record> for PortableRecord {
    fn from(record: &Record) -> Self {
        let first = v1::RecordV1::from(record);
        match (v2::dispositions(record), v3::moves_at(record)) {
            (Some(dispositions), _) => Self::V2(v2::RecordV2::new(first, dispositions)),
            (None, Some(moves_at)) => Self::V3(v3::RecordV3::new(first, moves_at)),
            (None, None) => Self::V1(first),
        }
    }
}

impl TryFrom<PortableRecord> for Record {
    type Error = RecordError;

    fn try_from(portable: PortableRecord) -> Result<Self, RecordError> {
        match portable {
            PortableRecord::V1(record) => record.try_into(),
            PortableRecord::V2(record) => record.try_into(),
            PortableRecord::V3(record) => record.try_into(),
        }
    }
}

/// Writes a record as the bytes that are hashed and sent.
///
/// # Errors
/// Returns [`CodecError::Encode`] when the codec refuses it.
pub fn encode(record: &Record) -> Result<Vec<u8>, CodecError> {
    Codec::Bincode2.encode(&PortableRecord::from(record))
}

/// Reads a record from its bytes.
///
/// # Errors
/// Returns [`RecordError`] for bytes that are no record, an unknown code or a bound exceeded.
pub fn decode(bytes: &[u8]) -> Result<Record, RecordError> {
    Codec::Bincode2.decode::<PortableRecord>(bytes)?.try_into()
}

/// Why a portable record was refused. Values stay out of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The bytes are no record.
    #[error("the record's bytes do not decode")]
    Codec(#[from] CodecError),
    /// A field holds a code that this build does not know.
    #[error("field {0} holds an unknown code")]
    UnknownCode(&'static str),
    /// A field is longer than its bound.
    #[error("field {0} exceeds its bound")]
    TooLong(&'static str),
    /// A list does not have an entry for each of another one's, or has none that is filled.
    #[error("field {0} does not fit what it belongs to")]
    Unfitting(&'static str),
    /// A field holds a time or date that does not exist.
    #[error("field {0} holds a time that does not exist")]
    Time(&'static str),
    /// A field holds an identifier that is none.
    #[error("field {field} holds no identifier: {cause}")]
    Id {
        /// The field.
        field: &'static str,
        /// Why.
        cause: IdError,
    },
}
