//! `check`: whether `agent.toml`, every profile and every source hold together; and `test`: the
//! profiles' own example rows. The agent looks at the same before it starts.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use savin_shared::ids::FacilityCode;
use serde::Serialize;

use super::output::Output;
use super::reading;
use crate::app;
use crate::config::{Config, FeedConfig, SourceConfig, load_profile};
use crate::mapping::binding::Binding;
use crate::mapping::profile::Profile;

/// Check the configuration, the profiles and the sources.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Look at no source, only at the files of the configuration.
    #[arg(long)]
    offline: bool,
    /// Fail on a warning too.
    #[arg(long)]
    deny_warnings: bool,
}

/// Run the example rows of a profile.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// The profile; without it, every profile of the configuration.
    profile: Option<PathBuf>,
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Standing {
    Good,
    Warning,
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    about: String,
    standing: Standing,
    found: String,
}

#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, about: &str, standing: Standing, found: impl Into<String>) {
        self.0.push(Finding {
            about: about.to_owned(),
            standing,
            found: found.into(),
        });
    }

    fn count(&self, standing: Standing) -> usize {
        self.0
            .iter()
            .filter(|finding| finding.standing == standing)
            .count()
    }

    fn print(self, output: &Output) -> anyhow::Result<()> {
        if output.is_json() {
            return self.0.iter().try_for_each(|finding| output.object(finding));
        }
        let word = |standing| match standing {
            Standing::Good => "good",
            Standing::Warning => "warning",
            Standing::Wrong => "WRONG",
        };
        let rows = self.0.into_iter();
        let rows = rows.map(|f| vec![f.about, word(f.standing).to_owned(), f.found]);
        output.table(&["about", "", "found"], rows.collect())
    }
}

impl Check {
    /// Looks at the files alone.
    pub(super) const fn offline() -> Self {
        Self {
            offline: true,
            deny_warnings: false,
        }
    }

    pub(super) fn run(&self, path: &Path, output: &Output) -> anyhow::Result<()> {
        let config = Config::load(path)?;
        let now = (app::world().wall)();
        let mut findings = Findings::default();
        enrolment(&config, path, &mut findings)?;
        if config.feeds.is_empty() {
            findings.add("feeds", Standing::Warning, "none: add [[feed]]");
        }
        for feed in &config.feeds {
            profile(feed, now, &mut findings);
            if !self.offline {
                source(feed, &mut findings);
            }
        }
        let (warnings, wrong) = (
            findings.count(Standing::Warning),
            findings.count(Standing::Wrong),
        );
        findings.print(output)?;
        if wrong > 0 {
            bail!("things that are wrong: {wrong}. Mend them, then check again");
        }
        if self.deny_warnings && warnings > 0 {
            bail!("warnings: {warnings}, and --deny-warnings was given");
        }
        Ok(())
    }
}

fn enrolment(config: &Config, path: &Path, findings: &mut Findings) -> anyhow::Result<()> {
    let about = path.file_name().unwrap_or_default().to_string_lossy();
    if config.state.is_enrolled() {
        config.check_facilities(&config.state.identity()?.facilities)?;
        findings.add(
            &about,
            Standing::Good,
            "sound, and its facilities are those of the enrolment",
        );
    } else {
        let folder = config.state.path().display();
        let found = format!("sound; not enrolled in {folder}, so that no facility can be checked");
        findings.add(&about, Standing::Warning, found);
    }
    Ok(())
}

fn profile(feed: &FeedConfig, now: Timestamp, findings: &mut Findings) {
    let profile = &feed.feed.profile;
    let about = format!("profile of {}", feed.feed.name);
    let wrong = failures(profile, &feed.feed.facility, now);
    let examples = profile.examples.len();
    for failure in &wrong {
        findings.add(&about, Standing::Wrong, failure);
    }
    if !wrong.is_empty() {
        return;
    }
    if examples == 0 {
        let found =
            "sound; without an [[example]], nobody sees when a change of it breaks something";
        findings.add(&about, Standing::Good, found);
    } else {
        findings.add(
            &about,
            Standing::Good,
            format!("sound; examples that hold: {examples}"),
        );
    }
}

/// Runs a profile's examples and says in a line each what came out otherwise.
fn failures(profile: &Profile, facility: &FacilityCode, now: Timestamp) -> Vec<String> {
    let examples = profile.examples.iter();
    let wrong = examples.flat_map(|example| {
        let line = example.line;
        let found = example.run(profile, facility, now).into_iter();
        found.map(move |wrong| {
            let (field, expected, found) = (wrong.field, wrong.expected, wrong.found);
            format!("example in line {line}: {field} is {found:?}, expected {expected:?}")
        })
    });
    wrong.collect()
}

/// Looks whether the source can be read and fits the profile.
fn source(feed: &FeedConfig, findings: &mut Findings) {
    let about = format!("source of {}", feed.feed.name);
    if let SourceConfig::Folder(settings) = &feed.source {
        match reading::newest(feed, settings) {
            Ok(Some(_)) => {}
            Ok(None) => {
                let folder = settings.path.display();
                let found = format!(
                    "no file in {folder} fits {:?}: is that right?",
                    settings.files
                );
                return findings.add(&about, Standing::Warning, found);
            }
            Err(error) => return findings.add(&about, Standing::Wrong, chain(&error)),
        }
    }
    let bound = reading::newest_rows(feed, &mut |rows, _| {
        Ok(Binding::new(&feed.feed.profile, rows.columns())?)
    });
    match bound {
        Ok(binding) => {
            let dropped = binding.dropped().len();
            let found =
                format!("readable, and its columns fit; {dropped} columns are not looked at");
            findings.add(&about, Standing::Good, found);
        }
        Err(error) => findings.add(&about, Standing::Wrong, chain(&error)),
    }
}

fn chain(error: &anyhow::Error) -> String {
    error
        .chain()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

impl Test {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let now = (app::world().wall)();
        let profiles: Vec<(String, Profile, FacilityCode)> = match &self.profile {
            Some(path) => {
                let facility = FacilityCode::new("EXAMPLE")?;
                vec![(path.display().to_string(), load_profile(path)?, facility)]
            }
            None => Config::load(config)?
                .feeds
                .into_iter()
                .map(|feed| {
                    let name = format!("profile of {}", feed.feed.name);
                    (name, feed.feed.profile, feed.feed.facility)
                })
                .collect(),
        };
        let (mut rows, mut wrong) = (Vec::new(), 0);
        for (name, profile, facility) in &profiles {
            if profile.examples.is_empty() && !output.is_json() {
                output.line(&format!("{name} has no [[example]]."))?;
            }
            for example in &profile.examples {
                let found = example.run(profile, facility, now);
                wrong += usize::from(!found.is_empty());
                if output.is_json() {
                    output.object(&serde_json::json!({
                        "profile": name, "line": example.line, "holds": found.is_empty(),
                        "differences": found,
                    }))?;
                    continue;
                }
                let place = format!("line {}", example.line);
                if found.is_empty() {
                    rows.push(
                        [name, &place, "holds", "", "", ""]
                            .map(str::to_owned)
                            .to_vec(),
                    );
                }
                for m in found {
                    let row = [name, &place, "FAILS", &m.field, &m.expected, &m.found];
                    rows.push(row.map(str::to_owned).to_vec());
                }
            }
        }
        let header = ["profile", "example", "", "field", "expected", "found"];
        output.table(&header, rows)?;
        if wrong > 0 {
            bail!("examples that fail: {wrong}");
        }
        Ok(())
    }
}

/// Refuses to start with a profile whose own examples fail.
pub(super) fn before_start(config: &Config) -> anyhow::Result<()> {
    let now = (app::world().wall)();
    for feed in &config.feeds {
        let wrong = failures(&feed.feed.profile, &feed.feed.facility, now);
        if let Some(first) = wrong.into_iter().next() {
            return Err(feed.refused(first)).context("an example of a profile fails");
        }
    }
    Ok(())
}
