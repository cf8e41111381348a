//! `doctor`: what keeps this agent from its work, and what to do about each thing.

mod line;
mod machine;
mod source;

use std::path::Path;

use anyhow::bail;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::identity::{CERTIFICATE_WARNING_DAYS, Identity, certificate_days};

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Health {
    /// As it should be.
    Ok,
    /// It works, and somebody should look.
    Warn,
    /// It keeps the agent from its work.
    Fail,
    /// It cannot be told here, or does not matter now.
    Skip,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Finding {
    /// What.
    pub(super) check: &'static str,
    /// How it is.
    pub(super) status: Health,
    /// What was found.
    pub(super) found: String,
    /// What to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, Health::Ok, found, None)
    }

    fn skip(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, Health::Skip, found, None)
    }

    fn warn(check: &'static str, found: impl Into<String>, action: impl Into<String>) -> Self {
        Self::new(check, Health::Warn, found, Some(action.into()))
    }

    fn fail(check: &'static str, found: impl Into<String>, action: impl Into<String>) -> Self {
        Self::new(check, Health::Fail, found, Some(action.into()))
    }

    fn new(
        check: &'static str,
        status: Health,
        found: impl Into<String>,
        action: Option<String>,
    ) -> Self {
        Self {
            check,
            status,
            found: found.into(),
            action,
        }
    }
}

/// Looks at everything and prints it; fails if anything keeps the agent from its work.
pub(super) fn run(config: &Path, output: &Output) -> anyhow::Result<()> {
    let findings = examine(config);
    let count = |status| findings.iter().filter(|f| f.status == status).count();
    let (failed, warned) = (count(Health::Fail), count(Health::Warn));
    if output.is_json() {
        for finding in &findings {
            output.object(finding)?;
        }
    } else {
        let rows = findings.iter().map(|finding| {
            let status = match finding.status {
                Health::Ok => "ok",
                Health::Warn => "WARN",
                Health::Fail => "FAIL",
                Health::Skip => "skip",
            };
            vec![
                finding.check.to_owned(),
                status.to_owned(),
                finding.found.clone(),
            ]
        });
        output.table(&["check", "status", "found"], rows.collect())?;
        for finding in &findings {
            if let Some(action) = &finding.action {
                output.line(&format!("  {}: {action}", finding.check))?;
            }
        }
        output.line(&format!("{failed} failed, {warned} to look at."))?;
    }
    if failed > 0 {
        bail!("{failed} checks failed");
    }
    Ok(())
}

/// Looks at everything that the configuration leads to.
pub(super) fn examine(path: &Path) -> Vec<Finding> {
    let now = (app::world().wall)();
    let config = match Config::load(path) {
        Ok(config) => config,
        Err(error) => {
            let error = anyhow::Error::from(error);
            return vec![
                Finding::fail(
                    "configuration",
                    format!("{error:#}"),
                    "mend the file, or name another one with --config",
                ),
                Finding::skip("everything else", "not without a configuration"),
            ];
        }
    };
    let names: Vec<&str> = config.feeds.iter().map(|f| f.feed.name.as_str()).collect();
    let mut findings = vec![if names.is_empty() {
        Finding::warn(
            "configuration",
            format!("{} names no feed", path.display()),
            "add a [[feed]]: nothing is read without one",
        )
    } else {
        Finding::ok("configuration", format!("feeds {}", names.join(", ")))
    }];
    let identity = identity(&config, now, &mut findings);
    machine::examine(&config, &mut findings);
    match &identity {
        Some(identity) => line::examine(&config, identity, &mut findings),
        None => findings.push(Finding::skip("hub", "not before the agent is enrolled")),
    }
    source::examine(&config, now, &mut findings);
    if identity.is_some() {
        source::journal(&config, now, &mut findings);
    }
    findings
}

/// Looks at who the agent is.
fn identity(config: &Config, now: Timestamp, findings: &mut Vec<Finding>) -> Option<Identity> {
    let state = config.state.path().display();
    let identity = match config.state.identity() {
        Ok(identity) => identity,
        Err(error) => {
            let error = anyhow::Error::from(error);
            findings.push(Finding::fail(
                "identity",
                format!("{error:#}"),
                format!(
                    "enrol with a token from MDOC, or run this as the user who may read {state}"
                ),
            ));
            return None;
        }
    };
    let keys = identity
        .agent()
        .and_then(|agent| config.state.signer(agent))
        .and_then(|_signer| config.state.tls());
    findings.push(match keys {
        Err(error) => Finding::fail(
            "identity",
            format!("{:#}", anyhow::Error::from(error)),
            "restore the state folder, or ask MDOC for a token and enrol with --replace",
        ),
        Ok(_tls) => match config.check_facilities(&identity.facilities) {
            Ok(()) => Finding::ok("identity", format!("enrolled for {}", identity.agency)),
            Err(error) => Finding::fail(
                "identity",
                error.to_string(),
                "write a facility that the agent was enrolled for",
            ),
        },
    });
    let days = certificate_days(identity.expires, now);
    let found = format!("{days} days left, until {:.0}", identity.expires);
    let action = "ask MDOC for a token and enrol with --replace";
    findings.push(match days {
        ..0 => Finding::fail(
            "certificate",
            format!("ended {:.0}", identity.expires),
            action,
        ),
        0..=CERTIFICATE_WARNING_DAYS => Finding::warn("certificate", found, action),
        _ => Finding::ok("certificate", found),
    });
    Some(identity)
}

/// Says how long something is, as people say it.
fn length(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    match seconds.unsigned_abs() {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", time.as_mins()),
        7200..172_800 => format!("{} h", time.as_hours()),
        _ => format!("{} days", time.as_hours() / 24),
    }
}
