//! E-mail to whoever is on duty when tasks have come to their level: what a timer brings to a person it also
//! says to them. Nothing of a task stands in it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use savin_shared::world::World;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::email::compose::Composer;
use super::email::transport::Mailer;
use crate::store::queue::Queue;
use crate::store::registry::duty;
use crate::store::{Store, StoreError};
use crate::vault::VaultError;
use crate::vault::client::Client;
use crate::vault::command::{StaffAnswer, StaffCommand, TaskCommand, TryOutcome};
use crate::work::duty::{Raised, Roster, Shift};
use crate::work::task::Level;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(20);

/// How long the mail server may take for one message.
const SEND: Duration = Duration::from_secs(60);

/// The caller's task.
#[derive(Debug)]
pub struct DutyCaller {
    /// The registry.
    pub store: Store,
    /// The vault's port for staff.
    pub vault: Client<StaffCommand>,
    /// Who is on duty when.
    pub roster: Roster,
    /// The zone of the roster's hours.
    pub zone: TimeZone,
    /// Writes messages.
    pub composer: Arc<Composer>,
    /// Hands them to the mail server.
    pub mailer: Arc<Mailer>,
    /// The clocks.
    pub world: World,
}

/// Why nobody was looked for.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("the registry cannot be asked")]
    Registry(#[from] StoreError),
    #[error("the vault cannot be asked")]
    Vault(#[from] VaultError),
}

impl DutyCaller {
    /// Tells whoever is on duty until shutdown.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        loop {
            if let Err(failure) = self.round().await {
                error!(reason = %failure, "Nobody on duty was told, trying again");
            }
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn round(&self) -> Result<(), CallError> {
        // Before the queues are read: what comes meanwhile is newer than this call.
        let now = (self.world.wall)();
        let command = StaffCommand::Tasks(TaskCommand::Raised);
        let StaffAnswer::Raised(of_vault) = self.vault.ask(command).await? else {
            return Err(VaultError::Closed.into());
        };
        let read = |tx: &mut crate::store::conn::Tx<'_>| {
            Ok((Queue::Registry.raised(tx)?, duty::calls(tx)?))
        };
        let (of_registry, calls) = self.store.read("raised", read).await?;
        for level in [Level::Supervisor, Level::DutyOfficer] {
            let of_level = of_registry.iter().chain(&of_vault).copied();
            let raised = of_level
                .filter(|raised| raised.level == level)
                .reduce(Raised::and);
            let call = calls.iter().find(|(called, _)| *called == level);
            let called_at = call.map(|(_, at)| *at);
            if let Some(raised) = raised.filter(|raised| raised.is_due(called_at, now))
                && self.call(raised, now).await
            {
                let note = move |tx: &mut crate::store::conn::Tx<'_>| duty::called(tx, level, now);
                self.store.write("called", note).await?;
            }
        }
        Ok(())
    }

    /// Tells everybody on duty at a level; returns whether there is nothing more to try for now.
    async fn call(&self, raised: Raised, now: Timestamp) -> bool {
        let on_duty = self.roster.on_duty(raised.level, &self.zone, now);
        if on_duty.is_empty() {
            error!(task.level = %raised.level, tasks = raised.tasks,
                "Nobody is on duty for what waits: see `savin-hub duty`");
            return true;
        }
        let mut is_told = false;
        for shift in on_duty {
            is_told |= self.send(shift, raised).await;
        }
        is_told
    }

    async fn send(&self, shift: &Shift, raised: Raised) -> bool {
        let (name, level, tasks) = (&shift.name, raised.level, raised.tasks);
        let id = (self.world.random)();
        let words = raised.words(&self.zone);
        let mail = match self.composer.to_staff(id, &shift.email, &words) {
            Ok(mail) => mail,
            Err(failure) => {
                error!(staff = name, reason = %failure, "Somebody on duty cannot be written to");
                return false;
            }
        };
        let sent = tokio::time::timeout(SEND, self.mailer.send(mail)).await;
        let is_taken = sent.is_ok_and(|sent| matches!(sent.outcome, TryOutcome::Accepted { .. }));
        if is_taken {
            info!(staff = name, task.level = %level, tasks, "Told whoever is on duty");
        } else {
            warn!(staff = name, task.level = %level, tasks,
                "The mail server did not take the message to whoever is on duty");
        }
        is_taken
    }
}
