//! What lies between an agent and its hub: passages for TCP and UDP that can be opened and shut, and
//! a county's HTTP proxy.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::ledger::Ledger;

/// Bytes of the longest datagram.
const DATAGRAM: usize = 64 * 1024;

/// An open way from one address to another; it shuts when it is dropped.
#[derive(Debug)]
pub struct Passage {
    runtime: Option<Runtime>,
}

impl Passage {
    /// Opens a way for TCP.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn tcp(at: SocketAddr, to: SocketAddr) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        let listener = runtime
            .block_on(TcpListener::bind(at))
            .context("failed to open a way for TCP")?;
        runtime.spawn(async move {
            let mut passing = JoinSet::new();
            while let Ok((mut from, _)) = listener.accept().await {
                passing.spawn(async move {
                    if let Ok(mut to) = TcpStream::connect(to).await {
                        // Whoever hangs up ends it.
                        let _ended = copy_bidirectional(&mut from, &mut to).await;
                    }
                });
            }
        });
        Ok(Self {
            runtime: Some(runtime),
        })
    }

    /// Opens a way for UDP, for one client at a time: the one that was heard last.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn udp(at: SocketAddr, to: SocketAddr) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        let opened = runtime.block_on(async {
            let outside = UdpSocket::bind((at.ip(), 0)).await?;
            outside.connect(to).await?;
            Ok::<_, std::io::Error>((UdpSocket::bind(at).await?, outside))
        });
        let (inside, outside) = opened.context("failed to open a way for UDP")?;
        runtime.spawn(async move {
            let (mut there, mut back) = (vec![0; DATAGRAM], vec![0; DATAGRAM]);
            let mut client = None;
            loop {
                // A datagram that cannot be passed on is lost, as datagrams are.
                tokio::select! {
                    Ok((length, from)) = inside.recv_from(&mut there) => {
                        client = Some(from);
                        let _lost = outside.send(there.get(..length).unwrap_or_default()).await;
                    }
                    Ok(length) = outside.recv(&mut back) => {
                        if let Some(client) = client {
                            let bytes = back.get(..length).unwrap_or_default();
                            let _lost = inside.send_to(bytes, client).await;
                        }
                    }
                    else => return,
                }
            }
        });
        Ok(Self {
            runtime: Some(runtime),
        })
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// An HTTP proxy that leads to one address, whatever it is asked for, if it is asked as it wants.
#[derive(Debug)]
pub struct Proxy {
    /// Where it is.
    pub address: SocketAddr,
    asked: Arc<Ledger<String>>,
    _passage: Passage,
}

impl Proxy {
    /// Starts a proxy that wants this `Proxy-Authorization`.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn start(to: SocketAddr, authorization: &'static str) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        let listener = runtime
            .block_on(TcpListener::bind(("127.0.0.1", 0)))
            .context("failed to start a proxy")?;
        let address = listener.local_addr().context("failed to start a proxy")?;
        let asked = Arc::new(Ledger::default());
        let noted = Arc::clone(&asked);
        runtime.spawn(async move {
            let mut passing = JoinSet::new();
            while let Ok((from, _)) = listener.accept().await {
                let noted = Arc::clone(&noted);
                passing.spawn(async move {
                    // Whoever hangs up ends it.
                    let _ended = lead(from, to, authorization, &noted).await;
                });
            }
        });
        Ok(Self {
            address,
            asked,
            _passage: Passage {
                runtime: Some(runtime),
            },
        })
    }

    /// Returns the first lines of what it was asked.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.all()
    }
}

async fn lead(
    mut from: TcpStream,
    to: SocketAddr,
    authorization: &str,
    asked: &Ledger<String>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    asked.push(head.lines().next().unwrap_or_default().to_owned());
    let wanted = format!("Proxy-Authorization: {authorization}");
    if !head.lines().any(|line| line == wanted) {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                       Proxy-Authenticate: Basic realm=\"county\"\r\nContent-Length: 0\r\n\r\n";
        return from.write_all(refusal.as_bytes()).await;
    }
    let mut to = TcpStream::connect(to).await?;
    let agreed = b"HTTP/1.1 200 Connection established\r\n\r\n";
    from.write_all(agreed).await?;
    copy_bidirectional(&mut from, &mut to).await?;
    Ok(())
}

fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("network")
        .enable_all()
        .build()
        .context("failed to start a runtime")
}
