//! The streams of one connection: control, live and bulk, each opened when it is first used.

use quinn::{Connection, RecvStream, SendStream};
use savin_shared::codec::Codec;
use savin_shared::frame::reader::FrameReader;
use savin_shared::frame::{Frame, FrameError};
use savin_shared::session::{Channel, Outgoing};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Frames that wait for the session; a peer that sends faster is slowed down by QUIC.
const FRAMES_WAITING_MAX: usize = 64;

/// Priority of full states: below everything else.
const BULK_PRIORITY: i32 = -1;

/// The streams of one connection.
#[derive(Debug)]
pub struct Streams {
    connection: Connection,
    control: Option<SendStream>,
    live: Option<SendStream>,
    bulk: Option<SendStream>,
    frames: mpsc::Sender<Frame>,
    readers: JoinSet<Result<(), StreamError>>,
}

impl Streams {
    /// Begins with no stream open; frames that arrive come out of the receiver.
    #[must_use]
    pub fn new(connection: Connection) -> (Self, mpsc::Receiver<Frame>) {
        let (frames, received) = mpsc::channel(FRAMES_WAITING_MAX);
        let readers = JoinSet::new();
        (
            Self {
                connection,
                control: None,
                live: None,
                bulk: None,
                frames,
                readers,
            },
            received,
        )
    }

    /// Sends a frame on its channel's stream.
    ///
    /// # Errors
    /// Returns [`StreamError`] when the line is lost.
    pub async fn send(&mut self, outgoing: &Outgoing, codec: Codec) -> Result<(), StreamError> {
        let bytes = outgoing.frame.encode(codec)?;
        let slot = match outgoing.channel {
            Channel::Control => &mut self.control,
            Channel::Live => &mut self.live,
            Channel::Bulk => &mut self.bulk,
        };
        if slot.is_none() {
            let (send, receive) = self.connection.open_bi().await?;
            if outgoing.channel == Channel::Bulk {
                // A stream that is already closed says so at the write.
                let _closed = send.set_priority(BULK_PRIORITY);
            }
            let frames = self.frames.clone();
            self.readers.spawn(read(receive, frames));
            *slot = Some(send);
        }
        if let Some(stream) = slot {
            stream.write_all(&bytes).await?;
        }
        Ok(())
    }

    /// Waits until a stream fails or all have ended, and returns why. Frames that came before are
    /// still in the receiver: the last of them may say more.
    pub async fn failed(&mut self) -> StreamError {
        if self.readers.is_empty() {
            return self.connection.closed().await.into();
        }
        while let Some(ended) = self.readers.join_next().await {
            if let Ok(Err(error)) = ended {
                return error;
            }
        }
        StreamError::Ended
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

/// Why a stream cannot go on.
#[derive(Debug, Error)]
pub enum StreamError {
    /// The connection was lost.
    #[error("the connection was lost")]
    Connection(#[from] quinn::ConnectionError),
    /// Writing failed.
    #[error("the stream cannot be written")]
    Write(#[from] quinn::WriteError),
    /// Reading failed.
    #[error("the stream cannot be read")]
    Read(#[from] quinn::ReadError),
    /// The hub sent what is no frame, or a frame is too large.
    #[error("a frame was refused")]
    Frame(#[from] FrameError),
    /// The hub took nothing in for too long.
    #[error("the line accepts nothing any more")]
    Blocked,
    /// The hub ended every stream.
    #[error("the hub ended the conversation")]
    Ended,
}
