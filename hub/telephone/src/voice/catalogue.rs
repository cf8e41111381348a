//! The recorded phrases of each language: one file a phrase, in a folder for each language.
//!
//! A phrase's file is named by the beginning of its words and a hash of all of them, so that a
//! recording of other words is never taken for it. Files that people recorded lie in a folder of their
//! own, which comes first and is never written.

pub mod build;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use savin_shared::hash::Hash;
use thiserror::Error;
use tracing::warn;

use super::engine::EngineError;
use super::grammar;
use super::level::level;
use super::phrases;
use crate::audio::Codec;
use crate::audio::wav::{self, WavError};
use crate::script::prompt::Prompt;
use crate::script::speech::{InEach, Language};

/// Characters of a phrase's words in the name of its file.
const NAME_CHARS: usize = 40;

/// Where recordings lie.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// What was rendered: `LANGUAGE/NAME.ulaw`.
    pub folder: PathBuf,
    /// What people recorded: `LANGUAGE/NAME.wav` or `.ulaw`.
    pub recordings: Option<PathBuf>,
}

/// A phrase that has a recording.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Phrase {
    /// The name of its file, without the ending.
    pub name: String,
    /// What it says.
    pub words: String,
}

/// A file that is no recording of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// Why it is none.
    pub reason: String,
}

impl Phrase {
    /// Returns the phrase of a prompt.
    #[must_use]
    pub fn of_prompt(language: Language, prompt: Prompt) -> Self {
        let words = phrases::words(language, prompt);
        Self::named(prompt.key(), words)
    }

    /// Returns the phrase of fixed words.
    #[must_use]
    pub fn of_words(words: &str) -> Self {
        let mut name = String::new();
        for letter in words.chars().take(NAME_CHARS) {
            if letter.is_alphanumeric() {
                name.extend(letter.to_lowercase());
            } else if !name.is_empty() && !name.ends_with('-') {
                name.push('-');
            }
        }
        Self::named(name.trim_end_matches('-'), words)
    }

    fn named(name: &str, words: &str) -> Self {
        let hash = Hash::tagged("savin/phrase/1", &[words.as_bytes()]);
        Self {
            name: format!("{name}-{}", hash.short()),
            words: words.to_owned(),
        }
    }
}

/// Returns every phrase of a language: prompts, the grammar, and the words of messages.
#[must_use]
pub fn all(language: Language, messages: &BTreeSet<String>) -> BTreeSet<Phrase> {
    let prompts = Prompt::ALL.iter();
    let mut phrases: BTreeSet<Phrase> = prompts
        .map(|prompt| Phrase::of_prompt(language, *prompt))
        .collect();
    let words = grammar::vocabulary(language);
    phrases.extend(
        words
            .iter()
            .chain(messages)
            .map(|words| Phrase::of_words(words)),
    );
    phrases
}

impl Catalogue {
    /// Finds the recording of a phrase, as µ-law. It blocks.
    ///
    /// # Errors
    /// Returns [`CatalogueError`] for a file that cannot be read.
    pub fn find(
        &self,
        language: Language,
        phrase: &Phrase,
    ) -> Result<Option<Vec<u8>>, CatalogueError> {
        match self.recorded(language, phrase) {
            Ok(Some(recorded)) => return Ok(Some(recorded)),
            Ok(None) => {}
            // One recording that cannot be used keeps no call from being made.
            Err(failure) => warn!(
                cause = &failure as &dyn std::error::Error,
                "A recording is not used: see `savin-hub check`"
            ),
        }
        read(&file(&self.folder, language, &phrase.name, "ulaw"))
    }

    fn recorded(
        &self,
        language: Language,
        phrase: &Phrase,
    ) -> Result<Option<Vec<u8>>, CatalogueError> {
        let Some(folder) = &self.recordings else {
            return Ok(None);
        };
        let path = file(folder, language, &phrase.name, "wav");
        if let Some(wav) = read(&path)? {
            let samples = wav::read(&wav).map_err(|cause| CatalogueError::Sound(path, cause))?;
            return Ok(Some(encoded(&level(&samples))));
        }
        read(&file(folder, language, &phrase.name, "ulaw"))
    }

    /// Says what is wrong with the files that people recorded, and how many phrases they are of. It blocks.
    ///
    /// # Errors
    /// Returns [`CatalogueError`] where the folder itself cannot be read.
    pub fn look(
        &self,
        messages: &InEach<BTreeSet<String>>,
    ) -> Result<(Vec<Fault>, usize), CatalogueError> {
        let (mut faults, mut recorded) = (Vec::new(), 0);
        let Some(folder) = &self.recordings else {
            return Ok((faults, recorded));
        };
        for language in Language::ALL {
            let folder = folder.join(language.tag());
            let phrases = all(language, messages.of(language));
            let failed = |error| CatalogueError::File(folder.clone(), error);
            let mut files = Vec::new();
            match fs::read_dir(&folder) {
                Ok(entries) => {
                    for entry in entries {
                        files.push(entry.map_err(failed)?.path());
                    }
                }
                // Nobody has recorded anything in it yet.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(error)),
            }
            files.sort();
            for path in files {
                let is_of =
                    |phrase: &&Phrase| path.file_stem().is_some_and(|stem| *stem == *phrase.name);
                match self.fault(language, &path, phrases.iter().find(is_of)) {
                    Some(reason) => faults.push(Fault { path, reason }),
                    None => recorded += 1,
                }
            }
        }
        Ok((faults, recorded))
    }

    fn fault(&self, language: Language, path: &Path, phrase: Option<&Phrase>) -> Option<String> {
        let ending = path.extension().and_then(std::ffi::OsStr::to_str);
        if !matches!(ending, Some("wav" | "ulaw")) {
            return Some("only .wav and .ulaw are read".to_owned());
        }
        let Some(phrase) = phrase else {
            return Some("no phrase has this name: `savin-hub voice list` shows all".to_owned());
        };
        match self.recorded(language, phrase) {
            Ok(Some(sound)) if sound.is_empty() => {
                Some("there is nothing to hear in it".to_owned())
            }
            Ok(_) => None,
            Err(CatalogueError::Sound(_, reason)) => Some(reason.to_string()),
            Err(CatalogueError::File(_, reason)) => Some(reason.to_string()),
            Err(failure @ CatalogueError::Say(..)) => Some(failure.to_string()),
        }
    }
}

/// Returns samples as a line carries them.
#[must_use]
pub fn encoded(samples: &[i16]) -> Vec<u8> {
    let encode = |sample: &i16| Codec::Mulaw.encode(*sample);
    samples.iter().map(encode).collect()
}

/// Reads a file that may not be there.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, CatalogueError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CatalogueError::File(path.to_owned(), error)),
    }
}

/// Writes a file whole, or not at all: calls may read it at any time.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), CatalogueError> {
    let failed = |error| CatalogueError::File(path.to_owned(), error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    // Two that render the same write the same.
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    fs::write(&beside, bytes).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}

/// Keeps a folder from holding more than so many files: the oldest go. What is gone is only made anew.
pub(super) fn bound(folder: &Path, files_max: usize) -> Result<(), CatalogueError> {
    let failed = |error| CatalogueError::File(folder.to_owned(), error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // One that another thread has put away meanwhile needs no place.
        if let Ok(about) = entry.metadata() {
            files.push((about.modified().map_err(failed)?, entry.path()));
        }
    }
    let over = files.len().saturating_sub(files_max);
    files.sort();
    for (_, path) in files.into_iter().take(over) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn file(folder: &Path, language: Language, name: &str, ending: &str) -> PathBuf {
    folder.join(language.tag()).join(format!("{name}.{ending}"))
}

fn quoted(words: &str) -> String {
    format!("\"{}\"", words.replace('"', "\"\""))
}

/// Why a catalogue could not be used.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// A file could not be read or written.
    #[error("use {0}")]
    File(PathBuf, #[source] io::Error),
    /// A recording is none.
    #[error("use {0}")]
    Sound(PathBuf, #[source] WavError),
    /// A phrase could not be said.
    #[error("render the phrase {0}")]
    Say(String, #[source] EngineError),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Phrase, all};
    use crate::script::speech::Language;

    #[test]
    fn names_a_file_by_what_it_says() {
        let phrase = Phrase::of_words("was released from");
        assert_eq!(phrase.name, "was-released-from-e6444bbf");
        assert_ne!(phrase, Phrase::of_words("was released from."));
        assert!(
            Phrase::of_words("quedó en libertad")
                .name
                .starts_with("quedó-en-libertad-")
        );
    }

    #[test]
    fn gives_no_two_phrases_the_same_file() {
        for language in Language::ALL {
            let messages = ["1".to_owned(), "was released from".to_owned()];
            let phrases = all(language, &messages.into());
            let names: BTreeSet<String> = phrases
                .iter()
                .map(|phrase| phrase.name.to_lowercase())
                .collect();
            assert_eq!(names.len(), phrases.len());
            assert!(phrases.len() > 150, "{}", phrases.len());
        }
    }
}
