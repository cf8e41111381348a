//! Plain tones: what a caller hears while a line rings, and what tests listen for.

use std::f64::consts::TAU;

use super::SAMPLES_PER_SECOND;

/// The ringing tone of North America: 440 and 480 Hz, two seconds of six.
const RINGING_HZ: [f64; 2] = [440.0, 480.0];

/// Returns one round of the ringing tone, six seconds.
#[must_use]
pub fn ringing() -> Vec<i16> {
    let mut samples = tone(&RINGING_HZ, 2_000, 4_000.0);
    samples.resize(samples.len() * 3, 0);
    samples
}

/// Returns tones sounded together for so many milliseconds, each with this amplitude of at most
/// 32,767 altogether.
#[must_use]
pub fn tone(frequencies_hz: &[f64], length_ms: u32, amplitude: f64) -> Vec<i16> {
    let count = SAMPLES_PER_SECOND / 1_000 * length_ms;
    (0..count)
        .map(|index| {
            let time_s = f64::from(index) / f64::from(SAMPLES_PER_SECOND);
            let waves = frequencies_hz.iter().map(|hz| (TAU * hz * time_s).sin());
            sample(waves.sum::<f64>() * amplitude)
        })
        .collect()
}

/// Rounds to a sample, as loud as one may be.
pub(super) fn sample(value: f64) -> i16 {
    let value = value
        .round()
        .clamp(f64::from(i16::MIN), f64::from(i16::MAX));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number within the limits of the type"
    )]
    let sample = value as i16;
    sample
}

#[cfg(test)]
mod tests {
    use super::{ringing, tone};

    #[test]
    fn a_tone_crosses_zero_as_often_as_it_should() {
        let samples = tone(&[440.0], 1_000, 8_000.0);
        let signs = samples.windows(2);
        let rising = signs.filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!((438..=441).contains(&rising), "{rising}");
        assert!(samples.iter().all(|sample| sample.abs() <= 8_000));
    }

    #[test]
    fn ringing_is_two_seconds_of_six() {
        let samples = ringing();
        assert_eq!(samples.len(), 48_000);
        assert!(samples[16_000..].iter().all(|sample| *sample == 0));
        assert!(samples[..16_000].iter().any(|sample| sample.abs() > 4_000));
    }
}
