//! The table of linkage weights that counts, what the registry would teach it, and its versions.

use jiff::Timestamp;

use super::decision::DecisionId;
use super::step::{self, Step};
use super::{event, merge};
use crate::ids::PersonId;
use crate::linkage::comparing::{Compared, compare};
use crate::linkage::face::Identity;
use crate::linkage::frequency::Frequencies;
use crate::linkage::learning::Tally;
use crate::linkage::weights::Weights;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// The name of the table among the tables of rules.
pub(super) const NAME: &str = "linkage";

/// Persons with more than one record from whom is learnt, the newest.
const PERSONS_MAX: i64 = 20_000;

/// Loads the weights that count now: the table adopted last, or the one that is shipped.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses or the table is damaged.
pub fn load(tx: &mut Tx<'_>) -> Result<Weights, StoreError> {
    let adopted = tx.query_optional(
        "SELECT body FROM rules WHERE name = $1 ORDER BY number DESC LIMIT 1",
        values![NAME],
    )?;
    let weights = match adopted {
        Some(row) => Weights::parse(row.text(0)?),
        None => Weights::shipped(),
    };
    weights.map_err(|_| StoreError::Damaged("the table of linkage weights"))
}

/// Counts how records agree: those of one person by a number that both have, and those of strangers.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn tally(tx: &mut Tx<'_>, weights: &Weights) -> Result<Tally, StoreError> {
    let persons = tx.query(
        "SELECT person_id FROM record GROUP BY person_id HAVING count(*) > 1
         ORDER BY person_id DESC LIMIT $1",
        values![PERSONS_MAX],
    )?;
    let compare = |one: &Identity, other: &Identity| -> Compared {
        compare(one, other, weights, &Frequencies::default())
    };
    let mut tally = Tally::default();
    let mut before: Vec<Identity> = Vec::new();
    for row in &persons {
        let person = PersonId::from_bytes(row.array(0)?);
        let mut records = merge::with_agencies(tx, person)?.into_iter();
        let mut next = || {
            let record = records.find(|(_, row)| !row.known.record.synthetic);
            record.map(|(agency, row)| Identity::of(&agency, &row.known.record))
        };
        let (Some(newest), Some(other)) = (next(), next()) else {
            continue;
        };
        let compared = compare(&newest, &other);
        if compared.has_identifier() {
            tally.same(&compared);
        }
        // Whoever came just before is somebody else.
        for stranger in &before {
            tally.strangers(&compare(&newest, stranger));
        }
        before.truncate(STRANGERS - 1);
        before.insert(0, newest);
    }
    Ok(tally)
}

/// With how many others each person is compared to count how strangers agree.
const STRANGERS: usize = 10;

/// Adopts a table: it counts from the next record on, and is kept as a version of its own.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn adopt(
    tx: &mut Tx<'_>,
    weights: &Weights,
    (changes, reason): (&str, &str),
    decision: DecisionId,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let body = toml::to_string(weights.table())
        .map_err(|_| StoreError::Damaged("a table cannot be written"))?;
    let newest = tx.query_optional(
        "SELECT coalesce(max(number), 0) FROM rules WHERE name = $1",
        values![NAME],
    )?;
    let number = 1 + newest.map_or(Ok(0), |row| row.integer(0))?;
    let after = event::last(tx)?;
    tx.execute_one(
        "rules",
        "INSERT INTO rules (name, number, body, changes, reason, adopted_at, after_position,
             decision_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            NAME.into(),
            number.into(),
            body.into(),
            changes.into(),
            reason.into(),
            time(now),
            after.0.into(),
            decision.0.into(),
        ],
    )?;
    step::append(tx, &Step::Weights(number), now)?;
    Ok(number)
}
