//! Bodies in a compressed block whose expanded size is declared, and bounded before it is allocated.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::codec::{Codec, CodecError};
use crate::hash::Hash;
use crate::limits::UNPACKED_BYTES_MAX;

/// zstd level: 1 is a third slower to beat by level 3 and costs half the time.
const LEVEL: i32 = 1;

/// One delta's place in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Its bytes.
    Present(Vec<u8>),
    /// Erased for good; what remains is the commitment that the chain needs.
    Erased(Hash),
}

/// A compressed block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedBodies {
    /// Bytes that it expands to.
    pub unpacked_bytes: u32,
    /// The zstd block.
    pub packed: Vec<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
enum BodyV1 {
    Present(#[serde(with = "serde_bytes")] Vec<u8>),
    Erased([u8; 32]),
}

/// Compresses bodies.
///
/// # Errors
/// Returns [`PackError::TooLarge`] beyond [`UNPACKED_BYTES_MAX`].
pub fn pack(bodies: Vec<Body>) -> Result<PackedBodies, PackError> {
    let bodies: Vec<BodyV1> = bodies
        .into_iter()
        .map(|body| match body {
            Body::Present(bytes) => BodyV1::Present(bytes),
            Body::Erased(commitment) => BodyV1::Erased(*commitment.as_bytes()),
        })
        .collect();
    compress(&Codec::Bincode2.encode(&bodies)?)
}

/// Expands bodies.
///
/// # Errors
/// Returns [`PackError`] when the block is damaged or does not expand to what it declares.
pub fn unpack(block: &PackedBodies) -> Result<Vec<Body>, PackError> {
    let bodies: Vec<BodyV1> = Codec::Bincode2.decode(&expand(block)?)?;
    Ok(bodies
        .into_iter()
        .map(|body| match body {
            BodyV1::Present(bytes) => Body::Present(bytes),
            BodyV1::Erased(commitment) => Body::Erased(Hash::from_bytes(commitment)),
        })
        .collect())
}

/// Compresses any bytes within the bound.
///
/// # Errors
/// Returns [`PackError::TooLarge`] beyond [`UNPACKED_BYTES_MAX`].
pub fn compress(bytes: &[u8]) -> Result<PackedBodies, PackError> {
    let unpacked_bytes = u32::try_from(bytes.len())
        .ok()
        .filter(|bytes| *bytes <= UNPACKED_BYTES_MAX)
        .ok_or(PackError::TooLarge)?;
    let packed = zstd::bulk::compress(bytes, LEVEL).map_err(|_| PackError::Block)?;
    Ok(PackedBodies {
        unpacked_bytes,
        packed,
    })
}

/// Expands a block, which must have exactly its declared size.
///
/// # Errors
/// Returns [`PackError::TooLarge`] before anything is allocated, [`PackError::Block`] for damage.
pub fn expand(block: &PackedBodies) -> Result<Vec<u8>, PackError> {
    if block.unpacked_bytes > UNPACKED_BYTES_MAX {
        return Err(PackError::TooLarge);
    }
    let capacity = block.unpacked_bytes as usize;
    let bytes = zstd::bulk::decompress(&block.packed, capacity).map_err(|_| PackError::Block)?;
    if bytes.len() == capacity {
        Ok(bytes)
    } else {
        Err(PackError::Block)
    }
}

/// Why a block was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PackError {
    /// It is, or claims to be, larger than [`UNPACKED_BYTES_MAX`].
    #[error("the block is larger than {UNPACKED_BYTES_MAX} bytes")]
    TooLarge,
    /// It does not expand, or not to the size that it declares.
    #[error("the block does not expand to its declared size")]
    Block,
    /// What it expands to are no bodies.
    #[error("the bodies do not decode")]
    Codec(#[from] CodecError),
}

#[cfg(test)]
mod tests {
    use super::{Body, PackError, PackedBodies, compress, expand, pack, unpack};
    use crate::limits::UNPACKED_BYTES_MAX;

    #[test]
    fn expands_what_it_compressed() {
        let bodies = vec![Body::Present(vec![1; 300]), Body::Present(Vec::new())];
        let packed = pack(bodies.clone()).unwrap();
        assert!(packed.packed.len() < 100);
        assert_eq!(unpack(&packed), Ok(bodies));
    }

    #[test]
    fn refuses_a_bomb_before_it_allocates() {
        let bomb = PackedBodies {
            unpacked_bytes: u32::MAX,
            packed: vec![0; 8],
        };
        assert_eq!(expand(&bomb), Err(PackError::TooLarge));
        let liar = PackedBodies {
            unpacked_bytes: 10,
            ..compress(&[0; 1000]).unwrap()
        };
        assert_eq!(expand(&liar), Err(PackError::Block));
        let liar = PackedBodies {
            unpacked_bytes: 2000,
            ..compress(&[0; 1000]).unwrap()
        };
        assert_eq!(expand(&liar), Err(PackError::Block));
    }

    #[test]
    fn refuses_to_compress_beyond_the_bound() {
        let large = vec![0; UNPACKED_BYTES_MAX as usize + 1];
        assert_eq!(compress(&large), Err(PackError::TooLarge));
    }
}
