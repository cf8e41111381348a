//! The door to the hub: dial, hold the conversation, keep the receipts, dial again.

pub mod dial;
pub mod drive;
pub mod streams;
pub mod tls;

use std::sync::Arc;
use std::time::Duration;

use savin_shared::envelope::SealedBatch;
use savin_shared::session::Timing;
use savin_shared::session::agent::AgentClose;
use savin_shared::sign::VerifyingKey;
use savin_shared::world::World;
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use crate::journal::{Journal, JournalError};
use crate::pulse::Beat;
use crate::reserve::Reserve;
use crate::signer::Signer;
use drive::{DriveError, Driver};

/// The longest pause before the agent dials again; the pause is drawn below it, so that three
/// thousand agents do not all come back at once.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// The longest time that the hub can send an agent away for.
const DEFER_MAX: Duration = Duration::from_secs(3600);

/// The first pause.
const PAUSE_MIN: Duration = Duration::from_millis(500);

/// Everything that the uplink needs.
#[derive(Debug)]
pub struct Uplink {
    /// How the hub is reached.
    pub dialer: dial::Dialer,
    /// A connection to the journal of its own.
    pub journal: Journal,
    /// Who signs full states.
    pub signer: Arc<Signer>,
    /// The key whose signature a receipt must carry.
    pub receipt_key: VerifyingKey,
    /// Batches that captures have just sealed.
    pub fresh: mpsc::Receiver<SealedBatch>,
    /// What heartbeats say of each feed.
    pub feeds: Vec<drive::FeedLabel>,
    /// When the certificate ends.
    pub certificate_ends: jiff::Timestamp,
    /// The room that is kept back on the journal's disk.
    pub reserve: Reserve,
    /// Shows that the uplink goes on.
    pub beat: Beat,
    /// The clocks and the randomness.
    pub world: World,
}

impl Uplink {
    /// Holds the line to the hub until shutdown.
    ///
    /// # Errors
    /// Returns the error after which the process must end.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) -> Result<(), JournalError> {
        let Self {
            dialer,
            journal,
            signer,
            receipt_key,
            fresh,
            feeds,
            certificate_ends,
            reserve,
            beat,
            world,
        } = self;
        let mut driver = Driver::new(
            drive::Parts {
                signer,
                receipt_key,
                feeds,
                certificate_ends,
                reserve,
                beat: beat.clone(),
                world,
            },
            journal,
            fresh,
        );
        let mut rest = Rest::up_to(PAUSE_MIN);
        loop {
            beat.beat();
            let dialled = tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return Ok(()),
                dialled = dialer.dial() => dialled,
            };
            match dialled {
                Ok(connection) => {
                    let peer = connection.remote_address();
                    info!(hub.address = %peer, "Connected to the hub");
                    let began = (world.monotonic)();
                    let ended = driver
                        .hold(&connection, Timing::default(), &mut shutdown)
                        .await;
                    connection.close(0_u32.into(), b"bye");
                    let lasted = (world.monotonic)().saturating_duration_since(began);
                    rest = after(ended?, lasted, rest.spread);
                }
                Err(failure) => {
                    driver.say_certificate();
                    warn!(reason = %failure, "Hub not reached, trying again");
                    rest = Rest::longer_than(rest.spread);
                }
            }
            let resting = async {
                tokio::select! {
                    _ = shutdown.wait_for(|stop| *stop) => true,
                    () = tokio::time::sleep(rest.drawn(world)) => false,
                }
            };
            if beat.while_waiting(resting).await {
                return Ok(());
            }
        }
    }
}

/// Decides how long to wait after a session has ended. One that held for longer than the pause
/// before it was a good one, and the line that is lost now is dialled again at once.
fn after(ended: Result<(), DriveError>, lasted: Duration, pause: Duration) -> Rest {
    match ended {
        Ok(()) => Rest::up_to(PAUSE_MIN),
        Err(failure @ DriveError::Closed(AgentClose::Deferred { after_s })) => {
            info!(reason = %failure, "Coming back later");
            let asked = Duration::from_secs(u64::from(after_s)).min(DEFER_MAX);
            Rest {
                least: asked,
                spread: asked.max(PAUSE_MIN),
            }
        }
        Err(failure @ DriveError::Closed(AgentClose::Quarantined | AgentClose::Contradiction)) => {
            error!(reason = %failure, "The hub takes nothing from this agent");
            Rest::up_to(PAUSE_MAX)
        }
        Err(failure) => {
            warn!(reason = %failure, "Line to the hub lost, dialling again");
            if lasted > pause {
                Rest::up_to(PAUSE_MIN)
            } else {
                Rest::longer_than(pause)
            }
        }
    }
}

/// How long the agent waits before it dials again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rest {
    /// At least.
    least: Duration,
    /// And up to this long beyond, by chance: agents that were sent away together do not all come
    /// back at once.
    spread: Duration,
}

impl Rest {
    const fn up_to(spread: Duration) -> Self {
        let least = Duration::ZERO;
        Self { least, spread }
    }

    fn longer_than(pause: Duration) -> Self {
        Self::up_to((pause * 2).min(PAUSE_MAX))
    }

    fn drawn(self, world: World) -> Duration {
        let [low, high, ..] = (world.random)();
        let part = f64::from(u16::from_be_bytes([high, low])) / f64::from(u16::MAX);
        self.least + self.spread.mul_f64(part)
    }
}

#[cfg(test)]
mod tests {
    use super::streams::StreamError;
    use super::*;

    fn lost() -> Result<(), DriveError> {
        Err(DriveError::Stream(StreamError::Ended))
    }

    #[test]
    fn a_line_that_held_is_dialled_again_soon_however_often_others_broke() {
        let mut rest = Rest::up_to(PAUSE_MIN);
        for _ in 0..10 {
            rest = after(lost(), Duration::from_millis(1), rest.spread);
        }
        assert_eq!(rest, Rest::up_to(PAUSE_MAX));
        let held = after(lost(), Duration::from_hours(72), rest.spread);
        assert_eq!(held, Rest::up_to(PAUSE_MIN));
    }

    #[test]
    fn stays_away_for_as_long_as_the_hub_asks_and_a_little_longer() {
        let deferred = |after_s| {
            let ended = Err(DriveError::Closed(AgentClose::Deferred { after_s }));
            after(ended, Duration::from_secs(1), PAUSE_MIN)
        };
        let drawn = |random| {
            let world = World {
                random,
                ..crate::app::world()
            };
            deferred(30).drawn(world).as_secs()
        };
        assert_eq!((drawn(|| [0; 16]), drawn(|| [255; 16])), (30, 60));
        assert_eq!(deferred(u32::MAX).least, DEFER_MAX);
    }
}
