//! Frames out of a stream of bytes, whatever pieces it arrives in.

use super::{Frame, FrameError, FrameHeader, HEADER_BYTES};

/// Collects bytes until a frame is whole. A header that claims too much is refused before its body
/// is waited for.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
    taken: usize,
}

impl FrameReader {
    /// Takes bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next whole frame, or `None` until more bytes arrive.
    ///
    /// # Errors
    /// Returns [`FrameError`] for a frame that is refused; the stream cannot be read on.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let waiting = self.buffer.get(self.taken..).unwrap_or_default();
        let Some((header, rest)) = waiting.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let header = FrameHeader::parse(*header)?;
        let Some(body) = rest.get(..header.length as usize) else {
            return Ok(None);
        };
        let frame = Frame::decode(header, body)?;
        self.taken += HEADER_BYTES + body.len();
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::FrameReader;
    use crate::codec::Codec;
    use crate::frame::snapshot::SnapshotEnd;
    use crate::frame::{Frame, FrameError};

    fn frame(chunks: u32) -> Frame {
        Frame::SnapshotEnd(SnapshotEnd { chunks })
    }

    #[test]
    fn finds_frames_in_any_pieces() {
        let mut bytes = frame(1).encode(Codec::Bincode2).unwrap();
        bytes.extend(frame(70_000).encode(Codec::Bincode2).unwrap());
        for size in 1..bytes.len() {
            let mut reader = FrameReader::default();
            let mut found = Vec::new();
            for piece in bytes.chunks(size) {
                reader.push(piece);
                while let Some(frame) = reader.next_frame().unwrap() {
                    found.push(frame);
                }
            }
            assert_eq!(found, [frame(1), frame(70_000)]);
        }
    }

    #[test]
    fn refuses_a_claim_before_its_body_arrives() {
        let mut reader = FrameReader::default();
        reader.push(&[255, 255, 255, 255, 3, 1, 0, 1]);
        assert_eq!(reader.next_frame(), Err(FrameError::TooLarge));
    }
}
