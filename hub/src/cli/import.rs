//! `import`: files of courts, prosecutors, the Parole Board and the sex offender registry, taken in by hand;
//! `import list`, `import receipt` and `import undo`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use savin_shared::chain::Position;
use savin_shared::clock::ReceivedAt;
use savin_shared::hash::hex;
use savin_shared::ids::{AgencyId, FacilityCode, RecordKey};
use savin_shared::receipt::{self, Receipt};
use serde_json::json;

use super::output::Output;
use super::signing::SignAs;
use crate::app;
use crate::config::Config;
use crate::import::importer::Importer;
use crate::import::kind::ImportKind;
use crate::import::reading::{FileRead, ReadError};
use crate::import::taking::{self, Request};
use crate::import::{Changes, Taken, undo};
use crate::intake::Moment;
use crate::store::Store;
use crate::store::registry::import::{self, ImportId, ImportRow};
use crate::store::registry::log::{self, LoggedAt};
use crate::store::registry::{agency, facility};

/// Bytes of the largest file that is read.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Take in a file, or show and undo what was taken in.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Import {
    #[command(flatten)]
    file: FileArguments,
    #[command(subcommand)]
    command: Option<ImportCommand>,
}

#[derive(Debug, Args)]
struct FileArguments {
    /// The file: CSV, XML, or for court and parole iCalendar. It lists everything each time.
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// What it is: sor (sex offender registry), court, parole or orders (protective orders).
    #[arg(long, required = true)]
    kind: Option<String>,
    /// The agency whose word it is, as `savin-hub agency add` made it.
    #[arg(long, required = true)]
    agency: Option<String>,
    /// The facility that speaks; needed where the agency has several.
    #[arg(long)]
    facility: Option<String>,
    /// A profile that says what the columns mean, as for an agent; without it the one that ships.
    #[arg(long, value_name = "PROFILE")]
    mapping: Option<PathBuf>,
    /// Show what would change and be told, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Take a file that lists at most 60% of what the last did, and why. A supervisor decides that.
    #[arg(long, value_name = "REASON")]
    accept_smaller: Option<String>,
    /// Tell what the first file of its kind holds. Without it the first file sets what is known, the next one is
    /// news, and days to come are told by their deadlines.
    #[arg(long)]
    tell_first: bool,
    /// How many records of each kind of change are listed.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    by: SignAs,
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// Show imports, the newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Write the hub's receipt of an import: the proof of timely data of section 2.
    Receipt {
        /// The number of the import.
        import: i64,
        /// Where it goes; without it, it is printed.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Print the profile that reads files of a kind, to be changed and given by `--mapping`.
    Profile {
        /// `sor`, `court`, `parole` or `orders`.
        kind: String,
    },
    /// List everything again as it was before an import, and correct what was told of it.
    Undo {
        /// The number of the import.
        import: i64,
        /// Why, for the record of the decision.
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
        /// Show what would change and be told, and change nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        by: SignAs,
    },
}

impl Import {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match &self.command {
            None => self.file.run(config, output),
            Some(ImportCommand::List { limit }) => list(config, *limit, output),
            Some(ImportCommand::Receipt {
                import,
                output: file,
            }) => write_receipt(config, *import, file.as_deref(), output),
            Some(ImportCommand::Profile { kind }) => print_profile(kind, output),
            Some(ImportCommand::Undo {
                import,
                reason,
                dry_run,
                by,
            }) => take_back(config, *import, reason, (*dry_run, by), output),
        }
    }
}

fn kind(word: &str) -> anyhow::Result<ImportKind> {
    ImportKind::parse(word).context("a file is \"sor\", \"court\", \"parole\" or \"orders\"")
}

fn print_profile(word: &str, output: &Output) -> anyhow::Result<()> {
    let text = kind(word)?.shipped_text();
    if output.is_json() {
        return output.object(&json!({ "kind": word, "profile": text }));
    }
    output.line(text.trim_end())
}

fn moment(config: &Config, registry: &Store) -> anyhow::Result<Moment> {
    let world = app::world();
    Ok(Moment {
        now: (world.wall)(),
        random: world.random,
        orders: app::open_order_key(config, registry)?,
    })
}

impl FileArguments {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let kind = kind(self.kind.as_deref().unwrap_or_default())?;
        let agency = AgencyId::new(self.agency.as_deref().unwrap_or_default())
            .context("--agency is no identifier")?;
        let facility = self.facility(config, &agency)?;
        let path = self.file.as_deref().context("name the file")?;
        let moment = moment(config, &app::open_registry(config)?)?;
        let file = self.read(path, kind, &facility, moment)?;
        show_reading(&file, self.limit, output)?;
        let decision = if self.dry_run {
            None
        } else {
            let (kind_of, reason) = match &self.accept_smaller {
                Some(reason) => ("import-smaller", reason.as_str()),
                None => ("import", ""),
            };
            let subject = format!("import/{agency}/{}", kind.as_str());
            let choice = file.hash.to_string();
            let signer = self.by.signer(config)?;
            Some(signer.sign(kind_of, &subject, &choice, reason, moment.now)?)
        };
        let request = Request {
            kind,
            feed: kind.feed()?,
            facility,
            file,
            accepts_smaller: self.accept_smaller.is_some(),
            tells_first: self.tell_first,
            decision,
        };
        let store = app::open_registry(config)?;
        let importer = Importer::load(&config.data, &agency)?;
        let taken = taking::run(&store, importer, request, moment)
            .with_context(|| format!("failed to import {}", path.display()))?;
        show(&taken, self.limit, output)
    }

    fn read(
        &self,
        path: &Path,
        kind: ImportKind,
        facility: &FacilityCode,
        moment: Moment,
    ) -> anyhow::Result<FileRead> {
        let profile = match &self.mapping {
            None => kind.shipped()?,
            Some(mapping) => {
                let text = std::fs::read_to_string(mapping)
                    .with_context(|| format!("failed to read {}", mapping.display()))?;
                kind.profile(&text)
                    .with_context(|| format!("failed to use {}", mapping.display()))?
            }
        };
        let failed = || format!("failed to read {}", path.display());
        let size = std::fs::metadata(path).with_context(failed)?.len();
        if size > FILE_BYTES_MAX {
            bail!("{} is larger than {FILE_BYTES_MAX} bytes", path.display());
        }
        let bytes = std::fs::read(path).with_context(failed)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let read = FileRead::new((&name, &bytes), profile, facility, moment.now);
        let is_of_columns = matches!(read, Err(ReadError::Binding(_))) && self.mapping.is_none();
        let read = read.with_context(failed);
        if !is_of_columns {
            return read;
        }
        let word = kind.as_str();
        read.with_context(|| {
            format!(
                "its columns have other names than the profile that ships knows: `savin-hub import profile {word} \
                 > {word}.toml`, change what is named below, and give it with --mapping {word}.toml"
            )
        })
    }

    fn facility(&self, config: &Config, agency: &AgencyId) -> anyhow::Result<FacilityCode> {
        let find = agency.clone();
        let (known, facilities) = app::open_registry(config)?.read_now("import", move |tx| {
            Ok((agency::load(tx, &find)?, facility::of_agency(tx, &find)?))
        })?;
        if known.is_none() {
            bail!("there is no agency {agency}: `savin-hub agency add` makes it");
        }
        if let Some(facility) = &self.facility {
            return FacilityCode::new(facility).context("--facility is no code");
        }
        match facilities.as_slice() {
            [only] => Ok(only.clone()),
            [] => bail!(
                "{agency} speaks for no facility: `savin-hub agency add {agency} --facility CODE` lets \
                 it, with --new-facility CODE=NAME for a court that is not in the list"
            ),
            several => {
                let codes: Vec<&str> = several.iter().map(FacilityCode::as_str).collect();
                bail!("name one of {} with --facility", codes.join(", "))
            }
        }
    }
}

/// Says how the file was read: every row that was set aside, and what was not understood.
fn show_reading(file: &FileRead, limit: usize, output: &Output) -> anyhow::Result<()> {
    if output.is_json() {
        return output.object(&json!({
            "file": file.name, "sha256": file.hash.to_string(), "set_aside": file.problems,
            "remarks": file.remarks, "words": file.words, "dropped_columns": file.dropped,
        }));
    }
    for problem in file.problems.iter().take(limit) {
        output.line(&format!("{}: {problem} (set aside)", file.name))?;
    }
    let more = file.problems.len().saturating_sub(limit);
    if more > 0 {
        output.line(&format!(
            "... and {more} more rows set aside (--limit shows more)."
        ))?;
    }
    for remark in file.remarks.iter().chain(&file.words) {
        output.line(&format!("{}: {remark}", file.name))?;
    }
    if !file.dropped.is_empty() {
        let columns = file.dropped.join(", ");
        output.line(&format!("Columns of which nothing was taken: {columns}."))?;
    }
    Ok(())
}

/// Says what changes, and what follows.
fn show(taken: &Taken, limit: usize, output: &Output) -> anyhow::Result<()> {
    let changes = &taken.changes;
    if output.is_json() {
        let keys = |keys: &[RecordKey]| -> Vec<String> {
            keys.iter().map(|key| key.number.to_string()).collect()
        };
        let events: serde_json::Map<_, _> = changes
            .events
            .iter()
            .map(|(code, count)| (code.as_str().to_owned(), (*count).into()))
            .collect();
        return output.object(&json!({
            "import": taken.import.as_ref().map(|import| import.id.0),
            "listed": changes.listed, "listed_before": changes.listed_before,
            "new": keys(&changes.added), "changed": keys(&changes.changed),
            "missing": keys(&changes.missing), "sealed": keys(&changes.sealed),
            "contradicting": changes.contradicting.iter().map(|(key, places)| {
                json!({ "record": key.number.to_string(), "places": places })
            }).collect::<Vec<_>>(),
            "not_counted_missing": changes.unsure, "is_first": changes.is_first, "events": events,
        }));
    }
    let rows = [
        ("new", &changes.added),
        ("changed", &changes.changed),
        ("missing", &changes.missing),
        ("sealed", &changes.sealed),
    ];
    let rows =
        rows.map(|(what, keys)| vec![what.to_owned(), keys.len().to_string(), listed(keys, limit)]);
    output.table(&["", "records", "their numbers"], rows.into())?;
    output.line(&format!(
        "The file lists {} records; {} were listed before.",
        changes.listed, changes.listed_before
    ))?;
    for (key, places) in changes.contradicting.iter().take(limit) {
        let places: Vec<String> = places.iter().map(u64::to_string).collect();
        output.line(&format!(
            "{}: rows {} contradict each other, and the record stays as it was (set aside)",
            key.number,
            places.join(", ")
        ))?;
    }
    if changes.unsure > 0 {
        output.line(&format!(
            "{} further records seem to be missing, and stay listed: rows without a readable number may be \
             theirs.",
            changes.unsure
        ))?;
    }
    show_events(changes, output)?;
    output.line(&match &taken.import {
        Some(import) => format!(
            "Import {}, signed by {}. `savin-hub import undo {}` takes it back.",
            import.id.0, import.staff, import.id.0
        ),
        None => "Nothing was stored.".to_owned(),
    })
}

fn show_events(changes: &Changes, output: &Output) -> anyhow::Result<()> {
    let events = changes
        .events
        .iter()
        .map(|(code, count)| vec![code.as_str().to_owned(), count.to_string()]);
    output.table(&["what follows", "events"], events.collect())?;
    if changes.is_first {
        output.line(
            "It is the first file of its kind from this agency: it sets what is known, and the next one is news; \
             --tell-first makes this one news too. Of a day to come in it whoever asked is told by the deadline of \
             that day: at once where it is near.",
        )?;
    }
    Ok(())
}

fn listed(keys: &[RecordKey], limit: usize) -> String {
    let shown = keys.iter().take(limit).map(|key| key.number.to_string());
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if keys.len() > limit {
        text.push_str(", ...");
    }
    text
}

fn list(config: &Config, limit: u32, output: &Output) -> anyhow::Result<()> {
    let imports =
        app::open_registry(config)?.read_now("imports", move |tx| import::newest(tx, limit))?;
    if output.is_json() {
        return imports.iter().try_for_each(|import| {
            output.object(&json!({
                "import": import.id.0, "agency": import.agency, "kind": import.kind,
                "file": import.file_name, "sha256": import.file_hash.to_string(),
                "listed": import.listed, "new": import.added, "changed": import.changed,
                "missing": import.missing, "set_aside": import.set_aside,
                "received_at": import.received_at, "staff": import.staff,
                "decision": import.decision.0, "undoes": import.undoes.map(|undone| undone.0),
                "undone_by": import.undone_by.map(|by| by.0),
            }))
        });
    }
    let rows = imports.iter().map(|import| {
        let note = match (import.undoes, import.undone_by) {
            (Some(undone), _) => format!("undoes {}", undone.0),
            (None, Some(by)) => format!("undone by {}", by.0),
            (None, None) => String::new(),
        };
        vec![
            import.id.0.to_string(),
            import.received_at.to_string(),
            import.agency.to_string(),
            import.kind.clone(),
            import.file_name.clone(),
            format!("{}/{}/{}", import.added, import.changed, import.missing),
            import.set_aside.to_string(),
            import.staff.clone(),
            note,
        ]
    });
    let header = [
        "import",
        "received",
        "agency",
        "kind",
        "file",
        "new/changed/missing",
        "set aside",
        "by",
        "",
    ];
    output.table(&header, rows.collect())
}

fn load(config: &Config, id: i64) -> anyhow::Result<ImportRow> {
    let found =
        app::open_registry(config)?.read_now("import", move |tx| import::load(tx, ImportId(id)))?;
    found.with_context(|| format!("there is no import {id}: `savin-hub import list` shows them"))
}

fn write_receipt(
    config: &Config,
    id: i64,
    file: Option<&Path>,
    output: &Output,
) -> anyhow::Result<()> {
    let import = load(config, id)?;
    let (agent, epoch, last) = (import.agent, import.epoch, import.last);
    let logged = app::open_registry(config)?
        .read_now("receipt", move |tx| log::logged_at(tx, agent, epoch, last))?;
    let head = match logged {
        LoggedAt::End(head) => head,
        LoggedAt::Inside | LoggedAt::Nothing => {
            bail!("the log does not hold the end of import {id}")
        }
    };
    let authority = app::open_authority(config)?;
    let key = authority.receipt_key();
    let position = Position {
        epoch,
        seq: last,
        head,
    };
    let receipt = Receipt::sign(agent, position, ReceivedAt(import.received_at), key);
    let value = json!({
        "import": import.id.0, "agency": import.agency, "kind": import.kind, "file": import.file_name,
        "sha256": import.file_hash.to_string(), "received_at": import.received_at,
        "importer": agent.to_string(), "last_delta": last.0, "chain_head": head.to_string(),
        "receipt": hex(&receipt::encode(&receipt)?), "hub_key": hex(&key.verifying_key().0),
    });
    match file {
        None => output.object(&value),
        Some(path) => {
            let text = serde_json::to_string_pretty(&value)?;
            std::fs::write(path, text)
                .with_context(|| format!("failed to write {}", path.display()))?;
            output.line(&format!(
                "The receipt of import {id} is in {}.",
                path.display()
            ))
        }
    }
}

fn take_back(
    config: &Config,
    id: i64,
    reason: &str,
    (is_tried, by): (bool, &SignAs),
    output: &Output,
) -> anyhow::Result<()> {
    let import = load(config, id)?;
    let store = app::open_registry(config)?;
    let moment = moment(config, &store)?;
    let decision = if is_tried {
        None
    } else {
        let subject = format!("import/{id}");
        let signer = by.signer(config)?;
        Some(signer.sign("import-undo", &subject, "undo", reason, moment.now)?)
    };
    let importer = Importer::load(&config.data, &import.agency)?;
    let taken = undo::run(&store, importer, ImportId(id), decision, moment)?;
    show(&taken, 20, output)
}
