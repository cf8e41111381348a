//! From the row of a release to the call by a carrier, the PIN and the notice that is confirmed; and what
//! becomes of a call whose hub dies.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use savin_hub::ids::NoticeId;
use savin_hub::store::vault::{carrying, placed};
use savin_telephone::audio::{tone::tone, wav};
use savin_tests::called::Called;
use savin_tests::carrier::{Act, Carrier, Person, write_token};
use savin_tests::clock::{monotonic, pause, wall};
use savin_tests::program::Programs;
use serde_json::Value;

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Gives a hub a trunk that leads nowhere, a voice that writes down what it says, and a carrier.
fn write(home: &Path, folder: &Path, carrier: &Carrier) -> anyhow::Result<()> {
    let phrase = folder.join("phrase.wav");
    std::fs::write(&phrase, wav::write(&tone(&[440.0], 60, 8_000.0)))?;
    write_token(home)?;
    let trunk = "[telephone]\nbind = '127.0.0.1'\nmedia_ports = [39900, 39919]\n\
        [[telephone.trunks]]\nname = 'first'\nserver = '127.0.0.1:39890'\nlisten = '127.0.0.1:0'\n\
        caller = '6015550100'\nlines = 2\n";
    let voice = format!(
        "[voice]\ncommand = ['sh', '-c', 'cat >> {0}; echo >> {0}; cat {1}']\n{trunk}",
        folder.join("said.txt").display(),
        phrase.display()
    );
    let mut file = OpenOptions::new()
        .append(true)
        .open(home.join("hub.toml"))?;
    file.write_all(carrier.settings(&voice).as_bytes())?;
    Ok(())
}

/// Looks at the lines, calls the number, and has a telephone in one's own hand called.
fn asked_and_tried(called: &Called, carrier: &Carrier, folder: &Path) -> anyhow::Result<()> {
    let up = "\"condition\":\"up\"";
    let is_up = |line: &str| line.contains("[carrier]") && line.contains(up);
    let deadline = monotonic() + PATIENCE;
    // Each line is noted as the hub has looked at it for the first time.
    loop {
        let lines = called.hub.cli(&["trunks", "--json"])?;
        if lines.lines().any(is_up) {
            break;
        }
        ensure!(monotonic() < deadline, "not up: {lines}");
        pause(Duration::from_millis(50));
    }
    // Where a person is now; by spelling; Q-U-I-L-L-F-E-A-T-H-E-R; any given name; a person, and none is there.
    let keys = ["1", "3", "784553328437#", "#", "0"].map(Act::press);
    carrier.ring(called.hub.site(), keys.into());
    carrier.after(1, |_| ())?;
    let said = std::fs::read_to_string(folder.join("said.txt"))?;
    for words in ["call 9 1 1", "In custody at"] {
        ensure!(said.contains(words), "not said: {words}: {said}");
    }
    let tasks = called.hub.cli(&["tasks", "--kind", "other", "--json"])?;
    ensure!(tasks.contains("wanted an operator"), "{tasks}");
    carrier.next(Person::Answers(vec![Act::press("57#")]));
    let tried = called
        .hub
        .cli(&["call", "--test", "601-555-0177", "--carrier", "--json"])?;
    ensure!(tried.contains("completed"), "{tried}");
    let serving = called.serving()?;
    serving.wait_for("Keys were heard in a call for trial", PATIENCE)?;
    Ok(())
}

#[test]
fn a_release_is_told_by_a_carrier_and_confirmed_by_the_pin() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let carrier = Carrier::start()?;
    carrier.double();
    let called = Called::set(folder.path(), &programs, |home| {
        write(home, folder.path(), &carrier)
    })?;
    asked_and_tried(&called, &carrier, folder.path())?;
    carrier.next(Person::Answers(vec![
        Act::press("1111#"),
        Act::press("2580#"),
        Act::Wait,
        Act::HangUp,
    ]));
    called.release()?;
    let serving = called.serving()?;
    serving.wait_for("No trunk carried a call", PATIENCE)?;
    let notice = called.until("confirmed", |notice| notice["state"] == "confirmed")?;
    let (wanted, spoken) = carrier.after(3, |noted| (noted.wanted.clone(), noted.heard.clone()))?;
    let calls = wanted.iter().filter(|wanted| is_hers(wanted)).count();
    ensure!(calls == 1, "she was called {calls} times: {notice}");
    // Everything of the notice was said by the hub's own voice, in sounds.
    let spoken: Vec<_> = spoken
        .iter()
        .filter(|heard| heard.parse::<u32>().is_err())
        .collect();
    ensure!(spoken == ["2 keys were heard."], "{spoken:?}");
    called.keeps_quiet(&["sesame", "/carrier/call/", "784553328437"])?;
    called.stop()
}

fn is_hers(wanted: &BTreeMap<String, String>) -> bool {
    wanted.get("To").is_some_and(|to| to == "+16015550123")
}

#[test]
fn a_call_whose_hub_dies_is_ended_and_its_try_is_what_the_carrier_says() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let carrier = Carrier::start()?;
    let mut called = Called::set(folder.path(), &programs, |home| {
        write(home, folder.path(), &carrier)
    })?;
    // She is in the call when the hub dies, and presses her PIN once another runs.
    let acts = vec![Act::Hold, Act::press("2580#"), Act::Wait, Act::HangUp];
    carrier.next(Person::Answers(acts));
    called.release()?;
    carrier.until_held()?;
    let notice = until_named(&called)?;
    called.kill()?;
    // Another node of the hub, to which the dead one's lease is somebody else's.
    called.hub.be_another_node()?;
    called.start_again()?;
    carrier.go_on();
    let last = carrier.after(1, |noted| noted.documents.last().cloned())?;
    let last = last.context("nothing was asked")?;
    ensure!(
        last.ends_with("<Response><Hangup/></Response>"),
        "she hears {last}"
    );
    // Whoever takes the try over asks what became of it, and places no call before.
    end_lease(&called, &notice)?;
    let over = called.until("over", |notice| notice["outcome"] == "answered")?;
    ensure!(over["attempts"] == 1, "{over}");
    let log = called.serving()?.log();
    ensure!(log.contains("A call was left by a hub that died"), "{log}");
    let wanted = carrier.after(1, |noted| noted.wanted.len())?;
    ensure!(wanted == 1, "she was called {wanted} times");
    called.keeps_quiet(&["sesame", "/carrier/call/"])?;
    called.stop()
}

#[test]
fn a_call_that_outlives_its_hub_is_ended_by_the_next() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let carrier = Carrier::start()?;
    let mut called = Called::set(folder.path(), &programs, |home| {
        write(home, folder.path(), &carrier)
    })?;
    carrier.next(Person::Answers(vec![Act::Hold]));
    called.release()?;
    carrier.until_held()?;
    until_named(&called)?;
    called.kill()?;
    called.start_again()?;
    let over = called.until("over", |notice| notice["outcome"] == "answered")?;
    ensure!(over["attempts"] == 1, "{over}");
    let ended = carrier.after(0, |noted| noted.ended.len())?;
    ensure!(ended == 1, "the call was left");
    carrier.go_on();
    let wanted = carrier.after(1, |noted| noted.wanted.len())?;
    ensure!(wanted == 1, "she was called {wanted} times");
    called.stop()
}

/// Waits until the hub has kept the carrier's name of the call that it places, without which whoever comes
/// after a crash can only place it again; returns the notice.
///
/// # Errors
/// Returns that it was not kept.
fn until_named(called: &Called) -> anyhow::Result<Value> {
    let notice = called.until("tried", |notice| notice["state"] == "trying")?;
    let store = called.hub.vault_store()?;
    let deadline = monotonic() + PATIENCE;
    // Calls that are left once every lease has ended.
    while store
        .read_now("named calls", |tx| placed::left(tx, Timestamp::MAX))?
        .is_empty()
    {
        ensure!(
            monotonic() < deadline,
            "the carrier's name was not kept: {notice}"
        );
        pause(Duration::from_millis(50));
    }
    Ok(notice)
}

/// Lets the lease of a call end now that a dead hub holds, as it would in five minutes.
fn end_lease(called: &Called, notice: &Value) -> anyhow::Result<()> {
    let id = notice["notice"].as_str().context("no notice")?;
    let id: NoticeId = id.parse()?;
    let now = wall();
    let store = called.hub.vault_store()?;
    let is_held = store.write_now("end lease", move |tx| carrying::hold(tx, id, 1, now))?;
    ensure!(is_held, "{id} has another claim");
    Ok(())
}
