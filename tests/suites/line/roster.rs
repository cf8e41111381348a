//! A generated roster with the quirks of a real one, replayed and played through agent and hub.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use savin_agent::identity::StateFolder;
use savin_agent::journal::{Journal, JournalError, position, spool};
use savin_hub::store::registry::log;
use savin_shared::codec::Codec;
use savin_shared::envelope::{SealedBatch, open, portable};
use savin_shared::frame::{Frame, reader::FrameReader};
use savin_shared::ids::Seq;
use savin_shared::sign::VerifyingKey;
use savin_tests::engine::Engine;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::run;
use savin_tests::roster::{Day, KEPT, NEVER, Roster};
use serde_json::Value;

use crate::programs;

const DEMO: &str = env!("CARGO_BIN_EXE_savin-demo");
const DAYS: usize = 12;

/// Writes the generated days as files and returns what is in each.
fn write(folder: &Path) -> anyhow::Result<Vec<Day>> {
    let mut roster = Roster::new(20_260_601, 300);
    let days: Vec<Day> = (0..DAYS).map(|_| roster.next_day()).collect();
    for (number, day) in days.iter().enumerate() {
        let name = format!("GENERATED_Daily_202606{:02}.csv", number + 1);
        std::fs::write(folder.join(name), day.csv()?)?;
    }
    Ok(days)
}

fn mapping(folder: &Path) -> anyhow::Result<String> {
    let path = folder.join("mapping.toml");
    let known = savin_packaging::MAPPINGS;
    let known = known
        .iter()
        .find(|(name, _)| *name == "nyc-daily-roster.toml");
    let (_, text) = known.context("the profile is gone")?;
    std::fs::write(&path, text)?;
    Ok(path
        .to_str()
        .context("the folder's name is not UTF-8")?
        .to_owned())
}

#[test]
fn replay_counts_what_the_files_hold() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let exports = folder.path().join("exports");
    std::fs::create_dir(&exports)?;
    let days = write(&exports)?;
    let endless = exports.join("GENERATED_Daily_20260605.csv");
    let text = std::fs::read_to_string(&endless)?;
    std::fs::write(&endless, text.trim_end())?;
    let mut command = programs().agent();
    command
        .args(["replay", &mapping(folder.path())?])
        .arg(&exports)
        .arg("--json");
    let printed = run(command)?;
    let mut lines = printed.lines().map(serde_json::from_str::<Value>);
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    let mut seen = Seen::default();
    for day in &days {
        let counted = lines.next().context("a file is missing")??;
        for (name, count) in seen.count(day) {
            assert_eq!(counted[name].as_u64(), Some(count), "{name} in {counted}");
            *totals.entry(name).or_default() += count;
        }
        assert_eq!(
            counted["repeat"].as_bool(),
            Some(seen.was_repeat),
            "{counted}"
        );
        let lacks_end = counted["file"] == "GENERATED_Daily_20260605.csv";
        let is_said = counted["remarks"].to_string().contains("line break");
        assert_eq!(is_said, lacks_end, "{counted}");
    }
    let total = lines.next().context("the totals are missing")??;
    for (name, count) in &totals {
        assert_eq!(total[*name].as_u64(), Some(*count), "{name} in {total}");
    }
    // The quirks are there at all.
    for name in [
        "new",
        "no_longer_listed",
        "returned",
        "readmitted",
        "status_changed",
        "custody_level_changed",
    ] {
        ensure!(
            totals.get(name).is_some_and(|count| *count > 0),
            "no {name} in {totals:?}"
        );
    }
    ensure!(total["repeat"].as_u64() == Some(1), "{total}");
    Ok(())
}

/// Another way to count, by persons and their latest admission.
#[derive(Default)]
struct Seen {
    last: Option<Day>,
    admissions: std::collections::BTreeSet<(String, String)>,
    was_repeat: bool,
}

type Latest = BTreeMap<String, (String, String, String)>;

fn latest(day: &Day) -> Latest {
    let mut latest = Latest::new();
    for row in &day.rows {
        let entry = (row.admitted.clone(), row.status.clone(), row.level.clone());
        let known = latest
            .entry(row.person.clone())
            .or_insert_with(|| entry.clone());
        if entry.0 > known.0 {
            *known = entry;
        }
    }
    latest
}

impl Seen {
    fn count(&mut self, day: &Day) -> Vec<(&'static str, u64)> {
        let now = latest(day);
        let before = self.last.as_ref().map(latest).unwrap_or_default();
        self.was_repeat = self.last.as_ref().is_some_and(|last| last == day);
        let number = |count: usize| count as u64;
        let entered: Vec<_> = now
            .iter()
            .filter(|(person, _)| !before.contains_key(*person))
            .collect();
        let stayed: Vec<_> = now
            .iter()
            .filter_map(|(person, now)| Some((now, before.get(person)?)))
            .collect();
        let same: Vec<_> = stayed
            .iter()
            .filter(|(now, before)| now.0 == before.0)
            .collect();
        let returned = entered.iter().filter(|(person, now)| {
            self.admissions
                .contains(&((*person).clone(), now.0.clone()))
        });
        let counts = vec![
            ("rows", number(day.rows.len())),
            ("new", number(entered.len())),
            (
                "no_longer_listed",
                number(
                    before
                        .keys()
                        .filter(|person| !now.contains_key(*person))
                        .count(),
                ),
            ),
            ("returned", number(returned.count())),
            ("readmitted", number(stayed.len() - same.len())),
            (
                "status_changed",
                number(
                    same.iter()
                        .filter(|(now, before)| now.1 != before.1)
                        .count(),
                ),
            ),
            (
                "custody_level_changed",
                number(
                    same.iter()
                        .filter(|(now, before)| now.2 != before.2)
                        .count(),
                ),
            ),
            ("held", 0),
        ];
        self.admissions.extend(
            day.rows
                .iter()
                .map(|row| (row.person.clone(), row.admitted.clone())),
        );
        self.last = Some(day.clone());
        counts
    }
}

#[test]
fn absence_releases_nobody_and_three_planted_releases_three() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let folder = tempfile::tempdir()?;
        let exports = folder.path().join("exports");
        std::fs::create_dir(&exports)?;
        write(&exports)?;
        let kept = folder.path().join("kept");
        let mut command = Command::new(DEMO);
        command
            .arg("--play")
            .arg(&exports)
            .args(["--mapping", &mapping(folder.path())?]);
        command.args(["--plant", "3"]).arg("--keep").arg(&kept);
        if let Some(url) = engine.url() {
            command.args(["--store", &url]);
        }
        // The demo itself fails unless exactly so many releases and release notices came.
        let printed = run(command).with_context(|| engine.name())?;
        ensure!(
            printed.contains("of which 3 say that somebody was released"),
            "{printed}"
        );
        ensure!(printed.contains("NoLongerListed"), "{printed}");
        nothing_left_the_agent(&kept, engine.url()).with_context(|| engine.name())?;
    }
    Ok(())
}

/// Looks for the columns that no profile names where they would be: in the journal's decoded
/// bodies, in the frames that carry them, and in what the hub took out of its frames.
fn nothing_left_the_agent(kept: &Path, store: Option<String>) -> anyhow::Result<()> {
    let state = StateFolder::new(kept.join("agent").join("state"));
    let identity = state.identity()?;
    let agent = identity.agent()?;
    let key = state.signer(agent)?.key().verifying_key();
    let mut journal = Journal::look(&state.journal())?;
    let (epoch, journalled) = journal.read(|tx| {
        let standpoint = position::load(tx)?.ok_or(JournalError::Damaged("no position"))?;
        let batches = spool::after(tx, standpoint.end.epoch, Seq::ZERO, 10_000)?;
        Ok((standpoint.end.epoch, batches))
    })?;
    search("the journal", &journalled, &key)?;

    let mut framed = Vec::new();
    for batch in journalled {
        let mut reader = FrameReader::default();
        reader.push(&Frame::Batch(Box::new(batch)).encode(Codec::Bincode2)?);
        match reader.next_frame()? {
            Some(Frame::Batch(batch)) => framed.push(*batch),
            other => anyhow::bail!("no batch: {other:?}"),
        }
    }
    search("the frames", &framed, &key)?;

    let options = HubOptions {
        store,
        ..HubOptions::default()
    };
    let hub = HubHome::make(&kept.join("hub"), &programs(), &options)?;
    let taken = hub.registry()?.read_now("log", move |tx| {
        log::batches(tx, agent, epoch, Seq::ZERO, 10_000)
    })?;
    let taken: Vec<SealedBatch> = taken
        .iter()
        .map(|bytes| portable::decode(bytes))
        .collect::<Result<_, _>>()?;
    assert_eq!(
        taken.len(),
        framed.len(),
        "the hub took other batches than were framed"
    );
    search("the hub's log", &taken, &key)
}

fn search(place: &str, batches: &[SealedBatch], key: &VerifyingKey) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    for batch in batches {
        for (_, body) in open(batch, key)? {
            bytes.extend(body.context("nothing was erased")?);
        }
    }
    let holds = |word: &str| {
        bytes
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    };
    ensure!(holds(KEPT), "{place}: the search finds nothing");
    for word in NEVER {
        ensure!(!holds(word), "{place} holds {word}");
    }
    Ok(())
}
