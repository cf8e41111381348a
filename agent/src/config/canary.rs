//! `[canary]`: when the line to the hub is tested each day by a booking that nobody has made.

use jiff::civil::Time;
use savin_shared::ids::AgentId;
use serde::Deserialize;
use toml::Spanned;

use super::{Checker, Config, ConfigError};
use crate::capture::canary::{Daily, drawn};

/// When the line is tested each day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CanaryTime {
    /// Never.
    Off,
    /// At a time of the working day that is drawn from the agent's name.
    #[default]
    Drawn,
    /// At this time, in the zone of the first feed.
    At(Time),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CanaryDocument {
    #[serde(default)]
    at: Option<Spanned<String>>,
}

impl Checker<'_> {
    pub(super) fn canary(&self, document: &CanaryDocument) -> Result<CanaryTime, ConfigError> {
        let Some(at) = &document.at else {
            return Ok(CanaryTime::Drawn);
        };
        if at.get_ref() == "off" {
            return Ok(CanaryTime::Off);
        }
        let time = Time::strptime("%H:%M", at.get_ref());
        time.map(CanaryTime::At)
            .map_err(|_| self.wrong(at.span(), "at is a time such as \"10:15\", or \"off\""))
    }
}

impl Config {
    /// Returns the daily test of an agent; nothing where it is off, or where the agent reads nothing.
    #[must_use]
    pub fn daily(&self, agent: AgentId) -> Option<Daily> {
        let first = &self.feeds.first()?.feed;
        let at = match self.canary {
            CanaryTime::Off => return None,
            CanaryTime::Drawn => drawn(agent),
            CanaryTime::At(at) => at,
        };
        Some(Daily {
            facility: first.facility.clone(),
            at,
            zone: first.profile.times.zone().clone(),
        })
    }
}
