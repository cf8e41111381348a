//! `run`: the service itself, until a signal stops it.

use std::io::IsTerminal as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tracing::info;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::app;
use crate::config::Config;
use crate::memory::give_back_early;

/// Threads that drive the line to the hub and the timers; captures have threads of their own.
const WORKERS: usize = 1;

/// How long the thread of a capture waits for another one. One that stays would keep memory to itself
/// that the next could use.
const IDLE: Duration = Duration::from_millis(10);

pub(super) fn run(config: &Path, log: &str) -> anyhow::Result<()> {
    start_logging(log)?;
    give_back_early();
    let config = Config::load(config)?;
    super::check::before_start(&config)?;
    runtime()?.block_on(async {
        let (stop, shutdown) = watch::channel(false);
        let mut running = std::pin::pin!(app::run(config, shutdown));
        tokio::select! {
            ended = &mut running => return ended,
            signal = signalled() => {
                info!(signal = signal?, "Stopping");
            }
        }
        // Nobody is left to hear it when everything has ended by itself.
        let _ended = stop.send(true);
        running.await
    })
}

pub(super) fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_keep_alive(IDLE)
        .enable_all()
        .build()
        .context("failed to start the runtime")
}

fn start_logging(filter: &str) -> anyhow::Result<()> {
    let targets: Targets = filter.parse().context("--log is not a level")?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines)
        .with(targets)
        .try_init()
        .context("failed to log")
}

#[cfg(unix)]
async fn signalled() -> anyhow::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for signals")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.context("failed to listen for signals")?;
            Ok("interrupt")
        }
        _ = terminate.recv() => Ok("terminate"),
    }
}

#[cfg(not(unix))]
async fn signalled() -> anyhow::Result<&'static str> {
    tokio::signal::ctrl_c()
        .await
        .context("failed to listen for signals")?;
    Ok("interrupt")
}
