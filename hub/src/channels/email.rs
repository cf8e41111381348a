//! E-mail: claimed from the vault, composed, handed to a real mail server, and its answer kept.

pub mod compose;
pub mod dkim;
pub mod intake;
pub mod returned;
pub mod transport;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use savin_shared::fault::Fault;
use savin_shared::world::World;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tracing::{debug, error, info, warn};

use crate::ids::NoticeId;
use crate::notification::bounds::Kept;
use crate::notification::channel::Channel;
use crate::vault::VaultError;
use crate::vault::client::Client;
use crate::vault::command::{CourierAnswer, CourierCommand, Message, Room, TryOutcome};
use compose::Composer;
use transport::{Cause, Mailer, Sent};

/// How often the vault is asked without being woken: what was put off becomes due.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait after the vault has failed.
const PAUSE: Duration = Duration::from_secs(5);

/// How long the mail server may take for a message, well within the lease.
const SEND: Duration = Duration::from_secs(60);

/// How often the vault is asked to note what became of a message.
const TRIES_MAX: u32 = 9;

/// The courier's task.
#[derive(Debug, Clone)]
pub struct Courier {
    /// The vault's port for couriers.
    pub vault: Client<CourierCommand>,
    /// Writes messages.
    pub composer: Arc<Composer>,
    /// Hands them to the mail server.
    pub mailer: Arc<Mailer>,
    /// Messages that are carried at once; some of these places are kept for escapes and codes.
    pub at_once: u32,
    /// Woken when something was planned.
    pub planned: watch::Receiver<()>,
    /// The clocks.
    pub world: World,
    /// Whether the mail server takes none of this hub's mail.
    pub is_stuck: Arc<AtomicBool>,
}

impl Courier {
    /// Carries messages until shutdown; what is under way is finished first.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut planned = self.planned.clone();
        let mut carrying = JoinSet::new();
        loop {
            let pause = match self.round(&mut carrying).await {
                Ok(()) => LOOK,
                Err(failure) => {
                    error!(reason = %failure, "Messages not claimed, trying again");
                    PAUSE
                }
            };
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => break,
                Ok(()) = planned.changed() => {}
                // A place is free again, while others may still wait for a slow server.
                Some(carried) = carrying.join_next() => ended(carried),
                () = tokio::time::sleep(pause) => {}
            }
            // Every place that is free by now is filled in one claim.
            while let Some(carried) = carrying.try_join_next() {
                ended(carried);
            }
        }
        while let Some(carried) = carrying.join_next().await {
            ended(carried);
        }
    }

    /// Begins to carry what is due, as far as there are places.
    async fn round(&self, carrying: &mut JoinSet<()>) -> Result<(), VaultError> {
        let busy = u32::try_from(carrying.len()).unwrap_or(u32::MAX);
        let room = Room::of(self.at_once, busy, Kept::Usual);
        if room.limit == 0 {
            return Ok(());
        }
        let channel = Channel::Email;
        let claim = CourierCommand::Claim { channel, room };
        let CourierAnswer::Messages(messages) = self.vault.ask(claim).await? else {
            return Ok(());
        };
        for message in messages {
            let courier = self.clone();
            carrying.spawn(async move { courier.carry(&message).await });
        }
        Ok(())
    }

    /// Carries a message and notes what became of it.
    async fn carry(&self, message: &Message) {
        let sent = self.send(message).await;
        self.say(message.notice, &sent);
        let (notice, claim) = (message.notice, message.claim);
        let noted = insist(PAUSE, || {
            self.vault.ask(CourierCommand::Finish {
                notice,
                claim,
                outcome: sent.outcome.clone(),
            })
        });
        if let Err(failure) = noted.await {
            error!(notice.id = %notice, reason = %failure,
                "What became of a message was not noted: it is tried again");
        }
    }

    async fn send(&self, message: &Message) -> Sent {
        let mail = match self.composer.compose(message, (self.world.wall)()) {
            Ok(mail) => mail,
            Err(failure) => {
                return Sent {
                    outcome: TryOutcome::Refused {
                        detail: failure.to_string(),
                    },
                    cause: Cause::Recipient,
                    code: None,
                };
            }
        };
        let sending = tokio::time::timeout(SEND, self.mailer.send(mail));
        sending.await.unwrap_or_else(|_| Sent {
            outcome: TryOutcome::Deferred {
                detail: "the mail server took too long".to_owned(),
            },
            cause: Cause::Line,
            code: None,
        })
    }

    /// Says what became of a try, without the server's words: they may hold her address.
    fn say(&self, notice: NoticeId, sent: &Sent) {
        let (reason, code) = (sent.cause.as_str(), sent.code);
        match &sent.outcome {
            TryOutcome::Accepted { .. } => debug!(notice.id = %notice, "Mail accepted"),
            TryOutcome::Deferred { .. }
            | TryOutcome::NotTried { .. }
            | TryOutcome::Call { .. }
            | TryOutcome::Spooled { .. } => {
                info!(notice.id = %notice, reason, smtp.code = code, "Mail put off");
            }
            TryOutcome::Refused { .. } => {
                warn!(notice.id = %notice, reason, smtp.code = code, "Mail refused");
            }
        }
        match sent.cause {
            Cause::Relay if !self.is_stuck.swap(true, Ordering::Relaxed) => {
                error!(notice.id = %notice, smtp.code = code,
                    "The mail server does not take this hub's mail: see `savin-hub notices`");
            }
            Cause::Taken if self.is_stuck.swap(false, Ordering::Relaxed) => {
                info!("The mail server takes this hub's mail again");
            }
            Cause::Taken | Cause::Recipient | Cause::Relay | Cause::Later | Cause::Line => {}
        }
    }
}

/// Says that carrying a message failed, if it did. The lease ends by itself, and the message is tried again.
fn ended(carried: Result<(), JoinError>) {
    if let Err(failure) = carried {
        error!(reason = %failure, "Carrying a message failed");
    }
}

/// Asks the vault again what it could not do for now. Together with sending it stays within the
/// lease, after which another courier may carry the same message.
pub(super) async fn insist<T, A>(
    pause: Duration,
    mut ask: impl FnMut() -> A,
) -> Result<T, VaultError>
where
    A: Future<Output = Result<T, VaultError>>,
{
    for _ in 1..TRIES_MAX {
        match ask().await {
            Err(failure) if failure.fault() == Fault::Retry => tokio::time::sleep(pause).await,
            outcome => return outcome,
        }
    }
    ask().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::{TRIES_MAX, insist};
    use crate::store::StoreError;
    use crate::vault::VaultError;

    #[tokio::test]
    async fn notes_what_became_of_a_message_once_the_vault_can() {
        let passing = || VaultError::Store(StoreError::Silent);
        let asked = Cell::new(0);
        let noted = insist(Duration::ZERO, async || {
            asked.set(asked.get() + 1);
            if asked.get() < 3 {
                Err(passing())
            } else {
                Ok(())
            }
        });
        assert!(noted.await.is_ok());
        assert_eq!(asked.get(), 3);
        asked.set(0);
        let noted = insist(Duration::ZERO, async || -> Result<(), VaultError> {
            asked.set(asked.get() + 1);
            Err(passing())
        });
        assert!(noted.await.is_err());
        assert_eq!(asked.get(), TRIES_MAX);
        let broken = insist(Duration::ZERO, async || -> Result<(), VaultError> {
            asked.set(asked.get() + 1);
            Err(VaultError::Closed)
        });
        assert!(broken.await.is_err());
        assert_eq!(asked.get(), TRIES_MAX + 1, "asked once");
    }
}
