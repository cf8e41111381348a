//! The hub's parts under a clock of its own: registry, vault, planner, and what a courier carries.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_agent::uplink::drive::{FeedLabel, beat};
use savin_hub::clocks::table::Table;
use savin_hub::notification::address::EmailAddress;
use savin_hub::notification::channel::Channel;
use savin_hub::notification::contact::Contact;
use savin_hub::notification::fact::Disclosure;
use savin_hub::notification::rules::Rules;
use savin_hub::notification::sentence;
use savin_hub::notification::words::{Language, Words};
use savin_hub::places::Facility;
use savin_hub::planner::Planner;
use savin_hub::store::conn::Tx;
use savin_hub::store::registry::agency::{self, Agency};
use savin_hub::store::registry::agent::{self, Agent, AgentState};
use savin_hub::store::registry::expunged::OrderKey;
use savin_hub::store::registry::{SCHEMA as REGISTRY, event, facility, feed, record};
use savin_hub::store::vault::SCHEMA as VAULT;
use savin_hub::store::{Place, Store};
use savin_hub::vault::Vault;
use savin_hub::vault::client::{Ports, start};
use savin_hub::vault::command::{
    Choices, Content, CourierAnswer, CourierCommand, PlannerAnswer, PlannerCommand, Room,
    StaffCommand, Subscribed, TryOutcome,
};
use savin_hub::watch::freshness::{Look, look};
use savin_shared::ids::{RecordKey, RecordNumber};
use savin_shared::record::RecordKind;
use savin_shared::world::World;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};

use crate::jail::Jail;

/// How long planning may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// One test turns the clock at a time.
pub(crate) static CALENDAR: Mutex<()> = Mutex::new(());

static NOW: AtomicI64 = AtomicI64::new(0);

/// Turns the clock.
pub(crate) fn turn_to(at: Timestamp) {
    NOW.store(at.as_second(), Ordering::SeqCst);
}

pub(crate) fn wall() -> Timestamp {
    Timestamp::from_second(NOW.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub(crate) fn random() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    (u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 64).to_be_bytes()
}

fn world() -> World {
    World {
        wall,
        monotonic: savin_tests::clock::monotonic,
        random,
    }
}

/// The hub's parts.
pub(crate) struct Hub {
    pub(crate) store: Store,
    ports: Ports,
    runtime: Runtime,
    stored: Arc<Notify>,
    planned: watch::Sender<()>,
}

impl Hub {
    pub(crate) fn start(folder: &std::path::Path) -> anyhow::Result<Self> {
        let place = |name: &str| Place::File(folder.join(name));
        let store = Store::open(&place("registry.sqlite"), &REGISTRY)?;
        let vault = Store::open(&place("vault.sqlite"), &VAULT)?;
        let ports = start(Vault::open(vault, &folder.join("vault.keys"), world())?)?;
        Ok(Self {
            store,
            ports,
            runtime: Runtime::new()?,
            stored: Arc::new(Notify::new()),
            planned: watch::Sender::new(()),
        })
    }

    /// Plans in the background, as it does.
    pub(crate) fn plan(&self, shutdown: watch::Receiver<bool>) -> anyhow::Result<()> {
        let planner = Planner {
            store: self.store.clone(),
            vault: self.ports.planner.clone(),
            rules: Arc::new(Rules::shipped()?),
            orders: OrderKey::new([9; 32]),
            clocks: Arc::new(Table::shipped()?),
            zone: TimeZone::get("America/Chicago")?,
            world: world(),
            stored: Arc::clone(&self.stored),
            planned: self.planned.clone(),
        };
        drop(self.runtime.spawn(planner.run(shutdown)));
        Ok(())
    }

    pub(crate) fn add(&self, jail: &Jail) -> anyhow::Result<()> {
        let speaker = jail.speaker.clone();
        let place = Facility {
            code: jail.facility.clone(),
            name: format!("{} County Jail", jail.facility),
            kind: "jail".to_owned(),
            county: "Test".to_owned(),
            city: None,
            phone: Some("601-555-0100".to_owned()),
            verified: true,
        };
        self.store.write_now("add", move |tx| {
            let agency = Agency {
                agency: speaker.agency.clone(),
                name: "Test".to_owned(),
                county: None,
            };
            agency::put(tx, &agency, wall())?;
            facility::put(tx, &place)?;
            facility::assign(tx, &place.code, &speaker.agency)?;
            let agent = Agent {
                agent: speaker.agent,
                agency: speaker.agency.clone(),
                facilities: speaker.facilities.clone(),
                batch_key: speaker.batch_key,
                state: AgentState::Active,
                certificate_ends: wall(),
                build: "test".to_owned(),
                enrolled_at: wall(),
                heard_at: None,
                spool_deltas: 0,
            };
            agent::insert(tx, &agent)
        })?;
        Ok(())
    }

    /// Registers an address for somebody who is held at a jail.
    pub(crate) fn register(
        &self,
        jail: &Jail,
        (number, email): (usize, &str),
        disclosure: Disclosure,
    ) -> anyhow::Result<()> {
        let record = RecordKey {
            kind: RecordKind::Custody,
            number: RecordNumber::new(&format!("{}-{number}", jail.facility))?,
        };
        let key = [(jail.speaker.agency.clone(), record)];
        let load = move |tx: &mut Tx<'_>| record::load_many(tx, &key);
        let rows = self.store.read_now("persons", load)?;
        let row = rows.into_iter().next().flatten();
        let register = StaffCommand::Register {
            contacts: vec![Contact::Email(EmailAddress::parse(email)?)],
            to: None,
            about: Subscribed {
                person: row.context("nobody is listed")?.person,
                label: String::new(),
            },
            choices: Choices {
                language: Language::En,
                disclosure,
            },
        };
        self.runtime.block_on(self.ports.staff.ask(register))?;
        Ok(())
    }

    /// One look of the hub, after a heartbeat of everybody who is up.
    pub(crate) fn look<'a>(
        &self,
        up: impl IntoIterator<Item = &'a mut Jail>,
    ) -> anyhow::Result<()> {
        let mut beats = Vec::new();
        for jail in up {
            let label = FeedLabel {
                feed: jail.feed.name.clone(),
                facility: jail.facility.clone(),
            };
            let feeds = beat::feeds(&mut jail.journal, std::slice::from_ref(&label), wall())?;
            beats.push((jail.speaker.agent, feeds));
        }
        let dark_after = SignedDuration::from_hours(12);
        self.store.write_now("look", move |tx| {
            for (agent, feeds) in &beats {
                agent::heard(tx, *agent, None, 0, wall())?;
                feed::put(tx, *agent, feeds, wall())?;
            }
            let now = wall();
            look(
                tx,
                Look {
                    now,
                    dark_after,
                    random,
                },
            )
            .map(|_| ())
        })?;
        Ok(())
    }

    /// Waits until everything is planned, carries it, and returns what each address was told.
    pub(crate) fn carry(&self) -> anyhow::Result<Vec<(String, String)>> {
        let last = self.store.read_now("last", event::last)?;
        let mut planned = self.planned.subscribe();
        self.stored.notify_one();
        self.runtime.block_on(async {
            loop {
                let answer = self.ports.planner.ask(PlannerCommand::Watermark).await?;
                if matches!(answer, PlannerAnswer::Watermark(at) if at >= last) {
                    break;
                }
                tokio::time::timeout(PATIENCE, planned.changed())
                    .await
                    .context("nothing more is planned")??;
            }
            let mut told = Vec::new();
            loop {
                let claim = CourierCommand::Claim {
                    channel: Channel::Email,
                    room: Room::all(100),
                };
                let CourierAnswer::Messages(messages) = self.ports.courier.ask(claim).await? else {
                    break;
                };
                if messages.is_empty() {
                    break;
                }
                for message in messages {
                    let Content::Fact(fact) = &message.content else {
                        anyhow::bail!("{:?}", message.content);
                    };
                    let words = Words::of(message.language);
                    let zone = TimeZone::get("America/Chicago")?;
                    let text = sentence::fact(words, &zone, fact, wall()).join(" ");
                    told.push((message.to.stored().reveal().clone(), text));
                    let finish = CourierCommand::Finish {
                        notice: message.notice,
                        claim: message.claim,
                        outcome: TryOutcome::Accepted {
                            detail: "250 ok".to_owned(),
                        },
                    };
                    self.ports.courier.ask(finish).await?;
                }
            }
            Ok(told)
        })
    }
}
