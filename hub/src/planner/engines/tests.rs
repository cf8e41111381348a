//! The same history on SQLite and on PostgreSQL, step by step from a seed; then every table of registry and
//! vault side by side, sealed values opened. A failure names the seed, the step and the first row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use savin_shared::clock::{EffectiveAt, Moment as Civil};
use savin_shared::delta::{Change, Coverage, Evidence, Origin};
use savin_shared::envelope::SealedBatch;
use savin_shared::frame::snapshot::SnapshotBegin;
use savin_shared::hash::Hash;
use savin_shared::ids::{Epoch, FeedName, OffenderId, RecordKey};
use savin_shared::pii::Secret;
use savin_shared::record::court_event::{CourtEvent, Schedule};
use savin_shared::record::custody::{CustodyState, ReleaseReason};
use savin_shared::record::{Record, RecordBody};
use savin_shared::world::World;

use crate::ids::{PersonId, RegistrantId};
use crate::intake::batches::take;
use crate::intake::testing::{BOND, IN, Jail, encoded};
use crate::intake::{Moment, full_state, open};
use crate::notification::address::EmailAddress;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::Disclosure;
use crate::notification::rules::Rules;
use crate::notification::words::Language;
use crate::planner::next;
use crate::store::conn::Tx;
use crate::store::registry::{SCHEMA as REGISTRY, agent, task};
use crate::store::testing::places;
use crate::store::value::{Row, Value};
use crate::store::vault::SCHEMA as VAULT;
use crate::store::{Place, Store};
use crate::vault::Vault;
use crate::vault::client::Port;
use crate::vault::command::{
    Choices, Content, CourierAnswer, CourierCommand, PlannerAnswer, PlannerCommand, PortalAnswer,
    PortalCommand, Room, StaffCommand, Subscribed, Ticket, TryOutcome,
};
use crate::vault::keyring::Keyring;

/// Histories, and the steps of each: a few seconds on each engine.
const SEEDS: u64 = 3;
const STEPS: usize = 60;

/// Records of a jail, and addresses: few, so that they meet.
const RECORDS: usize = 6;
const ADDRESSES: usize = 4;

/// A small generator (xorshift64*) so that a seed replays on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let rolled = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D);
        usize::try_from(rolled % end as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

static NOW: AtomicI64 = AtomicI64::new(0);
static DRAWN: AtomicU64 = AtomicU64::new(0);

fn wall() -> Timestamp {
    Timestamp::from_second(NOW.load(Ordering::SeqCst)).unwrap()
}

/// The same draws on either engine.
fn random() -> [u8; 16] {
    let number = DRAWN.fetch_add(1, Ordering::SeqCst);
    let hash = Hash::tagged("test/random", &[&number.to_be_bytes()]);
    *hash.as_bytes().first_chunk().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the vault sets no deadlines")]
fn monotonic() -> Instant {
    Instant::now()
}

/// One engine with everything on it.
struct Side {
    registry: Store,
    vault: Vault,
    keys: Keyring,
    jails: Vec<Jail>,
    sent: Vec<(usize, SealedBatch)>,
    /// Registrations and accesses whose code is out, by address.
    waiting: Vec<(String, Ticket, bool)>,
    codes: BTreeMap<String, Secret<String>>,
    sessions: Vec<Ticket>,
}

impl Side {
    fn new((registry, vault): (&Place, &Place), keys: &Path) -> Self {
        NOW.store(1_781_000_000, Ordering::SeqCst);
        DRAWN.store(0, Ordering::SeqCst);
        let registry = Store::open(registry, &REGISTRY).unwrap();
        let world = World {
            wall,
            monotonic,
            random,
        };
        let vault = Vault::open(Store::open(vault, &VAULT).unwrap(), keys, world).unwrap();
        let jails = (1..=3).map(|number| Jail::new(&registry, number)).collect();
        Self {
            vault,
            keys: Keyring::load(keys).unwrap().unwrap(),
            jails,
            registry,
            sent: Vec::new(),
            waiting: Vec::new(),
            codes: BTreeMap::new(),
            sessions: Vec::new(),
        }
    }

    fn ask<P: Port>(&self, command: P) -> P::Answer {
        P::answer(self.vault.handle(command.command()).unwrap()).unwrap()
    }

    /// Takes one step; both engines roll the same dice.
    fn step(&mut self, dice: &mut Dice) {
        NOW.fetch_add(i64::try_from(dice.below(600)).unwrap(), Ordering::SeqCst);
        match dice.below(16) {
            0..=5 => {
                let batch = self.batch(dice);
                self.send(vec![batch]);
            }
            6 => {
                let group = vec![self.batch(dice), self.batch(dice)];
                self.send(group);
            }
            7 => self.repeat(dice),
            8 => self.full_state(dice),
            9 => self.bar(dice),
            10 | 11 => self.plan(),
            12 => self.carry(dice),
            13 => self.register(dice),
            14 => self.begin(dice),
            _ => self.confirm(dice),
        }
    }

    fn batch(&mut self, dice: &mut Dice) -> (usize, SealedBatch) {
        let place = dice.below(self.jails.len());
        let jail = &mut self.jails[place];
        let bodies = (0..1 + dice.below(5)).map(|_| delta(jail, dice)).collect();
        let batch = jail.batch(bodies);
        self.sent.push((place, batch.clone()));
        (place, batch)
    }

    fn send(&self, batches: Vec<(usize, SealedBatch)>) {
        let group: Vec<_> = batches
            .into_iter()
            .map(|(place, batch)| open(&self.jails[place].speaker, batch).unwrap())
            .collect();
        let moment = self.moment();
        let work = move |tx: &mut Tx<'_>| take(tx, &group, moment);
        self.registry.write_now("intake", work).unwrap();
    }

    #[expect(clippy::unused_self, reason = "it is the side's moment")]
    fn moment(&self) -> Moment {
        Moment {
            now: wall(),
            random,
        }
    }

    /// Sends what was sent before, or what nobody may send in between.
    fn repeat(&self, dice: &mut Dice) {
        if !self.sent.is_empty() {
            self.send(vec![dice.pick(&self.sent)]);
        }
    }

    /// A jail's journal is made anew, and its whole state is sent.
    fn full_state(&mut self, dice: &mut Dice) {
        let place = dice.below(self.jails.len());
        let moment = self.moment();
        let jail = &mut self.jails[place];
        jail.end =
            savin_shared::chain::Position::genesis(jail.speaker.agent, Epoch::from_bytes(random()));
        // Somebody fell out of the list unseen.
        if let Some((feed, key, ..)) = jail.rows.first().cloned() {
            jail.unlist(&feed, &key);
        }
        let rows: Vec<_> = jail.rows.iter().map(|(.., row)| row.clone()).collect();
        let begin = SnapshotBegin::sign(
            jail.speaker.agent,
            jail.end,
            rows.len() as u64,
            jail.digest.root(),
            &jail.key,
        );
        let state = full_state::open(&jail.speaker, &begin, rows).unwrap();
        let work = move |tx: &mut Tx<'_>| full_state::take(tx, &state, moment);
        self.registry.write_now("state", work).unwrap().unwrap();
    }

    fn bar(&self, dice: &mut Dice) {
        let agent = self.jails[dice.below(self.jails.len())].speaker.agent;
        let work = move |tx: &mut Tx<'_>| {
            let active = agent::are_active(tx, &[agent])?;
            if active == [true] {
                agent::quarantine(tx, agent, "a test")
            } else {
                agent::reinstate(tx, agent)
            }
        };
        self.registry.write_now("bar", work).unwrap();
    }

    fn plan(&self) {
        let PlannerAnswer::Watermark(from) = self.ask(PlannerCommand::Watermark) else {
            panic!("a watermark");
        };
        let rules = Rules::shipped().unwrap();
        let read = move |tx: &mut Tx<'_>| next(tx, &rules, from);
        let next = self.registry.read_now("facts", read).unwrap();
        let (reviews, now) = (next.reviews, wall());
        let open = move |tx: &mut Tx<'_>| task::open_once(tx, &reviews, now);
        self.registry.write_now("reviews", open).unwrap();
        if let Some(to) = next.last {
            let facts = next.facts;
            self.ask(PlannerCommand::Plan { from, to, facts });
        }
    }

    fn carry(&mut self, dice: &mut Dice) {
        let claim = CourierCommand::Claim {
            channel: Channel::Email,
            room: Room::all(5),
        };
        let CourierAnswer::Messages(messages) = self.ask(claim) else {
            panic!("messages");
        };
        for message in messages {
            if let Content::Code(code) = &message.content {
                let to = message.to.stored().reveal().clone();
                self.codes.insert(to, code.clone());
            }
            let detail = "250 said so".to_owned();
            let outcome = match dice.below(4) {
                0 => TryOutcome::Deferred { detail },
                1 => TryOutcome::Refused { detail },
                _ => TryOutcome::Accepted { detail },
            };
            self.ask(CourierCommand::Finish {
                notice: message.notice,
                claim: message.claim,
                outcome,
            });
        }
    }

    /// Somebody whom the registry knows.
    fn person(&self, dice: &mut Dice) -> Option<PersonId> {
        let rows = self.rows("SELECT person_id FROM record ORDER BY record_id");
        if rows.is_empty() {
            return None;
        }
        Some(PersonId::from_bytes(dice.pick(&rows).array(0).unwrap()))
    }

    fn rows(&self, sql: &'static str) -> Vec<Row> {
        let read = move |tx: &mut Tx<'_>| tx.query(sql, crate::values![]);
        self.registry.read_now("rows", read).unwrap()
    }

    fn register(&self, dice: &mut Dice) {
        let (address, choices) = (address(dice), choices(dice));
        if let Some(person) = self.person(dice) {
            self.ask(StaffCommand::Register {
                contacts: vec![Contact::Email(address)],
                to: None,
                about: about(person),
                choices,
            });
        }
    }

    /// Begins to register, or to change what was chosen.
    fn begin(&mut self, dice: &mut Dice) {
        let (address, choices) = (address(dice), choices(dice));
        let is_access = dice.below(2) == 0;
        let to = address.reveal().clone();
        let command = match self.person(dice) {
            Some(person) if !is_access => PortalCommand::BeginRegistration {
                contacts: vec![Contact::Email(address)],
                about: about(person),
                choices,
            },
            Some(_) | None => PortalCommand::BeginAccess {
                address,
                language: choices.language,
            },
        };
        if let PortalAnswer::Begun(ticket) = self.ask(command) {
            self.waiting.push((to, ticket, is_access));
        }
    }

    /// Gives a code back, right or wrong, or changes, drops and stops in a session.
    fn confirm(&mut self, dice: &mut Dice) {
        if let Some(session) = self.sessions.pop() {
            let command = if dice.below(2) == 0 {
                PortalCommand::Stop { session }
            } else {
                let choices = choices(dice);
                PortalCommand::Change { session, choices }
            };
            self.ask(command);
            return;
        }
        let Some((to, ticket, is_access)) = self.waiting.pop() else {
            return;
        };
        let code = self.codes.remove(&to);
        let code = code.unwrap_or_else(|| Secret::new("000000".to_owned()));
        let answer = self.ask(if is_access {
            PortalCommand::ConfirmAccess { ticket, code }
        } else {
            PortalCommand::ConfirmRegistration { ticket, code }
        });
        if let PortalAnswer::Session(session) = answer {
            self.sessions.push(session);
        }
    }

    /// Every table of both databases, each row with sealed values opened and those that no two engines can
    /// share left out.
    fn tables(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut tables = dump(&self.registry, "registry", &|_, _, value| Some(value));
        let keys = self.data_keys();
        let owners = self.notice_owners();
        let open = |row: &[(String, Value)], column: &str, value: Value| {
            self.opened(&keys, &owners, row, column, value)
        };
        tables.extend(dump(self.vault.store(), "vault", &open));
        tables
    }

    fn vault_rows(&self, sql: &'static str) -> Vec<Row> {
        let read = move |tx: &mut Tx<'_>| tx.query(sql, crate::values![]);
        self.vault.store().read_now("rows", read).unwrap()
    }

    fn data_keys(&self) -> BTreeMap<RegistrantId, crate::vault::sealed::DataKey> {
        let rows = self.vault_rows("SELECT registrant_id, wrapped_key FROM registrant");
        let key = |row: &Row| {
            let registrant = RegistrantId::from_bytes(row.array(0).unwrap());
            let key = self.keys.unwrap(row.bytes(1).unwrap()).ok()?;
            Some((registrant, key))
        };
        rows.iter().filter_map(key).collect()
    }

    fn notice_owners(&self) -> BTreeMap<Vec<u8>, RegistrantId> {
        let rows = self.vault_rows("SELECT notice_id, registrant_id FROM notice");
        let owner = |row: &Row| {
            let registrant = RegistrantId::from_bytes(row.array(1).unwrap());
            (row.bytes(0).unwrap().to_vec(), registrant)
        };
        rows.iter().map(owner).collect()
    }

    /// Opens a sealed value; leaves out what is drawn from the keys of registrants, which are the system's.
    #[expect(clippy::unused_self, reason = "it belongs to the side's keys")]
    fn opened(
        &self,
        keys: &BTreeMap<RegistrantId, crate::vault::sealed::DataKey>,
        owners: &BTreeMap<Vec<u8>, RegistrantId>,
        row: &[(String, Value)],
        column: &str,
        value: Value,
    ) -> Option<Value> {
        let of = |name: &str| row.iter().find(|(other, _)| other == name);
        let is_evidence = of("leaf_index").is_some() || of("frontier").is_some();
        let drawn = [
            "wrapped_key",
            "salt",
            "content",
            "subject",
            "hash",
            "frontier",
            "note",
        ];
        if drawn.contains(&column)
            && (is_evidence || column == "wrapped_key" || of("level").is_some())
        {
            return None;
        }
        let (Some(kind), Value::Bytes(bytes)) = (column.strip_prefix("sealed_"), &value) else {
            return Some(value);
        };
        let owner = match (of("registrant_id"), of("notice_id")) {
            (Some((_, Value::Bytes(id))), _) => {
                RegistrantId::from_bytes(id.as_slice().try_into().unwrap())
            }
            (_, Some((_, Value::Bytes(id)))) => owners[id],
            _ => return None,
        };
        let place = if kind == "fact" { "notice" } else { kind };
        let place = if kind == "note" { "task" } else { place };
        // Of whoever stopped nothing opens any more, on either engine.
        let opened = keys.get(&owner).map(|key| {
            let opened: Result<serde_json::Value, _> = key.open(place, owner, bytes);
            match opened {
                Ok(opened) => opened.to_string(),
                Err(_) if kind == "request" => "the request of an access".to_owned(),
                Err(failure) => panic!("{column} does not open: {failure}"),
            }
        });
        Some(Value::from(opened))
    }
}

/// One change that a jail sends.
fn delta(jail: &mut Jail, dice: &mut Dice) -> Vec<u8> {
    let number = dice.below(RECORDS).to_string();
    match dice.below(12) {
        0..=3 => {
            let record = record(jail, &number, dice);
            let origin = dice.pick(&[Origin::Live, Origin::FoundLate, Origin::Baseline]);
            jail.lists(origin, &record)
        }
        4..=6 => {
            let record = record(jail, &number, dice);
            jail.tells(&record)
        }
        7 => {
            let record = record(jail, &number, dice);
            let evidence =
                dice.pick(&[Evidence::Status, Evidence::Emergency, Evidence::Withdrawal]);
            jail.row("jms", Origin::Live, &record, (Coverage::Full, evidence))
        }
        8 => {
            let record = dated(jail, &number, dice);
            let evidence = dice.pick(&[Evidence::Status, Evidence::Withdrawal]);
            jail.row("court", Origin::Live, &record, (Coverage::Full, evidence))
        }
        9 => {
            let key = jail.record(&number, IN).key();
            sealed(jail, key)
        }
        _ => jail.misses(&number),
    }
}

fn sealed(jail: &mut Jail, key: RecordKey) -> Vec<u8> {
    let roster = FeedName::new("roster").unwrap();
    jail.unlist(&roster, &key);
    encoded(roster, Origin::Live, Change::Withheld(key))
}

fn record(jail: &Jail, number: &str, dice: &mut Dice) -> Record {
    let states = [
        IN,
        IN,
        BOND,
        CustodyState::OnLeave,
        CustodyState::Escaped,
        CustodyState::Deceased,
        CustodyState::TransferredOut,
        CustodyState::Unknown,
        CustodyState::OutOfCustody(ReleaseReason::ToOtherAgency),
        CustodyState::OutOfCustody(ReleaseReason::SentenceExpired),
    ];
    let mut record = jail.record(number, dice.pick(&states));
    // Few MDOC numbers, so that persons of different jails turn out to be one, or contradict.
    if dice.below(2) == 0 {
        let id = format!("K{}", dice.below(4));
        record.subject.offender_id = Some(OffenderId::new(&id).unwrap());
    }
    // Somebody else's number, by which it is in doubt whose record it is.
    if dice.below(5) == 0 {
        let other = dice.below(RECORDS).to_string();
        record.subject.person_number = jail.record(&other, IN).subject.person_number;
    }
    let hour = dice.below(24);
    if let RecordBody::Custody(custody) = &mut record.body {
        let at = format!("2026-06-10T{hour:02}:00:00Z").parse().unwrap();
        custody.status_at = (hour > 4).then_some(EffectiveAt(Civil::exact(at)));
        custody.classification = (hour.is_multiple_of(3)).then(|| format!("level {hour}"));
        custody.holds = if hour.is_multiple_of(5) {
            vec!["RANKIN COUNTY".to_owned()]
        } else {
            Vec::new()
        };
    }
    record
}

fn dated(jail: &Jail, number: &str, dice: &mut Dice) -> Record {
    let day = 1 + dice.below(28);
    let at = format!("2026-07-{day:02}T14:00:00Z").parse().unwrap();
    let mut record = jail.record(number, IN);
    let RecordBody::Custody(custody) = &record.body else {
        panic!("a booking");
    };
    record.body = RecordBody::CourtEvent(CourtEvent {
        court_event_number: custody.booking_number.clone(),
        case_number: Some(format!("26-{number}")),
        court: None,
        event_type: None,
        location: None,
        starts_at: Some(EffectiveAt(Civil::exact(at))),
        schedule: dice.pick(&[
            Schedule::Set,
            Schedule::Set,
            Schedule::Cancelled,
            Schedule::Held,
        ]),
    });
    record
}

fn address(dice: &mut Dice) -> EmailAddress {
    EmailAddress::parse(&format!("a{}@example.test", dice.below(ADDRESSES))).unwrap()
}

fn choices(dice: &mut Dice) -> Choices {
    Choices {
        language: dice.pick(&[Language::En, Language::Es]),
        disclosure: dice.pick(&[
            Disclosure::Full,
            Disclosure::Discreet,
            Disclosure::ContentFree,
        ]),
    }
}

fn about(person: PersonId) -> Subscribed {
    Subscribed {
        person,
        label: "A.S.".to_owned(),
    }
}

/// What becomes of a value of a row under its column; nothing for one that is left out.
type Shown<'a> = &'a dyn Fn(&[(String, Value)], &str, Value) -> Option<Value>;

/// Reads every table, each row as text.
fn dump(store: &Store, name: &str, shown: Shown<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut dumped = BTreeMap::new();
    for (table, columns) in columns(store) {
        let sql = format!("SELECT {} FROM {table}", columns.join(", "));
        let sql: &'static str = Box::leak(sql.into_boxed_str());
        let width = columns.len();
        let rows = store
            .read_now("dump", move |tx| {
                let rows = tx.query(sql, crate::values![])?;
                Ok(rows
                    .iter()
                    .map(|row| values(row, width))
                    .collect::<Vec<_>>())
            })
            .unwrap();
        let line = |values: Vec<Value>| {
            let row: Vec<(String, Value)> = columns.iter().cloned().zip(values).collect();
            let cells = row
                .iter()
                .filter_map(|(column, value)| Some((column, shown(&row, column, value.clone())?)));
            cells
                .map(|(column, value)| format!("{column} = {value:?}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        // Rows of which everything is left out count, too.
        let count = format!("{} rows", rows.len());
        let lines: BTreeSet<String> = rows.into_iter().map(line).chain([count]).collect();
        dumped.insert(format!("{name}.{table}"), lines);
    }
    dumped
}

fn values(row: &Row, width: usize) -> Vec<Value> {
    let value = |place| {
        let integer = row.optional_integer(place).map(Value::from);
        let text = || row.optional_text(place).map(Value::from);
        let bytes = || row.optional_bytes(place).map(Value::from);
        integer.or_else(|_| text()).or_else(|_| bytes()).unwrap()
    };
    (0..width).map(value).collect()
}

/// Lists every table with its columns.
fn columns(store: &Store) -> BTreeMap<String, Vec<String>> {
    let sql = match store.engine() {
        crate::store::conn::Engine::Sqlite => {
            "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        crate::store::conn::Engine::Postgres => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema()"
        }
    };
    let rows = store
        .read_now("columns", move |tx| tx.query(sql, crate::values![]))
        .unwrap();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        let (table, column) = (row.text(0).unwrap(), row.text(1).unwrap());
        tables
            .entry(table.to_owned())
            .or_default()
            .push(column.to_owned());
    }
    for columns in tables.values_mut() {
        columns.sort();
    }
    tables
}

/// Plays a history on both engines, compares every table, and returns them.
fn play(seed: u64, steps: usize) -> BTreeMap<String, BTreeSet<String>> {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("vault.keys");
    let registries = places(folder.path(), &format!("engines_{seed}_{steps}"));
    let vaults = places(folder.path(), &format!("engines_vault_{seed}_{steps}"));
    let mut both = Vec::new();
    for place in registries.iter().zip(&vaults) {
        let mut side = Side::new(place, &keys);
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..steps {
            side.step(&mut dice);
        }
        both.push(side.tables());
    }
    let [one, other] = both.try_into().unwrap();
    let names = |tables: &BTreeMap<String, BTreeSet<String>>| -> Vec<String> {
        tables.keys().cloned().collect()
    };
    assert_eq!(names(&one), names(&other), "the tables");
    for (table, rows) in &one {
        let difference = rows.symmetric_difference(&other[table]).next();
        assert_eq!(
            difference, None,
            "seed {seed}, {steps} steps, table {table}"
        );
    }
    one
}

#[test]
fn both_engines_hold_the_same_after_every_history() {
    let mut filled = BTreeSet::new();
    for seed in 1..=SEEDS {
        // A failure of the whole is shown at the shortest history that has it.
        let whole = std::panic::catch_unwind(|| play(seed, STEPS));
        let Ok(tables) = whole else {
            (1..=STEPS).for_each(|steps| drop(play(seed, steps)));
            panic!("seed {seed} fails with {STEPS} steps, and then does not");
        };
        let tables = tables.into_iter().filter(|(_, rows)| rows.len() > 1);
        filled.extend(tables.map(|(table, _)| table));
    }
    // The histories go through what there is, or equality would mean little.
    let wanted = [
        "registry.batch_log",
        "registry.event",
        "registry.listing",
        "registry.person_doubt",
        "registry.record_version",
        "registry.task",
        "vault.attempt",
        "vault.contact",
        "vault.notice",
        "vault.subscription",
        "vault.verification",
    ];
    for table in wanted {
        assert!(
            filled.contains(table),
            "no history fills {table}: {filled:?}"
        );
    }
}
