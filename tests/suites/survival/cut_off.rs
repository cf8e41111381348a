//! A restoration that is cut off wherever it stands, and run again: what is taken over is what stood there before the
//! first, never what a restoration left half done.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_tests::clock::pause;
use savin_tests::engine::Engine;
use serde_json::Value;

use super::restore::{address, backup, list, person, set, told};

/// How often it is cut off, and how much later each time.
const CUTS: u32 = 30;
const LATER: Duration = Duration::from_millis(40);

#[test]
fn a_restoration_that_is_cut_off_takes_over_what_stood_there_when_it_is_run_again_on_sqlite()
-> anyhow::Result<()> {
    is_cut_off(&Engine::Files)
}

#[test]
fn a_restoration_that_is_cut_off_takes_over_what_stood_there_when_it_is_run_again_on_postgresql()
-> anyhow::Result<()> {
    is_cut_off(&Engine::server()?)
}

fn is_cut_off(engine: &Engine) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut stage = set(folder.path(), engine)?;
    list(&stage, 1, 0)?;
    stage.register(&address("ada"), person(&stage, 0)?)?;
    let backup = backup(&stage, folder.path())?;
    stage.register(&address("bea"), person(&stage, 1)?)?;
    stage.serving.stop()?;

    let restore = ["--json", "backup", "restore", backup.as_str()];
    let mut ended = 0;
    for cut in 0..CUTS {
        let mut restoring = stage.hub.cli_started(&restore)?;
        pause(LATER * cut);
        ended += u32::from(restoring.ended()?.is_some());
        restoring.kill()?;
    }
    ensure!(ended < CUTS, "it was never cut off");
    let said: Value = serde_json::from_str(&stage.hub.cli(&restore)?)?;
    let counted = |name: &str| said.get(name).and_then(Value::as_u64);
    assert_eq!(counted("registrants_taken_over"), Some(2), "{said}");
    assert_eq!(counted("agents_kept"), Some(0), "{said}");

    stage.serving = stage.hub.serve()?;
    list(&stage, 2, 2)?;
    for who in ["ada", "bea"] {
        told(&stage, who, 0).with_context(|| format!("{who} {said}"))?;
    }
    stage.hub.cli(&["evidence", "check"])?;
    stage.strike()
}
