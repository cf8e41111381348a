//! One connection of an agent: over QUIC, or over TLS on TCP where UDP is blocked. Both are TLS 1.3
//! under the same authority, with the same limits.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quinn::Connection;
use rustls::pki_types::CertificateDer;
use savin_shared::codec::Codec;
use savin_shared::frame::Frame;
use savin_shared::frame::line::LineWord;
use savin_shared::frame::reader::FrameReader;
use savin_shared::frame::renewal::BINDING_LABEL;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::listen::{IDLE, KEEP_ALIVE};
use super::streams::{Arrival, FRAMES_WAITING_MAX, StreamError};

/// Frames that wait to be written; beyond, whoever sends waits.
const WRITES_WAITING_MAX: usize = 4;

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// How long TLS may take to accept what was written, before the line counts as lost.
const WRITE: Duration = Duration::from_secs(30);

/// How long the last word may take to be sent, and then to be read.
const LAST_WORD: Duration = Duration::from_secs(2);

/// A connection of an agent; a copy is the same connection.
#[derive(Debug, Clone)]
pub(super) enum Line {
    /// Over QUIC.
    Quic(Connection),
    /// Over TLS on TCP.
    Tls(Arc<TlsLine>),
}

/// What is known of a connection over TLS, and the ends of the queues to it.
#[derive(Debug)]
pub(super) struct TlsLine {
    peer: SocketAddr,
    protocol: Option<Vec<u8>>,
    certificate: Option<CertificateDer<'static>>,
    binding: Option<[u8; 32]>,
    out: mpsc::Sender<Vec<u8>>,
    incoming: Mutex<Option<Incoming>>,
    closing: watch::Sender<Option<(u32, &'static str)>>,
    ended: watch::Sender<bool>,
}

/// What comes in over TLS.
#[derive(Debug)]
pub(super) struct Incoming {
    /// Frames.
    pub(super) arrivals: mpsc::Receiver<Arrival>,
    /// Why no more come.
    pub(super) failure: mpsc::Receiver<StreamError>,
}

impl Line {
    /// Wraps a connection over TLS; what is returned beside it moves its bytes, and ends with it.
    pub(super) fn tls(
        stream: TlsStream<TcpStream>,
        peer: SocketAddr,
    ) -> (Self, impl Future<Output = ()>) {
        let (_, session) = stream.get_ref();
        let mut binding = [0; 32];
        let bound = session.export_keying_material(&mut binding, BINDING_LABEL, Some(&[]));
        let chain = session.peer_certificates();
        let (out, outgoing) = mpsc::channel(WRITES_WAITING_MAX);
        let (arrived, arrivals) = mpsc::channel(FRAMES_WAITING_MAX);
        let (failed, failure) = mpsc::channel(1);
        let line = Arc::new(TlsLine {
            peer,
            protocol: session.alpn_protocol().map(<[u8]>::to_vec),
            certificate: chain
                .and_then(<[_]>::first)
                .map(|certificate| certificate.clone().into_owned()),
            binding: bound.is_ok().then_some(binding),
            out,
            incoming: Mutex::new(Some(Incoming { arrivals, failure })),
            closing: watch::Sender::new(None),
            ended: watch::Sender::new(false),
        });
        let moved = Arc::clone(&line);
        let moving = async move {
            let (reading, writing) = tokio::io::split(stream);
            let written = write(writing, outgoing, moved.closing.subscribe());
            let mut written = std::pin::pin!(written);
            let mut read = std::pin::pin!(read(reading, arrived));
            tokio::select! {
                failure = &mut read => {
                    let is_gone = matches!(failure, StreamError::Ended | StreamError::Lost(_));
                    // The line that nobody serves any more needs no reason.
                    let _unread = failed.try_send(failure);
                    if !is_gone {
                        // What was refused may still be answered.
                        let _written = written.await;
                    }
                }
                written = &mut written => {
                    if let Err(failure) = written {
                        let _unread = failed.try_send(failure);
                    } else {
                        // What is unread when a socket closes takes the last word with it.
                        let _gone = timeout(LAST_WORD, read).await;
                    }
                }
            }
            moved.ended.send_replace(true);
        };
        (Self::Tls(line), moving)
    }

    pub(super) const fn transport(&self) -> &'static str {
        match self {
            Self::Quic(_) => "quic",
            Self::Tls(_) => "tls",
        }
    }

    pub(super) fn peer(&self) -> SocketAddr {
        match self {
            Self::Quic(connection) => connection.remote_address(),
            Self::Tls(line) => line.peer,
        }
    }

    /// Returns what the agent came for.
    pub(super) fn protocol(&self) -> Option<Vec<u8>> {
        match self {
            Self::Quic(connection) => {
                connection
                    .handshake_data()?
                    .downcast::<quinn::crypto::rustls::HandshakeData>()
                    .ok()?
                    .protocol
            }
            Self::Tls(line) => line.protocol.clone(),
        }
    }

    /// Returns the agent's certificate, which TLS has verified.
    pub(super) fn certificate(&self) -> Option<CertificateDer<'static>> {
        match self {
            Self::Quic(connection) => {
                let identity = connection.peer_identity()?;
                let chain = identity.downcast::<Vec<CertificateDer<'static>>>().ok()?;
                chain.first().cloned()
            }
            Self::Tls(line) => line.certificate.clone(),
        }
    }

    /// Returns 32 bytes that both ends of this connection know and nobody else does.
    pub(super) fn binding(&self) -> Option<[u8; 32]> {
        match self {
            Self::Quic(connection) => {
                let mut bytes = [0; 32];
                let made = connection.export_keying_material(&mut bytes, BINDING_LABEL, &[]);
                made.is_ok().then_some(bytes)
            }
            Self::Tls(line) => line.binding,
        }
    }

    /// Says whether both are the same connection.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Quic(one), Self::Quic(other)) => one.stable_id() == other.stable_id(),
            (Self::Tls(one), Self::Tls(other)) => Arc::ptr_eq(one, other),
            (Self::Quic(_), Self::Tls(_)) | (Self::Tls(_), Self::Quic(_)) => false,
        }
    }

    /// Ends the connection with one of `close` and a reason.
    pub(super) fn close(&self, code: u32, reason: &'static str) {
        match self {
            Self::Quic(connection) => connection.close(code.into(), reason.as_bytes()),
            Self::Tls(line) => {
                line.closing.send_if_modified(|closing| {
                    // The first reason is the one to tell.
                    let is_first = closing.is_none();
                    closing.get_or_insert((code, reason));
                    is_first
                });
            }
        }
    }

    /// Waits until the connection has ended.
    pub(super) async fn closed(&self) {
        match self {
            Self::Quic(connection) => {
                connection.closed().await;
            }
            Self::Tls(line) => {
                let mut ended = line.ended.subscribe();
                // Nobody moves bytes any more: that is an end too.
                let _dropped = ended.wait_for(|ended| *ended).await;
            }
        }
    }
}

impl TlsLine {
    /// Takes the incoming side, which only one reader can have.
    pub(super) fn take_incoming(&self) -> Option<Incoming> {
        let mut incoming = self.incoming.lock().unwrap_or_else(PoisonError::into_inner);
        incoming.take()
    }

    /// Sends bytes, and waits where too many wait already.
    pub(super) async fn send(&self, bytes: Vec<u8>) -> Result<(), StreamError> {
        let mut ended = self.ended.subscribe();
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => Err(StreamError::Ended),
            sent = self.out.send(bytes) => sent.map_err(|_| StreamError::Ended),
        }
    }
}

/// Reads until the line fails; an agent that sends faster than it is served is slowed down by TCP.
async fn read(
    mut stream: ReadHalf<TlsStream<TcpStream>>,
    arrivals: mpsc::Sender<Arrival>,
) -> StreamError {
    let mut reader = FrameReader::default();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = match timeout(IDLE, stream.read(&mut buffer)).await {
            Ok(Ok(0)) => return StreamError::Ended,
            Ok(Ok(read)) => read,
            Ok(Err(failure)) => return StreamError::Lost(failure.to_string()),
            Err(_) => return StreamError::Lost("nothing came for a minute".to_owned()),
        };
        reader.push(buffer.get(..read).unwrap_or_default());
        loop {
            match reader.next_frame() {
                Ok(Some(Frame::Line(LineWord::KeepAlive))) => {}
                Ok(Some(Frame::Line(LineWord::Close { .. }))) => return StreamError::Ended,
                Ok(Some(frame)) => {
                    if arrivals
                        .send(Arrival::Frame(Box::new(frame)))
                        .await
                        .is_err()
                    {
                        return StreamError::Ended;
                    }
                }
                Ok(None) => break,
                Err(failure) => return failure.into(),
            }
        }
    }
}

/// Writes until the line is closed.
async fn write(
    mut stream: WriteHalf<TlsStream<TcpStream>>,
    mut outgoing: mpsc::Receiver<Vec<u8>>,
    mut closing: watch::Receiver<Option<(u32, &'static str)>>,
) -> Result<(), StreamError> {
    let alive = Frame::Line(LineWord::KeepAlive).encode(Codec::Bincode2)?;
    let lost = |failure: std::io::Error| StreamError::Lost(failure.to_string());
    loop {
        let bytes = tokio::select! {
            biased;
            bytes = outgoing.recv() => bytes,
            _ = closing.wait_for(Option::is_some) => None,
            () = tokio::time::sleep(KEEP_ALIVE) => Some(alive.clone()),
        };
        let Some(bytes) = bytes else { break };
        let written = async {
            stream.write_all(&bytes).await?;
            while let Ok(more) = outgoing.try_recv() {
                stream.write_all(&more).await?;
            }
            stream.flush().await
        };
        let written = timeout(WRITE, written).await;
        written
            .map_err(|_| StreamError::Lost("the line accepts nothing any more".to_owned()))?
            .map_err(lost)?;
    }
    let (code, reason) = closing.borrow().unwrap_or_default();
    let reason = reason.to_owned();
    let last = Frame::Line(LineWord::Close { code, reason }).encode(Codec::Bincode2)?;
    let said = async {
        stream.write_all(&last).await?;
        stream.shutdown().await
    };
    timeout(LAST_WORD, said)
        .await
        .map_err(|_| StreamError::Ended)?
        .map_err(lost)
}
