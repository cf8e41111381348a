//! The door to the hub: dial, hold the conversation, keep the receipts, dial again.

pub mod certificate;
pub mod dial;
pub mod drive;
pub mod line;
pub mod proxy;
pub mod renew;
pub mod route;
pub mod streams;
pub mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use savin_shared::envelope::SealedBatch;
use savin_shared::frame::line::close;
use savin_shared::session::Timing;
use savin_shared::session::agent::AgentClose;
use savin_shared::sign::VerifyingKey;
use savin_shared::world::World;
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use crate::identity::StateFolder;
use crate::journal::{Journal, JournalError};
use crate::pulse::Beat;
use crate::reserve::Reserve;
use crate::signer::Signer;
use dial::{Choice, Dialer};
use drive::{DriveError, Driver};
use line::{Line, Transport};
use route::Route;
use streams::StreamError;

/// The longest pause before the agent dials again; the pause is drawn below it, so that three
/// thousand agents do not all come back at once.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// The longest time that the hub can send an agent away for.
const DEFER_MAX: Duration = Duration::from_secs(3600);

/// The first pause.
const PAUSE_MIN: Duration = Duration::from_millis(500);

/// How long a certificate that was just renewed is not renewed again because this machine's clock
/// says that it has ended.
const CLOCK_TRUSTED_AFTER: Duration = Duration::from_secs(3600);

/// Everything that the uplink needs.
#[derive(Debug)]
pub struct Uplink {
    /// How the hub is reached.
    pub dialer: Dialer,
    /// Where keys, certificate and what is known of the way to the hub lie.
    pub state: StateFolder,
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
    /// How TLS is set up with it.
    pub tls: Arc<ClientConfig>,
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
        let (world, beat) = (self.world, self.beat);
        let parts = drive::Parts {
            signer: Arc::clone(&self.signer),
            receipt_key: self.receipt_key,
            feeds: self.feeds,
            certificate_ends: self.certificate_ends,
            state: self.state.clone(),
            reserve: self.reserve,
            beat: beat.clone(),
            world,
        };
        let mut driver = Driver::new(parts, self.journal, self.fresh);
        let mut way = Way {
            route: Route::load(&self.state),
            dialer: self.dialer,
            state: self.state,
            signer: self.signer,
            tls: self.tls,
            renewed_at: None,
            is_certificate_refused: false,
            better: None,
            world,
        };
        let mut rest = Rest::up_to(PAUSE_MIN);
        loop {
            beat.beat();
            let reached = tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => break,
                reached = way.reach(&mut driver) => reached,
            };
            match reached {
                Ok(line) => {
                    let began = (world.monotonic)();
                    let ended = way.hold(line, &mut driver, &mut shutdown).await?;
                    let lasted = (world.monotonic)().saturating_duration_since(began);
                    rest = after(ended, lasted, rest.spread);
                }
                Err(failure) => {
                    driver.certificate.say();
                    warn!(reason = %failure, "Hub not reached, trying again");
                    way.change(|route| route.trouble = Some(failure));
                    rest = Rest::longer_than(rest.spread);
                }
            }
            if way.better.is_some() {
                continue;
            }
            let resting = async {
                tokio::select! {
                    _ = shutdown.wait_for(|stop| *stop) => true,
                    () = tokio::time::sleep(rest.drawn(world)) => false,
                }
            };
            if beat.while_waiting(resting).await {
                break;
            }
        }
        way.change(|route| route.connected_at = None);
        Ok(())
    }
}

/// The way to the hub: which transport, with which certificate.
struct Way {
    route: Route,
    dialer: Dialer,
    state: StateFolder,
    signer: Arc<Signer>,
    tls: Arc<ClientConfig>,
    renewed_at: Option<Instant>,
    /// The hub has said that the certificate has ended, whatever this machine's clock says.
    is_certificate_refused: bool,
    /// A line over QUIC that was found while one over TLS was up.
    better: Option<Line>,
    world: World,
}

impl Way {
    /// Dials, after the certificate was renewed where it has ended.
    async fn reach(&mut self, driver: &mut Driver) -> Result<Line, String> {
        if let Some(line) = self.better.take() {
            return Ok(line);
        }
        let now = (self.world.wall)();
        let last = self.route.begin_with(now, self.dialer.ways.quic_again);
        let is_doubtful = self.renewed_at.is_some_and(|at| {
            (self.world.monotonic)().saturating_duration_since(at) < CLOCK_TRUSTED_AFTER
        });
        if self.is_certificate_refused || driver.certificate.has_ended() && !is_doubtful {
            let renewed = renew::anew(&self.dialer, last, &self.signer, &self.state).await;
            let ends =
                renewed.map_err(|failure| format!("the certificate was not renewed: {failure}"))?;
            info!(certificate.ends = %ends, "Renewed the certificate, which had ended");
            self.renewed_at = Some((self.world.monotonic)());
            self.is_certificate_refused = false;
            driver.certificate.ends_at(ends);
            self.use_renewed()?;
        }
        let line = self.dialer.dial(&self.tls, last).await;
        line.map_err(|failure| failure.to_string())
    }

    /// Holds a session over a line, and looks for a better one meanwhile.
    async fn hold(
        &mut self,
        line: Line,
        driver: &mut Driver,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<Result<(), DriveError>, JournalError> {
        let transport = line.transport();
        info!(hub.address = %line.peer(), line.transport = transport.as_str(),
            "Connected to the hub");
        let now = (self.world.wall)();
        self.change(|route| {
            route.transport = Some(transport);
            route.connected_at = Some(now);
            // TLS got through where QUIC did not: it was tried first, a moment ago or earlier.
            route.quic_tried_at = match transport {
                Transport::Quic => None,
                Transport::Tls => route.quic_tried_at.or(Some(now)),
            };
        });
        let mut better = None;
        let until = async {
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => {}
                line = self.quic_again(transport) => better = Some(line),
            }
        };
        let ended = driver.hold(line, Timing::default(), until).await;
        if better.is_some() {
            info!("QUIC gets through again");
        } else {
            self.change(|route| route.connected_at = None);
        }
        self.better = better;
        if driver.certificate.take_renewed()
            && let Err(failure) = self.use_renewed()
        {
            // The old certificate holds for as long again.
            error!(reason = failure, "The new certificate is not used");
        }
        if let Ok(Err(failure)) = &ended {
            let trouble = failure.to_string();
            self.is_certificate_refused =
                matches!(failure, DriveError::Stream(StreamError::CertificateEnded));
            self.change(|route| route.trouble = Some(trouble));
        }
        ended
    }

    /// Waits until QUIC gets through while TLS is in use.
    async fn quic_again(&self, transport: Transport) -> Line {
        if transport == Transport::Quic || self.dialer.ways.choice != Choice::Auto {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(self.dialer.ways.quic_again).await;
            if let Ok(line) = self.dialer.quic(&self.tls).await {
                return line;
            }
        }
    }

    /// Sets TLS up with the pair that was just stored.
    fn use_renewed(&mut self) -> Result<(), String> {
        let material = self.state.tls().map_err(|failure| failure.to_string())?;
        self.tls = tls::enrolled(&material).map_err(|failure| failure.to_string())?;
        Ok(())
    }

    fn change(&mut self, change: impl FnOnce(&mut Route)) {
        self.route.change(&self.state, change);
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
        Err(failure @ DriveError::Stream(StreamError::Closed { code, .. }))
            if code == close::REVOKED || code == close::QUARANTINED =>
        {
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
