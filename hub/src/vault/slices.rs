//! News that many asked for is planned slice by slice, each a transaction: what is more urgent passes between
//! two slices, and a stop between them loses nobody.
//!
//! Of each piece of news a row stays until everybody is planned, with up to whom it is. Whoever asks
//! meanwhile may be told of it, as whoever asked a moment before.

use std::collections::BTreeMap;

use savin_shared::event::EventCode;
use tracing::error;

use super::correction::{CAUSE, correct_after, link};
use super::elsewhere;
use super::follow::recipients_after;
use super::keyring::{Keyring, KeyringError};
use super::planning::{allowed, plan_these, rank_of};
use super::sealed::DataKey;
use super::{Vault, VaultError, broken};
use crate::ids::{NoticeId, RegistrantId};
use crate::notification::fact::Fact;
use crate::notification::rules::SHIPPED_VERSION;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::unplanned::{self, Unplanned, Which};
use crate::vault::means::Means;

/// Registrants of one slice: as many as there are events in one plan, so that only of an event that many asked
/// for, or of many events at once, anything is left over.
pub(super) const SLICE: usize = 500;

/// Pieces of news that are looked at for one slice.
const NEWS_MAX: u32 = 64;

/// What stands for whom news is sealed, and up to whom it is planned, before anybody is.
const NOBODY: RegistrantId = RegistrantId::from_bytes([0; 16]);

impl Vault {
    /// Plans the next slice of what is not planned for everybody; says whether there may be another.
    pub(super) fn plan_on(&self) -> Result<bool, VaultError> {
        let is_done = |tx: &mut Tx<'_>| Ok(unplanned::next(tx, 1)?.is_empty());
        if self.store.read_now("planned all", is_done)? {
            return Ok(false);
        }
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        let slice = self.slice;
        Ok(self.store.write_now("plan on", move |tx| {
            let mut room = slice;
            for news in unplanned::next(tx, NEWS_MAX)? {
                if room == 0 {
                    break;
                }
                room = room.saturating_sub(plan_more(tx, (&keys, &means), &news, (room, now))?);
            }
            Ok(room < slice)
        })?)
    }
}

/// Plans a piece of news for so many more; returns for how many.
fn plan_more(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    news: &Unplanned,
    (room, now): (usize, jiff::Timestamp),
) -> Result<usize, StoreError> {
    let fact = match opened(keys, news) {
        Ok((_, fact)) => fact,
        // It stays, for staff to see, and keeps back nothing else.
        Err(failure) => {
            error!(event.position = news.position.0, reason = %failure,
                "News that many asked for cannot be read, and is not planned for all of them");
            return Ok(0);
        }
    };
    let mut fact = fact;
    elsewhere::clear(tx, keys, &mut fact)?;
    let cause = news.which.cause.as_str();
    // What staff took back is told to whoever heard it, also where a court has it told to nobody since.
    if cause != CAUSE && allowed(tx, keys, std::slice::from_ref(&fact))?.is_empty() {
        unplanned::remove(tx, &news.which)?;
        return Ok(0);
    }
    if fact.event_code() == Some(EventCode::Correction) {
        let after = NoticeId::from_bytes(news.planned_to);
        let mut part = correct_after(tx, keys, (cause, &fact), (after, room))?;
        go_on(tx, &news.which, part.rest.map(|last| *last.as_bytes()))?;
        part.made.store(tx, (keys, means), now)?;
        return Ok(part.many.max(1));
    }
    let after = RegistrantId::from_bytes(news.planned_to);
    let registrants = recipients_after(tx, keys, &fact, (after, room))?;
    let many = registrants.len();
    let last = registrants.last().filter(|_| many == room);
    go_on(tx, &news.which, last.map(|last| *last.as_bytes()))?;
    let told = vec![(&fact, registrants)];
    plan_these(tx, (keys, means), (cause, room), told, now)?;
    Ok(many.max(1))
}

/// Notes up to where news is planned, or forgets it where nobody is left over.
fn go_on(tx: &mut Tx<'_>, which: &Which, last: Option<[u8; 16]>) -> Result<(), StoreError> {
    match last {
        Some(last) => unplanned::advance(tx, which, last),
        None => unplanned::remove(tx, which),
    }
}

/// Keeps news of which whoever comes after somebody, or after a notice that it takes back, is planned later.
pub(super) fn leave_over(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    what: (&str, &Fact),
    planned_to: [u8; 16],
) -> Result<(), StoreError> {
    unplanned::put(tx, &sealed(keys, what, planned_to)?)
}

/// Has what staff took back of events, and not everybody is told yet, name nobody any more.
pub(super) fn unname(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    links: &[[u8; 32]],
) -> Result<(), StoreError> {
    for news in unplanned::of_events(tx, links)? {
        // One that does not open is said where its turn comes.
        if let Ok((key, fact)) = opened(keys, &news) {
            let sealed = key.seal("unplanned", NOBODY, &fact.unnamed());
            unplanned::amend(tx, &news.which, &sealed.map_err(broken)?)?;
        }
    }
    Ok(())
}

/// Leaves of facts those who are planned now, as many as a slice has, and keeps of each what is left over. News of
/// a person of whom news waits that is told before it, or as soon, waits behind that.
pub(super) fn cut(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (cause, slice): (&str, usize),
    told: &mut [(&Fact, Vec<RegistrantId>)],
) -> Result<(), StoreError> {
    let links: Vec<_> = told
        .iter()
        .map(|(fact, _)| keys.person_link(fact.person))
        .collect();
    let mut waiting: BTreeMap<[u8; 32], u8> = BTreeMap::new();
    for news in unplanned::of_persons(tx, &links)?.into_iter().flatten() {
        let first = waiting.entry(news.which.person_link).or_insert(news.rank);
        *first = news.rank.min(*first);
    }
    let mut room = slice;
    for ((fact, registrants), link) in told.iter_mut().zip(links) {
        // Whoever heard of what was not so is found by what was told, and not by who asked.
        if fact.event_code() == Some(EventCode::Correction) {
            registrants.clear();
        }
        let rank = rank_of(fact);
        let is_behind = waiting.get(&link).is_some_and(|first| *first <= rank);
        let many = if is_behind {
            0
        } else {
            room.min(registrants.len())
        };
        room -= many;
        if registrants.len() == many {
            continue;
        }
        registrants.truncate(many);
        let planned_to = registrants.last().copied().unwrap_or(NOBODY);
        leave_over(tx, keys, (cause, fact), *planned_to.as_bytes())?;
        let first = waiting.entry(link).or_insert(rank);
        *first = rank.min(*first);
    }
    Ok(())
}

/// Lets a fact overtake what is not planned for everybody: what it takes back is told to nobody else, and of a
/// release whoever is not planned yet hears that the person was booked again.
pub(super) fn overtake(tx: &mut Tx<'_>, keys: &Keyring, fact: &Fact) -> Result<(), StoreError> {
    let person_link = keys.person_link(fact.person);
    if let Some(corrected) = fact.corrects {
        let which = Which {
            event_link: keys.event_link(corrected),
            cause: SHIPPED_VERSION.to_owned(),
            person_link,
        };
        unplanned::remove(tx, &which)?;
    }
    if fact.event_code() != Some(EventCode::Booked) {
        return Ok(());
    }
    for news in unplanned::of_persons(tx, &[person_link])?.concat() {
        // One that does not open is said where its turn comes.
        let Ok((key, mut release)) = opened(keys, &news) else {
            continue;
        };
        if release.is_overtaken_by(fact) {
            release.note_booking(fact);
            let sealed = key.seal("unplanned", NOBODY, &release).map_err(broken)?;
            unplanned::amend(tx, &news.which, &sealed)?;
        }
    }
    Ok(())
}

/// Changes what is not planned for everybody.
pub(super) fn amend(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    change: &impl Fn(&[u8; 32], &mut Fact) -> bool,
) -> Result<(), StoreError> {
    for news in unplanned::next(tx, u32::MAX)? {
        // One that does not open is said where its turn comes.
        let Ok((key, mut fact)) = opened(keys, &news) else {
            continue;
        };
        if change(&news.which.event_link, &mut fact) {
            let sealed = key.seal("unplanned", NOBODY, &fact).map_err(broken)?;
            unplanned::amend(tx, &news.which, &sealed)?;
        }
    }
    Ok(())
}

/// Seals news under a key of its own.
fn sealed(
    keys: &Keyring,
    (cause, fact): (&str, &Fact),
    planned_to: [u8; 16],
) -> Result<Unplanned, StoreError> {
    let key = DataKey::make().map_err(|failure| no_key(&failure))?;
    Ok(Unplanned {
        which: Which {
            event_link: link(keys, (cause, fact)),
            cause: cause.to_owned(),
            person_link: keys.person_link(fact.person),
        },
        rank: rank_of(fact),
        position: fact.position,
        wrapped_key: keys.wrap(&key).map_err(|failure| no_key(&failure))?,
        sealed_fact: key.seal("unplanned", NOBODY, fact).map_err(broken)?,
        planned_to,
    })
}

fn opened(keys: &Keyring, news: &Unplanned) -> Result<(DataKey, Fact), StoreError> {
    let key = keys
        .unwrap(&news.wrapped_key)
        .map_err(|failure| no_key(&failure))?;
    let fact = key
        .open("unplanned", NOBODY, &news.sealed_fact)
        .map_err(broken)?;
    Ok((key, fact))
}

const fn no_key(_: &KeyringError) -> StoreError {
    StoreError::Damaged("the key of news that waits: are these the vault's keys?")
}
