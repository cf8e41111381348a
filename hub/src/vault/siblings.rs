//! What tells her the same in her other ways: once she has confirmed one of them the others are over,
//! and where one has ended without her the others begin at once.

use jiff::Timestamp;
use tracing::info;

use super::courier::{Payload, Planned, opened};
use super::takeover;
use crate::ids::{NoticeId, RegistrantId};
use crate::notification::channel::Channel;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact::ContactRow;
use crate::store::vault::notice::NoticeStanding;
use crate::store::vault::{carrying, heard, notice};
use crate::vault::keyring::Keyring;
use crate::vault::sealed::DataKey;

/// Keeps that she has what a notice tells, by what she confirmed it, and ends what tells her the same:
/// tries that wait, and people's work. What is printed or under way is not called back, and what says
/// something else goes on. Returns whether it was news.
pub(super) fn confirmed(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    id: NoticeId,
    by: &'static str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    takeover::over(tx, id, now)?;
    if !heard::confirm(tx, id, by, now)? {
        return Ok(false);
    }
    for other in others(tx, keys, id)? {
        takeover::over(tx, other.notice, now)?;
        carrying::settle(tx, other.notice, now)?;
    }
    info!(notice.id = %id, by, "A notice was confirmed");
    Ok(true)
}

/// Lets what waits for its turn in her other ways begin at once, since this way has ended.
pub(super) fn hasten(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    id: NoticeId,
    now: Timestamp,
) -> Result<(), StoreError> {
    for other in others(tx, keys, id)? {
        carrying::hasten(tx, other.notice, now)?;
    }
    Ok(())
}

/// Says whether she has confirmed in another way what a notice tells.
pub(super) fn is_confirmed(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    id: NoticeId,
) -> Result<bool, StoreError> {
    let others = others(tx, keys, id)?;
    Ok(others.iter().any(|other| other.state == "confirmed"))
}

/// Says likewise of a notice that is open already, where she has other ways at all.
pub(super) fn has_confirmed(
    tx: &mut Tx<'_>,
    (keys, key): (&Keyring, &DataKey),
    (id, registrant): (NoticeId, RegistrantId),
    planned: &Planned,
    contacts: &[ContactRow],
) -> Result<bool, StoreError> {
    if contacts.len() < 2 {
        return Ok(false);
    }
    let same = same(tx, (keys, key), (id, registrant), planned)?;
    Ok(same.iter().any(|other| other.state == "confirmed"))
}

/// Loads the notices that tell the same registrant the same for the same cause.
pub(super) fn others(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    id: NoticeId,
) -> Result<Vec<NoticeStanding>, StoreError> {
    match opened(tx, keys, id)? {
        Some((registrant, key, Payload::Fact(planned))) => {
            same(tx, (keys, &key), (id, registrant), &planned)
        }
        Some((_, _, Payload::Code { .. } | Payload::Change { .. })) | None => Ok(Vec::new()),
    }
}

fn same(
    tx: &mut Tx<'_>,
    (keys, key): (&Keyring, &DataKey),
    (id, registrant): (NoticeId, RegistrantId),
    planned: &Planned,
) -> Result<Vec<NoticeStanding>, StoreError> {
    let mut same = Vec::new();
    for channel in Channel::ALL {
        let (event, cause) = (planned.fact.event, &planned.cause);
        let other = keys.notice_id(event, cause, registrant, channel.as_str());
        if other == id {
            continue;
        }
        let Some(other) = notice::find(tx, other)? else {
            continue;
        };
        // One that cannot be read says something else.
        let payload = key.open::<Payload>("notice", registrant, &other.sealed_fact);
        if let Ok(Payload::Fact(said)) = payload
            && said.fact == planned.fact
        {
            same.push(other);
        }
    }
    Ok(same)
}
