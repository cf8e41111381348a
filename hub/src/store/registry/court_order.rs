//! Orders of courts: what they cover, by whose decision they were carried out, and whose lifted them.

mod scope;

use jiff::Timestamp;
use savin_shared::ids::{AgencyId, RecordKey};

use self::scope::events_of;
pub use self::scope::{Covered, Scope};
use super::decision::DecisionId;
use super::record::{self, RecordRow};
use super::step::{self, Step};
use super::task::{self, NewTask, TaskKind};
use super::{elsewhere, expunged, face, sealed};
use crate::evidence::leaf;
use crate::ids::{EventId, EventPosition, OrderId, PersonId, RecordId};
use crate::registry::known::Sealer;
use crate::store::conn::Tx;
use crate::store::value::{Row, time};
use crate::store::{StoreError, evidence};
use crate::values;

/// How soon an agency is told that it still lists what was expunged.
const AGENCY_URGENCY: u8 = 3;

/// What a court orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderKind {
    /// That nobody is shown or told a record, as long as the order stands.
    Seal,
    /// That a record is destroyed.
    Expunge,
}

/// An order on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// What it orders.
    pub kind: OrderKind,
    /// Its number, as the court gave it.
    pub number: String,
    /// The court.
    pub court: String,
}

/// An order as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Its number here.
    pub order: OrderId,
    /// What it is.
    pub about: NewOrder,
    /// By whose decision it was carried out.
    pub decision: DecisionId,
    /// When.
    pub ordered_at: Timestamp,
    /// How many records it covers.
    pub records: u64,
    /// When it was done everywhere.
    pub done_at: Option<Timestamp>,
    /// When it was lifted, and by whose decision.
    pub lifted: Option<(Timestamp, DecisionId)>,
}

impl OrderRow {
    /// Makes an order that nobody gave, to see what one would do.
    #[must_use]
    pub const fn rehearsed(now: Timestamp) -> Self {
        Self {
            order: OrderId(0),
            about: NewOrder {
                kind: OrderKind::Expunge,
                number: String::new(),
                court: String::new(),
            },
            decision: DecisionId(0),
            ordered_at: now,
            records: 0,
            done_at: None,
            lifted: None,
        }
    }
}

impl OrderKind {
    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Expunge => "expunge",
        }
    }

    /// Returns what a word stands for.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for another word.
    pub fn parse(word: &str) -> Result<Self, StoreError> {
        match word {
            "seal" => Ok(Self::Seal),
            "expunge" => Ok(Self::Expunge),
            _ => Err(StoreError::Damaged("an order's kind")),
        }
    }
}

/// Seals what an order covers: from the commit on nobody is shown it or found by it.
///
/// What arrives under one of its keyed hashes is sealed, or not taken in, as it arrives. What is to be expunged
/// is sealed first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn seal(
    tx: &mut Tx<'_>,
    covered: &Covered,
    order: &NewOrder,
    decision: DecisionId,
    now: Timestamp,
) -> Result<OrderId, StoreError> {
    let id = insert(tx, &covered.records, order, decision, now)?;
    let mut rows = record::numbered(tx, &covered.records)?;
    for row in &mut rows {
        row.known.sealed_by.insert(Sealer::Order(id));
    }
    record::update_many(tx, &rows.iter().collect::<Vec<_>>())?;
    face::relearn(tx, &persons_of(&rows))?;
    task::close_of_records(tx, &covered.records, "sealed by order", now)?;
    match order.kind {
        OrderKind::Seal => sealed::put(tx, id, &covered.named)?,
        OrderKind::Expunge => {
            for (agency, tombstone) in &covered.named {
                expunged::put(tx, agency, tombstone, id)?;
            }
        }
    }
    let events = events_of(tx, &covered.records)?;
    let positions: Vec<_> = events.iter().map(|(at, _)| *at).collect();
    let what = order.kind.as_str();
    let leaf = leaf::court_order(id, what, decision.0, now, &positions);
    evidence::append(tx, &[leaf])?;
    let step = Step::Order {
        kind: what.to_owned(),
        records: covered.records.iter().map(|record| record.0).collect(),
        named: covered
            .named
            .iter()
            .map(|(agency, stone)| (agency.to_string(), *stone))
            .collect(),
        number: order.number.clone(),
        court: order.court.clone(),
        decision: decision.0,
    };
    step::append(tx, &step, now)?;
    Ok(id)
}

/// Returns whose records these are, each once.
fn persons_of(rows: &[RecordRow]) -> Vec<PersonId> {
    let mut persons: Vec<_> = rows.iter().map(|row| row.person).collect();
    persons.sort();
    persons.dedup();
    persons
}

fn insert(
    tx: &mut Tx<'_>,
    records: &[RecordId],
    order: &NewOrder,
    decision: DecisionId,
    now: Timestamp,
) -> Result<OrderId, StoreError> {
    let id = tx.take_numbers("court_order", 1)?;
    tx.execute_one(
        "court_order",
        "INSERT INTO court_order (order_id, kind, number, court, decision_id, ordered_at, records)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            id.into(),
            order.kind.as_str().into(),
            order.number.as_str().into(),
            order.court.as_str().into(),
            decision.0.into(),
            time(now),
            i64::try_from(records.len()).unwrap_or(i64::MAX).into(),
        ],
    )?;
    let lists: Vec<_> = records
        .iter()
        .map(|record| vec![id.into(), record.0.into()])
        .collect();
    tx.execute_many(
        "INSERT INTO court_order_record (order_id, record_id) VALUES ($1, $2)",
        &lists,
    )?;
    Ok(OrderId(id))
}

/// Lifts an order to seal: what no other order and no feed keeps sealed is shown again. Returns the events
/// that may be told again.
///
/// # Errors
/// Returns [`StoreError::Refused`] when there is no such order, or it was lifted; other errors when the
/// database refuses.
pub fn lift(
    tx: &mut Tx<'_>,
    order: OrderId,
    decision: DecisionId,
    now: Timestamp,
) -> Result<Vec<EventId>, StoreError> {
    standing(tx, order)?;
    let covered = records_of(tx, order)?;
    let mut rows = record::numbered(tx, &covered)?;
    for row in &mut rows {
        row.known.sealed_by.remove(&Sealer::Order(order));
    }
    record::update_many(tx, &rows.iter().collect::<Vec<_>>())?;
    face::relearn(tx, &persons_of(&rows))?;
    sealed::remove(tx, order)?;
    tx.execute_one(
        "court_order",
        "UPDATE court_order SET lifted_at = $2, lifted_by = $3 WHERE order_id = $1",
        &[order.0.into(), time(now), decision.0.into()],
    )?;
    let (positions, events): (Vec<_>, Vec<_>) = shown_again(tx, order)?.into_iter().unzip();
    let leaf = leaf::court_order(order, "unseal", decision.0, now, &positions);
    evidence::append(tx, &[leaf])?;
    let step = Step::Lift {
        order: order.0,
        decision: decision.0,
    };
    step::append(tx, &step, now)?;
    Ok(events)
}

/// Loads an order that seals something.
fn standing(tx: &mut Tx<'_>, order: OrderId) -> Result<OrderRow, StoreError> {
    let row = load(tx, order)?;
    let row = row.filter(|row| row.about.kind == OrderKind::Seal && row.lifted.is_none());
    row.ok_or_else(|| {
        refused("there is no such order that seals anything: `savin-hub seal` lists them")
    })
}

/// What lifting an order would show again.
#[derive(Debug)]
pub struct Lifting {
    /// The order.
    pub row: OrderRow,
    /// Its records, with whose they are, and whether they are shown then or something else keeps them sealed.
    pub records: Vec<(AgencyId, RecordRow, bool)>,
    /// How many events of these may be told again.
    pub events: usize,
}

/// Finds what lifting an order would show again, and changes nothing.
///
/// # Errors
/// Returns [`StoreError`] as [`lift`] does.
pub fn lifting(tx: &mut Tx<'_>, order: OrderId) -> Result<Lifting, StoreError> {
    let row = standing(tx, order)?;
    let is_last = |row: &RecordRow| row.known.sealed_by.iter().eq([&Sealer::Order(order)]);
    let is_other_order = |row: &RecordRow| row.known.orders().any(|other| other != order);
    let (mut records, mut told_again) = (Vec::new(), Vec::new());
    for (agency, row) in scopes(tx, order)?
        .into_iter()
        .flat_map(|scope| scope.records)
    {
        let is_told = !is_other_order(&row);
        told_again.extend(is_told.then_some(row.record));
        let is_shown = is_last(&row);
        records.push((agency, row, is_shown));
    }
    Ok(Lifting {
        row,
        records,
        events: events_of(tx, &told_again)?.len(),
    })
}

/// Returns the events of an order that was lifted that may be told again: of what no other order seals.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn told_again(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<EventId>, StoreError> {
    let events = shown_again(tx, order)?.into_iter();
    Ok(events.map(|(_, event)| event).collect())
}

/// Names the records that an order covered and that no order seals any more, with whose they are.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn named_again(
    tx: &mut Tx<'_>,
    order: OrderId,
) -> Result<Vec<(AgencyId, RecordKey)>, StoreError> {
    let open = open_again(tx, order)?;
    let names = elsewhere::names(tx, &open)?;
    Ok(names.into_iter().flatten().collect())
}

fn shown_again(
    tx: &mut Tx<'_>,
    order: OrderId,
) -> Result<Vec<(EventPosition, EventId)>, StoreError> {
    let open = open_again(tx, order)?;
    events_of(tx, &open)
}

fn open_again(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<RecordId>, StoreError> {
    let covered = records_of(tx, order)?;
    let mut rows = record::numbered(tx, &covered)?;
    rows.retain(|row| !row.known.is_sealed_by_order());
    Ok(rows.iter().map(|row| row.record).collect())
}

/// Loads an order.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(tx: &mut Tx<'_>, order: OrderId) -> Result<Option<OrderRow>, StoreError> {
    tx.query_optional(
        "SELECT order_id, kind, number, court, decision_id, ordered_at, records, done_at, lifted_at,
             lifted_by
         FROM court_order WHERE order_id = $1",
        values![order.0],
    )?
    .as_ref()
    .map(read)
    .transpose()
}

/// Has staff tell an agency that its own system still lists what an order expunged, or ends that.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn ask_agency(
    tx: &mut Tx<'_>,
    order: OrderId,
    agency: &AgencyId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let subject = format!("court-order/{}/{agency}", order.0);
    if !expunged::is_listed(tx, order, agency)? {
        let outcome = "its list has it no longer";
        return task::close(tx, TaskKind::CourtOrder, &subject, outcome, now).map(|_| ());
    }
    let Some(row) = load(tx, order)? else {
        return Ok(());
    };
    let asked = NewTask::of(
        (TaskKind::CourtOrder, subject),
        AGENCY_URGENCY,
        format!(
            "{agency} still lists what order {} of {} expunged. Nothing of it is taken in; tell the agency \
             to remove it from its own system. This ends by itself when its list has it no longer.",
            row.about.number, row.about.court
        ),
    );
    task::open(tx, &[asked], now)
}

/// Lists orders, the newest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn newest(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<OrderRow>, StoreError> {
    tx.query(
        "SELECT order_id, kind, number, court, decision_id, ordered_at, records, done_at, lifted_at,
             lifted_by
         FROM court_order ORDER BY order_id DESC LIMIT $1",
        values![i64::from(limit)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Returns how many orders destroyed something.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn expunctions(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let row = tx.query_optional(
        "SELECT count(*) FROM court_order WHERE kind = 'expunge' AND done_at IS NOT NULL",
        values![],
    )?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Lists orders that are not done everywhere, the oldest first.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn undone(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<OrderRow>, StoreError> {
    tx.query(
        "SELECT order_id, kind, number, court, decision_id, ordered_at, records, done_at, lifted_at,
             lifted_by
         FROM court_order WHERE done_at IS NULL ORDER BY order_id LIMIT $1",
        values![i64::from(limit)],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Finds again what an order covers, as it stands now, by person.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn scopes(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Scope>, StoreError> {
    let covered = records_of(tx, order)?;
    let mut left = record::numbered(tx, &covered)?;
    let mut scopes = Vec::new();
    while let Some(first) = left.first() {
        let person = first.person;
        let (own, others): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|row| row.person == person);
        let own: Vec<RecordId> = own.iter().map(|row| row.record).collect();
        scopes.push(Scope::find(tx, person, &own)?);
        left = others;
    }
    Ok(scopes)
}

/// Notes that an order is done everywhere.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn done(tx: &mut Tx<'_>, order: OrderId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute_one(
        "court_order",
        "UPDATE court_order SET done_at = coalesce(done_at, $2) WHERE order_id = $1",
        &[order.0.into(), time(now)],
    )
}

fn records_of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<RecordId>, StoreError> {
    tx.query(
        "SELECT record_id FROM court_order_record WHERE order_id = $1 ORDER BY record_id",
        values![order.0],
    )?
    .iter()
    .map(|row| Ok(RecordId(row.integer(0)?)))
    .collect()
}

fn refused(why: &str) -> StoreError {
    StoreError::Refused(why.to_owned())
}

fn read(row: &Row) -> Result<OrderRow, StoreError> {
    Ok(OrderRow {
        order: OrderId(row.integer(0)?),
        about: NewOrder {
            kind: OrderKind::parse(row.text(1)?)?,
            number: row.text(2)?.to_owned(),
            court: row.text(3)?.to_owned(),
        },
        decision: DecisionId(row.integer(4)?),
        ordered_at: row.time(5)?,
        records: row.count(6)?,
        done_at: row.optional_time(7)?,
        lifted: row
            .optional_time(8)?
            .zip(row.optional_integer(9)?.map(DecisionId)),
    })
}
