//! The watch over the lines from the jails: looks twice a minute, and calls a person where one is not
//! as it should be.

pub mod budget;
pub mod canary;
pub mod freshness;
pub mod trunks;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use savin_shared::world::World;
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tracing::{error, info};

use crate::store::conn::Tx;
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::{Store, StoreError};
use crate::vault::VaultError;
use crate::vault::client::Client;
use crate::vault::command::{BudgetCommand, StaffAnswer, StaffCommand};

/// How often the lines are looked at.
const LOOK: Duration = Duration::from_secs(30);

/// The watch's task.
#[derive(Debug)]
pub struct Watch {
    /// The registry.
    pub store: Store,
    /// The vault's port for staff: it says when the daily tests came out.
    pub vault: Client<StaffCommand>,
    /// How long a daily test may take, where there is a line at which it comes out.
    pub canary_late_after: Option<SignedDuration>,
    /// After how long without a word from a facility whoever asked for somebody there is told.
    pub dark_after: SignedDuration,
    /// Wakes the planner when an event was stored.
    pub stored: Arc<Notify>,
    /// The clocks.
    pub world: World,
}

/// Why the lines could not be looked at.
#[derive(Debug, Error)]
pub enum WatchError {
    /// The registry cannot be used.
    #[error("the registry cannot be used: {0}")]
    Store(#[from] StoreError),
    /// The vault does not answer.
    #[error("the vault does not answer: {0}")]
    Vault(#[from] VaultError),
}

/// What a look at the lines comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A person is to look at it.
    Open(NewTask),
    /// A person is to look at it once.
    Once(NewTask),
    /// It is over.
    Close(TaskKind, String),
}

impl Watch {
    /// Watches until shutdown.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        loop {
            if let Err(failure) = self.look().await {
                error!(reason = %failure, "The lines are not watched, trying again");
            }
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn look_at_budget(&self, now: jiff::Timestamp) -> Result<(), WatchError> {
        let command = StaffCommand::Budget(BudgetCommand::Show);
        let StaffAnswer::Budget(view) = self.vault.ask(command).await? else {
            return Ok(());
        };
        let look = move |tx: &mut Tx<'_>| budget::calls(tx, &view);
        let calls = self.store.read("watch budget", look).await?;
        if calls.is_empty() {
            return Ok(());
        }
        let answer = move |tx: &mut Tx<'_>| calls.iter().try_for_each(|call| follow(tx, call, now));
        Ok(self.store.write("watch budget", answer).await?)
    }

    async fn look(&self) -> Result<(), WatchError> {
        let now = (self.world.wall)();
        let look = freshness::Look {
            now,
            dark_after: self.dark_after,
            random: self.world.random,
        };
        let looked = move |tx: &mut Tx<'_>| freshness::look(tx, look);
        let calls = self.store.write("watch", looked).await?;
        calls.iter().for_each(say);
        self.stored.notify_one();
        self.look_at_budget(now).await?;
        let Some(late_after) = self.canary_late_after else {
            return Ok(());
        };
        let StaffAnswer::Canaries(standings) = self.vault.ask(StaffCommand::Canaries).await? else {
            return Ok(());
        };
        let standings = Arc::new(standings);
        let look = move |tx: &mut Tx<'_>| canary::calls(tx, &standings, late_after, now);
        let calls = self.store.read("watch canaries", look).await?;
        if calls.is_empty() {
            return Ok(());
        }
        calls.iter().for_each(say);
        let answer = move |tx: &mut Tx<'_>| calls.iter().try_for_each(|call| follow(tx, call, now));
        Ok(self.store.write("watch canaries", answer).await?)
    }
}

/// Opens or closes a task.
fn follow(tx: &mut Tx<'_>, call: &Call, now: jiff::Timestamp) -> Result<(), StoreError> {
    match call {
        Call::Open(new) => task::open(tx, std::slice::from_ref(new), now),
        Call::Once(new) => budget::once(tx, new, now),
        Call::Close(kind, subject) => {
            task::close(tx, *kind, subject, "it is as it should be again", now).map(|_| ())
        }
    }
}

fn say(call: &Call) {
    match call {
        Call::Open(new) | Call::Once(new) => {
            let facility = new.facility.as_ref().map(tracing::field::display);
            error!(task.kind = %new.kind, subject = new.subject, facility.code = facility,
                "A line is not as it should be: see `savin-hub tasks`");
        }
        Call::Close(kind, subject) => {
            info!(task.kind = %kind, subject, "A line is as it should be again");
        }
    }
}
