//! Sound as a telephone carries it: 8,000 samples a second, 16 bits, one channel, companded to 8 bits
//! on the line (ITU-T G.711).

pub mod tone;
pub mod wav;

/// Samples of a second on every line.
pub const SAMPLES_PER_SECOND: u32 = 8_000;

/// Samples of a packet: 20 ms.
pub const FRAME_SAMPLES: usize = 160;

/// A packet's sound, as samples.
pub type Frame = [i16; FRAME_SAMPLES];

/// What µ-law adds to a sample before it takes the logarithm (G.711, table 2).
const BIAS: u32 = 132;

/// The loudest sample that µ-law tells apart.
const CLIP: u32 = 32_635;

/// The two companding laws of G.711. In North America lines carry µ-law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// µ-law.
    Mulaw,
    /// A-law.
    Alaw,
}

impl Codec {
    /// Returns the payload type that RFC 3551 gives it.
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Mulaw => 0,
            Self::Alaw => 8,
        }
    }

    /// Returns its name in a session description.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mulaw => "PCMU",
            Self::Alaw => "PCMA",
        }
    }

    /// Returns the 8 bits of a sample.
    #[must_use]
    pub const fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Mulaw => mulaw(sample),
            Self::Alaw => alaw(sample),
        }
    }

    /// Returns the sample that 8 bits stand for.
    #[must_use]
    pub fn decode(self, code: u8) -> i16 {
        let (is_negative, magnitude) = match self {
            Self::Mulaw => from_mulaw(code),
            Self::Alaw => from_alaw(code),
        };
        // At most 32,256, which is below the limit.
        let magnitude = i16::try_from(magnitude).unwrap_or(i16::MAX);
        if is_negative { -magnitude } else { magnitude }
    }
}

const fn mulaw(sample: i16) -> u8 {
    let loudness = sample.unsigned_abs() as u32;
    let magnitude = if loudness > CLIP { CLIP } else { loudness } + BIAS;
    let segment = magnitude.ilog2() - 7;
    let step = (magnitude >> (segment + 3)) & 0x0F;
    let sign = if sample < 0 { 0x80 } else { 0 };
    let [.., low] = (sign | (segment << 4) | step).to_be_bytes();
    !low
}

fn from_mulaw(code: u8) -> (bool, u16) {
    let code = !code;
    let step = u16::from(code & 0x0F);
    let segment = (code >> 4) & 0x07;
    (code & 0x80 != 0, (((step << 3) + 132) << segment) - 132)
}

const fn alaw(sample: i16) -> u8 {
    let magnitude = if sample < 0 { !sample } else { sample }.unsigned_abs() as u32 >> 3;
    let segment = if magnitude < 32 {
        0
    } else {
        magnitude.ilog2() - 4
    };
    let shift = if segment < 2 { 1 } else { segment };
    let [.., low] = ((segment << 4) | ((magnitude >> shift) & 0x0F)).to_be_bytes();
    low ^ if sample < 0 { 0x55 } else { 0xD5 }
}

fn from_alaw(code: u8) -> (bool, u16) {
    let code = code ^ 0x55;
    let step = u16::from(code & 0x0F) << 4;
    let magnitude = match (code >> 4) & 0x07 {
        0 => step + 8,
        segment => (step + 0x108) << (segment - 1),
    };
    (code & 0x80 == 0, magnitude)
}

#[cfg(test)]
mod tests {
    use super::Codec;

    #[test]
    fn companded_as_the_standard_says() {
        let mulaw = [
            (0, 0xFF),
            (-1, 0x7F),
            (i16::MAX, 0x80),
            (i16::MIN, 0x00),
            (1_000, 0xCE),
        ];
        for (sample, code) in mulaw {
            assert_eq!(Codec::Mulaw.encode(sample), code, "µ-law of {sample}");
        }
        let alaw = [(0, 0xD5), (-1, 0x55), (i16::MAX, 0xAA), (i16::MIN, 0x2A)];
        for (sample, code) in alaw {
            assert_eq!(Codec::Alaw.encode(sample), code, "A-law of {sample}");
        }
        assert_eq!(Codec::Mulaw.decode(0x00), -32_124);
        assert_eq!(Codec::Mulaw.decode(0x80), 32_124);
        assert_eq!(Codec::Alaw.decode(0xAA), 32_256);
        assert_eq!(Codec::Alaw.decode(0x2A), -32_256);
    }

    #[test]
    fn every_code_comes_back_from_its_sample() {
        for code in 0..=u8::MAX {
            assert_eq!(Codec::Alaw.encode(Codec::Alaw.decode(code)), code);
            // µ-law has two zeros.
            let expected = if code == 0x7F { 0xFF } else { code };
            assert_eq!(Codec::Mulaw.encode(Codec::Mulaw.decode(code)), expected);
        }
    }

    #[test]
    fn a_sample_comes_back_within_the_step_of_its_loudness() {
        for codec in [Codec::Mulaw, Codec::Alaw] {
            for sample in i16::MIN..=i16::MAX {
                let back = i32::from(codec.decode(codec.encode(sample)));
                let allowed = (i32::from(sample).abs() / 16).max(16)
                    + 650 * i32::from(sample.unsigned_abs() > 32_000);
                assert!(
                    (back - i32::from(sample)).abs() <= allowed,
                    "{codec:?} {sample} {back}"
                );
            }
        }
    }
}
