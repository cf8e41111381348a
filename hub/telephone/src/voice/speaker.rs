//! Says whatever a script wants said, as the sound of a line.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use savin_shared::hash::Hash;
use thiserror::Error;
use tracing::warn;

use super::catalogue::{self, Catalogue, CatalogueError, Phrase, encoded};
use super::engine::{Engine, EngineError};
use super::grammar::{self, Piece};
use crate::audio::{Codec, SAMPLES_PER_SECOND};
use crate::script::speech::{Language, Play};

/// Silence between two pieces of a sentence, in milliseconds.
const BETWEEN_MS: u32 = 70;

/// Silence after a sentence, in milliseconds.
const STOP_MS: u32 = 300;

/// Names whose sound is kept in one language, of about 16 kB each: the oldest give way.
const NAMES_MAX: usize = 5_000;

/// The sounds of phrases that were said, by language and name.
type Phrases = BTreeMap<(Language, String), Arc<[u8]>>;

/// Says what scripts want said. One serves all calls.
#[derive(Debug)]
pub struct Speaker {
    catalogue: Catalogue,
    engine: Engine,
    names: PathBuf,
    phrases: Mutex<Phrases>,
}

impl Speaker {
    /// Makes one. Names that were said lie in a folder of their own, by a hash of the name.
    #[must_use]
    pub const fn new(catalogue: Catalogue, engine: Engine, names: PathBuf) -> Self {
        Self {
            catalogue,
            engine,
            names,
            phrases: Mutex::new(BTreeMap::new()),
        }
    }

    /// Says something, as µ-law at 8,000 samples a second. It reads files and may run the command: it
    /// blocks, for at most 10 s a name.
    ///
    /// A name that the command cannot say is spelled.
    ///
    /// # Errors
    /// Returns [`SpeakError`] where fixed words have no recording and cannot be rendered either: what
    /// would be left could say something else.
    pub fn say(&self, play: &Play) -> Result<Vec<u8>, SpeakError> {
        let mut sound = Vec::new();
        for utterance in &play.say {
            for piece in grammar::pieces(play.language, utterance) {
                self.add(&mut sound, play.language, piece)?;
            }
        }
        Ok(sound)
    }

    /// Says something to a line, on a thread that may wait: files are read, and the command that says names
    /// may run.
    ///
    /// # Errors
    /// Returns [`SpeakError`] as [`Self::say`] does, or where that thread fails.
    pub async fn sound(self: &Arc<Self>, play: &Play) -> Result<Arc<[i16]>, SpeakError> {
        let (speaker, play) = (Arc::clone(self), play.clone());
        let saying = tokio::task::spawn_blocking(move || speaker.say(&play));
        let said = saying.await.map_err(|_| SpeakError::Thread)??;
        Ok(said.iter().map(|code| Codec::Mulaw.decode(*code)).collect())
    }

    fn add(&self, sound: &mut Vec<u8>, language: Language, piece: Piece) -> Result<(), SpeakError> {
        let phrase = match piece {
            Piece::Silence(length_ms) => {
                silence(sound, length_ms);
                return Ok(());
            }
            Piece::Prompt(prompt) => Phrase::of_prompt(language, prompt),
            Piece::Words(words) => Phrase::of_words(&words),
            Piece::Name(name) => {
                match self.name(language, name.reveal()) {
                    Ok(said) => join(sound, &said, BETWEEN_MS),
                    Err(cause) => self.spell(sound, language, name.reveal(), &cause)?,
                }
                return Ok(());
            }
            Piece::Private(word) => {
                match self.engine.render(language, word.reveal()) {
                    Ok(said) => join(sound, &encoded(&said), BETWEEN_MS),
                    Err(cause) => self.spell(sound, language, word.reveal(), &cause.into())?,
                }
                return Ok(());
            }
        };
        let stop = if phrase.words.ends_with(['.', '?', ':']) {
            STOP_MS
        } else {
            BETWEEN_MS
        };
        join(sound, &self.phrase(language, phrase)?, stop);
        Ok(())
    }

    fn spell(
        &self,
        sound: &mut Vec<u8>,
        language: Language,
        text: &str,
        cause: &SpeakError,
    ) -> Result<(), SpeakError> {
        warn!(
            cause = cause as &dyn std::error::Error,
            "A name cannot be said and is spelled"
        );
        for letter in grammar::spelled(text) {
            self.add(sound, language, letter)?;
        }
        Ok(())
    }

    /// Returns the sound of a phrase: recorded, rendered before, or rendered now.
    fn phrase(&self, language: Language, phrase: Phrase) -> Result<Arc<[u8]>, SpeakError> {
        let key = (language, phrase.name.clone());
        let kept = || self.phrases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sound) = kept().get(&key) {
            return Ok(Arc::clone(sound));
        }
        let sound: Arc<[u8]> = match self.catalogue.find(language, &phrase)? {
            Some(sound) => sound.into(),
            None => {
                let said = self.engine.render(language, &phrase.words);
                let said = said.map_err(|cause| SpeakError::Phrase(phrase.name, cause))?;
                encoded(&said).into()
            }
        };
        kept().insert(key, Arc::clone(&sound));
        Ok(sound)
    }

    /// Returns the sound of a name: of the catalogue where it has it, as of places, else rendered and
    /// kept for the next call.
    fn name(&self, language: Language, name: &str) -> Result<Vec<u8>, SpeakError> {
        if let Some(sound) = self.catalogue.find(language, &Phrase::of_words(name))? {
            return Ok(sound);
        }
        let engine = self.engine.name(language);
        let hash = Hash::tagged("savin/spoken-name/1", &[engine.as_bytes(), name.as_bytes()]);
        let path = self.names.join(language.tag()).join(format!("{hash}.ulaw"));
        if let Some(sound) = catalogue::read(&path)? {
            return Ok(sound);
        }
        let sound = encoded(&self.engine.render(language, name)?);
        catalogue::write(&path, &sound)?;
        if let Some(folder) = path.parent() {
            catalogue::bound(folder, NAMES_MAX)?;
        }
        Ok(sound)
    }
}

/// Adds a sound and the silence after it.
fn join(sound: &mut Vec<u8>, more: &[u8], silence_ms: u32) {
    sound.extend_from_slice(more);
    silence(sound, silence_ms);
}

fn silence(sound: &mut Vec<u8>, length_ms: u32) {
    let samples = SAMPLES_PER_SECOND / 1_000 * length_ms;
    let quiet = Codec::Mulaw.encode(0);
    sound.extend((0..samples).map(|_| quiet));
}

/// Why something cannot be said.
#[derive(Debug, Error)]
pub enum SpeakError {
    /// A phrase has no recording, and the command does not say it.
    #[error("say the phrase {0}, which is not in the catalogue (savin-hub voice build)")]
    Phrase(String, #[source] EngineError),
    /// A name cannot be said.
    #[error("say a name")]
    Name(#[from] EngineError),
    /// The thread that says it failed.
    #[error("say anything: the thread failed")]
    Thread,
    /// A file cannot be used.
    #[error("use the catalogue of phrases")]
    Catalogue(#[from] CatalogueError),
}

#[cfg(test)]
mod tests;
