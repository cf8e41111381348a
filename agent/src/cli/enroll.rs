//! `enroll`: a certificate for this agent, with the token that MDOC gave the agency.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use savin_shared::token::TokenFile;
use serde_json::json;

use super::output::Output;
use crate::config::{self, Config};
use crate::enrol::enrol;
use crate::identity::StateFolder;
use crate::uplink::dial::Ways;

/// The journal's file and those that SQLite puts beside it.
const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

/// Enrol this agent.
#[derive(Debug, Args)]
pub(super) struct Enroll {
    /// The token file from MDOC; `-` reads it from standard input.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// The state folder, where there is no configuration yet.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// The way out for TCP, as `http://host:port`, where the configuration names none.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// A file with the user and the password that the proxy wants, one a line.
    #[arg(long, value_name = "FILE", requires = "proxy")]
    proxy_credentials: Option<PathBuf>,
    /// Replace the identity that is there; the journal of the old one is kept beside it.
    #[arg(long)]
    replace: bool,
}

impl Enroll {
    pub(super) fn run(&self, config: &Path, output: &Output) -> anyhow::Result<()> {
        let (state, ways) = match &self.state {
            Some(folder) => (StateFolder::new(folder.clone()), Ways::default()),
            None => {
                let config = Config::load(config)?;
                (config.state, config.ways)
            }
        };
        let ways = self.through_proxy(ways)?;
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
        let identity = runtime.block_on(enrol(&token, &state, ways))?;
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

    fn through_proxy(&self, ways: Ways) -> anyhow::Result<Ways> {
        let Some(url) = &self.proxy else {
            return Ok(ways);
        };
        let credentials = self.proxy_credentials.as_deref();
        let proxy = config::proxy(url, credentials).map_err(|failure| anyhow::anyhow!(failure))?;
        Ok(Ways {
            proxy: Some(proxy),
            ..ways
        })
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

/// Keeps the journal of the agent that was before, with its receipts; it belongs to another name.
/// What was kept earlier is never written over.
fn set_journal_aside(state: &StateFolder) -> anyhow::Result<()> {
    let journal = state.journal();
    let beside = |path: &Path, ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let kept = (1_u32..)
        .map(|number| journal.with_extension(format!("replaced-{number}.sqlite")))
        .find(|kept| ENDINGS.iter().all(|ending| !beside(kept, ending).exists()))
        .context("failed to set the old journal aside")?;
    for ending in ENDINGS {
        match std::fs::rename(beside(&journal, ending), beside(&kept, ending)) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("failed to set the old journal aside"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{StateFolder, set_journal_aside};

    #[test]
    fn writes_over_no_journal_that_was_set_aside_earlier() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::new(folder.path().to_owned());
        for life in ["first", "second"] {
            fs::write(state.journal(), life).unwrap();
            fs::write(folder.path().join("journal.sqlite-wal"), life).unwrap();
            set_journal_aside(&state).unwrap();
        }
        for (number, life) in [(1, "first"), (2, "second")] {
            for ending in ["", "-wal"] {
                let name = format!("journal.replaced-{number}.sqlite{ending}");
                let kept = fs::read_to_string(folder.path().join(name)).unwrap();
                assert_eq!(kept, life);
            }
        }
        assert!(!state.journal().exists());
    }
}
