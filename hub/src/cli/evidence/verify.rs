//! `evidence verify`: an evidence file, checked anywhere.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use crate::cli::output::Output;
use crate::evidence::file::EvidenceFile;
use crate::evidence::note::NoteKey;
use crate::evidence::office::OfficeFile;
use crate::evidence::verify::{Clocks, verify};

/// Bytes of the largest file that is read.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Check an evidence file.
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// The file, as `savin-hub evidence export` wrote it.
    file: PathBuf,
    /// The hub's key for evidence, as it published it: NAME+ID+KEY, or a file whose first line it is.
    #[arg(long, value_name = "KEY")]
    key: String,
}

impl Verify {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<()> {
        let key = key(&self.key)?;
        let name = self.file.display();
        let bytes =
            std::fs::metadata(&self.file).with_context(|| format!("failed to read {name}"))?;
        if bytes.len() > FILE_BYTES_MAX {
            bail!("{name} is larger than {FILE_BYTES_MAX} bytes, and no evidence file");
        }
        let bytes = std::fs::read(&self.file).with_context(|| format!("failed to read {name}"))?;
        let text = String::from_utf8(bytes)
            .with_context(|| format!("{name} holds bytes that are no text: no evidence file"))?;
        let steps = verify(&text, &key);
        let mut broken = 0;
        for step in &steps {
            let (holds, said) = match &step.outcome {
                Ok(said) => (true, said.clone()),
                Err(why) => (false, why.to_string()),
            };
            broken += usize::from(!holds);
            if output.is_json() {
                output.object(&json!({ "step": step.what, "holds": holds, "said": said }))?;
            } else {
                let word = if holds { "holds" } else { "DOES NOT HOLD" };
                output.line(&format!("{word}: {}: {said}", step.what))?;
            }
        }
        if broken > 0 {
            bail!(
                "{name} proves nothing: {broken} of {} steps do not hold",
                steps.len()
            );
        }
        if output.is_json() {
            return Ok(());
        }
        let clocks = OfficeFile::open(&text, &key).map_or_else(
            |_| EvidenceFile::open(&text, &key).map(|file| Clocks::of(&file)),
            |file| Ok(Clocks::of_office(&file)),
        );
        // A certificate has no clocks of one notice.
        clocks.map_or(Ok(()), |clocks| output.line(&times(&clocks)))
    }
}

/// Reads a key from the command line, or from the file that it names.
fn key(named: &str) -> anyhow::Result<NoteKey> {
    if let Ok(key) = named.parse() {
        return Ok(key);
    }
    let text = std::fs::read_to_string(named)
        .with_context(|| format!("{named:?} is no key of the form NAME+ID+KEY, and no file"))?;
    let line = text.lines().next().unwrap_or_default();
    line.trim()
        .parse()
        .with_context(|| format!("the first line of {named} is no key"))
}

/// Says how long it took from one clock to the next.
fn times(clocks: &Clocks) -> String {
    let since = |to: Option<Timestamp>| {
        let (from, to) = (clocks.observed_at?, to?);
        Some(format!("{:#}", to.duration_since(from)))
    };
    let said = |what: &str, at| since(at).map(|after| format!("{what} after {after}"));
    let parts: Vec<_> = [
        said("durable", clocks.received_at),
        said("first tried", clocks.attempted_at),
        said("accepted", clocks.accepted_at),
        said("confirmed", clocks.confirmed_at),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        return "Every step holds.".to_owned();
    }
    format!(
        "Every step holds. From the agent's sight: {}.",
        parts.join(", ")
    )
}
