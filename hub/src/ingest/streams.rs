//! Frames in and out of one connection. QUIC has a stream for each channel, known by the first frame
//! on it; TLS carries all frames one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use quinn::{Connection, RecvStream, SendStream};
use savin_shared::codec::Codec;
use savin_shared::frame::reader::FrameReader;
use savin_shared::frame::{Frame, FrameError};
use savin_shared::session::{Channel, Outgoing};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::line::{Line, TlsLine};

/// Frames that wait for the session; an agent that sends faster is slowed down by the transport.
pub(super) const FRAMES_WAITING_MAX: usize = 32;

/// What arrives on a connection.
#[derive(Debug)]
pub(super) enum Arrival {
    /// A stream's first frame says what the stream is for; this is its other direction.
    Stream(Channel, SendStream),
    /// A frame.
    Frame(Box<Frame>),
}

/// The frames of one connection.
#[derive(Debug)]
pub(super) enum Streams {
    /// Over QUIC.
    Quic(Box<QuicStreams>),
    /// Over TLS on TCP, with why no more frames come.
    Tls(Arc<TlsLine>, mpsc::Receiver<StreamError>),
}

#[derive(Debug)]
pub(super) struct QuicStreams {
    connection: Connection,
    senders: BTreeMap<Channel, SendStream>,
    arrivals: mpsc::Sender<Arrival>,
    readers: JoinSet<Result<(), StreamError>>,
}

impl Streams {
    /// Begins to read; only once on a line.
    pub(super) fn new(line: &Line) -> Result<(Self, mpsc::Receiver<Arrival>), StreamError> {
        match line {
            Line::Quic(connection) => {
                let (arrivals, received) = mpsc::channel(FRAMES_WAITING_MAX);
                let streams = QuicStreams {
                    connection: connection.clone(),
                    senders: BTreeMap::new(),
                    arrivals,
                    readers: JoinSet::new(),
                };
                Ok((Self::Quic(Box::new(streams)), received))
            }
            Line::Tls(line) => {
                let incoming = line.take_incoming().ok_or(StreamError::Ended)?;
                let streams = Self::Tls(Arc::clone(line), incoming.failure);
                Ok((streams, incoming.arrivals))
            }
        }
    }

    /// Learns what a stream is for.
    pub(super) fn learn(&mut self, channel: Channel, sender: SendStream) {
        if let Self::Quic(streams) = self {
            streams.senders.insert(channel, sender);
        }
    }

    /// Sends a frame on its channel's stream, or on the control stream where the agent has not
    /// opened that one.
    pub(super) async fn send(
        &mut self,
        outgoing: &Outgoing,
        codec: Codec,
    ) -> Result<(), StreamError> {
        let bytes = outgoing.frame.encode(codec)?;
        let streams = match self {
            Self::Quic(streams) => streams,
            Self::Tls(line, _) => return line.send(bytes).await,
        };
        let channel = if streams.senders.contains_key(&outgoing.channel) {
            outgoing.channel
        } else {
            Channel::Control
        };
        let sender = streams.senders.get_mut(&channel);
        let sender = sender.ok_or(StreamError::Ended)?;
        Ok(sender.write_all(&bytes).await?)
    }

    /// Accepts streams and waits until one fails or the connection ends; returns why.
    pub(super) async fn failed(&mut self) -> StreamError {
        let streams = match self {
            Self::Quic(streams) => streams,
            Self::Tls(_, failure) => return failure.recv().await.unwrap_or(StreamError::Ended),
        };
        loop {
            tokio::select! {
                accepted = streams.connection.accept_bi() => match accepted {
                    Ok((send, receive)) => {
                        let arrivals = streams.arrivals.clone();
                        streams.readers.spawn(read(send, receive, arrivals));
                    }
                    Err(error) => return error.into(),
                },
                Some(ended) = streams.readers.join_next() => match ended {
                    Ok(Err(error)) => return error,
                    Ok(Ok(())) | Err(_) => return StreamError::Ended,
                },
            }
        }
    }
}

async fn read(
    send: SendStream,
    mut receive: RecvStream,
    arrivals: mpsc::Sender<Arrival>,
) -> Result<(), StreamError> {
    let mut reader = FrameReader::default();
    let mut send = Some(send);
    while let Some(chunk) = receive.read_chunk(64 * 1024, true).await? {
        reader.push(&chunk.bytes);
        while let Some(frame) = reader.next_frame()? {
            if let Some(send) = send.take() {
                let channel = Channel::of(frame.frame_type());
                arrivals
                    .send(Arrival::Stream(channel, send))
                    .await
                    .map_err(|_| StreamError::Ended)?;
            }
            arrivals
                .send(Arrival::Frame(Box::new(frame)))
                .await
                .map_err(|_| StreamError::Ended)?;
        }
    }
    Ok(())
}

/// Why a stream cannot go on.
#[derive(Debug, Error)]
pub(super) enum StreamError {
    /// The connection was lost.
    #[error("the connection ended: {0}")]
    Connection(#[from] quinn::ConnectionError),
    /// The connection over TLS was lost.
    #[error("the connection ended: {0}")]
    Lost(String),
    /// Writing failed.
    #[error("the stream cannot be written: {0}")]
    Write(#[from] quinn::WriteError),
    /// Reading failed.
    #[error("the stream cannot be read: {0}")]
    Read(#[from] quinn::ReadError),
    /// The agent sent what is no frame, or a frame is too large.
    #[error("a frame was refused: {0}")]
    Frame(#[from] FrameError),
    /// The agent ended the stream.
    #[error("the agent ended a stream")]
    Ended,
}
