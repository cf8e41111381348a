//! One connection to the hub: over QUIC, or over TLS on TCP where UDP is blocked. Both are TLS 1.3
//! under the same authority, so that neither is the weaker one.

use std::net::SocketAddr;

use quinn::Connection;
use savin_shared::frame::renewal::BINDING_LABEL;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How frames travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// QUIC over UDP.
    Quic,
    /// TLS over TCP.
    Tls,
}

impl Transport {
    /// Returns the word for logs and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quic => "quic",
            Self::Tls => "tls",
        }
    }
}

/// A connection to the hub.
#[derive(Debug)]
pub enum Line {
    /// Over QUIC.
    Quic(Connection),
    /// Over TLS on TCP.
    Tls(Box<TlsLine>),
}

/// A connection over TLS, and whom it was made to: the hub, or a proxy.
#[derive(Debug)]
pub struct TlsLine {
    pub(super) stream: TlsStream<TcpStream>,
    pub(super) peer: SocketAddr,
}

impl Line {
    /// Returns how frames travel.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        match self {
            Self::Quic(_) => Transport::Quic,
            Self::Tls(_) => Transport::Tls,
        }
    }

    /// Returns the address at the other end, which may be a proxy's.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        match self {
            Self::Quic(connection) => connection.remote_address(),
            Self::Tls(line) => line.peer,
        }
    }

    /// Returns 32 bytes that both ends of this connection know and nobody else does.
    #[must_use]
    pub fn binding(&self) -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        let made = match self {
            Self::Quic(connection) => connection
                .export_keying_material(&mut bytes, BINDING_LABEL, &[])
                .is_ok(),
            Self::Tls(line) => {
                let (_, session) = line.stream.get_ref();
                session
                    .export_keying_material(&mut bytes, BINDING_LABEL, Some(&[]))
                    .is_ok()
            }
        };
        made.then_some(bytes)
    }
}
