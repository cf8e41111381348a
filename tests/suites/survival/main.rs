//! `kill -9` of agent and hub under load, on both engines: nothing is lost, nothing comes twice, and
//! chain and digest are equal at the end.

mod aged;
mod county;
mod cut_off;
mod damaged;
mod decided;
mod offices;
mod restore;
mod telling;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_agent::identity::StateFolder;
use savin_agent::journal::{Journal, spool};
use savin_hub::store::registry::{log, position};
use savin_shared::chain::Position;
use savin_shared::envelope::{SealedBatch, open, portable};
use savin_shared::event::EventCode;
use savin_shared::ids::Seq;
use savin_tests::clock::{monotonic, pause};
use savin_tests::demo::county::jails::azalea_feeds;
use savin_tests::dice::Dice;
use savin_tests::engine::Engine;
use savin_tests::home::{FeedHome, HubOptions};
use savin_tests::program::{Program, Programs};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::visitor::Visitor;
use serde_json::Value;

use county::{Booking, County};

/// How often somebody is killed, on each engine.
const KILLS: usize = 200;

/// Once in so many kills somebody is released of whom a registrant has asked to hear.
const KILLS_A_RELEASE: usize = 12;

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(90);

/// What both programs say around each commit, at this level.
const LEVEL: &str = "info,savin_agent::journal=trace,savin_hub::store=trace";
const BEFORE: &str = "Committing";
const AFTER: &str = "Committed";

/// The longest pause before a kill that is aimed at nothing, and at a commit that has just begun.
const ANY_MOMENT_MS: usize = 250;
const COMMIT_US: usize = 5_000;

/// How many fell inside a commit.
#[derive(Debug, Default)]
struct Kills {
    agent: usize,
    agent_inside: usize,
    hub: usize,
    hub_inside: usize,
}

#[test]
fn nothing_is_lost_and_nothing_comes_twice_on_sqlite() -> anyhow::Result<()> {
    println!("{}", survives(&Engine::Files, 733)?);
    Ok(())
}

#[test]
fn nothing_is_lost_and_nothing_comes_twice_on_postgresql() -> anyhow::Result<()> {
    println!("{}", survives(&Engine::server()?, 99_451)?);
    Ok(())
}

/// Kills, looks, and returns the figures.
fn survives(engine: &Engine, seed: u64) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let [bookings] = azalea_feeds();
    let feed = FeedHome {
        facility: FACILITY,
        ..bookings
    };
    let home = folder.path().join("agent");
    std::fs::create_dir(&home)?;
    let county = County::make(&home, seed)?;
    let options = HubOptions {
        store: engine.url(),
        ..HubOptions::default()
    };
    let programs = Programs::Together(Path::new(env!("CARGO_BIN_EXE_savin-demo")).to_owned());
    let mut stage = Stage::set(folder.path(), &programs, options, &[feed])?;
    let watched = county.watched();
    register(&stage, &watched)?;
    stage.watching.stop()?;
    stage.serving.stop()?;
    stage.serving = stage.hub.serve_logging(LEVEL)?;
    stage.watching = stage.agent.start_logging(LEVEL)?;

    let load = county.run();
    let mut kills = Kills::default();
    let mut dice = Dice::new(seed);
    let releases = watched.iter();
    let mut releases = releases.map(|booking| booking.number.clone());
    for round in 0..KILLS {
        if round % KILLS_A_RELEASE == 0
            && let Some(number) = releases.next()
        {
            load.release(number)?;
        }
        let round = format!("round {round} of seed {seed}: {kills:?}");
        if dice.one_in(2) {
            stage.watching = cut(stage.watching, &mut dice, &mut kills.agent_inside)
                .and_then(|()| stage.agent.start_logging(LEVEL))
                .context(round)?;
            kills.agent += 1;
        } else {
            stage.serving = cut(stage.serving, &mut dice, &mut kills.hub_inside)
                .and_then(|()| stage.hub.serve_logging(LEVEL))
                .context(round)?;
            kills.hub += 1;
        }
    }
    let (last, bookings) = load.end()?;

    let standing = Standing::settled(&stage.agent, "bookings", last, PATIENCE)?;
    let deltas = standing.end.seq.0;
    ensure!(
        kills.agent_inside > 0 && kills.hub_inside > 0,
        "no kill fell inside a commit: {kills:?}"
    );
    the_hub_has_the_agents_chain(&stage, &standing)?;
    every_change_is_one_event(&stage, &bookings)?;
    let letters = every_release_is_one_notice(&stage, &bookings, kills.hub)?;
    stage.strike()?;
    Ok(format!(
        "{}, {deltas} deltas, {kills:?}, {letters}",
        engine.name()
    ))
}

/// Registers somebody for each of the watched bookings.
fn register(stage: &Stage, watched: &[Booking]) -> anyhow::Result<()> {
    let visitor = Visitor::new(stage.hub.site());
    let deadline = monotonic() + PATIENCE;
    for booking in watched {
        let person = loop {
            let found = visitor.look_up(&booking.surname)?;
            if let [path] = found.as_slice() {
                break path.trim_start_matches("/person/").parse()?;
            }
            ensure!(monotonic() < deadline, "{} is not listed", booking.surname);
            pause(Duration::from_millis(50));
        };
        let email = format!("{}@home.example", booking.number.to_lowercase());
        stage.register(&email, person)?;
    }
    Ok(())
}

/// Waits until a program has committed something since it was started, and kills it: half of the
/// time at any moment, half of the time soon after it has begun to commit.
fn cut(program: Program, dice: &mut Dice, inside: &mut usize) -> anyhow::Result<()> {
    ensure!(
        program.has_said(AFTER, 1, PATIENCE),
        "nothing was committed:\n{}",
        program.log()
    );
    if dice.one_in(2) {
        pause(Duration::from_millis(dice.below(ANY_MOMENT_MS) as u64));
    } else {
        let begun = program.count(BEFORE) + 1;
        ensure!(
            program.has_said(BEFORE, begun, PATIENCE),
            "nothing more is committed:\n{}",
            program.log()
        );
        pause(Duration::from_micros(dice.below(COMMIT_US) as u64));
    }
    let log = program.kill()?;
    let count = |text: &str| log.iter().filter(|line| line.contains(text)).count();
    if count(BEFORE) > count(AFTER) {
        *inside += 1;
    }
    Ok(())
}

/// Compares journal and log batch by batch, checks every signature and the chain from its first
/// delta to its last, and compares the digests of both lists.
fn the_hub_has_the_agents_chain(stage: &Stage, standing: &Standing) -> anyhow::Result<()> {
    let (agent, end) = (standing.agent, standing.end);
    let mut journal = Journal::look(&stage.agent.journal())?;
    let journalled = journal.read(|tx| spool::after(tx, end.epoch, Seq::ZERO, 1_000_000))?;
    let (durable, logged) = stage.hub.registry()?.read_now("compare", move |tx| {
        Ok((
            position::load(tx, agent)?,
            log::batches(tx, agent, end.epoch, Seq::ZERO, 1_000_000)?,
        ))
    })?;
    let logged: Vec<SealedBatch> = logged
        .iter()
        .map(|bytes| portable::decode(bytes))
        .collect::<Result<_, _>>()?;
    ensure!(logged == journalled, "the hub logged other batches");
    let state = StateFolder::new(stage.agent.folder().join("state"));
    let key = state.signer(agent)?.key().verifying_key();
    let mut head = Position::genesis(agent, end.epoch);
    for batch in &logged {
        ensure!(
            batch.header.span.first == head.seq.next() && batch.header.before() == head,
            "the chain breaks after {head:?}"
        );
        open(batch, &key)?;
        head = batch.header.after();
    }
    assert_eq!(head, end);
    let durable = durable.context("the hub has nothing")?;
    assert_eq!(durable.position, end);
    assert_eq!(durable.digest.root(), standing.digest);
    Ok(())
}

/// Whoever was not there at first was booked once, nobody was released more than once, and whoever left came back before leaving
/// again; where each of them is at last is what the county says.
fn every_change_is_one_event(stage: &Stage, bookings: &[Booking]) -> anyhow::Result<()> {
    let mut told: BTreeMap<String, Vec<EventCode>> = BTreeMap::new();
    let mut tail = stage.tail()?;
    loop {
        let known = tail.fresh()?;
        if known.is_empty() {
            break;
        }
        for known in known {
            told.entry(known.name).or_default().push(known.code);
        }
    }
    for booking in bookings {
        let events = told.remove(&booking.name()).unwrap_or_default();
        let booked = (!booking.is_watched).then_some(EventCode::Booked);
        let mut expected: Vec<EventCode> = booked.into_iter().collect();
        let is_away = |events: &[EventCode]| events.last() == Some(&EventCode::LeaveStart);
        for event in events.iter().skip(expected.len()) {
            expected.push(if booking.is_watched && *event == EventCode::Released {
                EventCode::Released
            } else if is_away(&expected) {
                EventCode::LeaveEnd
            } else {
                EventCode::LeaveStart
            });
        }
        let is_last = match booking.status {
            "REL" => events.last() == Some(&EventCode::Released),
            "LEAVE" => is_away(&events),
            _ => events.last() != Some(&EventCode::Released) && !is_away(&events),
        };
        ensure!(
            events == expected && is_last,
            "{booking:?} made {events:?}, which should be {expected:?}"
        );
    }
    ensure!(told.is_empty(), "somebody is unknown: {told:?}");
    Ok(())
}

/// Every release of somebody watched is one notice. The mail server may have been given it again,
/// since a hub that dies between the server's answer and its own commit cannot know of it.
fn every_release_is_one_notice(
    stage: &Stage,
    bookings: &[Booking],
    hub_kills: usize,
) -> anyhow::Result<String> {
    let released = |booking: &&Booking| booking.is_watched && booking.status == "REL";
    let released: BTreeSet<String> = bookings
        .iter()
        .filter(released)
        .map(|booking| format!("{}@home.example", booking.number.to_lowercase()))
        .collect();
    ensure!(!released.is_empty(), "nobody was released");
    let letters = stage.mailbox.ledger().wait(PATIENCE, |letters| {
        let to: BTreeSet<String> = letters.iter().map(|letter| letter.to.clone()).collect();
        (to == released).then(|| letters.to_vec())
    });
    let letters =
        letters.with_context(|| format!("{released:?} and {:?}", stage.mailbox.letters().len()))?;
    let ids: BTreeSet<&str> = letters
        .iter()
        .map(|letter| letter.message_id.as_str())
        .collect();
    assert_eq!(ids.len(), released.len(), "somebody was told twice");
    ensure!(
        letters.len() - ids.len() <= hub_kills,
        "{} copies",
        letters.len()
    );

    let notices = stage.hub.cli(&["notices", "--json", "--limit", "1000"])?;
    let notices: Vec<Value> = notices
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    assert_eq!(notices.len(), released.len());
    Ok(format!(
        "{} notices in {} letters",
        notices.len(),
        letters.len()
    ))
}
