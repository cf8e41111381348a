//! The exchange: all trunks together. The handle places calls; the door keeps everything going.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use savin_shared::world::World;
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{error, info};

use super::call::Call;
use super::incoming::Incoming;
use super::outbound::{NotTaken, Over};
use super::settings::{Media, Settings, Timing};
use super::trunk::{Status, Trunk, TrunkError};
use super::{Task, stopped};
use crate::media::port::Ports;

/// Tasks that wait for the door to keep them.
const TASKS_WAITING: usize = 256;

/// Calls that ring and are not taken yet. What rings beyond that is refused.
const RINGING: usize = 64;

/// How long calls may take to end at shutdown.
const FAREWELL: Duration = Duration::from_secs(3);

/// What the parts of the exchange share.
pub(super) struct Core {
    pub(super) trunks: Vec<Arc<Trunk>>,
    pub(super) ports: Ports,
    pub(super) media: Media,
    pub(super) timing: Timing,
    pub(super) world: World,
    pub(super) shutdown: watch::Receiver<bool>,
    tasks: mpsc::Sender<Task>,
}

impl Core {
    /// Has the door keep a task; what comes after shutdown is dropped.
    pub(super) async fn keep(&self, task: Task) {
        let _gone = self.tasks.send(task).await;
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Core")
            .field("trunks", &self.trunks)
            .finish_non_exhaustive()
    }
}

/// Why the exchange cannot be opened.
#[derive(Debug, Error)]
pub enum ExchangeError {
    /// A trunk cannot.
    #[error(transparent)]
    Trunk(#[from] TrunkError),
    /// There is no room for sound.
    #[error(
        "open the exchange: {first} to {last} holds no pair of ports; give `media_ports` at least two for each call"
    )]
    Ports {
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
    },
    /// The announced address is of another family.
    #[error("open the exchange: sound is heard on {bind}, and {announced} is announced")]
    Announced {
        /// Where it is heard.
        bind: IpAddr,
        /// What is announced.
        announced: IpAddr,
    },
}

/// Places calls.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub(super) core: Arc<Core>,
}

/// Keeps the trunks and every call going.
#[derive(Debug)]
pub struct Door {
    core: Arc<Core>,
    tasks: mpsc::Receiver<Task>,
    stop: watch::Sender<bool>,
    ringing: mpsc::Sender<Incoming>,
}

impl Exchange {
    /// Opens every trunk. Calls that come in are announced on the receiver.
    ///
    /// # Errors
    /// Returns [`ExchangeError`] if a trunk cannot be opened as it is set.
    pub async fn open(
        settings: Settings,
        world: World,
    ) -> Result<(Self, Door, mpsc::Receiver<Incoming>), ExchangeError> {
        let media = settings.media;
        let (first, last) = media.ports;
        if first == 0 || last <= first.saturating_add(first % 2) {
            return Err(ExchangeError::Ports { first, last });
        }
        if let Some(announced) = media.announced
            && announced.is_ipv4() != media.bind.is_ipv4()
        {
            let bind = media.bind;
            return Err(ExchangeError::Announced { bind, announced });
        }
        let mut trunks = Vec::new();
        for trunk in settings.trunks {
            trunks.push(Arc::new(Trunk::open(trunk, settings.timing, world).await?));
        }
        let (stop, shutdown) = watch::channel(false);
        let (keep, tasks) = mpsc::channel(TASKS_WAITING);
        let (ringing, rings) = mpsc::channel(RINGING);
        let core = Arc::new(Core {
            trunks,
            ports: Ports::new(media.bind, media.ports),
            media,
            timing: settings.timing,
            world,
            shutdown,
            tasks: keep,
        });
        let door = Door {
            core: Arc::clone(&core),
            tasks,
            stop,
            ringing,
        };
        Ok((Self { core }, door, rings))
    }

    /// Calls a number, over one trunk after the other, and lets it ring for so long.
    ///
    /// Dropping the future gives the call up.
    ///
    /// # Errors
    /// Returns [`NotTaken`] if nobody took it.
    pub async fn dial(
        &self,
        number: &str,
        over: Over<'_>,
        ring: Duration,
    ) -> Result<Call, NotTaken> {
        self.core.dial(number, over, ring).await
    }

    /// Returns what each trunk is like now, in their order.
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        self.core
            .trunks
            .iter()
            .map(|trunk| trunk.status())
            .collect()
    }
}

impl Door {
    /// Keeps everything going until shutdown; calls that are under way are hung up then.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let mut kept = JoinSet::new();
        for trunk in &self.core.trunks {
            let serving = Arc::clone(trunk);
            kept.spawn(async move { serving.endpoint.serve().await });
            kept.spawn(Arc::clone(trunk).watch(self.core.shutdown.clone()));
            if trunk.settings.registers {
                kept.spawn(Arc::clone(trunk).keep_registered(self.core.shutdown.clone()));
            }
            let requests = requests(
                Arc::clone(&self.core),
                Arc::clone(trunk),
                self.ringing.clone(),
            );
            kept.spawn(requests);
        }
        info!(trunks = self.core.trunks.len(), "Telephone exchange open");
        loop {
            tokio::select! {
                () = stopped(&mut shutdown) => break,
                task = self.tasks.recv() => if let Some(task) = task { kept.spawn(task); },
                Some(ended) = kept.join_next() => if let Err(failure) = ended {
                    error!(reason = %failure, "A task of the exchange failed");
                },
            }
        }
        self.stop.send_replace(true);
        // Each call says good-bye; a trunk that is gone does not answer that.
        let farewell = async {
            tokio::time::sleep(FAREWELL / 10).await;
            while self.core.trunks.iter().any(|trunk| trunk.status().busy > 0) {
                tokio::time::sleep(FAREWELL / 100).await;
            }
        };
        let _late = tokio::time::timeout(FAREWELL, farewell).await;
        for trunk in &self.core.trunks {
            trunk.endpoint.shutdown();
        }
        info!("Telephone exchange closed");
    }
}

/// Takes what a trunk asks of us, until shutdown.
async fn requests(core: Arc<Core>, trunk: Arc<Trunk>, ringing: mpsc::Sender<Incoming>) {
    let Ok(mut asked) = trunk.endpoint.incoming_transactions() else {
        return;
    };
    let mut shutdown = core.shutdown.clone();
    loop {
        tokio::select! {
            () = stopped(&mut shutdown) => return,
            request = asked.recv() => match request {
                Some(request) => core.requested(&trunk, request, &ringing).await,
                None => return,
            },
        }
    }
}
