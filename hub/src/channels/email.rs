//! E-mail: claimed from the vault, composed, handed to a real mail server, and its answer kept.

pub mod compose;
pub mod transport;

use std::sync::Arc;
use std::time::Duration;

use savin_shared::world::World;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tracing::{debug, error, info, warn};

use crate::ids::NoticeId;
use crate::vault::VaultError;
use crate::vault::client::Client;
use crate::vault::command::{CourierAnswer, CourierCommand, Message, TryOutcome};
use compose::Composer;
use transport::Mailer;

/// Messages that are carried at once.
const AT_ONCE: u32 = 8;

/// How often the vault is asked without being woken: what was put off becomes due.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait after the vault has failed.
const PAUSE: Duration = Duration::from_secs(5);

/// The courier's task.
#[derive(Debug)]
pub struct Courier {
    /// The vault's port for couriers.
    pub vault: Client<CourierCommand>,
    /// Writes messages.
    pub composer: Arc<Composer>,
    /// Hands them to the mail server.
    pub mailer: Arc<Mailer>,
    /// Woken when something was planned.
    pub planned: Arc<Notify>,
    /// The clocks.
    pub world: World,
}

impl Courier {
    /// Carries messages until shutdown; what is under way is finished first.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        loop {
            let pause = match self.round().await {
                Ok(0) => LOOK,
                Ok(_) => Duration::ZERO,
                Err(failure) => {
                    error!(reason = %failure, "Messages not claimed, trying again");
                    PAUSE
                }
            };
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return,
                () = self.planned.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Carries what is due; returns how many messages that were.
    async fn round(&self) -> Result<usize, VaultError> {
        let CourierAnswer::Messages(messages) = self
            .vault
            .ask(CourierCommand::Claim { limit: AT_ONCE })
            .await?
        else {
            return Ok(0);
        };
        let count = messages.len();
        let mut carrying = JoinSet::new();
        for message in messages {
            let (composer, mailer) = (Arc::clone(&self.composer), Arc::clone(&self.mailer));
            let now = (self.world.wall)();
            carrying.spawn(async move {
                let outcome = carry(&composer, &mailer, &message, now).await;
                (message.notice, message.claim, outcome)
            });
        }
        while let Some(carried) = carrying.join_next().await {
            let (notice, claim, outcome) = match carried {
                Ok(carried) => carried,
                // The lease ends by itself, and the message is tried again.
                Err(failure) => {
                    error!(reason = %failure, "Carrying a message failed");
                    continue;
                }
            };
            say(notice, &outcome);
            self.vault
                .ask(CourierCommand::Finish {
                    notice,
                    claim,
                    outcome,
                })
                .await?;
        }
        Ok(count)
    }
}

async fn carry(
    composer: &Composer,
    mailer: &Mailer,
    message: &Message,
    now: jiff::Timestamp,
) -> TryOutcome {
    match composer.compose(message, now) {
        Ok(mail) => mailer.send(mail).await,
        Err(failure) => TryOutcome::Refused {
            detail: failure.to_string(),
        },
    }
}

fn say(notice: NoticeId, outcome: &TryOutcome) {
    match outcome {
        TryOutcome::Accepted { .. } => debug!(notice.id = %notice, "Mail accepted"),
        TryOutcome::Deferred { detail } => {
            info!(notice.id = %notice, reason = %detail, "Mail put off");
        }
        TryOutcome::Refused { detail } => {
            warn!(notice.id = %notice, reason = %detail, "Mail refused");
        }
    }
}
