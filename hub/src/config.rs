//! `hub.toml`: raw to checked, once. Nothing else sees the file.

mod bounds;
mod canary;
mod carrier;
mod duty;
mod email;
mod freshness;
mod ladders;
mod letters;
mod telephone;
mod voice;

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use savin_shared::limits::CREDIT_BATCHES;
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use bounds::BoundsDocument;
use canary::CanaryDocument;
pub use canary::CanaryLine;
use carrier::CarrierDocument;
pub use carrier::{Carrier, Outgoing};
use duty::DutyDocument;
use email::EmailDocument;
pub use email::{Dkim, Email, Returns};
use freshness::FreshnessDocument;
pub use letters::Letters;
use letters::LettersDocument;
pub use telephone::Telephone;
use telephone::TelephoneDocument;
pub use voice::Voice;
use voice::VoiceDocument;

use crate::authority::AGENT_CERTIFICATE;
use crate::ingest::listen::Tcp;
use crate::notification::bounds::Bounds;
use crate::notification::ladder::Ladders;
use crate::store::Place;
use crate::work::duty::Roster;

/// The shortest life of an agent's certificate, which only a test can want, and the longest.
const CERTIFICATE_LIFE_MIN: SignedDuration = SignedDuration::from_secs(10);
const CERTIFICATE_LIFE_MAX: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The schema of the registry on a server.
const REGISTRY_SCHEMA: &str = "savin_registry";

/// The schema of the vault on a server.
const VAULT_SCHEMA: &str = "savin_vault";

/// The checked configuration.
#[derive(Debug)]
pub struct Config {
    /// Where keys, certificates and embedded databases lie.
    pub data: PathBuf,
    /// Where the registry is.
    pub registry: Place,
    /// Where the vault is.
    pub vault: Place,
    /// Where the vault's keys are.
    pub vault_keys: PathBuf,
    /// The door for agents.
    pub agents: Agents,
    /// The public site.
    pub web: Web,
    /// The mail channel, if there is one.
    pub email: Option<Email>,
    /// The channel of letters, if there is one; without it a person carries them.
    pub letters: Option<Letters>,
    /// The telephone channel, if there is one.
    pub telephone: Option<Telephone>,
    /// The carrier by whose web interface calls go, if there is one.
    pub carrier: Option<Carrier>,
    /// Where the agencies' daily tests must come out, if anywhere.
    pub canary: Option<CanaryLine>,
    /// The voice of calls.
    pub voice: Voice,
    /// After how long without a word from a facility whoever asked for somebody there is told.
    pub dark_after: SignedDuration,
    /// How notices go on until they are confirmed.
    pub ladders: Ladders,
    /// What telling may cost and do.
    pub bounds: Bounds,
    /// Who answers for what has waited too long, and when.
    pub duty: Roster,
}

/// The door for agents.
#[derive(Debug)]
pub struct Agents {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where it listens for TLS over TCP.
    pub listen_tcp: Tcp,
    /// How long agents' certificates last.
    pub certificate_life: SignedDuration,
    /// What tokens tell agents to dial, `host:port`.
    pub addresses: Vec<String>,
    /// Batches that an agent may have in flight.
    pub credit: u32,
}

/// The public site.
#[derive(Debug)]
pub struct Web {
    /// Where it listens; a reverse proxy speaks TLS in front of it.
    pub listen: SocketAddr,
    /// Its public address.
    pub url: String,
    /// The toll-free number.
    pub phone: String,
    /// Where somebody goes who leaves at once.
    pub leave_url: String,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// Reverse proxies on other machines, which are believed from where a request comes.
    pub proxies: Vec<IpAddr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    data: PathBuf,
    #[serde(default)]
    store: StoreDocument,
    #[serde(default)]
    vault_keys: Option<PathBuf>,
    #[serde(default)]
    ladders: Option<PathBuf>,
    agents: AgentsDocument,
    web: WebDocument,
    #[serde(default)]
    email: Option<EmailDocument>,
    #[serde(default)]
    letters: Option<LettersDocument>,
    #[serde(default)]
    telephone: Option<TelephoneDocument>,
    #[serde(default)]
    carrier: Option<CarrierDocument>,
    #[serde(default)]
    canary: Option<CanaryDocument>,
    #[serde(default)]
    duty: Option<DutyDocument>,
    #[serde(default)]
    freshness: FreshnessDocument,
    #[serde(default)]
    voice: VoiceDocument,
    #[serde(default)]
    bounds: BoundsDocument,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StoreDocument {
    registry: Option<String>,
    vault: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentsDocument {
    listen: SocketAddr,
    #[serde(default)]
    listen_tcp: Option<Spanned<String>>,
    #[serde(default)]
    certificate_life: Option<Spanned<String>>,
    addresses: Vec<String>,
    #[serde(default)]
    credit: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WebDocument {
    listen: SocketAddr,
    url: Spanned<String>,
    phone: String,
    #[serde(default)]
    leave_url: Option<Spanned<String>>,
    #[serde(default)]
    zone: Option<Spanned<String>>,
    #[serde(default)]
    proxies: Vec<IpAddr>,
}

impl Config {
    /// Reads and checks a configuration; paths in it are relative to it. A store named on the
    /// command line comes before the one in the file.
    ///
    /// # Errors
    /// Returns [`ConfigError`] with file, line and column for anything that is wrong.
    pub fn load(path: &Path, store: Option<&str>) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let document: Document = toml::from_str(&text).map_err(|error| ConfigError::Syntax {
            file: path.to_owned(),
            message: error.to_string(),
        })?;
        let base = path.parent().unwrap_or(Path::new(".")).to_owned();
        Checker {
            path,
            text: &text,
            base,
        }
        .check(document, store)
    }
}

struct Checker<'a> {
    path: &'a Path,
    text: &'a str,
    base: PathBuf,
}

impl Checker<'_> {
    fn check(&self, document: Document, store: Option<&str>) -> Result<Config, ConfigError> {
        let data = self.base.join(&document.data);
        let place = |named: Option<&str>, file: &str, schema: &str| match named {
            Some(url) => Place::Server {
                url: url.to_owned(),
                schema: schema.to_owned(),
            },
            None => Place::File(data.join(file)),
        };
        let registry = store.or(document.store.registry.as_deref());
        let vault = store.or(document.store.vault.as_deref());
        let web = self.web(document.web)?;
        let carrier = document.carrier.as_ref();
        let carrier = carrier.map(|carrier| self.carrier(carrier, &web.url));
        let keys = document.vault_keys.map(|path| self.base.join(path));
        Ok(Config {
            registry: place(registry, "registry.sqlite", REGISTRY_SCHEMA),
            vault: place(vault, "vault.sqlite", VAULT_SCHEMA),
            vault_keys: keys.unwrap_or_else(|| data.join("vault.keys")),
            agents: self.agents(document.agents)?,
            carrier: carrier.transpose()?,
            web,
            email: document.email.map(|email| self.email(email)).transpose()?,
            letters: document
                .letters
                .map(|letters| self.letters(letters))
                .transpose()?,
            telephone: document
                .telephone
                .map(|telephone| self.telephone(telephone))
                .transpose()?,
            canary: document
                .canary
                .map(|canary| self.canary(&canary))
                .transpose()?,
            duty: document
                .duty
                .map(|duty| self.duty(&duty))
                .transpose()?
                .unwrap_or_default(),
            voice: document.voice.checked(&self.base, &data),
            dark_after: self.dark_after(&document.freshness)?,
            ladders: self.ladders(document.ladders.as_deref())?,
            bounds: self.bounds(&document.bounds)?,
            data,
        })
    }

    fn agents(&self, document: AgentsDocument) -> Result<Agents, ConfigError> {
        let credit = match &document.credit {
            Some(credit) if (1..=256).contains(credit.get_ref()) => *credit.get_ref(),
            Some(credit) => {
                return Err(self.wrong(credit.span(), "credit is a number from 1 to 256"));
            }
            None => CREDIT_BATCHES,
        };
        let listen_tcp = match &document.listen_tcp {
            None => Tcp::Beside,
            Some(named) if named.get_ref() == "off" => Tcp::Off,
            Some(named) => {
                let address = named.get_ref().parse().map_err(|_| {
                    let message = "listen_tcp is an address with a port, or \"off\"";
                    self.wrong(named.span(), message)
                })?;
                Tcp::At(address)
            }
        };
        let certificate_life = match &document.certificate_life {
            None => AGENT_CERTIFICATE,
            Some(named) => named
                .get_ref()
                .parse()
                .ok()
                .filter(|life| (CERTIFICATE_LIFE_MIN..=CERTIFICATE_LIFE_MAX).contains(life))
                .ok_or_else(|| {
                    let message = "certificate_life is a length of time from \"10s\" to \"9600h\"";
                    self.wrong(named.span(), message)
                })?,
        };
        Ok(Agents {
            listen: document.listen,
            listen_tcp,
            certificate_life,
            addresses: document.addresses,
            credit,
        })
    }

    fn web(&self, document: WebDocument) -> Result<Web, ConfigError> {
        let is_url = |url: &str| url.starts_with("http://") || url.starts_with("https://");
        if !is_url(document.url.get_ref()) {
            return Err(self.wrong(document.url.span(), "url begins with http:// or https://"));
        }
        let leave_url = match document.leave_url {
            Some(url) if is_url(url.get_ref()) => url.into_inner(),
            Some(url) => {
                return Err(self.wrong(url.span(), "leave_url begins with http:// or https://"));
            }
            None => "https://www.weather.gov/".to_owned(),
        };
        let zone = match &document.zone {
            Some(zone) => TimeZone::get(zone.get_ref())
                .map_err(|_| self.wrong(zone.span(), "no such time zone"))?,
            None => TimeZone::get("America/Chicago").unwrap_or(TimeZone::UTC),
        };
        Ok(Web {
            listen: document.listen,
            url: document.url.get_ref().trim_end_matches('/').to_owned(),
            phone: document.phone,
            leave_url,
            zone,
            proxies: document.proxies,
        })
    }

    fn wrong(&self, span: Range<usize>, message: &str) -> ConfigError {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        ConfigError::Syntax {
            file: self.path.to_owned(),
            message: format!("line {line}, column {column}: {message}"),
        }
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|cause| ConfigError::File {
        file: path.to_owned(),
        cause,
    })
}

/// Reads a file of two lines: user and password.
fn credentials(path: &Path) -> Result<(String, String), ConfigError> {
    let text = read(path)?;
    let mut lines = text.lines();
    match (lines.next(), lines.next()) {
        (Some(user), Some(password)) => Ok((user.to_owned(), password.to_owned())),
        _ => Err(ConfigError::Syntax {
            file: path.to_owned(),
            message: "the file holds the user on its first line and the password on its second"
                .to_owned(),
        }),
    }
}

/// Why a configuration was refused.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("failed to read {file}", file = file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{file}: {message}", file = file.display())]
    Syntax {
        /// Which.
        file: PathBuf,
        /// Line, column and what is wrong.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::SignedDuration;

    use super::{Config, Tcp};
    use crate::store::Place;

    const GOOD: &str = "data = 'data'\n[agents]\nlisten = '127.0.0.1:7443'\naddresses = ['a:7443']\n\
                        [web]\nlisten = '127.0.0.1:8080'\nurl = 'https://x.test/'\nphone = '1'\n\
                        [email]\nhost = '127.0.0.1'\nport = 25\nsecurity = 'none'\n\
                        from = 'n@x.test'\n";

    fn load(text: &str, store: Option<&str>) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.toml");
        fs::write(&path, text).unwrap();
        Config::load(&path, store).map_err(|error| error.to_string())
    }

    #[test]
    fn keeps_registry_and_vault_apart_on_either_engine() {
        let config = load(GOOD, None).unwrap();
        assert!(matches!(&config.registry, Place::File(path) if path.ends_with("registry.sqlite")));
        assert!(matches!(&config.vault, Place::File(path) if path.ends_with("vault.sqlite")));
        let config = load(GOOD, Some("postgres://h/d")).unwrap();
        assert_ne!(config.registry, config.vault);
        assert!(matches!(&config.vault, Place::Server { schema, .. } if schema == "savin_vault"));
        assert_eq!(config.web.url, "https://x.test");
    }

    #[test]
    fn listens_over_tcp_beside_quic_unless_told_otherwise() {
        let agents = |more: &str| {
            load(&GOOD.replace("[web]", &format!("{more}\n[web]")), None)
                .map(|config| (config.agents.listen_tcp, config.agents.certificate_life))
        };
        let days = SignedDuration::from_hours(90 * 24);
        assert_eq!(agents(""), Ok((Tcp::Beside, days)));
        assert_eq!(agents("listen_tcp = 'off'"), Ok((Tcp::Off, days)));
        let other = agents("listen_tcp = '0.0.0.0:443'\ncertificate_life = '20s'");
        let address = "0.0.0.0:443".parse().unwrap();
        assert_eq!(other, Ok((Tcp::At(address), SignedDuration::from_secs(20))));
        let wrong = agents("listen_tcp = 'no'").unwrap_err();
        assert!(
            wrong.contains("line 5, column 14: listen_tcp is"),
            "{wrong}"
        );
        let wrong = agents("certificate_life = '1s'").unwrap_err();
        assert!(
            wrong.contains("line 5, column 20: certificate_life"),
            "{wrong}"
        );
    }

    #[test]
    fn takes_another_table_of_ladders_and_names_what_is_wrong_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.toml");
        fs::write(&path, format!("ladders = 'calls.toml'\n{GOOD}")).unwrap();
        let load = |from: &str, to: &str| {
            let table = crate::notification::ladder::SHIPPED.replacen(from, to, 1);
            fs::write(folder.path().join("calls.toml"), table).unwrap();
            let loaded = Config::load(&path, None).map(|config| config.ladders);
            loaded.map_err(|error| error.to_string())
        };
        let other = load("tries = 8", "tries = 3").unwrap();
        assert_ne!(other, super::Ladders::shipped().unwrap());
        let wrong = load("tries = 8", "tries = 99").unwrap_err();
        let said = "calls.toml: escape.telephone: tries is a number from 1 to 50";
        assert!(wrong.ends_with(said), "{wrong}");
    }

    #[test]
    fn hands_over_as_many_messages_as_are_set_within_bounds() {
        let at_once = |more: &str| {
            let config = load(&format!("{GOOD}{more}\n"), None)?;
            Ok::<_, String>(config.email.unwrap().server.at_once)
        };
        assert_eq!(at_once(""), Ok(40));
        assert_eq!(at_once("at_once = 2"), Ok(2));
        for wrong in ["at_once = 1", "at_once = 501"] {
            let wrong = at_once(wrong).unwrap_err();
            assert!(
                wrong.contains("at_once is a number from 2 to 500"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn names_line_and_column_of_what_is_wrong() {
        let wrong = load(&GOOD.replace("https://x.test/", "x.test"), None).unwrap_err();
        assert!(wrong.contains("hub.toml: line 7, column 7"), "{wrong}");
        let unknown = load(&GOOD.replace("phone", "fone"), None).unwrap_err();
        assert!(unknown.contains("line 8, column 1"), "{unknown}");
    }
}
