//! `service`: what would be done, and a clear word where there is no systemd.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use savin_tests::program::run;
use serde_json::Value;

const DEMO: &str = env!("CARGO_BIN_EXE_savin-demo");

fn agent(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(["agent", "--config"]);
    command.arg(folder.join("agent.toml")).args(arguments);
    command
}

#[test]
fn the_unit_that_is_written_is_valid_and_locked_down() -> anyhow::Result<()> {
    // Not in a folder for temporary files, where this checkout may lie: the service has its own.
    let folder = tempfile::tempdir_in("/srv").context("failed to make a folder in /srv")?;
    let program = folder.path().join("savin-demo");
    std::fs::copy(DEMO, &program).context("failed to copy the program")?;
    let state = folder.path().join("state");
    let config = format!("state = \"{}\"\n", state.display());
    std::fs::write(folder.path().join("agent.toml"), config)?;
    let words = [
        "service",
        "install",
        "--dry-run",
        "--json",
        "--user",
        "nobody-else",
    ];
    let shown = run(agent(&program, folder.path(), &words))?;
    let steps: Vec<Value> = shown
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("not JSON")?;
    let written = steps.iter().find_map(|step| step.get("text")?.as_str());
    let unit = folder.path().join("savin-agent.service");
    std::fs::write(&unit, written.context("no unit is written")?)?;
    ensure!(
        shown.contains("useradd") && shown.contains("nobody-else"),
        "{shown}"
    );
    let last = steps.last().context("nothing is done")?.to_string();
    ensure!(last.contains("enable") && last.contains("--now"), "{last}");

    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", "--threshold=15"]);
    security.arg(&unit);
    run(security)?;
    let mut verify = Command::new("systemd-analyze");
    verify.arg("verify").arg(&unit);
    let said = verify.output().context("failed to start systemd-analyze")?;
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    // Older versions know no growing pauses; all other remarks are about this unit or of other units.
    let ours: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("savin-agent.service"))
        .filter(|line| !line.contains("RestartSteps") && !line.contains("RestartMaxDelaySec"))
        .collect();
    ensure!(ours.is_empty(), "{said}");
    Ok(())
}

#[test]
fn without_systemd_it_says_what_to_do_instead() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("agent.toml"), "state = \"state\"\n")?;
    for action in ["install", "uninstall", "start", "stop", "restart", "status"] {
        // On a machine with systemd the folder that tells is hidden from the program.
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation", "private", "sh", "-c"]);
        unshare
            .arg("mount -t tmpfs none /run && exec \"$@\"")
            .arg("sh");
        let call = agent(Path::new(DEMO), folder.path(), &["service", action]);
        unshare.arg(call.get_program()).args(call.get_args());
        let output = unshare.output().context("failed to start unshare")?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(
            said.contains("systemd does not run on this machine"),
            "{action}: {said}"
        );
        ensure!(output.status.code() == Some(1), "{action}");
    }
    Ok(())
}
