//! Dialling the hub: over QUIC, and three seconds later over TLS on TCP as well; who answers first
//! is taken.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Connection, Endpoint, IdleTimeout, TransportConfig, VarInt};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use savin_shared::frame::SERVER_NAME;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::line::{Line, TlsLine, Transport};
use super::proxy::{Proxy, ProxyError};

/// How long one address is tried.
const CONNECT: Duration = Duration::from_secs(10);

/// How long QUIC is tried alone.
const HEAD_START: Duration = Duration::from_secs(3);

/// How a connection behaves that nothing happens on.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(20);
pub(super) const IDLE: Duration = Duration::from_secs(60);

/// Bytes that may be under way to this end; the hub sends little.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// Which transports may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// QUIC, and TLS where UDP is blocked.
    #[default]
    Auto,
    /// Only this one.
    Only(Transport),
}

/// How the hub may be reached.
#[derive(Debug, Clone)]
pub struct Ways {
    /// Over what.
    pub choice: Choice,
    /// The hub's addresses for TCP, `host:port`, where they are not those for UDP.
    pub tcp: Vec<String>,
    /// The way out for TCP.
    pub proxy: Option<Proxy>,
    /// How long TLS is used before QUIC is tried again; 4 hours. Shorter costs a few packets each
    /// time, longer stays on the slower way after UDP was opened.
    pub quic_again: Duration,
}

impl Default for Ways {
    fn default() -> Self {
        Self {
            choice: Choice::Auto,
            tcp: Vec::new(),
            proxy: None,
            quic_again: Duration::from_hours(4),
        }
    }
}

/// Dials the hub.
#[derive(Debug)]
pub struct Dialer {
    addresses: Vec<String>,
    /// How it may be reached.
    pub ways: Ways,
    v4: Option<Endpoint>,
    v6: Option<Endpoint>,
}

impl Dialer {
    /// Prepares to dial these addresses, `host:port`. Needs a tokio runtime.
    #[must_use]
    pub fn new(addresses: Vec<String>, ways: Ways) -> Self {
        Self {
            addresses,
            ways,
            v4: Endpoint::client(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))).ok(),
            v6: Endpoint::client(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))).ok(),
        }
    }

    /// Connects by the first way that answers; by the one that did so last, if it is named.
    ///
    /// # Errors
    /// Returns why no way led to the hub.
    pub async fn dial(
        &self,
        tls: &Arc<ClientConfig>,
        last: Option<Transport>,
    ) -> Result<Line, DialError> {
        match (self.ways.choice, last) {
            (Choice::Only(Transport::Quic), _) => self.quic(tls).await,
            (Choice::Only(Transport::Tls), _) => self.tls(tls).await,
            (Choice::Auto, Some(Transport::Tls)) => match self.tls(tls).await {
                Ok(line) => Ok(line),
                Err(failed) => self.quic(tls).await.map_err(|quic| both(quic, failed)),
            },
            (Choice::Auto, Some(Transport::Quic) | None) => self.race(tls).await,
        }
    }

    /// Connects over QUIC to the first address that answers.
    ///
    /// # Errors
    /// Returns the last address's [`DialError`].
    pub async fn quic(&self, tls: &Arc<ClientConfig>) -> Result<Line, DialError> {
        let config = QuicClientConfig::try_from(Arc::clone(tls))
            .map_err(|cause| DialError::Settings(cause.to_string()))?;
        let mut config = quinn::ClientConfig::new(Arc::new(config));
        config.transport_config(Arc::new(transport()));
        let mut last = DialError::NoAddress;
        for address in &self.addresses {
            let candidates = match resolve(address).await {
                Ok(candidates) => candidates,
                Err(failure) => {
                    last = failure;
                    continue;
                }
            };
            for candidate in candidates {
                match self.connect(&config, candidate).await {
                    Ok(connection) => return Ok(Line::Quic(connection)),
                    Err(failure) => last = failure,
                }
            }
        }
        Err(last)
    }

    /// QUIC first, TLS a little later or when QUIC has failed; the loser is dropped.
    async fn race(&self, tls: &Arc<ClientConfig>) -> Result<Line, DialError> {
        let mut quic = std::pin::pin!(self.quic(tls));
        let failed = tokio::select! {
            dialled = &mut quic => match dialled {
                Ok(line) => return Ok(line),
                Err(failure) => Some(failure),
            },
            () = tokio::time::sleep(HEAD_START) => None,
        };
        let mut over_tls = std::pin::pin!(self.tls(tls));
        if let Some(quic) = failed {
            return over_tls.await.map_err(|failed| both(quic, failed));
        }
        tokio::select! {
            dialled = &mut quic => match dialled {
                Ok(line) => Ok(line),
                Err(quic) => over_tls.await.map_err(|failed| both(quic, failed)),
            },
            dialled = &mut over_tls => match dialled {
                Ok(line) => Ok(line),
                Err(failed) => quic.await.map_err(|quic| both(quic, failed)),
            },
        }
    }

    /// Connects over TLS alone, by the proxy where there is one.
    ///
    /// # Errors
    /// Returns why that way did not lead to the hub.
    pub async fn tls(&self, tls: &Arc<ClientConfig>) -> Result<Line, DialError> {
        let addresses = if self.ways.tcp.is_empty() {
            &self.addresses
        } else {
            &self.ways.tcp
        };
        let mut last = DialError::NoAddress;
        for address in addresses {
            let dialled = timeout(CONNECT, self.connect_tls(tls, address)).await;
            match dialled {
                Ok(Ok(line)) => return Ok(Line::Tls(Box::new(line))),
                Ok(Err(failure)) => last = failure,
                Err(_) => {
                    last = DialError::SilentTcp {
                        address: address.clone(),
                    };
                }
            }
        }
        Err(last)
    }

    async fn connect_tls(
        &self,
        tls: &Arc<ClientConfig>,
        address: &str,
    ) -> Result<TlsLine, DialError> {
        let failed = |cause: std::io::Error| DialError::Connect {
            address: format!("{address} (TCP)"),
            cause: cause.to_string(),
        };
        let stream = match &self.ways.proxy {
            None => TcpStream::connect(address).await.map_err(failed)?,
            Some(proxy) => {
                let failed = |cause| DialError::Proxy {
                    proxy: proxy.address.clone(),
                    cause,
                };
                let stream = TcpStream::connect(&proxy.address).await;
                let mut stream =
                    stream.map_err(|cause| failed(ProxyError::Lost(cause.to_string())))?;
                proxy.connect(&mut stream, address).await.map_err(failed)?;
                stream
            }
        };
        let peer = stream.peer_addr().map_err(failed)?;
        // A batch is one write: waiting for more to send with it would only be late.
        stream.set_nodelay(true).map_err(failed)?;
        let name = ServerName::try_from(SERVER_NAME)
            .map_err(|cause| DialError::Settings(cause.to_string()))?;
        let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
        let stream = connecting.await.map_err(failed)?;
        Ok(TlsLine { stream, peer })
    }

    async fn connect(
        &self,
        config: &quinn::ClientConfig,
        address: SocketAddr,
    ) -> Result<Connection, DialError> {
        let endpoint = if address.is_ipv4() {
            &self.v4
        } else {
            &self.v6
        };
        let text = || address.to_string();
        let endpoint = endpoint
            .as_ref()
            .ok_or_else(|| DialError::Silent { address: text() })?;
        let connecting = endpoint
            .connect_with(config.clone(), address, SERVER_NAME)
            .map_err(|cause| DialError::Connect {
                address: text(),
                cause: cause.to_string(),
            })?;
        match timeout(CONNECT, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(cause)) => Err(DialError::Connect {
                address: text(),
                cause: cause.to_string(),
            }),
            Err(_) => Err(DialError::Silent { address: text() }),
        }
    }
}

async fn resolve(address: &str) -> Result<Vec<SocketAddr>, DialError> {
    let text = || address.to_owned();
    match timeout(CONNECT, tokio::net::lookup_host(address)).await {
        Ok(Ok(candidates)) => Ok(candidates.collect()),
        Ok(Err(cause)) => Err(DialError::Resolve {
            address: text(),
            cause,
        }),
        Err(_) => Err(DialError::Silent { address: text() }),
    }
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(u64::from(CONNECTION_WINDOW))
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(IdleTimeout::try_from(IDLE).ok());
    transport
}

fn both(quic: DialError, tls: DialError) -> DialError {
    DialError::Both(Box::new(quic), Box::new(tls))
}

/// Why the hub was not reached.
#[derive(Debug, Error)]
pub enum DialError {
    /// Nobody said where the hub is.
    #[error("no address of the hub is known")]
    NoAddress,
    /// The libraries refuse how TLS is set up.
    #[error("TLS cannot be set up: {0}")]
    Settings(String),
    /// A name does not resolve.
    #[error("{address} does not resolve ({cause})")]
    Resolve {
        /// The address.
        address: String,
        /// Why.
        cause: std::io::Error,
    },
    /// Nobody answered.
    #[error("{address} does not answer on UDP: ask the network team to allow UDP to that address")]
    Silent {
        /// The address.
        address: String,
    },
    /// Nobody answered over TCP either.
    #[error("{address} does not answer on TCP: ask the network team to allow TCP to that address")]
    SilentTcp {
        /// The address.
        address: String,
    },
    /// The proxy does not lead there.
    #[error("the proxy {proxy} does not lead to the hub: {cause}")]
    Proxy {
        /// Its address.
        proxy: String,
        /// What it says.
        cause: ProxyError,
    },
    /// The connection was refused.
    #[error("{address}: {cause}")]
    Connect {
        /// The address.
        address: String,
        /// Why.
        cause: String,
    },
    /// Neither way leads to the hub.
    #[error("{0}; {1}")]
    Both(Box<Self>, Box<Self>),
}
