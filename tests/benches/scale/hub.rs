//! A hub without its doors: registry, vault and planner, as the program runs them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::tz::TimeZone;
use savin_hub::clocks::table::Table;
use savin_hub::ids::EventPosition;
use savin_hub::notification::address::EmailAddress;
use savin_hub::notification::contact::Contact;
use savin_hub::notification::rules::Rules;
use savin_hub::planner::Planner;
use savin_hub::store::registry::event;
use savin_hub::store::registry::expunged::OrderKey;
use savin_hub::store::{self, Store, registry, vault};
use savin_hub::vault::Vault;
use savin_hub::vault::client::{Ports, start};
use savin_hub::vault::command::{
    Choices, PlannerAnswer, PlannerCommand, StaffAnswer, StaffCommand, Subscribed,
};
use savin_shared::world::World;
use savin_tests::clock::{monotonic, wall};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::county::County;
use crate::report::Report;

/// How often the vault is asked how far it has come.
const LOOK: Duration = Duration::from_millis(2);

/// Where a hub's databases are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Two files and the keys in a folder.
    Folder(PathBuf),
    /// Two schemas of a server, and the keys in a folder.
    Server {
        /// Which server.
        url: String,
        /// Where the keys are.
        keys: PathBuf,
    },
}

impl Place {
    /// Returns what to call it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Folder(_) => "SQLite",
            Self::Server { .. } => "PostgreSQL",
        }
    }

    /// Returns where one of its databases is.
    pub(crate) fn store(&self, schema: &str) -> store::Place {
        match self {
            Self::Folder(folder) => store::Place::File(folder.join(format!("{schema}.sqlite"))),
            Self::Server { url, .. } => store::Place::Server {
                url: url.clone(),
                schema: schema.to_owned(),
            },
        }
    }

    fn keys(&self) -> &Path {
        match self {
            Self::Folder(folder) | Self::Server { keys: folder, .. } => folder,
        }
    }
}

/// The parts of a running hub.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) registry: Store,
    ports: Ports,
    runtime: Runtime,
    stored: Arc<Notify>,
    stop: watch::Sender<bool>,
    planning: JoinHandle<()>,
}

impl Hub {
    /// Opens the databases and starts vault and planner.
    pub(crate) fn open(place: &Place) -> anyhow::Result<Self> {
        let registry = Store::open(&place.store("registry"), &registry::SCHEMA)?;
        let vault = Store::open(&place.store("vault"), &vault::SCHEMA)?;
        let vault = Vault::open(vault, &place.keys().join("vault.keys"), world())?;
        let ports = start(vault)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let stored = Arc::new(Notify::new());
        let planner = Planner {
            store: registry.clone(),
            vault: ports.planner.clone(),
            rules: Arc::new(Rules::shipped()?),
            orders: OrderKey::new([9; 32]),
            clocks: Arc::new(Table::shipped()?),
            zone: TimeZone::UTC,
            world: world(),
            stored: Arc::clone(&stored),
            planned: watch::Sender::new(()),
        };
        let (stop, stopped) = watch::channel(false);
        let planning = runtime.spawn(planner.run(stopped));
        Ok(Self {
            registry,
            ports,
            runtime,
            stored,
            stop,
            planning,
        })
    }

    /// Tells the planner that there is something to plan.
    pub(crate) fn wake(&self) {
        self.stored.notify_one();
    }

    /// Waits until everything that is known was planned.
    pub(crate) fn plan_all(&self) -> anyhow::Result<()> {
        let last = self.registry.read_now("last", event::last)?;
        self.wake();
        self.runtime.block_on(async {
            while self.planned().await? < last {
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        })
    }

    async fn planned(&self) -> anyhow::Result<EventPosition> {
        match self.ports.planner.ask(PlannerCommand::Watermark).await? {
            PlannerAnswer::Watermark(position) => Ok(position),
            PlannerAnswer::Done | PlannerAnswer::Sought(_) => anyhow::bail!("no watermark"),
        }
    }

    /// Returns how many notices there are.
    pub(crate) fn notices(&self) -> anyhow::Result<u64> {
        let asked = self.ports.staff.ask(StaffCommand::Counts);
        let StaffAnswer::Counts(counts) = self.runtime.block_on(asked)? else {
            anyhow::bail!("no counts");
        };
        Ok(counts.notices.iter().map(|(_, many)| many).sum())
    }

    /// Registers by the command that staff has for a paper form, one registrant each: first one for
    /// everybody who will be changed, then for the others in turn.
    pub(crate) fn register(
        &self,
        county: &County,
        numbers: Range<usize>,
        (deltas, slices): (usize, usize),
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let begun = monotonic();
        let many = numbers.len();
        for number in numbers {
            let about = about(county, number, deltas * slices);
            let address = EmailAddress::parse(&format!("r{number}@example.test"))?;
            let command = StaffCommand::Register {
                contacts: vec![Contact::Email(address)],
                to: None,
                about: Subscribed {
                    person: county.person(about)?,
                    label: "A.S.".to_owned(),
                },
                choices: Choices::default(),
            };
            self.runtime.block_on(self.ports.staff.ask(command))?;
            if number % 50_000 == 0 {
                report.progress(&format!("registered {number}"))?;
            }
        }
        report.progress(&format!(
            "{many} registrations in {:.0} s",
            begun.elapsed().as_secs_f64()
        ))
    }

    /// Stops everything and closes the databases.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        let Self {
            registry,
            ports,
            runtime,
            stop,
            planning,
            stored,
        } = self;
        stop.send(true).context("the planner is gone")?;
        stored.notify_one();
        runtime.block_on(planning)?;
        drop((registry, ports));
        // Until the vault's thread and the stores' have closed their files.
        drop(runtime);
        savin_tests::clock::pause(Duration::from_millis(500));
        Ok(())
    }
}

/// Returns about whom a registration is, where so many are changed.
fn about(county: &County, number: usize, changed: usize) -> usize {
    let others = (county.held() - changed).max(1);
    if number < changed {
        number
    } else {
        (changed + (number - changed) % others) % county.held()
    }
}

/// Returns how many notices come of it where these people are released: one for each registration about
/// the very person, none for anybody else, and none of whoever is in doubt.
pub(crate) fn told(
    county: &County,
    of: &Range<usize>,
    (registrations, changed): (usize, usize),
) -> usize {
    (0..registrations)
        .map(|number| about(county, number, changed))
        .filter(|person| of.contains(person) && !county.is_doubted(*person))
        .count()
}

/// The clocks and the randomness of the measured hub.
pub(crate) fn world() -> World {
    World {
        wall,
        monotonic,
        random,
    }
}

/// Draws 128 bits as unlike one another as random ones.
pub(crate) fn random() -> [u8; 16] {
    use std::sync::atomic::{AtomicU64, Ordering};
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let number = DRAWN.fetch_add(1, Ordering::Relaxed);
    let hash = savin_shared::hash::Hash::tagged("savin/bench/random", &[&number.to_be_bytes()]);
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}
