//! `mail`: the key that signs messages.

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;

use super::output::Output;
use crate::channels::email::dkim;
use crate::config::Config;

/// What there is to do about the mail channel.
#[derive(Debug, Subcommand)]
pub(super) enum MailCommand {
    /// Show what the DNS is to say of the key in `[email.dkim]`.
    Dkim {
        /// Make the key first.
        #[arg(long)]
        make: bool,
    },
}

impl MailCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let Self::Dkim { make } = self;
        let named = config.email.as_ref().and_then(|email| email.dkim.as_ref());
        let named = named.context(
            "the configuration has no [email.dkim]: give it a `selector`, as `savin1`, and a file for the \
             `key`, and call this again with --make",
        )?;
        if *make {
            dkim::make(&named.key)?;
        }
        let record = dkim::record(&named.key, &named.selector, &named.domain)?;
        if output.is_json() {
            return output.object(&json!({
                "selector": named.selector, "domain": named.domain, "key": named.key,
                "record": record, "made": make,
            }));
        }
        if *make {
            output.line(&format!("Made {}.", named.key.display()))?;
        }
        output.line(&record)?;
        output.line(
            "Once the DNS says this, restart the hub: from then on its messages are signed with the key.",
        )
    }
}
