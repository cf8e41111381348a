//! `notices simulate`: the steps of a ladder, rehearsed: nobody is told and nothing is stored.

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use crate::app;
use crate::cli::output::Output;
use crate::config::Config;
use crate::notification::care::{Care, Excepted, Quiet};
use crate::notification::channel::Channel;
use crate::notification::ladder::Pressing;
use crate::notification::ladder::rehearsal::{Became, Case, Played};
use crate::notification::outcome::Outcome;

/// Rehearse the steps of a notice: nobody is told.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// How pressing the news is: escape, release, transfer or court.
    #[arg(long, default_value = "release")]
    urgency: String,
    /// How she is told: email, telephone or letter; once for each address and number.
    #[arg(long, default_value = "telephone", value_name = "WAY")]
    by: Vec<String>,
    /// In which hours she is neither called nor written to by e-mail, as in 21:00-07:00.
    #[arg(long, value_name = "HOURS")]
    quiet: Option<String>,
    /// What is told in these hours all the same: escapes, releases (and escapes) or nothing.
    #[arg(long, value_name = "EVENTS", default_value = "escapes")]
    except: String,
    /// When it is planned, as in 2026-06-01T22:00:00Z; now without it.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// What becomes of each step, in their order, with commas between: no-answer, busy, machine, answered,
    /// unallocated, not-tried, accepted, deferred, refused, mailed, confirmed.
    #[arg(long, value_delimiter = ',', value_name = "OUTCOMES")]
    outcomes: Vec<String>,
}

impl Simulate {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let excepted = Excepted::parse(&self.except)
            .context("--except is \"escapes\", \"releases\" or \"nothing\"")?;
        let case = Case {
            ladders: &config.ladders,
            pressing: Pressing::parse(&self.urgency)
                .context("--urgency is \"escape\", \"release\", \"transfer\" or \"court\"")?,
            ways: self.ways()?,
            care: Care {
                quiet: self.quiet.as_deref().map(Quiet::parse).transpose()?,
                excepted,
                ..Care::default()
            },
            zone: config.web.zone.clone(),
            start: self.at.unwrap_or_else(|| (app::world().wall)()),
        };
        let mut script = Vec::with_capacity(self.outcomes.len());
        for word in &self.outcomes {
            script.push(Became::parse(word).with_context(|| format!("no step ends as {word:?}"))?);
        }
        let played = case.play(&script);
        let mut rows = Vec::new();
        for step in &played {
            let at = step.at.to_zoned(case.zone.clone());
            if output.is_json() {
                output.object(&json!({
                    "at": step.at,
                    "channel": step.channel.as_str(),
                    "point": step.point,
                    "outcome": step.became.map(word),
                    "person_asked": step.is_asked,
                }))?;
            }
            rows.push(vec![
                at.strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string(),
                format!("{} {}", step.channel, step.point),
                plain(step),
                if step.is_asked { "asked" } else { "" }.to_owned(),
            ]);
        }
        if output.is_json() {
            return Ok(());
        }
        output.table(&["when", "step", "what becomes of it", "a person"], rows)
    }

    fn ways(&self) -> anyhow::Result<Vec<(Channel, usize)>> {
        let mut ways: Vec<(Channel, usize)> = Vec::new();
        for word in &self.by {
            let channel =
                Channel::parse(word).context("--by is \"email\", \"telephone\" or \"letter\"")?;
            match ways.iter_mut().find(|(known, _)| *known == channel) {
                Some((_, points)) => *points += 1,
                None => ways.push((channel, 1)),
            }
        }
        if let Some((channel, _)) = ways.iter().find(|(way, count)| *count > way.points_max()) {
            bail!(
                "--by {channel} can be given {} times at most",
                channel.points_max()
            );
        }
        Ok(ways)
    }
}

const fn word(became: Became) -> &'static str {
    match became {
        Became::Outcome(outcome) => outcome.as_str(),
        Became::Confirmed => "confirmed",
    }
}

fn plain(step: &Played) -> String {
    match step.became {
        None => "comes next".to_owned(),
        Some(Became::Outcome(outcome)) => Outcome::plain(outcome).to_owned(),
        Some(Became::Confirmed) => "confirmed: nothing follows".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{configured, run};

    #[test]
    fn rehearses_a_ladder_and_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        configured(folder.path());
        let line = "notices simulate --urgency escape --by telephone --by telephone --by letter";
        assert!(run(folder.path(), line));
        let more = "--quiet 21:00-07:00 --outcomes no-answer,mailed,machine,confirmed";
        assert!(run(folder.path(), &format!("--json {line} {more}")));
        assert!(!run(folder.path(), "notices simulate --by fax"));
        assert!(!run(
            folder.path(),
            "notices simulate --by letter --by letter"
        ));
        assert!(!run(folder.path(), "notices simulate --outcomes lost"));
        assert!(!folder.path().join("data").exists(), "nothing is stored");
    }
}
