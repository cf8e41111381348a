//! `[carrier]`: the account at a carrier by whose web interface calls go, and where it reaches the hub.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use savin_shared::pii::Secret;
use savin_telephone::carrier::call::Operator;
use savin_telephone::carrier::exchange::{Settings, Timing};
use savin_telephone::carrier::request::{Account, Guess};
use savin_telephone::carrier::signature::Scheme;
use serde::Deserialize;
use toml::Spanned;

use super::telephone::{LINES_MAX, TakesDocument};
use super::{Checker, ConfigError, read};

/// Where the interface is, unless it is set.
const INTERFACE: &str = "https://api.twilio.com";

/// The carrier.
#[derive(Debug, Clone)]
pub struct Carrier {
    /// How calls go by it.
    pub settings: Settings,
    /// The address by which it reaches the hub's site.
    pub public_url: String,
    /// How it signs what it asks.
    pub scheme: Scheme,
    /// Which calls go by it.
    pub outgoing: Outgoing,
}

/// Which calls to the public go by the carrier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outgoing {
    /// All of them.
    Always,
    /// Those that no trunk carries; all of them where there is none.
    #[default]
    WhenTrunksAreDown,
    /// None: it only brings calls to the toll-free number.
    Never,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CarrierDocument {
    account: Spanned<String>,
    token: Spanned<PathBuf>,
    number: Spanned<String>,
    #[serde(default)]
    url: Option<Spanned<String>>,
    #[serde(default)]
    public_url: Option<Spanned<String>>,
    #[serde(default)]
    signature: SignatureDocument,
    #[serde(default)]
    key: Option<Spanned<String>>,
    #[serde(default)]
    outgoing: Outgoing,
    #[serde(default)]
    ring: Option<Spanned<String>>,
    #[serde(default)]
    machine_detection: Option<bool>,
    lines: Spanned<u32>,
    #[serde(default)]
    calls_per_second: Option<Spanned<u32>>,
    #[serde(default)]
    operators: Vec<OperatorDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperatorDocument {
    number: Spanned<String>,
    #[serde(default)]
    language: Option<Spanned<String>>,
    #[serde(default)]
    takes: TakesDocument,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SignatureDocument {
    #[default]
    Twilio,
    Telnyx,
}

impl Checker<'_> {
    /// Checks the carrier of a hub whose site has this address.
    pub(super) fn carrier(
        &self,
        document: &CarrierDocument,
        site: &str,
    ) -> Result<Carrier, ConfigError> {
        let account = document.account.get_ref();
        if account.is_empty() || !account.chars().all(|c| c.is_ascii_alphanumeric()) {
            let message = "account is the account's identifier, of letters and digits";
            return Err(self.wrong(document.account.span(), message));
        }
        let file = self.base.join(document.token.get_ref());
        let token = read(&file)?.lines().next().unwrap_or_default().to_owned();
        if token.is_empty() {
            let message = "token is a file with the account's token on its first line";
            return Err(self.wrong(document.token.span(), message));
        }
        let token = Secret::new(token);
        let url = match &document.url {
            Some(named) => self.protected(named, "url")?,
            None => INTERFACE.to_owned(),
        };
        let public_url = match &document.public_url {
            Some(named) => self.protected(named, "public_url")?,
            None if is_protected(site) => site.to_owned(),
            None => {
                let message = "the carrier reaches the hub by https: set public_url";
                return Err(self.wrong(document.account.span(), message));
            }
        };
        let scheme = match (document.signature, &document.key) {
            (SignatureDocument::Twilio, None) => Scheme::Twilio(token.clone()),
            (SignatureDocument::Telnyx, Some(key)) => Scheme::Telnyx(self.key(key)?),
            (SignatureDocument::Twilio, Some(key)) => {
                let message = "key goes with signature = \"telnyx\"";
                return Err(self.wrong(key.span(), message));
            }
            (SignatureDocument::Telnyx, None) => {
                let message = "signature = \"telnyx\" needs key, the carrier's public key";
                return Err(self.wrong(document.account.span(), message));
            }
        };
        let pace = document.calls_per_second.as_ref();
        let pace = pace.map(|pace| self.count(pace, "calls_per_second", LINES_MAX));
        let operators = document.operators.iter();
        let operators = operators.map(|operator| self.operator(operator));
        let machine = document.machine_detection.unwrap_or(true);
        Ok(Carrier {
            settings: Settings {
                account: Account {
                    url,
                    sid: account.clone(),
                    token,
                    from: self.number(&document.number)?,
                },
                ring: self.ring(document.ring.as_ref())?,
                machine: if machine {
                    Guess::Machine
                } else {
                    Guess::Nothing
                },
                operators: operators.collect::<Result<_, _>>()?,
                lines: self.count(&document.lines, "lines", LINES_MAX)?,
                calls_per_second: pace.transpose()?.unwrap_or(1),
                timing: Timing::default(),
            },
            public_url,
            scheme,
            outgoing: document.outgoing,
        })
    }

    /// Reads an address over which tokens and PINs go.
    fn protected(&self, named: &Spanned<String>, field: &str) -> Result<String, ConfigError> {
        let url = named.get_ref().trim_end_matches('/');
        if is_protected(url) {
            return Ok(url.to_owned());
        }
        let message = format!("{field} begins with https://: tokens and PINs go over it");
        Err(self.wrong(named.span(), &message))
    }

    fn key(&self, named: &Spanned<String>) -> Result<[u8; 32], ConfigError> {
        let key = STANDARD.decode(named.get_ref()).ok();
        key.and_then(|key| key.try_into().ok()).ok_or_else(|| {
            let message = "key is the carrier's public key, 32 bytes in base64";
            self.wrong(named.span(), message)
        })
    }

    fn operator(&self, document: &OperatorDocument) -> Result<Operator, ConfigError> {
        Ok(Operator {
            number: self.number(&document.number)?,
            language: self.spoken(document.language.as_ref())?,
            takes: document.takes.into(),
        })
    }

    fn number(&self, named: &Spanned<String>) -> Result<String, ConfigError> {
        let digits = named.get_ref().strip_prefix('+').unwrap_or_default();
        if (8..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit()) {
            return Ok(named.get_ref().clone());
        }
        let message = "a number is written as \"+16015550100\" (E.164)";
        Err(self.wrong(named.span(), message))
    }
}

/// Says whether nobody reads on the way to an address: it is this machine, or TLS.
fn is_protected(url: &str) -> bool {
    let here = ["http://127.0.0.1:", "http://localhost:"];
    url.starts_with("https://") || here.iter().any(|here| url.starts_with(here))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use savin_telephone::carrier::request::Guess;
    use savin_telephone::carrier::signature::Scheme;

    use super::{Carrier, Outgoing};
    use crate::config::Config;

    const HUB: &str = "data = 'data'\n[agents]\nlisten = '127.0.0.1:7443'\naddresses = ['a:7443']\n\
                       [web]\nlisten = '127.0.0.1:8080'\nurl = 'https://x.test/'\nphone = '1'\n";

    const GOOD: &str = "[carrier]\naccount = 'AC1'\ntoken = 'token'\nnumber = '+16015550100'\n\
                        lines = 20\noperators = [{ number = '+16015550188' },\n\
                        { number = '+16015550199', language = 'es', takes = 'answer' }]\n";

    fn load(carrier: &str) -> Result<Carrier, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.toml");
        fs::write(folder.path().join("token"), "sesame\n").unwrap();
        fs::write(folder.path().join("empty"), "").unwrap();
        fs::write(&path, format!("{HUB}{carrier}")).unwrap();
        let config = Config::load(&path, None).map_err(|error| error.to_string())?;
        Ok(config.carrier.unwrap())
    }

    #[test]
    fn reads_an_account_and_fills_in_what_is_usual() {
        let carrier = load(GOOD).unwrap();
        let settings = &carrier.settings;
        assert_eq!(settings.account.url, "https://api.twilio.com");
        assert_eq!(settings.account.token.reveal(), "sesame");
        assert_eq!(carrier.public_url, "https://x.test");
        assert!(matches!(carrier.scheme, Scheme::Twilio(_)));
        assert_eq!(carrier.outgoing, Outgoing::WhenTrunksAreDown);
        assert_eq!(settings.ring, Duration::from_secs(35));
        assert_eq!(settings.machine, Guess::Machine);
        assert_eq!((settings.lines, settings.calls_per_second), (20, 1));
        assert_eq!(settings.operators.len(), 2);
        assert!(!format!("{carrier:?}").contains("sesame"));
    }

    #[test]
    fn says_what_is_wrong() {
        let telnyx = "account = 'AC1'\nsignature = 'telnyx'";
        for (good, wrong, message) in [
            ("'AC1'", "'AC/1'", "account is the account's identifier"),
            ("'token'", "'empty'", "token is a file"),
            ("'+16015550100'", "'6015550100'", "(E.164)"),
            ("'+16015550199'", "'200'", "(E.164)"),
            ("lines = 20", "lines = 0", "lines is a number"),
            (
                "lines = 20",
                "lines = 20\nurl = 'http://x.test'",
                "url begins with https://",
            ),
            (
                "lines = 20",
                "lines = 20\nring = '1h'",
                "ring is a length of time",
            ),
            (
                "lines = 20",
                "lines = 20\nkey = 'a'",
                "key goes with signature",
            ),
            ("account = 'AC1'", telnyx, "needs key"),
        ] {
            let text = GOOD.replacen(good, wrong, 1);
            assert_ne!(text, GOOD);
            let refused = load(&text).unwrap_err();
            assert!(refused.contains(message), "{refused}");
        }
    }
}
