//! Makes recordings and rendered words as loud as each other, without silence around them.

use crate::audio::SAMPLES_PER_SECOND;

/// Below this a sample is silence.
const SILENT: u16 = 250;

/// The loudest sample of every phrase: 6 dB below the limit, so that companding clips nothing.
const LOUDEST: i32 = 16_000;

/// Samples of silence that are left around a phrase: 20 ms.
const MARGIN: usize = SAMPLES_PER_SECOND as usize / 50;

/// Cuts the silence around a sound, and makes its loudest sample as loud as that of every other.
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
    let peak = i32::from(peak.unwrap_or(1).max(1));
    let scaled = |sample: &i16| {
        let scaled = i32::from(*sample) * LOUDEST / peak;
        i16::try_from(scaled).unwrap_or(0)
    };
    sound.iter().map(scaled).collect()
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn cuts_silence_and_levels_what_is_said() {
        let mut samples = vec![3_i16; 4_000];
        samples.extend([4_000, -8_000, 2_000]);
        samples.extend(vec![-2_i16; 4_000]);
        let levelled = level(&samples);
        assert!(levelled.len() < 400, "{}", levelled.len());
        assert_eq!(levelled.iter().min(), Some(&-16_000));
        assert_eq!(levelled.iter().max(), Some(&8_000));
        assert!(level(&[0; 100]).is_empty());
    }
}
