//! `[telephone]`: the trunks by which calls go, where their sound goes, and the operators' desks.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use savin_shared::pii::Secret;
use savin_telephone::media::latch::Trust;
use savin_telephone::media::sdp::Secrecy;
use savin_telephone::script::desk::Takes;
use savin_telephone::script::speech::Language as Spoken;
use savin_telephone::sip::desk::Desk;
use savin_telephone::sip::settings::{
    Account, Media, Server, Settings, Timing, Tls, Transport, Trunk, Use,
};
use serde::Deserialize;
use toml::Spanned;

use super::{Checker, ConfigError, credentials, read};

/// How long a telephone rings, unless it is set.
const RING: Duration = Duration::from_secs(35);

/// The shortest and the longest that one may ring.
const RING_MIN: Duration = Duration::from_secs(5);
const RING_MAX: Duration = Duration::from_secs(120);

/// Lines of one trunk, at most.
pub(super) const LINES_MAX: u32 = 2_000;

/// The telephone channel.
#[derive(Debug, Clone)]
pub struct Telephone {
    /// The trunks, and where sound goes.
    pub settings: Settings,
    /// How long whoever is called may let it ring.
    pub ring: Duration,
    /// The operators, in the order in which they are called.
    pub desks: Vec<Desk>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TelephoneDocument {
    bind: IpAddr,
    #[serde(default)]
    announced: Option<IpAddr>,
    media_ports: Spanned<(u16, u16)>,
    #[serde(default)]
    ring: Option<Spanned<String>>,
    trunks: Vec<TrunkDocument>,
    #[serde(default)]
    desks: Vec<DeskDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrunkDocument {
    name: Spanned<String>,
    #[serde(default, rename = "use")]
    purpose: UseDocument,
    server: Spanned<String>,
    #[serde(default)]
    transport: TransportDocument,
    listen: SocketAddr,
    #[serde(default)]
    announced: Option<SocketAddr>,
    caller: String,
    #[serde(default)]
    credentials: Option<PathBuf>,
    #[serde(default)]
    registers: bool,
    #[serde(default)]
    protection: Option<Spanned<ProtectionDocument>>,
    #[serde(default)]
    authority: Option<PathBuf>,
    #[serde(default)]
    certificate: Option<PathBuf>,
    #[serde(default)]
    key: Option<PathBuf>,
    #[serde(default)]
    admitted: Vec<IpAddr>,
    #[serde(default)]
    behind_translator: bool,
    lines: Spanned<u32>,
    #[serde(default)]
    calls_per_second: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskDocument {
    name: String,
    trunk: Spanned<String>,
    number: String,
    #[serde(default)]
    ring: Option<Spanned<String>>,
    #[serde(default)]
    language: Option<Spanned<String>>,
    #[serde(default)]
    takes: TakesDocument,
}

/// By what an operator takes a caller.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TakesDocument {
    /// By pressing 1.
    #[default]
    Key,
    /// By answering.
    Answer,
}

impl From<TakesDocument> for Takes {
    fn from(named: TakesDocument) -> Self {
        match named {
            TakesDocument::Key => Self::Key,
            TakesDocument::Answer => Self::Answer,
        }
    }
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum UseDocument {
    #[default]
    Public,
    Operators,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TransportDocument {
    #[default]
    Udp,
    Tcp,
    Tls,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ProtectionDocument {
    Off,
    Accepted,
    Required,
}

impl Checker<'_> {
    pub(super) fn telephone(&self, document: TelephoneDocument) -> Result<Telephone, ConfigError> {
        let ring = self.ring(document.ring.as_ref())?;
        let mut names = BTreeSet::new();
        let mut trunks = Vec::new();
        for trunk in document.trunks {
            if !names.insert(trunk.name.get_ref().clone()) {
                return Err(self.wrong(trunk.name.span(), "each trunk has a name of its own"));
            }
            trunks.push(self.trunk(trunk)?);
        }
        let (first, last) = *document.media_ports.get_ref();
        let pairs = u32::from(last.saturating_sub(first)).div_ceil(2);
        let lines = trunks.iter().map(|trunk| trunk.lines).sum();
        if first == 0 || pairs < lines {
            let message =
                format!("media_ports holds {pairs} calls, and all trunks together {lines}");
            return Err(self.wrong(document.media_ports.span(), &message));
        }
        let mut desks = Vec::new();
        for desk in document.desks {
            if !names.contains(desk.trunk.get_ref()) {
                return Err(self.wrong(desk.trunk.span(), "trunk is the name of a trunk"));
            }
            desks.push(Desk {
                name: desk.name,
                trunk: desk.trunk.into_inner(),
                number: desk.number,
                ring: self.ring(desk.ring.as_ref())?,
                language: self.spoken(desk.language.as_ref())?,
                takes: desk.takes.into(),
            });
        }
        Ok(Telephone {
            settings: Settings {
                trunks,
                media: Media {
                    bind: document.bind,
                    announced: document.announced,
                    ports: (first, last),
                },
                timing: Timing::default(),
            },
            ring,
            desks,
        })
    }

    /// Reads the language in which an operator is asked to take a caller.
    pub(super) fn spoken(&self, named: Option<&Spanned<String>>) -> Result<Spoken, ConfigError> {
        let Some(named) = named else {
            return Ok(Spoken::default());
        };
        let mut spoken = Spoken::ALL.into_iter();
        let found = spoken.find(|spoken| spoken.tag() == named.get_ref());
        found.ok_or_else(|| self.wrong(named.span(), "language is \"en\" or \"es\""))
    }

    fn trunk(&self, document: TrunkDocument) -> Result<Trunk, ConfigError> {
        let transport = match document.transport {
            TransportDocument::Udp => Transport::Udp,
            TransportDocument::Tcp => Transport::Tcp,
            TransportDocument::Tls => Transport::Tls,
        };
        let secrecy = self.secrecy(document.protection.as_ref(), transport)?;
        let server = self.server(&document.server, transport)?;
        let lines = self.count(&document.lines, "lines", LINES_MAX)?;
        let pace = document.calls_per_second.as_ref();
        let pace = pace.map(|pace| self.count(pace, "calls_per_second", LINES_MAX));
        let account = match document.credentials {
            Some(path) => {
                let (user, password) = credentials(&self.base.join(path))?;
                let password = Secret::new(password);
                Some(Account { user, password })
            }
            None => None,
        };
        if document.registers && account.is_none() {
            let message = "registers = true needs credentials, by which the trunk knows the hub";
            return Err(self.wrong(document.name.span(), message));
        }
        let file = |path: PathBuf| read(&self.base.join(path)).map(String::into_bytes);
        let identity = match (document.certificate, document.key) {
            (Some(certificate), Some(key)) => Some((file(certificate)?, Secret::new(file(key)?))),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                let message = "certificate and key go together";
                return Err(self.wrong(document.name.span(), message));
            }
        };
        let tls = match (transport, document.authority) {
            (Transport::Tls, Some(path)) => Some(Tls {
                authorities: file(path)?,
                identity,
            }),
            (Transport::Tls, None) => {
                let message =
                    "a trunk by TLS needs authority, the file of who signs for its server";
                return Err(self.wrong(document.name.span(), message));
            }
            (Transport::Udp | Transport::Tcp, _) => None,
        };
        Ok(Trunk {
            name: document.name.into_inner(),
            purpose: match document.purpose {
                UseDocument::Public => Use::Public,
                UseDocument::Operators => Use::Operators,
            },
            server,
            bind: document.listen,
            announced: document.announced,
            registers: document.registers,
            account,
            caller: document.caller,
            tls,
            secrecy,
            trust: if document.behind_translator {
                Trust::First
            } else {
                Trust::Host
            },
            admitted: document.admitted,
            lines,
            calls_per_second: pace.transpose()?.unwrap_or(1),
        })
    }

    fn secrecy(
        &self,
        named: Option<&Spanned<ProtectionDocument>>,
        transport: Transport,
    ) -> Result<Secrecy, ConfigError> {
        let secrecy = match named.map(Spanned::get_ref) {
            None | Some(ProtectionDocument::Off) => Secrecy::Off,
            Some(ProtectionDocument::Accepted) => Secrecy::Accepted,
            Some(ProtectionDocument::Required) => Secrecy::Required,
        };
        match named {
            Some(named) if secrecy != Secrecy::Off && transport != Transport::Tls => {
                let message =
                    "protection needs transport = \"tls\": the keys stand in the signalling";
                Err(self.wrong(named.span(), message))
            }
            _ => Ok(secrecy),
        }
    }

    /// Reads `host`, `host:port`, or an address.
    fn server(&self, named: &Spanned<String>, transport: Transport) -> Result<Server, ConfigError> {
        let text = named.get_ref();
        let (host, port) = match (text.parse::<SocketAddr>(), text.rsplit_once(':')) {
            (Ok(address), _) => (address.ip().to_string(), Some(address.port())),
            (Err(_), Some((host, port))) if !host.contains(':') => {
                let message = "server is a host, with a port or without";
                let port = port
                    .parse()
                    .map_err(|_| self.wrong(named.span(), message))?;
                (host.to_owned(), Some(port))
            }
            (Err(_), _) => (text.clone(), None),
        };
        Ok(Server {
            host,
            port,
            transport,
        })
    }

    pub(super) fn count(
        &self,
        named: &Spanned<u32>,
        field: &str,
        most: u32,
    ) -> Result<u32, ConfigError> {
        let count = *named.get_ref();
        if (1..=most).contains(&count) {
            return Ok(count);
        }
        let message = format!("{field} is a number from 1 to {most}");
        Err(self.wrong(named.span(), &message))
    }

    pub(super) fn ring(&self, named: Option<&Spanned<String>>) -> Result<Duration, ConfigError> {
        let Some(named) = named else {
            return Ok(RING);
        };
        let length = named.get_ref().parse::<jiff::SignedDuration>().ok();
        length
            .and_then(|length| Duration::try_from(length).ok())
            .filter(|length| (RING_MIN..=RING_MAX).contains(length))
            .ok_or_else(|| {
                let message = "ring is a length of time from \"5s\" to \"2m\"";
                self.wrong(named.span(), message)
            })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use savin_telephone::media::latch::Trust;
    use savin_telephone::media::sdp::Secrecy;
    use savin_telephone::sip::settings::{Transport, Use};

    use super::{Spoken, Takes, Telephone};
    use crate::config::Config;

    const HUB: &str = "data = 'data'\n[agents]\nlisten = '127.0.0.1:7443'\naddresses = ['a:7443']\n\
                       [web]\nlisten = '127.0.0.1:8080'\nurl = 'https://x.test/'\nphone = '1'\n";

    const GOOD: &str = "[telephone]\nbind = '10.0.0.5'\nannounced = '203.0.113.5'\n\
        media_ports = [30000, 30099]\n[[telephone.trunks]]\nname = 'carrier'\n\
        server = 'sip.carrier.test:5061'\ntransport = 'tls'\nlisten = '10.0.0.5:5061'\n\
        caller = '+16015550100'\ncredentials = 'secret'\nprotection = 'required'\n\
        authority = 'ca.pem'\nlines = 20\ncalls_per_second = 4\n[[telephone.trunks]]\n\
        name = 'switchboard'\nuse = 'operators'\nserver = '10.0.0.9'\nlisten = '10.0.0.5:5062'\n\
        caller = '100'\nbehind_translator = true\nlines = 4\n[[telephone.desks]]\nname = 'night'\n\
        trunk = 'switchboard'\nnumber = '200'\nring = '20s'\n[[telephone.desks]]\nname = 'day'\n\
        trunk = 'switchboard'\nnumber = '201'\nlanguage = 'es'\ntakes = 'answer'\n";

    fn load(telephone: &str) -> Result<Telephone, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.toml");
        fs::write(folder.path().join("secret"), "hub\nsesame\n").unwrap();
        fs::write(folder.path().join("ca.pem"), "a certificate").unwrap();
        fs::write(&path, format!("{HUB}{telephone}")).unwrap();
        let config = Config::load(&path, None).map_err(|error| error.to_string())?;
        Ok(config.telephone.unwrap())
    }

    #[test]
    fn reads_trunks_and_desks() {
        let telephone = load(GOOD).unwrap();
        let [carrier, switchboard] = &telephone.settings.trunks[..] else {
            panic!("two trunks");
        };
        assert_eq!(carrier.server.host, "sip.carrier.test");
        assert_eq!(carrier.server.port, Some(5061));
        assert_eq!(carrier.server.transport, Transport::Tls);
        assert_eq!(
            (carrier.secrecy, carrier.trust),
            (Secrecy::Required, Trust::Host)
        );
        assert_eq!(carrier.account.as_ref().unwrap().user, "hub");
        assert_eq!((carrier.lines, carrier.calls_per_second), (20, 4));
        assert_eq!(
            (switchboard.purpose, switchboard.trust),
            (Use::Operators, Trust::First)
        );
        assert_eq!((switchboard.lines, switchboard.calls_per_second), (4, 1));
        assert_eq!(telephone.ring, Duration::from_secs(35));
        assert_eq!(telephone.desks[0].ring, Duration::from_secs(20));
        let asked = telephone
            .desks
            .iter()
            .map(|desk| (desk.language, desk.takes));
        let expected = [
            (Spoken::English, Takes::Key),
            (Spoken::Spanish, Takes::Answer),
        ];
        assert_eq!(asked.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn says_what_is_wrong() {
        for (good, wrong, message) in [
            ("'tls'", "'udp'", "protection needs transport"),
            ("language = 'es'", "language = 'vi'", "or \"es\""),
            ("authority = 'ca.pem'\n", "", "needs authority"),
            (
                "30099",
                "30010",
                "media_ports holds 5 calls, and all trunks together 24",
            ),
            (
                "name = 'switchboard'",
                "name = 'carrier'",
                "a name of its own",
            ),
            (
                "trunk = 'switchboard'",
                "trunk = 'other'",
                "the name of a trunk",
            ),
            (
                "lines = 4",
                "lines = 4\nregisters = true",
                "needs credentials",
            ),
            ("lines = 4", "lines = 0", "lines is a number from 1"),
            ("'20s'", "'20h'", "ring is a length of time"),
            ("lines = 20", "lines = 20\nkey = 'k.pem'", "go together"),
            (":5061'\ntransport", ":sip'\ntransport", "server is a host"),
        ] {
            let text = GOOD.replacen(good, wrong, 1);
            assert_ne!(text, GOOD);
            let refused = load(&text).unwrap_err();
            assert!(refused.contains(message), "{refused}");
        }
    }
}
