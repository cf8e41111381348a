//! The streams of one connection, each known by the first frame on it.

use std::collections::BTreeMap;

use quinn::{Connection, RecvStream, SendStream};
use savin_shared::codec::Codec;
use savin_shared::frame::reader::FrameReader;
use savin_shared::frame::{Frame, FrameError};
use savin_shared::session::{Channel, Outgoing};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Frames that wait for the session; an agent that sends faster is slowed down by QUIC.
const FRAMES_WAITING_MAX: usize = 32;

/// What arrives on a connection.
#[derive(Debug)]
pub(super) enum Arrival {
    /// A stream's first frame says what the stream is for; this is its other direction.
    Stream(Channel, SendStream),
    /// A frame.
    Frame(Box<Frame>),
}

/// The streams of one connection.
#[derive(Debug)]
pub(super) struct Streams {
    connection: Connection,
    senders: BTreeMap<Channel, SendStream>,
    arrivals: mpsc::Sender<Arrival>,
    readers: JoinSet<Result<(), StreamError>>,
}

impl Streams {
    pub(super) fn new(connection: Connection) -> (Self, mpsc::Receiver<Arrival>) {
        let (arrivals, received) = mpsc::channel(FRAMES_WAITING_MAX);
        let (senders, readers) = (BTreeMap::new(), JoinSet::new());
        (
            Self {
                connection,
                senders,
                arrivals,
                readers,
            },
            received,
        )
    }

    /// Learns what a stream is for.
    pub(super) fn learn(&mut self, channel: Channel, sender: SendStream) {
        self.senders.insert(channel, sender);
    }

    /// Sends a frame on its channel's stream, or on the control stream where the agent has not
    /// opened that one.
    pub(super) async fn send(
        &mut self,
        outgoing: &Outgoing,
        codec: Codec,
    ) -> Result<(), StreamError> {
        let bytes = outgoing.frame.encode(codec)?;
        let channel = if self.senders.contains_key(&outgoing.channel) {
            outgoing.channel
        } else {
            Channel::Control
        };
        let sender = self.senders.get_mut(&channel).ok_or(StreamError::Ended)?;
        Ok(sender.write_all(&bytes).await?)
    }

    /// Accepts streams and waits until one fails or the connection ends; returns why.
    pub(super) async fn failed(&mut self) -> StreamError {
        loop {
            tokio::select! {
                accepted = self.connection.accept_bi() => match accepted {
                    Ok((send, receive)) => {
                        self.readers.spawn(read(send, receive, self.arrivals.clone()));
                    }
                    Err(error) => return error.into(),
                },
                Some(ended) = self.readers.join_next() => match ended {
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
