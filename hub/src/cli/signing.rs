//! The key with which a member of staff signs decisions, and its file. Whatever is signed stands in the journal of
//! decisions before anything else is done with it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use savin_shared::hash::{hex, unhex};
use savin_shared::pii::Secret;
use savin_shared::sign::{SigningKey, VerifyingKey};
use serde::Deserialize;

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::decided::entry::{About, Act, Decided};
use crate::decided::{self, IN_ORDERS, Journal};
use crate::journal::signed::Signed;
use crate::private_file;
use crate::store::Store;
use crate::store::registry::decision::{Choice, Decision};
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::staff;
use crate::work::role::Role;

/// The version of the key file.
const VERSION: u32 = 1;

/// Who decides.
#[derive(Debug, Args)]
pub(super) struct SignAs {
    /// The key file of the member of staff who decides, as `savin-hub staff add` made it.
    #[arg(long = "as", env = "SAVIN_STAFF_KEY", value_name = "KEYFILE")]
    key: Option<PathBuf>,
}

impl SignAs {
    /// Loads the key of whoever decides.
    pub(super) fn signer(&self, config: &Config) -> anyhow::Result<Signer> {
        match &self.key {
            Some(path) => Signer::load(config, path),
            None => bail!(
                "a decision is signed: give the key file of whoever decides with --as KEYFILE, or \
                 in SAVIN_STAFF_KEY"
            ),
        }
    }

    /// Loads the key, where one was given.
    pub(super) fn optional(&self, config: &Config) -> anyhow::Result<Option<Signer>> {
        let path = self.key.as_deref();
        path.map(|path| Signer::load(config, path)).transpose()
    }
}

/// A member of staff who signs.
#[derive(Debug)]
pub(super) struct Signer {
    name: String,
    key: SigningKey,
    role: Role,
    notes: Notes,
}

/// Where what is decided is noted.
#[derive(Debug)]
pub(super) struct Notes {
    journal: Journal,
    key: OrderKey,
}

impl Notes {
    /// Opens the journal of decisions.
    pub(super) fn open(config: &Config, registry: &Store) -> anyhow::Result<Self> {
        Ok(Self {
            journal: Journal::of(&config.data),
            key: app::open_order_key(config, registry)?,
        })
    }

    /// Notes what is about to be done.
    pub(super) fn note(&self, act: Act, now: Timestamp) -> anyhow::Result<()> {
        let aside = decided::note(&self.journal, &self.key, act, now).context(
            "nothing was decided, since it could not be noted in the journal of decisions",
        )?;
        if let Some(aside) = aside {
            Output::new(false).progress(&format!(
                "The journal of decisions is damaged and was moved to {}: what it has before the damage is lost if the \
                 registry is lost, too. Make a backup now.",
                aside.display()
            ));
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    version: u32,
    name: String,
    seed: Secret<String>,
}

impl Signer {
    /// Loads a key file, and checks that its owner is a member of staff.
    pub(super) fn load(config: &Config, path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("failed to read the key file {}", path.display()))?;
        let (name, own) = read(&text)
            .with_context(|| format!("{} is not a key file of staff", path.display()))?;
        let key = own.verifying_key();
        let registry = app::open_registry(config)?;
        let known = registry.read_now("signer", move |tx| staff::by_key(tx, &key))?;
        match known {
            Some(row) if row.removed_at.is_none() => Ok(Self {
                name,
                key: own,
                role: row.role,
                notes: Notes::open(config, &registry)?,
            }),
            Some(row) => bail!(
                "{} was removed from staff by {} and decides nothing more",
                row.name,
                row.removed_by.unwrap_or_default()
            ),
            None => bail!(
                "the key in {} is not known here: `savin-hub staff list` shows who is staff",
                path.display()
            ),
        }
    }

    /// Makes a new key and writes its file, which must not be there yet.
    pub(super) fn make(
        config: &Config,
        name: &str,
        role: Role,
        path: &Path,
    ) -> anyhow::Result<Self> {
        let notes = Notes::open(config, &app::open_registry(config)?)?;
        if path.exists() {
            bail!(
                "{} exists: a key that may be in use is not replaced",
                path.display()
            );
        }
        let random = app::world().random;
        let halves = [(random)(), (random)()];
        let seed = Secret::new(hex(halves.as_flattened()));
        let text = format!(
            "# Signs decisions at the SAVIN hub in the name of {name} ({role}). Whoever has this file \
             decides in that name.\nversion = {VERSION}\nname = \"{name}\"\nseed = \"{}\"\n",
            seed.reveal()
        );
        private_file::write(path, text.as_bytes())
            .with_context(|| format!("failed to write {}", path.display()))?;
        let (name, key) = read(&text)?;
        Ok(Self {
            name,
            key,
            role,
            notes,
        })
    }

    /// Returns who signs.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the public half of the key.
    pub(super) fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// Signs a choice that its words say all of.
    pub(super) fn sign(
        &self,
        kind: &'static str,
        subject: &str,
        choice: &str,
        note: &str,
        now: Timestamp,
    ) -> anyhow::Result<Decision> {
        let choice = Choice {
            kind,
            subject,
            choice,
            note,
        };
        self.sign_about(choice, About::Words, now)
    }

    /// Signs a choice, with what the journal is to know of it besides.
    pub(super) fn sign_about(
        &self,
        choice: Choice<'_>,
        about: About,
        now: Timestamp,
    ) -> anyhow::Result<Decision> {
        let kind = choice.kind;
        let least = Role::least_for(kind);
        if self.role < least {
            bail!(
                "{} is {}, and this takes at least the role of {least}",
                self.name,
                self.role
            );
        }
        let decision = Decision::sign(choice, &self.name, now, &self.key);
        if !IN_ORDERS.contains(&kind) {
            let signed = Signed {
                role: self.role,
                decision: decision.clone(),
            };
            let decided = Act::Decided(Box::new(Decided { signed, about }));
            self.notes.note(decided, now)?;
        }
        Ok(decision)
    }
}

/// Reads a key file: whose it is, and the key.
fn read(text: &str) -> anyhow::Result<(String, SigningKey)> {
    // The parser's own message would quote the line, and with it the key.
    let file: KeyFile = toml::from_str(text)
        .map_err(|_| anyhow::Error::msg("it does not hold version, name and seed"))?;
    if file.version != VERSION {
        bail!(
            "its version is {}, and this program knows {VERSION}",
            file.version
        );
    }
    let seed = unhex(file.seed.reveal()).and_then(|seed| <[u8; 32]>::try_from(seed).ok());
    let seed = Secret::new(seed.context("its seed is not 64 hexadecimal digits")?);
    Ok((file.name, SigningKey::from_seed(seed.reveal())?))
}

#[cfg(test)]
mod tests {
    use super::{Signer, read};
    use crate::cli::testing::configured;
    use crate::work::role::Role;

    #[test]
    fn reads_the_key_that_it_made_and_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let config = configured(folder.path());
        let path = folder.path().join("j.key");
        let make = || Signer::make(&config, "j.sample", Role::Operator, &path);
        let made = make().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let (name, key) = read(&text).unwrap();
        assert_eq!(name, "j.sample");
        assert_eq!(key.verifying_key(), made.verifying_key());
        let again = make().unwrap_err();
        assert!(again.to_string().contains("exists"), "{again}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn says_nothing_of_a_damaged_key_file() {
        let text = "version = 1\nname = \"j\"\nseed = \"0123456789abcdef\nx";
        let refused = format!("{:#}", read(text).unwrap_err());
        assert!(!refused.contains("0123"), "{refused}");
        let short = "version = 1\nname = \"j\"\nseed = \"01\"\n";
        let refused = read(short).unwrap_err();
        assert!(refused.to_string().contains("64"), "{refused}");
    }
}
