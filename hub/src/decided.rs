//! The journal of what staff decided: a file beside the databases, so that a decision outlives its registry.
//!
//! Restoring a backup reads in it what a registry says that cannot be read any more. It has the decisions of the last weeks, since no backup gets older, and nothing whose words a court had destroyed.
//! Courts' orders have a journal of their own.

pub mod entry;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use savin_shared::ids::AgentId;
use thiserror::Error;

use self::entry::{About, Act, Decided, Entry};
use crate::journal::JournalError;
use crate::journal::signed::Signed;
use crate::store::conn::Tx;
use crate::store::registry::decision::{self, Decision};
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::instruction::{self, InstructionKind};
use crate::store::registry::{event, staff};
use crate::store::{Store, StoreError};
use crate::work::role::Role;

/// The journal of a hub.
pub type Journal = crate::journal::Journal<Entry>;

/// What is decided through the journal of orders, and carried out anew from there.
pub const IN_ORDERS: [&str; 3] = ["seal", "unseal", "expunge"];

/// How long what was decided stays in it: no backup gets as old.
const KEPT: SignedDuration = SignedDuration::from_hours(45 * 24);

/// For how long a decision may be on its way into the registry once it was signed.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(10);

/// What a journal has of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// From when on it has everything.
    pub begun_at: Timestamp,
    /// What was decided, the oldest first.
    pub decisions: Vec<Decided>,
    /// Agents that were revoked.
    pub revoked: Vec<AgentId>,
}

/// Notes what is about to be done, and returns once that is durable. A journal that is damaged is moved aside first, and
/// where it is now is returned: what staff decides waits for nothing.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn note(
    journal: &Journal,
    key: &OrderKey,
    act: Act,
    now: Timestamp,
) -> Result<Option<PathBuf>, JournalError> {
    let entry = [Entry { at: now, act }];
    match journal.append(key, &entry) {
        Ok(()) => Ok(None),
        Err(JournalError::Damaged { .. }) => {
            let aside = set_aside(journal, now)?;
            journal.append(key, &entry)?;
            Ok(Some(aside))
        }
        Err(failure @ (JournalError::File { .. } | JournalError::Entry { .. })) => Err(failure),
    }
}

/// Begins a journal where there is none, or none that is whole; returns where a damaged one is now.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn begin(
    journal: &Journal,
    key: &OrderKey,
    from: Timestamp,
) -> Result<Option<PathBuf>, JournalError> {
    let aside = match journal.read() {
        Ok(chain) if !chain.lines.is_empty() => return Ok(None),
        Ok(_) => None,
        Err(JournalError::Damaged { .. }) => Some(set_aside(journal, from)?),
        Err(failure @ (JournalError::File { .. } | JournalError::Entry { .. })) => {
            return Err(failure);
        }
    };
    let begun = Entry {
        at: from,
        act: Act::Begun,
    };
    journal.append(key, &[begun])?;
    Ok(aside)
}

fn set_aside(journal: &Journal, now: Timestamp) -> Result<PathBuf, JournalError> {
    let file = journal.file();
    let mut aside = file.as_os_str().to_owned();
    aside.push(format!(".damaged-{}", now.as_second()));
    let aside = PathBuf::from(aside);
    fs::rename(file, &aside).map_err(|cause| JournalError::File {
        file: file.to_owned(),
        cause,
    })?;
    Ok(aside)
}

/// Lists what was decided since a moment; nothing where there is no journal.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read, or is another key's.
pub fn since(
    journal: &Journal,
    key: &OrderKey,
    from: Timestamp,
) -> Result<Option<Since>, JournalError> {
    let entries = journal.read()?.entries(key)?;
    let Some(first) = entries.first() else {
        return Ok(None);
    };
    let mut since = Since {
        begun_at: first.at,
        decisions: Vec::new(),
        revoked: Vec::new(),
    };
    for entry in entries.into_iter().filter(|entry| entry.at >= from) {
        match entry.act {
            Act::Begun => {}
            Act::Decided(decided) => since.decisions.push(*decided),
            Act::Revoked(agent) => since.revoked.push(agent),
        }
    }
    Ok(Some(since))
}

/// Adds what the registry has and the journal lacks: of before there was one, or signed where another node of the hub
/// runs. Returns how many there were, and where a damaged journal is now.
///
/// # Errors
/// Returns [`DecidedError`] when one of them fails.
pub fn complete(
    journal: &Journal,
    key: &OrderKey,
    registry: &Store,
    now: Timestamp,
) -> Result<(usize, Option<PathBuf>), DecidedError> {
    let from = now.checked_sub(KEPT).unwrap_or(now);
    let aside = begin(journal, key, from)?;
    let entries = journal.read()?.entries(key)?;
    let begun_at = entries.first().map_or(from, |first| first.at);
    let known = entries.iter().filter_map(signed);
    let known: BTreeSet<Vec<u8>> = known.map(|made| made.signature.clone()).collect();
    let found = registry.read_now("decided", move |tx| of_registry(tx, begun_at, u32::MAX))?;
    let is_lacking = |decided: &Decided| !known.contains(&decided.signed.decision.signature);
    let lacking: Vec<Entry> = found
        .into_iter()
        .filter(is_lacking)
        .map(|decided| Entry {
            at: decided.signed.decision.decided_at,
            act: Act::Decided(Box::new(decided)),
        })
        .collect();
    if !lacking.is_empty() {
        journal.append(key, &lacking)?;
    }
    Ok((lacking.len(), aside))
}

/// Lists what a registry says was decided since a moment, the oldest first, without what a court had destroyed and what
/// stands in the journal of orders.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_registry(
    tx: &mut Tx<'_>,
    from: Timestamp,
    limit: u32,
) -> Result<Vec<Decided>, StoreError> {
    let mut all = Vec::new();
    let taken_back = instruction::since(tx, InstructionKind::Correct, from)?;
    for (id, made) in decision::since(tx, from, limit)? {
        if made.verify().is_err() || IN_ORDERS.contains(&made.kind.as_ref()) {
            continue;
        }
        let mut events = Vec::new();
        for given in taken_back.iter().filter(|given| given.decision == id) {
            events.extend(event::id_at(tx, given.event)?);
        }
        let about = if events.is_empty() {
            key_of_new(tx, &made)?.unwrap_or(About::Words)
        } else {
            About::Events(events)
        };
        let row = staff::by_key(tx, &made.key)?;
        let signed = Signed {
            role: row.map_or(Role::Supervisor, |row| row.role),
            decision: made,
        };
        all.push(Decided { signed, about });
    }
    Ok(all)
}

/// Returns the key of a new member of staff, by its fingerprint.
fn key_of_new(tx: &mut Tx<'_>, made: &Decision) -> Result<Option<About>, StoreError> {
    if made.kind != "staff-add" {
        return Ok(None);
    }
    let known = staff::all(tx)?.into_iter();
    let mut known = known.filter(|row| made.choice.ends_with(&row.key.fingerprint().to_string()));
    Ok(known.next().map(|row| About::Staff(row.key)))
}

/// Drops from the journal what a court had destroyed in the registry, and what the registry never took; returns how many
/// entries that were.
///
/// # Errors
/// Returns [`DecidedError`] when one of them fails; what was there is then still whole.
pub fn erase(
    journal: &Journal,
    key: &OrderKey,
    registry: &Store,
    now: Timestamp,
) -> Result<usize, DecidedError> {
    let entries = journal.read()?.entries(key)?;
    let on_its_way = now.checked_sub(ON_ITS_WAY).unwrap_or(now);
    let find = move |tx: &mut Tx<'_>| {
        let mut gone = BTreeSet::new();
        for entry in &entries {
            let Act::Decided(decided) = &entry.act else {
                continue;
            };
            let made = &decided.signed.decision;
            let is_kept = decision::is_kept(tx, &made.signature)?;
            if !is_kept && (entry.at < on_its_way || decision::is_destroyed(tx, made)?) {
                gone.insert(made.signature.clone());
            }
        }
        Ok(gone)
    };
    let gone = registry.read_now("destroyed", find)?;
    let is_gone = |entry: &Entry| signed(entry).is_some_and(|made| gone.contains(&made.signature));
    Ok(journal.rewrite(key, |mut entries| {
        entries.retain(|entry| !is_gone(entry));
        entries
    })?)
}

/// Drops what no backup is old enough to lack; returns how many entries that were.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written; what was there is then still whole.
pub fn forget_old(
    journal: &Journal,
    key: &OrderKey,
    now: Timestamp,
) -> Result<usize, JournalError> {
    let from = now.checked_sub(KEPT).unwrap_or(now);
    journal.rewrite(key, |mut entries| {
        if entries.first().is_none_or(|first| first.at >= from) {
            return entries;
        }
        entries.retain(|entry| entry.at >= from);
        let begun = Entry {
            at: from,
            act: Act::Begun,
        };
        entries.insert(0, begun);
        entries
    })
}

const fn signed(entry: &Entry) -> Option<&Decision> {
    match &entry.act {
        Act::Decided(decided) => Some(&decided.signed.decision),
        Act::Begun | Act::Revoked(_) => None,
    }
}

/// Why the journal does not agree with the registry.
#[derive(Debug, Error)]
pub enum DecidedError {
    /// The journal failed.
    #[error("the journal of decisions failed")]
    Journal(#[from] JournalError),
    /// The registry failed.
    #[error("the registry failed")]
    Registry(#[from] StoreError),
}

#[cfg(test)]
mod tests;
