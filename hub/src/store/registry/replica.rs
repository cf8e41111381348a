//! What a registry that is made anew begins with, and the tables in which it must equal the first.
//!
//! Each is read in pages, summed up in 256 buckets as an agent's state is, and compared row by row where
//! these differ. Neither engine's order of texts matters to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use savin_shared::digest::{Digest, bucket_of};
use savin_shared::hash::Hash;

use super::agency::{self, Agency};
use super::agent::{self, Agent};
use super::step::{self, Origin};
use super::weights;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, Value};
use crate::values;

/// Rows that are read at once.
const ROWS_AT_ONCE: i64 = 2_000;

/// What kind of value a column of a key is: where the first page begins.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Integer,
    Text,
    Bytes,
}

impl Kind {
    fn least(self) -> Value {
        match self {
            Self::Integer => Value::Integer(i64::MIN),
            Self::Text => Value::Text(String::new()),
            Self::Bytes => Value::Bytes(Vec::new()),
        }
    }
}

/// A table that follows from the steps of the intake.
#[derive(Debug)]
pub struct Table {
    /// What it is called.
    pub name: &'static str,
    columns: &'static [&'static str],
    /// Its first columns name a row.
    key: &'static [Kind],
    page: &'static str,
}

/// Lists a table with the statement that reads a page of it.
macro_rules! table {
    ($name:literal, [$($key:literal $kind:ident),+], [$($column:literal),* $(,)?],
     $keys:literal, $places:literal, $limit:literal) => {
        Table {
            name: $name,
            columns: &[$($key,)+ $($column),*],
            key: &[$(Kind::$kind),+],
            page: concat!(
                "SELECT ", $keys $(, ", ", $column)*, " FROM ", $name, " WHERE (", $keys, ") > (",
                $places, ") ORDER BY ", $keys, " LIMIT ", $limit
            ),
        }
    };
}

/// Everything that follows from the steps and is no work of staff. The batches themselves are what it is
/// made of, and their evidence has a check of its own.
pub static TABLES: [Table; 18] = [
    table!("record", ["record_id" Integer],
        ["agency_id", "kind", "number", "person_id", "version", "sealed_by", "status_feed",
         "status_evidence", "listings"],
        "record_id", "$1", "$2"),
    table!("record_version", ["record_id" Integer, "version" Integer],
        ["body", "state", "observed_at", "received_at", "agent_id", "epoch", "seq", "origin", "corrects"],
        "record_id, version", "$1, $2", "$3"),
    table!("listing", ["agent_id" Bytes, "feed" Text, "kind" Integer, "number" Text],
        ["row_hash", "record_id", "is_roster", "state", "reason", "filled"],
        "agent_id, feed, kind, number", "$1, $2, $3, $4", "$5"),
    table!("observation_gap", ["agent_id" Bytes, "epoch" Bytes, "seq" Integer],
        ["feed", "gap_from", "gap_to", "reason"],
        "agent_id, epoch, seq", "$1, $2, $3", "$4"),
    table!("agent_position", ["agent_id" Bytes],
        ["epoch", "seq", "head", "received_at", "digest"],
        "agent_id", "$1", "$2"),
    table!("event", ["position" Integer],
        ["event_id", "code", "person_id", "record_id", "version", "facility_code", "origin",
         "effective_at", "entered_at", "observed_at", "received_at", "corrects", "details"],
        "position", "$1", "$2"),
    table!("event_elsewhere", ["position" Integer],
        ["record_id", "facility_code", "own_code", "own_facility", "own_details"],
        "position", "$1", "$2"),
    table!("person", ["person_id" Bytes], ["created_at"], "person_id", "$1", "$2"),
    table!("person_identifier", ["kind" Text, "scope" Text, "value" Text], ["person_id"],
        "kind, scope, value", "$1, $2, $3", "$4"),
    table!("person_doubt", ["record_id" Integer, "person_id" Bytes, "other_id" Bytes],
        ["noticed_at"],
        "record_id, person_id, other_id", "$1, $2, $3", "$4"),
    table!("name_word", ["word" Text, "person_id" Bytes], [], "word, person_id", "$1, $2", "$3"),
    table!("person_face", ["person_id" Bytes, "face_hash" Integer], ["body"],
        "person_id, face_hash", "$1, $2", "$3"),
    table!("person_key", ["key" Integer, "person_id" Bytes], [], "key, person_id", "$1, $2", "$3"),
    table!("name_count", ["part" Text, "word" Text], ["persons"], "part, word", "$1, $2", "$3"),
    table!("person_merge", ["merge_id" Integer],
        ["person_id", "into_id", "why", "merged_at", "decision_id", "undone_at", "undone_by"],
        "merge_id", "$1", "$2"),
    table!("person_merge_record", ["merge_id" Integer, "record_id" Integer], [],
        "merge_id, record_id", "$1, $2", "$3"),
    table!("person_merge_identifier",
        ["merge_id" Integer, "kind" Text, "scope" Text, "value" Text], [],
        "merge_id, kind, scope, value", "$1, $2, $3, $4", "$5"),
    table!("person_apart", ["one_id" Bytes, "other_id" Bytes], ["decision_id", "decided_at"],
        "one_id, other_id", "$1, $2", "$3"),
];

impl Table {
    /// Sums up every row.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn digest(&self, tx: &mut Tx<'_>) -> Result<Digest, StoreError> {
        let mut digest = Digest::default();
        let mut from = self.start();
        while let Some(next) = self.page(tx, from, |row| self.add(&mut digest, row))? {
            from = next;
        }
        Ok(digest)
    }

    /// Loads the rows of a bucket, each by its key, as texts.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn bucket(
        &self,
        tx: &mut Tx<'_>,
        bucket: u8,
    ) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        let mut rows = BTreeMap::new();
        let mut see = |row: &Row| {
            if bucket_of(&self.name_of(row)) == bucket {
                let cells: Vec<String> = row.values().iter().map(text).collect();
                let key = cells.iter().take(self.key.len()).cloned();
                rows.insert(key.collect::<Vec<_>>().join(" "), cells);
            }
        };
        let mut from = self.start();
        while let Some(next) = self.page(tx, from, &mut see)? {
            from = next;
        }
        Ok(rows)
    }

    /// Names the columns in which two rows differ. What stands in them may be personal, and is not said.
    #[must_use]
    pub fn differing(&self, one: &[String], other: &[String]) -> Vec<&'static str> {
        let pairs = one.iter().zip(other);
        let columns = self.columns.iter().zip(pairs);
        columns
            .filter(|(_, (one, other))| one != other)
            .map(|(column, _)| *column)
            .collect()
    }

    fn name_of(&self, row: &Row) -> Hash {
        hash_of(row.values().get(..self.key.len()).unwrap_or_default())
    }

    fn add(&self, digest: &mut Digest, row: &Row) {
        digest.add(&self.name_of(row), &hash_of(row.values()));
    }

    /// Returns the key before that of every row.
    fn start(&self) -> Vec<Value> {
        self.key.iter().map(|kind| kind.least()).collect()
    }

    /// Shows the next rows after a key, and returns the last one's; nothing where there are none.
    fn page(
        &self,
        tx: &mut Tx<'_>,
        mut from: Vec<Value>,
        see: impl FnMut(&Row),
    ) -> Result<Option<Vec<Value>>, StoreError> {
        from.push(ROWS_AT_ONCE.into());
        let page = tx.query(self.page, &from)?;
        let key = |row: &Row| row.values().iter().take(self.key.len()).cloned().collect();
        page.iter().for_each(see);
        Ok(page.last().map(key))
    }
}

/// Every table summed up, a page at a time: by whoever has other things to do in between.
#[derive(Debug, Default)]
pub struct Summing {
    whole: Vec<Digest>,
    /// The one that is being summed up, and after which key.
    now: Option<(Digest, Vec<Value>)>,
}

impl Summing {
    /// Sums up the next page; returns whether that was not the last.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn advance(&mut self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Some(table) = TABLES.get(self.whole.len()) else {
            return Ok(false);
        };
        let start = || (Digest::default(), table.start());
        let (mut digest, from) = self.now.take().unwrap_or_else(start);
        match table.page(tx, from, |row| table.add(&mut digest, row))? {
            Some(next) => self.now = Some((digest, next)),
            None => self.whole.push(digest),
        }
        Ok(true)
    }

    /// Sums up what is left, and returns the sum of each table.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn finish(mut self, tx: &mut Tx<'_>) -> Result<Vec<Digest>, StoreError> {
        while self.advance(tx)? {}
        Ok(self.whole)
    }
}

/// Hashes values, each with its type and length.
fn hash_of(values: &[Value]) -> Hash {
    let mut bytes = Vec::with_capacity(256);
    for value in values {
        let (kind, content): (u8, &[u8]) = match value {
            Value::Null => (0, &[]),
            Value::Integer(number) => {
                bytes.push(1);
                bytes.extend_from_slice(&number.to_be_bytes());
                continue;
            }
            Value::Text(text) => (2, text.as_bytes()),
            Value::Bytes(content) => (3, content),
        };
        bytes.push(kind);
        bytes.extend_from_slice(&(content.len() as u64).to_be_bytes());
        bytes.extend_from_slice(content);
    }
    Hash::of(&bytes)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => bytes.iter().fold(String::new(), |mut text, byte| {
            // A text takes whatever is written to it.
            let _written = write!(text, "{byte:02x}");
            text
        }),
    }
}

/// What a registry that is made anew begins with: where the steps do, and who may speak.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Where the steps begin.
    pub origin: Origin,
    /// Who speaks, or spoke.
    pub agents: Vec<Agent>,
}

impl Ground {
    /// Reads it; nothing where there are no steps.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn read(tx: &mut Tx<'_>) -> Result<Option<Self>, StoreError> {
        let Some(origin) = step::origin(tx)? else {
            return Ok(None);
        };
        let agents = agent::all(tx)?;
        Ok(Some(Self { origin, agents }))
    }

    /// Lays it. Every agent may speak: what was refused is in no log.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn lay(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        step::copy_origin(tx, self.origin)?;
        for agent in &self.agents {
            let agency = Agency {
                agency: agent.agency.clone(),
                name: agent.agency.to_string(),
                county: None,
            };
            agency::put(tx, &agency, agent.enrolled_at)?;
            agent::insert(tx, agent)?;
        }
        Ok(())
    }
}

/// An adopted table of linkage weights, to be adopted again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted(Vec<Value>);

/// Loads an adopted table of linkage weights.
///
/// # Errors
/// Returns [`StoreError`] when there is none of this number or the database refuses.
pub fn adopted(tx: &mut Tx<'_>, number: i64) -> Result<Adopted, StoreError> {
    let row = tx.query_optional(
        "SELECT name, number, body, changes, reason, adopted_at, after_position, decision_id
         FROM rules WHERE name = $1 AND number = $2",
        values![weights::NAME, number],
    )?;
    let row = row.ok_or(StoreError::Damaged("a table of weights is missing"))?;
    Ok(Adopted(row.values().to_vec()))
}

/// Adopts a table of linkage weights again.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn adopt(tx: &mut Tx<'_>, adopted: &Adopted) -> Result<(), StoreError> {
    tx.execute_one(
        "rules",
        "INSERT INTO rules (name, number, body, changes, reason, adopted_at, after_position,
             decision_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &adopted.0,
    )
}
