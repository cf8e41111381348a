//! Dialling the hub over QUIC, each of its addresses in turn.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, Endpoint, IdleTimeout, TransportConfig, VarInt};
use savin_shared::frame::SERVER_NAME;
use thiserror::Error;

/// How long one address is tried.
const CONNECT: Duration = Duration::from_secs(10);

/// How a connection behaves that nothing happens on.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const IDLE: Duration = Duration::from_secs(60);

/// Bytes that may be under way to this end; the hub sends little.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// Dials the hub.
#[derive(Debug)]
pub struct Dialer {
    addresses: Vec<String>,
    config: ClientConfig,
    v4: Option<Endpoint>,
    v6: Option<Endpoint>,
}

impl Dialer {
    /// Prepares to dial these addresses, `host:port`. Needs a tokio runtime.
    ///
    /// # Errors
    /// Returns [`DialError::Socket`] when the system gives no UDP socket at all.
    pub fn new(addresses: Vec<String>, tls: QuicClientConfig) -> Result<Self, DialError> {
        let mut config = ClientConfig::new(Arc::new(tls));
        config.transport_config(Arc::new(transport()));
        let v4 = Endpoint::client(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        let v6 = Endpoint::client(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)));
        if let (Err(cause), Err(_)) = (&v4, &v6) {
            return Err(DialError::Socket(std::io::Error::from(cause.kind())));
        }
        Ok(Self {
            addresses,
            config,
            v4: v4.ok(),
            v6: v6.ok(),
        })
    }

    /// Connects to the first address that answers.
    ///
    /// # Errors
    /// Returns the last address's [`DialError`].
    pub async fn dial(&self) -> Result<Connection, DialError> {
        let mut last = DialError::NoAddress;
        for address in &self.addresses {
            let resolved = tokio::time::timeout(CONNECT, tokio::net::lookup_host(address)).await;
            let candidates = match resolved {
                Ok(Ok(candidates)) => candidates.collect(),
                Ok(Err(cause)) => {
                    last = DialError::Resolve {
                        address: address.clone(),
                        cause,
                    };
                    Vec::new()
                }
                Err(_) => {
                    last = DialError::Silent {
                        address: address.clone(),
                    };
                    Vec::new()
                }
            };
            for candidate in candidates {
                match self.connect(candidate).await {
                    Ok(connection) => return Ok(connection),
                    Err(failure) => last = failure,
                }
            }
        }
        Err(last)
    }

    async fn connect(&self, address: SocketAddr) -> Result<Connection, DialError> {
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
            .connect_with(self.config.clone(), address, SERVER_NAME)
            .map_err(|cause| DialError::Connect {
                address: text(),
                cause: cause.to_string(),
            })?;
        match tokio::time::timeout(CONNECT, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(cause)) => Err(DialError::Connect {
                address: text(),
                cause: cause.to_string(),
            }),
            Err(_) => Err(DialError::Silent { address: text() }),
        }
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

/// Why the hub was not reached.
#[derive(Debug, Error)]
pub enum DialError {
    /// Nobody said where the hub is.
    #[error("no address of the hub is known")]
    NoAddress,
    /// The system gives no UDP socket.
    #[error("no UDP socket")]
    Socket(#[source] std::io::Error),
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
    /// The connection was refused.
    #[error("{address}: {cause}")]
    Connect {
        /// The address.
        address: String,
        /// Why.
        cause: String,
    },
}
