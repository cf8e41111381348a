//! Frames: `length u32 | type u8 | version u8 | flags u16 | body`, big endian, limits before bodies.
//!
//! The low byte of the flags is the codec that wrote the body. A released body never changes; a new
//! field is a new version of its type.

pub mod command;
pub mod enrolment;
pub mod greeting;
pub mod heartbeat;
pub mod line;
pub mod live;
pub mod reader;
pub mod reconcile;
pub mod renewal;
pub mod snapshot;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::code::coded_enum;
use crate::codec::{Codec, CodecError};
use crate::envelope::portable::PortableBatch;
use crate::envelope::{EnvelopeError, SealedBatch};
use crate::limits::FRAME_BYTES_MAX;
use crate::receipt::ReceiptError;
use command::{Command, CommandResult};
use enrolment::{EnrolAnswer, EnrolRequest};
use greeting::{Hello, Welcome};
use heartbeat::Heartbeat;
use line::LineWord;
use live::{Ack, AckV1, Nack};
use reconcile::Reconcile;
use renewal::{RenewAnswer, RenewRequest};
use snapshot::{SnapshotBegin, SnapshotChunk, SnapshotEnd};

/// The protocol name of the custody stream in the TLS handshake (RFC 7301).
pub const ALPN_STREAM: &[u8] = b"savin/1";

/// The protocol name of enrolment in the TLS handshake (RFC 7301).
pub const ALPN_ENROLMENT: &[u8] = b"savin-enrol/1";

/// The name in the hub's certificate: an agent trusts the hub's authority, not an address.
pub const SERVER_NAME: &str = "savin-hub";

/// Bytes of a frame before its body.
pub const HEADER_BYTES: usize = 8;

coded_enum! {
    /// What a frame is.
    pub enum FrameType {
        /// Agent: who I am and where my journal stands.
        Hello = 1 => "Hello",
        /// Hub: where I stand and what to do.
        Welcome = 2 => "Welcome",
        /// Agent: a signed batch.
        Batch = 3 => "Batch",
        /// Hub: durable up to here.
        Ack = 4 => "Ack",
        /// Hub: refused.
        Nack = 5 => "Nack",
        /// Agent: a full state follows.
        SnapshotBegin = 6 => "SnapshotBegin",
        /// Agent: a part of it.
        SnapshotChunk = 7 => "SnapshotChunk",
        /// Agent: that was all.
        SnapshotEnd = 8 => "SnapshotEnd",
        /// Both: compare states by their digests.
        Reconcile = 9 => "Reconcile",
        /// Agent: alive, and how things are.
        Heartbeat = 10 => "Heartbeat",
        /// Hub: do this.
        Command = 11 => "Command",
        /// Agent: done, or why not.
        Result = 12 => "Result",
        /// Agent: enrol me with this token.
        EnrolRequest = 13 => "EnrolRequest",
        /// Hub: enrolled, or why not.
        EnrolAnswer = 14 => "EnrolAnswer",
        /// Agent: sign this for my next certificate.
        RenewRequest = 15 => "RenewRequest",
        /// Hub: signed, or why not.
        RenewAnswer = 16 => "RenewAnswer",
        /// Both, on TLS over TCP only: alive, or the end and why.
        Line = 17 => "Line",
    }
}

/// A frame of any type, in its newest version.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// See [`FrameType::Hello`].
    Hello(Hello),
    /// See [`FrameType::Welcome`].
    Welcome(Welcome),
    /// See [`FrameType::Batch`].
    Batch(Box<SealedBatch>),
    /// See [`FrameType::Ack`].
    Ack(Box<Ack>),
    /// See [`FrameType::Nack`].
    Nack(Nack),
    /// See [`FrameType::SnapshotBegin`].
    SnapshotBegin(SnapshotBegin),
    /// See [`FrameType::SnapshotChunk`].
    SnapshotChunk(SnapshotChunk),
    /// See [`FrameType::SnapshotEnd`].
    SnapshotEnd(SnapshotEnd),
    /// See [`FrameType::Reconcile`].
    Reconcile(Reconcile),
    /// See [`FrameType::Heartbeat`].
    Heartbeat(Heartbeat),
    /// See [`FrameType::Command`].
    Command(Command),
    /// See [`FrameType::Result`].
    Result(CommandResult),
    /// See [`FrameType::EnrolRequest`].
    EnrolRequest(EnrolRequest),
    /// See [`FrameType::EnrolAnswer`].
    EnrolAnswer(EnrolAnswer),
    /// See [`FrameType::RenewRequest`].
    RenewRequest(RenewRequest),
    /// See [`FrameType::RenewAnswer`].
    RenewAnswer(RenewAnswer),
    /// See [`FrameType::Line`].
    Line(LineWord),
}

impl Frame {
    /// Returns the frame's type.
    #[must_use]
    pub const fn frame_type(&self) -> FrameType {
        match self {
            Self::Hello(_) => FrameType::Hello,
            Self::Welcome(_) => FrameType::Welcome,
            Self::Batch(_) => FrameType::Batch,
            Self::Ack(_) => FrameType::Ack,
            Self::Nack(_) => FrameType::Nack,
            Self::SnapshotBegin(_) => FrameType::SnapshotBegin,
            Self::SnapshotChunk(_) => FrameType::SnapshotChunk,
            Self::SnapshotEnd(_) => FrameType::SnapshotEnd,
            Self::Reconcile(_) => FrameType::Reconcile,
            Self::Heartbeat(_) => FrameType::Heartbeat,
            Self::Command(_) => FrameType::Command,
            Self::Result(_) => FrameType::Result,
            Self::EnrolRequest(_) => FrameType::EnrolRequest,
            Self::EnrolAnswer(_) => FrameType::EnrolAnswer,
            Self::RenewRequest(_) => FrameType::RenewRequest,
            Self::RenewAnswer(_) => FrameType::RenewAnswer,
            Self::Line(_) => FrameType::Line,
        }
    }

    /// Writes the frame, header and body.
    ///
    /// # Errors
    /// Returns [`FrameError::TooLarge`] for a body beyond [`FRAME_BYTES_MAX`].
    pub fn encode(&self, codec: Codec) -> Result<Vec<u8>, FrameError> {
        let body = self.encode_body(codec)?;
        let length = u32::try_from(body.len())
            .ok()
            .filter(|length| *length <= FRAME_BYTES_MAX)
            .ok_or(FrameError::TooLarge)?;
        let header = FrameHeader {
            length,
            frame_type: self.frame_type(),
            codec,
        };
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    /// Reads the body that belongs to a header.
    ///
    /// # Errors
    /// Returns [`FrameError`] when the body is not what the header says.
    pub fn decode(header: FrameHeader, body: &[u8]) -> Result<Self, FrameError> {
        if body.len() != header.length as usize {
            return Err(FrameError::Length);
        }
        let codec = header.codec;
        Ok(match header.frame_type {
            FrameType::Hello => Self::Hello(codec.decode(body)?),
            FrameType::Welcome => Self::Welcome(codec.decode(body)?),
            FrameType::Batch => {
                Self::Batch(Box::new(codec.decode::<PortableBatch>(body)?.try_into()?))
            }
            FrameType::Ack => Self::Ack(Box::new(codec.decode::<AckV1>(body)?.try_into()?)),
            FrameType::Nack => Self::Nack(codec.decode(body)?),
            FrameType::SnapshotBegin => Self::SnapshotBegin(codec.decode(body)?),
            FrameType::SnapshotChunk => Self::SnapshotChunk(codec.decode(body)?),
            FrameType::SnapshotEnd => Self::SnapshotEnd(codec.decode(body)?),
            FrameType::Reconcile => Self::Reconcile(codec.decode(body)?),
            FrameType::Heartbeat => Self::Heartbeat(codec.decode(body)?),
            FrameType::Command => Self::Command(codec.decode(body)?),
            FrameType::Result => Self::Result(codec.decode(body)?),
            FrameType::EnrolRequest => Self::EnrolRequest(codec.decode(body)?),
            FrameType::EnrolAnswer => Self::EnrolAnswer(codec.decode(body)?),
            FrameType::RenewRequest => Self::RenewRequest(codec.decode(body)?),
            FrameType::RenewAnswer => Self::RenewAnswer(codec.decode(body)?),
            FrameType::Line => Self::Line(codec.decode(body)?),
        })
    }

    fn encode_body(&self, codec: Codec) -> Result<Vec<u8>, FrameError> {
        Ok(match self {
            Self::Hello(body) => codec.encode(body)?,
            Self::Welcome(body) => codec.encode(body)?,
            Self::Batch(batch) => codec.encode(&PortableBatch::from(batch.as_ref().clone()))?,
            Self::Ack(ack) => codec.encode(&AckV1::from(ack.as_ref()))?,
            Self::Nack(body) => codec.encode(body)?,
            Self::SnapshotBegin(body) => codec.encode(body)?,
            Self::SnapshotChunk(body) => codec.encode(body)?,
            Self::SnapshotEnd(body) => codec.encode(body)?,
            Self::Reconcile(body) => codec.encode(body)?,
            Self::Heartbeat(body) => codec.encode(body)?,
            Self::Command(body) => codec.encode(body)?,
            Self::Result(body) => codec.encode(body)?,
            Self::EnrolRequest(body) => codec.encode(body)?,
            Self::EnrolAnswer(body) => codec.encode(body)?,
            Self::RenewRequest(body) => codec.encode(body)?,
            Self::RenewAnswer(body) => codec.encode(body)?,
            Self::Line(body) => codec.encode(body)?,
        })
    }
}

/// What precedes a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Bytes of the body.
    pub length: u32,
    /// What the frame is.
    pub frame_type: FrameType,
    /// How the body was written.
    pub codec: Codec,
}

impl FrameHeader {
    /// The version of every body so far.
    const VERSION: u8 = 1;

    /// Writes the header.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let [a, b, c, d] = self.length.to_be_bytes();
        [
            a,
            b,
            c,
            d,
            self.frame_type.code(),
            Self::VERSION,
            0,
            self.codec.code(),
        ]
    }

    /// Reads a header and checks its claims before anything is allocated for the body.
    ///
    /// # Errors
    /// Returns [`FrameError`] for a body that is too large, or a type, version, flag or codec that
    /// this build does not know.
    pub fn parse(bytes: [u8; HEADER_BYTES]) -> Result<Self, FrameError> {
        let [a, b, c, d, frame_type, version, flags, codec] = bytes;
        let length = u32::from_be_bytes([a, b, c, d]);
        if length > FRAME_BYTES_MAX {
            return Err(FrameError::TooLarge);
        }
        let frame_type = FrameType::from_code(frame_type).ok_or(FrameError::UnknownType)?;
        if version != Self::VERSION || flags != 0 {
            return Err(FrameError::UnknownVersion);
        }
        let codec = Codec::from_code(codec).ok_or(FrameError::UnknownCodec)?;
        Ok(Self {
            length,
            frame_type,
            codec,
        })
    }
}

/// Why a frame was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The body is, or claims to be, larger than [`FRAME_BYTES_MAX`].
    #[error("the frame is larger than {FRAME_BYTES_MAX} bytes")]
    TooLarge,
    /// The body is shorter or longer than the header says.
    #[error("the frame's body has another length than its header says")]
    Length,
    /// No frame of this build has that type.
    #[error("the frame's type is unknown")]
    UnknownType,
    /// This build does not read that version or flag.
    #[error("the frame's version is unknown")]
    UnknownVersion,
    /// This build does not have that codec.
    #[error("the frame's codec is unknown")]
    UnknownCodec,
    /// The body does not decode.
    #[error("the frame's body was refused")]
    Codec(#[from] CodecError),
    /// The batch inside is none.
    #[error("the frame's batch was refused")]
    Batch(#[from] EnvelopeError),
    /// The receipt inside is none.
    #[error("the frame's receipt was refused")]
    Receipt(#[from] ReceiptError),
}

/// Writes a value that lives inside a frame as bytes of its own, to be signed or compressed.
pub(crate) fn inner<T: Serialize>(value: &T) -> Result<Vec<u8>, FrameError> {
    Ok(Codec::Bincode2.encode(value)?)
}

/// Reads a value that lives inside a frame.
pub(crate) fn from_inner<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    Ok(Codec::Bincode2.decode(bytes)?)
}

#[cfg(test)]
mod tests;
