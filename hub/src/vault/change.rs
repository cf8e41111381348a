//! Telling of a change: every contact at which she is told hears that how she is told was changed, but the one by
//! which it was changed, each by a notice of its own. Confirming one ends no other: whoever changed it may hold one.

use jiff::{SignedDuration, Timestamp};
use savin_shared::hash::Hash;
use savin_shared::pii::Pii;

use super::broken;
use super::contacts::{Hand, Whose, by_hand, subject};
use super::courier::Payload;
use super::sealed::DataKey;
use super::task::{Ask, open};
use crate::evidence::leaf::{self, ChangeSaid};
use crate::ids::{ContactId, NoticeId, RegistrantId};
use crate::notification::change::{Change, Changed};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact::{self, ContactRow};
use crate::store::vault::line::{self, Use};
use crate::store::vault::notice::{self, NewNotice};
use crate::store::vault::task;
use crate::work::task::TaskKind;

/// How long what was asked to end goes on.
pub(super) const GOES_ON: SignedDuration = SignedDuration::from_hours(72);

/// Changes that one contact is told of within a day; of more a person tells her, so that nobody hides one among many.
const TOLD_PER_DAY: u64 = 6;

/// How long what was changed on her page waits for more of the same sitting, which goes on for as long at most.
const SITTING: SignedDuration = SignedDuration::from_mins(10);

/// Notices of hers that are looked through for one that waits.
const WAITING_MAX: u32 = 200;

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
    let change = Change {
        what,
        also: Vec::new(),
        at: hand.now,
        until,
    };
    let rows = contact::of_registrant(tx, whose.0)?;
    let told = |row: &&ContactRow| row.is_told() && by != Some(row.contact);
    for row in rows.iter().filter(told) {
        if may_tell(tx, hand, row)? {
            plan(tx, hand, whose, row, (&change, SignedDuration::ZERO))?;
        }
    }
    Ok(())
}

/// Tells her wherever she is told of what was changed on her page, once for all of a sitting: what is changed while a
/// notice of it still waits takes that one's place, and is told when that one was to be.
pub(super) fn tell_of_sitting(
    tx: &mut Tx<'_>,
    hand: Hand<'_>,
    whose: Whose<'_>,
    changed: &[Changed],
) -> Result<(), StoreError> {
    let Some((&what, also)) = changed.split_first() else {
        return Ok(());
    };
    let change = Change {
        what,
        also: also.to_vec(),
        at: hand.now,
        until: None,
    };
    let waiting = waiting(tx, whose)?;
    let rows = contact::of_registrant(tx, whose.0)?;
    for row in rows.iter().filter(|row| row.is_told()) {
        let own = waiting.iter().find(|one| one.contact == row.contact);
        match own {
            // The evidence has what was to be said: it is not changed, and another notice says all of it.
            Some(own) if notice::withdraw(tx, own.notice)? => {
                let subject = subject(own.notice);
                task::close(tx, TaskKind::ByHand, &subject, "more was changed", hand.now)?;
                let begins = own.due_at.duration_since(hand.now);
                let begins = begins.max(SignedDuration::ZERO);
                let all = own.change.clone().and(&change);
                plan(tx, hand, whose, row, (&all, begins))?;
            }
            Some(_) | None => {
                if may_tell(tx, hand, row)? {
                    plan(tx, hand, whose, row, (&change, SITTING))?;
                }
            }
        }
    }
    Ok(())
}

/// A notice of a sitting that nobody has tried to tell yet.
struct Waiting {
    notice: NoticeId,
    change: Change,
    contact: ContactId,
    due_at: Timestamp,
}

fn waiting(tx: &mut Tx<'_>, (registrant, key): Whose<'_>) -> Result<Vec<Waiting>, StoreError> {
    let mut waiting = Vec::new();
    for (notice, sealed) in notice::waiting_of(tx, registrant, WAITING_MAX)? {
        // One that cannot be read says something else.
        let Ok(Payload::Change { change, contact }) = key.open("notice", registrant, &sealed)
        else {
            continue;
        };
        let standing = notice::find(tx, notice)?;
        if let Some(standing) = standing.filter(|_| change.what.is_of_sitting()) {
            waiting.push(Waiting {
                notice,
                change,
                contact: ContactId::from_bytes(contact),
                due_at: standing.due_at,
            });
        }
    }
    Ok(waiting)
}

/// Says whether a contact is told of one more change today; where it is not a person asks her.
fn may_tell(tx: &mut Tx<'_>, hand: Hand<'_>, row: &ContactRow) -> Result<bool, StoreError> {
    let day_ago = line::ago(hand.now, 24);
    // By the contact, not its address: at a shelter's number many are told.
    let whose = hand
        .keys
        .blind_index("change", &Pii::new(row.contact.to_string()));
    if line::of_one(tx, Use::Change, &whose, day_ago)? >= TOLD_PER_DAY {
        open(tx, hand.keys, &many(row.registrant, hand.now), hand.now)?;
        return Ok(false);
    }
    line::note(tx, Use::Change, &whose, (hand.now, day_ago))?;
    Ok(true)
}

/// Plans the notice of a change to one contact, with a leaf that commits to what it says.
fn plan(
    tx: &mut Tx<'_>,
    hand: Hand<'_>,
    (registrant, key): Whose<'_>,
    row: &ContactRow,
    (change, begins): (&Change, SignedDuration),
) -> Result<(), StoreError> {
    let notice = NoticeId::from_bytes((hand.random)());
    let payload = Payload::Change {
        change: change.clone(),
        contact: *row.contact.as_bytes(),
    };
    let new = NewNotice {
        notice,
        registrant,
        channel: row.channel,
        urgency: URGENCY,
        rank: RANK,
        commitment: commitment(key, notice, registrant, change),
        sealed_fact: key.seal("notice", registrant, &payload).map_err(broken)?,
        begins,
    };
    notice::plan(tx, std::slice::from_ref(&new), hand.now)?;
    by_hand(tx, (hand.keys, hand.means), &new, hand.now)
}

/// Commits to what the notice of a change says and to whom, under a salt that her key derives.
pub(super) fn commitment(
    key: &DataKey,
    notice: NoticeId,
    registrant: RegistrantId,
    change: &Change,
) -> Hash {
    let salt = key.evidence_salt("notice", notice.as_bytes());
    leaf::change_commitment(&salt, notice, &key.pseudonym(registrant), &said(change))
}

/// Writes a change as the evidence has it.
pub(super) fn said(change: &Change) -> ChangeSaid {
    ChangeSaid {
        changed: change.all().map(|what| what.key().to_owned()).collect(),
        at: change.at,
        until: change.until,
    }
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
