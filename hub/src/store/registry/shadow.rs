//! What is kept of a delta or a row of a state that was destroyed by order: which list it changed, and the two hashes
//! that the digest of that list needs, under the key of orders.

use savin_shared::codec::Codec;
use savin_shared::digest::key_hash;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgencyId, AgentId, FeedName, RecordKey};
use serde::{Deserialize, Serialize};

use super::expunged::{Entry, OrderKey, Place, Tombstone};
use super::log::LogPlace;
use crate::store::StoreError;

/// For what is kept of deltas and rows.
const SHADOWS: &str = "savin/expunged-shadows/1|";

/// What is kept of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    feed: String,
    tombstone: Tombstone,
    /// The hashes of its name and of its bytes; nothing where it said that the record is listed no longer.
    entry: Option<([u8; 32], [u8; 32])>,
}

/// Of what shadows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of<'a> {
    /// Of a batch.
    Batch(&'a LogPlace),
    /// Of a state that an agent sent.
    State(AgentId),
}

impl Of<'_> {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Batch(place) => [
                b"batch".as_slice(),
                place.agent.as_bytes(),
                place.epoch.as_bytes(),
                &place.first.0.to_be_bytes(),
            ]
            .concat(),
            Self::State(agent) => [b"state".as_slice(), agent.as_bytes()].concat(),
        }
    }
}

impl Shadow {
    /// Keeps what the digest of a list needs of a record that it has with these bytes, or no longer.
    #[must_use]
    pub fn of(
        key: &OrderKey,
        agency: &AgencyId,
        (feed, record): (&FeedName, &RecordKey),
        row_hash: Option<Hash>,
    ) -> Self {
        let name = key_hash(feed, record);
        Self {
            feed: feed.as_str().to_owned(),
            tombstone: key.tombstone(agency, record),
            entry: row_hash.map(|hash| (*name.as_bytes(), *hash.as_bytes())),
        }
    }

    /// Returns which place of whose list it changed, and what stands there since.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] when its list has no name.
    pub fn read(&self, agent: AgentId) -> Result<(Place, Option<Entry>), StoreError> {
        let feed = FeedName::new(&self.feed);
        let place = Place {
            agent,
            feed: feed.map_err(|_| StoreError::Damaged("a feed's name"))?,
            tombstone: self.tombstone,
        };
        let entry = self.entry.map(|(name, row_hash)| Entry {
            name: Hash::from_bytes(name),
            row_hash: Hash::from_bytes(row_hash),
        });
        Ok((place, entry))
    }
}

/// Seals shadows; nothing where there are none.
///
/// # Errors
/// Returns [`StoreError`] when they cannot be written.
pub fn seal(key: &OrderKey, of: Of<'_>, shadows: &[Shadow]) -> Result<Option<Vec<u8>>, StoreError> {
    if shadows.is_empty() {
        return Ok(None);
    }
    let bytes = Codec::Bincode2.encode(&shadows);
    let bytes = bytes.map_err(|_| StoreError::Damaged("shadows cannot be written"))?;
    key.close(SHADOWS, &of.bytes(), bytes).map(Some)
}

/// Opens shadows.
///
/// # Errors
/// Returns [`StoreError::Damaged`] when the key does not open them.
pub fn open(key: &OrderKey, of: Of<'_>, sealed: Option<&[u8]>) -> Result<Vec<Shadow>, StoreError> {
    let Some(sealed) = sealed else {
        return Ok(Vec::new());
    };
    let bytes = key.unclose(SHADOWS, &of.bytes(), sealed)?;
    let shadows = Codec::Bincode2.decode(&bytes);
    shadows.map_err(|_| StoreError::Damaged("shadows"))
}
