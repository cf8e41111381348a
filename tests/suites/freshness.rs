//! December 2020 again: four Mississippi rosters that showed nobody for eleven days, and a jail that was
//! not heard for as long, through agents, hub, planner and vault under a clock of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_agent::capture::{Feed, Now, take_file};
use savin_agent::journal::Journal;
use savin_agent::mapping::profile::Profile;
use savin_agent::signer::Signer;
use savin_agent::uplink::drive::{FeedLabel, beat};
use savin_hub::clocks::table::Table;
use savin_hub::intake::{self, Moment, Speaker, batches};
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
use savin_hub::store::registry::{
    SCHEMA as REGISTRY, event, facility, feed, freshness, record, task,
};
use savin_hub::store::vault::SCHEMA as VAULT;
use savin_hub::store::{Place, Store, StoreError};
use savin_hub::vault::Vault;
use savin_hub::vault::client::{Ports, start};
use savin_hub::vault::command::{
    Choices, Content, CourierAnswer, CourierCommand, PlannerAnswer, PlannerCommand, Room,
    StaffCommand, Subscribed, TryOutcome,
};
use savin_hub::watch::freshness::{Look, look};
use savin_shared::event::EventCode;
use savin_shared::ids::{
    AgencyId, AgentId, Epoch, FacilityCode, FeedName, RecordKey, RecordNumber,
};
use savin_shared::record::RecordKind;
use savin_shared::sign::SigningKey;
use savin_shared::world::World;
use savin_tests::source::csv;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};

const PROFILE: &str = r#"
name = "december"
kind = "custody"
mode = "roster"
zone = "America/Chicago"
[columns]
record_number = "BookingNo"
person_number = "JacketNo"
name = "InmateName"
status = "Status"
[values.status]
IN = "InCustody"
REL = "OutOfCustody"
"#;

/// How long planning may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// Between two looks of the hub, in minutes: it looks more often, and would see the same.
const STEP: i64 = 4;

/// The four that showed nobody, and one that nobody heard.
const JAILS: [(&str, usize, Trouble); 5] = [
    ("JAIL-A", 345, Trouble::Empty),
    ("JAIL-B", 466, Trouble::Empty),
    ("JAIL-C", 73, Trouble::Empty),
    ("JAIL-D", 31, Trouble::Empty),
    ("JAIL-E", 120, Trouble::Silent),
];

/// The trouble begins with the export of this day, and ends with that one.
const TROUBLE: std::ops::Range<i64> = 6..17;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Empty,
    Silent,
}

static NOW: AtomicI64 = AtomicI64::new(0);

fn wall() -> Timestamp {
    Timestamp::from_second(NOW.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn random() -> [u8; 16] {
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

/// A jail with its agent.
struct Jail {
    facility: FacilityCode,
    people: usize,
    trouble: Trouble,
    speaker: Speaker,
    signer: Signer,
    journal: Journal,
    feed: Feed,
}

impl Jail {
    fn new(number: u8, (code, people, trouble): (&str, usize, Trouble)) -> anyhow::Result<Self> {
        let agent = AgentId::from_bytes([number; 16]);
        let key = SigningKey::from_seed(&[number; 32])?;
        let facility = FacilityCode::new(code)?;
        Ok(Self {
            people,
            trouble,
            speaker: Speaker {
                agent,
                agency: AgencyId::new(&format!("AGENCY-{number}"))?,
                facilities: vec![facility.clone()],
                batch_key: key.verifying_key(),
            },
            signer: Signer::new(agent, key),
            journal: Journal::scratch(agent, Epoch::from_bytes([number; 16]))?,
            feed: Feed {
                name: FeedName::new("roster")?,
                facility: facility.clone(),
                profile: Profile::parse(PROFILE)?,
                cadence: SignedDuration::from_hours(24),
            },
            facility,
        })
    }

    /// How many of the list are in the export of a day.
    fn listed(&self, day: i64) -> usize {
        let is_empty = self.trouble == Trouble::Empty && TROUBLE.contains(&day);
        if is_empty { 0 } else { self.people }
    }

    /// Whether its agent runs.
    fn is_up(&self, day: i64) -> bool {
        self.trouble != Trouble::Silent || !TROUBLE.contains(&day)
    }

    /// Takes the export of a day and sends what follows from it.
    fn export(&mut self, day: i64, store: &Store) -> anyhow::Result<()> {
        let rows = (0..self.listed(day)).map(|number| {
            [
                format!("{}-{number}", self.facility),
                format!("{number}"),
                format!("SAMPLE{number}, AVERY"),
                "IN".to_owned(),
            ]
        });
        let bytes = csv(&["BookingNo", "JacketNo", "InmateName", "Status"], rows)?;
        let now = Now {
            at: wall(),
            exported_at: wall(),
            is_history: false,
            secret: random(),
        };
        let file = ("roster.csv", bytes.as_bytes());
        let report = take_file(&mut self.journal, &self.signer, &self.feed, file, now)?;
        for batch in report.batches {
            let opened = intake::open(&self.speaker, batch)?;
            let moment = Moment {
                now: wall(),
                random,
                orders: OrderKey::new([9; 32]),
            };
            store.write_now("intake", move |tx| {
                batches::take(tx, std::slice::from_ref(&opened), moment)
            })?;
        }
        Ok(())
    }
}

/// The hub's parts.
struct Hub {
    store: Store,
    ports: Ports,
    runtime: Runtime,
    stored: Arc<Notify>,
    planned: watch::Sender<()>,
}

impl Hub {
    fn start(folder: &std::path::Path) -> anyhow::Result<Self> {
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
    fn plan(&self, shutdown: watch::Receiver<bool>) -> anyhow::Result<()> {
        let planner = Planner {
            store: self.store.clone(),
            vault: self.ports.planner.clone(),
            rules: Arc::new(Rules::shipped()?),
            clocks: Arc::new(Table::shipped()?),
            zone: TimeZone::get("America/Chicago")?,
            world: world(),
            stored: Arc::clone(&self.stored),
            planned: self.planned.clone(),
        };
        drop(self.runtime.spawn(planner.run(shutdown)));
        Ok(())
    }

    fn add(&self, jail: &Jail) -> anyhow::Result<()> {
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

    /// Registers somebody for two who are held at a jail.
    fn register(&self, jail: &Jail, disclosure: Disclosure) -> anyhow::Result<()> {
        let key = |number: usize| -> anyhow::Result<(AgencyId, RecordKey)> {
            let number = RecordNumber::new(&format!("{}-{number}", jail.facility))?;
            let kind = RecordKind::Custody;
            Ok((jail.speaker.agency.clone(), RecordKey { kind, number }))
        };
        let keys = [key(1)?, key(2)?];
        let load = move |tx: &mut Tx<'_>| record::load_many(tx, &keys);
        for row in self.store.read_now("persons", load)? {
            let register = StaffCommand::Register {
                contacts: vec![Contact::Email(EmailAddress::parse(&format!(
                    "{}@home.example",
                    jail.facility
                ))?)],
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
        }
        Ok(())
    }

    /// One look of the hub, after a heartbeat of everybody who is up.
    fn look(&self, jails: &mut [Jail], day: i64) -> anyhow::Result<()> {
        let mut beats = Vec::new();
        for jail in jails.iter_mut().filter(|jail| jail.is_up(day)) {
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
    fn carry(&self) -> anyhow::Result<Vec<(String, String)>> {
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

/// When each jail was first called about, in minutes after the trouble began.
fn alarms(store: &Store, began: Timestamp) -> Result<BTreeMap<String, i64>, StoreError> {
    let ended = store.read_now("tasks", |tx| {
        let kind = Some(task::TaskKind::FeedStale);
        let mut tasks = task::ended(tx, kind, 100)?;
        tasks.extend(task::open_ones(tx, kind, 100)?);
        Ok(tasks)
    })?;
    let since = |at: Timestamp| at.duration_since(began).as_mins();
    let mut alarms = BTreeMap::new();
    for task in ended {
        let place = task
            .about
            .facility
            .map_or_else(String::new, |code| code.to_string());
        let first = alarms.entry(place).or_insert(i64::MAX);
        *first = since(task.opened_at).min(*first);
    }
    Ok(alarms)
}

#[test]
fn december_2020_calls_a_person_in_minutes_and_tells_victims_once_and_when_it_is_over()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let begin: Timestamp = "2020-12-01T12:00:00Z".parse()?;
    NOW.store(begin.as_second(), Ordering::SeqCst);
    let hub = Hub::start(folder.path())?;
    let (stop, stopped) = watch::channel(false);
    hub.plan(stopped)?;
    let mut jails = Vec::new();
    for (number, jail) in (1..).zip(JAILS) {
        let jail = Jail::new(number, jail)?;
        hub.add(&jail)?;
        jails.push(jail);
    }
    let mut told: Vec<(i64, String, String)> = Vec::new();
    for day in 0..21 {
        for jail in &mut jails {
            if jail.is_up(day) {
                jail.export(day, &hub.store)?;
            }
        }
        if day == 0 {
            for (number, jail) in jails.iter().enumerate() {
                let disclosure = [Disclosure::Full, Disclosure::Discreet];
                hub.register(jail, *disclosure.get(number % 2).context("two")?)?;
            }
        }
        for step in 0..24 * 60 / STEP {
            let at = begin + SignedDuration::from_mins(day * 24 * 60 + step * STEP);
            NOW.store(at.as_second(), Ordering::SeqCst);
            hub.look(&mut jails, day)?;
            if step % 15 == 0 {
                let hour = day * 24 + step * STEP / 60;
                told.extend(hub.carry()?.into_iter().map(|(to, text)| (hour, to, text)));
            }
        }
    }
    let began = begin + SignedDuration::from_hours(TROUBLE.start * 24);
    let alarms = alarms(&hub.store, began)?;
    for (code, ..) in JAILS {
        let minutes = alarms.get(code);
        let minutes = minutes.with_context(|| format!("nobody was called about {code}"))?;
        ensure!(
            (0..=20).contains(minutes),
            "{code}: called after {minutes} minutes"
        );
        told_twice(code, &told)?;
    }
    nothing_else_happened(&hub.store)?;
    let now = hub.store.read_now("freshness", freshness::all)?;
    ensure!(now.len() == JAILS.len() && now.iter().all(|known| known.told.is_none()));
    stop.send(true)?;
    Ok(())
}

/// Whoever asked for two people at a jail was told once that there is no word, and once that there is.
fn told_twice(code: &str, told: &[(i64, String, String)]) -> anyhow::Result<()> {
    let hers: Vec<_> = told
        .iter()
        .filter(|(_, to, _)| to.starts_with(code))
        .collect();
    let [(dark, _, gone), (back, _, again)] = hers.as_slice() else {
        anyhow::bail!("{code}: {hers:#?}");
    };
    let hours = |day: i64| day * 24;
    let (first, last) = (hours(TROUBLE.start) + 11, hours(TROUBLE.start) + 15);
    ensure!((first..last).contains(dark), "{code}: told in hour {dark}");
    let end = hours(TROUBLE.end);
    ensure!((end..end + 2).contains(back), "{code}: told in hour {back}");
    ensure!(gone.starts_with("We have had no word from"), "{gone}");
    ensure!(again.starts_with("We hear"), "{again}");
    Ok(())
}

/// Nobody was released, nobody was booked and nobody went missing: only the places were spoken of.
fn nothing_else_happened(store: &Store) -> anyhow::Result<()> {
    let codes = store.read_now("codes", event::count_by_code)?;
    let each = JAILS.len() as u64;
    let expected = [
        (EventCode::FeedStale, each),
        (EventCode::FeedRestored, each),
    ];
    ensure!(codes == expected, "{codes:?}");
    Ok(())
}
