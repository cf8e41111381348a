//! Putting a backup back: what was forgotten since stays forgotten, and what may be told twice says so.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::json;

use super::lost::Lost;
use super::orders::Orders;
use super::published::{self, LogStanding};
use super::{Manifest, show, sound, stamp};
use crate::app;
use crate::cli::output::Output;
use crate::config::Config;
use crate::ids::RegistrantId;
use crate::notary::Log;
use crate::orders::Databases;
use crate::orders::carrying::complete;
use crate::orders::journal::Journal;
use crate::store::backup::{Copy, is_in_use, put_back};
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::vault::{SCHEMA as VAULT, registrant, restoration, trace};
use crate::store::{Place, Store};

/// How soon staff has to look at what a restored hub does not know.
const URGENCY: u8 = 1;

#[derive(Debug, Args)]
pub(in crate::cli) struct Restore {
    /// The backup's own folder.
    backup: PathBuf,
    /// Put only this one back, where the other is whole.
    #[arg(long, value_enum, value_name = "DATABASE")]
    only: Option<Database>,
    /// Check the backup and say what would happen; change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    /// Who registered, and what they were told.
    Vault,
    /// What the agents sent.
    Registry,
}

impl Database {
    const ALL: [Self; 2] = [Self::Vault, Self::Registry];

    const fn name(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::Registry => "registry",
        }
    }

    const fn place(self, config: &Config) -> &Place {
        match self {
            Self::Vault => &config.vault,
            Self::Registry => &config.registry,
        }
    }

    const fn log(self) -> Log {
        match self {
            Self::Vault => Log::Vault,
            Self::Registry => Log::Registry,
        }
    }

    const fn copy(self, manifest: &Manifest) -> &Copy {
        match self {
            Self::Vault => &manifest.vault,
            Self::Registry => &manifest.registry,
        }
    }
}

impl Restore {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let manifest = sound(&self.backup)?;
        for database in self.wanted() {
            may_replace(database, config, &manifest)?;
        }
        if !config.vault_keys.exists() {
            bail!(
                "{} is missing: put the vault's keys back first, without them nobody can be told",
                config.vault_keys.display()
            );
        }
        let is_registry_back = self.is_wanted(Database::Registry);
        let mut behind = Behind {
            orders: Orders::compare(config, &self.backup, &manifest)?,
            logs: published::compare(config, &self.backup, &manifest)?,
            lost: Lost::since(&config.registry, manifest.made_at, !is_registry_back),
        };
        let gone = self
            .is_wanted(Database::Vault)
            .then(|| Forgotten::since(&config.vault, manifest.made_at));
        if self.dry_run {
            return self.said(&manifest, (gone.as_ref(), &behind), &[], output);
        }
        let restored_at = (app::world().wall)();
        app::make_folder(&config.data)?;
        if is_registry_back && complete_journal(config, restored_at) {
            behind.orders = Orders::compare(config, &self.backup, &manifest)?;
        }
        // Before any database goes back: a hub that starts then has every order.
        let aside = behind.orders.keep(config, restored_at)?;
        let mut moved: Vec<Place> = aside.map(Place::File).into_iter().collect();
        for database in self.wanted() {
            let (copy, place) = (database.copy(&manifest), database.place(config));
            let old = put_back(copy, &self.backup, place, &stamp(restored_at)).with_context(|| {
                let name = database.name();
                format!("failed to put the {name} back; once that is mended, run again with --only {name}")
            })?;
            moved.extend(old);
            for standing in behind.logs.iter().filter(|log| log.log == database.log()) {
                published::set_aside(config, standing)?;
            }
            if let (Database::Vault, Some(gone)) = (database, &gone) {
                keep_forgotten(config, gone, manifest.made_at, restored_at)?;
            }
        }
        if !self.is_wanted(Database::Vault) {
            look_for_everybody(config)?;
        }
        if is_registry_back {
            let of = (self.is_wanted(Database::Vault), restored_at);
            behind.lost.decide_again(config, of)?;
        } else {
            behind.lost.ask_again(config)?;
        }
        self.tell_staff(
            config,
            &manifest,
            (gone.as_ref(), &behind.lost),
            restored_at,
        )?;
        self.said(&manifest, (gone.as_ref(), &behind), &moved, output)
    }

    fn is_wanted(&self, database: Database) -> bool {
        self.only.is_none_or(|only| only == database)
    }

    fn wanted(&self) -> impl Iterator<Item = Database> {
        Database::ALL
            .into_iter()
            .filter(|database| self.is_wanted(*database))
    }

    /// Has staff look at what is missing.
    fn tell_staff(
        &self,
        config: &Config,
        manifest: &Manifest,
        (gone, lost): (Option<&Forgotten>, &Lost),
        restored_at: Timestamp,
    ) -> anyhow::Result<()> {
        let registry = app::open_registry(config)?;
        let task = NewTask::of(
            (
                TaskKind::Other,
                format!("restored:{}", restored_at.as_microsecond()),
            ),
            URGENCY,
            format!("{} {}", note(manifest, gone, restored_at), lost.said(false)),
        );
        let mut tasks = lost.tasks(restored_at);
        tasks.push(task);
        registry
            .write_now("restored", move |tx| task::open(tx, &tasks, restored_at))
            .context("failed to open a task for staff")
    }

    fn said(
        &self,
        manifest: &Manifest,
        (gone, behind): (Option<&Forgotten>, &Behind),
        moved: &[Place],
        output: &Output,
    ) -> anyhow::Result<()> {
        let moved: Vec<String> = moved.iter().map(named).collect();
        let (to_decide, again) = behind.lost.counts();
        if output.is_json() {
            return output.object(&json!({
                "restored": !self.dry_run, "made_at": manifest.made_at, "moved_to": moved,
                "forgotten_since": gone.and_then(|gone| gone.since.as_ref()).map(Vec::len),
                "orders_lacking": behind.orders.lacking(),
                "to_decide_again": to_decide, "decided_again": again,
                "logs": behind.logs.iter().map(LogStanding::json).collect::<Vec<_>>(),
            }));
        }
        show(manifest, output)?;
        for place in moved {
            output.line(&format!("What stood there before: {place}"))?;
        }
        if let Some(gone) = gone {
            output.line(&gone.said())?;
        }
        for log in &behind.logs {
            output.line(&log.said())?;
        }
        output.line(&behind.orders.said())?;
        output.line(&behind.lost.said(self.dry_run))?;
        output.line(if self.dry_run {
            "Nothing was changed."
        } else {
            "Put back. Start the hub: agents send again what it no longer knows, and a task tells staff \
             what is missing."
        })
    }
}

/// What the backup lacks of what there was here.
struct Behind {
    orders: Orders,
    logs: Vec<LogStanding>,
    lost: Lost,
}

/// Adds to the journal of orders what the registry that is about to be moved aside has and it lacks: with the journal
/// lost, nothing else would seal again who was sealed since. Says whether it could.
fn complete_journal(config: &Config, now: Timestamp) -> bool {
    let is_there = !matches!(&config.registry, Place::File(path) if !path.exists());
    let complete = || -> anyhow::Result<bool> {
        let Some(key) = app::order_key_of(config)? else {
            return Ok(false);
        };
        let (registry, vault) = (app::open_registry(config)?, app::open_vault(config)?);
        let journal = Journal::of(&config.data);
        let databases = Databases {
            registry: &registry,
            vault: &vault,
            key: &key,
            journal: &journal,
        };
        complete(databases, now)?;
        Ok(true)
    };
    // A registry that is put back because it is damaged may say nothing, and the journal alone counts then.
    is_there && complete().unwrap_or(false)
}

/// Looks whether a database may be replaced by its copy.
fn may_replace(database: Database, config: &Config, manifest: &Manifest) -> anyhow::Result<()> {
    let (name, place) = (database.name(), database.place(config));
    let (here, there) = (place.engine(), database.copy(manifest).engine);
    if here != there {
        bail!(
            "the {name} in the backup is for {}, and this hub's is on {}: restore it into a hub with that \
             store",
            there.as_str(),
            here.as_str()
        );
    }
    if is_in_use(place).with_context(|| format!("failed to look at the {name}"))? {
        bail!("the {name} is in use: stop the hub first (systemctl stop savin-hub)");
    }
    Ok(())
}

/// Forgets again who had asked for it since, before anything else is done with the vault, and notes from
/// when on she may hear something twice.
fn keep_forgotten(
    config: &Config,
    gone: &Forgotten,
    made_at: Timestamp,
    restored_at: Timestamp,
) -> anyhow::Result<()> {
    let since = gone.since.clone().unwrap_or_default();
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
    app::open_vault(config).map(|_| ())
}

/// Has the vault, which knows more than the registry that was put back, look for whoever somebody asked about as
/// agents send their records again.
fn look_for_everybody(config: &Config) -> anyhow::Result<()> {
    let vault = Store::open(&config.vault, &VAULT).context("failed to open the vault")?;
    vault
        .write_now("restored", trace::keep)
        .context("failed to note in the vault that the registry was put back")
}

/// Who was forgotten since the backup was made; none where the vault that stands there cannot say.
struct Forgotten {
    since: Option<Vec<(RegistrantId, Timestamp)>>,
}

impl Forgotten {
    /// Asks the vault that is about to be moved aside.
    fn since(vault: &Place, since: Timestamp) -> Self {
        let is_there = !matches!(vault, Place::File(path) if !path.exists());
        let read = is_there.then(|| Store::open(vault, &VAULT)).transpose();
        let since = read.ok().flatten().and_then(|store| {
            let read = store.read_now("forgotten", move |tx| {
                restoration::forgotten_since(tx, since)
            });
            read.ok()
        });
        Self { since }
    }

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

fn note(manifest: &Manifest, gone: Option<&Forgotten>, restored_at: Timestamp) -> String {
    let made_at = manifest.made_at;
    gone.map_or_else(
        || {
            format!(
                "The registry of {made_at:.0} was put back at {restored_at:.0}. Agents send again what came \
                 since. Look at the facilities that stay behind in `savin-hub status`."
            )
        },
        |gone| {
            format!(
                "A backup of {made_at:.0} was put back at {restored_at:.0}. Whoever registered, changed a \
                 choice or stopped in between is not known here: say so in public and have them register \
                 again. What was told in between is told again, and says that it may be known already. {}",
                gone.said()
            )
        },
    )
}

fn named(place: &Place) -> String {
    match place {
        Place::File(path) => path.display().to_string(),
        Place::Server { schema, .. } => format!("schema {schema}"),
    }
}
