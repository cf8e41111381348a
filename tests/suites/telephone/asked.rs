//! The toll-free number of a running hub: where somebody is, by keys alone, and an operator on 0.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_telephone::audio::{tone::tone, wav};
use savin_telephone::media::session::Order;
use savin_telephone::sip::call::Call;
use savin_tests::clock::{monotonic, pause};
use savin_tests::demo::county::jails::{Azalea, azalea_feeds};
use savin_tests::home::{AgentHome, FeedHome, HubHome, HubOptions};
use savin_tests::program::{Program, Programs};
use savin_tests::stage::{AGENCY, FACILITY};
use savin_tests::visitor::Visitor;

use crate::hub::{LINES, trunks};
use crate::place::{LOOK, PATIENCE, Place, port, trunk};
use crate::sipp::{Sipp, Step};

/// What the hub's voice was asked to say so far.
pub(crate) struct Said(pub(crate) PathBuf);

impl Said {
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap_or_default()
    }

    fn until(&self, words: &str) -> anyhow::Result<()> {
        let deadline = monotonic() + PATIENCE;
        while !self.text().contains(words) {
            ensure!(monotonic() < deadline, "not said: {words}: {}", self.text());
            pause(LOOK);
        }
        Ok(())
    }
}

/// Presses keys, once the hub has something new to say.
async fn press(phone: &Call, said: &Said, keys: &str) -> anyhow::Result<()> {
    let before = said.text().len();
    phone.order(Order::Press(keys.to_owned())).await;
    let deadline = monotonic() + PATIENCE;
    while said.text().len() == before {
        ensure!(monotonic() < deadline, "nothing came of {keys}");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// A voice that writes down what it is to say, and says a short tone.
fn voice(folder: &Path) -> anyhow::Result<(String, Said)> {
    let (phrase, said) = (folder.join("phrase.wav"), folder.join("said.txt"));
    std::fs::write(&phrase, wav::write(&tone(&[440.0], 60, 8_000.0)))?;
    let command = format!(
        "cat >> {0}; echo >> {0}; cat {1}",
        said.display(),
        phrase.display()
    );
    let voice = format!("[voice]\ncommand = ['sh', '-c', '{command}']\n");
    Ok((voice, Said(said)))
}

/// Sets a jail with somebody in it, and waits until the hub knows.
pub(crate) fn jail(
    folder: &Path,
    programs: &Programs,
    hub: &HubHome,
) -> anyhow::Result<(Program, Azalea)> {
    let [bookings] = azalea_feeds();
    let feed = FeedHome {
        facility: FACILITY,
        ..bookings
    };
    let home = folder.join("agent");
    let agent = AgentHome::make(&home, programs, &[feed])?;
    let county = Azalea::make(&home)?;
    agent.enroll(&hub.token(AGENCY)?)?;
    let watching = agent.start()?;
    let visitor = Visitor::new(hub.site());
    let deadline = monotonic() + PATIENCE;
    while visitor.look_up("Quillfeather")?.is_empty() {
        ensure!(monotonic() < deadline, "nobody is listed");
        pause(Duration::from_millis(200));
    }
    Ok((watching, county))
}

#[tokio::test(flavor = "multi_thread")]
async fn clause_1_d_and_1_e_a_caller_hears_where_somebody_is_and_reaches_an_operator()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let hub = HubHome::make(
        &folder.path().join("hub"),
        &programs,
        &HubOptions::default(),
    )?;
    let (voice, said) = voice(folder.path())?;
    let mut line = trunk("hub", 0);
    line.caller = "6015550177".to_owned();
    let desk = port();
    let at = [("carrier", line.bind.port()), ("switchboard", desk)];
    let desks =
        "[[telephone.desks]]\nname = 'night'\ntrunk = 'switchboard'\nnumber = '6015550123'\n";
    let listening = trunks(folder.path(), &at, LINES, &format!("{desks}{voice}"))?;
    line.server.port = listening.first().copied();
    hub.add_agency(
        AGENCY,
        "Test County Sheriff",
        &[(FACILITY, "Test County Jail")],
    )?;
    let operator = Sipp::start(
        folder.path(),
        desk,
        &[Step::Ring, Step::Answer(""), Step::Wait(500), Step::HangUp],
    )?;
    let serving = hub.serve()?;
    let (watching, _county) = jail(folder.path(), &programs, &hub)?;
    let caller = Place::open(vec![line]).await?;
    caller.until_up("hub").await?;

    let phone = caller.dial().await.ok().context("the hub takes no call")?;
    said.until("call 9 1 1")?;
    // Where a person is now; by spelling; Q-U-I-L-L-F-E-A-T-H-E-R; any given name.
    for keys in ["1", "3", "784553328437#", "#"] {
        press(&phone, &said, keys).await?;
    }
    said.until("In custody at")?;
    phone.order(Order::Press("0".to_owned())).await;
    let deadline = monotonic() + PATIENCE;
    while operator.received("INVITE") == 0 {
        ensure!(
            monotonic() < deadline,
            "no operator was called: {}",
            said.text()
        );
        tokio::time::sleep(LOOK).await;
    }
    let log = serving.log();
    ensure!(log.contains("A call was taken"), "{log}");
    serving.keeps_quiet(&["6015550177", "Quillfeather", "784553328437"])?;
    drop(phone);
    caller.close().await;
    for program in [watching, serving] {
        let log = program.log();
        ensure!(program.stop()?.success(), "{log}");
    }
    Ok(())
}
