//! `service`: the agent as a service of systemd, for machines on which no package did that already.

mod unit;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Output;
use crate::config::Config;

/// The unit that is written.
const UNIT: &str = "/etc/systemd/system/savin-agent.service";

/// Where a package puts its own.
const PACKAGED: [&str; 2] = [
    "/usr/lib/systemd/system/savin-agent.service",
    "/lib/systemd/system/savin-agent.service",
];

const NAME: &str = "savin-agent.service";

/// Run the agent as a service.
#[derive(Debug, Args)]
pub(super) struct Service {
    /// Only show what would be done.
    #[arg(long, global = true)]
    dry_run: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write the unit for this program and this configuration, and start it now and at every boot.
    Install {
        /// The user that the agent runs as; made if it is not there.
        #[arg(long, value_name = "NAME", default_value = "savin-agent")]
        user: String,
    },
    /// Stop the service and remove the unit; state and configuration stay.
    Uninstall,
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Stop and start it, as after a change of the configuration.
    Restart,
    /// Show how systemd sees it.
    Status,
}

/// One thing that is done.
enum Step {
    Write(PathBuf, String),
    Remove(PathBuf),
    Run(Vec<String>),
}

impl Step {
    fn run(words: &[&str]) -> Self {
        Self::Run(words.iter().map(ToString::to_string).collect())
    }

    fn say(&self, output: &Output) -> anyhow::Result<()> {
        if output.is_json() {
            return output.object(&match self {
                Self::Write(path, text) => json!({ "write": path, "text": text }),
                Self::Remove(path) => json!({ "remove": path }),
                Self::Run(words) => json!({ "run": words }),
            });
        }
        match self {
            Self::Write(path, text) => {
                output.line(&format!("write {}:", path.display()))?;
                for line in text.lines() {
                    output.line(format!("    {line}").trim_end())?;
                }
                Ok(())
            }
            Self::Remove(path) => output.line(&format!("remove {}", path.display())),
            Self::Run(words) => output.line(&format!("run {}", words.join(" "))),
        }
    }

    fn take(&self) -> anyhow::Result<()> {
        match self {
            Self::Write(path, text) => std::fs::write(path, text)
                .with_context(|| format!("failed to write {}", path.display())),
            Self::Remove(path) => std::fs::remove_file(path)
                .with_context(|| format!("failed to remove {}", path.display())),
            Self::Run(words) => {
                let (program, arguments) = words.split_first().context("no program")?;
                let status = Command::new(program)
                    .args(arguments)
                    .status()
                    .with_context(|| format!("failed to start {program}"))?;
                if status.success() {
                    Ok(())
                } else {
                    bail!("`{}` ended with {status}", words.join(" "))
                }
            }
        }
    }
}

impl Service {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        if !self.dry_run {
            look_for_systemd()?;
        }
        let steps = match &self.action {
            Action::Install { user } => install(config, user)?,
            Action::Uninstall => uninstall(self.dry_run)?,
            Action::Start => vec![Step::run(&["systemctl", "start", NAME])],
            Action::Stop => vec![Step::run(&["systemctl", "stop", NAME])],
            Action::Restart => {
                // A bad edit must not take the feeds down.
                Config::load(config)?;
                vec![Step::run(&["systemctl", "restart", NAME])]
            }
            Action::Status if output.is_json() => {
                let fields = "--property=LoadState,ActiveState,SubState,Result,NRestarts,StatusText,\
                              ActiveEnterTimestamp,MainPID";
                vec![Step::run(&["systemctl", "show", NAME, fields])]
            }
            Action::Status => {
                // That it does not run is an answer and no failure of this command.
                return self.look(output);
            }
        };
        let changes = !matches!(self.action, Action::Status);
        if changes && !self.dry_run && !is_root() {
            bail!("only root may change services: put sudo before it");
        }
        for step in &steps {
            if self.dry_run || !output.is_json() && changes {
                step.say(output)?;
            }
            if !self.dry_run {
                step.take()?;
            }
        }
        Ok(())
    }

    fn look(&self, output: &Output) -> anyhow::Result<()> {
        let words = ["systemctl", "status", "--no-pager", NAME];
        if self.dry_run {
            return Step::run(&words).say(output);
        }
        let [program, arguments @ ..] = words;
        Command::new(program)
            .args(arguments)
            .status()
            .context("failed to start systemctl")?;
        Ok(())
    }
}

fn install(config: &Path, user: &str) -> anyhow::Result<Vec<Step>> {
    if let Some(packaged) = PACKAGED.iter().find(|path| Path::new(path).exists()) {
        bail!(
            "a package has installed {packaged} already: run `systemctl enable --now savin-agent`, and \
             put changes into a drop-in (`systemctl edit savin-agent`)"
        );
    }
    let loaded = Config::load(config)?;
    let config = std::path::absolute(config).context("failed to name the configuration")?;
    let state = std::path::absolute(loaded.state.path()).context("failed to name the state")?;
    let program = std::env::current_exe().context("failed to name this program")?;
    let unit = unit::unit(&program, &config, &state, user)?;
    let folder = state.to_string_lossy().into_owned();
    let mut steps = Vec::new();
    if !exists(user) {
        steps.push(Step::run(&[
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            &folder,
            "--shell",
            "/usr/sbin/nologin",
            user,
        ]));
    }
    steps.extend([
        Step::run(&["install", "-d", "-m", "0700", &folder]),
        Step::run(&["chown", "-R", &format!("{user}:"), &folder]),
        Step::Write(UNIT.into(), unit),
        Step::run(&["systemctl", "daemon-reload"]),
        Step::run(&["systemctl", "enable", "--now", NAME]),
    ]);
    Ok(steps)
}

fn uninstall(dry_run: bool) -> anyhow::Result<Vec<Step>> {
    if !dry_run && !Path::new(UNIT).exists() {
        bail!("{UNIT} is not there: a package's unit goes with the package");
    }
    Ok(vec![
        Step::run(&["systemctl", "disable", "--now", NAME]),
        Step::Remove(UNIT.into()),
        Step::run(&["systemctl", "daemon-reload"]),
    ])
}

fn look_for_systemd() -> anyhow::Result<()> {
    if Path::new("/run/systemd/system").is_dir() {
        return Ok(());
    }
    bail!(
        "systemd does not run on this machine: have `savin-agent run` started by whatever starts \
         programs here, and started again when it ends (--dry-run shows what systemd would do)"
    )
}

/// Says whether a user is there.
fn exists(user: &str) -> bool {
    let known = Command::new("id").arg("-u").arg(user).output();
    known.is_ok_and(|output| output.status.success())
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
