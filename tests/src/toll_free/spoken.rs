//! A voice that writes down what it says, and says each digit as a tone of its own, so that codes can be heard.

use std::path::{Path, PathBuf};

use savin_telephone::audio::{tone::tone, wav};

/// How long each digit sounds, and the pitch of each.
const DIGIT_MS: u32 = 200;
const LOWEST_HZ: u32 = 700;
const STEP_HZ: u32 = 150;

/// Frames within which a code was said twice, with what is said after it: 6 s.
const SAID_TWICE: usize = 300;

/// Samples of a frame: 20 ms.
const FRAME: usize = 160;

/// What the hub's voice was asked to say so far: each phrase once, since the hub keeps its sound.
#[derive(Debug)]
pub struct Said(PathBuf);

impl Said {
    /// Returns all of it, a line each.
    #[must_use]
    pub fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap_or_default()
    }
}

/// Makes a voice; returns the hub's settings of it, and where it writes what it says.
///
/// # Errors
/// Returns the system's error.
pub fn voice(folder: &Path) -> anyhow::Result<(String, Said)> {
    let phrase = folder.join("phrase.wav");
    std::fs::write(&phrase, wav::write(&tone(&[440.0], 60, 8_000.0)))?;
    for digit in 0..10 {
        let pitch = f64::from(LOWEST_HZ + STEP_HZ * digit);
        let sound = wav::write(&tone(&[pitch], DIGIT_MS, 8_000.0));
        std::fs::write(folder.join(format!("{digit}.wav")), sound)?;
    }
    let said = folder.join("said.txt");
    let command = format!(
        "t=$(cat); echo \"$t\" >> {0}; f=\"{1}/$t.wav\"; [ -e \"$f\" ] || f={2}; cat \"$f\"",
        said.display(),
        folder.display(),
        phrase.display()
    );
    let voice = format!("[voice]\ncommand = ['sh', '-c', '{command}']\n");
    Ok((voice, Said(said)))
}

/// Who listens to a code while it is said.
#[derive(Debug, Default)]
pub struct Ear {
    rest: Vec<i16>,
    /// The digit that sounds in each frame, or none.
    sounding: Vec<Option<u32>>,
}

impl Ear {
    /// Hears what comes next. Each frame is looked at once, or whoever listens would fall behind the call.
    pub fn hear(&mut self, samples: &[i16]) {
        self.rest.extend(samples);
        while self.rest.len() >= FRAME {
            let frame: Vec<i16> = self.rest.drain(..FRAME).collect();
            let sounding = (0..10).find(|digit| sounds(&frame, LOWEST_HZ + STEP_HZ * digit));
            self.sounding.push(sounding);
        }
    }

    /// Returns the digits that sounded so far.
    #[must_use]
    pub fn digits(&self) -> String {
        let frames_of_one = (DIGIT_MS / 20) as usize;
        let mut said = String::new();
        let mut runs: Vec<_> = self.sounding.chunk_by(|one, next| one == next).collect();
        // The last may still sound.
        runs.pop_if(|run| run.first().is_some_and(Option::is_some));
        for run in runs {
            if let Some(Some(digit)) = run.first() {
                let times = (run.len() + frames_of_one / 2) / frames_of_one;
                said.push_str(&digit.to_string().repeat(times));
            }
        }
        said
    }

    /// Returns a code that was heard twice, or nothing before both were heard alike.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        let digits = self.digits();
        let (one, two) = digits.split_at_checked(6)?;
        (one == two).then(|| one.to_owned())
    }

    /// Says whether a code must have been said twice by now.
    #[must_use]
    pub const fn is_torn(&self) -> bool {
        self.sounding.len() > SAID_TWICE
    }
}

/// Says whether most of a frame is a tone of this pitch.
fn sounds(frame: &[i16], pitch_hz: u32) -> bool {
    let (mut real, mut imaginary, mut power) = (0.0, 0.0, 1.0);
    for (at, sample) in frame.iter().enumerate() {
        let angle = std::f64::consts::TAU * f64::from(pitch_hz) * at as f64 / 8_000.0;
        let sample = f64::from(*sample);
        real += sample * angle.cos();
        imaginary += sample * angle.sin();
        power += sample * sample;
    }
    let share = 2.0 * (real * real + imaginary * imaginary) / (FRAME as f64 * power);
    power > 1_000_000.0 && share > 0.6
}
