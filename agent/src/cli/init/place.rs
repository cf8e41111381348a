//! Where a guessed profile and its feed are put: beside one another, or into the `agent.toml` that a package
//! installed. Nothing that is there is written over.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use super::Found;
use crate::cli::output::Output;
use crate::config::Config;

/// What became of the feed.
pub(super) enum Written {
    /// This `agent.toml` names it.
    Named(PathBuf),
    /// Somebody has to put it where the other feeds are.
    Unnamed,
}

/// Writes the profile, and names it in an `agent.toml`: a new one, or one without any feed. One that has
/// feeds is somebody's work and is left alone.
pub(super) fn write(
    out: &Path,
    found: &Found,
    feed: &str,
    profile: &str,
    output: &Output,
) -> anyhow::Result<Written> {
    let profile_path = out.join(format!("{}.toml", found.settings.name));
    let agent_path = out.join("agent.toml");
    fs::create_dir_all(out).with_context(|| format!("failed to make {}", out.display()))?;
    let known = match fs::metadata(&agent_path) {
        Ok(_) => Some(Config::load(&agent_path).context("no feed can be added to agent.toml")?),
        Err(cause) if cause.kind() == ErrorKind::NotFound => None,
        Err(cause) => {
            return Err(cause)
                .with_context(|| format!("failed to look at {}", agent_path.display()));
        }
    };
    let say = |line: String| {
        if output.is_json() {
            return Ok(());
        }
        output.line(&line)
    };
    write_new(&profile_path, profile)?;
    say(format!("Written: {}", profile_path.display()))?;
    match known {
        None => {
            write_new(&agent_path, &format!("{}{feed}", head()))?;
            say(format!("Written: {}", agent_path.display()))?;
        }
        Some(config) if config.feeds.is_empty() => {
            let mut file = OpenOptions::new()
                .append(true)
                .open(&agent_path)
                .with_context(|| format!("failed to open {}", agent_path.display()))?;
            write!(file, "\n# Guessed by `savin-agent init`.\n{feed}")
                .with_context(|| format!("failed to write {}", agent_path.display()))?;
            say(format!("Added a feed to: {}", agent_path.display()))?;
        }
        Some(_) => {
            let shown = agent_path.display();
            if output.is_json() {
                output.object(&json!({ "feed": feed, "written": false }))?;
            } else {
                output.line(&format!(
                    "\n{shown} has feeds already. Add this one to it, and `check`:\n\n{feed}"
                ))?;
            }
            return Ok(Written::Unnamed);
        }
    }
    Ok(Written::Named(agent_path))
}

/// Writes a file that is not there yet: a mended profile is worth more than a guess.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = File::create_new(path).with_context(|| {
        let shown = path.display();
        format!(
            "failed to make {shown}: if it is there already, give another --out or move it away"
        )
    })?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("failed to write {}", path.display()))
}

/// The part of a new `agent.toml` that stands before its feeds.
fn head() -> String {
    let state = if cfg!(windows) {
        "C:/ProgramData/savin-agent"
    } else {
        "/var/lib/savin-agent"
    };
    format!(
        "# Guessed by `savin-agent init`. Paths are relative to this file.\n\n\
         # Keys, certificate and journal. Only the agent's user may read it.\n\
         state = {}\n\n",
        quoted(state)
    )
}

/// A feed that reads files like the sample from its folder.
pub(super) fn feed(found: &Found, facility: &str, folder: &Path) -> String {
    let name = &found.settings.name;
    format!(
        "[[feed]]\nname = \"{name}\"\n\
         facility = {facility}    # ? exactly as MDOC names it\n\
         profile = \"{name}.toml\"\n\
         cadence = \"24h\"    # ? how often a new export is expected\n\n\
         [feed.folder]\npath = {path}\n\
         files = {files}    # ? which files in it\n",
        facility = quoted(facility),
        path = quoted(&folder.to_string_lossy()),
        files = quoted(&pattern(&found.settings.file)),
    )
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Writes `*` where the file's name has a number, as of a day.
fn pattern(file: &str) -> String {
    let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
    let mut pattern = String::new();
    for c in stem.chars() {
        let is_number = c.is_ascii_digit();
        let separates = pattern.ends_with('*') && (c == '-' || c == '_');
        if !is_number && !separates {
            pattern.push(c);
        } else if is_number && !pattern.ends_with('*') {
            pattern.push('*');
        }
    }
    if ending.is_empty() {
        pattern
    } else {
        format!("{pattern}.{ending}")
    }
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn makes_a_pattern_of_a_name_with_a_day() {
        assert_eq!(pattern("DOC_Daily_20260601.csv"), "DOC_Daily_*.csv");
        assert_eq!(pattern("2018-06-21.csv"), "*.csv");
        assert_eq!(pattern("roster.csv"), "roster.csv");
    }
}
