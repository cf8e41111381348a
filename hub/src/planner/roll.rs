//! Tells the vault who is known to the registry and by which records, without learning whom anybody asked about: so
//! that it finds them again once a registry was put back from a backup.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::{PlanError, Planner};
use crate::ids::PersonId;
use crate::notification::fact::Fact;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::{merge, person, record};
use crate::vault::command::{PlannerAnswer, PlannerCommand, Traced};

/// Persons of one look: those who became known last, whom a backup lacks, and as many of the others in turn.
const NEWEST_MAX: u32 = 100;

/// The others of one look.
const OTHERS_MAX: u32 = 100;

/// Persons that are read in one transaction where everybody is called.
const CALLED_MAX: u32 = 10_000;

/// How often everybody is called.
const EVERYBODY: Duration = Duration::from_secs(3_600);

/// How far the roll was called.
#[derive(Debug)]
pub(super) struct Roll {
    after: Option<PersonId>,
    called_at: Instant,
    /// Whether somebody is looked for; until the vault has said so, as if.
    is_seeking: bool,
}

impl Roll {
    /// Begins; everybody was called as the hub started.
    pub(super) const fn begin(now: Instant) -> Self {
        Self {
            after: None,
            called_at: now,
            is_seeking: true,
        }
    }
}

impl Planner {
    /// Tells by which records some of those who are known are, the newest always.
    pub(super) async fn call_roll(&self, roll: &mut Roll) -> Result<(), PlanError> {
        let now = (self.world.monotonic)();
        if now.duration_since(roll.called_at) >= EVERYBODY {
            roll.called_at = now;
            let persons = self.store.read("roll call", everybody).await?;
            let call = PlannerCommand::RollCall { persons };
            roll.is_seeking = is_sought(self.vault.ask(call).await?);
        }
        let after = roll.after;
        let read = move |tx: &mut Tx<'_>| {
            let others = person::after(tx, after, OTHERS_MAX)?;
            let last = others.last().copied();
            let mut persons = person::newest(tx, NEWEST_MAX)?;
            persons.extend(others);
            Ok((traced(tx, &persons)?, last))
        };
        let (known, last) = self.store.read("roll", read).await?;
        let trace = PlannerCommand::Trace { known };
        roll.is_seeking = is_sought(self.vault.ask(trace).await?);
        roll.after = last;
        Ok(())
    }

    /// Lets those be found again of whom something is to be told, where somebody is looked for.
    pub(super) async fn find_again(
        &self,
        roll: &mut Roll,
        facts: &[Fact],
    ) -> Result<(), PlanError> {
        if !roll.is_seeking || facts.is_empty() {
            return Ok(());
        }
        let persons: BTreeSet<PersonId> = facts.iter().map(|fact| fact.person).collect();
        let persons: Vec<PersonId> = persons.into_iter().collect();
        let read = move |tx: &mut Tx<'_>| traced(tx, &persons);
        let known = self.store.read("traces", read).await?;
        let trace = PlannerCommand::Trace { known };
        roll.is_seeking = is_sought(self.vault.ask(trace).await?);
        Ok(())
    }
}

const fn is_sought(answer: PlannerAnswer) -> bool {
    match answer {
        PlannerAnswer::Sought(is_sought) => is_sought,
        // Nothing else is answered; as long as it is not known, somebody is looked for.
        PlannerAnswer::Watermark(_) | PlannerAnswer::Done => true,
    }
}

/// Lists everybody whom the registry knows.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn everybody(tx: &mut Tx<'_>) -> Result<Vec<PersonId>, StoreError> {
    let mut everybody: Vec<PersonId> = Vec::new();
    loop {
        let page = person::after(tx, everybody.last().copied(), CALLED_MAX)?;
        if page.is_empty() {
            return Ok(everybody);
        }
        everybody.extend(page);
    }
}

/// Returns by which records persons are known, each with everybody who was joined to them, once.
fn traced(tx: &mut Tx<'_>, persons: &[PersonId]) -> Result<Vec<Traced>, StoreError> {
    let mut roots = BTreeSet::new();
    for person in persons {
        roots.insert(merge::current(tx, *person)?);
    }
    let roots: Vec<PersonId> = roots.into_iter().collect();
    let records = record::keys_of(tx, &roots)?;
    let roots = roots.into_iter().zip(records);
    roots
        .map(|(person, records)| {
            Ok(Traced {
                persons: merge::everyone(tx, person)?,
                records,
            })
        })
        .collect()
}
