//! Who this agent is: what enrolment gave it, kept in its state folder with the keys that never
//! leave it.

use std::fs::{self, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use jiff::Timestamp;
use savin_shared::hash::{hex, unhex};
use savin_shared::ids::{AgencyId, AgentId, FacilityCode};
use savin_shared::sign::{SignError, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::signer::Signer;

/// Days before the end of the certificate from which on that is said every day. Fewer leave MDOC no
/// time to make a new token.
pub const CERTIFICATE_WARNING_DAYS: i64 = 30;

const IDENTITY: &str = "identity.json";
const BATCH_KEY: &str = "batch.key";
/// Key and certificate in one file, so that they change together.
const TLS: &str = "tls.json";
/// The two files in which earlier versions kept them; read while there is no [`TLS`].
const TLS_KEY: &str = "tls.key.pem";
const CERTIFICATE: &str = "tls.certificate.der";
const AUTHORITY: &str = "authority.pem";
const LOCK: &str = "lock";

/// What enrolment gave the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Its name.
    pub agent: AgentName,
    /// The agency that it speaks for.
    pub agency: AgencyId,
    /// The facilities that it may speak for.
    pub facilities: Vec<FacilityCode>,
    /// The hub's addresses, `host:port`.
    pub hub: Vec<String>,
    /// The key whose signature a receipt must carry, in hexadecimal digits.
    pub receipt_key: String,
    /// When the certificate ends.
    pub expires: Timestamp,
}

/// An agent's name as its file holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentName(String);

impl From<AgentId> for AgentName {
    fn from(agent: AgentId) -> Self {
        Self(agent.to_string())
    }
}

/// The agent's state folder.
#[derive(Debug, Clone)]
pub struct StateFolder(PathBuf);

/// The parts of an identity that TLS needs.
#[derive(Debug)]
pub struct TlsMaterial {
    /// The certificate, in DER.
    pub certificate: Vec<u8>,
    /// The private key, in PEM.
    pub key_pem: String,
    /// The hub's authority, in PEM.
    pub authority_pem: String,
    /// When the certificate ends.
    pub ends: Timestamp,
}

/// Key and certificate as their file holds them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsPair {
    key_pem: String,
    certificate: String,
    ends: Timestamp,
}

impl StateFolder {
    /// Names the folder.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Returns where the journal lies.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal.sqlite")
    }

    /// Takes the folder for this process alone, until what is returned is dropped.
    ///
    /// # Errors
    /// Returns [`IdentityError::Running`] while another process has it, and what opening returns.
    pub fn lock(&self) -> Result<fs::File, IdentityError> {
        let failed = |cause| IdentityError::File { file: LOCK, cause };
        let file = private().open(self.0.join(LOCK)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(IdentityError::Running(self.0.clone())),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// Says whether an agent runs on the folder; none where that cannot be seen, or none ever ran.
    #[must_use]
    pub fn is_running(&self) -> Option<bool> {
        // Opened to look only: a file made here would belong to whoever looks.
        let file = fs::File::open(self.0.join(LOCK)).ok()?;
        match file.try_lock_shared() {
            Ok(()) => Some(false),
            Err(TryLockError::WouldBlock) => Some(true),
            Err(TryLockError::Error(_)) => None,
        }
    }

    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Says whether an agent was enrolled here.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        self.0.join(IDENTITY).exists()
    }

    /// Loads who this agent is.
    ///
    /// # Errors
    /// Returns [`IdentityError::NotEnrolled`] before enrolment, and what reading returns.
    pub fn identity(&self) -> Result<Identity, IdentityError> {
        if !self.is_enrolled() {
            return Err(IdentityError::NotEnrolled(self.0.clone()));
        }
        let text = self.read_text(IDENTITY)?;
        serde_json::from_str(&text).map_err(|_| IdentityError::Damaged(IDENTITY))
    }

    /// Loads the key that signs batches.
    ///
    /// # Errors
    /// Returns [`IdentityError`] when it is missing or damaged.
    pub fn signer(&self, agent: AgentId) -> Result<Signer, IdentityError> {
        let text = self.read_text(BATCH_KEY)?;
        let seed: [u8; 32] = unhex(text.trim())
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(IdentityError::Damaged(BATCH_KEY))?;
        Ok(Signer::new(agent, SigningKey::from_seed(&seed)?))
    }

    /// Loads what TLS needs.
    ///
    /// # Errors
    /// Returns [`IdentityError`] when a file is missing.
    pub fn tls(&self) -> Result<TlsMaterial, IdentityError> {
        let authority_pem = self.authority()?;
        if !self.0.join(TLS).exists() {
            let certificate = fs::read(self.0.join(CERTIFICATE));
            return Ok(TlsMaterial {
                certificate: certificate.map_err(|cause| IdentityError::File {
                    file: CERTIFICATE,
                    cause,
                })?,
                key_pem: self.read_text(TLS_KEY)?,
                authority_pem,
                ends: self.identity()?.expires,
            });
        }
        let pair: TlsPair =
            serde_json::from_str(&self.read_text(TLS)?).map_err(|_| IdentityError::Damaged(TLS))?;
        Ok(TlsMaterial {
            certificate: unhex(&pair.certificate).ok_or(IdentityError::Damaged(TLS))?,
            key_pem: pair.key_pem,
            authority_pem,
            ends: pair.ends,
        })
    }

    /// Loads the certificate of the only authority that is trusted, in PEM.
    ///
    /// # Errors
    /// Returns [`IdentityError`] when the file is missing.
    pub fn authority(&self) -> Result<String, IdentityError> {
        self.read_text(AUTHORITY)
    }

    /// Stores a key and its certificate in the place of the pair before: after a crash at any moment
    /// one of the two pairs is there whole.
    ///
    /// # Errors
    /// Returns [`IdentityError`] when the file cannot be written.
    pub fn store_tls(&self, tls: &TlsMaterial) -> Result<(), IdentityError> {
        let pair = TlsPair {
            key_pem: tls.key_pem.clone(),
            certificate: hex(&tls.certificate),
            ends: tls.ends,
        };
        let text = serde_json::to_string_pretty(&pair).map_err(|_| IdentityError::Damaged(TLS))?;
        self.write(TLS, text.as_bytes())
    }

    /// Reads what was noted under a name, if anything was.
    #[must_use]
    pub fn note(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.0.join(name)).ok()
    }

    /// Notes something that may be lost.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn keep_note(&self, name: &str, text: &str) -> io::Result<()> {
        write_private(&self.0.join(name), text.as_bytes())
    }

    /// Stores a new identity whole: the identity file, without which nothing counts, comes last.
    ///
    /// # Errors
    /// Returns [`IdentityError`] when a file cannot be written.
    pub fn store(
        &self,
        keys: &NewKeys,
        tls: &TlsMaterial,
        identity: &Identity,
    ) -> Result<(), IdentityError> {
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder
            .create(&self.0)
            .map_err(|cause| IdentityError::File { file: "", cause })?;
        self.write(BATCH_KEY, hex(&keys.seed).as_bytes())?;
        self.store_tls(tls)?;
        self.write(AUTHORITY, tls.authority_pem.as_bytes())?;
        let text =
            serde_json::to_string_pretty(identity).map_err(|_| IdentityError::Damaged(IDENTITY))?;
        self.write(IDENTITY, text.as_bytes())
    }

    fn read_text(&self, file: &'static str) -> Result<String, IdentityError> {
        fs::read_to_string(self.0.join(file)).map_err(|cause| IdentityError::File { file, cause })
    }

    fn write(&self, file: &'static str, bytes: &[u8]) -> Result<(), IdentityError> {
        write_private(&self.0.join(file), bytes)
            .map_err(|cause| IdentityError::File { file, cause })
    }
}

impl Identity {
    /// Returns the agent's name.
    ///
    /// # Errors
    /// Returns [`IdentityError::Damaged`] when the file holds none.
    pub fn agent(&self) -> Result<AgentId, IdentityError> {
        self.agent
            .0
            .parse()
            .map_err(|_| IdentityError::Damaged(IDENTITY))
    }

    /// Returns the key whose signature a receipt must carry.
    ///
    /// # Errors
    /// Returns [`IdentityError::Damaged`] when the file holds none.
    pub fn receipt_key(&self) -> Result<VerifyingKey, IdentityError> {
        unhex(&self.receipt_key)
            .and_then(|bytes| bytes.try_into().ok())
            .map(VerifyingKey)
            .ok_or(IdentityError::Damaged(IDENTITY))
    }

    /// Writes a receipt key as the file holds it.
    #[must_use]
    pub fn receipt_key_text(key: [u8; 32]) -> String {
        hex(&key)
    }
}

/// Returns for how many whole days a certificate still holds; less than none when it has ended.
#[must_use]
pub fn certificate_days(ends: Timestamp, now: Timestamp) -> i64 {
    ends.duration_since(now).as_secs().div_euclid(24 * 60 * 60)
}

/// The seed of a batch key that was just made.
pub struct NewKeys {
    seed: [u8; 32],
}

impl std::fmt::Debug for NewKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("<secret>")
    }
}

impl NewKeys {
    /// Makes a batch key.
    ///
    /// # Errors
    /// Returns [`IdentityError::Random`] when the system gives no randomness.
    pub fn generate() -> Result<Self, IdentityError> {
        let mut seed = [0; 32];
        rand::fill(&mut seed).map_err(|_| IdentityError::Random)?;
        Ok(Self { seed })
    }

    /// Returns the key.
    ///
    /// # Errors
    /// Returns [`IdentityError::Key`] when the library refuses it.
    pub fn signing_key(&self) -> Result<SigningKey, IdentityError> {
        Ok(SigningKey::from_seed(&self.seed)?)
    }
}

/// Why an identity could not be loaded or stored.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// No agent was enrolled here.
    #[error(
        "no agent is enrolled in {0}: run `savin-agent enroll --token-file FILE` with the token \
         that MDOC gave this agency"
    )]
    NotEnrolled(PathBuf),
    /// Another agent runs on the folder.
    #[error("another savin-agent runs with the state folder {0}: stop it first")]
    Running(PathBuf),
    /// A file cannot be read or written.
    #[error("failed to use {file}")]
    File {
        /// Which.
        file: &'static str,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A file does not hold what this program wrote.
    #[error("{0} is damaged: enrol again with --replace")]
    Damaged(&'static str),
    /// A key is not usable.
    #[error("failed to use a key")]
    Key(#[from] SignError),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Random,
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let temporary = path.with_extension("new");
    let mut file = private().open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_folder(path)
}

/// Makes the name of a file durable; where folders cannot be opened, the system does so itself.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Opens for writing what only its owner may read.
fn private() -> fs::OpenOptions {
    let mut options = fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use savin_shared::ids::{AgencyId, AgentId};

    use super::{
        AgentName, Identity, IdentityError, NewKeys, StateFolder, TlsMaterial, certificate_days,
    };

    #[cfg(unix)]
    #[test]
    fn is_made_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::new(folder.path().join("state"));
        let tls = TlsMaterial {
            certificate: vec![1],
            key_pem: "key".to_owned(),
            authority_pem: "authority".to_owned(),
            ends: jiff::Timestamp::UNIX_EPOCH,
        };
        let identity = Identity {
            agent: AgentName::from(AgentId::from_bytes([1; 16])),
            agency: AgencyId::new("TEST").unwrap(),
            facilities: Vec::new(),
            hub: Vec::new(),
            receipt_key: String::new(),
            expires: jiff::Timestamp::UNIX_EPOCH,
        };
        state
            .store(&NewKeys::generate().unwrap(), &tls, &identity)
            .unwrap();
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(state.path().to_owned()), 0o700);
        assert_eq!(mode(state.path().join("identity.json")), 0o600);
    }

    #[test]
    fn keeps_one_usable_pair_whenever_a_renewal_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::new(folder.path().to_owned());
        let pair = |what: &str| TlsMaterial {
            certificate: what.as_bytes().to_vec(),
            key_pem: what.to_owned(),
            authority_pem: String::new(),
            ends: jiff::Timestamp::UNIX_EPOCH,
        };
        let is = |what: &str| {
            let tls = state.tls().unwrap();
            assert_eq!((tls.key_pem.as_str(), tls.certificate), (what, what.into()));
        };
        // As an earlier version left it, before its first renewal.
        for (file, text) in [
            ("authority.pem", "authority"),
            ("tls.key.pem", "first"),
            ("tls.certificate.der", "first"),
        ] {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        let identity = r#"{"agent":"0","agency":"T","facilities":[],"hub":[],"receipt_key":"",
            "expires":"1970-01-01T00:00:00Z"}"#;
        std::fs::write(folder.path().join("identity.json"), identity).unwrap();
        is("first");
        // The power fails while the new pair is written, and before it has its name.
        for half in ["", "{\"key_pem\":\"sec"] {
            std::fs::write(folder.path().join("tls.new"), half).unwrap();
            is("first");
        }
        state.store_tls(&pair("second")).unwrap();
        is("second");
        std::fs::write(folder.path().join("tls.new"), "{").unwrap();
        is("second");
        state.store_tls(&pair("third")).unwrap();
        is("third");
    }

    #[test]
    fn counts_whole_days_to_the_end_of_the_certificate() {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let days = |hours| certificate_days(now + jiff::SignedDuration::from_hours(hours), now);
        assert_eq!([49, 23, 0, -1].map(days), [2, 0, 0, -1]);
    }

    #[test]
    fn is_used_by_one_agent_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::new(folder.path().to_owned());
        let held = state.lock().unwrap();
        let second = state.lock().unwrap_err();
        assert!(matches!(second, IdentityError::Running(_)), "{second}");
        drop(held);
        assert!(state.lock().is_ok());
    }
}
