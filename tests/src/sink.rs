//! `smtp-sink` of Postfix: a mail server that takes everything as fast as it comes, or as slowly as it is told.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::clock::{monotonic, pause};
use crate::ports;
use crate::program::run;

/// How long it may take to start.
const START: Duration = Duration::from_secs(30);

/// Connections that it takes at once.
const LINES: &str = "600";

/// A running server.
#[derive(Debug)]
pub struct Sink {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Sink {
    /// Starts one that takes so many seconds before it takes a message.
    ///
    /// # Errors
    /// Returns why it does not start: Postfix must be installed, and it wants to be started by root.
    pub fn start(folder: &Path, delay_s: u32) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).context("failed to make a folder")?;
        // It gives its rights away before it writes.
        for (command, rights) in [("chown", "nobody"), ("chmod", "a+rx")] {
            let mut order = Command::new(command);
            order.arg(rights).arg(folder);
            run(order).context("failed to give a folder away")?;
        }
        let above = folder.parent().context("the folder lies in another")?;
        let mut open = Command::new("chmod");
        open.arg("a+x").arg(above);
        run(open).context("failed to open a folder")?;
        let port = ports::free()?.port();
        let mut command = Command::new("smtp-sink");
        if delay_s > 0 {
            command.args(["-w", &delay_s.to_string()]);
        }
        let child = command
            .args(["-u", "nobody", "-m", LINES, "-D"])
            .arg(folder.join("taken"))
            .args([format!("127.0.0.1:{port}").as_str(), LINES])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("smtp-sink does not start: is Postfix installed?")?;
        let sink = Self {
            child,
            folder: folder.to_owned(),
            port,
        };
        let deadline = monotonic() + START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            ensure!(monotonic() < deadline, "smtp-sink does not answer");
            pause(Duration::from_millis(50));
        }
        Ok(sink)
    }

    /// Returns the port on which it takes mail.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns who was sent messages, and how many.
    #[must_use]
    pub fn taken(&self) -> BTreeMap<String, usize> {
        let text = fs::read(self.folder.join("taken")).unwrap_or_default();
        let mut taken = BTreeMap::new();
        for line in String::from_utf8_lossy(&text).lines() {
            if let Some(to) = line.strip_prefix("X-Rcpt-Args:") {
                let to = to.trim().trim_matches(['<', '>']).to_owned();
                *taken.entry(to).or_default() += 1;
            }
        }
        taken
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
