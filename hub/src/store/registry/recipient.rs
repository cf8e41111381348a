//! Offices that are told before a release, and where somebody was convicted, as people said.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::decision::DecisionId;
use super::{facility, merge, record};
use crate::evidence::leaf::{self, OfficeLeaf};
use crate::ids::PersonId;
use crate::notification::channel::Channel;
pub use crate::notification::office::{Office, Place};
use crate::store::conn::Tx;
use crate::store::value::{Row, time};
use crate::store::{StoreError, evidence};
use crate::values;

/// The most offices of a list: some for each of 82 counties and 300 municipalities.
const OFFICES_MAX: i64 = 5_000;

/// The kind of a facility at which somebody may be held who was convicted in its county.
const COUNTY_JAIL: &str = "county-jail";

/// The kind of a facility that is a court.
const COURT: &str = "court";

/// The number of an office on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecipientId(pub i64);

/// An office on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Its number.
    pub id: RecipientId,
    /// Which office.
    pub office: Office,
    /// Where.
    pub place: Place,
    /// How it is told: by e-mail or letter.
    pub channel: Channel,
    /// Its official address: no person's own.
    pub address: String,
    /// Since when it is on the list.
    pub added_at: Timestamp,
    /// The decision that put it there.
    pub added_by: DecisionId,
    /// Until when it was.
    pub removed_at: Option<Timestamp>,
}

/// An office on its way to the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecipient {
    /// Which office.
    pub office: Office,
    /// Where.
    pub place: Place,
    /// How it is told.
    pub channel: Channel,
    /// Its official address.
    pub address: String,
}

/// Adds an office by a decision, and returns its number.
///
/// # Errors
/// Returns [`StoreError::Refused`] when the office is on the list already; other errors when the database
/// refuses.
pub fn add(
    tx: &mut Tx<'_>,
    new: &NewRecipient,
    decision: DecisionId,
    now: Timestamp,
) -> Result<RecipientId, StoreError> {
    let known = tx.query_optional(
        "SELECT recipient_id FROM recipient
         WHERE office = $1 AND county = $2 AND municipality = $3 AND removed_at IS NULL",
        values![
            new.office.as_str(),
            new.place.county.as_str(),
            new.place.municipality.as_str()
        ],
    )?;
    if let Some(row) = known {
        let number = row.integer(0)?;
        return Err(StoreError::Refused(format!(
            "that office is on the list as number {number}: remove it first with `savin-hub recipients \
             remove {number}`"
        )));
    }
    let id = tx.take_numbers("recipient", 1)?;
    tx.execute_one(
        "recipient",
        "INSERT INTO recipient (recipient_id, office, county, municipality, channel, address, added_at,
             decision_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            id.into(),
            new.office.as_str().into(),
            new.place.county.as_str().into(),
            new.place.municipality.as_str().into(),
            new.channel.as_str().into(),
            new.address.as_str().into(),
            time(now),
            decision.0.into(),
        ],
    )?;
    let listed = leaf::office(&OfficeLeaf {
        recipient: id,
        office: new.office.as_str(),
        county: &new.place.county,
        municipality: &new.place.municipality,
        channel: new.channel.as_str(),
        address: &new.address,
        decision: decision.0,
        listed_at: now,
    });
    evidence::append(tx, &[listed])?;
    Ok(RecipientId(id))
}

/// Takes an office off the list by a decision.
///
/// # Errors
/// Returns [`StoreError::Refused`] when no such office is on it; other errors when the database refuses.
pub fn remove(
    tx: &mut Tx<'_>,
    id: RecipientId,
    decision: DecisionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let changed = tx.execute(
        "UPDATE recipient SET removed_at = $2, removed_by = $3
         WHERE recipient_id = $1 AND removed_at IS NULL",
        &[id.0.into(), time(now), decision.0.into()],
    )?;
    if changed == 1 {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "no office of the number {} is on the list: see `savin-hub recipients list`",
        id.0
    )))
}

/// Lists the offices that are told, by county.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn active(tx: &mut Tx<'_>) -> Result<Vec<Recipient>, StoreError> {
    tx.query(
        "SELECT recipient_id, office, county, municipality, channel, address, added_at, removed_at,
             decision_id
         FROM recipient WHERE removed_at IS NULL
         ORDER BY county, office, municipality, recipient_id LIMIT $1",
        values![OFFICES_MAX],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Loads an office, on the list or off it.
///
/// # Errors
/// Returns [`StoreError`] when there is none, or the database refuses.
pub fn load(tx: &mut Tx<'_>, id: RecipientId) -> Result<Recipient, StoreError> {
    let row = tx.query_optional(
        "SELECT recipient_id, office, county, municipality, channel, address, added_at, removed_at,
             decision_id
         FROM recipient WHERE recipient_id = $1",
        values![id.0],
    )?;
    row.as_ref()
        .map(read)
        .transpose()?
        .ok_or(StoreError::Damaged("an office that is told"))
}

/// Notes where somebody was convicted, by a decision.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn convict(
    tx: &mut Tx<'_>,
    person: PersonId,
    place: &Place,
    decision: DecisionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO conviction (person_id, county, municipality, decided_at, decision_id)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (person_id, county, municipality) DO NOTHING",
        &[
            person.as_bytes().into(),
            place.county.as_str().into(),
            place.municipality.as_str().into(),
            time(now),
            decision.0.into(),
        ],
    )
    .map(|_| ())
}

/// Lists the decisions by which people said that a person was convicted in a county.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn convicted_by(
    tx: &mut Tx<'_>,
    person: PersonId,
    county: &str,
) -> Result<Vec<DecisionId>, StoreError> {
    let mut decisions = BTreeSet::new();
    for one in merge::everyone(tx, person)? {
        let rows = tx.query(
            "SELECT decision_id FROM conviction WHERE person_id = $1 AND county = $2
             ORDER BY decision_id LIMIT 100",
            values![one.as_bytes(), county],
        )?;
        for row in &rows {
            decisions.insert(row.integer(0)?);
        }
    }
    Ok(decisions.into_iter().map(DecisionId).collect())
}

/// Forgets that somebody was convicted at a place, which was entered by mistake; returns whether that stood
/// there.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn acquit(tx: &mut Tx<'_>, person: PersonId, place: &Place) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "DELETE FROM conviction WHERE person_id = $1 AND county = $2 AND municipality = $3",
        values![
            person.as_bytes(),
            place.county.as_str(),
            place.municipality.as_str()
        ],
    )?;
    Ok(changed == 1)
}

/// Returns where a person was convicted: what people said of it, or else every county whose jail or court
/// has a record of the person. Nothing where neither is known.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn convictions(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Place>, StoreError> {
    let mut said = BTreeSet::new();
    let everyone = merge::everyone(tx, person)?;
    for one in &everyone {
        let rows = tx.query(
            "SELECT county, municipality FROM conviction WHERE person_id = $1
             ORDER BY county, municipality LIMIT 100",
            values![one.as_bytes()],
        )?;
        for row in &rows {
            said.insert(Place {
                county: row.text(0)?.to_owned(),
                municipality: row.text(1)?.to_owned(),
            });
        }
    }
    if !said.is_empty() {
        return Ok(said.into_iter().collect());
    }
    let mut seen = BTreeSet::new();
    for row in record::of_person(tx, person)? {
        if !row.known.is_public() {
            continue;
        }
        let Some((place, _)) = facility::load(tx, &row.known.record.facility)? else {
            continue;
        };
        if matches!(place.kind.as_str(), COUNTY_JAIL | COURT) && !place.county.is_empty() {
            seen.insert(Place {
                county: place.county,
                municipality: String::new(),
            });
        }
    }
    Ok(seen.into_iter().collect())
}

fn read(row: &Row) -> Result<Recipient, StoreError> {
    Ok(Recipient {
        id: RecipientId(row.integer(0)?),
        office: Office::parse(row.text(1)?).ok_or(StoreError::Damaged("an office"))?,
        place: Place {
            county: row.text(2)?.to_owned(),
            municipality: row.text(3)?.to_owned(),
        },
        channel: Channel::parse(row.text(4)?).ok_or(StoreError::Damaged("a channel"))?,
        address: row.text(5)?.to_owned(),
        added_at: row.time(6)?,
        removed_at: row.optional_time(7)?,
        added_by: DecisionId(row.integer(8)?),
    })
}
