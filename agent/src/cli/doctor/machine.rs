//! This machine: who runs the agent, who may read its files, and the room on the disk.

use std::path::Path;

use super::Finding;
use crate::config::Config;
use crate::reserve::{RESERVE_BYTES, disk_free_bytes};

/// Free bytes below which somebody should look, and below which captures wait.
const DISK_WARN: u64 = 256 * 1024 * 1024;
const DISK_FAIL: u64 = 5 * RESERVE_BYTES;

pub(super) fn examine(config: &Config, findings: &mut Vec<Finding>) {
    let state = config.state.path();
    findings.push(running(config));
    findings.extend(second());
    findings.extend(account(state));
    findings.extend(rights(state));
    findings.push(disk(state));
}

fn running(config: &Config) -> Finding {
    match config.state.is_running() {
        Some(true) => Finding::ok("agent", "runs"),
        Some(false) => Finding::warn(
            "agent",
            "does not run",
            "start it: systemctl start savin-agent",
        ),
        None => Finding::skip(
            "agent",
            "never ran here, or that cannot be seen by this user",
        ),
    }
}

/// Looks for two running agents on this machine.
fn second() -> Option<Finding> {
    let mut running = Vec::new();
    for entry in std::fs::read_dir("/proc").ok()? {
        let entry = entry.ok()?;
        let Ok(words) = std::fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let words: Vec<&[u8]> = words.split(|byte| *byte == 0).collect();
        let is_agent = words.first().is_some_and(|p| p.ends_with(b"savin-agent"));
        if is_agent && words.contains(&b"run".as_slice()) {
            running.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    (running.len() > 1).then(|| {
        running.sort();
        Finding::warn(
            "other agents",
            format!("processes {}", running.join(", ")),
            "stop all but one, unless each has an enrolment and a state folder of its own",
        )
    })
}

#[cfg(unix)]
fn account(state: &Path) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt as _;
    let me = rustix::process::geteuid().as_raw();
    let owner = std::fs::metadata(state).ok().map(|m| m.uid());
    Some(if owner == Some(0) {
        Finding::warn(
            "account",
            "the state folder belongs to root, so that the agent runs as root",
            "give it a user of its own that may read the sources and nothing else: savin-agent \
             service install",
        )
    } else if me == 0 {
        Finding::warn(
            "account",
            "this was asked by root, who may read everything",
            "ask as the agent's user, to see what it may read: sudo -u savin-agent savin-agent doctor",
        )
    } else if owner.is_some_and(|owner| owner != me) {
        Finding::warn(
            "account",
            "the state folder belongs to another user",
            "ask as the agent's user: sudo -u savin-agent savin-agent doctor",
        )
    } else {
        Finding::ok("account", format!("user {me}, who owns the state folder"))
    })
}

#[cfg(not(unix))]
fn account(_state: &Path) -> Option<Finding> {
    None
}

/// Looks whether only the owner may read the state folder, and everything in it.
#[cfg(unix)]
fn rights(state: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let check = "state folder";
    let open_to_others = |path: &Path| {
        let mode = std::fs::metadata(path).map(|m| m.permissions().mode());
        mode.is_ok_and(|mode| mode & 0o077 != 0)
    };
    let listing = match std::fs::read_dir(state) {
        Ok(listing) => listing,
        Err(cause) => {
            return Some(Finding::fail(
                check,
                format!("{}: {cause}", state.display()),
                "ask as the agent's user, or let that user enter the folder",
            ));
        }
    };
    let mut open = Vec::new();
    if open_to_others(state) {
        open.push(state.display().to_string());
    }
    for entry in listing.flatten() {
        if open_to_others(&entry.path()) {
            open.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    open.sort();
    Some(if open.is_empty() {
        Finding::ok(check, format!("{}, only for its owner", state.display()))
    } else {
        Finding::fail(
            check,
            format!("others may read {}", open.join(", ")),
            format!("chmod -R go= {}", state.display()),
        )
    })
}

#[cfg(not(unix))]
fn rights(_state: &Path) -> Option<Finding> {
    None
}

fn disk(state: &Path) -> Finding {
    let check = "disk";
    let Some(free) = disk_free_bytes(state) else {
        return Finding::skip(check, "the system does not say what is free");
    };
    let found = format!("{} MiB free", free / (1024 * 1024));
    let action = format!(
        "make room on the disk of {}: the agent goes on by itself",
        state.display()
    );
    match free {
        ..DISK_FAIL => Finding::fail(check, format!("{found}: captures wait"), action),
        DISK_FAIL..DISK_WARN => Finding::warn(check, found, action),
        DISK_WARN.. => Finding::ok(check, found),
    }
}
