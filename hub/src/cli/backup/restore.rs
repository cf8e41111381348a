//! Putting a backup back: what was forgotten since stays forgotten, and what may be told twice says so.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::{Manifest, show, sound, stamp};
use crate::app;
use crate::cli::output::Output;
use crate::config::Config;
use crate::ids::RegistrantId;
use crate::store::backup::{is_in_use, put_back};
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::vault::{SCHEMA as VAULT, registrant, restoration};
use crate::store::{Place, Store};

/// How soon staff has to look at what a restored hub does not know.
const URGENCY: u8 = 1;

#[derive(Debug, Args)]
pub(in crate::cli) struct Restore {
    /// The backup's own folder.
    backup: PathBuf,
    /// Check the backup and say what would happen; change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Restore {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let manifest = sound(&self.backup)?;
        let places = [
            ("vault", &config.vault, &manifest.vault),
            ("registry", &config.registry, &manifest.registry),
        ];
        for (name, place, copy) in places {
            let (here, there) = (place.engine(), copy.engine);
            if here != there {
                bail!(
                    "the {name} in the backup is for {}, and this hub's is on {}: restore it into a hub with \
                     that store",
                    there.as_str(),
                    here.as_str()
                );
            }
            if is_in_use(place).with_context(|| format!("failed to look at the {name}"))? {
                bail!("the {name} is in use: stop the hub first (systemctl stop savin-hub)");
            }
        }
        if !config.vault_keys.exists() {
            bail!(
                "{} is missing: put the vault's keys back first, without them nobody can be told",
                config.vault_keys.display()
            );
        }
        let gone = forgotten(&config.vault, manifest.made_at);
        if self.dry_run {
            return self.said(&manifest, &gone, &[], output);
        }
        let restored_at = (app::world().wall)();
        let aside = stamp(restored_at);
        app::make_folder(&config.data)?;
        let mut moved = Vec::new();
        for (name, place, copy) in places {
            let old = put_back(copy, &self.backup, place, &aside)
                .with_context(|| format!("failed to put the {name} back"))?;
            moved.extend(old);
        }
        self.settle(config, &manifest, &gone, restored_at)?;
        self.said(&manifest, &gone, &moved, output)
    }

    /// Forgets who had asked for it, and has staff look at what is missing.
    fn settle(
        &self,
        config: &Config,
        manifest: &Manifest,
        gone: &Forgotten,
        restored_at: Timestamp,
    ) -> anyhow::Result<()> {
        let (made_at, since) = (manifest.made_at, gone.since.clone().unwrap_or_default());
        let vault = Store::open(&config.vault, &VAULT).context("failed to open the vault")?;
        vault
            .write_now("restored", move |tx| {
                for (registrant, at) in &since {
                    registrant::forget(tx, *registrant, *at)?;
                }
                restoration::note(tx, made_at, restored_at)
            })
            .context("failed to keep who is forgotten")?;
        // The keys are compared before anybody relies on this vault.
        drop(vault);
        app::open_vault(config)?;
        let note = note(manifest, gone, restored_at);
        let registry = app::open_registry(config)?;
        let task = NewTask {
            kind: TaskKind::Other,
            subject: format!("restored:{}", restored_at.as_microsecond()),
            facility: None,
            person: None,
            other: None,
            record: None,
            event: None,
            urgency: URGENCY,
            due_at: None,
            note,
        };
        registry
            .write_now("restored", move |tx| {
                task::open(tx, std::slice::from_ref(&task), restored_at)
            })
            .context("failed to open a task for staff")
    }

    fn said(
        &self,
        manifest: &Manifest,
        gone: &Forgotten,
        moved: &[Place],
        output: &Output,
    ) -> anyhow::Result<()> {
        let moved: Vec<String> = moved.iter().map(named).collect();
        if output.is_json() {
            return output.object(&json!({
                "restored": !self.dry_run, "made_at": manifest.made_at, "moved_to": moved,
                "forgotten_since": gone.since.as_ref().map(Vec::len),
            }));
        }
        show(manifest, output)?;
        for place in moved {
            output.line(&format!("What stood there before: {place}"))?;
        }
        output.line(&gone.said())?;
        output.line(if self.dry_run {
            "Nothing was changed."
        } else {
            "Put back. Start the hub: agents send again what it no longer knows, and a task tells staff \
             what is missing."
        })
    }
}

/// Who was forgotten since the backup was made, as far as that is known.
struct Forgotten {
    since: Option<Vec<(RegistrantId, Timestamp)>>,
}

impl Forgotten {
    fn said(&self) -> String {
        match &self.since {
            Some(since) => format!(
                "Forgotten since it was made, and kept so: {} registrants.",
                since.len()
            ),
            None => "The vault that stands there cannot be read: who asked to be forgotten since is not \
                     known."
                .to_owned(),
        }
    }
}

/// Asks the vault that is about to be moved aside.
fn forgotten(vault: &Place, since: Timestamp) -> Forgotten {
    let is_there = !matches!(vault, Place::File(path) if !path.exists());
    let read = is_there
        .then(|| Store::open(vault, &VAULT))
        .transpose()
        .ok()
        .flatten();
    let since = read.and_then(|store| {
        let read = store.read_now("forgotten", move |tx| {
            restoration::forgotten_since(tx, since)
        });
        read.ok()
    });
    Forgotten { since }
}

fn note(manifest: &Manifest, gone: &Forgotten, restored_at: Timestamp) -> String {
    format!(
        "A backup of {:.0} was put back at {restored_at:.0}. Whoever registered, changed a choice or \
         stopped in between is not known here: say so in public and have them register again. What was \
         told in between is told again, and says that it may be known already. {}",
        manifest.made_at,
        gone.said()
    )
}

fn named(place: &Place) -> String {
    match place {
        Place::File(path) => path.display().to_string(),
        Place::Server { schema, .. } => format!("schema {schema}"),
    }
}
