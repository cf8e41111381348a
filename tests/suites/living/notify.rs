//! The service manager hears that the agent is ready, goes on and stops; and nothing while work is stuck.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use anyhow::{bail, ensure};
use savin_tests::clock::monotonic;

use crate::{PATIENCE, Place, shim};

/// The agent gives a sign of life far more often; a watchdog waits far longer.
const SILENCE: Duration = Duration::from_secs(12);

/// What the service manager hears next; nothing when it is quiet for so long.
fn hear(manager: &UnixDatagram, patience: Duration) -> anyhow::Result<Option<String>> {
    manager.set_read_timeout(Some(patience))?;
    let mut bytes = [0; 4096];
    match manager.recv(&mut bytes) {
        Ok(length) => {
            let said = bytes.get(..length).unwrap_or_default();
            Ok(Some(String::from_utf8_lossy(said).into_owned()))
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn wait_for(manager: &UnixDatagram, word: &str) -> anyhow::Result<()> {
    let deadline = monotonic() + PATIENCE;
    while monotonic() < deadline {
        if hear(manager, PATIENCE)?.is_some_and(|said| said.contains(word)) {
            return Ok(());
        }
    }
    bail!("{word} was not said")
}

#[test]
fn the_watchdog_hears_nothing_while_a_capture_is_stuck() -> anyhow::Result<()> {
    let mut place = Place::make(|_| Ok(()))?;
    let library = shim(place.folder.path())?;
    let hangs = place.folder.path().join("hangs");
    let socket = place.folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket)?;
    let agent = place.start(&[
        ("NOTIFY_SOCKET", &socket),
        ("LD_PRELOAD", &library),
        ("SAVIN_DISK_HANGS", &hangs),
    ])?;
    wait_for(&manager, "READY=1")?;
    place.receipted(2)?;
    for _ in 0..3 {
        wait_for(&manager, "WATCHDOG=1")?;
    }

    std::fs::write(&hangs, "")?;
    place.book(1)?;
    let deadline = monotonic() + PATIENCE;
    while let Some(said) = hear(&manager, SILENCE)? {
        ensure!(said.contains("WATCHDOG=1"), "{said}");
        ensure!(
            monotonic() < deadline,
            "the pulse goes on though work is stuck"
        );
    }

    std::fs::remove_file(&hangs)?;
    wait_for(&manager, "WATCHDOG=1")?;
    place.receipted(3)?;
    ensure!(agent.stop()?.success());
    wait_for(&manager, "STOPPING=1")?;
    place.close()?;
    Ok(())
}
