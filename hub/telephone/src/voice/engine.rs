//! The text-to-speech command: text on its standard input, a WAV file on its standard output.

use std::io::{self, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use thiserror::Error;

use super::level::level;
use crate::audio::wav::{self, WavError};
use crate::script::speech::{InEach, Language};

/// How long a command may take for one phrase.
const RENDER_TIME: Duration = Duration::from_secs(10);

/// Bytes of a phrase: more is no phrase.
const TEXT_BYTES_MAX: usize = 2_000;

/// Bytes of what a command may answer: a minute at 48 kHz.
const SOUND_BYTES_MAX: u64 = 6_000_000;

/// A text-to-speech command.
#[derive(Debug, Clone)]
pub struct Engine {
    /// The program and its arguments; `{voice}` stands for the voice of the language. The text is
    /// never an argument, which others on the machine could read.
    pub command: Vec<String>,
    /// The voice in each language.
    pub voices: InEach<String>,
}

impl Default for Engine {
    /// Returns the one that Debian has.
    fn default() -> Self {
        let command = [
            "espeak-ng",
            "-v",
            "{voice}",
            "-s",
            "160",
            "--stdin",
            "--stdout",
        ];
        Self {
            command: command.map(str::to_owned).into(),
            voices: InEach {
                // Of the voices of espeak-ng this one is understood best, see the suite `voice`.
                english: "en-us+klatt2".to_owned(),
                spanish: "es-419".to_owned(),
            },
        }
    }
}

impl Engine {
    /// Says a text, as samples of a line. It blocks.
    ///
    /// # Errors
    /// Returns [`EngineError`] when the command cannot be started, fails, is slow, or answers no sound.
    pub fn render(&self, language: Language, text: &str) -> Result<Vec<i16>, EngineError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(EngineError::Long);
        }
        let voice = self.voices.of(language);
        let mut words = self
            .command
            .iter()
            .map(|word| word.replace("{voice}", voice));
        let program = words.next().ok_or(EngineError::None)?;
        let mut child = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(EngineError::Start)?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        if let Some(mut input) = input {
            // A command that ends without reading is told of by how it ends.
            drop(input.write_all(text.as_bytes()));
        }
        let (tell, told) = sync_channel(1);
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = output.map_or(Ok(0), |output| {
                output.take(SOUND_BYTES_MAX).read_to_end(&mut bytes)
            });
            // Nobody listens any more where it was too slow.
            drop(tell.send(read.map(|_| bytes)));
        });
        let answer = told.recv_timeout(RENDER_TIME);
        if answer.is_err() {
            child.kill().map_err(EngineError::Read)?;
        }
        let status = child.wait().map_err(EngineError::Read)?;
        drop(reader.join());
        let bytes = answer.map_err(|_| EngineError::Slow)?;
        let bytes = bytes.map_err(EngineError::Read)?;
        if !status.success() {
            return Err(EngineError::Failed);
        }
        Ok(level(&wav::read(&bytes)?))
    }

    /// Names the command and the voice, by which what it said is told from what another said.
    #[must_use]
    pub fn name(&self, language: Language) -> String {
        format!("{} {}", self.command.join(" "), self.voices.of(language))
    }
}

/// Why a text could not be said.
#[derive(Debug, Error)]
pub enum EngineError {
    /// No command is set.
    #[error("say a text: no text-to-speech command is set")]
    None,
    /// It could not be started.
    #[error("start the text-to-speech command; is it installed?")]
    Start(#[source] io::Error),
    /// What it answered could not be read.
    #[error("read what the text-to-speech command answered")]
    Read(#[source] io::Error),
    /// It ended with an error.
    #[error("say a text: the text-to-speech command ended with an error")]
    Failed,
    /// It took too long.
    #[error("say a text: the text-to-speech command took more than 10 s")]
    Slow,
    /// The text is too long for a phrase.
    #[error("say a text: it is longer than a phrase")]
    Long,
    /// It answered something else than a sound.
    #[error("read the text-to-speech command's sound")]
    Sound(#[from] WavError),
}

#[cfg(test)]
mod tests {
    use super::{Engine, EngineError};
    use crate::script::speech::Language;

    fn engine(command: &[&str]) -> Engine {
        Engine {
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            ..Engine::default()
        }
    }

    #[test]
    fn says_why_nothing_was_said() {
        let said = |command: &[&str]| engine(command).render(Language::English, "Avery");
        assert!(matches!(said(&[]), Err(EngineError::None)));
        assert!(matches!(
            said(&["/no/such/program"]),
            Err(EngineError::Start(_))
        ));
        assert!(matches!(said(&["false"]), Err(EngineError::Failed)));
        assert!(matches!(said(&["cat"]), Err(EngineError::Sound(_))));
    }
}
