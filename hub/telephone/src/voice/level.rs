//! Makes recordings and rendered words as loud as each other, without silence around them.

use crate::audio::SAMPLES_PER_SECOND;

/// The number of the manner in which sounds are made alike here: what was made in another is rendered anew.
pub(super) const MANNER: u8 = 1;

/// Below this a sample is silence.
const SILENT: u16 = 250;

/// How loud every phrase is, as the root mean square of what is not silence: 22 dB below the limit. By its
/// loudest sample alone a letter would be heard 8 dB louder than a sentence.
const LOUDNESS: u64 = 2_600;

/// The loudest sample of any phrase: 4.5 dB below the limit, so that companding clips nothing.
const LOUDEST: u64 = 19_500;

/// Samples of silence that are left around a phrase: 20 ms. Loudness is measured in parts of that length.
const MARGIN: usize = SAMPLES_PER_SECOND as usize / 50;

/// Cuts the silence around a sound, and makes it as loud as every other.
pub(super) fn level(samples: &[i16]) -> Vec<i16> {
    let is_sound = |sample: &i16| sample.unsigned_abs() > SILENT;
    let Some(first) = samples.iter().position(is_sound) else {
        return Vec::new();
    };
    let last = samples.iter().rposition(is_sound).unwrap_or(first);
    let end = samples.len().min(last.saturating_add(MARGIN));
    let sound = samples.get(first.saturating_sub(MARGIN)..end);
    let sound = sound.unwrap_or_default();
    let peak = sound.iter().map(|sample| sample.unsigned_abs()).max();
    let peak = u64::from(peak.unwrap_or(1).max(1));
    let loudness = loudness(sound).max(1);
    let (to, from) = if LOUDEST * loudness < LOUDNESS * peak {
        (LOUDEST, peak)
    } else {
        (LOUDNESS, loudness)
    };
    let scaled = |sample: &i16| {
        let scaled = u64::from(sample.unsigned_abs()) * to / from;
        let scaled = i16::try_from(scaled).unwrap_or(i16::MAX);
        if *sample < 0 { -scaled } else { scaled }
    };
    sound.iter().map(scaled).collect()
}

/// Returns how loud a sound is where it is not silent: pauses within it do not count.
#[must_use]
fn loudness(samples: &[i16]) -> u64 {
    let parts = samples.chunks(MARGIN);
    let powers: Vec<u64> = parts
        .map(|part| {
            let squares = part
                .iter()
                .map(|sample| u64::from(sample.unsigned_abs()).pow(2));
            squares.sum::<u64>() / part.len() as u64
        })
        .collect();
    let most = powers.iter().max().copied().unwrap_or(0);
    // A part a tenth as loud as the loudest, in power a hundredth, is silence.
    let heard: Vec<u64> = powers
        .into_iter()
        .filter(|power| *power > most / 100)
        .collect();
    (heard.iter().sum::<u64>() / (heard.len() as u64).max(1)).isqrt()
}

#[cfg(test)]
mod tests {
    use super::{level, loudness};

    /// A tone of so many samples, with pauses of as many between.
    fn tone(peak: i16, samples: usize) -> Vec<i16> {
        let wave = [peak, 0, -peak, 0];
        wave.iter().copied().cycle().take(samples).collect()
    }

    #[test]
    fn cuts_silence_and_keeps_the_loudest_sample_below_the_limit() {
        let mut samples = vec![3_i16; 4_000];
        samples.extend([4_000, -8_000, 2_000]);
        samples.extend(vec![-2_i16; 4_000]);
        let levelled = level(&samples);
        assert!(levelled.len() < 400, "{}", levelled.len());
        assert_eq!(levelled.iter().min(), Some(&-19_500));
        assert!(level(&[0; 100]).is_empty());
    }

    #[test]
    fn makes_what_is_said_as_loud_as_what_else_is_said() {
        let short = level(&tone(3_000, 800));
        let long = [tone(30_000, 1_600), vec![0; 8_000], tone(30_000, 1_600)].concat();
        let long = level(&long);
        for said in [&short, &long] {
            let loudness = loudness(said);
            assert!((2_400..=2_600).contains(&loudness), "{loudness}");
        }
    }
}
