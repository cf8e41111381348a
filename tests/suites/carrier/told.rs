//! From the row of a release to the call by a carrier, the PIN and the notice that is confirmed.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use savin_telephone::audio::{tone::tone, wav};
use savin_tests::carrier::{Act, Carrier, Person, write_token};
use savin_tests::clock::{monotonic, pause};
use savin_tests::demo::county::jails::{Azalea, azalea_feeds};
use savin_tests::home::{AgentHome, FeedHome, HubHome, HubOptions};
use savin_tests::program::{Program, Programs};
use savin_tests::stage::{AGENCY, FACILITY};
use serde_json::Value;

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at what another process does.
const LOOK: Duration = Duration::from_millis(50);

/// Waits until the newest notice is in a state.
fn until(hub: &HubHome, state: &str) -> anyhow::Result<Value> {
    let deadline = monotonic() + PATIENCE;
    loop {
        let shown = hub.cli(&["notices", "--limit", "1", "--json"])?;
        let notice: Option<Value> = shown.lines().next().map(serde_json::from_str).transpose()?;
        if let Some(notice) = notice.filter(|notice| notice["state"] == state) {
            return Ok(notice);
        }
        ensure!(monotonic() < deadline, "no notice is {state}: {shown}");
        pause(LOOK);
    }
}

/// Makes a hub whose trunk leads nowhere, and which has a carrier.
fn make_hub(folder: &Path, programs: &Programs, carrier: &Carrier) -> anyhow::Result<HubHome> {
    let home = folder.join("hub");
    let hub = HubHome::make(&home, programs, &HubOptions::default())?;
    let phrase = folder.join("phrase.wav");
    std::fs::write(&phrase, wav::write(&tone(&[440.0], 60, 8_000.0)))?;
    write_token(&home)?;
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
    hub.add_agency(
        AGENCY,
        "Test County Sheriff",
        &[(FACILITY, "Test County Jail")],
    )?;
    Ok(hub)
}

/// Looks at the lines, calls the number, and has a telephone in one's own hand called.
fn asked_and_tried(
    hub: &HubHome,
    carrier: &Carrier,
    folder: &Path,
    serving: &Program,
) -> anyhow::Result<()> {
    let lines = hub.cli(&["trunks", "--json"])?;
    let up = "\"condition\":\"up\"";
    ensure!(
        lines
            .lines()
            .any(|line| line.contains("[carrier]") && line.contains(up)),
        "{lines}"
    );
    // Where a person is now; by spelling; Q-U-I-L-L-F-E-A-T-H-E-R; any given name; a person, and none is there.
    let keys = ["1", "3", "784553328437#", "#", "0"].map(Act::Press);
    carrier.ring(hub.site(), keys.into());
    carrier.after(1, |_| ())?;
    let said = std::fs::read_to_string(folder.join("said.txt"))?;
    for words in ["call 9 1 1", "In custody at"] {
        ensure!(said.contains(words), "not said: {words}: {said}");
    }
    let tasks = hub.cli(&["tasks", "--kind", "other", "--json"])?;
    ensure!(tasks.contains("wanted an operator"), "{tasks}");
    carrier.next(Person::Answers(vec![Act::Press("57#")]));
    let tried = hub.cli(&["call", "--test", "601-555-0177", "--carrier", "--json"])?;
    ensure!(tried.contains("completed"), "{tried}");
    serving.wait_for("Keys were heard in a call for trial", PATIENCE)?;
    Ok(())
}

#[test]
fn a_release_is_told_by_a_carrier_and_confirmed_by_the_pin() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let carrier = Carrier::start()?;
    let hub = make_hub(folder.path(), &programs, &carrier)?;
    let [bookings] = azalea_feeds();
    let feed = FeedHome {
        facility: FACILITY,
        ..bookings
    };
    let agent_home = folder.path().join("agent");
    let agent = AgentHome::make(&agent_home, &programs, &[feed])?;
    let county = Azalea::make(&agent_home)?;
    carrier.double();
    let serving = hub.serve()?;
    agent.enroll(&hub.token(AGENCY)?)?;
    let watching = agent.start()?;
    let register = [
        "register",
        "--person",
        "Tansy Quillfeather",
        "--by",
        "telephone",
        "--pin",
    ];
    let deadline = monotonic() + PATIENCE;
    while let Err(failure) = hub.cli_with(&register, "6015550123\n2580\n") {
        ensure!(monotonic() < deadline, "{failure:#}");
        pause(LOOK);
    }
    asked_and_tried(&hub, &carrier, folder.path(), &serving)?;
    carrier.next(Person::Answers(vec![
        Act::Press("1111#"),
        Act::Press("2580#"),
        Act::Wait,
        Act::HangUp,
    ]));
    county.release("A-1001", "BOND")?;
    serving.wait_for("No trunk carried a call", PATIENCE)?;
    let notice = until(&hub, "confirmed")?;
    let (wanted, spoken) = carrier.after(3, |noted| (noted.wanted.clone(), noted.heard.clone()))?;
    let hers = |wanted: &&BTreeMap<String, String>| wanted["To"] == "+16015550123";
    let calls = wanted.iter().filter(hers).count();
    ensure!(calls == 1, "she was called {calls} times: {notice}");
    // Everything of the notice was said by the hub's own voice, in sounds.
    let spoken: Vec<_> = spoken
        .iter()
        .filter(|heard| heard.parse::<u32>().is_err())
        .collect();
    ensure!(spoken == ["2 keys were heard."], "{spoken:?}");
    let log = serving.log();
    for secret in [
        "6015550123",
        "2580",
        "sesame",
        "/carrier/call/",
        "784553328437",
    ] {
        ensure!(!log.contains(secret), "the log tells {secret}: {log}");
    }
    for program in [watching, serving] {
        let log = program.log();
        ensure!(program.stop()?.success(), "{log}");
    }
    Ok(())
}
