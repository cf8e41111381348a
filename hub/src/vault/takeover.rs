//! Where a channel reaches nobody, a person takes over: a notice never ends with a machine's word alone.

use jiff::Timestamp;

use super::broken;
use super::contacts::{key_of, short, subject};
use super::courier::Payload;
use super::task::{self, Ask};
use crate::ids::NoticeId;
use crate::notification::channel::Channel;
use crate::notification::outcome::{Follows, Outcome};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::{notice, registrant, task as tasks};
use crate::vault::keyring::Keyring;
use crate::work::task::TaskKind;

/// Calls after which a person looks, while the calls go on: three hours, where nobody answers.
const CALLS: u64 = 6;

/// How soon the person looks.
const URGENCY: u8 = 1;

/// Says whether a person has to look after so many tries, of which the last ended so.
const fn is_asked(channel: Channel, last: Outcome, tries: u64) -> bool {
    match last.follows() {
        Follows::Ended => true,
        Follows::Again => matches!(channel, Channel::Telephone) && tries >= CALLS,
        Follows::Taken | Follows::Unused => false,
    }
}

/// Asks a person, once, to reach whoever a channel does not reach. A code that reaches nobody proves
/// nothing, and is nobody's work.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    id: NoticeId,
    (last, tries): (Outcome, u64),
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(standing) = notice::find(tx, id)? else {
        return Ok(());
    };
    let channel = standing.channel;
    if !is_asked(channel, last, tries) {
        return Ok(());
    }
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

#[cfg(test)]
mod tests {
    use super::{CALLS, is_asked};
    use crate::notification::channel::Channel;
    use crate::notification::outcome::{Follows, Outcome};

    #[test]
    fn leaves_nothing_that_reached_nobody_to_machines() {
        for channel in Channel::ALL {
            for outcome in Outcome::ALL {
                let ends = outcome.follows() == Follows::Ended;
                assert!(
                    !ends || is_asked(channel, outcome, 1),
                    "{channel} {outcome}"
                );
            }
        }
        let called = |tries| is_asked(Channel::Telephone, Outcome::NoAnswer, tries);
        assert!(!called(CALLS - 1) && called(CALLS) && called(CALLS + 1));
        // A line that is down says nothing of her.
        assert!(!is_asked(Channel::Telephone, Outcome::NotTried, 99));
    }
}
