//! Undoing an import: every record of it stands again as its feed listed it before. What was entered by
//! mistake is taken back as a mistake, and nothing of it is called cancelled, released or ended.

use std::collections::BTreeMap;

use savin_shared::delta::{self, Change, Coverage, Evidence, Origin, Row};
use savin_shared::envelope::{self, portable};
use savin_shared::ids::{FeedName, RecordKey, Seq};
use savin_shared::record::court_event::Schedule;
use savin_shared::record::protective_order::Service;
use savin_shared::record::{Record, RecordBody};

use super::importer::{Before, Importer};
use super::taking::{TakeError, enter, stands, transact};
use super::{Changes, Taken, events_since};
use crate::intake::Moment;
use crate::store::conn::Tx;
use crate::store::registry::decision::{self, Decision};
use crate::store::registry::import::{self, ImportId, ImportRow};
use crate::store::registry::{agent, event, log};
use crate::store::{Store, StoreError};

/// Batches that are read at once.
const BATCHES_MAX: u32 = 256;

/// Undoes an import, or tries to where there is no decision.
///
/// # Errors
/// Returns [`TakeError`]; nothing is then changed.
pub fn run(
    store: &Store,
    importer: Importer,
    id: ImportId,
    decision: Option<Decision>,
    moment: Moment,
) -> Result<Taken, TakeError> {
    transact(store, move |tx| {
        undo(tx, &importer, id, decision.as_ref(), moment)
    })
}

fn undo(
    tx: &mut Tx<'_>,
    importer: &Importer,
    id: ImportId,
    decision: Option<&Decision>,
    moment: Moment,
) -> Result<Result<Taken, TakeError>, StoreError> {
    let Some(undone) = import::load(tx, id)? else {
        return Ok(Err(TakeError::Unknown(id.0)));
    };
    if let Some(why) = standing(tx, importer, &undone)? {
        return Ok(Err(TakeError::NotUndone { id: id.0, why }));
    }
    let stands = stands(tx, importer, &undone.feed, moment)?;
    let (changes, taken_back) = reversal(tx, &undone, &stands)?;
    let last = event::last(tx)?;
    let entered = enter(
        tx,
        importer,
        &undone.feed,
        (taken_back, Origin::Live),
        stands,
        moment,
    )?;
    let span = match entered {
        Ok(span) => span,
        Err(refused) => return Ok(Err(refused)),
    };
    let changes = Changes {
        events: events_since(tx, last)?,
        ..changes
    };
    let (Some(decision), Some(span)) = (decision, span) else {
        return Ok(Ok(Taken {
            changes,
            import: None,
        }));
    };
    let row = ImportRow {
        id: import::next(tx)?,
        listed: changes.listed,
        added: changes.added.len() as u64,
        changed: changes.changed.len() as u64,
        missing: changes.missing.len() as u64,
        set_aside: 0,
        epoch: span.epoch,
        first: span.first,
        last: span.last,
        received_at: moment.now,
        decision: decision::record(tx, decision)?,
        staff: decision.staff.clone(),
        undoes: Some(id),
        undone_by: None,
        ..undone
    };
    import::insert(tx, &row)?;
    Ok(Ok(Taken {
        changes,
        import: Some(row),
    }))
}

/// Finds what lists everything again as it was before an import.
fn reversal(
    tx: &mut Tx<'_>,
    undone: &ImportRow,
    stands: &Before,
) -> Result<(Changes, Vec<Change>), StoreError> {
    let (before, after) = history(tx, undone)?;
    let mut changes = Changes {
        listed_before: stands.shadow.len() as u64,
        ..Changes::default()
    };
    let mut taken_back = Vec::new();
    for (key, now) in after {
        let is_listed = stands.shadow.contains_key(&key);
        match before.get(&key).cloned().flatten() {
            Some(row) => {
                let list = if is_listed {
                    &mut changes.changed
                } else {
                    &mut changes.added
                };
                list.push(key);
                taken_back.push(again(row, is_listed));
            }
            None if is_listed => {
                taken_back.extend(retracted(&key, now)?);
                changes.missing.push(key);
            }
            None => {}
        }
    }
    let (added, missing) = (changes.added.len() as u64, changes.missing.len() as u64);
    changes.listed = (changes.listed_before + added).saturating_sub(missing);
    Ok((changes, taken_back))
}

/// Says why an import cannot be undone, if it cannot.
fn standing(
    tx: &mut Tx<'_>,
    importer: &Importer,
    undone: &ImportRow,
) -> Result<Option<String>, StoreError> {
    if let Some(by) = undone.undone_by {
        return Ok(Some(format!("import {} undid it", by.0)));
    }
    if let Some(other) = undone.undoes {
        return Ok(Some(format!(
            "it undid import {}: import that file again",
            other.0
        )));
    }
    if undone.agent != importer.agent {
        return Ok(Some(
            "it was signed with a key that this hub lacks".to_owned(),
        ));
    }
    let newest = import::last_of(tx, &undone.agency, &undone.feed)?;
    Ok(newest
        .filter(|newest| newest.id != undone.id)
        .map(|newest| format!("import {} came after it: undo that first", newest.id.0)))
}

/// How each record was listed.
type Listed = BTreeMap<RecordKey, Option<Row>>;

/// Reads how each record was listed before an import, and how it left those that it changed.
fn history(tx: &mut Tx<'_>, undone: &ImportRow) -> Result<(Listed, Listed), StoreError> {
    let (mut before, mut after) = (Listed::new(), Listed::new());
    each_change(tx, undone, |seq, key, row| {
        if seq < undone.first {
            before.insert(key, row);
        } else if seq <= undone.last {
            after.insert(key, row);
        }
    })?;
    Ok((before, after))
}

/// Reads every change of the feed of an import that its importer ever signed, in order.
fn each_change(
    tx: &mut Tx<'_>,
    undone: &ImportRow,
    mut see: impl FnMut(Seq, RecordKey, Option<Row>),
) -> Result<(), StoreError> {
    let damaged = |_| StoreError::Damaged("a logged batch");
    let key = agent::load(tx, undone.agent)?
        .ok_or(StoreError::Damaged("an import without its importer"))?
        .batch_key;
    let mut from = Seq::ZERO;
    loop {
        let batches = log::batches(tx, undone.agent, undone.epoch, from, BATCHES_MAX)?;
        if batches.is_empty() {
            return Ok(());
        }
        for bytes in batches {
            let batch = portable::decode(&bytes).map_err(damaged)?;
            from = batch.header.span.last.next();
            for (seq, body) in envelope::open(&batch, &key).map_err(damaged)? {
                // A body that was erased is of somebody who was expunged: nothing of it comes back.
                let Some(body) = body else { continue };
                if let Some((key, row)) = change(&undone.feed, &body)? {
                    see(seq, key, row);
                }
            }
        }
    }
}

fn change(feed: &FeedName, body: &[u8]) -> Result<Option<(RecordKey, Option<Row>)>, StoreError> {
    let damaged = |_| StoreError::Damaged("a logged delta");
    let delta = delta::decode(body).map_err(damaged)?;
    if delta.feed != *feed {
        return Ok(None);
    }
    Ok(match delta.change {
        Change::Upsert { row, .. } => {
            let record = row
                .record()
                .map_err(|_| StoreError::Damaged("a logged record"))?;
            Some((record.key(), Some(row)))
        }
        Change::NoLongerListed(key) | Change::Withheld(key) => Some((key, None)),
        Change::ObservationGap { .. } => None,
    })
}

/// Lists a row as it was listed before.
const fn again(row: Row, is_listed: bool) -> Change {
    let evidence = if is_listed {
        Evidence::Withdrawal
    } else {
        Evidence::Status
    };
    Change::Upsert {
        row,
        coverage: Coverage::Full,
        evidence,
    }
}

/// Takes a record back that was entered by mistake. A date does not stand and was never called off, and an order was
/// not served; of everything else nothing is shown any more.
fn retracted(key: &RecordKey, row: Option<Row>) -> Result<Vec<Change>, StoreError> {
    let record = row.and_then(|row| row.record().ok());
    let Some(unset) = record.and_then(unset) else {
        return Ok(vec![Change::Withheld(key.clone())]);
    };
    let row = Row::of(&unset).map_err(|_| StoreError::Damaged("a logged record"))?;
    Ok(vec![again(row, true), Change::NoLongerListed(key.clone())])
}

/// Writes a date as one that does not stand, and an order as one that is not served; nothing for another record.
fn unset(mut record: Record) -> Option<Record> {
    match &mut record.body {
        RecordBody::CourtEvent(event) => event.schedule = Schedule::Cancelled,
        RecordBody::Hearing(hearing) => hearing.schedule = Schedule::Cancelled,
        RecordBody::ProtectiveOrder(order) => order.service = Service::Entered,
        RecordBody::Custody(_) | RecordBody::Supervision(_) | RecordBody::SexOffender(_) => {
            return None;
        }
    }
    Some(record)
}
