//! The site's connections: so many at once, and each request within a time, so that nobody holds the
//! site up by asking slowly.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};
use tracing::warn;

/// Connections that may be open at once; beyond, new ones wait.
const CONNECTIONS_MAX: usize = 2_000;

/// How long to wait after the system has refused a connection: it lacks something for now.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens for readers.
#[derive(Debug)]
pub(super) struct Door {
    listener: TcpListener,
    free: Arc<Semaphore>,
    patience: Duration,
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// A connection on which every request has to come within a time of the answer before it.
#[derive(Debug)]
pub(super) struct Bounded {
    stream: TcpStream,
    due: Pin<Box<Sleep>>,
    patience: Duration,
    _place: Option<OwnedSemaphorePermit>,
}

impl Door {
    pub(super) fn new(listener: TcpListener, patience: Duration) -> Self {
        Self {
            listener,
            free: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            patience,
        }
    }
}

impl Listener for Door {
    type Io = Bounded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Bounded, SocketAddr) {
        // The semaphore is never closed.
        let place = Arc::clone(&self.free).acquire_owned().await.ok();
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let bounded = Bounded {
                        stream,
                        due: Box::pin(sleep(self.patience)),
                        patience: self.patience,
                        _place: place,
                    };
                    return (bounded, peer);
                }
                Err(failure) => {
                    warn!(reason = %failure, "A connection to the site was not accepted");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // What comes in does not move the time: one byte now and then is still a slow request.
        if self.due.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write(context, bytes) else {
            // A reader who takes nothing is not waited for either.
            ready!(self.due.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        };
        let patience = self.patience;
        self.due.set(sleep(patience));
        // Whoever waits for the next request may be waiting already: the new time has to wake it.
        if self.due.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::Router;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::Door;

    async fn asked(request: &[u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let site = Router::new()
            .route("/", get(|| async { "good" }))
            .route("/", post(|body: String| async move { body }));
        let door = Door::new(listener, Duration::from_millis(50));
        let serving = async { axum::serve(door, site).await };
        let asking = async {
            let mut line = TcpStream::connect(at).await.unwrap();
            line.write_all(request).await.unwrap();
            let mut answer = String::new();
            // Ends because the site ends the connection.
            let _reset = line.read_to_string(&mut answer).await;
            answer
        };
        tokio::select! {
            _ = serving => panic!("the site ended"),
            answer = asking => answer,
        }
    }

    #[tokio::test]
    async fn ends_a_connection_whose_request_does_not_come() {
        let good = asked(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(good.ends_with("good"), "{good}");
        assert_eq!(asked(b"GET / HTTP/1.1\r\nhost: x\r\n").await, "");
        let half = asked(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf").await;
        assert!(!half.contains("200 OK"), "{half}");
    }
}
