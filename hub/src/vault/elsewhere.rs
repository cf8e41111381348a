//! What news of one booking says of another: nothing of one that a court ordered to be told to nobody, from the moment
//! of the order, whatever was planned before; and once that one is expunged, nothing is kept of it either.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::broken;
use super::courier::Payload;
use super::keyring::Keyring;
use super::{parted, slices};
use crate::ids::{EventId, NoticeId};
use crate::notification::fact::{BookingHash, Fact};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::booking::{self, Speaking};
use crate::store::vault::{notice_event, registrant};

pub(super) fn links(keys: &Keyring, bookings: &[BookingHash]) -> Vec<[u8; 32]> {
    let links = bookings.iter().map(|booking| keys.booking_link(booking));
    links.collect()
}

/// Takes out of a fact what may be told to nobody.
pub(super) fn clear(tx: &mut Tx<'_>, keys: &Keyring, fact: &mut Fact) -> Result<(), StoreError> {
    if let Cow::Owned(cleared) = cleared(tx, keys, std::slice::from_ref(fact))? {
        *fact = cleared.into_iter().next().unwrap_or_else(|| fact.clone());
    }
    Ok(())
}

/// Takes out of facts what may be told to nobody.
pub(super) fn cleared<'a>(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    facts: &'a [Fact],
) -> Result<Cow<'a, [Fact]>, StoreError> {
    let bookings: BTreeSet<BookingHash> = facts.iter().flat_map(Fact::bookings).collect();
    if bookings.is_empty() {
        return Ok(Cow::Borrowed(facts));
    }
    let bookings: Vec<_> = bookings.into_iter().collect();
    let withheld = booking::are_withheld(tx, &links(keys, &bookings))?;
    let withheld: BTreeSet<BookingHash> = bookings
        .into_iter()
        .zip(withheld)
        .filter_map(|(booking, is_withheld)| is_withheld.then_some(booking))
        .collect();
    if withheld.is_empty() {
        return Ok(Cow::Borrowed(facts));
    }
    let mut facts = facts.to_vec();
    for fact in &mut facts {
        fact.without(|booking| withheld.contains(booking));
    }
    Ok(Cow::Owned(facts))
}

/// Returns which other bookings a notice speaks of.
pub(super) fn spoken_of(
    keys: &Keyring,
    fact: &Fact,
    notice: NoticeId,
) -> Vec<([u8; 32], NoticeId)> {
    let links = fact.bookings().map(|booking| keys.booking_link(&booking));
    links.map(|link| (link, notice)).collect()
}

/// Destroys what notices say of bookings, whether they were told or wait, and what news says that is kept back; and of these events what older programs
/// noted of whoever holds the person, without by which booking. Returns in how many.
pub(super) fn destroy(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    bookings: &[BookingHash],
    asides: &[EventId],
) -> Result<u64, StoreError> {
    let links = links(keys, bookings);
    let mut many = 0;
    for speaking in booking::speaking(tx, &links)? {
        let take_out = |fact: &mut Fact| fact.without(|one| bookings.contains(one));
        many += rewrite(tx, keys, (&speaking, &links), take_out)?;
    }
    let events: Vec<_> = asides.iter().map(|event| keys.event_link(*event)).collect();
    for told in notice_event::of_events(tx, &events)?.into_iter().flatten() {
        let speaking = Speaking {
            notice: told.notice,
            registrant: told.registrant,
            sealed_fact: told.sealed_fact,
        };
        many += rewrite(tx, keys, (&speaking, &links), Fact::forget_holder)?;
    }
    let events: BTreeSet<_> = events.into_iter().collect();
    let take_out = |event: &[u8; 32], fact: &mut Fact| {
        let is_said = fact.without(|one| bookings.contains(one));
        is_said | (events.contains(event) && fact.forget_holder())
    };
    slices::amend(tx, keys, &take_out)?;
    Ok(many + parted::amend(tx, keys, &take_out)?)
}

/// Changes what a notice says. One that does not open, or was emptied before, says nothing.
fn rewrite(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (speaking, links): (&Speaking, &[[u8; 32]]),
    take_out: impl FnOnce(&mut Fact) -> bool,
) -> Result<u64, StoreError> {
    let whose = speaking.registrant;
    let Some(who) = registrant::load(tx, whose)? else {
        return Ok(0);
    };
    let Ok(key) = keys.unwrap(&who.wrapped_key) else {
        return Ok(0);
    };
    let payload = key.open::<Payload>("notice", whose, &speaking.sealed_fact);
    let Ok(Payload::Fact(mut planned)) = payload else {
        return Ok(0);
    };
    if !take_out(&mut planned.fact) {
        return Ok(0);
    }
    let payload = Payload::Fact(planned);
    let sealed = key.seal("notice", whose, &payload).map_err(broken)?;
    booking::rewrite(tx, speaking.notice, &sealed, links)?;
    Ok(1)
}
