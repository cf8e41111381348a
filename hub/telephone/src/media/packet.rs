//! RTP packets (RFC 3550), read and written.

use std::num::Wrapping;

/// Bytes of a header without its optional parts.
const HEADER_BYTES: usize = 12;

/// A packet as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What its payload is, by the session's agreement.
    pub payload_type: u8,
    /// Whether something begins with it: a burst of speech, a digit.
    pub is_marked: bool,
    /// Its number in the order of sending.
    pub sequence: u16,
    /// When its sound begins, in samples from an arbitrary start.
    pub timestamp: u32,
    /// Who sent it; another number is another stream.
    pub source: u32,
    /// Its sound, or whatever else it carries.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a packet, or returns `None` if it is none.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        let [flags, kind, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3] = *header;
        if flags >> 6 != 2 {
            return None;
        }
        let mut payload = rest.get(usize::from(flags & 0x0F) * 4..)?;
        if flags & 0x10 != 0 {
            let (extension, after) = payload.split_first_chunk::<4>()?;
            let [_, _, high, low] = *extension;
            payload = after.get(usize::from(u16::from_be_bytes([high, low])) * 4..)?;
        }
        if flags & 0x20 != 0 {
            let padding = usize::from(*payload.last()?);
            payload = payload.get(..payload.len().checked_sub(padding)?)?;
        }
        Some(Self {
            payload_type: kind & 0x7F,
            is_marked: kind & 0x80 != 0,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            source: u32::from_be_bytes([r0, r1, r2, r3]),
            payload,
        })
    }
}

/// Numbers the packets that are sent.
#[derive(Debug)]
pub struct Sender {
    source: u32,
    sequence: Wrapping<u16>,
}

impl Sender {
    /// Begins a stream; the seed is random, so that nobody can guess it (RFC 3550, section 5.1).
    #[must_use]
    pub const fn new(seed: [u8; 16]) -> Self {
        let [s0, s1, s2, s3, n0, n1, ..] = seed;
        Self {
            source: u32::from_be_bytes([s0, s1, s2, s3]),
            // Below half, since a first number near the end confuses the counting of rounds.
            sequence: Wrapping(u16::from_be_bytes([n0 & 0x7F, n1])),
        }
    }

    /// Writes the next packet.
    pub fn write(
        &mut self,
        (payload_type, is_marked): (u8, bool),
        timestamp: u32,
        payload: &[u8],
    ) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len());
        let mark = if is_marked { 0x80 } else { 0 };
        bytes.extend([0x80, mark | (payload_type & 0x7F)]);
        bytes.extend(self.sequence.0.to_be_bytes());
        bytes.extend(timestamp.to_be_bytes());
        bytes.extend(self.source.to_be_bytes());
        bytes.extend(payload);
        self.sequence += 1;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{Packet, Sender};

    #[test]
    fn reads_what_it_wrote() {
        let mut sender = Sender::new([0xFF; 16]);
        let first = sender.write((101, true), 320, &[1, 2, 3]);
        let read = Packet::read(&first).unwrap();
        assert_eq!(read.payload_type, 101);
        assert!(read.is_marked);
        assert_eq!(read.sequence, 0x7FFF);
        assert_eq!(read.timestamp, 320);
        assert_eq!(read.source, u32::MAX);
        assert_eq!(read.payload, [1, 2, 3]);
        let second = sender.write((0, false), 480, &[]);
        assert_eq!(Packet::read(&second).unwrap().sequence, 0x8000);
    }

    #[test]
    fn skips_what_others_put_before_and_after_the_payload() {
        // One contributing source, an extension of one word, two bytes of padding.
        let mut bytes = vec![0xB1, 0x08, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([9, 9, 9, 9]);
        bytes.extend([0xBE, 0xDE, 0, 1, 7, 7, 7, 7]);
        bytes.extend([0x55, 0x66, 0, 2]);
        let packet = Packet::read(&bytes).unwrap();
        assert_eq!(packet.payload, [0x55, 0x66]);
        assert_eq!(packet.payload_type, 8);
    }

    #[test]
    fn refuses_what_is_no_packet() {
        let whole = Sender::new([1; 16]).write((0, false), 0, &[1]);
        for length in 0..12 {
            assert_eq!(Packet::read(&whole[..length]), None);
        }
        let mut other = whole.clone();
        other[0] = 0x40;
        assert_eq!(Packet::read(&other), None);
        let mut padded = whole;
        padded[0] |= 0x20;
        padded[12] = 200;
        assert_eq!(Packet::read(&padded), None);
    }
}
