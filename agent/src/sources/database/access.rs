//! Where a database server is and who asks it. Passwords come from files that only their owner can
//! read, at the moment of the login, and are kept nowhere else.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use savin_shared::pii::Secret;

use super::error::DatabaseError;

/// Bytes of the largest password or connection string.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// How to reach a database on a server.
#[derive(Debug, Clone)]
pub struct Access {
    /// Where the server listens.
    pub server: Server,
    /// The database on it.
    pub database: String,
    /// The login, which should be one that can only read.
    pub user: String,
    /// The file that holds the password; none where the server asks for none.
    pub password_file: Option<SecretFile>,
    /// The certificates that sign the server's own, in PEM; with them, all goes through TLS.
    pub ca_file: Option<PathBuf>,
}

/// A file that holds a password or a connection string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFile {
    /// One of the county's, that only its owner may read.
    Own(PathBuf),
    /// One that the service manager hands over and guards itself: systemd gives the service's user the
    /// right to read it by an access list, which shows as a right of the file's group.
    Credential(PathBuf),
}

/// Where a server listens.
#[derive(Debug, Clone)]
pub enum Server {
    /// A socket of this machine: the folder of PostgreSQL's, the file of MySQL's.
    Socket(PathBuf),
    /// A host, and a port other than the usual one.
    Host {
        /// Its name or address.
        name: String,
        /// The port.
        port: Option<u16>,
    },
}

impl Server {
    /// Reads it as a setting says it: a path, or a name or address.
    #[must_use]
    pub fn new(text: &str, port: Option<u16>) -> Self {
        if Path::new(text).is_absolute() {
            return Self::Socket(text.into());
        }
        let name = text.to_owned();
        Self::Host { name, port }
    }

    /// Says whether nothing leaves this machine on the way to it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Host { name, .. } => {
                let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
                name == "localhost" || address.is_ok_and(|address| address.is_loopback())
            }
        }
    }

    /// Names it in messages.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Socket(path) => path.display().to_string(),
            Self::Host { name, port: None } => name.clone(),
            Self::Host {
                name,
                port: Some(port),
            } => format!("{name}:{port}"),
        }
    }
}

impl Access {
    /// Reads the password.
    pub(super) fn password(&self) -> Result<Option<Secret<String>>, DatabaseError> {
        self.password_file
            .as_ref()
            .map(SecretFile::read)
            .transpose()
    }
}

impl SecretFile {
    /// Returns where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Own(path) | Self::Credential(path) => path,
        }
    }

    /// Reads it, without the line break at its end, unless others could have.
    pub(super) fn read(&self) -> Result<Secret<String>, DatabaseError> {
        let file = self.path();
        let refuse = |reason: String| DatabaseError::Secret {
            file: file.to_owned(),
            reason,
        };
        let known = fs::metadata(file).map_err(|cause| refuse(cause.to_string()))?;
        if let Some(reason) = self.objection(&known) {
            return Err(refuse(reason.to_owned()));
        }
        if known.len() > SECRET_BYTES_MAX {
            return Err(refuse("larger than 64 KiB".to_owned()));
        }
        let text = fs::read_to_string(file).map_err(|cause| refuse(cause.to_string()))?;
        let text = Secret::new(text);
        let line = text.reveal().trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            return Err(refuse("there is nothing in it".to_owned()));
        }
        Ok(Secret::new(line.to_owned()))
    }

    /// Says why a file with these rights is not taken.
    #[cfg(unix)]
    fn objection(&self, known: &fs::Metadata) -> Option<&'static str> {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let mode = known.permissions().mode();
        match self {
            Self::Own(_) => (mode & 0o077 != 0)
                .then_some("others than its owner can read or write it: chmod 600 it"),
            Self::Credential(_) => {
                let is_ours = [0, rustix::process::geteuid().as_raw()].contains(&known.uid());
                (!is_ours || mode & 0o037 != 0).then_some(
                    "it is no credential of the service manager's: others can read or write it",
                )
            }
        }
    }

    #[cfg(not(unix))]
    fn objection(&self, _known: &fs::Metadata) -> Option<&'static str> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{SecretFile, Server};

    #[test]
    fn tells_what_stays_on_this_machine() {
        for local in [
            "/run/postgresql",
            "localhost",
            "127.0.0.1",
            "127.8.8.8",
            "::1",
        ] {
            assert!(Server::new(local, None).is_local(), "{local}");
        }
        for far in ["10.0.0.7", "jail.example", "localhost.example"] {
            assert!(!Server::new(far, None).is_local(), "{far}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn reads_a_secret_that_only_its_owner_can_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "blue jay\r\n").unwrap();
        let mode = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&file, permissions).unwrap();
        };
        mode(0o640);
        let secret = SecretFile::Own(file.clone());
        let refused = secret.read().unwrap_err().to_string();
        assert!(
            refused.contains("chmod 600") && !refused.contains("jay"),
            "{refused}"
        );
        mode(0o600);
        assert_eq!(secret.read().unwrap().reveal(), "blue jay");
        std::fs::write(&file, "\n").unwrap();
        assert!(secret.read().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn takes_a_credential_as_systemd_shows_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets_jail.password");
        std::fs::write(&file, "blue jay\n").unwrap();
        let secret = SecretFile::Credential(file.clone());
        for (mode, is_taken) in [
            (0o400, true),
            (0o440, true),
            (0o460, false),
            (0o444, false),
            (0o402, false),
        ] {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&file, permissions).unwrap();
            assert_eq!(secret.read().is_ok(), is_taken, "{mode:o}");
        }
    }
}
