//! Sound to tell apart, and how alike two sounds are.

use savin_telephone::audio::tone::tone;

/// A sound that is like no other of another number: notes of a tenth of a second.
pub(crate) fn tune(number: u32, length_ms: u32) -> Vec<i16> {
    let mut dice = number.wrapping_mul(2_654_435_761).wrapping_add(97);
    let notes = (0..length_ms / 100).flat_map(|_| {
        dice ^= dice << 13;
        dice ^= dice >> 17;
        dice ^= dice << 5;
        tone(&[f64::from(300 + dice % 2_500)], 100, 9_000.0)
    });
    notes.collect()
}

/// Returns how alike a recording is to a sound somewhere in it: the highest normalised cross-correlation,
/// 1 for the same.
pub(crate) fn likeness(sound: &[i16], recording: &[i16]) -> f64 {
    let sound: Vec<f64> = sound.iter().map(|sample| f64::from(*sample)).collect();
    let recording: Vec<f64> = recording.iter().map(|sample| f64::from(*sample)).collect();
    let power = |samples: &[f64]| samples.iter().map(|sample| sample * sample).sum::<f64>();
    let count = sound.len();
    // A part of it finds the place; all of it is then compared.
    let part = sound.get(..count.min(1_600)).unwrap_or_default();
    let alike = |place: usize, sound: &[f64]| {
        let there = recording
            .get(place..place + sound.len())
            .unwrap_or_default();
        let product: f64 = sound
            .iter()
            .zip(there)
            .map(|(one, other)| one * other)
            .sum();
        product / (power(sound) * power(there)).sqrt().max(1.0)
    };
    let places = 0..(recording.len() + 1).saturating_sub(count);
    let found = places.map(|place| (alike(place, part), place));
    let best = found.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.map_or(0.0, |(_, place)| alike(place, &sound))
}

#[test]
fn a_sound_is_found_where_it_is_and_nowhere_else() {
    let mut recording = vec![7; 3_000];
    recording.extend(tune(1, 500));
    recording.extend(vec![-5; 2_000]);
    assert!(likeness(&tune(1, 500), &recording) > 0.999);
    assert!(likeness(&tune(2, 500), &recording) < 0.8);
}
