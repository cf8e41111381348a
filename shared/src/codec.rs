//! The only module that names bincode: bytes in and out, with a limit, and every byte consumed.
//!
//! Codec 1 is bincode 2 in its standard configuration. Each frame says which codec wrote it and the
//! two sides agree on one in `Hello` and `Welcome`, so that another can follow without a flag day.

use bincode::config;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::code::coded_enum;
use crate::limits::FRAME_BYTES_MAX;

coded_enum! {
    /// How a body was written.
    pub enum Codec {
        /// bincode 2.0.1, standard configuration: little endian, variable-length integers.
        Bincode2 = 1 => "bincode-2",
    }
}

impl Codec {
    /// The codecs that this build reads and writes, the one it likes best first.
    pub const SUPPORTED: &'static [Self] = &[Self::Bincode2];

    /// Writes a value.
    ///
    /// # Errors
    /// Returns [`CodecError::Encode`] for a value that this codec cannot write.
    pub fn encode<T: Serialize>(self, value: &T) -> Result<Vec<u8>, CodecError> {
        match self {
            Self::Bincode2 => bincode::serde::encode_to_vec(value, config::standard())
                .map_err(|_| CodecError::Encode),
        }
    }

    /// Reads a value from exactly these bytes.
    ///
    /// # Errors
    /// Returns [`CodecError::Decode`] when the bytes are not such a value or claim more memory than
    /// a frame may hold, and [`CodecError::Trailing`] when bytes are left over.
    pub fn decode<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, CodecError> {
        match self {
            Self::Bincode2 => {
                let limited = config::standard().with_limit::<{ FRAME_BYTES_MAX as usize }>();
                let (value, consumed) = bincode::serde::decode_from_slice(bytes, limited)
                    .map_err(|_| CodecError::Decode)?;
                if consumed == bytes.len() {
                    Ok(value)
                } else {
                    Err(CodecError::Trailing)
                }
            }
        }
    }
}

/// Why bytes were refused. The bytes and what they would have said stay out of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodecError {
    /// The value cannot be written.
    #[error("the value cannot be encoded")]
    Encode,
    /// The bytes are not such a value.
    #[error("the bytes do not decode")]
    Decode,
    /// Bytes are left over after the value.
    #[error("bytes are left over after the value")]
    Trailing,
}

#[cfg(test)]
mod tests {
    use super::{Codec, CodecError};

    #[test]
    fn consumes_every_byte() {
        let mut bytes = Codec::Bincode2.encode(&(1_u8, String::from("a"))).unwrap();
        assert_eq!(
            Codec::Bincode2.decode(&bytes),
            Ok((1_u8, String::from("a")))
        );
        bytes.push(0);
        assert_eq!(
            Codec::Bincode2.decode::<(u8, String)>(&bytes),
            Err(CodecError::Trailing)
        );
    }

    #[test]
    fn refuses_a_length_beyond_the_limit_without_allocating() {
        // 253 announces a length of eight bytes: here nearly 2^63.
        let hostile = [253, 255, 255, 255, 255, 255, 255, 255, 127];
        assert_eq!(
            Codec::Bincode2.decode::<Vec<u8>>(&hostile),
            Err(CodecError::Decode)
        );
        assert_eq!(
            Codec::Bincode2.decode::<String>(&hostile),
            Err(CodecError::Decode)
        );
    }
}
