//! `enroll`: a certificate for this agent, with the token that MDOC gave the agency.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use savin_shared::token::TokenFile;
use serde_json::json;

use super::output::Output;
use crate::config::Config;
use crate::enrol::enrol;
use crate::identity::StateFolder;

/// Enrol this agent.
#[derive(Debug, Args)]
pub(super) struct Enroll {
    /// The token file from MDOC; `-` reads it from standard input.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// The state folder, where there is no configuration yet.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// Replace the identity that is there; the journal of the old one is kept beside it.
    #[arg(long)]
    replace: bool,
}

impl Enroll {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let state = match &self.state {
            Some(folder) => StateFolder::new(folder.clone()),
            None => Config::load(config)?.state,
        };
        if state.is_enrolled() && !self.replace {
            bail!(
                "an agent is enrolled in {} already: use --replace to enrol it anew",
                state.path().display()
            );
        }
        // A running agent would go on with the old identity and a journal that is moved away.
        let _lock = state.is_enrolled().then(|| state.lock()).transpose()?;
        let token = self.token()?;
        let runtime = super::run::runtime()?;
        let identity = runtime.block_on(enrol(&token, &state))?;
        if self.replace {
            set_journal_aside(&state)?;
        }
        let facilities: Vec<&str> = identity.facilities.iter().map(|f| f.as_str()).collect();
        let fingerprint = state
            .signer(identity.agent()?)?
            .key()
            .verifying_key()
            .fingerprint();
        if output.is_json() {
            return output.object(&json!({
                "agent": identity.agent()?.to_string(),
                "agency": identity.agency,
                "facilities": facilities,
                "certificate_ends": identity.expires,
                "key_fingerprint": fingerprint.to_string(),
            }));
        }
        output.line(&format!(
            "Enrolled as agent {} of {}",
            identity.agent()?,
            identity.agency
        ))?;
        output.line(&format!("  facilities        {}", facilities.join(", ")))?;
        output.line(&format!("  hub               {}", identity.hub.join(", ")))?;
        output.line(&format!("  certificate ends  {}", identity.expires))?;
        output.line(&format!("  key fingerprint   {fingerprint}"))?;
        output
            .line("Next: `savin-agent preview` shows what would be sent; `savin-agent run` starts.")
    }

    fn token(&self) -> anyhow::Result<TokenFile> {
        let mut text = String::new();
        if self.token_file.as_os_str() == "-" {
            std::io::stdin()
                .read_to_string(&mut text)
                .context("failed to read standard input")?;
        } else {
            text = std::fs::read_to_string(&self.token_file)
                .with_context(|| format!("failed to read {}", self.token_file.display()))?;
        }
        toml::from_str(&text).map_err(|_| {
            // The parser quotes the line, which may hold the secret.
            anyhow::anyhow!("{} is not a token file", self.token_file.display())
        })
    }
}

/// Keeps the journal of the agent that was before; it belongs to another name.
fn set_journal_aside(state: &StateFolder) -> anyhow::Result<()> {
    let journal = state.journal();
    for ending in ["", "-wal", "-shm"] {
        let mut from = journal.clone().into_os_string();
        from.push(ending);
        let mut to = journal.with_extension("replaced.sqlite").into_os_string();
        to.push(ending);
        match std::fs::rename(&from, &to) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("failed to set the old journal aside"),
        }
    }
    Ok(())
}
