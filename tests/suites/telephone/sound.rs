//! Sound to tell apart, and how alike two sounds are.

use std::ops::RangeInclusive;

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

/// Samples of a section: a fifth of a second.
const SECTION: usize = 1_600;
/// Samples that a section may come early or late by, where a buffer for jitter grew or shrank: a tenth of
/// a second.
const SHIFT: usize = 800;

/// Samples by which it is seen whether it is worth to compare a whole section: a fiftieth of a second.
const PROBE: usize = 160;
/// How alike these must be.
const PROMISES: f64 = 0.7;
/// How alike a section must be where its beginning promised something, or it is looked for everywhere: its beginning
/// may be torn.
const FOUND: f64 = 0.98;

/// Returns how alike a recording is to a sound somewhere in it, 1 for the same: the mean of the
/// normalised cross-correlations of its sections, each where it is most alike near its place.
///
/// The first section finds the place: ask for a sound from its middle where the recording may have begun
/// after it.
pub(crate) fn likeness(sound: &[i16], recording: &[i16]) -> f64 {
    let mut sections = sound.chunks_exact(SECTION);
    let count = sections.len() as f64;
    let last = recording.len().saturating_sub(SECTION);
    let Some((mut place, mut alike)) = sections
        .next()
        .and_then(|first| best(first, recording, 0..=last))
    else {
        return 0.0;
    };
    for section in sections {
        place += SECTION;
        let near = place.saturating_sub(SHIFT)..=(place + SHIFT).min(last);
        if let Some((found, likeness)) = best(section, recording, near) {
            place = found;
            alike += likeness;
        }
    }
    alike / count
}

/// Returns the place at which a recording is most like a section, and how alike it is there.
///
/// Whole sections are compared where their beginning promises something, or everywhere where that finds nothing:
/// comparing is what takes the time.
fn best(section: &[i16], recording: &[i16], places: RangeInclusive<usize>) -> Option<(usize, f64)> {
    let probe = section.get(..PROBE)?;
    let promising = alike_at(probe, recording, places.clone());
    let promising = promising.filter(|(_, likeness)| *likeness > PROMISES);
    let found = alike_at(section, recording, promising.map(|(place, _)| place));
    let found = most_alike(found).filter(|(_, likeness)| *likeness > FOUND);
    found.or_else(|| most_alike(alike_at(section, recording, places)))
}

fn most_alike(found: impl Iterator<Item = (usize, f64)>) -> Option<(usize, f64)> {
    found.max_by(|(_, one), (_, other)| one.total_cmp(other))
}

/// Returns how alike samples are to a recording at each of these places where it is long enough.
fn alike_at(
    samples: &[i16],
    recording: &[i16],
    places: impl Iterator<Item = usize>,
) -> impl Iterator<Item = (usize, f64)> {
    let own = product(samples, samples);
    places.filter_map(move |place| {
        let there = recording.get(place..place + samples.len())?;
        let powers = own * product(there, there);
        Some((place, product(samples, there) / powers.sqrt().max(1.0)))
    })
}

fn product(one: &[i16], other: &[i16]) -> f64 {
    let pairs = one.iter().zip(other);
    pairs
        .map(|(one, other)| f64::from(*one) * f64::from(*other))
        .sum()
}

#[test]
fn a_sound_is_found_where_it_is_and_nowhere_else() {
    let mut recording = vec![7; 3_000];
    recording.extend(tune(1, 500));
    recording.extend(vec![-5; 2_000]);
    assert!(likeness(&tune(1, 500), &recording) > 0.999);
    assert!(likeness(&tune(2, 500), &recording) < 0.8);
}

#[test]
fn a_section_whose_beginning_is_torn_is_found_where_it_is() {
    let section = &tune(1, 1_000)[..SECTION];
    let mut torn = [vec![7; 3_000], tune(1, 1_000), vec![7; 3_000]].concat();
    torn[3_000..3_000 + PROBE].fill(0);
    let (place, alike) = best(section, &torn, 0..=9_000).unwrap();
    assert_eq!(place, 3_000);
    assert!(alike > 0.9);
}

#[test]
fn a_sound_that_comes_late_in_its_middle_is_the_same_and_one_that_is_cut_is_not() {
    let sound = tune(1, 2_000);
    let (first, rest) = sound.split_at(4_000);
    let late = [first, &[0; 160], rest].concat();
    assert!(likeness(&sound, &late) > 0.97);
    assert!(likeness(&sound, first) < 0.5);
    assert!(likeness(&sound, &[]) < 0.1);
}
