//! Frames in and out of one connection. QUIC has a stream for each channel, opened when it is first
//! used; TLS carries all frames one after the other, since each says by its type what it belongs to.

use std::io;
use std::time::Duration;

use quinn::{Connection, ConnectionError, RecvStream, SendStream, TransportErrorCode};
use rustls::AlertDescription;
use savin_shared::codec::Codec;
use savin_shared::frame::line::{LineWord, close};
use savin_shared::frame::reader::FrameReader;
use savin_shared::frame::{Frame, FrameError};
use savin_shared::session::{Channel, Outgoing};
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::dial::{IDLE, KEEP_ALIVE};
use super::line::Line;

/// Frames that wait for the session; a peer that sends faster is slowed down by the transport.
const FRAMES_WAITING_MAX: usize = 64;

/// Frames that wait to be written to TLS; beyond, whoever sends waits.
const WRITES_WAITING_MAX: usize = 4;

/// Bytes read from TLS at once.
const READ_BYTES: usize = 16 * 1024;

/// How long TLS may take to accept what was written, before the line counts as lost.
const WRITE: Duration = Duration::from_secs(30);

/// How long the hub's reason is waited for after writing has failed.
const WHY: Duration = Duration::from_secs(1);

/// Priority of full states: below everything else.
const BULK_PRIORITY: i32 = -1;

/// The frames of one connection.
#[derive(Debug)]
pub struct Streams {
    out: Out,
    frames: mpsc::Sender<Frame>,
    tasks: JoinSet<Result<(), StreamError>>,
}

#[derive(Debug)]
enum Out {
    Quic(Box<QuicStreams>),
    Tls(mpsc::Sender<Vec<u8>>),
}

#[derive(Debug)]
struct QuicStreams {
    connection: Connection,
    control: Option<SendStream>,
    live: Option<SendStream>,
    bulk: Option<SendStream>,
}

impl Streams {
    /// Begins; frames that arrive come out of the receiver. Needs a tokio runtime.
    #[must_use]
    pub fn new(line: Line) -> (Self, mpsc::Receiver<Frame>) {
        let (frames, received) = mpsc::channel(FRAMES_WAITING_MAX);
        let mut tasks = JoinSet::new();
        let out = match line {
            Line::Quic(connection) => Out::Quic(Box::new(QuicStreams {
                connection,
                control: None,
                live: None,
                bulk: None,
            })),
            Line::Tls(line) => {
                let (reading, writing) = tokio::io::split(line.stream);
                let (out, outgoing) = mpsc::channel(WRITES_WAITING_MAX);
                tasks.spawn(read_tls(reading, frames.clone()));
                tasks.spawn(write_tls(writing, outgoing));
                Out::Tls(out)
            }
        };
        (Self { out, frames, tasks }, received)
    }

    /// Sends a frame on its channel.
    ///
    /// # Errors
    /// Returns [`StreamError`] when the line is lost.
    pub async fn send(&mut self, outgoing: &Outgoing, codec: Codec) -> Result<(), StreamError> {
        let bytes = outgoing.frame.encode(codec)?;
        let streams = match &mut self.out {
            Out::Quic(streams) => streams,
            Out::Tls(out) => {
                return match out.send(bytes).await {
                    Ok(()) => Ok(()),
                    Err(_) => Err(self.failed().await),
                };
            }
        };
        let slot = match outgoing.channel {
            Channel::Control => &mut streams.control,
            Channel::Live => &mut streams.live,
            Channel::Bulk => &mut streams.bulk,
        };
        if slot.is_none() {
            let (send, receive) = streams.connection.open_bi().await?;
            if outgoing.channel == Channel::Bulk {
                // A stream that is already closed says so at the write.
                let _closed = send.set_priority(BULK_PRIORITY);
            }
            self.tasks.spawn(read(receive, self.frames.clone()));
            *slot = Some(send);
        }
        if let Some(stream) = slot {
            stream.write_all(&bytes).await?;
        }
        Ok(())
    }

    /// Waits until the line fails or has ended, and returns why. Frames that came before are still
    /// in the receiver: the last of them may say more.
    pub async fn failed(&mut self) -> StreamError {
        if let Out::Quic(streams) = &self.out
            && self.tasks.is_empty()
        {
            return streams.connection.closed().await.into();
        }
        let mut first = loop {
            match self.tasks.join_next().await {
                Some(Ok(Err(error))) => break error,
                Some(Ok(Ok(())) | Err(_)) => {}
                None => return StreamError::Ended,
            }
        };
        // Writing may have failed because the hub has hung up; reading then finds why it did.
        if let Out::Tls(_) = &self.out
            && !first.is_said()
            && let Ok(Some(Ok(Err(said)))) = timeout(WHY, self.tasks.join_next()).await
            && said.is_said()
        {
            first = said;
        }
        first
    }
}

async fn read(mut stream: RecvStream, frames: mpsc::Sender<Frame>) -> Result<(), StreamError> {
    let mut reader = FrameReader::default();
    while let Some(chunk) = stream.read_chunk(64 * 1024, true).await? {
        reader.push(&chunk.bytes);
        while let Some(frame) = reader.next_frame()? {
            if frames.send(frame).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn read_tls(
    mut stream: ReadHalf<TlsStream<TcpStream>>,
    frames: mpsc::Sender<Frame>,
) -> Result<(), StreamError> {
    let mut reader = FrameReader::default();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = timeout(IDLE, stream.read(&mut buffer)).await;
        let read = read.map_err(|_| StreamError::Silent)??;
        if read == 0 {
            return Err(StreamError::Ended);
        }
        reader.push(buffer.get(..read).unwrap_or_default());
        while let Some(frame) = reader.next_frame()? {
            if let Frame::Line(word) = frame {
                if let LineWord::Close { code, reason } = word {
                    return Err(StreamError::closed(code, reason.as_bytes()));
                }
            } else if frames.send(frame).await.is_err() {
                return Ok(());
            }
        }
    }
}

async fn write_tls(
    mut stream: WriteHalf<TlsStream<TcpStream>>,
    mut outgoing: mpsc::Receiver<Vec<u8>>,
) -> Result<(), StreamError> {
    let alive = Frame::Line(LineWord::KeepAlive).encode(Codec::Bincode2)?;
    loop {
        let bytes = match timeout(KEEP_ALIVE, outgoing.recv()).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(()),
            Err(_) => alive.clone(),
        };
        let written = async {
            stream.write_all(&bytes).await?;
            while let Ok(more) = outgoing.try_recv() {
                stream.write_all(&more).await?;
            }
            stream.flush().await
        };
        timeout(WRITE, written)
            .await
            .map_err(|_| StreamError::Blocked)??;
    }
}

/// Why a stream cannot go on.
#[derive(Debug, Error)]
pub enum StreamError {
    /// The connection was lost.
    #[error("the connection was lost: {0}")]
    Connection(String),
    /// The hub ended the connection, and said why.
    #[error("the hub ended the connection: {reason}")]
    Closed {
        /// One of [`close`].
        code: u32,
        /// Why.
        reason: String,
    },
    /// The hub does not take this certificate any more.
    #[error("the hub says that this agent's certificate has ended")]
    CertificateEnded,
    /// The hub sent what is no frame, or a frame is too large.
    #[error("a frame was refused")]
    Frame(#[from] FrameError),
    /// The hub took nothing in for too long.
    #[error("the line accepts nothing any more")]
    Blocked,
    /// Nothing arrived for too long.
    #[error("nothing came from the hub for a minute")]
    Silent,
    /// The hub ended every stream.
    #[error("the hub ended the conversation")]
    Ended,
}

impl StreamError {
    /// Says whether it is the hub's own word.
    const fn is_said(&self) -> bool {
        matches!(self, Self::Closed { .. } | Self::CertificateEnded)
    }

    fn closed(code: u32, reason: &[u8]) -> Self {
        if code == close::CERTIFICATE_ENDED {
            return Self::CertificateEnded;
        }
        let reason = LineWord::printable(reason);
        Self::Closed { code, reason }
    }
}

impl From<ConnectionError> for StreamError {
    fn from(error: ConnectionError) -> Self {
        let expired = u8::from(AlertDescription::CertificateExpired);
        if let ConnectionError::ApplicationClosed(end) = &error {
            let code = u32::try_from(end.error_code.into_inner()).unwrap_or(u32::MAX);
            return Self::closed(code, &end.reason);
        }
        if let ConnectionError::ConnectionClosed(end) = &error
            && end.error_code == TransportErrorCode::crypto(expired)
        {
            return Self::CertificateEnded;
        }
        Self::Connection(error.to_string())
    }
}

impl From<quinn::WriteError> for StreamError {
    fn from(error: quinn::WriteError) -> Self {
        if let quinn::WriteError::ConnectionLost(lost) = error {
            return lost.into();
        }
        Self::Connection(error.to_string())
    }
}

impl From<quinn::ReadError> for StreamError {
    fn from(error: quinn::ReadError) -> Self {
        if let quinn::ReadError::ConnectionLost(lost) = error {
            return lost.into();
        }
        Self::Connection(error.to_string())
    }
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        match cause {
            Some(rustls::Error::AlertReceived(AlertDescription::CertificateExpired)) => {
                Self::CertificateEnded
            }
            Some(_) | None => Self::Connection(error.to_string()),
        }
    }
}
