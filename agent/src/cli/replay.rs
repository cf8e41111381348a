//! `replay`: a folder of exports, played in name order as if each were that day's, on a scratch
//! journal and without a hub.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use savin_shared::clock::ObservedAt;
use savin_shared::ids::{AgentId, Epoch, FacilityCode, FeedName};
use savin_shared::sign::SigningKey;
use serde::Serialize;

use super::output::Output;
use crate::app;
use crate::capture::release::{Decider, Which, release};
use crate::capture::report::{Outcome, Report};
use crate::capture::{Feed, Now, take_file};
use crate::census::{Census, Counts, Roster};
use crate::config::load_profile;
use crate::format::csv::CsvError;
use crate::format::error::FormatError;
use crate::format::layout::Layout;
use crate::format::open::open;
use crate::journal::Journal;
use crate::mapping::binding::Binding;
use crate::mapping::{Mapped, Mapper};
use crate::signer::Signer;
use crate::sources::folder::is_export;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Rows of each hundred of the last file that one without a last line break must at least have, to be
/// taken for whole.
const WHOLE_PERCENT: u64 = 90;

/// Play a folder of exports.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The profile that says what the columns mean.
    profile: PathBuf,
    /// The folder of exports.
    folder: PathBuf,
    /// Which files in it, with `*` and `?`.
    #[arg(long, default_value = "*", value_name = "PATTERN")]
    files: String,
}

/// What one file brought.
#[derive(Debug, Serialize)]
struct Day {
    file: String,
    rows: u64,
    repeat: bool,
    #[serde(flatten)]
    counts: Counts,
    held: u64,
    reasons: Vec<String>,
    refused: Option<String>,
    dropped_columns: Vec<String>,
    set_aside: u64,
    remarks: Vec<String>,
}

/// What all files brought.
#[derive(Debug, Default, Serialize)]
struct Totals {
    files: u64,
    rows: u64,
    repeat: u64,
    #[serde(flatten)]
    counts: Counts,
    held: u64,
    refused: u64,
    set_aside: u64,
    deltas: u64,
    released: u64,
}

struct Player {
    journal: Journal,
    signer: Signer,
    feed: Feed,
    census: Census,
    now: Option<Timestamp>,
    last_rows: u64,
    totals: Totals,
}

impl Replay {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<()> {
        let files = self.files()?;
        let mut player = self.player()?;
        let mut rows = Vec::new();
        for file in &files {
            let day = player.play(file)?;
            player.totals.add(&day);
            if output.is_json() {
                output.object(&day)?;
            } else {
                rows.push(row(
                    &day.file,
                    day.rows,
                    u64::from(day.repeat),
                    &day.counts,
                    day.held,
                ));
                if let Some(problem) = day.refused.iter().chain(&day.reasons).next() {
                    output.line(&format!("{}: {problem}", day.file))?;
                }
                for remark in &day.remarks {
                    output.line(&format!("{}: {remark}", day.file))?;
                }
                if rows.len() == 1 {
                    let dropped = day.dropped_columns.join(", ");
                    output.line(&format!("Columns never looked at: {dropped}"))?;
                }
            }
        }
        let totals = player.totals;
        if output.is_json() {
            return output.object(&totals);
        }
        rows.push(row(
            "all",
            totals.rows,
            totals.repeat,
            &totals.counts,
            totals.held,
        ));
        let header = [
            "file",
            "rows",
            "repeat",
            "new",
            "no longer listed",
            "returned",
            "readmitted",
            "status changed",
            "level changed",
            "held",
        ];
        output.table(&header, rows)?;
        output.line(&format!(
            "{} files, {} deltas, {} custodies ended by explicit word, {} files refused, {} rows set aside.",
            totals.files, totals.deltas, totals.released, totals.refused, totals.set_aside
        ))
    }

    fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let listing = std::fs::read_dir(&self.folder)
            .with_context(|| format!("failed to list {}", self.folder.display()))?;
        let mut files = Vec::new();
        for entry in listing {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_export(&self.files, &name) && entry.file_type()?.is_file() {
                files.push(entry.path());
            }
        }
        files.sort();
        if files.is_empty() {
            bail!("no file in {} fits {:?}", self.folder.display(), self.files);
        }
        Ok(files)
    }

    fn player(&self) -> anyhow::Result<Player> {
        let profile = load_profile(&self.profile)?;
        let agent = AgentId::from_bytes([0; 16]);
        let world = app::world();
        let [first, second] = [(world.random)(), (world.random)()];
        let mut seed = [0; 32];
        for (to, from) in seed.iter_mut().zip(first.into_iter().chain(second)) {
            *to = from;
        }
        Ok(Player {
            journal: Journal::scratch(agent, Epoch::from_bytes((world.random)()))?,
            signer: Signer::new(agent, SigningKey::from_seed(&seed)?),
            feed: Feed {
                name: FeedName::new("replay")?,
                facility: FacilityCode::new("REPLAY")?,
                profile,
                cadence: DAY,
            },
            census: Census::default(),
            now: None,
            last_rows: 0,
            totals: Totals::default(),
        })
    }
}

impl Player {
    fn play(&mut self, path: &Path) -> anyhow::Result<Day> {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let bytes = std::fs::read(path).with_context(|| format!("failed to read {name}"))?;
        let exported_at = self.date(&name);
        let secret = (app::world().random)();
        let now = Now {
            at: exported_at,
            exported_at,
            is_history: false,
            secret,
        };
        let lacks_end = self.lacks_only_its_end(&bytes);
        if lacks_end {
            self.feed.profile.layout.csv.final_newline_required = false;
        }
        let file = (name.as_str(), bytes.as_slice());
        let report = take_file(&mut self.journal, &self.signer, &self.feed, file, now)
            .with_context(|| format!("failed to take {name}"))?;
        self.count_deltas(&report);
        if report.held > 0 {
            self.let_pass(exported_at)?;
        }
        let counts = match report.outcome {
            Outcome::Taken => self.census.take(self.roster(&bytes, now)?),
            Outcome::Repeat | Outcome::Refused(_) => Counts::default(),
        };
        let is_repeat = report.outcome == Outcome::Repeat;
        let rows = if is_repeat {
            self.rows(&bytes)?
        } else {
            report.rows
        };
        let mut remarks = report.tally.words();
        remarks.extend(report.tally.remarks());
        if report.outcome == Outcome::Taken {
            self.last_rows = rows;
        }
        if lacks_end {
            self.feed.profile.layout.csv.final_newline_required = true;
            remarks.push(
                "the last line does not end with a line break: taken, since the file is whole \
                 otherwise; from a live feed it would be refused"
                    .to_owned(),
            );
        }
        Ok(Day {
            file: name,
            rows,
            repeat: is_repeat,
            counts,
            held: u64::from(report.held > 0),
            reasons: report.reasons.iter().map(ToString::to_string).collect(),
            refused: match &report.outcome {
                Outcome::Refused(refusal) => Some(refusal.to_string()),
                Outcome::Taken | Outcome::Repeat => None,
            },
            dropped_columns: report.dropped,
            set_aside: report.tally.quarantined,
            remarks,
        })
    }

    /// Lets what is held pass, as if a person had released it.
    fn let_pass(&mut self, at: Timestamp) -> anyhow::Result<()> {
        let day = self.feed.profile.times.day(at);
        let decider = Decider {
            by: "replay",
            at,
            day,
        };
        let secret = (app::world().random)();
        let feed = &self.feed.name;
        let (_, batches) = release(
            &mut self.journal,
            &self.signer,
            (feed, Which::All),
            decider,
            secret,
        )?;
        self.totals.deltas += batches
            .iter()
            .map(|batch| batch.header.deltas())
            .sum::<u64>();
        Ok(())
    }

    /// Says whether a finished file lacks its last line break and nothing else: each line has its
    /// cells, and there are about as many as in the last file. A cut within the last cell cannot be
    /// seen, which is why a live feed never goes by this.
    fn lacks_only_its_end(&self, bytes: &[u8]) -> bool {
        let layout = &self.feed.profile.layout;
        let refused = count(bytes, layout).err();
        if refused != Some(FormatError::Csv(CsvError::Unterminated)) {
            return false;
        }
        let mut lenient = layout.clone();
        lenient.csv.final_newline_required = false;
        let rows = count(bytes, &lenient);
        rows.is_ok_and(|rows| rows * 100 >= self.last_rows * WHOLE_PERCENT)
    }

    /// Returns the day in the file's name, or the day after the last file's.
    fn date(&mut self, name: &str) -> Timestamp {
        let profile = &self.feed.profile;
        let named = profile
            .times
            .date_in_name(&profile.export_date, name)
            .and_then(|date| date.to_zoned(profile.times.zone().clone()).ok())
            .map(|day| day.timestamp());
        let next = self.now.and_then(|now| now.checked_add(DAY).ok());
        let now = named.or(next).unwrap_or_else(app::world().wall);
        self.now = Some(now);
        now
    }

    /// Reads a roster once more, for its persons.
    fn roster(&self, bytes: &[u8], now: Now) -> anyhow::Result<Roster> {
        let mut opened = open(bytes, &self.feed.profile.layout)?;
        let mut rows = opened.rows()?;
        let binding = Binding::new(&self.feed.profile, rows.columns())?;
        let facility = &self.feed.facility;
        let mut mapper = Mapper::new(&self.feed.profile, binding, facility, ObservedAt(now.at));
        let mut roster = Roster::default();
        while let Some((line, record)) = rows.next_row()? {
            if let Mapped::Row(mapped) = mapper.map(line, record) {
                roster.add(&mapped.row.record()?);
            }
        }
        Ok(roster)
    }

    fn rows(&self, bytes: &[u8]) -> Result<u64, FormatError> {
        count(bytes, &self.feed.profile.layout)
    }

    fn count_deltas(&mut self, report: &Report) {
        self.totals.deltas += report
            .batches
            .iter()
            .map(|batch| batch.header.deltas())
            .sum::<u64>();
        self.totals.released += report.count(crate::diff::Class::Ended);
    }
}

impl Totals {
    fn add(&mut self, day: &Day) {
        self.files += 1;
        self.rows += day.rows;
        self.repeat += u64::from(day.repeat);
        self.counts.add(&day.counts);
        self.held += day.held;
        self.refused += u64::from(day.refused.is_some());
        self.set_aside += day.set_aside;
    }
}

fn count(bytes: &[u8], layout: &Layout) -> Result<u64, FormatError> {
    let mut opened = open(bytes, layout)?;
    let mut rows = opened.rows()?;
    let mut count = 0;
    while rows.next_row()?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn row(file: &str, rows: u64, repeat: u64, counts: &Counts, held: u64) -> Vec<String> {
    let numbers = [
        rows,
        repeat,
        counts.new,
        counts.no_longer_listed,
        counts.returned,
        counts.readmitted,
        counts.status_changed,
        counts.custody_level_changed,
        held,
    ];
    std::iter::once(file.to_owned())
        .chain(numbers.map(|number| number.to_string()))
        .collect()
}
