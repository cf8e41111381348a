//! Listening for agents, and what one of them may take up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{NoInitialCipherSuite, QuicServerConfig};
use quinn::{Endpoint, IdleTimeout, Incoming, ServerConfig, TransportConfig, VarInt};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use savin_shared::frame::{ALPN_ENROLMENT, ALPN_STREAM};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use super::{Shared, connection};
use crate::authority::{Authority, AuthorityError};

/// Connections that may be held at once; beyond, new ones are turned away.
const CONNECTIONS_MAX: usize = 10_000;

/// Handshakes over TCP in progress, beyond which further ones are turned away. Their address is
/// proved already, but each can hold a place for as long as a handshake may take.
const HANDSHAKES_TCP_MAX: usize = 1_000;

/// How long nothing is accepted over TCP after the system refused, as when it is out of files.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// How long agents may take to hear that the hub stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// Handshakes in progress above which a client must first prove that its address is its own.
const HANDSHAKES_UNPROVED_MAX: usize = 100;

pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(20);
pub(super) const IDLE: Duration = Duration::from_secs(60);
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
const STREAMS_MAX: u32 = 4;

/// Where TLS over TCP is listened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tcp {
    /// At the address and port of QUIC.
    Beside,
    /// At another address.
    At(SocketAddr),
    /// Nowhere.
    Off,
}

/// The listening door.
#[derive(Debug)]
pub struct Listener {
    endpoint: Endpoint,
    tcp: Option<TcpListener>,
    tls: Arc<rustls::ServerConfig>,
    shared: Shared,
}

impl Listener {
    /// Begins to listen. Needs a tokio runtime.
    ///
    /// # Errors
    /// Returns [`ListenError`] when an address cannot be used or TLS cannot be set up.
    pub fn bind(address: SocketAddr, tcp: Tcp, shared: Shared) -> Result<Self, ListenError> {
        let now = (shared.world.wall)();
        let tls = Arc::new(tls(&shared.authority, now)?);
        let quic = QuicServerConfig::try_from(Arc::clone(&tls))?;
        let mut config = ServerConfig::with_crypto(Arc::new(quic));
        config.transport_config(Arc::new(transport()));
        config.max_incoming(CONNECTIONS_MAX);
        let failed = |address| move |cause| ListenError::Address { address, cause };
        let endpoint = Endpoint::server(config, address).map_err(failed(address))?;
        let beside = match tcp {
            Tcp::Beside => Some(endpoint.local_addr().map_err(failed(address))?),
            Tcp::At(address) => Some(address),
            Tcp::Off => None,
        };
        let tcp = match beside {
            Some(address) => Some(bind_tcp(address).map_err(failed(address))?),
            None => None,
        };
        Ok(Self {
            endpoint,
            tcp,
            tls,
            shared,
        })
    }

    /// Returns the address that is listened on over QUIC.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// Serves agents until shutdown.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut connections = JoinSet::new();
        let (barred, store) = (self.shared.barred.clone(), self.shared.store.clone());
        let mut looking = std::pin::pin!(barred.look(&store));
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES_TCP_MAX));
        loop {
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => break,
                incoming = self.endpoint.accept() => {
                    let Some(incoming) = incoming else { break };
                    self.admit(incoming, &mut connections);
                }
                (stream, peer) = accept_tcp(self.tcp.as_ref()) => {
                    let permit = Arc::clone(&handshakes).try_acquire_owned();
                    let Ok(permit) = permit else { continue };
                    if connections.len() >= CONNECTIONS_MAX {
                        say_full(connections.len());
                        continue;
                    }
                    let acceptor = TlsAcceptor::from(Arc::clone(&self.tls));
                    let shared = self.shared.clone();
                    let served = connection::serve_tls(stream, peer, acceptor, permit, shared);
                    connections.spawn(served);
                }
                Some(_ended) = connections.join_next() => {}
                () = &mut looking => {}
            }
        }
        self.endpoint.close(0_u32.into(), b"the hub stops");
        connections.shutdown().await;
        // One whose handshake was cut short on both sides would hold the hub up until it is taken for idle.
        let _told = timeout(FAREWELL, self.endpoint.wait_idle()).await;
        info!("Stopped listening for agents");
    }

    fn admit(&self, incoming: Incoming, connections: &mut JoinSet<()>) {
        let unproved_max = self.shared.present.count() + HANDSHAKES_UNPROVED_MAX;
        if connections.len() >= CONNECTIONS_MAX {
            say_full(connections.len());
            incoming.refuse();
        } else if connections.len() >= unproved_max && !incoming.remote_address_validated() {
            // Nothing but a proof of address is sent to whoever cannot receive it.
            let _retried = incoming.retry();
        } else {
            connections.spawn(connection::serve(incoming, self.shared.clone()));
        }
    }
}

fn say_full(connections: usize) {
    warn!(connections, "Turned an agent away: too many at once");
}

fn bind_tcp(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Waits for the next connection over TCP; for ever where none is listened for.
async fn accept_tcp(listener: Option<&TcpListener>) -> (TcpStream, SocketAddr) {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(failure) => {
                warn!(reason = %failure, "Nothing accepted over TCP, trying again");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

fn tls(authority: &Authority, now: jiff::Timestamp) -> Result<rustls::ServerConfig, ListenError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.certificate_der().to_vec()))?;
    // Whoever enrols has no certificate yet; who streams is held to one after the handshake.
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()?;
    let server = authority.server(now)?;
    let chain = server.chain.into_iter().map(CertificateDer::from).collect();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(server.key));
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![ALPN_STREAM.to_vec(), ALPN_ENROLMENT.to_vec()];
    config.max_early_data_size = 0;
    Ok(config)
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(u64::from(CONNECTION_WINDOW))
        .max_concurrent_bidi_streams(VarInt::from_u32(STREAMS_MAX))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(IdleTimeout::try_from(IDLE).ok());
    transport
}

/// Why listening failed.
#[derive(Debug, Error)]
pub enum ListenError {
    /// The address cannot be used.
    #[error("failed to listen on {address}")]
    Address {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// rustls refused the configuration.
    #[error("TLS refused the configuration")]
    Rustls(#[from] rustls::Error),
    /// The verifier of agents' certificates cannot be built.
    #[error("TLS refused the authority")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
    /// QUIC needs a cipher that the configuration lacks.
    #[error("QUIC refused the configuration")]
    Quic(#[from] NoInitialCipherSuite),
    /// The server's certificate cannot be made.
    #[error("failed to make the server's certificate")]
    Authority(#[from] AuthorityError),
}
