//! The keys that sign checkpoints and evidence files, in a file of their own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use savin_shared::hash::{hex, unhex};
use savin_shared::pii::Secret;
use savin_shared::sign::SigningKey;
use serde::Deserialize;

use super::{Log, NotaryError};
use crate::evidence::note::{NoteKey, NoteSigner};
use crate::private_file;

/// The file in the data folder.
const KEY_FILE: &str = "evidence.key";

/// The folder beside it in which checkpoints are published.
pub(super) const PUBLISHED: &str = "evidence";

/// The version of the key file.
const VERSION: u32 = 1;

/// The keys, each named after its log.
#[derive(Debug)]
pub struct Keys {
    registry: NoteSigner,
    vault: NoteSigner,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    version: u32,
    origin: String,
    registry: Secret<String>,
    vault: Secret<String>,
}

impl Keys {
    /// Says whether a data folder has a file of keys.
    #[must_use]
    pub fn are_in(data: &Path) -> bool {
        data.join(KEY_FILE).exists()
    }

    /// Loads the keys, or makes them where nothing was signed yet; `site` is the hub's public
    /// address, after which the logs are named for good.
    ///
    /// # Errors
    /// Returns [`NotaryError`] when the file cannot be used, or is gone and checkpoints are there.
    pub fn load_or_make(
        data: &Path,
        site: &str,
        random: fn() -> [u8; 16],
    ) -> Result<Self, NotaryError> {
        let file = data.join(KEY_FILE);
        let failed = |cause| NotaryError::File {
            file: file.clone(),
            cause,
        };
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if data.join(PUBLISHED).exists() {
                    return Err(NotaryError::KeyMissing { file });
                }
                let text = made(site, random);
                private_file::write(&file, text.as_bytes()).map_err(failed)?;
                text
            }
            Err(error) => return Err(failed(error)),
        };
        read(&text).ok_or(NotaryError::KeyDamaged { file })
    }

    /// Returns the key of a log.
    #[must_use]
    pub const fn of(&self, log: Log) -> &NoteSigner {
        match log {
            Log::Registry => &self.registry,
            Log::Vault => &self.vault,
        }
    }

    /// Returns the public half of the key of a log.
    #[must_use]
    pub const fn public(&self, log: Log) -> &NoteKey {
        self.of(log).public()
    }
}

/// Returns where checkpoints are published.
pub(super) fn published(data: &Path, log: Log) -> PathBuf {
    data.join(PUBLISHED).join(log.as_str())
}

fn made(site: &str, random: fn() -> [u8; 16]) -> String {
    let host = site.split_once("://").map_or(site, |(_, host)| host);
    let seed = || Secret::new(hex([random(), random()].as_flattened()));
    format!(
        "# Signs the checkpoints of the evidence. Whoever has this file can sign another history.\n\
         version = {VERSION}\norigin = \"{host}/savin\"\nregistry = \"{}\"\nvault = \"{}\"\n",
        seed().reveal(),
        seed().reveal()
    )
}

fn read(text: &str) -> Option<Keys> {
    let file: KeyFile = toml::from_str(text).ok()?;
    let signer = |log: Log, seed: &Secret<String>| {
        let seed: [u8; 32] = unhex(seed.reveal())?.try_into().ok()?;
        let key = SigningKey::from_seed(&seed).ok()?;
        NoteSigner::new(&format!("{}/{log}", file.origin), key).ok()
    };
    if file.version != VERSION {
        return None;
    }
    Some(Keys {
        registry: signer(Log::Registry, &file.registry)?,
        vault: signer(Log::Vault, &file.vault)?,
    })
}

#[cfg(test)]
pub(super) fn for_tests(data: &Path) -> Keys {
    Keys::load_or_make(data, "https://hub.example", || [7; 16]).unwrap()
}

#[cfg(test)]
mod tests {
    use super::{KEY_FILE, Keys, PUBLISHED, for_tests};
    use crate::notary::{Log, NotaryError};

    #[test]
    fn makes_its_keys_once_and_keeps_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let keys = for_tests(folder.path());
        let name = keys.public(Log::Registry).name();
        assert_eq!(name, "hub.example/savin/registry");
        let again = Keys::load_or_make(folder.path(), "https://other.example", || [8; 16]).unwrap();
        for log in Log::ALL {
            assert_eq!(again.public(log), keys.public(log));
        }
    }

    #[test]
    fn makes_none_where_checkpoints_were_published() {
        let folder = tempfile::tempdir().unwrap();
        for_tests(folder.path());
        std::fs::create_dir(folder.path().join(PUBLISHED)).unwrap();
        let file = folder.path().join(KEY_FILE);
        std::fs::remove_file(&file).unwrap();
        let load = || Keys::load_or_make(folder.path(), "https://hub.example", || [7; 16]);
        assert!(matches!(load(), Err(NotaryError::KeyMissing { .. })));
        std::fs::write(&file, "version = 2").unwrap();
        assert!(matches!(load(), Err(NotaryError::KeyDamaged { .. })));
    }
}
