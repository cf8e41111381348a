//! A trunk that wants to be told where we are: Kamailio as its registrar, which grants 4 seconds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_shared::pii::Secret;
use savin_telephone::script::ending::NotAnswered;
use savin_telephone::sip::settings::{Account, Trunk};
use savin_tests::clock::{monotonic, pause};
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::Programs;
use serde_json::Value;

use crate::hub::{LINES, trunks};
use crate::place::{LOOK, PATIENCE, Place, port, trunk};

/// A running Kamailio.
struct Kamailio {
    child: Child,
    folder: PathBuf,
}

impl Kamailio {
    fn start(folder: &Path, port: u16) -> anyhow::Result<Self> {
        let folder = folder.join(format!("kamailio-{port}"));
        fs::create_dir_all(&folder)?;
        let config =
            include_str!("../../telephone/kamailio.cfg").replace("PORT", &port.to_string());
        let file = folder.join("kamailio.cfg");
        fs::write(&file, config)?;
        let said = File::create(folder.join("said"))?;
        let child = Command::new("kamailio")
            .arg("-f")
            .arg(&file)
            .args(["-DD", "-E", "-m", "32", "-M", "4"])
            .arg("-Y")
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()
            .context("kamailio does not start; tests/run installs it")?;
        Ok(Self { child, folder })
    }

    /// Returns how often somebody has registered, and taken that back.
    fn registered(&self) -> usize {
        self.said().matches("registers 6015550123").count()
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.join("said")).unwrap_or_default()
    }

    fn until(&self, count: usize) -> anyhow::Result<()> {
        let deadline = monotonic() + PATIENCE;
        while self.registered() < count {
            ensure!(monotonic() < deadline, "{}", self.said());
            pause(LOOK);
        }
        Ok(())
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

fn registering(at: u16, password: &str) -> Trunk {
    Trunk {
        account: Some(Account {
            user: "6015550123".to_owned(),
            password: Secret::new(password.to_owned()),
        }),
        registers: true,
        ..trunk("registrar", at)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_come_to_whoever_keeps_telling_the_trunk_where_that_is() -> anyhow::Result<()> {
    let at = port();
    let folder = tempfile::tempdir()?;
    let kamailio = Kamailio::start(folder.path(), at)?;
    let caller = Place::open(vec![trunk("carrier", at)]).await?;
    caller.until_up("carrier").await?;
    // Who does not know the password is nowhere.
    let stranger = Place::open(vec![registering(at, "guessed")]).await?;
    stranger.until_up("registrar").await?;
    let refused = caller.dial().await.err().context("somebody took it")?;
    ensure!(refused.why == NotAnswered::NoSuchNumber, "{refused:?}");
    ensure!(kamailio.registered() == 0, "a stranger is registered");
    stranger.close().await;

    let mut hub = Place::open(vec![registering(at, "sesame")]).await?;
    // The third time the first has ended long ago.
    kamailio.until(3)?;
    let taking = async {
        let incoming = tokio::time::timeout(PATIENCE, hub.rings.recv()).await?;
        let incoming = incoming.context("no more calls come")?;
        incoming.answer().await.context("it was given up")
    };
    let (placed, taken) = tokio::join!(caller.dial(), taking);
    let (placed, taken) = (placed?, taken?);
    placed.hang_up();
    drop(taken);
    hub.close().await;
    let deadline = monotonic() + Duration::from_secs(3);
    loop {
        match caller.dial().await {
            Err(refused) if refused.why == NotAnswered::NoSuchNumber => break,
            other => ensure!(monotonic() < deadline, "it was not taken back: {other:?}"),
        }
    }
    caller.close().await;
    Ok(())
}

/// Waits until the one trunk is shown as wanted.
fn shown(hub: &HubHome, what: &str, is_so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    let deadline = monotonic() + PATIENCE;
    loop {
        let shown = hub.cli(&["trunks", "--json"])?;
        let shown: Value = serde_json::from_str(shown.trim())?;
        if is_so(&shown) {
            return Ok(shown);
        }
        ensure!(monotonic() < deadline, "the trunk is not {what}: {shown}");
        pause(LOOK);
    }
}

#[test]
fn an_operator_sees_whether_a_trunk_knows_where_the_hub_is_and_is_called_where_it_does_not()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let home = folder.path().join("hub");
    let hub = HubHome::make(&home, &programs, &HubOptions::default())?;
    let at = port();
    let kamailio = Kamailio::start(folder.path(), at)?;
    let registers = "registers = true\ncredentials = 'first.secret'\n";
    trunks(folder.path(), &[("first", at)], LINES, registers)?;
    fs::write(home.join("first.secret"), "6015550123\nguessed\n")?;
    let unasked = shown(&hub, "known", |_| true)?;
    ensure!(
        unasked["registers"] == true && unasked["registered"] == false,
        "{unasked}"
    );
    let serving = hub.serve()?;
    let refused = shown(&hub, "refused", |shown| shown["refused_at"].is_string())?;
    ensure!(
        refused["registered"] == false && refused["refused_status"] == 401,
        "{refused}"
    );
    let tasks = hub.cli(&["tasks", "--kind", "other", "--json"])?;
    ensure!(
        tasks.contains("trunk/first") && tasks.contains("compare user and password"),
        "{tasks}"
    );
    ensure!(hub.cli(&["trunks"])?.contains("no: 401 at"));
    ensure!(serving.stop()?.success(), "it does not stop");

    fs::write(home.join("first.secret"), "6015550123\nsesame\n")?;
    let serving = hub.serve()?;
    let known = shown(&hub, "registered", |shown| shown["registered"] == true)?;
    ensure!(known["registered_until"].is_string(), "{known}");
    let registered = kamailio.registered();
    ensure!(hub.cli(&["trunks"])?.contains("until "));
    // Whoever looks registers nothing, and takes nothing back: the hub alone does, every other second.
    ensure!(
        kamailio.registered() <= registered + 2,
        "{}",
        kamailio.said()
    );
    let tasks = hub.cli(&["tasks", "--kind", "other", "--json"])?;
    ensure!(!tasks.contains("trunk/first"), "{tasks}");
    ensure!(serving.stop()?.success(), "it does not stop");
    Ok(())
}
