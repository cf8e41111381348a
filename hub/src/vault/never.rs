//! Whoever takes a call may say that it is the wrong number. Where nobody is told at it, it is called no more. Where
//! somebody is, that may be whoever keeps news from her (T03, T05): her other ways are told, a person asks her, and
//! until then the number is rung for an escape alone, if she is told in another way; as her only way it is called on.

use jiff::Timestamp;

use super::change;
use super::contacts::{Hand, key_of};
use super::courier::{Payload, opened};
use super::task::{self, Ask};
use super::{Vault, VaultError};
use crate::ids::{ContactId, NoticeId, RegistrantId};
use crate::notification::change::Changed;
use crate::notification::contact::Contact;
use crate::notification::phone::PhoneNumber;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact::{self, ContactRow};
use crate::store::vault::registrant::{self, RegistrantState};
use crate::store::vault::{attempt, never};
use crate::work::task::TaskKind;

/// Registrations of one number that are told of it.
const TOLD: usize = 20;

/// How soon a person looks.
const URGENCY: u8 = 1;

/// What the person is told of a number at which nobody is told.
const NEVER: &str = "Whoever took the call with a code asked for no more calls, and nobody is told at that number: it is \
    called no more, whoever gives it. Where it is the registrant's after all, `savin-hub contacts allow`.";

/// What the person is told of a number at which she is told.
const WRONG: &str = "Whoever took a call at a telephone of hers said that it is the wrong number. It is called all the \
    same: that may have been somebody who wants to keep news from her. Reach her in another way and ask; where it is \
    hers no longer, `savin-hub contacts remove`.";

/// What the person is told where she has other ways.
const HELD: &str = "Whoever took the call of a notice at a telephone of hers said that it is the wrong number. Her other \
    ways go on, and until you have asked her it rings for an escape alone: that may have been a stranger, or somebody \
    who wants to keep news from her. Reach her in another way; where it is hers, `savin-hub contacts allow`, where it \
    is hers no longer, `savin-hub contacts remove`.";

impl Vault {
    /// Notes that whoever took the call of a notice says that it is the wrong number. Returns whether the number is
    /// not called with it any more.
    pub(super) fn wrong_number(&self, notice: NoticeId) -> Result<bool, VaultError> {
        let (now, random) = ((self.world.wall)(), self.world.random);
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        Ok(self.store.write_now("wrong number", move |tx| {
            let hand = Hand {
                keys: &keys,
                means: &means,
                random,
                now,
            };
            let Some((whose, _, payload)) = opened(tx, &keys, notice)? else {
                return Ok(false);
            };
            let called = match payload.only() {
                Some(only) => Some(only),
                None => attempt::last_contact(tx, notice)?,
            };
            let rows = contact::of_registrant(tx, whose)?;
            let Some(row) = rows.into_iter().find(|row| Some(row.contact) == called) else {
                return Ok(false);
            };
            let told = contact::told_at(tx, &row.blind_index, TOLD)?;
            let is_code = matches!(payload, Payload::Code { .. });
            if told.is_empty() && is_code {
                never_again(tx, hand, &row)?;
            }
            let is_held = !is_code && hold(tx, whose, row.contact, now)?;
            for row in &told {
                let changed = if is_held && row.registrant == whose {
                    (Changed::NumberHeld, HELD)
                } else {
                    (Changed::WrongNumber, WRONG)
                };
                doubted(tx, hand, (row.registrant, row.contact), changed)?;
            }
            Ok(is_code || is_held)
        })?)
    }

    /// Lets a number be called again, as its owner asked of staff. Returns whether it was not.
    pub(super) fn call_again(&self, number: PhoneNumber) -> Result<bool, VaultError> {
        let contact = Contact::Telephone(number);
        let channel = contact.channel().as_str();
        let index = self.keys.blind_index(channel, &contact.comparable());
        let again = move |tx: &mut Tx<'_>| {
            let was_doubted = contact::trust(tx, &index)?;
            Ok(never::over(tx, &index)? || was_doubted)
        };
        Ok(self.store.write_now("call again", again)?)
    }
}

/// Rings a number of hers for an escape alone from now on, if she is told in another way; returns whether she is.
fn hold(
    tx: &mut Tx<'_>,
    whose: RegistrantId,
    called: ContactId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = contact::of_registrant(tx, whose)?;
    let is_other = |row: &ContactRow| row.contact != called && row.is_sure();
    let is_told_elsewhere = rows.iter().any(is_other);
    if is_told_elsewhere {
        contact::doubt(tx, called, now)?;
    }
    Ok(is_told_elsewhere)
}

/// Calls a number no more at which nobody is told. Whoever gave it is told so in the ways that were proved.
fn never_again(tx: &mut Tx<'_>, hand: Hand<'_>, row: &ContactRow) -> Result<(), StoreError> {
    never::put(tx, &row.blind_index, hand.now)?;
    let whose = (row.registrant, row.contact);
    doubted(tx, hand, whose, (Changed::NeverCalled, NEVER))?;
    let who = registrant::load(tx, row.registrant)?;
    if who.is_some_and(|who| who.state == RegistrantState::Active) {
        contact::remove(tx, row.registrant, row.contact)?;
    }
    Ok(())
}

/// Tells her in her other ways, and has a person look.
fn doubted(
    tx: &mut Tx<'_>,
    hand: Hand<'_>,
    (registrant, contact): (RegistrantId, ContactId),
    (what, note): (Changed, &str),
) -> Result<(), StoreError> {
    let Some(who) = registrant::load(tx, registrant)? else {
        return Ok(());
    };
    let key = key_of(hand.keys, &who)?;
    change::tell(tx, hand, (registrant, &key), (what, None), Some(contact))?;
    let ask = Ask {
        kind: TaskKind::ByHand,
        subject: format!("wrong-number/{contact}/{}", hand.now.as_second() / 86_400),
        registrant,
        urgency: URGENCY,
        due_at: None,
        note: note.to_owned(),
    };
    task::open(tx, hand.keys, &ask, hand.now).map(|_| ())
}
