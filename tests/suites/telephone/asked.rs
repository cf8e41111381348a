//! The toll-free number of a running hub: where somebody is, by keys alone, and an operator on 0.

use anyhow::{Context as _, ensure};
use savin_telephone::media::session::Order;
use savin_telephone::sip::call::Call;
use savin_tests::clock::monotonic;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::Programs;
use savin_tests::stage::{AGENCY, FACILITY};
use savin_tests::toll_free::jail;
use savin_tests::toll_free::spoken::{self, Said};

use crate::hub::{LINES, trunks, until as until_shown};
use crate::place::{LOOK, PATIENCE, Place, port, trunk};
use crate::sipp::{Sipp, Step};

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

/// Waits until something was said.
async fn until(said: &Said, words: &str) -> anyhow::Result<()> {
    let deadline = monotonic() + PATIENCE;
    while !said.text().contains(words) {
        ensure!(monotonic() < deadline, "not said: {words}: {}", said.text());
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
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
    let (voice, said) = spoken::voice(folder.path())?;
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
        &[
            Step::Ring,
            Step::Answer(""),
            Step::Wait(500),
            Step::Press("1"),
            Step::Wait(500),
            Step::HangUp,
        ],
    )?;
    let serving = hub.serve()?;
    let (watching, _county) = jail(folder.path(), &programs, &hub)?;
    let caller = Place::open(vec![line]).await?;
    caller.until_up("hub").await?;

    let phone = caller.dial().await.ok().context("the hub takes no call")?;
    until(&said, "call 9 1 1").await?;
    // Where a person is now; by spelling; Q-U-I-L-L-F-E-A-T-H-E-R; any given name.
    for keys in ["1", "3", "784553328437#", "#"] {
        press(&phone, &said, keys).await?;
    }
    until(&said, "In custody at").await?;
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
    // What the call to the desk costs is counted once it is over: a minute.
    let budget = ["notices", "budget", "--json"];
    let counted = until_shown(&hub, &budget, |shown| {
        shown[0]["incoming"]["operators_day"]["calls"] == 1
    })?;
    let cost = &counted[0]["incoming"]["operators_day"];
    ensure!(cost["minutes"] == 1 && cost["spent"] == "0.02", "{cost}");
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
