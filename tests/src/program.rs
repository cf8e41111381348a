//! The real programs as processes of their own: started, watched, stopped and killed.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use crate::calendar::Calendar;
use crate::ledger::Ledger;

/// Where the programs are.
#[derive(Debug, Clone)]
pub enum Programs {
    /// Both in one file, which runs the one that its first argument names: what `cargo demo` builds.
    Together(PathBuf),
    /// Two files, as they are installed.
    Apart {
        /// The agent's.
        agent: PathBuf,
        /// The hub's.
        hub: PathBuf,
    },
    /// The same, with a calendar of their own.
    Dated {
        /// Where they are.
        programs: Box<Self>,
        /// What day it is for them.
        calendar: Calendar,
    },
}

impl Programs {
    /// Returns a call of the hub's program.
    #[must_use]
    pub fn hub(&self) -> Command {
        self.program(self.hub_file(), "hub")
    }

    /// Returns a call of the agent's program.
    #[must_use]
    pub fn agent(&self) -> Command {
        self.program(self.agent_file(), "agent")
    }

    /// Returns the file of the hub's program.
    #[must_use]
    pub fn hub_file(&self) -> &Path {
        match self {
            Self::Together(file) | Self::Apart { hub: file, .. } => file,
            Self::Dated { programs, .. } => programs.hub_file(),
        }
    }

    /// Returns the file of the agent's program.
    #[must_use]
    pub fn agent_file(&self) -> &Path {
        match self {
            Self::Together(file) | Self::Apart { agent: file, .. } => file,
            Self::Dated { programs, .. } => programs.agent_file(),
        }
    }

    fn program(&self, file: &Path, which: &str) -> Command {
        let mut command = Command::new(file);
        match self {
            Self::Together(_) => {
                command.arg(which);
            }
            Self::Apart { .. } => {}
            Self::Dated { programs, calendar } => {
                command = programs.program(file, which);
                calendar.hang_in(&mut command);
            }
        }
        command
    }
}

/// Runs a command to its end and returns what it printed.
///
/// # Errors
/// Returns what it said on standard error when it fails.
pub fn run(mut command: Command) -> anyhow::Result<String> {
    let output = command.output().context("failed to start a program")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command to its end with what is typed at its standard input, and returns what it printed.
///
/// # Errors
/// Returns what it said on standard error when it fails.
pub fn run_with(mut command: Command, typed: &str) -> anyhow::Result<String> {
    use std::io::Write as _;
    let (reader, mut writer) = std::io::pipe().context("failed to type")?;
    // A line or two, which a pipe holds without being read.
    writer
        .write_all(typed.as_bytes())
        .context("failed to type")?;
    drop(writer);
    command.stdin(reader);
    run(command)
}

/// A running program.
#[derive(Debug)]
pub struct Program {
    child: Child,
    log: Arc<Ledger<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Program {
    /// Starts a program; what it logs is kept, and copied to a file where one is named.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn start(mut command: Command, copy: Option<&Path>) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("failed to start a program")?;
        let stderr = child.stderr.take().context("failed to read its log")?;
        let mut copy = copy
            .map(|path| {
                std::fs::OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(path)
            })
            .transpose()
            .context("failed to open a log file")?;
        let log = Arc::new(Ledger::default());
        let kept = Arc::clone(&log);
        let reader = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                use std::io::Write as _;
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    if let Some(copy) = &mut copy {
                        // The log is for people; a full disk does not stop the program.
                        let _full = writeln!(copy, "{line}");
                    }
                    kept.push(line);
                }
            })
            .context("failed to start a thread")?;
        Ok(Self {
            child,
            log,
            reader: Some(reader),
        })
    }

    /// Waits until a line of the log holds a text, and returns the line.
    ///
    /// # Errors
    /// Returns the whole log when none does in time.
    pub fn wait_for(&self, text: &str, patience: Duration) -> anyhow::Result<String> {
        let found = self.log.wait(patience, |lines| {
            lines.iter().find(|line| line.contains(text)).cloned()
        });
        found.with_context(|| format!("no line holds {text:?} in:\n{}", self.log()))
    }

    /// Returns everything that was logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.all().join("\n")
    }

    /// Looks for what the log must not tell.
    ///
    /// # Errors
    /// Returns what it tells.
    pub fn keeps_quiet(&self, about: &[&str]) -> anyhow::Result<()> {
        let log = self.log();
        for secret in about {
            ensure!(!tells(&log, secret), "the log tells {secret}: {log}");
        }
        Ok(())
    }

    /// Returns the number of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Says whether it has ended by itself, and how.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.child.try_wait().context("failed to look at a program")
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn wait(mut self) -> anyhow::Result<ExitStatus> {
        self.finish()
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn stop(mut self) -> anyhow::Result<ExitStatus> {
        terminate(&mut self.child)?;
        self.finish()
    }

    /// Waits until so many lines of the log hold a text; says whether they came in time.
    #[must_use]
    pub fn has_said(&self, text: &str, times: usize, patience: Duration) -> bool {
        let said = self.log.wait(patience, |lines| {
            let said = lines.iter().filter(|line| line.contains(text));
            (said.count() >= times).then_some(())
        });
        said.is_some()
    }

    /// Returns how many lines of the log hold a text by now.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        let lines = self.log.all();
        lines.iter().filter(|line| line.contains(text)).count()
    }

    /// Ends it at once, in the middle of whatever it does (`kill -9`), and returns what it logged.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn kill(mut self) -> anyhow::Result<Vec<String>> {
        self.child.kill().context("failed to kill a program")?;
        self.finish()?;
        Ok(self.log.all())
    }

    fn finish(&mut self) -> anyhow::Result<ExitStatus> {
        let status = self.child.wait().context("failed to wait for a program")?;
        if let Some(reader) = self.reader.take() {
            // A reader that panicked has nothing more to say.
            let _panicked = reader.join();
        }
        Ok(status)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Whoever was stopped before is gone already.
        let _gone = self.child.kill();
        let _status = self.finish();
    }
}

#[cfg(unix)]
fn terminate(child: &mut Child) -> anyhow::Result<()> {
    use rustix::process::{Pid, Signal, kill_process};
    if child
        .try_wait()
        .context("failed to look at a program")?
        .is_some()
    {
        return Ok(());
    }
    let id = i32::try_from(child.id()).context("no such process")?;
    let id = Pid::from_raw(id).context("no such process")?;
    kill_process(id, Signal::TERM).context("failed to stop a program")
}

#[cfg(not(unix))]
fn terminate(child: &mut Child) -> anyhow::Result<()> {
    child.kill().context("failed to stop a program")
}

/// Says whether a log tells a secret. One as short as a PIN or a code also comes by chance in the number of an
/// event or in a fraction of a second, so it tells only where it stands by itself.
fn tells(log: &str, secret: &str) -> bool {
    const CHANCE: usize = 6;
    secret.len() > CHANCE && log.contains(secret)
        || log.match_indices(secret).any(|(at, found)| {
            let (before, after) = (log.get(..at), log.get(at + found.len()..));
            let before = before.and_then(|text| text.chars().next_back());
            let after = after.and_then(|text| text.chars().next());
            let joins = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            !before.is_some_and(|letter| joins(letter) || letter == '.')
                && !after.is_some_and(joins)
        })
}

#[cfg(test)]
mod tests {
    use super::tells;

    #[test]
    fn a_log_tells_a_pin_only_where_it_stands_by_itself() {
        for told in [
            "pin=4821",
            "4821",
            "keys \"4821#\"",
            "It was 4821.",
            "to +16015550123",
        ] {
            assert!(tells(told, "4821") || tells(told, "6015550123"), "{told}");
        }
        for chance in [
            "2026-11-29T07:02:33.482155Z",
            "took 0.4821s",
            "event 01938c7a-7b21-4821-9d3c-1f2e3d4c5b6a",
            "batch 648210",
        ] {
            assert!(!tells(chance, "4821"), "{chance}");
        }
    }
}
