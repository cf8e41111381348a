//! A full, a read-only and a broken disk below the agent's state.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_tests::clock::{monotonic, pause};
use savin_tests::program::run;

use crate::{PATIENCE, Place, shim};

/// A small disk in memory. Wants root, as installing what the tests need does.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> anyhow::Result<Self> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(at);
        run(mount).context("failed to mount a small disk: this test wants root")?;
        Ok(Self(at.to_owned()))
    }

    fn remount(&self, how: &str) -> anyhow::Result<()> {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,{how}")]).arg(&self.0);
        run(mount).map(|_| ())
    }

    /// Fills it to the last byte, and returns the file that does.
    fn fill(&self) -> anyhow::Result<PathBuf> {
        let path = self.0.join("filler");
        let mut file = std::fs::File::create(&path)?;
        let block = [1; 4096];
        let mut part = block.as_slice();
        while !part.is_empty() {
            if file.write_all(part).is_err() {
                part = part.get(..part.len() / 2).unwrap_or_default();
            }
        }
        Ok(path)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let mut umount = Command::new("umount");
        umount.arg("--lazy").arg(&self.0);
        // What is left mounted shows in the next run.
        let _left = run(umount);
    }
}

#[test]
fn a_full_disk_is_waited_out_and_nothing_is_lost() -> anyhow::Result<()> {
    let mut disk = None;
    let mut place = Place::make(|state| {
        disk = Some(Disk::mount(state)?);
        Ok(())
    })?;
    let disk = disk.context("a disk")?;
    let mut agent = place.start(&[])?;
    agent.wait_for("Kept room on the disk back", PATIENCE)?;
    place.receipted(2)?;
    let reserve = place.state().join("reserve");
    ensure!(reserve.exists());

    let filler = disk.fill()?;
    // The log has room of its own for a while.
    let (mut booked, deadline) = (0, monotonic() + PATIENCE);
    while agent.count("gave the reserve back") == 0 {
        ensure!(
            monotonic() < deadline,
            "the disk is not full:\n{}",
            agent.log()
        );
        place.book(booked)?;
        booked += 1;
        pause(Duration::from_millis(20));
    }
    agent.wait_for(
        "Disk full: nothing is captured until there is room",
        PATIENCE,
    )?;
    ensure!(!reserve.exists());
    // What is booked now is seen when there is room again: the source is still the truth.
    for _ in 0..5 {
        place.book(booked)?;
        booked += 1;
    }
    ensure!(agent.ended()?.is_none(), "a full disk ended the agent");
    let doctor = place.ask(&["doctor"])?;
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    ensure!(
        said.contains("captures wait") && !doctor.status.success(),
        "{said}"
    );

    std::fs::remove_file(filler)?;
    place.receipted(2 + booked as u64)?;
    ensure!(reserve.exists() && agent.count("Kept room on the disk back") == 2);
    let status = place.ask(&["status", "--json"])?;
    let status: serde_json::Value = serde_json::from_slice(&status.stdout)?;
    // Not one was sent twice.
    ensure!(
        status.get("deltas") == Some(&(2 + booked).into()),
        "{status}"
    );
    ensure!(agent.stop()?.success());
    place.close()?;
    drop(disk);
    Ok(())
}

#[test]
fn a_read_only_disk_is_named_and_left_again() -> anyhow::Result<()> {
    let mut disk = None;
    let mut place = Place::make(|state| {
        disk = Some(Disk::mount(state)?);
        Ok(())
    })?;
    let disk = disk.context("a disk")?;
    let agent = place.start(&[])?;
    place.receipted(2)?;
    ensure!(agent.stop()?.success());

    disk.remount("ro")?;
    let agent = place.start(&[])?;
    agent.wait_for("Read-only file system", PATIENCE)?;
    ensure!(!agent.wait()?.success());
    place.book(1)?;

    disk.remount("rw")?;
    let agent = place.start(&[])?;
    place.receipted(3)?;
    ensure!(agent.stop()?.success());
    place.close()?;
    drop(disk);
    Ok(())
}

#[test]
fn a_sync_that_failed_ends_the_agent_and_the_next_start_settles() -> anyhow::Result<()> {
    let mut place = Place::make(|_| Ok(()))?;
    let library = shim(place.folder.path())?;
    let fails = place.folder.path().join("fails");
    let environment: [(&str, &Path); 2] = [("LD_PRELOAD", &library), ("SAVIN_DISK_FAILS", &fails)];
    let agent = place.start(&environment)?;
    place.receipted(2)?;

    std::fs::write(&fails, "")?;
    place.book(1)?;
    let status = agent.wait()?;
    ensure!(status.code() == Some(75), "ended with {status}");
    // While the disk is broken, nothing is sent that may not be durable.
    let agent = place.start(&environment)?;
    ensure!(!agent.wait()?.success());

    std::fs::remove_file(&fails)?;
    let agent = place.start(&environment)?;
    place.receipted(3)?;
    let log = place.ask(&["wire-log", "--json", "--record", "N-1"])?;
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    ensure!(log.matches("\"number\":\"N-1\"").count() == 1, "{log}");
    ensure!(agent.stop()?.success());
    place.close()?;
    Ok(())
}
