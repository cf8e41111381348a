//! What is kept of records that were expunged: a keyed hash of which they were, and what the digest of a
//! list needs while an agency goes on listing them, under the same key.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgencyId, AgentId, FeedName, RecordKey};

use super::agency;
use crate::ids::OrderId;
use crate::matching::Identifier;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// For what is still listed of expunged records.
const LISTING: &str = "savin/expunged-listing/1|";

/// A keyed hash of which record of which agency it was.
pub type Tombstone = [u8; 32];

/// The key of tombstones, which no database holds: whoever has a copy of one could otherwise try every
/// booking number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OrderKey([u8; 32]);

impl fmt::Debug for OrderKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OrderKey(..)")
    }
}

impl OrderKey {
    /// Takes a key.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Names a record.
    #[must_use]
    pub fn tombstone(&self, agency: &AgencyId, key: &RecordKey) -> Tombstone {
        let agency = agency.as_str().as_bytes();
        let length = u64::try_from(agency.len()).unwrap_or(u64::MAX);
        self.hash(&[
            b"savin/tombstone/1|",
            &length.to_be_bytes(),
            agency,
            &[key.kind.code()],
            key.number.as_str().as_bytes(),
        ])
    }

    /// Names a number by which a person is known.
    #[must_use]
    pub fn number(&self, number: &Identifier) -> [u8; 32] {
        let scope = number.scope.as_bytes();
        let length = u64::try_from(scope.len()).unwrap_or(u64::MAX);
        self.hash(&[
            b"savin/expunged-number/1|",
            number.kind.as_str().as_bytes(),
            b"|",
            &length.to_be_bytes(),
            scope,
            number.value.as_bytes(),
        ])
    }

    /// Returns by what a database knows its key.
    #[must_use]
    pub fn check_value(&self) -> [u8; 32] {
        self.hash(&[b"savin/order-key-check/1|"])
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(part);
        }
        let tag = context.sign();
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }

    fn cipher(&self, purpose: &str) -> Result<RandomizedNonceKey, StoreError> {
        let key = self.hash(&[purpose.as_bytes()]);
        RandomizedNonceKey::new(&AES_256_GCM, &key).map_err(|_| sealed())
    }

    /// Encrypts bytes for a purpose, bound to their place.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] when the cipher refuses.
    pub fn close(
        &self,
        purpose: &str,
        place: &[u8],
        mut bytes: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        let nonce = self
            .cipher(purpose)?
            .seal_in_place_append_tag(Aad::from(place), &mut bytes)
            .map_err(|_| sealed())?;
        let mut closed = nonce.as_ref().to_vec();
        closed.append(&mut bytes);
        Ok(closed)
    }

    /// Decrypts bytes of a purpose in their place.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for another key's, of another place, or changed ones.
    pub fn unclose(
        &self,
        purpose: &str,
        place: &[u8],
        bytes: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let (nonce, body) = bytes.split_at_checked(NONCE_LEN).ok_or_else(sealed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| sealed())?;
        let mut body = body.to_vec();
        let opened = self
            .cipher(purpose)?
            .open_in_place(nonce, Aad::from(place), &mut body)
            .map_err(|_| sealed())?;
        Ok(opened.to_vec())
    }

    fn seal(&self, place: &Place, entry: &Entry) -> Result<Vec<u8>, StoreError> {
        let bytes = [*entry.name.as_bytes(), *entry.row_hash.as_bytes()];
        self.close(LISTING, &place.bytes(), bytes.as_flattened().to_vec())
    }

    fn open(&self, place: &Place, bytes: &[u8]) -> Result<Entry, StoreError> {
        let opened = self.unclose(LISTING, &place.bytes(), bytes)?;
        let (name, rest) = opened.split_first_chunk::<32>().ok_or_else(sealed)?;
        let row_hash = rest.first_chunk::<32>().ok_or_else(sealed)?;
        Ok(Entry {
            name: Hash::from_bytes(*name),
            row_hash: Hash::from_bytes(*row_hash),
        })
    }
}

const fn sealed() -> StoreError {
    StoreError::Damaged("what is kept of a court's order: is this the hub's orders.key?")
}

/// Whose list still has which expunged record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Whose list.
    pub agent: AgentId,
    /// Which.
    pub feed: FeedName,
    /// The record.
    pub tombstone: Tombstone,
}

/// What the digest of a list needs of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The hash of what names the row.
    pub name: Hash,
    /// The hash of its bytes.
    pub row_hash: Hash,
}

impl Place {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.agent.as_bytes().to_vec();
        bytes.extend_from_slice(&self.tombstone);
        bytes.extend_from_slice(self.feed.as_str().as_bytes());
        bytes
    }

    fn values(&self) -> Vec<crate::store::value::Value> {
        vec![
            self.agent.as_bytes().into(),
            self.feed.as_str().into(),
            (&self.tombstone).into(),
        ]
    }
}

/// Notes by what the database knows its key, where it knows none, and returns by what it does.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn begin(tx: &mut Tx<'_>, check_value: &[u8; 32]) -> Result<[u8; 32], StoreError> {
    tx.execute(
        "INSERT INTO order_key (name, check_value) VALUES ('orders', $1)
         ON CONFLICT (name) DO NOTHING",
        values![check_value],
    )?;
    known(tx)?.ok_or(StoreError::Damaged("the key of orders"))
}

/// Returns by what the database knows its key, if it does.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn known(tx: &mut Tx<'_>) -> Result<Option<[u8; 32]>, StoreError> {
    let row = tx.query_optional("SELECT check_value FROM order_key", values![])?;
    row.map(|row| row.array(0)).transpose()
}

/// Notes that a record was expunged.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put(
    tx: &mut Tx<'_>,
    agency: &AgencyId,
    tombstone: &Tombstone,
    order: OrderId,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO expunged_record (tombstone, agency_id, order_id) VALUES ($1, $2, $3)
         ON CONFLICT (tombstone) DO NOTHING",
        values![tombstone, agency.as_str(), order.0],
    )
    .map(|_| ())
}

/// Lists what an order expunged, with whose it was.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<(AgencyId, Tombstone)>, StoreError> {
    tx.query(
        "SELECT agency_id, tombstone FROM expunged_record WHERE order_id = $1 ORDER BY tombstone",
        values![order.0],
    )?
    .iter()
    .map(|row| Ok((agency::id(row.text(0)?)?, row.array(1)?)))
    .collect()
}

/// Says whether any record of an agency was expunged.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_any(tx: &mut Tx<'_>, agency: &AgencyId) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM expunged_record WHERE agency_id = $1 LIMIT 1",
        values![agency.as_str()],
    )?;
    Ok(row.is_some())
}

/// Finds by which orders records were expunged, in the order of the tombstones.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find(tx: &mut Tx<'_>, tombstones: &[Tombstone]) -> Result<Vec<Option<OrderId>>, StoreError> {
    let lists: Vec<_> = tombstones.iter().map(|stone| vec![stone.into()]).collect();
    tx.query_many(
        "SELECT order_id FROM expunged_record WHERE tombstone = $1",
        &lists,
    )?
    .iter()
    .map(|rows| {
        let first = rows.first();
        first.map(|row| Ok(OrderId(row.integer(0)?))).transpose()
    })
    .collect()
}

/// Loads what an agent still lists of expunged records.
///
/// # Errors
/// Returns [`StoreError`] when the key does not open it or the database refuses.
pub fn of_agent(
    tx: &mut Tx<'_>,
    key: &OrderKey,
    agent: AgentId,
) -> Result<BTreeMap<Place, Entry>, StoreError> {
    tx.query(
        "SELECT feed, tombstone, sealed_entry FROM expunged_listing WHERE agent_id = $1
         ORDER BY feed, tombstone",
        values![agent.as_bytes()],
    )?
    .iter()
    .map(|row| {
        let feed = FeedName::new(row.text(0)?);
        let place = Place {
            agent,
            feed: feed.map_err(|_| StoreError::Damaged("a feed's name"))?,
            tombstone: row.array(1)?,
        };
        let entry = key.open(&place, row.bytes(2)?)?;
        Ok((place, entry))
    })
    .collect()
}

/// Notes what a list still has of an expunged record, in place of what it had.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn list(
    tx: &mut Tx<'_>,
    key: &OrderKey,
    place: &Place,
    entry: &Entry,
) -> Result<(), StoreError> {
    let mut values = place.values();
    values.push(key.seal(place, entry)?.into());
    tx.execute(
        "INSERT INTO expunged_listing (agent_id, feed, tombstone, sealed_entry)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (agent_id, feed, tombstone) DO UPDATE SET sealed_entry = $4",
        &values,
    )
    .map(|_| ())
}

/// Notes that a list has an expunged record no longer.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn unlist(tx: &mut Tx<'_>, place: &Place) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM expunged_listing WHERE agent_id = $1 AND feed = $2 AND tombstone = $3",
        &place.values(),
    )
    .map(|_| ())
}

/// Says whether any list of an agency still has what an order expunged.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn is_listed(tx: &mut Tx<'_>, order: OrderId, agency: &AgencyId) -> Result<bool, StoreError> {
    let row = tx.query_optional(
        "SELECT 1 FROM expunged_record r JOIN expunged_listing l ON l.tombstone = r.tombstone
         WHERE r.order_id = $1 AND r.agency_id = $2 LIMIT 1",
        values![order.0, agency.as_str()],
    )?;
    Ok(row.is_some())
}

#[cfg(test)]
mod tests {
    use savin_shared::hash::Hash;
    use savin_shared::ids::{AgencyId, AgentId, FeedName, RecordKey, RecordNumber};
    use savin_shared::record::RecordKind;

    use super::{Entry, OrderKey, Place};

    fn key(number: &str) -> RecordKey {
        RecordKey {
            kind: RecordKind::Custody,
            number: RecordNumber::new(number).unwrap(),
        }
    }

    #[test]
    fn names_a_record_of_one_agency_under_one_key() {
        let agency = |id: &str| AgencyId::new(id).unwrap();
        let (ours, theirs) = (OrderKey::new([1; 32]), OrderKey::new([2; 32]));
        let stone = ours.tombstone(&agency("MS1"), &key("26-1"));
        assert_eq!(ours.tombstone(&agency("MS1"), &key("26-1")), stone);
        assert_ne!(ours.tombstone(&agency("MS1"), &key("26-2")), stone);
        assert_ne!(ours.tombstone(&agency("MS2"), &key("26-1")), stone);
        assert_ne!(theirs.tombstone(&agency("MS1"), &key("26-1")), stone);
        assert_ne!(ours.check_value(), theirs.check_value());
        assert_eq!(format!("{ours:?}"), "OrderKey(..)");
    }

    #[test]
    fn opens_what_is_listed_only_in_its_place_and_with_its_key() {
        let place = |feed: &str| Place {
            agent: AgentId::from_bytes([1; 16]),
            feed: FeedName::new(feed).unwrap(),
            tombstone: [3; 32],
        };
        let entry = Entry {
            name: Hash::of(b"name"),
            row_hash: Hash::of(b"row"),
        };
        let ours = OrderKey::new([1; 32]);
        let sealed = ours.seal(&place("roster"), &entry).unwrap();
        assert_eq!(ours.open(&place("roster"), &sealed).unwrap(), entry);
        assert!(ours.open(&place("moves"), &sealed).is_err());
        assert!(
            OrderKey::new([2; 32])
                .open(&place("roster"), &sealed)
                .is_err()
        );
        let row = entry.row_hash.as_bytes().as_slice();
        assert!(!sealed.windows(32).any(|window| window == row));
    }
}
