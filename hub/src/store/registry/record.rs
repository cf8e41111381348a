//! Records as they stand, and every state that they ever had.

use jiff::Timestamp;
use savin_shared::clock::{ObservedAt, ReceivedAt};
use savin_shared::delta::{Evidence, Origin};
use savin_shared::ids::{AgencyId, AgentId, Epoch, FacilityCode, FeedName, RecordKey, Seq};
use savin_shared::record::custody::CustodyState;
use savin_shared::record::portable::PortableRecord;
use savin_shared::record::{Record, RecordKind};

use super::{agency, listing};
use crate::ids::{OrderId, PersonId, RecordId};
use crate::registry::known::{Known, Sealer};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, Value, count, time};

/// Stands before the number of an order among those who sealed a record: no feed's name begins so.
const ORDER: &str = "\torder/";

/// A record as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// Its number in the registry.
    pub record: RecordId,
    /// Whom it is about.
    pub person: PersonId,
    /// How many states it has had.
    pub version: i64,
    /// What is known of it.
    pub known: Known,
}

/// One state of a record, on its way into the history.
#[derive(Debug, Clone)]
pub struct Version<'a> {
    /// Of which record.
    pub record: RecordId,
    /// The how-manieth state it is.
    pub version: i64,
    /// The record.
    pub body: &'a Record,
    /// When the agent saw it.
    pub observed_at: ObservedAt,
    /// When the hub made it durable.
    pub received_at: ReceivedAt,
    /// Which delta brought it.
    pub source: (AgentId, Epoch, Seq),
    /// How the agent came to see it.
    pub origin: Origin,
    /// The state that it takes back, if it does.
    pub corrects: Option<i64>,
}

/// Loads records by the agency's key, in the order of the keys.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load_many(
    tx: &mut Tx<'_>,
    keys: &[(AgencyId, RecordKey)],
) -> Result<Vec<Option<RecordRow>>, StoreError> {
    let lists: Vec<_> = keys
        .iter()
        .map(|(agency, key)| {
            vec![
                agency.as_str().into(),
                key.kind.code().into(),
                key.number.as_str().into(),
            ]
        })
        .collect();
    tx.query_many(
        "SELECT r.record_id, r.person_id, r.version, r.sealed_by, r.status_feed, r.status_evidence,
             r.listings, v.body
         FROM record r JOIN record_version v ON v.record_id = r.record_id AND v.version = r.version
         WHERE r.agency_id = $1 AND r.kind = $2 AND r.number = $3",
        &lists,
    )?
    .iter()
    .map(|rows| rows.first().map(read).transpose())
    .collect()
}

/// Loads the records of a person, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<RecordRow>, StoreError> {
    Ok(of_persons(tx, &[person])?.pop().unwrap_or_default())
}

/// Loads the records of each of these persons, the newest first, in the order of the persons.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_persons(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
) -> Result<Vec<Vec<RecordRow>>, StoreError> {
    let lists: Vec<_> = persons
        .iter()
        .map(|person| vec![person.as_bytes().into()])
        .collect();
    tx.query_many(
        "SELECT r.record_id, r.person_id, r.version, r.sealed_by, r.status_feed, r.status_evidence,
             r.listings, v.body
         FROM record r JOIN record_version v ON v.record_id = r.record_id AND v.version = r.version
         WHERE r.person_id = $1 ORDER BY r.record_id DESC",
        &lists,
    )?
    .iter()
    .map(|rows| rows.iter().map(read).collect())
    .collect()
}

/// Loads the bookings by which each of these persons is held, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn holding(tx: &mut Tx<'_>, persons: &[PersonId]) -> Result<Vec<Vec<RecordRow>>, StoreError> {
    let lists: Vec<_> = persons
        .iter()
        .map(|person| vec![person.as_bytes().into()])
        .collect();
    // Not a join: a server that has no statistics yet begins with every booking of somebody who is held.
    let theirs = tx.query_many(
        "SELECT record_id FROM record WHERE person_id = $1 ORDER BY record_id DESC",
        &lists,
    )?;
    let held = [CustodyState::InCustody, CustodyState::OnLeave].map(|state| state.codes().0);
    let mut lists: Vec<Vec<Value>> = Vec::new();
    for row in theirs.iter().flatten() {
        let mut values: Vec<Value> = vec![row.integer(0)?.into()];
        values.extend(held.map(Value::from));
        lists.push(values);
    }
    let found = tx.query_many(
        "SELECT r.record_id, r.person_id, r.version, r.sealed_by, r.status_feed, r.status_evidence,
             r.listings, v.body
         FROM record r JOIN record_version v ON v.record_id = r.record_id AND v.version = r.version
         WHERE r.record_id = $1 AND v.state IN ($2, $3)",
        &lists,
    )?;
    let mut found = found.iter();
    theirs
        .iter()
        .map(|rows| {
            let found = found.by_ref().take(rows.len());
            found.flatten().map(read).collect()
        })
        .collect()
}

/// Loads by which agency's keys the records of persons are found, in the order of the persons.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn keys_of(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
) -> Result<Vec<Vec<(AgencyId, RecordKey)>>, StoreError> {
    let lists: Vec<_> = persons
        .iter()
        .map(|person| vec![person.as_bytes().into()])
        .collect();
    let found = tx.query_many(
        "SELECT agency_id, kind, number FROM record WHERE person_id = $1 ORDER BY record_id",
        &lists,
    )?;
    let keys = found
        .iter()
        .map(|rows| rows.iter().map(key_of).collect::<Result<_, StoreError>>());
    keys.collect()
}

fn key_of(row: &Row) -> Result<(AgencyId, RecordKey), StoreError> {
    let agency = AgencyId::new(row.text(0)?);
    let agency = agency.map_err(|_| StoreError::Damaged("an agency"))?;
    Ok((agency, listing::key(row, 1)?))
}

/// Loads records by their numbers, in that order; one that is gone is left out.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn numbered(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Vec<RecordRow>, StoreError> {
    let lists: Vec<_> = records.iter().map(|record| vec![record.0.into()]).collect();
    let found = tx.query_many(
        "SELECT r.record_id, r.person_id, r.version, r.sealed_by, r.status_feed, r.status_evidence,
             r.listings, v.body
         FROM record r JOIN record_version v ON v.record_id = r.record_id AND v.version = r.version
         WHERE r.record_id = $1",
        &lists,
    )?;
    found.iter().flatten().map(read).collect()
}

/// Finds who may be held at a facility, by the records of the agency that speaks for it: whoever is not
/// known to have left, or was learnt to have left since a moment.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn persons_at(
    tx: &mut Tx<'_>,
    agency: &AgencyId,
    facility: &FacilityCode,
    since: Timestamp,
) -> Result<Vec<PersonId>, StoreError> {
    let states = [
        CustodyState::InCustody,
        CustodyState::OnLeave,
        CustodyState::Escaped,
        CustodyState::EscapeSuspected,
        CustodyState::NoLongerListed,
        CustodyState::Unknown,
    ];
    let mut values: Vec<Value> = vec![
        agency.as_str().into(),
        RecordKind::Custody.code().into(),
        time(since),
    ];
    values.extend(states.map(|state| state.codes().0.into()));
    let rows = tx.query(
        "SELECT r.record_id, r.person_id, r.version, r.sealed_by, r.status_feed, r.status_evidence,
             r.listings, v.body
         FROM record r JOIN record_version v ON v.record_id = r.record_id AND v.version = r.version
         WHERE r.agency_id = $1 AND r.kind = $2
             AND (v.state IN ($4, $5, $6, $7, $8, $9) OR v.received_at >= $3)
         ORDER BY r.record_id",
        &values,
    )?;
    let mut persons = Vec::new();
    for row in &rows {
        let row = read(row)?;
        let is_there = row.known.record.facility == *facility && row.known.is_public();
        if is_there && !persons.contains(&row.person) {
            persons.push(row.person);
        }
    }
    Ok(persons)
}

/// Loads everything that a record ever said, the oldest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn history(tx: &mut Tx<'_>, record: RecordId) -> Result<Vec<Record>, StoreError> {
    tx.query(
        "SELECT body FROM record_version WHERE record_id = $1 ORDER BY version",
        &[record.0.into()],
    )?
    .iter()
    .map(|row| body(row.text(0)?))
    .collect()
}

/// Lists what an agency calls each of its records.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn names_of(
    tx: &mut Tx<'_>,
    agency: &AgencyId,
) -> Result<Vec<(RecordId, RecordKey)>, StoreError> {
    tx.query(
        "SELECT record_id, kind, number FROM record WHERE agency_id = $1 ORDER BY record_id",
        &[agency.as_str().into()],
    )?
    .iter()
    .map(|row| Ok((RecordId(row.integer(0)?), listing::key(row, 1)?)))
    .collect()
}

/// Returns whose record it is.
///
/// # Errors
/// Returns [`StoreError`] when there is no such record or the database refuses.
pub fn agency_of(tx: &mut Tx<'_>, record: RecordId) -> Result<AgencyId, StoreError> {
    let row = tx.query_optional(
        "SELECT agency_id FROM record WHERE record_id = $1",
        &[record.0.into()],
    )?;
    let row = row.ok_or(StoreError::Damaged("a record vanished"))?;
    agency::id(row.text(0)?)
}

/// Returns about whom a record is now; `None` where it is gone.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn person_of(tx: &mut Tx<'_>, record: RecordId) -> Result<Option<PersonId>, StoreError> {
    Ok(persons_of(tx, &[record])?.pop().flatten())
}

/// Returns about whom each of these records is now; `None` where it is gone.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn persons_of(
    tx: &mut Tx<'_>,
    records: &[RecordId],
) -> Result<Vec<Option<PersonId>>, StoreError> {
    let lists: Vec<_> = records.iter().map(|record| vec![record.0.into()]).collect();
    let found = tx.query_many("SELECT person_id FROM record WHERE record_id = $1", &lists)?;
    let read = |row: &Row| Ok(PersonId::from_bytes(row.array(0)?));
    found
        .iter()
        .map(|rows| rows.first().map(read).transpose())
        .collect()
}

/// Returns the delta, or the row of a full state, that brought a state of a record.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn source(
    tx: &mut Tx<'_>,
    record: RecordId,
    version: i64,
) -> Result<Option<(AgentId, Epoch, Seq)>, StoreError> {
    let row = tx.query_optional(
        "SELECT agent_id, epoch, seq FROM record_version WHERE record_id = $1 AND version = $2",
        &[record.0.into(), version.into()],
    )?;
    row.map(|row| {
        let agent = AgentId::from_bytes(row.array(0)?);
        Ok((agent, Epoch::from_bytes(row.array(1)?), Seq(row.count(2)?)))
    })
    .transpose()
}

/// Adds records that were not known.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn insert_many(tx: &mut Tx<'_>, records: &[(&AgencyId, &RecordRow)]) -> Result<(), StoreError> {
    let lists: Vec<_> = records
        .iter()
        .map(|(agency, row)| {
            let mut values: Vec<Value> = vec![row.record.0.into(), agency.as_str().into()];
            values.push(row.known.record.kind().code().into());
            values.push(row.known.record.number().as_str().into());
            values.push(row.person.as_bytes().into());
            values.extend(standing(row));
            values
        })
        .collect();
    tx.execute_many(
        "INSERT INTO record (record_id, agency_id, kind, number, person_id, version, sealed_by,
             status_feed, status_evidence, listings)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &lists,
    )
}

/// Changes how records stand.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn update_many(tx: &mut Tx<'_>, records: &[&RecordRow]) -> Result<(), StoreError> {
    let lists: Vec<_> = records
        .iter()
        .map(|row| {
            let mut values: Vec<Value> = vec![row.record.0.into()];
            values.extend(standing(row));
            values
        })
        .collect();
    tx.execute_many(
        "UPDATE record SET version = $2, sealed_by = $3, status_feed = $4, status_evidence = $5,
             listings = $6
         WHERE record_id = $1",
        &lists,
    )
}

/// Gives records to other persons.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn give_many(tx: &mut Tx<'_>, given: &[(RecordId, PersonId)]) -> Result<(), StoreError> {
    let lists: Vec<_> = given
        .iter()
        .map(|(record, person)| vec![record.0.into(), person.as_bytes().into()])
        .collect();
    tx.execute_many(
        "UPDATE record SET person_id = $2 WHERE record_id = $1",
        &lists,
    )
}

/// Adds states to the history.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn append_versions(tx: &mut Tx<'_>, versions: &[Version<'_>]) -> Result<(), StoreError> {
    let lists = versions
        .iter()
        .map(|version| {
            let body = serde_json::to_string(&PortableRecord::from(version.body))
                .map_err(|_| StoreError::Damaged("a record cannot be written"))?;
            let state = version
                .body
                .custody()
                .map_or(0, |custody| custody.state.codes().0);
            let (agent, epoch, seq) = version.source;
            Ok(vec![
                version.record.0.into(),
                version.version.into(),
                body.into(),
                state.into(),
                version.observed_at.micros().into(),
                version.received_at.micros().into(),
                agent.as_bytes().into(),
                epoch.as_bytes().into(),
                count(seq.0),
                version.origin.code().into(),
                version.corrects.into(),
            ])
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    tx.execute_many(
        "INSERT INTO record_version (record_id, version, body, state, observed_at, received_at,
             agent_id, epoch, seq, origin, corrects)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &lists,
    )
}

fn standing(row: &RecordRow) -> [Value; 5] {
    let sealers = row.known.sealed_by.iter().map(|sealer| match sealer {
        Sealer::Feed(feed) => feed.to_string(),
        Sealer::Order(order) => format!("{ORDER}{}", order.0),
    });
    let sealed_by: Vec<String> = sealers.collect();
    [
        row.version.into(),
        sealed_by.join("\n").into(),
        row.known.status_feed.as_str().into(),
        row.known.status_evidence.code().into(),
        i64::from(row.known.listings).into(),
    ]
}

fn read(row: &Row) -> Result<RecordRow, StoreError> {
    let damaged = StoreError::Damaged;
    Ok(RecordRow {
        record: RecordId(row.integer(0)?),
        person: PersonId::from_bytes(row.array(1)?),
        version: row.integer(2)?,
        known: Known {
            sealed_by: row
                .text(3)?
                .lines()
                .map(sealer)
                .collect::<Result<_, StoreError>>()?,
            status_feed: feed(row.text(4)?)?,
            status_evidence: Evidence::from_code(row.code(5)?).ok_or(damaged("an evidence"))?,
            listings: u32::try_from(row.integer(6)?).map_err(|_| damaged("a count"))?,
            record: body(row.text(7)?)?,
        },
    })
}

fn sealer(line: &str) -> Result<Sealer, StoreError> {
    let Some(number) = line.strip_prefix(ORDER) else {
        return feed(line).map(Sealer::Feed);
    };
    let number = number
        .parse()
        .map_err(|_| StoreError::Damaged("an order's number"))?;
    Ok(Sealer::Order(OrderId(number)))
}

fn feed(name: &str) -> Result<FeedName, StoreError> {
    FeedName::new(name).map_err(|_| StoreError::Damaged("a feed's name"))
}

/// Reads a stored record.
pub(super) fn body(json: &str) -> Result<Record, StoreError> {
    let portable: PortableRecord =
        serde_json::from_str(json).map_err(|_| StoreError::Damaged("a record's body"))?;
    portable
        .try_into()
        .map_err(|_| StoreError::Damaged("a record's body"))
}
