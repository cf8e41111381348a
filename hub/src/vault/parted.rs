//! When two people were parted, whose registration is whose is for a person to ask: it stays with whom she
//! asked about, and she may have meant the other.
//!
//! Until she was asked nothing goes out to her about that person: doubtful identity comes to a person, never
//! out as a notice. Each piece of news that comes meanwhile is a task at once, and waits for the answer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use savin_shared::event::EventCode;
use savin_shared::hash::hex;

use super::command::StaffAnswer;
use super::follow::followers;
use super::keyring::Keyring;
use super::planning::plan_for;
use super::sealed::DataKey;
use super::task::{Ask, open};
use super::{Vault, VaultError, broken};
use crate::ids::{PersonId, RegistrantId};
use crate::notification::fact::Fact;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::parted::{self, HeldFact};
use crate::store::vault::{registrant, subscription, task};
use crate::vault::means::Means;
use crate::work::task::TaskKind;

/// How soon she is asked: before anything else is told of either.
const URGENCY: u8 = 1;

/// What begins the subject of the task that asks.
pub const ASKS: &str = "parted/";

/// That she meant the one she is registered about: what waited is told.
pub const SAME: &str = "same";

/// That she meant the other: what waited of the first is told to her no more.
pub const OTHER: &str = "other";

impl Vault {
    /// Opens a task for each registrant of a person from whom records were parted, once each; says whether
    /// there are any.
    pub(super) fn parted(&self, from: PersonId, to: PersonId) -> Result<StaffAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let asked = self.store.write_now("parted", move |tx| {
            let link = keys.person_link(from);
            let registrants = subscription::registrants_of(tx, &[link])?.concat();
            // Hashes under the vault's key: a subject says nothing to a stranger.
            let between = [link, keys.person_link(to)].map(|link| hex(&link)).join("+");
            for registrant in &registrants {
                let subject = format!("{ASKS}{between}/{registrant}");
                let ask = Ask {
                    kind: TaskKind::IdentityDoubt,
                    subject: subject.clone(),
                    registrant: *registrant,
                    urgency: URGENCY,
                    due_at: None,
                    note: format!(
                        "She asked about {from}, of whom records turned out to be somebody else's: {to}. \
                         Show her both (`savin-hub persons show`) and ask whom she means; until then nothing \
                         goes out to her about the first. If the other: `savin-hub register --to {registrant} \
                         --person {to}`, have her drop the first at the site, and end this with `--choice \
                         {OTHER}`. If the same: `--choice {SAME}`, which tells her what came meanwhile"
                    ),
                };
                if open(tx, &keys, &ask, now)? {
                    parted::doubt(tx, &subject, *registrant, &link)?;
                }
            }
            Ok(!registrants.is_empty())
        })?;
        Ok(StaffAnswer::Changed(asked))
    }
}

/// Finds whose subscriptions to whom facts are about are in doubt, in the order of the facts. What says that
/// something was not so, or comes out by a monitored line, is about what was told, and waits for nobody.
pub(super) fn doubted(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    facts: &[&Fact],
) -> Result<Vec<Vec<RegistrantId>>, StoreError> {
    let links: Vec<_> = facts
        .iter()
        .map(|fact| keys.person_link(fact.person))
        .collect();
    let mut doubted = parted::doubted(tx, &links)?;
    for (fact, registrants) in facts.iter().zip(&mut doubted) {
        let is_correction = fact.event_code() == Some(EventCode::Correction);
        if is_correction || fact.details.canary_of.is_some() {
            registrants.clear();
        }
        if let Some(followed) = &fact.followed {
            // Whoever follows the case or the order itself is told by that.
            let followers = followers(tx, keys, followed)?;
            registrants.retain(|registrant| !followers.contains(registrant));
        }
    }
    Ok(doubted)
}

/// Keeps a fact back from a registrant, and has a person ask her at once.
pub(super) fn hold(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (registrant, key): (RegistrantId, &DataKey),
    (cause, fact): (&str, &Fact),
    now: Timestamp,
) -> Result<(), StoreError> {
    let event_link = keys.event_link(fact.event);
    let held = HeldFact {
        registrant,
        event_link,
        cause: cause.to_owned(),
        person_link: keys.person_link(fact.person),
        sealed_fact: key.seal("held", registrant, fact).map_err(broken)?,
    };
    if !parted::hold(tx, &held)? {
        return Ok(());
    }
    let ask = Ask {
        kind: TaskKind::IdentityDoubt,
        subject: waits(&event_link, registrant),
        registrant,
        urgency: URGENCY,
        due_at: None,
        note: format!(
            "News of {}, event {}, waits: whom she meant is in doubt since records were parted. Call her now, \
             and end the task that asks her; this one ends with it",
            fact.person, fact.position.0
        ),
    };
    open(tx, keys, &ask, now).map(|_| ())
}

/// Changes what waits; what does not open says nothing to anybody. Returns of how much.
pub(super) fn amend(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    change: &impl Fn(&[u8; 32], &mut Fact) -> bool,
) -> Result<u64, StoreError> {
    let mut many = 0;
    for held in parted::all(tx)? {
        let who = held.registrant;
        let row = registrant::load(tx, who)?;
        let Some(key) = row.and_then(|row| keys.unwrap(&row.wrapped_key).ok()) else {
            continue;
        };
        let Ok(mut fact) = key.open::<Fact>("held", who, &held.sealed_fact) else {
            continue;
        };
        if change(&held.event_link, &mut fact) {
            let sealed = key.seal("held", who, &fact).map_err(broken)?;
            parted::amend(tx, &held, &sealed)?;
            many += 1;
        }
    }
    Ok(many)
}

/// Names the task of what waits by an event and a registrant, neither of which a stranger learns.
fn waits(event_link: &[u8; 32], registrant: RegistrantId) -> String {
    let link: String = hex(event_link).chars().take(32).collect();
    format!("held/{link}/{registrant}")
}

/// Does what follows from whom she meant: tells her what waited, or drops it.
pub(super) fn answered(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    (subject, choice): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some((registrant, link)) = parted::settle(tx, subject)? else {
        return Ok(());
    };
    let held = parted::take(tx, registrant, &link)?;
    let Some(who) = registrant::load(tx, registrant)? else {
        return Ok(());
    };
    let key = keys.unwrap(&who.wrapped_key).map_err(|_| wrong())?;
    let mut facts: BTreeMap<_, (String, Fact)> = BTreeMap::new();
    for held in held {
        let waits = waits(&held.event_link, registrant);
        task::close(tx, TaskKind::IdentityDoubt, &waits, choice, now)?;
        let fact: Fact = key
            .open("held", registrant, &held.sealed_fact)
            .map_err(broken)?;
        facts.insert((fact.position, held.cause.clone()), (held.cause, fact));
    }
    if choice == OTHER {
        return Ok(());
    }
    for (cause, fact) in facts.values() {
        plan_for(tx, (keys, means), cause, (fact, registrant), now)?;
    }
    Ok(())
}

const fn wrong() -> StoreError {
    StoreError::Damaged("a registrant's key: are these the vault's keys?")
}
