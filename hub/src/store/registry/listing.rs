//! The mirror of each agent's shadow: what its feeds list, by name and hash.

use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, FeedName, RecordKey, RecordNumber};
use savin_shared::record::RecordKind;
use savin_shared::record::custody::CustodyState;

use crate::ids::RecordId;
use crate::registry::known::{Fields, Word};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, Value};
use crate::values;

/// What names a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListingKey {
    /// Whose.
    pub agent: AgentId,
    /// In which feed.
    pub feed: FeedName,
    /// Which record.
    pub key: RecordKey,
}

/// A listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// The hash of the row's bytes.
    pub row_hash: Hash,
    /// The record in the registry.
    pub record: RecordId,
    /// What the row said.
    pub word: Word,
}

impl ListingKey {
    fn values(&self) -> Vec<Value> {
        vec![
            self.agent.as_bytes().into(),
            self.feed.as_str().into(),
            self.key.kind.code().into(),
            self.key.number.as_str().into(),
        ]
    }
}

/// Loads listings in the order of their keys.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load_many(tx: &mut Tx<'_>, keys: &[ListingKey]) -> Result<Vec<Option<Listing>>, StoreError> {
    let lists: Vec<_> = keys.iter().map(ListingKey::values).collect();
    tx.query_many(
        "SELECT row_hash, record_id, is_roster, state, reason, filled FROM listing
         WHERE agent_id = $1 AND feed = $2 AND kind = $3 AND number = $4",
        &lists,
    )?
    .iter()
    .map(|rows| {
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let row_hash = Hash::from_bytes(row.array(0)?);
        Ok(Some(Listing {
            row_hash,
            record: RecordId(row.integer(1)?),
            word: word(row, 2)?,
        }))
    })
    .collect()
}

/// Stores listings.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn put_many(tx: &mut Tx<'_>, listings: &[(&ListingKey, Listing)]) -> Result<(), StoreError> {
    let lists: Vec<_> = listings
        .iter()
        .map(|(key, listing)| {
            let mut values = key.values();
            values.push(listing.row_hash.as_bytes().into());
            values.push(listing.record.0.into());
            let (state, reason) = listing.word.state.map_or((0, 0), CustodyState::codes);
            values.push(listing.word.is_roster.into());
            values.push(state.into());
            values.push(reason.into());
            values.push(i64::from(listing.word.filled.0).into());
            values
        })
        .collect();
    tx.execute_many(
        "INSERT INTO listing (agent_id, feed, kind, number, row_hash, record_id, is_roster, state,
             reason, filled)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (agent_id, feed, kind, number) DO UPDATE SET row_hash = $5, record_id = $6,
             is_roster = $7, state = $8, reason = $9, filled = $10",
        &lists,
    )
}

/// Removes listings.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn remove_many(tx: &mut Tx<'_>, keys: &[&ListingKey]) -> Result<(), StoreError> {
    let lists: Vec<_> = keys.iter().map(|key| key.values()).collect();
    tx.execute_many(
        "DELETE FROM listing WHERE agent_id = $1 AND feed = $2 AND kind = $3 AND number = $4",
        &lists,
    )
}

/// Loads everything that an agent lists, in order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_agent(tx: &mut Tx<'_>, agent: AgentId) -> Result<Vec<(ListingKey, Listing)>, StoreError> {
    tx.query(
        "SELECT feed, kind, number, row_hash, record_id, is_roster, state, reason, filled FROM listing WHERE agent_id = $1
         ORDER BY feed, kind, number",
        values![agent.as_bytes()],
    )?
    .iter()
    .map(|row| {
        let damaged = StoreError::Damaged;
        let feed = FeedName::new(row.text(0)?).map_err(|_| damaged("a feed's name"))?;
        let key = ListingKey {
            agent,
            feed,
            key: key(row, 1)?,
        };
        let row_hash = Hash::from_bytes(row.array(3)?);
        Ok((
            key,
            Listing {
                row_hash,
                record: RecordId(row.integer(4)?),
                word: word(row, 5)?,
            },
        ))
    })
    .collect()
}

/// Loads the keys of everything that an agent's roster lists, in order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn roster_of(
    tx: &mut Tx<'_>,
    agent: AgentId,
    feed: &FeedName,
) -> Result<Vec<RecordKey>, StoreError> {
    tx.query(
        "SELECT kind, number FROM listing WHERE agent_id = $1 AND feed = $2 AND is_roster = 1
         ORDER BY kind, number",
        values![agent.as_bytes(), feed.as_str()],
    )?
    .iter()
    .map(|row| key(row, 0))
    .collect()
}

/// Reads what a row said from four columns.
fn word(row: &Row, first: usize) -> Result<Word, StoreError> {
    let damaged = StoreError::Damaged;
    let filled = u32::try_from(row.integer(first + 3)?).map_err(|_| damaged("a row's fields"))?;
    Ok(Word {
        is_roster: row.flag(first)?,
        state: CustodyState::from_codes(row.code(first + 1)?, row.code(first + 2)?),
        filled: Fields(filled),
    })
}

/// Reads a record's key from two columns.
pub(super) fn key(row: &Row, first: usize) -> Result<RecordKey, StoreError> {
    let damaged = StoreError::Damaged;
    let kind = RecordKind::from_code(row.code(first)?).ok_or(damaged("a record's kind"))?;
    let number = row.text(first + 1)?;
    let number = RecordNumber::new(number).map_err(|_| damaged("a record's number"))?;
    Ok(RecordKey { kind, number })
}
