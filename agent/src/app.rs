//! Wiring: builds the parts, owns start and shutdown, decides nothing.

mod supervisor;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use savin_shared::fault::Fault;
use savin_shared::ids::Epoch;
use savin_shared::world::World;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, block_in_place};
use tracing::{error, info};

use crate::config::{Config, FeedConfig, SourceConfig};
use crate::journal::{Journal, JournalError, canary};
use crate::pulse::{Beat, Pulse};
use crate::reserve::Reserve;
use crate::sources::canary::CanaryTask;
use crate::sources::database::Database;
use crate::sources::folder::Folder;
use crate::sources::watch::{FeedTask, Shared, Source};
use crate::uplink::dial::Dialer;
use crate::uplink::drive::FeedLabel;
use crate::uplink::{Uplink, tls};

/// Batches that wait for the uplink; beyond, it reads the journal.
const FRESH_MAX: usize = 64;

/// How long the start waits before it tries to open the journal again.
const OPEN_AGAIN: Duration = Duration::from_secs(5);

/// The real clocks and the system's randomness.
#[must_use]
pub fn world() -> World {
    #[expect(
        clippy::disallowed_methods,
        reason = "wiring is where the clocks are read"
    )]
    World {
        wall: Timestamp::now,
        monotonic: std::time::Instant::now,
        random,
    }
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    #[expect(
        clippy::expect_used,
        reason = "without randomness nothing may be signed"
    )]
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's randomness");
    bytes
}

/// Runs the agent until shutdown.
///
/// # Errors
/// Returns why the agent cannot start or had to end.
pub async fn run(config: Config, mut shutdown: watch::Receiver<bool>) -> anyhow::Result<()> {
    let world = world();
    let identity = config.state.identity()?;
    config.check_facilities(&identity.facilities)?;
    // Held until the end: two agents on one journal would each send what the other took.
    let _lock = config.state.lock()?;
    let agent = identity.agent()?;
    let signer = Arc::new(config.state.signer(agent)?);
    let daily = config.daily(agent);
    let open = || {
        let epoch = Epoch::from_bytes((world.random)());
        Journal::open(&config.state.journal(), agent, epoch)
    };
    let settled = || {
        let mut journal = open()?;
        journal.settle()?;
        arm(&mut journal, daily.is_some(), (world.wall)())?;
        Ok(journal)
    };
    let Some(journal) = patiently(settled, &mut shutdown).await? else {
        return Ok(());
    };
    let journal = Arc::new(Mutex::new(journal));
    let reserve = Reserve::of(config.state.path());
    // One for each feed, one for the uplink and one for the daily test.
    let tasks = config.feeds.len() + 1 + usize::from(daily.is_some());
    let mut beats = Pulse::of(tasks, supervisor::alive).into_iter();
    let mut beat = || beats.next().unwrap_or_else(Beat::unheard);
    let (fresh_in, fresh_out) = mpsc::channel(FRESH_MAX);
    let material = config.state.tls()?;
    let uplink = Uplink {
        dialer: Dialer::new(identity.hub.clone(), config.ways),
        state: config.state.clone(),
        tls: tls::enrolled(&material)?,
        certificate_ends: material.ends,
        journal: open().context("failed to open the journal")?,
        signer: Arc::clone(&signer),
        receipt_key: identity.receipt_key()?,
        fresh: fresh_out,
        feeds: config.feeds.iter().map(label).collect(),
        reserve: reserve.clone(),
        beat: beat(),
        world,
    };
    info!(agent.id = %agent, agency.id = %identity.agency, feeds = config.feeds.len(),
        "Agent started");
    let shared = Shared {
        journal,
        signer,
        fresh: fresh_in,
        reserve,
        world,
    };
    supervisor::ready(&format!("Watching {} feeds", config.feeds.len()));
    let mut tasks: JoinSet<Result<(), JournalError>> = JoinSet::new();
    for feed in config.feeds {
        let source = source(feed.source);
        let task = FeedTask::new(feed.feed, source, feed.poll, shared.clone(), beat());
        tasks.spawn(task.run(shutdown.clone()));
    }
    if let Some(daily) = daily {
        tasks.spawn(CanaryTask::new(daily, shared, beat()).run(shutdown.clone()));
    }
    tasks.spawn(said_to_stop(shutdown.clone()));
    tasks.spawn(uplink.run(shutdown));
    while let Some(ended) = tasks.join_next().await {
        ended.context("a task of the agent failed")??;
    }
    info!("Agent stopped");
    Ok(())
}

/// Switches the daily test of the line on or off, as the settings say.
fn arm(journal: &mut Journal, is_on: bool, now: Timestamp) -> Result<(), JournalError> {
    if journal.read(canary::load)?.is_some() == is_on {
        return Ok(());
    }
    journal.write(|tx| {
        if is_on {
            canary::arm(tx, now)
        } else {
            canary::disarm(tx)
        }
    })
}

/// Tells the service manager as soon as the agent is asked to end.
async fn said_to_stop(mut shutdown: watch::Receiver<bool>) -> Result<(), JournalError> {
    // A sender that is gone has stopped everything, too.
    let _gone = shutdown.wait_for(|stop| *stop).await;
    supervisor::stopping();
    Ok(())
}

/// Opens the journal, and waits where that may go better later: a full disk is waited out. Returns
/// none when shutdown comes first.
async fn patiently(
    open: impl Fn() -> Result<Journal, JournalError>,
    shutdown: &mut watch::Receiver<bool>,
) -> anyhow::Result<Option<Journal>> {
    let mut said = None;
    loop {
        match block_in_place(&open) {
            Err(failure) if failure.fault() == Fault::Retry => {
                let reason = failure.to_string();
                if said.as_ref() != Some(&reason) {
                    error!(
                        reason,
                        full = failure.is_disk_full(),
                        "Journal not usable, waiting"
                    );
                    supervisor::ready(&format!("Waiting: {reason}"));
                    said = Some(reason);
                }
                supervisor::alive();
            }
            opened => return Ok(Some(opened.context("failed to open the journal")?)),
        }
        tokio::select! {
            _ = shutdown.wait_for(|stop| *stop) => return Ok(None),
            () = tokio::time::sleep(OPEN_AGAIN) => {}
        }
    }
}

fn source(config: SourceConfig) -> Source {
    match config {
        SourceConfig::Folder(settings) => Source::Folder(Folder::new(settings)),
        SourceConfig::Database(settings) => Source::Database(Database::new(settings)),
    }
}

fn label(config: &FeedConfig) -> FeedLabel {
    FeedLabel {
        feed: config.feed.name.clone(),
        facility: config.feed.facility.clone(),
    }
}

#[cfg(test)]
mod tests {
    use savin_shared::ids::AgentId;

    use super::*;

    fn scratch() -> Result<Journal, JournalError> {
        Journal::scratch(AgentId::from_bytes([1; 16]), Epoch::from_bytes([2; 16]))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn waits_for_a_journal_until_it_opens_or_shutdown_comes() {
        let (stop, mut shutdown) = watch::channel(false);
        let opened = patiently(scratch, &mut shutdown);
        assert!(opened.await.unwrap().is_some());
        stop.send(true).unwrap();
        let never = patiently(|| Err(JournalError::Busy), &mut shutdown);
        assert!(never.await.unwrap().is_none());
        let broken = patiently(|| Err(JournalError::OtherAgent), &mut shutdown);
        assert!(broken.await.is_err());
    }
}
