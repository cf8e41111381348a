//! What an expunction destroys in the vault. What is sealed there is sealed under keys of registrants, who
//! stay: so it is destroyed row by row, wherever something is said of the person.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::command::Expunction;
use super::courier::Payload;
use super::court_order::{CALL, CALL_HIDDEN, ask_to_call, call, withhold};
use super::elsewhere;
use super::keyring::Keyring;
use super::registration::Request;
use crate::ids::RegistrantId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::expunging::{self, Asked};
use crate::store::vault::notice_event::{self, EventNotice};
use crate::store::vault::{registrant, trace};

/// How much of what is gone, by table.
pub(super) type Gone = Vec<(&'static str, u64)>;

/// Destroys what the vault holds of somebody, and has a person call whoever asked.
pub(super) fn expunge(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    what: &Expunction,
    now: Timestamp,
) -> Result<Gone, StoreError> {
    withhold(tx, keys, (&what.events, &what.bookings), now)?;
    let asides = elsewhere::destroy(tx, keys, &what.bookings, &what.asides)?;
    ask_to_call(tx, keys, (what.order, CALL_HIDDEN), &what.hidden, now)?;
    let links: Vec<_> = (what.events.iter())
        .map(|event| keys.event_link(*event))
        .collect();
    let taken_back: Vec<_> = (what.events.iter())
        .map(|event| keys.correction_link(*event))
        .collect();
    // What takes something back, and is still to be told, names nobody.
    let mut taken_back = notice_event::of_events(tx, &taken_back)?.concat();
    taken_back.retain(|notice| !notice.is_open());
    let mut told = notice_event::of_events(tx, &links)?.concat();
    told.append(&mut taken_back);
    let notices: Vec<_> = told.iter().map(|notice| notice.notice).collect();
    let names = names_in(tx, keys, &told)?;
    expunging::empty_notices(tx, &notices)?;

    let mut asking = Vec::new();
    for person in &what.persons {
        let link = keys.person_link(*person);
        asking.extend(expunging::end_subscriptions(tx, &link)?);
        trace::forget(tx, &link)?;
    }
    let subscriptions = asking.len() as u64;
    let follows = what
        .followed
        .iter()
        .flat_map(|followed| keys.follow_links(followed));
    for link in follows.chain(what.follows.iter().copied()) {
        asking.extend(expunging::end_follows(tx, &link)?);
    }
    let follows = asking.len() as u64 - subscriptions;
    let begun = forget_begun(tx, keys, what)?;

    let mut concerned: BTreeSet<RegistrantId> = asking.iter().copied().collect();
    concerned.extend(told.iter().map(|notice| notice.registrant));
    let mut tasks = 0;
    for registrant in concerned {
        tasks += forget_tasks(tx, keys, (what, &names), registrant)?;
    }
    for registrant in asking.into_iter().collect::<BTreeSet<_>>() {
        call(tx, keys, (what.order, CALL), registrant, now)?;
    }
    Ok(vec![
        ("what a notice says", notices.len() as u64),
        ("what a notice of another booking says of it", asides),
        ("subscription", subscriptions),
        ("follow", follows),
        ("registration that was begun", begun),
        ("task of a registrant", tasks),
    ])
}

/// Returns what notices call whom they are about: where a registry knows nothing more of somebody, what the
/// vault itself says gives away what else speaks of the same.
fn names_in(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    told: &[EventNotice],
) -> Result<BTreeSet<String>, StoreError> {
    let mut names = BTreeSet::new();
    for notice in told {
        let Some(who) = registrant::load(tx, notice.registrant)? else {
            continue;
        };
        // One that does not open, or was emptied before, says nothing of anybody.
        let opened = keys.unwrap(&who.wrapped_key).ok().and_then(|key| {
            key.open::<Payload>("notice", notice.registrant, &notice.sealed_fact)
                .ok()
        });
        if let Some(Payload::Fact(planned)) = opened {
            names.extend(planned.fact.name);
        }
    }
    Ok(names)
}

/// Forgets registrations about these persons that were begun and hold whom they are about.
fn forget_begun(tx: &mut Tx<'_>, keys: &Keyring, what: &Expunction) -> Result<u64, StoreError> {
    let mut begun = 0;
    for asked in expunging::asked(tx)? {
        if is_about(tx, keys, &asked, what)? {
            expunging::forget_asked(tx, &asked.ticket_hash)?;
            begun += 1;
        }
    }
    Ok(begun)
}

fn is_about(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    asked: &Asked,
    what: &Expunction,
) -> Result<bool, StoreError> {
    let Some(who) = registrant::load(tx, asked.registrant)? else {
        return Ok(false);
    };
    let Ok(key) = keys.unwrap(&who.wrapped_key) else {
        return Ok(false);
    };
    let request = key.open::<Request>("request", asked.registrant, &asked.sealed_request);
    // One that does not open says nothing of anybody.
    Ok(request.is_ok_and(|request| request.is_about(keys, &what.persons, &what.followed)))
}

/// Forgets what was asked of staff about a registrant in words that give the person away.
fn forget_tasks(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (what, names): (&Expunction, &BTreeSet<String>),
    registrant: RegistrantId,
) -> Result<u64, StoreError> {
    let Some(who) = registrant::load(tx, registrant)? else {
        return Ok(0);
    };
    let Ok(key) = keys.unwrap(&who.wrapped_key) else {
        return Ok(0);
    };
    let mut tasks = 0;
    for (task, sealed) in expunging::notes_of(tx, registrant)? {
        let note = key.open::<String>("task", registrant, &sealed);
        let is_told = |note: &String| {
            let named = names.iter().any(|name| note.contains(name.as_str()));
            let persons = what.persons.iter().map(ToString::to_string);
            named || what.traces.are_in(note) || persons.into_iter().any(|id| note.contains(&id))
        };
        if note.is_ok_and(|note| is_told(&note)) {
            expunging::forget_task(tx, task)?;
            tasks += 1;
        }
    }
    Ok(tasks)
}
