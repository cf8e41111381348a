//! A mail server on this machine that keeps what it is given, and can be told to misbehave.
//!
//! It is a real SMTP server (RFC 5321) for one sender and every recipient. The suites use it where a
//! test needs a certain answer at a certain moment; that the mail channel works with a server which
//! others wrote is shown with Postfix.

pub mod letter;
pub mod page;
mod smtp;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::ledger::Ledger;
use letter::Letter;

/// At which step of a conversation a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// When a client connects.
    Greeting,
    /// At EHLO.
    Hello,
    /// At MAIL FROM.
    Sender,
    /// At RCPT TO.
    Recipient,
    /// At DATA, before the message.
    Data,
    /// After the message.
    Message,
}

/// What the server does instead of what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misdeed {
    /// Answers this line.
    Answer(&'static str),
    /// Hangs up without a word.
    HangUp,
    /// Keeps the message and hangs up before it says so.
    KeepAndHangUp,
    /// Says nothing at all any more.
    Freeze,
}

/// One fault, which strikes once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// When.
    pub step: Step,
    /// How.
    pub misdeed: Misdeed,
}

/// What every conversation shares.
#[derive(Debug, Clone, Default)]
struct Shared {
    letters: Arc<Ledger<Letter>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
}

impl Shared {
    /// Takes the first fault that waits for this step. Conversations run beside each other, so that
    /// one of them may get this far while the fault before it still waits for another.
    fn strike(&self, step: Step) -> Option<Misdeed> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let first = faults.iter().position(|fault| fault.step == step)?;
        faults.remove(first).map(|fault| fault.misdeed)
    }
}

/// The running server.
#[derive(Debug)]
pub struct Mailbox {
    address: SocketAddr,
    shared: Shared,
    runtime: Runtime,
}

impl Mailbox {
    /// Starts the server on a free port of this machine.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn start() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("mailbox")
            .enable_all()
            .build()
            .context("failed to start a runtime")?;
        let listener = runtime
            .block_on(TcpListener::bind(("127.0.0.1", 0)))
            .context("failed to listen for mail")?;
        let address = listener.local_addr().context("failed to listen for mail")?;
        let shared = Shared::default();
        let serving = shared.clone();
        runtime.spawn(serve(listener, serving));
        Ok(Self {
            address,
            shared,
            runtime,
        })
    }

    /// Returns the port on which it takes mail.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns what has come, in the order in which it came.
    #[must_use]
    pub fn letters(&self) -> Vec<Letter> {
        self.shared.letters.all()
    }

    /// Returns the list of what comes, to wait on.
    #[must_use]
    pub fn ledger(&self) -> Arc<Ledger<Letter>> {
        Arc::clone(&self.shared.letters)
    }

    /// Waits for a letter to an address that is none of the first so many to it.
    #[must_use]
    pub fn wait_for(&self, to: &str, known: usize, patience: Duration) -> Option<Letter> {
        self.shared.letters.wait(patience, |letters| {
            letters
                .iter()
                .filter(|letter| letter.to == to)
                .nth(known)
                .cloned()
        })
    }

    /// Has the server misbehave, each fault once, and those of one step in this order.
    pub fn misbehave(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut waiting = self
            .shared
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        waiting.extend(faults);
    }

    /// Shows what has come on a page.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn show(&self, address: SocketAddr) -> anyhow::Result<SocketAddr> {
        self.runtime
            .block_on(page::serve(address, Arc::clone(&self.shared.letters)))
    }
}

async fn serve(listener: TcpListener, shared: Shared) {
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { return };
                conversations.spawn(smtp::converse(stream, shared.clone()));
            }
            Some(_ended) = conversations.join_next() => {}
        }
    }
}
