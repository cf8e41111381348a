//! Putting a backup back: what was forgotten since stays forgotten, and what may be told twice says so.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::json;

use super::corrected::Corrected;
use super::decisions::Decisions;
use super::enrolled::Enrolled;
use super::lost::{Lost, is_in_vault, is_parting};
use super::orders::Orders;
use super::published::{self, LogStanding};
use super::registrants::Registrants;
use super::{Manifest, show, sound, stamp};
use crate::app;
use crate::cli::output::Output;
use crate::config::Config;
use crate::notary::Log;
use crate::orders::Databases;
use crate::orders::carrying::complete;
use crate::orders::journal::Journal;
use crate::store::backup::underway::Underway;
use crate::store::backup::{Copy, TableRows, check_place, is_in_use, put_back, soundness};
use crate::store::conn::Tx;
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::registry::{SCHEMA as REGISTRY, restoration};
use crate::store::vault::{SCHEMA as VAULT, trace};
use crate::store::{Place, Store};

/// How soon staff has to look at what a restored hub does not know.
const URGENCY: u8 = 1;

/// Tables of a registry that have rows for good where one has begun.
const DECIDED: [&str; 3] = ["agent", "decision", "staff"];

#[derive(Debug, Args)]
pub(in crate::cli) struct Restore {
    /// The backup's own folder.
    backup: PathBuf,
    /// Put only this one back, where the other is whole.
    #[arg(long, value_enum, value_name = "DATABASE")]
    only: Option<Database>,
    /// Have registrations as the backup has them, and not as they stand in the vault whose place it takes: for one
    /// that somebody has tampered with. Whoever was forgotten since stays so all the same.
    #[arg(long)]
    as_backed_up: bool,
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

    fn places(config: &Config) -> [(&'static str, &Place); 2] {
        Self::ALL.map(|database| (database.name(), database.place(config)))
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
        // Both, whichever is put back: of a damaged one it cannot be told.
        for database in Database::ALL {
            is_free(database, config)?;
        }
        for database in self.wanted() {
            may_replace(database, config, &manifest)?;
        }
        if !config.vault_keys.exists() {
            bail!(
                "{} is missing: put the vault's keys back first, without them nobody can be told",
                config.vault_keys.display()
            );
        }
        undo_what_was_cut_off(config, self.dry_run, output)?;
        let mut behind = self.look(config, &manifest)?;
        if self.dry_run {
            return self.said(&manifest, &behind, &[], output);
        }
        let restored_at = (app::world().wall)();
        app::make_folder(&config.data)?;
        let wanted = self
            .wanted()
            .map(|database| (database.name(), database.place(config)));
        let wanted: Vec<_> = wanted.collect();
        Underway::begin(&config.data, &stamp(restored_at), &wanted)?;
        let moved = match self.put(config, &manifest, &mut behind, restored_at) {
            Ok(moved) => moved,
            Err(failure) => {
                let undone = Underway::undo(&config.data, &Database::places(config));
                undone.with_context(|| format!("{failure:#}; and what was done is not undone"))?;
                return Err(failure);
            }
        };
        Underway::end(&config.data)?;
        self.said(&manifest, &behind, &moved, output)
    }

    /// Puts back what is wanted, and lets it know what can be known; returns where what stood there is now.
    fn put(
        &self,
        config: &Config,
        manifest: &Manifest,
        behind: &mut Behind,
        restored_at: Timestamp,
    ) -> anyhow::Result<Vec<Place>> {
        let is_registry_back = self.is_wanted(Database::Registry);
        if is_registry_back && complete_journal(config, restored_at) {
            behind.orders = Orders::compare(config, &self.backup, manifest)?;
        }
        // Before any database goes back: a hub that starts then has every order.
        let aside = behind.orders.keep(config, restored_at)?;
        let mut moved: Vec<Place> = aside.map(Place::File).into_iter().collect();
        for database in self.wanted() {
            let (copy, place) = (database.copy(manifest), database.place(config));
            let old =
                put_back(copy, &self.backup, place, &stamp(restored_at)).with_context(|| {
                    format!(
                        "failed to put the {} back: both are as they were",
                        database.name()
                    )
                })?;
            for standing in behind.logs.iter().filter(|log| log.log == database.log()) {
                published::set_aside(config, standing)?;
            }
            if let (Database::Vault, Some(registrants)) = (database, &mut behind.registrants) {
                let times = (manifest.made_at, restored_at);
                registrants.keep(config, old.as_ref(), times, is_registry_back)?;
            }
            moved.extend(old);
        }
        behind.catch_up(config, (is_registry_back, restored_at))?;
        tell_staff(config, manifest, behind, restored_at)?;
        Ok(moved)
    }

    /// Looks what the backup lacks of what there is here.
    fn look(&self, config: &Config, manifest: &Manifest) -> anyhow::Result<Behind> {
        let is_vault_back = self.is_wanted(Database::Vault);
        let is_registry_back = self.is_wanted(Database::Registry);
        let (registry, made_at) = (&config.registry, manifest.made_at);
        let is_whole = |rows: Vec<TableRows>| {
            soundness::emptied(&rows, &manifest.registry, &DECIDED).is_none()
        };
        let is_registry_sound = check_place(registry, &REGISTRY).is_ok_and(is_whole);
        let decisions = Decisions::since(config, (is_registry_sound, is_registry_back), made_at);
        Ok(Behind {
            orders: Orders::compare(config, &self.backup, manifest)?,
            logs: published::compare(config, &self.backup, manifest)?,
            lost: Lost::of(&decisions, !is_registry_back),
            registrants: is_vault_back.then(|| {
                let copy = (&manifest.vault, made_at);
                Registrants::look(&config.vault, copy, self.as_backed_up)
            }),
            enrolled: is_registry_back
                .then(|| Enrolled::look(is_registry_sound.then_some(registry), &decisions.revoked)),
            corrected: is_registry_back.then(|| Corrected::of(&decisions)),
        })
    }

    fn is_wanted(&self, database: Database) -> bool {
        self.only.is_none_or(|only| only == database)
    }

    fn wanted(&self) -> impl Iterator<Item = Database> {
        Database::ALL
            .into_iter()
            .filter(|database| self.is_wanted(*database))
    }

    fn said(
        &self,
        manifest: &Manifest,
        behind: &Behind,
        moved: &[Place],
        output: &Output,
    ) -> anyhow::Result<()> {
        let moved: Vec<String> = moved.iter().map(named).collect();
        let (to_decide, again) = behind.lost.counts();
        let (registrants, enrolled) = (behind.registrants.as_ref(), behind.enrolled.as_ref());
        if output.is_json() {
            return output.object(&json!({
                "restored": !self.dry_run, "made_at": manifest.made_at, "moved_to": moved,
                "forgotten_since": registrants.and_then(Registrants::forgotten),
                "registrants_taken_over": registrants.and_then(Registrants::taken_over),
                "orders_lacking": behind.orders.lacking(),
                "to_decide_again": to_decide, "decided_again": again,
                "decisions_from_journal": behind.lost.is_from_journal(),
                "agents_kept": enrolled.and_then(Enrolled::changed),
                "corrections_kept_back": behind.corrected.as_ref().and_then(Corrected::kept_back),
                "logs": behind.logs.iter().map(LogStanding::json).collect::<Vec<_>>(),
            }));
        }
        show(manifest, output)?;
        for place in moved {
            output.line(&format!("What stood there before: {place}"))?;
        }
        if let Some(registrants) = registrants {
            output.line(&registrants.said(self.dry_run))?;
        }
        for log in &behind.logs {
            output.line(&log.said())?;
        }
        output.line(&behind.orders.said())?;
        output.line(&behind.lost.said(self.dry_run))?;
        if let Some(enrolled) = enrolled {
            output.line(&enrolled.said(self.dry_run))?;
        }
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
    /// Where the vault is put back.
    registrants: Option<Registrants>,
    /// Where the registry is put back.
    enrolled: Option<Enrolled>,
    corrected: Option<Corrected>,
}

impl Behind {
    /// Lets what was put back know what can be known of it.
    fn catch_up(
        &mut self,
        config: &Config,
        (is_registry_back, now): (bool, Timestamp),
    ) -> anyhow::Result<()> {
        let is_vault_back = self.registrants.is_some();
        let registrants = self.registrants.as_ref();
        let is_taken_over = registrants.is_some_and(Registrants::are_taken_over);
        if is_taken_over {
            self.lost.leave_out(is_in_vault);
        }
        if !is_vault_back {
            look_for_everybody(config)?;
        }
        if let Some(enrolled) = &mut self.enrolled {
            enrolled.take_over(config)?;
        }
        if let Some(corrected) = &mut self.corrected {
            corrected.keep(config, now)?;
            self.lost.leave_out(|made| corrected.holds(made));
        }
        if is_registry_back {
            let asks = is_vault_back && !is_taken_over;
            self.lost.decide_again(config, (asks, now))
        } else if is_taken_over {
            self.lost.leave_out(is_parting);
            Ok(())
        } else {
            self.lost.ask_again(config)
        }
    }

    /// Says what staff has to know.
    fn note(&self) -> String {
        let enrolled = self.enrolled.as_ref();
        let enrolled = enrolled.map_or_else(String::new, |enrolled| enrolled.said(false));
        format!("{} {enrolled}", self.lost.said(false))
            .trim_end()
            .to_owned()
    }
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

/// Undoes a restoration that was cut off: what it left half done is not what stood there before.
fn undo_what_was_cut_off(config: &Config, is_dry_run: bool, output: &Output) -> anyhow::Result<()> {
    if !Underway::is_in(&config.data) {
        return Ok(());
    }
    if is_dry_run {
        bail!("a restoration was cut off: run it again without --dry-run, which undoes that first");
    }
    Underway::undo(&config.data, &Database::places(config))?;
    output.progress("A restoration was cut off before: what it did is undone.");
    Ok(())
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
    Ok(())
}

/// Looks whether nobody has a database open.
fn is_free(database: Database, config: &Config) -> anyhow::Result<()> {
    let (name, place) = (database.name(), database.place(config));
    if is_in_use(place).with_context(|| format!("failed to look at the {name}"))? {
        bail!("the {name} is in use: stop the hub first (systemctl stop savin-hub)");
    }
    Ok(())
}

/// Has the vault, which knows more than the registry that was put back, look for whoever somebody asked about as
/// agents send their records again.
fn look_for_everybody(config: &Config) -> anyhow::Result<()> {
    let vault = Store::open(&config.vault, &VAULT).context("failed to open the vault")?;
    vault
        .write_now("restored", trace::keep)
        .context("failed to note in the vault that the registry was put back")
}

/// Has staff look at what is missing.
fn tell_staff(
    config: &Config,
    manifest: &Manifest,
    behind: &Behind,
    restored_at: Timestamp,
) -> anyhow::Result<()> {
    let registry = app::open_registry(config)?;
    let name = format!("restored:{}", restored_at.as_microsecond());
    let note = note(manifest, behind.registrants.as_ref(), restored_at);
    let note = format!("{note} {}", behind.note());
    let mut tasks = behind.lost.tasks((manifest.made_at, restored_at));
    let corrected = behind.corrected.as_ref();
    tasks.extend(corrected.and_then(|corrected| corrected.task(restored_at)));
    tasks.push(NewTask::of((TaskKind::Other, name), URGENCY, note));
    let registry_of = behind.enrolled.as_ref().map(|_| manifest.made_at);
    let write = move |tx: &mut Tx<'_>| {
        if let Some(made_at) = registry_of {
            restoration::note(tx, made_at, restored_at)?;
        }
        task::open(tx, &tasks, restored_at)
    };
    registry
        .write_now("restored", write)
        .context("failed to note that a backup was put back, for offices and staff")
}

fn note(manifest: &Manifest, registrants: Option<&Registrants>, restored_at: Timestamp) -> String {
    let made_at = manifest.made_at;
    let Some(registrants) = registrants else {
        return format!(
            "The registry of {made_at:.0} was put back at {restored_at:.0}. Agents send again what came \
             since. Look at the facilities that stay behind in `savin-hub status`."
        );
    };
    let known = if registrants.are_taken_over() {
        ""
    } else {
        "Whoever registered, changed a choice or stopped in between is not known here: say so in public and \
         have them register again. "
    };
    format!(
        "A backup of {made_at:.0} was put back at {restored_at:.0}. {known}What was told in between is told again, \
         and says that it may be known already. {}",
        registrants.said(false)
    )
}

fn named(place: &Place) -> String {
    match place {
        Place::File(path) => path.display().to_string(),
        Place::Server { schema, .. } => format!("schema {schema}"),
    }
}
