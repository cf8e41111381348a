//! The bounds of telling, as an operator meets them: what waits for money or for a number's rest, why it says
//! so, and what a person's decision lets go on.

use std::path::Path;

use anyhow::{Context as _, ensure};
use savin_shared::event::EventCode;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::Programs;
use serde_json::Value;

use crate::hub::{LINES, called, fact, phrase, plan, register, trunks, until};
use crate::place::port;
use savin_tests::sipp::{Sipp, Step};

/// A minute costs as much as a day may, and no number is called more than once in a day, unless somebody escaped.
const BOUNDS: &str = "[bounds]\ncalls_a_day = 1\nescape_calls_a_day = 2\n[bounds.rates]\n\
    call_minute = '0.25'\n[bounds.budget]\nday = '0.25'\n";

fn count(values: &[Value], field: &str, is: &str) -> usize {
    values.iter().filter(|value| value[field] == is).count()
}

#[test]
fn what_can_wait_waits_for_the_budget_and_an_escape_does_not() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let hub = HubHome::make(
        &folder.path().join("hub"),
        &programs,
        &HubOptions::default(),
    )?;
    let at = port();
    let more = format!("{}{BOUNDS}", phrase(folder.path())?);
    trunks(folder.path(), &[("first", at)], LINES, &more)?;
    let checked = hub.cli(&["check"])?;
    ensure!(checked.contains("0.25 dollars a day"), "{checked}");
    for number in ["601-555-0123", "601-555-0124"] {
        register(&hub, number, None)?;
    }
    // Whoever answers hangs up at once: that is a minute, and no confirmation.
    let steps = [Step::Ring, Step::Answer(""), Step::Wait(300), Step::HangUp];
    let peer = Sipp::start(folder.path(), at, &steps)?;
    plan(&hub, fact(1, EventCode::HearingSet, 4))?;
    let serving = hub.serve()?;
    let kept = ["notices", "--json"];
    let shown = until(&hub, &kept, |rows| count(rows, "waits_for", "budget") == 1)?;
    ensure!(
        shown.len() == 2 && count(&shown, "outcome", "answered") == 1,
        "{shown:?}"
    );
    ensure!(called(&peer) == 1, "{}", peer.messages());
    let budget = until(&hub, &["notices", "budget", "--json"], |_| true)?;
    ensure!(budget[0]["kept_back"] == 1, "{budget:?}");
    ensure!(budget[0]["accounts"][0]["level"] == "spent", "{budget:?}");
    ensure!(budget[0]["accounts"][0]["by"]["telephone"]["spent"] == "0.25");
    ensure!(
        hub.cli(&["status"])?
            .contains("BUDGET SPENT: 1 notices wait")
    );
    let asked = ["tasks", "--kind", "budget", "--json"];
    let tasks = until(&hub, &asked, |tasks| !tasks.is_empty())?;
    ensure!(tasks.len() == 1, "{tasks:?}");
    // Who answered her call about the hearing is called about an escape, and so is who was not called.
    plan(&hub, fact(2, EventCode::Escaped, 1))?;
    until(&hub, &kept, |rows| count(rows, "outcome", "answered") == 3)?;
    ensure!(called(&peer) == 3, "{}", peer.messages());
    raise(folder.path(), &hub)?;
    // With the money it is its turn; but that number has had its calls today.
    let shown = until(&hub, &kept, |rows| {
        count(rows, "waits_for", "calls-a-day") >= 1
    })?;
    let waiting = shown.iter().find(|row| row["waits_for"] == "calls-a-day");
    let waiting = waiting.context("one waits")?;
    ensure!(waiting["state"] == "planned", "{waiting}");
    let named = waiting["notice"].as_str().context("a name")?;
    let shown = hub.cli(&["notices", "show", named])?;
    ensure!(
        shown.contains("ladder court") && shown.contains("as often as one may be in a day"),
        "{shown}"
    );
    until(&hub, &asked, |tasks| tasks.is_empty())?;
    ensure!(called(&peer) == 3, "no number is called more often");
    let log = serving.log();
    ensure!(serving.stop()?.success(), "{log}");
    Ok(())
}

/// A supervisor allows more for today.
fn raise(folder: &Path, hub: &HubHome) -> anyhow::Result<()> {
    let key = folder.join("desk.key");
    let key = key.to_str().context("a path")?;
    hub.cli(&["staff", "add", "desk", "--role", "admin", "--output", key])?;
    let raise = ["notices", "budget", "--raise", "5", "--for", "day"];
    let unsigned = hub.cli(&raise).err().context("nobody has signed")?;
    ensure!(format!("{unsigned:#}").contains("--as KEYFILE"));
    let shown = hub.cli(&[&raise[..], &["--as", key]].concat())?;
    ensure!(shown.contains("5.25"), "{shown}");
    Ok(())
}
