//! One trunk: its sockets, what is known of it, and its lines.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::headers::typed::{From as FromHeader, To};
use rsipstack::sip::{Host, HostWithPort, Method, Param, SipMessage, Uri};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::{Endpoint, EndpointBuilder, Transaction, make_tag};
use rsipstack::transport::transport_layer::{DefaultDomainResolver, DomainResolver as _};
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{
    SipAddr, SipConnection, TcpListenerConnection, TlsConfig, TlsListenerConnection, TransportLayer,
};
use savin_shared::world::World;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tracing::{info, warn};

use super::health::{Condition, Health};
use super::register::Registered;
use super::settings::{Timing, Transport, Trunk as Settings};
use super::stopped;
use crate::turnstile::{Haste, Turnstile};

/// What we call ourselves.
const AGENT: &str = "savin";

/// A trunk that is open.
pub struct Trunk {
    pub(super) settings: Settings,
    pub(super) endpoint: Endpoint,
    pub(super) layer: Arc<DialogLayer>,
    pub(super) contact: Uri,
    pub(super) target: SipAddr,
    pub(super) name: Arc<str>,
    admitted: Arc<Mutex<BTreeSet<IpAddr>>>,
    health: Mutex<Health>,
    pub(super) registered: Mutex<Registered>,
    lines: Arc<Semaphore>,
    turnstile: Turnstile,
    placed: AtomicU64,
    failed: AtomicU64,
    timing: Timing,
    pub(super) world: World,
}

impl fmt::Debug for Trunk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Trunk")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What a trunk is like now.
#[derive(Debug, Clone)]
pub struct Status {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is there.
    pub condition: Condition,
    /// Lines in use.
    pub busy: u32,
    /// All its lines.
    pub lines: u32,
    /// Calls that it was given since the start.
    pub placed: u64,
    /// Calls of them that it could not carry.
    pub failed: u64,
    /// Whether it knows where we are; nothing where it need not.
    pub registered: Option<Registered>,
}

/// Why a trunk cannot be opened.
#[derive(Debug, Error)]
pub enum TrunkError {
    /// Its address cannot be bound.
    #[error("listen on {bind} for the trunk {name}: {reason}")]
    Listen {
        /// The trunk.
        name: String,
        /// Where.
        bind: SocketAddr,
        /// Why.
        reason: String,
    },
    /// Its server's name is none.
    #[error("open the trunk {name}: its server `{server}` is no host name or address")]
    Server {
        /// The trunk.
        name: String,
        /// Its server.
        server: String,
    },
    /// It is reached by TLS, and no authority is named.
    #[error("open the trunk {name}: it is reached by TLS, so name the authority that signs for it")]
    Authority {
        /// The trunk.
        name: String,
    },
}

impl Trunk {
    /// Opens a trunk's sockets; it is heard once its door runs.
    ///
    /// # Errors
    /// Returns [`TrunkError`] if it cannot be reached as it is set.
    pub(super) async fn open(
        settings: Settings,
        timing: Timing,
        world: World,
    ) -> Result<Self, TrunkError> {
        let target = target(&settings)?;
        let token = CancellationToken::new();
        let transports = TransportLayer::new(token.child_token());
        let announced = listen(&settings, &transports).await?;
        let admitted = Arc::new(Mutex::new(settings.admitted.iter().copied().collect()));
        admit(&transports, &admitted);
        let endpoint = EndpointBuilder::new()
            .with_user_agent(AGENT)
            .with_transport_layer(transports)
            .with_cancel_token(token)
            .with_allows(vec![
                Method::Invite,
                Method::Ack,
                Method::Cancel,
                Method::Bye,
                Method::Options,
                Method::Info,
                Method::Update,
                Method::PRack,
            ])
            .build();
        let now = (world.monotonic)();
        let trunk = Self {
            layer: Arc::new(DialogLayer::new(Arc::clone(&endpoint.inner))),
            endpoint,
            contact: uri(Some(&settings.caller), &announced),
            target,
            name: settings.name.as_str().into(),
            admitted,
            health: Mutex::new(Health::new(now)),
            registered: Mutex::default(),
            lines: Arc::new(Semaphore::new(
                usize::try_from(settings.lines).unwrap_or(usize::MAX >> 3),
            )),
            turnstile: Turnstile::new(settings.calls_per_second, world),
            placed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            settings,
            timing,
            world,
        };
        trunk.resolve().await;
        Ok(trunk)
    }

    /// Returns what it is like now.
    pub(super) fn status(&self) -> Status {
        let free = u32::try_from(self.lines.available_permits()).unwrap_or(u32::MAX);
        Status {
            name: Arc::clone(&self.name),
            condition: self.condition(),
            busy: self.settings.lines.saturating_sub(free),
            lines: self.settings.lines,
            placed: self.placed.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            registered: self.settings.registers.then(|| self.registered()),
        }
    }

    pub(super) fn condition(&self) -> Condition {
        self.health().condition()
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line, if one is free.
    pub(super) fn line(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.lines).try_acquire_owned().ok()
    }

    /// Waits until one more call may begin.
    pub(super) async fn pace(&self, haste: Haste) {
        self.turnstile.pass(haste).await;
    }

    /// Notes what a call was answered, `None` for nothing.
    pub(super) fn called(&self, status: Option<u16>, is_carried: bool) {
        self.placed.fetch_add(1, Ordering::Relaxed);
        if !is_carried {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        let now = (self.world.monotonic)();
        if self.health().called(now, status, &self.timing) {
            self.say();
        }
    }

    /// Notes that it has kept a call without carrying it: others are tried before it for a while.
    pub(super) fn got_stuck(&self) {
        let now = (self.world.monotonic)();
        self.health().got_stuck(now);
        warn!(
            trunk.name = &*self.name,
            "Trunk took a call and said no more of it"
        );
    }

    /// Says whether it did so of late.
    pub(super) fn was_stuck(&self) -> bool {
        let now = (self.world.monotonic)();
        self.health().was_stuck(now)
    }

    pub(super) fn credential(&self) -> Option<Credential> {
        self.settings.account.as_ref().map(|account| Credential {
            username: account.user.clone(),
            password: account.password.reveal().clone(),
            realm: None,
            auth_username: None,
        })
    }

    /// Returns the address of somebody behind the trunk.
    pub(super) fn address(&self, number: &str) -> Uri {
        uri(Some(number), &self.target)
    }

    /// Returns where the trunk is told where we are.
    pub(super) fn registrar(&self) -> Uri {
        uri(None, &self.target)
    }

    /// Returns who we are to whoever is called.
    pub(super) fn caller(&self) -> Uri {
        let mut uri = uri(Some(&self.settings.caller), &self.target);
        uri.params.clear();
        uri
    }

    /// Asks the trunk whether it is there, again and again.
    pub(super) async fn watch(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        loop {
            let next = self.health().next();
            tokio::select! {
                () = stopped(&mut shutdown) => return,
                () = tokio::time::sleep_until(next.into()) => {}
            }
            self.resolve().await;
            let status = tokio::time::timeout(self.timing.look_patience, self.ask()).await;
            let status = status.ok().flatten();
            let now = (self.world.monotonic)();
            if self.health().looked(now, status, &self.timing) {
                self.say();
            }
        }
    }

    fn say(&self) {
        let condition = self.condition();
        let (name, word) = (&*self.name, condition.as_str());
        if let Condition::Down(_) = condition {
            warn!(trunk.name = name, reason = word, "Trunk carries no calls");
        } else {
            info!(trunk.name = name, "Trunk is there");
        }
    }

    /// Hears the hosts that the server's name stands for now.
    async fn resolve(&self) {
        let resolved = match &self.target.addr.host {
            Host::IpAddr(ip) => Some(*ip),
            Host::Domain(_) => {
                let resolved = DefaultDomainResolver::new().resolve(&self.target).await;
                // Whoever cannot be resolved is silent, which is said of it.
                resolved
                    .ok()
                    .and_then(|one| IpAddr::try_from(one.addr.host).ok())
            }
        };
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        admitted.extend(resolved);
    }

    /// Sends OPTIONS, and returns the status of its answer.
    async fn ask(&self) -> Option<u16> {
        let inner = &self.endpoint.inner;
        let transport = self.target.r#type.unwrap_or_default();
        let listening = inner.transport_layer.get_listen_addrs().first().cloned();
        let via = listening.map(|addr| SipAddr::new(transport, addr.addr));
        let from = FromHeader {
            display_name: None,
            uri: self.caller(),
            params: Vec::new(),
        };
        let to = To {
            display_name: None,
            uri: uri(None, &self.target),
            params: Vec::new(),
        };
        let request = inner.make_request(
            Method::Options,
            uri(None, &self.target),
            inner.get_via(via, None).ok()?,
            from.with_tag(make_tag()),
            to,
            1,
            None,
        );
        let key = TransactionKey::from_request(&request, TransactionRole::Client).ok()?;
        let mut asking = Transaction::new_client(key, request, Arc::clone(inner), None);
        asking.destination = Some(self.target.clone());
        asking.send().await.ok()?;
        while let Some(message) = asking.receive().await {
            if let SipMessage::Response(response) = message {
                let status = response.status_code.code();
                // Of its own the library says 408 where nothing came.
                return Some(status).filter(|status| *status >= 200 && *status != 408);
            }
        }
        None
    }
}

/// The other end, as the library names it.
fn target(settings: &Settings) -> Result<SipAddr, TrunkError> {
    let server = &settings.server;
    let wrong = || TrunkError::Server {
        name: settings.name.clone(),
        server: server.host.clone(),
    };
    if server.host.is_empty() || server.host.contains(char::is_whitespace) {
        return Err(wrong());
    }
    let host: Host = server.host.parse().map_err(|_| wrong())?;
    let transport = match server.transport {
        Transport::Udp => rsipstack::sip::Transport::Udp,
        Transport::Tcp => rsipstack::sip::Transport::Tcp,
        Transport::Tls => rsipstack::sip::Transport::Tls,
    };
    let port = server.port.map(Into::into);
    Ok(SipAddr::new(transport, HostWithPort { host, port }))
}

/// Writes an address behind a host, with how that is reached unless by UDP.
fn uri(user: Option<&str>, host: &SipAddr) -> Uri {
    let transport = host
        .r#type
        .filter(|kind| *kind != rsipstack::sip::Transport::Udp);
    Uri {
        scheme: Some(rsipstack::sip::Scheme::Sip),
        auth: user.map(|user| rsipstack::sip::Auth {
            user: user.to_owned(),
            password: None,
        }),
        host_with_port: host.addr.clone(),
        params: transport.map(Param::Transport).into_iter().collect(),
        headers: Vec::new(),
    }
}

/// Binds what a trunk is heard by; returns where it sees us.
async fn listen(settings: &Settings, transports: &TransportLayer) -> Result<SipAddr, TrunkError> {
    let (bind, outside) = (settings.bind, settings.announced);
    let wrong = |reason: String| TrunkError::Listen {
        name: settings.name.clone(),
        bind,
        reason,
    };
    let failed = |failure: rsipstack::Error| wrong(failure.to_string());
    let listener = match (settings.server.transport, &settings.tls) {
        (Transport::Udp, _) => SipConnection::Udp(
            UdpConnection::create_connection(bind, outside, None)
                .await
                .map_err(failed)?,
        ),
        (Transport::Tcp, _) => SipConnection::TcpListener(
            TcpListenerConnection::new(bind, outside)
                .await
                .map_err(failed)?,
        ),
        (Transport::Tls, None) => {
            let name = settings.name.clone();
            return Err(TrunkError::Authority { name });
        }
        (Transport::Tls, Some(tls)) => {
            // Two providers are linked in; the library takes the default one.
            let _installed_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
            let mut config = TlsConfig {
                ca_certs: Some(tls.authorities.clone()),
                ..TlsConfig::default()
            };
            transports.set_tls_config(config.clone());
            if let Some((certificate, key)) = &tls.identity {
                config.cert = Some(certificate.clone());
                config.key = Some(key.reveal().clone());
                SipConnection::TlsListener(
                    TlsListenerConnection::new(bind, outside, config)
                        .await
                        .map_err(failed)?,
                )
            } else {
                // Nobody can open a connection to us; the library still wants an address to name.
                let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let named = Some(outside.unwrap_or(bind));
                SipConnection::Udp(
                    UdpConnection::create_connection(nowhere, named, None)
                        .await
                        .map_err(failed)?,
                )
            }
        }
    };
    // At port 0 the system has chosen one.
    let bound = listener.get_addr().get_socketaddr().unwrap_or(bind);
    transports.add_transport(listener);
    let mut announced = SipAddr::from(outside.unwrap_or(bound));
    announced.r#type = target(settings)?.r#type;
    Ok(announced)
}

/// Hears only whom the trunk is.
fn admit(transports: &TransportLayer, admitted: &Arc<Mutex<BTreeSet<IpAddr>>>) {
    let admitted = Arc::clone(admitted);
    transports.set_whitelist(move |ip: IpAddr| {
        let is_admitted = admitted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&ip);
        std::future::ready(is_admitted)
    });
}
