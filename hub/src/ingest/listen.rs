//! Listening for agents, and what one of them may take up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{NoInitialCipherSuite, QuicServerConfig};
use quinn::{Endpoint, IdleTimeout, ServerConfig, TransportConfig, VarInt};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use savin_shared::frame::{ALPN_ENROLMENT, ALPN_STREAM};
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{info, warn};

use super::{Shared, connection};
use crate::authority::{Authority, AuthorityError};

/// Connections that may be held at once; beyond, new ones are turned away.
const CONNECTIONS_MAX: usize = 10_000;

/// Handshakes in progress above which a client must first prove that its address is its own.
const HANDSHAKES_UNPROVED_MAX: usize = 100;

const KEEP_ALIVE: Duration = Duration::from_secs(20);
const IDLE: Duration = Duration::from_secs(60);
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
const STREAMS_MAX: u32 = 4;

/// The listening door.
#[derive(Debug)]
pub struct Listener {
    endpoint: Endpoint,
    shared: Shared,
}

impl Listener {
    /// Begins to listen.
    ///
    /// # Errors
    /// Returns [`ListenError`] when the address cannot be used or TLS cannot be set up.
    pub fn bind(address: SocketAddr, shared: Shared) -> Result<Self, ListenError> {
        let now = (shared.world.wall)();
        let mut config = ServerConfig::with_crypto(Arc::new(tls(&shared.authority, now)?));
        config.transport_config(Arc::new(transport()));
        config.max_incoming(CONNECTIONS_MAX);
        let endpoint = Endpoint::server(config, address)
            .map_err(|cause| ListenError::Address { address, cause })?;
        Ok(Self { endpoint, shared })
    }

    /// Returns the address that is listened on.
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
        loop {
            let incoming = tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => break,
                incoming = self.endpoint.accept() => incoming,
                Some(_ended) = connections.join_next() => continue,
                () = &mut looking => continue,
            };
            let Some(incoming) = incoming else { break };
            if connections.len() >= CONNECTIONS_MAX {
                warn!(
                    connections = connections.len(),
                    "Turned an agent away: too many at once"
                );
                incoming.refuse();
            } else if connections.len() >= self.shared.present.count() + HANDSHAKES_UNPROVED_MAX
                && !incoming.remote_address_validated()
            {
                // Nothing but a proof of address is sent to whoever cannot receive it.
                let _retried = incoming.retry();
            } else {
                connections.spawn(connection::serve(incoming, self.shared.clone()));
            }
        }
        self.endpoint.close(0_u32.into(), b"the hub stops");
        connections.shutdown().await;
        self.endpoint.wait_idle().await;
        info!("Stopped listening for agents");
    }
}

fn tls(authority: &Authority, now: jiff::Timestamp) -> Result<QuicServerConfig, ListenError> {
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
    Ok(QuicServerConfig::try_from(config)?)
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
