//! Renders the catalogue: what is missing, and all of a language whose voice is another than before.
//!
//! Beside the files of a language lies a digest of the voice that said them. It is taken away before they are said
//! anew and written when all are, so that a build that was broken off is begun again, and no call mixes two voices
//! for longer than that.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use savin_shared::hash::Hash;

use super::{Catalogue, CatalogueError, Phrase, all, encoded, file, quoted, read, write};
use crate::script::speech::{InEach, Language};
use crate::voice::engine::Engine;
use crate::voice::level::MANNER;

/// Which phrases are rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Those that are missing, and those that another voice said.
    Wanted,
    /// All but those that people recorded: the command itself was replaced.
    All,
}

/// By which voice the files of a language were rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rendered {
    /// There are none.
    Nothing,
    /// By that of the settings.
    ByThis,
    /// By another, or by one of which nothing is known.
    ByAnother,
}

/// What there is to render.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    language: Language,
    /// By which voice what is there was rendered.
    was: Rendered,
    /// The digest of the voice, where all is to be rendered by it.
    anew: Option<Hash>,
    phrases: BTreeSet<Phrase>,
    render: Vec<Phrase>,
    recorded: usize,
}

/// What becomes of building a catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    /// Phrases that are rendered.
    pub rendered: usize,
    /// Phrases that are there already.
    pub kept: usize,
    /// Phrases that people recorded.
    pub recorded: usize,
    /// The languages in which another voice said what was there.
    pub anew: Vec<Language>,
}

impl Plan {
    /// Says what becomes of it.
    #[must_use]
    pub fn built(&self) -> Built {
        let mut built = Built::default();
        for part in &self.parts {
            built.rendered += part.render.len();
            built.recorded += part.recorded;
            built.kept += part.phrases.len() - part.render.len() - part.recorded;
            if part.was == Rendered::ByAnother {
                built.anew.push(part.language);
            }
        }
        built
    }
}

impl Catalogue {
    /// Says by which voice the files of a language were rendered.
    fn rendered(&self, language: Language, engine: &Engine) -> Result<Rendered, CatalogueError> {
        let ours = voice(language, engine).to_string();
        match read(&self.mark(language))? {
            Some(mark) if mark.trim_ascii() == ours.as_bytes() => Ok(Rendered::ByThis),
            Some(_) => Ok(Rendered::ByAnother),
            None if self.has_files(language)? => Ok(Rendered::ByAnother),
            None => Ok(Rendered::Nothing),
        }
    }

    /// Returns the languages in which another voice said what was rendered. It blocks.
    ///
    /// # Errors
    /// Returns [`CatalogueError`] for a file that cannot be read.
    pub fn outdated(&self, engine: &Engine) -> Result<Vec<Language>, CatalogueError> {
        let mut outdated = Vec::new();
        for language in Language::ALL {
            if self.rendered(language, engine)? == Rendered::ByAnother {
                outdated.push(language);
            }
        }
        Ok(outdated)
    }

    /// Finds what there is to render. It blocks.
    ///
    /// # Errors
    /// Returns [`CatalogueError`] for a file that cannot be read.
    pub fn plan(
        &self,
        engine: &Engine,
        messages: &InEach<BTreeSet<String>>,
        extent: Extent,
    ) -> Result<Plan, CatalogueError> {
        let part = |language| self.part(engine, language, (messages.of(language), extent));
        let parts: Result<_, _> = Language::ALL.into_iter().map(part).collect();
        Ok(Plan { parts: parts? })
    }

    fn part(
        &self,
        engine: &Engine,
        language: Language,
        (messages, extent): (&BTreeSet<String>, Extent),
    ) -> Result<Part, CatalogueError> {
        let was = self.rendered(language, engine)?;
        let is_anew = was != Rendered::ByThis || extent == Extent::All;
        let phrases = all(language, messages);
        let (mut render, mut recorded) = (Vec::new(), 0);
        for phrase in &phrases {
            if self.recorded(language, phrase)?.is_some() {
                recorded += 1;
            } else if is_anew || !self.path(language, phrase).exists() {
                render.push(phrase.clone());
            }
        }
        Ok(Part {
            language,
            was,
            anew: is_anew.then(|| voice(language, engine)),
            phrases,
            render,
            recorded,
        })
    }

    /// Renders what was planned, and lists all phrases in `LANGUAGE/phrases.csv`, for whoever records them. It
    /// blocks.
    ///
    /// # Errors
    /// Returns [`CatalogueError`] for a file that cannot be written, or words that cannot be said.
    pub fn build(&self, engine: &Engine, plan: &Plan) -> Result<(), CatalogueError> {
        for part in &plan.parts {
            let language = part.language;
            if part.anew.is_some() {
                self.forget_voice(language)?;
            }
            for phrase in &part.render {
                let said = engine.render(language, &phrase.words);
                let said = said.map_err(|cause| CatalogueError::Say(phrase.name.clone(), cause))?;
                write(&self.path(language, phrase), &encoded(&said))?;
            }
            let mut list = "file,words\n".to_owned();
            for phrase in &part.phrases {
                list.extend([&phrase.name, ",", &quoted(&phrase.words), "\n"]);
            }
            let csv = file(&self.folder, language, "phrases", "csv");
            write(&csv, list.as_bytes())?;
            if let Some(voice) = part.anew {
                write(&self.mark(language), format!("{voice}\n").as_bytes())?;
            }
        }
        Ok(())
    }

    fn forget_voice(&self, language: Language) -> Result<(), CatalogueError> {
        let mark = self.mark(language);
        match fs::remove_file(&mark) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(CatalogueError::File(mark, error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Says whether anything was rendered in a language.
    fn has_files(&self, language: Language) -> Result<bool, CatalogueError> {
        let folder = self.folder.join(language.tag());
        let failed = |error| CatalogueError::File(folder.clone(), error);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let name = entry.map_err(failed)?.path();
            if name.extension().is_some_and(|ending| ending == "ulaw") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn path(&self, language: Language, phrase: &Phrase) -> PathBuf {
        file(&self.folder, language, &phrase.name, "ulaw")
    }

    fn mark(&self, language: Language) -> PathBuf {
        file(&self.folder, language, "voice", "sha256")
    }
}

/// Returns the digest of a voice: the command, the voice that it is told, and what is made of its sound.
fn voice(language: Language, engine: &Engine) -> Hash {
    let said_by = engine.name(language);
    Hash::tagged("savin/voice/1", &[said_by.as_bytes(), &[MANNER]])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::{Built, Extent, Rendered};
    use crate::audio::wav;
    use crate::script::speech::{InEach, Language};
    use crate::voice::catalogue::{Catalogue, Phrase, all};
    use crate::voice::engine::Engine;

    /// A voice whose every phrase is a sound of so many samples.
    fn voice(folder: &Path, length: usize) -> Engine {
        let sound = folder.join(format!("{length}.wav"));
        fs::write(&sound, wav::write(&vec![5_000; length])).unwrap();
        Engine {
            command: vec!["cat".to_owned(), sound.to_string_lossy().into_owned()],
            ..Engine::default()
        }
    }

    fn messages() -> InEach<BTreeSet<String>> {
        InEach {
            english: BTreeSet::new(),
            spanish: BTreeSet::new(),
        }
    }

    fn build(catalogue: &Catalogue, engine: &Engine, extent: Extent) -> Built {
        let plan = catalogue.plan(engine, &messages(), extent).unwrap();
        catalogue.build(engine, &plan).unwrap();
        plan.built()
    }

    fn length(catalogue: &Catalogue, language: Language, words: &str) -> usize {
        let found = catalogue.find(language, &Phrase::of_words(words)).unwrap();
        found.unwrap().len()
    }

    #[test]
    fn renders_what_is_missing_and_everything_once_the_voice_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Catalogue {
            folder: folder.path().join("voice"),
            recordings: None,
        };
        let count = |language| all(language, &BTreeSet::new()).len();
        let phrases = count(Language::English) + count(Language::Spanish);
        let first = voice(folder.path(), 400);
        let english = |engine: &Engine| catalogue.rendered(Language::English, engine).unwrap();
        assert_eq!(english(&first), Rendered::Nothing);
        // A dry run writes nothing.
        let plan = catalogue.plan(&first, &messages(), Extent::Wanted).unwrap();
        assert_eq!(plan.built().rendered, phrases);
        assert!(!catalogue.folder.exists());

        assert_eq!(build(&catalogue, &first, Extent::Wanted).rendered, phrases);
        assert_eq!(english(&first), Rendered::ByThis);
        let lost = Phrase::of_words("January");
        fs::remove_file(catalogue.path(Language::English, &lost)).unwrap();
        let again = build(&catalogue, &first, Extent::Wanted);
        assert_eq!((again.rendered, again.kept), (1, phrases - 1));
        assert!(again.anew.is_empty());
        assert_eq!(build(&catalogue, &first, Extent::All).rendered, phrases);

        let mut second = voice(folder.path(), 500);
        assert_eq!(english(&second), Rendered::ByAnother);
        let built = build(&catalogue, &second, Extent::Wanted);
        assert_eq!(built.anew, Language::ALL);
        assert_eq!(length(&catalogue, Language::Spanish, "enero"), 500);
        // One language is said by another voice: the other one is kept.
        "another".clone_into(&mut second.voices.spanish);
        let built = build(&catalogue, &second, Extent::Wanted);
        assert_eq!(built.anew, [Language::Spanish]);
        assert_eq!(built.kept, count(Language::English));
    }

    #[test]
    fn begins_again_where_it_was_broken_off_or_no_voice_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Catalogue {
            folder: folder.path().join("voice"),
            recordings: None,
        };
        let engine = voice(folder.path(), 400);
        build(&catalogue, &engine, Extent::Wanted);
        let mute = Engine {
            command: vec!["false".to_owned()],
            ..Engine::default()
        };
        let plan = catalogue.plan(&mute, &messages(), Extent::Wanted).unwrap();
        catalogue.build(&mute, &plan).unwrap_err();
        assert_eq!(length(&catalogue, Language::English, "January"), 400);
        for engine in [&mute, &engine] {
            let rendered = catalogue.rendered(Language::English, engine).unwrap();
            assert_eq!(rendered, Rendered::ByAnother);
        }
        // Spanish was not begun.
        let kept = all(Language::Spanish, &BTreeSet::new()).len();
        assert_eq!(build(&catalogue, &engine, Extent::Wanted).kept, kept);
    }
}
