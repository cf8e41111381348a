//! `mode`: what the jail says about these days, with who said it and until when.

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::holds::{find, open};
use super::output::Output;
use super::status::mode_words;
use crate::app;
use crate::capture::Feed;
use crate::config::Config;
use crate::guard;
use crate::journal::hold::{self, Action, Decision};
use crate::journal::mode::{self, Said};

/// Say that a jail is being evacuated, or that its system is being worked on.
#[derive(Debug, Args)]
pub(super) struct Mode {
    /// What these days are.
    mode: Word,
    /// Of which feed; a jail with several feeds says it of each.
    #[arg(long, value_name = "FEED")]
    feed: String,
    /// Who says it: kept with it.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    by: String,
    /// When it ends by itself: a time such as "2026-09-01 18:00" at the jail, or "12h" from now.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only say what would be set.
    #[arg(long)]
    dry_run: bool,
}

/// The words of the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Word {
    /// Everybody may leave at once: whoever is missing or transferred is told as that, never as let go.
    Evacuation,
    /// The system is being worked on: everything waits until this has ended and a person has looked.
    Maintenance,
    /// Ordinary times.
    Normal,
}

impl Word {
    const fn mode(self) -> guard::Mode {
        match self {
            Self::Evacuation => guard::Mode::Evacuation,
            Self::Maintenance => guard::Mode::Maintenance,
            Self::Normal => guard::Mode::Normal,
        }
    }
}

impl Mode {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let config = Config::load(config)?;
        let feed = find(&config, &self.feed)?;
        let now = (app::world().wall)();
        let until = self.until.as_deref();
        let said = Said {
            mode: self.mode.mode(),
            by: self.by.clone(),
            since: now,
            until: until.map(|text| end(text, feed, now)).transpose()?,
        };
        if said.mode == guard::Mode::Normal && said.until.is_some() {
            bail!("ordinary times have no end: leave --until out");
        }
        let mut journal = open(&config)?;
        if !self.dry_run {
            journal.write(|tx| {
                mode::set(tx, &feed.name, &said)?;
                let decision = Decision {
                    by: said.by.clone(),
                    action: Action::Said(said.mode),
                    changes: 0,
                };
                hold::note(tx, &feed.name, &decision, now)
            })?;
        }
        let waiting = journal.read(|tx| Ok(hold::changes(tx, &feed.name)?.len()))?;
        if output.is_json() {
            return output.object(&json!({
                "feed": feed.name, "mode": said.mode.as_str(), "by": said.by,
                "until": said.until, "set": !self.dry_run, "waiting": waiting,
            }));
        }
        let would = if self.dry_run { "Would be set: " } else { "" };
        let words = match said.mode {
            guard::Mode::Normal => "ordinary times".to_owned(),
            guard::Mode::Evacuation | guard::Mode::Maintenance => mode_words(&said),
        };
        output.line(&format!("{would}{}: {words}.", feed.name))?;
        if waiting > 0 && said.mode == guard::Mode::Normal {
            output.line(&format!(
                "{waiting} changes wait for a person: look with `savin-agent holds`, then \
                 `release-hold {}`, with --without-news if nobody shall be told.",
                feed.name
            ))?;
        }
        Ok(())
    }
}

/// Reads when something ends: a length of time, a time with its zone, or one at the jail.
fn end(text: &str, feed: &Feed, now: Timestamp) -> anyhow::Result<Timestamp> {
    let length = text.parse::<SignedDuration>().ok();
    let until = length
        .and_then(|length| now.checked_add(length).ok())
        .or_else(|| time(text, feed))
        .with_context(|| {
            format!("--until {text:?} is no time: write \"2026-09-01 18:00\" or \"12h\"")
        })?;
    if until <= now {
        bail!("--until {text:?} has passed: it is {now:.0}");
    }
    Ok(until)
}

/// Reads a time with its zone, or one at the jail.
pub(super) fn time(text: &str, feed: &Feed) -> Option<Timestamp> {
    let at_jail = || {
        let civil = text.parse::<DateTime>().ok()?;
        let zone = feed.profile.times.zone().clone();
        Some(civil.to_zoned(zone).ok()?.timestamp())
    };
    text.parse::<Timestamp>().ok().or_else(at_jail)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use savin_shared::ids::{FacilityCode, FeedName};

    use super::end;
    use crate::capture::Feed;
    use crate::mapping::profile::Profile;

    #[test]
    fn reads_lengths_and_times_at_the_jail() {
        let profile = "name = 'r'\nkind = 'custody'\nmode = 'roster'\nzone = 'America/Chicago'\n\
                       [columns]\nrecord_number = 'no'\n";
        let feed = Feed {
            name: FeedName::new("r").unwrap(),
            facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
            profile: Profile::parse(profile).unwrap(),
            cadence: SignedDuration::from_hours(24),
        };
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let read = |text| end(text, &feed, now).map(|at| at.to_string());
        assert_eq!(read("12h").unwrap(), "2026-06-02T00:00:00Z");
        assert_eq!(read("2026-06-01 18:00").unwrap(), "2026-06-01T23:00:00Z");
        assert_eq!(
            read("2026-06-01T18:00:00Z").unwrap(),
            "2026-06-01T18:00:00Z"
        );
        assert!(
            read("2026-06-01 06:00")
                .unwrap_err()
                .to_string()
                .contains("has passed")
        );
        assert!(
            read("tomorrow")
                .unwrap_err()
                .to_string()
                .contains("no time")
        );
    }
}
