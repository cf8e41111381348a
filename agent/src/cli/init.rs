//! `init`: a profile and an `agent.toml` guessed from a sample export, with the reasons for each guess,
//! and then looked at with `check` and `preview`.

mod ask;
mod nested;
mod place;
mod sniff;
mod text;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use savin_shared::ids::FacilityCode;
use savin_shared::record::RecordKind;
use serde_json::json;

use super::output::Output;
use super::{check, preview};
use crate::app;
use crate::mapping::dates::TimeReader;
use crate::mapping::guess::draft::{self, Settings};
use crate::mapping::guess::sample::Sample;
use crate::mapping::guess::{Guess, Role, Told};
use crate::mapping::profile::Profile;
use place::Written;

/// How the day may stand in a file's name.
const NAMED_DATES: [&str; 4] = ["%Y%m%d", "%Y-%m-%d", "%Y_%m_%d", "%m%d%Y"];

/// Write a profile and an agent.toml for a sample export.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// A sample of what the jail system exports.
    sample: PathBuf,
    /// The folder to write into; nothing that is there is written over.
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    out: PathBuf,
    /// Ask nothing and take every guess.
    #[arg(long)]
    yes: bool,
    /// Write nothing; print the profile.
    #[arg(long)]
    dry_run: bool,
    /// What the rows are: custody, court-event, hearing, protective-order, supervision, sex-offender.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Names of the columns of a text that does not name them, in order: `no,name,booked`; with their
    /// lengths where each has its place in a line: `no:10,name:30,booked:12`.
    #[arg(long, value_name = "NAMES")]
    columns: Option<String>,
    /// Where the rows of XML or JSON stand: `Export/Inmates/Inmate`, `data.inmates`.
    #[arg(long, value_name = "PATH")]
    rows: Option<String>,
    /// The facility's code, as MDOC names it.
    #[arg(long, value_name = "CODE", default_value = "MS000-JAIL")]
    facility: String,
    /// The zone of times without one.
    #[arg(long, value_name = "ZONE", default_value = "America/Chicago")]
    zone: String,
}

/// Everything that was found out.
struct Found {
    guess: Guess,
    sample: Sample,
    settings: Settings,
    /// What the file is, for people.
    format: String,
    /// Where its rows stand, if it is a nested document.
    rows: Option<Told<String>>,
}

impl Init {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<()> {
        FacilityCode::new(&self.facility).context("--facility is no code of a facility")?;
        let mut found = self.look()?;
        let is_asked = !self.yes && !output.is_json() && std::io::stdin().is_terminal();
        if is_asked {
            ask::unsure(&mut found.guess, &found.sample, output)?;
        }
        show(&found, output)?;
        if !is_asked && !self.yes && !output.is_json() {
            output.line("Nobody was asked, since this is no terminal: every guess was taken.")?;
        }
        if found.guess.key.value.is_empty() {
            bail!(
                "no profile was written: {}. A source without a stable key cannot be used, since two people \
                 could be taken for one: ask for the booking number in the export",
                found.guess.key.why
            );
        }
        let profile = draft::profile(&found.guess, &found.sample, &found.settings);
        Profile::parse(&profile).context("the guessed profile does not hold together")?;
        if self.dry_run {
            return if output.is_json() {
                output.object(&json!({ "profile": profile, "written": false }))
            } else {
                output.line(&profile)
            };
        }
        let agent = match place::write(&self.out, &found, &self.feed(&found)?, &profile, output)? {
            Written::Named(agent) => agent,
            Written::Unnamed => return Ok(()),
        };
        check::Check::offline().run(&agent, output)?;
        preview::Preview::few(5, self.sample.clone()).run(&agent, output)?;
        if output.is_json() {
            return Ok(());
        }
        output.line(&format!(
            "\nNext: read {}, decide what is marked `# ?`, and look again:\n  savin-agent --config {} preview",
            self.out.join(format!("{}.toml", found.settings.name)).display(),
            agent.display(),
        ))
    }

    /// Writes the feed that reads where the sample lies.
    fn feed(&self, found: &Found) -> anyhow::Result<String> {
        let folder = self
            .sample
            .parent()
            .filter(|folder| *folder != Path::new(""));
        let folder = std::fs::canonicalize(folder.unwrap_or(Path::new(".")))
            .context("failed to find the sample's folder")?;
        Ok(place::feed(found, &self.facility, &folder))
    }

    /// Reads the sample and guesses.
    fn look(&self) -> anyhow::Result<Found> {
        let path = &self.sample;
        let shown = path.display();
        let bytes = std::fs::read(path).with_context(|| format!("failed to read {shown}"))?;
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let world = app::world();
        let zone = jiff::tz::TimeZone::get(&self.zone).context("--zone is no time zone")?;
        let times = TimeReader::new(zone, Vec::new());
        let today = times.day((world.wall)());
        let named = self
            .columns
            .as_deref()
            .map(text::Named::parse)
            .transpose()?;
        let (sample, laid) = sniff::read(&bytes, today, named.as_ref(), self.rows.as_deref())
            .with_context(|| format!("failed to read {shown}"))?;
        let guess = match &self.kind {
            None => Guess::of(&sample, &file),
            Some(kind) => {
                let value = RecordKind::parse(kind).with_context(|| {
                    let kinds: Vec<_> = RecordKind::ALL.iter().map(|kind| kind.as_str()).collect();
                    format!("--kind is one of {}", kinds.join(", "))
                })?;
                let why = "you said so".to_owned();
                let kind = Told {
                    value,
                    is_sure: true,
                    why,
                };
                Guess::of_kind(&sample, &file, kind)
            }
        };
        let export_date = NAMED_DATES.map(str::to_owned).into_iter().find(|format| {
            times
                .date_in_name(std::slice::from_ref(format), &file)
                .is_some()
        });
        let nested = ["json", "json-lines", "xml"].map(|format| format!("format = \"{format}\""));
        let is_nested = laid.settings.iter().any(|line| nested.contains(line));
        let settings = Settings {
            is_nested,
            name: if guess.kind.value == RecordKind::Custody {
                "bookings".to_owned()
            } else {
                format!("{}s", guess.kind.value.as_str())
            },
            zone: self.zone.clone(),
            layout: laid.settings,
            layout_tables: laid.tables,
            export_date,
            file,
        };
        Ok(Found {
            guess,
            sample,
            settings,
            format: laid.format,
            rows: laid.rows,
        })
    }
}

/// Shows what was guessed and why.
fn show(found: &Found, output: &Output) -> anyhow::Result<()> {
    let guess = &found.guess;
    let sure = |is_sure: bool| if is_sure { "sure" } else { "?" }.to_owned();
    let mode = format!("{:?}", guess.mode.value).to_lowercase();
    let key: Vec<&str> = guess.key.value.iter().map(|field| field.name()).collect();
    let kind = guess.kind.value.as_str();
    let general = [
        ("kind", kind.to_owned(), guess.kind.is_sure, &guess.kind.why),
        ("mode", mode, guess.mode.is_sure, &guess.mode.why),
        ("key", key.join(", "), guess.key.is_sure, &guess.key.why),
    ];
    let rows = found.rows.as_ref();
    let rows = rows.map(|rows| ("rows", rows.value.clone(), rows.is_sure, &rows.why));
    let general: Vec<_> = rows.into_iter().chain(general).collect();
    if output.is_json() {
        for (setting, value, is_sure, why) in &general {
            output.object(&json!({
                "setting": setting, "value": value, "sure": is_sure, "why": why,
            }))?;
        }
        for column in &guess.columns {
            output.object(&json!({
                "column": column.name, "holds": column.looks, "becomes": becomes(column.role.value),
                "sure": column.role.is_sure, "why": column.role.why,
            }))?;
        }
        return Ok(());
    }
    let rows = found.sample.rows();
    output.line(&format!(
        "{}: {rows} rows, {}.",
        found.settings.file, found.format
    ))?;
    let rows = general.into_iter().map(|(setting, value, is_sure, why)| {
        vec![setting.to_owned(), value, sure(is_sure), why.clone()]
    });
    output.table(&["setting", "guess", "", "why"], rows.collect())?;
    let rows = guess.columns.iter().map(|column| {
        vec![
            column.name.clone(),
            column.looks.clone(),
            becomes(column.role.value),
            sure(column.role.is_sure),
            column.role.why.clone(),
        ]
    });
    output.table(&["column", "holds", "becomes", "", "why"], rows.collect())?;
    let words = guess.words.iter().chain(&guess.hidden).map(|word| {
        vec![
            word.field.name().to_owned(),
            word.word.clone(),
            word.seen.to_string(),
            word.meaning.clone().unwrap_or_default(),
            if word.is_taken {
                "taken"
            } else {
                "? a comment, until you take it"
            }
            .to_owned(),
        ]
    });
    output.table(&["field", "word", "seen", "may mean", ""], words.collect())
}

fn becomes(role: Role) -> String {
    match role {
        Role::Field(field) => field.name().to_owned(),
        Role::TimeOf(field) => format!("the time of {}", field.name()),
        Role::Never => "never taken".to_owned(),
        Role::Dropped => "dropped".to_owned(),
    }
}
