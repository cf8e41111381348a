//! `cargo demo -- --once` as its users run it, and Ctrl-C.

use std::process::Command;
use std::time::Duration;

use anyhow::ensure;
use savin_tests::clock::{monotonic, pause};
use savin_tests::engine::Engine;
use savin_tests::program::{Program, run};
use serde_json::Value;

const DEMO: &str = env!("CARGO_BIN_EXE_savin-demo");

#[test]
fn plays_one_scenario_to_its_end_on_both_engines() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let mut command = Command::new(DEMO);
        command.args(["--once", "--json"]);
        if let Some(url) = engine.url() {
            command.args(["--store", &url]);
        }
        let printed = run(command)?;
        let steps: Vec<Value> = printed
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?;
        let codes: Vec<&str> = steps
            .iter()
            .filter_map(|step| step["event"].as_str())
            .collect();
        assert_eq!(
            codes,
            [
                "Booked",
                "NoLongerListed",
                "Released",
                "Escaped",
                "Recaptured",
                "ClassificationChange",
                "TransferInState",
                "HearingSet",
            ],
            "{}",
            engine.name()
        );
        for step in &steps {
            let (seen, durable) = (step["seen_ms"].as_i64(), step["durable_ms"].as_i64());
            ensure!(seen.is_some() && seen <= durable, "{step}");
            ensure!(
                step["sent_ms"].is_null() || step["sent_ms"].as_i64() >= durable,
                "{step}"
            );
        }
    }
    Ok(())
}

#[test]
fn is_called_as_the_front_page_says() -> anyhow::Result<()> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["demo", "--", "--help"]);
    let printed = run(command)?;
    ensure!(printed.contains("--once"), "{printed}");
    Ok(())
}

#[test]
fn ends_clean_when_it_is_told_to() -> anyhow::Result<()> {
    let kept = tempfile::tempdir()?;
    let mut command = Command::new(DEMO);
    command.arg("--keep").arg(kept.path());
    let demo = Program::start(command, None)?;
    let patience = Duration::from_secs(60);
    let log = kept.path().join("mdoc").join("agent.log");
    let deadline = monotonic() + patience;
    while !std::fs::read_to_string(&log).is_ok_and(|log| log.contains("Agent started")) {
        ensure!(monotonic() < deadline, "{}", demo.log());
        pause(Duration::from_millis(100));
    }
    let status = demo.stop()?;
    ensure!(status.success(), "the demo ended with {status}");
    let hub = std::fs::read_to_string(kept.path().join("hub").join("hub.log"))?;
    ensure!(hub.contains("Hub stopped"), "the hub did not stop:\n{hub}");
    Ok(())
}
