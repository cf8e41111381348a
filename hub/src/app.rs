//! Wiring: builds the parts, owns start and shutdown, decides nothing.

mod calling;
mod desks;
mod older;
mod ordered;
mod worker;

pub use self::ordered::{forget_decisions, open_order_key, order_key_of};

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use savin_shared::world::World;
use savin_telephone::voice::speaker::Speaker;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::authority::Authority;
use crate::channels::draft::Drafter;
use crate::channels::email::Courier;
use crate::channels::email::compose::Composer;
use crate::channels::email::dkim::Signer;
use crate::channels::email::intake::Intake;
use crate::channels::email::transport::Mailer;
use crate::clocks::table::Table;
use crate::config::{Config, Email, Web};
use crate::ingest::commit::CommitTask;
use crate::ingest::listen::Listener;
use crate::ingest::{Barred, Present, Shared};
use crate::notary::keys::Keys;
use crate::notary::signing::{Notary, Publisher};
use crate::notification::channel::Doors;
use crate::notification::rules::Rules;
use crate::places;
use crate::planner::{Planner, roll};
use crate::store::Store;
use crate::store::backup::underway::Underway;
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::{SCHEMA as REGISTRY, event, facility};
use crate::store::vault::SCHEMA as VAULT;
use crate::vault::Vault;
use crate::vault::client::{Client, start};
use crate::vault::command::{Command, CourierCommand, PlannerCommand, StaffCommand};
use crate::vault::means::Means;
use crate::watch::Watch;
use crate::web::limit::Limits;
use crate::web::{Lookup, Portal, Server, Site};

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
        reason = "without randomness nothing may be signed or sealed"
    )]
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's randomness");
    bytes
}

/// Opens the registry, with the facilities that ship with the program.
///
/// # Errors
/// Returns why it cannot be opened.
pub fn open_registry(config: &Config) -> anyhow::Result<Store> {
    make_folder(&config.data)?;
    let store = Store::open(&config.registry, &REGISTRY).context("failed to open the registry")?;
    let shipped = places::shipped().context("failed to read the list of facilities")?;
    store
        .write_now("facilities", move |tx| facility::add_shipped(tx, &shipped))
        .context("failed to store the list of facilities")?;
    Ok(store)
}

/// Opens the vault.
///
/// # Errors
/// Returns why it cannot be opened.
pub fn open_vault(config: &Config) -> anyhow::Result<Vault> {
    make_folder(&config.data)?;
    let store = Store::open(&config.vault, &VAULT).context("failed to open the vault")?;
    let vault = Vault::open(store, &config.vault_keys, world()).with_context(|| {
        format!(
            "failed to open the vault with {}",
            config.vault_keys.display()
        )
    })?;
    let doors = Doors {
        letter: config.letters.is_some(),
        telephone: config.telephone.is_some() || config.carrier.is_some(),
    };
    Ok(vault.with_means(Means {
        doors,
        zone: config.web.zone.clone(),
        ladders: config.ladders.clone(),
        bounds: config.bounds.clone(),
    }))
}

/// Loads the hub's authority.
///
/// # Errors
/// Returns why it cannot be loaded.
pub fn open_authority(config: &Config) -> anyhow::Result<Authority> {
    make_folder(&config.data)?;
    let now = (world().wall)();
    let authority = Authority::load_or_make(&config.data, now);
    let authority = authority.context("failed to load the authority")?;
    Ok(authority.lasting(config.agents.certificate_life))
}

/// Loads the keys that sign evidence.
///
/// # Errors
/// Returns why they cannot be loaded.
pub fn open_evidence_keys(config: &Config) -> anyhow::Result<Keys> {
    make_folder(&config.data)?;
    Keys::load_or_make(&config.data, &config.web.url, world().random)
        .context("failed to load the keys of the evidence")
}

/// Runs the hub until shutdown.
///
/// # Errors
/// Returns why the hub cannot start or had to end.
pub async fn run(config: Config, shutdown: watch::Receiver<bool>) -> anyhow::Result<()> {
    // Two providers are linked in; whoever asks for the default must get this one.
    let _installed_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let opened = tokio::task::spawn_blocking(move || open(config))
        .await
        .context("failed to start")??;
    let dooms = (opened.registry.doom().clone(), opened.vault.doom().clone());
    let mut tasks = JoinSet::new();
    start_parts(opened, &shutdown, &mut tasks).await?;
    loop {
        let ended = tokio::select! {
            ended = tasks.join_next() => ended,
            failure = dooms.0.reached() => return Err(failure).context("the registry failed"),
            failure = dooms.1.reached() => return Err(failure).context("the vault failed"),
        };
        let Some(ended) = ended else { break };
        ended.context("a task of the hub failed")??;
    }
    info!("Hub stopped");
    Ok(())
}

/// The configuration with what it names, open.
struct Opened {
    config: Config,
    registry: Store,
    vault: Vault,
    authority: Authority,
    evidence_keys: Keys,
    orders: OrderKey,
}

fn open(config: Config) -> anyhow::Result<Opened> {
    if Underway::is_in(&config.data) {
        bail!(
            "a restoration was cut off: run `savin-hub backup restore` again, which undoes first what it did"
        );
    }
    let (registry, vault) = (open_registry(&config)?, open_vault(&config)?);
    let vault = vault.of_worker(worker::name(&config)?);
    // Before any agent is heard: what it sends may take the places of events that were lost.
    let last = registry
        .read_now("last event", event::last)
        .context("failed to find the registry's end")?;
    vault
        .handle(Command::Planner(PlannerCommand::Rewind { last }))
        .context("failed to compare the vault with the registry")?;
    // Before anything is written: a log that is shorter than what was published goes on from where it ends.
    let evidence_keys = open_evidence_keys(&config)?;
    let notary = Notary {
        keys: &evidence_keys,
        data: config.data.clone(),
        registry: &registry,
        vault: &vault,
    };
    notary
        .begin()
        .context("failed to compare the evidence with what was published of it")?;
    // Before any agent is heard: whoever is not found would be taken for somebody new.
    older::complete(&registry)?;
    older::complete_vault(&vault)?;
    // Before any agent is heard and anything is planned: what a court ordered may have been interrupted, or
    // undone by an older copy of a database.
    let key = open_order_key(&config, &registry)?;
    ordered::carry_out_all(&config, &registry, &vault, &key)?;
    // Before any agent is heard: whoever somebody asked about may be known by another number as they come again.
    call_everybody(&registry, &vault)?;
    let line = config.canary.as_ref().map(|line| line.email.clone());
    if line.is_none() {
        warn!("No [canary] in the configuration: nobody sees whether the lines carry a release");
    }
    vault
        .handle(Command::Staff(StaffCommand::Monitor(line)))
        .context("failed to set the monitored line")?;
    desks::check(&config, (world().wall)());
    Ok(Opened {
        registry,
        vault,
        authority: open_authority(&config)?,
        evidence_keys,
        orders: key,
        config,
    })
}

/// Has the vault look for whoever somebody asked about and the registry does not know.
fn call_everybody(registry: &Store, vault: &Vault) -> anyhow::Result<()> {
    let persons = registry
        .read_now("roll call", roll::everybody)
        .context("failed to list whom the registry knows")?;
    vault
        .handle(Command::Planner(PlannerCommand::RollCall { persons }))
        .context("failed to look for whom the registry does not know")?;
    Ok(())
}

/// Starts every part: first what agents reach, then what readers reach, then what tells.
async fn start_parts(
    opened: Opened,
    shutdown: &watch::Receiver<bool>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let (config, registry) = (opened.config, opened.registry);
    let ports = start(opened.vault).context("failed to start the vault")?;
    let logs = (registry.clone(), ports.staff.clone());
    start_publishing(&config, opened.evidence_keys, logs, shutdown.clone(), tasks);
    let stored = Arc::new(Notify::new());

    let wake = Arc::clone(&stored);
    let (commit, committer) = CommitTask::new(registry.clone(), opened.orders, world(), wake);
    let shared = Shared {
        store: registry.clone(),
        committer,
        authority: Arc::new(opened.authority),
        credit: config.agents.credit,
        orders: opened.orders,
        world: world(),
        present: Present::default(),
        barred: Barred::default(),
    };
    let listener = Listener::bind(config.agents.listen, config.agents.listen_tcp, shared)?;
    let agents_at = listener.address()?;
    let (stop_commit, stop_listener) = (shutdown.clone(), shutdown.clone());
    tasks.spawn(async move { Ok(commit.run(stop_commit).await?) });
    tasks.spawn(async move {
        listener.run(stop_listener).await;
        Ok(())
    });

    let lookup = Lookup {
        site: site(&config.web),
        registry: registry.clone(),
    };
    let portal = Portal {
        lookup,
        vault: ports.portal,
    };
    let spoken = portal.clone();
    let (carrier, carried) = calling::carrier(&config, shutdown)?;
    let server = Server::bind(config.web.listen, portal, carried)
        .await
        .with_context(|| format!("failed to listen on {}", config.web.listen))?;
    let web_at = server.address()?;
    let stop = shutdown.clone();
    tasks.spawn(async move { Ok(server.run(stop).await?) });

    let engine = registry.engine().as_str();
    let watch = Watch {
        store: registry.clone(),
        vault: ports.staff.clone(),
        canary_late_after: config.canary.as_ref().map(|line| line.late_after),
        dark_after: config.dark_after,
        stored: Arc::clone(&stored),
        world: world(),
    };
    let stop = shutdown.clone();
    tasks.spawn(async move {
        watch.run(stop).await;
        Ok(())
    });
    let couriers = (ports.planner, ports.courier.clone(), ports.staff);
    // Only now: whoever holds the doors' addresses is the only one of this name.
    let begun = ports.courier.ask(CourierCommand::Begin).await;
    begun.context("failed to take up what was cut off")?;
    let known = (registry, opened.orders);
    let planned = start_telling(&config, known, stored, couriers, shutdown, tasks)?;
    let calls = (spoken, ports.courier, carrier);
    calling::start(&config, calls, planned, shutdown, tasks).await?;
    info!(agents.address = %agents_at, web.address = %web_at, engine, "Hub started");
    #[cfg(target_os = "linux")]
    tell_supervisor(sd_notify::NotifyState::Ready);
    #[cfg(target_os = "linux")]
    tasks.spawn(said_to_stop(shutdown.clone()));
    Ok(())
}

/// Tells the service manager as soon as the hub is asked to end.
#[cfg(target_os = "linux")]
async fn said_to_stop(mut shutdown: watch::Receiver<bool>) -> anyhow::Result<()> {
    // A sender that is gone has stopped everything, too.
    let _gone = shutdown.wait_for(|stop| *stop).await;
    tell_supervisor(sd_notify::NotifyState::Stopping);
    Ok(())
}

/// Tells the service manager how the hub is, where one listens.
#[cfg(target_os = "linux")]
fn tell_supervisor(state: sd_notify::NotifyState<'_>) {
    if let Err(cause) = sd_notify::notify(&[state]) {
        warn!(reason = %cause, "The service manager does not listen");
    }
}

/// Starts signing what the evidence is.
fn start_publishing(
    config: &Config,
    keys: Keys,
    (registry, vault): (Store, Client<StaffCommand>),
    shutdown: watch::Receiver<bool>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
) {
    let publisher = Publisher {
        keys: Arc::new(keys),
        data: config.data.clone(),
        registry,
        vault,
        world: world(),
    };
    tasks.spawn(async move {
        publisher.run(shutdown).await;
        Ok(())
    });
}

/// The vault's ports of whoever plans, of whoever carries, and of whoever looks after tasks.
type Ports = (
    Client<PlannerCommand>,
    Client<CourierCommand>,
    Client<StaffCommand>,
);

/// Starts planning and carrying; returns by what calls are woken.
fn start_telling(
    config: &Config,
    (registry, orders): (Store, OrderKey),
    stored: Arc<Notify>,
    (planner, courier, staff): Ports,
    shutdown: &watch::Receiver<bool>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<watch::Sender<()>> {
    let planned = watch::Sender::new(());
    let planner = Planner {
        store: registry.clone(),
        vault: planner,
        orders,
        rules: Arc::new(Rules::shipped()?),
        clocks: Arc::new(Table::shipped()?),
        zone: config.web.zone.clone(),
        world: world(),
        stored,
        planned: planned.clone(),
    };
    let stop = shutdown.clone();
    tasks.spawn(async move {
        planner.run(stop).await;
        Ok(())
    });
    let Some(email) = &config.email else {
        warn!("No [email] in the configuration: notices are planned and not sent");
        return Ok(planned);
    };
    if let Some(returns) = &email.returns {
        let intake = Intake {
            maildir: returns.maildir.clone(),
            user: returns.address.user().to_owned(),
            vault: courier.clone(),
        };
        let stop = shutdown.clone();
        tasks.spawn(async move {
            intake.run(stop).await;
            Ok(())
        });
    }
    let composer = Arc::new(composer(&config.web, email)?);
    let mailer = Arc::new(Mailer::new(&email.server)?);
    let by = (Arc::clone(&composer), Arc::clone(&mailer));
    desks::start(config, (registry, staff), by, shutdown, tasks);
    let courier = Courier {
        vault: courier,
        composer,
        mailer,
        at_once: email.server.at_once,
        planned: planned.subscribe(),
        world: world(),
        is_stuck: Arc::default(),
    };
    let stop = shutdown.clone();
    tasks.spawn(async move {
        courier.run(stop).await;
        Ok(())
    });
    Ok(planned)
}

fn site(web: &Web) -> Arc<Site> {
    Arc::new(Site {
        url: web.url.clone(),
        phone: web.phone.clone(),
        leave_url: web.leave_url.clone(),
        zone: web.zone.clone(),
        world: world(),
        limits: Limits::new(web.proxies.clone()),
    })
}

fn composer(web: &Web, email: &Email) -> anyhow::Result<Composer> {
    let signer = email
        .dkim
        .as_ref()
        .map(|dkim| Signer::load(&dkim.key, &dkim.selector, &dkim.domain));
    if signer.is_none() {
        warn!(
            "No [email.dkim] in the configuration: messages are not signed, and may be taken for forged"
        );
    }
    Ok(Composer {
        from: email.from.clone(),
        signer: signer
            .transpose()
            .context("failed to load the key that signs messages")?,
        returns: email
            .returns
            .as_ref()
            .map(|returns| returns.address.clone()),
        drafter: drafter(web),
    })
}

/// Makes what writes the words of messages.
#[must_use]
pub fn drafter(web: &Web) -> Drafter {
    Drafter {
        site: web.url.clone(),
        phone: web.phone.clone(),
        zone: web.zone.clone(),
    }
}

/// Returns what says the words of calls.
#[must_use]
pub fn speaker(config: &Config) -> Speaker {
    let voice = &config.voice;
    Speaker::new(
        voice.catalogue.clone(),
        voice.engine.clone(),
        voice.names.clone(),
    )
}

pub(crate) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("failed to make {}", folder.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let owner_only = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder, owner_only)
            .with_context(|| format!("failed to protect {}", folder.display()))?;
    }
    Ok(())
}
