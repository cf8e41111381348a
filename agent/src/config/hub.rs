//! `[hub]`: how the hub may be reached.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::{Checker, ConfigError};
use crate::sources::database::access::SecretFile;
use crate::uplink::dial::{Choice, Ways};
use crate::uplink::line::Transport;
use crate::uplink::proxy::Proxy;

/// The word that has the proxy taken from the environment, which nothing else makes it do.
const FROM_ENVIRONMENT: &str = "environment";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HubDocument {
    transport: TransportDocument,
    tcp: Vec<String>,
    proxy: Option<Spanned<String>>,
    proxy_credentials: Option<PathBuf>,
    quic_again: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TransportDocument {
    #[default]
    Auto,
    Quic,
    Tls,
}

impl Checker<'_> {
    pub(super) fn ways(&self, document: HubDocument) -> Result<Ways, ConfigError> {
        let quic_again =
            self.duration(document.quic_again.as_ref(), SignedDuration::from_hours(4))?;
        let credentials = document.proxy_credentials.map(|path| self.secret(&path));
        let proxy = match &document.proxy {
            None => None,
            Some(named) if named.get_ref() == FROM_ENVIRONMENT => from_environment()
                .map(|url| proxy(&url, credentials.as_ref().map(SecretFile::path)))
                .transpose()
                .map_err(|message| self.wrong(named.span(), &format!("HTTPS_PROXY: {message}")))?,
            Some(named) => Some(
                proxy(named.get_ref(), credentials.as_ref().map(SecretFile::path))
                    .map_err(|message| self.wrong(named.span(), &message))?,
            ),
        };
        Ok(Ways {
            choice: match document.transport {
                TransportDocument::Auto => Choice::Auto,
                TransportDocument::Quic => Choice::Only(Transport::Quic),
                TransportDocument::Tls => Choice::Only(Transport::Tls),
            },
            tcp: document.tcp,
            proxy,
            quic_again: quic_again.unsigned_abs(),
        })
    }
}

/// Reads a proxy's address, and the file with its user and password: one a line.
///
/// # Errors
/// Returns what is wrong with either.
pub fn proxy(url: &str, credentials: Option<&Path>) -> Result<Proxy, String> {
    let address = Proxy::address_of(url)?;
    let Some(path) = credentials else {
        return Ok(Proxy::new(address, None));
    };
    let text = fs::read_to_string(path)
        .map_err(|cause| format!("failed to read {}: {cause}", path.display()))?;
    let mut lines = text.lines();
    match (lines.next(), lines.next()) {
        (Some(user), Some(password)) => Ok(Proxy::new(address, Some((user, password)))),
        _ => Err(format!(
            "{} holds the user on its first line and the password on its second",
            path.display()
        )),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the configuration asks for it by name"
)]
fn from_environment() -> Option<String> {
    let named = ["HTTPS_PROXY", "https_proxy"].map(std::env::var);
    named.into_iter().flatten().find(|url| !url.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use crate::config::Config;
    use crate::uplink::dial::Choice;
    use crate::uplink::line::Transport;

    fn load(hub: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("proxy.txt"), "user\nword\n").unwrap();
        let path = folder.path().join("agent.toml");
        fs::write(&path, format!("state = 'state'\n[hub]\n{hub}\n")).unwrap();
        Config::load(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_how_the_hub_may_be_reached() {
        let ways = load("").unwrap().ways;
        assert_eq!((ways.choice, ways.proxy), (Choice::Auto, None));
        let ways = load(
            "transport = 'tls'\nproxy = 'http://p:3128'\nproxy_credentials = 'proxy.txt'\n\
             quic_again = '1s'\ntcp = ['h:443']",
        );
        let ways = ways.unwrap().ways;
        assert_eq!(ways.choice, Choice::Only(Transport::Tls));
        assert_eq!(ways.proxy.unwrap().address, "p:3128");
        assert_eq!(ways.quic_again, Duration::from_secs(1));
    }

    #[test]
    fn names_the_place_of_a_proxy_that_is_none() {
        let wrong = load("proxy = 'https://p'").unwrap_err();
        assert!(wrong.contains("agent.toml: line 3, column 9: "), "{wrong}");
        let missing = load("proxy = 'http://p'\nproxy_credentials = 'none.txt'").unwrap_err();
        assert!(missing.contains("none.txt"), "{missing}");
    }
}
