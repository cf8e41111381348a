//! The journal against the databases: orders are given and lifted through it, and what a database lacks of it
//! is carried out anew, as often as it is looked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::journal::entry::{Act, Entry, Given};
use super::{Databases, OrderError, ask, finish};
use crate::ids::{EntryId, OrderId};
use crate::journal::signed::Signed;
use crate::notification::fact::BookingHash;
use crate::registry::traces::Traces;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::court_order::{self, Covered, NewOrder, OrderKind, OrderRow, Scope};
use crate::store::registry::decision::{self, DecisionId};
use crate::store::registry::expunged::{self, OrderKey};
use crate::store::registry::expunging::Gone;
use crate::store::registry::order_entry::{self, Did};
use crate::store::registry::{record, staff};
use crate::vault::VaultError;
use crate::vault::command::{Expunction, OrderCommand, StaffAnswer};
use crate::work::decision::Decision;
use crate::work::role::Role;

/// What was done.
#[derive(Debug, Default)]
pub struct Carried {
    /// What was destroyed by which order.
    pub destroyed: BTreeMap<OrderId, Gone>,
    /// Entries that the registry or the vault lacked.
    pub again: usize,
    /// Orders of the registry that the journal lacked, and has now.
    pub added: usize,
    /// Bytes of a last line of the journal that is not whole.
    pub torn: u64,
}

/// Does everywhere what was ordered: what the journal has and a database lacks, and what was interrupted.
///
/// # Errors
/// Returns [`OrderError`] when the journal or a database fails; what is left stays to be done.
pub fn carry_out(databases: Databases<'_>, now: Timestamp) -> Result<Carried, OrderError> {
    let (mut entries, mut carried) = complete(databases, now)?;
    let given_up: BTreeSet<EntryId> = entries.iter().filter_map(given_up).collect();
    entries.retain(|entry| !given_up.contains(&entry.id) && self::given_up(entry).is_none());
    let mut again = BTreeSet::new();
    for entry in &entries {
        if databases.in_registry(entry, now)? {
            again.insert(entry.id);
        }
    }
    carried.destroyed = finish(databases, now)?;
    let ids = entries.iter().map(|entry| entry.id).collect();
    let StaffAnswer::Lacking(lacking) =
        ask(databases.vault, OrderCommand::Lacking { entries: ids })?
    else {
        return Err(VaultError::Closed.into());
    };
    for entry in entries.iter().filter(|entry| lacking.contains(&entry.id)) {
        databases.in_vault(entry)?;
        ask(databases.vault, OrderCommand::Taken { entry: entry.id })?;
        again.insert(entry.id);
    }
    carried.again = again.len();
    Ok(carried)
}

/// Adds to the journal what the registry has and it lacks; returns every entry, with what was added.
///
/// # Errors
/// Returns [`OrderError`] when the journal or the registry fails.
pub fn complete(
    databases: Databases<'_>,
    now: Timestamp,
) -> Result<(Vec<Entry>, Carried), OrderError> {
    let chain = databases.journal.read()?;
    let mut carried = Carried {
        torn: chain.torn,
        ..Carried::default()
    };
    let mut entries = chain.entries(databases.key)?;
    for entry in databases.lacking(&entries, now)? {
        databases
            .journal
            .append(databases.key, std::slice::from_ref(&entry))?;
        entries.push(entry);
        carried.added += 1;
    }
    Ok((entries, carried))
}

const fn given_up(entry: &Entry) -> Option<EntryId> {
    match &entry.act {
        Act::GiveUp { entry } => Some(*entry),
        Act::Give(_) | Act::Lift { .. } => None,
    }
}

impl Databases<'_> {
    /// Seals what an order covers, by a signed decision, once the journal has it. What is to be expunged is
    /// destroyed by [`carry_out`], which is called next.
    ///
    /// # Errors
    /// Returns [`OrderError`] when whoever signed may not decide this, or the journal or a database fails.
    pub fn give(
        self,
        scope: &Scope,
        order: &NewOrder,
        signed: &Decision,
        now: Timestamp,
    ) -> Result<OrderId, OrderError> {
        let id = EntryId::of_decision(&signed.signature);
        let (person, only, key) = (scope.person, scope.numbers(), *self.key);
        let (order, decision) = (order.clone(), signed.clone());
        let about = order.clone();
        let work = move |tx: &mut Tx<'_>| {
            // What came since was looked at belongs to it, too.
            let scope = Scope::find(tx, person, &only)?;
            let decision = decision::record(tx, &decision)?;
            let covered = scope.covered(order.kind, &key);
            let given = court_order::seal(tx, &covered, &order, decision, now)?;
            order_entry::put(tx, id, given, Did::Gave)?;
            Ok(given)
        };
        // Refused before it is written: the journal has only what may be carried out.
        self.registry.rehearse_now("court order", work.clone())?;
        let what = self.expunction(OrderId(0), scope)?;
        let is_expunged = about.kind == OrderKind::Expunge;
        let (persons, followed, asides) = if is_expunged {
            (what.persons, what.followed, what.asides)
        } else {
            (Vec::new(), Vec::new(), Vec::new())
        };
        let links = ask(self.vault, OrderCommand::Links { followed })?;
        let StaffAnswer::Links(follows) = links else {
            return Err(VaultError::Closed.into());
        };
        let given = Given {
            about,
            named: scope.named(self.key),
            events: what.events,
            persons,
            follows,
            asides,
            signed: self.signed(signed.clone())?,
        };
        self.write((id, now), Act::Give(Box::new(given)), work)
    }

    /// Lifts an order by a signed decision, once the journal has it; [`carry_out`], which is called next,
    /// lets the vault tell of it again.
    ///
    /// # Errors
    /// Returns [`OrderError`] when there is no such order or whoever signed may not decide this, or the
    /// journal or a database fails.
    pub fn lift(self, order: OrderId, signed: &Decision, now: Timestamp) -> Result<(), OrderError> {
        let id = EntryId::of_decision(&signed.signature);
        let decision = signed.clone();
        let work = move |tx: &mut Tx<'_>| {
            let decision = decision::record(tx, &decision)?;
            court_order::lift(tx, order, decision, now)?;
            order_entry::put(tx, id, order, Did::Lifted)
        };
        self.registry.rehearse_now("unseal", work.clone())?;
        let read = move |tx: &mut Tx<'_>| order_entry::entry_of(tx, order, Did::Gave);
        let given = self.registry.read_now("order", read)?;
        let act = Act::Lift {
            given: given.ok_or(StoreError::Damaged("an order that is in no journal"))?,
            signed: self.signed(signed.clone())?,
        };
        self.write((id, now), act, work)
    }

    /// Writes an entry and then does what it says; where that is refused, the journal says so.
    fn write<T, F>(self, (id, at): (EntryId, Timestamp), act: Act, work: F) -> Result<T, OrderError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.journal.append(self.key, &[Entry { id, at, act }])?;
        let done = self.registry.write_now("court order", work);
        if matches!(done, Err(StoreError::Refused(_))) {
            let id_of_this = EntryId::of_decision(id.as_bytes());
            let act = Act::GiveUp { entry: id };
            let entry = Entry {
                id: id_of_this,
                at,
                act,
            };
            self.journal.append(self.key, &[entry])?;
        }
        Ok(done?)
    }

    /// Adds to a decision what its signer may do.
    fn signed(self, decision: Decision) -> Result<Signed, OrderError> {
        let key = decision.key;
        let read = move |tx: &mut Tx<'_>| staff::by_key(tx, &key);
        let row = self.registry.read_now("staff", read)?;
        Ok(Signed {
            role: row.map_or(Role::Supervisor, |row| row.role),
            decision,
        })
    }

    /// Makes entries of what the registry has and these are not: of orders that were given before there was
    /// a journal, or whose journal was lost.
    fn lacking(self, known: &[Entry], now: Timestamp) -> Result<Vec<Entry>, OrderError> {
        let known: BTreeSet<EntryId> = known.iter().map(|entry| entry.id).collect();
        let key = *self.key;
        let find = move |tx: &mut Tx<'_>| {
            let mut found = Vec::new();
            let mut orders = court_order::newest(tx, u32::MAX)?;
            orders.reverse();
            for row in &orders {
                let given = entry_of(tx, row, Did::Gave)?;
                if !known.contains(&given) {
                    let act = Act::Give(Box::new(of_order(tx, &key, row)?));
                    found.push((row.order, Did::Gave, given, act));
                }
                if let Some((_, decision)) = row.lifted {
                    let lifted = entry_of(tx, row, Did::Lifted)?;
                    if !known.contains(&lifted) {
                        let signed = kept(tx, decision)?;
                        found.push((row.order, Did::Lifted, lifted, Act::Lift { given, signed }));
                    }
                }
            }
            Ok(found)
        };
        let found = self.registry.read_now("orders", find)?;
        let marks: Vec<_> = found
            .iter()
            .map(|(order, did, id, _)| (*order, *did, *id))
            .collect();
        // The mark first: with it another start adds the same entry, and gives no order twice.
        self.registry.write_now("orders", move |tx| {
            for (order, did, id) in &marks {
                if order_entry::order_of(tx, *id)?.is_none() {
                    order_entry::put(tx, *id, *order, *did)?;
                }
            }
            Ok(())
        })?;
        let entries = found
            .into_iter()
            .map(|(_, _, id, act)| Entry { id, at: now, act });
        Ok(entries.collect())
    }

    /// Carries an entry out in the registry that lacks it; says whether it did.
    fn in_registry(self, entry: &Entry, now: Timestamp) -> Result<bool, OrderError> {
        let id = entry.id;
        let known = move |tx: &mut Tx<'_>| order_entry::order_of(tx, id);
        if self.registry.read_now("order", known)?.is_some() {
            return Ok(false);
        }
        let (act, key) = (entry.act.clone(), *self.key);
        Ok(self
            .registry
            .write_now("order again", move |tx| match &act {
                Act::Give(given) => {
                    let decision =
                        decision::restore(tx, &given.signed.decision, given.signed.role, now)?;
                    let covered = found(tx, &key, given)?;
                    let order = court_order::seal(tx, &covered, &given.about, decision, now)?;
                    order_entry::put(tx, id, order, Did::Gave)?;
                    Ok(true)
                }
                Act::Lift { given, signed } => {
                    let order = order_entry::order_of(tx, *given)?;
                    let order = order.ok_or(StoreError::Damaged("an order that nobody gave"))?;
                    let decision = decision::restore(tx, &signed.decision, signed.role, now)?;
                    court_order::lift(tx, order, decision, now)?;
                    order_entry::put(tx, id, order, Did::Lifted)?;
                    Ok(true)
                }
                Act::GiveUp { .. } => Ok(false),
            })?)
    }

    /// Carries an entry out in the vault that lacks it.
    fn in_vault(self, entry: &Entry) -> Result<(), OrderError> {
        let id = entry.id;
        let read = move |tx: &mut Tx<'_>| {
            let order = order_entry::order_of(tx, id)?;
            order.map_or(Ok(None), |order| court_order::load(tx, order))
        };
        let Some(row) = self.registry.read_now("order", read)? else {
            return Ok(());
        };
        let order = row.order;
        let command = match &entry.act {
            Act::Give(given) if given.about.kind == OrderKind::Expunge => {
                let what = Expunction {
                    order,
                    events: given.events.clone(),
                    bookings: bookings(given),
                    asides: given.asides.clone(),
                    hidden: Vec::new(),
                    persons: given.persons.clone(),
                    followed: Vec::new(),
                    follows: given.follows.clone(),
                    traces: Traces::of(std::iter::empty()),
                };
                OrderCommand::Expunge {
                    what: Box::new(what),
                    is_rehearsal: false,
                }
            }
            Act::Give(given) => {
                if row.lifted.is_none() {
                    self.withhold(order)?;
                }
                OrderCommand::Withhold {
                    order,
                    events: given.events.clone(),
                    bookings: bookings(given),
                    silenced: Vec::new(),
                    hidden: Vec::new(),
                }
            }
            Act::Lift { .. } => {
                let read = move |tx: &mut Tx<'_>| {
                    let events = court_order::told_again(tx, order)?;
                    Ok((events, court_order::named_again(tx, order)?))
                };
                let (events, named) = self.registry.read_now("order", read)?;
                let named = named.iter();
                let bookings = named.map(|(agency, record)| self.key.tombstone(agency, record));
                OrderCommand::Allow {
                    order,
                    events,
                    bookings: bookings.collect(),
                }
            }
            Act::GiveUp { .. } => return Ok(()),
        };
        ask(self.vault, command).map(|_| ())
    }
}

/// Returns by what the vault knows the records of an order.
fn bookings(given: &Given) -> Vec<BookingHash> {
    given.named.iter().map(|(_, booking)| *booking).collect()
}

/// Returns by which entry something was done, or would be.
fn entry_of(tx: &mut Tx<'_>, row: &OrderRow, did: Did) -> Result<EntryId, StoreError> {
    if let Some(entry) = order_entry::entry_of(tx, row.order, did)? {
        return Ok(entry);
    }
    let by = match did {
        Did::Gave => row.decision,
        Did::Lifted => row.lifted.map_or(row.decision, |(_, by)| by),
    };
    Ok(EntryId::of_decision(&kept(tx, by)?.decision.signature))
}

/// Loads a decision as the journal keeps it.
fn kept(tx: &mut Tx<'_>, id: DecisionId) -> Result<Signed, StoreError> {
    let kept = decision::find(tx, id)?;
    let decision = kept
        .ok_or(StoreError::Damaged("an order's decision"))?
        .decision;
    let row = staff::by_key(tx, &decision.key)?;
    Ok(Signed {
        role: row.map_or(Role::Supervisor, |row| row.role),
        decision,
    })
}

/// Gathers what the registry still knows of an order.
fn of_order(tx: &mut Tx<'_>, key: &OrderKey, row: &OrderRow) -> Result<Given, StoreError> {
    let (mut named, mut events) = (expunged::of_order(tx, row.order)?, Vec::new());
    for scope in court_order::scopes(tx, row.order)? {
        named.extend(scope.named(key));
        if row.lifted.is_none() {
            events.extend(scope.events.iter().map(|(_, event)| *event));
        }
    }
    Ok(Given {
        about: row.about.clone(),
        named,
        events,
        persons: Vec::new(),
        follows: Vec::new(),
        asides: Vec::new(),
        signed: kept(tx, row.decision)?,
    })
}

/// Finds what a registry has of what an order covers; the rest is known when it arrives.
fn found(tx: &mut Tx<'_>, key: &OrderKey, given: &Given) -> Result<Covered, StoreError> {
    let mut known = BTreeMap::new();
    let agencies: BTreeSet<_> = given.named.iter().map(|(agency, _)| agency).collect();
    for agency in agencies {
        for (record, name) in record::names_of(tx, agency)? {
            known.insert(key.tombstone(agency, &name), record);
        }
    }
    let mut covered = Covered::default();
    for (agency, stone) in &given.named {
        let record = known.get(stone);
        covered.records.extend(record);
        if record.is_none() || given.about.kind == OrderKind::Seal {
            covered.named.push((agency.clone(), *stone));
        }
    }
    covered.records.sort();
    Ok(covered)
}
