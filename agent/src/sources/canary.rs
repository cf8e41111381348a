//! The task of the daily test: looks whether it is due, and hands its batches to the uplink.

use std::time::Duration;

use savin_shared::fault::Fault;
use tokio::sync::watch;
use tracing::{info, warn};

use super::watch::{Shared, lock};
use crate::capture::canary::{Daily, Due, take};
use crate::journal::JournalError;
use crate::pulse::Beat;

/// How often it is looked whether the test is due.
const LOOK: Duration = Duration::from_secs(5);

/// The daily test's task.
#[derive(Debug)]
pub struct CanaryTask {
    daily: Daily,
    shared: Shared,
    beat: Beat,
}

impl CanaryTask {
    /// Makes the task.
    #[must_use]
    pub const fn new(daily: Daily, shared: Shared, beat: Beat) -> Self {
        Self {
            daily,
            shared,
            beat,
        }
    }

    /// Does the test once a day until shutdown.
    ///
    /// # Errors
    /// Returns the error after which the process must end; all others are said and tried again.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) -> Result<(), JournalError> {
        let mut is_said = false;
        loop {
            match self.look().await {
                Ok(()) => is_said = false,
                Err(failure) if failure.fault() == Fault::Retry => {
                    if !std::mem::replace(&mut is_said, true) {
                        warn!(reason = %failure, "Daily test not stored, trying again");
                    }
                }
                Err(failure) => return Err(failure),
            }
            let waiting = async {
                tokio::select! {
                    _ = shutdown.wait_for(|stop| *stop) => true,
                    () = tokio::time::sleep(LOOK) => false,
                }
            };
            if self.beat.while_waiting(waiting).await {
                return Ok(());
            }
        }
    }

    async fn look(&self) -> Result<(), JournalError> {
        let (daily, shared) = (self.daily.clone(), self.shared.clone());
        let looked = tokio::task::spawn_blocking(move || look(&daily, &shared)).await;
        looked.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
    }
}

fn look(daily: &Daily, shared: &Shared) -> Result<(), JournalError> {
    if !shared.reserve.is_ready() {
        return Err(JournalError::NoRoom);
    }
    let (now, secret) = ((shared.world.wall)(), (shared.world.random)());
    let taken = take(
        &mut lock(&shared.journal),
        &shared.signer,
        daily,
        now,
        secret,
    )?;
    let Some((due, batches)) = taken else {
        return Ok(());
    };
    match due {
        Due::Booking => info!("Daily test of the line: synthetic booking stored"),
        Due::Release => info!("Daily test of the line: its release stored"),
    }
    for batch in batches {
        // When the queue is full, the uplink finds the batch in the journal.
        if shared.fresh.try_send(batch).is_err() {
            break;
        }
    }
    Ok(())
}
