//! What a notice comes to whose turn it is: a message to one contact point, or why there is none now.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_shared::pii::Secret;

use super::bounds::Wait;
use super::care::{opened as opened_care, quiet_for_change};
use super::command::{CallCare, Choices, Content, Message};
use super::contacts::{Whose, key_of, opened};
use super::courier::Payload;
use super::follow::is_told;
use super::means::Means;
use super::registration::SealedChoices;
use super::{bounds, broken, elsewhere, siblings, turn};
use crate::ids::{ContactId, NoticeId};
use crate::notification::bounds::Waits;
use crate::notification::care::Care;
use crate::notification::channel::Channel;
use crate::notification::fact::Fact;
use crate::notification::mark::{MarkPurpose, Marks};
use crate::notification::words::Language;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::care::{self, CareRow};
use crate::store::vault::carrying::DueNotice;
use crate::store::vault::contact::ContactRow;
use crate::store::vault::registrant::{RegistrantRow, RegistrantState};
use crate::store::vault::{contact, registrant};
use crate::vault::keyring::Keyring;

/// A contact point, and by what its address is known again.
pub(super) struct Point {
    pub(super) contact: ContactId,
    pub(super) whose: [u8; 32],
}

/// What a notice comes to whose turn it is.
pub(super) enum Carried {
    /// It goes to this contact point.
    Message(Box<Message>, Point),
    /// It waits until then, for this reason.
    Later(Timestamp, Waits),
    /// There is no proved address to send it to.
    Nowhere,
    /// She has stopped being told of the person since it was planned.
    Stopped,
    /// She has confirmed in another way what it tells.
    Elsewhere,
}

/// Who carries a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// A door, which keeps her quiet hours and the pace of the ladder.
    Door,
    /// A person, who asks first whether it is a good moment.
    Person,
}

/// For how long after a backup was put back a list may still bring what was told before: no backup gets older.
const BROUGHT_AGAIN: SignedDuration = SignedDuration::from_hours(45 * 24);

/// Says whether something may have been told before a backup was put back: it was seen before, or it was found in a
/// whole list since, and did not happen after it.
fn may_be_known(fact: &Fact, restored_at: Timestamp) -> bool {
    let is_brought_again = || {
        let is_older = fact.effective_at.is_none_or(|at| at < restored_at);
        is_older && fact.observed_at.duration_since(restored_at) < BROUGHT_AGAIN
    };
    fact.observed_at < restored_at || fact.found_late && is_brought_again()
}

/// Makes the message of a notice, which nobody has claimed yet.
pub(super) fn message(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    by: By,
    due: &DueNotice,
    (restored_at, now): (Option<Timestamp>, Timestamp),
) -> Result<Carried, StoreError> {
    let Some(who) = registrant::load(tx, due.registrant)? else {
        return Ok(Carried::Nowhere);
    };
    let key = key_of(keys, &who)?;
    let payload: Payload = key
        .open("notice", who.registrant, &due.sealed_fact)
        .map_err(broken)?;
    if !is_meant(tx, keys, &who, &payload)? {
        return Ok(Carried::Stopped);
    }
    let kept = care::load(tx, who.registrant)?;
    let said = opened_care(&key, who.registrant, &kept)?;
    let until = match by {
        By::Door => {
            let whose = (who.registrant, &key);
            quiet_until((&said, &kept), whose, &means.zone, (due, &payload), now)?
        }
        By::Person => None,
    };
    if let Some(until) = until {
        return Ok(Carried::Later(until, Waits::Quiet));
    }
    let contacts = contact::of_registrant(tx, who.registrant)?;
    let found = match &payload {
        Payload::Code { .. } | Payload::Change { .. } => {
            let to = only(&contacts, due.channel, &payload);
            only_point(tx, means, by, (due, to), now)?
        }
        Payload::Fact(planned) => {
            let whose = (due.notice, who.registrant);
            if siblings::has_confirmed(tx, (keys, &key), whose, planned, &contacts)? {
                return Ok(Carried::Elsewhere);
            }
            point(tx, means, by, (due, &contacts), now)?
        }
    };
    let contact = match found {
        Ok(contact) => contact,
        Err(carried) => return Ok(carried),
    };
    let to = opened(&key, contact)?;
    let choices: SealedChoices = key
        .open("choices", who.registrant, &who.sealed_choices)
        .map_err(broken)?;
    let choices = Choices::from(choices);
    let may_repeat = match &payload {
        Payload::Fact(planned) => restored_at.is_some_and(|at| may_be_known(&planned.fact, at)),
        Payload::Code { .. } | Payload::Change { .. } => false,
    };
    let (language, content) = words(tx, keys, payload, choices)?;
    let message = Box::new(Message {
        notice: due.notice,
        claim: 0,
        rank: due.rank,
        to,
        language,
        content,
        marks: marks(keys, (due.notice, contact.contact)),
        call: (due.channel == Channel::Telephone).then(|| CallCare {
            code_word: said.code_word,
            voicemail: said.voicemail,
            has_pin: kept.sealed_pin.is_some(),
        }),
        may_repeat,
    });
    let point = Point {
        contact: contact.contact,
        whose: contact.blind_index,
    };
    Ok(Carried::Message(message, point))
}

/// A contact point at which it is a notice's turn, or what it comes to without one.
type Found<'a> = Result<&'a ContactRow, Carried>;

/// Returns where a fact is told now, by its ladder and what may be called.
fn point<'a>(
    tx: &mut Tx<'_>,
    means: &Means,
    by: By,
    (due, contacts): (&DueNotice, &'a [ContactRow]),
    now: Timestamp,
) -> Result<Found<'a>, StoreError> {
    let (free, waits) = match by {
        By::Door => {
            let called = turn::called(contacts, due);
            bounds::free(tx, means, (due, contacts), &called, now)?
        }
        By::Person => (turn::told(contacts, due), None),
    };
    let next = turn::next(tx, means, due, &free, now)?;
    if by == By::Door
        && let Some(later) = later(next.as_ref().map(|next| next.at), waits, now)
    {
        return Ok(Err(later));
    }
    let found = next.and_then(|next| contacts.iter().find(|row| row.contact == next.point));
    match found {
        Some(found) => once_free(tx, by, (due, found), now),
        None => Ok(Err(Carried::Nowhere)),
    }
}

/// Returns where a code or a change goes, as soon as that may be called.
fn only_point<'a>(
    tx: &mut Tx<'_>,
    means: &Means,
    by: By,
    (due, to): (&DueNotice, Option<&'a ContactRow>),
    now: Timestamp,
) -> Result<Found<'a>, StoreError> {
    let Some(to) = to else {
        return Ok(Err(Carried::Nowhere));
    };
    let until = match by {
        By::Door => bounds::number_until(tx, means, (due, to), now)?,
        By::Person => None,
    };
    match until {
        Some(until) => Ok(Err(Carried::Later(until, Waits::Number))),
        None => once_free(tx, by, (due, to), now),
    }
}

/// Returns a contact to which a notice goes, once no other call to it is under way.
fn once_free<'a>(
    tx: &mut Tx<'_>,
    by: By,
    (due, to): (&DueNotice, &'a ContactRow),
    now: Timestamp,
) -> Result<Found<'a>, StoreError> {
    let until = match by {
        By::Door => bounds::rings_until(tx, (due, to), now)?,
        By::Person => None,
    };
    Ok(until.map_or(Ok(to), |until| Err(Carried::Later(until, Waits::Rings))))
}

/// Returns until when a fact waits, and why: until the turn of a number that may be called, or until another may
/// be called again, whichever is sooner.
fn later(turn: Option<Timestamp>, free: Option<Wait>, now: Timestamp) -> Option<Carried> {
    let turn = turn.map(|at| (at, Waits::Turn));
    let (at, waits) = bounds::sooner(turn, free)?;
    (at > now).then_some(Carried::Later(at, waits))
}

/// Returns what is said, in which language: of a fact no more than she chose, and nothing of what a court has told to
/// nobody.
fn words(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    payload: Payload,
    choices: Choices,
) -> Result<(Language, Content), StoreError> {
    Ok(match payload {
        Payload::Code { code, language, .. } => (language, Content::Code(Secret::new(code))),
        Payload::Change { change, .. } => (choices.language, Content::Change(change)),
        Payload::Fact(mut planned) => {
            elsewhere::clear(tx, keys, &mut planned.fact)?;
            let content = match planned.fact.disclosed(choices.disclosure) {
                Some(fact) => Content::Fact(Box::new(fact)),
                None => Content::News,
            };
            (choices.language, content)
        }
    })
}

/// Returns where a code or a change goes: to its own contact, else to the first one of its channel. A change is told
/// to none that is not proved.
fn only<'a>(
    contacts: &'a [ContactRow],
    channel: Channel,
    payload: &Payload,
) -> Option<&'a ContactRow> {
    let only = payload.only();
    let mut contacts = contacts.iter().filter(|row| row.channel == channel);
    let own = contacts.find(|row| only.is_none_or(|only| row.contact == only));
    own.filter(|row| row.is_told() || !matches!(payload, Payload::Change { .. }))
}

/// Says whether she is still told what a message says; of a daily test only the monitored line is.
fn is_meant(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    who: &RegistrantRow,
    payload: &Payload,
) -> Result<bool, StoreError> {
    match payload {
        Payload::Code { .. } | Payload::Change { .. } => Ok(true),
        Payload::Fact(planned) if planned.fact.details.canary_of.is_some() => {
            Ok(who.state == RegistrantState::Monitor)
        }
        Payload::Fact(planned) => is_told(tx, keys, who.registrant, &planned.fact),
    }
}

/// Returns by what a message names itself outside.
fn marks(keys: &Keyring, (notice, contact): (NoticeId, ContactId)) -> Marks {
    Marks {
        back: keys.mark(MarkPurpose::Return, notice),
        stop: keys.stop_mark(notice, contact),
        seen: keys.mark(MarkPurpose::Seen, notice),
        letter: keys.letter_code(notice),
    }
}

/// How long whoever asked for a code by telephone sits beside it.
const ASKED: SignedDuration = SignedDuration::from_mins(10);

/// Returns until when she must not be disturbed with a message. A letter disturbs nobody, nor does a code for which
/// somebody waits just now: by e-mail, or by telephone as long as it was asked for a moment ago.
fn quiet_until(
    (said, kept): (&Care, &CareRow),
    whose: Whose<'_>,
    zone: &TimeZone,
    (due, payload): (&DueNotice, &Payload),
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let is_awaited = now.duration_since(due.planned_at) < ASKED;
    Ok(match (due.channel, payload) {
        (Channel::Letter, _) | (Channel::Email, Payload::Code { .. }) => None,
        (Channel::Telephone, Payload::Code { .. }) if is_awaited => None,
        (Channel::Email | Channel::Telephone, Payload::Change { .. }) => {
            quiet_for_change(whose, kept, zone, now)?
        }
        (Channel::Telephone, Payload::Code { .. }) => said.quiet_until(zone, now, None),
        (Channel::Email | Channel::Telephone, Payload::Fact(planned)) => {
            said.quiet_until(zone, now, planned.fact.event_code())
        }
    })
}
