//! CUPS, a print service that others wrote, with one printer that keeps everything that it is sent.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::clock::{monotonic, pause};
use crate::ports;
use crate::program::run;

/// How long the service may take to answer.
const START: Duration = Duration::from_secs(30);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// A running print service.
#[derive(Debug)]
pub struct Cups {
    folder: PathBuf,
    port: u16,
    service: Child,
}

impl Cups {
    /// Starts the service, with configuration and spool in a folder of its own.
    ///
    /// # Errors
    /// Returns why it does not start: it must be installed, and wants to be started by root.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let port = ports::free()?.port();
        for name in ["config/ssl", "config/ppd", "cache", "spool/tmp", "state"] {
            fs::create_dir_all(folder.join(name)).context("failed to make a folder")?;
        }
        let at = folder.display();
        let files = format!(
            "ServerRoot {at}/config\nCacheDir {at}/cache\nRequestRoot {at}/spool\nTempDir {at}/spool/tmp\n\
             StateDir {at}/state\nAccessLog {at}/access\nErrorLog {at}/log\nPageLog {at}/pages\n\
             FileDevice Yes\nSystemGroup root\nUser lp\nGroup lp\n"
        );
        let policy = "<Policy default>\n<Limit All>\nOrder allow,deny\nAllow from 127.0.0.1\n</Limit>\n</Policy>";
        let main = format!(
            "Listen 127.0.0.1:{port}\nBrowsing Off\nDefaultAuthType None\nPreserveJobFiles Yes\n\
             PreserveJobHistory Yes\nLogLevel warn\nDefaultPolicy default\n{policy}\n\
             <Location />\nOrder allow,deny\nAllow from 127.0.0.1\n</Location>\n\
             <Location /admin>\nOrder allow,deny\nAllow from 127.0.0.1\n</Location>\n"
        );
        let config = folder.join("config");
        fs::write(config.join("cups-files.conf"), files)?;
        fs::write(config.join("cupsd.conf"), main)?;
        let service = Command::new("cupsd")
            .arg("-f")
            .arg("-c")
            .arg(config.join("cupsd.conf"))
            .arg("-s")
            .arg(config.join("cups-files.conf"))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cupsd is needed; tests/run installs it")?;
        let cups = Self {
            folder: folder.to_owned(),
            port,
            service,
        };
        let deadline = monotonic() + START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if monotonic() > deadline {
                bail!("CUPS does not answer: {}", cups.log());
            }
            pause(LOOK);
        }
        Ok(cups)
    }

    /// Adds a printer, and returns its address. What it is sent stays as it is, and is kept.
    ///
    /// # Errors
    /// Returns what the service says.
    pub fn printer(&self, name: &str) -> anyhow::Result<String> {
        let port = self.port;
        let mut add = Command::new("lpadmin");
        add.args(["-h", &format!("127.0.0.1:{port}"), "-p", name, "-E"]);
        add.args(["-v", "file:///dev/null", "-m", "raw"]);
        run(add).with_context(|| format!("no printer was added: {}", self.log()))?;
        Ok(format!("ipp://127.0.0.1:{port}/printers/{name}"))
    }

    /// Returns what a job was sent.
    ///
    /// # Errors
    /// Returns an error where the service keeps no such file.
    pub fn sent(&self, job: i32) -> anyhow::Result<Vec<u8>> {
        let file = self.folder.join(format!("spool/d{job:05}-001"));
        fs::read(&file).with_context(|| format!("{} is missing: {}", file.display(), self.log()))
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Cups {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.service.kill();
        let _waited = self.service.wait();
    }
}
