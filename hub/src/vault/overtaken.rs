//! Notices that a newer fact overtakes before anybody was told: one of a fact that was taken back is
//! withdrawn, and one of a release says that the person is held again.

use savin_shared::event::EventCode;

use super::broken;
use super::courier::Payload;
use super::registration::EMAIL;
use super::sealed::DataKey;
use crate::ids::{EventId, RegistrantId};
use crate::notification::fact::Fact;
use crate::notification::rules::SHIPPED_VERSION;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::notice;
use crate::vault::keyring::Keyring;

/// Waiting notices of one registrant that are looked at.
const WAITING_MAX: u32 = 100;

/// Says whether a fact may overtake what was planned before it.
pub(super) fn may_overtake(fact: &Fact) -> bool {
    fact.corrects.is_some() || is_booking(fact)
}

/// Withdraws or amends what waits for a registrant and is overtaken by a fact. Returns whether she need
/// not be told of the fact: it takes back what she never heard.
pub(super) fn overtake(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (registrant, key): (RegistrantId, Option<&DataKey>),
    fact: &Fact,
) -> Result<bool, StoreError> {
    if let Some(corrected) = fact.corrects {
        return withdraw(tx, keys, registrant, corrected);
    }
    if let (true, Some(key)) = (is_booking(fact), key) {
        amend(tx, registrant, key, fact)?;
    }
    Ok(false)
}

fn is_booking(fact: &Fact) -> bool {
    fact.event_code() == Some(EventCode::Booked)
}

fn withdraw(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    registrant: RegistrantId,
    corrected: EventId,
) -> Result<bool, StoreError> {
    let notice = keys.notice_id(corrected, SHIPPED_VERSION, registrant, EMAIL);
    notice::withdraw(tx, notice)
}

/// Lets a release that waits say that the person was booked again since.
fn amend(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
    key: &DataKey,
    booking: &Fact,
) -> Result<(), StoreError> {
    for (notice, sealed) in notice::waiting_of(tx, registrant, WAITING_MAX)? {
        // One that cannot be read is put aside when it is claimed.
        let Ok(Payload::Fact(mut fact)) = key.open("notice", registrant, &sealed) else {
            continue;
        };
        let is_release = matches!(
            fact.event_code(),
            Some(EventCode::Released | EventCode::Discharged)
        );
        if fact.person != booking.person || !is_release || fact.position >= booking.position {
            continue;
        }
        fact.still_held_at = Some(booking.facility.clone());
        let payload = Payload::Fact(fact);
        let sealed = key.seal("notice", registrant, &payload).map_err(broken)?;
        notice::amend(tx, notice, &sealed)?;
    }
    Ok(())
}
