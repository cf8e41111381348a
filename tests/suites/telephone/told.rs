//! From the row of a release to the call, the PIN and the notice that is confirmed.

use anyhow::ensure;
use savin_telephone::audio::{tone::tone, wav};
use savin_tests::clock::{monotonic, pause};
use savin_tests::demo::county::jails::{Azalea, azalea_feeds};
use savin_tests::home::{AgentHome, FeedHome, HubHome, HubOptions};
use savin_tests::program::Programs;
use savin_tests::stage::{AGENCY, FACILITY};
use serde_json::Value;

use crate::hub::trunks;
use crate::place::{LOOK, PATIENCE, port};
use crate::sipp::{Sipp, Step};

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

#[test]
fn a_release_is_told_by_telephone_and_confirmed_by_the_pin() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let options = HubOptions::default();
    let hub = HubHome::make(&folder.path().join("hub"), &programs, &options)?;
    let at = port();
    let phrase = folder.path().join("phrase.wav");
    std::fs::write(&phrase, wav::write(&tone(&[440.0], 100, 8_000.0)))?;
    let voice = format!(
        "[voice]\ncommand = ['sh', '-c', 'cat > /dev/null; cat {}']\n",
        phrase.display()
    );
    trunks(folder.path(), &[("first", at)], &voice)?;
    hub.add_agency(
        AGENCY,
        "Test County Sheriff",
        &[(FACILITY, "Test County Jail")],
    )?;
    let [bookings] = azalea_feeds();
    let feed = FeedHome {
        facility: FACILITY,
        ..bookings
    };
    let home = folder.path().join("agent");
    let agent = AgentHome::make(&home, &programs, &[feed])?;
    let county = Azalea::make(&home)?;
    let steps = [
        Step::Ring,
        Step::Answer(""),
        Step::Wait(1_000),
        Step::Press("2580#"),
        Step::HungUp,
    ];
    let peer = Sipp::start(folder.path(), at, &steps)?;
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
    // She can be registered as soon as the first list of the jail is known; that list tells nothing.
    let deadline = monotonic() + PATIENCE;
    while let Err(failure) = hub.cli_with(&register, "6015550123\n2580\n") {
        ensure!(monotonic() < deadline, "{failure:#}");
        pause(LOOK);
    }
    county.release("A-1001", "BOND")?;
    let notice = until(&hub, "confirmed")?;
    ensure!(peer.received("INVITE") > 0, "{notice}");
    ensure!(
        peer.messages()
            .contains("INVITE sip:+16015550123@127.0.0.1")
    );
    let log = serving.log();
    ensure!(
        !log.contains("6015550123") && !log.contains("2580"),
        "the log tells"
    );
    for program in [watching, serving] {
        let log = program.log();
        ensure!(program.stop()?.success(), "{log}");
    }
    ensure!(peer.received("INVITE") == 1, "she was called again");
    Ok(())
}
