//! Telling of a change: every contact at which she is told hears that how she is told was changed, but the one by
//! which it was changed, each by a notice of its own. Confirming one ends no other: whoever changed it may hold one.

use jiff::{SignedDuration, Timestamp};
use savin_shared::hash::Hash;
use savin_shared::pii::Pii;

use super::broken;
use super::contacts::{Hand, Whose, by_hand};
use super::courier::Payload;
use super::task::{self, Ask};
use crate::ids::{ContactId, NoticeId, RegistrantId};
use crate::notification::change::{Change, Changed};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact;
use crate::store::vault::line::{self, Use};
use crate::store::vault::notice::{self, NewNotice};
use crate::work::task::TaskKind;

/// How long what was asked to end goes on.
pub(super) const GOES_ON: SignedDuration = SignedDuration::from_hours(72);

/// Changes that one contact is told of within a day; of more a person tells her, so that nobody hides one among many.
const TOLD_PER_DAY: u64 = 6;

/// As soon as a release: what is done within three days cannot wait.
const URGENCY: u8 = 2;
const RANK: u8 = 4;

/// How soon a person looks where there were too many.
const MANY_URGENCY: u8 = 2;

/// Returns until when what was asked to end now goes on.
pub(super) fn goes_on(now: Timestamp) -> Timestamp {
    now.checked_add(GOES_ON).unwrap_or(Timestamp::MAX)
}

/// Tells her of a change wherever she is told, but at the contact by which it was made.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    hand: Hand<'_>,
    whose: Whose<'_>,
    (what, until): (Changed, Option<Timestamp>),
    by: Option<ContactId>,
) -> Result<(), StoreError> {
    let (registrant, key) = whose;
    let day_ago = hand
        .now
        .checked_sub(SignedDuration::from_hours(24))
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let rows = contact::of_registrant(tx, registrant)?;
    for row in rows.iter().filter(|row| row.is_told()) {
        if by == Some(row.contact) {
            continue;
        }
        // By the contact, not its address: at a shelter's number many are told.
        let whose = hand
            .keys
            .blind_index("change", &Pii::new(row.contact.to_string()));
        if line::of_one(tx, Use::Change, &whose, day_ago)? >= TOLD_PER_DAY {
            task::open(tx, hand.keys, &many(registrant, hand.now), hand.now)?;
            continue;
        }
        line::note(tx, Use::Change, &whose, (hand.now, day_ago))?;
        let change = Change {
            what,
            at: hand.now,
            until,
        };
        let contact = *row.contact.as_bytes();
        let payload = Payload::Change { change, contact };
        let sealed_fact = key.seal("notice", registrant, &payload).map_err(broken)?;
        let new = NewNotice {
            notice: NoticeId::from_bytes((hand.random)()),
            registrant,
            channel: row.channel,
            urgency: URGENCY,
            rank: RANK,
            commitment: Hash::of(&sealed_fact),
            sealed_fact,
            begins: SignedDuration::ZERO,
        };
        notice::plan(tx, std::slice::from_ref(&new), hand.now)?;
        by_hand(tx, (hand.keys, hand.means), &new, hand.now)?;
    }
    Ok(())
}

fn many(registrant: RegistrantId, now: Timestamp) -> Ask {
    Ask {
        kind: TaskKind::ByHand,
        subject: format!("changes/{registrant}/{}", now.as_second() / 86_400),
        registrant,
        urgency: MANY_URGENCY,
        due_at: None,
        note: "How she is told was changed more often today than she is told of by itself. Reach her in a way that \
               was not changed lately (`savin-hub contacts list`), and ask whether it was she."
            .to_owned(),
    }
}
