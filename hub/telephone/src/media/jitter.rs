//! The jitter buffer: packets come early, late, twice or never, and the sound leaves it evenly.

use std::collections::{BTreeMap, VecDeque};

use crate::audio::{FRAME_SAMPLES, Frame};

/// Samples that are waited for before the first leaves: 60 ms.
const DEPTH_SAMPLES: i64 = 480;

/// Samples that are kept at most: a quarter of a second; what is older was too late.
const KEPT_SAMPLES: i64 = 2_000;

/// A jump in time after which the stream is taken as a new one: two seconds.
const JUMP_SAMPLES: i64 = 16_000;

/// Frames for which the last sound is repeated, ever more quietly, where one is missing.
const REPEATED: u32 = 3;

/// Where in the stream one is.
#[derive(Debug, Clone, Copy)]
struct Place {
    source: u32,
    /// The time of the newest packet as it was written, and counted without an end.
    timestamp: u32,
    newest: i64,
    /// The next sample that leaves.
    next: i64,
    has_begun: bool,
}

/// Packets that wait to be heard.
#[derive(Debug, Default)]
pub struct Jitter {
    place: Option<Place>,
    held: BTreeMap<i64, Vec<i16>>,
    last: Option<Frame>,
    missing: u32,
    lost: u64,
}

impl Jitter {
    /// Frames that were missing when they had to be heard.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Adds a packet's sound.
    pub fn put(&mut self, source: u32, timestamp: u32, samples: Vec<i16>) {
        let count = i64::try_from(samples.len()).unwrap_or(i64::MAX);
        let known = self.place.filter(|place| place.source == source);
        let ahead =
            known.map(|place| i64::from(timestamp.wrapping_sub(place.timestamp).cast_signed()));
        let (mut place, start) = match (known, ahead) {
            (Some(place), Some(ahead)) if ahead.abs() < JUMP_SAMPLES => {
                (place, place.newest + ahead)
            }
            _ => {
                self.held.clear();
                let place = Place {
                    source,
                    timestamp,
                    newest: 0,
                    next: 0,
                    has_begun: false,
                };
                (place, 0)
            }
        };
        if start > place.newest {
            place.newest = start;
            place.timestamp = timestamp;
        }
        if !place.has_begun && (self.held.is_empty() || start < place.next) {
            place.next = start;
        }
        // Whoever sends faster than time goes by is followed, not kept waiting.
        if start + count - place.next > KEPT_SAMPLES {
            place.next = start + count - DEPTH_SAMPLES;
            let next = place.next;
            self.held
                .retain(|at, samples| *at + i64::try_from(samples.len()).unwrap_or(0) > next);
        }
        if start + count > place.next {
            self.held.insert(start, samples);
        }
        self.place = Some(place);
    }

    /// Returns the sound of the next 20 ms; `None` while nothing is to be heard.
    pub fn take(&mut self) -> Option<Frame> {
        let mut place = self.place?;
        if !place.has_begun {
            let end = self.held.iter().next_back();
            let end = end.map_or(0, |(at, samples)| {
                at + i64::try_from(samples.len()).unwrap_or(0)
            });
            if end - place.next < DEPTH_SAMPLES {
                return None;
            }
            place.has_begun = true;
        }
        let mut frame = [0; FRAME_SAMPLES];
        let mut found = 0;
        for (sample, at) in frame.iter_mut().zip(place.next..) {
            if let Some(heard) = self.sample(at) {
                *sample = heard;
                found += 1;
            }
        }
        place.next += i64::try_from(FRAME_SAMPLES).unwrap_or(0);
        self.held
            .retain(|at, samples| *at + i64::try_from(samples.len()).unwrap_or(0) > place.next);
        self.place = Some(place);
        if found == 0 {
            return self.missed();
        }
        self.missing = 0;
        self.last = Some(frame);
        Some(frame)
    }

    fn sample(&self, at: i64) -> Option<i16> {
        let (start, samples) = self.held.range(..=at).next_back()?;
        samples.get(usize::try_from(at - start).ok()?).copied()
    }

    /// What is heard where nothing came: the last sound fading, then nothing until there is enough
    /// again.
    fn missed(&mut self) -> Option<Frame> {
        self.missing += 1;
        self.lost += 1;
        if self.missing > REPEATED {
            if let Some(place) = &mut self.place {
                place.has_begun = false;
                // So that what comes next is waited for again, not counted as late.
                if let Some(first) = self.held.keys().next() {
                    place.next = *first;
                }
            }
            return None;
        }
        let missing = self.missing;
        self.last.map(|frame| frame.map(|sample| sample >> missing))
    }
}

/// Cuts a sound into frames, the last one filled with silence.
#[derive(Debug, Default)]
pub struct Cutter {
    waiting: VecDeque<std::sync::Arc<[i16]>>,
    at: usize,
}

impl Cutter {
    /// Adds a sound after those that are still to be heard.
    pub fn add(&mut self, sound: std::sync::Arc<[i16]>) {
        self.waiting.push_back(sound);
    }

    /// Leaves out everything that is still to be heard.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.at = 0;
    }

    /// Returns the next frame, and how many sounds end with it.
    pub fn cut(&mut self) -> Option<(Frame, usize)> {
        let mut frame = [0; FRAME_SAMPLES];
        let (mut filled, mut ended) = (0, 0);
        while filled < FRAME_SAMPLES {
            let Some(sound) = self.waiting.front() else {
                break;
            };
            let rest = sound.get(self.at..).unwrap_or_default();
            for (place, sample) in frame.iter_mut().skip(filled).zip(rest) {
                *place = *sample;
            }
            let taken = rest.len().min(FRAME_SAMPLES - filled);
            filled += taken;
            self.at += taken;
            if taken == rest.len() {
                self.waiting.pop_front();
                self.at = 0;
                ended += 1;
            }
        }
        (filled > 0 || ended > 0).then_some((frame, ended))
    }
}

#[cfg(test)]
mod tests {
    use super::{Cutter, Jitter};

    /// The sound of a packet: each sample says where it belongs.
    fn sound(at: u32) -> Vec<i16> {
        (0..160)
            .map(|index| i16::try_from(at / 10).unwrap() + index % 2)
            .collect()
    }

    fn first(frame: Option<[i16; 160]>) -> Option<i16> {
        frame.map(|frame| frame[0])
    }

    #[test]
    fn sound_leaves_in_order_whatever_order_it_came_in() {
        let mut jitter = Jitter::default();
        for at in [160, 0, 320, 640, 480, 480] {
            jitter.put(1, at, sound(at));
        }
        for expected in [0, 16, 32, 48, 64] {
            assert_eq!(first(jitter.take()), Some(expected));
        }
        assert_eq!(jitter.lost(), 0);
    }

    #[test]
    fn waits_before_it_begins() {
        let mut jitter = Jitter::default();
        jitter.put(1, 8_000, sound(0));
        jitter.put(1, 8_160, sound(160));
        assert_eq!(jitter.take(), None);
        jitter.put(1, 8_320, sound(320));
        assert_eq!(first(jitter.take()), Some(0));
    }

    #[test]
    fn a_lost_packet_fades_and_the_rest_stays_in_time() {
        let mut jitter = Jitter::default();
        for at in [0, 160, 480, 640] {
            jitter.put(1, at, sound(at));
        }
        let heard: Vec<_> = (0..5).map(|_| first(jitter.take())).collect();
        assert_eq!(heard, [Some(0), Some(16), Some(8), Some(48), Some(64)]);
        assert_eq!(jitter.lost(), 1);
    }

    #[test]
    fn begins_again_after_silence_and_with_another_stream() {
        let mut jitter = Jitter::default();
        for at in [0, 160, 320] {
            jitter.put(1, at, sound(at));
        }
        for _ in 0..10 {
            jitter.take();
        }
        assert_eq!(jitter.take(), None);
        for at in [4_800, 4_960, 5_120] {
            jitter.put(1, at, sound(at));
        }
        assert_eq!(first(jitter.take()), Some(480));
        for at in [77_000, 77_160, 77_320] {
            jitter.put(2, at, sound(at - 77_000));
        }
        assert_eq!(first(jitter.take()), Some(0));
    }

    #[test]
    fn counts_on_where_timestamps_begin_anew() {
        let mut jitter = Jitter::default();
        let start = u32::MAX - 159;
        for at in [0_u32, 160, 320, 480] {
            jitter.put(1, start.wrapping_add(at), sound(at));
        }
        for expected in [0, 16, 32, 48] {
            assert_eq!(first(jitter.take()), Some(expected));
        }
    }

    #[test]
    fn keeps_no_more_than_a_quarter_of_a_second() {
        let mut jitter = Jitter::default();
        for at in (0..80_000).step_by(160) {
            jitter.put(1, at, sound(at));
        }
        assert!(jitter.held.len() <= 14, "{}", jitter.held.len());
        assert!(first(jitter.take()).unwrap() >= 7_800);
    }

    #[test]
    fn packets_of_another_length_are_heard_evenly() {
        let mut jitter = Jitter::default();
        for at in (0_u32..960).step_by(240) {
            jitter.put(1, at, vec![i16::try_from(at).unwrap(); 240]);
        }
        let frame = jitter.take().unwrap();
        assert_eq!((frame[0], frame[159]), (0, 0));
        let frame = jitter.take().unwrap();
        assert_eq!((frame[0], frame[79], frame[80]), (0, 0, 240));
    }

    #[test]
    fn cuts_a_sound_into_frames() {
        let mut cutter = Cutter::default();
        cutter.add(vec![1; 200].into());
        cutter.add(vec![2; 100].into());
        let (frame, ended) = cutter.cut().unwrap();
        assert_eq!((frame[0], frame[159], ended), (1, 1, 0));
        let (frame, ended) = cutter.cut().unwrap();
        assert_eq!((frame[39], frame[40], frame[139], frame[140]), (1, 2, 2, 0));
        assert_eq!(ended, 2);
        assert_eq!(cutter.cut(), None);
    }
}
