//! `serve`: the hub itself, until a signal stops it.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tokio::sync::watch;
use tracing::info;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::app;
use crate::config::Config;

pub(super) fn run(config: Config, log: &str) -> anyhow::Result<()> {
    let targets: Targets = log.parse().context("--log is not a level")?;
    // What the SIP library says may quote a message, and with it whom is called; the exchange says what
    // matters itself.
    let targets = targets.with_target("rsipstack", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines)
        .with(targets)
        .try_init()
        .context("failed to log")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime")?;
    runtime.block_on(async {
        let (stop, shutdown) = watch::channel(false);
        let signalled = signals()?;
        let mut running = std::pin::pin!(app::run(config, shutdown));
        tokio::select! {
            ended = &mut running => return ended,
            signal = signalled => info!(signal, "Stopping"),
        }
        // Nobody is left to hear it when everything has ended by itself.
        let _ended = stop.send(true);
        running.await
    })
}

/// Listens for the signals that end the program, from now on: one that comes while it starts ends it
/// well, too.
#[cfg(unix)]
fn signals() -> anyhow::Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).context("failed to listen for signals");
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => "interrupt",
            _ = terminate.recv() => "terminate",
        }
    })
}

/// The same where there is only Ctrl-C.
#[cfg(not(unix))]
fn signals() -> anyhow::Result<impl Future<Output = &'static str>> {
    let mut interrupt = tokio::signal::windows::ctrl_c().context("failed to listen for signals")?;
    Ok(async move {
        // Without a sender nothing could end the program: then it ends.
        let _gone = interrupt.recv().await;
        "interrupt"
    })
}
