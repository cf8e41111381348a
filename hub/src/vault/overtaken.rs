//! Notices that a newer fact overtakes before anybody was told: one of a fact that was taken back is
//! withdrawn, and one of a release says that the person is held again.

use jiff::Timestamp;
use savin_shared::event::EventCode;

use super::broken;
use super::contacts::subject;
use super::courier::Payload;
use super::elsewhere::spoken_of;
use super::sealed::DataKey;
use crate::ids::RegistrantId;
use crate::notification::channel::Channel;
use crate::notification::fact::Fact;
use crate::notification::rules::SHIPPED_VERSION;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::{booking, notice, notice_event, task};
use crate::vault::keyring::Keyring;
use crate::work::task::TaskKind;

/// Waiting notices of one registrant that are looked at.
const WAITING_MAX: u32 = 100;

/// Says whether a fact may overtake what was planned before it.
pub(super) fn may_overtake(fact: &Fact) -> bool {
    fact.corrects.is_some() || is_booking(fact)
}

/// Withdraws the notice in one channel that a fact takes back. Returns whether she need not be told of the
/// fact there: that a place is back is no news where she never heard that there was no word from it. A
/// mistaken release is a danger of its own, whatever she heard before.
pub(super) fn is_withdrawn(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (registrant, channel): (RegistrantId, Channel),
    fact: &Fact,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(corrected) = fact.corrects else {
        return Ok(false);
    };
    let notice = keys.notice_id(corrected, SHIPPED_VERSION, registrant, channel.as_str());
    let is_withdrawn = notice::withdraw(tx, notice)?;
    if is_withdrawn {
        task::close(tx, TaskKind::ByHand, &subject(notice), "overtaken", now)?;
    }
    let is_return = fact.event_code() == Some(EventCode::FeedRestored);
    if !is_return || is_withdrawn {
        return Ok(is_return);
    }
    let link = keys.event_link(corrected);
    Ok(!notice_event::is_told_to(tx, &link, registrant)?)
}

fn is_booking(fact: &Fact) -> bool {
    fact.event_code() == Some(EventCode::Booked)
}

/// Lets a release that waits say that the person was booked again since.
pub(super) fn amend(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (registrant, key): (RegistrantId, Option<&DataKey>),
    booking: &Fact,
) -> Result<(), StoreError> {
    let Some(key) = key.filter(|_| is_booking(booking)) else {
        return Ok(());
    };
    for (notice, sealed) in notice::waiting_of(tx, registrant, WAITING_MAX)? {
        // One that cannot be read is put aside when it is claimed.
        let Ok(Payload::Fact(mut planned)) = key.open("notice", registrant, &sealed) else {
            continue;
        };
        let fact = &mut planned.fact;
        if !fact.is_overtaken_by(booking) {
            continue;
        }
        fact.note_booking(booking);
        let bookings = spoken_of(keys, fact, notice);
        let payload = Payload::Fact(planned);
        let sealed = key.seal("notice", registrant, &payload).map_err(broken)?;
        notice::amend(tx, notice, &sealed)?;
        booking::link(tx, &bookings)?;
    }
    Ok(())
}
