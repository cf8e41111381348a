//! The simulated link: worse than QUIC, which neither repeats nor reorders within a stream.

use std::time::{Duration, Instant};

use super::Dice;
use crate::codec::Codec;
use crate::frame::{Frame, FrameHeader, HEADER_BYTES};
use crate::session::Outgoing;

/// Where a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Agent,
    Hub,
}

/// What the link has done to frames so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    pub(super) cut: u64,
    pub(super) repeated: u64,
    pub(super) delayed: u64,
}

impl Faults {
    pub(super) fn add(&mut self, other: &Self) {
        self.cut += other.cut;
        self.repeated += other.repeated;
        self.delayed += other.delayed;
    }
}

#[derive(Debug, Default)]
pub(super) struct Link {
    up: bool,
    flying: Vec<(Instant, u64, End, Vec<u8>)>,
    sent: u64,
    faults: Faults,
}

impl Link {
    pub(super) const fn is_up(&self) -> bool {
        self.up
    }

    pub(super) fn connect(&mut self) {
        self.up = true;
    }

    pub(super) fn cut(&mut self) {
        self.up = false;
        self.faults.cut += 1;
        self.flying.clear();
    }

    /// Returns how many frames were sent.
    pub(super) const fn sent(&self) -> u64 {
        self.sent
    }

    pub(super) fn faults(&self) -> Faults {
        self.faults.clone()
    }

    pub(super) fn send(
        &mut self,
        to: End,
        outgoing: &Outgoing,
        faults: bool,
        dice: &mut Dice,
        now: Instant,
    ) {
        if !self.up {
            return;
        }
        let bytes = outgoing.frame.encode(Codec::Bincode2).unwrap();
        let mut delay = Duration::from_millis(20);
        if faults && dice.one_in(12) {
            delay += Duration::from_millis(dice.below(3_000));
            self.faults.delayed += 1;
        }
        if faults && dice.one_in(30) {
            self.faults.repeated += 1;
            let later = now + delay + Duration::from_millis(dice.below(500));
            self.push(later, to, bytes.clone());
        }
        self.push(now + delay, to, bytes);
    }

    pub(super) fn deliver(&mut self, now: Instant) -> Vec<(End, Frame)> {
        self.flying.sort_by_key(|(at, order, ..)| (*at, *order));
        let split = self.flying.partition_point(|(at, ..)| *at <= now);
        self.flying
            .drain(..split)
            .map(|(_, _, to, bytes)| {
                let (header, body) = bytes.split_first_chunk::<HEADER_BYTES>().unwrap();
                (
                    to,
                    Frame::decode(FrameHeader::parse(*header).unwrap(), body).unwrap(),
                )
            })
            .collect()
    }

    fn push(&mut self, at: Instant, to: End, bytes: Vec<u8>) {
        self.sent += 1;
        self.flying.push((at, self.sent, to, bytes));
    }
}
