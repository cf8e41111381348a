//! One release after the other, each in a file of its own: how soon the telephone rings of whoever asked.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use savin_hub::vault::command::Choices;

use super::seen::after;
use super::stage::{CONFIRMS, call_by, keep_pin, known, register, telephone};
use crate::clock::{monotonic, pause};
use crate::demo::county::jails::now;
use crate::engine::Engine;
use crate::home::{AgentHome, FeedHome, HubHome, HubOptions, SourceHome};
use crate::mailbox::Mailbox;
use crate::program::Programs;
use crate::sipp::Sipp;
use crate::source::{ExportFolder, csv};
use crate::stage::AGENCY;

/// Lines of the trunk, and calls that it lets begin in a second: no call waits for another.
const LINES: (u32, u32) = (60, 20);

/// The first port of their sound.
const SOUND_PORT: u16 = 40_000;

/// Between two releases.
const APART: Duration = Duration::from_millis(700);

/// How long everything may take after the last one.
const PATIENCE: Duration = Duration::from_secs(120);

/// Jails: facility, folder of lists and folder of movements. An agent asks a person before it believes more
/// than 20 releases of one within 10 minutes.
const JAILS: [[&str; 3]; 6] = [
    ["TEST-JAIL-1", "lists-1", "movements-1"],
    ["TEST-JAIL-2", "lists-2", "movements-2"],
    ["TEST-JAIL-3", "lists-3", "movements-3"],
    ["TEST-JAIL-4", "lists-4", "movements-4"],
    ["TEST-JAIL-5", "lists-5", "movements-5"],
    ["TEST-JAIL-6", "lists-6", "movements-6"],
];

fn feeds() -> Vec<FeedHome> {
    let feed = |name, facility, profile: &str| FeedHome {
        name,
        facility,
        profile: profile.to_owned(),
        source: SourceHome::Folder(name),
    };
    let roster = include_str!("../../demo/catalpa-roster.toml");
    let movements = include_str!("../../demo/catalpa-movements.toml");
    JAILS
        .into_iter()
        .flat_map(|[facility, lists, moved]| {
            [
                feed(lists, facility, roster),
                feed(moved, facility, movements),
            ]
        })
        .collect()
}

/// Returns in which jail somebody is, by her number.
fn jail(number: u32) -> anyhow::Result<[&'static str; 3]> {
    let place = usize::try_from(number)? % JAILS.len();
    JAILS.get(place).copied().context("there is no such jail")
}

/// Lets so many people go, one after the other, with the agent's shipped times for a folder.
///
/// Returns how long after each file was there the first INVITE came to whoever asked about the person,
/// ascending.
///
/// # Errors
/// Returns what did not start, or whose telephone did not ring.
pub fn releases(
    folder: &Path,
    programs: &Programs,
    engine: &Engine,
    (many, port): (usize, u16),
) -> anyhow::Result<Vec<Duration>> {
    let mailbox = Mailbox::start()?;
    let options = HubOptions {
        store: engine.url(),
        mail_port: Some(mailbox.port()),
        ..HubOptions::default()
    };
    let hub = HubHome::make(&folder.join("hub"), programs, &options)?;
    call_by(folder, LINES, (port, SOUND_PORT))?;
    let peer = Sipp::start(folder, port, &CONFIRMS)?;
    let facilities = JAILS.map(|[facility, ..]| (facility, "Test County Jail"));
    hub.add_agency(AGENCY, "Test County Sheriff", &facilities)?;
    let agent = AgentHome::make(&folder.join("agent"), programs, &feeds())?;
    shipped_times(&agent)?;
    let listed: Vec<u32> = (1..).take(many).collect();
    for own @ [_, lists, _] in JAILS {
        let lists = ExportFolder::new(agent.folder().join(lists));
        let mut held = Vec::new();
        for number in &listed {
            if jail(*number)? == own {
                held.push(*number);
            }
        }
        lists.put("list.csv", &roster(&held)?)?;
    }
    let serving = hub.serve()?;
    agent.enroll(&hub.token(AGENCY)?)?;
    let watching = agent.start()?;
    let (registry, vault) = (hub.registry()?, hub.vault()?);
    let mut numbers = Vec::with_capacity(many);
    for (place, number) in listed.iter().enumerate() {
        let person = known(&registry, &format!("Avery Sample{number:03}"))?;
        let (to, dialled) = telephone(place)?;
        keep_pin(&vault, register(&vault, person, to, Choices::default())?)?;
        numbers.push(dialled);
    }
    let released = let_go(&agent, &listed)?;
    let deadline = monotonic() + PATIENCE;
    let called = loop {
        let called = peer.called()?;
        if called.len() >= many {
            break called;
        }
        ensure!(
            monotonic() < deadline,
            "{} of {many} telephones rang: {}",
            called.len(),
            serving.log()
        );
        pause(APART);
    };
    let mut waited = Vec::with_capacity(many);
    for (number, came_at) in numbers.iter().zip(released) {
        let rang = called.iter().find(|(known, _)| known == number);
        let (_, rang_at) = rang.with_context(|| format!("{number} did not ring"))?;
        waited.push(after(came_at, *rang_at));
    }
    waited.sort_unstable();
    for program in [watching, serving] {
        let log = program.log();
        let status = program.stop()?;
        ensure!(status.success(), "a program ended with {status}:\n{log}");
    }
    Ok(waited)
}

/// Writes that they were let go, and returns when each file was there.
fn let_go(agent: &AgentHome, listed: &[u32]) -> anyhow::Result<Vec<Timestamp>> {
    let mut released = Vec::with_capacity(listed.len());
    for number in listed {
        let header = ["BookingNumber", "Movement", "At", "Reason"];
        let row = [
            format!("B{number}"),
            "RELEASE".to_owned(),
            now(),
            "BOND".to_owned(),
        ];
        let [_, _, moved] = jail(*number)?;
        let movements = ExportFolder::new(agent.folder().join(moved));
        let name = format!("movement-{number:06}.csv");
        released.push(movements.put(&name, &csv(&header, [row])?)?);
        pause(APART);
    }
    Ok(released)
}

/// Takes out what tests set to be quick.
fn shipped_times(agent: &AgentHome) -> anyhow::Result<()> {
    let file = agent.folder().join("agent.toml");
    let config = std::fs::read_to_string(&file)?;
    let is_quick = |line: &&str| !line.starts_with("poll =") && !line.starts_with("settle =");
    let kept: Vec<&str> = config.lines().filter(is_quick).collect();
    Ok(std::fs::write(file, kept.join("\n"))?)
}

/// Writes the list of whom the jail holds.
fn roster(listed: &[u32]) -> anyhow::Result<String> {
    let header = [
        "BookingNumber",
        "InmateNumber",
        "InmateName",
        "Housing",
        "BookedOn",
    ];
    let rows = listed.iter().map(|number| {
        [
            format!("B{number}"),
            number.to_string(),
            format!("SAMPLE{number:03}, AVERY"),
            "B-2".to_owned(),
            "2026-06-01 08:00:00".to_owned(),
        ]
    });
    csv(&header, rows)
}
