//! Where a channel reaches nobody, a person takes over: a notice never ends with a machine's word alone.

use jiff::Timestamp;

use super::broken;
use super::contacts::{key_of, short, subject};
use super::courier::Payload;
use super::task::{self, Ask};
use crate::ids::NoticeId;
use crate::notification::outcome::Outcome;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::{notice, registrant, task as tasks};
use crate::vault::keyring::Keyring;
use crate::work::task::TaskKind;

/// How soon the person looks.
const URGENCY: u8 = 1;

/// Asks a person, once, to reach whoever a channel does not reach. A code that reaches nobody proves
/// nothing, and is nobody's work.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    id: NoticeId,
    last: Outcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(standing) = notice::find(tx, id)? else {
        return Ok(());
    };
    let channel = standing.channel;
    let Some(who) = registrant::load(tx, standing.registrant)? else {
        return Ok(());
    };
    let payload: Payload = key_of(keys, &who)?
        .open("notice", who.registrant, &standing.sealed_fact)
        .map_err(broken)?;
    if matches!(payload, Payload::Code { .. }) {
        return Ok(());
    }
    let (short, plain) = (short(id), last.plain());
    let ask = Ask {
        kind: TaskKind::Unreachable,
        subject: subject(id),
        registrant: who.registrant,
        urgency: URGENCY,
        due_at: None,
        note: format!(
            "Notice {short} by {channel} reached nobody: {plain}. See in `savin-hub notices` whether \
             another of her ways did; if none, find one, and tell her."
        ),
    };
    task::open(tx, keys, &ask, now).map(|_| ())
}

/// Has a person call her back who wanted one in a call and reached none; returns whether that is news.
pub(super) fn call_back(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    id: NoticeId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(standing) = notice::find(tx, id)? else {
        return Ok(false);
    };
    let short = short(id);
    let ask = Ask {
        kind: TaskKind::ByHand,
        subject: format!("call-back/{id}"),
        registrant: standing.registrant,
        urgency: URGENCY,
        due_at: None,
        note: format!(
            "She wanted to speak with a person when she was called about notice {short}, and none was \
             free. Call her back: `savin-hub notices script {short} --as KEYFILE` has where."
        ),
    };
    task::open(tx, keys, &ask, now)
}

/// Ends a person's work on a notice that she has confirmed.
pub(super) fn over(tx: &mut Tx<'_>, id: NoticeId, now: Timestamp) -> Result<(), StoreError> {
    for kind in [TaskKind::Unreachable, TaskKind::ByHand] {
        tasks::close(tx, kind, &subject(id), "confirmed", now)?;
    }
    Ok(())
}
