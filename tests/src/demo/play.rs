//! Plays a folder of real exports, day by day, through an agent and a hub, with a registrant for
//! every person in them and a few explicit releases planted at the end.

mod planting;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use savin_hub::ids::PersonId;
use savin_hub::notification::address::EmailAddress;
use savin_hub::notification::contact::Contact;
use savin_hub::store::registry::{listing, record};
use savin_hub::vault::command::{Choices, Command, StaffCommand, Subscribed};
use savin_shared::event::EventCode;
use savin_shared::ids::{AgencyId, AgentId};

use super::line;
use crate::home::{AgentHome, FeedHome, HubHome, HubOptions, SourceHome};
use crate::mailbox::Mailbox;
use crate::mailbox::letter::Letter;
use crate::program::Programs;
use crate::source::ExportFolder;
use crate::standing::Standing;
use crate::tail::Tail;

const AGENCY: &str = "PLAYED";
const FACILITY: &str = "PLAYED-JAIL";
const ROSTER: &str = "roster";
const PLANTED: &str = "planted";

/// How long one export may take to be taken and acknowledged.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the last letters may take.
const LETTERS: Duration = Duration::from_secs(120);

/// What is played.
#[derive(Debug, Clone, Copy)]
pub(super) struct Play<'a> {
    /// The folder of exports.
    pub(super) exports: &'a Path,
    /// Their profile.
    pub(super) mapping: &'a Path,
    /// How many releases are planted.
    pub(super) plant: usize,
    /// The database server of the hub, if not files.
    pub(super) store: Option<&'a str>,
}

/// Plays a folder of exports.
pub(super) fn run(folder: &Path, programs: &Programs, play: &Play<'_>) -> anyhow::Result<()> {
    let files = files(play.exports)?;
    let profile = std::fs::read_to_string(play.mapping)
        .with_context(|| format!("failed to read {}", play.mapping.display()))?;
    let mailbox = Mailbox::start()?;
    let options = HubOptions {
        store: play.store.map(str::to_owned),
        mail_port: Some(mailbox.port()),
        ..HubOptions::default()
    };
    let hub = HubHome::make(&folder.join("hub"), programs, &options)?;
    hub.add_agency(AGENCY, "The played jail", &[(FACILITY, "The played jail")])?;
    let feeds = [
        FeedHome {
            name: ROSTER,
            facility: FACILITY,
            profile: profile.clone(),
            source: SourceHome::Folder(ROSTER),
        },
        FeedHome {
            name: PLANTED,
            facility: FACILITY,
            profile: planting::profile(&profile)?,
            source: SourceHome::Folder(PLANTED),
        },
    ];
    let agent = AgentHome::make(&folder.join("agent"), programs, &feeds)?;
    let hub_running = hub.serve()?;
    agent.enroll(&hub.token(AGENCY)?)?;
    let agent_running = agent.start()?;
    let stage = Stage {
        exports: ExportFolder::new(agent.folder().join(ROSTER)),
        planted: ExportFolder::new(agent.folder().join(PLANTED)),
        tail: Tail::new(hub.registry()?),
        registered: BTreeSet::new(),
        totals: BTreeMap::new(),
        hub,
        agent,
        mailbox,
    };
    stage.play(&files, play.plant, &profile)?;
    agent_running.stop()?;
    hub_running.stop()?;
    Ok(())
}

struct Stage {
    hub: HubHome,
    agent: AgentHome,
    mailbox: Mailbox,
    exports: ExportFolder,
    planted: ExportFolder,
    tail: Tail,
    registered: BTreeSet<PersonId>,
    totals: BTreeMap<EventCode, u64>,
}

impl Stage {
    fn play(mut self, files: &[PathBuf], plant: usize, profile: &str) -> anyhow::Result<()> {
        for file in files {
            self.day(file)?;
            self.register_everybody()?;
        }
        let Some(last) = files.last() else {
            bail!("there are no exports to play");
        };
        if plant > 0 {
            let at = self
                .planted
                .put("planted.csv", &planting::rows(last, profile, plant)?)?;
            self.settle(PLANTED, at, &format!("{plant} planted releases"))?;
        }
        self.conclude(plant)
    }

    /// Hands one export to the agent and waits until the hub has acknowledged what it said.
    fn day(&mut self, file: &Path) -> anyhow::Result<()> {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .context("a file's name is not UTF-8")?;
        let at = self.exports.copy(file, name)?;
        self.settle(ROSTER, at, name)
    }

    fn settle(&mut self, feed: &str, since: Timestamp, what: &str) -> anyhow::Result<()> {
        let mut standing = Standing::settled(&self.agent, feed, since, PATIENCE)?;
        if let Some(hold) = &standing.hold {
            line(&format!("{what}: held: {hold}: let pass"))?;
            let before = standing.end.seq;
            self.agent
                .cli(&["release-hold", feed, "--by", "the demo"])?;
            while standing.acked <= before {
                standing = Standing::settled(&self.agent, feed, since, PATIENCE)?;
            }
        }
        if let Some(refusal) = &standing.refusal {
            line(&format!("{what}: refused: {refusal}"))?;
        }
        let mut events = BTreeMap::new();
        loop {
            let known = self.tail.fresh()?;
            if known.is_empty() {
                break;
            }
            for known in known {
                *events.entry(known.code).or_insert(0_u64) += 1;
                *self.totals.entry(known.code).or_insert(0) += 1;
            }
        }
        line(&format!(
            "{what}: durable up to delta {}; events: {}",
            standing.acked,
            listed(&events)
        ))
    }

    /// Registers an invented somebody for every person about whom nobody asked yet.
    fn register_everybody(&mut self) -> anyhow::Result<()> {
        let standing = Standing::look(&self.agent, ROSTER)?.context("there is no journal")?;
        let vault = self.hub.vault()?;
        for person in self.people(standing.agent)? {
            if !self.registered.insert(person) {
                continue;
            }
            let register = StaffCommand::Register {
                contacts: vec![Contact::Email(EmailAddress::parse(&format!(
                    "registrant{}@played.example",
                    self.registered.len()
                ))?)],
                to: None,
                about: Subscribed {
                    person,
                    label: String::new(),
                },
                choices: Choices::default(),
            };
            vault.handle(Command::Staff(register))?;
        }
        Ok(())
    }

    fn people(&self, agent: AgentId) -> anyhow::Result<BTreeSet<PersonId>> {
        let agency = AgencyId::new(AGENCY)?;
        let people = self.hub.registry()?.read_now("people", move |tx| {
            let keys: Vec<_> = listing::of_agent(tx, agent)?
                .into_iter()
                .map(|(key, _)| (agency.clone(), key.key))
                .collect();
            let rows = record::load_many(tx, &keys)?;
            Ok(rows.into_iter().flatten().map(|row| row.person).collect())
        })?;
        Ok(people)
    }

    fn conclude(&self, plant: usize) -> anyhow::Result<()> {
        let says_release = |letter: &&Letter| letter.text.contains("was released");
        let ledger = self.mailbox.ledger();
        let releases = |letters: &[Letter]| letters.iter().filter(says_release).count();
        ledger
            .wait(LETTERS, |letters| {
                (releases(letters) >= plant).then_some(())
            })
            .context("fewer release notices came than releases were planted")?;
        self.drain()?;
        line(&format!("All events: {}", listed(&self.totals)))?;
        line(&format!(
            "Registrants: {}. Letters: {}, of which {} say that somebody was released.",
            self.registered.len(),
            self.mailbox.letters().len(),
            releases(&self.mailbox.letters()),
        ))?;
        let released = self.totals.get(&EventCode::Released).copied().unwrap_or(0);
        if usize::try_from(released).ok() != Some(plant)
            || releases(&self.mailbox.letters()) != plant
        {
            bail!("{plant} releases were planted, and {released} came out");
        }
        Ok(())
    }

    /// Waits until no notice waits any more.
    fn drain(&self) -> anyhow::Result<()> {
        let deadline = crate::clock::monotonic() + LETTERS;
        loop {
            let status = self.hub.cli(&["status", "--json"])?;
            let status: serde_json::Value = serde_json::from_str(&status)?;
            if status
                .get("oldest_waiting_notice")
                .is_some_and(serde_json::Value::is_null)
            {
                return Ok(());
            }
            if crate::clock::monotonic() > deadline {
                bail!("notices still wait: {status}");
            }
            crate::clock::pause(Duration::from_millis(200));
        }
    }
}

fn listed(events: &BTreeMap<EventCode, u64>) -> String {
    let parts: Vec<String> = events
        .iter()
        .map(|(code, count)| format!("{code} {count}"))
        .collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?
    {
        let path = entry.context("failed to list the folder")?.path();
        if path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
        {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("{} holds no .csv file", folder.display());
    }
    Ok(files)
}
