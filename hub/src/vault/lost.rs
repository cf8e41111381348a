//! Whom somebody asked about and whom a registry that was put back from a backup does not know: found again by
//! their records as agents send these again, or brought to a person.
//!
//! Whoever became known after the backup has another number once the records come again, and what a person decided
//! since, that two are one or two, is not decided any more. By which records each was known is kept here. Where it
//! is certain who is meant, the subscription is about them at once; where it is not, nothing goes out before she was
//! asked, as when two people are parted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use savin_shared::hash::hex;
use tracing::warn;

use super::command::{PlannerAnswer, Traced};
use super::keyring::Keyring;
use super::parted::{ASKS, OTHER, SAME};
use super::task::{Ask, open};
use super::{Vault, VaultError};
use crate::ids::{PersonId, RegistrantId, SubscriptionId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::subscription::{self, SubscriptionRow};
use crate::store::vault::trace::{self, Link};
use crate::store::vault::{parted, task};
use crate::work::task::TaskKind;

/// How soon she is called: whatever happens to them is told to nobody meanwhile.
const URGENCY: u8 = 1;

/// What is kept of a person that the registry knows.
struct Known {
    /// Under which names, the one that is theirs first.
    persons: Vec<PersonId>,
    links: Vec<Link>,
    records: BTreeSet<Link>,
}

impl Known {
    fn of(keys: &Keyring, traced: &Traced) -> Self {
        let links = traced
            .persons
            .iter()
            .map(|person| keys.person_link(*person));
        let records = traced.records.iter();
        Self {
            persons: traced.persons.clone(),
            links: links.collect(),
            records: records
                .map(|(agency, key)| keys.record_link(agency, key))
                .collect(),
        }
    }
}

/// When it is, and what numbers of subscriptions are made of.
#[derive(Clone, Copy)]
struct Making {
    now: Timestamp,
    random: fn() -> [u8; 16],
}

impl Vault {
    /// Hears who is known to the registry, everybody: whoever somebody asked about and who is not among them is
    /// looked for from now on, and a person calls whoever asked.
    pub(super) fn roll_call(&self, persons: &[PersonId]) -> Result<PlannerAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = Arc::clone(&self.keys);
        let known: BTreeSet<Link> = persons.iter().map(|id| keys.person_link(*id)).collect();
        let known = Arc::new(known);
        // Mostly there is nothing to do, and nobody who writes meanwhile is kept waiting for that.
        let called = Arc::clone(&known);
        let is_settled = self.store.read_now("roll call", move |tx| {
            let is_quiet = trace::lost(tx)?.is_empty() && !trace::is_looking(tx)?;
            Ok(is_quiet && trace::is_tidy(tx)? && trace::all_asked(tx)?.is_subset(&called))
        })?;
        if is_settled {
            return Ok(PlannerAnswer::Sought(false));
        }
        let (is_looking, lost) = self.store.write_now("roll call", move |tx| {
            trace::tidy(tx)?;
            let before = trace::lost(tx)?;
            for (link, since) in before.iter().filter(|(link, _)| known.contains(*link)) {
                found_again(tx, link, *since, now)?;
            }
            let asked = trace::all_asked(tx)?;
            let lost: Vec<_> = asked.difference(&known).copied().collect();
            let new = lost.iter().filter(|link| !before.contains_key(*link));
            let new: Vec<_> = new.collect();
            if !new.is_empty() {
                trace::keep(tx)?;
            }
            for link in new {
                lose(tx, &keys, link, now)?;
            }
            Ok((trace::is_looking(tx)?, lost.len()))
        })?;
        if lost > 0 {
            warn!(
                persons = lost,
                "Whom somebody asked about is not known to the registry: a task calls whoever asked, until agents \
                 have sent the records again"
            );
        }
        Ok(PlannerAnswer::Sought(is_looking))
    }

    /// Hears by which records persons are known: keeps that of whom somebody asked about, and finds those again who
    /// were lost.
    pub(super) fn trace(&self, traced: &[Traced]) -> Result<PlannerAnswer, VaultError> {
        let making = Making {
            now: (self.world.wall)(),
            random: self.world.random,
        };
        let keys = Arc::clone(&self.keys);
        let known: Vec<Known> = traced
            .iter()
            .map(|traced| Known::of(&keys, traced))
            .collect();
        let known = Arc::new(known);
        let read = Arc::clone(&known);
        let (is_looking, is_same) = self.store.read_now("traces", move |tx| {
            Ok((trace::is_looking(tx)?, changed(tx, &read)?.is_empty()))
        })?;
        if !is_looking && is_same {
            return Ok(PlannerAnswer::Sought(false));
        }
        let is_looking = self.store.write_now("traces", move |tx| {
            if trace::is_looking(tx)? {
                for known in known.iter() {
                    find(tx, &keys, known, making)?;
                }
            }
            let changed = changed(tx, &known)?;
            let changed: Vec<_> = changed
                .iter()
                .map(|(link, records)| (*link, records))
                .collect();
            trace::put(tx, &changed)?;
            trace::is_looking(tx)
        })?;
        Ok(PlannerAnswer::Sought(is_looking))
    }
}

/// Returns of whom other records are to be kept than are.
fn changed(tx: &mut Tx<'_>, known: &[Known]) -> Result<BTreeMap<Link, BTreeSet<Link>>, StoreError> {
    let links: Vec<Link> = known.iter().flat_map(|known| known.links.clone()).collect();
    let asked = trace::asked(tx, &links)?;
    let kept = trace::of_persons(tx, &links)?;
    let kept: BTreeMap<Link, BTreeSet<Link>> = links.into_iter().zip(kept).collect();
    let mut changed = BTreeMap::new();
    for known in known {
        for link in &known.links {
            let wanted = if asked.contains(link) {
                known.records.clone()
            } else {
                BTreeSet::new()
            };
            if kept.get(link) != Some(&wanted) {
                changed.insert(*link, wanted);
            }
        }
    }
    Ok(changed)
}

/// Notes that a person is not known, and has whoever asked called.
fn lose(tx: &mut Tx<'_>, keys: &Keyring, link: &Link, now: Timestamp) -> Result<(), StoreError> {
    trace::lose(tx, link, now)?;
    for row in trace::subscriptions(tx, link)? {
        let registrant = row.registrant;
        let ask = Ask {
            kind: TaskKind::Other,
            subject: waits(link, &row, now),
            registrant,
            urgency: URGENCY,
            due_at: None,
            note: format!(
                "She asked about somebody whom the registry that was put back does not know: nothing of them \
                 reaches her. This ends by itself once their agency has sent the record again. If it stands when \
                 `savin-hub status` shows every facility up to date: call her, ask about whom, `savin-hub register \
                 --to {registrant} --person …`, and have her drop the old entry at the site"
            ),
        };
        open(tx, keys, &ask, now)?;
    }
    Ok(())
}

/// Notes that a person is known again, and calls nobody any more.
fn found_again(
    tx: &mut Tx<'_>,
    link: &Link,
    since: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    for row in trace::subscriptions(tx, link)? {
        let subject = waits(link, &row, since);
        task::close(tx, TaskKind::Other, &subject, "found", now)?;
    }
    trace::know(tx, link)
}

/// Names the task of somebody who is lost, which says nothing to a stranger.
fn waits(link: &Link, row: &SubscriptionRow, since: Timestamp) -> String {
    let link: String = hex(link).chars().take(32).collect();
    format!("lost/{link}/{}/{}", row.registrant, since.as_second())
}

/// Lets subscriptions be about a person by whose records others were known before.
fn find(tx: &mut Tx<'_>, keys: &Keyring, known: &Known, making: Making) -> Result<(), StoreError> {
    let sought = trace::looked_for(tx, &known.records)?;
    let (Some(person), Some(link)) = (known.persons.first(), known.links.first()) else {
        return Ok(());
    };
    let came: BTreeSet<Link> = sought.values().flatten().copied().collect();
    let lost = trace::lost(tx)?;
    let (same, others): (Vec<_>, Vec<_>) = sought
        .iter()
        .partition(|(before, _)| known.links.contains(*before));
    // Records are with them that were somebody else's before: a parting that is not decided any more.
    for (before, _) in same.iter().filter(|(_, records)| **records != came) {
        let asking = trace::subscriptions(tx, before)?;
        let asking: Vec<_> = asking.iter().map(|row| row.registrant).collect();
        doubt(tx, keys, (before, before, &asking), *person, making)?;
    }
    for (before, records) in others {
        let asking = trace::subscriptions(tx, before)?;
        if let Some(since) = lost.get(before) {
            found_again(tx, before, *since, making.now)?;
            trace::follow(tx, before, link)?;
        }
        let mut new = Vec::new();
        for row in asking {
            if !subscription::is_told(tx, row.registrant, link)? {
                new.push(row.registrant);
            }
            if lost.contains_key(before) {
                trace::point(tx, &row, link)?;
            } else {
                besides(tx, row, link, making)?;
            }
        }
        if !known.records.is_subset(records) {
            doubt(tx, keys, (before, link, &new), *person, making)?;
        }
    }
    trace::found(tx, &came)
}

/// Tells whoever asked about one person of another as well: they were one before.
fn besides(
    tx: &mut Tx<'_>,
    row: SubscriptionRow,
    person: &Link,
    making: Making,
) -> Result<(), StoreError> {
    let row = SubscriptionRow {
        subscription: SubscriptionId::from_bytes((making.random)()),
        person_link: *person,
        ..row
    };
    subscription::put(tx, &row, making.now)
}

/// Lets nothing go out about a person to whoever asked about them, or about whom they are taken for, before she was
/// asked.
fn doubt(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (before, link, asking): (&Link, &Link, &[RegistrantId]),
    person: PersonId,
    making: Making,
) -> Result<(), StoreError> {
    let now = making.now;
    let of: String = hex(before).chars().take(32).collect();
    for registrant in asking.iter().copied() {
        let subject = format!("{ASKS}restored/{of}/{registrant}/{}", now.as_second());
        let ask = Ask {
            kind: TaskKind::IdentityDoubt,
            subject: subject.clone(),
            registrant,
            urgency: URGENCY,
            due_at: None,
            note: format!(
                "A registry was put back, and {person} has records in it now that were another person's when she \
                 asked. Show her `savin-hub persons show {person}` and ask whom she means; until then nothing goes \
                 out to her about them. Part the records first where they are two people's (`savin-hub persons \
                 split`). If she means {person}: `--choice {SAME}`, which tells her what came meanwhile. If not: \
                 `savin-hub register --to {registrant} --person …`, have her drop the other at the site, and \
                 `--choice {OTHER}`"
            ),
        };
        if open(tx, keys, &ask, now)? {
            parted::doubt(tx, &subject, registrant, link)?;
        }
    }
    Ok(())
}
