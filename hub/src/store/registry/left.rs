//! What an expunction leaves so that the registry can be made anew without what it destroyed, and doing there what it
//! did. It is kept under the key of orders.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::codec::Codec;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgencyId, AgentId, FeedName};
use serde::{Deserialize, Serialize};

use super::court_order::Scope;
use super::expunged::{self, Entry, OrderKey, Place, Tombstone};
use super::expunging::{self, OF_PERSON};
use super::{agent, face, person, position};
use crate::ids::{OrderId, PersonId};
use crate::matching::Identifier;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// For what an expunction leaves.
const LEFT: &str = "savin/expunction-left/1|";

/// A keyed hash of a number by which a person is known.
pub type NumberHash = [u8; 32];

/// A number that something destroyed bore, and whom it names since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Number {
    hash: NumberHash,
    /// Whom; nobody where it was destroyed with it.
    names: Option<PersonId>,
    /// The joinings that moved it.
    moved: Vec<i64>,
}

/// What a list still has of a destroyed record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    agent: AgentId,
    feed: String,
    tombstone: Tombstone,
    name: [u8; 32],
    row_hash: [u8; 32],
}

/// What an expunction leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Destroyed records, by keyed hashes, with whose they are.
    stones: Vec<(String, Tombstone)>,
    /// Of whom nothing is left.
    gone: Vec<PersonId>,
    /// Who was learnt anew.
    relearned: Vec<PersonId>,
    numbers: Vec<Number>,
    /// Joinings of which it is not said any more by what.
    unsaid: Vec<i64>,
    listed: Vec<Listed>,
}

/// The step of an expunction with what it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expunction {
    /// The how-manieth step it is.
    pub step: i64,
    /// With which step what it destroyed came at the earliest; 0 where an older program took that.
    pub since: i64,
    /// What it left.
    pub left: Left,
}

/// Numbers of which only keyed hashes are left, and those of them that others bear as well, as they are met.
#[derive(Debug)]
pub struct Met {
    key: OrderKey,
    wanted: BTreeSet<NumberHash>,
    met: BTreeMap<NumberHash, Identifier>,
}

impl Met {
    /// Looks for the numbers of these expunctions.
    #[must_use]
    pub fn new(key: OrderKey, expunctions: &[Expunction]) -> Self {
        let numbers = expunctions.iter().flat_map(|one| &one.left.numbers);
        Self {
            key,
            wanted: numbers.map(|number| number.hash).collect(),
            met: BTreeMap::new(),
        }
    }

    /// Meets the numbers of a record.
    pub fn meet(&mut self, numbers: impl IntoIterator<Item = Identifier>) {
        for number in numbers {
            let hash = self.key.number(&number);
            if self.wanted.contains(&hash) {
                self.met.insert(hash, number);
            }
        }
    }

    /// Says whether any number is looked for.
    #[must_use]
    pub fn is_looking(&self) -> bool {
        !self.wanted.is_empty()
    }
}

impl Left {
    /// Destroys what an order covers, and keeps what is left of it.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn of(
        tx: &mut Tx<'_>,
        scopes: &[Scope],
        key: &OrderKey,
        destroy: impl FnOnce(&mut Tx<'_>) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let mut left = Self::default();
        let mut numbers = BTreeSet::new();
        for scope in scopes {
            let stones = scope.named(key).into_iter();
            left.stones
                .extend(stones.map(|(agency, stone)| (agency.to_string(), stone)));
            left.gone.extend(scope.gone());
            left.relearned.extend(&scope.everyone);
            numbers.extend(expunging::numbers(tx, scope)?);
        }
        destroy(tx)?;
        for number in numbers {
            let row = person::find_many(tx, std::slice::from_ref(&number))?;
            let moved = tx.query(
                "SELECT merge_id FROM person_merge_identifier
                 WHERE kind = $1 AND scope = $2 AND value = $3 ORDER BY merge_id",
                &person::key(&number),
            )?;
            left.numbers.push(Number {
                hash: key.number(&number),
                names: row.into_iter().flatten().next(),
                moved: moved
                    .iter()
                    .map(|row| row.integer(0))
                    .collect::<Result<_, _>>()?,
            });
        }
        // In an order that says nothing of the numbers.
        left.numbers.sort_by_key(|number| number.hash);
        let unsaid = tx.query(
            "SELECT merge_id FROM person_merge WHERE why = '' ORDER BY merge_id",
            values![],
        )?;
        left.unsaid = unsaid
            .iter()
            .map(|row| row.integer(0))
            .collect::<Result<_, _>>()?;
        for scope in scopes {
            for agency in expunging::agencies(scope) {
                left.note_listed(tx, &agency, key)?;
            }
        }
        Ok(left)
    }

    fn note_listed(
        &mut self,
        tx: &mut Tx<'_>,
        agency: &AgencyId,
        key: &OrderKey,
    ) -> Result<(), StoreError> {
        for agent in agent::of_agency(tx, agency)? {
            for (place, entry) in expunged::of_agent(tx, key, agent.agent)? {
                let is_ours = self
                    .stones
                    .iter()
                    .any(|(_, stone)| *stone == place.tombstone);
                let listed = Listed {
                    agent: place.agent,
                    feed: place.feed.as_str().to_owned(),
                    tombstone: place.tombstone,
                    name: *entry.name.as_bytes(),
                    row_hash: *entry.row_hash.as_bytes(),
                };
                if is_ours && !self.listed.contains(&listed) {
                    self.listed.push(listed);
                }
            }
        }
        Ok(())
    }

    /// Keeps it with the step of its expunction.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn put(
        &self,
        tx: &mut Tx<'_>,
        (step, since): (i64, i64),
        key: &OrderKey,
    ) -> Result<(), StoreError> {
        let bytes = Codec::Bincode2.encode(self);
        let bytes = bytes.map_err(|_| StoreError::Damaged("an expunction cannot be kept"))?;
        let sealed = key.close(LEFT, &step.to_be_bytes(), bytes)?;
        tx.execute_one(
            "intake_expunged",
            "INSERT INTO intake_expunged (step, since, sealed_left) VALUES ($1, $2, $3)",
            values![step, since, sealed],
        )
    }

    /// Does in a registry that is made anew what the expunction did.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the database refuses.
    pub fn carry_out(&self, tx: &mut Tx<'_>, order: OrderId, met: &Met) -> Result<(), StoreError> {
        for (agency, stone) in &self.stones {
            let agency = AgencyId::new(agency);
            let agency = agency.map_err(|_| StoreError::Damaged("an agency in a step"))?;
            expunged::put(tx, &agency, stone, order)?;
        }
        self.list(tx, &met.key)?;
        for number in &self.numbers {
            if let Some(known) = met.met.get(&number.hash) {
                number.set(tx, known)?;
            }
        }
        face::relearn(tx, &self.relearned)?;
        for (_, statement) in OF_PERSON {
            for person in &self.gone {
                tx.execute(statement, values![person.as_bytes()])?;
            }
        }
        tx.execute("DELETE FROM name_count WHERE persons <= 0", values![])?;
        let unsaid: Vec<_> = self
            .unsaid
            .iter()
            .map(|merge| vec![(*merge).into()])
            .collect();
        tx.execute_many(
            "UPDATE person_merge SET why = '' WHERE merge_id = $1",
            &unsaid,
        )
    }

    /// Lets lists have of what was destroyed exactly what they had.
    fn list(&self, tx: &mut Tx<'_>, key: &OrderKey) -> Result<(), StoreError> {
        let stones: BTreeSet<Tombstone> = self.stones.iter().map(|(_, stone)| *stone).collect();
        for agent in agent::all(tx)? {
            let Some(mut durable) = position::load(tx, agent.agent)? else {
                continue;
            };
            let before = expunged::of_agent(tx, key, agent.agent)?.into_iter();
            for (place, entry) in before.filter(|(place, _)| stones.contains(&place.tombstone)) {
                durable.digest.remove(&entry.name, &entry.row_hash);
                expunged::unlist(tx, &place)?;
            }
            for listed in self
                .listed
                .iter()
                .filter(|listed| listed.agent == agent.agent)
            {
                let feed = FeedName::new(&listed.feed);
                let place = Place {
                    agent: agent.agent,
                    feed: feed.map_err(|_| StoreError::Damaged("a feed's name"))?,
                    tombstone: listed.tombstone,
                };
                let entry = Entry {
                    name: Hash::from_bytes(listed.name),
                    row_hash: Hash::from_bytes(listed.row_hash),
                };
                durable.digest.add(&entry.name, &entry.row_hash);
                expunged::list(tx, key, &place, &entry)?;
            }
            position::store_many(tx, &[(agent.agent, &durable)])?;
        }
        Ok(())
    }
}

impl Number {
    /// Lets a number name whom it named, and have been moved by what moved it.
    fn set(&self, tx: &mut Tx<'_>, number: &Identifier) -> Result<(), StoreError> {
        let key = person::key(number);
        for statement in [
            "DELETE FROM person_identifier WHERE kind = $1 AND scope = $2 AND value = $3",
            "DELETE FROM person_merge_identifier WHERE kind = $1 AND scope = $2 AND value = $3",
        ] {
            tx.execute(statement, &key)?;
        }
        if let Some(person) = self.names {
            person::identify_many(tx, &[(number.clone(), person)])?;
        }
        let moved = self.moved.iter().map(|merge| {
            let mut values = key.clone();
            values.push((*merge).into());
            values
        });
        tx.execute_many(
            "INSERT INTO person_merge_identifier (merge_id, kind, scope, value)
             VALUES ($4, $1, $2, $3)",
            &moved.collect::<Vec<_>>(),
        )
    }
}

/// Loads every expunction, in their order.
///
/// # Errors
/// Returns [`StoreError`] when the key does not open one or the database refuses.
pub fn all(tx: &mut Tx<'_>, key: &OrderKey) -> Result<Vec<Expunction>, StoreError> {
    tx.query(
        "SELECT step, since, sealed_left FROM intake_expunged ORDER BY step",
        values![],
    )?
    .iter()
    .map(|row| {
        let step = row.integer(0)?;
        let bytes = key.unclose(LEFT, &step.to_be_bytes(), row.bytes(2)?)?;
        let left = Codec::Bincode2.decode(&bytes);
        Ok(Expunction {
            step,
            since: row.integer(1)?,
            left: left.map_err(|_| StoreError::Damaged("an expunction"))?,
        })
    })
    .collect()
}
