//! Tables of rules: what was proposed, what was adopted, and by which version an event is decided.

use jiff::Timestamp;

use super::decision::{self, DecisionId};
use super::event;
use crate::clocks::table::{self, Table};
use crate::ids::EventPosition;
use crate::notification::rules::{self as notification, Rules};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};
use crate::values;
pub use crate::work::versions::{TableName, Versions};

/// A version of a table that was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its number: 1 and up; what shipped is 0.
    pub number: i64,
    /// The table, as CSV.
    pub body: String,
    /// Why.
    pub reason: String,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// The decision that proposed it.
    pub decision: DecisionId,
}

/// A version of a table that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// Its number.
    pub number: i64,
    /// The table, as CSV.
    pub body: String,
    /// How it differs from the version before, a line each.
    pub changes: String,
    /// Why.
    pub reason: String,
    /// When it was adopted.
    pub adopted_at: Timestamp,
    /// It counts for the events after this one.
    pub after: EventPosition,
    /// The decision that adopted it.
    pub decision: DecisionId,
}

/// Returns a table as it shipped, as CSV.
#[must_use]
pub const fn shipped(name: TableName) -> &'static str {
    match name {
        TableName::Notification => notification::SHIPPED,
        TableName::Clocks => table::SHIPPED,
    }
}

/// Returns the number that the next proposal of a table has.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn next_number(tx: &mut Tx<'_>, name: TableName) -> Result<i64, StoreError> {
    let row = tx.query_optional(
        "SELECT coalesce(max(number), 0) + 1 FROM rules_proposal WHERE name = $1",
        values![name.as_str()],
    )?;
    row.map_or(Ok(1), |row| row.integer(0))
}

/// Keeps a proposal.
///
/// # Errors
/// Returns [`StoreError`] when there is one of that number, or the database refuses.
pub fn propose(tx: &mut Tx<'_>, name: TableName, proposal: &Proposal) -> Result<(), StoreError> {
    tx.execute_one(
        "rules_proposal",
        "INSERT INTO rules_proposal (name, number, body, reason, proposed_at, decision_id)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            name.as_str().into(),
            proposal.number.into(),
            proposal.body.as_str().into(),
            proposal.reason.as_str().into(),
            time(proposal.proposed_at),
            proposal.decision.0.into(),
        ],
    )
}

/// Lists the proposals of a table, the oldest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn proposals(tx: &mut Tx<'_>, name: TableName) -> Result<Vec<Proposal>, StoreError> {
    tx.query(
        "SELECT number, body, reason, proposed_at, decision_id FROM rules_proposal
         WHERE name = $1 ORDER BY number LIMIT 1000",
        values![name.as_str()],
    )?
    .iter()
    .map(|row| {
        Ok(Proposal {
            number: row.integer(0)?,
            body: row.text(1)?.to_owned(),
            reason: row.text(2)?.to_owned(),
            proposed_at: row.time(3)?,
            decision: DecisionId(row.integer(4)?),
        })
    })
    .collect()
}

/// Lets a version count from the next event on.
///
/// # Errors
/// Returns [`StoreError`] when it counts already, or the database refuses.
pub fn adopt(tx: &mut Tx<'_>, name: TableName, version: &Adopted) -> Result<(), StoreError> {
    tx.execute_one(
        "rules",
        "INSERT INTO rules (name, number, body, changes, reason, adopted_at, after_position,
             decision_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            name.as_str().into(),
            version.number.into(),
            version.body.as_str().into(),
            version.changes.as_str().into(),
            version.reason.as_str().into(),
            time(version.adopted_at),
            version.after.0.into(),
            version.decision.0.into(),
        ],
    )
}

/// Lists the versions of a table that count or counted, in the order in which they were adopted.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn adopted(tx: &mut Tx<'_>, name: TableName) -> Result<Vec<Adopted>, StoreError> {
    tx.query(
        "SELECT number, body, changes, reason, adopted_at, after_position, decision_id FROM rules
         WHERE name = $1 ORDER BY after_position, adopted_at, number LIMIT 1000",
        values![name.as_str()],
    )?
    .iter()
    .map(version)
    .collect()
}

/// Returns the versions of what is told.
///
/// # Errors
/// Returns [`StoreError::Damaged`] for a version that no decision stands behind.
pub fn notification(tx: &mut Tx<'_>, shipped: &Rules) -> Result<Versions<Rules>, StoreError> {
    let mut versions = Versions::new(shipped.clone());
    for row in decided(tx, TableName::Notification)? {
        let rules = Rules::parse(&row.body).map_err(|_| StoreError::Damaged("a table of rules"))?;
        versions.adopt(row.after, rules);
    }
    Ok(versions)
}

/// Returns the versions of the statutory deadlines.
///
/// # Errors
/// Returns [`StoreError::Damaged`] for a version that no decision stands behind.
pub fn clocks(tx: &mut Tx<'_>, shipped: &Table) -> Result<Versions<Table>, StoreError> {
    let mut versions = Versions::new(shipped.clone());
    for row in decided(tx, TableName::Clocks)? {
        let table = Table::parse(&row.number.to_string(), &row.body);
        let table = table.map_err(|_| StoreError::Damaged("a table of deadlines"))?;
        versions.adopt(row.after, table);
    }
    Ok(versions)
}

/// Returns the version of a table by which an event is decided; nothing for what shipped.
///
/// # Errors
/// Returns [`StoreError::Damaged`] for a version that no decision stands behind.
pub fn deciding(
    tx: &mut Tx<'_>,
    name: TableName,
    event: EventPosition,
) -> Result<Option<Adopted>, StoreError> {
    let mut versions = Versions::new(None);
    for row in decided(tx, name)? {
        versions.adopt(row.after, Some(row));
    }
    Ok(versions.at(event).clone())
}

/// Lists the adopted versions of a table, each by a decision that verifies and binds it. One whose words a
/// court had destroyed binds nothing any more, and the version that it adopted goes on counting: nobody may
/// miss a notice for what somebody wrote beside it.
fn decided(tx: &mut Tx<'_>, name: TableName) -> Result<Vec<Adopted>, StoreError> {
    let rows = adopted(tx, name)?;
    for row in &rows {
        if decision::is_expunged(tx, row.decision)? {
            continue;
        }
        let decision = decision::load(tx, row.decision)?;
        let is_meant = decision.kind == name.adoption()
            && decision.choice == name.choice(row.number, &row.body);
        if !is_meant {
            return Err(StoreError::Damaged(
                "no decision stands behind a table of rules",
            ));
        }
    }
    Ok(rows)
}

/// Returns the first event that became known at a time or after.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn first_since(tx: &mut Tx<'_>, since: Timestamp) -> Result<EventPosition, StoreError> {
    let row = tx.query_optional(
        "SELECT min(position) FROM event WHERE received_at >= $1",
        &[time(since)],
    )?;
    let first = row.map_or(Ok(None), |row| row.optional_integer(0))?;
    match first {
        Some(position) => Ok(EventPosition(position)),
        None => event::last(tx),
    }
}

fn version(row: &Row) -> Result<Adopted, StoreError> {
    Ok(Adopted {
        number: row.integer(0)?,
        body: row.text(1)?.to_owned(),
        changes: row.text(2)?.to_owned(),
        reason: row.text(3)?.to_owned(),
        adopted_at: row.time(4)?,
        after: EventPosition(row.integer(5)?),
        decision: DecisionId(row.integer(6)?),
    })
}
