//! Keys pressed on a telephone, as the tones that they sound (ITU-T Q.23): heard only where it was not agreed that they
//! come as events, since a voice may sound like one.

use std::f64::consts::TAU;
use std::fmt;

use crate::audio::{Frame, SAMPLES_PER_SECOND};

/// The low and the high tones of the keys.
const LOW_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH_HZ: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];

/// The keys, a row for each low tone.
const KEYS: [[char; 4]; 4] = [
    ['1', '2', '3', 'A'],
    ['4', '5', '6', 'B'],
    ['7', '8', '9', 'C'],
    ['*', '0', '#', 'D'],
];

/// Frames in a row in which a key must sound: a voice seldom holds two such tones for 40 ms.
const FRAMES: u8 = 2;

/// The mean square of a frame below which it is none: some 45 dB below the loudest.
const POWER_MIN: f64 = 20_000.0;

/// Of a frame's power, what both tones must have together, and the weaker of them alone: telephones sound one louder
/// than the other.
const BOTH_MIN: f64 = 0.6;
const WEAKER_MIN: f64 = 0.08;

/// How many times louder a tone must be than the others of its row or column.
const CLEAR: f64 = 4.0;

/// Finds the keys in the sound that comes.
#[derive(Default)]
pub struct Tones {
    sounding: Option<char>,
    frames: u8,
}

impl fmt::Debug for Tones {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was pressed may be her PIN.
        formatter.debug_struct("Tones").finish_non_exhaustive()
    }
}

impl Tones {
    /// Hears a frame; returns a key once it has sounded long enough.
    pub fn hear(&mut self, frame: Option<&Frame>) -> Option<char> {
        let key = frame.and_then(key_of);
        if key != self.sounding {
            (self.sounding, self.frames) = (key, 0);
        }
        self.frames = self.frames.saturating_add(1);
        key.filter(|_| self.frames == FRAMES)
    }
}

/// Returns the key that sounds in a frame.
fn key_of(frame: &Frame) -> Option<char> {
    let power: f64 = frame.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let samples = f64::from(u32::try_from(frame.len()).ok()?);
    if power / samples < POWER_MIN {
        return None;
    }
    let share = |hz| 2.0 * power_at(frame, hz) / (samples * power);
    let (row, low) = loudest(LOW_HZ.map(share))?;
    let (column, high) = loudest(HIGH_HZ.map(share))?;
    if low + high < BOTH_MIN || low.min(high) < WEAKER_MIN {
        return None;
    }
    KEYS.get(row)?.get(column).copied()
}

/// Returns which of four is clearly louder than the others, and how loud.
fn loudest(shares: [f64; 4]) -> Option<(usize, f64)> {
    let (place, loudest) = shares
        .into_iter()
        .enumerate()
        .max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let mut others = shares.iter().enumerate().filter(|(at, _)| *at != place);
    others
        .all(|(_, other)| other * CLEAR <= loudest)
        .then_some((place, loudest))
}

/// Returns the power of a frame at a frequency (Goertzel).
fn power_at(frame: &Frame, hz: f64) -> f64 {
    let turn = 2.0 * (TAU * hz / f64::from(SAMPLES_PER_SECOND)).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for sample in frame {
        let next = f64::from(*sample) + turn * last - before;
        (before, last) = (last, next);
    }
    turn.mul_add(-last * before, last * last + before * before)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{HIGH_HZ, KEYS, LOW_HZ, Tones};
    use crate::audio::tone::tone;
    use crate::audio::{Codec, FRAME_SAMPLES};

    /// Hears a sound as a line with µ-law carries it.
    fn heard(samples: &[i16]) -> String {
        let mut tones = Tones::default();
        let frames = samples.chunks_exact(FRAME_SAMPLES);
        let heard = frames.filter_map(|frame| {
            let carried = |sample: &i16| Codec::Mulaw.decode(Codec::Mulaw.encode(*sample));
            let frame: Vec<i16> = frame.iter().map(carried).collect();
            tones.hear(Some(&frame.try_into().unwrap()))
        });
        heard.collect()
    }

    /// Sounds a key: the loudness of each tone, and how far both are off.
    fn key(row: usize, column: usize, (low, high): (f64, f64), off: f64) -> Vec<i16> {
        let low = tone(&[LOW_HZ[row] * off], 80, low);
        let high = tone(&[HIGH_HZ[column] * off], 80, high);
        low.iter().zip(high).map(|(low, high)| low + high).collect()
    }

    #[test]
    fn hears_each_key_however_telephones_sound_it() {
        for (row, keys) in KEYS.iter().enumerate() {
            for (column, expected) in keys.iter().enumerate() {
                for loudness in [
                    (8_000.0, 8_000.0),
                    (400.0, 400.0),
                    (4_000.0, 9_000.0),
                    (9_000.0, 4_500.0),
                ] {
                    for off in [0.99, 1.0, 1.01] {
                        let mut sound = vec![0; 90];
                        sound.extend(key(row, column, loudness, off));
                        sound.extend([0; 710]);
                        assert_eq!(heard(&sound), expected.to_string(), "{loudness:?} {off}");
                    }
                }
            }
        }
    }

    #[test]
    fn hears_a_key_again_after_it_was_let_go() {
        let one = key(0, 0, (6_000.0, 6_000.0), 1.0);
        let pause = vec![0; 400];
        let two = key(0, 1, (6_000.0, 6_000.0), 1.0);
        assert_eq!(
            heard(&[&one[..], &pause, &one, &pause, &two].concat()),
            "112"
        );
        assert_eq!(heard(&[&one[..], &one, &one].concat()), "1", "held down");
    }

    #[test]
    fn takes_neither_a_single_tone_nor_ringing_nor_a_click_for_a_key() {
        for hz in LOW_HZ.into_iter().chain(HIGH_HZ) {
            assert_eq!(heard(&tone(&[hz], 500, 9_000.0)), "");
        }
        assert_eq!(heard(&crate::audio::tone::ringing()), "");
        assert_eq!(heard(&key(1, 1, (6_000.0, 6_000.0), 1.0)[..160]), "");
        assert_eq!(
            heard(&key(1, 1, (6_000.0, 6_000.0), 1.05)),
            "",
            "another pair"
        );
    }

    proptest! {
        #[test]
        fn takes_no_noise_for_a_key(samples in proptest::collection::vec(-20_000_i16..20_000, 1_600)) {
            prop_assert_eq!(heard(&samples), "");
        }

        #[test]
        fn takes_no_voice_for_a_key(pitch in 80.0_f64..320.0, fall in 0.5_f64..0.95) {
            // A vowel: many harmonics of a pitch, the higher the weaker.
            let mut voice = vec![0_i16; 4_000];
            for harmonic in 1..20 {
                let loudness = 4_000.0 * fall.powi(harmonic);
                let one = tone(&[pitch * f64::from(harmonic)], 500, loudness);
                voice.iter_mut().zip(one).for_each(|(sample, more)| *sample = sample.saturating_add(more));
            }
            prop_assert_eq!(heard(&voice), "");
        }
    }
}
