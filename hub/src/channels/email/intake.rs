//! What comes back: mails in a Maildir, read, handed to the vault, and taken away once that is durable.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use savin_shared::fault::Fault;
use thiserror::Error;
use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use super::returned::{self, MAIL_BYTES_MAX, Report, ReturnError};
use crate::vault::VaultError;
use crate::vault::client::Client;
use crate::vault::command::{CourierAnswer, CourierCommand};

/// How often the folder is looked at: within the minute the ladder goes on.
const LOOK: Duration = Duration::from_secs(5);

/// How long to wait after the folder or the vault has failed.
const PAUSE: Duration = Duration::from_secs(10);

/// Mails that are read in one look.
const MAILS_MAX: usize = 200;

/// Reads what comes back.
#[derive(Debug)]
pub struct Intake {
    /// The Maildir into which the mail server delivers.
    pub maildir: PathBuf,
    /// The address for returns before the mark.
    pub user: String,
    /// The vault's port for couriers.
    pub vault: Client<CourierCommand>,
}

/// A mail in the folder, and what it says.
struct Mail {
    path: PathBuf,
    says: Result<Report, ReturnError>,
}

impl Intake {
    /// Reads what comes back until shutdown.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut is_failing = false;
        loop {
            let pause = match self.look().await {
                Ok(()) => {
                    is_failing = false;
                    LOOK
                }
                Err(failure) => {
                    if !is_failing {
                        let path = self.maildir.display();
                        error!(reason = %failure, cause = ?std::error::Error::source(&failure), folder = %path, "What comes back cannot be read");
                    }
                    is_failing = true;
                    PAUSE
                }
            };
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn look(&self) -> Result<(), IntakeError> {
        let (maildir, user) = (self.maildir.clone(), self.user.clone());
        let reading = tokio::task::spawn_blocking(move || mails(&maildir, &user));
        let mails = reading.await.map_err(|_| IntakeError::Reader)??;
        for mail in mails {
            match mail.says {
                Ok(report) => match self.take(report).await {
                    Ok(()) => fs::remove_file(&mail.path)?,
                    Err(failure) if failure.fault() == Fault::Retry => return Err(failure.into()),
                    // One that cannot be noted may not keep back the others.
                    Err(failure) => {
                        error!(reason = %failure, "A report on a mail was left for a person");
                        put_aside(&self.maildir, &mail.path)?;
                    }
                },
                // A person may have answered: whoever reads the mailbox finds it.
                Err(reason) => {
                    info!(%reason, "A mail to the address for returns was left for a person");
                    put_aside(&self.maildir, &mail.path)?;
                }
            }
        }
        Ok(())
    }

    async fn take(&self, report: Report) -> Result<(), VaultError> {
        let notice = report.mark.notice;
        if !report.fate.is_final() {
            debug!(notice.id = %notice, fate = report.fate.as_str(), "A mail server said more");
            return Ok(());
        }
        let command = CourierCommand::CameBack {
            mark: report.mark,
            detail: report.detail,
        };
        let fate = report.fate.as_str();
        match self.vault.ask(command).await? {
            CourierAnswer::Noted(true) => warn!(notice.id = %notice, fate, "Mail came back"),
            CourierAnswer::Noted(false)
            | CourierAnswer::Messages(_)
            | CourierAnswer::Count(_)
            | CourierAnswer::Pin(_)
            | CourierAnswer::Left(_) => {
                info!(notice.id = %notice, fate, "A report on a mail was no news, or was made up");
            }
        }
        Ok(())
    }
}

/// Why what came back could not be taken.
#[derive(Debug, Error)]
enum IntakeError {
    /// The folder cannot be read or changed.
    #[error("the Maildir cannot be read or changed: is it there, and may this user write to it?")]
    Folder(#[from] io::Error),
    /// The vault did not take it.
    #[error("the vault could not note it")]
    Vault(#[from] VaultError),
    /// The reader ended.
    #[error("reading a mail failed")]
    Reader,
}

/// Reads the mails that are new in a Maildir, the oldest names first.
fn mails(maildir: &Path, user: &str) -> io::Result<Vec<Mail>> {
    let mut paths = fs::read_dir(maildir.join("new"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort_unstable();
    paths.truncate(MAILS_MAX);
    paths
        .into_iter()
        .map(|path| {
            let limit = u64::try_from(MAIL_BYTES_MAX).unwrap_or(u64::MAX);
            let mut bytes = Vec::new();
            fs::File::open(&path)?.take(limit).read_to_end(&mut bytes)?;
            Ok(Mail {
                says: returned::read(&bytes, user),
                path,
            })
        })
        .collect()
}

/// Moves a mail to those that were seen.
fn put_aside(maildir: &Path, path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.split(":2,").next().unwrap_or(&name);
    let seen = maildir.join("cur");
    fs::create_dir_all(&seen)?;
    fs::rename(path, seen.join(format!("{name}:2,S")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{mails, put_aside};

    #[test]
    fn reads_what_is_new_and_puts_aside_what_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let maildir = folder.path();
        assert!(
            mails(maildir, "bounce").is_err(),
            "a missing folder is said"
        );
        fs::create_dir(maildir.join("new")).unwrap();
        assert!(mails(maildir, "bounce").unwrap().is_empty());
        let path = maildir.join("new/1700.1.host");
        fs::write(&path, "To: bounce@x.test\r\n\r\nThank you.\r\n").unwrap();
        let found = mails(maildir, "bounce").unwrap();
        let [mail] = found.as_slice() else {
            panic!("{} mails", found.len())
        };
        assert!(mail.says.is_err());
        put_aside(maildir, &mail.path).unwrap();
        assert!(mails(maildir, "bounce").unwrap().is_empty());
        assert!(maildir.join("cur/1700.1.host:2,S").exists());
    }
}
