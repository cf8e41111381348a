//! The voice of calls in `hub.toml`.

use std::path::{Path, PathBuf};

use savin_telephone::script::speech::InEach;
use savin_telephone::voice::catalogue::Catalogue;
use savin_telephone::voice::engine::Engine;
use serde::Deserialize;

/// The voice of calls.
#[derive(Debug)]
pub struct Voice {
    /// Where phrases lie.
    pub catalogue: Catalogue,
    /// What says names, and phrases that nobody recorded.
    pub engine: Engine,
    /// Where names lie that were said.
    pub names: PathBuf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct VoiceDocument {
    catalogue: Option<PathBuf>,
    recordings: Option<PathBuf>,
    command: Option<Vec<String>>,
    voices: Option<VoicesDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VoicesDocument {
    en: String,
    es: String,
}

impl VoiceDocument {
    /// Completes the settings: phrases lie beside the databases unless another place is named, and
    /// espeak-ng says names unless another command is.
    pub(super) fn checked(self, base: &Path, data: &Path) -> Voice {
        let shipped = Engine::default();
        let voices = self.voices.map(|voices| InEach {
            english: voices.en,
            spanish: voices.es,
        });
        let folder = self.catalogue.map(|folder| base.join(folder));
        let folder = folder.unwrap_or_else(|| data.join("voice"));
        Voice {
            names: folder.join("names"),
            engine: Engine {
                command: self.command.unwrap_or(shipped.command),
                voices: voices.unwrap_or(shipped.voices),
            },
            catalogue: Catalogue {
                folder,
                recordings: self.recordings.map(|folder| base.join(folder)),
            },
        }
    }
}
