//! Keys pressed on a telephone, as events in RTP (RFC 4733): read, and written for tests and for
//! operators' menus.

use std::fmt;

use crate::audio::FRAME_SAMPLES;

/// The keys, in the order of their numbers.
const KEYS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D',
];

/// Packets of one key that is pressed: 100 ms, then the end said three times.
const PRESSED_PACKETS: u8 = 5;
const END_PACKETS: u8 = 3;

/// Packets of silence before the next key.
const PAUSE_PACKETS: u8 = 4;

/// How loud a key is said to be, in dBm0 below zero.
const VOLUME: u8 = 10;

/// How many keys are remembered, so that a packet that comes late presses none anew.
const REMEMBERED: usize = 4;

/// A key that was seen.
#[derive(Clone, Copy)]
struct Seen {
    source: u32,
    timestamp: u32,
    event: u8,
    is_over: bool,
}

/// Finds the keys in the packets that come.
#[derive(Default)]
pub struct Keypad {
    seen: [Option<Seen>; REMEMBERED],
}

impl fmt::Debug for Keypad {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was pressed may be her PIN.
        formatter.debug_struct("Keypad").finish_non_exhaustive()
    }
}

impl Keypad {
    /// Returns the key that a packet is the first sign of.
    ///
    /// A key counts from its first packet, since the last ones may be lost. Packets of one key share
    /// a timestamp; some senders use one again for the next key, and mark where that begins.
    pub fn hear(
        &mut self,
        source: u32,
        (timestamp, is_marked): (u32, bool),
        payload: &[u8],
    ) -> Option<char> {
        let [event, flags, ..] = *payload.first_chunk::<4>()?;
        let key = *KEYS.get(usize::from(event))?;
        let is_over = flags & 0x80 != 0;
        let is_same = |seen: &&mut Seen| {
            seen.source == source && seen.timestamp == timestamp && seen.event == event
        };
        if let Some(seen) = self.seen.iter_mut().flatten().find(is_same) {
            let is_anew = seen.is_over && is_marked && !is_over;
            seen.is_over = is_over || (seen.is_over && !is_anew);
            return is_anew.then_some(key);
        }
        self.seen.rotate_right(1);
        if let Some(first) = self.seen.first_mut() {
            *first = Some(Seen {
                source,
                timestamp,
                event,
                is_over,
            });
        }
        Some(key)
    }
}

/// What of a key goes into the next packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The payload.
    pub payload: [u8; 4],
    /// Whether the key begins with it.
    pub is_first: bool,
    /// Samples since the key began.
    pub since_samples: u32,
}

/// Presses keys, one packet after the other.
#[derive(Default)]
pub struct Presser {
    waiting: std::collections::VecDeque<u8>,
    step: u8,
}

impl fmt::Debug for Presser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Presser").finish_non_exhaustive()
    }
}

impl Presser {
    /// Adds keys to those that are still to be pressed; what is no key is left out.
    pub fn press(&mut self, keys: &str) {
        let events = keys
            .chars()
            .filter_map(|key| KEYS.iter().position(|one| *one == key));
        self.waiting
            .extend(events.filter_map(|event| u8::try_from(event).ok()));
    }

    /// Returns what the packet of the next 20 ms carries, if a key is being pressed.
    pub fn step(&mut self) -> Option<Part> {
        let event = *self.waiting.front()?;
        let step = self.step;
        self.step += 1;
        if step >= PRESSED_PACKETS + END_PACKETS {
            if self.step >= PRESSED_PACKETS + END_PACKETS + PAUSE_PACKETS {
                self.waiting.pop_front();
                self.step = 0;
            }
            return None;
        }
        let is_over = step >= PRESSED_PACKETS;
        let packets = step.min(PRESSED_PACKETS - 1) + 1;
        let frame = u16::try_from(FRAME_SAMPLES).unwrap_or(u16::MAX);
        let [high, low] = (u16::from(packets) * frame).to_be_bytes();
        Some(Part {
            payload: [event, VOLUME | if is_over { 0x80 } else { 0 }, high, low],
            is_first: step == 0,
            since_samples: u32::from(step) * u32::from(frame),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Keypad, Presser};

    /// Presses keys and returns the packets: timestamp, mark, payload.
    fn pressed(keys: &str) -> Vec<(u32, bool, [u8; 4])> {
        let mut presser = Presser::default();
        presser.press(keys);
        let mut packets = Vec::new();
        for tick in 0_u32..400 {
            if let Some(part) = presser.step() {
                let began = tick * 160 - part.since_samples;
                packets.push((began, part.is_first, part.payload));
            }
        }
        packets
    }

    fn heard(packets: impl IntoIterator<Item = (u32, bool, [u8; 4])>) -> String {
        let mut keypad = Keypad::default();
        let packets = packets.into_iter();
        packets
            .filter_map(|(timestamp, mark, payload)| keypad.hear(7, (timestamp, mark), &payload))
            .collect()
    }

    #[test]
    fn hears_the_keys_that_were_pressed() {
        assert_eq!(heard(pressed("1122334455#*0AD")), "1122334455#*0AD");
        assert_eq!(heard(pressed("1x2")), "12");
    }

    #[test]
    fn says_how_long_a_key_is_down_and_its_end_three_times() {
        let packets = pressed("5");
        assert_eq!(packets.len(), 8);
        let durations: Vec<u16> = packets
            .iter()
            .map(|(.., payload)| u16::from_be_bytes([payload[2], payload[3]]))
            .collect();
        assert_eq!(durations, [160, 320, 480, 640, 800, 800, 800, 800]);
        let ends = packets
            .iter()
            .filter(|(.., payload)| payload[1] & 0x80 != 0);
        assert_eq!(ends.count(), 3);
        assert!(
            packets
                .iter()
                .all(|(timestamp, ..)| *timestamp == packets[0].0)
        );
    }

    #[test]
    fn hears_each_key_once_whichever_packets_are_lost() {
        let packets = pressed("47#");
        for lost in 0_u32..1 << 8 {
            if lost == 0xFF {
                continue;
            }
            let left = packets
                .iter()
                .enumerate()
                .filter(|(at, _)| lost & (1 << (at % 8)) == 0);
            assert_eq!(heard(left.map(|(_, packet)| *packet)), "47#", "{lost:b}");
        }
    }

    #[test]
    fn presses_nothing_anew_for_a_packet_that_comes_late() {
        let mut packets = pressed("12");
        let late = packets[3];
        packets.push(late);
        packets.insert(10, late);
        assert_eq!(heard(packets), "12");
    }

    #[test]
    fn hears_a_key_again_from_a_sender_that_repeats_its_timestamp() {
        // Such as one that plays the same recording of a key twice.
        let once = pressed("1");
        let twice = once.iter().chain(&once).copied();
        assert_eq!(heard(twice), "11");
    }

    #[test]
    fn leaves_out_what_is_no_key() {
        let mut keypad = Keypad::default();
        assert_eq!(keypad.hear(1, (1, true), &[16, 0, 0, 0]), None);
        assert_eq!(keypad.hear(1, (1, true), &[1, 0, 0]), None);
    }
}
