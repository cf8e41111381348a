//! Postfix, a mail server that others wrote, delivering into Maildir folders of its own.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::clock::{monotonic, pause};
use crate::mailbox::letter::Letter;
use crate::ports;
use crate::program::run;

/// How long the server may take to answer.
const START: Duration = Duration::from_secs(30);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Whose mail a server takes.
#[derive(Debug, Clone, Copy)]
pub struct Mailboxes<'a> {
    /// Addresses whose mail is delivered.
    pub taken: &'a [&'a str],
    /// Addresses whose mail is taken and then comes back, with what is said of it.
    pub failing: &'a [(&'a str, &'a str)],
}

/// A running server.
#[derive(Debug)]
pub struct Postfix {
    folder: PathBuf,
    port: u16,
}

impl Postfix {
    /// Starts a server with some mailboxes. What comes to a name with `+` and more behind it comes to
    /// the name.
    ///
    /// # Errors
    /// Returns why it does not start: it must be installed, and wants to be started by root.
    pub fn start(folder: &Path, mailboxes: &Mailboxes<'_>) -> anyhow::Result<Self> {
        let port = ports::free()?.port();
        let server = Self {
            folder: folder.to_owned(),
            port,
        };
        server.configure(mailboxes)?;
        server.control("start")?;
        let deadline = monotonic() + START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if monotonic() > deadline {
                bail!("Postfix does not answer: {}", server.log());
            }
            pause(LOOK);
        }
        Ok(server)
    }

    /// Returns the port on which it takes mail.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Waits for a letter to a recipient, by the part of the address before the domain.
    ///
    /// # Errors
    /// Returns the server's log when none comes.
    pub fn wait_for(&self, name: &str, patience: Duration) -> anyhow::Result<Letter> {
        let folder = self.maildir(name).join("new");
        let deadline = monotonic() + patience;
        loop {
            let entry = fs::read_dir(&folder)
                .ok()
                .and_then(|mut found| found.next());
            if let Some(entry) = entry {
                let raw = fs::read(entry?.path()).context("failed to read a letter")?;
                return Ok(Letter::read(String::new(), name.to_owned(), raw));
            }
            if monotonic() > deadline {
                bail!("no letter for {name}: {}", self.log());
            }
            pause(LOOK);
        }
    }

    /// Returns the Maildir of a recipient, by the part of the address before the domain.
    #[must_use]
    pub fn maildir(&self, name: &str) -> PathBuf {
        self.folder.join("mail").join(name)
    }

    fn configure(&self, mailboxes: &Mailboxes<'_>) -> anyhow::Result<()> {
        let folder = self.folder.display();
        let failing = mailboxes.failing.iter();
        let parts: Vec<(&str, &str)> = mailboxes
            .taken
            .iter()
            .copied()
            .chain(failing.clone().map(|(address, _)| *address))
            .filter_map(|address| address.split_once('@'))
            .collect();
        let domains: Vec<&str> = parts.iter().map(|(_, domain)| *domain).collect();
        let domains = domains.join(" ");
        for name in ["config", "queue", "data", "mail"] {
            fs::create_dir_all(self.folder.join(name)).context("failed to make a folder")?;
        }
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {folder}/queue\n\
             data_directory = {folder}/data\nmaillog_file = {folder}/log\n\
             maillog_file_prefixes = {folder}\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
             myhostname = mail.example\nmydestination =\nmynetworks = 127.0.0.0/8\nalias_maps =\n\
             virtual_mailbox_domains = {domains}\nvirtual_mailbox_base = {folder}/mail\n\
             virtual_mailbox_maps = texthash:{folder}/config/recipients\n\
             transport_maps = texthash:{folder}/config/failing\nrecipient_delimiter = +\n\
             smtpd_reject_unlisted_recipient = no\n\
             virtual_minimum_uid = 1\nvirtual_uid_maps = static:65534\n\
             virtual_gid_maps = static:65534\nimport_environment = MAIL_CONFIG\n"
        );
        // One name before the domain, one Maildir.
        let recipients: String = parts
            .iter()
            .map(|(name, domain)| format!("{name}@{domain} {name}/\n"))
            .collect();
        let services = [
            format!("127.0.0.1:{} inet n - n - - smtpd", self.port),
            "cleanup unix n - n - 0 cleanup".to_owned(),
            "qmgr unix n - n 300 1 qmgr".to_owned(),
            "rewrite unix - - n - - trivial-rewrite".to_owned(),
            "bounce unix - - n - 0 bounce".to_owned(),
            "defer unix - - n - 0 bounce".to_owned(),
            "trace unix - - n - 0 bounce".to_owned(),
            "proxymap unix - - n - - proxymap".to_owned(),
            "smtp unix - - n - - smtp".to_owned(),
            "error unix - - n - - error".to_owned(),
            "retry unix - - n - - error".to_owned(),
            "discard unix - - n - - discard".to_owned(),
            "virtual unix - n n - - virtual".to_owned(),
            "anvil unix - - n - 1 anvil".to_owned(),
            "postlog unix-dgram n - n - 1 postlogd".to_owned(),
            String::new(),
        ];
        let config = self.folder.join("config");
        fs::write(config.join("main.cf"), main)?;
        fs::write(config.join("master.cf"), services.join("\n"))?;
        fs::write(config.join("recipients"), recipients)?;
        let failing: String = failing
            .map(|(address, says)| format!("{address} error:{says}\n"))
            .collect();
        fs::write(config.join("failing"), failing)?;
        let mut owner = Command::new("chown");
        owner.arg("65534:65534").arg(self.folder.join("mail"));
        run(owner).context("failed to give the mail folder away")?;
        let mut owner = Command::new("chown");
        owner.arg("postfix").arg(self.folder.join("data"));
        run(owner).context("failed to give the data folder away")?;
        // Other users pass through the folders of a test.
        let mut open = Command::new("chmod");
        open.arg("a+x").arg(&self.folder);
        run(open).map(|_| ())
    }

    fn control(&self, order: &str) -> anyhow::Result<()> {
        let mut command = Command::new("postfix");
        command.arg("-c").arg(self.folder.join("config")).arg(order);
        run(command)
            .with_context(|| format!("postfix {order}: {}", self.log()))
            .map(|_| ())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // A server that is down already needs no stopping.
        let _down = self.control("stop");
    }
}
