//! WAV files: 16 bits, µ-law or A-law, one channel. Prompts are read from them at whatever rate they
//! were recorded, and calls are written to them.

use thiserror::Error;

use super::{Codec, SAMPLES_PER_SECOND, tone};

/// The longest sound that is read: ten minutes at 48 kHz.
const SAMPLES_MAX: usize = 48_000 * 600;

/// Zero crossings of the filter on each side when the rate is changed; more is sharper and slower.
const CROSSINGS: f64 = 8.0;

/// Why a file cannot be read as a WAV.
#[derive(Debug, Error)]
pub enum WavError {
    /// It is something else.
    #[error("read the sound: it is no WAV file")]
    NotWav,
    /// It ends early.
    #[error("read the sound: the WAV file is cut off or has no sound in it")]
    CutOff,
    /// It has several channels.
    #[error("read the sound: it has {0} channels; save it with one (mono)")]
    Channels(u16),
    /// It has another form.
    #[error(
        "read the sound: its format is {format} with {bits} bits; save it as 16-bit PCM or as µ-law"
    )]
    Format {
        /// The number of the format.
        format: u16,
        /// Bits of a sample.
        bits: u16,
    },
    /// Its rate is none of sound.
    #[error("read the sound: {0} samples a second; save it with 8,000 to 48,000")]
    Rate(u32),
    /// It is longer than any prompt.
    #[error("read the sound: it is longer than ten minutes")]
    Long,
}

/// What the file says of its sound.
#[derive(Debug, Clone, Copy)]
struct Format {
    number: u16,
    rate_hz: u32,
    bits: u16,
}

/// Returns the sound of a WAV file, at the rate of a line.
///
/// # Errors
/// Returns [`WavError`] for another file, format or rate.
pub fn read(file: &[u8]) -> Result<Vec<i16>, WavError> {
    let chunks = file
        .strip_prefix(b"RIFF")
        .and_then(|rest| rest.get(4..))
        .and_then(|rest| rest.strip_prefix(b"WAVE"))
        .ok_or(WavError::NotWav)?;
    let format = format(chunk(chunks, b"fmt ").ok_or(WavError::CutOff)?)?;
    let data = chunk(chunks, b"data").ok_or(WavError::CutOff)?;
    let companded = |codec: Codec| data.iter().map(|code| codec.decode(*code)).collect();
    let samples: Vec<i16> = match (format.number, format.bits) {
        (1, 16) => {
            let (pairs, _) = data.as_chunks::<2>();
            pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
        }
        (6, 8) => companded(Codec::Alaw),
        (7, 8) => companded(Codec::Mulaw),
        (format, bits) => return Err(WavError::Format { format, bits }),
    };
    if samples.is_empty() {
        return Err(WavError::CutOff);
    }
    if samples.len() > SAMPLES_MAX {
        return Err(WavError::Long);
    }
    Ok(at_line_rate(samples, format.rate_hz))
}

/// Returns a WAV file of 16 bits with this sound of a line.
#[must_use]
pub fn write(samples: &[i16]) -> Vec<u8> {
    // A sound of more than a day does not fit the header, and readers then read to the file's end.
    let bytes = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut file = Vec::with_capacity(44 + samples.len() * 2);
    file.extend(b"RIFF");
    file.extend((bytes + 36).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    for value in [1_u16, 1] {
        file.extend(value.to_le_bytes());
    }
    file.extend(SAMPLES_PER_SECOND.to_le_bytes());
    file.extend((SAMPLES_PER_SECOND * 2).to_le_bytes());
    for value in [2_u16, 16] {
        file.extend(value.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

/// Finds a chunk; of a sound that was still being written the length is wrong, and its rest counts.
fn chunk<'a>(mut chunks: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    while let Some((name, rest)) = chunks.split_first_chunk::<4>() {
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let body = rest.get(..length).unwrap_or(rest);
        if name == wanted {
            return Some(body);
        }
        // Chunks begin at even places.
        chunks = rest.get(length + length % 2..)?;
    }
    None
}

fn format(chunk: &[u8]) -> Result<Format, WavError> {
    let short = |at: usize| {
        let bytes = chunk.get(at..).and_then(|rest| rest.first_chunk::<2>());
        bytes
            .map(|bytes| u16::from_le_bytes(*bytes))
            .ok_or(WavError::CutOff)
    };
    let rate = chunk.get(4..).and_then(|rest| rest.first_chunk::<4>());
    let rate_hz = u32::from_le_bytes(*rate.ok_or(WavError::CutOff)?);
    if !(8_000..=48_000).contains(&rate_hz) {
        return Err(WavError::Rate(rate_hz));
    }
    let channels = short(2)?;
    if channels != 1 {
        return Err(WavError::Channels(channels));
    }
    // The extensible form says the number of the format later.
    let number = match short(0)? {
        0xFFFE => short(24)?,
        number => number,
    };
    Ok(Format {
        number,
        rate_hz,
        bits: short(14)?,
    })
}

/// Brings a sound to the rate of a line: a windowed sinc that lets pass what a line can carry.
fn at_line_rate(samples: Vec<i16>, rate_hz: u32) -> Vec<i16> {
    if rate_hz == SAMPLES_PER_SECOND {
        return samples;
    }
    let step = f64::from(rate_hz) / f64::from(SAMPLES_PER_SECOND);
    let reach = CROSSINGS * step;
    let mut carried = Vec::new();
    let mut centre = 0.0_f64;
    let mut nearest = 0_usize;
    let mut nearest_at = 0.0_f64;
    while nearest < samples.len() {
        let (mut sum, mut weights) = (0.0, 0.0);
        let (mut index, mut at) = (nearest, nearest_at);
        while index > 0 && centre - (at - 1.0) < reach {
            index -= 1;
            at -= 1.0;
        }
        for sample in samples.iter().skip(index) {
            if at - centre > reach {
                break;
            }
            let weight = filter((at - centre) / step);
            sum += weight * f64::from(*sample);
            weights += weight;
            at += 1.0;
        }
        carried.push(tone::sample(sum / weights));
        centre += step;
        while nearest_at + 0.5 < centre {
            nearest_at += 1.0;
            nearest += 1;
        }
    }
    carried
}

/// The weight of a sample so many samples of the line away.
fn filter(distance: f64) -> f64 {
    if distance.abs() < 1e-9 {
        return 1.0;
    }
    let angle = std::f64::consts::PI * distance;
    let window = (angle / CROSSINGS / 2.0).cos().max(0.0);
    angle.sin() / angle * window * window
}

#[cfg(test)]
mod tests {
    use super::{WavError, read, write};
    use crate::audio::Codec;
    use crate::audio::tone::tone;

    /// A file as another program may write it: an odd chunk before the sound.
    fn file(format: u16, channels: u16, rate_hz: u32, bits: u16, data: &[u8]) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
        file.extend(format.to_le_bytes());
        file.extend(channels.to_le_bytes());
        file.extend(rate_hz.to_le_bytes());
        file.extend([0; 6]);
        file.extend(bits.to_le_bytes());
        file.extend(b"LIST\x03\0\0\0abc\0data");
        file.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        file.extend(data);
        file
    }

    #[test]
    fn reads_what_it_wrote() {
        let samples = tone(&[300.0, 1_100.0], 400, 7_000.0);
        assert_eq!(read(&write(&samples)).unwrap(), samples);
    }

    #[test]
    fn reads_companded_sound() {
        let samples = read(&file(7, 1, 8_000, 8, &[0xFF, 0x80, 0x00])).unwrap();
        assert_eq!(samples, [0, 32_124, -32_124]);
        let samples = read(&file(6, 1, 8_000, 8, &[0xAA])).unwrap();
        assert_eq!(samples, [Codec::Alaw.decode(0xAA)]);
    }

    #[test]
    fn brings_another_rate_to_the_lines() {
        // A tone at 22,050 a second, as a speech synthesiser writes.
        let step = std::f64::consts::TAU * 500.0 / 22_050.0;
        let data: Vec<u8> = (0..22_050)
            .map(|index| super::tone::sample((f64::from(index) * step).sin() * 9_000.0))
            .flat_map(i16::to_le_bytes)
            .collect();
        let samples = read(&file(1, 1, 22_050, 16, &data)).unwrap();
        assert!(
            (7_999..=8_001).contains(&samples.len()),
            "{}",
            samples.len()
        );
        let expected = tone(&[500.0], 1_000, 9_000.0);
        let wrong = samples.iter().zip(&expected).skip(50).take(7_900);
        let wrong = wrong.map(|(one, other)| (i32::from(*one) - i32::from(*other)).abs());
        assert!(wrong.max().unwrap() < 150);
    }

    #[test]
    fn leaves_out_what_a_line_cannot_carry() {
        let step = std::f64::consts::TAU * 9_000.0 / 48_000.0;
        let data: Vec<u8> = (0..48_000)
            .map(|index| super::tone::sample((f64::from(index) * step).sin() * 9_000.0))
            .flat_map(i16::to_le_bytes)
            .collect();
        let samples = read(&file(1, 1, 48_000, 16, &data)).unwrap();
        let middle = samples.iter().skip(100).take(7_800);
        assert!(middle.map(|sample| sample.abs()).max().unwrap() < 100);
    }

    #[test]
    fn says_why_a_file_cannot_be_read() {
        assert!(matches!(read(b"ID3 an MP3"), Err(WavError::NotWav)));
        assert!(matches!(read(b"RIFF\0\0\0\0WAVE"), Err(WavError::CutOff)));
        let two = file(1, 2, 8_000, 16, &[0; 4]);
        assert!(matches!(read(&two), Err(WavError::Channels(2))));
        let float = file(3, 1, 8_000, 32, &[0; 4]);
        let Err(WavError::Format {
            format: 3,
            bits: 32,
        }) = read(&float)
        else {
            panic!("read as sound");
        };
        let slow = file(1, 1, 4_000, 16, &[0; 4]);
        assert!(matches!(read(&slow), Err(WavError::Rate(4_000))));
        let empty = file(1, 1, 8_000, 16, &[]);
        assert!(matches!(read(&empty), Err(WavError::CutOff)));
    }
}
