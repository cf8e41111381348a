//! An exchange on loopback, with a script whose every phrase is a tune of its own.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_shared::pii::Secret;
use savin_shared::world::World;
use savin_telephone::media::latch::Trust;
use savin_telephone::media::sdp::Secrecy;
use savin_telephone::script::Checked;
use savin_telephone::script::ending::Ending;
use savin_telephone::script::outbound::{CallBack, Notice, Outbound, Told};
use savin_telephone::script::query::{Query, Reply};
use savin_telephone::script::speech::{InEach, Play, Utterance};
use savin_telephone::sip::conduct::{self, Host};
use savin_telephone::sip::desk::Desk;
use savin_telephone::sip::exchange::Exchange;
use savin_telephone::sip::health::Condition;
use savin_telephone::sip::incoming::Incoming;
use savin_telephone::sip::outbound::{NotTaken, Over};
use savin_telephone::sip::settings::{Media, Server, Settings, Timing, Transport, Trunk, Use};
use savin_telephone::turnstile::Haste;
use savin_tests::clock::{monotonic, wall};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::sound::tune;

/// How long anything may take that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at what another process does.
pub(crate) const LOOK: Duration = Duration::from_millis(50);

/// How long a phone rings.
pub(crate) const RING: Duration = Duration::from_secs(10);

/// Ports of one run of this suite: a thousand for signalling, handed out in tens, then those of the peers'
/// sound, then four thousand for the sound of exchanges.
const RUN_PORTS: u16 = 7_000;
const SOUND_PORTS: u16 = 2_200;

/// The first port of the first run; the last of the third is below those that the system hands out itself.
const FIRST_PORT: u16 = 11_000;

/// Returns the first port of this run, which no other has that goes on beside it.
fn first_port() -> u16 {
    static RUN: OnceLock<Option<(TcpListener, u16)>> = OnceLock::new();
    let claim = || {
        let mut runs = (0..3).map(|run| FIRST_PORT + run * RUN_PORTS);
        runs.find_map(|first| {
            // Whoever listens there has the ports after it, for as long as it runs.
            let claimed = TcpListener::bind((Ipv4Addr::LOCALHOST, first - 1)).ok()?;
            Some((claimed, first))
        })
    };
    // A fourth one takes what it finds free.
    let run = RUN.get_or_init(claim).as_ref();
    run.map_or(FIRST_PORT, |(_, first)| *first)
}

/// Returns a port that no other test has, with nine more after it.
pub(crate) fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = first_port();
    loop {
        let port = first + NEXT.fetch_add(10, Ordering::Relaxed);
        let is_free = |port| {
            let at = (Ipv4Addr::LOCALHOST, port);
            UdpSocket::bind(at).is_ok() && TcpListener::bind(at).is_ok()
        };
        if is_free(port) && is_free(port + 1) {
            return port;
        }
    }
}

/// Returns the first of forty ports for the sound of an exchange.
pub(crate) fn sound_port() -> u16 {
    let first = first_port();
    first + SOUND_PORTS + (port() - first) * 4
}

/// An exchange, and whoever wants to see what happens in it.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) exchange: Exchange,
    pub(crate) rings: mpsc::Receiver<Incoming>,
    ports: BTreeMap<String, u16>,
    stop: watch::Sender<bool>,
    door: JoinSet<()>,
}

/// Returns how a trunk is set whose server is sipp at a port.
pub(crate) fn trunk(name: &str, server: u16) -> Trunk {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    Trunk {
        name: name.to_owned(),
        purpose: Use::Public,
        server: Server {
            host: here.to_string(),
            port: Some(server),
            transport: Transport::Udp,
        },
        bind: SocketAddr::new(here, port()),
        announced: None,
        account: None,
        registers: false,
        caller: "6015550100".to_owned(),
        tls: None,
        secrecy: Secrecy::Off,
        trust: Trust::Host,
        admitted: Vec::new(),
        lines: 500,
        calls_per_second: 500,
    }
}

/// Returns the world of a test.
pub(crate) fn world() -> World {
    World {
        wall,
        monotonic,
        random,
    }
}

/// Draws what is drawn once only; nothing here is secret.
fn random() -> [u8; 16] {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let drawn = DRAWN.fetch_add(1, Ordering::Relaxed);
    let seed = u128::from(drawn) << 64 | u128::from(wall().as_microsecond().unsigned_abs());
    // An odd factor mixes the digits and gives each seed its own.
    (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)).to_be_bytes()
}

impl Place {
    /// Opens an exchange with these trunks.
    pub(crate) async fn open(trunks: Vec<Trunk>) -> anyhow::Result<Self> {
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let first = sound_port();
        Self::open_by(
            trunks,
            Media {
                bind: here,
                announced: None,
                ports: (first, first + 39),
            },
        )
        .await
    }

    /// Opens one whose sound has these ports.
    pub(crate) async fn open_by(trunks: Vec<Trunk>, media: Media) -> anyhow::Result<Self> {
        let ports = trunks
            .iter()
            .map(|trunk| (trunk.name.clone(), trunk.bind.port()));
        let ports = ports.collect();
        let settings = Settings {
            trunks,
            media,
            timing: Timing {
                provisional: Duration::from_secs(3),
                progress: Duration::from_secs(2),
                look: Duration::from_millis(500),
                look_when_down: Duration::from_millis(500),
                look_patience: Duration::from_secs(2),
            },
        };
        let (exchange, door, rings) = Exchange::open(settings, world()).await?;
        let (stop, shutdown) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(door.run(shutdown));
        Ok(Self {
            folder: tempfile::tempdir()?,
            exchange,
            rings,
            ports,
            stop,
            door: tasks,
        })
    }

    /// Returns the port at which a trunk hears.
    pub(crate) fn port_of(&self, name: &str) -> u16 {
        self.ports.get(name).copied().unwrap_or_default()
    }

    /// Waits until a trunk is as it should be.
    pub(crate) async fn until(
        &self,
        name: &str,
        is_right: impl Fn(Condition) -> bool,
    ) -> anyhow::Result<()> {
        let deadline = monotonic() + PATIENCE;
        loop {
            let status = self.exchange.status();
            let trunk = status.iter().find(|trunk| &*trunk.name == name);
            let condition = trunk.context("no such trunk")?.condition;
            if is_right(condition) {
                return Ok(());
            }
            ensure!(monotonic() < deadline, "{name} is {condition:?}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until a trunk answers.
    pub(crate) async fn until_up(&self, name: &str) -> anyhow::Result<()> {
        self.until(name, |condition| condition == Condition::Up)
            .await
    }

    /// Calls somebody and tells a notice; returns how that ended.
    pub(crate) async fn tell(&self, host: &Listener) -> anyhow::Result<Ending> {
        let mut script = Outbound::new(notice());
        let ending = match self.dial().await {
            Ok(call) => {
                let conducting = conduct::conduct(&self.exchange, host, &mut script, call);
                tokio::time::timeout(PATIENCE, conducting).await?
            }
            Err(NotTaken { why, .. }) => conduct::not_taken(&mut script, why),
        };
        ending.context("the script did not end")
    }

    /// Calls somebody.
    pub(crate) async fn dial(&self) -> Result<savin_telephone::sip::call::Call, NotTaken> {
        let over = Over::Public(Haste::InTurn);
        self.exchange.dial("6015550123", over, RING).await
    }

    /// Closes the exchange; returns how long that took.
    pub(crate) async fn close(mut self) -> Duration {
        let began = monotonic();
        self.stop.send_replace(true);
        while self.door.join_next().await.is_some() {}
        monotonic() - began
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// The notice of the tests.
fn notice() -> Notice {
    let told = Told {
        fact: vec![Utterance::Words("FACT".to_owned())],
        rest: vec![Utterance::Words("REST".to_owned())],
    };
    Notice {
        voicemail: Some(CallBack {
            phone: "6015550100".to_owned(),
            reference: "4711".to_owned(),
        }),
        told: InEach {
            english: told.clone(),
            spanish: told,
        },
        ..Notice::default()
    }
}

/// Gives each phrase a tune, knows the PIN 1234, and remembers what was said.
pub(crate) struct Listener {
    length_ms: u32,
    tunes: Mutex<BTreeMap<String, u32>>,
    said: Mutex<Vec<String>>,
}

impl Listener {
    /// One whose phrases are so long.
    pub(crate) fn new(length_ms: u32) -> Self {
        Self {
            length_ms,
            tunes: Mutex::default(),
            said: Mutex::default(),
        }
    }

    /// Returns what was said, in order.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns whether a word of the notice was said.
    pub(crate) fn has_said(&self, word: &str) -> bool {
        self.said().iter().any(|said| said.contains(word))
    }

    /// Returns the tune of what was said in a place.
    pub(crate) fn tune_of(&self, said: &str) -> Vec<i16> {
        let mut tunes = self.tunes.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(tunes.len()).unwrap_or_default() + 1;
        tune(
            *tunes.entry(said.to_owned()).or_insert(next),
            self.length_ms,
        )
    }
}

impl Host for Listener {
    async fn voice(&self, play: &Play) -> Option<Arc<[i16]>> {
        let said = format!("{:?}", play.say);
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(said.clone());
        Some(self.tune_of(&said).into())
    }

    async fn check(&self, pin: &Secret<String>) -> Checked {
        if pin == &Secret::new("1234".to_owned()) {
            Checked::Right
        } else {
            Checked::Wrong
        }
    }

    async fn query(&self, _: Query) -> Reply {
        Reply::Unavailable
    }

    async fn roster(&self) -> Vec<Desk> {
        Vec::new()
    }
}
