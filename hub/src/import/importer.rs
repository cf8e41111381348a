//! The importer of an agency: a name and a key of its own, like an agent's, with which the hub signs what
//! the agency handed in. The key is drawn from one secret of this hub.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aws_lc_rs::{hmac, rand};
use jiff::Timestamp;
use savin_shared::chain::Position;
use savin_shared::delta::{self, Change, Delta, DeltaError};
use savin_shared::digest::{Digest, key_hash};
use savin_shared::envelope::{EnvelopeError, SealedBatch, Unsealed, seal};
use savin_shared::hash::{Hash, hex, unhex};
use savin_shared::ids::{AgencyId, AgentId, FacilityCode, FeedName, RecordKey};
use savin_shared::limits::{BATCH_BYTES_MAX, BATCH_DELTAS_MAX};
use savin_shared::sign::{SignError, SigningKey};
use thiserror::Error;

use crate::intake::Speaker;
use crate::private_file;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::agent::{self, Agent, AgentState};
use crate::store::registry::facility;

/// The file of the secret, in the data folder.
const SECRET: &str = "import.key";

/// What importers call themselves where agents name their program's version.
const BUILD: &str = "import";

/// The importer of one agency.
#[derive(Debug)]
pub struct Importer {
    /// Its name.
    pub agent: AgentId,
    /// Whose word it carries.
    pub agency: AgencyId,
    key: SigningKey,
}

impl Importer {
    /// Loads the importer of an agency; the secret is made where there is none.
    ///
    /// # Errors
    /// Returns [`ImporterError`] when the secret cannot be used.
    pub fn load(folder: &Path, agency: &AgencyId) -> Result<Self, ImporterError> {
        let file = folder.join(SECRET);
        let at = |source| ImporterError::File {
            file: file.clone(),
            source,
        };
        if !file.exists() {
            let mut seed = [0; 32];
            rand::fill(&mut seed).map_err(|_| ImporterError::Random)?;
            private_file::write(&file, hex(&seed).as_bytes()).map_err(at)?;
        }
        let text = std::fs::read_to_string(&file).map_err(at)?;
        let secret = unhex(text.trim())
            .filter(|secret| secret.len() == 32)
            .ok_or_else(|| ImporterError::Damaged(file.clone()))?;
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let seed = hmac::sign(&secret, agency.as_str().as_bytes());
        let seed = seed.as_ref().first_chunk::<32>();
        let key = SigningKey::from_seed(seed.ok_or(ImporterError::Random)?)?;
        let name = Hash::tagged(
            "savin/importer/1",
            &[agency.as_str().as_bytes(), &key.verifying_key().0],
        );
        let name = name.as_bytes().first_chunk::<16>().copied();
        Ok(Self {
            agent: AgentId::from_bytes(name.ok_or(ImporterError::Random)?),
            agency: agency.clone(),
            key,
        })
    }

    /// Enters the importer among the agents of its agency, where it is not yet, and returns as whom it
    /// speaks: for the facilities of the agency as they are now.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn enter(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Speaker, StoreError> {
        let facilities: Vec<FacilityCode> = facility::of_agency(tx, &self.agency)?;
        if agent::load(tx, self.agent)?.is_none() {
            let entry = Agent {
                agent: self.agent,
                agency: self.agency.clone(),
                facilities: facilities.clone(),
                batch_key: self.key.verifying_key(),
                state: AgentState::Active,
                // It never dials: no certificate was made out to it.
                certificate_ends: now,
                build: BUILD.to_owned(),
                enrolled_at: now,
                heard_at: None,
                spool_deltas: 0,
            };
            agent::insert(tx, &entry)?;
        }
        Ok(Speaker {
            agent: self.agent,
            agency: self.agency.clone(),
            facilities,
            batch_key: self.key.verifying_key(),
        })
    }

    /// Signs changes of a feed into batches that follow a position. The last carries the digest of what
    /// is listed after them.
    ///
    /// # Errors
    /// Returns [`SealError`] when a delta or a batch cannot be written.
    pub fn seal(
        &self,
        feed: &FeedName,
        deltas: &[Delta],
        mut before: Before,
        (now, secret): (Timestamp, [u8; 16]),
    ) -> Result<Vec<SealedBatch>, SealError> {
        let mut batches = Vec::new();
        let mut rest = deltas;
        while !rest.is_empty() {
            let (mut bodies, mut bytes) = (Vec::new(), 0);
            for delta in rest {
                let body = delta::encode(delta)?;
                bytes += body.len();
                let is_full =
                    bodies.len() >= BATCH_DELTAS_MAX as usize || bytes > BATCH_BYTES_MAX as usize;
                if is_full && !bodies.is_empty() {
                    break;
                }
                before.list(feed, &delta.change);
                bodies.push(body);
            }
            rest = rest.get(bodies.len()..).unwrap_or_default();
            let batch = seal(Unsealed {
                agent: self.agent,
                previous: before.position,
                secret,
                bodies,
                state_digest: rest.is_empty().then(|| before.digest.root()),
                sealed_at: now,
                key: &self.key,
            })?;
            before.position = batch.header.after();
            batches.push(batch);
        }
        Ok(batches)
    }
}

/// Where an importer stands before an import.
#[derive(Debug, Clone)]
pub struct Before {
    /// The end of its chain.
    pub position: Position,
    /// The digest of everything that it lists.
    pub digest: Digest,
    /// What the feed lists, each record by the hash of its row.
    pub shadow: BTreeMap<RecordKey, Hash>,
}

impl Before {
    /// Follows a change.
    fn list(&mut self, feed: &FeedName, change: &Change) {
        let (key, hash) = match change {
            Change::Upsert { row, .. } => match row.record() {
                Ok(record) => (record.key(), Some(row.hash())),
                // The hub refuses such a row when it opens the batch.
                Err(_) => return,
            },
            Change::NoLongerListed(key) | Change::Withheld(key) => (key.clone(), None),
            Change::ObservationGap { .. } => return,
        };
        let name = key_hash(feed, &key);
        let before = match hash {
            Some(hash) => self.shadow.insert(key, hash),
            None => self.shadow.remove(&key),
        };
        if let Some(before) = before {
            self.digest.remove(&name, &before);
        }
        if let Some(hash) = hash {
            self.digest.add(&name, &hash);
        }
    }
}

/// Why changes could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// A delta cannot be written.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// A batch cannot be written.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

/// Why there is no importer.
#[derive(Debug, Error)]
pub enum ImporterError {
    /// The secret's file cannot be read or written.
    #[error("{file} cannot be used")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file does not hold a secret.
    #[error("{0} does not hold 64 hexadecimal digits: restore it, or move it away to begin anew")]
    Damaged(PathBuf),
    /// The key cannot be used.
    #[error("the importer's key cannot be used")]
    Key(#[from] SignError),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Random,
}
